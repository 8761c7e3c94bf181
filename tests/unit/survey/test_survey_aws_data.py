"""Surveying what holds data: databases, tables, buckets, files, keys and secrets, their copies and their users."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.aws_proxy import Between, Said
from tests.aws_survey import arrows, item_of, surveyed, target_at
from tests.moto_world import ACCOUNT, REGION, Moto


@pytest.fixture
def between(moto: Moto) -> Iterator[Between]:
    server = Between(moto.address)
    yield server
    server.close()


DATABASE = "aws.rds.db-instance"
CLUSTER = "aws.rds.db-cluster"
TABLE = "aws.dynamodb.table"
BUCKET = "aws.s3.bucket"


def database(moto: Moto, name: str = "orders", **more: object) -> None:
    moto.client("rds").create_db_instance(
        DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20,
        MasterUsername="u", MasterUserPassword="secret-password", **more,
    )  # fmt: skip


def test_a_database_tells_its_protection_and_what_keeps_it(moto: Moto, tmp_path: Path) -> None:
    key = moto.client("kms").create_key()["KeyMetadata"]["Arn"]
    database(moto, DeletionProtection=True, BackupRetentionPeriod=7, StorageEncrypted=True, KmsKeyId=key,
             Tags=[{"Key": "environment", "Value": "production"}, {"Key": "criticality", "Value": "high"}])  # fmt: skip
    moto.client("rds").create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="orders-final")

    found = surveyed(target_at(moto.address, tmp_path), (DATABASE, "orders"))

    one = item_of(found, DATABASE, "orders")
    assert found.complete, found.limits
    assert one.protections == ("deletion protection",)
    assert {"automated-backup", "snapshot:orders-final"} <= set(one.kept)
    assert one.planes == ("data",)
    assert one.critical
    assert ("orders", "uses", key.rpartition(":")[2]) in arrows(found)
    assert ("orders-final", "copies", "orders") in arrows(found)


def test_a_database_without_copies_is_kept_by_nothing(moto: Moto, tmp_path: Path) -> None:
    database(moto, BackupRetentionPeriod=0)

    one = item_of(surveyed(target_at(moto.address, tmp_path), (DATABASE, "orders")), DATABASE, "orders")

    assert one.kept == ()
    assert one.protections == ()


def test_a_replica_keeps_its_original_and_both_are_one_group(moto: Moto, tmp_path: Path) -> None:
    database(moto)
    moto.client("rds").create_db_instance_read_replica(
        DBInstanceIdentifier="orders-2", SourceDBInstanceIdentifier="orders"
    )
    target = target_at(moto.address, tmp_path)

    original = surveyed(target, (DATABASE, "orders"))
    replica = surveyed(target, (DATABASE, "orders-2"))

    assert "replica:orders-2" in item_of(original, DATABASE, "orders").kept
    assert ("orders-2", "copies", "orders") in arrows(original)
    for found in (original, replica):
        assert {("replicas", "orders")} == {group for each in found.items for group in each.groups}
        assert ("orders-2", "copies", "orders") in arrows(found)


def test_a_cluster_takes_its_members_along_and_one_member_leaves_the_others(moto: Moto, tmp_path: Path) -> None:
    rds = moto.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="core", Engine="aurora-postgresql", MasterUsername="u",
        MasterUserPassword="secret-password", DeletionProtection=True,
    )  # fmt: skip
    for name in ("core-1", "core-2"):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.r5.large",
            Engine="aurora-postgresql",
            DBClusterIdentifier="core",
        )
    rds.create_db_cluster_snapshot(DBClusterIdentifier="core", DBClusterSnapshotIdentifier="core-final")
    target = target_at(moto.address, tmp_path)

    whole = surveyed(target, (CLUSTER, "core"))
    member = surveyed(target, (DATABASE, "core-1"))
    snapshot = surveyed(target, ("aws.rds.db-cluster-snapshot", "core-final"))

    assert item_of(whole, CLUSTER, "core").protections == ("deletion protection",)
    assert "snapshot:core-final" in item_of(whole, CLUSTER, "core").kept
    assert ("core-1", "contains", "core") in arrows(whole)
    assert ("core-1", "contains", "core") in arrows(member)
    assert item_of(member, DATABASE, "core-2").groups == (("db-cluster", "core"),)
    assert "replica:core-2" in item_of(member, DATABASE, "core-1").kept
    assert ("core-final", "copies", "core") in arrows(snapshot)


def test_what_shares_the_api_is_found_under_its_own_name(moto: Moto, tmp_path: Path) -> None:
    database(moto)

    found = surveyed(target_at(moto.address, tmp_path), ("aws.docdb.db-instance", "orders"))

    assert [each.resource.type for each in found.items if each.resource.name == "orders"] == ["aws.docdb.db-instance"]


def test_another_snapshot_keeps_what_this_one_is_a_copy_of(moto: Moto, tmp_path: Path) -> None:
    database(moto)
    for name in ("one", "two"):
        moto.client("rds").create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier=name)

    found = surveyed(target_at(moto.address, tmp_path), ("aws.rds.db-snapshot", "one"))

    assert item_of(found, "aws.rds.db-snapshot", "one").kept == ("snapshot:two",)
    assert ("one", "copies", "orders") in arrows(found)


def test_a_subnet_group_tells_its_databases(moto: Moto, tmp_path: Path) -> None:
    subnets = [each["SubnetId"] for each in moto.client("ec2").describe_subnets()["Subnets"]][:2]
    moto.client("rds").create_db_subnet_group(
        DBSubnetGroupName="inner", DBSubnetGroupDescription="x", SubnetIds=subnets
    )
    database(moto, DBSubnetGroupName="inner")

    found = surveyed(target_at(moto.address, tmp_path), ("aws.rds.db-subnet-group", "inner"))

    assert ("orders", "uses", "inner") in arrows(found)


def table(moto: Moto, **more: object) -> str:
    client = moto.client("dynamodb")
    arn = client.create_table(
        TableName="carts", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], **more,
    )["TableDescription"]["TableArn"]  # fmt: skip
    for number in range(3):
        client.put_item(TableName="carts", Item={"id": {"S": str(number)}})
    return str(arn)


def test_a_table_tells_how_much_is_in_it_and_from_what_it_can_be_restored(moto: Moto, tmp_path: Path) -> None:
    arn = table(moto, DeletionProtectionEnabled=True)
    client = moto.client("dynamodb")
    client.update_continuous_backups(
        TableName="carts", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    client.create_backup(TableName="carts", BackupName="monday")
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "Tenant", "Value": "acme"}])

    found = surveyed(target_at(moto.address, tmp_path), (TABLE, arn))

    one = item_of(found, TABLE, arn)
    assert one.size == 3
    assert one.kept == ("backup:monday", "point-in-time-recovery")
    assert one.protections == ("deletion protection",)
    assert dict(one.resource.location)["tenant"] == "acme"
    assert [edge.kind for edge in found.edges if edge.source.type == "aws.dynamodb.backup"] == ["copies"]


def test_a_table_without_anything_is_kept_by_nothing(moto: Moto, tmp_path: Path) -> None:
    arn = table(moto)

    assert item_of(surveyed(target_at(moto.address, tmp_path), (TABLE, arn)), TABLE, arn).kept == ()


def test_a_backup_is_a_copy_of_its_table(moto: Moto, tmp_path: Path) -> None:
    table(moto)
    arn = moto.client("dynamodb").create_backup(TableName="carts", BackupName="monday")["BackupDetails"]["BackupArn"]

    found = surveyed(target_at(moto.address, tmp_path), ("aws.dynamodb.backup", arn))

    assert (arn.rpartition(":")[2], "copies", "table/carts") in arrows(found)


def bucket(moto: Moto, name: str = "reports", **more: object) -> None:
    moto.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}, **more)


def test_a_bucket_tells_what_it_keeps_and_who_is_told(moto: Moto, tmp_path: Path) -> None:
    s3, sqs = moto.client("s3"), moto.client("sqs")
    bucket(moto)
    s3.put_bucket_versioning(Bucket="reports", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="reports", Tagging={"TagSet": [{"Key": "stage", "Value": "live"}]})
    sqs.create_queue(QueueName="news")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:news"
    s3.put_bucket_notification_configuration(
        Bucket="reports",
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    for number in range(4):
        s3.put_object(Bucket="reports", Key=f"a/{number}", Body=b"x")

    found = surveyed(target_at(moto.address, tmp_path, "development"), (BUCKET, "reports"))

    one = item_of(found, BUCKET, "reports")
    assert found.complete, found.limits
    assert one.size == 4
    assert one.kept == ("versioning",)
    assert "production" == found.environment == one.resource.environment
    assert ("news", "triggers", "reports") in arrows(found)


def test_a_locked_bucket_says_so(moto: Moto, tmp_path: Path) -> None:
    bucket(moto, ObjectLockEnabledForBucket=True)

    one = item_of(surveyed(target_at(moto.address, tmp_path), (BUCKET, "reports")), BUCKET, "reports")

    assert {"object-lock", "versioning"} == set(one.kept)
    assert one.protections == ("object lock",)


def test_a_bucket_that_is_replicated_as_a_whole_is_kept_by_its_replica(moto: Moto, tmp_path: Path) -> None:
    s3 = moto.client("s3")
    for name in ("reports", "mirror"):
        bucket(moto, name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": "arn:aws:s3:::mirror"},
    }  # fmt: skip
    s3.put_bucket_replication(
        Bucket="reports", ReplicationConfiguration={"Role": f"arn:aws:iam::{ACCOUNT}:role/r", "Rules": [rule]}
    )

    found = surveyed(target_at(moto.address, tmp_path), (BUCKET, "reports"))

    assert "replica:mirror" in item_of(found, BUCKET, "reports").kept
    assert ("mirror", "copies", "reports") in arrows(found)


def test_a_replica_that_follows_what_is_deleted_keeps_nothing(moto: Moto, between: Between, tmp_path: Path) -> None:
    bucket(moto)
    rule = (
        "<Rule><ID>all</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><DeleteMarkerReplication>"
        "<Status>Enabled</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::mirror</Bucket></Destination></Rule>"
    )
    body = f"<ReplicationConfiguration><Role>r</Role>{rule}</ReplicationConfiguration>"
    between.say("s3", "GET /reports?replication", Said(body=body, type="application/xml"))

    found = surveyed(target_at(between.address, tmp_path), (BUCKET, "reports"))

    assert ("mirror", "copies", "reports") in arrows(found)
    assert item_of(found, BUCKET, "reports").kept == ()


def test_an_object_is_kept_by_its_bucket_and_a_name_that_is_free_says_so(moto: Moto, tmp_path: Path) -> None:
    bucket(moto)
    s3 = moto.client("s3")
    s3.put_bucket_versioning(Bucket="reports", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="reports", Key="a/b", Body=b"x")
    target = target_at(moto.address, tmp_path)

    there = surveyed(target, ("aws.s3.object", "reports/a/b"))
    free = surveyed(target, ("aws.s3.object", "reports/a"))
    absent = surveyed(target, ("aws.s3.object", "nowhere/a"))

    one = item_of(there, "aws.s3.object", "reports/a/b")
    assert one.kept == ("versioning",)
    assert one.size == 1
    assert ("reports/a/b", "contains", "reports") in arrows(there)
    assert item_of(free, "aws.s3.object", "reports/a").size == 0
    assert absent.items == ()
    assert absent.complete, absent.limits


def test_ten_thousand_objects_of_one_call_are_looked_at_by_their_bucket(
    moto: Moto, between: Between, tmp_path: Path
) -> None:
    bucket(moto)
    moto.client("s3").put_bucket_versioning(Bucket="reports", VersioningConfiguration={"Status": "Enabled"})
    names = [("aws.s3.object", f"reports/{number}") for number in range(10_000)]

    found = surveyed(target_at(between.address, tmp_path), *names)

    assert {("versioning",)} == {each.kept for each in found.items if each.resource.type == "aws.s3.object"}
    assert len(found.items) == 10_001
    assert found.limits == ("`reports`: whether each of 10,000 objects is there was not looked at",)
    assert len(between.asked) < 10


@pytest.mark.parametrize("name", ["reports/a/", "reports/a/*"])
def test_a_prefix_becomes_the_objects_under_it(moto: Moto, tmp_path: Path, name: str) -> None:
    bucket(moto)
    for key in ("a/1", "a/2", "b/3"):
        moto.client("s3").put_object(Bucket="reports", Key=key, Body=b"x")

    found = surveyed(target_at(moto.address, tmp_path), ("aws.s3.object", name))

    prefix = item_of(found, "aws.s3.object", name)
    assert [each.name for each in found.inside(prefix.resource)] == ["reports/a/1", "reports/a/2"]
    assert prefix.size == 2
    assert found.complete, found.limits


def test_a_prefix_with_more_objects_than_are_listed_says_so(
    moto: Moto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlock.survey.aws.storage.COUNTED", 2)
    bucket(moto)
    for key in ("a/1", "a/2", "a/3"):
        moto.client("s3").put_object(Bucket="reports", Key=key, Body=b"x")

    found = surveyed(target_at(moto.address, tmp_path), ("aws.s3.object", "reports/a/"))

    assert item_of(found, "aws.s3.object", "reports/a/").size is None
    assert not found.complete
    assert found.limits == ("`reports/a/`: there are more than 2 objects",)


def test_a_file_system_tells_its_ways_in(moto: Moto, tmp_path: Path) -> None:
    efs = moto.client("efs")
    name = efs.create_file_system(CreationToken="x", Tags=[{"Key": "env", "Value": "prod"}])["FileSystemId"]
    subnet = moto.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    way = efs.create_mount_target(FileSystemId=name, SubnetId=subnet)["MountTargetId"]
    target = target_at(moto.address, tmp_path)

    found = surveyed(target, ("aws.efs.file-system", name))
    target_only = surveyed(target, ("aws.efs.mount-target", way))

    assert item_of(found, "aws.efs.file-system", name).planes == ("data",)
    assert (way, "uses", name) in arrows(found)
    assert (way, "uses", f"subnet/{subnet}") in arrows(found)
    assert (way, "uses", f"file-system/{name}") in arrows(target_only)


def test_a_key_tells_what_is_encrypted_with_it(moto: Moto, tmp_path: Path) -> None:
    kms = moto.client("kms")
    key = kms.create_key(Tags=[{"TagKey": "env", "TagValue": "prod"}])["KeyMetadata"]
    kms.create_alias(AliasName="alias/main", TargetKeyId=key["KeyId"])
    database(moto, StorageEncrypted=True, KmsKeyId=key["Arn"])
    moto.client("secretsmanager").create_secret(Name="db", SecretString="x", KmsKeyId=key["Arn"])
    volume = moto.client("ec2").create_volume(
        AvailabilityZone=f"{REGION}a", Size=1, Encrypted=True, KmsKeyId=key["Arn"]
    )["VolumeId"]
    target = target_at(moto.address, tmp_path)

    found = surveyed(target, ("aws.kms.key", key["KeyId"]))
    alias = surveyed(target, ("aws.kms.alias", "alias/main"))

    name = key["KeyId"]
    assert item_of(found, "aws.kms.key", name).planes == ("encryption",)
    assert item_of(found, "aws.kms.key", name).kept == ("recovery-window:30",)
    assert {("orders", "uses", name), ("db", "uses", name), (f"volume/{volume}", "uses", name)} <= arrows(found)
    assert ("alias/main", "uses", name) in arrows(found)
    assert ("alias/main", "uses", f"key/{name}") in arrows(alias)


@pytest.mark.parametrize("called", ["name", "arn"])
def test_a_secret_is_one_thing_by_name_and_by_arn(moto: Moto, tmp_path: Path, called: str) -> None:
    made = moto.client("secretsmanager").create_secret(Name="app/db", SecretString="x")
    name = made["Name"] if called == "name" else made["ARN"]

    found = surveyed(target_at(moto.address, tmp_path), ("aws.secretsmanager.secret", name))

    assert [name] == [each.resource.name for each in found.items]
    assert found.items[0].kept == ("recovery-window:30",)


def test_a_parameter_is_one_thing_with_and_without_its_first_slash(moto: Moto, tmp_path: Path) -> None:
    ssm = moto.client("ssm")
    ssm.put_parameter(Name="/app/url", Value="x", Type="SecureString")
    target = target_at(moto.address, tmp_path)

    for name in ("/app/url", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/app/url"):
        one = item_of(surveyed(target, ("aws.ssm.parameter", name)), "aws.ssm.parameter", name)
        assert one.planes == ("encryption",)
    assert surveyed(target, ("aws.ssm.parameter", "/app/other")).items == ()


def test_caches_and_warehouses_tell_their_snapshots(moto: Moto, tmp_path: Path) -> None:
    redshift, cache = moto.client("redshift"), moto.client("elasticache")
    redshift.create_cluster(
        ClusterIdentifier="dwh", NodeType="dc2.large", MasterUsername="u", MasterUserPassword="Secret-password1"
    )
    redshift.create_cluster_snapshot(SnapshotIdentifier="monday", ClusterIdentifier="dwh")
    cache.create_cache_cluster(
        CacheClusterId="sessions", Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1
    )
    target = target_at(moto.address, tmp_path)

    found = surveyed(target, ("aws.redshift.cluster", "dwh"))
    node = surveyed(target, ("aws.elasticache.cache-cluster", "sessions"))

    assert "snapshot:monday" in item_of(found, "aws.redshift.cluster", "dwh").kept
    assert ("dwh/monday", "copies", "dwh") in arrows(found)
    assert item_of(node, "aws.elasticache.cache-cluster", "sessions").planes == ("data",)


def test_a_vault_tells_its_lock(moto: Moto, tmp_path: Path) -> None:
    moto.client("backup").create_backup_vault(BackupVaultName="safe")

    found = surveyed(target_at(moto.address, tmp_path), ("aws.backup.backup-vault", "safe"))

    assert item_of(found, "aws.backup.backup-vault", "safe").planes == ("data",)


def test_a_user_pool_tells_how_many_there_are_in_it(moto: Moto, tmp_path: Path) -> None:
    cognito = moto.client("cognito-idp")
    name = cognito.create_user_pool(PoolName="users", DeletionProtection="ACTIVE")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(UserPoolId=name, ClientName="web")["UserPoolClient"]["ClientId"]

    found = surveyed(target_at(moto.address, tmp_path), ("aws.cognito-idp.user-pool", name))

    one = item_of(found, "aws.cognito-idp.user-pool", name)
    assert one.planes == ("data", "identity")
    assert (f"{name}/{client}", "contains", name) in arrows(found)


def test_a_certificate_tells_who_shows_it(moto: Moto, tmp_path: Path) -> None:
    arn = moto.client("acm").request_certificate(DomainName="example.com")["CertificateArn"]

    found = surveyed(target_at(moto.address, tmp_path), ("aws.acm.certificate", arn))

    assert item_of(found, "aws.acm.certificate", arn).planes == ("routing",)
    assert found.edges == ()
