"""Change: what one line of the `aws` command would change."""

from __future__ import annotations

from typing import Final

import msgspec

from interlock.errors import BadProposal
from interlock.model.change import Change, Choice, Effect, Resource, Trait
from interlock.model.wayback import WayBack
from interlock.read.aws.calls import change_of_call, change_of_effects
from interlock.read.aws.cli.command import Command, command_of
from interlock.read.aws.cli.customs import effect_of
from interlock.read.aws.cli.storage import Selected

MOST_BYTES: Final = 1024 * 1024


def change_of(payload: bytes, environment: str) -> Change:
    """The change of one line. Raises BadProposal for what is no line of `aws`."""
    if len(payload) > MOST_BYTES:
        raise BadProposal("a line of this size is no command", hint="split it", code="too-large")
    try:
        line = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadProposal("this line is not UTF-8", hint=str(error), code="not-a-call") from error
    command = command_of(line)
    changes = [change_of_call(call, environment) for call in command.calls]
    effects = [effect for each in command.selected for effect in _selected(each, environment)]
    effects += [effect_of(each, environment, command.region) for each in command.own]
    effects += [effect for change in changes for effect in change.effects]
    unknown = tuple(dict.fromkeys(what for change in changes for what in change.unknown))
    return change_of_effects(tuple(_noted(effect, command) for effect in effects), unknown)


def _noted(effect: Effect, command: Command) -> Effect:
    if not command.notes:
        return effect
    return msgspec.structs.replace(effect, cause=f"{effect.cause} ({', '.join(command.notes)})")


def _selected(chosen: Selected, environment: str) -> list[Effect]:
    """One effect on the bucket or prefix itself: what it holds is for a survey to tell."""
    # What the names end in says that it is everything that begins so.
    name = f"{chosen.bucket}/{chosen.prefix}" + ("" if chosen.prefix.endswith("/") or not chosen.prefix else "*")
    where = (("region", chosen.region),) if chosen.region else ()
    choice: Choice = "filtered" if chosen.filtered or chosen.prefix else "all"
    reads = chosen.verb == "read"
    traits: tuple[Trait, ...] = () if reads else ("cascades",)
    back = WayBack("none-needed", "none-needed")
    if not reads:
        loses = "every object that it chooses" if chosen.verb == "delete" else "what it overwrites"
        back = WayBack(
            "irreversible",
            "invalid" if chosen.verb == "delete" else "unknown",
            loses=loses,
            why="nothing says that a copy is left",
            lifts="turn on versioning of the bucket first",
        )
    return [
        Effect(
            chosen.verb,
            Resource("aws.s3.object", name, environment, where),
            "parsed",
            "content",
            choice,
            traits=traits,
            cause=f"aws s3 {chosen.says}",
            way_back=back,
            needs=(chosen.action, "s3:ListBucket"),
        )
    ]
