"""Changes: what a change set does to each resource becomes its effects, with what is known of the way back.

The rules of this room: ACTS says what each pair of an action and a policy does; a pair that is in no row is unknown.
A replacement that nobody can rule out is one. What is kept when it leaves the stack is only forgotten, and what a
snapshot is taken of has a copy.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

import msgspec

from interlock.model.change import TRAITS, Effect, Known, Resource, Trait, Verb
from interlock.model.wayback import WayBack, worst_reversibility
from interlock.read.cloudformation.access import widens
from interlock.read.cloudformation.changeset import ResourceChange
from interlock.read.cloudformation.seen import Seen, seen, tags_of
from interlock.read.cloudformation.stacks import STACK, Stack
from interlock.read.lasting.lasting import Lasting, Operation, judge, while_made
from interlock.read.lasting.needs import needs_of

Policy = Literal["Delete", "Retain", "Snapshot"]


class Act(NamedTuple):
    """One verb that an action stands for; `operation` is what is asked about its way back."""

    verb: Verb
    operation: Operation
    traits: tuple[Trait, ...] = ()
    cause: str = ""


_FORGET: Final = Act("update", "forget", ("forgets",), "it leaves the stack and is kept")
_REPLACE: Final = Act("replace", "replace", (), "a new one is made and the old one goes")
_MAY_REPLACE: Final = Act("replace", "replace", (), "it may be made anew: only the execution tells")
_KEEP_OLD: Final = Act("update", "forget", ("forgets",), "the old one is kept unmanaged")

#: Action and policy -> what is done. A modification is told by its replacement; see `_acts`.
ACTS: Final[dict[tuple[str, str], tuple[Act, ...]]] = {
    ("Add", ""): (Act("create", "create"),),
    ("Remove", ""): (Act("delete", "delete"),),
    ("Remove", "Delete"): (Act("delete", "delete"),),
    ("Remove", "Snapshot"): (Act("delete", "delete", (), "a snapshot is taken first"),),
    ("Remove", "Retain"): (_FORGET,),
    ("Remove", "RetainExceptOnCreate"): (_FORGET,),
    ("Import", ""): (Act("update", "forget", ("adopts",), "it exists already and comes into the stack"),),
    ("SyncWithActual", ""): (Act("update", "forget", ("drifted",), "only the record of it is set to what it is"),),
    ("False", ""): (Act("update", "update"),),
    ("True", ""): (_REPLACE,),
    ("True", "ReplaceAndDelete"): (_REPLACE,),
    ("True", "ReplaceAndSnapshot"): (_REPLACE,),
    ("True", "ReplaceAndRetain"): (Act("create", "create", (), "a new one is made"), _KEEP_OLD),
    ("Conditional", ""): (_MAY_REPLACE,),
    ("Conditional", "ReplaceAndDelete"): (_MAY_REPLACE,),
    ("Conditional", "ReplaceAndSnapshot"): (_MAY_REPLACE,),
    ("Conditional", "ReplaceAndRetain"): (
        Act("update", "update", (), "it may be made anew: only the execution tells"),
        _KEEP_OLD,
    ),
}

#: Its own code answers for it, wherever that runs.
CUSTOM: Final = re.compile(r"Custom::.+|AWS::CloudFormation::CustomResource")

_NAME: Final = re.compile(r"[\w.:/+@\[\]-]{1,300}")
_BY_RANK: Final[dict[Trait, int]] = {trait: rank for rank, trait in enumerate(TRAITS)}
_BACK: Final[dict[str, WayBack]] = {
    "Import": WayBack("exact-inverse", "valid", step="take it out of the stack again and keep it"),
    "SyncWithActual": WayBack("exact-inverse", "valid", step="nothing: the thing itself is not touched"),
}


class Effects(NamedTuple):
    """What change sets do, and every resource that they name, by stack path and logical id."""

    effects: tuple[Effect, ...]
    resources: dict[str, Resource]
    lasting: dict[str, Lasting]
    unknown: tuple[str, ...]
    parts: int
    drifted: int
    needs_unknown: tuple[str, ...] = ()


def effects_of(stacks: tuple[Stack, ...], environment: str) -> Effects:
    """All effects of the stacks in their order."""
    reading = _Reading(environment)
    for stack in stacks:
        for change in stack.change_set.changes:
            if change.type == "Resource" and change.resource_change is not None:
                reading.change(stack, change.resource_change)
            else:
                reading.strange(stack, change.type)
            reading.part += 1
    return Effects(
        tuple(reading.effects),
        reading.resources,
        reading.lasting,
        tuple(reading.unknown),
        reading.part,
        reading.drifted,
        tuple(sorted(reading.needs_unknown)),
    )


class _Reading:
    """The effects so far."""

    def __init__(self, environment: str) -> None:
        self.environment = environment
        self.effects: list[Effect] = []
        self.resources: dict[str, Resource] = {}
        self.lasting: dict[str, Lasting] = {}
        self.unknown: list[str] = []
        self.needs_unknown: set[str] = set()
        self.part = 0
        self.drifted = 0

    def change(self, stack: Stack, change: ResourceChange) -> None:
        """The effects on one resource."""
        both = seen(change)
        name = f"{stack.path}/{_name(change.logical_resource_id)}"
        resource = resource_of(name, change.resource_type, both.before or both.after, stack, self.environment)
        self.resources[name] = resource
        drifted = change.resource_drift_status in ("MODIFIED", "DELETED")
        self.drifted += drifted
        acts = _acts(change)
        if acts is None:
            self._unread(change, resource)
            return
        for act in acts:
            effect = self._effect(change, act, resource, both)
            if drifted and "drifted" not in effect.traits:
                effect = msgspec.structs.replace(effect, traits=_ordered({*effect.traits, "drifted"}))
            self.effects.append(effect)
        if CUSTOM.fullmatch(change.resource_type) and change.action in ("Add", "Modify", "Remove"):
            self.effects.append(self._runs(resource))

    def _effect(self, change: ResourceChange, act: Act, resource: Resource, both: Seen) -> Effect:
        known = _judged(change, act, both)
        self.lasting[resource.name] = known
        if act.operation == "create":
            planes = while_made("cloudformation", change.resource_type, known.planes)
            self.lasting[resource.name] = known._replace(planes=planes)
        traits: set[Trait] = {*act.traits, *known.traits}
        back = _BACK.get(change.action, known.way_back)
        wider = widens(change.resource_type, act.operation, both, authority=known.aspect == "authority")
        if wider:
            traits.add("widens-access")
        if both.unkept and act.operation in ("update", "replace"):
            traits.add("loses-protection")
            back = _unkept(back)
        maybe = change.action == "Modify" and change.replacement not in ("True", "False")
        certainty: Known = "estimated" if maybe or both.odd else "planned"
        return Effect(
            act.verb,
            resource,
            certainty,
            known.aspect,
            fields=both.fields if act.operation in ("update", "replace") else (),
            traits=_ordered(traits),
            part=self.part,
            cause="; ".join(filter(None, (_why(change, both), act.cause, wider))),
            way_back=back,
            gentler=known.gentler,
            needs=self._needs(change.resource_type, act.operation),
        )

    def _needs(self, kind: str, operation: Operation) -> tuple[str, ...]:
        found = needs_of("cloudformation", kind, operation)
        if found is None:
            self.needs_unknown.add(_name(kind))
        return found or ()

    def _runs(self, resource: Resource) -> Effect:
        return Effect(
            "execute",
            resource,
            "planned",
            "process",
            traits=("runs-code", "leaves-target"),
            part=self.part,
            cause="its own code is called, wherever that runs",
        )

    def _unread(self, change: ResourceChange, resource: Resource) -> None:
        words = " ".join(_name(each) for each in (change.action, change.replacement, change.policy_action) if each)
        cause = f"`{resource.name}`: the change set says `{words}`, and nobody can tell what that does"
        self.unknown.append(cause)
        self.effects.append(
            Effect("execute", resource, "unknown", "structure", choice="unknown", part=self.part, cause=cause)
        )

    def strange(self, stack: Stack, type_: str) -> None:
        """An entry that is no resource."""
        resource = Resource("cloudformation.entry", f"{stack.path}/{self.part}", self.environment, stack.location)
        cause = f"`{stack.path}` changes a `{_name(type_) or 'thing'}`, which nobody here knows"
        self.unknown.append(cause)
        self.effects.append(
            Effect("execute", resource, "unknown", "structure", choice="unknown", part=self.part, cause=cause)
        )


def resource_of(name: str, type_: str, values: dict[str, object] | None, stack: Stack, environment: str) -> Resource:
    """The resource of a path of stacks and a logical id."""
    zone = (values or {}).get("AvailabilityZone")
    zones = (("zone", zone),) if isinstance(zone, str) and re.fullmatch(r"[a-z0-9-]{1,40}", zone) else ()
    place = tuple(sorted((*stack.location, *zones)))
    return Resource(f"cloudformation.{_name(type_)}", name, environment, place, tags_of(values))


def _acts(change: ResourceChange) -> tuple[Act, ...] | None:
    """What is done; None when nobody can tell. A nested stack is changed by what stands in its own change set."""
    policy = change.policy_action or ""
    if change.action != "Modify":
        return ACTS.get((change.action, policy))
    replacement = change.replacement or "Conditional"
    if replacement == "False" and any(
        each.evaluation == "Static" and each.target.requires_recreation == "Always" for each in change.details
    ):
        replacement = "Conditional"  # it contradicts itself, and the worse is believed
    return ACTS.get((replacement, policy))


def _judged(change: ResourceChange, act: Act, both: Seen) -> Lasting:
    before = both.before
    policy = change.policy_action or ""
    if policy.endswith("Snapshot") and act.operation in ("delete", "replace"):
        before = {**(before or {}), "@policy": policy}
    known = judge(
        "cloudformation",
        change.resource_type,
        act.operation,
        before,
        both.after,
        both.unknown,
        hidden=both.hidden,
        forced=both.forced,
    )
    if change.resource_type == STACK and act.operation == "update":
        back = WayBack("disruptive-inverse", "unknown", step="update it back", why="its resources change by themselves")
        return known._replace(way_back=back)
    return known


def _unkept(back: WayBack) -> WayBack:
    """The way back of a change that also takes off what keeps the resource when it leaves the stack."""
    says = "it is not kept any more when it leaves the stack"
    return msgspec.structs.replace(
        back,
        reversibility=worst_reversibility(back.reversibility or "exact-inverse", "exact-inverse"),
        loses="; ".join(filter(None, (back.loses, says))),
    )


def _why(change: ResourceChange, both: Seen) -> str:
    """What makes it so, as the change set says."""
    said = []
    if both.forced and change.replacement != "False":
        said.append(f"forced by {', '.join(f'`{_name(each)}`' for each in sorted(both.forced)[:8])}")
    entities = {
        _name(detail.causing_entity)
        for detail in change.details
        if detail.causing_entity and detail.change_source in ("ResourceReference", "ResourceAttribute")
    }
    if entities:
        said.append(f"because of {', '.join(f'`{each}`' for each in sorted(entities)[:8])}")
    if change.module_info is not None and change.module_info.logical_id_hierarchy:
        said.append(f"in module `{_name(change.module_info.logical_id_hierarchy)}`")
    if change.resource_drift_status in ("MODIFIED", "DELETED"):
        said.append("it was changed outside of the stack")
    if both.odd:
        said.append(both.odd)
    return "; ".join(said)


def _name(text: str | None) -> str:
    """A name as it may be shown; anything else is only said to be there."""
    if not text:
        return ""
    return text if _NAME.fullmatch(text) else "a strange name"


def _ordered(traits: set[Trait]) -> tuple[Trait, ...]:
    return tuple(sorted(traits, key=_BY_RANK.__getitem__))
