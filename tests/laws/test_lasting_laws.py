"""Laws of what lasts: evidence only lowers, what is taken away never helps, and no value stands in a text."""

from __future__ import annotations

from typing import get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from lasting_shapes import KINDS, TECHNOLOGIES, meeting, path_of, put, type_of

from interlock.model.wayback import REVERSIBILITIES
from interlock.read.lasting.lasting import Lasting, Operation, judge

OPERATIONS = get_args(Operation)
SECRET = "hunter2-in-clear"
LEAVES = st.sampled_from([None, True, False, 0, 1, 7, 30, 2.5, "", "true", SECRET, [], {}, [SECRET], {"a": [SECRET]}])
CASES = st.sampled_from(
    [(kind, technology) for _, kind in KINDS for technology in TECHNOLOGIES if type_of(kind, technology)]
)


def rank(found: Lasting) -> int:
    return REVERSIBILITIES.index(found.way_back.reversibility or "none-needed")


@st.composite
def things(draw: st.DrawFn) -> tuple[str, str, dict[str, object], dict[str, object]]:
    """A technology, a type, and values before and after at the paths that the rows speak of."""
    kind, technology = draw(CASES)
    conditions = [condition for row in kind.evidence for condition in row.when]
    sides: list[dict[str, object]] = []
    for _ in range(2):
        values: dict[str, object] = {}
        for condition in conditions:
            path = path_of(kind, condition.at, technology)
            if path and draw(st.integers(0, 3)):
                put(values, path, draw(st.one_of(st.just(meeting(condition)), LEAVES)))
        for update in kind.updates:
            path = path_of(kind, update.at, technology)
            if path and draw(st.booleans()):
                put(values, path, draw(LEAVES))
        values["something"] = draw(LEAVES)
        sides.append(values)
    return technology, type_of(kind, technology), sides[0], sides[1]


@given(things(), st.sampled_from(["delete", "replace"]), st.data())
def test_taking_evidence_away_never_lowers_the_class(
    thing: tuple[str, str, dict[str, object], dict[str, object]], operation: Operation, data: st.DataObject
) -> None:
    technology, type_, before, after = thing
    name = data.draw(st.sampled_from(sorted(before)))
    less = {key: value for key, value in before.items() if key != name}

    with_it = judge(technology, type_, operation, before, after)  # type: ignore[arg-type]  # one of two
    without = judge(technology, type_, operation, less, after)  # type: ignore[arg-type]  # one of two

    assert rank(without) >= rank(with_it)


@given(things(), st.data())
def test_a_change_that_is_less_known_is_never_better(
    thing: tuple[str, str, dict[str, object], dict[str, object]], data: st.DataObject
) -> None:
    """What is hidden before, or unknown after, takes no trait away and lowers no class."""
    technology, type_, before, after = thing
    names = frozenset(data.draw(st.sets(st.sampled_from(sorted({*before, *after})))))
    blurred = {key: value for key, value in after.items() if key not in names}

    clear = judge(technology, type_, "update", before, after)  # type: ignore[arg-type]  # one of two
    unclear = judge(technology, type_, "update", before, blurred, names, hidden=names)  # type: ignore[arg-type]  # the same

    assert rank(unclear) >= rank(clear)
    assert set(clear.traits) <= set(unclear.traits)


@given(things(), st.sampled_from(OPERATIONS), st.booleans())
def test_no_value_stands_in_a_text(
    thing: tuple[str, str, dict[str, object], dict[str, object]], operation: Operation, known: bool
) -> None:
    technology, type_, before, after = thing
    found = judge(technology, type_ if known else "of_nobody", operation, before, after)  # type: ignore[arg-type]  # one of two
    shown = {row for _, kind in KINDS if type_ in (*kind.terraform, *kind.cloudformation) for row in kind.shows}
    grouped = {
        at for _, kind in KINDS if type_ in (*kind.terraform, *kind.cloudformation) for g in kind.groups for at in g.at
    }

    assert shown or grouped or SECRET.encode() not in msgspec.json.encode(found)


@given(
    st.sampled_from(OPERATIONS),
    st.dictionaries(st.text(max_size=5), LEAVES),
    st.dictionaries(st.text(max_size=5), LEAVES),
)
def test_what_nobody_knows_is_never_said_to_be_safe(
    operation: Operation, before: dict[str, object], after: dict[str, object]
) -> None:
    found = judge("terraform", "of_nobody", operation, before, after)

    assert not found.known
    assert operation not in ("delete", "replace") or found.way_back.reversibility == "irreversible"
    assert operation == "forget" or found.way_back.verdict == "unknown"
