"""Beanstalk: environments of Elastic Beanstalk and all that goes with one, its database not least."""

from __future__ import annotations

from typing import Any

from interlock.aws.things import Thing, of_stack
from interlock.survey.aws.dns import pointing
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, tags_of


def environment(note: Note) -> None:
    """Its instances, balancers and database go with it; so does its CNAME, which anybody can take then."""
    name = note.thing.parts[-1]
    key = "EnvironmentIds" if name.startswith("e-") else "EnvironmentNames"
    given: dict[str, Any] = {key: [name]}
    answer = note.ask("elasticbeanstalk", "describe_environments", IncludeDeleted=False, **given)
    found = [each for each in answer.get("Environments", ()) if each.get("Status") != "Terminated"]
    if not found:
        raise Absent(name)
    one = found[0]
    if key == "EnvironmentIds":
        note.same.append((note.thing, note.thing_of("aws.elasticbeanstalk.environment", one["EnvironmentName"])))
    facts = note.of()
    facts.planes["deployment"] = None
    if one.get("EnvironmentArn"):
        said = note.maybe("elasticbeanstalk", "list_tags_for_resource", ResourceArn=one["EnvironmentArn"]) or {}
        facts.tags |= tags_of(said.get("ResourceTags"))
    application = note.thing_of("aws.elasticbeanstalk.application", one["ApplicationName"])
    note.of(application).planes["deployment"] = None
    note.is_in(application, "describe_environments: environment of it")
    if one.get("VersionLabel"):
        version = note.thing_of("aws.elasticbeanstalk.application-version", one["ApplicationName"], one["VersionLabel"])
        note.uses(version, "describe_environments: runs it", "shared-code")
    _resources(note, one)
    _settings(note, one)
    pointing(note, [one.get("CNAME", ""), one.get("EndpointURL", "")])


def _resources(note: Note, one: dict[str, Any]) -> None:
    answer = note.maybe("elasticbeanstalk", "describe_environment_resources", EnvironmentId=one["EnvironmentId"]) or {}
    held = answer.get("EnvironmentResources", {})
    for kind, type_, name in (
        ("Instances", "aws.ec2.instance", "Id"),
        ("AutoScalingGroups", "aws.autoscaling.auto-scaling-group", "Name"),
        ("LaunchConfigurations", "aws.autoscaling.launch-configuration", "Name"),
        ("LaunchTemplates", "aws.ec2.launch-template", "Id"),
        ("Queues", "aws.sqs.queue", "URL"),
    ):
        for each in held.get(kind, ()):
            inner = note.thing_of(type_, each[name].rpartition("/")[2] if kind == "Queues" else each[name])
            note.holds(inner, f"describe_environment_resources: {kind}")
    for each in held.get("LoadBalancers", ()):
        kind = "AWS::ElasticLoadBalancingV2::LoadBalancer" if each["Name"].startswith("arn:") else (
            "AWS::ElasticLoadBalancing::LoadBalancer"
        )  # fmt: skip
        inner = of_stack(kind, each["Name"], note.thing.region, note.thing.account)
        note.holds(inner, "describe_environment_resources: LoadBalancers")
    stack = note.thing_of("aws.cloudformation.stack", f"awseb-{one['EnvironmentId']}-stack")
    resources = note.pages(
        "cloudformation", "list_stack_resources", "StackResourceSummaries", "resources of its stack",
        ("ValidationError",), StackName=stack.parts[-1],
    )  # fmt: skip
    for each in resources:
        if each["ResourceType"].startswith("AWS::RDS::DB") and each.get("PhysicalResourceId"):
            _database(
                note, of_stack(each["ResourceType"], each["PhysicalResourceId"], note.thing.region, note.thing.account)
            )


def _database(note: Note, inner: Thing) -> None:
    note.of(inner).planes["data"] = None
    note.holds(inner, "list_stack_resources: database of the environment, which dies with it")


def _settings(note: Note, one: dict[str, Any]) -> None:
    """What the environment says of its own database: whether it is coupled, and what becomes of it."""
    answer = note.maybe(
        "elasticbeanstalk", "describe_configuration_settings",
        ApplicationName=one["ApplicationName"], EnvironmentName=one["EnvironmentName"],
    ) or {}  # fmt: skip
    for settings in answer.get("ConfigurationSettings", ()):
        said = {
            (each.get("Namespace"), each.get("OptionName")): each.get("Value")
            for each in settings.get("OptionSettings", ())
        }
        policy = said.get(("aws:rds:dbinstance", "DBDeletionPolicy"))
        if policy == "Retain":
            note.of().protections["its database is retained"] = None
        elif policy == "Snapshot":
            note.of().protections["its database leaves a snapshot"] = None


def application(note: Note) -> None:
    """Every environment and version of it goes with it."""
    name = note.thing.parts[-1]
    answer = note.ask("elasticbeanstalk", "describe_applications", ApplicationNames=[name])
    if not answer.get("Applications"):
        raise Absent(name)
    note.of().planes["deployment"] = None
    running = note.maybe("elasticbeanstalk", "describe_environments", ApplicationName=name, IncludeDeleted=False) or {}
    for each in running.get("Environments", ()):
        if each.get("Status") != "Terminated":
            inner = note.thing_of("aws.elasticbeanstalk.environment", each["EnvironmentName"])
            note.holds(inner, "describe_environments: environment of it")


def version(note: Note) -> None:
    """Which environments run it."""
    name, label = (*note.thing.parts, "")[:2]
    answer = note.ask("elasticbeanstalk", "describe_application_versions", ApplicationName=name, VersionLabels=[label])
    if not answer.get("ApplicationVersions"):
        raise Absent(label)
    note.of().planes["shared-code"] = None
    running = note.maybe("elasticbeanstalk", "describe_environments", ApplicationName=name, VersionLabel=label) or {}
    for each in running.get("Environments", ()):
        user = note.thing_of("aws.elasticbeanstalk.environment", each["EnvironmentName"])
        note.used_by(user, "describe_environments: runs it")
