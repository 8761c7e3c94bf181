"""Contents: a stack that goes, or lets go of things that hold data: each of those is copied first, by its own keeper.

The rules of this room: the way back counts as kept only when nothing that is lost with the stack is without a copy of
its own; whatever cannot be copied is named. Things are numbered as in the approved change, so that each copy is found
again by the case and its number. What stands there when it is undone is never written over.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

import msgspec

from interlock.aws.call import Call
from interlock.aws.things import of_stack, parts_of
from interlock.errors import InterlockError, Stale, TargetError
from interlock.execute.aws.answer import Answer
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.copied import first
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.aws.keeping.keepers import keeper_for
from interlock.execute.aws.keeping.losses import copied, lost
from interlock.execute.aws.keeping.machines import Disks
from interlock.execute.aws.keeping.stacks import Planned, made_again, said_before
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.change import Change
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

#: More things than these are not copied for one call.
MOST: Final = 50
#: A stack in a stack in a stack, and so on: deeper is not looked.
DEPTH: Final = 8
_GONE: Final = ("ValidationError",)
_NESTED: Final = "AWS::CloudFormation::Stack"
#: What `promise` says when the whole is kept.
_AFTER: Final = "make the rest of the stack again from its template, which is sealed with the case, and import these"
_ANEW: Final = "make the stack again from its template"
_LOST: Final = "what is written between the copies and the deletion is lost; ids and addresses are new"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    types: dict[str, tuple[str, str]]
    dying: dict[str, str]


class Held(NamedTuple):
    """One thing that is copied: its number in the change, and the call that would delete it alone."""

    number: int
    type: str
    name: str
    call: Call
    keeper: Keeper


class Contents(Keeper):
    """DeleteStack; and around `Planned`, what the change set deletes and replaces."""

    copies = True
    waits = False
    needs: tuple[str, ...] = ("cloudformation:CreateStack",)

    def __init__(self, change: Change, planned: Planned | None = None) -> None:
        self._change = change
        self._planned = planned
        if planned is not None:
            self.needs = planned.needs

    def proof(self, hands: Hands, call: Call) -> tuple[RollbackProof, tuple[str, ...]]:
        """What is known of the way back of the whole, and what cannot be copied, in words."""
        held = self._held(call)
        why = []
        for each in held:
            try:
                if each.keeper.remember(self._part(hands, each), each.call, lambda _: "") is None:
                    why.append(f"`{each.name}` cannot be copied: there is nothing of it that could be kept")
            except InterlockError as error:
                why.append(f"`{each.name}` cannot be copied: {error.message}")
        losses = lost(self._change, frozenset(each.number for each in held), _file().dying)
        if len(held) == MOST:
            why.append(f"no more than {MOST} things are copied for one call")
        if why or losses.whole is False or losses.names:
            bare = self._planned.promise(call) if self._planned is not None else RollbackProof()
            return bare, (*why, *(f"nothing is kept of {name}" for name in losses.names))
        return msgspec.structs.replace(self.promise(call), kept="until-closed" if losses.waits else "copy"), ()

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        inner = self._planned.remember(hands, call, keep) if self._planned is not None else None
        if self._planned is None and self._status(hands, call) == "":
            return None
        held = self._held(call)
        things: dict[str, Memory] = {}
        for each in held:
            memory = each.keeper.remember(self._part(hands, each), each.call, keep)
            if memory is None:
                raise TargetError(
                    f"`{each.name}` cannot be copied any more", hint="nothing was done; propose it again", code="gone"
                )
            things[str(each.number)] = memory
        if self._planned is not None:
            return {"planned": inner, "things": things}
        listed = self._listed(hands, text(call.parameters.get("StackName")))
        self._expect_named(hands, listed)
        before = said_before(hands, text(call.parameters.get("StackName")), keep)
        return {"stack": before, "things": things, "listed": listed}

    def back_up(self, hands: Hands, call: Call, memory: Memory) -> Iterator[str]:
        """All copies are begun, then waited for together. A stack that has grown meanwhile is another one."""
        held = self._held(call)
        waiting = {
            each.number: each.keeper.back_up(
                self._part(hands, each, len(held)), each.call, memory["things"][str(each.number)]
            )
            for each in held
        }
        last: dict[int, str] = {}
        while waiting:
            for number, working in list(waiting.items()):
                said = next(working, None)
                if said is None:
                    del waiting[number]
                else:
                    last[number] = said
            yield f"{len(held) - len(waiting)} of {len(held)} copies can be restored"
        if self._planned is None:
            now = self._listed(hands, text(call.parameters.get("StackName")))
            if now != memory["listed"]:
                raise Stale("the stack holds other things than before", hint="propose the call again; nothing is gone")
        yield "; ".join(last[each.number] for each in held) or "nothing in it holds data that could be copied"

    def softens(self, call: Call) -> bool:
        return self._planned is not None

    def manner(self, call: Call) -> str:
        return self._planned.manner(call) if self._planned is not None else super().manner(call)

    def soften(self, hands: Hands, call: Call, memory: Memory) -> Generator[str, None, Answer]:
        assert self._planned is not None  # noqa: S101 - nothing else is softened here
        return (yield from self._planned.soften(hands, call, memory["planned"]))

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        if self._planned is not None:
            yield from self._planned.restore(hands, call, memory["planned"], unseal)
        else:
            what = f"stack `{text(call.parameters.get('StackName'))}`"
            ended = ("", "DELETE_COMPLETE", "DELETE_FAILED")
            yield from hands.until(what, lambda: self._status(hands, call), good=ended)
            if not memory["things"]:
                yield from made_again(hands, memory["stack"], unseal)
                return
        by_hand = []
        for each in self._held(call):
            if str(each.number) not in memory["things"]:
                continue
            part = self._part(hands, each)
            if each.keeper.seen(part, each.call, "run") != "done":
                by_hand.append(f"`{each.name}` stands there and was not written over; `{part.name}` is its copy")
                continue
            try:
                yield from each.keeper.restore(part, each.call, memory["things"][str(each.number)], unseal)
            except TargetError as error:
                by_hand.append(f"`{each.name}` has to be made from `{part.name}` by hand: {error.message}")
        if self._planned is None:
            by_hand.append(f"of the stack itself nothing was made again: {_AFTER}")
        if by_hand:
            raise TargetError(
                "; ".join(by_hand), where=hands.setting.target, hint="the copies stay", code="not-restored"
            )
        yield "what was copied is there again"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if self._planned is not None:
            return self._planned.seen(hands, call, purpose)
        if purpose != "run":
            return "done" if purpose == "close" else "in-part"
        status = self._status(hands, call)
        if status == "DELETE_FAILED":
            return "in-part"
        return "done" if not status or status.startswith("DELETE") else "not-done"

    def left(self, hands: Hands, call: Call) -> bool:
        return any(each.keeper.left(self._part(hands, each), each.call) for each in self._held(call))

    def promise(self, call: Call) -> RollbackProof:
        steps = [f"restore `{each.name}` from the copy that is taken before" for each in self._held(call)]
        if self._planned is not None:
            return RollbackProof("valid-with-loss", False, (*self._planned.promise(call).steps, *steps), _LOST)
        return RollbackProof("valid-with-loss", False, (*steps, _AFTER) if steps else (_ANEW,), _LOST)

    # short ends

    def _held(self, call: Call) -> list[Held]:
        """What is copied, in the order in which it can be made again."""
        found = []
        for number, effect in enumerate(self._change.effects):
            row = _file().types.get(effect.resource.type)
            if row is None or not copied(effect):
                continue
            (service, _, operation), parameter = row[0].partition(":"), row[1]
            name = "/".join(parts_of(effect.resource.type, effect.resource.name))
            value: Any = [name] if parameter == "InstanceIds" else name
            alone = Call(service, operation, call.region, call.account, {parameter: value})
            keeper = Disks() if operation == "TerminateInstances" else keeper_for(alone)
            if keeper is not None:
                found.append(Held(number, effect.resource.type, effect.resource.name, alone, keeper))
        order = list(_file().types)
        return sorted(found, key=lambda each: (order.index(each.type), each.number))[:MOST]

    def _part(self, hands: Hands, held: Held, among: int = 1) -> Hands:
        needs = dict.fromkeys(held.keeper.makes, ()) | dict.fromkeys(held.keeper.needs, (held.name,))
        return hands.part(str(held.number), needs, among)

    def _status(self, hands: Hands, call: Call) -> str:
        """The stack's status; empty where there is none."""
        asked = hands.find("cloudformation", "describe_stacks", _GONE, StackName=call.parameters.get("StackName"))
        return str((first(asked, "Stacks") or {}).get("StackStatus", ""))

    def _listed(self, hands: Hands, stack: str) -> list[list[str]]:
        """What is in the stack, and in the stacks in it: type and physical id of each."""
        found: list[list[str]] = []
        waiting = [(stack, 0)]
        while waiting:
            name, depth = waiting.pop()
            if depth > DEPTH:
                raise Stale("stacks lie deeper in each other than is looked", hint="delete the inner ones first")
            for each in hands.pages("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=name):
                physical = str(each.get("PhysicalResourceId") or "")
                if not physical or each.get("ResourceStatus") == "DELETE_COMPLETE":
                    continue
                found.append([str(each["ResourceType"]), physical])
                if each["ResourceType"] == _NESTED:
                    waiting.append((physical, depth + 1))
        return sorted(found)

    def _expect_named(self, hands: Hands, listed: list[list[str]]) -> None:
        """Whatever can hold data and is in the stack now is in the change that was approved."""
        named = {effect.resource.key for effect in self._change.effects}
        for kind, physical in listed:
            thing = of_stack(kind, physical, hands.region, hands.setting.account)
            if thing.type in _file().types and (thing.type, thing.name) not in named:
                raise Stale(f"`{thing.name}` is in the stack now", hint="propose the call again; nothing was done")


@cache
def _file() -> _File:
    raw = resources.files("interlock.execute.aws.keeping").joinpath("contained.json").read_bytes()
    return msgspec.json.decode(raw, type=_File)
