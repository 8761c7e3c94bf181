"""Structure of tables in PostgreSQL: CREATE TABLE, CREATE INDEX, and each of ALTER TABLE's sixty-odd commands."""

from __future__ import annotations

from typing import Final, NamedTuple

from interlock.model.change import Aspect, Trait, Verb
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.copies import remember
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.queries import made, walk
from interlock.read.sql.postgres.reading import Reading, cascade
from interlock.read.sql.postgres.terms import term
from interlock.read.sql.postgres.types import is_free

_KINDS: Final = {
    "OBJECT_TABLE": "table", "OBJECT_FOREIGN_TABLE": "table", "OBJECT_INDEX": "index", "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "view", "OBJECT_SEQUENCE": "sequence", "OBJECT_TYPE": "type",
}  # fmt: skip

#: Functions that give another value for each row, so that adding a column with one as default writes the table anew.
_VOLATILE: Final = frozenset(
    ("random", "gen_random_uuid", "uuid_generate_v4", "uuid_generate_v1", "uuidv4", "uuidv7", "clock_timestamp",
     "timeofday", "nextval", "gen_random_bytes", "random_normal")
)  # fmt: skip
#: Types that hold every value that a column can sensibly have had before; any other can cut or round.
_WIDE: Final = frozenset(
    ("text", "varchar", "int8", "bigint", "numeric", "timestamptz", "jsonb", "json", "uuid", "xml", "citext", "bytea")
)
_NOTHING: Final[tuple[Trait, ...]] = ()
_LOCKED: Final[tuple[Trait, ...]] = ("blocks-writes", "blocks-reads")
_REWRITTEN: Final[tuple[Trait, ...]] = ("rewrites", *_LOCKED)


class Plain(NamedTuple):
    """An ALTER TABLE command whose effect does not depend on its operands."""

    cause: str
    traits: tuple[Trait, ...] = _NOTHING
    aspect: Aspect = "structure"


_COMMANDS: Final[dict[str, Plain]] = {
    "AT_ColumnDefault": Plain("alter column default"),
    "AT_DropNotNull": Plain("drop not null", ("loses-protection",)),
    "AT_SetNotNull": Plain("set not null", _LOCKED),
    "AT_SetExpression": Plain("set expression", _REWRITTEN),
    "AT_DropExpression": Plain("drop expression"),
    "AT_SetStatistics": Plain("set statistics"),
    "AT_SetOptions": Plain("set column options"),
    "AT_ResetOptions": Plain("reset column options"),
    "AT_SetStorage": Plain("set storage"),
    "AT_SetCompression": Plain("set compression"),
    "AT_ValidateConstraint": Plain("validate constraint"),
    "AT_AlterConstraint": Plain("alter constraint"),
    "AT_DropConstraint": Plain("drop constraint", ("loses-protection",)),
    "AT_AlterColumnGenericOptions": Plain("alter foreign column options"),
    "AT_ChangeOwner": Plain("owner to", ("widens-access",), "authority"),
    "AT_ClusterOn": Plain("cluster on"),
    "AT_DropCluster": Plain("set without cluster"),
    "AT_SetLogged": Plain("set logged", _REWRITTEN),
    "AT_SetUnLogged": Plain("set unlogged: a crash empties it", (*_REWRITTEN, "loses-protection")),
    "AT_DropOids": Plain("set without oids"),
    "AT_SetAccessMethod": Plain("set access method", _REWRITTEN),
    "AT_SetTableSpace": Plain("set tablespace", _REWRITTEN),
    "AT_SetRelOptions": Plain("set storage parameters"),
    "AT_ResetRelOptions": Plain("reset storage parameters"),
    "AT_EnableTrig": Plain("enable trigger"),
    "AT_EnableAlwaysTrig": Plain("enable always trigger"),
    "AT_EnableReplicaTrig": Plain("enable replica trigger: it no longer fires for sessions", ("loses-protection",)),
    "AT_DisableTrig": Plain("disable trigger", ("loses-protection",)),
    "AT_EnableTrigAll": Plain("enable trigger all"),
    "AT_DisableTrigAll": Plain("disable trigger all: foreign keys are no longer checked", ("loses-protection",)),
    "AT_EnableTrigUser": Plain("enable trigger user"),
    "AT_DisableTrigUser": Plain("disable trigger user", ("loses-protection",)),
    "AT_EnableRule": Plain("enable rule"),
    "AT_EnableAlwaysRule": Plain("enable always rule"),
    "AT_EnableReplicaRule": Plain("enable replica rule: it no longer applies to sessions", ("loses-protection",)),
    "AT_DisableRule": Plain("disable rule", ("loses-protection",)),
    "AT_AddInherit": Plain("inherit"),
    "AT_DropInherit": Plain("no inherit: its rows leave the parent"),
    "AT_AddOf": Plain("of type"),
    "AT_DropOf": Plain("not of"),
    "AT_ReplicaIdentity": Plain("replica identity"),
    "AT_EnableRowSecurity": Plain("enable row level security", _NOTHING, "authority"),
    "AT_DisableRowSecurity": Plain(
        "disable row level security", ("loses-protection", "widens-access"), "authority"
    ),
    "AT_ForceRowSecurity": Plain("force row level security", _NOTHING, "authority"),
    "AT_NoForceRowSecurity": Plain(
        "no force row level security", ("loses-protection", "widens-access"), "authority"
    ),
    "AT_GenericOptions": Plain("alter foreign table options"),
    "AT_AttachPartition": Plain("attach partition", ("blocks-writes",)),
    "AT_DetachPartition": Plain("detach partition: its rows leave the table", ("blocks-writes",)),
    "AT_DetachPartitionFinalize": Plain("detach partition finalize"),
    "AT_AddIdentity": Plain("add identity"),
    "AT_SetIdentity": Plain("set identity"),
    "AT_DropIdentity": Plain("drop identity"),
}  # fmt: skip


def alter_table(reading: Reading, node: Node) -> None:
    """ALTER TABLE, INDEX, VIEW, MATERIALIZED VIEW, SEQUENCE, FOREIGN TABLE and composite TYPE."""
    kind = _KINDS.get(node.get("objtype", ""), "")
    name = names.relation(node.get("relation", {}))
    if not kind:
        reading.cannot_tell(name, f"alters an object that is not modelled ({node.get('objtype')})")
        return
    if reading.is_catalogue(name):
        reading.cannot_tell(name, "alters the catalogue by hand", kind="table", traits=("loses-protection",))
    for entry in node.get("cmds", ()):
        _command(reading, kind, name, entry.get("AlterTableCmd", {}))


def _command(reading: Reading, kind: str, name: str, command: Node) -> None:
    subtype = command.get("subtype", "")
    if subtype != "AT_AlterColumnType":
        column = command.get("def", {}).get("ColumnDef", {}).get("colname", command.get("name", ""))
        reading.types.pop((name, column), None)
    fields = (command["name"],) if command.get("name") and _about_column(subtype) else ()
    plain = _COMMANDS.get(subtype)
    if plain:
        traits = {*plain.traits, *cascade(command)}
        traits |= {"hides-failure"} if command.get("missing_ok") and "loses-protection" in plain.traits else set()
        verb: Verb = "update"
        what = f"{plain.cause} `{command['name']}`" if command.get("name") and not fields else plain.cause
        if "newowner" in command:
            what = f"{what} `{names.role(command['newowner'])}`"
        if lost := _loses(kind, subtype, command.get("def", {})):
            traits, what = {*traits, "loses-protection"}, lost
        if subtype == "AT_ReplicaIdentity" and command.get("def", {}).get("ReplicaIdentityStmt", {}).get(
            "identity_type"
        ) in ("n",):
            traits, what = {"loses-protection"}, "replica identity nothing: updates no longer replicate"
        reading.add(verb, kind, name, what, aspect=plain.aspect, fields=fields, traits=traits)
        if subtype == "AT_GenericOptions":
            _program(reading, names.options(command.get("def", {}).get("List", {}).get("items", ())))
        if subtype == "AT_ColumnDefault":
            computes_later(reading, name, [command.get("def")])
            return
        walk(reading, command.get("def", {}) if subtype == "AT_SetExpression" else {})
    elif subtype == "AT_DropColumn":
        traits = {"loses-data", *cascade(command)} | ({"hides-failure"} if command.get("missing_ok") else set())
        reading.add(
            "update", kind, name, "drop column", aspect="structure", fields=(command.get("name", ""),), traits=traits
        )  # fmt: skip
    elif subtype == "AT_AddColumn":
        _add_column(reading, kind, name, command.get("def", {}).get("ColumnDef", {}))
    elif subtype == "AT_AlterColumnType":
        _change_type(reading, kind, name, command)
    elif subtype == "AT_AddConstraint":
        _constraint(reading, name, command.get("def", {}).get("Constraint", {}), fresh=False)
    else:
        reading.cannot_tell(name, f"an alter table command that is not modelled ({subtype})")


def _loses(kind: str, subtype: str, definition: Node) -> str:
    """What protection an otherwise harmless command takes away, in words."""
    if subtype == "AT_AlterConstraint":
        one = definition.get("ATAlterConstraint", {})
        if one.get("alterEnforceability") and not one.get("is_enforced"):
            return f"alter constraint `{one.get('conname', '')}` not enforced"
    elif kind == "view" and subtype in ("AT_SetRelOptions", "AT_ResetRelOptions"):
        for name, option in names.options(definition.get("List", {}).get("items", ())).items():
            if name in _GUARDS and (subtype == "AT_ResetRelOptions" or not names.truth(option)):
                return f"{name} off"
    return ""


#: Options by which a view does not show more than whoever reads it may see.
_GUARDS: Final = frozenset(("security_invoker", "security_barrier"))
_ABOUT_COLUMNS: Final = (
    "AT_Column", "AT_DropNotNull", "AT_SetNotNull", "AT_SetExpr", "AT_DropExpr", "AT_SetStat", "AT_SetOptions",
    "AT_ResetOptions", "AT_SetStorage", "AT_SetComp", "AT_AlterColumn", "AT_AddIdentity", "AT_SetIdentity",
    "AT_DropIdentity",
)  # fmt: skip


def _about_column(subtype: str) -> bool:
    return subtype.startswith(_ABOUT_COLUMNS)


def _add_column(reading: Reading, kind: str, name: str, column: Node) -> None:
    """Quick, unless each row gets a value of its own."""
    traits: set[Trait] = set()
    constraints = [one.get("Constraint", {}) for one in column.get("constraints", ())]
    for constraint in constraints:
        if (
            (constraint.get("contype") == "CONSTR_DEFAULT" and _is_volatile(constraint.get("raw_expr")))
            or constraint.get("contype") == "CONSTR_IDENTITY"
            or (constraint.get("contype") == "CONSTR_GENERATED" and constraint.get("generated_kind", "s") == "s")
        ):
            traits.update(_REWRITTEN)
    if names.typed(column.get("typeName", {})) in (
        "serial",
        "bigserial",
        "smallserial",
        "serial4",
        "serial8",
        "serial2",
    ):
        traits.update(_REWRITTEN)
    reading.add(
        "update", kind, name, "add column", aspect="structure", fields=(column.get("colname", ""),), traits=traits
    )  # fmt: skip
    for constraint in constraints:
        if constraint.get("contype") in ("CONSTR_FOREIGN", "CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_CHECK"):
            _constraint(reading, name, constraint, fresh=False, column=column.get("colname", ""))
        elif constraint.get("contype") in ("CONSTR_DEFAULT", "CONSTR_GENERATED"):
            walk(reading, constraint.get("raw_expr", {}))  # it is computed now, for the rows that are there


def _is_volatile(node: Node | None) -> bool:
    stack: list[object] = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            if "FuncCall" in one and names.strings(one["FuncCall"].get("funcname", ()))[-1] in _VOLATILE:
                return True
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
    return False


def _change_type(reading: Reading, kind: str, name: str, command: Node) -> None:
    column = command.get("name", "")
    definition = command.get("def", {}).get("ColumnDef", {})
    wanted = definition.get("typeName", {})
    wide = _WIDE | {names.typed(wanted)} if names.typed(wanted) in reading.enums else _WIDE
    lossy = not _keeps_everything(wanted, definition.get("raw_default"), column, wide)
    old = reading.types.pop((name, column), None)
    plain = "raw_default" not in definition and "collClause" not in definition
    free = old is not None and plain and is_free(old, wanted)
    traits: set[Trait] = {*(_LOCKED if free else _REWRITTEN), *cascade(command)}
    if free:
        lossy = False
        reading.types[name, column] = wanted
    if lossy:
        traits.add("loses-data")
    cause = f"alter column type to {names.typed(wanted)}" + (", which can cut or round values" if lossy else "")
    reading.add("update", kind, name, cause, aspect="structure", fields=(column,), traits=traits)
    walk(reading, definition.get("raw_default", {}))


#: Types that round a value to so many places as are asked for.
_ROUNDING: Final = frozenset(("numeric", "timestamp", "timestamptz", "time", "timetz", "interval"))


def _keeps_everything(wanted: Node, using: Node | None, column: str, wide: frozenset[str]) -> bool:
    """Whether no value is cut. What an enum does not list, is refused and not cut."""
    kind = names.typed(wanted)
    if kind not in wide:
        return False
    if using is None:
        return kind not in _ROUNDING or not wanted.get("typmods")
    while "TypeCast" in using:
        if names.typed(using["TypeCast"].get("typeName", {})) not in wide or using["TypeCast"]["typeName"].get(
            "typmods"
        ):
            return False
        using = using["TypeCast"].get("arg", {})
    return term(using) == ("col", "", column) and not wanted.get("typmods")


def _constraint(reading: Reading, table: str, node: Node, *, fresh: bool, column: str = "") -> None:
    """A constraint that is added to a table; on a fresh table it has nothing to check and blocks nobody."""
    kind = node.get("contype", "")
    unchecked = bool(node.get("skip_validation"))
    key = node.get("fk_attrs") if kind == "CONSTR_FOREIGN" else node.get("keys")
    fields = (column,) if column else tuple(names.strings(key or ()))
    traits: tuple[Trait, ...] = () if fresh or unchecked or node.get("indexname") else _LOCKED
    if kind == "CONSTR_FOREIGN":
        parent = names.relation(node.get("pktable", {}))
        if not fresh:
            waits: tuple[Trait, ...] = () if unchecked else ("blocks-writes",)
            reading.add(
                "update", "table", table, "add foreign key", aspect="structure", fields=fields, traits=waits
            )  # fmt: skip
            reading.add("update", "table", parent, "referenced by a new foreign key", aspect="structure", traits=waits)
    elif kind in ("CONSTR_CHECK", "CONSTR_NOTNULL", "CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_EXCLUSION"):
        if not fresh:
            what = kind.removeprefix("CONSTR_").lower().replace("notnull", "not null")
            reading.add(
                "update", "table", table, f"add {what} constraint", aspect="structure", fields=fields, traits=traits
            )
        walk(reading, node.get("raw_expr", {}))
        for pair in node.get("exclusions", ()):
            walk(reading, [one.get("IndexElem", {}).get("expr", {}) for one in pair["List"].get("items", ())])
    elif not fresh:
        reading.cannot_tell(table, f"a constraint that is not modelled ({kind})")


def create_table(reading: Reading, node: Node) -> None:
    """CREATE TABLE, and the parts of it that reach other tables."""
    relation = node.get("relation", {})
    elements = node.get("tableElts", ())
    columns = tuple(one["ColumnDef"].get("colname", "") for one in elements if "ColumnDef" in one)
    made(reading, relation, "create table", columns, drops=node.get("oncommit") == "ONCOMMIT_DROP")
    if not (node.get("if_not_exists") or node.get("inhRelations") or "ofTypename" in node):
        for one in elements:
            if "ColumnDef" in one:
                reading.declare(names.relation(relation), one["ColumnDef"])
    bound = node.get("partbound", {})
    walk(reading, [bound.get(part, []) for part in ("lowerdatums", "upperdatums", "listdatums")])
    params = [one.get("PartitionElem", {}).get("expr") for one in node.get("partspec", {}).get("partParams", ())]
    constraints = [one for each in elements for one in each.get("ColumnDef", {}).get("constraints", (each,))]
    held = [one.get("Constraint", {}).get("raw_expr") for one in constraints]
    computes_later(reading, names.relation(relation), [*held, *params])
    for parent in node.get("inhRelations", ()):
        cause = "gets a partition" if node.get("partbound") else "gets a child"
        reading.add("update", "table", names.relation(parent.get("RangeVar", {})), cause, aspect="structure")


def computes_later(reading: Reading, table: str, expressions: list[Node | None]) -> None:
    """What a row that is added later gets. Where nobody knows what that runs, this script's own rows would run it."""
    given = [one for one in expressions if one]
    if not given:
        return
    probe = Reading(reading.environment, {})
    probe.shadowed, probe.path_moved = reading.shadowed, reading.path_moved
    walk(probe, given)
    if probe.change("").unknown:
        reading.arm(table, ("create",))


def create_foreign_table(reading: Reading, node: Node) -> None:
    """CREATE FOREIGN TABLE only says where the rows would be found; of file_fdw that can be what a program writes."""
    create_table(reading, node.get("base", {}))
    _program(reading, names.options(node.get("options", ())))


def _program(reading: Reading, options: dict[str, Node]) -> None:
    if "program" in options:
        name = names.text(options["program"].get("arg", {}))
        reading.cannot_tell(name, "a program of the server", kind="program", traits=("leaves-target", "runs-code"))


def create_index(reading: Reading, node: Node) -> None:
    """CREATE INDEX blocks writes to its table while it is built, unless CONCURRENTLY."""
    table = names.relation(node.get("relation", {}))
    params = [one.get("IndexElem", {}) for one in node.get("indexParams", ())]
    fields = tuple(one["name"] for one in params if one.get("name"))
    traits: tuple[Trait, ...] = ("not-transactional",) if node.get("concurrent") else ("blocks-writes",)
    name = names.quoted(node["idxname"]) if node.get("idxname") else f"{table}_idx"
    cause = "create unique index" if node.get("unique") else "create index"
    passes = reading.passes(table)
    verb: Verb = "read" if passes else "create"
    reading.add(verb, "index", name, cause, aspect="structure", fields=fields, traits=() if passes else traits)
    reading.add("update", "table", table, cause, aspect="structure", fields=fields, traits=traits)
    walk(reading, [one.get("expr", {}) for one in params])
    walk(reading, node.get("whereClause", {}))


def create_table_as(reading: Reading, node: Node) -> None:
    """CREATE TABLE AS and CREATE MATERIALIZED VIEW: the query runs now, unless WITH NO DATA."""
    into = node.get("into", {})
    if node.get("objtype") == "OBJECT_MATVIEW":
        reading.add(
            "create", "view", names.relation(into.get("rel", {})), "create materialized view", aspect="structure"
        )
    else:
        made(
            reading, into.get("rel", {}), "create table as", drops=into.get("onCommit") == "ONCOMMIT_DROP"
        )  # fmt: skip
    remember(reading, names.relation(into.get("rel", {})), node.get("query", {}).get("SelectStmt", {}))
    reading.embedded(node.get("query", {}))


HANDLERS: Final = {
    "AlterTableStmt": alter_table, "CreateStmt": create_table, "CreateForeignTableStmt": create_foreign_table,
    "IndexStmt": create_index, "CreateTableAsStmt": create_table_as,
}  # fmt: skip
