"""Storage: buckets and objects, file systems, and what AWS Backup keeps of anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from interlock.aws.things import Thing, typed
from interlock.survey.aws.dns import pointing
from interlock.survey.aws.eye import Absent, Unseen
from interlock.survey.aws.note import Note, tags_of

#: Objects of a bucket or prefix are counted, and listed, up to here.
COUNTED: Final = 1_000


def bucket(note: Note) -> None:
    """Versioning, locks, what is in it, where it is replicated to, who is told of what happens in it."""
    name = note.thing.parts[0]
    note.ask("s3", "head_bucket", Bucket=name)
    facts = note.of()
    facts.planes["data"] = None
    region = (note.maybe("s3", "get_bucket_location", Bucket=name) or {}).get("LocationConstraint") or "us-east-1"
    facts.location["region"] = {"EU": "eu-west-1"}.get(region, region)
    kept_by_bucket(note, name)
    said = note.maybe("s3", "get_bucket_tagging", Bucket=name) or {}
    facts.tags |= tags_of(said.get("TagSet"))
    _replicated(note, name)
    _told(note, name)
    said = (
        note.maybe("s3", "get_bucket_encryption", ("ServerSideEncryptionConfigurationNotFoundError",), Bucket=name)
        or {}
    )
    for rule in said.get("ServerSideEncryptionConfiguration", {}).get("Rules", ()):
        key = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", "")
        note.uses_arn(key, "get_bucket_encryption: encrypted with it", "encryption")
    listed = note.eye.pages("s3", "list_objects_v2", note.thing.region, "Contents", most=COUNTED, Bucket=name)
    facts.size = None if listed.cut else len(listed.found)
    pointing(note, [f"{name}.s3-website.{region}.amazonaws.com", f"{name}.s3-website-{region}.amazonaws.com"])


def kept_by_bucket(note: Note, name: str) -> None:
    """What its bucket does for whatever is written over or deleted in it."""
    facts = note.of()
    versioning = note.maybe("s3", "get_bucket_versioning", Bucket=name) or {}
    if versioning.get("Status") == "Enabled":
        facts.kept["versioning"] = None
    if versioning.get("MFADelete") == "Enabled":
        facts.protections["MFA delete"] = None
    lock = (
        note.maybe("s3", "get_object_lock_configuration", ("ObjectLockConfigurationNotFoundError",), Bucket=name) or {}
    )
    if lock.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled":
        facts.kept["object-lock"] = None
        facts.protections["object lock"] = None


def _replicated(note: Note, name: str) -> None:
    said = note.maybe("s3", "get_bucket_replication", ("ReplicationConfigurationNotFoundError",), Bucket=name) or {}
    for rule in said.get("ReplicationConfiguration", {}).get("Rules", ()):
        other = typed(rule.get("Destination", {}).get("Bucket", ""))
        if rule.get("Status") == "Enabled" and other is not None:
            whole = not rule.get("Prefix") and not any((rule.get("Filter") or {}).values())
            follows = (rule.get("DeleteMarkerReplication") or {}).get("Status") == "Enabled"
            if whole and not follows:  # a replica that follows what is deleted keeps nothing
                note.of().kept[f"replica:{other.name}"] = None
            note.copy(other, "get_bucket_replication: replicated to it")


def _told(note: Note, name: str) -> None:
    said = note.maybe("s3", "get_bucket_notification_configuration", Bucket=name) or {}
    for kind, arn in (
        ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
        ("QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "TopicArn"),
    ):
        for each in said.get(kind, ()):
            other = typed(each.get(arn, ""))
            if other is not None:
                note.of(other)
                note.edge(other, "triggers", note.thing, "get_bucket_notification_configuration: told of what happens")


def thing(note: Note) -> None:
    """One object, or everything under a prefix where its name ends like one."""
    parts = note.thing.parts
    name, key = parts[0], parts[1] if len(parts) > 1 else ""
    if not key or key.endswith(("/", "*")):
        _under(note, name, key.removesuffix("*"))
        return
    # Listed and not asked for: who may ask for an object's head may read the object.
    found = note.ask("s3", "list_objects_v2", Bucket=name, Prefix=key, MaxKeys=1).get("Contents", ())
    note.ask("s3", "head_bucket", Bucket=name)
    _in_bucket(note, name)
    # A name that is free in a bucket that is there: whoever writes under it takes nothing away.
    note.of().size = int(any(each["Key"] == key for each in found))
    note.of().keys = ("Key",)


def many(note: Note, things: Sequence[Thing]) -> None:
    """Many objects of the bucket that is looked at: what it keeps is looked at once, and each of them is believed."""
    name = note.thing.parts[0]
    note.ask("s3", "head_bucket", Bucket=name)
    _in_bucket(note, name)
    own = note.of()
    for each in things:
        facts = note.of(each)
        facts.planes["data"] = None
        facts.keys = ("Key",)
        facts.kept |= own.kept
        facts.protections |= own.protections
        facts.tags |= own.tags
        note.edge(each, "contains", note.thing, "named by the call: in the bucket")
    note.unseen(f"whether each of {len(things):,} objects is there was not looked at")


def _in_bucket(note: Note, name: str) -> None:
    note.of().planes["data"] = None
    kept_by_bucket(note, name)
    outer = Thing("aws.s3.bucket", (name,), "", note.thing.account)
    said = note.maybe("s3", "get_bucket_tagging", Bucket=name) or {}
    for facts in (note.of(), note.of(outer)):
        facts.tags |= tags_of(said.get("TagSet"))
    note.of(outer).planes["data"] = None
    note.is_in(outer, "list_objects_v2: in the bucket")


def _under(note: Note, name: str, prefix: str) -> None:
    """The objects under a prefix, as far as they are counted; what lies beyond is said."""
    note.ask("s3", "head_bucket", Bucket=name)
    _in_bucket(note, name)
    found = note.pages("s3", "list_objects_v2", "Contents", "objects", most=COUNTED, Bucket=name, Prefix=prefix)
    note.of().size = len(found) if len(found) < COUNTED else None
    kept = note.of().kept
    for each in found:
        inner = Thing("aws.s3.object", (name, each["Key"]), note.thing.region, note.thing.account)
        facts = note.of(inner)
        facts.planes["data"] = None
        facts.kept |= kept
        note.edge(inner, "contains", note.thing, "list_objects_v2: under the prefix")


def file_system(note: Note) -> None:
    """EFS: size, replicas, ways in, and what stands at them."""
    name = note.thing.parts[-1]
    answer = note.ask("efs", "describe_file_systems", FileSystemId=name)
    if not answer.get("FileSystems"):
        raise Absent(name)
    one = answer["FileSystems"][0]
    facts = note.of()
    facts.tags |= tags_of(one.get("Tags"))
    facts.planes["data"] = None
    if (one.get("FileSystemProtection") or {}).get("ReplicationOverwriteProtection") == "ENABLED":
        facts.protections["replication overwrite protection"] = None
    note.uses_arn(one.get("KmsKeyId"), "describe_file_systems: encrypted with it", "encryption")
    for target in note.pages("efs", "describe_mount_targets", "MountTargets", "mount targets", FileSystemId=name):
        inner = note.thing_of("aws.efs.mount-target", target["MountTargetId"])
        note.of(inner).location["zone"] = target.get("AvailabilityZoneName", "")
        note.edge(inner, "uses", note.thing, "describe_mount_targets: way in")
        if target.get("SubnetId"):
            subnet = note.thing_of("aws.ec2.subnet", target["SubnetId"])
            note.of(subnet).planes["routing"] = None
            note.edge(inner, "uses", subnet, "describe_mount_targets: subnet")


def mount_target(note: Note) -> None:
    """A way in: its file system stays when it goes, and whoever came by it cannot."""
    name = note.thing.parts[-1]
    answer = note.ask("efs", "describe_mount_targets", MountTargetId=name)
    if not answer.get("MountTargets"):
        raise Absent(name)
    one = answer["MountTargets"][0]
    facts = note.of()
    facts.planes["routing"] = None
    facts.kept["definition"] = None
    facts.location["zone"] = one.get("AvailabilityZoneName", "")
    note.uses(note.thing_of("aws.efs.file-system", one["FileSystemId"]), "describe_mount_targets: way into it", "data")


def backed_up(note: Note) -> None:
    """Recovery points of AWS Backup: in vaults of their own, which stay when the thing goes."""
    arn = note.thing.name if note.thing.name.startswith("arn:") else _arn(note)
    found = note.lowering("backup", "list_recovery_points_by_resource", "RecoveryPoints", "backups", ResourceArn=arn)
    for each in found:
        if each.get("Status", "COMPLETED") == "COMPLETED":
            point = each["RecoveryPointArn"]
            note.of().kept[f"backup:{point.rpartition(':')[2].rpartition('/')[2]}"] = None
            copy = typed(point) or note.thing_of("aws.backup.recovery-point", point)
            note.copy(copy, f"list_recovery_points_by_resource: in vault {each.get('BackupVaultName', '')}")


def _arn(note: Note) -> str:
    if note.thing.type == "aws.s3.bucket":
        return f"arn:aws:s3:::{note.thing.parts[0]}"
    raise Unseen("its ARN is not known")


def vault(note: Note) -> None:
    """A vault of AWS Backup: how many copies are in it, and whether a lock holds them."""
    name = note.thing.parts[-1]
    one: dict[str, Any] = note.ask("backup", "describe_backup_vault", ("AccessDeniedException",), BackupVaultName=name)
    facts = note.of()
    facts.planes["data"] = None
    facts.size = one.get("NumberOfRecoveryPoints")
    if one.get("Locked"):
        facts.protections["vault lock"] = None
    note.uses_arn(one.get("EncryptionKeyArn"), "describe_backup_vault: encrypted with it", "encryption")
    points = note.lowering(
        "backup", "list_recovery_points_by_backup_vault", "RecoveryPoints", "copies in it", BackupVaultName=name
    )
    for each in points:
        point = typed(each["RecoveryPointArn"]) or note.thing_of("aws.backup.recovery-point", each["RecoveryPointArn"])
        note.of(point).planes["data"] = None
        note.edge(point, "contains", note.thing, "list_recovery_points_by_backup_vault: in it")
        original = typed(each.get("ResourceArn", ""))
        if original is not None:
            note.of(original)
            note.edge(point, "copies", original, "list_recovery_points_by_backup_vault: copy of it")
