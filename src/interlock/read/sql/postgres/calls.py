"""What calling a function of PostgreSQL does, by what is known of its name."""

from __future__ import annotations

from typing import Final

from interlock.read.sql.known import Group, functions
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node, SyntaxFault, TooDeep, parse
from interlock.read.sql.postgres.reading import Reading
from interlock.read.sql.postgres.settings import assign
from interlock.read.sql.postgres.terms import term

#: Where extensions are commonly installed; a built-in function's name under one of these is somebody else's function.
_EXTENSION_SCHEMAS: Final = ("public", "extensions")


def call(reading: Reading, node: Node) -> None:
    """One FuncCall. What is not known by name could be anything."""
    parts = names.strings(node.get("funcname", ()))
    name = parts[-1] if parts else ""
    known = functions("postgres")
    if not _is_the_servers(reading, parts):
        reading.cannot_tell(names.dotted(parts), "a function that is not known", kind="function", traits=("runs-code",))
        return
    name = names.dotted(parts) if _is_of_an_extension(parts) else name
    if name in known.harmless:
        return
    group = known.effects.get(name)
    if group is None:
        reading.cannot_tell(names.dotted(parts), "a function that is not known", kind="function", traits=("runs-code",))
    else:
        _apply(reading, name, group, node.get("args", []))


def _is_the_servers(reading: Reading, parts: list[str]) -> bool:
    """Whether this name must mean the function that is known by it."""
    if _is_of_an_extension(parts):
        return parts[-1] not in reading.shadowed
    if len(parts) > 1:
        added = parts[-1] in functions("postgres").extensions or parts[-1].startswith("dblink")
        return parts[-2] == "pg_catalog" or (
            parts[-2] in _EXTENSION_SCHEMAS and added and parts[-1] not in reading.shadowed
        )
    return not reading.path_moved and parts[-1] not in reading.shadowed if parts else False


def _is_of_an_extension(parts: list[str]) -> bool:
    """Whether it is known by this name and schema: `cron.schedule` of the one extension that makes such a schema."""
    known, name = functions("postgres"), ".".join(parts)
    return len(parts) == 2 and (name in known.harmless or name in known.effects)


def _apply(reading: Reading, name: str, group: Group, arguments: list[Node]) -> None:
    if group.runs is not None:
        if group.verb == "create":
            reading.add(group.verb, group.kind, name, f"`{name}` {group.cause}", aspect=group.aspect)
        _run(reading, name, group, arguments)
    elif group.unknown:
        reading.cannot_tell(name, group.cause, kind="function", traits=group.traits or ("runs-code", "dynamic"))
    elif group.setting:
        _set(reading, name, arguments)
    else:
        target = _named(arguments, group.names, name)
        reading.add(
            group.verb, group.kind, target, f"`{name}` {group.cause}",
            aspect=group.aspect, choice=group.choice if target != "*" else "unknown", traits=group.traits,
        )  # fmt: skip


def _text(arguments: list[Node], index: int) -> str | None:
    """The text of an argument that is a plain literal; None when it is anything else."""
    if index >= len(arguments):
        return None
    found = term(arguments[index])
    return str(found[1]) if found[0] == "lit" and found[1] is not None else None


def _named(arguments: list[Node], index: int | None, name: str) -> str:
    if index is None:
        return name
    return _text(arguments, index) or _sequence_of(arguments, index) or "*"


def _sequence_of(arguments: list[Node], index: int) -> str:
    """`pg_get_serial_sequence('"t"', 'id')` where a name is asked for: whatever is called so, it is that of `t.id`."""
    inner = arguments[index].get("FuncCall", {}) if index < len(arguments) else {}
    if names.strings(inner.get("funcname", ()))[-1:] != ["pg_get_serial_sequence"]:
        return ""
    table, column = _text(inner.get("args", []), 0), _text(inner.get("args", []), 1)
    return f"{table}.{column}".replace('"', "") if table and column else ""


def _run(reading: Reading, name: str, group: Group, arguments: list[Node]) -> None:
    """A function that runs SQL: its text is read in turn when it stands there as a literal."""
    sql = _text(arguments, group.runs or 0) if arguments else None
    if sql is None:
        reading.cannot_tell(
            name, "runs SQL that is built at run time", kind="function", traits=("runs-code", "dynamic")
        )
        return
    try:
        statements = parse(sql)
    except (SyntaxFault, TooDeep):
        reading.cannot_tell(name, "runs SQL that cannot be read", kind="function", traits=("runs-code", "dynamic"))
        return
    for statement in statements:
        reading.embedded(statement)


def _set(reading: Reading, name: str, arguments: list[Node]) -> None:
    setting = _text(arguments, 0)
    if setting is None:
        reading.cannot_tell(name, "sets a setting whose name is built at run time", kind="setting", traits=("dynamic",))
    else:
        assign(reading, setting, [_text(arguments, 1)])
