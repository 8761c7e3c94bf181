"""SET in MySQL: variables of the session and of the server, roles, passwords, transactions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from interlock.model.change import Trait
from interlock.read.sql.glot import queries
from interlock.read.sql.glot.calls import calls
from interlock.read.sql.glot.lexer import NUMBER, TEXT, VARIABLE, Token
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
        _remember(reading, name, at)
        return scope  # a variable of the session's own
    if token.kind == VARIABLE:
        name = name[2:]
        head, _, tail = name.partition(".")
        if head in ("global", "session", "local", "persist", "persist_only") and tail:
            scope, name = head.upper(), tail
    while at.mark("."):
        name += "." + at.word().lower()
    if not (at.mark("=") or at.mark(":=")):
        reading.cannot_tell(name, "a set that is not modelled", kind="setting")
        return scope
    rest = at.tokens[at.at :]
    wide = scope in ("GLOBAL", "PERSIST", "PERSIST_ONLY")
    if name in settings("mysql").parsing and not wide:
        _mode(reading, name, rest)
    else:
        _set(reading, name, "".join(one.value for one in rest).lower(), wide=wide)
    return scope


def _remember(reading: Reading, name: str, at: Cursor) -> None:
    """What a variable of the session is set to, where the text says it."""
    if not (at.mark("=") or at.mark(":=")):
        return
    rest = at.tokens[at.at :]
    reading.modes[name] = _keeps_reading(reading, rest)
    if is_literal(rest):
        reading.given[name] = rest
    else:
        reading.given.pop(name, None)


def is_literal(tokens: Sequence[Token]) -> bool:
    """Whether this is one text or number."""
    signed = len(tokens) == 2 and tokens[0].value == "-" and tokens[1].kind == NUMBER
    return signed or (len(tokens) == 1 and tokens[0].kind in (TEXT, NUMBER))


def filled(reading: Reading, tokens: Sequence[Token]) -> Sequence[Token]:
    """A statement with the values of the session's variables in it, where it takes all of a table with them.

    Else as it is: what sets a variable besides can stand in a trigger, so that no write is said to be less for it.
    """
    moved = [one.kind == VARIABLE and before.word == "INTO" for before, one in pairwise(tokens)]
    if any(moved) or any(token.value == ":=" for token in tokens):
        reading.given.clear()
    found: list[Token] = []
    for token in tokens:
        found.extend(reading.given.get(token.value.lower(), (token,)) if token.kind == VARIABLE else (token,))
    if found == list(tokens):
        return tokens
    probe = Reading(reading.dialect, reading.environment)
    queries.statement(probe, found)
    whole = any(one.verb in ("update", "delete") and one.choice == "all" for one in probe.change("").effects)
    return found if whole else tokens


def _mode(reading: Reading, name: str, given: Sequence[Token]) -> None:
    """sql_mode, for this session."""
    if not _keeps_reading(reading, given):
        reading.cannot_tell(name, "changes how what follows is read", kind="setting")
        return
    named = {part for one in given for part in _modes_in(one)}
    kept = len(given) > 1 or given[0].kind == VARIABLE
    if _takes_strictness(given) if kept else _STRICT.isdisjoint(named):
        reading.add(
            "update", "setting", name, "values can be cut in silence", aspect="process", traits=("loses-protection",)
        )  # fmt: skip


#: Modes that change no reading: values are refused, or kept otherwise.
_MODES: Final = frozenset(
    ("", "strict_all_tables", "strict_trans_tables", "no_auto_value_on_zero", "no_zero_in_date", "no_zero_date",
     "error_for_division_by_zero", "no_engine_substitution", "only_full_group_by", "traditional",
     "no_unsigned_subtraction", "pad_char_to_full_length", "time_truncate_fractional", "allow_invalid_dates",
     "no_auto_create_user", "no_dir_in_create", "no_table_options", "no_key_options", "no_field_options",
     "time_round_fractional", "real_as_float", "ignore_space")
)  # fmt: skip
_STRICT: Final = frozenset(("strict_all_tables", "strict_trans_tables", "traditional"))
_COMPOSING: Final = frozenset(("CONCAT", "REPLACE", "SELECT"))


def _keeps_reading(reading: Reading, given: Sequence[Token]) -> bool:
    """Whether an sql_mode is given of which each mode is known and none decides how what follows is read."""
    if len(given) != 1:
        return _composes(given)
    one = given[0]
    name = one.value.lower()
    if one.kind == VARIABLE:
        # dumps put back what they kept; what a variable holds that is called otherwise is not known
        return _is_mode(name) or reading.modes.get(name, name.startswith(("@old_", "@saved_")))
    if one.kind != TEXT and not one.word:
        return name == "0"  # other numbers are sets of modes
    return name == "default" or all(part.strip() in _MODES for part in name.split(","))


def _is_mode(variable: str) -> bool:
    return variable == "@@sql_mode" or (variable.startswith("@@") and variable.rpartition(".")[2] == "sql_mode")


def _composes(given: Sequence[Token]) -> bool:
    """`CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')`, REPLACE: the modes that there are, and whole names of others."""
    kept = [one for one in given if one.kind == VARIABLE and _is_mode(one.value.lower())]
    texts = [one for one in given if one.kind == TEXT]
    signs = [one for one in given if one.word in _COMPOSING or (one.kind == "p" and one.value in "(),")]
    if len(kept) + len(texts) + len(signs) != len(given) or not kept:
        return False
    return all(part in _MODES for one in texts for part in _modes_in(one))


def _modes_in(text: Token) -> list[str]:
    return [part.strip().lower() for part in text.value.split(",")]


def _takes_strictness(given: Sequence[Token]) -> bool:
    """`REPLACE(@@sql_mode, 'STRICT_TRANS_TABLES', '')`."""
    named = {part for one in given if one.kind == TEXT for part in _modes_in(one)}
    return any(one.word == "REPLACE" for one in given) and not _STRICT.isdisjoint(named)


def _set(reading: Reading, name: str, given: str, *, wide: bool) -> None:
    known = settings("mysql")
    restores = given.startswith("@") and not given.startswith("@@global")  # mysqldump puts back what it had kept
    traits: set[Trait] = {"not-transactional"} if wide else set()
    where = ", for the whole server" if wide else ""
    if name in known.protects and given not in known.keeps.get(name, ()) and not restores:
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
