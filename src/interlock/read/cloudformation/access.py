"""Access: whether a change of a resource lets more principals do or reach more, by `knowledge/access.json`.

The rules of this room: what changes who may do what is wider until its documents, lists and networks were compared and
none of them allows more. What only the execution tells, or what is not shown, is wider. No value stands in a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.read.cloudformation.seen import Seen
from interlock.read.documents import denies
from interlock.read.lasting.lasting import Operation
from interlock.read.rules import lets_in_more
from interlock.read.shapes import Shape, shapes_in
from interlock.read.statements import allows_more, new_texts

AUTHORITY: Final = "it changes who may do what"

#: What is nested deeper was not compared.
MAX_DEPTH: Final = 20

Values = Mapping[str, object]
Facts = dict[str, list[object]]


class Access(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file. `switches` are properties and the values, in small letters and with spaces between, that open.

    `principals` mean something only where the whole kind of thing is about who may do what. Of a new resource the
    `quiet` switches say nothing. `identities` are what a thing runs as, `attached` the groups whose rules hold for it;
    each time that another resource changes on which they rest they are only known later, so only values count there.
    """

    about: str
    documents: frozenset[str]
    rules: frozenset[str]
    networks: frozenset[str]
    everybody: frozenset[str]
    principals: frozenset[str]
    switches: dict[str, str]
    quiet: frozenset[str]
    identities: frozenset[str]
    attached: frozenset[str]
    holders: frozenset[str]
    harmless: frozenset[str]


@cache
def access() -> Access:
    """The file, read when it is first asked for."""
    raw = Path(__file__).with_name("knowledge").joinpath("access.json").read_bytes()
    return msgspec.json.decode(raw, type=Access)


@cache
def _relevant(authority: bool) -> frozenset[str]:
    """Every property that says something, at whatever depth."""
    known = access()
    principals = known.principals if authority else frozenset[str]()
    worn = known.identities | known.attached
    return known.documents | known.rules | known.networks | principals | worn | known.switches.keys()


@cache
def _telling(authority: bool) -> frozenset[str]:
    """Every property that says something also where its value is not known."""
    known = access()
    return (_relevant(authority) - known.identities - known.attached) | known.holders


@cache
def shapes() -> dict[str, Shape]:
    """How the types that hold rules spell them; the file is read when it is first asked for."""
    return shapes_in(Path(__file__).with_name("knowledge").joinpath("rules.json").read_bytes())


def widens(kind: str, operation: Operation, both: Seen, *, authority: bool) -> str:
    """Why this of a resource of type `kind` widens access, in a few words without values; empty: it does not.

    `authority` says that the whole kind of thing is about who may do what: then everything that is not known to be
    harmless counts, and only what was compared does not.
    """
    shape = shapes().get(kind)
    if operation == "delete":
        return _ends(shape, both.before or {})
    if operation not in ("create", "update", "replace"):
        return ""
    told = not (both.unknown | both.hidden | both.covered) - access().harmless and both.after is not None
    if shape is not None and told and (operation == "create" or both.before is not None):
        return lets_in_more(
            shape, None if operation == "create" else both.before, both.after, frozenset(), access().everybody
        )
    if operation == "create" and authority:
        return AUTHORITY
    if shape is not None and shape.gives and (fault := _untold(shape, both)):
        return f"what `{fault}` will allow is not known before it is executed"
    later = (both.unknown | both.hidden | both.covered) - access().harmless
    if unsure := sorted(later if authority else later & _telling(authority)):
        return f"what `{unsure[0]}` will allow is not known before it is executed"
    if authority and (both.before is None or both.after is None):
        return AUTHORITY
    becomes, was = _facts(both.after or {}, authority), _facts(both.before or {}, authority)
    for name in sorted(becomes):
        if reason := _wider(name, tuple(was.get(name, ())), tuple(becomes[name]), new=both.before is None):
            return reason
    if authority and _unread(both):
        return AUTHORITY
    return ""


def _untold(shape: Shape, both: Seen) -> str:
    """The property that may name somebody who is let in, and is not told; empty: there is none."""
    hidden = both.unknown | both.hidden | both.covered
    return next((name for name in shape.dims[0] if name in hidden), "")


def _ends(shape: Shape | None, before: Values) -> str:
    """Why it widens access that such a resource goes."""
    if shape is not None:
        return lets_in_more(shape, before, None, frozenset(), access().everybody)
    documents = [before[name] for name in sorted(access().documents & before.keys())]
    denied = any(isinstance(each, dict | str) and each and denies((each,)) for each in documents)
    return "what it denied is not denied any more" if denied else ""


def _unread(both: Seen) -> bool:
    """Whether anything changes that is about access and was not compared."""
    for field in both.fields:
        if field in access().harmless:
            continue
        after = (both.after or {}).get(field)
        if after is None or not _covered(field, after):
            return True
    return False


def _covered(name: str, value: object, depth: int = 0) -> bool:
    """Whether everything in this property stands in a document or a list that was compared."""
    if depth > MAX_DEPTH:
        return False
    known = access()
    if name in known.documents or name in known.principals or name in known.rules or name in known.networks:
        return True
    if isinstance(value, list):
        return bool(value) and all(_covered("", each, depth + 1) for each in value)
    if isinstance(value, dict):
        return all(inner == "PolicyName" or _covered(inner, each, depth + 1) for inner, each in value.items())
    return False


def _facts(values: Values, authority: bool) -> Facts:
    """Every relevant property with all that it holds, wherever it stands."""
    found: Facts = {}
    relevant = _relevant(authority)
    waiting: list[object] = [values]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            for name, held in here.items():
                if name in relevant and held is not None:
                    found.setdefault(name, []).extend(held if isinstance(held, list) else [held])
                if name not in access().documents:
                    waiting.append(held)
    return found


def _wider(name: str, was: tuple[object, ...], becomes: tuple[object, ...], *, new: bool) -> str:
    known = access()
    if name in known.switches:
        opening = known.switches[name].split()
        opens = any(str(each).lower() in opening for each in becomes)
        fresh = not any(str(each).lower() in opening for each in was)
        # Made so from the start is worth a word only where it opens; a `false` that guards nothing yet is a default.
        return (
            f"`{name}` opens it"
            if opens and fresh and not (new and (opening == ["false"] or name in known.quiet))
            else ""
        )
    if not new and name in known.identities and new_texts(was, becomes):
        return f"`{name}` makes it run as another one"
    if not new and name in known.attached and new_texts(was, becomes):
        return f"`{name}` brings it under other rules"
    if name in known.rules and not new and any(each not in was for each in becomes):
        return f"`{name}` lets in more"
    return allows_more(name, was, becomes, known, new=new, everybody=known.everybody)
