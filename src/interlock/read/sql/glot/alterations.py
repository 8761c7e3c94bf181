"""ALTER TABLE in MySQL: each of its comma-parted actions, by its first words."""

from __future__ import annotations

from typing import Final

from interlock.model.change import Trait
from interlock.read.sql.glot.reading import COMMITS, ELSEWHERE, Cursor, Reading

_REWRITES: Final[tuple[Trait, ...]] = ("rewrites", "blocks-writes")
#: Types that keep every value that a column is likely to have had; a change to any other can cut or round.
_WIDE: Final = frozenset(("TEXT", "LONGTEXT", "MEDIUMTEXT", "BIGINT", "LONGBLOB", "MEDIUMBLOB", "JSON"))
_OPTIONS: Final = frozenset(
    (
        "ALGORITHM", "AUTOEXTEND_SIZE", "AUTO_INCREMENT", "AVG_ROW_LENGTH", "CHARACTER", "CHARSET", "CHECKSUM",
        "COLLATE", "COMMENT", "COMPRESSION", "CONNECTION", "CONVERT", "DATA", "DEFAULT", "DELAY_KEY_WRITE", "DISABLE",
        "ENABLE", "ENCRYPTION", "ENGINE", "FORCE", "INDEX", "INSERT_METHOD", "KEY_BLOCK_SIZE", "LOCK", "MAX_ROWS",
        "MIN_ROWS", "ORDER", "PACK_KEYS", "PASSWORD", "ROW_FORMAT", "SECONDARY_ENGINE", "SECONDARY_LOAD",
        "SECONDARY_UNLOAD", "STATS_AUTO_RECALC", "STATS_PERSISTENT", "STATS_SAMPLE_PAGES", "TABLESPACE", "UNION",
        "WITH", "WITHOUT"
    )
)  # fmt: skip
_REBUILDS: Final = frozenset(("FORCE", "ORDER", "CONVERT", "ROW_FORMAT", "ENGINE", "TABLESPACE", "ENCRYPTION"))


#: Words with which an action begins.
_ACTIONS: Final = _OPTIONS | {
    "ADD", "DROP", "MODIFY", "CHANGE", "RENAME", "ALTER", "TRUNCATE", "DISCARD", "IMPORT", "EXCHANGE", "REORGANIZE",
    "COALESCE", "REBUILD", "REMOVE", "PARTITION", "ANALYZE", "CHECK", "OPTIMIZE", "REPAIR",
}  # fmt: skip

#: Engines that keep no row, or none past a restart.
_ENGINES: Final[dict[str, Trait]] = {
    "BLACKHOLE": "loses-data", "FEDERATED": "loses-data", "MEMORY": "loses-protection", "HEAP": "loses-protection",
}  # fmt: skip

#: How a table is held or written anew, where the statement asks for it.
_HOLDS: Final[dict[str, tuple[Trait, ...]]] = {
    "SHARED": ("blocks-writes",), "EXCLUSIVE": ("blocks-writes", "blocks-reads"), "COPY": _REWRITES,
}  # fmt: skip


def alter_table(reading: Reading, at: Cursor) -> None:
    """Everything after ALTER TABLE."""
    name = at.name()
    if reading.is_own(name):
        reading.cannot_tell(name, "alters the server's own tables by hand", kind="table")
    if at.has(*ELSEWHERE):
        reading.temporary.discard(name)
    goes_on = False  # a list of partitions is the only one whose commas part no actions
    for part in at.parts():
        if goes_on and part[0].kind in "wq" and part[0].word not in _ACTIONS:
            continue
        goes_on = len(part) > 1 and part[1].word == "PARTITION" and part[0].word != "ADD"
        _action(reading, name, Cursor(reading, part))


def _say(
    reading: Reading, table: str, cause: str, traits: tuple[Trait, ...] = (), fields: tuple[str, ...] = ()
) -> None:
    reading.add("update", "table", table, cause, aspect="structure", fields=fields, traits=(*traits, *COMMITS))


def _action(reading: Reading, table: str, at: Cursor) -> None:
    word = at.token.word
    at.at += 1
    if word == "ADD":
        _add(reading, table, at)
    elif word == "DROP":
        _drop(reading, table, at)
    elif word in ("MODIFY", "CHANGE"):
        at.take("COLUMN")
        column = at.column()
        if word == "CHANGE":
            at.column()
        wide = at.token.word in _WIDE
        cause = f"{word.lower()} column" + ("" if wide else ", which can cut or round values")
        _say(reading, table, cause, (*_REWRITES, *(() if wide else ("loses-data",))), (column,))
    elif word == "RENAME":
        _rename(reading, table, at)
    elif word == "ALTER":
        _alter(reading, table, at)
    elif word in ("TRUNCATE", "DISCARD", "IMPORT", "EXCHANGE", "REORGANIZE", "COALESCE", "REBUILD", "REMOVE",
                  "PARTITION", "ANALYZE", "CHECK", "OPTIMIZE", "REPAIR"):  # fmt: skip
        _partitions(reading, table, at, word)
    elif word in ("LOCK", "ALGORITHM") and at.has(*_HOLDS):
        held = next(token.word for token in at.tokens if token.word in _HOLDS)
        _say(reading, table, f"{word.lower()} {held.lower()}", _HOLDS[held])
    elif word in _OPTIONS:
        _say(reading, table, word.lower(), (*(_REWRITES if word in _REBUILDS else ()), *_lost(word, at)))
    else:
        reading.cannot_tell(table, f"an alter table action that is not modelled ({word.lower()})")


def _lost(word: str, at: Cursor) -> tuple[Trait, ...]:
    """What an option of a table takes away. Others can follow it without a comma."""
    rest = at.tokens[at.at - 1 :]
    for index, token in enumerate(rest):
        given = [one.value.upper() for one in rest[index + 1 : index + 3] if one.value != "="][:1]
        if token.word == "ENGINE" and given and given[0] in _ENGINES:
            return (_ENGINES[given[0]],)
    if word == "CONVERT" and not at.has("UTF8MB4"):
        return ("loses-data",)  # letters that the character set does not have become question marks
    return ("loses-protection",) if word == "DISABLE" or (word == "ENCRYPTION" and at.has("N")) else ()


def _add(reading: Reading, table: str, at: Cursor) -> None:
    if at.take("SYSTEM", "VERSIONING") or at.take("PERIOD", "FOR"):
        _say(reading, table, "add system versioning", _REWRITES)
    elif at.any("FULLTEXT", "SPATIAL"):
        _say(reading, table, "add index", ("blocks-writes",))
    elif at.any("INDEX", "KEY"):
        _say(reading, table, "add index")
    elif at.any("PARTITION"):
        _say(reading, table, "add partition")
    elif at.any("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
        _say(reading, table, "add constraint", ("blocks-writes",))
    else:
        at.take("COLUMN")
        at.take("IF", "NOT", "EXISTS")
        if at.mark("("):
            at.at -= 1
            from interlock.read.sql.glot.tables import columns

            fields = columns(reading, at.group())
        else:
            fields = (at.column(),)
        rebuilds = at.has("AUTO_INCREMENT", "STORED")
        _say(reading, table, "add column", _REWRITES if rebuilds else (), fields)


def _drop(reading: Reading, table: str, at: Cursor) -> None:
    if at.take("SYSTEM", "VERSIONING"):
        _say(reading, table, "drop system versioning: old versions of its rows go", ("loses-data", *_REWRITES))
    elif at.any("INDEX", "KEY"):
        reading.add("delete", "index", f"{table}.{at.name()}", "drop index", aspect="structure", traits=COMMITS)
        _say(reading, table, "drop index")
    elif at.take("PRIMARY", "KEY"):
        _say(reading, table, "drop primary key", ("loses-protection", *_REWRITES))
    elif at.take("FOREIGN", "KEY") or at.any("CONSTRAINT", "CHECK"):
        _say(reading, table, f"drop constraint `{at.name()}`", ("loses-protection",))
    elif at.take("PARTITION"):
        reading.add(
            "delete", "table", table, "drop partition with its rows", choice="filtered",
            traits=("loses-data", *COMMITS),
        )  # fmt: skip
    else:
        at.take("COLUMN")
        hides: tuple[Trait, ...] = ("hides-failure",) if at.take("IF", "EXISTS") else ()
        _say(reading, table, "drop column", ("loses-data", *_REWRITES, *hides), (at.column(),))


def _rename(reading: Reading, table: str, at: Cursor) -> None:
    if at.take("COLUMN"):
        _say(reading, table, "rename column", (), (at.column(),))
    elif at.any("INDEX", "KEY"):
        _say(reading, table, "rename index")
    else:
        at.any("TO", "AS")
        reading.temporary.discard(table)
        _say(reading, table, f"rename to `{at.name()}`")


def _alter(reading: Reading, table: str, at: Cursor) -> None:
    if at.any("INDEX"):
        _say(reading, table, "alter index visibility")
    elif at.any("CONSTRAINT", "CHECK"):
        loses: tuple[Trait, ...] = ("loses-protection",) if at.has("NOT") else ()
        _say(reading, table, "alter constraint", loses)
    else:
        at.take("COLUMN")
        _say(reading, table, "alter column default", (), (at.column(),))


def _partitions(reading: Reading, table: str, at: Cursor, word: str) -> None:
    what = f"{word.lower()} partition"
    if word == "TRUNCATE":
        reading.add(
            "delete", "table", table, what, choice="all" if at.has("ALL") else "filtered",
            traits=("loses-data", *COMMITS),
        )  # fmt: skip
    elif word == "DISCARD":
        reading.add("delete", "table", table, "discard tablespace", choice="all", traits=("loses-data", *COMMITS))
    elif word in ("EXCHANGE", "IMPORT"):
        _say(reading, table, what, ("loses-data", *_REWRITES))
        while not at.done and not at.take("WITH", "TABLE"):
            at.at += 1
        if not at.done:
            _say(reading, at.name(), what, ("loses-data", *_REWRITES))
    elif word in ("ANALYZE", "CHECK"):
        _say(reading, table, what)
    else:
        _say(reading, table, what, _REWRITES)
