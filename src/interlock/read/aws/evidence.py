"""Evidence: what a survey found of a thing that lowers the class of losing it, by the reviewed words of `kept.json`.

The rules of this room: a copy that goes with the thing is no copy, and is never said to be kept. A word that stands in
no row of its kind and verb is evidence for nothing. What refuses the call is a grace period: it holds only as long as
nobody takes it off.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from typing import Final

import msgspec

from interlock.aws.things import of_stack
from interlock.model.change import Effect, Trait, Verb
from interlock.model.inventory import Item
from interlock.model.wayback import REVERSIBILITIES, Reversibility, WayBack
from interlock.read.aws.operations import KNOWLEDGE
from interlock.read.aws.rows import Row
from interlock.read.aws.wayback import Losing, kind_of, way_back
from interlock.read.lasting.kinds import Kind
from interlock.read.lasting.kinds import table as lasting
from interlock.read.lasting.lasting import VERDICT


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one word gives for some kinds of thing.

    `content`: for what is inside of it, and not for the thing itself. `unless` are traits, `not_by` actions of IAM, by
    which it is no evidence. `alone`: only where the call names the thing, for the call can say that it stays.
    """

    word: str
    kinds: tuple[str, ...]
    verbs: tuple[Verb, ...]
    gives: Reversibility
    says: str
    step: str
    unless: tuple[Trait, ...] = ()
    not_by: tuple[str, ...] = ()
    content: bool = False
    alone: bool = False


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    about: str
    words: dict[str, str]
    refusing: tuple[str, ...]
    rows: tuple[Kept, ...]


_UNTOLD: Final = "the prior values are not in the call"


@cache
def table() -> _Table:
    """The file, strictly decoded."""
    return msgspec.json.decode(KNOWLEDGE.joinpath("kept.json").read_bytes(), type=_Table)


@cache
def _rows(kind: str, verb: Verb, content: bool) -> dict[str, Kept]:
    return {row.word: row for row in table().rows if verb in row.verbs and kind in row.kinds and row.content is content}


@cache
def _of_stacks() -> dict[str, str]:
    """Kinds of things that are called by CloudFormation's own words, because no call makes or deletes them alone."""
    kinds = (
        (of_stack(each, "x", "", "").type, kind.name) for kind in lasting("aws").kinds for each in kind.cloudformation
    )
    found: dict[str, str] = {}
    for type_, name in kinds:
        found.setdefault(type_, name)
    return found


def kind_inside(type: str) -> Kind | None:
    """The kind of a thing that a stack made; None when nobody knows."""
    return kind_of(type) or kind_of(type, _of_stacks().get(type, ""))


def losing(type: str, verb: Verb) -> WayBack:
    """What is known of losing a thing of this type when only its type is known."""
    kind = kind_inside(type)
    asked = Losing(verb, "structure", type, Row((), "", kind=kind.name if kind is not None else ""), (), (), "W")
    return way_back(asked, {}).way_back or WayBack()


def weighed(effect: Effect, item: Item, *, inside: bool = False) -> WayBack | None:
    """The way back of an effect with what a survey found of its thing. `inside`: something that holds it is named."""
    back = effect.way_back
    kind = kind_inside(effect.resource.type) if inside else kind_of(effect.resource.type)
    if effect.verb in ("read", "create", "execute") or kind is None:
        return back
    back = back or WayBack("irreversible", "unknown")
    held: list[tuple[Kept, str]] = []
    rows = _rows(kind.name, effect.verb, effect.aspect == "content")
    for word in item.kept:
        name, _, which = word.partition(":")
        row = rows.get(name)
        if (
            row is None
            or (inside and row.alone)
            or not set(row.unless).isdisjoint(effect.traits)
            or not set(row.not_by).isdisjoint(effect.needs)
        ):
            continue
        held.append((row, which))
    if effect.verb == "update" and "definition" in item.kept and back.why == _UNTOLD:
        back = msgspec.structs.replace(back, reversibility="exact-inverse", verdict="valid", why="")
    for row, which in held:
        back = _with(back, row.gives, row.says.replace("{}", which[:200]), row.step)
    if effect.verb in ("delete", "replace"):
        for protection in item.protections:
            if any(fnmatchcase(protection.lower(), each) for each in table().refusing):
                back = _with(back, "grace-period", f"{protection}: the target refuses the call while it stands", "")
    return back if back != WayBack("irreversible", "unknown") or effect.way_back is not None else None


def _with(back: WayBack, gives: Reversibility, says: str, step: str) -> WayBack:
    better = back.reversibility is None or REVERSIBILITIES.index(gives) < REVERSIBILITIES.index(back.reversibility)
    return WayBack(
        gives if better else back.reversibility,
        VERDICT[gives] if better else back.verdict,
        back.loses,
        (*back.evidence, says),
        step if better and step else back.step,
        "" if better and back.why == "nothing says that a copy is left" else back.why,
        "" if better else back.lifts,
    )
