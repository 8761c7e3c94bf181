"""What a route, a request and a reply are, and the gate that handlers work with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, Literal, NamedTuple, Protocol, TypeVar

import msgspec

from interlock.control import Control
from interlock.errors import BadInput
from interlock.gates.http.challenges import Challenges
from interlock.gates.http.entry import Who
from interlock.gates.http.run_tasks.runner import Runner
from interlock.gates.http.shapes import Nothing
from interlock.gates.http.worker import Worker

Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)

#: Bytes of a body that carries no payload; and of one that does (10 MiB of payload as JSON, with its prompt).
SMALL_BODY: Final = 64 * 1024
LARGE_BODY: Final = 16 * 1024 * 1024

#: Which threads serve a route. `quick` only looks things up; `heavy` may reach a target; `health` has its own, so that
#: it answers when all others are busy.
Pool = Literal["quick", "heavy", "health"]


class Reply(NamedTuple):
    """What a handler gives back. `wait` is how many seconds from the request on it may be asked again, 0 for never."""

    value: object
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    wait: int = 0


class Beside(Protocol):
    """Another gate of the same process, for the health page: its name, how tight it is, and what is wrong with it."""

    @property
    def name(self) -> str: ...

    @property
    def tightness(self) -> str: ...

    def problems(self) -> list[str]: ...

    def degraded(self) -> list[str]: ...


class Gate(NamedTuple):
    """What handlers work with."""

    control: Control
    challenges: Challenges
    worker: Worker
    routes: tuple[Route[Any, Any], ...]  # Any: a row for each pair of query and body, in one table
    run_tasks: Runner | None = None
    beside: tuple[Beside, ...] = ()

    def __repr__(self) -> str:
        return f"Gate({len(self.routes)} routes)"


class Asked(NamedTuple, Generic[Q, B]):
    """One request as handlers see it: who, the names in its path, its query and its body, all checked for shape."""

    gate: Gate
    who: Who
    params: dict[str, str]
    query: Q
    body: B
    raw: bytes = b""


class Route(NamedTuple, Generic[Q, B]):
    """One row of the table. `verbs` are those of identify/verbs.py that the caller's kind must be allowed, all of them.

    `fails` are the statuses that this route adds to those that any route may give (see openapi.py). An `open` route
    looks at no credentials at all, so that it answers when nobody's can be checked. A `guard` sees headers and bytes of
    the body before anything else does; the handler of such a route is given the bytes too.
    """

    method: Literal["GET", "POST"]
    path: str
    verbs: tuple[str, ...]
    summary: str
    handler: Callable[[Asked[Q, B]], Reply]
    answer: Any  # a type, or a union of types, as msgspec takes them for schemas
    query: type[Q] = Nothing  # type: ignore[assignment]  # a default for a type variable
    body: type[B] = Nothing  # type: ignore[assignment]  # as above
    status: int = 200
    fails: tuple[int, ...] = ()
    pool: Pool = "quick"
    limit: int = SMALL_BODY
    open: bool = False
    guard: Callable[[Gate, dict[str, str], bytes], None] | None = None

    @property
    def name(self) -> str:
        """`POST /v1/cases`: how people and logs name it."""
        return f"{self.method} {self.path}"


def refusal(status: int, code: str, message: str, hint: str = "", where: str = "") -> BadInput:
    """An error of this face alone, with its own HTTP status."""
    error = BadInput(message, hint=hint, where=where, code=code)
    error.http_status = status
    return error
