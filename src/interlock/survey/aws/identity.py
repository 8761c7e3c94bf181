"""Identity: roles, users, groups and policies: who is what, and what acts as whom."""

from __future__ import annotations

from interlock.aws.things import Thing, typed
from interlock.survey.aws.eye import Unseen
from interlock.survey.aws.note import Note, tags_of

#: IAM answers for every region from here.
GLOBAL = "us-east-1"


def role(note: Note) -> None:
    """A role: what acts as it: profiles with their instances, functions."""
    name = note.thing.parts[-1]
    one = note.ask("iam", "get_role", region=GLOBAL, RoleName=name).get("Role", {})
    facts = note.of()
    facts.planes["identity"] = None
    facts.tags |= tags_of(one.get("Tags"))
    for policy in note.pages(
        "iam", "list_attached_role_policies", "AttachedPolicies", "policies", region=GLOBAL, RoleName=name
    ):
        note.uses_arn(policy["PolicyArn"], "list_attached_role_policies: allowed by it", "identity")
    for profile in note.pages(
        "iam", "list_instance_profiles_for_role", "InstanceProfiles", "profiles", region=GLOBAL, RoleName=name
    ):
        inner = Thing("aws.iam.instance-profile", (profile["InstanceProfileName"],), "", note.thing.account)
        note.of(inner).planes["identity"] = None
        note.edge(inner, "uses", note.thing, "list_instance_profiles_for_role: gives it")
        _instances(note, inner, profile["Arn"])
    for function in note.pages("lambda", "list_functions", "Functions", "functions", region=_home(note)):
        if function.get("Role") == one.get("Arn"):
            user = typed(function["FunctionArn"])
            if user is not None:
                note.used_by(user, "list_functions: runs as it")


def _home(note: Note) -> str:
    return note.thing.region or GLOBAL


def _instances(note: Note, profile: Thing, arn: str) -> None:
    found = note.pages(
        "ec2", "describe_iam_instance_profile_associations", "IamInstanceProfileAssociations",
        "instances that act as something", region=_home(note),
    )  # fmt: skip
    for each in found:
        if each.get("IamInstanceProfile", {}).get("Arn") == arn and each.get("State") != "disassociated":
            user = Thing("aws.ec2.instance", (each["InstanceId"],), _home(note), note.thing.account)
            note.of(user)
            note.edge(user, "uses", profile, "describe_iam_instance_profile_associations: acts as it")


def profile(note: Note) -> None:
    """An instance profile: which role it gives, and to which instances."""
    name = note.thing.parts[-1]
    one = note.ask("iam", "get_instance_profile", region=GLOBAL, InstanceProfileName=name).get("InstanceProfile", {})
    note.of().planes["identity"] = None
    note.of().kept["definition"] = None
    for each in one.get("Roles", ()):
        note.uses_arn(each["Arn"], "get_instance_profile: gives it", "identity")
    _instances(note, note.thing, one.get("Arn", ""))


def user(note: Note) -> None:
    """A user: the keys that it has, and whoever holds them."""
    name = note.thing.parts[-1]
    one = note.ask("iam", "get_user", region=GLOBAL, UserName=name).get("User", {})
    facts = note.of()
    facts.planes["identity"] = None
    facts.tags |= tags_of(one.get("Tags"))
    keys = note.pages("iam", "list_access_keys", "AccessKeyMetadata", "keys", region=GLOBAL, UserName=name)
    facts.size = len(keys)
    for each in note.pages("iam", "list_groups_for_user", "Groups", "groups", region=GLOBAL, UserName=name):
        note.uses_arn(each["Arn"], "list_groups_for_user: in it", "identity")


def group(note: Note) -> None:
    """A group of users."""
    one = note.ask("iam", "get_group", region=GLOBAL, GroupName=note.thing.parts[-1])
    note.of().planes["identity"] = None
    note.of().size = len(one.get("Users", ()))
    for each in one.get("Users", ()):
        member = typed(each["Arn"])
        if member is not None:
            note.of(member).planes["identity"] = None
            note.used_by(member, "get_group: in it")


def policy(note: Note) -> None:
    """A managed policy: whoever is allowed something by it."""
    arn = note.thing.name
    if not arn.startswith("arn:"):
        raise Unseen("the ARN of the policy is not known")
    note.ask("iam", "get_policy", region=GLOBAL, PolicyArn=arn)
    note.of().planes["identity"] = None
    said = note.maybe("iam", "list_entities_for_policy", region=GLOBAL, PolicyArn=arn) or {}
    for kind, type_, name in (
        ("PolicyRoles", "aws.iam.role", "RoleName"),
        ("PolicyUsers", "aws.iam.user", "UserName"),
        ("PolicyGroups", "aws.iam.group", "GroupName"),
    ):
        for each in said.get(kind, ()):
            holder = Thing(type_, (each[name],), "", note.thing.account)
            note.of(holder).planes["identity"] = None
            note.used_by(holder, "list_entities_for_policy: allowed by it")
