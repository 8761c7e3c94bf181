"""What PostgreSQL does for a session or the server: transactions, PREPARE, EXPLAIN, COPY, upkeep, messages."""

from __future__ import annotations

from typing import Final

from interlock.model.change import Trait
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.calls import call
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.queries import select, walk, write
from interlock.read.sql.postgres.reading import Reading
from interlock.read.sql.postgres.settings import assign, set_variable, values

_NO_SCOPE: Final[frozenset[str]] = frozenset()


def _select(reading: Reading, node: Node) -> None:
    select(reading, node)


def _insert(reading: Reading, node: Node) -> None:
    write(reading, "InsertStmt", node, _NO_SCOPE)


def _update(reading: Reading, node: Node) -> None:
    write(reading, "UpdateStmt", node, _NO_SCOPE)


def _delete(reading: Reading, node: Node) -> None:
    write(reading, "DeleteStmt", node, _NO_SCOPE)


def _merge(reading: Reading, node: Node) -> None:
    write(reading, "MergeStmt", node, _NO_SCOPE)


def transaction(reading: Reading, node: Node) -> None:
    """BEGIN and savepoints only frame; what ends the transaction would end ours around it."""
    kind = node.get("kind", "").removeprefix("TRANS_STMT_")
    word = kind.lower().replace("_", " ")
    if kind in ("BEGIN", "START", "SAVEPOINT", "RELEASE", "ROLLBACK_TO"):
        if kind in ("BEGIN", "START"):
            reading.open_transaction(word)
        else:
            reading.add("read", "session", "transaction", word)
        if kind == "ROLLBACK_TO":
            reading.temporary.clear()  # those that were made since are gone
        for name, option in names.options(node.get("options", ())).items():
            if name == "transaction_read_only" and values([option.get("arg", {})]) != ["1"]:
                assign(reading, "transaction_read_only", ["off"])
    elif kind in ("COMMIT", "ROLLBACK"):
        reading.end_transaction(word)
    elif kind == "PREPARE":
        reading.leave_transaction()
        reading.add(
            "execute", "session", node.get("gid", ""), "prepare transaction", aspect="process",
            traits=("ends-transaction", "not-transactional"),
        )  # fmt: skip
    else:
        reading.cannot_tell(node.get("gid", word), f"{word}: what that transaction holds is not in the text")


def explain(reading: Reading, node: Node) -> None:
    """EXPLAIN plans; EXPLAIN ANALYZE runs."""
    query = node.get("query", {})
    asked = [one["DefElem"] for one in node.get("options", ()) if "DefElem" in one]
    if any(one.get("defname", "").lower() == "analyze" and names.truth(one) for one in asked):
        reading.embedded(query)
        return
    probe = Reading(reading.environment, reading._handlers)
    probe.shadowed, probe.path_moved, probe.prepared = reading.shadowed, reading.path_moved, reading.prepared
    probe.statement(query)
    for effect in probe.change("").effects:
        kind = effect.resource.type.removeprefix("sql.")
        if kind == "function" and effect.known == "unknown":
            # the planner itself runs a function that is declared immutable
            reading.cannot_tell(effect.resource.name, "the planner can run this function", kind="function")
        elif kind in ("table", "view"):
            reading.add("read", kind, effect.resource.name, "explain", choice=effect.choice, keys=effect.keys)
        elif effect.known == "unknown" and kind == "statement":
            reading.cannot_tell(effect.resource.name, effect.cause)


def prepare(reading: Reading, node: Node) -> None:
    """PREPARE is read as if it ran: nothing keeps it from being executed."""
    reading.prepared[node.get("name", "")] = node.get("query", {})
    reading.embedded(node.get("query", {}))


def execute(reading: Reading, node: Node) -> None:
    query = reading.prepared.get(node.get("name", ""))
    if isinstance(query, dict):
        reading.embedded(query)
        walk(reading, node.get("params", []))
    else:
        reading.cannot_tell(node.get("name", ""), "executes what was prepared elsewhere", traits=("dynamic",))


def deallocate(reading: Reading, node: Node) -> None:
    if node.get("isall"):
        reading.prepared.clear()
    reading.prepared.pop(node.get("name", ""), None)
    reading.add("read", "session", node.get("name", "all"), "deallocate")


def declare_cursor(reading: Reading, node: Node) -> None:
    reading.embedded(node.get("query", {}))


def cursor(reading: Reading, node: Node) -> None:
    """FETCH, MOVE and CLOSE of a cursor, whose query was read where it was declared."""
    reading.add("read", "session", node.get("portalname", "all"), "cursor")


def procedure(reading: Reading, node: Node) -> None:
    """CALL runs a procedure; there is no procedure that the server brings along."""
    inner = node.get("funccall", {})
    call(reading, inner)
    walk(reading, inner.get("args", []))


def copy(reading: Reading, node: Node) -> None:
    """COPY, between a table or query and the client, a file of the server, or a program that it starts."""
    incoming = bool(node.get("is_from"))
    if "relation" in node:
        name = names.relation(node["relation"])
        fields = tuple(names.strings(node.get("attlist", ())))
        if incoming:
            if reading.is_catalogue(name):
                reading.cannot_tell(name, "writes the catalogue by hand", kind="table")
            reading.add("create", "table", name, "copy from", fields=fields, count=_rows(reading, node))
        else:
            reading.add("read", "table", name, "copy to", choice="all")
    else:
        reading.embedded(node.get("query", {}))
    walk(reading, node.get("whereClause", {}))
    filename = node.get("filename")
    if filename is None:
        return
    if node.get("is_program"):
        reading.add(
            "execute", "program", filename, "copy runs a program on the server", aspect="process",
            traits=("leaves-target", "runs-code", "not-transactional"),
        )  # fmt: skip
    elif incoming:
        reading.add("read", "file", filename, "copy reads a file of the server", traits=("leaves-target",))
    else:
        reading.add(
            "create", "file", filename, "copy writes a file of the server",
            traits=("leaves-target", "not-transactional"),
        )  # fmt: skip


def _rows(reading: Reading, node: Node) -> int | None:
    """How many rows the lines after a COPY are; those of a CSV can be of several lines each, and a header is none."""
    options = names.options(node.get("options", ()))
    plain = not any(name in options for name in ("format", "header", "csv", "binary", "on_error"))
    return reading.rows_given if plain else None


def lock(reading: Reading, node: Node) -> None:
    mode = node.get("mode", 8)
    traits: list[Trait] = []
    if mode >= 5:  # SHARE and stronger
        traits.append("blocks-writes")
    if mode >= 8:  # ACCESS EXCLUSIVE
        traits.append("blocks-reads")
    for entry in node.get("relations", ()):
        name = names.relation(entry.get("RangeVar", {}))
        reading.add("execute", "table", name, "lock table", aspect="process", traits=traits)


def vacuum(reading: Reading, node: Node) -> None:
    """VACUUM and ANALYZE. VACUUM FULL writes the table anew and locks everybody out."""
    options = names.options(node.get("options", ()))
    full = "full" in options and names.truth(options["full"])
    vacuums = bool(node.get("is_vacuumcmd"))
    traits: list[Trait] = ["not-transactional"] if vacuums else []
    traits += ["rewrites", "blocks-reads", "blocks-writes"] if full else []
    cause = "vacuum full" if full else "vacuum" if vacuums else "analyze"
    tables = [names.relation(one["VacuumRelation"].get("relation", {})) for one in node.get("rels", ())]
    for name in tables:
        reading.add("execute", "table", name, cause, aspect="process", traits=traits)
    if not tables:
        reading.add("execute", "database", "current", cause, aspect="process", choice="all", traits=traits)


def cluster(reading: Reading, node: Node) -> None:
    _upkeep(reading, "table", node.get("relation"), "cluster", ("rewrites", "blocks-reads", "blocks-writes"))


def reindex(reading: Reading, node: Node) -> None:
    options = names.options(node.get("params", ()))
    concurrent = "concurrently" in options and names.truth(options["concurrently"])
    traits: tuple[Trait, ...] = ("not-transactional",) if concurrent else ("blocks-writes", "rewrites")
    kind = {"REINDEX_OBJECT_INDEX": "index", "REINDEX_OBJECT_TABLE": "table"}.get(node.get("kind", ""), "database")
    if kind == "database":
        name = node.get("name", "current")
        reading.add("execute", kind, name, "reindex", aspect="process", choice="all", traits=traits)
    else:
        _upkeep(reading, kind, node.get("relation"), "reindex", traits)


def _upkeep(reading: Reading, kind: str, relation: Node | None, cause: str, traits: tuple[Trait, ...]) -> None:
    if relation:
        reading.add("execute", kind, names.relation(relation), cause, aspect="process", traits=traits)
    else:
        reading.add("execute", "database", "current", cause, aspect="process", choice="all", traits=traits)


def refresh(reading: Reading, node: Node) -> None:
    """REFRESH MATERIALIZED VIEW computes it anew from a query that is in the catalogue, not in the text."""
    traits: tuple[Trait, ...] = () if node.get("concurrent") else ("rewrites", "blocks-reads", "blocks-writes")
    reading.add(
        "update", "view", names.relation(node.get("relation", {})), "refresh materialized view", aspect="structure",
        traits=traits,
    )  # fmt: skip


def show(reading: Reading, node: Node) -> None:
    reading.add("read", "setting", node.get("name", ""), "show")


def alter_system(reading: Reading, node: Node) -> None:
    """ALTER SYSTEM writes the server's configuration file, for everybody and for good."""
    setting = node.get("setstmt", {})
    name = str(setting.get("name", "all"))
    reading.add(
        "update", "setting", name, "alter system: for the whole server", aspect="process", traits=("not-transactional",)
    )  # fmt: skip
    given = values(setting.get("args", []))
    if name not in ("role", "search_path"):
        assign(reading, name, given)


def discard(reading: Reading, node: Node) -> None:
    what = node.get("target", "").removeprefix("DISCARD_").lower()
    reading.temporary.clear()
    reading.prepared.clear()
    reading.add("read", "session", what, "discard")


def checkpoint(reading: Reading, _node: Node) -> None:
    reading.add("execute", "server", "checkpoint", "checkpoint", aspect="process")


def notify(reading: Reading, node: Node) -> None:
    reading.add(
        "execute", "session", node.get("conditionname", ""), "notify: a message to listeners", aspect="process"
    )  # fmt: skip


def listen(reading: Reading, node: Node) -> None:
    reading.add("read", "session", node.get("conditionname", "*"), "listen")


def load(reading: Reading, node: Node) -> None:
    reading.cannot_tell(node.get("filename", ""), "load: runs a library's code", kind="program", traits=("runs-code",))


def constraints(reading: Reading, _node: Node) -> None:
    reading.add("read", "session", "constraints", "set constraints: when they are checked, not whether")


HANDLERS: Final = {
    "SelectStmt": _select, "InsertStmt": _insert, "UpdateStmt": _update, "DeleteStmt": _delete, "MergeStmt": _merge,
    "TransactionStmt": transaction, "ExplainStmt": explain, "PrepareStmt": prepare, "ExecuteStmt": execute,
    "DeallocateStmt": deallocate, "DeclareCursorStmt": declare_cursor, "FetchStmt": cursor, "ClosePortalStmt": cursor,
    "CallStmt": procedure, "CopyStmt": copy, "LockStmt": lock, "VacuumStmt": vacuum, "ClusterStmt": cluster,
    "ReindexStmt": reindex, "RefreshMatViewStmt": refresh, "VariableShowStmt": show, "VariableSetStmt": set_variable,
    "AlterSystemStmt": alter_system, "DiscardStmt": discard, "CheckPointStmt": checkpoint, "NotifyStmt": notify,
    "ListenStmt": listen, "UnlistenStmt": listen, "LoadStmt": load, "ConstraintsSetStmt": constraints,
}  # fmt: skip
