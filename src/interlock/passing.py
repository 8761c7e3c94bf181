"""Passing: reads that policy allows as they are. They are judged from memory and recorded many at once, without a case.

A read touches nothing. What has to be kept from happening unrecorded is that somebody learns its answer: so a gate may
ask the target at once, and gives the answer out only when `done` has said that the entry is durable. An agent, or its
key, that changed since the read was judged is found out when it is recorded, and the answer stays inside.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

import msgspec

from interlock.caseids import CaseIds
from interlock.errors import Conflict, InterlockError, StoreError, Unauthenticated
from interlock.judge import Judge, Senses, writes
from interlock.ledger.batch import OVERTAKEN
from interlock.ledger.storage import Contents
from interlock.model import entry as kinds
from interlock.model.change import Change
from interlock.model.decision import Decision
from interlock.model.proposal import Proposal
from interlock.record import AGENT, PASSED, Placed, Record, Standing

#: Judgements that are remembered at most. One that is a minute old is made anew: hours and freezes go by the clock.
REMEMBERED: Final = 8_192
MINUTE_MS: Final = 60_000
#: How much is recorded at once at most.
MAX_BATCH: Final = 512
MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
#: How often a batch is recorded anew because agents were changed meanwhile.
ATTEMPTS: Final = 5
#: Where reads come many at once, the next ones are waited for before a batch is recorded: those who were just answered
#: ask again, and a record that is shared costs each of them less. Seconds; and how many at once are many, lately.
GATHER_SECONDS: Final = 0.001
MANY: Final = 2.0
SMOOTH: Final = 0.125
#: Names of resources that one entry lists.
MAX_NAMES: Final = 100


class Listed(NamedTuple):
    """What an entry lists of a judgement: the causes of its effects, the names that they read, the policies."""

    what: tuple[str, ...]
    resources: tuple[str, ...]
    policies: tuple[str, ...]


class Passage(NamedTuple):
    """A read that may pass: what it is, what was decided, and as what its agent stood. `key` is its virtual key."""

    proposal: Proposal
    listed: Listed
    decision: Decision
    standing: Standing
    key: str


#: Told when the entry of a passage is durable (None), or why there is none. Called on a thread of ours.
Done = Callable[[InterlockError | None], None]


class _Waiting(NamedTuple):
    passage: Passage
    done: Done


class _Judged(NamedTuple):
    minute: int
    listed: Listed
    decision: Decision


class Passing:
    """Judges reads from memory and records those that pass. Every method may be called from any thread."""

    def __init__(self, record: Record, judge: Judge, senses: Senses) -> None:
        self._record = record
        self._judge = judge
        self._ids = CaseIds(senses.entropy, senses.monotonic)
        self._judged: dict[tuple[str, ...], _Judged] = {}
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._live, name="interlock-passing", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Record what waits, and stop."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()

    def remembered(self, proposal: Proposal, key: str = "") -> Passage | None:
        """The passage of a read that was judged within this minute, without judging anything; None where none was."""
        standing = self._record.standing(proposal.agent)
        judged = self._judged.get(_asked(proposal, standing, self._judge.engine.version))
        if judged is None or judged.minute != self._record.now() // MINUTE_MS:
            return None
        return Passage(proposal, judged.listed, judged.decision, standing, key)

    def glance(self, proposal: Proposal, key: str = "") -> Passage | None:
        """The passage of a proposal that is wholly understood, only reads, and is allowed as it is.

        None for anything else, whatever is wrong with it: it goes the whole road, which says what it is.
        """
        passage = self.remembered(proposal, key)
        if passage is not None:
            return passage
        standing = self._record.standing(proposal.agent)
        minute = self._record.now() // MINUTE_MS
        try:
            target = self._judge.target(proposal)
            reading = self._judge.read(proposal, target)
            if not _only_reads(reading.change):
                return None  # nothing of it may be looked for, and even less tried, before it is on record
            judgement = self._judge.judged(proposal, reading, target, standing.passport)
        except InterlockError:
            return None
        change, decision = judgement.change, judgement.decision
        if not _only_reads(change):
            return None
        if decision.outcome != "allow" or decision.degraded or judgement.assessment.tier != "observe":
            return None
        if len(self._judged) >= REMEMBERED:
            self._judged.clear()
        listed = _listed(change, decision)
        self._judged[_asked(proposal, standing, self._judge.engine.version)] = _Judged(minute, listed, decision)
        return Passage(proposal, listed, decision, standing, key)

    def take(self, passage: Passage, done: Done) -> None:
        """Record this passage. `done` is told once, on a thread of ours, which it must not hold up."""
        if self._closed:
            done(StoreError("the gate is closing"))
            return
        self._queue.put(_Waiting(passage, done))

    def _live(self) -> None:
        crowd = 1.0
        while (first := self._queue.get()) is not None:
            if crowd > MANY:
                time.sleep(GATHER_SECONDS)
            batch, ended = self._joined(first)
            crowd += (len(batch) - crowd) * SMOOTH
            self._settle(batch)
            if ended:
                return

    def _joined(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """What waits with the first one, up to the bounds; and whether the end was met."""
        batch, size = [first], len(first.passage.proposal.payload)
        while len(batch) < MAX_BATCH and size < MAX_BATCH_BYTES:
            try:
                waiting = self._queue.get(block=False)
            except Empty:
                break
            if waiting is None:
                return batch, True
            batch.append(waiting)
            size += len(waiting.passage.proposal.payload)
        return batch, False

    def _settle(self, batch: list[_Waiting]) -> None:
        """Record a batch, and tell each of its callers."""
        for _ in range(ATTEMPTS):
            error = self._write([waiting.passage for waiting in batch])
            if error is None or error.code != OVERTAKEN:
                break
            batch = self._stood_again(batch)
            if not batch:
                return
        for waiting in batch:
            waiting.done(error)

    def _write(self, passages: Sequence[Passage]) -> InterlockError | None:
        try:
            sealed = [self._sealed(together) for together in _by_people(passages)]
            written = [placed for placed_together, _ in sealed for placed in placed_together]
            upon = {AGENT + passage.proposal.agent: passage.standing.entries for passage in passages}
            self._record.write_all(written, *(contents for _, contents in sealed), upon=upon)
        except InterlockError as error:
            return error
        except Exception as bug:  # noqa: BLE001  # the thread outlives it, and whoever waits is told
            return StoreError(f"a bug of ours ({type(bug).__name__}) kept it from being recorded")
        return None

    def _sealed(self, passages: Sequence[Passage]) -> tuple[list[Placed], Contents]:
        """The entries of passages that are erased together, and their payloads, sealed."""
        scope = PASSED + self._ids.draw()
        fresh = self._record.fresh(scope)
        payload = fresh.seal(msgspec.json.encode([passage.proposal.payload for passage in passages]))
        placed = [
            Placed(
                PASSED + passage.proposal.agent,
                None,
                f"agent:{passage.proposal.agent}",
                _entry(passage, scope, payload, place),
            )
            for place, passage in enumerate(passages)
        ]
        return placed, fresh.contents

    def _stood_again(self, batch: list[_Waiting]) -> list[_Waiting]:
        """The passages that hold for their agents as they stand now; the callers of the others are told."""
        for agent in {waiting.passage.proposal.agent for waiting in batch}:
            self._record.forget(agent)
        still = []
        for waiting in batch:
            passage = waiting.passage
            try:
                standing = self._record.standing(passage.proposal.agent)
            except InterlockError as error:
                waiting.done(error)
                continue
            if passage.key and passage.key not in standing.keys:
                waiting.done(Unauthenticated("this virtual key was revoked"))
            elif standing.passport.digest != passage.standing.passport.digest:
                waiting.done(Conflict("the agent's passport has changed", hint="ask again", code=OVERTAKEN))
            else:
                still.append(_Waiting(passage._replace(standing=standing), waiting.done))
        return still


def _by_people(passages: Sequence[Passage]) -> Iterable[Sequence[Passage]]:
    """Apart by whose they are, so that the reads of one agent or person can be erased without anybody else's."""
    whose: dict[tuple[str, str, str], list[Passage]] = {}
    for passage in passages:
        asked = passage.proposal
        whose.setdefault((asked.agent, asked.operator, asked.author), []).append(passage)
    return whose.values()


def _only_reads(change: Change) -> bool:
    return bool(change.effects) and change.fully_known and not writes(change)


def _listed(change: Change, decision: Decision) -> Listed:
    effects = change.effects[:MAX_NAMES]
    return Listed(
        tuple(dict.fromkeys(effect.cause for effect in effects)),
        tuple(dict.fromkeys(effect.resource.name for effect in effects)),
        tuple(because.policy for because in decision.because),
    )


def _asked(proposal: Proposal, standing: Standing, policy_version: str) -> tuple[str, ...]:
    """What a judgement of a read depends on, beside the minute."""
    return (
        proposal.agent,
        proposal.target,
        proposal.environment,
        proposal.kind,
        hashlib.sha256(proposal.payload).hexdigest(),
        standing.passport.digest,
        policy_version,
    )


def _entry(passage: Passage, scope: str, payload: str, place: int) -> kinds.Passed:
    proposal, listed = passage.proposal, passage.listed
    return kinds.Passed(
        proposal.kind,
        proposal.target,
        proposal.environment,
        listed.what,
        listed.resources,
        scope,
        payload,
        place,
        passage.decision.digest,
        listed.policies,
        proposal.session,
        proposal.author,
        proposal.operator,
    )
