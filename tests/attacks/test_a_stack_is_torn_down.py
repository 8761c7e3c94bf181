"""A stack is deleted in production through the whole road: copied, approved by two, gone; and killed at every step."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.deadly import deadly, forked
from tests.moto_world import ACCOUNT, REGION, Moto, started

from interlock.errors import InterlockError, Stale
from interlock.identify.verbs import Caller
from interlock.model.agent import Capability
from interlock.model.case import OPEN_STATES, Case
from interlock.model.proposal import Proposal
from interlock.testing.aws_account import add_account
from interlock.testing.world import OPERATOR, START, Clock, World, furnish, passport, transplant

pytestmark = pytest.mark.timeout(600)  # a process, a home and a stack for each of some twenty deaths

AGENT = Caller("agent", "cloud")
ENDED = {"done", "failed", "approved", "lapsed"}


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    server = started()
    yield server
    server.close()


@pytest.fixture
def template(tmp_path: Path, moto: Moto) -> Iterator[World]:
    moto.reset()
    world = furnish(tmp_path / "template", Clock(), orders=1)
    add_account(world.path, moto.address, ACCOUNT, REGION, "prod-aws")
    world.reopen()
    may = (Capability("destroy", environments=("production",)),)
    world.control.registry.add_agent(OPERATOR, passport("cloud", capabilities=may, destroy_authorised_by="olga"))
    yield world
    world.close()


def table(name: str) -> dict[str, Any]:
    properties = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return {"Type": "AWS::DynamoDB::Table", "Properties": properties}


QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}


def stacked(moto: Moto, **resources: Any) -> None:
    moto.reset()
    moto.client("cloudformation").create_stack(StackName="shop", TemplateBody=json.dumps({"Resources": resources}))


def tables(moto: Moto) -> set[str]:
    return set(moto.client("dynamodb").list_tables()["TableNames"])


def copies(moto: Moto) -> set[str]:
    return {each["TableName"] for each in moto.client("dynamodb").list_backups()["BackupSummaries"]}


def proposed(world: World, **parameters: Any) -> Case:
    call = {"service": "cloudformation", "operation": "DeleteStack", "region": REGION}
    payload = json.dumps({**call, "parameters": {"StackName": "shop", **parameters}}).encode()
    return world.control.propose(AGENT, Proposal("aws", payload, "cloud", "production", "prod-aws"))


def lifts(case: Case) -> set[str]:
    assert case.decision is not None
    return {reason.policy for reason in case.decision.because}


def test_two_people_let_a_stack_go_of_which_everything_is_kept(template: World, moto: Moto) -> None:
    stacked(moto, Table=table("carts"))

    held = proposed(template)
    case = template.approve(held, "ada", "ben")
    done = template.control.run(AGENT, case.id)

    assert held.state == "held"
    assert "production-destroy-rollback" not in lifts(held)
    assert held.assessment is not None
    assert held.assessment.rollback.kept == "copy"
    assert done.state == "done"
    assert tables(moto) == set()
    assert copies(moto) == {"carts"}


def test_a_stack_of_which_something_is_lost_stays_held_and_says_what(template: World, moto: Moto) -> None:
    stacked(moto, Table=table("carts"), Jobs=QUEUE)

    held = proposed(template)

    assert held.assessment is not None
    assert "production-destroy-rollback" in lifts(held)
    assert "jobs" in held.assessment.rollback.why
    with pytest.raises(InterlockError):
        template.approve(held, "ada", "ben")
        template.control.run(AGENT, held.id)
    assert tables(moto) == {"carts"}


def test_a_stack_that_grew_after_it_was_approved_is_stale(template: World, moto: Moto) -> None:
    stacked(moto, Table=table("carts"))
    case = template.approve(proposed(template), "ada", "ben")
    body = {"Resources": {"Table": table("carts"), "More": table("orders")}}
    moto.client("cloudformation").update_stack(StackName="shop", TemplateBody=json.dumps(body))

    with pytest.raises(Stale):
        template.control.run(AGENT, case.id)

    assert tables(moto) == {"carts", "orders"}


def test_a_list_to_retain_that_the_stack_does_not_listen_to_lets_nothing_pass(template: World, moto: Moto) -> None:
    stacked(moto, Table=table("carts"))

    case = proposed(template, RetainResources=["Table"])

    assert case.change is not None
    assert case.change.unknown == ("`shop/Table` is nothing that the stack lets go of",)
    assert case.state == "denied"


def test_what_lies_in_a_stack_in_a_stack_is_copied_too(template: World, moto: Moto) -> None:
    moto.reset()
    s3, client = moto.client("s3"), moto.client("cloudformation")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": REGION})
    inner = json.dumps({"Resources": {"Table": table("carts")}})
    s3.put_object(Bucket="templates", Key="inner.json", Body=inner.encode())
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "https://templates.s3.amazonaws.com/inner.json"},
    }
    client.create_stack(StackName="shop", TemplateBody=json.dumps({"Resources": {"Inner": nested}}))

    case = template.approve(proposed(template), "ada", "ben")
    template.control.run(AGENT, case.id)

    assert copies(moto) == {"carts"}


def in_child(path: Path, fatal: int, when: str) -> int:
    """Approve in peace, then run in a process that dies on the way; its wait status."""

    def work() -> None:
        world = World(path, Clock())
        case = world.approve(proposed(world), "ada", "ben")
        deadly(fatal, when)
        world.control.run(AGENT, case.id)

    return forked(work)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_any_point_loses_nothing(tmp_path: Path, template: World, moto: Moto, when: str) -> None:
    for fatal in range(1, 40):
        stacked(moto, Table=table("carts"), More=table("orders"))
        home = tmp_path / f"{fatal}-{when}"
        transplant(template, home)
        status = in_child(home, fatal, when)
        if status == 0:
            break
        assert status == signal.SIGKILL
        world = World(home, Clock(START + 120_000))
        world.clock.now = START + 10_000
        try:
            world.control.recover(OPERATOR)
            (case,) = [case for case in world.control.record.cases() if case.proposed.target == "prod-aws"]
            assert case.state in ENDED, case.state
            assert case.state not in OPEN_STATES
            assert {"carts", "orders"} == tables(moto) | copies(moto), "nothing is lost"
            if case.state in ("failed", "approved"):
                assert tables(moto) == {"carts", "orders"}, "the record says what is so"
            if case.state == "failed" and copies(moto):
                assert f"interlock-{case.id}" in case.problem, "a copy that is left is said"
        finally:
            world.close()
        shutil.rmtree(home)
    assert fatal > 5, "the road has at least so many recorded points from here on"
