"""Databases: RDS (and DocumentDB, Neptune, which share its API), Redshift, caches and MemoryDB: a snapshot first."""

from __future__ import annotations

from typing import Any, Final

from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.copied import Copied, first, given
from interlock.execute.aws.keeping.keeper import Memory

_NO_INSTANCE: Final = ("DBInstanceNotFound", "DBInstanceNotFoundFault")
_NO_CLUSTER: Final = ("DBClusterNotFoundFault", "DBClusterNotFound")

_ALIKE: Final = (
    *("DBInstanceClass", "MultiAZ", "PubliclyAccessible", "AutoMinorVersionUpgrade", "CopyTagsToSnapshot"),
    *("StorageType", "Iops", "DeletionProtection"),
)


#: What a cluster of MemoryDB is made again with, called the same where it is asked for and where it is given.
_SAME: Final = (
    *("NodeType", "ACLName", "SubnetGroupName", "ParameterGroupName", "KmsKeyId", "SnsTopicArn"),
    *("SnapshotRetentionLimit", "SnapshotWindow", "MaintenanceWindow", "AutoMinorVersionUpgrade"),
)


class Instance(Copied):
    """DeleteDBInstance. An instance of a cluster holds no data of its own: it is made again in its cluster."""

    thing, copy, parameter = "db instance", "db snapshot", "DBInstanceIdentifier"
    needs = ("rds:CreateDBSnapshot",)
    makes = ("rds:AddTagsToResource", "rds:RestoreDBInstanceFromDBSnapshot", "rds:CreateDBInstance")

    def found(self, hands: Hands, name: str) -> dict[str, Any] | None:
        return first(hands.find("rds", "describe_db_instances", _NO_INSTANCE, DBInstanceIdentifier=name), "DBInstances")

    def state(self, found: dict[str, Any]) -> str:
        return str(found["DBInstanceStatus"])

    def settings(self, found: dict[str, Any]) -> Memory:
        cluster = found.get("DBClusterIdentifier")
        if cluster:
            return given(DBClusterIdentifier=cluster, Engine=found["Engine"], DBInstanceClass=found["DBInstanceClass"])
        groups = [each["DBParameterGroupName"] for each in found.get("DBParameterGroups", ())]
        return given(
            **{name: found.get(name) for name in _ALIKE},
            DBParameterGroupName=groups[0] if groups else "",
            DBSubnetGroupName=(found.get("DBSubnetGroup") or {}).get("DBSubnetGroupName"),
            VpcSecurityGroupIds=[each["VpcSecurityGroupId"] for each in found.get("VpcSecurityGroups", ())],
            Port=(found.get("Endpoint") or {}).get("Port"),
            Tags=found.get("TagList"),
        )

    def holds(self, memory: Memory) -> bool:
        return "DBClusterIdentifier" not in memory["settings"]

    def start(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "rds",
            "create_db_snapshot",
            already=("DBSnapshotAlreadyExists",),
            DBInstanceIdentifier=name,
            DBSnapshotIdentifier=hands.name,
            Tags=hands.tags,
        )

    def copied(self, hands: Hands, name: str) -> tuple[str, str]:
        missing = ("DBSnapshotNotFound", "DBSnapshotNotFoundFault")
        found = first(
            hands.find("rds", "describe_db_snapshots", missing, DBSnapshotIdentifier=hands.name), "DBSnapshots"
        )
        return (found["Status"], found["DBInstanceIdentifier"]) if found else ("", "")

    def make(self, hands: Hands, name: str, memory: Memory) -> None:
        settings, already = memory["settings"], ("DBInstanceAlreadyExists", "DBInstanceAlreadyExistsFault")
        if "DBClusterIdentifier" in settings:
            hands.do("rds", "create_db_instance", already=already, DBInstanceIdentifier=name, **settings)
            return
        hands.do(
            "rds",
            "restore_db_instance_from_db_snapshot",
            already=already,
            DBInstanceIdentifier=name,
            DBSnapshotIdentifier=hands.name,
            **settings,
        )


class Cluster(Copied):
    """DeleteDBCluster. Its instances are deleted, and made again, by calls of their own."""

    thing, copy, parameter = "db cluster", "db cluster snapshot", "DBClusterIdentifier"
    needs = ("rds:CreateDBClusterSnapshot",)
    makes = ("rds:AddTagsToResource", "rds:RestoreDBClusterFromSnapshot")

    def found(self, hands: Hands, name: str) -> dict[str, Any] | None:
        return first(hands.find("rds", "describe_db_clusters", _NO_CLUSTER, DBClusterIdentifier=name), "DBClusters")

    def state(self, found: dict[str, Any]) -> str:
        return str(found["Status"])

    def settings(self, found: dict[str, Any]) -> Memory:
        return given(
            Engine=found["Engine"],
            DBSubnetGroupName=found.get("DBSubnetGroup"),
            Port=found.get("Port"),
            VpcSecurityGroupIds=[each["VpcSecurityGroupId"] for each in found.get("VpcSecurityGroups", ())],
            DBClusterParameterGroupName=found.get("DBClusterParameterGroup"),
            DeletionProtection=found.get("DeletionProtection"),
            Tags=found.get("TagList"),
        )

    def start(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "rds",
            "create_db_cluster_snapshot",
            already=("DBClusterSnapshotAlreadyExistsFault",),
            DBClusterIdentifier=name,
            DBClusterSnapshotIdentifier=hands.name,
            Tags=hands.tags,
        )

    def copied(self, hands: Hands, name: str) -> tuple[str, str]:
        missing = ("DBClusterSnapshotNotFoundFault",)
        asked = hands.find("rds", "describe_db_cluster_snapshots", missing, DBClusterSnapshotIdentifier=hands.name)
        found = first(asked, "DBClusterSnapshots")
        return (found["Status"], found["DBClusterIdentifier"]) if found else ("", "")

    def make(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "rds",
            "restore_db_cluster_from_snapshot",
            already=("DBClusterAlreadyExistsFault",),
            DBClusterIdentifier=name,
            SnapshotIdentifier=hands.name,
            **memory["settings"],
        )


class Warehouse(Copied):
    """DeleteCluster of Redshift."""

    thing, copy, parameter = "cluster", "cluster snapshot", "ClusterIdentifier"
    needs = ("redshift:CreateClusterSnapshot",)
    makes = ("redshift:CreateTags", "redshift:RestoreFromClusterSnapshot")

    def found(self, hands: Hands, name: str) -> dict[str, Any] | None:
        missing = ("ClusterNotFound", "ClusterNotFoundFault")
        return first(hands.find("redshift", "describe_clusters", missing, ClusterIdentifier=name), "Clusters")

    def state(self, found: dict[str, Any]) -> str:
        return str(found["ClusterStatus"])

    def settings(self, found: dict[str, Any]) -> Memory:
        return given(
            NodeType=found.get("NodeType"),
            NumberOfNodes=found.get("NumberOfNodes"),
            ClusterSubnetGroupName=found.get("ClusterSubnetGroupName"),
            PubliclyAccessible=found.get("PubliclyAccessible"),
            VpcSecurityGroupIds=[each["VpcSecurityGroupId"] for each in found.get("VpcSecurityGroups", ())],
            IamRoles=[each["IamRoleArn"] for each in found.get("IamRoles", ())],
        )

    def start(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "redshift",
            "create_cluster_snapshot",
            already=("ClusterSnapshotAlreadyExists", "ClusterSnapshotAlreadyExistsFault"),
            ClusterIdentifier=name,
            SnapshotIdentifier=hands.name,
            Tags=hands.tags,
        )

    def copied(self, hands: Hands, name: str) -> tuple[str, str]:
        missing = ("ClusterSnapshotNotFound", "ClusterSnapshotNotFoundFault")
        asked = hands.find("redshift", "describe_cluster_snapshots", missing, SnapshotIdentifier=hands.name)
        found = first(asked, "Snapshots")
        return (found["Status"], found["ClusterIdentifier"]) if found else ("", "")

    def make(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "redshift",
            "restore_from_cluster_snapshot",
            already=("ClusterAlreadyExists", "ClusterAlreadyExistsFault"),
            ClusterIdentifier=name,
            SnapshotIdentifier=hands.name,
            **memory["settings"],
        )


class Cache(Copied):
    """DeleteCacheCluster of ElastiCache."""

    thing, copy, parameter = "cache cluster", "cache snapshot", "CacheClusterId"
    needs = ("elasticache:CreateSnapshot",)
    makes = ("elasticache:AddTagsToResource", "elasticache:CreateCacheCluster", "elasticache:CreateSnapshot")

    def found(self, hands: Hands, name: str) -> dict[str, Any] | None:
        missing = ("CacheClusterNotFound", "CacheClusterNotFoundFault")
        return first(
            hands.find("elasticache", "describe_cache_clusters", missing, CacheClusterId=name), "CacheClusters"
        )

    def state(self, found: dict[str, Any]) -> str:
        return str(found["CacheClusterStatus"])

    def settings(self, found: dict[str, Any]) -> Memory:
        return given(
            Engine=found.get("Engine"),
            CacheNodeType=found.get("CacheNodeType"),
            NumCacheNodes=found.get("NumCacheNodes"),
            CacheSubnetGroupName=found.get("CacheSubnetGroupName"),
            SecurityGroupIds=[each["SecurityGroupId"] for each in found.get("SecurityGroups", ())],
        )

    def start(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "elasticache",
            "create_snapshot",
            already=("SnapshotAlreadyExistsFault", "SnapshotAlreadyExists"),
            SnapshotName=hands.name,
            Tags=hands.tags,
            **{self.parameter: name},
        )

    def copied(self, hands: Hands, name: str) -> tuple[str, str]:
        missing = ("SnapshotNotFoundFault", "SnapshotNotFound")
        found = first(hands.find("elasticache", "describe_snapshots", missing, SnapshotName=hands.name), "Snapshots")
        return (found["SnapshotStatus"], found[self.parameter]) if found else ("", "")

    def make(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "elasticache",
            "create_cache_cluster",
            already=("CacheClusterAlreadyExists", "CacheClusterAlreadyExistsFault"),
            CacheClusterId=name,
            SnapshotName=hands.name,
            **memory["settings"],
        )


class CacheGroup(Cache):
    """DeleteReplicationGroup of ElastiCache."""

    thing, parameter = "replication group", "ReplicationGroupId"
    makes = ("elasticache:AddTagsToResource", "elasticache:CreateReplicationGroup", "elasticache:CreateSnapshot")

    def found(self, hands: Hands, name: str) -> dict[str, Any] | None:
        missing = ("ReplicationGroupNotFoundFault",)
        asked = hands.find("elasticache", "describe_replication_groups", missing, ReplicationGroupId=name)
        return first(asked, "ReplicationGroups")

    def state(self, found: dict[str, Any]) -> str:
        return str(found["Status"])

    def settings(self, found: dict[str, Any]) -> Memory:
        return given(
            ReplicationGroupDescription=found.get("Description") or "restored",
            CacheNodeType=found.get("CacheNodeType"),
            NumCacheClusters=len(found.get("MemberClusters", ())) or None,
            AutomaticFailoverEnabled=found.get("AutomaticFailover") == "enabled" or None,
            TransitEncryptionEnabled=found.get("TransitEncryptionEnabled") or None,
            AtRestEncryptionEnabled=found.get("AtRestEncryptionEnabled") or None,
        )

    def make(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "elasticache",
            "create_replication_group",
            already=("ReplicationGroupAlreadyExists", "ReplicationGroupAlreadyExistsFault"),
            ReplicationGroupId=name,
            SnapshotName=hands.name,
            **memory["settings"],
        )


class InMemory(Copied):
    """DeleteCluster of MemoryDB."""

    thing, copy, parameter = "cluster", "cluster snapshot", "ClusterName"
    needs = ("memorydb:CreateSnapshot",)
    makes = ("memorydb:CreateCluster", "memorydb:CreateSnapshot", "memorydb:TagResource")

    def found(self, hands: Hands, name: str) -> dict[str, Any] | None:
        missing = ("ClusterNotFoundFault", "ClusterNotFound")
        return first(hands.find("memorydb", "describe_clusters", missing, ClusterName=name), "Clusters")

    def state(self, found: dict[str, Any]) -> str:
        return str(found["Status"])

    def settings(self, found: dict[str, Any]) -> Memory:
        return given(
            **{name: found.get(name) for name in _SAME},
            Port=(found.get("ClusterEndpoint") or {}).get("Port"),
            SecurityGroupIds=[each["SecurityGroupId"] for each in found.get("SecurityGroups", ())],
            TLSEnabled=found.get("TLSEnabled"),
        )

    def start(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "memorydb",
            "create_snapshot",
            already=("SnapshotAlreadyExistsFault", "SnapshotAlreadyExists"),
            ClusterName=name,
            SnapshotName=hands.name,
            Tags=hands.tags,
        )

    def copied(self, hands: Hands, name: str) -> tuple[str, str]:
        missing = ("SnapshotNotFoundFault", "SnapshotNotFound")
        found = first(hands.find("memorydb", "describe_snapshots", missing, SnapshotName=hands.name), "Snapshots")
        return (found["Status"], found["ClusterConfiguration"]["Name"]) if found else ("", "")

    def make(self, hands: Hands, name: str, memory: Memory) -> None:
        hands.do(
            "memorydb",
            "create_cluster",
            already=("ClusterAlreadyExistsFault", "ClusterAlreadyExists"),
            ClusterName=name,
            SnapshotName=hands.name,
            **memory["settings"],
        )
