"""What this gate asks of the control: the few verbs that it uses, and nothing that decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from interlock.answer import Json
from interlock.claims import Claim
from interlock.errors import InterlockError
from interlock.execute.executor import Exchange
from interlock.identify.verbs import Caller
from interlock.identify.virtual import VirtualKey
from interlock.model.case import Case
from interlock.model.proposal import Proposal
from interlock.passing import Passage


class Keys(Protocol):
    def virtual(self, access_key: str, *, fresh: bool = False) -> VirtualKey:
        """The key of this name, in force. Raises Unauthenticated."""
        ...


class Takes(Protocol):
    def take(self, passage: Passage, done: Callable[[InterlockError | None], None]) -> None:
        """Record it; `done` is called, from another thread, when that is durable or has failed."""
        ...


class Desk(Protocol):
    """The control, as far as this gate knows it. Every method may be called from any thread."""

    @property
    def registry(self) -> Keys: ...

    @property
    def problems(self) -> tuple[str, ...]: ...

    @property
    def passing(self) -> Takes: ...

    def glance(self, caller: Caller, proposal: Proposal, key: str = "", *, judge: bool = True) -> Passage | None:
        """A passage for a read that policy allows as it is; None for everything else. Without `judge`, from memory."""
        ...

    def called(self, caller: Caller, proposal: Proposal, claim: Claim) -> Case | None:
        """The case of this call: that which it belongs to, or a new one; None while an identical one is judged.

        Conflict (TWIN) where it carries the signature of another call of a moment ago.
        """
        ...

    def joined(self, caller: Caller, claim: Claim, case_id: str) -> bool:
        """Whether this call of its own is this case; if so that is on record."""
        ...

    def answered(self, caller: Caller, claim: Claim, case_id: str) -> None:
        """The answer of this case was taken: the next identical call is one of its own."""
        ...

    def run(self, caller: Caller, case_id: str, exchange: Exchange | None = None) -> Case: ...

    def case(self, caller: Caller, case_id: str) -> Case: ...

    def output(self, case: Case) -> bytes: ...

    def told(self, case: Case) -> Json:
        """The case as every face shows it; `missing` says what a held one waits for."""
        ...
