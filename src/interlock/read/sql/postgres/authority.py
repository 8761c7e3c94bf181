"""Who may do what in PostgreSQL: roles, privileges, ownership, policies, security labels."""

from __future__ import annotations

from typing import Final

from interlock.model.change import Trait, Verb
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node
from interlock.read.sql.postgres.objects import KINDS
from interlock.read.sql.postgres.queries import walk
from interlock.read.sql.postgres.reading import Reading, cascade
from interlock.read.sql.postgres.settings import assign, values

#: Options of a role that let it do more.
_POWERS: Final = frozenset(
    ("superuser", "createdb", "createrole", "bypassrls", "isreplication", "canlogin", "addroleto", "rolemembers",
     "adminmembers", "inherit")
)  # fmt: skip


def grant(reading: Reading, node: Node) -> None:
    """GRANT and REVOKE on objects: one effect an object, one a grantee."""
    giving = bool(node.get("is_grant"))
    privileges = [one.get("AccessPriv", {}) for one in node.get("privileges", ())]
    what = ", ".join(one.get("priv_name", "").lower() for one in privileges) or "all"
    who = names.roles(node.get("grantees", ()))
    fields = tuple(text for one in privileges for text in names.strings(one.get("cols", ())))
    verb: Verb = "grant" if giving else "revoke"
    traits: tuple[Trait, ...] = ("widens-access",) if giving else cascade(node)
    whom = f"{'to' if giving else 'from'} {', '.join(who)}"
    kind = KINDS.get(node.get("objtype", ""), "type")
    whole = node.get("targtype") == "ACL_TARGET_ALL_IN_SCHEMA"
    for entry in node.get("objects", ()):
        resource = "schema" if whole else kind
        scope = f"{what} on every {kind} of it" if whole else what
        reading.add(
            verb, resource, names.listed(entry), f"{verb} {scope} {whom}", aspect="authority",
            choice="all" if whole else "named", fields=fields, traits=traits,
        )  # fmt: skip
    for one in who:
        reading.add(verb, "role", one, f"{verb} {what}", aspect="authority", traits=traits)


def grant_role(reading: Reading, node: Node) -> None:
    """GRANT role TO role."""
    giving = bool(node.get("is_grant"))
    verb: Verb = "grant" if giving else "revoke"
    who = names.roles(node.get("grantee_roles", ()))
    traits: tuple[Trait, ...] = ("widens-access",) if giving else cascade(node)
    whom = f"{'to' if giving else 'from'} {', '.join(who)}"
    for entry in node.get("granted_roles", ()):
        name = names.quoted(entry.get("AccessPriv", {}).get("priv_name", ""))
        reading.add(verb, "role", name, f"{verb} membership {whom}", aspect="authority", traits=traits)
    for one in who:
        reading.add(verb, "role", one, f"{verb} membership", aspect="authority", traits=traits)


def default_privileges(reading: Reading, node: Node) -> None:
    """ALTER DEFAULT PRIVILEGES: a GRANT on everything that will be made."""
    action = node.get("action", {})
    giving = bool(action.get("is_grant"))
    verb: Verb = "grant" if giving else "revoke"
    options = names.options(node.get("options", ()))
    schemas = options.get("schemas", {}).get("arg", {}).get("List", {}).get("items", ())
    kind = KINDS.get(action.get("objtype", ""), "type")
    traits: tuple[Trait, ...] = ("widens-access",) if giving else ()
    who = ", ".join(names.roles(action.get("grantees", ())))
    for schema in names.strings(schemas) or ["*"]:
        reading.add(
            verb, "schema", schema, f"default privileges on every new {kind} {'to' if giving else 'from'} {who}",
            aspect="authority", choice="all", traits=traits,
        )  # fmt: skip


def _role_traits(options: dict[str, Node]) -> tuple[Trait, ...]:
    return ("widens-access",) if any(name in _POWERS and names.truth(one) for name, one in options.items()) else ()


def create_role(reading: Reading, node: Node) -> None:
    options = names.options(node.get("options", ()))
    cause = f"create {node.get('stmt_type', 'role').removeprefix('ROLESTMT_').lower()}"
    traits = {*_role_traits(options), *(("widens-access",) if "USER" in node.get("stmt_type", "") else ())}
    name = names.quoted(node.get("role", ""))
    reading.add("create", "role", name, cause, aspect="authority", traits=traits)
    for entry in options.get("addroleto", {}).get("arg", {}).get("List", {}).get("items", ()):
        into = names.role(entry.get("RoleSpec", {}))
        reading.add("grant", "role", into, f"grant membership to {name}", aspect="authority", traits=("widens-access",))


def alter_role(reading: Reading, node: Node) -> None:
    options = names.options(node.get("options", ()))
    verb: Verb = "update"
    cause = "alter role: " + ", ".join(sorted(options))
    traits = _role_traits(options)
    if "rolemembers" in options and node.get("action") == -1:
        cause, traits = "drops members", ()
    reading.add(verb, "role", names.role(node.get("role", {})), cause, aspect="authority", traits=traits)


def alter_role_set(reading: Reading, node: Node) -> None:
    """ALTER ROLE … SET: a setting for every later session of that role."""
    _later_setting(reading, "role", names.role(node["role"]) if node.get("role") else "all", node.get("setstmt", {}))


def alter_database_set(reading: Reading, node: Node) -> None:
    _later_setting(reading, "database", names.quoted(node.get("dbname", "")), node.get("setstmt", {}))


def _later_setting(reading: Reading, kind: str, name: str, setting: Node) -> None:
    what = str(setting.get("name", "all"))
    reading.add("update", kind, name, f"sets `{what}` for its later sessions", aspect="structure")
    if setting.get("kind") == "VAR_SET_VALUE" and what not in ("role", "search_path"):
        with reading.inside():
            assign(reading, what, values(setting.get("args", [])))


def drop_role(reading: Reading, node: Node) -> None:
    traits: tuple[Trait, ...] = ("hides-failure",) if node.get("missing_ok") else ()
    for one in names.roles(node.get("roles", ())):
        reading.add("delete", "role", one, "drop role", aspect="authority", traits=traits)


def change_owner(reading: Reading, node: Node) -> None:
    kind = KINDS.get(node.get("objectType", ""), "type")
    target = names.relation(node["relation"]) if "relation" in node else names.listed(node.get("object", {}))
    to = names.role(node.get("newowner", {}))
    reading.add("update", kind, target, f"owner to {to}", aspect="authority", traits=("widens-access",))


def drop_owned(reading: Reading, node: Node) -> None:
    for one in names.roles(node.get("roles", ())):
        reading.add(
            "delete", "role", one, "drop owned: everything that the role owns here", aspect="structure", choice="all",
            traits=("loses-data", "cascades"),
        )  # fmt: skip


def reassign_owned(reading: Reading, node: Node) -> None:
    to = names.role(node.get("newrole", {}))
    for one in names.roles(node.get("roles", ())):
        reading.add(
            "update", "role", one, f"reassign owned to {to}", aspect="authority", choice="all",
            traits=("widens-access",),
        )  # fmt: skip


def create_policy(reading: Reading, node: Node) -> None:
    _policy(reading, node, "create")


def alter_policy(reading: Reading, node: Node) -> None:
    _policy(reading, node, "update")


def _policy(reading: Reading, node: Node, verb: Verb) -> None:
    table = names.relation(node.get("table", {}))
    name = f"{table}.{names.quoted(node.get('policy_name', ''))}"
    restrictive = verb == "create" and not node.get("permissive")
    traits: tuple[Trait, ...] = () if restrictive else ("widens-access",)
    reading.add(verb, "policy", name, f"{verb} policy", aspect="authority", traits=traits)
    walk(reading, [node.get("qual", {}), node.get("with_check", {})])


def security_label(reading: Reading, node: Node) -> None:
    kind = KINDS.get(node.get("objtype", ""), "type")
    reading.add(
        "update", kind, names.listed(node.get("object", {})), "security label", aspect="authority",
        traits=("widens-access",),
    )  # fmt: skip


HANDLERS: Final = {
    "GrantStmt": grant, "GrantRoleStmt": grant_role, "AlterDefaultPrivilegesStmt": default_privileges,
    "CreateRoleStmt": create_role, "AlterRoleStmt": alter_role, "AlterRoleSetStmt": alter_role_set,
    "AlterDatabaseSetStmt": alter_database_set, "DropRoleStmt": drop_role, "AlterOwnerStmt": change_owner,
    "DropOwnedStmt": drop_owned, "ReassignOwnedStmt": reassign_owned, "CreatePolicyStmt": create_policy,
    "AlterPolicyStmt": alter_policy, "SecLabelStmt": security_label,
}  # fmt: skip
