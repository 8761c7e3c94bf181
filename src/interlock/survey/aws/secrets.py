"""Secrets: keys, secrets and parameters: what stands behind them, and what cannot be read without them."""

from __future__ import annotations

from interlock.aws.things import Thing, typed
from interlock.survey.aws.eye import Absent, Unseen
from interlock.survey.aws.note import Note, tags_of


def key(note: Note) -> None:
    """A key: its replicas, aliases and grants. Nobody lists all that it encrypts; here is a part of it."""
    name = note.thing.parts[-1]
    one = note.ask("kms", "describe_key", KeyId=note.thing.name if note.thing.name.startswith("arn:") else name)
    one = one.get("KeyMetadata", {})
    found = typed(one.get("Arn", ""))
    if found is not None and found.parts != note.thing.parts:
        note.same.append((note.thing, found))
    facts = note.of()
    facts.planes["encryption"] = None
    if one.get("Origin") not in ("EXTERNAL", "EXTERNAL_KEY_STORE"):
        facts.kept["recovery-window:30"] = None  # what AWS made can be cancelled until the window is over
    said = note.maybe("kms", "list_resource_tags", KeyId=one["KeyId"]) or {}
    facts.tags |= tags_of(said.get("Tags"))
    several = one.get("MultiRegionConfiguration") or {}
    for replica in several.get("ReplicaKeys", ()):
        facts.kept[f"replica:{replica['Region']}"] = None
    for alias in note.pages("kms", "list_aliases", "Aliases", "aliases of it", KeyId=one["KeyId"]):
        inner = note.thing_of("aws.kms.alias", alias["AliasName"].removeprefix("alias/"))
        note.of(inner).planes["encryption"] = None
        note.edge(inner, "uses", note.thing, "list_aliases: another name of it")
    for grant in note.pages("kms", "list_grants", "Grants", "grants", KeyId=one["KeyId"]):
        user = typed(grant.get("GranteePrincipal", ""))
        if user is not None:
            note.of(user)
            note.edge(user, "uses", note.thing, "list_grants: may use it", "soft")
    for secret in note.pages("secretsmanager", "list_secrets", "SecretList", "secrets"):
        if one["KeyId"] in (secret.get("KmsKeyId") or ""):
            note.used_by(note.thing_of("aws.secretsmanager.secret", secret["Name"]), "list_secrets: encrypted with it")
    for database in note.pages("rds", "describe_db_instances", "DBInstances", "databases"):
        if one["KeyId"] in (database.get("KmsKeyId") or ""):
            user = note.thing_of("aws.rds.db-instance", database["DBInstanceIdentifier"])
            note.used_by(user, "describe_db_instances: encrypted with it")
    filters = [{"Name": "encrypted", "Values": ["true"]}]
    for volume in note.pages("ec2", "describe_volumes", "Volumes", "encrypted volumes", Filters=filters):
        if one["KeyId"] in (volume.get("KmsKeyId") or ""):
            note.used_by(note.thing_of("aws.ec2.volume", volume["VolumeId"]), "describe_volumes: encrypted with it")


def alias(note: Note) -> None:
    """Another name of a key."""
    name = note.thing.parts[-1].removeprefix("alias/")
    one = note.ask("kms", "describe_key", KeyId=f"alias/{name}").get("KeyMetadata", {})
    note.of().planes["encryption"] = None
    note.of().kept["definition"] = None
    note.uses_arn(one.get("Arn"), "describe_key: it is this key", "encryption")


def secret(note: Note) -> None:
    """A secret: what rotates it, where else it is, and how long it can still be had back."""
    one = note.ask("secretsmanager", "describe_secret", SecretId="/".join(note.thing.parts))
    found = typed(one.get("ARN", ""))
    if found is not None and found.parts != note.thing.parts:
        note.same.append((note.thing, found))
    if one.get("DeletedDate") is not None:
        raise Absent(note.thing.name)
    facts = note.of()
    facts.planes["encryption"] = None
    facts.tags |= tags_of(one.get("Tags"))
    facts.kept["recovery-window:30"] = None
    for replica in one.get("ReplicationStatus", ()):
        if replica.get("Status") == "InSync":
            facts.kept[f"replica:{replica['Region']}"] = None
    note.uses_arn(one.get("KmsKeyId"), "describe_secret: encrypted with it", "encryption")
    note.uses_arn(one.get("RotationLambdaARN"), "describe_secret: rotated by it")
    for database in note.pages("rds", "describe_db_instances", "DBInstances", "databases"):
        held = typed((database.get("MasterUserSecret") or {}).get("SecretArn", ""))
        if held is not None and found is not None and held.parts == found.parts:
            user = note.thing_of("aws.rds.db-instance", database["DBInstanceIdentifier"])
            note.used_by(user, "describe_db_instances: its password")


def parameter(note: Note) -> None:
    """A parameter: whether it holds a secret, and how many values it had."""
    name = note.thing.parts[-1]
    name = f"/{name}" if "/" in name and not name.startswith("/") else name
    filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    found = note.eye.pages(
        "ssm", "describe_parameters", note.thing.region, "Parameters", ParameterFilters=filters
    ).found
    if not found:
        raise Absent(name)
    one = found[0]
    facts = note.of()
    facts.size = one.get("Version")
    if one.get("Type") == "SecureString":
        facts.planes["encryption"] = None
    said = note.maybe("ssm", "list_tags_for_resource", ResourceType="Parameter", ResourceId=name) or {}
    facts.tags |= tags_of(said.get("TagList"))
    used = one.get("KeyId", "")
    if used.startswith("arn:"):
        note.uses_arn(used, "describe_parameters: encrypted with it", "encryption")


def document(note: Note) -> None:
    """A document of Systems Manager: its text is kept where it was written, never here."""
    try:
        one = note.ask("ssm", "describe_document", ("InvalidDocument",), Name=note.thing.parts[-1])
    except Unseen as why:
        note.unseen(str(why))
        return
    note.of().tags |= tags_of(one.get("Document", {}).get("Tags"))
    note.of().planes["shared-code"] = None


def certificate(note: Note) -> None:
    """A certificate and who shows it."""
    one = note.ask("acm", "describe_certificate", CertificateArn=note.thing.name).get("Certificate", {})
    facts = note.of()
    facts.planes["routing"] = None
    said = note.maybe("acm", "list_tags_for_certificate", CertificateArn=note.thing.name) or {}
    facts.tags |= tags_of(said.get("Tags"))
    for user in one.get("InUseBy", ()):
        thing = typed(user)
        if thing is not None:
            note.used_by(thing, "describe_certificate: in use by it")


def pool(note: Note) -> None:
    """A user pool: everybody in it goes with it."""
    name = note.thing.parts[-1]
    one = note.ask("cognito-idp", "describe_user_pool", UserPoolId=name).get("UserPool", {})
    facts = note.of()
    facts.planes |= {"identity": None, "data": None}
    facts.size = one.get("EstimatedNumberOfUsers")
    facts.tags |= tags_of(one.get("UserPoolTags"))
    if one.get("DeletionProtection") == "ACTIVE":
        facts.protections["deletion protection"] = None
    for client in note.pages("cognito-idp", "list_user_pool_clients", "UserPoolClients", "clients", UserPoolId=name):
        inner = Thing(
            "aws.cognito-idp.user-pool-client", (name, client["ClientId"]), note.thing.region, note.thing.account
        )
        note.of(inner)
        note.edge(inner, "contains", note.thing, "list_user_pool_clients: client of it")
