"""The practice cloud: one endpoint for moto and the stand-in, whose environments own real resources."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from interlock.errors import BadConfiguration
from interlock.practice.cloud import process
from interlock.practice.cloud.environments import DATABASE, PROPERTIES
from interlock.practice.cloud.process import Cloud
from interlock.practice.cloud.query import QueryService

DATABASE_SETTING = {"Namespace": DATABASE, "OptionName": "HasCoupledDatabase", "Value": "true"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with Cloud(tmp_path_factory.mktemp("cloud") / "log", pace=0.2) as cloud:
        cloud.client("elasticbeanstalk").create_application(ApplicationName="app")
        yield cloud


def settled(cloud: Cloud, name: str) -> dict[str, Any]:
    """The environment once nothing moves any more."""
    for _ in range(300):
        found = cloud.client("elasticbeanstalk").describe_environments(
            ApplicationName="app", EnvironmentNames=[name], IncludeDeleted=True
        )["Environments"][-1]
        if found["Status"] in ("Ready", "Terminated"):
            assert isinstance(found, dict)
            return found
        time.sleep(0.05)
    raise AssertionError(f"{name} did not settle")


def create(cloud: Cloud, name: str, *settings: dict[str, str], **more: Any) -> dict[str, Any]:
    cloud.client("elasticbeanstalk").create_environment(
        ApplicationName="app", EnvironmentName=name, OptionSettings=list(settings), **more
    )
    return settled(cloud, name)


def databases(cloud: Cloud, environment: dict[str, Any]) -> set[object]:
    found = cloud.client("rds").describe_db_instances()["DBInstances"]
    return {
        each["InstanceCreateTime"] for each in found if environment["EnvironmentId"] in each["DBInstanceIdentifier"]
    }


def instances(cloud: Cloud, name: str) -> set[str]:
    filters = [
        {"Name": "tag:elasticbeanstalk:environment-name", "Values": [name]},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    found = cloud.client("ec2").describe_instances(Filters=filters)["Reservations"]
    return {each["InstanceId"] for page in found for each in page["Instances"]}


def test_one_endpoint_serves_moto_and_the_stand_in(cloud: Cloud) -> None:
    cloud.client("s3").create_bucket(
        Bucket="some-bucket", CreateBucketConfiguration={"LocationConstraint": process.REGION}
    )

    assert [each["Name"] for each in cloud.client("s3").list_buckets()["Buckets"]] == ["some-bucket"]
    applications = cloud.client("elasticbeanstalk").describe_applications()["Applications"]
    assert [each["ApplicationName"] for each in applications] == ["app"]


def test_an_environment_owns_instances_a_balancer_and_the_database_that_is_coupled_to_it(cloud: Cloud) -> None:
    environment = create(cloud, "owns", DATABASE_SETTING, Tags=[{"Key": "environment", "Value": "staging"}])
    resources = cloud.client("elasticbeanstalk").describe_environment_resources(EnvironmentName="owns")
    owned = resources["EnvironmentResources"]

    assert instances(cloud, "owns") == {each["Id"] for each in owned["Instances"]}
    assert [len(owned[kind]) for kind in ("Instances", "LoadBalancers", "AutoScalingGroups")] == [2, 1, 1]
    assert len(databases(cloud, environment)) == 1
    tags = cloud.client("elasticbeanstalk").list_tags_for_resource(ResourceArn=environment["EnvironmentArn"])
    assert {"Key": "environment", "Value": "staging"} in tags["ResourceTags"]


def test_terminating_destroys_what_the_environment_owns(cloud: Cloud) -> None:
    environment = create(cloud, "ends", DATABASE_SETTING)

    cloud.client("elasticbeanstalk").terminate_environment(EnvironmentName="ends")
    gone = settled(cloud, "ends")

    assert gone["Status"] == "Terminated"
    assert (instances(cloud, "ends"), databases(cloud, environment)) == (set(), set())


def test_rebuilding_makes_everything_anew_and_the_coupled_database_empty(cloud: Cloud) -> None:
    environment = create(cloud, "anew", DATABASE_SETTING)
    before = instances(cloud, "anew"), databases(cloud, environment)

    cloud.client("elasticbeanstalk").rebuild_environment(EnvironmentName="anew")
    settled(cloud, "anew")

    after = instances(cloud, "anew"), databases(cloud, environment)
    assert [len(each) for each in after] == [2, 1]
    assert [old & new for old, new in zip(before, after, strict=True)] == [set(), set()]


def test_updating_keeps_what_the_environment_owns_and_its_other_settings(cloud: Cloud) -> None:
    other = {"Namespace": PROPERTIES, "OptionName": "KEPT", "Value": "yes"}
    create(cloud, "update", other)
    before = instances(cloud, "update")

    cloud.client("elasticbeanstalk").update_environment(
        EnvironmentName="update", OptionSettings=[{"Namespace": PROPERTIES, "OptionName": "NEW", "Value": "1"}]
    )
    settled(cloud, "update")

    settings = cloud.client("elasticbeanstalk").describe_configuration_settings(
        ApplicationName="app", EnvironmentName="update"
    )["ConfigurationSettings"][0]["OptionSettings"]
    assert {each["OptionName"]: each["Value"] for each in settings} == {"KEPT": "yes", "NEW": "1"}
    assert before == instances(cloud, "update")


def test_swapping_names_swaps_who_is_reached(cloud: Cloud) -> None:
    left, right = create(cloud, "left"), create(cloud, "right")

    cloud.client("elasticbeanstalk").swap_environment_cnames(
        SourceEnvironmentName="left", DestinationEnvironmentName="right"
    )

    assert (right["CNAME"], left["CNAME"]) == (settled(cloud, "left")["CNAME"], settled(cloud, "right")["CNAME"])


def test_events_tell_what_was_done_newest_first(cloud: Cloud) -> None:
    create(cloud, "told")

    events = cloud.client("elasticbeanstalk").describe_events(EnvironmentName="told")["Events"]
    messages = [each["Message"] for each in events]
    assert messages == ["createEnvironment completed successfully.", "createEnvironment is starting."]


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("terminate_environment", {"EnvironmentName": "nobody"}, "InvalidParameterValue"),
        ("create_environment", {"ApplicationName": "none", "EnvironmentName": "some"}, "InvalidParameterValue"),
        ("abort_environment_update", {"EnvironmentName": "nobody"}, "InvalidAction"),
    ],
)
def test_what_cannot_be_done_is_an_error_that_clients_know(
    cloud: Cloud, operation: str, parameters: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(cloud.client("elasticbeanstalk"), operation)(**parameters)

    assert code == refused.value.response["Error"]["Code"]


def test_an_environment_in_the_middle_of_a_change_takes_no_other(cloud: Cloud) -> None:
    create(cloud, "busy")
    cloud.client("elasticbeanstalk").rebuild_environment(EnvironmentName="busy")

    with pytest.raises(ClientError, match="Must be Ready"):
        cloud.client("elasticbeanstalk").rebuild_environment(EnvironmentName="busy")
    settled(cloud, "busy")


def test_a_form_with_what_the_model_does_not_name_is_refused() -> None:
    service = QueryService("elasticbeanstalk", {"RebuildEnvironment": lambda _: None})

    status, xml = service.answer("Action=RebuildEnvironment&Version=2010-12-01&Everything=true", "id")

    assert status == 400
    assert "Unknown parameter: Everything" in xml


def test_without_its_parts_the_cloud_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "moto" else found(name))

    with pytest.raises(BadConfiguration, match="moto") as missing:
        process.require_parts()
    assert "interlock[demo]" in missing.value.hint


def test_a_cloud_that_is_closed_has_ended(tmp_path: Path) -> None:
    with Cloud(tmp_path / "log") as cloud:
        endpoint = cloud.endpoint

    assert endpoint.startswith("http://127.0.0.1:")
    assert cloud.ended
