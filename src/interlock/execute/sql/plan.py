"""The rollback plan in words: one line for each piece of a before-image, in the order of the way back."""

from __future__ import annotations

from collections import Counter
from typing import Final

import apsw

from interlock.execute.sql.image import AddedColumn, Done, Dropped, Image, Kept, Made, RenamedColumn, RenamedTable, Rows
from interlock.execute.sql.names import fold

_BACK: Final[dict[int, str]] = {
    apsw.SQLITE_INSERT: "remove {} of `{}` that were added",
    apsw.SQLITE_UPDATE: "set {} of `{}` back to their old values",
    apsw.SQLITE_DELETE: "put {} back into `{}`",
}


def steps_back(image: Image) -> tuple[str, ...]:
    return tuple(line for piece in reversed(image.done) for line in _lines(piece))


def _lines(piece: Done) -> list[str]:
    match piece:
        case Rows():
            counts = Counter((change.opcode, fold(change.name)) for change in apsw.Changeset.iter(piece.changeset))
            return [_BACK[code].format(_rows(count), name) for (code, name), count in sorted(counts.items())]
        case Made():
            return [f"drop {piece.type} `{piece.name}`"]
        case Dropped():
            return [f"make {kind} `{name}` again" for kind, name, _ in piece.things]
        case Kept():
            return [f"bring table `{piece.table}` back from `{piece.kept}`, with what hung on it"]
        case RenamedTable():
            return [f"rename table `{piece.new}` back to `{piece.old}`"]
        case RenamedColumn():
            return [f"rename column `{piece.new}` of `{piece.table}` back to `{piece.old}`"]
        case AddedColumn():
            return [f"drop column `{piece.column}` of `{piece.table}`"]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
