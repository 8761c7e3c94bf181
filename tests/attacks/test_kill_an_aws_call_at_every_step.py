"""kill -9 at every recorded point of an AWS call that destroys, then a restart: nothing is lost, nothing is done twice.

A database is deleted through the whole road (a copy first, then the call) and brought back. The child process dies just
before, or just after, its Nth append to the ledger; everything that it does at AWS stands between two appends.
"""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deadly import deadly, forked
from tests.moto_world import ACCOUNT, REGION, Moto

from interlock.identify.verbs import Caller
from interlock.ledger.log import Ledger
from interlock.model.agent import Capability
from interlock.model.case import OPEN_STATES, Case
from interlock.model.proposal import Proposal
from interlock.testing.aws_account import add_account
from interlock.testing.world import OPERATOR, START, Clock, World, furnish, passport, transplant

pytestmark = pytest.mark.timeout(600)  # a process, a home and a database for each of some thirty deaths

AGENT = Caller("agent", "cloud")
ENDED = {"done", "undone", "failed", "approved", "lapsed"}


@pytest.fixture
def template(tmp_path: Path, moto: Moto) -> Iterator[World]:
    world = furnish(tmp_path / "template", Clock(), orders=1)
    add_account(world.path, moto.address, ACCOUNT, REGION, "prod-aws")
    world.reopen()
    may = (Capability("destroy", environments=("production",)),)
    destroyer = passport("cloud", capabilities=may, destroy_authorised_by="olga")
    world.control.registry.add_agent(OPERATOR, destroyer)
    yield world
    world.close()


def fresh(moto: Moto) -> None:
    moto.reset()
    moto.client("rds").create_db_instance(
        DBInstanceIdentifier="orders",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="u",
        MasterUserPassword="password1",
    )


def there(moto: Moto) -> bool:
    return bool(moto.client("rds").describe_db_instances()["DBInstances"])


def copies(moto: Moto) -> list[str]:
    found = moto.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return [each["DBSnapshotIdentifier"] for each in found if each["DBSnapshotIdentifier"].startswith("interlock-")]


def approved(world: World) -> Case:
    call = {"service": "rds", "operation": "DeleteDBInstance", "region": REGION}
    final = {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": "orders-final"}
    call["parameters"] = {"DBInstanceIdentifier": "orders", **final}  # type: ignore[assignment]  # JSON
    payload = json.dumps(call).encode()
    case = world.control.propose(AGENT, Proposal("aws", payload, "cloud", "production", "prod-aws"))
    return world.approve(case, "ada", "ben")


def walk(world: World, case: Case) -> None:
    """There and back."""
    world.control.run(AGENT, case.id)
    world.undo(world.control.record.case(case.id))


def in_child(path: Path, fatal: int, when: str) -> int:
    """Approve in peace, then walk in a process that dies on the way; its wait status."""

    def work() -> None:
        world = World(path, Clock())
        case = approved(world)
        deadly(fatal, when)
        walk(world, case)

    return forked(work)


def settled(world: World, moto: Moto) -> None:
    """What a restart does, and what must hold after it."""
    world.control.recover(OPERATOR)
    (case,) = [case for case in world.control.record.cases() if case.proposed.target == "prod-aws"]

    assert case.state in ENDED, case.state
    assert case.state not in OPEN_STATES
    assert there(moto) or copies(moto) == [f"interlock-{case.id}"], "nothing is lost"
    if case.state in ("failed", "approved", "undone"):
        assert there(moto), "the record says what is so"
    if case.state == "failed" and copies(moto):
        assert f"interlock-{case.id}" in case.problem, "a copy that is left is said"
    if case.state == "done":
        world.undo(case)
        assert there(moto), "an undo that broke off is begun again"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_any_point_loses_nothing(
    tmp_path: Path, template: World, moto: Moto, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    fresh(moto)
    transplant(template, tmp_path / "count")
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "append", Ledger.append)
        world = World(tmp_path / "count", Clock())
        case = approved(world)
        seen = deadly(-1, "never")
        walk(world, case)
        world.close()
    assert seen[0] >= 10, "the road has at least so many recorded points from here on"
    for fatal in range(1, seen[0] + 1):
        fresh(moto)
        home = tmp_path / f"{fatal}-{when}"
        transplant(template, home)
        assert in_child(home, fatal, when) == signal.SIGKILL

        world = World(home, Clock(START + 120_000))
        world.clock.now = START + 10_000
        try:
            settled(world, moto)
        finally:
            world.close()
        shutil.rmtree(home)
