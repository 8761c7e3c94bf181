"""Platforms: search domains, file systems of FSx, brokers of MSK, the catalogue of Glue, queues of Batch, and WAF."""

from __future__ import annotations

from typing import Any, Final

from interlock.aws.things import typed
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, tags_of
from interlock.survey.aws.tables import listeners

#: Where what belongs to no region is asked for.
GLOBAL: Final = "us-east-1"


def domain(note: Note) -> None:
    """A domain of OpenSearch. Its automated snapshots go with it and are no copy."""
    one = note.ask("opensearch", "describe_domain", DomainName=note.thing.parts[-1]).get("DomainStatus", {})
    if one.get("Deleted"):
        raise Absent(note.thing.name)
    facts = note.of()
    facts.planes["data"] = None
    tags = note.maybe("opensearch", "list_tags", ARN=one.get("ARN") or note.thing.name) or {}
    facts.tags |= tags_of(tags.get("TagList"))
    key = (one.get("EncryptionAtRestOptions") or {}).get("KmsKeyId")
    note.uses_arn(key, "describe_domain: encrypted with it", "encryption")
    inside = one.get("VPCOptions") or {}
    _placed(note, inside.get("SubnetIds"), inside.get("SecurityGroupIds"), "describe_domain")


def file_system(note: Note) -> None:
    """A file system of FSx, and its backups: those that somebody took stay, the automatic ones go with it."""
    answer = note.ask("fsx", "describe_file_systems", FileSystemIds=[note.thing.parts[-1]])
    found = [each for each in answer.get("FileSystems", ()) if each.get("Lifecycle") != "DELETING"]
    if not found:
        raise Absent(note.thing.name)
    one = found[0]
    facts = note.of()
    facts.planes["data"] = None
    facts.tags |= tags_of(one.get("Tags"))
    note.uses_arn(one.get("KmsKeyId"), "describe_file_systems: encrypted with it", "encryption")
    _placed(note, one.get("SubnetIds"), (), "describe_file_systems")
    own = {"Name": "file-system-id", "Values": [note.thing.parts[-1]]}
    for each in note.pages("fsx", "describe_backups", "Backups", "backups of it", Filters=[own]):
        if each.get("Lifecycle") == "AVAILABLE" and each.get("Type") in ("USER_INITIATED", "AWS_BACKUP"):
            facts.kept[f"backup:{each['BackupId']}"] = None


def broker(note: Note) -> None:
    """A cluster of MSK: who runs on what is sent through it."""
    answer = note.ask("kafka", "describe_cluster_v2", ClusterArn=note.thing.name)
    one = answer.get("ClusterInfo", {})
    if one.get("State") == "DELETING":
        raise Absent(note.thing.name)
    facts = note.of()
    facts.planes["data"] = None
    facts.tags |= tags_of(one.get("Tags"))
    made = one.get("Provisioned") or {}
    key = ((made.get("EncryptionInfo") or {}).get("EncryptionAtRest") or {}).get("DataVolumeKMSKeyId")
    note.uses_arn(key, "describe_cluster_v2: encrypted with it", "encryption")
    nodes = made.get("BrokerNodeGroupInfo") or {}
    _placed(note, nodes.get("ClientSubnets"), nodes.get("SecurityGroups"), "describe_cluster_v2")
    listeners(note, note.thing.name)


def database(note: Note) -> None:
    """A database of the catalogue: its tables go with it. What they describe lies elsewhere and stays."""
    name = note.thing.parts[-1]
    note.ask("glue", "get_database", Name=name)
    facts = note.of()
    facts.planes["data"] = None
    _glue_tags(note)
    tables = note.pages("glue", "get_tables", "TableList", "tables in it", DatabaseName=name)
    facts.size = len(tables)
    for each in tables:
        note.holds(note.thing_of("aws.glue.table", name, each["Name"]), "get_tables: a table in it")


def table(note: Note) -> None:
    """A table of the catalogue: a description, which AWS tells whole, and where its data lies."""
    outer, name = note.thing.parts[0], note.thing.parts[-1]
    one = note.ask("glue", "get_table", DatabaseName=outer, Name=name).get("Table", {})
    facts = note.of()
    facts.planes["data"] = None
    facts.kept["definition"] = None
    note.is_in(note.thing_of("aws.glue.database", outer), "get_table: in this database")
    location = str((one.get("StorageDescriptor") or {}).get("Location") or "")
    if location.startswith("s3://"):
        bucket = note.thing_of("aws.s3.bucket", location.removeprefix("s3://").partition("/")[0])
        note.uses(bucket, "get_table: its data lies there", "data")


def job_queue(note: Note) -> None:
    """A queue of Batch: what runs its jobs."""
    answer = note.ask("batch", "describe_job_queues", jobQueues=[note.thing.parts[-1]])
    found = [each for each in answer.get("jobQueues", ()) if each.get("status") != "DELETED"]
    if not found:
        raise Absent(note.thing.name)
    facts = note.of()
    facts.planes["data"] = None
    facts.tags |= tags_of(found[0].get("tags"))
    for each in found[0].get("computeEnvironmentOrder", ()):
        note.uses_arn(each.get("computeEnvironment"), "describe_job_queues: runs its jobs", "control-plane")


def compute_environment(note: Note) -> None:
    """Where Batch runs jobs: the queues that send them there."""
    name = note.thing.parts[-1]
    answer = note.ask("batch", "describe_compute_environments", computeEnvironments=[name])
    found = [each for each in answer.get("computeEnvironments", ()) if each.get("status") != "DELETED"]
    if not found:
        raise Absent(note.thing.name)
    one: dict[str, Any] = found[0]
    facts = note.of()
    facts.planes["control-plane"] = None
    facts.tags |= tags_of(one.get("tags"))
    note.uses_arn(one.get("serviceRole"), "describe_compute_environments: acts as it", "identity")
    for queue in note.pages("batch", "describe_job_queues", "jobQueues", "queues that send jobs to it"):
        order = queue.get("computeEnvironmentOrder", ())
        user = typed(queue.get("jobQueueArn", ""))
        if user is not None and any(each.get("computeEnvironment") == one["computeEnvironmentArn"] for each in order):
            note.used_by(user, "describe_job_queues: sends jobs to it")


def web_acl(note: Note) -> None:
    """A web ACL: what it stands before is open without it."""
    name, identity = note.thing.parts[0], note.thing.parts[-1]
    absent = ("WAFNonexistentItemException",)
    try:
        one, scope = note.ask("wafv2", "get_web_acl", absent, Name=name, Scope="REGIONAL", Id=identity), "REGIONAL"
    except Absent:  # those of CloudFront are called alike, and stand in one region
        scope = "CLOUDFRONT"
        one = note.ask("wafv2", "get_web_acl", absent, region=GLOBAL, Name=name, Scope=scope, Id=identity)
    one = one.get("WebACL", {})
    arn = one.get("ARN") or note.thing.name
    facts = note.of()
    facts.planes["routing"] = None
    facts.kept["definition"] = None
    facts.size = len(one.get("Rules", ()))
    where = GLOBAL if scope == "CLOUDFRONT" else ""
    tags = note.maybe("wafv2", "list_tags_for_resource", region=where, ResourceARN=arn) or {}
    facts.tags |= tags_of((tags.get("TagInfoForResource") or {}).get("TagList"))
    if scope == "CLOUDFRONT":
        _distributions(note, arn)
        return
    for kind in ("APPLICATION_LOAD_BALANCER", "API_GATEWAY", "COGNITO_USER_POOL"):
        said = note.maybe("wafv2", "list_resources_for_web_acl", WebACLArn=arn, ResourceType=kind) or {}
        for each in said.get("ResourceArns", ()):
            user = typed(each)
            if user is not None:
                note.used_by(user, "list_resources_for_web_acl: stands before it")


def _distributions(note: Note, arn: str) -> None:
    said = note.maybe("cloudfront", "list_distributions_by_web_acl_id", region=GLOBAL, WebACLId=arn) or {}
    listed = said.get("DistributionList", {})
    for each in listed.get("Items", ()):
        user = note.thing_of("aws.cloudfront.distribution", each["Id"])
        note.used_by(user, "list_distributions_by_web_acl_id: stands before it")
    if listed.get("IsTruncated"):
        note.unseen("it stands before more distributions than are read at once")


def job(note: Note) -> None:
    """A job of Glue: a description, which AWS tells whole; its script lies elsewhere."""
    one = note.ask("glue", "get_job", JobName=note.thing.parts[-1]).get("Job", {})
    _described(note, one, "get_job")
    _lies(note, str((one.get("Command") or {}).get("ScriptLocation") or ""), "get_job: its script lies there")


def crawler(note: Note) -> None:
    """A crawler of Glue: what it reads, and the database that it writes tables into."""
    one = note.ask("glue", "get_crawler", Name=note.thing.parts[-1]).get("Crawler", {})
    _described(note, one, "get_crawler")
    if one.get("DatabaseName"):
        database = note.thing_of("aws.glue.database", one["DatabaseName"])
        note.used_by(database, "get_crawler: it writes the tables of it", "soft")
    for each in (one.get("Targets") or {}).get("S3Targets", ()):
        _lies(note, str(each.get("Path") or ""), "get_crawler: it reads what lies there")


def _described(note: Note, one: dict[str, Any], call: str) -> None:
    facts = note.of()
    facts.planes["deployment"] = None
    facts.kept["definition"] = None
    _glue_tags(note)
    role = str(one.get("Role") or "")
    if role.startswith("arn:"):
        note.uses_arn(role, f"{call}: acts as it", "identity")
    elif role:
        note.uses(note.thing_of("aws.iam.role", role.rpartition("/")[2]), f"{call}: acts as it", "identity")


def _lies(note: Note, address: str, evidence: str) -> None:
    if address.startswith("s3://"):
        bucket = note.thing_of("aws.s3.bucket", address.removeprefix("s3://").partition("/")[0])
        note.uses(bucket, evidence, "data")


def _glue_tags(note: Note) -> None:
    said = note.maybe("glue", "get_tags", ResourceArn=note.thing.name) or {}
    note.of().tags.update(tags_of(said.get("Tags")))


def _placed(note: Note, subnets: Any, groups: Any, call: str) -> None:
    """In which subnets it stands, behind which security groups."""
    for each in subnets or ():
        note.uses(note.thing_of("aws.ec2.subnet", each), f"{call}: stands in it", "routing")
    for each in groups or ():
        note.uses(note.thing_of("aws.ec2.security-group", each), f"{call}: behind it", "routing")
