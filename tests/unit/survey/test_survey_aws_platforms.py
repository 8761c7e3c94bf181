"""Surveying platforms: search domains, file systems, brokers, the catalogue, queues of jobs, and what stands before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.aws_proxy import Between, Said
from tests.aws_survey import arrows, item_of, surveyed, target_at
from tests.moto_world import ACCOUNT, REGION, Moto

TAG = {"Key": "environment", "Value": "prod"}
SUBNET = "subnet-0123456789abcdef0"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-0000-0000-000000000000"


@pytest.fixture
def between(moto: Moto) -> Iterator[Between]:
    server = Between(moto.address)
    yield server
    server.close()


def told(answer: Any) -> Said:
    return Said(200, msgspec.json.encode(answer).decode(), "application/x-amz-json-1.1")


def test_a_search_domain_is_there_with_its_tags_and_key_and_no_copy(moto: Moto, tmp_path: Path) -> None:
    client = moto.client("opensearch")
    made = client.create_domain(
        DomainName="logs",
        EncryptionAtRestOptions={"Enabled": True, "KmsKeyId": KEY},
        TagList=[TAG],
        VPCOptions={"SubnetIds": [SUBNET], "SecurityGroupIds": ["sg-1"]},
    )["DomainStatus"]["ARN"]
    found = surveyed(target_at(moto.address, tmp_path, "development"), ("aws.opensearch.domain", made))
    one = item_of(found, "aws.opensearch.domain", "logs")

    assert found.environment == "production"
    assert one.kept == ()
    used = {target.rpartition("/")[2] for source, kind, target in arrows(found) if kind == "uses"}
    assert {SUBNET, "sg-1", KEY.rpartition("/")[2]} <= used


@pytest.mark.parametrize(
    ("type_", "lifecycle", "kept"),
    [
        ("USER_INITIATED", "AVAILABLE", ("backup:backup-1",)),
        ("AWS_BACKUP", "AVAILABLE", ("backup:backup-1",)),
        ("AUTOMATIC", "AVAILABLE", ()),
        ("USER_INITIATED", "CREATING", ()),
    ],
)
def test_a_file_system_is_left_in_whole_backups_that_do_not_go_with_it(
    moto: Moto, between: Between, tmp_path: Path, type_: str, lifecycle: str, kept: tuple[str, ...]
) -> None:
    made = moto.client("fsx").create_file_system(
        FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=[SUBNET], Tags=[TAG]
    )
    backups = [{"BackupId": "backup-1", "Type": type_, "Lifecycle": lifecycle}]
    between.say("fsx", "DescribeBackups", told({"Backups": backups}))
    name = made["FileSystem"]["FileSystemId"]
    found = surveyed(target_at(between.address, tmp_path, "development"), ("aws.fsx.file-system", name))

    assert found.environment == "production"
    assert item_of(found, "aws.fsx.file-system", name).kept == kept


@pytest.mark.parametrize(("state", "there"), [("ACTIVE", True), ("DELETING", False)])
def test_a_broker_says_whose_it_is_and_where_it_stands(
    between: Between, tmp_path: Path, state: str, there: bool
) -> None:
    """moto's clusters have ARNs that AWS's do not."""
    arn = f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/events/0a1b2c3d-0000-0000-0000-000000000000-1"
    made = {
        "brokerNodeGroupInfo": {"clientSubnets": [SUBNET], "securityGroups": ["sg-1"]},
        "encryptionInfo": {"encryptionAtRest": {"dataVolumeKMSKeyId": KEY}},
    }
    cluster = {"clusterArn": arn, "state": state, "tags": {"environment": "prod"}, "provisioned": made}
    between.say("kafka", "GET /api/v2/clusters/", told({"clusterInfo": cluster}))
    found = surveyed(target_at(between.address, tmp_path, "development"), ("aws.kafka.cluster", arn))

    assert [each.resource.name for each in found.items if each.resource.type == "aws.kafka.cluster"] == [arn] * there
    used = {target.rpartition("/")[2] for _, kind, target in arrows(found) if kind == "uses"}
    assert used == ({SUBNET, "sg-1", KEY.rpartition("/")[2]} if there else set())
    assert found.environment == ("production" if there else "development")


def test_a_catalogue_s_database_holds_its_tables_whose_data_lies_elsewhere(moto: Moto, tmp_path: Path) -> None:
    client = moto.client("glue")
    client.create_database(DatabaseInput={"Name": "sales"}, Tags={"environment": "prod"})
    client.create_table(
        DatabaseName="sales",
        TableInput={"Name": "orders", "StorageDescriptor": {"Location": "s3://lake/sales/orders"}},
    )
    arn = f"arn:aws:glue:{REGION}:{ACCOUNT}:database/sales"
    found = surveyed(target_at(moto.address, tmp_path, "development"), ("aws.glue.database", arn))
    one = item_of(found, "aws.glue.database", "sales")

    assert one.size == 1
    assert [each.type for each in found.inside(one.resource)] == ["aws.glue.table"]
    assert item_of(found, "aws.glue.table", "sales/orders").kept == ("definition",)
    assert ("table/sales/orders", "uses", "lake") in arrows(found)


def test_a_queue_of_jobs_and_where_they_run_know_each_other(moto: Moto, tmp_path: Path) -> None:
    moto.client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")
    client = moto.client("batch")
    made = client.create_compute_environment(
        computeEnvironmentName="night",
        type="UNMANAGED",
        serviceRole=f"arn:aws:iam::{ACCOUNT}:role/batch",
        tags={"environment": "prod"},
    )["computeEnvironmentArn"]
    order = [{"order": 1, "computeEnvironment": made}]
    queue = client.create_job_queue(jobQueueName="reports", state="ENABLED", priority=1, computeEnvironmentOrder=order)[
        "jobQueueArn"
    ]
    target = target_at(moto.address, tmp_path, "development")
    place = surveyed(target, ("aws.batch.compute-environment", made))
    jobs = surveyed(target, ("aws.batch.job-queue", queue))

    assert place.environment == "production"
    assert ("job-queue/reports", "uses", "compute-environment/night") in arrows(place) & arrows(jobs)
    assert any(kind == "uses" and target.endswith("role/batch") for _, kind, target in arrows(place))


def test_a_web_acl_is_used_by_what_it_stands_before(moto: Moto, between: Between, tmp_path: Path) -> None:
    made = moto.client("wafv2").create_web_acl(
        Name="shop",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"},
        Tags=[TAG],
    )["Summary"]["ARN"]
    balancer = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/front/50dc6c495c0c9188"
    between.say("wafv2", "ListResourcesForWebACL", told({"ResourceArns": [balancer]}))
    found = surveyed(target_at(between.address, tmp_path, "development"), ("aws.wafv2.web-acl", made))

    assert found.environment == "production"
    assert item_of(found, "aws.wafv2.web-acl", made).kept == ("definition",)
    assert (balancer.rpartition(":")[2], "uses", made.rpartition(":")[2]) in arrows(found)


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("aws.opensearch.domain", f"arn:aws:es:{REGION}:{ACCOUNT}:domain/none"),
        ("aws.fsx.file-system", f"arn:aws:fsx:{REGION}:{ACCOUNT}:file-system/fs-0123456789abcdef0"),
        ("aws.kafka.cluster", f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/none/0a1b2c3d-0000-0000-0000-000000000000-1"),
        ("aws.glue.database", f"arn:aws:glue:{REGION}:{ACCOUNT}:database/none"),
        ("aws.glue.table", f"arn:aws:glue:{REGION}:{ACCOUNT}:table/none/none"),
        ("aws.batch.job-queue", f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/none"),
        ("aws.batch.compute-environment", f"arn:aws:batch:{REGION}:{ACCOUNT}:compute-environment/none"),
        ("aws.wafv2.web-acl", f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/none/0a1b2c3d"),
    ],
)
def test_what_is_not_there_is_absent(between: Between, tmp_path: Path, type_: str, name: str) -> None:
    gone = Said(404, '{"message": "x"}', "application/json")  # moto stumbles over a cluster that it does not have
    between.say("kafka", "GET /api/v2/clusters/", gone)
    found = surveyed(target_at(between.address, tmp_path), (type_, name))

    assert (found.items, found.limits, found.complete) == ((), (), True)


def test_a_job_and_a_crawler_say_whose_they_are_and_what_they_work_on(moto: Moto, tmp_path: Path) -> None:
    client = moto.client("glue")
    role = f"arn:aws:iam::{ACCOUNT}:role/etl"
    client.create_job(
        Name="nightly",
        Role=role,
        Command={"Name": "glueetl", "ScriptLocation": "s3://scripts/nightly.py"},
        Tags={"environment": "prod"},
    )
    client.create_crawler(
        Name="finder", Role="etl", DatabaseName="sales", Targets={"S3Targets": [{"Path": "s3://lake/sales"}]}
    )
    job, crawler = (f"arn:aws:glue:{REGION}:{ACCOUNT}:{each}" for each in ("job/nightly", "crawler/finder"))
    target = target_at(moto.address, tmp_path, "development")
    found = surveyed(target, ("aws.glue.job", job), ("aws.glue.crawler", crawler))

    assert found.environment == "production"
    assert item_of(found, "aws.glue.job", "nightly").kept == ("definition",)
    assert {("job/nightly", "uses", "scripts"), ("job/nightly", "uses", "role/etl")} <= arrows(found)
    assert {("crawler/finder", "uses", "lake"), ("crawler/finder", "uses", "role/etl")} <= arrows(found)
    assert ("database/sales", "uses", "crawler/finder") in arrows(found)


def test_a_web_acl_of_cloudfront_is_found_with_the_distributions_behind_it(
    moto: Moto, between: Between, tmp_path: Path
) -> None:
    made = moto.client("wafv2", "us-east-1").create_web_acl(
        Name="edge",
        Scope="CLOUDFRONT",
        DefaultAction={"Allow": {}},
        VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"},
    )["Summary"]["ARN"]
    inner = (
        "<DistributionList><Marker/><MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>1</Quantity>"
        "<Items><DistributionSummary><Id>EDFDVBD6EXAMPLE</Id></DistributionSummary></Items></DistributionList>"
    )
    between.say("cloudfront", "GET /2020-05-31/distributionsByWebACLId", Said(200, inner, "text/xml"))
    found = surveyed(target_at(between.address, tmp_path), ("aws.wafv2.web-acl", made))

    assert item_of(found, "aws.wafv2.web-acl", made).kept == ("definition",)
    assert ("distribution/EDFDVBD6EXAMPLE", "uses", made.rpartition(":")[2]) in {
        (source.rpartition(":")[2], kind, target) for source, kind, target in arrows(found)
    }


def test_a_memorydb_cluster_has_the_snapshots_that_were_taken_by_hand(moto: Moto, tmp_path: Path) -> None:
    client = moto.client("memorydb")
    client.create_cluster(ClusterName="carts", NodeType="db.t4g.small", ACLName="open-access")
    client.create_snapshot(ClusterName="carts", SnapshotName="before")
    arn = f"arn:aws:memorydb:{REGION}:{ACCOUNT}:cluster/carts"
    found = surveyed(target_at(moto.address, tmp_path), ("aws.memorydb.cluster", arn))

    assert item_of(found, "aws.memorydb.cluster", "carts").kept == ("snapshot:before",)
