"""Execution: what was really done, step by step, with what is needed to undo it."""

from __future__ import annotations

from typing import Literal

from interlock.model.canon import Value
from interlock.model.inventory import Measured


class Step(Value, frozen=True):
    """One step of an executor. `phase` is `about` before it is done, `did` after, and `during` when it tells how far it
    is meanwhile; `images` are vault digests.

    Written, then acted: an `about` entry is durable before the step is taken, so a crash leaves at most one step
    whose effect has to be looked up at the target. `output` is the vault digest of what the step printed or returned.
    """

    name: str
    phase: Literal["about", "during", "did"]
    detail: str = ""
    measured: tuple[Measured, ...] = ()
    images: tuple[str, ...] = ()
    output: str = ""


class Execution(Value, frozen=True):
    """The run of one approved digest. `undo_until` is unix milliseconds, 0 when there is nothing to undo."""

    digest: str
    steps: tuple[Step, ...] = ()
    measured: tuple[Measured, ...] = ()
    images: tuple[str, ...] = ()
    undo_until: int = 0
    error: str = ""
