"""Laws of the byte form and the digest: equal meaning, equal bytes; any change of meaning, another digest."""

from __future__ import annotations

import json
import unicodedata

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from worlds import assessments, changes, passports, texts

from interlock.errors import BadInput
from interlock.model.canon import MAX_INTEGER, canonical, digest, parse
from interlock.model.change import Change, Effect, Resource
from interlock.model.decision import binding_digest


@given(changes | assessments | passports)
def test_canonical_bytes_are_those_of_rfc_8785(value: object) -> None:
    """The independent implementation of RFC 8785 writes the same bytes for the same JSON value."""
    written = canonical(value)

    assert written == rfc8785.dumps(json.loads(written))


@given(st.text(max_size=40) | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.booleans() | st.none())
def test_canonical_scalars_are_those_of_rfc_8785(value: object) -> None:
    try:
        expected = rfc8785.dumps(value)
    except UnicodeEncodeError:
        with pytest.raises(BadInput):
            canonical(value)
        return

    assert expected == canonical(value)


@given(changes)
def test_equal_meaning_gives_equal_bytes(change: Change) -> None:
    """A value that went through JSON, in whatever order its fields stood, has the same bytes again."""
    shuffled = json.dumps(dict(reversed(json.loads(canonical(change)).items())), indent=3)

    assert canonical(change) == canonical(parse(shuffled.encode(), Change))


@given(changes, changes)
def test_two_changes_share_a_digest_only_when_they_are_equal(one: Change, other: Change) -> None:
    assert (one == other) == (one.digest == other.digest)


@given(changes, st.data())
def test_any_change_of_meaning_gives_another_digest(change: Change, data: st.DataObject) -> None:
    """Whichever field of whichever effect is altered, the digest is another one."""
    effect = Effect("delete", Resource("sql.table", "orders"))
    base = msgspec.structs.replace(change, effects=(*change.effects, effect))
    field, value = data.draw(
        st.sampled_from(
            [
                ("verb", "read"),
                ("known", "unknown"),
                ("aspect", "structure"),
                ("choice", "all"),
                ("count", 0),
                ("keys", ("id",)),
                ("fields", ("id",)),
                ("traits", ("loses-data",)),
                ("part", 1),
                ("cause", "x"),
                ("resource", Resource("sql.table", "Orders")),
            ]
        )
    )
    altered = msgspec.structs.replace(
        base, effects=(*change.effects, msgspec.structs.replace(effect, **{field: value}))
    )

    assert base.digest != altered.digest


@given(st.permutations(range(6)), st.integers(0, 5), texts.filter(bool))
def test_every_part_of_the_binding_counts(order: list[int], which: int, other: str) -> None:
    """Exchanging or altering any of the bound parts gives another digest: none is left out, none runs into the next."""
    change = Change("sql", ())
    parts = ["payload", "target", "agent", "environment", "policy", "assessment"]
    bound = binding_digest(change, *parts)
    altered = [other if index == which else part for index, part in enumerate(parts)]

    assert (bound == binding_digest(change, *altered)) == (altered == parts)
    permuted = [parts[index] for index in order]
    assert (bound == binding_digest(change, *permuted)) == (permuted == parts)


def test_the_binding_changes_with_the_change() -> None:
    parts = ["payload", "target", "agent", "environment", "policy", "assessment"]

    assert binding_digest(Change("sql", ()), *parts) != binding_digest(Change("sql", (), parts=2), *parts)


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_a_digest_keeps_its_parts_apart(one: list[bytes], other: list[bytes]) -> None:
    assert (one == other) == (digest("x", *one) == digest("x", *other))


def test_a_digest_of_one_domain_is_never_one_of_another() -> None:
    assert digest("change", b"x") != digest("assessment", b"x")


def test_equal_looking_text_of_other_bytes_is_another_meaning() -> None:
    """Composed and decomposed letters name different things; nothing is normalised behind the approver's back."""
    composed = Change("sql", (Effect("read", Resource("sql.table", "café")),))
    decomposed = Change("sql", (Effect("read", Resource("sql.table", unicodedata.normalize("NFD", "café"))),))

    assert composed.digest != decomposed.digest


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'{"kind":"sql","effects":[],"more":1}',
        b'{"kind":1,"effects":[]}',
        b'{"kind":"sql"} x',
        b"\xff",
    ],
)
def test_bytes_that_are_no_change_are_refused(raw: bytes) -> None:
    with pytest.raises(BadInput):
        parse(raw, Change)
