"""What the starter policies say of calls to AWS: reads pass, small writes need a capability, all else takes people."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from interlock.assess.assess import assess
from interlock.decide.decide import decide, engine
from interlock.model.agent import Capability, Passport
from interlock.model.decision import Decision
from interlock.model.inventory import Inventory, Item, Rehearsal, RollbackProof
from interlock.model.target import Environment
from interlock.policy.starter import starter_files
from interlock.read.readers import reader_for

NOW = 1_800_000_000_000
ENGINE = engine(starter_files())
PRODUCTION = Environment("production")
STAGING = Environment("staging", production=False, strictness=50)
SAID = dict.fromkeys(("purpose", "owner", "justification", "benefits", "risks", "worst_case", "prevention"), "said")
CAPABLE = Passport("fixer", environments=("production", "staging"), general_purpose=False,
                   capabilities=(Capability("configure", resources=("*",), max_rows=10),), **SAID)  # fmt: skip
BARE = msgspec.structs.replace(CAPABLE, capabilities=())
INCOMPLETE = Passport("newcomer")

READ = ("ec2", "DescribeInstances", {})
OBJECT = ("s3", "GetObject", {"Bucket": "reports", "Key": "a"})
FIGURE = ("cloudwatch", "PutMetricData", {"Namespace": "Orders", "MetricData": [{"MetricName": "n", "Value": 1.0}]})
TAG = ("ec2", "CreateTags", {"Resources": ["i-0a"], "Tags": [{"Key": "note", "Value": "x"}]})
PUT = ("s3", "PutObject", {"Bucket": "reports", "Key": "a", "IfNoneMatch": "*"})
ITEM = ("dynamodb", "UpdateItem", {"TableName": "orders", "Key": {"id": {"S": "1"}}})
DATABASE = ("rds", "DeleteDBInstance", {"DBInstanceIdentifier": "orders", "SkipFinalSnapshot": True})
REBUILD = ("elasticbeanstalk", "RebuildEnvironment", {"EnvironmentName": "reporting"})
STACK = ("cloudformation", "DeleteStack", {"StackName": "reporting"})
TOKEN = ("sts", "AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/admin", "RoleSessionName": "xx"})
SECRET = ("secretsmanager", "GetSecretValue", {"SecretId": "orders"})
ROLE = ("iam", "AttachRolePolicy", {"RoleName": "app", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})
TRAIL = ("cloudtrail", "StopLogging", {"Name": "main"})
STRANGE = ("rds", "DeleteEverything", {})


def decided(
    call: tuple[str, str, dict[str, Any]],
    passport: Passport,
    environment: Environment = PRODUCTION,
    *,
    claimed: Environment | None = None,
    rehearsal: Rehearsal | None = None,
) -> Decision:
    service, operation, parameters = call
    payload = msgspec.json.encode({"service": service, "operation": operation, "parameters": parameters})
    change = reader_for("aws")(payload, "", environment.name).change
    items = tuple(Item(effect.resource, keys=(effect.keys,), size=1) for effect in change.effects)
    inventory = Inventory("prod-aws", environment.name, items=items)
    assessment = assess(
        change, inventory=inventory, rehearsal=rehearsal, claimed=claimed or environment, found=environment
    )
    return decide(assessment, change, passport, environment, ENGINE, NOW, binding="b")


def policies(decision: Decision) -> set[str]:
    return {reason.policy for reason in decision.because}


@pytest.mark.parametrize("call", [READ, OBJECT])
@pytest.mark.parametrize("passport", [CAPABLE, BARE, INCOMPLETE])
@pytest.mark.parametrize("environment", [PRODUCTION, STAGING])
def test_a_plain_read_passes_for_everybody(
    call: tuple[str, str, dict[str, Any]], passport: Passport, environment: Environment
) -> None:
    assert decided(call, passport, environment).outcome == "allow"


@pytest.mark.parametrize("call", [FIGURE, TAG, PUT])
def test_a_small_write_passes_outside_of_production_when_a_capability_says_so(
    call: tuple[str, str, dict[str, Any]],
) -> None:
    assert decided(call, CAPABLE, STAGING).outcome == "allow"
    assert decided(call, BARE, STAGING).outcome == "deny"
    assert decided(call, INCOMPLETE, STAGING).outcome == "deny"


@pytest.mark.parametrize("call", [FIGURE, TAG, PUT, ITEM])
def test_a_small_write_in_production_is_one_persons_decision(call: tuple[str, str, dict[str, Any]]) -> None:
    assert decided(call, CAPABLE).outcome == "hold"
    assert decided(call, BARE).outcome == "deny"


def test_an_item_whose_way_back_was_tried_passes_in_production() -> None:
    rehearsal = Rehearsal(rollback=RollbackProof("valid", simulated=True))

    assert decided(ITEM, CAPABLE, rehearsal=rehearsal).outcome == "allow"


@pytest.mark.parametrize("call", [DATABASE, REBUILD, STACK])
def test_what_destroys_is_denied_to_whom_it_is_not_given(call: tuple[str, str, dict[str, Any]]) -> None:
    opened = msgspec.structs.replace(
        CAPABLE, capabilities=(Capability("destroy", resources=("*",)),), destroy_authorised_by="olga"
    )

    held = decided(call, opened)

    assert decided(call, CAPABLE).outcome == "deny"
    assert held.outcome == "hold"
    assert {"gentler-way", "production-destroy"} <= policies(held)


@pytest.mark.parametrize("environment", [PRODUCTION, STAGING])
def test_an_answer_that_is_a_credential_is_denied_whatever_was_granted(environment: Environment) -> None:
    opened = msgspec.structs.replace(
        CAPABLE, capabilities=(Capability("destroy", resources=("*",)),), destroy_authorised_by="olga"
    )

    found = decided(TOKEN, opened, environment)

    assert found.outcome == "deny"
    assert "agent-never-gets-a-credential" in policies(found)


@pytest.mark.parametrize("environment", [PRODUCTION, STAGING])
def test_a_secret_is_read_when_a_person_says_so(environment: Environment) -> None:
    found = decided(SECRET, BARE, environment)

    assert found.outcome == "hold"
    assert "secret-read" in policies(found)


@pytest.mark.parametrize("call", [ROLE, TRAIL])
def test_authority_and_the_record_of_what_happens_are_never_changed_alone(
    call: tuple[str, str, dict[str, Any]],
) -> None:
    assert decided(call, CAPABLE).outcome in ("hold", "deny")


def test_what_is_not_understood_is_never_allowed() -> None:
    assert decided(STRANGE, CAPABLE).outcome != "allow"
    assert decided(STRANGE, CAPABLE, STAGING).outcome != "allow"


def test_a_development_key_changes_nothing_that_is_production() -> None:
    found = decided(FIGURE, CAPABLE, PRODUCTION, claimed=STAGING)

    assert found.outcome == "deny"
    assert "claim-disagrees" in policies(found)
