"""Reverse: whether an effect can be taken back, from evidence only.

The rules of this room: FROM_TEXT is what holds when there is only the text. It is `irreversible` wherever the text
does not itself hold what would be needed to go back. Only evidence lowers it: keys that a survey proves to name one
thing, what the reader knows of such things and found said of this one, or a way back that a rehearsal has simulated.
What leaves the target, or runs code that nobody has read, stays irreversible, whatever a rehearsal inside the target
has shown. A way back that was found not to work raises, and so does a copy that goes with what it is a copy of.
"""

from __future__ import annotations

from typing import Final

from interlock.assess.tier import is_opaque
from interlock.model.change import Aspect, Effect, Trait, Verb
from interlock.model.inventory import Rehearsal
from interlock.model.wayback import Reversibility, RollbackVerdict, worst_reversibility

#: No entry: irreversible. `create` holds when what is created is named and surely new (see `_from_text`).
FROM_TEXT: Final[dict[tuple[Verb, Aspect], Reversibility]] = {
    # What was added takes nothing away, but the rows have to be found again; proved keys make it exact.
    ("create", "content"): "disruptive-inverse",
    # The text names what it creates; taking it away again leaves what was there before.
    ("create", "structure"): "exact-inverse",
    ("create", "authority"): "exact-inverse",
    # The old definition is not in the text, but nothing in it is lost: it can be altered back, with the same trouble.
    ("update", "structure"): "disruptive-inverse",
    # What runs can be started, stopped or set again; those who used it meanwhile notice.
    ("create", "process"): "disruptive-inverse",
    ("update", "process"): "disruptive-inverse",
    ("execute", "process"): "disruptive-inverse",
    # Who is given what stands in the text, and so does the opposite.
    ("grant", "content"): "exact-inverse",
    ("grant", "structure"): "exact-inverse",
    ("grant", "authority"): "exact-inverse",
    ("grant", "process"): "exact-inverse",
    ("revoke", "content"): "exact-inverse",
    ("revoke", "structure"): "exact-inverse",
    ("revoke", "authority"): "exact-inverse",
    ("revoke", "process"): "exact-inverse",
}

#: By these the target is not free for others while it goes back, any more than while it went there.
DISRUPTIVE: Final[frozenset[Trait]] = frozenset({"rewrites", "blocks-writes", "blocks-reads"})

#: What a simulated way back proves; content comes back exactly unless something is said to be lost with it.
PROVED: Final[dict[RollbackVerdict, Reversibility]] = {
    "none-needed": "exact-inverse",  # tried and compared: nothing had changed
    "valid": "exact-inverse",
    "valid-with-loss": "verified-copy",
}


#: What is kept by whoever executes it, before anything is lost: a copy, or the thing itself for a time.
KEPT: Final[dict[str, Reversibility]] = {"copy": "verified-copy", "until-closed": "grace-period"}


#: Traits that say themselves that something is lost.
LOSING: Final[frozenset[Trait]] = frozenset({"loses-data", "cascades"})


def proof_of(rehearsal: Rehearsal | None) -> Reversibility | None:
    """What the rehearsal proves of the way back; None when it proves nothing.

    A proof needs a whole rehearsal that succeeded and a way back that was walked, not only written; or an executor that
    does nothing before it has what it takes to go back.
    """
    if rehearsal is None:
        return None
    rollback = rehearsal.rollback
    if rollback.verdict == "invalid":
        return "irreversible"
    if rollback.kept and not rehearsal.failed and rollback.verdict in PROVED:
        return KEPT[rollback.kept]
    if rehearsal.failed or not rehearsal.complete or not rollback.simulated:
        return None
    return PROVED.get(rollback.verdict)


def reverse_of(effect: Effect, *, keyed: bool, proof: Reversibility | None, undo_window: int) -> Reversibility:
    """How this effect can be taken back. `undo_window` is the seconds for which what is lost is kept aside."""
    if is_opaque(effect) or "leaves-target" in effect.traits:
        return "irreversible"
    if effect.verb == "read":
        return "none-needed"
    if proof == "irreversible":
        return "irreversible"
    known = _from_knowledge(effect) or _from_text(effect, keyed)
    if proof is None:
        return known
    proved = _as_proved(effect, proof, undo_window)
    return min(known, proved, key=_RANK.__getitem__)


def _from_knowledge(effect: Effect) -> Reversibility | None:
    """The class that the reader's knowledge of such things supports; None when it knows nothing of this one.

    What a trait says to be lost stays lost unless something is said in evidence; and whatever writes has to be undone.
    """
    back = effect.way_back
    if back is None:
        return None
    if back.verdict == "invalid":
        return "irreversible"
    if back.reversibility is None:
        return None
    if not back.evidence and not LOSING.isdisjoint(effect.traits):
        return "irreversible"
    return worst_reversibility(back.reversibility, "exact-inverse")


def _from_text(effect: Effect, keyed: bool) -> Reversibility:
    if "loses-data" in effect.traits or "cascades" in effect.traits:
        return "irreversible"
    if effect.verb == "create" and "hides-failure" in effect.traits:
        return "irreversible"  # whether it was new cannot be told afterwards, so taking it away may take what was there
    if effect.verb in ("create", "grant", "revoke") and effect.choice != "named":
        return "irreversible"  # among all or some, those that were there before cannot be told from the new
    if effect.verb == "create" and effect.aspect == "content":
        if keyed:
            return "exact-inverse"
        if effect.count is None:
            return "irreversible"  # not even how many there are to be found again is in the text
    return FROM_TEXT.get((effect.verb, effect.aspect), "irreversible")


def _as_proved(effect: Effect, proof: Reversibility, undo_window: int) -> Reversibility:
    if "loses-data" in effect.traits:
        # It is moved aside, not kept: there is a way back only for as long as the window is open.
        return "grace-period" if undo_window > 0 else "irreversible"
    if proof == "exact-inverse" and not DISRUPTIVE.isdisjoint(effect.traits):
        return "disruptive-inverse"
    return proof


_RANK: Final[dict[Reversibility, int]] = {
    "none-needed": 0,
    "exact-inverse": 1,
    "disruptive-inverse": 2,
    "verified-copy": 3,
    "grace-period": 4,
    "irreversible": 5,
}
