"""A simulated production: a home with people and agents, and a small shop as its target, driven by a clock of its own.

Tests read as stories over it: `world.propose(...)`, `world.approve(case, "ada")`, `world.run(case)`. Everything in it
is the real thing (ledger, vault, policies, keys, SQLite target) but the clock, and the cost of guessing a passphrase.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from interlock.approve.vote import sign
from interlock.control import Control
from interlock.home import create
from interlock.identify import keyfile
from interlock.identify.keys import Cost, SigningKey, open_key
from interlock.identify.verbs import Caller
from interlock.judge import Senses
from interlock.model.agent import Capability, Passport
from interlock.model.case import Case
from interlock.model.entry import Entry
from interlock.model.proposal import Proposal
from interlock.practice.shop import build
from interlock.record import PERSON

OPERATOR: Final = Caller("operator", "op")
AGENT: Final = Caller("agent", "fixer")
PASSPHRASE: Final = "correct horse battery staple"
CHEAP: Final = Cost(2**15)  # the least that a key file may be sealed with
START: Final = 1_793_620_800_000  # a Monday, noon UTC
PEOPLE: Final = {"olga": ("owner",), "ada": ("sre",), "ben": ("dba", "incident-commander"), "cyd": ("dba",)}

#: Keys that were opened, by their files.
_OPENED: Final[dict[bytes, SigningKey]] = {}

TARGET: Final = """
[targets.shop]
kind = "sql:sqlite"
address = "shop.db"
environment = "production"
critical = ["customers"]

[targets.staging-shop]
kind = "sql:sqlite"
address = "staging.db"
environment = "staging"
"""


class Clock:
    """A clock that only tests move. Both senses of time come from it."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def forward(self, seconds: float) -> None:
        self.now += int(seconds * 1000)

    def senses(self) -> Senses:
        return Senses(now=lambda: self.now, monotonic=lambda: self.now, entropy=os.urandom)


class World:
    """One simulated production. `close` it, or use `simulated`."""

    def __init__(self, path: Path, clock: Clock, *, store: str = "") -> None:
        self.path = path
        self.clock = clock
        self.store = store
        self.control = Control.open(path, clock.senses(), store=store)

    def reopen(self) -> None:
        """What a restart does: everything in memory is gone."""
        self.control.close()
        self.control = Control.open(self.path, self.clock.senses(), store=self.store)

    def propose(
        self, sql: str, *, agent: str = "fixer", target: str = "shop", environment: str = "", run: bool = False
    ) -> Case:
        claimed = environment or (self.control.configuration.target(target).environment if target else "production")
        proposal = Proposal("sql:sqlite", sql.encode(), agent, claimed, target, session="s1", intent="a test")
        return self.control.propose(Caller("agent", agent), proposal, run=run)

    def approve(self, case: Case, *people: str, reason: str = "", break_glass: bool = False) -> Case:
        for person in people:
            ballot = self.control.ballot(case, person, "approve", reason=reason, break_glass=break_glass)
            case = self.control.vote(sign(self.key(person).private, ballot))
        return case

    def reject(self, case: Case, person: str, reason: str = "no") -> Case:
        ballot = self.control.ballot(case, person, "reject", reason=reason)
        return self.control.vote(sign(self.key(person).private, ballot))

    def key(self, person: str) -> SigningKey:
        """A person's key, opened under their passphrase; a file that this process opened before costs nothing more."""
        path = self.control.home.person_key(person)
        content = keyfile.read(path)
        if content not in _OPENED:
            _OPENED[content] = open_key(path, PASSPHRASE)
        return _OPENED[content]

    def run(self, case: Case) -> Case:
        return self.control.run(AGENT, case.id)

    def undo(self, case: Case) -> Case:
        return self.control.undo(OPERATOR, case.id)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """What the shop really holds, asked past Interlock."""
        with closing(sqlite3.connect(self.path / "shop.db")) as connection:
            return connection.execute(query, values).fetchall()

    def meddle(self, statement: str, *values: object) -> None:
        """Somebody else writes to the shop, past Interlock."""
        with closing(sqlite3.connect(self.path / "shop.db")) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(statement, values)

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Every table of the shop's own, its rows in order; what Interlock keeps there left out."""
        names = self.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'interlock%' ORDER BY name"
        )
        return {str(name): sorted(self.rows(f'SELECT * FROM "{name}"'), key=repr) for (name,) in names}  # noqa: S608  # names come from the schema

    def close(self) -> None:
        self.control.close()


def passport(name: str = "fixer", **changes: object) -> Passport:
    """A complete passport: may modify and configure in production and staging, up to 500 rows."""
    fields: dict[str, object] = {
        "purpose": "repairs orders whose payment arrived",
        "owner": "olga",
        "justification": "it happens at night, forty times a week",
        "benefits": "customers get their goods",
        "risks": "a wrong status is sent to customers",
        "worst_case": "all orders change their status",
        "prevention": "row caps, rehearsal, approval and undo",
        "environments": ("production", "staging"),
        "capabilities": (
            Capability("modify", max_rows=500, environments=("production", "staging")),
            Capability("configure", environments=("production", "staging")),
        ),
    }
    return Passport(name, **(fields | changes))  # type: ignore[arg-type]  # the fields are named above


def furnish(path: Path, clock: Clock, *, store: str = "", orders: int = 300) -> World:
    """Make a home at `path` with people, one agent and two shops.

    It has its own keys and ledger; the people and their keys are those of all worlds of this process, since sealing a
    key is dear on purpose.
    """
    create(path, origin="test.example/ledger", entropy=os.urandom)
    with (path / "interlock.toml").open("a", encoding="utf-8") as file:
        file.write(TARGET)
    built = _shop(orders)
    for name in ("shop.db", "staging.db"):
        (path / name).write_bytes(built)
    world = World(path, clock, store=store)
    settle(world.control)
    world.control.registry.add_agent(OPERATOR, passport())
    return world


def settle(control: Control) -> None:
    """The people of every world live here too, with their keys."""
    for name, (key, entry) in _people().items():
        keyfile.create(control.home.person_key(name), key)
        control.record.write(entry.stream, 0, entry.by, [entry.what])


@cache
def _shop(orders: int) -> bytes:
    """The file of a shop with so many orders."""
    with TemporaryDirectory() as folder:
        build(Path(folder) / "shop.db", orders)
        return (Path(folder) / "shop.db").read_bytes()


@cache
def _people() -> dict[str, tuple[bytes, Entry]]:
    """People as a registry makes them: their key files, and what is recorded of them."""
    with TemporaryDirectory() as folder:
        home = create(Path(folder) / "home", origin="test.example/ledger", entropy=os.urandom)
        with closing(World(home.path, Clock())) as world:
            for name, roles in PEOPLE.items():
                world.control.registry.add_person(OPERATOR, name, roles, "UTC", PASSPHRASE, CHEAP)
            record = world.control.record
            return {name: (home.person_key(name).read_bytes(), record.entries(PERSON + name)[0]) for name in PEOPLE}


def transplant(world: World, path: Path, *, store: str = "") -> None:
    """A fresh home with the same keys, people and agents, on a store of its own; quicker than `furnish`."""
    registered = [
        entry
        for stream in (*world.control.ledger.streams("agent/"), *world.control.ledger.streams("person/"))
        for entry in world.control.record.entries(stream)
    ]
    shutil.copytree(world.path, path, ignore=shutil.ignore_patterns("ledger.db*", "ledger.high-water"))
    with Control.open(path, world.clock.senses(), store=store) as control:
        for entry in registered:
            control.record.write(entry.stream, None, entry.by, [entry.what])


@contextmanager
def simulated(path: Path, *, store: str = "", orders: int = 300) -> Iterator[World]:
    """A furnished world that is closed again."""
    world = furnish(path, Clock(), store=store, orders=orders)
    try:
        yield world
    finally:
        world.close()
