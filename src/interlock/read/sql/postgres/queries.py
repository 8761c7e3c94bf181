"""Queries and writes of PostgreSQL: SELECT, INSERT, UPDATE, DELETE, MERGE, and all that an expression can hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from interlock.model.change import Choice, Trait
from interlock.read.sql.condition import PRACTICALLY_ALL, Judgement, judge
from interlock.read.sql.neutral import Target
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.bounds import at_most
from interlock.read.sql.postgres.calls import call
from interlock.read.sql.postgres.choosing import choice_of, in_loops
from interlock.read.sql.postgres.columns import casts
from interlock.read.sql.postgres.copies import remember, with_copies
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.reading import Reading
from interlock.read.sql.postgres.sources import columns_of
from interlock.read.sql.postgres.terms import describe, term
from interlock.read.sql.postgres.upserts import upserted
from interlock.read.sql.postgres.withs import alike, limits_of, renamed

#: Node kinds that only compute: walking on into what they hold is all there is to do.
_PLAIN: Final = frozenset(
    (
        "A_ArrayExpr", "A_Expr", "A_Indices", "A_Indirection", "Alias", "BoolExpr",
        "BooleanTest", "CaseExpr", "CaseWhen", "CoalesceExpr", "CollateClause", "ColumnDef",
        "CurrentOfExpr", "DefElem", "GroupingFunc", "GroupingSet", "IndexElem", "InferClause",
        "JoinExpr", "JsonAggConstructor", "JsonArgument", "JsonArrayAgg", "JsonArrayConstructor",
        "JsonArrayQueryConstructor", "JsonBehavior", "JsonFormat", "JsonFuncExpr", "JsonIsPredicate", "JsonKeyValue",
        "JsonObjectAgg", "JsonObjectConstructor", "JsonOutput", "JsonParseExpr", "JsonReturning", "JsonScalarExpr",
        "JsonSerializeExpr", "JsonTable", "JsonTableColumn", "JsonTablePathSpec", "JsonValueExpr", "List",
        "LockingClause", "MergeSupportFunc", "MinMaxExpr", "MultiAssignRef", "NamedArgExpr", "NullTest",
        "RangeFunction", "RangeSubselect", "RangeTableFunc", "RangeTableFuncCol", "RangeTableSample", "ResTarget",
        "RowExpr", "SQLValueFunction", "SortBy", "SubLink", "TypeCast", "TypeName",
        "WindowDef", "XmlExpr", "XmlSerialize"
    )
)  # fmt: skip
#: Those that only compute and hold nothing that could do more.
_LEAVES: Final = frozenset(
    ("A_Const", "A_Star", "BitString", "Boolean", "ColumnRef", "Float", "Integer", "ParamRef", "SetToDefault", "String")
)
_WRITES: Final = frozenset(("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"))

Scope = frozenset[str]
_OUTERMOST: Final[Scope] = frozenset()


def select(reading: Reading, node: Node, scope: Scope = _OUTERMOST) -> None:
    """A SELECT, VALUES or TABLE at any depth: what it reads, what its functions do, what it writes on the way."""
    walk(reading, {"SelectStmt": node}, scope)


def walk(reading: Reading, root: Any, scope: Scope = _OUTERMOST) -> None:
    """Everything in a tree that has an effect, in the order of the text."""
    stack: list[tuple[Any, Scope]] = [(root, scope)]
    while stack:
        value, scope = stack.pop()
        if isinstance(value, list):
            stack.extend([(one, scope) for one in reversed(value)])
            continue
        for kind, inner in reversed(value.items()) if len(value) > 1 else value.items():
            if kind >= "a" or not kind:  # the name of a field; those of nodes begin with a capital
                if isinstance(inner, (dict, list)):
                    stack.append((inner, scope))
            elif kind in _PLAIN:
                if kind == "A_Expr" or (kind == "TypeCast" and reading.casts_run):
                    _operator(reading, inner)
                stack.append((inner, scope))
            elif kind == "SelectStmt":
                _open_select(reading, inner, scope, stack)
            elif kind == "RangeVar":
                _read(reading, inner, scope)
            elif kind == "FuncCall":
                call(reading, inner)
                stack.append((inner.get("args", []), scope))
                stack.extend([(inner[part], scope) for part in ("agg_order", "agg_filter", "over") if part in inner])
            elif kind in _WRITES:
                write(reading, kind, inner, scope)
            elif kind not in _LEAVES:
                reading.cannot_tell(kind, "an expression that is not modelled")


def _open_select(reading: Reading, node: Node, scope: Scope, stack: list[tuple[Any, Scope]]) -> None:
    """Puts the parts of a SELECT on the stack, with the names that its WITH brings into scope."""
    scope = _with(reading, node, scope)
    into = node.get("intoClause")
    if into:
        made(reading, into.get("rel", {}), "select into", drops=into.get("onCommit") == "ONCOMMIT_DROP")
        remember(reading, names.relation(into.get("rel", {})), node)
    sources = node.get("fromClause")
    where = node.get("whereClause")
    parts: list[Any] = []
    for key, inner in node.items():
        if key in ("withClause", "intoClause", "fromClause", "lockingClause"):
            continue
        if key in ("larg", "rarg"):
            parts.append({"SelectStmt": inner})
        elif isinstance(inner, (dict, list)):
            parts.append(inner)
    stack.extend([(part, scope) for part in reversed(parts)])
    if sources:
        _sources(reading, sources, where, node, scope, stack)


def _sources(
    reading: Reading, sources: list[Node], where: Node | None, node: Node, scope: Scope, stack: list[tuple[Any, Scope]]
) -> None:
    """The FROM of a SELECT. A single plain table is judged by the WHERE; of several, only that they are read."""
    locks: tuple[Trait, ...] = ("blocks-writes",) if node.get("lockingClause") else ()
    if len(sources) == 1 and "RangeVar" in sources[0]:
        table = sources[0]["RangeVar"]
        if (where or node.get("limitCount")) and names.relation(table) == reading.writing:
            locks = ()  # the write itself holds what it changes
        _read(reading, table, scope, _judged(table, where), locks, _limit(node))
        return
    pending = list(reversed(sources))
    while pending:
        source = pending.pop()
        if "RangeVar" in source:
            _read(reading, source["RangeVar"], scope, None if where is None else _FILTERED, locks)
        elif "JoinExpr" in source:
            join = source["JoinExpr"]
            stack.append((join.get("quals", {}), scope))
            pending.extend(join[side] for side in ("rarg", "larg") if side in join)
        else:
            stack.append((source, scope))


_FILTERED: Final = Judgement("filtered")


def _with(reading: Reading, node: Node, scope: Scope) -> Scope:
    """Reads the WITH of a statement and gives the scope in which the rest of it stands."""
    clause = node.get("withClause")
    if not clause:
        return scope
    tables = [one["CommonTableExpr"] for one in clause.get("ctes", ())]
    everything = scope | {one.get("ctename", "") for one in tables}
    outside = reading.withs
    for place, one in enumerate(tables):
        inner = everything if clause.get("recursive") else scope
        reading.withs = [*outside, *clause["ctes"][:place]]
        walk(reading, {key: part for key, part in one.items() if key == "ctequery"}, inner)
        scope = scope | {one.get("ctename", "")}
    reading.withs = outside
    return everything


def _operator(reading: Reading, node: Node) -> None:
    """An operator of a named schema can be anybody's function, and so can a cast where the script made one."""
    if "typeName" in node:
        reading.cannot_tell(names.typed(node["typeName"]), "a cast, of which this script made one", kind="type")
    written = node.get("name", ())
    if len(written) < 2 and not reading.operators:
        return
    parts = names.strings(written)
    if parts and parts[-1] in reading.operators:
        reading.cannot_tell(names.dotted(parts), "an operator of this script", kind="function")
    elif len(parts) > 1 and parts[0] != "pg_catalog":
        reading.cannot_tell(names.dotted(parts), "an operator of a schema of its own", kind="function")


def _limit(node: Node) -> int | None:
    found = term(node.get("limitCount")) if node.get("limitCount") else None
    return found[1] if found and found[0] == "lit" and isinstance(found[1], int) and found[1] >= 0 else None


def _judged(table: Node, where: Node | None) -> Judgement | None:
    return None if where is None else judge(term(where), target_of(table))


def _read(
    reading: Reading,
    node: Node,
    scope: Scope,
    judgement: Judgement | None = None,
    traits: tuple[Trait, ...] = (),
    count: int | None = None,
) -> None:
    """A table that is read, unless the name is that of a WITH query in scope."""
    if "schemaname" not in node and node.get("relname") in scope:
        return
    choice: Choice = judgement.choice if judgement else "all"
    keys = judgement.keys if judgement else ()
    cause = "locks rows" if traits else "reads"
    reading.add(
        "read", "table", names.relation(node), cause, choice=choice, keys=keys, count=count, traits=traits
    )  # fmt: skip


def target_of(table: Node, sources: Iterable[Node] = (), clause: Node | None = None) -> Target:
    """How the columns of the target table of a write can be spelled, and what else is that table in its sources."""
    name = names.relation(table)
    alias = table.get("alias", {}).get("aliasname")
    own = frozenset((alias,) if alias else (table.get("relname", ""), name))
    whole = name.removeprefix("public.")
    same, hidden = alike(clause, whole) if clause else (_NONE, _NONE)
    target = Target(own, whole, _NONE, same, hidden)
    if not sources and not clause:
        return target
    twins = frozenset(twin for twin in (_twin(source, target) for source in sources) if twin is not None)
    listed = frozenset(name for source in sources for name in columns_of(source))
    limits = limits_of(sources, clause or {})
    named = renamed(clause, whole) if clause else ()
    return target._replace(twins=twins, others=listed, limits=limits, renamed=named)


_NONE: Final[frozenset[str]] = frozenset()


def _twin(source: Node, target: Target) -> str | None:
    """What a source is called that is every row of the target once more; None when it is something else."""
    if not source:
        return None
    kind, inner = next(iter(source.items()))
    alias = inner.get("alias", {}) if isinstance(inner, dict) else {}
    if kind == "RangeVar":
        name = names.relation(inner).removeprefix("public.")
        called = str(alias.get("aliasname", "" if name == target.table else inner.get("relname", "")))
        return called if target.is_all(name) else None
    if kind == "RangeSubselect" and not alias.get("colnames"):
        sub = describe(inner.get("subquery", {}).get("SelectStmt", {}), exists=False)
        whole = sub.plain and not sub.limited and target.is_all(sub.table)
        return str(alias.get("aliasname", "")) if whole else None
    return None


def made(reading: Reading, table: Node, cause: str, fields: tuple[str, ...] = (), *, drops: bool = False) -> None:
    """A table that is created. One that `drops` on commit is there inside of a transaction of the script alone."""
    name = names.relation(table)
    if table.get("relpersistence") == "t" or name.startswith("pg_temp."):
        reading.make_temporary(name, cause, fields, remember=reading.stops or not drops)
    else:
        reading.add("create", "table", name, cause, aspect="structure", fields=fields)


def write(reading: Reading, kind: str, node: Node, scope: Scope) -> None:
    """One INSERT, UPDATE, DELETE or MERGE, wherever it stands."""
    outside, reading.writing = reading.writing, "" if kind == "InsertStmt" else names.relation(node.get("relation", {}))
    scope = _with(reading, node, scope)
    {"InsertStmt": _insert, "UpdateStmt": _update, "DeleteStmt": _delete, "MergeStmt": _merge}[kind](
        reading, node, scope
    )
    walk(reading, node.get("returningClause", {}).get("exprs", []), scope)
    reading.writing = outside


def _guard(reading: Reading, table: str, *fields: str) -> None:
    if table == "cron.job" and "command" in fields:
        reading.cannot_tell(table, "has SQL run again and again", kind="table", traits=("runs-code",))
    if reading.is_catalogue(table):
        reading.cannot_tell(table, "writes the catalogue by hand", kind="table", traits=("loses-protection",))


def _insert(reading: Reading, node: Node, scope: Scope) -> None:
    table = node.get("relation", {})
    name = names.relation(table)
    _guard(reading, name, "command")
    source = node.get("selectStmt", {}).get("SelectStmt", {})
    rows = source.get("valuesLists")
    count = len(rows) + reading.rows_skipped if rows else (_most(source) if source else 1)
    fields = tuple(column.get("ResTarget", {}).get("name", "") for column in node.get("cols", ()))
    clause = node.get("onConflictClause")
    skips: tuple[Trait, ...] = ("hides-failure",) if clause and clause.get("action") == "ONCONFLICT_NOTHING" else ()
    cause = "insert" if rows or not source else "insert from a query"
    reading.add("create", "table", name, cause, count=count, fields=fields, traits=skips)
    if clause and clause.get("action") == "ONCONFLICT_UPDATE":
        infer = clause.get("infer", {})
        keys = tuple(one.get("IndexElem", {}).get("name", "") for one in infer.get("indexElems", ()))
        changed = _assigned(clause.get("targetList", ()))
        reading.add(
            "update", "table", name, "on conflict do update", count=count, fields=changed,
            keys=tuple(key for key in keys if key),
            choice="named" if rows else upserted(source, node.get("withClause", {}), name),
        )  # fmt: skip
        walk(reading, [clause.get("targetList", []), clause.get("whereClause", {})], scope)
    walk(reading, clause.get("infer", {}) if clause else {}, scope)
    if source:
        select(reading, source, scope)


def _most(query: Node) -> int | None:
    """How many rows a query gives at most: its LIMIT, or one where it has no table and lists literals."""
    if query.get("limitCount"):
        return _limit(query) if query.get("limitOption") != "LIMIT_OPTION_WITH_TIES" else None
    values = [one.get("ResTarget", {}).get("val", {}) for one in query.get("targetList", ())]
    plain = bool(values) and all(term(one)[0] in ("lit", "param") for one in values)
    return 1 if plain and "fromClause" not in query and "larg" not in query else None


def _assigned(targets: list[Node]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.get("ResTarget", {}).get("name", "") for one in targets))


def _chosen(reading: Reading, node: Node, verb: str, fields: tuple[str, ...], scope: Scope) -> None:
    """The rows of one table that an UPDATE or DELETE changes, by its WHERE."""
    table = node.get("relation", {})
    name = names.relation(table)
    _guard(reading, name, *fields)
    where = node.get("whereClause")
    sources = node.get("usingClause") or node.get("fromClause") or ()
    clause = {"ctes": [*reading.withs, *node.get("withClause", {}).get("ctes", ())]}
    target = target_of(table, sources, clause if clause["ctes"] else None)
    if reading.copies:
        reading.copies.pop(target.table, None)
        target = with_copies(reading, target)
    if reading.in_loop:
        twins = frozenset(one for one, read in reading.loops.items() if read == target.table)
        target = target._replace(twins=target.twins | twins, repeated=True)
    judgement = in_loops(reading, where, target, sources)
    count: int | None = None
    if where and "CurrentOfExpr" in where:
        whole = reading.in_loop and reading.cursors.get(where["CurrentOfExpr"].get("cursor_name", "")) == target.table
        judgement, count = PRACTICALLY_ALL if whole else Judgement("named"), None if whole else 1
    if judgement.never and casts(where):
        judgement = Judgement("filtered")
    if judgement.choice == "filtered":
        count = 0 if judgement.never else at_most(node, scope)
        again = table.get("relname") in scope or reading.in_loop
        judgement = judgement._replace(guessed=count is None and judgement.most is not None and not again)
        count = judgement.most if judgement.guessed else count
    choose(reading, "update" if verb == "update" else "delete", name, judgement, fields, count)


def choose(
    reading: Reading,
    verb: Any,
    name: str,
    judgement: Judgement,
    fields: tuple[str, ...] = (),
    count: int | None = None,
) -> None:
    """Adds the effect of a write whose rows a condition chose."""
    traits: list[Trait] = []
    if judgement.always:
        traits.append("always-true")
    elif judgement.choice == "all":
        traits.append("no-condition")
    cause = {"no where": f"{verb} without where", "": f"{verb} where"}.get(judgement.why, f"{verb}, {judgement.why}")
    choice = judgement.choice
    if choice == "all" and reading.is_temporary(name):
        choice, traits, cause = "filtered", [], f"{verb} in a temporary table of this script"
    reading.add(
        verb, "table", name, cause, choice=choice, count=count, keys=judgement.keys, fields=fields, traits=traits,
        known="estimated" if judgement.guessed else "parsed",
    )  # fmt: skip


def _update(reading: Reading, node: Node, scope: Scope) -> None:
    targets = node.get("targetList", [])
    _chosen(reading, node, "update", _assigned(targets), scope)
    walk(reading, [targets, node.get("fromClause", []), node.get("whereClause", {})], scope)


def _delete(reading: Reading, node: Node, scope: Scope) -> None:
    _chosen(reading, node, "delete", (), scope)
    walk(reading, [node.get("usingClause", []), node.get("whereClause", {})], scope)


def _merge(reading: Reading, node: Node, scope: Scope) -> None:
    table = node.get("relation", {})
    name = names.relation(table)
    _guard(reading, name)
    target = target_of(table, (node.get("sourceRelation", {}),), node.get("withClause"))
    on = choice_of(node.get("joinCondition"), target, (node.get("sourceRelation", {}),))
    for entry in node.get("mergeWhenClauses", ()):
        clause = entry.get("MergeWhenClause", {})
        command = clause.get("commandType")
        if command == "CMD_INSERT":
            reading.add(
                "create", "table", name, "merge: when not matched, insert", choice="filtered",
                fields=_assigned(clause.get("targetList", ())),
            )  # fmt: skip
        elif command in ("CMD_UPDATE", "CMD_DELETE"):
            verb: Any = "update" if command == "CMD_UPDATE" else "delete"
            by_source = clause.get("matchKind") == "MERGE_WHEN_NOT_MATCHED_BY_SOURCE"
            judgement = Judgement("all", why="when not matched by source") if by_source else _matched(on)
            if clause.get("condition"):
                extra = choice_of(clause["condition"], target_of(table))
                judgement = judgement if extra.choice == "all" else Judgement("filtered")
            choose(reading, verb, name, judgement, _assigned(clause.get("targetList", ())) if verb == "update" else ())
    walk(reading, [node.get("sourceRelation", {}), node.get("joinCondition", {})], scope)
    walk(reading, [entry.get("MergeWhenClause", {}) for entry in node.get("mergeWhenClauses", ())], scope)


def _matched(on: Judgement) -> Judgement:
    return on if on.always or on.never else Judgement("filtered")
