"""Surveying where things belong: tags, then the rule for names; what is stricter than the target counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.aws_survey import change_of, item_of, surveyed, target_at
from tests.moto_world import ACCOUNT, REGION, Moto

from interlock.assess.assess import assess
from interlock.decide.decide import decide, engine
from interlock.model.agent import Capability, Passport
from interlock.model.target import Environment, Target
from interlock.policy.starter import starter_files
from interlock.survey.aws.settings import settings_of
from interlock.survey.aws.tags import class_of, environment_of, is_critical, strictest

QUEUE = "aws.sqs.queue"
READ = ("read", '{"source": "static", "file": "x"}')


def queue(moto: Moto, name: str, **tags: str) -> str:
    moto.client("sqs").create_queue(QueueName=name, tags=tags)
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


@pytest.mark.parametrize(
    ("tags", "own", "expected"),
    [
        ({"Environment": "Production"}, "development", "production"),
        ({"env": "prd"}, "development", "production"),
        ({"stage": "uat"}, "development", "staging"),
        ({"env": "dev"}, "production", "production"),
        ({"env": "prod"}, "production", "production"),
        ({"env": "blue"}, "development", "development"),
        ({"owner": "prod"}, "development", "development"),
        ({"environment": "dev", "env": "prod"}, "development", "development"),
        ({}, "development", "development"),
    ],
)
def test_the_stricter_of_the_target_and_of_what_its_things_say_counts(
    moto: Moto, tmp_path: Path, tags: dict[str, str], own: str, expected: str
) -> None:
    arn = queue(moto, "jobs", **tags)

    assert expected == surveyed(target_at(moto.address, tmp_path, own), (QUEUE, arn)).environment


def test_a_rule_for_names_counts_where_no_tag_says_anything(moto: Moto, tmp_path: Path) -> None:
    tagged, named = queue(moto, "prod-jobs", env="dev"), queue(moto, "prod-mails")
    target = target_at(moto.address, tmp_path, "development", name_1="prod-*=production", name_2="*-x=staging")

    assert surveyed(target, (QUEUE, tagged)).environment == "development"
    found = surveyed(target, (QUEUE, named))
    assert "production" == found.environment == item_of(found, QUEUE, named).resource.environment


def test_the_target_says_which_tags_tell(moto: Moto, tmp_path: Path) -> None:
    arn = queue(moto, "jobs", cell="prod", environment="dev", customer="no", owner_org="acme", tier="gold", must="yes")
    target = target_at(
        moto.address, tmp_path, "development", environment_tag_1="cell", tenant_tag="owner_org", criticality_tag="must"
    )

    found = surveyed(target, (QUEUE, arn))

    one = item_of(found, QUEUE, arn)
    assert found.environment == "production"
    assert dict(one.resource.location)["tenant"] == "acme"
    assert one.critical


def test_what_the_target_names_as_critical_is_critical(moto: Moto, tmp_path: Path) -> None:
    one, two = queue(moto, "jobs"), queue(moto, "mails")
    target = target_at(moto.address, tmp_path)
    target = Target(target.name, "aws", target.address, target.environment, ("jobs",), target.settings)

    found = surveyed(target, (QUEUE, one), (QUEUE, two))

    assert item_of(found, QUEUE, one).critical
    assert not item_of(found, QUEUE, two).critical


def test_where_a_neighbour_belongs_says_nothing_of_the_change(moto: Moto, tmp_path: Path) -> None:
    dead = queue(moto, "dead", env="prod")
    arn = queue(moto, "jobs", env="dev")
    url = moto.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
    policy = f'{{"deadLetterTargetArn": "{dead}", "maxReceiveCount": "1"}}'
    moto.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})

    found = surveyed(target_at(moto.address, tmp_path, "development"), (QUEUE, arn))

    assert found.environment == "development"
    assert (QUEUE, dead) in {edge.target.key for edge in found.edges}


def test_a_development_key_that_names_a_production_thing_is_denied_by_the_starter_policies(
    moto: Moto, tmp_path: Path
) -> None:
    arn = queue(moto, "jobs", env="prod")
    change = change_of((QUEUE, arn))
    inventory = surveyed(target_at(moto.address, tmp_path, "development"), (QUEUE, arn))
    development = Environment("development", production=False, strictness=10)
    passport = Passport(
        "fixer", *["said"] * 7, environments=("development",), general_purpose=False,
        capabilities=(Capability("destroy", environments=("development",)),),
    )  # fmt: skip

    assessment = assess(change, inventory=inventory, rehearsal=None, claimed=development, found=development)
    decision = decide(assessment, change, passport, development, engine(starter_files()), 0, binding="b")

    assert "environment-disagrees" in {finding.id for finding in assessment.findings}
    assert decision.outcome == "deny"
    assert "claim-disagrees" in {reason.policy for reason in decision.because}


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=4), st.text(max_size=12))
def test_one_thing_more_never_makes_an_environment_less_strict(own: str, found: list[str], more: str) -> None:
    def rank(name: str) -> int:
        known = class_of(name)
        return 9 if known is None else known

    words = ["production", "prod", "staging", "dev"]
    found = [words[len(each) % 4] if each else each for each in found]
    less, greater = strictest(own, found), strictest(own, [*found, words[len(more) % 4]])

    assert rank(greater) <= rank(less)


def test_words_for_environments_are_few_and_anything_else_is_an_operator_s_own() -> None:
    assert tuple(map(class_of, (" PROD ", "staging", "QA", "blue"))) == (0, 1, 2, None)
    assert strictest("blue", ["development"]) == "blue"
    assert strictest("blue", ["production"]) == "production"
    assert strictest("blue", ["staging"]) == "blue"


@pytest.mark.parametrize(("value", "expected"), [("Critical", True), ("tier-1", True), ("low", False), ("", False)])
def test_a_tag_says_that_the_business_cannot_lose_it(value: str, expected: bool) -> None:
    settings = settings_of(Target("x", "aws", "aws", settings=(READ,)))

    assert expected is is_critical({"Criticality": value}, settings)
    assert environment_of({"Name": "prod"}, "prod", settings) == ""
