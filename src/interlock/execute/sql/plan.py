"""The rollback plan in words: one line for each piece of a before-image, in the order of the way back."""

from __future__ import annotations

from typing import Final

from interlock.execute.sql.image import AddedColumn, Done, Dropped, Image, Kept, Made, RenamedColumn, RenamedTable, Rows
from interlock.model.change import Verb

_BACK: Final[dict[Verb, str]] = {
    "create": "remove {} that came into `{}`",
    "update": "give {} of `{}` the old values",
    "delete": "put {} back into `{}`",
}


def steps_back(image: Image) -> tuple[str, ...]:
    return tuple(line for piece in reversed(image.done) for line in _lines(piece))


def _lines(piece: Done) -> list[str]:
    match piece:
        case Rows():
            return [_BACK[verb].format(_rows(count), name) for name, verb, count in piece.counts]
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
