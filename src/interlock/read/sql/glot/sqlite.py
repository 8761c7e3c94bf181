"""SQLite's statements other than queries and writes: word by word, each by its first word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from interlock.model.change import VERBS, Trait
from interlock.read.sql.glot import blocks, queries, shell
from interlock.read.sql.glot.calls import calls
from interlock.read.sql.glot.lexer import LINE, Token
from interlock.read.sql.glot.reading import EVENTS, Cursor, Reading, comma_parts
from interlock.read.sql.glot.tables import columns
from interlock.read.sql.known import settings

Handler = Callable[[Reading, Cursor], None]


def query(reading: Reading, at: Cursor) -> None:
    queries.statement(reading, at.tokens)


def explain(reading: Reading, at: Cursor) -> None:
    """EXPLAIN and EXPLAIN QUERY PLAN never run what follows."""
    at.take("EXPLAIN")
    at.take("QUERY", "PLAN")
    probe = Reading(reading.dialect, reading.environment)
    read_one(probe, Cursor(probe, at.tokens[at.at :]))
    for effect in probe.change("").effects:
        kind = effect.resource.type.removeprefix("sql.")
        if kind in ("table", "view"):
            reading.add("read", kind, effect.resource.name, "explain", choice=effect.choice, keys=effect.keys)
        elif effect.known == "unknown" and kind == "statement":
            reading.cannot_tell(effect.resource.name, effect.cause)


def begin(reading: Reading, at: Cursor) -> None:
    word = at.tokens[0].word.lower()
    if word == "begin":
        holds: tuple[Trait, ...] = ("blocks-writes", "blocks-reads") if at.has("EXCLUSIVE") else ()
        reading.open_transaction(word, holds)
    else:
        if word == "savepoint":
            reading.temporary_first = False  # it may be a transaction by itself, and what is made in it may go again
        reading.add("read", "session", "transaction", word)


def end(reading: Reading, at: Cursor) -> None:
    """COMMIT, END and ROLLBACK; ROLLBACK TO stays inside."""
    if at.has("TO"):
        reading.temporary.clear()  # those that were made since are gone
        begin(reading, at)
        return
    reading.end_transaction(at.tokens[0].word.lower())


def pragma(reading: Reading, at: Cursor) -> None:
    """PRAGMA: some only tell, some decide what is checked or kept."""
    at.take("PRAGMA")
    name = at.name().rsplit(".", 1)[-1]
    given = ""
    if at.mark("=") or at.mark("("):
        sign = "-" if at.mark("-") else ""
        given = sign + at.word().lower()
    known = settings("sqlite")
    asked = not given and name not in known.acts
    if name in known.protects and given and given not in known.keeps.get(name, ()):
        reading.add("update", "setting", name, known.protects[name], aspect="process", traits=("loses-protection",))
    elif name in known.harmless or (asked and name in (known.protects.keys() | known.changes.keys())):
        reading.add("read", "setting", name, "pragma")
    elif name in known.protects and name not in known.changes:
        reading.add("read", "setting", name, "pragma")  # set to what protects, for this connection
    elif name in known.changes:
        reading.add("update", "setting", name, known.changes[name], aspect="process")
    else:
        reading.cannot_tell(name, "a pragma that is not known", kind="setting")


def attach(reading: Reading, at: Cursor) -> None:
    at.take("ATTACH")
    at.take("DATABASE")
    token = at.token
    literal = token.kind in "sq"
    name = token.value if literal else ""
    called = Cursor(reading, at.tokens, at.at + 2).name() if at.at + 1 < len(at.tokens) else ""
    fresh = called not in reading.attached
    reading.attached.add(called)
    if literal and name == ":memory:" and fresh and called:
        reading.passing = (*reading.passing, f"{called}.")
        reading.add("read", "session", called, "attach: a database in memory")
        return
    if not literal:
        reading.cannot_tell(
            "attach", "attaches a file whose name is built at run time", kind="file", traits=("dynamic",)
        )
    reading.add(
        "create", "file", name or "*", "attach: another database file, made if it is not there",
        traits=("leaves-target", "not-transactional"), choice="named" if literal else "unknown",
    )  # fmt: skip


def detach(reading: Reading, at: Cursor) -> None:
    at.take("DETACH")
    at.take("DATABASE")
    name = at.name()
    reading.passing = tuple(one for one in reading.passing if one != f"{name}.")
    reading.add("read", "session", name, "detach")


def vacuum(reading: Reading, at: Cursor) -> None:
    at.take("VACUUM")
    schema = "" if at.peek("INTO") else at.name()
    if at.take("INTO"):
        reading.add(
            "create", "file", at.token.value if at.token.kind == "s" else "", "vacuum into a file",
            traits=("leaves-target", "not-transactional"),
        )  # fmt: skip
        return
    reading.add(
        "execute", "database", schema or "main", "vacuum", aspect="process",
        traits=("rewrites", "blocks-writes", "not-transactional"),
    )  # fmt: skip


def reindex(reading: Reading, at: Cursor) -> None:
    at.take("REINDEX")
    name = at.name()
    if name:
        reading.add("execute", "index", name, "reindex", aspect="process", traits=("rewrites", "blocks-writes"))
    else:
        reading.add(
            "execute", "database", "main", "reindex", aspect="process", choice="all",
            traits=("rewrites", "blocks-writes"),
        )  # fmt: skip


def analyze(reading: Reading, at: Cursor) -> None:
    at.take("ANALYZE")
    reading.add("execute", "database", at.name() or "main", "analyze", aspect="process")


def drop(reading: Reading, at: Cursor) -> None:
    at.take("DROP")
    kind = at.any("TABLE", "INDEX", "VIEW", "TRIGGER").lower()
    hides: tuple[Trait, ...] = ("hides-failure",) if at.take("IF", "EXISTS") else ()
    name = at.name()
    if not kind or not name or not at.done:
        reading.cannot_tell(name or "drop", "a drop that is not modelled")
    elif kind != "table" or not reading.drops_temporary(name):
        own: dict[str, tuple[Trait, ...]] = {"table": ("loses-data",), "trigger": ("loses-protection",)}
        reading.add("delete", kind, name, f"drop {kind}", aspect="structure", traits=(*own.get(kind, ()), *hides))


def create(reading: Reading, at: Cursor) -> None:
    at.take("CREATE")
    temporary = bool(at.any("TEMP", "TEMPORARY"))
    unique = at.take("UNIQUE")
    virtual = at.take("VIRTUAL")
    kind = at.any("TABLE", "INDEX", "VIEW", "TRIGGER").lower()
    at.take("IF", "NOT", "EXISTS")
    name = at.name()
    if not kind or not name:
        reading.cannot_tell(name or "create", "a create that is not modelled")
    elif kind == "table":
        _table(reading, at, name, temporary=temporary, virtual=virtual)
    elif kind == "index":
        at.take("ON")
        table = at.name()
        group = at.group()
        fields = tuple(
            part.column() for part in (Cursor(reading, one) for one in comma_parts(group)) if part.token.kind in "wq"
        )
        what = "create unique index" if unique else "create index"
        passes = reading.passes(table)
        reading.add(
            "read" if passes else "create", "index", name, what, aspect="structure", fields=fields,
            traits=() if passes else ("blocks-writes",),
        )  # fmt: skip
        reading.add("update", "table", table, what, aspect="structure", fields=fields, traits=("blocks-writes",))
        calls(reading, [*group, *at.tokens[at.at :]])
    elif kind == "view":
        runs = _unknown_functions(reading, at)
        if runs:
            reading.arm(name, VERBS)
        reading.add("create", "view", name, "create view", aspect="structure", traits=("runs-code",) if runs else ())
    else:
        _trigger(reading, at, name)


def _unknown_functions(reading: Reading, at: Cursor) -> bool:
    probe = Reading(reading.dialect, reading.environment)
    calls(probe, at.tokens[at.at :])
    return bool(probe.change("").effects)


def _trigger(reading: Reading, at: Cursor, name: str) -> None:
    event = next((token.word for token in at.tokens[at.at :] if token.word in EVENTS), "")
    while not at.done and not at.take("ON"):
        at.at += 1
    table = at.name()
    probe = Reading(reading.dialect, reading.environment)
    for one in blocks.of_trigger(at):
        read_one(probe, Cursor(probe, one))
    reading.temporary.discard(table)
    if not blocks.spares(probe.change("")):
        reading.arm(table, [EVENTS[event]] if event else VERBS)
    reading.add("create", "trigger", name, "create trigger", aspect="structure", traits=("runs-code",))
    reading.add("update", "table", table, "gets a trigger", aspect="structure", traits=("runs-code",))


def _table(reading: Reading, at: Cursor, name: str, *, temporary: bool, virtual: bool) -> None:
    if virtual:
        at.take("USING")
        module = at.name()
        known = module in (
            "fts3",
            "fts4",
            "fts5",
            "rtree",
            "rtree_i32",
            "geopoly",
            "dbstat",
            "fts5vocab",
            "fts4aux",
            "json_each",
            "json_tree",
        )
        if not known:
            reading.cannot_tell(name, f"a virtual table of the module {module}", kind="table", traits=("runs-code",))
        reading.add("create", "table", name, f"create virtual table using {module}", aspect="structure")
        return
    group = at.group()
    fields = columns(reading, group)
    if _computes(reading, group):
        reading.arm(name, VERBS)
    source = at.tokens[at.at + 1 :] if at.peek("AS") else ()
    what = "create table as" if source else "create table"
    if temporary or name.startswith(reading.passing):
        # In a transaction it may go again unseen: a conflict or a trigger of the database may roll all of it back.
        reading.make_temporary(name, what, fields, remember=not reading.framed or reading.is_called_temporary(name))
    else:
        reading.add("create", "table", name, what, aspect="structure", fields=fields)
    if source:
        with reading.inside():
            queries.statement(reading, source)


def _computes(reading: Reading, definition: Sequence[Token]) -> bool:
    """Whether a default, a check or a column that is computed calls something that is not known."""
    probe, at = Reading(reading.dialect, reading.environment), Cursor(reading, definition)
    while not at.done:
        inner = at.group()
        if inner:
            calls(probe, inner)
        else:
            at.at += 1
    return bool(probe.change("").unknown)


def alter(reading: Reading, at: Cursor) -> None:
    at.take("ALTER")
    at.take("TABLE")
    name = at.name()
    lost: tuple[Trait, ...] = ()
    fields: tuple[str, ...] = ()
    if at.take("RENAME"):
        if at.take("TO"):
            cause = f"rename to `{at.name()}`"
            reading.temporary.discard(name)
        else:
            at.take("COLUMN")
            fields, cause = (at.column(),), "rename column"
    elif at.take("ADD"):
        at.take("COLUMN")
        fields, cause = (at.column(),), "add column"
    elif at.take("DROP"):
        if at.take("CONSTRAINT"):
            cause, lost = f"drop constraint `{at.name()}`", ("loses-protection",)
        else:
            at.take("COLUMN")
            fields, cause, lost = (at.column(),), "drop column", ("loses-data", "rewrites")
    else:
        reading.cannot_tell(name, "an alter table that is not modelled")
        return
    if reading.is_own(name):
        reading.cannot_tell(name, "alters the server's own tables by hand", kind="table")
    reading.add("update", "table", name, cause, aspect="structure", fields=fields, traits=lost)


_STATEMENTS: Final[dict[str, Handler]] = {
    "SELECT": query, "VALUES": query, "WITH": query, "INSERT": query, "REPLACE": query, "UPDATE": query,
    "DELETE": query, "EXPLAIN": explain, "BEGIN": begin, "SAVEPOINT": begin, "RELEASE": begin, "COMMIT": end,
    "END": end, "ROLLBACK": end, "PRAGMA": pragma, "ATTACH": attach, "DETACH": detach, "VACUUM": vacuum,
    "REINDEX": reindex, "ANALYZE": analyze, "DROP": drop, "CREATE": create, "ALTER": alter,
}  # fmt: skip


def read_one(reading: Reading, at: Cursor) -> None:
    """The effects of one statement."""
    handler = _STATEMENTS.get(at.tokens[0].word)
    if handler is not None:
        handler(reading, at)
    elif at.tokens[0].value == "(":
        query(reading, at)
    elif at.tokens[0].kind == LINE:
        shell.command(reading, at.tokens[0].value)
    else:
        reading.cannot_tell(at.tokens[0].word.lower(), "a statement that is not modelled")
