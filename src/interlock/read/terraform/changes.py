"""Changes: each thing that a plan changes becomes its effects, with why it happens and what is known of the way back.

The rules of this room: WORDS says what each combination of the planner's words does, in their order. A combination
that is in no row is unknown, never ignored. A value that is sensitive is in no text here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec import Raw

from interlock.model.change import TRAITS, Effect, Resource, Trait, Verb
from interlock.model.wayback import WayBack
from interlock.read.lasting.lasting import Lasting, judge
from interlock.read.lasting.needs import needs_of
from interlock.read.terraform.access import access, widens
from interlock.read.terraform.accounts import accounts_of
from interlock.read.terraform.agrees import disagrees, made_by_another
from interlock.read.terraform.code import Runs, code
from interlock.read.terraform.difference import Difference, difference
from interlock.read.terraform.naming import resource_of
from interlock.read.terraform.objects import OBJECT, RELEASE, Opened, opened, weakened
from interlock.read.terraform.outline import Outline, Placed, Provisioner, configured
from interlock.read.terraform.plan import NULL, Delta, Invocation, Plan, ResourceChange, value
from interlock.read.terraform.shifts import shifted

Operation = Literal["create", "update", "replace", "delete", "forget"]


class Act(NamedTuple):
    """One verb that a combination of words stands for; `operation` is what is asked about its way back."""

    verb: Verb
    operation: Operation
    traits: tuple[Trait, ...] = ()
    cause: str = ""


WORDS: Final[dict[tuple[str, ...], tuple[Act, ...]]] = {
    ("no-op",): (),
    ("create",): (Act("create", "create"),),
    ("update",): (Act("update", "update"),),
    ("delete", "create"): (
        Act("replace", "replace", ("leaves-a-gap",), "the old one goes before the new one is there"),
    ),
    ("create", "delete"): (Act("replace", "replace", (), "the new one is made before the old one goes"),),
    ("delete",): (Act("delete", "delete"),),
    ("forget",): (Act("update", "forget", ("forgets",), "it goes on existing unmanaged"),),
    ("create", "forget"): (
        Act("create", "create", (), "a new one is made"),
        Act("update", "forget", ("forgets",), "the old one goes on existing unmanaged"),
    ),
}

#: Words for things that only read: data sources, and ephemeral ones that are opened for as long as the apply runs.
READING: Final = frozenset({("read",), ("open",)})

#: The planner's reasons in words; one that is in no row is shown as it is written.
REASONS: Final = {
    "replace_because_tainted": "it is tainted",
    "replace_because_cannot_update": "it cannot be updated in place",
    "replace_by_request": "its replacement was asked for",
    "replace_by_triggers": "something that triggers its replacement changes",
    "delete_because_no_resource_config": "it is not in the configuration any more",
    "delete_because_no_module": "its module is not in the configuration any more",
    "delete_because_wrong_repetition": "it is counted in another way now",
    "delete_because_count_index": "its index is beyond the count",
    "delete_because_each_key": "its key is not in `for_each` any more",
    "delete_because_no_move_target": "the address that it was moved to is not there",
    "read_because_config_unknown": "what it reads is not known before",
    "read_because_dependency_pending": "what it depends on changes",
    "read_because_check_nested": "a check reads it",
}
#: With which verbs a provisioner runs; when nobody can tell when, with each of them.
RUNS_WHEN: Final[dict[str, frozenset[Verb]]] = {
    "create": frozenset({"create", "replace"}),
    "destroy": frozenset({"delete", "replace"}),
}
SHIFTING: Final = frozenset({"delete_because_count_index", "delete_because_each_key"})

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_BY_RANK: Final[dict[Trait, int]] = {trait: rank for rank, trait in enumerate(TRAITS)}
_BACK: Final = WayBack("exact-inverse", "valid", step="set the output back")


class Effects(NamedTuple):
    """What a plan does. `resources` is every resource that it names, by address, as its effects name it.

    `needs_unknown` names the types and the code whose permissions nobody here knows.
    """

    effects: tuple[Effect, ...]
    resources: dict[str, Resource]
    unknown: tuple[str, ...]
    parts: int
    needs_unknown: tuple[str, ...] = ()


def effects_of(
    plan: Plan,
    outline: Outline,
    environment: str,
    state: str = "",
    provisioners: Mapping[str, tuple[Provisioner, ...]] | None = None,
) -> Effects:
    """All effects of a plan in its order. `provisioners` are types by configured address."""
    reading = _Reading(plan, outline, environment, state, provisioners or {})
    for part, change in enumerate(plan.resource_changes):
        reading.change(part, change)
    part = len(plan.resource_changes)
    for name in sorted(plan.output_changes):
        reading.output(part, name, plan.output_changes[name])
        part += 1
    for invocation in plan.action_invocations:
        reading.invocation(part, invocation)
        part += 1
    for placed in outline.blocks:
        if placed.block.mode == "ephemeral" and placed.address not in reading.resources:
            reading.ephemeral(part, placed)
            part += 1
    unknown, unlisted = tuple(dict.fromkeys(reading.unknown)), tuple(sorted(reading.needs_unknown))
    return Effects(tuple(reading.effects), reading.resources, unknown, part, unlisted)


class _Reading:
    """The effects so far, and what of the plan all of them need to know."""

    def __init__(
        self,
        plan: Plan,
        outline: Outline,
        environment: str,
        state: str,
        provisioners: Mapping[str, tuple[Provisioner, ...]],
    ) -> None:
        self.environment, self.state, self.provisioners = environment, state, provisioners
        self.effects: list[Effect] = []
        self.resources: dict[str, Resource] = {}
        self.unknown: list[str] = []
        self.needs_unknown: set[str] = set()
        self.drifted = {each.address for each in plan.resource_drift if each.change.actions != ("no-op",)}
        self.shifted = shifted(plan.resource_changes)
        self.accounts = cache(lambda: accounts_of(plan))
        self.blocks = {placed.address: placed.block for placed in outline.blocks}

    def change(self, part: int, change: ResourceChange) -> None:
        """The effects of one resource instance, or one deposed object of it."""
        delta = change.change
        acts = WORDS.get(delta.actions) if change.mode == "managed" else None
        odd = disagrees(change) if acts is not None else ""
        if acts == () and not odd and not _is_there(delta.importing) and not _moved(change):
            return
        seen = difference(delta)
        resource = self.resources.setdefault(
            change.address,
            resource_of(change.address, change.type or "unknown", seen.values, self.environment, self.state),
        )
        if change.mode != "managed" and delta.actions in READING | {("no-op",)}:
            if delta.actions != ("no-op",):
                self._reads(part, change, resource)
            return
        if acts is None or odd:
            self._unread(part, change, resource, odd)
            return
        another = made_by_another(change.type, change.provider_name)
        held = Opened(f"{change.type} of another provider", seen) if another else opened(change.type, seen)
        if held.why_not and acts:
            self.unknown.append(f"what `{change.address}` holds: {held.why_not}")
        for act in acts:
            self.effects.append(self._effect(part, change, act, resource, seen, held))
        self._beside(part, change, resource, acts)

    def _effect(
        self, part: int, change: ResourceChange, act: Act, resource: Resource, seen: Difference, held: Opened
    ) -> Effect:
        forced = _first_steps(change.change)
        known = _judged(held.kind, act.operation, held.seen, forced)
        if held.kind == RELEASE and act.operation == "update":
            known = _of_chart(known, held.seen)
        later = held.seen.unknown
        if later and act.operation == "replace" and held.kind != OBJECT:
            later = self._chosen(change, seen)
        wider = ""
        if act.operation != "forget":
            wider = widens(held.kind, act.verb, *held.seen.whole, later, self.accounts)
            wider = wider or (held.wider if act.verb != "delete" else "")
        traits: set[Trait] = {*act.traits, *known.traits}
        if wider:
            traits.add("widens-access")
        if act.operation == "update" and seen.only_removes:
            traits.add("only-removes")
        if change.action_reason in SHIFTING or change.address in self.shifted:
            traits.add("shifts-index")
        if change.address in self.drifted:
            traits.add("drifted")
        changing = act.operation in ("update", "replace")
        return Effect(
            act.verb,
            resource,
            "planned",
            known.aspect,
            fields=seen.fields if changing else (),
            traits=_ordered(traits),
            part=part,
            cause="; ".join(filter(None, (_why(change, forced), act.cause, wider))),
            way_back=known.way_back,
            gentler=known.gentler,
            needs=self._needs(change.type, act.operation),
        )

    def _chosen(self, change: ResourceChange, seen: Difference) -> frozenset[str]:
        """What is not known after and is not left to the target: of a thing made anew everything that nobody sets is.

        A block may be written in a way that the configuration does not name, so only plain values are left out.
        """
        block = self.blocks.get(configured(change.address))
        sets = block.sets() if block is not None else None
        if sets is None:
            return seen.unknown
        return frozenset(
            name for name in seen.unknown if name in sets or not _is_plain((seen.before or {}).get(name), name)
        )

    def _needs(self, kind: str, operation: Operation) -> tuple[str, ...]:
        found = needs_of("terraform", kind, operation)
        if found is None:
            self.needs_unknown.add(_name(kind))
        return found or ()

    def _beside(self, part: int, change: ResourceChange, resource: Resource, acts: tuple[Act, ...]) -> None:
        """What happens to it beside: it comes under management, moves to another address, runs code."""
        if _is_there(change.change.importing):
            back = WayBack("exact-inverse", "valid", step="stop managing it again")
            cause = "it exists already and comes under management"
            self.effects.append(_plain("update", resource, part, ("adopts",), cause, back))
        elif not acts and _moved(change):
            back = WayBack("exact-inverse", "valid", step="move it back")
            cause = f"moved from `{change.previous_address}`"
            self.effects.append(_plain("update", resource, part, ("renames",), cause, back))
        verbs = {act.verb for act in acts}
        for provisioner in self.provisioners.get(configured(change.address), ()) if self.provisioners else ():
            if verbs & RUNS_WHEN.get(provisioner.when, frozenset({"create", "replace", "delete"})):
                runs = code().provisioner(provisioner.type)
                self.needs_unknown.add(f"provisioner {_name(provisioner.type)}")
                self.effects.append(_run(runs, resource, part, f"provisioner `{_name(provisioner.type)}` {runs.says}"))
        if verbs and (runs_too := code().resources.get(change.type)):
            self.effects.append(_run(runs_too, resource, part, runs_too.says))

    def _reads(self, part: int, change: ResourceChange, resource: Resource) -> None:
        """A data source that is read, or an ephemeral resource that is opened, while the plan is applied."""
        cause = REASONS.get(change.action_reason, "")
        runs = code().data.get(change.type) if change.mode == "data" else None
        if runs is None:
            self.effects.append(_plain("read", resource, part, (), cause, WayBack("none-needed", "none-needed")))
        else:
            self.effects.append(_run(runs, resource, part, f"{runs.says} while it is applied"))

    def _unread(self, part: int, change: ResourceChange, resource: Resource, odd: str = "") -> None:
        """A combination of words that is in no row, or that the rest of the plan disagrees with."""
        words = ", ".join(_name(word) for word in change.change.actions) or "nothing"
        cause = f"{_name(change.mode)} `{change.address}`: the plan says `{words}`, which nobody here knows"
        if odd:
            cause = f"`{change.address}`: {odd}"
        self.unknown.append(cause)
        self.effects.append(
            Effect("execute", resource, "unknown", "structure", choice="unknown", part=part, cause=cause)
        )

    def output(self, part: int, name: str, delta: Delta) -> None:
        """A root output, which other states may read."""
        acts = WORDS.get(delta.actions)
        if acts == ():
            return
        resource = Resource("terraform.output", f"output.{name}", self.environment, self._located())
        self.resources[resource.name] = resource
        if acts is None or len(acts) > 1:
            cause = f"output `{name}`: the plan says `{', '.join(map(_name, delta.actions))}`, which nobody here knows"
            self.unknown.append(cause)
            self.effects.append(Effect("execute", resource, "unknown", "structure", part=part, cause=cause))
            return
        cause = "other states may read it"
        self.effects.append(_plain(acts[0].verb, resource, part, (), cause, _BACK))

    def invocation(self, part: int, invocation: Invocation) -> None:
        """An action of a provider that runs beside the changes."""
        resource = Resource(
            f"terraform.{invocation.type or 'action'}", invocation.address, self.environment, self._located()
        )
        self.resources.setdefault(resource.name, resource)
        self.needs_unknown.add(f"action {_name(invocation.type)}")
        self.effects.append(_run(code().action, resource, part, code().action.says))

    def ephemeral(self, part: int, placed: Placed) -> None:
        """Something that is opened for as long as a plan or an apply runs, and stands in no state."""
        resource = Resource(f"terraform.{placed.block.type}", placed.address, self.environment, self._located())
        self.resources[resource.name] = resource
        cause = "it is opened while the plan is made and applied"
        self.effects.append(_plain("read", resource, part, (), cause, WayBack("none-needed", "none-needed")))

    def _located(self) -> tuple[tuple[str, str], ...]:
        return (("state", self.state),) if self.state else ()


def _judged(kind: str, operation: Operation, seen: Difference, forced: frozenset[str]) -> Lasting:
    unknown, hidden = seen.unknown, seen.hidden
    return judge("terraform", kind, operation, *seen.whole, unknown, hidden=hidden, secret=seen.secret, forced=forced)


def _of_chart(known: Lasting, seen: Difference) -> Lasting:
    """The same with what the settings of a chart do not keep or guard any more."""
    found = list(weakened(*seen.whole))
    if not found:
        return known
    back = msgspec.structs.replace(
        known.way_back, loses="; ".join(filter(None, (known.way_back.loses, *(each.says for each in found))))
    )
    traits = tuple(dict.fromkeys((*known.traits, *(trait for each in found for trait in each.traits))))
    if "loses-data" in traits:
        back = msgspec.structs.replace(back, reversibility="irreversible", verdict="invalid", step="")
    return known._replace(way_back=back, traits=traits)


def _is_plain(held: object, name: str) -> bool:
    """Whether it is a value and no block; an empty list may be either, but for what is known to be a list of names."""
    if isinstance(held, list):
        return all(isinstance(each, str | int) for each in held) and (bool(held) or name in access().attached)
    return not isinstance(held, dict)


def _is_there(raw: Raw) -> bool:
    return raw is not NULL and value(raw) is not None


def _moved(change: ResourceChange) -> bool:
    return bool(change.previous_address) and change.previous_address != change.address


def _why(change: ResourceChange, forced: Iterable[str]) -> str:
    """Why it happens, as the planner says: the reason, what forces it, where it was, which of its objects it is."""
    reason = change.action_reason
    said = [REASONS.get(reason, _name(reason).replace("_", " ")) if reason else ""]
    if names := sorted(forced):
        said.append(f"forced by {', '.join(f'`{name}`' for name in names[:8])}")
    if _moved(change):
        said.append(f"moved from `{change.previous_address}`")
    if change.deposed:
        said.append(f"a deposed object `{_name(change.deposed)}`")
    return "; ".join(filter(None, said))


def _first_steps(delta: Delta) -> frozenset[str]:
    """The attributes that force a replacement."""
    if delta.replace_paths is NULL:
        return frozenset()
    paths = value(delta.replace_paths)
    if not isinstance(paths, list):
        return frozenset()
    return frozenset(_name(path[0]) for path in paths if isinstance(path, list) and path and isinstance(path[0], str))


def _name(text: str) -> str:
    """A word of the format as it may be shown; anything else is only said to be there."""
    return text if _NAME.fullmatch(text) else "a strange word"


def _ordered(traits: Collection[Trait]) -> tuple[Trait, ...]:
    return tuple(sorted(traits, key=_BY_RANK.__getitem__)) if traits else ()


def _plain(verb: Verb, resource: Resource, part: int, traits: tuple[Trait, ...], cause: str, back: WayBack) -> Effect:
    return Effect(verb, resource, "planned", "structure", traits=traits, part=part, cause=cause, way_back=back)


def _run(runs: Runs, resource: Resource, part: int, cause: str) -> Effect:
    return Effect(runs.verb, resource, "planned", "process", traits=_ordered(runs.traits), part=part, cause=cause)
