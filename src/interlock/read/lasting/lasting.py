"""Lasting: what one operation on one piece of infrastructure loses, and what is known of taking it back.

The rules of this room: the class begins as what the kind of thing loses without any evidence, and only evidence that
surely holds of it as it is before lowers it. Evidence is looked for before and never after, because what is destroyed
is destroyed as it was. What nobody knows is irreversible when it goes. No value stands in a text unless its kind says
that it may.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from interlock.model.change import Aspect, Trait
from interlock.model.inventory import Plane
from interlock.model.wayback import REVERSIBILITIES, Reversibility, RollbackVerdict, WayBack, worst_reversibility
from interlock.read.lasting.described import only_describes
from interlock.read.lasting.kinds import Evidence, Kind, Rows, Technology, guards, rows_of
from interlock.read.lasting.settings import loosened
from interlock.read.lasting.values import Sides, Values, root

Operation = Literal["create", "update", "replace", "delete", "forget"]


class Lasting(NamedTuple):
    """What is known of one operation. `known` False: nobody knows this type.

    `protections` are what stands against losing the thing when this has run, or stood when it goes; `groups` are its
    redundancy groups. `traits` come on top of what the verb says.
    """

    way_back: WayBack
    traits: tuple[Trait, ...] = ()
    gentler: str = ""
    planes: tuple[Plane, ...] = ()
    aspect: Aspect = "structure"
    protections: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    known: bool = True


#: What a thing is to others only once it is there: one that is being made keeps no record and no key yet.
_LATER: Final[frozenset[Plane]] = frozenset({"audit", "encryption", "billing"})


class Standing(NamedTuple):
    """What a thing that is there is to others, and what stands against losing it."""

    planes: tuple[Plane, ...] = ()
    protections: tuple[str, ...] = ()


#: What each class says of the way back when nothing else does.
VERDICT: Final[dict[Reversibility, RollbackVerdict]] = {
    "none-needed": "none-needed",
    "exact-inverse": "valid",
    "disruptive-inverse": "valid",
    "verified-copy": "valid-with-loss",
    "grace-period": "valid-with-loss",
    "irreversible": "invalid",
}

_VERDICTS: Final[tuple[RollbackVerdict, ...]] = ("none-needed", "valid", "valid-with-loss", "unknown", "invalid")

#: The inverse in words, where a kind or its evidence does not say it better.
STEP: Final[dict[Reversibility, str]] = {
    "none-needed": "",
    "exact-inverse": "make it again from its prior values",
    "disruptive-inverse": "make it again from its prior values",
    "verified-copy": "restore it from the copy",
    "grace-period": "take it back before the period ends",
    "irreversible": "",
}

#: What is evidence by the kind of thing alone, whatever its values are: the target itself keeps something.
STAYS: Final[dict[Reversibility, str]] = {
    "verified-copy": "what it describes stays elsewhere",
    "grace-period": "the target keeps it for a time after that",
}

#: A gentler way that any kind of thing has which holds what cannot be made again.
LEAVE: Final[dict[Technology, str]] = {
    "terraform": "a `removed` block with `destroy = false` leaves it where it is and only stops managing it",
    "cloudformation": "`DeletionPolicy: Retain` leaves it where it is and only stops managing it",
}


def judge(
    technology: Technology,
    type: str,
    operation: Operation,
    before: Values | None,
    after: Values | None,
    unknown: frozenset[str] = frozenset(),
    *,
    hidden: frozenset[str] = frozenset(),
    secret: frozenset[str] | None = None,
    forced: frozenset[str] = frozenset(),
) -> Lasting:
    """What this operation on a thing of this type loses, and what is known of taking it back.

    `before` and `after` are its values. `unknown` are the top-level attributes of which only the apply tells the value
    after; `hidden` those that change and are sensitive, wholly or in part; `forced` those that force a replacement,
    where that is told. With `secret` the values are there and may be compared, and these are never shown; without it
    the sensitive ones are not among the values.
    """
    rows = rows_of(technology, type)
    kind = rows.kind if rows is not None else None
    sides = Sides(technology, kind, before, after, unknown, hidden, secret)
    if rows is None or kind is None:
        return _unknown(type, operation, sides, technology)
    if operation == "create":
        back, traits = _create(kind, sides)
    elif operation == "update":
        back, traits = _update(rows, sides, technology)
    elif operation == "forget":
        back, traits = WayBack("exact-inverse", "valid", step="import it again"), ()
    else:
        back, traits = _lose(rows, operation, sides, technology)
    if says := _looser(rows, technology, type, operation, sides):
        back = msgspec.structs.replace(back, loses="; ".join(filter(None, (back.loses, *says))))
        traits = tuple(dict.fromkeys((*traits, "loses-protection")))
    aspect = "structure" if operation == "create" and type in kind.bare else kind.aspect
    if operation == "update" and not traits and only_describes(type, sides.changes, kind.planes):
        traits, aspect = ("only-describes",), "structure"
    return Lasting(
        back,
        traits,
        _gentler(rows, operation, sides, technology, forced),
        kind.planes,
        aspect,
        _protections(rows, _at_the_end(kind, operation, sides, technology)),
        tuple([found for group in kind.groups if (found := _group(group.kind, group.at, sides))]),
    )


def while_made(technology: Technology, type: str, planes: tuple[Plane, ...]) -> tuple[Plane, ...]:
    """What of these planes counts while such a thing is being made."""
    if not planes or (_LATER.isdisjoint(planes) and "identity" not in planes):
        return planes
    rows = rows_of(technology, type)
    later = _LATER | {"identity"} if rows is not None and type in rows.kind.bare else _LATER
    return tuple(each for each in planes if each not in later)


def standing(technology: Technology, type: str, values: Values) -> Standing:
    """What is known of a thing with these values, whether anything happens to it or not."""
    rows = rows_of(technology, type)
    if rows is None:
        return Standing()
    if not rows.evidence:
        return Standing(rows.kind.planes)
    sides = Sides(technology, rows.kind, values, None, frozenset(), frozenset())
    return Standing(rows.kind.planes, _protections(rows, sides))


def _create(kind: Kind, sides: Sides) -> tuple[WayBack, tuple[Trait, ...]]:
    special = kind.create
    if special is None or not sides.says(special.at) or not sides.may_be(special.when):
        return WayBack("exact-inverse", "valid", step="take it away again"), ()
    return WayBack(special.reversibility, special.verdict, why=special.why), special.traits


def _lose(rows: Rows, operation: Operation, sides: Sides, technology: Technology) -> tuple[WayBack, tuple[Trait, ...]]:
    """A delete, or a replacement, which is the delete of the old one."""
    kind = rows.kind
    proofs = [each for each in rows.evidence if sides.holds(each.when)]
    standing = [each for each in proofs if each.gives == "blocked"]
    classes = [kind.delete, *(_class_of(each) for each in proofs)]
    reversibility = min(classes, key=REVERSIBILITIES.index)
    if operation == "replace" and reversibility == "exact-inverse":
        reversibility = "disruptive-inverse"  # the way back is a replacement too
    best = next((each for each in proofs if each.gives == reversibility), None)
    verdict, whys = VERDICT[reversibility], []
    if kind.reuse and verdict != "none-needed":
        verdict = _worse(verdict, "valid-with-loss")
        whys.append(kind.reuse)
    if standing:
        whys.insert(0, f"{standing[0].says}: the target refuses the delete, and the rest stops half-way there")
        if best is None:
            verdict = _worse(verdict, "unknown")
    if sides.hidden and not kind.lasts:
        verdict = _worse(verdict, "unknown")
        whys.append(f"the prior value of {_names(sorted(sides.hidden))} is not known")
    if kind.lasts and reversibility == "irreversible":
        whys.insert(0, "nothing says that a copy is left")
    said = [_text(each.says, kind, sides) for each in proofs]
    if kind.delete in STAYS and not any(each.gives != "blocked" for each in proofs):
        said.append(STAYS[kind.delete])
    way_back = WayBack(
        reversibility,
        verdict,
        loses=kind.loses,
        evidence=tuple(said),
        step=best.step if best is not None and best.step else STEP[reversibility],
        why="; ".join(whys),
        lifts="; ".join(_lifts(rows, proofs, technology)),
    )
    traits: list[Trait] = ["loses-data"] if reversibility in LASTING and not HOLDING.isdisjoint(kind.planes) else []
    if kind.guards and operation == "delete":
        traits.append("loses-protection")
    return way_back, tuple(traits)


def _update(rows: Rows, sides: Sides, technology: Technology) -> tuple[WayBack, tuple[Trait, ...]]:
    kind, changed = rows.kind, sides.changes
    fired = [each for first, each in rows.updates if first in changed and sides.fires(each)]
    untold = sides.untold()
    if not fired and not untold:  # nothing that any row speaks of: the usual update
        step = f"write the prior values back: {_names(list(changed))}" if changed else ""
        return WayBack("exact-inverse", "valid", step=step), ()
    classes, proofs = [], []
    for each in fired:
        held = [proof for proof in each.evidence if proof.only in (None, technology) and sides.holds(proof.when)]
        classes.append(min((each.reversibility, *map(_class_of, held)), key=REVERSIBILITIES.index))
        proofs += held
    reversibility = worst_reversibility("disruptive-inverse" if untold else "exact-inverse", *classes)
    verdict: RollbackVerdict = "unknown" if untold else "valid"
    whys = [each.says for each in fired if each.verdict != "valid"]
    for each in fired:
        verdict = _worse(verdict, each.verdict)
    if untold:
        whys.append(f"the prior value of {_names(untold)} is not known")
    lost = [each.says for each in fired if not _LOSSES.isdisjoint(each.traits)]
    changes = list(changed)
    step = f"write the prior values back: {_names(changes)}" if changes and verdict != "invalid" else ""
    way_back = WayBack(
        reversibility,
        verdict,
        loses="; ".join(lost),
        evidence=tuple(_text(each.says, kind, sides) for each in proofs),
        step=step,
        why="; ".join(whys),
        lifts="; ".join(
            dict.fromkeys(row.lift for each in fired for row in each.evidence if row.lift and row not in proofs)
        ),
    )
    return way_back, tuple(dict.fromkeys(trait for each in fired for trait in each.traits))


def _looser(rows: Rows, technology: Technology, type_: str, operation: Operation, sides: Sides) -> tuple[str, ...]:
    """What guards less from now on, beyond what `_update` says: named settings, and what a new one does not set.

    Of what is made anew only what is known on both sides counts: the rest is left to the target.
    """
    if operation not in ("create", "update", "replace"):
        return ()
    says = loosened(technology, type_, sides, new=operation == "create")
    if operation != "replace":
        return says
    told = sides.before.keys() & sides.after.keys() - sides.unknown - sides.blind
    rows_told = [each for first, each in rows.updates if first in told and "loses-protection" in each.traits]
    return tuple(dict.fromkeys((*says, *(each.says for each in rows_told if sides.fires(each)))))


#: What is lost with such a thing is content, and not only a name or an address.
HOLDING: Final[frozenset[Plane]] = frozenset({"data", "encryption", "audit"})
#: Classes of a way back by which what was in a thing does not come back by making the thing anew.
LASTING: Final[frozenset[Reversibility]] = frozenset({"verified-copy", "grace-period", "irreversible"})

_LOSSES: Final[frozenset[Trait]] = frozenset({"loses-data", "loses-protection"})


def _unknown(type_: str, operation: Operation, sides: Sides, technology: Technology) -> Lasting:
    """Of a type that stands in no table only what means the same on whatever type counts."""
    back = _of_nobody(type_, operation, sides)
    if operation != "update" or technology != "terraform":
        return Lasting(back, known=False)
    fired = [each for each in guards().anything if sides.fires(each)]
    if fired:
        back = msgspec.structs.replace(back, loses="; ".join(each.says for each in fired))
    return Lasting(back, tuple(dict.fromkeys(trait for each in fired for trait in each.traits)), known=False)


def _of_nobody(type_: str, operation: Operation, sides: Sides) -> WayBack:
    """The way back of a type that stands in no table."""
    if operation == "create":
        return WayBack("exact-inverse", "unknown", step="take it away again", why=f"nobody knows a `{type_}`")
    if operation == "forget":
        return WayBack("exact-inverse", "valid", step="import it again")
    if operation == "update":
        return WayBack(
            "disruptive-inverse",
            "unknown",
            step=f"write the prior values back: {_names(list(sides.changes))}",
            why=f"nobody knows what an update of a `{type_}` does",
        )
    loses = f"nobody knows what a `{type_}` holds"
    return WayBack("irreversible", "unknown", loses=loses, why=loses)


def _gentler(rows: Rows, operation: Operation, sides: Sides, technology: Technology, forced: frozenset[str]) -> str:
    if operation not in ("replace", "delete"):
        return ""
    changed = frozenset(sides.changes) if operation == "replace" else frozenset[str]()
    ways = [each for each in rows.gentler if each.on == operation]
    named = [each for each in ways if any(root(sides.path(field)) in (forced or changed) for field in each.fields)]
    chosen = named or [each for each in ways if not each.fields]
    if chosen:
        return chosen[0].way
    return LEAVE[technology] if operation == "delete" and rows.kind.lasts else ""


def _protections(rows: Rows, sides: Sides) -> tuple[str, ...]:
    """What stands against losing it, of its values before."""
    held = [each for each in rows.evidence if sides.holds(each.when)]
    return tuple(dict.fromkeys([_text(each.says, rows.kind, sides) for each in held])) if held else ()


def _at_the_end(kind: Kind, operation: Operation, sides: Sides, technology: Technology) -> Sides:
    """The thing as it will stand when this has run; one that goes, as it stood."""
    if operation not in ("create", "update"):
        return sides
    known: Values = sides.after
    if sides.unknown:
        known = {name: value for name, value in known.items() if name not in sides.unknown}
    return Sides(technology, kind, known, None, frozenset(), frozenset())


def _lifts(rows: Rows, proofs: Sequence[Evidence], technology: Technology) -> list[str]:
    """What would lower the class, where nothing lowers it to a copy yet."""
    if any(each.gives != "blocked" for each in proofs):
        return []
    lifts = [each.lift for each in rows.evidence if each.lift]
    if technology == "cloudformation":
        lifts = [_called(lift, rows.kind) for lift in lifts]
    return list(dict.fromkeys(lifts))[:3]


def _called(lift: str, kind: Kind) -> str:
    """The same advice with the names that CloudFormation has for the attributes, as far as it has them."""

    def name(match: re.Match[str]) -> str:
        called = kind.attributes.get(match[1])
        return f"`{called}{match[2].replace(' =', ':')}`" if called else match[0]

    return re.sub(r"`([a-z][a-z0-9_.]*)((?: = [^`]*)?)`", name, lift)


def _class_of(evidence: Evidence) -> Reversibility:
    """What refuses the delete is no copy: it holds only as long as nobody takes it off."""
    return "grace-period" if evidence.gives == "blocked" else evidence.gives


def _group(kind: str, paths: tuple[str, ...], sides: Sides) -> tuple[str, str] | None:
    for at in paths:
        for value in sides.becomes(at) or sides.was(at):
            if isinstance(value, str) and value:
                return kind, value.rpartition(":")[2].rpartition("/")[2] or value
    return None


def _text(says: str, kind: Kind, sides: Sides) -> str:
    """The words with the values that may be shown put in."""
    if "{" not in says:
        return says

    def value(match: re.Match[str]) -> str:
        shown = match[1] in kind.shows and root(match[1]) not in (sides.secret or ())
        values = sides.was(match[1]) if shown else []
        return ", ".join(f"{each}" for each in values[:3] if isinstance(each, str | int))[:200]

    return re.sub(r"\{([\w.@]+)\}", value, says)


def _names(names: Sequence[str]) -> str:
    """Names in backticks, at most eight of them, and how many more there are."""
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(f"`{name[:100]}`" for name in names[:8]) + more


def _worse(one: RollbackVerdict, other: RollbackVerdict) -> RollbackVerdict:
    return max(one, other, key=_VERDICTS.index)
