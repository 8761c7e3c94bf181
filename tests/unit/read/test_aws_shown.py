"""A call is shown to people as what it means, and its secrets are not."""

from __future__ import annotations

import json

import pytest

from interlock.configuration import unconfigured
from interlock.decide.decide import engine
from interlock.judge import Judge, Senses
from interlock.ledger.redact import redact
from interlock.model.agent import unregistered
from interlock.model.proposal import Proposal
from interlock.policy.starter import starter_files
from interlock.read.aws.reader import AwsReader
from interlock.read.readers import readable


def told(service: str, operation: str, parameters: dict[str, object]) -> str:
    payload = {"service": service, "operation": operation, "region": "eu-central-1", "parameters": parameters}
    return readable("aws", json.dumps(payload).encode()).decode()


def test_each_value_stands_on_a_line_of_its_own_under_its_path() -> None:
    text = told("s3", "DeleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y"}]}})

    assert text == (
        "s3:DeleteObjects  in eu-central-1\n  Bucket = b\n  `Delete.Objects[].Key` = x\n  `Delete.Objects[].Key` = y\n"
    )


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("rds", "CreateDBInstance", {"DBInstanceIdentifier": "d", "MasterUserPassword": "hunter2hunter2"}),
        ("secretsmanager", "PutSecretValue", {"SecretId": "s", "SecretString": "hunter2hunter2"}),
        ("lambda", "UpdateFunctionConfiguration", {"Environment": {"Variables": {"K": "hunter2"}}}),
        ("ssm", "PutParameter", {"Name": "n", "Value": "hunter2hunter2", "Type": "SecureString"}),
    ],
)  # fmt: skip
def test_a_secret_is_not_shown(service: str, operation: str, parameters: dict[str, object]) -> None:
    text = told(service, operation, parameters)

    assert "hunter2" not in text
    assert "(secret, not shown)" in text


def test_what_is_long_is_cut_and_said_to_be() -> None:
    text = told("iam", "PutRolePolicy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "x" * 5_000})

    assert "… (5,000 letters in all)" in text
    assert len(text) < 2_500


def test_what_was_not_understood_is_shown_too() -> None:
    assert "not understood: " in told("s3", "DeleteBucket", {"Bucket": "b", "Force": True})


def test_a_command_line_is_shown_as_it_was_written() -> None:
    assert readable("aws:cli", b"aws s3 ls") == b"aws s3 ls"


def test_a_plan_is_nothing_that_anybody_wrote_for_reading() -> None:
    assert readable("terraform", b"{}") == b""
    assert readable("sql:sqlite", b"SELECT 1") == b"SELECT 1"


def test_the_name_of_an_object_is_taken_for_no_secret() -> None:
    text = told("s3", "PutObject", {"Bucket": "b", "Key": "2026-10/costs-of-team-07/summary.json"})

    assert redact(text) == (text, ())
    assert redact("  Key = 2026-10/costs-of-team-07/summary.json\n")[1] == ("secret",), "it would be, written plainly"


def test_a_call_is_understood_once_and_searched_for_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError("it was understood when it was read")

    monkeypatch.setattr(AwsReader, "text", never)
    key = "AKIA" + "Z7Q3XK5JW2PLMN4R"
    payload = {"service": "s3", "operation": "PutObject", "parameters": {"Bucket": "b", "Key": "k", "Body": key}}
    judge = Judge(unconfigured(), engine(starter_files()), Senses(lambda: 0, lambda: 0, bytes))
    proposal = Proposal("aws", json.dumps(payload).encode(), "a", "production")

    assert "secret-in-payload" in {each.id for each in judge.judge(proposal, unregistered("a")).assessment.findings}
