"""Laws of narrowing: what is approved is allowed, and no other action ever is, whatever the names look like."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from interlock.execute.aws.narrow import MAX_POLICY, Scope, narrow

SCOPE = Scope("123456789012", "eu-central-1")
NAMES = st.lists(
    st.builds(
        lambda bucket, key: f"{bucket}/{key}",
        st.from_regex(r"[a-z][a-z0-9-]{2,20}", fullmatch=True),
        st.text(min_size=1, max_size=60),
    ),
    min_size=1,
    max_size=60,
)
ACTIONS = st.lists(st.sampled_from(["s3:DeleteObject", "s3:PutObject", "s3:PutObjectAcl"]), min_size=1, max_size=3)


def matches(pattern: str, arn: str) -> bool:
    """As IAM matches resources: `*` any signs, `?` one, and `${*}` the sign itself.

    What stands between two `*` is looked for once, from the left: a regular expression would try all ways to share.
    """
    pieces: list[list[str]] = [[]]  # of single signs, "" for any one
    for part in re.split(r"(\$\{[*?$]\}|\*|\?)", pattern):
        if part == "*":
            pieces.append([])
        elif part == "?":
            pieces[-1].append("")
        else:
            pieces[-1] += part[2] if re.fullmatch(r"\$\{[*?$]\}", part) else part
    first, *others = pieces
    if not others:
        return len(arn) == len(first) and _stands(first, arn, 0)
    *middle, last = others
    at, end = len(first), len(arn) - len(last)
    if at > end or not _stands(first, arn, 0) or not _stands(last, arn, end):
        return False
    for piece in middle:
        found = next((place for place in range(at, end - len(piece) + 1) if _stands(piece, arn, place)), None)
        if found is None:
            return False
        at = found + len(piece)
    return True


def _stands(piece: list[str], text: str, place: int) -> bool:
    return all(sign in ("", text[place + offset]) for offset, sign in enumerate(piece))


def allowed(policy: str) -> list[tuple[str, str]]:
    statements = json.loads(policy)["Statement"]
    return [
        (action, resource)
        for statement in statements
        if "Condition" not in statement
        for action in statement["Action"]
        for resource in statement["Resource"]
    ]


def covered(policy: str, action: str, names: Iterable[str]) -> bool:
    patterns = [resource for found, resource in allowed(policy) if found == action]
    return all(any(matches(pattern, f"arn:aws:s3:::{name}") for pattern in patterns) for name in names)


@given(ACTIONS, NAMES)
def test_what_is_approved_is_allowed_and_no_other_action_is(actions: list[str], names: list[str]) -> None:
    found = narrow(dict.fromkeys(actions, names), SCOPE)

    assert len(found.policy) <= MAX_POLICY
    assert {action for action, _ in allowed(found.policy)} == set(actions)
    assert all(covered(found.policy, action, names) for action in actions)


@given(NAMES, st.text(min_size=1, max_size=20))
def test_a_policy_that_was_not_widened_allows_nothing_that_was_not_named(names: list[str], other: str) -> None:
    found = narrow({"s3:DeleteObject": names}, SCOPE)
    plain = [name for name in names if all(" " <= sign <= "\xff" for sign in name)]
    stranger = f"another-bucket/{other}"

    if not found.widened and len(plain) == len(names) and stranger not in names:
        assert not covered(found.policy, "s3:DeleteObject", [stranger])
