"""Databases: instances and clusters of RDS (and of what shares its API), their copies, and what they are kept by."""

from __future__ import annotations

from typing import Any

from interlock.aws.things import Thing, typed
from interlock.survey.aws.dns import pointing
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, tags_of


def instance(note: Note) -> None:
    """One database: its protection, its copies, its replicas, its cluster, and what it cannot run without."""
    name = note.thing.parts[-1]
    answer = note.ask("rds", "describe_db_instances", DBInstanceIdentifier=name)
    if not answer.get("DBInstances"):
        raise Absent(name)
    one = answer["DBInstances"][0]
    facts = note.of()
    facts.tags |= tags_of(one.get("TagList"))
    facts.planes["data"] = None
    facts.location["zone"] = one.get("AvailabilityZone", "")
    if one.get("DeletionProtection"):
        facts.protections["deletion protection"] = None
    if one.get("BackupRetentionPeriod"):
        facts.kept["automated-backup"] = None
    _needs(note, one)
    for group in (one.get("DBSubnetGroup") or {},):
        if group.get("DBSubnetGroupName"):
            subnets = note.thing_of("aws.rds.db-subnet-group", group["DBSubnetGroupName"])
            note.uses(subnets, "describe_db_instances: subnet group", "routing")
    _replicas(note, one)
    if one.get("DBClusterIdentifier"):
        _in_cluster(note, one)
    else:
        _snapshots(note, name)
    pointing(note, [(one.get("Endpoint") or {}).get("Address", "")])


def _needs(note: Note, one: dict[str, Any]) -> None:
    note.uses_arn(one.get("KmsKeyId"), "rds: encrypted with it", "encryption")
    for group in one.get("VpcSecurityGroups", ()):
        outer = note.thing_of("aws.ec2.security-group", group["VpcSecurityGroupId"])
        note.uses(outer, "rds: security group", "routing")
    for group in one.get("DBParameterGroups", ()):
        note.uses(note.thing_of("aws.rds.db-parameter-group", group["DBParameterGroupName"]), "rds: parameter group")
    note.uses_arn((one.get("MasterUserSecret") or {}).get("SecretArn"), "rds: its password", "encryption")
    for role in one.get("AssociatedRoles", ()):
        note.uses_arn(role.get("RoleArn"), "rds: role", "identity")


def _replicas(note: Note, one: dict[str, Any]) -> None:
    facts = note.of()
    for other in one.get("ReadReplicaDBInstanceIdentifiers", ()):
        replica = typed(other) or note.thing_of("aws.rds.db-instance", other)
        facts.kept[f"replica:{replica.parts[-1]}"] = None
        note.of(replica).groups["replicas", note.thing.parts[-1]] = None
        facts.groups["replicas", note.thing.parts[-1]] = None
        note.copy(replica, "describe_db_instances: read replica")
    source = one.get("ReadReplicaSourceDBInstanceIdentifier")
    if source:
        original = typed(source) or note.thing_of("aws.rds.db-instance", source)
        note.of(original).groups["replicas", original.parts[-1]] = None
        facts.groups["replicas", original.parts[-1]] = None
        facts.kept[f"replica:{original.parts[-1]}"] = None
        note.edge(note.thing, "copies", original, "describe_db_instances: replica of it")


def _in_cluster(note: Note, one: dict[str, Any]) -> None:
    """An instance of a cluster holds nothing itself: the others serve on, and the data are the cluster's."""
    name = one["DBClusterIdentifier"]
    outer = note.thing_of("aws.rds.db-cluster", name)
    note.of(outer).planes["data"] = None
    note.is_in(outer, "describe_db_instances: in the cluster")
    answer = note.maybe("rds", "describe_db_clusters", DBClusterIdentifier=name) or {}
    for cluster_ in answer.get("DBClusters", ()):
        _members(note, cluster_)


def _members(note: Note, cluster_: dict[str, Any]) -> list[Thing]:
    members = [
        note.thing_of("aws.rds.db-instance", each["DBInstanceIdentifier"]) for each in cluster_["DBClusterMembers"]
    ]
    for member in members:
        note.of(member).groups["db-cluster", cluster_["DBClusterIdentifier"]] = None
        if note.thing in members and member != note.thing:
            note.of().kept[f"replica:{member.parts[-1]}"] = None
    return members


def _snapshots(note: Note, name: str) -> None:
    found = note.pages("rds", "describe_db_snapshots", "DBSnapshots", "snapshots of it", DBInstanceIdentifier=name)
    for each in found:
        if each.get("Status", "available") == "available":
            manual = each.get("SnapshotType", "manual") != "automated"
            if manual:
                note.of().kept[f"snapshot:{each['DBSnapshotIdentifier']}"] = None
            copy = note.thing_of("aws.rds.db-snapshot", each["DBSnapshotIdentifier"])
            note.copy(copy, "describe_db_snapshots: snapshot of it", dies=not manual)


def cluster(note: Note) -> None:
    """A cluster: its instances go with it, and so do its automated copies."""
    name = note.thing.parts[-1]
    answer = note.ask("rds", "describe_db_clusters", DBClusterIdentifier=name)
    if not answer.get("DBClusters"):
        raise Absent(name)
    one = answer["DBClusters"][0]
    facts = note.of()
    facts.tags |= tags_of(one.get("TagList"))
    facts.planes["data"] = None
    if one.get("DeletionProtection"):
        facts.protections["deletion protection"] = None
    if one.get("BackupRetentionPeriod"):
        facts.kept["automated-backup"] = None
    _needs(note, one)
    for member in _members(note, one):
        note.edge(member, "contains", note.thing, "describe_db_clusters: member")
    for other in one.get("ReadReplicaIdentifiers", ()):
        replica = typed(other)
        if replica is not None:
            facts.kept[f"replica:{replica.parts[-1]}"] = None
            note.copy(replica, "describe_db_clusters: replica")
    source = typed(one.get("ReplicationSourceIdentifier") or "")
    if source is not None:
        note.of(source)
        note.edge(note.thing, "copies", source, "describe_db_clusters: replica of it")
    found = note.pages(
        "rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "snapshots of it", DBClusterIdentifier=name
    )
    for each in found:
        if each.get("Status", "available") == "available":
            manual = each.get("SnapshotType", "manual") != "automated"
            if manual:
                facts.kept[f"snapshot:{each['DBClusterSnapshotIdentifier']}"] = None
            copy = note.thing_of("aws.rds.db-cluster-snapshot", each["DBClusterSnapshotIdentifier"])
            note.copy(copy, "describe_db_cluster_snapshots: snapshot of it", dies=not manual)
    pointing(note, [one.get("Endpoint") or "", one.get("ReaderEndpoint") or ""])


def snapshot(note: Note) -> None:
    """A snapshot: of what, and whether there are others of it."""
    name = note.thing.parts[-1]
    answer = note.ask("rds", "describe_db_snapshots", DBSnapshotIdentifier=name)
    if not answer.get("DBSnapshots"):
        raise Absent(name)
    one = answer["DBSnapshots"][0]
    _copied(note, one, note.thing_of("aws.rds.db-instance", one["DBInstanceIdentifier"]))
    original = one["DBInstanceIdentifier"]
    others = note.pages("rds", "describe_db_snapshots", "DBSnapshots", "others of it", DBInstanceIdentifier=original)
    for each in others:
        if each["DBSnapshotIdentifier"] != name and each.get("SnapshotType", "manual") != "automated":
            note.of().kept[f"snapshot:{each['DBSnapshotIdentifier']}"] = None


def cluster_snapshot(note: Note) -> None:
    """The same of a cluster."""
    name = note.thing.parts[-1]
    answer = note.ask("rds", "describe_db_cluster_snapshots", DBClusterSnapshotIdentifier=name)
    if not answer.get("DBClusterSnapshots"):
        raise Absent(name)
    one = answer["DBClusterSnapshots"][0]
    _copied(note, one, note.thing_of("aws.rds.db-cluster", one["DBClusterIdentifier"]))
    others = note.pages(
        "rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "others of it",
        DBClusterIdentifier=one["DBClusterIdentifier"],
    )  # fmt: skip
    for each in others:
        if each["DBClusterSnapshotIdentifier"] != name and each.get("SnapshotType", "manual") != "automated":
            note.of().kept[f"snapshot:{each['DBClusterSnapshotIdentifier']}"] = None


def _copied(note: Note, one: dict[str, Any], original: Thing) -> None:
    facts = note.of()
    facts.tags |= tags_of(one.get("TagList"))
    facts.planes["data"] = None
    note.edge(note.thing, "copies", original, "rds: snapshot of it")
    note.uses_arn(one.get("KmsKeyId"), "rds: encrypted with it", "encryption")


def subnet_group(note: Note) -> None:
    """Which databases stand in it."""
    name = note.thing.parts[-1]
    answer = note.ask("rds", "describe_db_subnet_groups", DBSubnetGroupName=name)
    if not answer.get("DBSubnetGroups"):
        raise Absent(name)
    note.of().planes["routing"] = None
    for each in note.pages("rds", "describe_db_instances", "DBInstances", "databases"):
        if (each.get("DBSubnetGroup") or {}).get("DBSubnetGroupName") == name:
            user = note.thing_of("aws.rds.db-instance", each["DBInstanceIdentifier"])
            note.used_by(user, "describe_db_instances: subnet group")


def cache(note: Note) -> None:
    """A replication group of ElastiCache: its nodes, and its snapshots."""
    name = note.thing.parts[-1]
    answer = note.ask("elasticache", "describe_replication_groups", ReplicationGroupId=name)
    if not answer.get("ReplicationGroups"):
        raise Absent(name)
    one = answer["ReplicationGroups"][0]
    note.of().planes["data"] = None
    if one.get("SnapshotRetentionLimit"):
        note.of().kept["automated-backup"] = None
    _tagged(note, one.get("ARN"))
    note.uses_arn(one.get("KmsKeyId"), "describe_replication_groups: encrypted with it", "encryption")
    for member in one.get("MemberClusters", ()):
        node = note.thing_of("aws.elasticache.cache-cluster", member)
        note.of(node).groups["replication-group", name] = None
        note.edge(node, "contains", note.thing, "describe_replication_groups: member")
    _cache_snapshots(note, ReplicationGroupId=name)


def node(note: Note) -> None:
    """One cluster of ElastiCache."""
    name = note.thing.parts[-1]
    answer = note.ask("elasticache", "describe_cache_clusters", CacheClusterId=name)
    if not answer.get("CacheClusters"):
        raise Absent(name)
    one = answer["CacheClusters"][0]
    note.of().planes["data"] = None
    note.of().location["zone"] = one.get("PreferredAvailabilityZone", "")
    if one.get("SnapshotRetentionLimit"):
        note.of().kept["automated-backup"] = None
    _tagged(note, one.get("ARN"))
    if one.get("ReplicationGroupId"):
        outer = note.thing_of("aws.elasticache.replication-group", one["ReplicationGroupId"])
        note.of(outer)
        note.is_in(outer, "describe_cache_clusters: member")
    _cache_snapshots(note, CacheClusterId=name)


def _tagged(note: Note, arn: str | None) -> None:
    if arn:
        said = note.maybe("elasticache", "list_tags_for_resource", ResourceName=arn) or {}
        note.of().tags |= tags_of(said.get("TagList"))


def _cache_snapshots(note: Note, **whose: Any) -> None:
    for each in note.pages("elasticache", "describe_snapshots", "Snapshots", "snapshots of it", **whose):
        if each.get("SnapshotSource") != "automated" and each.get("SnapshotStatus", "available") == "available":
            note.of().kept[f"snapshot:{each['SnapshotName']}"] = None
            note.copy(note.thing_of("aws.elasticache.snapshot", each["SnapshotName"]), "describe_snapshots: of it")


def memory(note: Note) -> None:
    """A cluster of MemoryDB and the snapshots of it that were taken by hand."""
    name = note.thing.parts[-1]
    answer = note.ask("memorydb", "describe_clusters", ClusterName=name)
    if not answer.get("Clusters"):
        raise Absent(name)
    one = answer["Clusters"][0]
    facts = note.of()
    facts.planes["data"] = None
    tags = note.maybe("memorydb", "list_tags", ResourceArn=one.get("ARN", note.thing.name)) or {}
    facts.tags |= tags_of(tags.get("TagList"))
    note.uses_arn(one.get("KmsKeyId"), "describe_clusters: encrypted with it", "encryption")
    for group in one.get("SecurityGroups", ()):
        outer = note.thing_of("aws.ec2.security-group", group["SecurityGroupId"])
        note.uses(outer, "describe_clusters: security group", "routing")
    for each in note.pages("memorydb", "describe_snapshots", "Snapshots", "snapshots of it", ClusterName=name):
        if each.get("Source") == "manual" and each.get("Status") == "available":
            facts.kept[f"snapshot:{each['Name']}"] = None


def warehouse(note: Note) -> None:
    """A cluster of Redshift and its snapshots."""
    name = note.thing.parts[-1]
    answer = note.ask("redshift", "describe_clusters", ClusterIdentifier=name)
    if not answer.get("Clusters"):
        raise Absent(name)
    one = answer["Clusters"][0]
    facts = note.of()
    facts.tags |= tags_of(one.get("Tags"))
    facts.planes["data"] = None
    facts.location["zone"] = one.get("AvailabilityZone", "")
    if one.get("AutomatedSnapshotRetentionPeriod"):
        facts.kept["automated-backup"] = None
    for group in one.get("VpcSecurityGroups", ()):
        outer = note.thing_of("aws.ec2.security-group", group["VpcSecurityGroupId"])
        note.uses(outer, "describe_clusters: security group", "routing")
    for role in one.get("IamRoles", ()):
        note.uses_arn(role.get("IamRoleArn"), "describe_clusters: role", "identity")
    note.uses_arn(one.get("KmsKeyId"), "describe_clusters: encrypted with it", "encryption")
    for each in note.pages("redshift", "describe_cluster_snapshots", "Snapshots", "snapshots", ClusterIdentifier=name):
        if each.get("Status", "available") == "available":
            manual = each.get("SnapshotType", "manual") == "manual"
            if manual:
                facts.kept[f"snapshot:{each['SnapshotIdentifier']}"] = None
            copy = note.thing_of("aws.redshift.cluster-snapshot", name, each["SnapshotIdentifier"])
            note.copy(copy, "describe_cluster_snapshots: snapshot of it", dies=not manual)
