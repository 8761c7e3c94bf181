"""Definitions and rights in MySQL: CREATE, ALTER, DROP, RENAME, GRANT, REVOKE. Each commits what came before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interlock.model.change import VERBS, Trait, Verb
from interlock.read.sql.glot import queries
from interlock.read.sql.glot.alterations import alter_table
from interlock.read.sql.glot.calls import calls
from interlock.read.sql.glot.lexer import Token
from interlock.read.sql.glot.reading import COMMITS, ELSEWHERE, EVENTS, Cursor, Reading, comma_parts
from interlock.read.sql.glot.tables import columns

#: What follows CREATE, ALTER or DROP, and what the resource is called.
_KINDS: Final = {
    "TABLE": "table", "INDEX": "index", "VIEW": "view", "DATABASE": "database", "SCHEMA": "database",
    "TRIGGER": "trigger", "PROCEDURE": "function", "FUNCTION": "function", "EVENT": "trigger", "USER": "role",
    "ROLE": "role", "SERVER": "server", "TABLESPACE": "tablespace", "LOGFILE": "tablespace", "RESOURCE": "setting",
    "SPATIAL": "type", "INSTANCE": "server", "UNDO": "tablespace", "TABLES": "table", "SEQUENCE": "sequence",
}  # fmt: skip
_MODIFIERS: Final = (
    "TEMPORARY", "UNIQUE", "FULLTEXT", "SPATIAL", "AGGREGATE", "ONLINE", "OFFLINE", "UNDO",
)  # fmt: skip


def create(reading: Reading, at: Cursor) -> None:
    at.take("CREATE")
    replaces = at.take("OR", "REPLACE")
    temporary = unique = held = False
    while word := at.any(*_MODIFIERS):
        if word == "SPATIAL" and at.peek("REFERENCE"):
            at.at -= 1
            break
        temporary, unique = temporary or word == "TEMPORARY", unique or word == "UNIQUE"
        held = held or word in ("FULLTEXT", "SPATIAL")
    _definer(at)
    kind = at.any(*_KINDS)
    at.any("GROUP")
    at.take("REFERENCE", "SYSTEM")
    at.take("IF", "NOT", "EXISTS")
    if kind == "TABLE":
        _table(reading, at, temporary=temporary, replaces=replaces)
    elif kind == "INDEX":
        _index(reading, at, unique=unique, held=held)
    elif kind in ("USER", "ROLE"):
        _accounts(reading, at, "create", kind)
    elif kind in ("TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"):
        _program(reading, at, kind)
    elif kind == "VIEW":
        name = at.name()
        probe = Reading(reading.dialect, reading.environment)
        calls(probe, at.tokens[at.at :])
        runs: tuple[Trait, ...] = ("runs-code",) if probe.change("").effects else ()
        if runs:
            reading.arm(name, VERBS)
        cause = "create or replace view" if replaces else "create view"
        reading.add("create", "view", name, cause, aspect="structure", traits=(*runs, *COMMITS))
    elif kind:
        name = at.name() or at.word()
        if replaces and kind in ("DATABASE", "SCHEMA"):  # MariaDB's: the old one is dropped
            cause = f"create or replace {kind.lower()}: the old one goes with all its tables"
            reading.add("delete", _KINDS[kind], name, cause, aspect="structure", traits=("loses-data", *COMMITS))
        reading.add("create", _KINDS[kind], name, f"create {kind.lower()}", aspect="structure", traits=COMMITS)
    else:
        reading.cannot_tell("create", "a create that is not modelled")


def _definer(at: Cursor) -> None:
    """`ALGORITHM = x`, `DEFINER = account`, `SQL SECURITY x` before the kind."""
    while not at.done and at.token.word not in _KINDS:
        if at.take("DEFINER"):
            at.mark("=")
            at.account()
        elif at.take("ALGORITHM"):
            at.mark("=")
            at.at += 1
        elif at.take("SQL", "SECURITY"):
            at.at += 1
        else:
            return


def _table(reading: Reading, at: Cursor, *, temporary: bool, replaces: bool) -> None:
    name = at.name()
    if replaces and not temporary and name not in reading.temporary:  # MariaDB's; MySQL refuses it
        cause = "create or replace table: the old one goes with its rows"
        reading.add("delete", "table", name, cause, aspect="structure", traits=("loses-data", *COMMITS))
    group = at.group()
    fields = columns(reading, group) if group and group[0].word not in ("SELECT", "LIKE", "WITH") else ()
    rest = at.tokens[at.at :]
    if temporary:
        reading.make_temporary(name, "create table", fields, remember=not any(one.word in ELSEWHERE for one in rest))
    else:
        reading.add("create", "table", name, "create table", aspect="structure", fields=fields, traits=COMMITS)
    if _engine(rest) in ELSEWHERE or any(token.word == "CONNECTION" for token in rest):
        reading.add(
            "create", "server", name, "a table of another server", aspect="structure", traits=("leaves-target",)
        )
    query = group if group and group[0].word in ("SELECT", "WITH") else _query(rest)
    if query:
        with reading.inside():
            queries.statement(reading, query)


def _engine(rest: Sequence[Token]) -> str:
    """The engine that keeps a table's rows, in upper case."""
    at = next((index for index, token in enumerate(rest) if token.word == "ENGINE"), len(rest))
    return next((token.value.upper() for token in rest[at + 1 : at + 3] if token.value != "="), "")


def _query(rest: Sequence[Token]) -> Sequence[Token]:
    """The query that fills a table, after its options; words inside of parentheses belong to its partitions."""
    depth = 0
    for index, token in enumerate(rest):
        if token.kind == "p":
            depth += (token.value == "(") - (token.value == ")")
        elif not depth and token.word in ("SELECT", "WITH", "TABLE", "VALUES"):
            return rest[index:]
        if token.value == "(" and index + 1 < len(rest) and depth == 1 and rest[index + 1].word in ("SELECT", "WITH"):
            return rest[index:]
    return ()


def _index(reading: Reading, at: Cursor, *, unique: bool, held: bool) -> None:
    """CREATE INDEX: others write on meanwhile, unless it is of full text or space, or the statement says otherwise."""
    name = at.name()
    if at.take("USING"):
        at.word()
    at.take("ON")
    table = at.name()
    group = at.group()
    fields = tuple(reading.folded(part[0].value) for part in comma_parts(group) if part[0].kind in "wq")
    what = "create unique index" if unique else "create index"
    waits = held or at.has("SHARED", "EXCLUSIVE", "COPY")
    traits: tuple[Trait, ...] = ("blocks-writes", *COMMITS) if waits else COMMITS
    reading.add("create", "index", f"{table}.{name}", what, aspect="structure", fields=fields, traits=traits)
    reading.add("update", "table", table, what, aspect="structure", fields=fields, traits=traits)


def _program(reading: Reading, at: Cursor, kind: str) -> None:
    """A trigger, stored procedure or function, or event: its body runs later."""
    name = at.name()
    if at.has("SONAME"):
        reading.cannot_tell(name, "a function from a library of the server", kind="function", traits=("runs-code",))
    reading.shadowed.add(name.lower())
    traits: tuple[Trait, ...] = ("runs-code", *COMMITS)
    reading.add("create", _KINDS[kind], name, f"create {kind.lower()}", aspect="structure", traits=traits)
    if kind == "TRIGGER":
        event = next((token.word for token in at.tokens[at.at :] if token.word in EVENTS), "")
        while not at.done and not at.take("ON"):
            at.at += 1
        table = at.name()
        reading.temporary.discard(table)
        if not reading.spares:
            reading.arm(table, [EVENTS[event]] if event else VERBS)
        reading.add("update", "table", table, "gets a trigger", aspect="structure", traits=traits)


def _accounts(reading: Reading, at: Cursor, verb: Verb, kind: str) -> None:
    traits: tuple[Trait, ...] = ("widens-access", *COMMITS) if verb == "create" and kind == "USER" else COMMITS
    while not at.done:
        name = at.account()
        reading.add(verb, "role", name, f"{verb} {kind.lower()}".replace("update", "alter").replace("delete", "drop"),
                    aspect="authority", traits=traits)  # fmt: skip
        while at.at < len(at.tokens) and not at.mark(","):
            if at.any("DEFAULT", "REQUIRE", "WITH", "PASSWORD", "ACCOUNT", "COMMENT", "ATTRIBUTE"):
                return
            at.at += 1


def drop(reading: Reading, at: Cursor) -> None:
    at.take("DROP")
    if at.take("PREPARE"):
        name = at.name()
        reading.source.pop(name, None)
        reading.add("read", "session", name, "drop prepare")
        return
    temporary = bool(at.any("TEMPORARY"))
    at.any("UNDO")
    kind = at.any(*_KINDS)
    if kind == "SPATIAL":
        at.take("REFERENCE", "SYSTEM")
    at.any("GROUP")
    hides: tuple[Trait, ...] = ("hides-failure",) if at.take("IF", "EXISTS") else ()
    if kind in ("TABLE", "TABLES"):
        for name in at.names():
            if temporary:  # the server drops no other so
                reading.temporary.discard(name)
                reading.add("read", "table", name, "drop a temporary table of the session", aspect="structure",
                            tags=(("temporary", "yes"),))  # fmt: skip
            elif not reading.drops_temporary(name):
                reading.add("delete", "table", name, "drop table", aspect="structure",
                            traits=("loses-data", *hides, *COMMITS))  # fmt: skip
    elif kind in ("DATABASE", "SCHEMA"):
        reading.add("delete", "database", at.name(), "drop database", aspect="structure",
                    traits=("loses-data", "cascades", *hides, *COMMITS))  # fmt: skip
    elif kind == "INDEX":
        name = at.name()
        at.take("ON")
        table = at.name()
        lost: tuple[Trait, ...] = ("loses-protection",) if name.upper() == "PRIMARY" else ()
        reading.add("delete", "index", f"{table}.{name}", "drop index", aspect="structure", traits=(*lost, *COMMITS))
        reading.add("update", "table", table, "drop index", aspect="structure", traits=(*lost, *COMMITS))
    elif kind in ("USER", "ROLE"):
        _accounts(reading, at, "delete", kind)
    elif kind:
        own: tuple[Trait, ...] = ("loses-protection",) if kind == "TRIGGER" else ()
        own = ("loses-data",) if kind in ("TABLESPACE", "LOGFILE") else own
        for name in at.names() or [at.word()]:
            reading.add("delete", _KINDS[kind], name, f"drop {kind.lower()}", aspect="structure",
                        traits=(*own, *hides, *COMMITS))  # fmt: skip
    else:
        reading.cannot_tell("drop", "a drop that is not modelled")


def alter(reading: Reading, at: Cursor) -> None:
    at.take("ALTER")
    while at.any(*_MODIFIERS):
        pass
    _definer(at)
    kind = at.any(*_KINDS)
    at.any("GROUP")
    at.take("IF", "EXISTS")
    if kind == "TABLE":
        alter_table(reading, at)
    elif kind in ("USER", "ROLE"):
        _accounts(reading, at, "update", kind)
    elif kind == "INSTANCE":
        words = " ".join(token.value.lower() for token in at.tokens[at.at : at.at + 4])
        reading.add("update", "server", "instance", f"alter instance {words}", aspect="process",
                    traits=("loses-protection", *COMMITS))  # fmt: skip
    elif kind == "VIEW":
        reading.add("update", "view", at.name(), "alter view", aspect="structure", traits=COMMITS)
    elif kind == "EVENT":
        traits: tuple[Trait, ...] = ("runs-code", *COMMITS)
        reading.add("update", "trigger", at.name(), "alter event", aspect="structure", traits=traits)
    elif kind:
        name = "current" if at.peek("CHARACTER") or at.peek("READ") or at.peek("DEFAULT") else at.name()
        reading.add("update", _KINDS[kind], name, f"alter {kind.lower()}", aspect="structure", traits=COMMITS)
    else:
        reading.cannot_tell("alter", "an alter that is not modelled")


def rename(reading: Reading, at: Cursor) -> None:
    at.take("RENAME")
    kind = at.any("TABLE", "TABLES", "USER")
    for part in at.parts():
        one = Cursor(reading, part)
        old = one.account() if kind == "USER" else one.name()
        one.take("TO")
        new = one.account() if kind == "USER" else one.name()
        if kind == "USER":
            reading.add("update", "role", old, f"rename user to `{new}`", aspect="authority", traits=COMMITS)
        else:
            reading.temporary.discard(old)
            reading.add("update", "table", old, f"rename to `{new}`", aspect="structure", traits=COMMITS)
    if not kind:
        reading.cannot_tell("rename", "a rename that is not modelled")


_AFTER_GRANTEES: Final = frozenset(("WITH", "REQUIRE", "AS", "IGNORE"))


def grant(reading: Reading, at: Cursor) -> None:
    """GRANT and REVOKE: privileges on objects, roles, and proxies."""
    giving = at.tokens[0].word == "GRANT"
    at.at += 1
    at.take("IF", "EXISTS")
    verb: Verb = "grant" if giving else "revoke"
    traits: tuple[Trait, ...] = ("widens-access", *COMMITS) if giving else COMMITS
    start = at.at
    while not at.done and at.token.word not in ("ON", "TO", "FROM"):
        at.group() if at.token.value == "(" else at.word()
    what = " ".join(token.value.lower() for token in at.tokens[start : at.at])
    if at.take("ON"):
        kind = _KINDS.get(at.any("TABLE", "FUNCTION", "PROCEDURE"), "table")
        scope = ""
        while not at.done and at.token.word not in ("TO", "FROM"):
            scope += at.word()
        kind = "server" if scope == "*.*" else "database" if scope.endswith(".*") or scope == "*" else kind
        wide = kind in ("server", "database")
        reading.add(verb, kind, scope, f"{verb} {what}", aspect="authority", choice="all" if wide else "named",
                    traits=traits)  # fmt: skip
    else:
        for name in what.split(","):
            if giving or "all privileges" not in what:
                reading.add(verb, "role", name.strip(), f"{verb} membership", aspect="authority", traits=traits)
    at.any("TO", "FROM")
    while not at.done and at.token.word not in _AFTER_GRANTEES:
        reading.add(verb, "role", at.account(), f"{verb} {what}", aspect="authority", traits=traits)
        while at.at < len(at.tokens) and not at.mark(",") and at.token.word not in _AFTER_GRANTEES:
            at.at += 1
