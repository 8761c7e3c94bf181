"""Conditions by themselves: what is proved to exclude nothing, what practically does, and which columns are pinned."""

from __future__ import annotations

import pytest

from interlock.read.sql.condition import judge
from interlock.read.sql.logic import FALSE, NULL, TRUE, outcomes
from interlock.read.sql.neutral import NOTHING, Sub, Target, Term, negate
from interlock.read.sql.practice import is_keylike

USERS = Target(frozenset({"users"}), "users")
A: Term = ("col", "", "a")
ID: Term = ("col", "", "id")


def lit(value: object) -> Term:
    return ("lit", value)


def test_no_condition_chooses_everything() -> None:
    """Its absence is told apart from one that is always true."""
    judged = judge(None, USERS)

    assert (judged.choice, judged.always, judged.why) == ("all", False, "no where")


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (lit(True), TRUE), (lit(0), FALSE), (lit(None), NULL), (lit("x"), TRUE | FALSE),
        (("not", lit(None)), NULL), (("and", (lit(True), lit(None))), NULL), (("and", (lit(False), lit(None))), FALSE),
        (("or", (lit(True), lit(None))), TRUE), (("or", (lit(False), lit(None))), NULL),
        (("cmp", "=", A, A), TRUE | NULL), (("cmp", "<", A, A), FALSE | NULL), (("cmp", "=", A, lit(None)), NULL),
        (("cmp", "=", lit("a"), lit("A")), TRUE | FALSE), (("cmp", "<>", lit("a"), lit("b")), TRUE),
        (("null", A, False), TRUE | FALSE), (("null", lit(1), True), TRUE),
        (("same", A, A, False), TRUE), (("same", A, A, True), FALSE),
        (("like", A, lit("%"), False), TRUE | NULL), (("like", A, lit(""), False), TRUE | FALSE | NULL),
        (("in", lit(1), (lit(1), lit(2)), False), TRUE), (("in", A, (A,), True), FALSE | NULL),
        (("between", lit(5), lit(1), lit(9), False), TRUE), (("between", A, A, A, False), TRUE | NULL),
        (("or", (("null", A, False), ("null", A, True))), TRUE | NULL),
        (("or", (("cmp", "<", A, lit(5)), ("cmp", ">=", A, lit(5)))), TRUE | NULL),
        (("or", (("cmp", "<", A, lit(5)), ("cmp", ">", A, lit(5)))), TRUE | FALSE | NULL),
        (("or", (("cmp", "<>", A, lit(5)), ("cmp", "<>", A, lit(6)))), TRUE | NULL),
        (("and", (("null", A, False), ("null", A, True))), FALSE),
        (("cmp", "=", ("fn", "*", (A, lit(0))), lit(0)), TRUE | NULL),
        (("cmp", "=", ("fn", "random", ()), ("fn", "random", ())), TRUE | FALSE | NULL),
        (("sub", Sub(False, exists=True, certain=True)), TRUE), (("sub", Sub(False, "users", exists=True)), TRUE),
        (("sub", Sub(False, "orders", exists=True)), TRUE | FALSE | NULL),
        (("param", "1"), TRUE | FALSE | NULL), (("other", (A,)), TRUE | FALSE | NULL),
    ],
)  # fmt: skip
def test_a_condition_has_these_outcomes(term: Term, expected: int) -> None:
    """Three-valued logic, never fewer outcomes than there are."""
    assert outcomes(term, USERS) == expected


@pytest.mark.parametrize(
    ("term", "keys", "choice"),
    [
        (("cmp", "=", ID, lit(5)), ("id",), "named"), (("cmp", "=", lit(5), ID), ("id",), "named"),
        (("in", ID, (lit(1), lit(2)), False), ("id",), "named"), (("cmp", "=", ID, ("param", "1")), ("id",), "named"),
        (("in", ID, (lit(1), lit(2)), True), (), "all"), (("cmp", ">", ID, lit(5)), (), "filtered"),
        (("and", (("cmp", "=", A, lit(1)), ("cmp", "=", ID, lit(2)))), ("a", "id"), "named"),
        (("or", (("cmp", "=", A, lit(1)), ("cmp", "=", ID, lit(2)))), (), "filtered"),
        (("cmp", "=", A, lit(1)), ("a",), "filtered"), (("cmp", "=", ID, A), (), "filtered"),
        (("cmp", "=", ("col", "users", "id"), lit(1)), ("id",), "named"),
        (("and", (("cmp", "=", ("col", "orders", "id"), lit(1)), ("null", A, False))), (), "filtered"),
    ],
)  # fmt: skip
def test_equality_pins_columns(term: Term, keys: tuple[str, ...], choice: str) -> None:
    """Only columns of the target that every chosen row has equal to a given value."""
    judged = judge(term, USERS)

    assert (judged.keys, judged.choice) == (keys, choice)


def test_a_condition_on_another_table_alone_excludes_nothing_here() -> None:
    """Either every row of the target is hit, or none; which one is not in the text."""
    judged = judge(("cmp", "=", ("col", "orders", "id"), lit(5)), USERS)

    assert (judged.choice, judged.guessed) == ("all", True)


@pytest.mark.parametrize(
    "term",
    [
        ("cmp", ">", ID, lit(0)), ("cmp", ">=", ID, lit(1)), ("cmp", "<>", ID, lit(-1)), ("null", ID, True),
        ("cmp", "<", ID, lit(10**12)), ("not", ("null", ID, False)), ("in", ID, (lit(0), lit(-1)), True), ID,
        ("cmp", "<", ("col", "", "created_at"), ("fn", "now", ())),
        ("cmp", ">", ("col", "", "seen"), lit("1970-01-01")), ("cmp", "<", ("col", "", "seen"), lit("9999-12-31")),
        ("and", (("cmp", ">", ID, lit(0)), lit(True))), ("or", (("cmp", ">", ID, lit(0)), ("cmp", "=", A, lit(1)))),
    ],
)  # fmt: skip
def test_a_faked_condition_counts_as_none_and_is_marked_as_a_guess(term: Term) -> None:
    """What hits every row of any real table is treated so, and said to be estimated."""
    judged = judge(term, USERS)

    assert (judged.choice, judged.always, judged.guessed) == ("all", True, True)


@pytest.mark.parametrize(
    "term",
    [
        ("cmp", ">", ID, lit(5)), ("cmp", "<>", A, lit(0)), ("null", A, True), ("cmp", ">", A, lit(0)),
        ("cmp", "<", ("col", "", "expires_at"), ("fn", "now", ())),
        ("cmp", "<", ("col", "", "created_at"), ("fn", "-", (("fn", "now", ()), ("fn", "interval", (lit("1 day"),))))),
        ("cmp", ">", ("col", "", "birth_date"), lit("1960-01-01")),
        ("cmp", "<", ("col", "", "seen"), lit("2024-01-01")),
        ("and", (("cmp", ">", ID, lit(0)), ("cmp", "=", A, lit(1)))),
        ("null", ("col", "", "parent_id"), True),
    ],
)  # fmt: skip
def test_an_honest_condition_stays_a_filter(term: Term) -> None:
    """What leaves rows out in practice is no fake."""
    assert judge(term, USERS).choice == "filtered"


@pytest.mark.parametrize(
    ("column", "table", "expected"),
    [
        ("id", "users", True), ("ID", "users", True), ("user_id", "users", True), ("user_id", "orders", False),
        ("category_id", "shop.categories", True), ("rowid", "x", True), ("uuid", "x", True), ("email", "users", False),
        ("paid", "users", False), ("idx", "users", False), ("box_id", "boxes", True),
    ],
)  # fmt: skip
def test_a_key_is_told_by_its_name(column: str, table: str, expected: bool) -> None:
    """By how schemas are commonly written; an inventory knows better later."""
    assert is_keylike(column, table) is expected


def test_the_same_table_joined_to_itself_by_one_column_chooses_everything() -> None:
    """`a.id = b.id`, where a and b are one table, leaves nothing out; `a.id > b.id` does."""
    target = Target(frozenset({"a"}), "users", frozenset({"b"}))
    same: Term = ("cmp", "=", ("col", "b", "id"), ("col", "a", "id"))
    other: Term = ("cmp", ">", ("col", "a", "id"), ("col", "b", "id"))

    assert judge(same, target).choice == "all"
    assert judge(("and", (same, other)), target).choice == "filtered"


@pytest.mark.parametrize("term", [("cmp", "<", A, lit(1)), ("null", A, False), ("in", A, (lit(1),), True), A])
def test_the_opposite_of_the_opposite_is_the_thing_itself(term: Term) -> None:
    """`negate` is its own inverse."""
    assert negate(negate(term)) == term


def test_a_condition_without_a_table_has_outcomes_too() -> None:
    """Subqueries are judged by themselves, with no target."""
    assert outcomes(("cmp", "=", lit(1), lit(1)), NOTHING) == TRUE
