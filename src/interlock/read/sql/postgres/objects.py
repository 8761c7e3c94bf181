"""Everything in PostgreSQL that is made, renamed, moved or dropped and is not a table's own structure."""

from __future__ import annotations

from typing import Final, NamedTuple

from interlock.model.change import VERBS, Trait, Verb
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.copies import remember
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.queries import select, walk
from interlock.read.sql.postgres.reading import Reading, cascade

#: The server's kinds of objects and what we call their resources.
KINDS: Final = {
    "OBJECT_TABLE": "table", "OBJECT_FOREIGN_TABLE": "table", "OBJECT_COLUMN": "table", "OBJECT_TABCONSTRAINT": "table",
    "OBJECT_INDEX": "index", "OBJECT_VIEW": "view", "OBJECT_MATVIEW": "view", "OBJECT_SEQUENCE": "sequence",
    "OBJECT_TYPE": "type", "OBJECT_DOMAIN": "type", "OBJECT_ATTRIBUTE": "type", "OBJECT_DOMCONSTRAINT": "type",
    "OBJECT_COLLATION": "type", "OBJECT_CONVERSION": "type", "OBJECT_CAST": "type", "OBJECT_OPERATOR": "function",
    "OBJECT_OPCLASS": "type", "OBJECT_OPFAMILY": "type", "OBJECT_TRANSFORM": "type", "OBJECT_ACCESS_METHOD": "type",
    "OBJECT_TSPARSER": "type", "OBJECT_TSDICTIONARY": "type", "OBJECT_TSTEMPLATE": "type",
    "OBJECT_TSCONFIGURATION": "type", "OBJECT_STATISTIC_EXT": "statistics", "OBJECT_FUNCTION": "function",
    "OBJECT_PROCEDURE": "function", "OBJECT_ROUTINE": "function", "OBJECT_AGGREGATE": "function",
    "OBJECT_LANGUAGE": "language", "OBJECT_SCHEMA": "schema", "OBJECT_DATABASE": "database",
    "OBJECT_TABLESPACE": "tablespace", "OBJECT_ROLE": "role", "OBJECT_TRIGGER": "trigger",
    "OBJECT_EVENT_TRIGGER": "trigger", "OBJECT_RULE": "rule", "OBJECT_POLICY": "policy",
    "OBJECT_EXTENSION": "extension",
    "OBJECT_PUBLICATION": "publication", "OBJECT_SUBSCRIPTION": "subscription", "OBJECT_FDW": "server",
    "OBJECT_FOREIGN_SERVER": "server", "OBJECT_USER_MAPPING": "server", "OBJECT_LARGEOBJECT": "largeobject",
    "OBJECT_PARAMETER_ACL": "setting", "OBJECT_DEFACL": "role",
}  # fmt: skip

#: What is gone with a thing that is dropped: its content always, or what depends on it if CASCADE takes that along.
_HOLDS_DATA: Final = frozenset(("OBJECT_TABLE", "OBJECT_SEQUENCE", "OBJECT_LARGEOBJECT"))
_CASCADES_TO_DATA: Final = frozenset(
    ("OBJECT_SCHEMA", "OBJECT_TYPE", "OBJECT_DOMAIN", "OBJECT_EXTENSION", "OBJECT_COLLATION", "OBJECT_ACCESS_METHOD",
     "OBJECT_FUNCTION", "OBJECT_ROUTINE", "OBJECT_OPCLASS", "OBJECT_OPFAMILY")
)  # fmt: skip
_GUARDS: Final = frozenset(
    ("OBJECT_TRIGGER", "OBJECT_EVENT_TRIGGER", "OBJECT_RULE", "OBJECT_POLICY", "OBJECT_PUBLICATION")
)  # fmt: skip


def drop(reading: Reading, node: Node) -> None:
    """DROP of anything that the grammar calls a DropStmt."""
    removed = node.get("removeType", "")
    kind = KINDS.get(removed)
    what = removed.removeprefix("OBJECT_").lower().replace("_", " ").replace("matview", "materialized view")
    traits: set[Trait] = {*cascade(node)}
    if removed in _HOLDS_DATA or ("cascades" in traits and removed in _CASCADES_TO_DATA):
        traits.add("loses-data")
    if removed in _GUARDS:
        traits.add("loses-protection")
    if node.get("missing_ok"):
        traits.add("hides-failure")
    if node.get("concurrent"):
        traits.add("not-transactional")
    for entry in node.get("objects", ()):
        name = names.listed(entry)
        if kind is None:
            reading.cannot_tell(name, f"drops an object that is not modelled ({what})")
        elif removed == "OBJECT_TABLE" and reading.drops_temporary(name):
            continue
        else:
            lost: set[Trait] = {"loses-data"} if kind == "extension" and name in reading.members else set()
            reading.add("delete", kind, name, f"drop {what}", aspect="structure", traits=traits | lost)


def drop_database(reading: Reading, node: Node) -> None:
    hides: tuple[Trait, ...] = ("hides-failure",) if node.get("missing_ok") else ()
    reading.add(
        "delete", "database", names.quoted(node.get("dbname", "")), "drop database", aspect="structure",
        traits=("loses-data", "cascades", "not-transactional", *hides),
    )  # fmt: skip


def truncate(reading: Reading, node: Node) -> None:
    traits: tuple[Trait, ...] = ("loses-data", "blocks-reads", "blocks-writes", *cascade(node))
    for entry in node.get("relations", ()):
        name = names.relation(entry.get("RangeVar", {}))
        if reading.is_temporary(name) and "cascades" not in traits:
            reading.add("delete", "table", name, "truncate a temporary table of this script", choice="filtered")
        else:
            reading.add("delete", "table", name, "truncate", choice="all", traits=traits)


def rename(reading: Reading, node: Node) -> None:
    kind = node.get("renameType", "")
    resource = KINDS.get(kind, "type")
    if "relation" in node:
        name = names.relation(node["relation"])
        resource = KINDS.get(node.get("relationType", ""), resource) if kind == "OBJECT_COLUMN" else resource
    else:
        name = names.listed(node["object"]) if "object" in node else names.quoted(node.get("subname", ""))
    if resource == "function":
        reading.shadowed.add(str(node.get("newname", "")))
    column = kind in ("OBJECT_COLUMN", "OBJECT_ATTRIBUTE")
    fields = (node.get("subname", ""),) if column else ()
    reading.temporary.discard(name)
    reading.add(
        "update", resource, name, f"rename{' column' if column else ''} to `{node.get('newname', '')}`",
        aspect="structure", fields=fields, traits=cascade(node),
    )  # fmt: skip


def move_schema(reading: Reading, node: Node) -> None:
    target = names.relation(node["relation"]) if "relation" in node else names.listed(node.get("object", {}))
    kind = KINDS.get(node.get("objectType", ""), "type")
    reading.add("update", kind, target, f"set schema `{node.get('newschema', '')}`", aspect="structure")


def comment(reading: Reading, node: Node) -> None:
    kind = KINDS.get(node.get("objtype", ""), "type")
    reading.add("update", kind, names.listed(node.get("object", {})), "comment", aspect="structure")


def create_schema(reading: Reading, node: Node) -> None:
    name = node.get("schemaname") or names.role(node.get("authrole", {}))
    reading.add("create", "schema", names.quoted(name), "create schema", aspect="structure")
    for element in node.get("schemaElts", ()):
        reading.statement(element)


def extension_members(reading: Reading, node: Node) -> None:
    """ALTER EXTENSION ADD and DROP: what is added goes with the extension when that is dropped."""
    name = names.quoted(node.get("extname", ""))
    reading.members.add(name)
    reading.add("update", "extension", name, "alter extension members", aspect="structure")


def create_view(reading: Reading, node: Node) -> None:
    """CREATE VIEW runs nothing now; whether reading it later would run unknown code is worth knowing."""
    probe = Reading(reading.environment, {})
    probe.shadowed, probe.path_moved, probe.armed = reading.shadowed, reading.path_moved, reading.armed
    select(probe, node.get("query", {}).get("SelectStmt", {}))
    later = probe.change("")
    traits: tuple[Trait, ...] = ("runs-code",) if any(one.verb != "read" for one in later.effects) else ()
    cause = "create or replace view" if node.get("replace") else "create view"
    name = names.relation(node.get("view", {}))
    remember(reading, name, node.get("query", {}).get("SelectStmt", {}))
    if later.unknown:
        reading.arm(name, VERBS)
    reading.add("create", "view", name, cause, aspect="structure", traits=traits)


def create_function(reading: Reading, node: Node) -> None:
    """The body runs when it is called, which is another proposal; a call in this script is unknown."""
    parts = names.strings(node.get("funcname", ()))
    reading.shadowed.add(parts[-1])
    options = names.options(node.get("options", ()))
    definer = "security" in options and names.truth(options["security"])
    traits: tuple[Trait, ...] = ("runs-code", "widens-access") if definer else ("runs-code",)
    what = "procedure" if node.get("is_procedure") else "function"
    cause = f"create {'or replace ' if node.get('replace') else ''}{what}"
    reading.add("create", "function", names.dotted(parts), cause, aspect="structure", traits=traits)


def alter_function(reading: Reading, node: Node) -> None:
    target = node.get("func", {})
    options = names.options(node.get("actions", ()))
    definer = "security" in options and names.truth(options["security"])
    traits: tuple[Trait, ...] = ("widens-access",) if definer else ()
    name = names.dotted(names.strings(target.get("objname", ())))
    reading.add("update", "function", name, "alter function", aspect="structure", traits=traits)


#: When a trigger fires, as the server's bits; TRUNCATE is a delete here.
_EVENTS: Final[dict[int, Verb]] = {4: "create", 8: "delete", 16: "update", 32: "delete"}


def create_trigger(reading: Reading, node: Node) -> None:
    table = names.relation(node.get("relation", {}))
    name = f"{table}.{names.quoted(node.get('trigname', ''))}"
    reading.arm(table, [verb for bit, verb in _EVENTS.items() if node.get("events", 0) & bit])
    reading.add("create", "trigger", name, "create trigger", aspect="structure", traits=("runs-code",))
    reading.add("update", "table", table, "gets a trigger", aspect="structure", traits=("runs-code",))


def create_rule(reading: Reading, node: Node) -> None:
    table = names.relation(node.get("relation", {}))
    name = f"{table}.{names.quoted(node.get('rulename', ''))}"
    reading.arm(table, VERBS)
    reading.add("create", "rule", name, "create rule", aspect="structure", traits=("runs-code",))
    reading.add("update", "table", table, "gets a rule", aspect="structure", traits=("runs-code",))


def define(reading: Reading, node: Node) -> None:
    """CREATE AGGREGATE, OPERATOR, TYPE, COLLATION and the text search objects."""
    kind = node.get("kind", "")
    parts = names.strings(node.get("defnames", ()))
    what = kind.removeprefix("OBJECT_").lower()
    runs: tuple[Trait, ...] = ("runs-code",) if kind in ("OBJECT_AGGREGATE", "OBJECT_OPERATOR", "OBJECT_TYPE") else ()
    if kind == "OBJECT_AGGREGATE":
        reading.shadowed.add(parts[-1])
    if kind == "OBJECT_TYPE":
        reading.casts_run = True  # what reads a value of it is a function of somebody's
    if kind == "OBJECT_OPERATOR":
        reading.operators.add(parts[-1])
        reading.path_moved = True  # every operator from here on may be this one
    reading.add(
        "create", KINDS.get(kind, "type"), names.dotted(parts), f"create {what}", aspect="structure", traits=runs
    )


class Made(NamedTuple):
    """A statement that makes or alters one named thing: which, and where its name stands."""

    verb: str
    kind: str
    cause: str
    key: str
    traits: tuple[Trait, ...] = ()


#: Statements whose whole effect is one named thing.
_MADE: Final[dict[str, Made]] = {
    "AlterCollationStmt": Made("update", "type", "refresh collation version", "collname"),
    "AlterDatabaseRefreshCollStmt": Made("update", "database", "refresh collation version", "dbname"),
    "AlterDatabaseStmt": Made("update", "database", "alter database", "dbname"),
    "AlterEnumStmt": Made("update", "type", "alter enum", "typeName"),
    "AlterExtensionStmt": Made("update", "extension", "alter extension update", "extname", ("runs-code",)),
    "AlterFdwStmt": Made("update", "server", "alter foreign data wrapper", "fdwname", ("runs-code",)),
    "AlterForeignServerStmt": Made("update", "server", "alter server", "servername"),
    "AlterOpFamilyStmt": Made("update", "type", "alter operator family", "opfamilyname", ("runs-code",)),
    "AlterOperatorStmt": Made("update", "function", "alter operator", "opername"),
    "AlterStatsStmt": Made("update", "statistics", "alter statistics", "defnames"),
    "AlterTSConfigurationStmt": Made("update", "type", "alter text search configuration", "cfgname"),
    "AlterTSDictionaryStmt": Made("update", "type", "alter text search dictionary", "dictname"),
    "AlterTableSpaceOptionsStmt": Made("update", "tablespace", "alter tablespace", "tablespacename"),
    "AlterTypeStmt": Made("update", "type", "alter type", "typeName"),
    "AlterUserMappingStmt": Made("update", "server", "alter user mapping", "servername", ("widens-access",)),
    "CompositeTypeStmt": Made("create", "type", "create type", "typevar"),
    "CreateAmStmt": Made("create", "type", "create access method", "amname", ("runs-code",)),
    "CreateConversionStmt": Made("create", "type", "create conversion", "conversion_name", ("runs-code",)),
    "CreateExtensionStmt": Made("create", "extension", "create extension", "extname", ("runs-code",)),
    "CreateFdwStmt": Made("create", "server", "create foreign data wrapper", "fdwname", ("runs-code",)),
    "CreateForeignServerStmt": Made("create", "server", "create server", "servername"),
    "CreateOpClassStmt": Made("create", "type", "create operator class", "opclassname", ("runs-code",)),
    "CreateOpFamilyStmt": Made("create", "type", "create operator family", "opfamilyname"),
    "CreatePLangStmt": Made("create", "language", "create language", "plname", ("runs-code",)),
    "CreatePublicationStmt": Made("create", "publication", "create publication", "pubname"),
    "CreateRangeStmt": Made("create", "type", "create range type", "typeName"),
    "CreateSeqStmt": Made("create", "sequence", "create sequence", "sequence"),
    "CreateTableSpaceStmt": Made("create", "tablespace", "create tablespace", "tablespacename", ("not-transactional",)),
    "CreateUserMappingStmt": Made("create", "server", "create user mapping", "servername", ("widens-access",)),
    "CreatedbStmt": Made("create", "database", "create database", "dbname", ("not-transactional",)),
    "DropTableSpaceStmt": Made("delete", "tablespace", "drop tablespace", "tablespacename", ("not-transactional",)),
    "DropUserMappingStmt": Made("delete", "server", "drop user mapping", "servername"),
    "CreateSubscriptionStmt": Made(
        "create", "subscription", "create subscription", "subname", ("leaves-target", "not-transactional")
    ),
    "AlterSubscriptionStmt": Made("update", "subscription", "alter subscription", "subname", ("leaves-target",)),
    "DropSubscriptionStmt": Made(
        "delete", "subscription", "drop subscription", "subname", ("leaves-target", "not-transactional", "loses-data")
    ),
}  # fmt: skip


def _made(rule: Made) -> object:
    """The handler of one row of the table above."""

    def handler(reading: Reading, node: Node) -> None:
        reading.add(
            rule.verb,  # type: ignore[arg-type]  # the table's verbs are checked against VERBS by its test
            rule.kind, _name(node.get(rule.key, "")), rule.cause, aspect="structure", traits=rule.traits,
        )  # fmt: skip

    return handler


def _name(value: object) -> str:
    """A name in any of the shapes that these statements hold it in."""
    if isinstance(value, str):
        return names.quoted(value) if value else ""
    if isinstance(value, list):
        return names.dotted(names.strings(value))
    if isinstance(value, dict):
        if "relname" in value:
            return names.relation(value)
        if "objname" in value:
            return names.dotted(names.strings(value["objname"]))
    return ""


def create_cast(reading: Reading, node: Node) -> None:
    name = f"{names.typed(node.get('sourcetype', {}))} as {names.typed(node.get('targettype', {}))}"
    reading.add("create", "type", name, "create cast", aspect="structure", traits=("runs-code",))
    if "func" in node:
        reading.casts_run = True


def create_transform(reading: Reading, node: Node) -> None:
    name = f"{names.typed(node.get('type_name', {}))} for {node.get('lang', '')}"
    reading.add("create", "type", name, "create transform", aspect="structure", traits=("runs-code",))


def alter_sequence(reading: Reading, node: Node) -> None:
    restarts = "restart" in names.options(node.get("options", ()))
    cause = "alter sequence restart: numbers can come again" if restarts else "alter sequence"
    reading.add("update", "sequence", names.relation(node.get("sequence", {})), cause, aspect="structure")


def alter_domain(reading: Reading, node: Node) -> None:
    """ALTER DOMAIN; `X` drops a constraint, `O` a not null."""
    lost: tuple[Trait, ...] = ("loses-protection",) if node.get("subtype") in ("X", "O") else ()
    name = names.dotted(names.strings(node.get("typeName", ())))
    reading.add("update", "type", name, "alter domain", aspect="structure", traits=(*lost, *cascade(node)))
    defined = node.get("def", {})
    walk(reading, defined.get("Constraint", {}).get("raw_expr", {}) if "Constraint" in defined else defined)


def alter_event_trigger(reading: Reading, node: Node) -> None:
    """ALTER EVENT TRIGGER; `D` disables it, `R` lets it fire for replicas only."""
    lost: tuple[Trait, ...] = ("loses-protection",) if node.get("tgenabled") in ("D", "R") else ()
    name = names.quoted(node.get("trigname", ""))
    reading.add("update", "trigger", name, "alter event trigger", aspect="structure", traits=lost)


def alter_publication(reading: Reading, node: Node) -> None:
    """ALTER PUBLICATION: what it no longer publishes its subscribers no longer get."""
    adds = node.get("action") == "AP_AddObjects" and "publish" not in names.options(node.get("options", ()))
    lost: tuple[Trait, ...] = () if adds else ("loses-protection",)
    cause = "alter publication" + ("" if adds else ": what it published may no longer be")
    reading.add("update", "publication", names.quoted(node.get("pubname", "")), cause, aspect="structure", traits=lost)


def create_statistics(reading: Reading, node: Node) -> None:
    reading.add("create", "statistics", _name(node.get("defnames", "")), "create statistics", aspect="structure")
    walk(reading, [one.get("StatsElem", {}).get("expr", {}) for one in node.get("exprs", ())])


def create_domain(reading: Reading, node: Node) -> None:
    """CREATE DOMAIN: what it checks runs wherever such a value stands."""
    reading.add("create", "type", _name(node.get("domainname", "")), "create domain", aspect="structure")
    walk(reading, [one["Constraint"].get("raw_expr", {}) for one in node.get("constraints", ())])


def create_event_trigger(reading: Reading, node: Node) -> None:
    name = names.quoted(node.get("trigname", ""))
    reading.add("create", "trigger", name, "create event trigger", aspect="structure", traits=("runs-code",))
    reading.arm("", VERBS)


def create_enum(reading: Reading, node: Node) -> None:
    name = _name(node.get("typeName", ""))
    reading.enums.add(name.rsplit(".", 1)[-1])
    reading.add("create", "type", name, "create enum", aspect="structure")


def alter_depends(reading: Reading, node: Node) -> None:
    target = names.relation(node["relation"]) if "relation" in node else names.listed(node.get("object", {}))
    kind = KINDS.get(node.get("objectType", ""), "type")
    reading.add("update", kind, target, "depends on extension", aspect="structure")


def move_all(reading: Reading, node: Node) -> None:
    name = names.quoted(node.get("orig_tablespacename", ""))
    reading.add(
        "update", "tablespace", name, "moves everything out of it", aspect="structure", choice="all",
        traits=("rewrites", "blocks-reads", "blocks-writes"),
    )  # fmt: skip


def import_schema(reading: Reading, node: Node) -> None:
    name = names.quoted(node.get("local_schema", ""))
    reading.add("create", "schema", name, "import foreign schema", aspect="structure", traits=("leaves-target",))


HANDLERS: Final = {
    "DropStmt": drop, "DropdbStmt": drop_database, "TruncateStmt": truncate, "RenameStmt": rename,
    "AlterObjectSchemaStmt": move_schema, "CommentStmt": comment, "CreateSchemaStmt": create_schema,
    "AlterExtensionContentsStmt": extension_members,
    "ViewStmt": create_view, "CreateFunctionStmt": create_function, "AlterFunctionStmt": alter_function,
    "CreateTrigStmt": create_trigger, "RuleStmt": create_rule, "DefineStmt": define, "CreateCastStmt": create_cast,
    "CreateTransformStmt": create_transform, "AlterSeqStmt": alter_sequence, "AlterDomainStmt": alter_domain,
    "AlterObjectDependsStmt": alter_depends, "AlterTableMoveAllStmt": move_all,
    "ImportForeignSchemaStmt": import_schema, "AlterEventTrigStmt": alter_event_trigger, "CreateEnumStmt": create_enum,
    "AlterPublicationStmt": alter_publication, "CreateStatsStmt": create_statistics,
    "CreateDomainStmt": create_domain,
    "CreateEventTrigStmt": create_event_trigger,
    **{kind: _made(rule) for kind, rule in _MADE.items()},
}  # fmt: skip
