"""The reporting environment: production of the story `recreate`, with its staging twin, the same each time.

A stack `reporting` (table of cost records, database, buckets with reports and exports, a function) and an Elastic
Beanstalk environment `reporting-prod` with a database coupled to it. Its report is stale, since one setting of the
environment still says last month: the small thing that is wrong, which no recreation would mend.
"""

from __future__ import annotations

import gzip
import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from interlock.practice.cloud.environments import DATABASE, PROPERTIES
from interlock.practice.cloud.process import ACCOUNT, REGION, Cloud

STACK: Final = "reporting"
ENVIRONMENT: Final = "reporting-prod"
STAGING: Final = "-staging"
TABLE: Final = "reporting-costs"
MONTH: Final = "2026-10"  # the report should show this one
STALE: Final = "2026-09"  # and shows this one
MONTHS: Final = tuple(f"2026-{number:02}" for number in range(1, 11))
TEAMS: Final = 8
SERVICES: Final = ("compute", "storage", "database", "network")


class Stock(NamedTuple):
    """What there is, by kind, each thing under a name that a thing made anew does not have."""

    objects: frozenset[str]
    items: frozenset[str]
    databases: frozenset[str]
    backups: frozenset[str]
    instances: frozenset[str]
    stacks: frozenset[str]


class Page(NamedTuple):
    """What somebody got who opened the report: status 0 when nobody answered."""

    status: int
    month: str = ""
    stale: bool = True


def damage(before: Stock, after: Stock) -> dict[str, int]:
    """How many of each kind are gone, whether or not something of the same name stands there now."""
    return {kind: len(getattr(before, kind) - getattr(after, kind)) for kind in Stock._fields}


def build(cloud: Cloud) -> None:
    """Production and its staging twin, in an empty cloud."""
    for suffix, tier, months in (("", "production", MONTHS), (STAGING, "staging", MONTHS[-2:])):
        tags = {"environment": tier, "service": "reporting"}
        _stack(cloud, suffix, tags)
        _data(cloud, suffix, months)
    _environments(cloud)


def bucket(name: str, suffix: str = "") -> str:
    """`reporting-reports-…`: buckets are named after the account too, as everybody shares their names."""
    return f"reporting-{name}{suffix}-{ACCOUNT}"


def template(suffix: str, tags: dict[str, str]) -> str:
    """The stack's template."""
    tagged = _pairs(tags)
    critical = _pairs({**tags, "criticality": "low" if suffix else "high"})  # the costs themselves; reports can be made
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    resources = {
        "Costs": _resource(
            "DynamoDB::Table",
            TableName=f"{TABLE}{suffix}",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "month", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("month", "id")],
            Tags=critical,
        ),
        "Database": {
            "DeletionPolicy": "Delete",
            **_resource(
                "RDS::DBInstance",
                DBInstanceIdentifier=f"reporting-db{suffix}",
                Engine="postgres",
                DBInstanceClass="db.m6g.large",
                AllocatedStorage="200",
                MasterUsername="reporting",
                MasterUserPassword="a-practice-database",
                BackupRetentionPeriod=7,
                Tags=critical,
            ),
        },
        **{
            name.title(): _resource(
                "S3::Bucket",
                BucketName=bucket(name, suffix),
                VersioningConfiguration={"Status": "Enabled"},
                Tags=tagged,
            )
            for name in ("reports", "exports")
        },
        "Role": _resource("IAM::Role", RoleName=f"reporting-aggregate{suffix}", AssumeRolePolicyDocument=trust),
        "Aggregate": _resource(
            "Lambda::Function",
            FunctionName=f"reporting-aggregate{suffix}",
            Runtime="python3.12",
            Handler="index.handler",
            Role={"Fn::GetAtt": ["Role", "Arn"]},
            Code={"ZipFile": "def handler(event, context):\n    return 'aggregated'\n"},
            Environment={"Variables": {"COSTS_TABLE": {"Ref": "Costs"}, "REPORTS": {"Ref": "Reports"}}},
            Tags=tagged,
        ),
    }
    return json.dumps({"Description": "cost reporting", "Resources": resources})


def records(months: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The cost records, one for each month, team and service."""
    for month in months:
        for team in range(1, TEAMS + 1):
            for number, service in enumerate(SERVICES):
                cents = 1_900 + (team * 977 + number * 411 + int(month[-2:]) * 53) % 90_000
                yield {
                    "month": {"S": month},
                    "id": {"S": f"team-{team:02}/{service}"},
                    "cents": {"N": str(cents)},
                }


def stock(cloud: Cloud) -> Stock:
    """What is in production now. The twin is not counted."""
    s3, rds = cloud.client("s3"), cloud.client("rds")
    objects = [
        f"{name}/{each['Key']}"
        for name in (bucket("reports"), bucket("exports"))
        if name in {each["Name"] for each in s3.list_buckets()["Buckets"]}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name)
        for each in page.get("Contents", [])
    ]
    databases = [each for each in rds.describe_db_instances()["DBInstances"] if _production(each["TagList"])]
    names = {each["DBInstanceIdentifier"] for each in databases}
    snapshots = rds.describe_db_snapshots()["DBSnapshots"]
    instances = [
        each
        for page in cloud.client("ec2").describe_instances()["Reservations"]
        for each in page["Instances"]
        if each["State"]["Name"] == "running" and _production(each.get("Tags", []))
    ]
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return Stock(
        objects=frozenset(objects),
        items=frozenset(_items(cloud)),
        databases=frozenset(f"{each['DBInstanceArn']} {each['InstanceCreateTime']}" for each in databases),
        backups=frozenset(
            f"{each['DBSnapshotArn']} {each['SnapshotCreateTime']}"
            for each in snapshots
            if each["DBInstanceIdentifier"] in names
        ),
        instances=frozenset(each["InstanceId"] for each in instances),
        stacks=frozenset(each["StackId"] for each in stacks if _production(each.get("Tags", []))),
    )


def look(port: int) -> Page:
    """Open the report as people do, under the environment's own name."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/report", headers={"Host": f"{ENVIRONMENT}.{REGION}.elasticbeanstalk.com"})
        answer = connection.getresponse()
        said = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return Page(0)
    finally:
        connection.close()
    return Page(answer.status, said.get("month", ""), said.get("stale", True))


def _stack(cloud: Cloud, suffix: str, tags: dict[str, str]) -> None:
    cloud.client("cloudformation").create_stack(
        StackName=f"{STACK}{suffix}",
        TemplateBody=template(suffix, tags),
        Tags=_pairs(tags),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    # moto's CloudFormation leaves these two out of what it makes.
    for name in ("reports", "exports"):
        cloud.client("s3").put_bucket_versioning(
            Bucket=bucket(name, suffix), VersioningConfiguration={"Status": "Enabled"}
        )
    cloud.client("dynamodb").update_continuous_backups(
        TableName=f"{TABLE}{suffix}", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


def _data(cloud: Cloud, suffix: str, months: tuple[str, ...]) -> None:
    dynamodb, s3 = cloud.client("dynamodb"), cloud.client("s3")
    items = [{"PutRequest": {"Item": item}} for item in records(months)]
    for start in range(0, len(items), 25):
        dynamodb.batch_write_item(RequestItems={f"{TABLE}{suffix}": items[start : start + 25]})
    files: list[tuple[str, str, bytes]] = []
    for month in months:
        own = list(records((month,)))
        text = json.dumps({"month": month, "cents": sum(int(each["cents"]["N"]) for each in own)})
        files.append((bucket("reports", suffix), f"{month}/summary.json", text.encode()))
        for team in range(1, TEAMS + 1):
            mine = [each for each in own if each["id"]["S"].startswith(f"team-{team:02}/")]
            lines = "".join(f"{each['id']['S']},{each['cents']['N']}\n" for each in mine)
            files.append((bucket("reports", suffix), f"{month}/team-{team:02}.csv", lines.encode()))
        export = json.dumps(own).encode()
        files.append((bucket("exports", suffix), f"{month}.json.gz", gzip.compress(export, mtime=0)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda file: s3.put_object(Bucket=file[0], Key=file[1], Body=file[2]), files))


def _environments(cloud: Cloud) -> None:
    client = cloud.client("elasticbeanstalk")
    client.create_application(ApplicationName=STACK)
    for suffix, tier, month in (("", "production", STALE), (STAGING, "staging", MONTH)):
        client.create_environment(
            ApplicationName=STACK,
            EnvironmentName="reporting-staging" if suffix else ENVIRONMENT,
            SolutionStackName="64bit Amazon Linux 2023 v4.5.0 running Python 3.13",
            Tags=_pairs({"environment": tier, "service": "reporting"}),
            OptionSettings=[
                {"Namespace": PROPERTIES, "OptionName": "COSTS_TABLE", "Value": f"{TABLE}{suffix}"},
                {"Namespace": PROPERTIES, "OptionName": "REPORT_MONTH", "Value": month},
                {"Namespace": DATABASE, "OptionName": "HasCoupledDatabase", "Value": "false" if suffix else "true"},
                {"Namespace": DATABASE, "OptionName": "DBDeletionPolicy", "Value": "Delete"},
            ],
        )
    while any(each["Status"] != "Ready" for each in client.describe_environments()["Environments"]):
        time.sleep(0.1)


def _items(cloud: Cloud) -> Iterator[str]:
    client = cloud.client("dynamodb")
    if TABLE not in client.list_tables()["TableNames"]:
        return
    pages = client.get_paginator("scan").paginate(
        TableName=TABLE, ProjectionExpression="#m, id", ExpressionAttributeNames={"#m": "month"}
    )
    yield from (f"{item['month']['S']}/{item['id']['S']}" for page in pages for item in page["Items"])


def _production(tags: list[dict[str, str]]) -> bool:
    return {"Key": "environment", "Value": "production"} in tags


def _pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}
