"""How PostgreSQL's names are spelled here: folded by the server's scanner, qualified as written."""

from __future__ import annotations

from collections.abc import Iterable

from interlock.read.sql.postgres.grammar import Node


def quoted(part: str) -> str:
    """A part of a name. Quoted only where the joined name would otherwise read as another (`"a.b"` is not `a.b`)."""
    return '"' + part.replace('"', '""') + '"' if "." in part or '"' in part or not part else part


def dotted(parts: Iterable[str]) -> str:
    return ".".join(map(quoted, parts))


def relation(node: Node) -> str:
    """The name of a RangeVar."""
    if "schemaname" not in node and "catalogname" not in node:
        return quoted(node.get("relname", ""))
    parts = (node.get("catalogname"), node.get("schemaname"), node.get("relname", ""))
    return dotted(part for part in parts if part is not None)


def strings(nodes: Iterable[Node]) -> list[str]:
    """The texts of a list of String nodes."""
    return [text(node) for node in nodes]


def text(node: Node) -> str:
    """The text of a String node; of any other node, nothing."""
    value: object = node.get("String", {}).get("sval", "")
    return value if isinstance(value, str) else ""


def listed(node: Node) -> str:
    """A name that stands as a List of Strings, a String, an ObjectWithArgs, a TypeName or a RangeVar."""
    if "List" in node:
        items = node["List"].get("items", ())
        if items and all("TypeName" in one for one in items):
            return " as ".join(typed(one["TypeName"]) for one in items)  # a cast, as CREATE CAST calls it
        return dotted(one for one in map(text, items) if one)
    if "ObjectWithArgs" in node:
        return dotted(strings(node["ObjectWithArgs"].get("objname", ())))
    if "TypeName" in node:
        return typed(node["TypeName"])
    if "RangeVar" in node:
        return relation(node["RangeVar"])
    return quoted(text(node))


def typed(node: Node) -> str:
    """The name of a TypeName, without the `pg_catalog` that the grammar adds."""
    parts = strings(node.get("names", ()))
    return dotted(parts[1:] if len(parts) == 2 and parts[0] == "pg_catalog" else parts)


def role(node: Node) -> str:
    """The name of a RoleSpec."""
    kind = node.get("roletype", "")
    fixed = {"ROLESPEC_PUBLIC": "public", "ROLESPEC_CURRENT_USER": "current_user",
             "ROLESPEC_CURRENT_ROLE": "current_user", "ROLESPEC_SESSION_USER": "session_user"}  # fmt: skip
    return fixed.get(kind) or quoted(node.get("rolename", ""))


def roles(nodes: Iterable[Node]) -> list[str]:
    return [role(node.get("RoleSpec", {})) for node in nodes]


def options(nodes: Iterable[Node]) -> dict[str, Node]:
    """The DefElem nodes of a list by their name; a name given twice keeps the last, as the server does where it may."""
    return {one["DefElem"].get("defname", ""): one["DefElem"] for one in nodes if "DefElem" in one}


def truth(option: Node) -> bool:
    """Whether a DefElem says yes; one without a value does."""
    argument = option.get("arg")
    if not argument:
        return True
    if "Boolean" in argument:
        return bool(argument["Boolean"].get("boolval", False))
    if "Integer" in argument:
        return bool(argument["Integer"].get("ival", 0))
    return text(argument).lower() not in ("false", "off", "no", "0", "none")
