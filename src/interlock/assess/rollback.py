"""Rollback: the way back of the whole change, put together from what is known of each effect's own.

The rules of this room: a chain of ways back is as good as its worst link. What a rehearsal has walked to the end is
better known than what a reader knows, except that nothing makes valid what is known to be invalid. A rehearsal that
says nothing hides nothing, and what was not walked is never called simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from interlock.assess.reverse import LOSING
from interlock.assess.tier import is_opaque
from interlock.assess.undo import Undoing
from interlock.model.change import Change, Effect
from interlock.model.inventory import Rehearsal, RollbackProof
from interlock.model.wayback import RollbackVerdict

#: The verdicts, best first.
ORDER: Final[tuple[RollbackVerdict, ...]] = ("none-needed", "valid", "valid-with-loss", "unknown", "invalid")
_RANK: Final = {verdict: rank for rank, verdict in enumerate(ORDER)}

#: How many steps and reasons are listed; the rest are counted.
STEPS: Final = 50
REASONS: Final = 3


class Judged(NamedTuple):
    """The way back of one effect: how good it is, and why it is no better."""

    verdict: RollbackVerdict
    why: str


def worst(*verdicts: RollbackVerdict) -> RollbackVerdict:
    """The worst of these; of none, none-needed."""
    return max(verdicts, key=_RANK.__getitem__, default="none-needed")


def way_back_of(change: Change, rehearsal: Rehearsal | None, undoing: Undoing) -> RollbackProof:
    """The way back of this change, by knowledge and by what a rehearsal found."""
    known = composed(change, undoing)
    if rehearsal is None:
        return known
    proof = rehearsal.rollback
    told = any(effect.way_back is not None for effect in change.effects)
    if proof.kept and not rehearsal.failed and not (undoing.rights or change.unknown):
        return proof  # whatever goes, its known copies too: nothing is lost before there is another one
    if known.verdict == "invalid" and proof.verdict != "invalid":
        return RollbackProof("invalid", proof.simulated, known.steps, known.why)
    if known.verdict == "none-needed" and proof.verdict != "invalid":
        return known  # what only reads has nothing to take back, whatever walking it would lose
    if proof.simulated or not told:
        return proof
    if proof.verdict == "unknown" and not rehearsal.failed:
        return known
    verdict = worst(known.verdict, proof.verdict)
    return RollbackProof(verdict, False, proof.steps or known.steps, proof.why or known.why)


def composed(change: Change, undoing: Undoing) -> RollbackProof:
    """The ways back of all effects as one, by knowledge alone: the last one done is the first one undone."""
    judged = [judge(effect, ordinal, undoing) for ordinal, effect in enumerate(change.effects)]
    verdict = worst(*[each.verdict for each in judged], *(("unknown",) if change.unknown else ()))
    return RollbackProof(verdict, False, _steps(change.effects), _reasons(judged))


def judge(effect: Effect, ordinal: int, undoing: Undoing) -> Judged:
    """How good this effect's own way back is, by what its reader knows and what the rest of the change does to it."""
    name, back = effect.resource.name, effect.way_back
    if effect.verb == "read" and not is_opaque(effect) and "leaves-target" not in effect.traits:
        return Judged("none-needed", "")
    if ordinal in undoing.copies:
        return Judged("invalid", f"`{name}`: its copies go with it")
    verdict: RollbackVerdict = "unknown" if back is None else back.verdict
    why = "" if back is None else back.why or (back.loses if verdict != "valid" else "")
    if is_opaque(effect) or "leaves-target" in effect.traits:
        verdict = worst(verdict, "unknown")
    if back is not None and not back.evidence and not LOSING.isdisjoint(effect.traits):
        verdict = worst(verdict, "unknown")  # nothing was said that would bring back what is lost
    lost = undoing.rights.get(ordinal)
    if lost is not None and _RANK[lost.verdict] > _RANK[verdict]:
        return Judged(lost.verdict, f"`{name}`: it is reached through `{lost.through}`, which this changes too")
    return Judged(verdict, f"`{name}`: {why}" if why else "")


def _steps(effects: Sequence[Effect]) -> tuple[str, ...]:
    backs = [effect.way_back for effect in reversed(effects) if effect.way_back is not None]
    steps = dict.fromkeys([back.step for back in backs if back.step])
    shown = tuple(steps)[:STEPS]
    return shown if len(steps) <= STEPS else (*shown, f"and {len(steps) - STEPS:,} steps more")


def _reasons(judged: Sequence[Judged]) -> str:
    """The first reasons, those of the worst verdicts before others."""
    told = [each for each in judged if each.why and each.verdict not in ("none-needed", "valid")]
    if not told:
        return ""
    told.sort(key=lambda each: -_RANK[each.verdict])
    reasons = tuple(dict.fromkeys(each.why for each in told))
    rest = f"; and {len(reasons) - REASONS:,} more" if len(reasons) > REASONS else ""
    return "; ".join(reasons[:REASONS]) + rest
