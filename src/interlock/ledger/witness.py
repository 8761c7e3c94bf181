"""Witnesses (c2sp.org/tlog-cosignature and tlog-witness): a third party says that it saw the log only ever grow.

A log that hands out two histories, or is set back together with its high-water mark, cannot fool somebody who
remembers. A witness keeps the newest checkpoint it cosigned, takes a request (old size, consistency proof, new
checkpoint) as a plain text file, and answers with the checkpoint and its own dated signature on it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from typing import NamedTuple

from interlock.errors import BadInput, Corrupt
from interlock.ledger.checkpoint import Checkpoint, open_checkpoint
from interlock.ledger.highwater import HighWater
from interlock.ledger.note import COSIGNATURE, Note, Signer, Verifier, bad_note, parse_note, strict_base64
from interlock.ledger.tree import HASH_SIZE, verify_consistency

MAX_PROOF = 63

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


class Cosignature(NamedTuple):
    """A verified cosignature: who, and when, in seconds since 1970."""

    witness: str
    timestamp: int


def cosign(
    text: str,
    *,
    log: Verifier,
    witness: Signer,
    timestamp: int,
    seen: Checkpoint | None,
    proof: Sequence[bytes] = (),
) -> str:
    """The checkpoint with this witness's signature, once it is shown to extend what the witness saw last."""
    if witness.verifier.kind != COSIGNATURE:
        raise BadInput("the key is not a witness key", code="bad-key", hint="make one for cosigning")
    if witness.verifier.public == log.public:
        raise BadInput("a log cannot be its own witness", code="bad-key")
    if not 0 <= timestamp < 2**63:
        raise BadInput("the time is not in seconds since 1970")
    checkpoint = open_checkpoint(text, log)
    if seen is not None and not verify_consistency(seen.size, checkpoint.size, seen.root, checkpoint.root, proof):
        raise Corrupt(
            f"the checkpoint at size {checkpoint.size} is not shown to extend the one seen at size {seen.size}",
            hint="ask for a proof from that size; if there is none, the log was rewritten: keep both checkpoints",
        )
    note = parse_note(text)
    signature = witness.sign(_message(note.text, timestamp))
    line = witness.line(timestamp.to_bytes(8, "big") + signature)
    return text + line


def cosignatures(note: Note, log: Verifier, witnesses: Sequence[Verifier]) -> list[Cosignature]:
    """The valid cosignatures of these witnesses, one for each key; Corrupt when one of them is false.

    Two names over one key are one witness, and the log's own key is none.
    """
    found, keys = [], {log.public}
    for witness in witnesses:
        value = witness.signature_in(note)
        if value is None or witness.kind != COSIGNATURE or witness.public in keys:
            continue
        timestamp = int.from_bytes(value[:8], "big")
        if len(value) != 8 + 64 or not witness.verify(_message(note.text, timestamp), value[8:]):
            raise Corrupt(f"the cosignature of `{witness.name}` is false")
        keys.add(witness.public)
        found.append(Cosignature(witness.name, timestamp))
    return found


def request_text(old: int, proof: Sequence[bytes], checkpoint: str) -> str:
    """What a witness is asked with: the body of tlog-witness's add-checkpoint."""
    lines = [f"old {old}", *(b64encode(node).decode() for node in proof)]
    return "\n".join(lines) + "\n\n" + checkpoint


def parse_request(text: str) -> tuple[int, list[bytes], str]:
    """Old size, proof and checkpoint of a request; BadInput when it is malformed."""
    head, found, checkpoint = text.partition("\n\n")
    first, *rest = head.split("\n")
    old = _OLD.fullmatch(first)
    if not found or not old or len(rest) > MAX_PROOF:
        raise bad_note("the request is not `old SIZE`, proof lines, an empty line and a checkpoint")
    try:
        proof = [strict_base64(line) for line in rest]
    except ValueError as error:
        raise bad_note(f"a proof line is {error}") from error
    if any(len(node) != HASH_SIZE for node in proof):
        raise bad_note("a proof line is not a hash")
    return int(old[1]), proof, checkpoint


def answer_request(body: str, *, log: Verifier, witness: Signer, timestamp: int, memory: HighWater) -> str:
    """Cosign a request, keeping what was seen in the witness's own file, which is raised before the answer is given."""
    old, proof, text = parse_request(body)
    with memory.held("asking"):
        seen = memory.checkpoint(log)
        if old != (seen.size if seen else 0):
            raise BadInput(
                f"the request starts at size {old}, but this witness last saw size {seen.size if seen else 0}",
                code="wrong-size",
                hint=f"ask again from there: `interlock ledger checkpoint --since {seen.size if seen else 0}`",
            )
        answer = cosign(text, log=log, witness=witness, timestamp=timestamp, seen=seen, proof=proof)
        checkpoint = open_checkpoint(text, log)
        if seen is None:
            memory.begin(text, checkpoint.size)
        else:
            memory.rise(text, checkpoint.size, sync=True)
    return answer


def _message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()
