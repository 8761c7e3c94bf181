"""What a reader promises to the road.

A reader is pure: bytes in, Reading out, no clock, no I/O, no state. It promises:

1. Every effect that the payload can have is in the change, or something is in `Change.unknown`. What is not modelled
   is unknown; it is never left out and never guessed to be harmless.
2. Names are spelled as the target would resolve them, and equal things are spelled equally.
3. A payload that is not of this technology at all (wrong encoding, not parseable) raises BadProposal with the place.
   A payload that parses but holds something unmodelled does not raise: it yields an effect with known="unknown".
4. Its work is bounded: size, depth and count limits are said in `Change.degraded` and make the change unknown.
5. The dialect is never guessed. An unknown one is BadProposal that lists the known ones.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from interlock.model.change import Change
from interlock.model.inventory import Inventory


class Reading(NamedTuple):
    """What was read: the change, and what the payload itself tells of the world around it.

    `told` is None where a payload tells nothing (SQL); a plan tells what stands in its state and what refers to what.
    It is a claim like the rest of the payload: it can add to what a survey finds, and never takes anything away.
    `text` is what a `TextReader` says of the payload, where reading it gave that too, so that it is understood once.
    """

    change: Change
    told: Inventory | None = None
    text: bytes | None = None


class Reader(Protocol):
    """One technology's reader; `dialects` are the words that may follow its name, the first one the default."""

    dialects: tuple[str, ...]

    def __call__(self, payload: bytes, dialect: str, environment: str) -> Reading:
        """The change that these bytes would make, and what they tell. Raises BadProposal."""
        ...


@runtime_checkable
class SourceReader(Reader, Protocol):
    """A reader of plans that also reads what plans are made of."""

    def before_planning(self, payload: bytes, environment: str) -> Change | None:
        """What making a plan of this source would run; None for what is no source. Raises BadProposal."""
        ...


@runtime_checkable
class TextReader(Reader, Protocol):
    """A reader of payloads that are no text by themselves, but can be told as one."""

    def text(self, payload: bytes, dialect: str) -> bytes:
        """What these bytes ask for, for people to read before they vote; without secrets. Raises BadProposal."""
        ...


@runtime_checkable
class SurveyedReader(Reader, Protocol):
    """A reader whose payloads leave to the world what they mean: selectors to expand, evidence that lowers a class."""

    def given(self, change: Change, inventory: Inventory) -> Change:
        """The change as it is at this target, as the survey of it (for this very change) found things.

        Pure. Effects on what the inventory says contains named things become effects on these (P2); ways back are
        judged again by `Item.kept` and `Item.protections`. It never takes an effect or anything unknown away for
        which the inventory is not complete.
        """
        ...
