"""Columns in trees of PostgreSQL: which stand in an expression, and whether a subquery looks at the row outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from interlock.read.sql.neutral import Term
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node

#: Types that hold every value of what is commonly cast to them.
_KEEPING: Final = frozenset(
    ("text", "varchar", "citext", "numeric", "float8", "timestamptz", "timestamp", "json", "jsonb")
)


def column(node: Node) -> Term:
    """A reference to a column, or to all of a table."""
    fields = node.get("fields", ())
    parts = [names.text(field) for field in fields]
    if not parts or "A_Star" in fields[-1]:
        return ("col", parts[0] if len(parts) > 1 else "", "*")
    return ("col", parts[-2] if len(parts) > 1 else "", parts[-1])


def aliases(source: Node) -> list[str]:
    """What the tables of one entry of a FROM are called."""
    kind, inner = next(iter(source.items()))
    if kind == "JoinExpr":
        return [*aliases(inner.get("larg", {"": {}})), *aliases(inner.get("rarg", {"": {}}))]
    alias = inner.get("alias", {}).get("aliasname") if isinstance(inner, dict) else None
    return [alias or inner.get("relname", "")]


def leads_out(node: Any, inside: set[str]) -> bool:
    """Whether a subquery can look at the row outside: by a foreign qualifier, or two bare columns compared."""
    for one in _nodes(node):
        if "ColumnRef" in one:
            found = column(one["ColumnRef"])
            if found[1] and found[1] not in inside:
                return True
        elif "A_Expr" in one:
            sides = (_bare(one["A_Expr"].get("lexpr")), _bare(one["A_Expr"].get("rexpr")))
            if all(sides) and not all(side[1] for side in sides):
                return True
    return False


def has_column(node: Any) -> bool:
    """Whether any column stands in a tree."""
    return any("ColumnRef" in one for one in _nodes(node))


def casts(node: Any) -> bool:
    """Whether anything but a literal is cast: a term does not say so, and `a::date <> a` is not never true."""
    found = (one["TypeCast"].get("arg", {}) for one in _nodes(node) if "TypeCast" in one)
    return any("A_Const" not in inner for inner in found)


def casts_of(node: Any) -> Iterator[tuple[Node, list[Node]]]:
    """Each type that anything is cast to, with the columns in what is."""
    for one in _nodes(node):
        if "TypeCast" in one:
            inner = one["TypeCast"].get("arg", {})
            yield (
                one["TypeCast"].get("typeName", {}),
                [each["ColumnRef"] for each in _nodes(inner) if "ColumnRef" in each],
            )


def narrowed(node: Node) -> list[str]:
    """The types that anything in an expression is cast to and that do not hold each value of it."""
    kinds = [one["TypeCast"].get("typeName", {}) for one in _nodes(node) if "TypeCast" in one]
    return [names.typed(kind) for kind in kinds if names.typed(kind) not in _KEEPING or kind.get("typmods")]


def only_columns(inner: Any) -> Term:
    """An expression kind of no interest: only which columns are in it."""
    return ("other", tuple(column(one["ColumnRef"]) for one in _nodes(inner) if "ColumnRef" in one))


def _nodes(tree: Any) -> Iterator[Node]:
    """Every node of a tree, the last first; nothing of what stands in a reference to a column."""
    stack = [tree]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack.extend(one)
        elif isinstance(one, dict):
            yield one
            if "ColumnRef" not in one:
                stack.extend(one.values())


def _bare(node: Node | None) -> Term:
    """The column that an expression is, casts apart; nothing when it is another one."""
    while node and "TypeCast" in node:
        node = node["TypeCast"].get("arg")
    return column(node["ColumnRef"]) if node and "ColumnRef" in node else ()
