"""Handlers for the record: checkpoints and proofs for whoever wants to check us, entries for people."""

from __future__ import annotations

from typing import Final

from interlock.gates.http import shapes
from interlock.gates.http.route import Asked, Reply
from interlock.gates.http.shapes import Nothing

MOST_ENTRIES: Final = 1_000
MOST_BYTES: Final = 8 * 1024 * 1024


def checkpoint(asked: Asked[Nothing, Nothing]) -> Reply:
    ledger = asked.gate.control.ledger
    return Reply({"checkpoint": ledger.checkpoint(), "verifier": str(ledger.verifier)})


def entries(asked: Asked[shapes.RangeQuery, Nothing]) -> Reply:
    """Entries as they were hashed, as many as fit; always at least one, so that whoever follows gets on."""
    start = asked.query.start
    stop = min(asked.query.stop, start + MOST_ENTRIES)
    found: list[shapes.LedgerEntry] = []
    size = 0
    for stored in asked.gate.control.ledger.read(start, stop):
        size += len(stored.data)
        if found and size > MOST_BYTES:
            break
        found.append(shapes.LedgerEntry(stored.index, stored.stream, stored.position, stored.data))
    return Reply(shapes.Entries(found, start + len(found)))


def inclusion(asked: Asked[shapes.InclusionQuery, Nothing]) -> Reply:
    return Reply(shapes.Proof(asked.gate.control.ledger.inclusion(asked.query.index, asked.query.size)))


def consistency(asked: Asked[shapes.ConsistencyQuery, Nothing]) -> Reply:
    return Reply(shapes.Proof(asked.gate.control.ledger.consistency(asked.query.old, asked.query.new)))
