"""The before-image: everything that undo needs, as one value that is sealed in the vault before the commit.

It is a list of what was done, in order; undo goes through it backwards, so that each piece finds the database in the
state that it left. Row changes are SQLite changesets (values before and after, by key); structure is SQL text, and
rows of a dropped or rebuilt table stand in the target itself under a name of ours (`kept`).
"""

from __future__ import annotations

import msgspec

from interlock.errors import BadInput
from interlock.model.change import Verb


class Rows(msgspec.Struct, frozen=True, tag_field="piece", tag="rows"):
    """Row changes. `shapes` are the columns of each table then, by folded name; `counts` are rows by table and verb."""

    changeset: bytes
    shapes: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, Verb, int], ...]


class Made(msgspec.Struct, frozen=True, tag_field="piece", tag="made"):
    """An object that was created; of a table, the digest of what it held at once."""

    type: str
    name: str
    sql: str
    contents: str = ""


class Dropped(msgspec.Struct, frozen=True, tag_field="piece", tag="dropped"):
    """Indexes, triggers and views that went, as type, name and SQL, in an order in which they can be made again."""

    things: tuple[tuple[str, str, str], ...]


class Kept(msgspec.Struct, frozen=True, tag_field="piece", tag="kept"):
    """A table that was dropped (`after` empty) or rebuilt (`after` its digest then), with its rows kept aside.

    `columns` were stored ones; `rowid` is the spelling of its row number or empty; `things` hung on it, and
    `left` are those that hung on it after it was rebuilt.
    """

    table: str
    sql: str
    kept: str
    columns: tuple[str, ...]
    rowid: str
    things: tuple[tuple[str, str, str], ...]
    after: str = ""
    left: tuple[tuple[str, str, str], ...] = ()


class RenamedTable(msgspec.Struct, frozen=True, tag_field="piece", tag="renamed-table"):
    """`texts` are the views, triggers and indexes whose SQL the renaming rewrote, as they were."""

    old: str
    new: str
    texts: tuple[tuple[str, str, str], ...]


class RenamedColumn(msgspec.Struct, frozen=True, tag_field="piece", tag="renamed-column"):
    table: str
    old: str
    new: str
    texts: tuple[tuple[str, str, str], ...]


class AddedColumn(msgspec.Struct, frozen=True, tag_field="piece", tag="added-column"):
    """`default` is the SQL of the value that every row was given; `computed` columns hold no value of their own."""

    table: str
    column: str
    default: str
    computed: bool


Done = Rows | Made | Dropped | Kept | RenamedTable | RenamedColumn | AddedColumn


class Image(msgspec.Struct, frozen=True):
    """Everything that one script did. `counters` are AUTOINCREMENT values before and after, None where none was."""

    done: tuple[Done, ...]
    counters: tuple[tuple[str, int | None, int | None], ...] = ()

    @property
    def kept(self) -> tuple[str, ...]:
        """The names under which rows stand aside in the target."""
        return tuple(piece.kept for piece in self.done if isinstance(piece, Kept))


def to_bytes(image: Image) -> bytes:
    return msgspec.msgpack.encode(image)


def from_bytes(raw: bytes) -> Image:
    try:
        return msgspec.msgpack.decode(raw, type=Image)
    except msgspec.MsgspecError as error:
        raise BadInput("the before-image cannot be read", hint=str(error), code="not-an-image") from error
