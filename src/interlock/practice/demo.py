"""The demo's story: an agent on a shop with 120,000 orders proposes three changes, and what becomes of each.

Nothing here is staged. The agent holds a token and no credential; what is read, measured, held, denied, executed and
undone goes the main road on a real database. Only the text of the three proposals is scripted.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from interlock.answer import Json
from interlock.control import Control
from interlock.errors import Refused
from interlock.home import create
from interlock.identify.tokens import Grant, bind
from interlock.identify.verbs import Caller
from interlock.judge import Senses
from interlock.model.agent import Capability, Passport
from interlock.model.case import Case
from interlock.model.proposal import Proposal
from interlock.practice import shop
from interlock.practice.offline import Checked, check

AGENT: Final = "fixer"
OWNER: Final = "olga"  # answers for the agent
OPERATOR: Final = "ada"  # it is her session, and she wrote the prompt
APPROVER: Final = "ben"  # has nothing to do with either
ORIGIN: Final = "demo.interlock/ledger"

#: A machine may be slow: the story is about what is measured, so measuring may take its time.
_TARGET: Final = """
[rehearsal]
time = "60s"

[targets.shop]
kind = "sql:sqlite"
address = "../shop.db"
environment = "production"
critical = ["customers"]
"""

_PASSPORT: Final = Passport(
    name=AGENT,
    purpose="repairs orders whose status got stuck",
    owner=OWNER,
    justification="it happens at night, several times a month, and takes a person an hour",
    benefits="customers get their parcels a day earlier",
    risks="it could change orders that are not stuck",
    worst_case="it deletes or rewrites the orders of all customers",
    prevention="its capability is bounded, and in production a person sees the exact change",
    environments=("production",),
    capabilities=(Capability("modify", resources=("orders", "order_*"), environments=("production",), max_rows=1_000),),
    general_purpose=True,
)


class Scripted(NamedTuple):
    """One proposal of the scripted agent."""

    intent: str
    sql: str


READ: Final = Scripted(
    "look how many orders are in which state",
    "SELECT status, count(*) AS orders, min(placed_on) AS oldest FROM orders GROUP BY status ORDER BY orders",
)
FIX: Final = Scripted(
    "mark the orders as paid whose payment came in but whose status never moved",
    "UPDATE orders SET status = 'paid'\nWHERE status = 'pending' AND id IN (SELECT order_id FROM payments)",
)
CLEAN_UP: Final = Scripted(
    "clean up old test orders",
    "DELETE FROM orders WHERE placed_on < '2027-01-01'",
)


class Stock(NamedTuple):
    """What is in the shop, counted in the database itself."""

    orders: int
    pending: int
    lines: int
    payments: int
    events: int


class Demo:
    """One run of the story in an empty folder. A context manager; each method is one scene, called in order."""

    def __init__(self, folder: Path, senses: Senses, *, orders: int = shop.ORDERS) -> None:
        self.folder = folder
        self._orders = orders
        self.shop = folder / "shop.db"
        self._senses = senses
        self._operator = Caller("operator", "demo")
        self._agent = Caller("agent", AGENT)
        self._control: Control | None = None
        self._token = ""
        self._own_passphrase = senses.entropy(16).hex()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._control is not None:
            self._control.close()

    @property
    def control(self) -> Control:
        """The open home. There is one once `prepare` has run."""
        assert self._control is not None  # noqa: S101 - scenes come after `prepare`
        return self._control

    def prepare(self, passphrase: str, say: Callable[[str], None]) -> Stock:
        """A home, the shop as its production target, three people, and the agent with its passport and a token."""
        say("building the shop")
        shop.build(self.shop, self._orders)
        say("making keys")
        home = create(self.folder / "home", origin=ORIGIN, entropy=self._senses.entropy)
        with (home.path / "interlock.toml").open("a", encoding="utf-8") as configuration:
            configuration.write(_TARGET)
        self._control = control = Control.open(home.path, self._senses)
        people = control.registry
        people.add_person(self._operator, OWNER, ["service-owner"], "Europe/Paris", self._own_passphrase)
        people.add_person(self._operator, OPERATOR, ["sre"], "Europe/Berlin", self._own_passphrase)
        people.add_person(self._operator, APPROVER, ["dba"], "Europe/Berlin", passphrase)
        people.add_agent(self._operator, _PASSPORT)
        grant = Grant(AGENT, "production", "night-shift-1", OPERATOR, OPERATOR)
        self._token = people.issue_token(self._operator, grant).token
        return self.stock()

    def propose(self, scripted: Scripted) -> Case:
        """What the agent does: it shows its token and proposes; what is allowed as it is runs at once."""
        claims = self.control.registry.claims(self._token)
        proposal = Proposal("sql", scripted.sql.encode(), AGENT, claims.environment, "shop", intent=scripted.intent)
        return self.control.propose(self._agent, bind(claims, proposal), run=True)

    def approve_own(self, case: Case) -> str:
        """The agent's operator tries to approve what she asked for herself; the refusal."""
        ballot = self.control.ballot(case, OPERATOR, "approve")
        try:
            self.control.vote(self.control.sign(ballot, self._own_passphrase))
        except Refused as refusal:
            return refusal.message
        return ""

    def vote(self, case: Case, passphrase: str, *, approve: bool) -> Case:
        """The approver's vote. Raises Unauthenticated for a wrong passphrase."""
        reason = "" if approve else "declined in the demo"
        ballot = self.control.ballot(case, APPROVER, "approve" if approve else "reject", reason=reason)
        return self.control.vote(self.control.sign(ballot, passphrase))

    def run(self, case: Case) -> Case:
        """The agent says go; what runs is what was approved."""
        return self.control.run(self._agent, case.id)

    def undo(self, case: Case) -> Case:
        """Somebody takes it back within the undo window."""
        return self.control.undo(Caller("person", APPROVER), case.id)

    def told(self, case: Case) -> Json:
        """The case as every face shows it."""
        return self.control.told(case)

    def stock(self) -> Stock:
        """What is in the shop now."""
        return _stock(self.shop)

    def without_a_gate(self, scripted: Scripted) -> Stock:
        """What the same text does to a copy of the shop where the agent holds the credential."""
        copy = self.folder / "shop-without-a-gate.db"
        shutil.copyfile(self.shop, copy)
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(scripted.sql)
        return _stock(copy)

    def verify(self, denied: Case) -> Checked:
        """Verify a copy of the ledger as a stranger would, and once more after its one denial was edited to allow."""
        self.control.close()
        return check(self.folder, denied)


def _stock(path: Path) -> Stock:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        counts = [
            connection.execute(query).fetchone()[0]
            for query in (
                "SELECT count(*) FROM orders",
                "SELECT count(*) FROM orders WHERE status = 'pending'",
                "SELECT count(*) FROM order_lines",
                "SELECT count(*) FROM payments",
                "SELECT count(*) FROM order_events",
            )
        ]
    return Stock(*counts)
