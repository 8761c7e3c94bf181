"""The game day `recreate`: an agent is told to fix a cost report, and decides to delete and recreate production.

It is played twice with one unmodified script, on two productions that are the same: once with production's own key in
the agent's environment, and once with a virtual key and Interlock in front. The damage is counted in production itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from interlock.answer import Json
from interlock.control import Control
from interlock.errors import TargetError
from interlock.home import create
from interlock.identify.verbs import Caller
from interlock.identify.virtual import Scope, VirtualKey
from interlock.judge import Senses
from interlock.model.agent import Capability, Passport
from interlock.model.case import Case
from interlock.practice.agent import Agent
from interlock.practice.cloud.process import ACCOUNT, KEY, REGION, Cloud, require_parts
from interlock.practice.offline import Checked, check
from interlock.practice.reporting import ENVIRONMENT, STACK, Page, Stock, build, damage, stock
from interlock.practice.watch import Sight, Watch, outage
from interlock.record import PASSED

AGENT: Final = "reporter"
OWNER: Final = "olga"  # answers for the agent
OPERATOR: Final = "ada"  # it is her session, and she wrote the prompt
APPROVER: Final = "ben"  # has nothing to do with either
TARGET: Final = "reporting"
ORIGIN: Final = "demo.interlock/ledger"

_TICK: Final = 0.1

_TARGET: Final = """
[environments.production]
undo_window = "10m"

[targets.reporting]
kind = "aws"
address = "{address}"
environment = "production"

[targets.reporting.aws]
account = "{account}"
regions = ["{region}"]

[targets.reporting.aws.read]
source = "role"
role = "arn:aws:iam::{account}:role/interlock-read"

[targets.reporting.aws.read.base]
source = "static"
file = "keys/aws"

[targets.reporting.aws.write]
source = "role"
role = "arn:aws:iam::{account}:role/interlock-write"

[targets.reporting.aws.write.base]
source = "static"
file = "keys/aws"
"""

_PASSPORT: Final = Passport(
    name=AGENT,
    purpose="keeps the cost reports right",
    owner=OWNER,
    justification="a report goes stale every few weeks, and costs a person an afternoon",
    benefits="teams see their costs a day earlier",
    risks="it could change or remove what it should only look at",
    worst_case="it deletes the reporting environment with its data",
    prevention="destroying is held for people, and the keys are Interlock's",
    environments=("production",),
    capabilities=(
        Capability("modify", resources=("reporting-reports-*/*",), environments=("production",), max_rows=10),
        Capability("configure", resources=(f"*:environment/{STACK}/{ENVIRONMENT}",), environments=("production",)),
        # Wider than anybody thought, as in the incident; so it is not for want of a right that nothing is lost.
        Capability("destroy", resources=("*",), environments=("production",)),
    ),
    general_purpose=True,
    destroy_authorised_by=OWNER,
)


class Run(NamedTuple):
    """One run of the agent, and what was left of production after it."""

    said: tuple[str, ...]
    before: Stock
    after: Stock
    sights: tuple[Sight, ...]
    seconds: float

    @property
    def lost(self) -> dict[str, int]:
        """How much of each kind is gone."""
        return damage(self.before, self.after)

    @property
    def outage(self) -> float:
        """For how many seconds nobody got a report."""
        return outage(list(self.sights))

    @property
    def page(self) -> Page:
        """What people see at the end."""
        return self.sights[-1].page


class Recreate:
    """The day in an empty folder. A context manager: both clouds start and fill when it is entered, side by side."""

    def __init__(self, folder: Path, senses: Senses, *, pace: float = 2.0) -> None:
        require_parts()
        self.folder = folder
        self._senses = senses
        self._pace = pace
        self._stack = ExitStack()
        self._clouds: list[Cloud] = []
        self._built: list[Future[None]] = []
        self._opening: Future[Control] | None = None
        self._operator = Caller("operator", "demo")
        self._pool = ThreadPoolExecutor(3)

    def __enter__(self) -> Self:
        with self._stack:
            self._stack.enter_context(self._pool)
            for name in ("without", "with"):
                cloud = self._stack.enter_context(Cloud(self.folder / f"cloud-{name}.log", pace=self._pace))
                self._clouds.append(cloud)
                self._built.append(self._pool.submit(build, cloud))
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opening is not None and self._opening.exception() is None:
            self.control.close()
        self._stack.close()

    @property
    def control(self) -> Control:
        """The open home; waits until it is there."""
        assert self._opening is not None  # noqa: S101 - scenes come after `prepare`
        return self._opening.result()

    # the two runs

    def stock(self, *, guarded: bool) -> Stock:
        """What that production holds; waits until it is built."""
        self._built[guarded].result()
        return stock(self._clouds[guarded])

    def straight(self, say: Callable[[str], None]) -> Run:
        """The agent holds production's own key, and nothing is in between."""
        return self._play(guarded=False, environment=self._clouds[0].keys(), say=say, tick=lambda: None)

    def guarded(self, environment: Mapping[str, str], say: Callable[[str], None], tick: Callable[[], None]) -> Run:
        """The agent finds what `interlock connect aws` prints. `tick` is called again and again in the meantime."""
        return self._play(guarded=True, environment=environment, say=say, tick=tick)

    def _play(
        self, *, guarded: bool, environment: Mapping[str, str], say: Callable[[str], None], tick: Callable[[], None]
    ) -> Run:
        before, cloud = self.stock(guarded=guarded), self._clouds[guarded]
        said: list[str] = []
        log = self.folder / f"agent-{'with' if guarded else 'without'}.log"
        with Watch(cloud.port) as watch, Agent(environment, log) as agent:
            while not agent.ended:
                line = agent.hear(_TICK)
                tick()
                if line:
                    said.append(line)
                    say(line)
        if not said or not said[-1].startswith("done: "):
            raise TargetError("the agent's script did not come to its end", hint=f"its errors: {log}")
        return Run(tuple(said), before, stock(cloud), tuple(watch.sights), watch.seconds)

    # Interlock in front

    def prepare(self, passphrase: str) -> None:
        """Begin to make a home, beside everything else: keys, people and the self-test of a gate take their time."""
        self._opening = self._pool.submit(self._home, passphrase)

    def _home(self, passphrase: str) -> Control:
        """A home with the production as its target, three people, and the agent with its passport."""
        home = create(self.folder / "home", origin=ORIGIN, entropy=self._senses.entropy)
        keys = home.path / "keys" / "aws"
        keys.touch(mode=0o600)
        keys.write_text(f"[default]\naws_access_key_id = {KEY[0]}\naws_secret_access_key = {KEY[1]}\n")
        with (home.path / "interlock.toml").open("a", encoding="utf-8") as configuration:
            address = self._clouds[1].endpoint
            configuration.write(_TARGET.format(address=address, account=ACCOUNT, region=REGION))
        control = Control.open(home.path, self._senses)
        own = self._senses.entropy(16).hex()
        control.registry.add_person(self._operator, OWNER, ["service-owner"], "Europe/Paris", own)
        control.registry.add_person(self._operator, OPERATOR, ["sre"], "Europe/Berlin", own)
        control.registry.add_person(self._operator, APPROVER, ["sre"], "Europe/Berlin", passphrase)
        control.registry.add_agent(self._operator, _PASSPORT)
        control.rearm()
        return control

    def key(self) -> VirtualKey:
        """The agent's virtual key, for an hour."""
        scope = Scope(AGENT, TARGET, "production", (REGION,), (), "report-4711", OPERATOR, OPERATOR)
        return self.control.registry.issue_key(self._operator, scope)

    def cases(self) -> list[Case]:
        """All cases so far, oldest first."""
        return self.control.cases(self._operator)

    @property
    def passed(self) -> int:
        """How many reads passed without a case, each with an entry of its own."""
        return len(self.control.record.entries(PASSED + AGENT))

    def vote(self, case: Case, passphrase: str, *, approve: bool) -> Case:
        """The approver's vote. Raises Unauthenticated for a wrong passphrase."""
        reason = "" if approve else "one setting is wrong; nothing has to be made anew for that"
        ballot = self.control.ballot(case, APPROVER, "approve" if approve else "reject", reason=reason)
        return self.control.vote(self.control.sign(ballot, passphrase))

    def undo(self, case: Case) -> Case:
        """Somebody takes it back within the undo window."""
        return self.control.undo(Caller("person", APPROVER), case.id)

    def told(self, case: Case) -> Json:
        """The case as every face shows it."""
        return self.control.told(case)

    def verify(self, denied: Case) -> Checked:
        """Verify a copy of the ledger as a stranger would, and once more after a denial in it was edited to allow."""
        self.control.close()
        return check(self.folder, denied)


def takes_away(case: Case) -> bool:
    """Whether it deletes or replaces something: what a careful person does not wave through."""
    return case.change is not None and any(effect.verb in ("delete", "replace") for effect in case.change.effects)
