"""Way back: what is known of taking one call back, from its row, its parameters and the kind of thing that it acts on.

The rules of this room: the class begins as what is lost without any evidence. What the call itself says lowers it (a
final snapshot that it names), what a survey finds lowers it later (`evidence.py`). A kind of thing that nobody knows
is irreversible when it goes. What was there before an update is not in a call, so its way back is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from interlock.aws.call import Parameter
from interlock.model.change import Aspect, Trait, Verb
from interlock.model.wayback import REVERSIBILITIES, Reversibility, RollbackVerdict, WayBack, worst_reversibility
from interlock.read.aws.operations import lasting_kind
from interlock.read.aws.rows import Case, Row, values_at
from interlock.read.lasting.kinds import Kind, Update, named
from interlock.read.lasting.lasting import HOLDING, LASTING, STAYS, VERDICT

_VERDICTS: Final[tuple[RollbackVerdict, ...]] = ("none-needed", "valid", "valid-with-loss", "unknown", "invalid")
_LOSSES: Final[frozenset[Trait]] = frozenset({"loses-data", "loses-protection"})


class Losing(NamedTuple):
    """What is asked about: the verb, the type of thing, the row and which of its cases hold and which do not."""

    verb: Verb
    aspect: Aspect
    type: str
    row: Row
    held: tuple[Case, ...]
    missed: tuple[Case, ...]
    level: str


class Lost(NamedTuple):
    """The way back, traits that come with it, and a gentler way that the kind of thing has.

    `because` are the parameters that made it so.
    """

    way_back: WayBack | None
    traits: tuple[Trait, ...] = ()
    gentler: str = ""
    because: tuple[str, ...] = ()


@lru_cache(maxsize=4_096)
def kind_of(type: str, row_kind: str = "") -> Kind | None:
    """The kind that a type of ours is; None when nobody knows."""
    name = row_kind or lasting_kind(type)
    return named("aws", name) if name else None


def way_back(asked: Losing, parameters: dict[str, Parameter]) -> Lost:
    """What is known of taking it back, by the call alone."""
    kind = kind_of(asked.type, asked.row.kind)
    if asked.verb == "read":
        return Lost(WayBack("none-needed", "none-needed"))
    if asked.verb in ("delete", "replace"):
        return _loses(asked, kind)
    if asked.verb == "create":
        return _makes(asked, kind)
    if asked.verb == "update" and kind is not None and asked.row.reversibility is None:
        return _updates(asked, kind, parameters)
    return Lost(_said(asked, None if asked.verb != "update" else _plain_update(asked)))


def _loses(asked: Losing, kind: Kind | None) -> Lost:
    row = asked.row
    base: Reversibility = row.reversibility or (kind.delete if kind is not None else "irreversible")
    loses = row.loses or (kind.loses if kind is not None else f"nobody knows what a `{asked.type}` holds")
    if asked.verb == "replace" and base == "exact-inverse":
        base = "disruptive-inverse"
    why = row.why
    if kind is not None and kind.reuse and base not in ("none-needed",) and not row.why:
        why = kind.reuse
    verdict: RollbackVerdict = row.verdict or ("unknown" if kind is None and not row.reversibility else VERDICT[base])
    lasts = base in LASTING
    back = WayBack(
        base,
        _worse(verdict, "valid-with-loss") if why and verdict == "valid" else verdict,
        loses=loses,
        evidence=(STAYS["grace-period"],) if base == "grace-period" and row.reversibility is None else (),
        step=row.step or ("" if base == "irreversible" else "make it again from its definition"),
        why=why or ("nothing says that a copy is left" if lasts and base == "irreversible" else ""),
        lifts=_lifts(asked.missed),
    )
    gentler = ""
    if kind is not None and lasts and not row.gentler:
        gentler = next((way.way for way in kind.gentler if way.only is None and way.on == "delete"), "")
    held = _with(asked.held, back)
    # A row that says itself how it can be taken back says itself what is lost, too.
    usual = kind is not None and asked.aspect == "structure" and row.reversibility is None
    holds = usual and held.reversibility in LASTING and not HOLDING.isdisjoint(kind.planes if kind is not None else ())
    return Lost(held, ("loses-data",) if holds else (), gentler)


def _makes(asked: Losing, kind: Kind | None) -> Lost:
    if asked.row.reversibility is not None:
        return Lost(_said(asked, None))
    if kind is not None and kind.create is not None and asked.aspect != "content":
        special = kind.create
        return Lost(_with(asked.held, WayBack(special.reversibility, special.verdict, why=special.why)), special.traits)
    if asked.aspect == "content":
        return Lost(_said(asked, None))
    return Lost(_with(asked.held, WayBack("exact-inverse", "valid", step="take it away again")))


def _updates(asked: Losing, kind: Kind, parameters: dict[str, Parameter]) -> Lost:
    fired = [each for each in kind.updates if each.only != "terraform" and _fires(each, kind, parameters)]
    back = _plain_update(asked)
    if back is None:
        return Lost(_said(asked, None))
    if fired:
        reversibility = worst_reversibility("disruptive-inverse", *(each.reversibility for each in fired))
        verdict: RollbackVerdict = "unknown"
        for each in fired:
            verdict = _worse(verdict, each.verdict)
        says = "; ".join(dict.fromkeys(each.says for each in fired))
        lost = "; ".join(dict.fromkeys(each.says for each in fired if not _LOSSES.isdisjoint(each.traits)))
        back = WayBack(reversibility, verdict, loses=lost, step=back.step, why=says)
    traits = tuple(dict.fromkeys(trait for each in fired for trait in each.traits))
    return Lost(_said(asked, back), traits, because=tuple(kind.attributes[each.at] for each in fired))


def _plain_update(asked: Losing) -> WayBack | None:
    """An update of which no row speaks: it can be written back, but what was there is not in the call."""
    if asked.aspect == "content" and asked.level != "T":
        return None
    return WayBack(
        "disruptive-inverse",
        "unknown",
        step="write the prior values back",
        why="the prior values are not in the call",
    )


def _said(asked: Losing, back: WayBack | None) -> WayBack | None:
    """What the row itself says, on top of what is usual."""
    row = asked.row
    if row.reversibility is None and row.verdict is None and not row.loses:
        if back is None and not any(case.gives or case.reversibility or case.loses for case in asked.held):
            return None
        return _with(asked.held, back or WayBack())
    reversibility = row.reversibility or (back.reversibility if back is not None else None)
    usual = VERDICT[reversibility] if reversibility is not None else "unknown"
    return _with(
        asked.held,
        WayBack(
            reversibility,
            row.verdict or usual,
            loses=row.loses or (back.loses if back is not None else ""),
            step=row.step or (back.step if back is not None else ""),
            why=row.why or (back.why if back is not None else ""),
            lifts=_lifts(asked.missed),
        ),
    )


def _with(held: Iterable[Case], back: WayBack) -> WayBack:
    """The way back as the cases that hold make it: first what raises the class, then what is evidence."""
    reversibility, verdict = back.reversibility, back.verdict
    loses, evidence, step, lifts = back.loses, back.evidence, back.step, back.lifts
    for case in held:
        if case.reversibility is not None:
            reversibility = worst_reversibility(reversibility or "none-needed", case.reversibility)
            verdict = _worse(verdict, case.verdict or VERDICT[case.reversibility])
            if case.reversibility == "irreversible":
                evidence = ()
        loses = "; ".join(filter(None, (loses, case.loses)))
    why = back.why
    for case in held:
        if case.gives is not None:
            evidence = (*evidence, case.says)
            if reversibility is None or REVERSIBILITIES.index(case.gives) < REVERSIBILITIES.index(reversibility):
                reversibility, verdict, step = case.gives, case.verdict or VERDICT[case.gives], case.step or step
                lifts = ""
                why = "" if why == "nothing says that a copy is left" else why
    return WayBack(reversibility, verdict, loses, evidence, step, why, lifts)


def _lifts(missed: Iterable[Case]) -> str:
    return "; ".join(dict.fromkeys(case.lift for case in missed if case.lift))


def _fires(update: Update, kind: Kind, parameters: dict[str, Parameter]) -> bool:
    """Whether the call may do what this row of the kind speaks of; what was there before is not known."""
    path = kind.attributes.get(update.at, "")
    if not path:
        return False
    return any(_may(update, value) for value in values_at(parameters, path))


def _may(update: Update, value: Parameter) -> bool:
    match update.does:
        case "turned-off":
            return value is False
        case "emptied":
            return value in ("", [], {})
        case "becomes" | "newly":
            return any(type(value) is type(each) and value == each for each in update.to)
        case "lowered" | "raised" | "shortened":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "filled":
            return value not in ("", [], {})
        case "fewer" | "more" | "changed" | "drops" | "unnamed":
            return True


def _worse(one: RollbackVerdict, other: RollbackVerdict) -> RollbackVerdict:
    return max(one, other, key=_VERDICTS.index)
