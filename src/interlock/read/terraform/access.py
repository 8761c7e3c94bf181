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
from interlock.read.statements import allows_more, new_texts

Values = Mapping[str, object]
Setting = bool | str | tuple[str, ...]
_TREES: Final = (dict, list)


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
        if gives and name in access().roles and new_texts(was.get(name, ()), held):
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
    return allows_more(name, was, becomes, known, new=new, everybody=known.open)


def _is_in(value: object, wanted: set[bool] | set[str] | set[bool | str]) -> bool:
    return any(type(value) is type(one) and value == one for one in wanted)
