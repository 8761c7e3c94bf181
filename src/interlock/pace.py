"""Pace: how much an agent may put on record in a minute, in proposals, in reads and in bytes.

What an agent sends is recorded whatever becomes of it, so without a bound it fills the disk. Each agent has a purse
that fills up evenly and holds a minute's worth. What comes while it is empty is refused before anything is recorded,
with how long to wait. What is recorded of a change is known only afterwards, so its bytes may leave a debt, which is
waited off. Purses are this process's own: a restart fills them, and each replica has others.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Final, Literal

from interlock.configuration.pace import PaceBounds
from interlock.errors import TooFast
from interlock.model.proposal import Proposal

MINUTE_MS: Final = 60_000
#: Purses that are kept. Beyond that the full ones are let go, which are as good as new.
MOST: Final = 10_000

Coin = Literal["proposals", "reads", "bytes"]


class _Purse:
    """What one agent has left, at a moment of the monotonic clock; and when it was refused last."""

    __slots__ = ("at", "left", "refused_at")

    def __init__(self, bounds: dict[Coin, int], at: int) -> None:
        self.left: dict[Coin, float] = {coin: float(most) for coin, most in bounds.items()}
        self.at = at
        self.refused_at: int | None = None

    def fill(self, bounds: dict[Coin, int], now: int) -> None:
        passed = max(0, now - self.at)
        if passed:
            for coin, most in bounds.items():
                self.left[coin] = min(float(most), self.left[coin] + most * passed / MINUTE_MS)
            self.at = now


class Pace:
    """The purses of all agents. `monotonic` is milliseconds. Every method may be called from any thread."""

    def __init__(self, bounds: PaceBounds, monotonic: Callable[[], int]) -> None:
        self._bounds: dict[Coin, int] = {
            "proposals": bounds.proposals,
            "reads": bounds.reads,
            "bytes": bounds.bytes,
        }
        self._monotonic = monotonic
        self._purses: dict[str, _Purse] = {}
        self._lock = threading.Lock()

    def proposes(self, proposal: Proposal) -> None:
        """Let it be proposed. TooFast, and nothing was taken, when its agent has to wait."""
        size = len(proposal.payload) + len(proposal.prompt) + len(proposal.intent)
        self._take(proposal.agent, "proposals", size)

    def joins(self, agent: str) -> None:
        """Let another call of this agent be of a case that is there. Raises TooFast."""
        self._take(agent, "proposals", 0)

    def reads(self, proposal: Proposal) -> None:
        """Let it pass as a read. Raises TooFast."""
        self._take(proposal.agent, "reads", len(proposal.payload))

    def _take(self, agent: str, coin: Coin, size: int) -> None:
        now = self._monotonic()
        with self._lock:
            purse = self._purse(agent, now)
            wanting: Coin | None = coin if purse.left[coin] < 1 else "bytes" if purse.left["bytes"] <= 0 else None
            if wanting is None:
                purse.left[coin] -= 1
                purse.left["bytes"] -= size
                return
            purse.refused_at = now
            short = 1 - purse.left[wanting]
        most = self._bounds[wanting]
        seconds = max(1, math.ceil(short * MINUTE_MS / most / 1000))
        raise TooFast(
            f"`{agent}` is too fast: it has used up its {most:,} {wanting} a minute",
            hint=f"wait {seconds} s; `[pace]` of interlock.toml sets the bound",
            seconds=seconds,
        )

    def grew(self, agent: str, size: int) -> None:
        """The record grew by so many bytes by what this agent sent."""
        now = self._monotonic()
        with self._lock:
            self._purse(agent, now).left["bytes"] -= size

    def held_back(self) -> list[str]:
        """Agents that were refused within the last minute."""
        since = self._monotonic() - MINUTE_MS
        with self._lock:
            purses = sorted(self._purses.items())
        return [agent for agent, purse in purses if purse.refused_at is not None and purse.refused_at > since]

    def _purse(self, agent: str, now: int) -> _Purse:
        purse = self._purses.get(agent)
        if purse is None:
            if len(self._purses) >= MOST:
                self._make_room(now)
            purse = self._purses[agent] = _Purse(self._bounds, now)
        purse.fill(self._bounds, now)
        return purse

    def _make_room(self, now: int) -> None:
        """Let go of full purses; where there are too few, of the oldest."""
        for purse in self._purses.values():
            purse.fill(self._bounds, now)
        used = {name: purse for name, purse in self._purses.items() if purse.left != self._bounds}
        self._purses = dict(list(used.items())[-(MOST // 2) :])
