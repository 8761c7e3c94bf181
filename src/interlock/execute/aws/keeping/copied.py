"""Copied: things that a service makes a copy of, under a name of ours, and makes anew from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

LOST: Final = "what is written between the copy and the deletion is lost, and it is away until it is restored"
_BROKEN: Final = ("failed", "error", "incompatible-restore", "incompatible-parameters", "restore-failed")


class Copied(Keeper):
    """The common road: look, copy, wait for the copy, let the call go; on the way back, make it and wait for it.

    `thing` and `copy` are what people call the two; `parameter` names the thing in the call. A state is a word of the
    service in lower case, empty for what is not there.
    """

    copies = True
    thing: ClassVar[str]
    copy: ClassVar[str]
    parameter: ClassVar[str]
    #: States of a copy that can be restored, of a thing that is whole, and of one that is on its way out.
    restorable: ClassVar[tuple[str, ...]] = ("available",)
    whole: ClassVar[tuple[str, ...]] = ("available",)
    going: ClassVar[tuple[str, ...]] = ("deleting",)

    def found(self, hands: Hands, name: str) -> dict[str, Any] | None:
        """What the service says of the thing."""
        raise NotImplementedError

    def state(self, found: dict[str, Any]) -> str:
        raise NotImplementedError

    def settings(self, found: dict[str, Any]) -> Memory:
        """What it takes to make it again, besides the copy."""
        raise NotImplementedError

    def start(self, hands: Hands, name: str, memory: Memory) -> None:
        """Begin the copy, if it has not been."""
        raise NotImplementedError

    def copied(self, hands: Hands, name: str) -> tuple[str, str]:
        """The copy's state, and what it is a copy of; two empty words when there is none."""
        raise NotImplementedError

    def make(self, hands: Hands, name: str, memory: Memory) -> None:
        """Begin to make it from the copy, if it has not been."""
        raise NotImplementedError

    def holds(self, memory: Memory) -> bool:
        """Whether there is anything in it to copy."""
        return True

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        name = text(call.parameters.get(self.parameter))
        found = self.found(hands, name) if name else None
        if found is None:
            return None
        return {"name": name, "settings": self.settings(found)}

    def back_up(self, hands: Hands, call: Call, memory: Memory) -> Iterator[str]:
        name = memory["name"]
        if not self.holds(memory):
            yield f"{self.thing} `{name}` holds nothing of its own"
            return
        self.start(hands, name, memory)
        yield from hands.until(
            f"{self.copy} `{hands.name}`",
            lambda: self._of(hands, name),
            good=self.restorable,
            bad=_BROKEN,
        )
        yield f"{self.copy} `{hands.name}` of `{name}` can be restored"

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        name, what = memory["name"], f"{self.thing} `{memory['name']}`"
        if self.holds(memory) and self._of(hands, name) not in self.restorable:
            raise TargetError(f"{self.copy} `{hands.name}` cannot be restored", hint="nothing was undone")
        # A deletion that was begun has to end before the name is free again.
        while self._now(hands, name) in self.going:
            yield from hands.until(what, lambda: "going" if self._now(hands, name) in self.going else "", good=("",))
        if not self._now(hands, name):
            self.make(hands, name, memory)
        yield from hands.until(what, lambda: self._now(hands, name), good=self.whole, bad=_BROKEN)
        yield f"{what} is there again"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        state = self._now(hands, text(call.parameters.get(self.parameter)))
        if purpose == "run":
            return "done" if not state or state in self.going else "not-done"
        return "done" if purpose == "close" or state in self.whole else "in-part"

    def left(self, hands: Hands, call: Call) -> bool:
        return bool(self.copied(hands, text(call.parameters.get(self.parameter)))[0])

    def promise(self, call: Call) -> RollbackProof:
        name = text(call.parameters.get(self.parameter))
        return RollbackProof("valid-with-loss", False, (f"restore `{name}` from a {self.copy} taken before",), LOST)

    def _now(self, hands: Hands, name: str) -> str:
        found = self.found(hands, name)
        return "" if found is None else self.state(found).lower()

    def _of(self, hands: Hands, name: str) -> str:
        """The state of our copy. One of our name that holds something else is none."""
        state, of = self.copied(hands, name)
        if state and of.lower() != name.lower():
            raise TargetError(
                f"the {self.copy} `{hands.name}` is one of `{of}`",
                where=hands.setting.target,
                hint="find out who made it",
                code="foreign-copy",
            )
        return state.lower() or "missing"


def given(**values: object) -> Memory:
    """These, without what is empty."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def first(answer: dict[str, Any] | None, key: str) -> dict[str, Any] | None:
    """The first of what is listed under this key."""
    return next(iter(answer.get(key) or ()), None) if answer is not None else None
