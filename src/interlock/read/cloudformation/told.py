"""Told: what change sets and templates tell of the world: what there is, and what depends on what.

The causes that a change set names are the surest: this property of this resource changes because that one does. A
template says the rest. Without a template nobody knows the rest, and then the telling is not complete.
"""

from __future__ import annotations

from collections.abc import Iterator

from interlock.model.change import Resource
from interlock.model.inventory import Edge, Flow, Inventory, Item
from interlock.read.cloudformation.changes import Effects, resource_of
from interlock.read.cloudformation.changeset import Detail
from interlock.read.cloudformation.stacks import Opened, Stack
from interlock.read.cloudformation.template import NAMES, Template
from interlock.read.lasting.lasting import Lasting, judge


def tell(opened: Opened, found: Effects, environment: str) -> Inventory:
    """What these stacks tell. The resources are those of the effects, so that both speak of the same things."""
    telling = _Telling(found, environment)
    limits = list(opened.missing)
    for stack in opened.stacks:
        if stack.template is None:
            limits.append(f"no template of `{stack.path}` was given: only what its change set names is known")
        else:
            limits += [f"`{stack.path}`: {limit}" for limit in stack.template.limits]
            telling.templated(stack, stack.template)
        telling.caused(stack)
        telling.nested(stack)
    telling.listed(opened)
    return Inventory(
        "",
        environment,
        tuple(telling.items.values()),
        tuple(dict.fromkeys(telling.edges)),
        complete=not limits,
        limits=tuple(dict.fromkeys(limits)),
        flows=tuple(dict.fromkeys(telling.flows)),
    )


class _Telling:
    """The items and edges so far."""

    def __init__(self, found: Effects, environment: str) -> None:
        self.environment = environment
        self.resources = dict(found.resources)
        self.items = {name: item_of(resource, found.lasting.get(name)) for name, resource in found.resources.items()}
        self.edges: list[Edge] = []
        self.flows: list[Flow] = []

    def templated(self, stack: Stack, template: Template) -> None:
        """The resources of a template and what they refer to."""
        for name, kind in template.types.items():
            self._there(stack, name, kind, template.properties.get(name, {}))
        for reference in template.references:
            ends = self._ends(stack, reference.source, reference.target)
            if ends is not None:
                fields = (reference.attribute or "Ref",)
                self.edges.append(Edge(*ends, "uses", "hard", "template", fields, (reference.into,)))
        for source, target in template.after:
            ends = self._ends(stack, source, target)
            if ends is not None:
                self.edges.append(Edge(*ends, "after", "soft", "template"))

    def caused(self, stack: Stack) -> None:
        """What the change set names as the cause of a change."""
        for change in stack.change_set.changes:
            if (resource := change.resource_change) is None:
                continue
            for detail in resource.details:
                source = self.resources.get(f"{stack.path}/{resource.logical_resource_id}")
                into = (detail.target.name or detail.target.attribute,)
                cause = _cause(detail, into[0])
                if source is None or cause is None:
                    continue
                target = self._there(stack, cause[0], "", {})
                self.edges.append(Edge(source, target, "uses", "hard", "change set", (cause[1],), into))
                if detail.target.requires_recreation == "Always":
                    self.flows.append(Flow(source.type, into[0], replaces=True))

    def nested(self, stack: Stack) -> None:
        """A nested stack holds what stands in it."""
        holder = self.resources.get(stack.path) if stack.parent else None
        if holder is None:
            return
        prefix = f"{stack.path}/"
        for name, resource in self.resources.items():
            if name.startswith(prefix) and "/" not in name.removeprefix(prefix):
                self.edges.append(Edge(resource, holder, "contains", "hard", "nested stack"))

    def listed(self, opened: Opened) -> None:
        """Resources that are listed beside the change set."""
        stacks = {stack.path: stack for stack in opened.stacks}
        for stack_name, name, kind in _listed(opened):
            stack = stacks.get(stack_name) or (opened.stacks[0] if not stack_name else None)
            if stack is not None:
                self._there(stack, name, kind, {})

    def _there(self, stack: Stack, name: str, kind: str, values: dict[str, object]) -> Resource:
        path = f"{stack.path}/{name}"
        if path not in self.resources:
            resource = resource_of(path, kind or "unknown", None, stack, self.environment)
            self.resources[path] = resource
            known = judge("cloudformation", kind, "create", None, values)
            self.items[path] = item_of(resource, known if known.known else None)
        return self.resources[path]

    def _ends(self, stack: Stack, source: str, target: str) -> tuple[Resource, Resource] | None:
        ends = self.resources.get(f"{stack.path}/{source}"), self.resources.get(f"{stack.path}/{target}")
        return None if ends[0] is None or ends[1] is None or source == target else (ends[0], ends[1])


def item_of(resource: Resource, known: Lasting | None) -> Item:
    """The item of a resource, with what is known of its kind."""
    if known is None:
        return Item(resource)
    return Item(resource, protections=known.protections, planes=known.planes, groups=known.groups)


def _cause(detail: Detail, into: str) -> tuple[str, str] | None:
    """The resource that causes a change of `into`, and which of its attributes does."""
    entity = detail.causing_entity or ""
    if not entity or detail.change_source not in ("ResourceReference", "ResourceAttribute"):
        return None
    name, _, attribute = entity.partition(".")
    return (name, attribute or "Ref") if NAMES.fullmatch(entity) and NAMES.fullmatch(into) else None


def _listed(opened: Opened) -> Iterator[tuple[str, str, str]]:
    """Stack, logical id and type of each resource in `stackResources`."""
    for each in opened.resources:
        rows = [each]
        if isinstance(each, dict):
            for name in ("StackResources", "StackResourceSummaries"):
                held = each.get(name)
                rows = held if isinstance(held, list) else rows
        for row in rows:
            if isinstance(row, dict):
                named = [row.get(key, "") for key in ("StackName", "LogicalResourceId", "ResourceType")]
                if all(isinstance(each, str) for each in named) and NAMES.fullmatch(named[1]):
                    yield named[0], named[1], named[2]
