"""What a planner promises to the road.

Some technologies do not execute what was proposed but a plan that is made of it once, on the world as it is, by the
target's own tool. What such a target is proposed is a source; from there on the plan is what is read, bound, voted on
and executed. Nothing is ever planned a second time for the same case.

1. `plan` changes nothing at the target. It runs with the target's credential, and that is used for nothing else.
2. What the source could make run while it is planned is refused unless the target's configuration allows it.
3. The source chooses neither the state nor the credential, workspace, tool, or plug-ins: the target's configuration
   does, and what in the source would choose otherwise is refused or overruled.
4. What it returns is whole: it can be read and executed without the source, and without planning again.
5. An error names what the source's author can mend. It never holds a value that the source could not have held.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

from interlock.model.planned import Identity
from interlock.model.target import Target


class Plan(NamedTuple):
    """A plan: `package` takes the payload's place; `output` is what the tool said, for people, without credentials."""

    package: bytes
    output: bytes
    identity: Identity
    tool: str


class Planner(Protocol):
    """One technology's planner."""

    def takes(self, payload: bytes) -> bool:
        """Whether a plan is made of this payload, or was. What is declined is itself what is executed."""
        ...

    def plan(self, source: bytes, target: Target, previous: Identity | None) -> Plan:
        """The plan of this source. `previous` is what the record knew of the target's state before."""
        ...

    def pack(self, directory: Path) -> bytes:
        """The source that stands in a folder, as one payload; equal folders give equal bytes."""
        ...

    def text(self, payload: bytes) -> bytes:
        """The source in a payload (a source, or the package that was made of one), as people read it."""
        ...

    def patience(self, target: Target) -> int:
        """How long planning may take there, in milliseconds."""
        ...
