"""SET in MySQL: variables of the session and of the server, roles, passwords, transactions."""

from __future__ import annotations

from typing import Final

from interlock.model.change import Trait
from interlock.read.sql.glot import queries
from interlock.read.sql.glot.calls import calls
from interlock.read.sql.glot.lexer import TEXT, VARIABLE
from interlock.read.sql.glot.reading import Cursor, Reading
from interlock.read.sql.known import settings


def assign(reading: Reading, at: Cursor) -> None:
    """One SET, with each of its assignments."""
    at.take("SET")
    if at.peek("PASSWORD"):
        at.take("PASSWORD")
        name = at.account() if at.take("FOR") else "current_user"
        reading.add("update", "role", name, "set password", aspect="authority")
    elif at.peek("ROLE") or at.peek("DEFAULT", "ROLE"):
        reading.add("update", "session", "role", "acts with other roles", aspect="authority", traits=("widens-access",))
    elif at.peek("RESOURCE", "GROUP"):
        reading.add("update", "session", "resource group", "set resource group", aspect="process")
    elif at.peek("NAMES") or at.peek("CHARACTER", "SET") or at.peek("CHARSET"):
        _names(reading, at)
    elif at.has("TRANSACTION") and not at.has("TRANSACTION_ISOLATION"):
        _transaction(reading, at)
    else:
        scope = ""
        for part in at.parts():
            scope = _one(reading, Cursor(reading, part), scope)
        calls(reading, at.tokens)
        if at.has("SELECT"):
            _subquery(reading, at)


def _names(reading: Reading, at: Cursor) -> None:
    """A character set in which a byte of a letter can look like a backslash changes what a quote is."""
    given = {token.value.lower() for token in at.tokens}
    if given & {"gbk", "gb2312", "gb18030", "big5", "sjis", "cp932", "euckr", "eucjpms", "ujis"}:
        reading.cannot_tell("names", "changes how what follows is read", kind="setting")


def _transaction(reading: Reading, at: Cursor) -> None:
    if at.has("WRITE"):
        reading.add(
            "update", "setting", "transaction_read_only", "the session leaves read only", aspect="process",
            traits=("loses-protection",),
        )  # fmt: skip
    if at.has("GLOBAL"):
        reading.add("update", "setting", "transaction_isolation", "set for the whole server", aspect="process")


def _one(reading: Reading, at: Cursor, scope: str) -> str:
    """One assignment; a scope that is said holds for those after it."""
    scope = at.any("GLOBAL", "SESSION", "LOCAL", "PERSIST", "PERSIST_ONLY") or scope
    token = at.token
    at.at += 1
    name = token.value.lower()
    if token.kind == VARIABLE and not name.startswith("@@"):
        return scope  # a variable of the session's own
    if token.kind == VARIABLE:
        name = name[2:]
        head, _, rest = name.partition(".")
        if head in ("global", "session", "local", "persist", "persist_only") and rest:
            scope, name = head.upper(), rest
    while at.mark("."):
        name += "." + at.word().lower()
    if not (at.mark("=") or at.mark(":=")):
        reading.cannot_tell(name, "a set that is not modelled", kind="setting")
        return scope
    given = "".join(one.value for one in at.tokens[at.at :]).lower()
    if name == "sql_mode" and _adds_modes(at):
        return scope
    _set(reading, name, given, wide=scope in ("GLOBAL", "PERSIST", "PERSIST_ONLY"))
    return scope


#: Modes that change no reading: values are refused, or kept otherwise.
_MODES: Final = frozenset(
    ("", "strict_all_tables", "strict_trans_tables", "no_auto_value_on_zero", "no_zero_in_date", "no_zero_date",
     "error_for_division_by_zero", "no_engine_substitution", "only_full_group_by", "traditional",
     "no_unsigned_subtraction", "pad_char_to_full_length", "time_truncate_fractional")
)  # fmt: skip


def _adds_modes(at: Cursor) -> bool:
    """`CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')`: the modes that there are, and whole names of others."""
    rest = at.tokens[at.at :]
    kept = [one for one in rest if one.kind == VARIABLE and one.value.lower().rpartition(".")[2] == "sql_mode"]
    kept += [one for one in rest if one.kind == VARIABLE and one.value.lower() == "@@sql_mode"]
    texts = [one for one in rest if one.kind == TEXT]
    signs = [one for one in rest if one.word == "CONCAT" or (one.kind == "p" and one.value in "(),")]
    if len(kept) + len(texts) + len(signs) != len(rest) or not kept:
        return False
    return all(part.strip().lower() in _MODES for one in texts for part in one.value.split(","))


def _set(reading: Reading, name: str, given: str, *, wide: bool) -> None:
    known = settings("mysql")
    restores = given.startswith("@") and not given.startswith("@@global")  # mysqldump puts back what it had kept
    traits: set[Trait] = {"not-transactional"} if wide else set()
    where = ", for the whole server" if wide else ""
    if name in known.parsing and not wide:
        strange = any(word in given for word in ("ansi", "backslash", "concat(", "replace("))
        if strange:
            reading.cannot_tell(name, "changes how what follows is read", kind="setting")
        elif "strict" not in given and "traditional" not in given and not restores:
            reading.add(
                "update", "setting", name, "values can be cut in silence", aspect="process",
                traits=("loses-protection",),
            )  # fmt: skip
    elif name in known.protects and given not in known.keeps.get(name, ()) and not restores:
        traits.add("loses-protection")
        if name == "autocommit":
            traits = {"ends-transaction"}
        reading.add("update", "setting", name, known.protects[name] + where, aspect="process", traits=traits)
    elif wide or (name not in known.harmless and name not in known.protects and name not in known.parsing):
        reading.add("update", "setting", name, f"sets a variable{where}", aspect="process", traits=traits)


def _subquery(reading: Reading, at: Cursor) -> None:
    """`SET @a = (SELECT …)` reads what its queries read."""
    while not at.done:
        if at.token.value == "(" and at.at + 1 < len(at.tokens) and at.tokens[at.at + 1].word == "SELECT":
            group = at.group()
            with reading.inside():
                queries.statement(reading, group)
        else:
            at.at += 1
