"""Stacks: what CloudFormation made, what it would keep, and which other stacks count on it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from interlock.aws.things import Thing, of_stack, typed
from interlock.aws.yaml_text import NotRead, yaml_of
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.looks import is_bare
from interlock.survey.aws.note import Note, tags_of

#: CloudFormation has no code of its own for a stack that is not there.
GONE: Final = ("ValidationError",)
#: Types that are snapshotted as they go where the template says nothing; of instances, those that are in no cluster.
SNAPSHOTTED: Final = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
RETAINED: Final = ("Retain", "RetainExceptOnCreate")
#: Only a stack in this state lets go of what its deletion is told to retain.
FAILED: Final = "DELETE_FAILED"


def stack(note: Note) -> None:
    """A stack: every resource of it goes with it, but for those that the template retains."""
    name = note.thing.parts[-1]
    answer = note.ask("cloudformation", "describe_stacks", GONE, StackName=name)
    found = [each for each in answer.get("Stacks", ()) if each.get("StackStatus") != "DELETE_COMPLETE"]
    if not found:
        raise Absent(name)
    one = found[0]
    facts = note.of()
    facts.tags |= tags_of(one.get("Tags"))
    facts.planes["deployment"] = None
    if one.get("EnableTerminationProtection"):
        facts.protections["termination protection"] = None
    note.uses_arn(one.get("RoleARN"), "describe_stacks: acts as it", "identity")
    if one.get("ParentId"):
        outer = of_stack("AWS::CloudFormation::Stack", one["ParentId"], note.thing.region, note.thing.account)
        note.of(outer).planes["deployment"] = None
        note.is_in(outer, "describe_stacks: nested in it")
    policies = _policies(note, name)
    resources = note.pages(
        "cloudformation", "list_stack_resources", "StackResourceSummaries", "resources of it", GONE, StackName=name
    )
    for each in resources:
        _resource(note, each, policies)
    facts.size = len(resources)
    for output in one.get("Outputs", ()):
        if output.get("ExportName"):
            _importers(note, output["ExportName"])


def let_go(note: Note) -> None:
    """A resource that a deletion is told to retain. There is none where the stack would not listen to that."""
    stack, _, logical = "/".join(note.thing.parts).rpartition("/")
    found = note.ask("cloudformation", "describe_stacks", GONE, StackName=stack)
    status = {each.get("StackStatus") for each in found.get("Stacks", ())}
    said = note.ask(
        "cloudformation", "describe_stack_resource", GONE, StackName=stack, LogicalResourceId=logical
    )["StackResourceDetail"]  # fmt: skip
    if FAILED not in status or not said.get("PhysicalResourceId") or said.get("ResourceStatus") == "DELETE_COMPLETE":
        raise Absent(logical)
    note.of()
    inner = of_stack(said["ResourceType"], said["PhysicalResourceId"], note.thing.region, note.thing.account)
    outer = typed(stack) or Thing("aws.cloudformation.stack", (stack,), note.thing.region, note.thing.account)
    _retained(note, inner, outer, f"describe_stack_resource: `{logical}`, which the call retains")


def _retained(note: Note, inner: Thing, outer: Thing, evidence: str) -> None:
    note.of(inner).kept["retained"] = None
    note.edge(inner, "after", outer, evidence, "soft")


def _resource(note: Note, each: dict[str, Any], policies: dict[str, str]) -> None:
    physical = each.get("PhysicalResourceId")
    if not physical or each.get("ResourceStatus") in ("DELETE_COMPLETE", "CREATE_FAILED"):
        return
    inner = of_stack(each["ResourceType"], physical, note.thing.region, note.thing.account)
    logical = each["LogicalResourceId"]
    policy = policies.get(logical, "")
    if policy in RETAINED:
        _retained(note, inner, note.thing, f"list_stack_resources: `{logical}`, which the template retains")
        return
    evidence = f"list_stack_resources: `{logical}`" + (f", DeletionPolicy {policy}" if policy else "")
    if policy == "Snapshot":
        note.of(inner).kept["final-snapshot"] = None
    if is_bare(inner.type):
        note.of(inner)
        note.edge(inner, "contains", note.thing, evidence)
        return
    note.holds(inner, evidence)


def _policies(note: Note, name: str) -> dict[str, str]:
    """What the template says is to happen to each resource when it goes.

    Whatever is not read is taken for deleted, which is what happens to most things without a policy.
    """
    said = note.maybe("cloudformation", "get_template", GONE, StackName=name, TemplateStage="Processed") or {}
    body = said.get("TemplateBody")
    if isinstance(body, str):
        body = _read(body)
    resources = body.get("Resources") if isinstance(body, dict) else None
    if not isinstance(resources, dict):
        return {}
    return {logical: policy for logical, each in resources.items() if (policy := _policy(each))}


def _policy(resource: object) -> str:
    if not isinstance(resource, dict):
        return ""
    said = resource.get("DeletionPolicy")
    if said is not None:
        return said if isinstance(said, str) else ""
    properties = resource.get("Properties")
    alone = not (isinstance(properties, dict) and "DBClusterIdentifier" in properties)
    return "Snapshot" if resource.get("Type") in SNAPSHOTTED and alone else ""


def _read(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        pass
    try:
        return yaml_of(text)
    except NotRead:
        return None


def _importers(note: Note, export: str) -> None:
    found = note.pages("cloudformation", "list_imports", "Imports", f"importers of `{export}`", GONE, ExportName=export)
    for name in found:
        other = note.thing_of("aws.cloudformation.stack", name)
        note.of(other).planes["deployment"] = None
        note.used_by(other, f"list_imports: imports `{export}`")
