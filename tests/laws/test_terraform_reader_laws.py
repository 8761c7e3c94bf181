"""Laws of reading plans: nothing crashes, nothing added takes away, and only what is said counts, not its spelling."""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.assess.tier import tier_of, tier_of_change
from interlock.errors import BadProposal
from interlock.model.canon import canonical
from interlock.model.change import TIERS, Change
from interlock.read.readers import reader_for
from interlock.read.terraform.changes import WORDS
from interlock.testing.plans import Json, changing, manifest, plan_of, raw, zipped

KINDS = ["aws_db_instance", "aws_instance", "aws_security_group", "aws_iam_policy", "terraform_data", "acme_thing"]
NAMES = st.sampled_from(["a", "b", "main", "x[0]", "x[1]", 'y["k"]'])
PLAIN = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "0.0.0.0/0", "arn:aws:x:eu-1:1:y", "{}"])
)
NESTED = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner), max_leaves=5
)
ATTRIBUTES = ["name", "tags", "policy", "cidr_blocks", "engine", "deletion_protection", "subnet_ids", "environment"]
VALUES = st.none() | st.dictionaries(st.sampled_from(ATTRIBUTES), NESTED, max_size=4)
MARKS = st.booleans() | st.dictionaries(st.sampled_from(ATTRIBUTES), st.booleans() | st.just({"a": True}), max_size=3)
WORD = st.sampled_from([*WORDS, ("read",), ("open",), ("bewitch",), ()])
CHANGES = st.builds(
    lambda kind, name, words, before, after, marks, unknown, reason, mode: changing(
        f"{kind}.{name}", *words, before=before, after=after, sensitive=marks, after_unknown=unknown,
        action_reason=reason, mode=mode,
    ),
    st.sampled_from(KINDS), NAMES, WORD, VALUES, VALUES, MARKS, MARKS,
    st.sampled_from(["", "delete_because_count_index", "replace_by_request", "unheard_of"]),
    st.sampled_from(["managed"] * 5 + ["data", "ephemeral", "other"]),
)  # fmt: skip
PLANS = st.lists(CHANGES, max_size=5)


def read(plan: Json) -> Change:
    return reader_for("terraform")(raw(plan), "", "production").change


def tier(change: Change) -> int:
    return TIERS.index(tier_of_change(change, tuple(map(tier_of, change.effects))))


@given(PLANS, CHANGES)
def test_adding_a_change_never_lowers_the_tier(changes: list[Json], added: Json) -> None:
    before, after = read(plan_of(*changes)), read(plan_of(*changes, added))

    assert tier(before) <= tier(after)


@given(PLANS, CHANGES)
def test_adding_a_change_keeps_what_was_there(changes: list[Json], added: Json) -> None:
    """Every effect is still there, in its place; it may only be seen to shift with the one that came."""

    def bare(change: Change) -> list[object]:
        return [
            msgspec.structs.replace(effect, traits=tuple(t for t in effect.traits if t != "shifts-index"))
            for effect in change.effects
            if effect.part < len(changes)
        ]

    assert bare(read(plan_of(*changes))) == bare(read(plan_of(*changes, added)))


@given(PLANS)
def test_every_change_but_a_no_op_has_an_effect_or_is_unknown(changes: list[Json]) -> None:
    change = read(plan_of(*changes))

    parts = {effect.part for effect in change.effects}
    quiet = {part for part, each in enumerate(changes) if each["change"]["actions"] == ["no-op"]}  # type: ignore[index]  # a delta
    assert parts | quiet == set(range(len(changes)))


def shuffled(value: object, chance: random.Random) -> object:
    """The same JSON with the names of each object in another order."""
    if isinstance(value, dict):
        pairs = [(name, shuffled(inner, chance)) for name, inner in value.items()]
        chance.shuffle(pairs)
        return dict(pairs)
    return [shuffled(inner, chance) for inner in value] if isinstance(value, list) else value


@given(PLANS, st.randoms(use_true_random=False), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]))
def test_the_order_of_names_and_the_encoding_change_nothing(
    changes: list[Json], chance: random.Random, encoding: str
) -> None:
    plan = plan_of(*changes, output_changes={"a": {"actions": ["create"]}, "b": {"actions": ["delete"]}})
    other = json.dumps(shuffled(plan, chance), indent=chance.choice([None, 2])).encode(encoding)

    one, two = reader_for("terraform")(raw(plan), "", ""), reader_for("terraform")(other, "", "")

    assert canonical(one.change) == canonical(two.change)
    assert canonical(one.told) == canonical(two.told)


@given(PLANS)
def test_a_package_says_what_its_plan_says(changes: list[Json]) -> None:
    plan = raw(plan_of(*changes))
    alone = reader_for("terraform")(plan, "", "").change
    packed = zipped({"interlock-plan.json": manifest(workspace="", lineage=""), "plan.json": plan})

    assert canonical(alone) == canonical(reader_for("terraform")(packed, "", "").change)


@given(PLANS, st.text(max_size=12))
def test_what_is_marked_as_a_whole_is_in_no_byte(changes: list[Json], more: str) -> None:
    secret = f"s3cr3t-{more}"
    hidden = changing(
        "aws_x.y", "update", before={"a": secret, "tags": {"o": secret}}, after={"arn": secret}, sensitive=True
    )

    said = canonical(read(plan_of(*changes, hidden)))

    assert b"s3cr3t" not in said


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "format_version", "resource_changes", "resource_drift", "output_changes", "prior_state", "planned_values",
    "configuration", "variables", "deferred_changes", "checks", "action_invocations", "complete", "timestamp",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), JSONS))
def test_no_json_crashes_the_reader(more: Json) -> None:
    attempt(json.dumps({**plan_of(), **more}).encode())
    attempt(json.dumps(more).encode())


@given(st.dictionaries(st.sampled_from(["actions", "before", "after", "after_unknown", "before_sensitive",
                                        "after_sensitive", "replace_paths", "importing"]), JSONS))  # fmt: skip
def test_no_change_crashes_the_reader(delta: Json) -> None:
    attempt(json.dumps(plan_of({"address": "a.b", "type": "a", "change": delta})).encode())


@given(st.binary(max_size=80))
def test_no_bytes_crash_the_reader(payload: bytes) -> None:
    for start in (b"", b"{", b"PK\x03\x04", b"\xff\xfe", b'{"format_version":"1.2",'):
        attempt(start + payload)


@given(st.integers(0, 2_000), st.integers(0, 255))
def test_no_broken_byte_of_a_package_crashes_the_reader(at: int, byte: int) -> None:
    packed = bytearray(
        zipped({"interlock-plan.json": manifest(), "plan.json": raw(plan_of()), "config/./main.tf": b"locals {}"})
    )
    packed[at % len(packed)] = byte

    attempt(bytes(packed))


def attempt(payload: bytes) -> None:
    """It is read, or refused in words."""
    try:
        reading = reader_for("terraform")(payload, "", "")
    except BadProposal as error:
        assert error.message
    else:
        assert reading.change.kind == "terraform"
        assert canonical(reading.change)


def test_the_words_that_have_rows_are_those_of_the_format() -> None:
    expected = {
        ("no-op",), ("create",), ("update",), ("delete",), ("delete", "create"), ("create", "delete"), ("forget",),
        ("create", "forget"),
    }  # fmt: skip

    assert expected == set(WORDS)
    with pytest.raises(BadProposal):
        reader_for("terraform")(b"", "", "")
