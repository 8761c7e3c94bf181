"""Stacks: what CloudFormation made, what it would keep, and which other stacks count on it."""

from __future__ import annotations

import json
from typing import Any

from interlock.aws.things import of_stack
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, tags_of

#: CloudFormation has no code of its own for a stack that is not there.
GONE = ("ValidationError",)


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


def _resource(note: Note, each: dict[str, Any], policies: dict[str, str]) -> None:
    physical = each.get("PhysicalResourceId")
    if not physical or each.get("ResourceStatus") in ("DELETE_COMPLETE", "CREATE_FAILED"):
        return
    inner = of_stack(each["ResourceType"], physical, note.thing.region, note.thing.account)
    logical = each["LogicalResourceId"]
    policy = policies.get(logical, "")
    if policy in ("Retain", "RetainExceptOnCreate"):
        note.of(inner).kept["retained"] = None
        note.edge(inner, "after", note.thing, f"list_stack_resources: `{logical}`, which the template retains", "soft")
        return
    note.holds(inner, f"list_stack_resources: `{logical}`" + (f", DeletionPolicy {policy}" if policy else ""))


def _policies(note: Note, name: str) -> dict[str, str]:
    """What the template says is to happen to each resource when it goes; a template in YAML is not read for it.

    Whatever is not read is taken for deleted, which is what happens without a policy.
    """
    said = note.maybe("cloudformation", "get_template", GONE, StackName=name, TemplateStage="Processed") or {}
    body = said.get("TemplateBody")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return {}
    resources = body.get("Resources") if isinstance(body, dict) else None
    if not isinstance(resources, dict):
        return {}
    return {
        logical: str(each["DeletionPolicy"])
        for logical, each in resources.items()
        if isinstance(each, dict) and isinstance(each.get("DeletionPolicy"), str)
    }


def _importers(note: Note, export: str) -> None:
    found = note.pages("cloudformation", "list_imports", "Imports", f"importers of `{export}`", GONE, ExportName=export)
    for name in found:
        other = note.thing_of("aws.cloudformation.stack", name)
        note.of(other).planes["deployment"] = None
        note.used_by(other, f"list_imports: imports `{export}`")
