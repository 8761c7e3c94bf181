"""Attacks with command lines: to read as one thing and be executed as another, or to be neither."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.moto_world import ACCOUNT, REGION, Moto
from tests.unit.execute.aws.aws_world import Account

from interlock.aws.cli.command import command_of
from interlock.aws.cli.shorthand import Unreadable, parse
from interlock.aws.cli.single import call_of
from interlock.errors import BadProposal, InterlockError
from interlock.execute.aws.work import work_of
from interlock.identify.verbs import Caller
from interlock.model.agent import Capability
from interlock.model.proposal import Proposal
from interlock.read.readers import readable, reader_for
from interlock.testing.aws_account import add_account
from interlock.testing.world import OPERATOR, Clock, World, furnish, passport

AGENT = Caller("agent", "cloud")
DELETE = {"service": "dynamodb", "operation": "DeleteTable", "region": REGION, "parameters": {"TableName": "orders"}}


@pytest.fixture
def account(moto: Moto, tmp_path: Path) -> Account:
    return Account(moto, tmp_path)


@pytest.fixture
def world(tmp_path: Path, moto: Moto) -> Iterator[World]:
    made = furnish(tmp_path / "home", Clock(), orders=1)
    add_account(made.path, moto.address, ACCOUNT, REGION, "prod-aws")
    made.reopen()
    may = (Capability("destroy", environments=("production",)),)
    made.control.registry.add_agent(OPERATOR, passport("cloud", capabilities=may, destroy_authorised_by="olga"))
    yield made
    made.close()


def orders(moto: Moto) -> list[str]:
    names: list[str] = moto.client("dynamodb").list_tables()["TableNames"]
    return names


def table(moto: Moto) -> None:
    moto.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.mark.parametrize("kind", ["aws", "aws:cli", "aws:http"])
@pytest.mark.parametrize(
    "payload",
    [
        json.dumps(DELETE).encode(),
        b'{"account":"/aws" ,"service":"ec2","operation":"DescribeInstances"}',
        b' {"x":"/aws" s3 ls',
        b"aws dynamodb delete-table --table-name orders",
        b"\n aws dynamodb delete-table --table-name orders",
    ],
)
def test_no_payload_is_read_in_one_form_and_executed_in_another(account: Account, kind: str, payload: bytes) -> None:
    """A vote is bound to bytes. Which form they are in is told by the bytes alone, the same way for both."""
    _, _, dialect = kind.partition(":")
    try:
        change = reader_for("aws")(payload, dialect, "production").change
        call = work_of(payload, account.target()).call
    except InterlockError as error:
        assert error.code in ("not-a-call", "not-a-request", "other-account")
        return

    assert {effect.cause.split()[0] for effect in change.effects} == {call.name}


@pytest.mark.parametrize(
    "line",
    [
        "aws ec2 terminate-instances --instance-ids i-1 --instance-ids i-2",
        "aws ec2 terminate-instances --instance-ids i-1 --instanceids i-2",
        "aws ec2 terminate-instances --no-dry-run --instance-ids i-1 --dry-run",
        "aws ec2 authorize-security-group-ingress --group-id sg-1 --protocol tcp --port 1 --port 22 --cidr 10.0.0.0/8",
        "aws ec2 terminate-instances --instance-ids i-1 #i-2",
        "aws ec2 terminate-instances --instance-ids=i-1 i-2",
        "aws ec2 terminate-instances i-2 --instance-ids i-1",
        "aws ec2 terminate-instances --instance-ids i-1; aws ec2 stop-instances --instance-ids i-2",
        "aws ec2 terminate-instances --instance-ids i-1\naws ec2 stop-instances --instance-ids i-2",
        "aws ec2 terminate-instances --instance-ids $ID",
        "aws ec2 terminate-instances --instance-ids $(cat ids)",
        "aws ec2 terminate-instances --instance-ids i-1 > out",
        "aws lambda tag-resource --resource a --tags a=1 b=2",
        "aws workspaces terminate-workspaces --terminate-workspace-requests WorkspaceId=ws-1",
        "aws ec2 create-tags --resources i-1 --tags 'Key=a,Value=b,'",
        "aws ec2 describe-instances --filters 'Name=a,Values=b,(=c'",
        "aws ec2 create-tags --resources i-1 --tags 'Key=a,Value=b\\\\,Key=c'",
        "aws ec2 create-tags --resources i-1 --tags 'Key=a,Key=b'",
        "aws s3api delete-bucket --bucket b --cli-input-yaml x",
    ],
)
def test_a_line_that_could_be_taken_two_ways_is_not_understood_and_not_executed(account: Account, line: str) -> None:
    assert reader_for("aws")(line.encode(), "cli", "production").change.unknown

    with pytest.raises(BadProposal) as caught:
        work_of(line.encode(), account.target())

    assert caught.value.code == "not-executable"


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u00a0", "\x1b", "\r", "\u2028", "\x00", "\u2066", "\x0b"])
def test_a_line_with_signs_that_nobody_sees_is_not_executed(account: Account, sign: str) -> None:
    line = f"aws dynamodb delete-table --table-name staging{sign}orders"

    with pytest.raises(BadProposal) as caught:
        work_of(line.encode(), account.target())

    assert caught.value.code == "not-executable"


def test_who_votes_on_a_line_sees_the_call_that_will_be_sent() -> None:
    line = (
        b"aws rds delete-db-instance --db-instance-identifier staging --cli-input-json '{\"SkipFinalSnapshot\":true}'"
    )

    text = readable("aws:cli", line).decode()

    assert text.startswith(line.decode())
    assert "rds:DeleteDBInstance  in no region" in text
    assert "  DBInstanceIdentifier = staging\n" in text
    assert "  SkipFinalSnapshot = true\n" in text


def test_where_a_line_is_no_single_call_nothing_is_shown_that_would_be_sent() -> None:
    line = b"aws s3 rm s3://b --recursive"

    assert readable("aws:cli", line) == line


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("aws dynamodb delete-table --table-name orders --region us-west-2", "other-region"),
        ("aws sqs purge-queue --queue-url q", "other-service"),
    ],
)
def test_a_line_past_the_targets_own_bounds_is_not_sent(account: Account, line: str, code: str) -> None:
    account.settings["service"] = "dynamodb"

    with pytest.raises(InterlockError) as caught:
        work_of(line.encode(), account.target())

    assert caught.value.code == code


@pytest.mark.parametrize(
    "text", ["Key=[}", "Key=[a}", "Key=[,]", "Key={[", "Key=[[[[[[", "Key=a\\", "Key=" + "[" * 5000]
)
def test_no_shorthand_is_read_for_ever(text: str) -> None:
    try:
        found = parse(text)
    except Unreadable:
        return

    assert found == {"Key": [""]}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("words", ["x ", "--region r ", "--exclude x "])
def test_a_line_of_very_many_words_comes_to_its_end(words: str) -> None:
    """Each was taken from the front of a list of all: half a million of them took 49 s."""
    found = command_of("aws s3 ls " + words * 200_000)

    assert [call.service for call in found.calls] == ["s3"]


def test_a_line_goes_the_whole_road_once(world: World, moto: Moto) -> None:
    table(moto)
    line = b"aws dynamodb delete-table --table-name orders"

    held = world.control.propose(AGENT, Proposal("aws:cli", line, "cloud", "production", "prod-aws"))
    case = world.approve(held, "ada", "ben")
    done = world.control.run(AGENT, case.id)
    with pytest.raises(InterlockError):
        world.control.run(AGENT, case.id)

    assert (held.state, done.state) == ("held", "done")
    assert orders(moto) == []
    assert world.control.undo(OPERATOR, case.id).state == "undone"
    assert orders(moto) == ["orders"]


def test_a_line_that_cannot_be_executed_is_refused_before_anybody_votes(world: World, moto: Moto) -> None:
    table(moto)
    line = b"aws dynamodb delete-table --table-name orders --query TableDescription"

    with pytest.raises(BadProposal, match="not executed: `--query`"):
        world.control.propose(AGENT, Proposal("aws:cli", line, "cloud", "production", "prod-aws"))

    assert orders(moto) == ["orders"]


def test_only_what_was_read_is_what_is_sent(account: Account) -> None:
    """The executor's own reading of a line is the reader's: a call, or the same reason why it is none."""
    line = b"aws ec2 modify-instance-attribute --instance-id i-1 --no-disable-api-termination"

    assert work_of(line, account.target()).call.parameters == call_of(line).parameters
    assert call_of(line).parameters == {"InstanceId": "i-1", "DisableApiTermination": {"Value": False}}
