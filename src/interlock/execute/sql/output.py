"""What a script's SELECTs returned, as JSON, cut at a bound and saying so."""

from __future__ import annotations

import base64
from typing import Final

import apsw
import msgspec

from interlock.execute.sql.fence import Fence
from interlock.execute.sql.statements import Statement, fenced

#: Results beyond these are cut; the output says so.
OUTPUT_ROWS: Final = 10_000
OUTPUT_BYTES: Final = 8 * 1024**2


class Result(msgspec.Struct):
    """The rows of one statement. `cut` is why not all of them are here."""

    statement: int
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    cut: str = ""


class Output:
    """Collects results of the statements of one script within one bound for all."""

    def __init__(self, rows: int = OUTPUT_ROWS, size: int = OUTPUT_BYTES) -> None:
        self._rows = rows
        self._size = size
        self.results: list[Result] = []

    def take(self, cursor: apsw.Cursor, ordinal: int, columns: tuple[str, ...], *, only_reads: bool) -> None:
        """Keep the rows that are within bounds. A statement that writes (RETURNING) is still stepped to its end."""
        result = Result(ordinal, columns, [])
        for row in cursor:
            if result.cut and only_reads:
                break
            if result.cut:
                continue
            shown = tuple(_shown(value) for value in row)
            self._rows -= 1
            self._size -= sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
            if self._rows < 0:
                result.cut = f"more than {OUTPUT_ROWS} rows"
            elif self._size < 0:
                result.cut = f"more than {OUTPUT_BYTES // 1024**2} MiB"
            else:
                result.rows.append(shown)
        if columns:
            self.results.append(result)

    @property
    def cut(self) -> str:
        return next((result.cut for result in self.results if result.cut), "")

    def to_json(self) -> bytes:
        """Nothing when no statement returned anything."""
        return msgspec.json.encode({"results": self.results}) if self.results else b""


def run(connection: apsw.Connection, statement: Statement, fence: Fence, output: Output) -> None:
    """Run one statement behind the fence and keep what it returns."""
    cursor = connection.cursor()
    columns: list[str] = []
    only_reads = False

    def note(running: apsw.Cursor, _text: str, _bindings: object) -> bool:
        nonlocal only_reads
        only_reads = running.is_readonly
        columns.extend(name for name, *_ in running.get_description())
        return True

    cursor.exec_trace = note
    try:
        with fenced(connection, fence):
            cursor.execute(statement.text)
            output.take(cursor, statement.ordinal, tuple(columns), only_reads=only_reads)
    finally:
        cursor.close(True)


def _shown(value: object) -> object:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return str(value)
    return value
