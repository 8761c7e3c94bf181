"""Queries and writes of MySQL and SQLite, through sqlglot: SELECT, VALUES, INSERT, REPLACE, UPDATE, DELETE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from sqlglot import exp

from interlock.model.change import Choice, Trait
from interlock.read.sql.condition import Judgement
from interlock.read.sql.glot.calls import calls
from interlock.read.sql.glot.chosen import Source, alike, is_named, joined_in, judged, judged_all, source_of
from interlock.read.sql.glot.lexer import Token
from interlock.read.sql.glot.reading import Reading
from interlock.read.sql.glot.shape import Frame, shaped, without_dual
from interlock.read.sql.glot.terms import describe, term
from interlock.read.sql.glot.trees import QUERIES, casts, fold, spelled, tree_of
from interlock.read.sql.neutral import BOUNDLESS

#: Kinds of nodes that may stand inside a query or write. Anything else makes the statement unknown.
_INSIDE: Final[tuple[type, ...]] = (
    exp.Condition, exp.Identifier, exp.Table, exp.TableAlias, exp.Join, exp.From, exp.Where, exp.Group, exp.Having,
    exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.With, exp.CTE, exp.Subquery, exp.Select, exp.SetOperation,
    exp.Values, exp.Tuple, exp.Star, exp.Distinct, exp.Window, exp.WindowSpec, exp.Lock, exp.Var, exp.DataType,
    exp.Interval, exp.Schema, exp.OnConflict, exp.Returning, exp.Hint, exp.IndexTableHint, exp.Alias, exp.Partition,
    exp.Placeholder, exp.Parameter, exp.JSONTable, exp.JSONSchema, exp.JSONColumnDef, exp.JSONPath, exp.JSONPathPart,
    exp.Filter, exp.CharacterSet, exp.PropertyEQ, exp.Collate, exp.Rollup, exp.JSONKeyValue, exp.Lateral,
    exp.DataTypeParam, exp.JSONValue, exp.Aliases, exp.RespectNulls, exp.IgnoreNulls, exp.Version,
    exp.Fetch, exp.LimitOptions, exp.WithinGroup,
)  # fmt: skip
#: Functions that take the case of letters away.
_LETTERS: Final = frozenset(("LOWER", "UPPER", "LCASE", "UCASE"))
_NEVER: Final[tuple[type, ...]] = (exp.Command, exp.Insert, exp.Update, exp.Delete, exp.Into, exp.Create, exp.Drop)


def statement(reading: Reading, tokens: Sequence[Token]) -> None:
    """One query or write."""
    if reading.dialect == "mysql":
        tokens = without_dual(tokens)
    kept, frame = shaped(tokens)
    tree = tree_of(reading, kept)
    if tree is None:
        return
    if reading.dialect == "mysql" and any(token.word in _LETTERS for token in kept):
        fold(tree)
    strange = _strange(tree)
    if strange:
        reading.cannot_tell(strange, "an expression that is not modelled")
    for file in frame.files:
        reading.add(
            "create", "file", file, "select into a file of the server", traits=("leaves-target", "not-transactional")
        )  # fmt: skip
    before = reading.said
    if isinstance(tree, exp.Insert):
        _insert(reading, tree, frame)
    elif isinstance(tree, exp.Update):
        _update(reading, tree, frame)
    elif isinstance(tree, exp.Delete):
        _delete(reading, tree, frame)
    if reading.said == before and not isinstance(tree, QUERIES):
        reading.cannot_tell(kept[0].word.lower(), "a write whose effect cannot be told")
    _reads(reading, tree)
    calls(reading, tokens)


def _strange(tree: Any) -> str:
    for node in tree.walk():
        if node is not tree and (isinstance(node, _NEVER) or not isinstance(node, _INSIDE)):
            return type(node).__name__.lower()
    return ""


def _hidden(table: Any, name: str, memory: dict[int, frozenset[str]]) -> bool:
    """Whether a WITH query is what this name means where it stands. `memory` keeps the names of each clause."""
    own = ""
    node: Any = table
    while node is not None:
        if isinstance(node, exp.CTE):
            own = node.alias.lower()
        clause = node.args.get("with_")
        if clause is not None:
            names = memory.get(id(clause))
            if names is None:
                names = memory[id(clause)] = frozenset(one.alias.lower() for one in clause.expressions)
            if name in names and (clause.args.get("recursive") or name != own):
                return True
        if not isinstance(node, (exp.CTE, exp.With)) and clause is not None:
            own = ""
        node = node.parent
    return False


def _reads(reading: Reading, tree: Any) -> None:
    """Every table that the statement reads: all that stand in it but the ones that it writes."""
    written = {id(one) for one in _written(tree)}
    scoped = tree.find(exp.With) is not None
    memory: dict[int, frozenset[str]] = {}
    for table in tree.find_all(exp.Table, bfs=False):
        if not is_named(table) or id(table) in written:
            continue
        if scoped and not table.db and _hidden(table, table.name.lower(), memory):
            continue
        _read(reading, table)
    for one in tree.find_all(exp.In):
        listed = one.args.get("field")
        if listed is not None and not (scoped and _hidden(listed, spelled(listed), memory)):
            reading.add("read", "table", spelled(listed), "reads", choice="all")


def _read(reading: Reading, table: Any) -> None:
    source = source_of(reading, table)
    select = table.parent.parent if isinstance(table.parent, exp.From) else None
    judgement = Judgement("all")
    count: int | None = None
    traits: tuple[Trait, ...] = ()
    joined = table.parent if isinstance(table.parent, exp.Join) else None
    around = select if isinstance(select, exp.Select) else joined.parent if joined is not None else None
    if isinstance(around, exp.Select):
        where = around.args.get("where")
        alone = not around.args.get("joins")
        if where is not None:
            judgement = judged(where.this, source) if alone else Judgement("filtered")
        if alone:
            count = _limit(around)
        traits = ("blocks-writes",) if _holds(around) else ()
    reading.add(
        "read", "table", source.name, "locks rows" if traits else "reads", choice=judgement.choice,
        keys=judgement.keys, count=count, traits=traits,
    )  # fmt: skip


def _holds(query: Any) -> bool:
    """Whether a query keeps others from its rows. InnoDB shares those that INSERT … SELECT reads unasked."""
    locks = query.args.get("locks") or []
    inserts = isinstance(query.parent, exp.Insert) or isinstance(
        query.parent.parent if query.parent else None, exp.Insert
    )
    return any(lock.args.get("update") or not inserts for lock in locks)


def _written(tree: Any) -> list[Any]:
    """The nodes that stand for the target of a write, which are not read."""
    if isinstance(tree, exp.Insert):
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        return [target]
    if isinstance(tree, exp.Update):
        return [tree.this] if isinstance(tree.this, exp.Table) else []
    if isinstance(tree, exp.Delete):
        return [*(tree.args.get("tables") or []), tree.this]
    return []


def _limit(node: Any) -> int | None:
    limit = node.args.get("limit")
    found = term(limit.expression) if limit is not None and limit.expression is not None else None
    return found[1] if found and found[0] == "lit" and isinstance(found[1], int) and found[1] >= 0 else None


def _guard(reading: Reading, table: str) -> None:
    if reading.is_own(table):
        reading.cannot_tell(table, "writes the server's own tables by hand", kind="table", traits=("loses-protection",))


def _insert(reading: Reading, tree: Any, frame: Frame) -> None:
    schema = tree.this
    target = schema.this if isinstance(schema, exp.Schema) else schema
    fields = tuple(reading.folded(one.name) for one in schema.expressions) if isinstance(schema, exp.Schema) else ()
    name = source_of(reading, target).name
    _guard(reading, name)
    values = tree.expression
    listed = isinstance(values, exp.Values)
    count = 1 if tree.args.get("default") else None
    if listed:
        count = frame.rows if frame.rows is not None else len(values.expressions)
    elif isinstance(values, exp.Select):
        plain = all(term(one)[0] in ("lit", "param") for one in values.expressions)
        count = 1 if plain and values.args.get("from_") is None else _limit(values)
    if len(fields) == 1 and fields[0] == name.rsplit(".", 1)[-1].lower() and reading.dialect == "sqlite":
        _index_command(reading, name, values)
        return
    hides: tuple[Trait, ...] = ("hides-failure",) if frame.hides else ()
    ends: tuple[Trait, ...] = ("ends-transaction",) if frame.ends else ()
    cause = "insert" if listed or tree.args.get("default") else "insert from a query"
    if frame.replaces or tree.args.get("alternative") == "replace":
        reading.add(
            "delete", "table", name, "replace: rows with the same key go", count=count,
            choice="named" if listed else _replaced(reading, tree, values, name),
        )  # fmt: skip
        cause = "replace"
    reading.add("create", "table", name, cause, count=count, fields=fields, traits=(*hides, *ends))
    conflict = tree.args.get("conflict")
    if conflict is not None and (conflict.args.get("duplicate") or conflict.expressions):
        changed = tuple(reading.folded(one.this.name) for one in conflict.expressions if isinstance(one, exp.EQ))
        keys = tuple(reading.folded(one.name) for one in conflict.args.get("conflict_keys") or ())
        reading.add(
            "update", "table", name, "on conflict update", count=count, fields=changed, keys=keys,
            choice="named" if listed else _replaced(reading, tree, values, name),
        )  # fmt: skip


def _replaced(reading: Reading, tree: Any, query: Any, table: str) -> Choice:
    """Which rows an upsert from a query hits: every one, when the query reads the very table and leaves nothing out."""
    if isinstance(query, exp.SetOperation):
        arms = [_replaced(reading, tree, one, table) for one in (query.this, query.expression)]
        return "all" if isinstance(query, exp.Union) and "all" in arms else "filtered"
    limit = _limit(query) if isinstance(query, exp.Select) else None
    if not isinstance(query, exp.Select) or (query.args.get("limit") and (limit is None or limit < BOUNDLESS)):
        return "filtered"
    source = query.args.get("from_")
    bare = source is not None and not query.args.get("where")
    if bare and isinstance(source.this, exp.Subquery):
        return _replaced(reading, tree, source.this.this, table)
    same = {table.lower()}
    for clause in (tree.args.get("with_"), query.args.get("with_")):
        same |= alike(clause, table.lower())[0] if clause is not None else set()
    itself = bare and is_named(source.this) and source_of(reading, source.this).name.lower() in same
    return "all" if itself or describe(query, exists=False).table in same else "filtered"


def _index_command(reading: Reading, name: str, values: Any) -> None:
    """`INSERT INTO fts(fts) VALUES ('delete-all')`: a full-text index of SQLite takes commands that way."""
    texts = [str(one.this) for one in values.find_all(exp.Literal)] if values is not None else []
    if texts in (["optimize"], ["rebuild"], ["integrity-check"]):
        reading.add("execute", "table", name, f"full-text index: {texts[0]}", aspect="process")
    else:
        reading.add(
            "delete", "table", name, f"full-text index: {' '.join(texts) or 'a command'}", choice="all",
            traits=("loses-data",),
        )  # fmt: skip


def _sources(reading: Reading, tree: Any) -> list[Source]:
    """The tables that a multi-table UPDATE or DELETE joins, outside of its subqueries."""
    return [source_of(reading, one) for one in joined_in(tree) if is_named(one)]


def _update(reading: Reading, tree: Any, frame: Frame) -> None:
    """UPDATE; in MySQL one that joins changes each table of which it sets a column."""
    first = source_of(reading, tree.this) if is_named(tree.this) else None
    assigned: dict[str, list[str]] = {}
    for one in tree.expressions:
        for column in one.this.expressions if isinstance(one.this, exp.Tuple) else [one.this]:
            table = column.table.lower() if isinstance(column, exp.Column) else ""
            assigned.setdefault(table, []).append(reading.folded(column.name))
    sources = _sources(reading, tree) if reading.dialect == "mysql" else [first] if first else []
    for source in sources:
        unqualified = assigned.get("", [])
        fields = [*assigned.get(source.alias, []), *unqualified]
        if fields:
            _choose(reading, "update", source, tree, tuple(dict.fromkeys(fields)), frame, joined=len(sources) > 1)
    if frame.replaces and first:
        reading.add("delete", "table", first.name, "or replace: rows with the same key go", choice="filtered")


def _delete(reading: Reading, tree: Any, frame: Frame) -> None:
    """DELETE; in MySQL from several tables, named before FROM or before USING, often by alias."""
    sources = _sources(reading, tree)
    targets = tree.args.get("tables") or [tree.this]
    if any(not is_named(target) for target in targets) or (targets == [tree.this] and tree.this.args.get("joins")):
        reading.cannot_tell("delete", "a delete whose table cannot be told")
        return
    for target in targets:
        said = source_of(reading, target)
        others = [one for one in sources if one != said or len(sources) == 1]
        source = next((one for one in others if one.alias == said.name.lower()), said)
        _choose(reading, "delete", source, tree, (), frame, joined=len(sources) > 1)


def _choose(
    reading: Reading,
    verb: Literal["update", "delete"],
    source: Source,
    tree: Any,
    fields: tuple[str, ...],
    frame: Frame,
    *,
    joined: bool,
) -> None:
    """The rows of one table that a write changes."""
    _guard(reading, source.name)
    judgement = judged_all(tree, source)
    limit = _limit(tree)
    traits: set[Trait] = {"hides-failure"} if frame.hides else set()
    if frame.ends:
        traits.add("ends-transaction")
    if judgement.never and casts(tree):
        judgement = Judgement("filtered")
    count = 0 if judgement.never else judgement.most
    choice = judgement.choice
    if choice == "all":
        traits.add("always-true" if judgement.always else "no-condition")
    if limit is not None and limit < 1_000_000:
        count = limit
        choice = "filtered" if choice == "all" else choice
    cause = {"no where": f"{verb} without where", "": f"{verb} where"}.get(judgement.why, f"{verb}, {judgement.why}")
    if joined:
        cause += ", joined"
    if choice == "all" and reading.is_temporary(source.name):
        choice, traits, cause = "filtered", set(), f"{verb} in a temporary table of this script"
    reading.add(
        verb, "table", source.name, cause, choice=choice, count=count, keys=judgement.keys, fields=fields,
        traits=traits, known="estimated" if judgement.guessed else "parsed",
    )  # fmt: skip
