"""The machine itself: a few steps of other people's code that were measured too where the goals were set.

A goal in milliseconds says nothing of a machine. How much longer these steps take here than there is how much longer
ours may be expected to take; it differs from step to step, so it is told for each of them and no goal is moved by it.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.rows import Row, Scale, at, waits

PAGE = b"x" * 4_096


def compared(what: str, figure: float, unit: str, there: float) -> Row:
    """A figure beside the one that was measured where the goals were set."""
    return Row(what, figure, unit, "", f"{there:g} {unit} where the goals were set: {figure / there:.1f} times")


def appended(folder: Path, times: int) -> list[float]:
    """A page at the end of a file, and the disk waited for."""
    handle = os.open(folder / "pages", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append(_: int) -> None:
        os.write(handle, PAGE)
        os.fdatasync(handle)

    try:
        return waits(append, times)
    finally:
        os.close(handle)


def committed(folder: Path, times: int) -> list[float]:
    """One row a transaction, each durable."""
    connection = sqlite3.connect(folder / "rows.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, data BLOB)")
    try:
        return waits(lambda _: connection.execute("INSERT INTO rows (data) VALUES (?)", (PAGE[:303],)), times)
    finally:
        connection.close()


def run(scale: Scale) -> list[Row]:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    signature, verifier = key.sign(PAGE[:120]), key.public_key()
    sign = at(waits(lambda _: key.sign(PAGE[:120]), scale.times), 0.5)
    verify = at(waits(lambda _: verifier.verify(signature, PAGE[:120]), scale.times), 0.5)
    start = at(waits(lambda _: subprocess.run([sys.executable, "-c", ""], check=True), min(20, scale.times)), 0.5)
    with tempfile.TemporaryDirectory(prefix="bench-yardstick-") as name:
        append = at(appended(Path(name), scale.times), 0.5)
        commit = at(committed(Path(name), scale.times), 0.5)
    return [
        compared("an Ed25519 signature", sign * 1e3, "µs", 21),
        compared("an Ed25519 signature verified", verify * 1e3, "µs", 61),
        compared("a page appended to a file, and fdatasync", append, "ms", 0.14),
        compared("a row of SQLite committed, with fsync", commit, "ms", 0.19),
        compared("a start of Python", start, "ms", 33),
    ]
