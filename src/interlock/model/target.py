"""Where changes go: a target that is configured, and the environment contract that it stands under (D3, D5)."""

from __future__ import annotations

from interlock.model.canon import Value


class Target(Value, frozen=True):
    """One configured thing that proposals can name. `address` is a path or URL; credentials never stand in it.

    `environment` is what the operator says the target is; a proposal that claims another one is a finding, and the
    stricter of the two is used. `critical` names tables or resources that the business cannot lose. `settings` is what
    only the target's own technology understands, as pairs; a name may come more than once, and no value is secret.
    `inventory` are paths of files that say what else there is and what depends on what.
    """

    name: str
    kind: str
    address: str
    environment: str = "production"
    critical: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    inventory: tuple[str, ...] = ()


class Hours(Value, frozen=True):
    """A weekly window: `days` are ISO weekdays (1 is Monday); minutes are local, start inclusive, end exclusive."""

    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    start_minute: int = 9 * 60
    end_minute: int = 17 * 60
    timezone: str = "UTC"


class Freeze(Value, frozen=True):
    """A time in which nothing changes. `start` and `end` are unix milliseconds, start inclusive, end exclusive."""

    name: str
    start: int
    end: int


class Environment(Value, frozen=True):
    """The contract of one environment. No `hours` means always open. Seconds where the name says so.

    `strictness` orders environments: of a claim and a fact that disagree, the higher one counts. `max_reach` caps how
    many things may feel one change; 0 is no cap.
    """

    name: str
    production: bool = True
    strictness: int = 100
    hours: tuple[Hours, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    max_rows: int = 1_000
    max_resources: int = 20
    max_reach: int = 0
    undo_window_seconds: int = 30
    approval_seconds: int = 24 * 3600


class Bounds(Value, frozen=True):
    """How much a survey or rehearsal may take before it must stop and say so. Milliseconds, rows and bytes.

    `age` is how old, in milliseconds, what a survey remembers of an earlier one may be; with 0 it asks everything anew.
    """

    milliseconds: int = 10_000
    rows: int = 2_000_000
    bytes: int = 2 * 1024**3
    samples: int = 10
    age: int = 15_000
