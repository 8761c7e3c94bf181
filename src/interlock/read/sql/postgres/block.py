"""DO blocks: PL/pgSQL is read statement by statement; what it builds at run time is unknown."""

from __future__ import annotations

from typing import Any, Final

from interlock.read.sql.neutral import Sub
from interlock.read.sql.postgres import names
from interlock.read.sql.postgres.grammar import Node, SyntaxFault, TooDeep, parse, parse_block
from interlock.read.sql.postgres.reading import Reading
from interlock.read.sql.postgres.selves import FAR
from interlock.read.sql.postgres.terms import describe, term, text_of
from interlock.read.sql.practice import is_keylike

#: Statements of PL/pgSQL that only hold others, expressions, or nothing that reaches the database.
_PLAIN: Final = frozenset(
    (
        "PLpgSQL_case_when", "PLpgSQL_condition", "PLpgSQL_diag_item", "PLpgSQL_exception", "PLpgSQL_exception_block",
        "PLpgSQL_function", "PLpgSQL_if_elsif", "PLpgSQL_raise_option", "PLpgSQL_rec", "PLpgSQL_recfield",
        "PLpgSQL_row", "PLpgSQL_stmt_assert", "PLpgSQL_stmt_assign", "PLpgSQL_stmt_block", "PLpgSQL_stmt_call",
        "PLpgSQL_stmt_case", "PLpgSQL_stmt_close", "PLpgSQL_stmt_execsql", "PLpgSQL_stmt_exit", "PLpgSQL_stmt_fetch",
        "PLpgSQL_stmt_getdiag", "PLpgSQL_stmt_if", "PLpgSQL_stmt_open", "PLpgSQL_stmt_perform",
        "PLpgSQL_stmt_raise", "PLpgSQL_stmt_return", "PLpgSQL_stmt_return_next", "PLpgSQL_stmt_return_query",
        "PLpgSQL_stmt_set", "PLpgSQL_type", "PLpgSQL_var"
    )
)  # fmt: skip
#: Those that run what they hold any number of times.
_LOOPS: Final = frozenset(
    (
        "PLpgSQL_stmt_forc", "PLpgSQL_stmt_foreach_a", "PLpgSQL_stmt_fori", "PLpgSQL_stmt_fors", "PLpgSQL_stmt_loop",
        "PLpgSQL_stmt_while",
    )
)  # fmt: skip
#: Those of them that go on until something is so.
_ENDLESS: Final = frozenset(("PLpgSQL_stmt_loop", "PLpgSQL_stmt_while"))
#: Those that run a text which an expression gives.
_DYNAMIC: Final = frozenset(("PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"))
_ENDS: Final = {"PLpgSQL_stmt_commit": "commit", "PLpgSQL_stmt_rollback": "rollback"}
#: How PL/pgSQL hands an expression to the parser, by number: a statement, a type, an expression, an assignment.
_STATEMENT, _EXPRESSION = 0, 2


def do(reading: Reading, node: Node) -> None:
    """An anonymous block. Only PL/pgSQL can be read."""
    options = names.options(node.get("args", ()))
    language = names.text(options.get("language", {}).get("arg", {})) or "plpgsql"
    body = names.text(options.get("as", {}).get("arg", {}))
    if language.lower() != "plpgsql":
        reading.cannot_tell("do", f"a block in {language}", traits=("runs-code",))
        return
    tag = "$interlock$"
    if tag in body:
        reading.cannot_tell("do", "a block that cannot be read", traits=("runs-code",))
        return
    try:
        tree = parse_block(f"DO {tag}{body}{tag}")
    except (SyntaxFault, TooDeep):
        reading.cannot_tell("do", "a block that cannot be read", traits=("runs-code",))
        return
    with reading.inside() as readable, reading.repeating():
        if readable and tree:
            _walk(reading, tree)
        else:
            reading.cannot_tell("do", "a block that cannot be read", traits=("runs-code",))


def _walk(reading: Reading, root: Any) -> None:
    stack: list[Any] = [root]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(reversed(value))
            continue
        if not isinstance(value, dict):
            continue
        for kind, inner in reversed(value.items()):
            if kind == "PLpgSQL_expr":
                _expression(reading, inner)
            elif kind in _ENDS:
                reading.leave_transaction()
                reading.add(
                    "execute", "session", "transaction", _ENDS[kind], aspect="process", traits=("ends-transaction",)
                )  # fmt: skip
            elif kind in _LOOPS:
                _loop(reading, kind, inner)
            elif kind in ("PLpgSQL_function", "PLpgSQL_var"):
                _declare(reading, inner)
                stack.append(inner)
            elif kind in _DYNAMIC and _is_read(reading, inner):
                stack.append({key: part for key, part in inner.items() if key != "query"})
            elif kind.startswith("PLpgSQL_stmt_dyn") or _is_dynamic(inner):
                reading.cannot_tell("execute", "runs SQL that it builds at run time", traits=("runs-code", "dynamic"))
            elif kind.startswith("PLpgSQL_") and kind not in _PLAIN:
                reading.cannot_tell(kind, "a statement of a block that is not modelled", traits=("runs-code",))
            elif isinstance(inner, (dict, list)):
                stack.append(inner)


def _declare(reading: Reading, inner: Node) -> None:
    """Remembers what the variables of a block are called, and of which table a cursor takes each row."""
    if "datums" in inner:
        named: list[Node] = [next(iter(one.values())) for one in inner["datums"]]
        reading.variables = [str(one.get("refname", "")) for one in named]
    if "cursor_explicit_expr" in inner:
        sub = _described(inner["cursor_explicit_expr"].get("PLpgSQL_expr", {}).get("query", ""))
        reading.cursors[str(inner.get("refname", ""))] = sub.table if sub and not sub.limited else ""


def _loop(reading: Reading, kind: str, node: Node) -> None:
    """A loop. One over every row of a table, whose rows are then changed one by one, changes all of it."""
    variables = _variables(node)
    query = node.get("query", {}).get("PLpgSQL_expr", {}).get("query", "")
    sub = _described(query) if query else None
    for name in variables:
        reading.loops[name] = sub.table if sub and sub.plain and not sub.limited else ""
        if kind == "PLpgSQL_stmt_fori" and _goes_far(node):
            reading.series.add(name)
        elif sub and sub.table and not sub.limited and sub.lists:
            reading.each[name] = sub.table
    if kind == "PLpgSQL_stmt_foreach_a" and node.get("varno", 0) < len(reading.variables):
        variables = [reading.variables[node.get("varno", 0)]]
        reading.each[variables[0]] = _listed(node.get("expr", {}).get("PLpgSQL_expr", {}).get("query", ""))
    if kind in _ENDLESS:
        reading.endless += 1
    reading.in_loop += 1
    _walk(reading, node)
    reading.in_loop -= 1
    reading.endless -= kind in _ENDLESS
    reading.series.difference_update(variables)
    for name in variables:
        reading.each.pop(name, None)


def _variables(node: Node) -> list[str]:
    """What a loop is told by: a record, a variable, or several."""
    kind, inner = next(iter(node["var"].items())) if node.get("var") else ("", {})
    if kind == "PLpgSQL_row":
        return [str(one.get("name", "")) for one in inner.get("fields", ())]
    return [str(inner.get("refname", ""))] if kind else []


def _goes_far(node: Node) -> bool:
    """Whether a loop counts on beyond the keys of most tables."""
    ends = [node.get(end, {}).get("PLpgSQL_expr", {}).get("query", "") for end in ("lower", "upper")]
    return any(one.isdigit() and int(one[:18]) >= FAR for one in ends)


def _listed(query: str) -> str:
    """The table of which an array holds the keys of every row: `ARRAY(SELECT id FROM t)`."""
    try:
        held = parse(f"SELECT {query}")[0]["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
    except (SyntaxFault, TooDeep, KeyError, IndexError):
        return ""
    sub: Sub = next((one for one in term(held) if isinstance(one, Sub)), Sub(False))
    given = sub.given[2][0] if sub.given[:2] == ("fn", "array_agg") else sub.given
    whole = sub.own == ("lit", True) and given[:1] == ("col",) and is_keylike(str(given[-1]), sub.source)
    return sub.source if whole else ""


def _described(query: str) -> Sub | None:
    try:
        statements = parse(query)
    except (SyntaxFault, TooDeep):
        return None
    return describe(statements[0].get("SelectStmt", {}), exists=False) if len(statements) == 1 else None


def _is_read(reading: Reading, node: Node) -> bool:
    """EXECUTE of a text that stands there: it is read as what it says. False where the text is made at run time."""
    try:
        held = parse("SELECT " + node.get("query", {}).get("PLpgSQL_expr", {}).get("query", ""))
        outputs: list[Node] = held[0]["SelectStmt"].get("targetList", []) if len(held) == 1 else []
        text = text_of(outputs[0]["ResTarget"]["val"]) if outputs and not outputs[1:] else None
        statements = parse(text) if text else []
    except (SyntaxFault, TooDeep, KeyError):
        return False
    for statement in statements:
        reading.embedded(statement)
    return bool(statements)


def _is_dynamic(inner: object) -> bool:
    """OPEN … FOR EXECUTE and RETURN QUERY EXECUTE keep their text in a field of its own."""
    return isinstance(inner, dict) and "dynquery" in inner


def _expression(reading: Reading, node: Node) -> None:
    query = str(node.get("query", ""))
    mode = node.get("parseMode", _STATEMENT)
    wanted: list[tuple[str, ...]]
    if mode > _EXPRESSION:
        sign = ":=" if ":=" in query else "="
        target, _, value = query.partition(sign)
        wanted = [("SELECT " + value,), ("SELECT " + target,)]
    else:
        wanted = [(query, "SELECT " + query)] if mode == _STATEMENT else [("SELECT " + query,)]
    for spellings in wanted:
        if not any(_tried(reading, text) for text in spellings):
            reading.cannot_tell("do", "an expression of a block that cannot be read", traits=("runs-code",))


def _tried(reading: Reading, text: str) -> bool:
    """Reads a text as a statement; False where it is none."""
    try:
        statements = parse(text)
    except (SyntaxFault, TooDeep):
        return False
    for statement in statements:
        reading.statement(statement)
    return True


HANDLERS: Final = {"DoStmt": do}
