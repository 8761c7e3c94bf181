"""Planned: which state of the world a plan was made on. Two that differ are two worlds, whatever they look like."""

from __future__ import annotations

from interlock.model.canon import Value


class Identity(Value, frozen=True):
    """The state of a target as its own tool names it: `lineage` is for life, `serial` grows with each write.

    An empty lineage means that there is no state. `resources` counts what stands in it.
    """

    lineage: str = ""
    serial: int = 0
    workspace: str = ""
    resources: int = 0
