"""Inverse: calls whose way back is another call, with what stood there before. `inverses.json` is the table.

Each row says what to ask first, and which call leads back, in JMESPath over `call` (its parameters) and `was` (what was
answered). An expression in `json(…)` gives its value as JSON text. `done` tells, from `call` and `now`, whether the
call took effect; without one nobody can tell afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import msgspec

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.keeper import Keeper, Memory
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof
from interlock.model.wayback import RollbackVerdict

_JSON: Final = re.compile(r"json\((.*)\)\Z")


class Made(msgspec.Struct, frozen=True):
    """One call: its operation as botocore's clients name it, and an expression for each parameter."""

    operation: str
    parameters: dict[str, str] = {}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one call is taken back.

    `ask` is asked before and, for `done`, after; `missing` are AWS's codes for nothing there, `keeps` picks what is
    remembered. `back` leads back to what was, `absent` to nothing where nothing was. `only` says when there is a way
    back at all. `needs` are the permissions of both. What is `loose` takes a while to be as it was and is not
    compared. A row without `back` only tells what became of a call.
    """

    step: str
    needs: tuple[str, ...]
    back: Made | None = None
    absent: Made | None = None
    ask: Made | None = None
    missing: tuple[str, ...] = ()
    keeps: str = "@"
    only: str = ""
    done: str = ""
    loses: str = ""
    loose: bool = False


class Inverse(Keeper):
    """One row at work."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.needs = row.needs

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        was = self._asked(hands, call)
        known = {"call": call.parameters, "was": was}
        if self._row.only and not _value(self._row.only, known):
            return None
        if (self._row.absent if was is None and self._row.ask is not None else self._row.back) is None:
            return None
        return {"was": was}

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        was = memory["was"]
        back = self._row.absent if was is None and self._row.ask is not None else self._row.back
        assert back is not None  # noqa: S101 - nothing is remembered without a way back
        hands.do(call.service, back.operation, already=self._row.missing, **_filled(back, call, was))
        if self._row.ask is not None and not self._row.loose and (now := self._asked(hands, call)) != was:
            raise TargetError(
                f"it is not as it was: {_differing(was, now)}", hint="somebody else changes it", code="not-restored"
            )
        yield f"undone: {self._row.step}"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "close":
            return "done"
        if purpose == "undo":
            return "in-part"
        if not self._row.done:
            return "unknown"
        known = {"call": call.parameters, "now": self._asked(hands, call)}
        return "done" if _value(self._row.done, known) else "not-done"

    def promise(self, call: Call) -> RollbackProof:
        verdict: RollbackVerdict = "valid-with-loss" if self._row.loses else "valid"
        return RollbackProof(verdict, False, (self._row.step,), self._row.loses)

    def _asked(self, hands: Hands, call: Call) -> Any:
        """What is remembered of what stands there; None when nothing does, or nothing is asked."""
        ask = self._row.ask
        if ask is None:
            return None
        found = hands.find(call.service, ask.operation, self._row.missing, **_filled(ask, call, None))
        if found is None:
            return None
        kept = _value(self._row.keeps, found)
        return msgspec.json.decode(msgspec.json.encode(kept)) if kept not in (None, [], {}) else None


@lru_cache(maxsize=1)
def rows() -> dict[str, Row]:
    """By `service:Operation`."""
    raw = resources.files("interlock.execute.aws.keeping").joinpath("inverses.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, Row])


def _filled(made: Made, call: Call, was: Any) -> dict[str, Any]:
    """The parameters; those whose expression finds nothing are left out."""
    known = {"call": call.parameters, "was": was}
    found = {name: _value(expression, known) for name, expression in made.parameters.items()}
    return {name: value for name, value in found.items() if value is not None}


def _value(expression: str, known: Any) -> Any:
    import jmespath

    if as_text := _JSON.fullmatch(expression):
        inner = jmespath.search(as_text[1], known)
        return None if inner is None else msgspec.json.encode(inner).decode()
    return jmespath.search(expression, known)


def _differing(was: Any, now: Any) -> str:
    """The names of what differs, and never the values: they may be secrets."""
    if isinstance(was, dict) and isinstance(now, dict):
        return ", ".join(sorted(name for name in {*was, *now} if was.get(name) != now.get(name)))
    return "the whole of it"
