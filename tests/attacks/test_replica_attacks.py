"""Stories of one call that reaches several gates over one store: whichever it meets, it has one case and runs once."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from tests.moto_world import Moto

from aws_gate import ACCOUNT, REGION, refused
from interlock.control import Control
from interlock.gates.aws.serve import Listening, serving
from interlock.home import create
from interlock.identify.verbs import Caller
from interlock.identify.virtual import Scope, VirtualKey
from interlock.judge import Senses
from interlock.model.agent import Capability, Passport
from interlock.model.case import Case
from interlock.testing.aws_account import add_account
from interlock.testing.world import PASSPHRASE, settle
from live_gate import free_port

SENSES = Senses(lambda: time.time_ns() // 1_000_000, lambda: time.monotonic_ns() // 1_000_000, os.urandom)
OPERATOR = Caller("operator", "op")

FIXER = Passport(
    "fixer", "fixes the costs", "olga", "they go stale", "they are right", "it could write too much",
    "the table is gone", "people look at what is destroyed", environments=("production",),
    capabilities=tuple(Capability(tier, environments=("production",), max_rows=10) for tier in ("modify", "configure")),
)  # fmt: skip


class Replicas(NamedTuple):
    """Two gates, each over a control of its own, on one store; and what the queue behind them really got."""

    controls: list[Control]
    urls: list[str]
    key: VirtualKey
    queue: str
    direct: Any

    def send(self, gate: int, *, invocation: str = "") -> Any:
        config = Config(retries={"total_max_attempts": 4, "mode": "standard"})
        session = boto3.Session(self.key.access_key, self.key.secret, region_name=REGION)
        client = session.client("sqs", endpoint_url=self.urls[gate], config=config)
        if invocation:
            told = {"amz-sdk-invocation-id": invocation}
            client.meta.events.register("before-send", lambda request, **_: request.headers.update(told))
        return client.send_message(QueueUrl=self.queue, MessageBody="hello")

    def sent(self) -> int:
        told = self.direct.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["ApproximateNumberOfMessages"])
        return int(told["Attributes"]["ApproximateNumberOfMessages"])

    def cases(self) -> list[Case]:
        return self.controls[0].cases(OPERATOR)

    def approve(self, case: Case) -> None:
        for person in ("ben", "cyd"):
            ballot = self.controls[0].ballot(case, person, "approve", reason="it is the right message")
            case = self.controls[0].vote(self.controls[0].sign(ballot, PASSPHRASE))
            if case.state == "approved":
                return
        raise AssertionError(self.controls[0].told(case)["missing"])


@pytest.fixture(params=["sqlite", "postgres"])
def replicas(request: pytest.FixtureRequest, moto: Moto, tmp_path: Path) -> Iterator[Replicas]:
    store = ""
    if request.param == "postgres":
        store = request.getfixturevalue("postgres").address(f"replicas_{uuid4().hex}")
    home = create(tmp_path / "home", origin="test.local/ledger", entropy=os.urandom)
    add_account(home.path, moto.address, ACCOUNT, REGION, rest='hold = "1s"\nbackups = false\n')
    direct = boto3.client(
        "sqs", endpoint_url=moto.address, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
    )
    queue = direct.create_queue(QueueName="letters")["QueueUrl"]
    with ExitStack() as opened:
        controls = [opened.enter_context(Control.open(home.path, SENSES, store=store)) for _ in range(2)]
        registry = controls[0].registry
        settle(controls[0])
        registry.add_agent(OPERATOR, FIXER)
        key = registry.issue_key(OPERATOR, Scope("fixer", "prod", "production", (), (), "s1", "ada"))
        urls = []
        for control in controls:
            listening = Listening(port=free_port())
            opened.enter_context(serving(control, listening))
            urls.append(listening.url)
        yield Replicas(controls, urls, key, queue, direct)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    found: list[Any] = [None] * len(works)

    def do(index: int) -> None:
        try:
            found[index] = works[index]()
        except Exception as error:  # a test looks at what each of them got
            found[index] = error

    threads = [threading.Thread(target=do, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_identical_calls_at_both_gates_are_held_as_one_case_and_run_once(replicas: Replicas) -> None:
    """Held at both; approved; repeated at the other gate; and what comes after its answer is another call."""
    told = at_once(*[lambda gate=gate: refused(lambda: replicas.send(gate)) for gate in (0, 1, 0, 1)])
    held = replicas.cases()

    assert [case.state for case in held] == ["held"]
    assert all(held[0].id in each["Message"] for each in told)
    replicas.approve(held[0])
    time.sleep(1.1)
    answer = replicas.send(1)
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], replicas.sent()) == (200, 1)
    time.sleep(1.1)
    again = refused(lambda: replicas.send(0))
    assert held[0].id not in again["Message"]
    assert [case.state for case in replicas.cases()] == ["done", "held"]
    assert replicas.sent() == 1


def test_repeated_at_both_gates_at_once_it_runs_once_and_both_get_its_answer(replicas: Replicas) -> None:
    refused(lambda: replicas.send(0))
    replicas.approve(replicas.cases()[0])
    time.sleep(1.1)
    first, second = at_once(lambda: replicas.send(0), lambda: replicas.send(1))
    held = [each for each in (first, second) if not isinstance(each, dict)]

    assert replicas.sent() == 1
    if held:  # the answer of the one was taken before the other came: then that is a call of its own
        assert [case.state for case in replicas.cases()] == ["done", "held"]
    else:
        assert first["MessageId"] == second["MessageId"]


def test_a_try_that_comes_to_the_other_gate_runs_nothing_again(replicas: Replicas) -> None:
    """The client, or what balances the load, tries the same call elsewhere: at once, and after it ran."""
    refused(lambda: replicas.send(0, invocation="one"))
    replicas.approve(replicas.cases()[0])
    time.sleep(1.1)
    works = [lambda gate=gate: replicas.send(gate, invocation="one") for gate in (0, 1, 0, 1)]
    answers = at_once(*works)
    time.sleep(1.1)
    answers.append(replicas.send(1, invocation="one"))

    assert len({answer["MessageId"] for answer in answers}) == 1
    assert replicas.sent() == 1
    assert len(replicas.cases()) == 1
