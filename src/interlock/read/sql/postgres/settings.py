"""Settings of PostgreSQL: what a session may set for itself, and what guards something."""

from __future__ import annotations

from typing import Final

from interlock.model.change import Trait
from interlock.read.sql.known import settings
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.reading import Reading
from interlock.read.sql.postgres.terms import term

_SESSION_ROLE: Final = ("role", "session_authorization")
#: Encodings in which no byte of a character can be taken for a quote or a backslash.
_SAFE_ENCODINGS: Final = frozenset(("utf8", "utf-8", "unicode", "sql_ascii", "latin1", "default"))
#: Values that keep a protective setting as it should be.
_KEEPS: Final = {
    "session_replication_role": {"origin", "default", "local"}, "synchronous_commit": {"on", "remote_apply", "default"},
    "default_transaction_read_only": {"on", "true", "1", "yes"}, "transaction_read_only": {"on", "true", "1", "yes"},
    "zero_damaged_pages": {"off", "false", "0"}, "event_triggers": {"on", "true", "1"},
    "standard_conforming_strings": {"on", "true", "1", "yes"}, "transform_null_equals": {"off", "false", "0", "no"},
}  # fmt: skip


def values(arguments: list[Node]) -> list[str | None]:
    """The values of a SET, as text; None for what is not a literal."""
    found = [term(argument) for argument in arguments]
    return [str(one[1]).lower() if one[0] == "lit" else None for one in found]


def assign(reading: Reading, name: str, given: list[str | None]) -> None:
    """One setting is set for this session or transaction."""
    name = name.lower()
    known = settings("postgres")
    plain = [value.lower() if value is not None else None for value in given]
    if name in _SESSION_ROLE:
        who = next((value for value in given if value), "")
        reading.add(
            "update", "session", who, f"acts as another role (`set {name}`)", aspect="authority",
            traits=("widens-access",),
        )  # fmt: skip
    elif name in known.parsing and plain and set(plain) <= _KEEPS.get(name, set()):
        return
    elif name in known.parsing or (name == "client_encoding" and not set(plain) <= _SAFE_ENCODINGS):
        reading.cannot_tell(name, "changes how what follows is read", kind="setting")
    elif name in known.protects and set(plain) <= _KEEPS.get(name, set()) and plain:
        return
    elif name in known.protects:
        code: tuple[Trait, ...] = ("runs-code",) if name in known.runs and any(plain) else ()
        reading.add(
            "update", "setting", name, known.protects[name], aspect="process", traits=("loses-protection", *code)
        )  # fmt: skip
    elif name in known.runs and any(plain):
        reading.add(
            "update", "setting", name, "has the server run what it names", aspect="process", traits=("runs-code",)
        )  # fmt: skip
    elif name == "search_path":
        _search_path(reading, plain)
    elif name not in known.harmless:
        reading.add("update", "setting", name, "sets a setting of the session", aspect="process")


def _search_path(reading: Reading, path: list[str | None]) -> None:
    """Where unqualified names are looked up. Naming `pg_catalog` after another schema lets that one shadow it."""
    reading.types.clear()
    parts = [part.strip().strip('"') for value in path if value is not None for part in value.split(",")]
    if None in path or "pg_temp" in parts[1:]:
        reading.temporary_first = False
        reading.temporary.clear()
    if None in path or ("pg_catalog" in parts and parts[0] != "pg_catalog"):
        reading.path_moved = True
        reading.cannot_tell("search_path", "moves where functions are looked up", kind="setting")


def set_variable(reading: Reading, node: Node) -> None:
    """SET, RESET and SET TRANSACTION."""
    kind = node.get("kind", "")
    name = node.get("name", "")
    if kind == "VAR_SET_MULTI":
        _transaction(reading, node)
    elif kind == "VAR_RESET_ALL":
        reading.add("read", "session", "settings", "resets the session's settings")
    elif kind in ("VAR_RESET", "VAR_SET_DEFAULT"):
        if name in _SESSION_ROLE:
            assign(reading, name, ["default"])
        elif name == "session_replication_role":
            return
        else:
            assign(reading, name, [])
    elif kind == "VAR_SET_CURRENT":
        return
    else:
        assign(reading, name, values(node.get("args", [])))


def _transaction(reading: Reading, node: Node) -> None:
    """SET TRANSACTION and SET SESSION CHARACTERISTICS: only leaving read only matters."""
    found: list[Trait] = []
    for name, option in names.options(node.get("args", ())).items():
        if name == "transaction_read_only" and values([option.get("arg", {})]) != ["1"]:
            found = ["loses-protection"]
    if found:
        reading.add(
            "update", "setting", "transaction_read_only", "the session leaves read only", aspect="process", traits=found
        )  # fmt: skip
