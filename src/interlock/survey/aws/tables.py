"""Tables: DynamoDB: how much is in them, what they can be restored from, where else they are, and who listens."""

from __future__ import annotations

from interlock.aws.things import Thing
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note


def table(note: Note) -> None:
    """Size, protection, streams, replicas in other regions."""
    name = note.thing.parts[-1]
    one = note.ask("dynamodb", "describe_table", TableName=name).get("Table", {})
    facts = note.of()
    facts.planes["data"] = None
    facts.size = one.get("ItemCount")
    facts.keys = tuple(each["AttributeName"] for each in one.get("KeySchema", ()))
    if one.get("DeletionProtectionEnabled"):
        facts.protections["deletion protection"] = None
    note.uses_arn(
        (one.get("SSEDescription") or {}).get("KMSMasterKeyArn"), "describe_table: encrypted with it", "encryption"
    )
    for replica in one.get("Replicas", ()):
        if replica.get("RegionName") != note.thing.region and replica.get("ReplicaStatus", "ACTIVE") == "ACTIVE":
            other = Thing("aws.dynamodb.table", (name,), replica["RegionName"], note.thing.account)
            facts.kept[f"replica:{replica['RegionName']}"] = None
            # Called by the region, too: both have one name, and a thing is known by its type and name.
            note.copy(other._replace(parts=(f"{name}@{replica['RegionName']}",)), "describe_table: global table")
    stream = one.get("LatestStreamArn")
    if stream and (one.get("StreamSpecification") or {}).get("StreamEnabled"):
        listeners(note, stream)
    tags = note.pages("dynamodb", "list_tags_of_resource", "Tags", "tags", ResourceArn=one["TableArn"])
    facts.tags |= {each["Key"]: each["Value"] for each in tags}


def restorable(note: Note) -> None:
    """Point-in-time recovery, and backups on demand, which stay when the table goes."""
    name = note.thing.parts[-1]
    said = note.maybe("dynamodb", "describe_continuous_backups", TableName=name) or {}
    recovery = said.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") == "ENABLED":
        note.of().kept["point-in-time-recovery"] = None
    found = note.pages("dynamodb", "list_backups", "BackupSummaries", "backups of it", TableName=name)
    for each in found:
        if each.get("BackupStatus", "AVAILABLE") == "AVAILABLE" and each.get("BackupType", "USER") != "SYSTEM":
            note.of().kept[f"backup:{each['BackupName']}"] = None
            copy = note.thing_of("aws.dynamodb.backup", name, each["BackupArn"].rpartition("/")[2])
            note.copy(copy, "list_backups: backup of it")


def backup(note: Note) -> None:
    """A backup: of which table."""
    answer = note.ask("dynamodb", "describe_backup", BackupArn=note.thing.name)
    described = answer.get("BackupDescription", {})
    if described.get("BackupDetails", {}).get("BackupStatus") == "DELETED":
        raise Absent(note.thing.name)
    note.of().planes["data"] = None
    original = note.thing_of("aws.dynamodb.table", note.thing.parts[0])
    note.edge(note.thing, "copies", original, "describe_backup: backup of it")


def listeners(note: Note, arn: str) -> None:
    """Functions that run on what this stream, queue or table sends."""
    mappings = note.pages(
        "lambda", "list_event_source_mappings", "EventSourceMappings", "listeners", EventSourceArn=arn
    )
    for each in mappings:
        function = note.thing_of("aws.lambda.function", each["FunctionArn"].split(":")[6])
        note.of(function)
        note.edge(function, "triggers", note.thing, "list_event_source_mappings: runs on what it sends")
