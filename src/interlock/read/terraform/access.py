"""Access: whether a change lets more principals do or reach more, by the attributes of `knowledge/access.json`.

It reads what the common identity, policy and firewall attributes say before and after. Where what comes after is not
known, or a document cannot be read, it is taken as wider: nobody can say that it is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.model.change import Verb

Values = Mapping[str, object]
Setting = bool | str | tuple[str, ...]
_TREES: Final = (dict, list)

#: More entries of one attribute than this are compared as texts alone.
MAX_NETWORKS: Final = 200


class Access(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file. `networks`, `documents`, `principals` and `roles` are attributes at any depth of a thing's values.

    A `…_types` list are parts of type names on which these attributes mean that. `switches` are those whose value, or
    one of whose values, opens. `grants` are types of which each one gives somebody something; `restrictions` such that
    take something away, so that it is their end that widens.
    """

    about: str
    networks: frozenset[str]
    network_types: tuple[str, ...]
    open: frozenset[str]
    switches: dict[str, Setting]
    documents: frozenset[str]
    document_types: tuple[str, ...]
    principals: frozenset[str]
    principal_types: tuple[str, ...]
    roles: frozenset[str]
    grants: tuple[str, ...]
    grants_unless: dict[str, tuple[str, str]]
    restrictions: tuple[str, ...]


@cache
def access() -> Access:
    """The file, read when it is first asked for."""
    raw = Path(__file__).with_name("knowledge").joinpath("access.json").read_bytes()
    return msgspec.json.decode(raw, type=Access)


def widens(kind: str, verb: Verb, before: Values | None, after: Values | None, unknown: frozenset[str]) -> str:
    """Why this change of a thing of type `kind` widens access, in a few words without values; empty: it does not."""
    if _restricts(kind) and verb == "delete":
        return "what restricts access goes"
    gives = _gives(kind, after or {})
    if verb == "create" and gives:
        return "it gives somebody access"
    if verb not in ("create", "update", "replace"):
        return ""
    becomes = _facts(kind, after or {})
    was = dict(_facts(kind, before or {})) if becomes else {}
    for name, held in becomes:
        if reason := _wider(name, was.get(name, ()), held, new=before is None):
            return reason
        if gives and name in access().roles and _new_texts(was.get(name, ()), held):
            return f"`{name}` gives somebody other access"
    if before is None:
        return ""
    relevant = sorted(unknown & _relevant(kind))
    return f"what `{relevant[0]}` will allow is not known before it is applied" if relevant else ""


@cache
def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Whatever any of these patterns finds, compiled at once."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


@cache
def _gives_type(kind: str) -> bool:
    return _any(access().grants).search(kind) is not None


def _gives(kind: str, after: Values) -> bool:
    condition = access().grants_unless.get(kind)
    return after.get(condition[0]) == condition[1] if condition else _gives_type(kind)


@cache
def _restricts(kind: str) -> bool:
    return _any(access().restrictions).search(kind) is not None


@cache
def _of_type(kind: str) -> tuple[bool, bool, bool]:
    """Whether attributes for networks, documents and principals mean that on this type."""
    known = access()
    lists = (known.network_types, known.document_types, known.principal_types)
    return tuple(any(part in kind for part in parts) for parts in lists)  # type: ignore[return-value]  # of three lists


@cache
def _relevant(kind: str) -> frozenset[str]:
    """The attributes that on this type say who may do what."""
    known, (networks, documents, principals) = access(), _of_type(kind)
    chosen = (
        (networks, known.networks),
        (documents, known.documents),
        (principals, known.principals),
        (_gives_type(kind) or kind in known.grants_unless, known.roles),
    )
    return frozenset(known.switches).union(*(names for means, names in chosen if means))


def _facts(kind: str, values: Values) -> list[tuple[str, tuple[object, ...]]]:
    """Every relevant attribute with all that it holds, wherever it stands in the values."""
    found: dict[str, list[object]] = {}
    relevant = _relevant(kind)
    waiting: list[object] = [values]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            if not relevant.isdisjoint(here):
                for name in here:
                    if name in relevant:
                        held = here[name]
                        found.setdefault(name, []).extend(held if isinstance(held, list) else [held])
            waiting += [held for held in here.values() if held and isinstance(held, _TREES)]
    return [(name, tuple([each for each in found[name] if each is not None])) for name in sorted(found)]


def _wider(name: str, was: tuple[object, ...], becomes: tuple[object, ...], *, new: bool) -> str:
    known = access()
    if name in known.switches:
        opens = known.switches[name]
        opening = set(opens) if isinstance(opens, tuple) else {opens}
        if any(_is_in(each, opening) for each in becomes) and not any(_is_in(each, opening) for each in was):
            # Made so from the start is worth a word only where it opens to everybody; a false is a default.
            return "" if new and opens is False else f"`{name}` opens it"
        return ""
    if name in known.networks and _opens_network(was, becomes, new=new):
        return f"`{name}` lets in more addresses"
    if name in known.documents and _opens_document(was, becomes, new=new):
        return f"`{name}` allows more"
    if name in known.principals and not new and _new_texts(was, becomes):
        return f"`{name}` names more"
    return ""


def _is_in(value: object, wanted: set[bool] | set[str] | set[bool | str]) -> bool:
    return any(type(value) is type(one) and value == one for one in wanted)


def _new_texts(was: tuple[object, ...], becomes: tuple[object, ...]) -> set[str]:
    before = {str(each) for each in was}
    return {each for each in becomes if isinstance(each, str) and each not in before}


def _opens_network(was: tuple[object, ...], becomes: tuple[object, ...], *, new: bool) -> bool:
    """Whether an address is let in that was not: to the world for what is new, to anybody else for what was there."""
    added = _new_texts(was, becomes)
    if any(each.lower() in access().open for each in added):
        return True
    if new or not added:
        return False
    if len(added) + len(was) > MAX_NETWORKS:
        return True
    before = [network for each in was if (network := _network(str(each)))]
    return any(not _covered(each, before) for each in added)


def _covered(text: str, networks: list[tuple[int, int, int]]) -> bool:
    network = _network(text)
    return network is not None and any(
        network[0] == wider[0] and wider[1] <= network[1] and network[2] <= wider[2] for wider in networks
    )


def _network(text: str) -> tuple[int, int, int] | None:
    """The version of the protocol, the first and the last address."""
    from ipaddress import ip_network

    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return network.version, int(network.network_address), int(network.broadcast_address)


def _opens_document(was: tuple[object, ...], becomes: tuple[object, ...], *, new: bool) -> bool:
    """Whether a policy allows what it did not: another allowing statement, or a denying one that is gone.

    Of a new document only a statement for everybody, or with every action, counts: the rest is what a new thing has.
    """
    before = _statements(was)
    after = _statements(becomes)
    if after is None:
        return bool(becomes) and becomes != was
    if new or before is None:
        return any(_for_all(each) for each in after) or (not new and bool(after))
    known = [each for each in before if _allows(each)]
    if any(_allows(each) and each not in known for each in after):
        return True
    return any(not _allows(each) and each not in after for each in before)


def _statements(documents: tuple[object, ...]) -> list[Values] | None:
    """The statements of these documents; None where one of them cannot be read."""
    found: list[Values] = []
    for held in documents:
        document = held
        if isinstance(held, str):
            if not held:
                continue
            try:
                document = msgspec.json.decode(held)
            except (msgspec.MsgspecError, RecursionError):
                return None
        if not isinstance(document, dict):
            return None
        inner = document.get("Statement", document.get("bindings", document))
        each = inner if isinstance(inner, list) else [inner]
        found += [statement for statement in each if isinstance(statement, dict)]
    return found


def _allows(statement: Values) -> bool:
    return statement.get("Effect") != "Deny"


def _for_all(statement: Values) -> bool:
    """Whether it allows everybody, or everything."""
    if not _allows(statement):
        return False
    principal = statement.get("Principal", statement.get("members"))
    everybody = ("*", "allUsers", "allAuthenticatedUsers")
    named = principal.values() if isinstance(principal, dict) else [principal]
    flat = [one for each in named for one in (each if isinstance(each, list) else [each])]
    actions = statement.get("Action")
    return (
        any(one in everybody for one in flat if isinstance(one, str))
        or "NotPrincipal" in statement
        or "NotAction" in statement
        or "*" in (actions if isinstance(actions, list) else [actions])
    )
