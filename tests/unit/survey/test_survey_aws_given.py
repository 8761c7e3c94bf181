"""What the reader makes of a survey: selectors become what they mean, and what is kept lowers what is lost."""

from __future__ import annotations

import json
from pathlib import Path

from tests.aws_survey import target_at
from tests.moto_world import REGION, Moto

from interlock.assess.assess import assess
from interlock.model.change import Change
from interlock.model.inventory import Inventory
from interlock.model.target import Bounds, Environment
from interlock.read.aws.reader import AwsReader
from interlock.survey.aws.aws import survey

PRODUCTION = Environment("production")


def judged(moto: Moto, folder: Path, service: str, operation: str, **parameters: object) -> tuple[Change, Inventory]:
    """The change as it is at this target."""
    call = {"service": service, "operation": operation, "region": REGION, "parameters": parameters}
    reader, target = AwsReader(), target_at(moto.address, folder)
    change = reader(json.dumps(call).encode(), "", target.environment).change
    found = survey(target, change, bounds=Bounds(180_000, age=0), now=1, monotonic=lambda: 0)
    return reader.given(change, found), found


def named(change: Change) -> set[tuple[str, str, str]]:
    return {(each.verb, each.resource.type, each.resource.name.rpartition(":")[2]) for each in change.effects}


def test_deleting_a_stack_names_all_that_goes_and_what_is_lost_with_it(moto: Moto, tmp_path: Path) -> None:
    database = {
        "Type": "AWS::RDS::DBInstance",
        "Properties": {
            "DBInstanceIdentifier": "orders", "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
            "AllocatedStorage": "5", "MasterUsername": "u", "MasterUserPassword": "secret-password",
        },
    }  # fmt: skip
    body = {
        "Resources": {
            "Database": database,
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
            "Bucket": {
                "Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": "reports"}
            },
        }
    }  # fmt: skip
    moto.client("cloudformation").create_stack(StackName="reporting", TemplateBody=json.dumps(body))

    change, found = judged(moto, tmp_path, "cloudformation", "DeleteStack", StackName="reporting")
    assessment = assess(change, inventory=found, rehearsal=None, claimed=PRODUCTION, found=PRODUCTION)

    assert {
        ("delete", "aws.cloudformation.stack", "reporting"),
        ("delete", "aws.rds.db-instance", "orders"),
        ("delete", "aws.sqs.queue", "jobs"),
    } <= named(change)
    assert ("delete", "aws.s3.bucket", "reports") not in named(change)
    assert assessment.reversibility == "irreversible"


def test_terminating_an_instance_takes_its_volume_along_and_its_stack_stays(moto: Moto, tmp_path: Path) -> None:
    ec2 = moto.client("ec2")
    image = moto.image()
    body = {"Resources": {"One": {"Type": "AWS::EC2::Instance", "Properties": {"ImageId": image}}}}
    moto.client("cloudformation").create_stack(StackName="web", TemplateBody=json.dumps(body))
    name = ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]

    change, found = judged(moto, tmp_path, "ec2", "TerminateInstances", InstanceIds=[name])
    assessment = assess(change, inventory=found, rehearsal=None, claimed=PRODUCTION, found=PRODUCTION)

    assert (name, "contains", "web") in {
        (each.source.name.rpartition("/")[2], each.kind, each.target.name) for each in found.edges
    }
    assert "aws.cloudformation.stack" not in {each.resource.type for each in assessment.reach.must}


def test_writing_a_new_object_is_less_than_writing_over_one_and_versions_keep_what_was_there(
    moto: Moto, tmp_path: Path
) -> None:
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="reports", Key="old", Body=b"x")

    def way(key: str) -> str:
        change, found = judged(moto, tmp_path, "s3", "PutObject", Bucket="reports", Key=key)
        return assess(change, inventory=found, rehearsal=None, claimed=PRODUCTION, found=PRODUCTION).reversibility

    assert way("old") == "irreversible"
    assert way("new") != "irreversible"
    s3.put_bucket_versioning(Bucket="reports", VersioningConfiguration={"Status": "Enabled"})
    assert way("old") == "exact-inverse"


def test_a_snapshot_lowers_what_deleting_a_database_loses(moto: Moto, tmp_path: Path) -> None:
    rds = moto.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="orders", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=5,
        MasterUsername="u", MasterUserPassword="secret-password", BackupRetentionPeriod=0,
    )  # fmt: skip

    def way() -> str:
        change, found = judged(
            moto, tmp_path, "rds", "DeleteDBInstance", DBInstanceIdentifier="orders", SkipFinalSnapshot=True
        )
        return assess(change, inventory=found, rehearsal=None, claimed=PRODUCTION, found=PRODUCTION).reversibility

    assert way() == "irreversible"
    rds.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="kept")
    assert way() == "verified-copy"


def test_a_command_to_instances_by_tag_names_those_that_have_it(moto: Moto, tmp_path: Path) -> None:
    ec2 = moto.client("ec2")
    made = ec2.run_instances(
        ImageId=moto.image(), MinCount=2, MaxCount=2,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "web"}]}],
    )["Instances"]  # fmt: skip

    change, found = judged(
        moto, tmp_path, "ssm", "SendCommand", DocumentName="AWS-RunShellScript",
        Targets=[{"Key": "tag:role", "Values": ["web"]}],
    )  # fmt: skip

    assert {each["InstanceId"] for each in made} <= {name.rpartition("/")[2] for _, _, name in named(change)}
    assert found.complete, found.limits
