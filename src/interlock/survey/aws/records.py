"""Records: logs, trails and alarms: what shows afterwards what happened."""

from __future__ import annotations

from interlock.aws.things import typed
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, tags_of


def log_group(note: Note) -> None:
    """A group of logs: how long it keeps them, and whoever gets a copy."""
    name = note.thing.parts[-1]
    groups = note.eye.pages(
        "logs", "describe_log_groups", note.thing.region, "logGroups", logGroupNamePrefix=name
    ).found
    found = [each for each in groups if each["logGroupName"] == name]
    if not found:
        raise Absent(name)
    one = found[0]
    facts = note.of()
    facts.planes |= {"audit": None, "data": None}
    if one.get("deletionProtectionEnabled"):
        facts.protections["deletion protection"] = None
    note.uses_arn(one.get("kmsKeyId"), "describe_log_groups: encrypted with it", "encryption")
    said = note.maybe("logs", "list_tags_log_group", logGroupName=name) or {}
    facts.tags |= tags_of(said.get("tags"))
    for each in note.pages(
        "logs", "describe_subscription_filters", "subscriptionFilters", "subscriptions", logGroupName=name
    ):
        to = typed(each["destinationArn"])
        if to is not None:
            note.of(to)
            note.edge(to, "triggers", note.thing, "describe_subscription_filters: gets a copy")
        if not each.get("filterPattern"):
            facts.kept["copy"] = None


def trail(note: Note) -> None:
    """A trail: whether it runs, and where its records lie, which stay when it goes."""
    name = note.thing.parts[-1]
    answer = note.ask("cloudtrail", "describe_trails", trailNameList=[name])
    if not answer.get("trailList"):
        raise Absent(name)
    one = answer["trailList"][0]
    facts = note.of()
    facts.planes["audit"] = None
    facts.kept["definition"] = None
    said = note.maybe("cloudtrail", "list_tags", ResourceIdList=[one["TrailARN"]]) or {}
    for each in said.get("ResourceTagList", ()):
        facts.tags |= tags_of(each.get("TagsList"))
    note.uses_arn(f"arn:aws:s3:::{one.get('S3BucketName', '')}", "describe_trails: writes to it", "audit")
    note.uses_arn(one.get("CloudWatchLogsLogGroupArn"), "describe_trails: writes to it", "audit")
    note.uses_arn(one.get("KmsKeyId"), "describe_trails: encrypted with it", "encryption")


def alarm(note: Note) -> None:
    """An alarm: who is called by it."""
    name = note.thing.parts[-1]
    answer = note.ask("cloudwatch", "describe_alarms", AlarmNames=[name])
    found = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
    if not found:
        raise Absent(name)
    facts = note.of()
    facts.planes["audit"] = None
    facts.kept["definition"] = None
    for arn in found[0].get("AlarmActions", ()):
        told = typed(arn)
        if told is not None:
            note.of(told)
            note.edge(told, "triggers", note.thing, "describe_alarms: called by it")
