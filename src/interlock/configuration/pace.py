"""Pace: the table of how much each agent may put on record in a minute."""

from __future__ import annotations

from typing import NamedTuple

from interlock.configuration.reading import Strict
from interlock.errors import BadConfiguration


class PaceBounds(NamedTuple):
    """Of each agent, a minute; each is 1 at least. `bytes` counts what it sends and what is recorded of it."""

    proposals: int = 30_000
    reads: int = 300_000
    bytes: int = 128 * 1024**2


class PaceTable(Strict):
    """What is not set has its usual bound."""

    proposals: int | None = None
    reads: int | None = None
    bytes: int | None = None


def pace_bounds(table: PaceTable) -> PaceBounds:
    """The table as bounds. BadConfiguration for a bound that lets nothing through."""
    usual = PaceBounds()
    bounds = PaceBounds(
        usual.proposals if table.proposals is None else table.proposals,
        usual.reads if table.reads is None else table.reads,
        usual.bytes if table.bytes is None else table.bytes,
    )
    for name, bound in zip(PaceBounds._fields, bounds, strict=True):
        if not 0 < bound < 2**53:
            raise BadConfiguration(
                f"`{bound}` a minute is no pace", hint="1 at least; to stop an agent, retire it", where=f"pace.{name}"
            )
    return bounds
