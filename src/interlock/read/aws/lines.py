"""Lines: what one line of the `aws` command would change, and how people read it before they vote."""

from __future__ import annotations

from typing import Final

import msgspec

from interlock.aws.call import Call
from interlock.aws.cli.command import Command, command_of
from interlock.aws.cli.customs import Does, Own
from interlock.aws.cli.single import line_of, single
from interlock.aws.cli.storage import Selected
from interlock.model.change import Aspect, Choice, Effect, Resource, Trait, Verb
from interlock.model.wayback import WayBack
from interlock.read.aws.calls import change_of_call, change_of_effects
from interlock.read.aws.effects import ordered
from interlock.read.aws.shown import shown
from interlock.read.reader import Reading

_AS: Final[dict[Does, tuple[Verb, Aspect, tuple[Trait, ...], WayBack]]] = {
    "read": ("read", "structure", (), WayBack("none-needed", "none-needed")),
    "secret": ("read", "structure", ("reads-secret",), WayBack("none-needed", "none-needed")),
    "settings": ("update", "structure", (), WayBack("disruptive-inverse", "unknown", why="nobody read them before")),
    "credential": (
        "grant",
        "authority",
        ("widens-access", "leaves-target"),
        WayBack("irreversible", "invalid", loses="who has it"),
    ),
    "code": (
        "execute",
        "process",
        ("runs-code",),
        WayBack("irreversible", "unknown", loses="whatever its code does"),
    ),
}


def reading_of(payload: bytes, environment: str) -> Reading:
    """What one line would change, and its text. Raises BadProposal for what is no line of `aws`."""
    line = line_of(payload)
    command = command_of(line)
    changes = [change_of_call(call, environment) for call in command.calls]
    effects = [effect for each in command.selected for effect in _selected(each, environment)]
    effects += [_own(each, environment, command.region) for each in command.own]
    effects += [effect for change in changes for effect in change.effects]
    unknown = tuple(dict.fromkeys(what for change in changes for what in change.unknown))
    change = change_of_effects(tuple(_noted(effect, command) for effect in effects), unknown)
    return Reading(change, text=_text(payload, single(command, line)))


def text_of(payload: bytes) -> bytes:
    """A line as people read it: as it stands, and where it is one call, as which call it would be sent."""
    line = line_of(payload)
    return _text(payload, single(command_of(line), line))


def _text(payload: bytes, found: Call | str) -> bytes:
    if isinstance(found, str):
        return payload
    return payload.rstrip() + b"\n\n" + shown(found).encode()


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


def _own(own: Own, environment: str, region: str) -> Effect:
    """The one effect of what a command does by itself."""
    verb, aspect, traits, back = _AS[own.does]
    where = (("region", region),) if region else ()
    return Effect(
        verb,
        Resource(own.type, own.name, environment, where),
        "parsed",
        aspect,
        traits=ordered(traits),
        cause=f"aws {own.says}",
        way_back=back,
        needs=own.needs,
    )
