"""Compute: instances and the groups that make them, what runs on which volumes, and who sends them work."""

from __future__ import annotations

from typing import Any

from interlock.aws.things import Thing, typed
from interlock.survey.aws.dns import pointing
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, tags_of

#: More target groups than these are not asked one by one who is in them.
ASKED = 40


def instance(note: Note) -> None:
    """State, place, protection, what it is made of and by whom it is managed."""
    one = described(note, note.thing.parts[-1])
    facts = note.of()
    facts.tags |= tags_of(one.get("Tags"))
    facts.location |= {"zone": one.get("Placement", {}).get("AvailabilityZone", ""), "vpc": one.get("VpcId", "")}
    for attribute, words in (
        ("disableApiTermination", "termination protection"),
        ("disableApiStop", "stop protection"),
    ):
        said = note.maybe("ec2", "describe_instance_attribute", InstanceId=one["InstanceId"], Attribute=attribute) or {}
        if said.get(attribute[0].upper() + attribute[1:], {}).get("Value"):
            facts.protections[words] = None
    note.uses_arn(one.get("IamInstanceProfile", {}).get("Arn"), "describe_instances: instance profile", "identity")
    for group in one.get("SecurityGroups", ()):
        note.uses(
            note.thing_of("aws.ec2.security-group", group["GroupId"]), "describe_instances: security group", "routing"
        )
    if one.get("SubnetId"):
        note.uses(note.thing_of("aws.ec2.subnet", one["SubnetId"]), "describe_instances: subnet", "routing")
    for mapping in one.get("BlockDeviceMappings", ()):
        disk = mapping.get("Ebs", {})
        volume = note.thing_of("aws.ec2.volume", disk.get("VolumeId", ""))
        if disk.get("DeleteOnTermination"):
            note.of(volume).planes["data"] = None
            note.edge(volume, "contains", note.thing, "describe_instances: volume that is deleted with it")
        elif disk:
            note.edge(note.thing, "uses", volume, "describe_instances: volume that stays")
    group_name = facts.tags.get("aws:autoscaling:groupName")
    if group_name:
        facts.kept[f"auto-scaling:{group_name}"] = None
        _members(note, group_name)
    else:
        _targets(note, one)
    pointing(note, [one.get("PublicDnsName", ""), one.get("PublicIpAddress", ""), one.get("PrivateIpAddress", "")])


def described(note: Note, name: str) -> dict[str, Any]:
    """The instance as EC2 describes it; a terminated one is not there."""
    answer = note.ask("ec2", "describe_instances", ("InvalidInstanceID.Malformed",), InstanceIds=[name])
    found = [one for each in answer.get("Reservations", ()) for one in each.get("Instances", ())]
    found = [one for one in found if one.get("State", {}).get("Name") not in ("terminated", "shutting-down")]
    if not found:
        raise Absent(name)
    one: dict[str, Any] = found[0]
    return one


def _members(note: Note, name: str) -> None:
    """The group that makes it again, and the others in it."""
    answer = note.maybe("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name]) or {}
    for group in answer.get("AutoScalingGroups", ()):
        thing = note.thing_of("aws.autoscaling.auto-scaling-group", name)
        note.of(thing)
        note.is_in(thing, "describe_auto_scaling_groups: member")
        _all_in(note, group, thing)


def _all_in(note: Note, group: dict[str, Any], thing: Thing) -> None:
    for member in group.get("Instances", ()):
        other = note.thing_of("aws.ec2.instance", member["InstanceId"])
        note.of(other).groups["auto-scaling-group", group["AutoScalingGroupName"]] = None
    for arn in group.get("TargetGroupARNs", ()):
        balanced = typed(arn)
        if balanced is not None:
            note.of(balanced)
            note.edge(balanced, "uses", thing, "describe_auto_scaling_groups: sends to it")


def _targets(note: Note, one: dict[str, Any]) -> None:
    """Balancers that send to an instance that no group manages."""
    groups = note.pages("elbv2", "describe_target_groups", "TargetGroups", "target groups", most=200)
    groups = [each for each in groups if each.get("VpcId") in ("", None, one.get("VpcId"))]
    for group in groups[:ASKED]:
        health = note.maybe("elbv2", "describe_target_health", TargetGroupArn=group["TargetGroupArn"]) or {}
        ids = [each["Target"]["Id"] for each in health.get("TargetHealthDescriptions", ())]
        thing = typed(group["TargetGroupArn"])
        if thing is not None and one["InstanceId"] in ids:
            note.used_by(thing, "describe_target_health: a target of it")
            for other in ids:
                if other.startswith("i-"):
                    note.of(note.thing_of("aws.ec2.instance", other)).groups[
                        "target-group", group["TargetGroupName"]
                    ] = None
    if len(groups) > ASKED:
        note.unseen(f"{len(groups) - ASKED} target groups were not asked whether it is in them")
    for classic in note.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions", "load balancers", most=200):
        ids = [each["InstanceId"] for each in classic.get("Instances", ())]
        if one["InstanceId"] in ids:
            note.used_by(note.thing_of("aws.elb.load-balancer", classic["LoadBalancerName"]), "describe_load_balancers")
            for other in ids:
                group_key = ("load-balancer", classic["LoadBalancerName"])
                note.of(note.thing_of("aws.ec2.instance", other)).groups[group_key] = None


def group(note: Note) -> None:
    """An auto scaling group: its instances go with it."""
    name = note.thing.parts[-1]
    answer = note.ask("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name])
    if not answer.get("AutoScalingGroups"):
        raise Absent(name)
    one = answer["AutoScalingGroups"][0]
    facts = note.of()
    facts.tags |= tags_of(one.get("Tags"))
    facts.size = len(one.get("Instances", ()))
    if one.get("NewInstancesProtectedFromScaleIn"):
        facts.protections["scale-in protection"] = None
    _all_in(note, one, note.thing)
    for member in one.get("Instances", ()):
        note.holds(note.thing_of("aws.ec2.instance", member["InstanceId"]), "describe_auto_scaling_groups: member")
    template = (one.get("LaunchTemplate") or {}).get("LaunchTemplateId")
    if template:
        note.uses(note.thing_of("aws.ec2.launch-template", template), "describe_auto_scaling_groups: launch template")
    for balancer in one.get("LoadBalancerNames", ()):
        note.used_by(note.thing_of("aws.elb.load-balancer", balancer), "describe_auto_scaling_groups: sends to it")


def launch_template(note: Note) -> None:
    """Which groups make instances from it."""
    key = "LaunchTemplateIds" if note.thing.parts[-1].startswith("lt-") else "LaunchTemplateNames"
    given: dict[str, Any] = {key: [note.thing.parts[-1]]}
    answer = note.ask("ec2", "describe_launch_templates", **given)
    if not answer.get("LaunchTemplates"):
        raise Absent(note.thing.name)
    one = answer["LaunchTemplates"][0]
    note.of().tags |= tags_of(one.get("Tags"))
    for group_ in note.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "auto scaling groups"):
        used = group_.get("LaunchTemplate") or {}
        if used.get("LaunchTemplateId") == one["LaunchTemplateId"]:
            thing = note.thing_of("aws.autoscaling.auto-scaling-group", group_["AutoScalingGroupName"])
            note.used_by(thing, "describe_auto_scaling_groups: launch template")


def volume(note: Note) -> None:
    """Whose disk it is, and which snapshots there are of it."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_volumes", VolumeIds=[name])
    if not answer.get("Volumes"):
        raise Absent(name)
    one = answer["Volumes"][0]
    facts = note.of()
    facts.tags |= tags_of(one.get("Tags"))
    facts.planes["data"] = None
    facts.location["zone"] = one.get("AvailabilityZone", "")
    note.uses_arn(one.get("KmsKeyId"), "describe_volumes: encrypted with it", "encryption")
    for attached in one.get("Attachments", ()):
        user = note.thing_of("aws.ec2.instance", attached["InstanceId"])
        if attached.get("DeleteOnTermination"):
            note.of(user)
            note.is_in(user, "describe_volumes: deleted with it")
        note.used_by(user, "describe_volumes: attached to it")
    filters = [{"Name": "volume-id", "Values": [name]}]
    found = note.pages("ec2", "describe_snapshots", "Snapshots", "snapshots of it", OwnerIds=["self"], Filters=filters)
    for each in found:
        if each.get("State", "completed") == "completed":
            facts.kept[f"snapshot:{each['SnapshotId']}"] = None
            note.copy(note.thing_of("aws.ec2.snapshot", each["SnapshotId"]), "describe_snapshots: snapshot of it")


def snapshot(note: Note) -> None:
    """Of what it is a copy, whether the recycle bin or a lock holds it, and which images are made of it."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_snapshots", SnapshotIds=[name])
    if not answer.get("Snapshots"):
        raise Absent(name)
    one = answer["Snapshots"][0]
    facts = note.of()
    facts.tags |= tags_of(one.get("Tags"))
    facts.planes["data"] = None
    if one.get("VolumeId"):
        original = note.thing_of("aws.ec2.volume", one["VolumeId"])
        note.edge(note.thing, "copies", original, "describe_snapshots: snapshot of it")
    note.uses_arn(one.get("KmsKeyId"), "describe_snapshots: encrypted with it", "encryption")
    filters = [{"Name": "block-device-mapping.snapshot-id", "Values": [name]}]
    for image_ in note.pages("ec2", "describe_images", "Images", "images of it", Owners=["self"], Filters=filters):
        note.used_by(note.thing_of("aws.ec2.image", image_["ImageId"]), "describe_images: made of it")
    _recycled(note, "EBS_SNAPSHOT")


def image(note: Note) -> None:
    """What it is made of, and what is made of it."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_images", ImageIds=[name])
    if not answer.get("Images"):
        raise Absent(name)
    one = answer["Images"][0]
    facts = note.of()
    facts.tags |= tags_of(one.get("Tags"))
    facts.planes["shared-code"] = None
    if one.get("DeregistrationProtection", "disabled") not in ("disabled", ""):
        facts.protections["deregistration protection"] = None
    for mapping in one.get("BlockDeviceMappings", ()):
        made_of = mapping.get("Ebs", {}).get("SnapshotId")
        if made_of:
            note.uses(note.thing_of("aws.ec2.snapshot", made_of), "describe_images: made of it")
    filters = [{"Name": "image-id", "Values": [name]}]
    for each in note.pages("ec2", "describe_instances", "Reservations", "instances of it", Filters=filters):
        for made in each.get("Instances", ()):
            user = note.thing_of("aws.ec2.instance", made["InstanceId"])
            note.of(user)
            note.edge(user, "mentions", note.thing, "describe_instances: made of it", "soft")
    _recycled(note, "EC2_IMAGE")


def _recycled(note: Note, kind: str) -> None:
    """A rule of the recycle bin keeps what is deleted for a while; one with tags may not be meant for this thing."""
    for rule in note.lowering("rbin", "list_rules", "Rules", "rules of the recycle bin", ResourceType=kind):
        said = note.maybe("rbin", "get_rule", Identifier=rule["Identifier"]) or {}
        tags = note.of().tags
        wanted = [(each.get("ResourceTagKey"), each.get("ResourceTagValue")) for each in said.get("ResourceTags", ())]
        if said.get("Status", "available") == "available" and (
            not wanted or any(tags.get(str(name)) == value for name, value in wanted)
        ):
            note.of().kept["recycle-bin"] = None


def managed(note: Note) -> None:
    """A managed instance of Systems Manager: the instance that it is."""
    name = note.thing.parts[-1]
    if name.startswith("i-"):
        described(note, name)
        inner = note.thing_of("aws.ec2.instance", name)
        note.of()
        note.uses(inner, "describe_instances: it is this instance")
        note.inside.append(inner)
        return
    filters = [{"Key": "InstanceIds", "Values": [name]}]
    found = note.pages(
        "ssm", "describe_instance_information", "InstanceInformationList", "managed ones", Filters=filters
    )
    if not found:
        raise Absent(name)
    note.of()
