"""Our three-valued logic against SQLite's: random conditions over random rows, never an outcome that we excluded."""

from __future__ import annotations

import apsw
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.read.sql.logic import FALSE, NULL, TRUE, outcomes
from interlock.read.sql.neutral import Target, Term

TARGET = Target(frozenset({"t"}), "t")
VALUES = st.one_of(st.none(), st.integers(-3, 3))
LITERALS = st.builds(lambda value: ("lit", value), VALUES)
COLUMNS = st.sampled_from([("col", "", "a"), ("col", "", "b"), ("col", "", "c")])
PLAIN = st.one_of(LITERALS, COLUMNS)
CALLS = st.builds(lambda name, x, y: ("fn", name, (x, y)), st.sampled_from(["coalesce", "nullif"]), PLAIN, PLAIN)
CHOICES = st.builds(lambda x, y, z, w: ("case", ((("cmp", "=", x, y), z),), w), PLAIN, PLAIN, PLAIN, PLAIN)
SUMS = st.builds(lambda op, x, y: ("fn", op, (x, y)), st.sampled_from("+-*%"), PLAIN, PLAIN)
OPERANDS = st.one_of(PLAIN, SUMS, CALLS, CHOICES)
SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
FEW = st.lists(PLAIN, min_size=1, max_size=3)
ATOMS = st.one_of(
    st.builds(lambda sign, x, y: ("cmp", sign, x, y), SIGNS, OPERANDS, OPERANDS),
    st.builds(lambda x, negated: ("null", x, negated), OPERANDS, st.booleans()),
    st.builds(lambda x, y, negated: ("same", x, y, negated), OPERANDS, OPERANDS, st.booleans()),
    st.builds(
        lambda x, items, no: ("in", x, tuple(items), no), PLAIN, st.lists(PLAIN, min_size=1, max_size=3), st.booleans()
    ),
    st.builds(lambda x, low, high, no: ("between", x, low, high, no), PLAIN, PLAIN, PLAIN, st.booleans()),
    LITERALS,
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(lambda x: ("not", x), inner),
        st.builds(lambda x, y, z: ("case", ((x, y),), z), inner, inner, inner),
        st.builds(
            lambda tag, xs: (tag, tuple(xs)), st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)
        ),
    ),
    max_leaves=8,
)
ROWS = [(a, b, c) for a in (None, -1, 0, 2) for b in (None, 0, 1) for c in (None, -3, 3)]


def spelled(term: Term) -> str:
    """A term in SQL."""
    tag = term[0]
    if tag == "lit":
        return "NULL" if term[1] is None else f"({term[1]})"
    if tag == "col":
        return str(term[2])
    if tag == "fn" and len(term[1]) > 1:
        return f"{term[1]}({', '.join(spelled(one) for one in term[2])})"
    if tag == "case":
        branches = " ".join(f"WHEN {spelled(one)} THEN {spelled(value)}" for one, value in term[1])
        return f"(CASE {branches} ELSE {spelled(term[2])} END)"
    if tag == "fn":
        return f"({spelled(term[2][0])} {term[1]} {spelled(term[2][1])})"
    if tag == "cmp":
        return f"({spelled(term[2])} {term[1]} {spelled(term[3])})"
    if tag == "null":
        return f"({spelled(term[1])} IS {'NOT ' if term[2] else ''}NULL)"
    if tag == "same":
        return f"({spelled(term[1])} IS {'NOT ' if term[3] else ''}{spelled(term[2])})"
    if tag == "in":
        items = ", ".join(spelled(item) for item in term[2])
        return f"({spelled(term[1])} {'NOT ' if term[3] else ''}IN ({items}))"
    if tag == "between":
        word = "NOT BETWEEN" if term[4] else "BETWEEN"
        return f"({spelled(term[1])} {word} {spelled(term[2])} AND {spelled(term[3])})"
    if tag == "not":
        return f"(NOT {spelled(term[1])})"
    return "(" + f" {tag} ".join(spelled(one) for one in term[1]) + ")"


@settings(max_examples=100, deadline=None)
@given(CONDITIONS)
def test_no_row_has_an_outcome_that_was_excluded(term: Term) -> None:
    """Whatever SQLite makes of a condition for some row is among the outcomes that we gave."""
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (a, b, c)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", ROWS)
    found = {value for (value,) in connection.execute(f"SELECT DISTINCT ({spelled(term)}) FROM t")}
    connection.close()

    seen = 0
    for value in found:
        seen |= NULL if value is None else TRUE if value else FALSE

    assert seen & ~outcomes(term, TARGET) == 0
