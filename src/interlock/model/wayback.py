"""Way back: the classes of reversibility, and what is known of taking one effect or a whole change back."""

from __future__ import annotations

from typing import Final, Literal, get_args

from interlock.model.canon import Value

Reversibility = Literal[
    "none-needed", "exact-inverse", "disruptive-inverse", "verified-copy", "grace-period", "irreversible"
]
REVERSIBILITIES: Final[tuple[Reversibility, ...]] = get_args(Reversibility)

RollbackVerdict = Literal["none-needed", "valid", "valid-with-loss", "invalid", "unknown"]
VERDICTS: Final[tuple[RollbackVerdict, ...]] = get_args(RollbackVerdict)


class WayBack(Value, frozen=True):
    """What a reader knows of taking one effect back, from knowledge of its kind of thing and from evidence.

    `reversibility` is the class that the evidence supports; None: nothing is known, and only the tables of
    `assess/reverse.py` speak. `loses` says what is gone meanwhile or for good; `evidence` what lowered the class
    (`final snapshot orders-final is named`); `step` the inverse in words; `why` what makes the way back invalid,
    lossy or unknown; `lifts` what would lower the class (`name a final snapshot`).
    """

    reversibility: Reversibility | None = None
    verdict: RollbackVerdict = "unknown"
    loses: str = ""
    evidence: tuple[str, ...] = ()
    step: str = ""
    why: str = ""
    lifts: str = ""


_RANK: Final = {word: rank for rank, word in enumerate(REVERSIBILITIES)}


def worst_reversibility(*classes: Reversibility) -> Reversibility:
    """The hardest to undo of these; of none, none-needed."""
    return max(classes, key=_RANK.__getitem__, default="none-needed")
