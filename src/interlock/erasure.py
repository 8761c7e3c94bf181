"""Erasure of reads that passed without a case: by agent, by person and by time; what is on record of them stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from interlock.errors import BadInput
from interlock.ledger.head import CHUNK
from interlock.ledger.vault import Vault
from interlock.model.entry import Passed, ReadsErased
from interlock.record import PASSED, Record, decode

#: How many scopes are destroyed in one transaction.
AT_ONCE: Final = 1_000


class Reads(NamedTuple):
    """Which reads: of this agent, of this person (as operator or author), from `since` until before `until` (unix
    milliseconds). What is empty or 0 bounds nothing; something has to."""

    agent: str = ""
    person: str = ""
    since: int = 0
    until: int = 0


def erase_reads(record: Record, vault: Vault, which: Reads, by: str, reason: str) -> dict[str, int]:
    """Destroy the sealed payloads of these reads; how many there were, by agent.

    It is recorded first. A crash in between leaves some of them; the same erasure again finds and destroys them.
    """
    if not any(which):
        raise BadInput("this would erase all reads", hint="say whose, or of when: --agent, --person, --since, --until")
    if which.until and which.since >= which.until:
        raise BadInput("the time is over before it begins", hint="--since has to be before --until")
    erased: dict[str, int] = {}
    for stream in [PASSED + which.agent] if which.agent else record.ledger.streams(PASSED):
        found = [passed.sealed for passed in _reads(record, stream, which)]
        if not found:
            continue
        what = ReadsErased(reason, len(found), which.person, which.since, which.until)
        record.write(stream, None, by, [what])
        scopes = list(dict.fromkeys(found))
        for start in range(0, len(scopes), AT_ONCE):
            vault.erase(*scopes[start : start + AT_ONCE])
        erased[stream.removeprefix(PASSED)] = len(found)
    return erased


def _reads(record: Record, stream: str, which: Reads) -> Iterator[Passed]:
    """Those of one agent. Entries never go back in time, so that it ends with the first that is too late."""
    at = 0
    while part := record.ledger.store.stream(stream, at, CHUNK):
        at += len(part)
        for entry in map(decode, part):
            if which.until and entry.at >= which.until:
                return
            passed = entry.what
            if not isinstance(passed, Passed) or entry.at < which.since:
                continue
            if not which.person or which.person in (passed.operator, passed.author):
                yield passed
