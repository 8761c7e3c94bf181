"""MySQL's statements other than queries, writes and definitions: word by word, each by its first word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from interlock.model.change import Trait
from interlock.read.sql.glot import blocks, definitions, mariadb, queries, server, variables
from interlock.read.sql.glot.calls import calls
from interlock.read.sql.glot.lexer import TEXT, VARIABLE, LexicalFault, Token, TooLong, lex
from interlock.read.sql.glot.reading import COMMITS, Cursor, Reading

Handler = Callable[[Reading, Cursor], None]


def query(reading: Reading, at: Cursor) -> None:
    if not mariadb.history(reading, at):
        tokens = mariadb.without_sequences(reading, at.tokens)
        queries.statement(reading, variables.filled(reading, tokens) if reading.given else tokens)


def explain(reading: Reading, at: Cursor) -> None:
    """EXPLAIN, DESCRIBE and DESC plan or describe; EXPLAIN ANALYZE runs."""
    at.at += 1
    runs = at.take("ANALYZE")
    if at.take("FORMAT"):
        at.mark("=")
        at.word()
    if at.take("INTO"):
        at.word()
    at.any("EXTENDED", "PARTITIONS")
    at.take("FOR", "SCHEMA")
    if at.take("FOR", "CONNECTION"):
        reading.add("read", "session", at.word(), "explain")
        return
    rest = _explained(at)
    if not rest:
        reading.add("read", "table", at.name(), "describe")
    elif runs:
        with reading.inside():
            read_one(reading, Cursor(reading, rest))
    else:
        _planned(reading, rest)


_EXPLAINED: Final = frozenset(("SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE", "WITH", "TABLE", "VALUES"))


def _explained(at: Cursor) -> Sequence[Token]:
    """The tokens of the statement that is explained, none where it is a table that is described."""
    rest = at.tokens[at.at :]
    taken = rest and ((rest[0].word in _STATEMENTS and rest[0].word in _EXPLAINED) or rest[0].value == "(")
    return rest if taken else ()


def analyze(reading: Reading, at: Cursor) -> None:
    """ANALYZE TABLE; and MariaDB's ANALYZE before a statement, which runs it."""
    at.take("ANALYZE")
    if at.take("FORMAT"):
        at.mark("=")
        at.word()
    rest = () if at.peek("TABLE") else _explained(at)
    if rest:
        with reading.inside():
            read_one(reading, Cursor(reading, rest))
        return
    at.at = 0
    upkeep(reading, at)


def _planned(reading: Reading, rest: object) -> None:
    probe = Reading(reading.dialect, reading.environment)
    read_one(probe, Cursor(probe, rest))  # type: ignore[arg-type]  # the tokens of the statement it explains
    for effect in probe.change("").effects:
        kind = effect.resource.type.removeprefix("sql.")
        if kind in ("table", "view"):
            reading.add("read", kind, effect.resource.name, "explain", choice=effect.choice, keys=effect.keys)
        elif effect.known == "unknown":
            reading.cannot_tell(effect.resource.name, effect.cause, kind=kind)


def show(reading: Reading, at: Cursor) -> None:
    at.take("SHOW")
    what = " ".join(token.value.lower() for token in at.tokens[1:3])
    reading.add("read", "server", what, "show")


def begin(reading: Reading, at: Cursor) -> None:
    """BEGIN, START TRANSACTION, SAVEPOINT and RELEASE. BEGIN commits what came before it."""
    word = at.tokens[0].word.lower()
    if at.tokens[0].word == "START" and not at.peek("START", "TRANSACTION"):
        server.statement(reading, at)
        return
    fresh = word in ("begin", "start")
    if fresh:
        reading.open_transaction(word, ("ends-transaction",) if reading.writes else ())
    else:
        reading.add("read", "session", "transaction", word)
    if at.has("WRITE"):
        reading.add(
            "update", "setting", "transaction_read_only", "the session leaves read only", aspect="process",
            traits=("loses-protection",),
        )  # fmt: skip


def end(reading: Reading, at: Cursor) -> None:
    if at.has("TO"):
        reading.add("read", "session", "transaction", "rollback to")
        return
    reading.end_transaction(at.tokens[0].word.lower())


def xa(reading: Reading, at: Cursor) -> None:
    """XA: what is committed or rolled back by name can have been prepared anywhere."""
    at.take("XA")
    word = at.token.word.lower()
    if word == "recover":
        reading.add("read", "server", "prepared transactions", "xa recover")
        return
    if word in ("start", "begin", "end", "prepare"):
        reading.add("execute", "session", "transaction", f"xa {word}", aspect="process", traits=("not-transactional",))
        return
    reading.cannot_tell("xa", "what that transaction holds is not in the text", traits=("ends-transaction",))


def use(reading: Reading, at: Cursor) -> None:
    at.take("USE")
    reading.temporary.clear()  # what they are called now means tables of another database
    reading.add("read", "database", at.name(), "use: what follows names tables of it")


def load(reading: Reading, at: Cursor) -> None:
    """LOAD DATA and LOAD XML: rows from a file, of the server unless LOCAL."""
    at.take("LOAD")
    if not at.any("DATA", "XML"):
        reading.cannot_tell("load", "a load that is not modelled")
        return
    at.any("LOW_PRIORITY", "CONCURRENT")
    ours = at.take("LOCAL")
    while not at.done and at.token.kind != TEXT:
        at.at += 1
    file = at.word() if not at.done else ""
    replaces, hides = at.token.word == "REPLACE", at.token.word == "IGNORE"
    while not at.done and not at.take("TABLE"):
        at.at += 1
    table = at.name()
    reading.add("read", "file", file, "load data reads a file", traits=() if ours else ("leaves-target",))
    if replaces:
        reading.add("delete", "table", table, "replace: rows with the same key go", choice="unknown")
    reading.add("create", "table", table, "load data", traits=("hides-failure",) if hides else ())
    while not at.done and not at.take("SET"):
        at.at += 1
    calls(reading, at.tokens[at.at - 1 :])


def truncate(reading: Reading, at: Cursor) -> None:
    at.take("TRUNCATE")
    at.take("TABLE")
    name = at.name()
    if name in reading.temporary:
        reading.add("delete", "table", name, "truncate a temporary table of this script", choice="filtered")
        return
    reading.add(
        "delete", "table", name, "truncate", choice="all",
        traits=("loses-data", "blocks-reads", "blocks-writes", *COMMITS),
    )  # fmt: skip


def call(reading: Reading, at: Cursor) -> None:
    at.take("CALL")
    reading.cannot_tell(at.name(), "a procedure of the target", kind="function", traits=("runs-code",))


def do(reading: Reading, at: Cursor) -> None:
    calls(reading, at.tokens)
    if at.has("SELECT"):
        reading.cannot_tell("do", "a do that holds a query")


def handler(reading: Reading, at: Cursor) -> None:
    at.take("HANDLER")
    reading.add("read", "table", at.name(), "handler", choice="filtered")


def prepare(reading: Reading, at: Cursor) -> None:
    """PREPARE from a literal is read as if it ran; from a variable it is built at run time."""
    at.take("PREPARE")
    name = at.name()
    at.take("FROM")
    if at.token.kind == TEXT:
        text = at.token.value
        reading.source[name] = text
        _embedded(reading, text)
    else:
        reading.cannot_tell(name, "prepares what is built at run time", traits=("dynamic",))


def assign(reading: Reading, at: Cursor) -> None:
    """SET; and MariaDB's SET STATEMENT, which sets something for one statement and runs that."""
    parts = blocks.set_statement(at)
    if parts is None:
        variables.assign(reading, at)
        return
    variables.assign(reading, Cursor(reading, parts[0]))
    _inner(reading, [parts[1]])


def create(reading: Reading, at: Cursor) -> None:
    """CREATE and ALTER. What an event does nobody calls: it runs by itself, so that it is told here."""
    words = {token.word for token in at.tokens[1:9]}
    body = blocks.of_event(at) if "EVENT" in words else []
    probe = Reading(reading.dialect, reading.environment)
    _inner(probe, blocks.of_trigger(at) if "TRIGGER" in words else [])
    reading.spares = blocks.spares(probe.change(""))
    (definitions.create if at.peek("CREATE") else definitions.alter)(reading, at)
    _inner(reading, body)


def _inner(reading: Reading, statements: Sequence[Sequence[Token]]) -> None:
    for one in statements:
        with reading.inside() as readable:
            if readable and one:
                read_one(reading, Cursor(reading, one))
            else:
                reading.cannot_tell("nested", "a statement that is not there, or is nested too deep")


def _embedded(reading: Reading, text: str, using: Sequence[Sequence[Token]] = ()) -> None:
    """The statements of a text that is prepared or executed; what it is executed with stands in place of each `?`."""
    try:
        lexed = lex(text, reading.dialect)
    except (LexicalFault, TooLong):
        reading.cannot_tell("prepare", "a text that cannot be read", traits=("dynamic",))
        return
    with reading.inside() as readable:
        for doubt in lexed.doubts:
            reading.cannot_tell("prepare", doubt)
        if not readable:
            reading.cannot_tell("nested", "statements are nested too deep")
            return
        for one in lexed.statements:
            read_one(reading, Cursor(reading, _bound(one, using)))


def _bound(tokens: Sequence[Token], using: Sequence[Sequence[Token]]) -> Sequence[Token]:
    """A statement with the values that it is executed with, where they are literals or variables."""
    values = list(using)
    if sum(token.value == "?" and token.kind == VARIABLE for token in tokens) != len(values) or not values:
        return tokens
    found: list[Token] = []
    for token in tokens:
        given = values.pop(0) if token.value == "?" and token.kind == VARIABLE else (token,)
        plain = given[0].kind == VARIABLE or variables.is_literal(given)
        found.extend(given if plain else (token,))
    return found


def execute(reading: Reading, at: Cursor) -> None:
    at.take("EXECUTE")
    if at.take("IMMEDIATE"):  # MariaDB's
        whole = at.token.kind == TEXT and (at.at + 1 == len(at.tokens) or at.tokens[at.at + 1].word == "USING")
        if whole:
            text = at.word()
            _embedded(reading, text, at.parts() if at.take("USING") else ())
        else:
            reading.cannot_tell("execute", "executes what is built at run time", traits=("dynamic",))
        return
    name = at.name()
    if name in reading.source:
        _embedded(reading, reading.source[name], at.parts() if at.take("USING") else ())
    else:
        reading.cannot_tell(name, "executes what was prepared elsewhere", traits=("dynamic",))


def deallocate(reading: Reading, at: Cursor) -> None:
    at.at += 1
    at.take("PREPARE")
    name = at.name()
    reading.source.pop(name, None)
    reading.add("read", "session", name, "deallocate prepare")


def lock(reading: Reading, at: Cursor) -> None:
    """LOCK TABLES commits what came before it."""
    at.take("LOCK")
    if at.take("INSTANCE"):
        server.statement(reading, at)
        return
    at.any("TABLES", "TABLE")
    for part in at.parts():
        one = Cursor(reading, part)
        name = one.name()
        traits: set[Trait] = {"blocks-writes", "ends-transaction"}
        if one.has("WRITE"):
            traits.add("blocks-reads")
        reading.add("execute", "table", name, "lock tables", aspect="process", traits=traits)


def unlock(reading: Reading, _at: Cursor) -> None:
    reading.add("execute", "session", "locks", "unlock", aspect="process", traits=("ends-transaction",))


def upkeep(reading: Reading, at: Cursor) -> None:
    """ANALYZE, CHECK, CHECKSUM, OPTIMIZE and REPAIR TABLE."""
    word = at.tokens[0].word
    at.at += 1
    at.any("NO_WRITE_TO_BINLOG", "LOCAL")
    at.any("TABLE", "TABLES")
    traits: tuple[Trait, ...] = COMMITS if word in ("ANALYZE", "OPTIMIZE", "REPAIR") else ()
    if word in ("OPTIMIZE", "REPAIR"):
        traits = ("rewrites", "blocks-writes", *traits)
    names = at.names()
    for name in names:
        if word in ("CHECK", "CHECKSUM"):
            reading.add("read", "table", name, f"{word.lower()} table")
        else:
            reading.add("execute", "table", name, f"{word.lower()} table", aspect="process", traits=traits)
    if not names:
        reading.cannot_tell(word.lower(), "a statement that is not modelled")


def cache_index(reading: Reading, _at: Cursor) -> None:
    reading.add("execute", "server", "key cache", "cache index", aspect="process")


def signal(reading: Reading, at: Cursor) -> None:
    reading.add("read", "session", at.tokens[0].word.lower(), "says something of the session")


def client(reading: Reading, at: Cursor) -> None:
    reading.cannot_tell(at.tokens[0].word.lower(), "a command of the mysql client, not of the server")


_STATEMENTS: Final[dict[str, Handler]] = {
    "SELECT": query, "VALUES": query, "WITH": query, "TABLE": query, "INSERT": query, "REPLACE": query,
    "UPDATE": query, "DELETE": query, "EXPLAIN": explain, "DESCRIBE": explain, "DESC": explain, "SHOW": show,
    "BEGIN": begin, "START": begin, "SAVEPOINT": begin, "RELEASE": begin, "COMMIT": end, "ROLLBACK": end, "XA": xa,
    "USE": use, "LOAD": load, "TRUNCATE": truncate, "CALL": call, "DO": do, "HANDLER": handler, "PREPARE": prepare,
    "EXECUTE": execute, "DEALLOCATE": deallocate, "LOCK": lock, "UNLOCK": unlock, "ANALYZE": analyze, "CHECK": upkeep,
    "CHECKSUM": upkeep, "OPTIMIZE": upkeep, "REPAIR": upkeep, "FLUSH": server.flush, "KILL": server.kill,
    "PURGE": server.purge, "RESET": server.reset, "STOP": server.statement, "SHUTDOWN": server.statement,
    "RESTART": server.statement, "CHANGE": server.statement, "CLONE": server.statement, "INSTALL": server.install,
    "UNINSTALL": server.install, "IMPORT": server.import_table, "BINLOG": server.replay, "CACHE": cache_index,
    "HELP": signal, "SIGNAL": signal, "RESIGNAL": signal, "GET": signal, "DELIMITER": client, "SOURCE": client,
    "SYSTEM": client, "TEE": client, "PAGER": client, "SET": assign, "CREATE": create,
    "DROP": definitions.drop, "ALTER": create, "RENAME": definitions.rename, "GRANT": definitions.grant,
    "REVOKE": definitions.grant,
}  # fmt: skip


def read_one(reading: Reading, at: Cursor) -> None:
    """The effects of one statement."""
    found = _STATEMENTS.get(at.tokens[0].word)
    if found is not None:
        found(reading, at)
    elif at.tokens[0].value == "(":
        query(reading, at)
    else:
        reading.cannot_tell(at.tokens[0].word.lower(), "a statement that is not modelled")
