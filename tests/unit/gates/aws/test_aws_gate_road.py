"""The gate over a real control: real policies, a real ledger, reads and writes at an emulator, votes of people."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config
from tests.moto_world import Moto

from aws_gate import ACCOUNT, REGION, refused
from interlock.control import Control
from interlock.gates.aws.serve import Gate, Listening, serving
from interlock.home import create
from interlock.identify.verbs import Caller
from interlock.identify.virtual import Scope, VirtualKey
from interlock.judge import Senses
from interlock.model.agent import Capability, Passport
from interlock.model.case import Case
from interlock.record import PASSED
from interlock.testing.aws_account import add_account
from interlock.testing.world import PASSPHRASE, settle
from live_gate import free_port

SENSES = Senses(lambda: time.time_ns() // 1_000_000, lambda: time.monotonic_ns() // 1_000_000, os.urandom)
OPERATOR = Caller("operator", "op")

FIXER = Passport(
    name="fixer",
    purpose="fixes the costs",
    owner="olga",
    justification="they go stale",
    benefits="they are right",
    risks="it could write too much",
    worst_case="the table is gone",
    prevention="people look at what is destroyed",
    environments=("production",),
    capabilities=(
        Capability("modify", environments=("production",), max_rows=10),
        Capability("configure", environments=("production",)),
        Capability("destroy", environments=("production",)),
    ),
    destroy_authorised_by="olga",
)


class Served(NamedTuple):
    """The gate, its control, and the agent's key."""

    control: Control
    gate: Gate
    url: str
    key: VirtualKey

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        session = boto3.Session(self.key.access_key, self.key.secret, region_name=REGION)
        return session.client(service, endpoint_url=self.url, config=config)

    def cases(self) -> list[Case]:
        return self.control.cases(OPERATOR)

    def approve(self, case: Case, *people: str) -> None:
        for person in people:
            ballot = self.control.ballot(case, person, "approve", reason="it is the new cost centre")
            case = self.control.vote(self.control.sign(ballot, PASSPHRASE))
        assert case.state == "approved", self.control.told(case)["missing"]


@pytest.fixture(scope="module")
def address(moto_server: Moto) -> str:
    moto_server.reset()
    return moto_server.address


@pytest.fixture(scope="module")
def served(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = create(tmp_path_factory.mktemp("road") / "home", origin="test.local/ledger", entropy=os.urandom)
    add_account(home.path, address, ACCOUNT, REGION, rest='hold = "1s"\nbackups = false\n')
    table(address)
    with Control.open(home.path, SENSES) as control:
        settle(control)
        control.registry.add_agent(OPERATOR, FIXER)
        key = control.registry.issue_key(OPERATOR, Scope("fixer", "prod", "production", (), (), "s1", "ada"))
        listening = Listening(port=free_port())
        with serving(control, listening) as gate:
            yield Served(control, gate, listening.url, key)


def direct(address: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id="AKIADIRECT",
        aws_secret_access_key="direct",
    )


def table(address: str) -> None:
    """A table with one item."""
    client = direct(address)
    client.create_table(
        TableName="costs",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="costs", Item={"k": {"S": "one"}})


def test_a_read_passes_and_is_on_record_without_a_case(served: Served) -> None:
    before = len(served.cases())
    got = served.client("dynamodb").get_item(TableName="costs", Key={"k": {"S": "one"}})
    entry: Any = served.control.record.entries(PASSED + "fixer")[-1].what

    assert got["Item"] == {"k": {"S": "one"}}
    assert len(served.cases()) == before
    assert (entry.kind, entry.what, entry.session) == ("aws:http", ("dynamodb:GetItem",), "s1")
    assert any("costs" in name for name in entry.resources)


def test_who_one_is_may_be_asked(served: Served) -> None:
    assert served.client("sts").get_caller_identity()["Account"] == ACCOUNT


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("sts", "get_session_token", {}),
        ("sts", "assume_role", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/admin", "RoleSessionName": "me"}),
        ("sts", "get_federation_token", {"Name": "me"}),
        ("iam", "create_access_key", {"UserName": "me"}),
        ("iam", "create_login_profile", {"UserName": "me", "Password": "p"}),
        ("ecr", "get_authorization_token", {}),
        ("redshift", "get_cluster_credentials", {"DbUser": "me", "ClusterIdentifier": "c"}),
        ("ssm", "start_session", {"Target": "i-0123456789abcdef0"}),
    ],
)
def test_an_agent_gets_no_credential_through_the_gate(
    served: Served, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    """A credential in its hands would end everything else."""
    told = refused(lambda: getattr(served.client(service), operation)(**parameters))

    assert told["Code"].startswith("AccessDenied")
    assert told["retries"] == 0
    assert served.cases()[-1].state in ("denied", "held")


def test_what_is_held_runs_once_when_people_said_yes(served: Served, address: str) -> None:
    client = served.client("dynamodb")
    held = refused(lambda: client.put_item(TableName="costs", Item={"k": {"S": "two"}}))
    case = served.cases()[-1]
    other = refused(lambda: client.put_item(TableName="costs", Item={"k": {"S": "three"}}))

    assert case.state == "held"
    assert case.id in held["Message"]
    assert case.id not in other["Message"]
    assert direct(address).scan(TableName="costs")["Count"] == 1
    served.approve(case, "ben", "cyd")
    time.sleep(1.1)
    answer = client.put_item(TableName="costs", Item={"k": {"S": "two"}})

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert direct(address).scan(TableName="costs")["Count"] == 2
    assert served.control.case(OPERATOR, case.id).state == "done"
    assert sum(one.state == "done" for one in served.cases()) == 1


def test_what_destroys_without_a_way_back_is_held_and_says_so(served: Served, address: str) -> None:
    told = refused(lambda: served.client("dynamodb").delete_table(TableName="costs"))

    assert served.cases()[-1].state in ("held", "denied")
    assert "`interlock show" in told["Message"]
    assert "costs" in direct(address).list_tables()["TableNames"]


def test_a_rotated_key_is_worth_nothing_from_the_next_call_on(served: Served) -> None:
    old = served.key
    spare = served.control.registry.issue_key(OPERATOR, Scope("fixer", "prod", "production", (), (), "s2", "ada"))
    mine = served._replace(key=spare)
    mine.client("sts").get_caller_identity()
    served.control.registry.revoke_key(OPERATOR, "fixer", spare.access_key)
    told = refused(mine.client("sts").get_caller_identity)

    assert told["Code"] == "InvalidClientTokenId"
    assert served._replace(key=old).client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_a_source_that_does_not_hold_reads_to_reading_is_said_on_the_health_page(served: Served) -> None:
    assert "only its own rights keep it from writing" in served.gate.degraded()[0]
