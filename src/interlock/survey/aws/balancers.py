"""Balancers: what receives traffic and where it sends it."""

from __future__ import annotations

from typing import Any

from interlock.aws.things import Thing, typed
from interlock.survey.aws.dns import pointing
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, tags_of


def balancer(note: Note) -> None:
    """An application, network or gateway load balancer, with its listeners, its target groups and their targets."""
    arn = note.thing.name
    answer = note.ask("elbv2", "describe_load_balancers", **_named(arn))
    if not answer.get("LoadBalancers"):
        raise Absent(arn)
    one = answer["LoadBalancers"][0]
    arn = one["LoadBalancerArn"]
    _same(note, arn)
    facts = note.of()
    facts.planes["routing"] = None
    facts.location["vpc"] = one.get("VpcId", "")
    _tags(note, arn)
    said = note.maybe("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn) or {}
    for each in said.get("Attributes", ()):
        if each["Key"] == "deletion_protection.enabled" and each["Value"] == "true":
            facts.protections["deletion protection"] = None
    for group in one.get("SecurityGroups", ()):
        note.uses(note.thing_of("aws.ec2.security-group", group), "describe_load_balancers: security group", "routing")
    for zone in one.get("AvailabilityZones", ()):
        note.uses(note.thing_of("aws.ec2.subnet", zone["SubnetId"]), "describe_load_balancers: subnet", "routing")
    for each in note.pages("elbv2", "describe_listeners", "Listeners", "listeners", LoadBalancerArn=arn):
        inner = typed(each["ListenerArn"])
        if inner is not None:
            note.of(inner).planes["routing"] = None
            note.edge(inner, "contains", note.thing, "describe_listeners: listens on it")
        for certificate in each.get("Certificates", ()):
            note.uses_arn(certificate.get("CertificateArn"), "describe_listeners: certificate", "routing")
    for each in note.pages("elbv2", "describe_target_groups", "TargetGroups", "target groups", LoadBalancerArn=arn):
        note.uses_arn(each["TargetGroupArn"], "describe_target_groups: sends to it", "routing")
    pointing(note, [one.get("DNSName", "")])


def _named(name: str) -> dict[str, Any]:
    return {"LoadBalancerArns": [name]} if name.startswith("arn:") else {"Names": [name]}


def _same(note: Note, arn: str) -> None:
    found = typed(arn)
    if found is not None:
        note.same.append((note.thing, found))


def _tags(note: Note, arn: str) -> None:
    said = note.maybe("elbv2", "describe_tags", ResourceArns=[arn]) or {}
    for each in said.get("TagDescriptions", ()):
        note.of().tags |= tags_of(each.get("Tags"))


def target_group(note: Note) -> None:
    """Who is in it, and which balancers send to it."""
    name = note.thing.name
    given: dict[str, Any] = {"TargetGroupArns": [name]} if name.startswith("arn:") else {"Names": [name]}
    answer = note.ask("elbv2", "describe_target_groups", **given)
    if not answer.get("TargetGroups"):
        raise Absent(name)
    one = answer["TargetGroups"][0]
    _same(note, one["TargetGroupArn"])
    note.of().planes["routing"] = None
    _tags(note, one["TargetGroupArn"])
    for arn in one.get("LoadBalancerArns", ()):
        balancer_ = typed(arn)
        if balancer_ is not None:
            note.of(balancer_).planes["routing"] = None
            note.used_by(balancer_, "describe_target_groups: sends to it")
    health = note.maybe("elbv2", "describe_target_health", TargetGroupArn=one["TargetGroupArn"]) or {}
    described = health.get("TargetHealthDescriptions", ())
    note.of().size = len(described)
    for each in described:
        target = _target(note, each["Target"]["Id"])
        if target is not None:
            note.of(target).groups["target-group", one["TargetGroupName"]] = None
            note.uses(target, "describe_target_health: a target of it")


def _target(note: Note, name: str) -> Thing | None:
    if name.startswith("i-"):
        return note.thing_of("aws.ec2.instance", name)
    return typed(name)


def listener(note: Note) -> None:
    """A way in: whoever comes by it comes no more."""
    answer = note.ask("elbv2", "describe_listeners", ListenerArns=[note.thing.name])
    if not answer.get("Listeners"):
        raise Absent(note.thing.name)
    one = answer["Listeners"][0]
    note.of().planes["routing"] = None
    note.of().kept["definition"] = None
    outer = typed(one["LoadBalancerArn"])
    if outer is not None:
        note.of(outer).planes["routing"] = None
        note.is_in(outer, "describe_listeners: listens on it")
    for action in one.get("DefaultActions", ()):
        note.uses_arn(action.get("TargetGroupArn"), "describe_listeners: sends to it", "routing")


def classic(note: Note) -> None:
    """A classic load balancer and its instances."""
    name = note.thing.parts[-1]
    answer = note.ask("elb", "describe_load_balancers", LoadBalancerNames=[name])
    if not answer.get("LoadBalancerDescriptions"):
        raise Absent(name)
    one = answer["LoadBalancerDescriptions"][0]
    note.of().planes["routing"] = None
    said = note.maybe("elb", "describe_tags", LoadBalancerNames=[name]) or {}
    for each in said.get("TagDescriptions", ()):
        note.of().tags |= tags_of(each.get("Tags"))
    for member in one.get("Instances", ()):
        target = note.thing_of("aws.ec2.instance", member["InstanceId"])
        note.of(target).groups["load-balancer", name] = None
        note.uses(target, "describe_load_balancers: sends to it")
    for group in one.get("SecurityGroups", ()):
        note.uses(note.thing_of("aws.ec2.security-group", group), "describe_load_balancers: security group", "routing")
    pointing(note, [one.get("DNSName", "")])
