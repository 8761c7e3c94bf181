"""Which types of a column can take another's place without the table being written anew."""

from __future__ import annotations

from typing import Final

from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.terms import term

#: After these the types of columns that the script itself declared still hold: no name can mean another table by then.
KEEPING: Final = frozenset(
    ("CreateStmt", "AlterTableStmt", "IndexStmt", "InsertStmt", "UpdateStmt", "CopyStmt", "CommentStmt")
)
_TEXTS: Final = frozenset(("varchar", "text"))


def is_free(old: Node, new: Node) -> bool:
    """Whether the server only notes the new type: it holds every value of the old one in the same form."""
    if any(one.get("arrayBounds") or one.get("setof") for one in (old, new)):
        return False
    before, after = names.typed(old), names.typed(new)
    held, wanted = _sizes(old), _sizes(new)
    if held is None or wanted is None:
        return False
    if before in _TEXTS and after in _TEXTS:
        return not wanted or bool(held and before == "varchar" and held[0] <= wanted[0])
    if before == after == "numeric":
        return not wanted or bool(held and held[0] <= wanted[0] and held[1:] == wanted[1:])
    return before == after and held == wanted


def _sizes(kind: Node) -> list[int] | None:
    """The numbers in brackets after a type; None where they are no plain numbers."""
    found = [term(one) for one in kind.get("typmods", ())]
    sizes = [one[1] for one in found if one[0] == "lit" and isinstance(one[1], int)]
    return sizes if len(sizes) == len(found) else None
