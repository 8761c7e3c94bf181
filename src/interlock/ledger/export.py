"""The ledger as documented JSON lines (docs/ledger-format.md): a header, one line an entry, the signed checkpoint."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from interlock.ledger.source import EXPORT_FORMAT, open_source
from interlock.ledger.storage import Store


def export(source: Path | Store) -> Iterator[bytes]:
    """The lines, each with its line end, of a store or a SQLite copy as its head stands now; nothing is verified."""
    with open_source(source) as opened:
        origin = opened.vkey.partition("+")[0]
        yield _line({"format": EXPORT_FORMAT, "origin": origin, "vkey": opened.vkey})
        for index, stream, position, data in opened.entries():
            text = b64encode(data).decode()
            yield _line({"index": index, "stream": stream, "position": position, "data": text})
        yield _line({"checkpoint": opened.checkpoint()})


def _line(value: dict[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
