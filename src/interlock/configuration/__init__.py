"""Configuration: `interlock.toml` of a home folder, strictly read into the model's environments and targets.

What is not understood is refused with its place (`interlock.toml: environments.production.hours[0].from`), since a
misspelt freeze that is silently ignored is a freeze that is not there.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from interlock.configuration.aws import AwsTable, aws_settings
from interlock.configuration.pace import PaceBounds, PaceTable, pace_bounds
from interlock.configuration.reading import Strict, check_name, duration, read
from interlock.configuration.terraform import TerraformTable, terraform_settings
from interlock.errors import BadConfiguration, NotFound
from interlock.model.target import Bounds, Environment, Freeze, Hours, Target

FILE: Final = "interlock.toml"
_SQLITE: Final = "sqlite:///"


class _Hours(Strict):
    start: str
    end: str
    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    timezone: str = "UTC"


class _Freeze(Strict):
    name: str
    start: datetime
    end: datetime


class _Environment(Strict):
    production: bool = True
    strictness: int | None = None
    hours: tuple[_Hours, ...] = ()
    freezes: tuple[_Freeze, ...] = ()
    max_rows: int = 1_000
    max_resources: int = 20
    max_reach: int = 0
    undo_window: str = "30s"
    approval_valid: str = "24h"


class _Target(Strict):
    kind: str
    address: str
    environment: str = "production"
    critical: tuple[str, ...] = ()
    inventory: tuple[str, ...] = ()
    terraform: TerraformTable | None = None
    aws: AwsTable | None = None


class _Ledger(Strict):
    store: str = "sqlite:///ledger.db"
    origin: str = "interlock.local/ledger"
    high_water: str = "ledger.high-water"


class _Rehearsal(Strict):
    time: str = "10s"
    max_rows: int = 2_000_000
    max_bytes: int = 2 * 1024**3


class _Workspace(Strict):
    name: str
    environment: str = "production"
    agent: str = ""


class _RunTasks(Strict):
    hosts: tuple[str, ...]
    downloads: tuple[str, ...] = ()
    key: str = "keys/run-task.key"
    ca: str = ""
    wait: str = "0s"
    workspaces: tuple[_Workspace, ...] = ()
    people: dict[str, str] = msgspec.field(default_factory=dict)


class _File(Strict):
    ledger: _Ledger = msgspec.field(default_factory=_Ledger)
    rehearsal: _Rehearsal = msgspec.field(default_factory=_Rehearsal)
    environments: dict[str, _Environment] = msgspec.field(default_factory=dict)
    targets: dict[str, _Target] = msgspec.field(default_factory=dict)
    run_tasks: _RunTasks | None = None
    pace: PaceTable = msgspec.field(default_factory=PaceTable)


class Workspace(NamedTuple):
    """Which workspaces of a run task (`organisation/workspace`, with `*`) are which environment, and whose changes."""

    name: str
    environment: str
    agent: str


class RunTasks(NamedTuple):
    """Where plans of run tasks may be fetched from, and how long a held one is waited for.

    Hosts are as they stand in an address, with a port where it is not 443. Only `hosts` are ever sent a token;
    `downloads` are where they may lead on to. `ca` is a file of certificates, None for the system's own. `people` says
    which registered person a user there is.
    """

    hosts: frozenset[str]
    downloads: frozenset[str]
    key: Path
    ca: Path | None
    wait_seconds: int
    workspaces: tuple[Workspace, ...]
    people: dict[str, str]


class Configuration(NamedTuple):
    """A home's configuration. `store` is a URL with an absolute path; `high_water` an absolute path."""

    home: Path
    store: str
    origin: str
    high_water: Path
    environments: dict[str, Environment]
    targets: dict[str, Target]
    bounds: Bounds
    run_tasks: RunTasks | None = None
    pace: PaceBounds = PaceBounds()

    def environment(self, name: str) -> Environment:
        """The contract of that environment. One that nobody described has the strictest contract there is."""
        return self.environments.get(name) or Environment(name=name)

    def is_production(self, name: str) -> bool:
        """Whether that environment is production; one that nobody described is."""
        return self.environment(name).production

    def target(self, name: str) -> Target:
        """The configured target. Raises NotFound with the names there are."""
        if name in self.targets:
            return self.targets[name]
        known = ", ".join(sorted(self.targets)) or "none yet"
        raise NotFound(f"no target is called `{name}`", hint=f"targets in {FILE}: {known}", where=str(self.home / FILE))


def unconfigured() -> Configuration:
    """What holds where there is no home: no targets, and every environment is production."""
    nowhere = Path()
    return Configuration(nowhere, "", "", nowhere, {}, {}, Bounds())


def load(home: Path) -> Configuration:
    """The configuration of this home. Raises BadConfiguration with file and key."""
    path = home / FILE
    try:
        if path.exists() and not path.is_file():
            raise BadConfiguration("is no file that has an end", hint="restore it", where=str(path))
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadConfiguration(
            "there is no Interlock home here", hint="run `interlock init`", where=str(path)
        ) from error
    except OSError as error:
        raise BadConfiguration("cannot be read", hint=error.strerror or "", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise BadConfiguration("is not UTF-8", hint="save it as UTF-8", where=str(path)) from error
    return parse(text, home)


def parse(text: str, home: Path) -> Configuration:
    """The configuration that this text describes, its paths resolved against `home`."""
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration("is not a valid configuration", hint=str(error), where=str(home / FILE)) from error
    file = read(found, _File, str(home / FILE))
    store = _store(file.ledger.store, home)
    return Configuration(
        home=home,
        store=store,
        origin=file.ledger.origin,
        high_water=home / file.ledger.high_water,
        environments={name: _environment(name, table) for name, table in file.environments.items()},
        targets={name: _target(name, table, home, store) for name, table in file.targets.items()},
        bounds=Bounds(
            milliseconds=duration(file.rehearsal.time, "rehearsal.time"),
            rows=file.rehearsal.max_rows,
            bytes=file.rehearsal.max_bytes,
        ),
        run_tasks=_run_tasks(file.run_tasks, home) if file.run_tasks is not None else None,
        pace=pace_bounds(file.pace),
    )


#: HCP Terraform gives a run task an hour in all.
_LONGEST_WAIT: Final = 55 * 60


def _run_tasks(table: _RunTasks, home: Path) -> RunTasks:
    for host in (*table.hosts, *table.downloads):
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?", host):
            raise BadConfiguration(
                f"`{host}` is no host", hint="lower case, no scheme, no path", where="run_tasks.hosts"
            )
    if not table.hosts:
        raise BadConfiguration("run tasks need a host to fetch plans from", where="run_tasks.hosts")
    wait = duration(table.wait, "run_tasks.wait") // 1000
    if wait > _LONGEST_WAIT:
        raise BadConfiguration("a run task is given up after an hour", hint="55m at most", where="run_tasks.wait")
    for index, workspace in enumerate(table.workspaces):
        check_name(workspace.environment, f"run_tasks.workspaces[{index}].environment")
        if workspace.agent:
            check_name(workspace.agent, f"run_tasks.workspaces[{index}].agent")
    return RunTasks(
        frozenset(table.hosts),
        frozenset(table.downloads),
        home / table.key,
        home / table.ca if table.ca else None,
        wait,
        tuple(Workspace(each.name, each.environment, each.agent) for each in table.workspaces),
        table.people,
    )


def _store(url: str, home: Path) -> str:
    if url.startswith(_SQLITE):
        return _SQLITE + str((home / url.removeprefix(_SQLITE)).absolute())
    if url.startswith(("postgresql://", "postgres://")):
        return url
    raise BadConfiguration(
        f"`{url.partition(':')[0]}` is no store", hint="use sqlite:///FILE or postgresql://…", where="ledger.store"
    )


def _environment(name: str, table: _Environment) -> Environment:
    where = f"environments.{name}"
    check_name(name, where)
    strictness = table.strictness if table.strictness is not None else (100 if table.production else 10)
    if min(table.max_rows, table.max_resources, table.max_reach) < 0:
        raise BadConfiguration("a cap cannot be negative", hint="0 lets nothing through", where=where)
    return Environment(
        name=name,
        production=table.production,
        strictness=strictness,
        hours=tuple(_hours(hours, f"{where}.hours[{index}]") for index, hours in enumerate(table.hours)),
        freezes=tuple(_freeze(freeze, f"{where}.freezes[{index}]") for index, freeze in enumerate(table.freezes)),
        max_rows=table.max_rows,
        max_resources=table.max_resources,
        max_reach=table.max_reach,
        undo_window_seconds=duration(table.undo_window, f"{where}.undo_window") // 1000,
        approval_seconds=duration(table.approval_valid, f"{where}.approval_valid") // 1000,
    )


def _hours(table: _Hours, where: str) -> Hours:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(table.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadConfiguration(
            f"`{table.timezone}` is no time zone", hint="use a name like Europe/Berlin", where=f"{where}.timezone"
        ) from error
    if not table.days or not set(table.days) <= set(range(1, 8)):
        raise BadConfiguration("days are ISO weekdays, 1 (Monday) to 7", where=f"{where}.days")
    start, end = _minute(table.start, f"{where}.from"), _minute(table.end, f"{where}.to")
    if start >= end:
        raise BadConfiguration(
            "a window ends after it starts", hint="split one that runs past midnight in two", where=where
        )
    return Hours(tuple(sorted(set(table.days))), start, end, table.timezone)


def _minute(text: str, where: str) -> int:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)|24:00", text)
    if found is None:
        raise BadConfiguration(f"`{text}` is no time of day", hint="write 09:00 (00:00 to 24:00)", where=where)
    return 24 * 60 if text == "24:00" else int(found[1]) * 60 + int(found[2])


def _freeze(table: _Freeze, where: str) -> Freeze:
    if table.start.tzinfo is None or table.end.tzinfo is None:
        raise BadConfiguration("a freeze needs an offset", hint="write 2026-12-20T00:00:00+01:00", where=where)
    if table.start >= table.end:
        raise BadConfiguration("a freeze ends after it starts", where=where)
    return Freeze(table.name, int(table.start.timestamp() * 1000), int(table.end.timestamp() * 1000))


def _target(name: str, table: _Target, home: Path, store: str) -> Target:
    where = f"targets.{name}"
    check_name(name, where)
    for kind in ("terraform", "aws"):
        if getattr(table, kind) is not None and table.kind != kind:
            raise BadConfiguration(f"a target of kind {table.kind} has no table `{kind}`", where=f"{where}.{kind}")
    address, settings = _place(table, home, store, where)
    inventory = tuple(str((home / file).absolute()) for file in table.inventory)
    return Target(name, table.kind, address, table.environment, table.critical, settings, inventory)


def _place(table: _Target, home: Path, store: str, where: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Where the target is, and what only its own technology understands."""
    address = table.address
    if table.kind == "terraform":
        settings = terraform_settings(table.terraform or TerraformTable(), home, f"{where}.terraform")
        return str((home / address).absolute()), settings
    if table.kind == "aws":
        if table.aws is None:
            raise BadConfiguration("an account needs its table `aws`", hint="docs/gates/aws.md", where=f"{where}.aws")
        return address, aws_settings(table.aws, address, home, f"{where}.aws")
    if table.kind == "sql:sqlite":
        address = str((home / address.removeprefix(_SQLITE)).absolute())
        if Path(address).resolve() == Path(store.removeprefix(_SQLITE)).resolve():
            raise BadConfiguration("the ledger's own store is no target", hint="name another database", where=where)
    elif address == store:
        raise BadConfiguration("the ledger's own store is no target", hint="name another database", where=where)
    elif re.search(r"://[^/@]*:[^/@]*@", address):
        raise BadConfiguration("an address holds no password", hint="keep it in the executor's own store", where=where)
    return address, ()
