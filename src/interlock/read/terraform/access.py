"""Access: whether a change lets more principals do or reach more, by the attributes of `knowledge/access.json`.

It reads what the common identity, policy and firewall attributes say before and after. Where what comes after is not
known, or a document cannot be read, it is taken as wider: nobody can say that it is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.model.change import Verb
from interlock.read.documents import denies, names_somebody
from interlock.read.rules import lets_in_more
from interlock.read.shapes import Shape, shapes_in
from interlock.read.statements import allows_more, new_texts
from interlock.read.trust import trusts_strangers

Values = Mapping[str, object]
Setting = bool | str | tuple[str, ...]
_TREES: Final = (dict, list)


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An attribute of which each new value opens something on the types that begin so; of `values` where they stand."""

    types: tuple[str, ...]
    values: frozenset[str] = frozenset()


class Access(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file. `networks`, `documents`, `principals` and `roles` are attributes at any depth of a thing's values.

    A `…_types` list are parts of type names on which these attributes mean that; `never_types` are such that only look
    so. `anywhere` are documents on whatever type, where their text is a policy. `switches` are those whose value, or
    one of whose values, opens; of a new thing the `quiet` ones say nothing. `identities` are what a thing runs as,
    `attached` the groups whose rules hold for it, `entries` lists of which each member gives something, `exclusions`
    of which each keeps something out. `grants` are types of which each one gives somebody something, `allowing` those
    that do where their document names somebody; `restrictions` such that take something away, so that it is their end
    that widens. `openings` are those of which each value opens what a thing runs on. `objects` are types that hold an
    object of any kind, and where: they are spoken of as `type:Kind`; `embedded` are JSON in a text. A new one of the
    `explicit` types opens what it leaves false. A subject that only begins with one of `broad_subjects` is everybody
    whom a provider of identities knows.
    """

    about: str
    networks: frozenset[str]
    network_types: tuple[str, ...]
    open: frozenset[str]
    switches: dict[str, Setting]
    quiet: frozenset[str]
    openings: dict[str, Opening]
    broad_subjects: frozenset[str]
    objects: dict[str, str]
    embedded: frozenset[str]
    explicit: frozenset[str]
    anywhere: frozenset[str]
    never_types: tuple[str, ...]
    identities: frozenset[str]
    identity_types: dict[str, str]
    attached: frozenset[str]
    entries: dict[str, tuple[str, ...]]
    exclusions: frozenset[str]
    exclusion_types: tuple[str, ...]
    allowing: tuple[str, ...]
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


@cache
def shapes() -> dict[str, Shape]:
    """How the types that hold rules spell them; the file is read when it is first asked for."""
    return shapes_in(Path(__file__).with_name("knowledge").joinpath("rules.json").read_bytes())


def widens(
    kind: str,
    verb: Verb,
    before: Values | None,
    after: Values | None,
    unknown: frozenset[str],
    own: Callable[[], frozenset[str]] = frozenset,
) -> str:
    """Why this change of a thing of type `kind` widens access, in a few words without values; empty: it does not.

    `own` gives the accounts that the plan's own things are in.
    """
    kind = _object_of(kind, before if before is not None else after or {})
    if verb == "delete":
        return _ends(kind, before or {})
    if verb not in ("create", "update", "replace"):
        return ""
    gives = _gives(kind, after or {})
    if verb == "create" and gives:
        return "it gives somebody access"
    if verb == "create" and (reason := _trusts((after or {}).get("assume_role_policy"), own)):
        return reason
    shape = shapes().get(kind)
    if shape is not None and (reason := lets_in_more(shape, before, after, unknown, access().open)):
        return reason
    changing, changed = _changing(before, after or {})
    becomes = _facts(kind, changed)
    was = dict(_facts(kind, changing)) if becomes else {}
    if before is not None and _excludes_less(kind, before, after or {}):
        return "less is kept out of what it allows"
    for name, held in becomes:
        if reason := _wider(name, was.get(name, ()), held, new=before is None and kind not in access().explicit):
            return reason
        if gives and name in access().roles and new_texts(was.get(name, ()), held):
            return f"`{name}` gives somebody other access"
    if before is None:
        named = _any(access().allowing).search(kind) and any(
            names_somebody(held) for name, held in becomes if name in access().documents
        )
        return "it gives somebody access" if named else ""
    if not unknown:
        return ""
    relevant = sorted(unknown & (_relevant(kind) - access().anywhere | _documented(kind, before)))
    return f"what `{relevant[0]}` will allow is not known before it is applied" if relevant else ""


def _object_of(kind: str, values: Values) -> str:
    """The type, with the kind of the object that a thing of it holds."""
    held = values.get(access().objects.get(kind, ""))
    named = held.get("kind") if isinstance(held, dict) else None
    return f"{kind}:{named}" if isinstance(named, str) else kind


def _trusts(document: object, own: Callable[[], frozenset[str]]) -> str:
    return trusts_strangers((document,), own, access().broad_subjects) if isinstance(document, str) else ""


def _changing(before: Values | None, after: Values) -> tuple[Values, Values]:
    """Both sides without the attributes that stay as they are."""
    if before is None:
        return {}, after
    names = [name for name in after if name not in before or before[name] != after[name]]
    gone = [name for name in before if name not in after]
    return {name: before[name] for name in (*names, *gone) if name in before}, {name: after[name] for name in names}


def _ends(kind: str, before: Values) -> str:
    """Why it widens access that such a thing goes."""
    if _restricts(kind):
        return "what restricts access goes"
    shape = shapes().get(kind)
    if shape is not None:
        return lets_in_more(shape, before, None, frozenset(), access().open)
    if kind.endswith("_policy") and _of_type(kind)[1]:
        held = [held for name, held in _facts(kind, before) if name in access().documents]
        return "what it denied is not denied any more" if any(each and denies(each) for each in held) else ""
    return ""


def _documented(kind: str, before: Values) -> frozenset[str]:
    """The attributes that hold a document: those of this type, and whichever held one before."""
    known = access()
    return (known.documents if _of_type(kind)[1] else frozenset()) | {
        name for name in known.anywhere if _is_policy(before.get(name))
    }


def _is_policy(held: object) -> bool:
    """Whether a text is a policy, by what each of them says."""
    return isinstance(held, str) and held[:1] == "{" and '"Statement"' in held


def _excludes_less(kind: str, before: Values, after: Values) -> bool:
    """Whether something that was kept out of what a thing allows is not any more."""
    known = access()
    if not any(part in kind for part in known.exclusion_types):
        return False
    was, becomes = (_held(values, known.exclusions) for values in (before, after))
    return bool(new_texts(tuple(becomes), tuple(was)))


def _held(values: Values, names: frozenset[str]) -> list[object]:
    """Everything that these attributes hold, wherever they stand."""
    return [one for held in _found(values, names).values() for one in held]


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
    networks, documents, principals = (any(part in kind for part in parts) for parts in lists)
    if any(part in kind for part in known.never_types):
        return False, False, False
    return networks and kind not in shapes(), documents, principals


@cache
def _relevant(kind: str) -> frozenset[str]:
    """The attributes that on this type say who may do what."""
    known, (networks, documents, principals) = access(), _of_type(kind)
    chosen = (
        (networks, known.networks),
        (documents, known.documents),
        (principals, known.principals),
        (kind not in shapes(), known.attached),
        (_gives_type(kind) or kind in known.grants_unless, known.roles),
    )
    own = (
        known.identity_types.get(kind, ""),
        *(name for name, kinds in known.entries.items() if kind in kinds),
        *(name for name, opening in known.openings.items() if kind.startswith(opening.types)),
    )
    always = known.anywhere | known.identities | frozenset(filter(None, own)) | known.switches.keys()
    return always.union(*(names for means, names in chosen if means))


def _facts(kind: str, values: Values) -> list[tuple[str, tuple[object, ...]]]:
    """Every relevant attribute with all that it holds, wherever it stands in the values."""
    found = _found(values, _relevant(kind))
    if not _of_type(kind)[1]:
        for name in access().anywhere & found.keys():
            found[name] = [each for each in found[name] if _is_policy(each)]
    return [(name, tuple([each for each in found[name] if each is not None])) for name in sorted(found)]


def _found(values: Values, relevant: frozenset[str]) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    embedded = access().embedded
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
            waiting += [_decoded(here[name]) for name in embedded if name in here]
    return found


def _decoded(held: object) -> object:
    """The values of JSON in a text; none where it is no such text."""
    try:
        return msgspec.json.decode(held) if isinstance(held, str) else None
    except (msgspec.MsgspecError, RecursionError):
        return None


def _wider(name: str, was: tuple[object, ...], becomes: tuple[object, ...], *, new: bool) -> str:
    known = access()
    if name in known.switches:
        opens = known.switches[name]
        opening = set(opens) if isinstance(opens, tuple) else {opens}
        if any(_is_in(each, opening) for each in becomes) and not any(_is_in(each, opening) for each in was):
            # Made so from the start is worth a word only where it opens to everybody; a false is a default.
            return "" if new and (opens is False or name in known.quiet) else f"`{name}` opens it"
        return ""
    if name in known.openings:
        chosen = known.openings[name].values
        fresh = [each for each in becomes if each and each not in was and (not chosen or str(each) in chosen)]
        return f"`{name}` opens what it runs on" if fresh else ""
    if name in known.entries:
        return "" if new or all(each in was for each in becomes) else f"`{name}` names more"
    if not new and (name in known.identities or name in known.identity_types.values()) and new_texts(was, becomes):
        return f"`{name}` makes it run as another one"
    if not new and name in known.attached and new_texts(was, becomes):
        return f"`{name}` brings it under other rules"
    if name in known.anywhere and name not in known.documents:
        return ""
    return allows_more(name, was, becomes, known, new=new, everybody=known.open)


def _is_in(value: object, wanted: set[bool] | set[str] | set[bool | str]) -> bool:
    return any(type(value) is type(one) and value == one for one in wanted)
