"""Conditions tried on made-up rows: what leaves out none is found, and what chooses is left alone."""

from __future__ import annotations

import pytest

from interlock.read.sql.neutral import Target, Term
from interlock.read.sql.postgres.grammar import parse
from interlock.read.sql.postgres.terms import term
from interlock.read.sql.trial.leaves import comes_to, leaves_none

USERS = Target(frozenset(("users", "u")), "users")


def condition(text: str) -> Term:
    return term(parse(f"DELETE FROM users WHERE {text}")[0]["DeleteStmt"]["whereClause"])


@pytest.mark.parametrize(
    "text",
    [
        "reverse(reverse(email)) = email",
        "u.id + 1 - 1 = users.id",
        "CASE WHEN email = 'x' THEN 1 ELSE 2 END < 3",
        "$1 IS NULL OR id = $1",
        "to_jsonb(users) ->> 'id' = id::text",
    ],
)
def test_an_identity_leaves_out_no_row(text: str) -> None:
    assert leaves_none(condition(text), USERS)


@pytest.mark.parametrize(
    "text",
    [
        "reverse(email) = email",
        "lower(email) = 'admin'",
        "lower(email) <> 'admin'",
        "length(email) < 300",
        "trunc(price) = price",
        "email IS NOT NULL AND reverse(reverse(email)) = email",
        "nullif(email, email) = email",
        "email = 'x'",
        "wipe(email) = email",
        "email LIKE concat('%', $1, '%')",
        "reverse(reverse(email)) = email AND state = 'x'",
    ],
)
def test_what_leaves_out_a_row_of_some_kind_or_is_not_known_is_no_identity(text: str) -> None:
    assert not leaves_none(condition(text), USERS)


def test_a_condition_of_very_many_parts_is_not_tried() -> None:
    many = " AND ".join(["reverse(reverse(email)) = email"] * 100)

    assert not leaves_none(condition(many), USERS)


def test_what_would_keep_the_reader_busy_is_not_tried() -> None:
    """Texts and numbers stay small, and no pattern is tried that can take more than a few steps."""
    grows = "email"
    for _ in range(8):
        grows = f"replace({grows}, 'q', '{'q' * 90}')"

    assert not leaves_none(condition(f"{grows} = {grows}"), USERS)
    assert not leaves_none(condition("email ~ '(a+)+$'"), USERS)
    assert not leaves_none(condition("repeat(email, 1000000000) = email"), USERS)
    assert not leaves_none(condition("rpad(email, 1000000000) = email"), USERS)
    assert not leaves_none(condition(f"repeat(email, 9) LIKE '{'%q' * 45}b'"), USERS)
    assert not leaves_none(condition(f"email || '{'x' * 500}' = email || '{'x' * 500}'"), USERS)


def test_a_pattern_is_matched_as_like_matches() -> None:
    row = {"names": frozenset[str]()}

    assert comes_to(condition("'abc' LIKE '%b_'"), row) is True
    assert comes_to(condition(r"'a%' LIKE 'a\%'"), row) is True
    assert comes_to(condition(r"'ab' LIKE 'a\%'"), row) is False
