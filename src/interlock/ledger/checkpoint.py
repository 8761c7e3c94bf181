"""Checkpoints (c2sp.org/tlog-checkpoint): a signed note that says `this log has n entries and this root`."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import NamedTuple

from interlock.errors import BadInput, Corrupt
from interlock.ledger.note import Note, Signer, Verifier, parse_note, strict_base64
from interlock.ledger.tree import EMPTY_ROOT, HASH_SIZE

MAX_SIZE = 2**62

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class Checkpoint(NamedTuple):
    """What a checkpoint's text says. `origin` names the log."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text, ready to be signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def parse_checkpoint(note: Note) -> Checkpoint:
    """Read a note's text as a checkpoint; BadInput when it is not one. Extension lines are not taken."""
    lines = note.text.split("\n")
    if len(lines) != 4 or not lines[0]:
        raise _bad("it is not exactly origin, size and root")
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_SIZE:
        raise _bad("its size is not a plain number")
    try:
        root = strict_base64(lines[2])
    except ValueError as error:
        raise _bad(f"its root is {error}") from error
    if len(root) != HASH_SIZE:
        raise _bad("its root is not 32 bytes")
    size = int(lines[1])
    if size == 0 and root != EMPTY_ROOT:
        raise _bad("it is empty but its root is not that of an empty log")
    return Checkpoint(lines[0], size, root)


def open_checkpoint(text: str, verifier: Verifier, where: str = "checkpoint") -> Checkpoint:
    """Parse and verify in one step: BadInput when malformed, Corrupt when this key did not sign it."""
    note = parse_note(text)
    checkpoint = parse_checkpoint(note)
    if not verifier.verify_note(note):
        raise Corrupt(
            f"the checkpoint at size {checkpoint.size} is not signed by the key `{verifier.name}`",
            where=where,
            hint="somebody rewrote the log or its key was changed; compare with a checkpoint you kept",
        )
    if checkpoint.origin != verifier.name:
        raise Corrupt(f"the checkpoint is of another log, `{checkpoint.origin}`", where=where)
    return checkpoint


def sign_checkpoint(size: int, root: bytes, signer: Signer) -> str:
    """A signed checkpoint; the log's name is its key's name."""
    return signer.sign_note(Checkpoint(signer.name, size, root).text())


def _bad(message: str) -> BadInput:
    return BadInput(f"not a checkpoint: {message}", code="bad-checkpoint", hint="see docs/ledger-format.md")
