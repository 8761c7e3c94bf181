"""Stacks: the payload taken apart into stacks, each with its change set, its template, its path and its place.

A nested change set stands under the resource of its parent that names it. One that nobody names stands by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from interlock.errors import BadProposal
from interlock.read.cloudformation.changeset import ChangeSet, ResourceChange, change_sets
from interlock.read.cloudformation.template import Template, template_of
from interlock.read.cloudformation.text import WRITE_IT

STACK: Final = "AWS::CloudFormation::Stack"

_ARN: Final = re.compile(r"arn:[\w-]+:cloudformation:([a-z0-9-]+):(\d{12}):stack/([\w-]{1,128})")


class Stack(NamedTuple):
    """One stack that changes. `path` is its name, or its parent's path and its logical id there."""

    path: str
    change_set: ChangeSet
    template: Template | None
    location: tuple[tuple[str, str], ...]
    parent: str = ""


class Opened(NamedTuple):
    """A payload: its stacks, parents first, and what of them is missing, as (resource path or stack, why)."""

    stacks: tuple[Stack, ...]
    missing: tuple[str, ...]
    resources: tuple[object, ...]


def opened(payload: object) -> Opened:
    """The stacks of a payload: a change set, a list of pages and nested ones, or an object around these.

    The object has `changeSet` or `changeSets`, and may have a `template`, `templates` by stack name or path, and
    `stackResources` as `describe-stack-resources` or `list-stack-resources` prints them.
    """
    documents, templates, resources = _parts(payload)
    if not documents:
        raise BadProposal("there is no change set in it", hint=WRITE_IT, code="not-a-change-set")
    found = change_sets(documents)
    nested = {
        change.resource_change.change_set_id
        for each in found.values()
        for change in each.changes
        if change.resource_change is not None and change.resource_change.change_set_id
    }
    roots = [each for name, each in found.items() if name not in nested]
    if not roots:
        raise BadProposal("the change sets stand inside of each other in a circle", code="circle")
    stacks: list[Stack] = []
    missing: list[str] = []
    waiting = [(each, _name(each), "") for each in reversed(roots)]
    seen: set[str] = set()
    while waiting:
        change_set, path, parent = waiting.pop()
        if change_set.id in seen:
            raise BadProposal(f"the change set `{change_set.id[:200]}` stands under two parents", code="circle")
        seen.add(change_set.id)
        if change_set.cut:
            missing.append(f"the change set of `{path}` has more pages than were given")
        template = templates.get(path, templates.get(_name(change_set), templates.get("") if not parent else None))
        stacks.append(Stack(path, change_set, template, _located(change_set), parent))
        for change in _nested(change_set):
            inner = found.get(change.change_set_id or "")
            if inner is not None:
                waiting.append((inner, f"{path}/{change.logical_resource_id}", path))
            elif change.action != "Remove":
                missing.append(f"what changes inside of the nested stack `{path}/{change.logical_resource_id}`")
    if len(seen) < len(found):
        raise BadProposal("some change sets stand inside of each other in a circle", code="circle")
    return Opened(tuple(stacks), tuple(missing), resources)


def _nested(change_set: ChangeSet) -> Iterator[ResourceChange]:
    for change in change_set.changes:
        resource = change.resource_change
        if resource is not None and resource.resource_type == STACK:
            yield resource


def _parts(payload: object) -> tuple[list[object], dict[str, Template], tuple[object, ...]]:
    """The documents, the templates by stack (that of the root under no name), and resources of stacks."""
    if isinstance(payload, list):
        return payload, {}, ()
    if not isinstance(payload, dict) or "Changes" in payload:
        return [payload], {}, ()
    documents: list[object] = []
    for name in ("changeSet", "changeSets"):
        held = payload.get(name)
        documents += held if isinstance(held, list) else [] if held is None else [held]
    if not documents and payload:
        raise BadProposal(_what(payload), hint=WRITE_IT, code="not-a-change-set")
    templates = {"": template_of(payload["template"])} if payload.get("template") is not None else {}
    by_name = payload.get("templates")
    if isinstance(by_name, Mapping):
        templates |= {name: template_of(held) for name, held in by_name.items()}
    resources = payload.get("stackResources")
    return documents, templates, tuple(resources if isinstance(resources, list) else [resources] if resources else [])


def _what(payload: Mapping[str, object]) -> str:
    """What an object is that holds no change set."""
    if "Resources" in payload or "TemplateBody" in payload:
        return "this is a template, not a change set"
    if "Stacks" in payload or "StackResources" in payload or "StackEvents" in payload:
        return "this describes a stack, not a change set"
    if "Summaries" in payload:
        return "this lists change sets, and describes none"
    if "resource_changes" in payload:
        return "this is a plan of Terraform, not a change set"
    return "this is JSON, but not a change set: it has no `Changes`"


def _name(change_set: ChangeSet) -> str:
    if change_set.head.stack_name:
        return change_set.head.stack_name
    match = _ARN.match(change_set.head.stack_id)
    return match[3] if match else change_set.head.stack_id[:128]


def _located(change_set: ChangeSet) -> tuple[tuple[str, str], ...]:
    match = _ARN.match(change_set.head.stack_id) or _ARN.match(
        change_set.head.change_set_id.replace(":changeSet/", ":stack/")
    )
    place = (("account", match[2]), ("region", match[1])) if match else ()
    return (*place, ("state", _name(change_set)))
