"""MySQL's statements about the server as a whole: its logs, sessions, replication, code and files."""

from __future__ import annotations

from typing import Final

from interlock.model.change import Trait
from interlock.read.sql.glot.lexer import TEXT, VARIABLE
from interlock.read.sql.glot.reading import COMMITS, Cursor, Reading


def flush(reading: Reading, at: Cursor) -> None:
    at.take("FLUSH")
    at.any("NO_WRITE_TO_BINLOG", "LOCAL")
    what = " ".join(token.value.lower() for token in at.tokens[at.at : at.at + 2])
    traits: set[Trait] = {"ends-transaction"}
    if at.has("LOCK", "EXPORT"):
        traits.update(("blocks-writes",))
    reading.add("execute", "server", what, "flush", aspect="process", traits=traits)


def kill(reading: Reading, at: Cursor) -> None:
    at.take("KILL")
    whole = not at.any("QUERY")
    at.any("CONNECTION")
    token = at.token
    verb: Final = "delete" if whole else "execute"
    reading.add(
        verb, "session", token.value, "kill", aspect="process", choice="unknown" if token.kind == VARIABLE else "named"
    )  # fmt: skip


def purge(reading: Reading, _at: Cursor) -> None:
    reading.add(
        "delete", "server", "binary logs", "purge binary logs: no way back to a point in them", choice="filtered",
        traits=("loses-data", "loses-protection", "not-transactional"),
    )  # fmt: skip


def reset(reading: Reading, at: Cursor) -> None:
    at.take("RESET")
    if at.take("PERSIST"):
        at.take("IF", "EXISTS")
        reading.add("update", "setting", at.name() or "all", "reset persist", aspect="process")
        return
    what = at.token.word.lower()
    traits: tuple[Trait, ...] = ("loses-data", "loses-protection", "not-transactional")
    if what in ("master", "binary", "slave", "replica"):
        reading.add("delete", "server", what, f"reset {what}", choice="all", traits=traits)
    elif what == "query":
        reading.add("execute", "server", "query cache", "reset query cache", aspect="process")
    else:
        reading.cannot_tell(what, "a reset that is not modelled")


def statement(reading: Reading, at: Cursor) -> None:
    """Statements about the server or its replication as a whole."""
    words = " ".join(token.value.lower() for token in at.tokens[:3])
    first = at.tokens[0].word
    traits: set[Trait] = {"not-transactional"}
    if first in ("STOP", "SHUTDOWN", "RESTART", "CHANGE"):
        traits.add("loses-protection")
    if first in ("CHANGE", "CLONE"):
        traits.add("leaves-target")
    if first == "CLONE" and not at.has("LOCAL"):
        traits.add("loses-data")  # everything here is replaced by what the donor has
    reading.add("execute", "server", words, words, aspect="process", traits=traits)


def install(reading: Reading, at: Cursor) -> None:
    reading.cannot_tell(
        " ".join(token.value for token in at.tokens[1:3]), "installs or removes code of the server", kind="program",
        traits=("runs-code",),
    )  # fmt: skip


def replay(reading: Reading, _at: Cursor) -> None:
    reading.cannot_tell("binlog", "replays events of a binary log that are not in the text", traits=("dynamic",))


def import_table(reading: Reading, at: Cursor) -> None:
    file = next((token.value for token in at.tokens if token.kind == TEXT), "")
    reading.add("read", "file", file, "import table reads a file", traits=("leaves-target",))
    reading.add("create", "table", "*", "import table", aspect="structure", choice="unknown", traits=COMMITS)
