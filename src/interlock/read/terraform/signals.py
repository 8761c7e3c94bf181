"""Signals: whether a plan is whole, of this state, and of this workspace; and what moved outside of it.

The worst plan is one that looks small: made for a part, broken off, against another state, or against none at all. None
of these is read as if it were whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from interlock.model.change import Effect, Signal
from interlock.read.terraform.hcl import sources_of
from interlock.read.terraform.outline import Outline, configured
from interlock.read.terraform.package import Manifest, Previous
from interlock.read.terraform.plan import Plan
from interlock.read.terraform.plantime import listed

#: As many names stand in a text; the rest are counted.
NAMES: Final = 5

#: Arguments that make a plan cover a part, and what they say. A value is what follows the sign and may be shown: it is
#: an address.
PARTIAL: Final = {
    "-target": "it was made for targets alone",
    "-exclude": "it was made with exclusions",
    "-replace": "replacements were asked for",
    "-refresh-only": "it only takes in what changed outside",
}


class Told(NamedTuple):
    """What was seen of the plan as a whole."""

    signals: tuple[Signal, ...]
    unknown: tuple[str, ...]
    degraded: tuple[str, ...]


def told(
    plan: Plan,
    outline: Outline,
    effects: tuple[Effect, ...],
    manifest: Manifest | None,
    config: Mapping[str, bytes] | None,
) -> Told:
    """Everything that is to be said of the plan as a whole."""
    partial = [*_asked_for(plan, manifest), *_left_out(plan, outline)]
    if plan.complete is False and not partial and not plan.deferred_changes and not plan.errored:
        partial.append("it says itself that it is not complete")
    unfinished = list(_unfinished(plan))
    unknown = [f"the plan is not finished: {why}" for why in unfinished]
    if partial and not effects:
        unknown.append(f"the plan shows no change, and it is not whole: {partial[0]}")
    signals = [
        *(Signal("partial-plan", why) for why in partial),
        *(Signal("unfinished-plan", why) for why in unfinished),
        *_moved(manifest),
        *_lost(plan, outline, manifest, config),
        *_drift(plan),
    ]
    return Told(listed(signals), tuple(unknown), tuple(_degraded(plan, manifest)))


def _asked_for(plan: Plan, manifest: Manifest | None) -> Iterator[str]:
    """Parts and replacements that somebody asked for on the command line."""
    for argument in manifest.arguments if manifest is not None else ():
        flag, _, value = argument.partition("=")
        flag = f"-{flag.lstrip('-')}"
        if flag in PARTIAL and value != "false":
            yield f"{PARTIAL[flag]}{f': `{value[:200]}`' if value and value != 'true' else ''}"
    requested = [
        each.address
        for each in plan.resource_changes
        if each.action_reason == "replace_by_request" and each.change.actions != ("no-op",)
    ]
    if requested and not any(argument.lstrip("-").startswith("replace") for argument in _arguments(manifest)):
        yield f"replacements were asked for: {named(requested)}"


def _arguments(manifest: Manifest | None) -> tuple[str, ...]:
    return manifest.arguments if manifest is not None else ()


def _left_out(plan: Plan, outline: Outline) -> Iterator[str]:
    """Things that a whole plan would name and this one does not.

    A whole plan says of each instance in the state, and of each in the planned values, what happens to it, if only that
    nothing does; and of each block that is not counted it makes an instance, but where it destroys everything.
    """
    changes = [
        *plan.resource_changes,
        *(each.resource_change for each in plan.deferred_changes if each.resource_change),
    ]
    said = {address for each in changes for address in (each.address, each.previous_address)}
    standing = {each.address: None for each in (*outline.prior, *outline.planned) if each.mode == "managed"}
    missing = [address for address in standing if address not in said]
    if missing:
        yield f"it says nothing of {named(missing)}, which the state holds"
    verbs = {word for each in changes for word in each.change.actions if each.mode == "managed"}
    if verbs and verbs <= {"delete", "forget", "no-op"} and "delete" in verbs:
        return
    blocks = {configured(address) for address in (*said, *standing)}
    unmade = [
        placed.address
        for placed in outline.blocks
        if placed.block.mode == "managed" and not placed.counted and placed.address not in blocks
    ]
    if unmade:
        yield f"it says nothing of {named(unmade)}, which the configuration holds"


def _unfinished(plan: Plan) -> Iterator[str]:
    """Why the plan could not be made to its end."""
    if plan.errored:
        yield "planning failed before its end"
    for deferred in plan.deferred_changes:
        address = deferred.resource_change.address if deferred.resource_change is not None else "something"
        yield f"`{address}` is deferred ({_word(deferred.reason)})"
    for later in plan.deferred_action_invocations:
        address = later.action_invocation.address if later.action_invocation is not None else "an action"
        yield f"`{address}` is deferred ({_word(later.reason)})"


def _word(reason: str) -> str:
    return reason.replace("_", " ") if reason.replace("_", "").isalpha() and len(reason) < 60 else "no reason given"


def _moved(manifest: Manifest | None) -> Iterator[Signal]:
    """Whether it is the state and the workspace that the record knew of this target."""
    previous = manifest.previous if manifest is not None else None
    if manifest is None or previous is None:
        return
    if previous.workspace and manifest.workspace and previous.workspace != manifest.workspace:
        yield Signal(
            "wrong-workspace", f"it was made for `{manifest.workspace}`; this target was `{previous.workspace}` before"
        )
    if previous.lineage and previous.lineage != manifest.lineage:
        was = f"`{manifest.lineage[:8]}`" if manifest.lineage else "none"
        yield Signal("state-moved", f"the state's lineage is {was}; it was `{previous.lineage[:8]}` before")
    elif manifest.serial < previous.serial:
        yield Signal("state-moved", f"the state's serial is {manifest.serial}; it was {previous.serial} before")


def _lost(
    plan: Plan, outline: Outline, manifest: Manifest | None, config: Mapping[str, bytes] | None
) -> Iterator[Signal]:
    """Whether things would be made that are known to exist: the state is lost, or it is another account's."""
    managed = [each for each in plan.resource_changes if each.mode == "managed" and each.change.actions != ("no-op",)]
    creates = [each.address for each in managed if each.change.actions == ("create",)]
    if not creates:
        return
    standing = sum(each.mode == "managed" for each in outline.prior)
    previous = manifest.previous if manifest is not None else None
    if previous is not None and (known := _known_before(previous, creates, standing)):
        yield Signal("state-lost", known)
    gone = {each.address for each in plan.resource_drift if each.change.actions == ("delete",)}
    again = [address for address in creates if address in gone]
    if again:
        yield Signal(
            "state-lost", f"in the state, and not to be found: {named(again)}; gone, or this is another account"
        )
    if len(creates) < len(managed) or standing:
        return
    if history := [*_history(plan), *_written_history(config)]:
        yield Signal(
            "state-lost", f"all of {len(creates)} changes are creates and the state is empty, but {history[0]}"
        )


def _known_before(previous: Previous, creates: list[str], standing: int) -> str:
    """What was known before and is not in the state now: by name, or because most of it is missing."""
    known = set(() if isinstance(previous.resources, int) else previous.resources)
    if again := [address for address in creates if address in known]:
        return f"known before, and made again: {named(again)}"
    if standing * 2 < previous.count:
        return f"the state holds {standing:,} resources, where {previous.count:,} were known; {len(creates):,} are made"
    return ""


def _history(plan: Plan) -> Iterator[str]:
    """What in a plan says that this configuration was applied before."""
    if any(delta.actions != ("create",) for delta in plan.output_changes.values()):
        yield "the state has outputs"
    if any(each.previous_address and each.previous_address != each.address for each in plan.resource_changes):
        yield "something was moved"


def _written_history(config: Mapping[str, bytes] | None) -> Iterator[str]:
    """Blocks that only a configuration has that was applied before."""
    for _, source in sources_of(config or {}):
        for block in source.blocks:
            if block.type in ("moved", "removed"):
                yield f"the configuration has a `{block.type}` block"


def _drift(plan: Plan) -> Iterator[Signal]:
    moved = [each.address for each in plan.resource_drift if each.change.actions != ("no-op",)]
    if moved:
        yield Signal("drift", f"changed outside of the plan: {named(moved)}")


def _degraded(plan: Plan, manifest: Manifest | None) -> Iterator[str]:
    """Limits of what the plan can tell."""
    if any(argument.lstrip("-") == "refresh=false" for argument in _arguments(manifest)):
        yield "the plan was made without looking at the world (`-refresh=false`)"
    failing = [each.address.to_display for each in plan.checks if each.status in ("fail", "error")]
    if failing:
        yield f"a check does not hold: {named(failing)}"


def named(addresses: Iterable[str]) -> str:
    """A few addresses, and how many more there are."""
    every = list(dict.fromkeys(addresses))
    shown = ", ".join(f"`{address[:200]}`" for address in every[:NAMES])
    return f"{shown} and {len(every) - NAMES:,} more" if len(every) > NAMES else shown
