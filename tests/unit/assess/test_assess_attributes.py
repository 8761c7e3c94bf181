"""What changes in place, or is made anew, is felt by those who read what changes: attribute by attribute."""

from __future__ import annotations

import pytest
from assess_words import effect, item, thing

from interlock.assess.reach import critical_things, reach_of
from interlock.assess.spread import BACKWARD, EDGE_KINDS, ENDS, EVENTS, ON_ATTRIBUTE, SPREAD, compiled
from interlock.assess.world import World
from interlock.model.assessment import Reach
from interlock.model.change import Change, Effect, Verb
from interlock.model.inventory import Edge, EdgeKind, Flow, Inventory, Strength

FLOWS = (Flow("t.table", "input", ("output",)), Flow("t.table", "trigger", ("id", "output"), replaces=True))


def link(
    source: str, kind: EdgeKind, target: str, fields: str = "", into: str = "", strength: Strength = "hard"
) -> Edge:
    return Edge(thing(source), thing(target), kind, strength, "seen", tuple(fields.split()), tuple(into.split()))


def change(verb: Verb, fields: str = "", **rest: object) -> Effect:
    return effect(verb, "a", **{"aspect": "structure", "fields": tuple(fields.split()), **rest})  # type: ignore[arg-type]


def reach(what: Effect, *links: Edge, flows: tuple[Flow, ...] = FLOWS) -> Reach:
    names = dict.fromkeys(["a", *(end.name for each in links for end in (each.target, each.source))])
    world = Inventory("w", items=tuple(map(item, names)), edges=links, flows=flows)
    return reach_of(Change("t", (what,)), World.of(world), world, None).reach


def felt(what: Effect, *links: Edge, flows: tuple[Flow, ...] = FLOWS) -> str:
    """Whether `b` must feel it, may, or does not."""
    found = reach(what, *links, flows=flows)
    return next(
        (word for word in ("must", "may") if "b" in {each.resource.name for each in getattr(found, word)}), "not"
    )


# --- the tables ---


def test_reading_an_attribute_is_felt_as_the_same_thing_as_reading_any() -> None:
    for kind, felt in ON_ATTRIBUTE.items():
        for event in ("made", "amended", "reshaped"):
            assert SPREAD[event][kind].becomes == felt.becomes
        for event in ("replaced", "reauthorised", "disturbed", "unknown"):
            assert kind in SPREAD[event]
    assert SPREAD["amended"] == SPREAD["reshaped"]


def test_what_is_replaced_is_felt_wherever_it_is_felt_that_it_goes() -> None:
    """It is missing for a while, and nothing is seen of that which is not seen anyway."""
    assert set(SPREAD["gone"]) == set(SPREAD["replaced"])
    assert "replaced" in ENDS


def test_only_some_kinds_are_felt_backwards_and_never_surely() -> None:
    assert {kind for row in BACKWARD.values() for kind in row} == {"copies"}
    assert all(cell == 0 for row in compiled(1).rows for cell in row[len(EDGE_KINDS) * 8 :])


def test_every_cell_of_the_numbers_is_a_cell_of_the_table() -> None:
    rows = compiled(0).rows

    for event, row in zip(EVENTS, rows, strict=True):
        for number, kind in enumerate(EDGE_KINDS):
            assert (row[number * 8] != 0) == (kind in SPREAD[event])


# --- in place ---


@pytest.mark.parametrize(
    ("changed", "read", "answer"),
    [
        ("input", "input", "must"),
        ("input", "output", "must"),  # it follows from the input
        ("input", "id", "not"),
        ("input", "id output", "must"),
        ("tags", "id", "not"),
        ("", "id", "may"),
        ("input", "", "may"),
    ],
)
def test_an_update_is_felt_by_those_who_read_what_it_changes(changed, read, answer) -> None:
    assert felt(change("update", changed), link("b", "uses", "a", read, "input")) == answer


@pytest.mark.parametrize("strength", ["soft", "mention"])
def test_what_is_not_hard_is_never_certain(strength) -> None:
    assert felt(change("update", "input"), link("b", "uses", "a", "input", "x", strength)) == "may"
    assert felt(change("delete"), link("b", "uses", "a", "input", "x", strength)) == "may"


def test_what_follows_is_certain_as_far_as_the_type_is_known() -> None:
    first = link("m", "uses", "a", "output", "input")

    assert felt(change("update", "input"), first, link("b", "uses", "m", "output")) == "must"
    assert felt(change("update", "input"), first, link("b", "uses", "m", "id")) == "may"
    assert felt(change("update", "output"), first, link("b", "uses", "m", "input"), flows=()) == "must"
    assert felt(change("update", "input output"), first, link("b", "uses", "m", "output"), flows=()) == "may"


def test_of_a_read_that_goes_into_several_attributes_nobody_knows_which() -> None:
    first = link("m", "uses", "a", "output", "input note")

    assert felt(change("update", "input"), first, link("b", "uses", "m", "input")) == "may"


def test_an_attribute_that_nobody_is_known_to_read_stops_nothing_else() -> None:
    links = (link("b", "uses", "a", "id"), link("b", "contains", "a"))

    assert felt(change("update", "note"), *links) == "may"


def test_a_loss_is_felt_whatever_is_read() -> None:
    assert felt(change("update", "size", traits=("loses-data",)), link("b", "uses", "a", "id")) == "may"


def test_what_only_changes_its_name_is_felt_by_nobody() -> None:
    assert felt(change("update", traits=("renames",)), link("b", "uses", "a")) == "not"
    assert felt(change("update", "note", traits=("renames",)), link("b", "uses", "a")) == "may"


# --- made anew, made, gone ---


def test_a_replacement_moves_those_who_read_what_is_new_in_it() -> None:
    assert felt(change("replace", "id output"), link("b", "uses", "a", "id", "x")) == "must"
    assert felt(change("replace", "id output"), link("b", "uses", "a", "input", "x")) == "may"
    assert felt(change("replace"), link("b", "uses", "a", "id", "x")) == "must"  # so it is with this type
    assert felt(change("replace"), link("b", "uses", "a", "id", "x"), flows=()) == "may"


def test_an_attribute_may_make_its_thing_anew() -> None:
    first = link("m", "uses", "a", "output", "trigger")

    assert felt(change("update", "input"), first, link("b", "uses", "m", "id")) == "must"
    assert felt(change("update", "input"), first, link("b", "contains", "m")) == "must"
    assert felt(change("update", "trigger"), link("b", "contains", "a")) == "must"
    # Where nobody knows what the read goes into, it may be that one.
    unknown = link("m", "uses", "a", "output")
    assert felt(change("update", "input"), unknown, link("c", "contains", "m"), link("b", "copies", "c")) == "may"


def test_what_is_in_a_thing_goes_when_it_is_replaced() -> None:
    assert felt(change("replace", "id"), link("b", "contains", "a")) == "must"


@pytest.mark.parametrize(
    ("what", "read", "answer"),
    [
        (change("update", "note"), "", "must"),
        (change("update"), "", "must"),
        (change("replace", "id"), "", "must"),
        (change("update", "note"), "note", "must"),
        (change("update", "note"), "id", "not"),
        (change("update"), "id", "may"),
        (change("replace", "id"), "id", "must"),
        (change("replace", "id"), "note", "may"),
        (change("create", "id"), "", "may"),
        (change("delete"), "", "may"),
    ],
)
def test_what_follows_another_is_replaced_when_that_changes(what, read, answer) -> None:
    assert felt(what, link("b", "follows", "a", read)) == answer


def test_what_follows_is_new_to_those_who_read_it() -> None:
    follows = link("m", "follows", "a")

    assert felt(change("update", "note"), follows, link("b", "uses", "m", "id", "x")) == "must"
    assert felt(change("update", "note"), follows, link("b", "uses", "m", "input", "x")) == "may"


def test_a_new_thing_is_felt_by_those_who_read_it_already() -> None:
    assert felt(change("create", "id"), link("b", "uses", "a", "id", "x")) == "must"
    assert felt(change("create"), link("b", "uses", "a", "input", "x")) == "may"
    assert felt(change("create", "id"), link("b", "reads", "a")) == "not"


def test_a_deletion_breaks_those_who_use_it_and_what_is_beyond_them_only_perhaps() -> None:
    assert felt(change("delete"), link("b", "uses", "a", "id")) == "must"
    assert felt(change("delete"), link("b", "configures", "a")) == "must"
    assert felt(change("delete"), link("m", "uses", "a"), link("b", "uses", "m")) == "may"


@pytest.mark.parametrize("verb", ["create", "update", "replace", "delete"])
def test_order_and_mentions_are_never_certain(verb) -> None:
    assert felt(change(verb, "" if verb == "delete" else "id"), link("b", "after", "a")) == "may"
    assert felt(change(verb), link("b", "mentions", "a")) in ("may", "not" if verb == "create" else "may")


def test_order_goes_no_further() -> None:
    assert felt(change("delete"), link("m", "after", "a"), link("b", "uses", "m")) == "not"


# --- what grants and what runs ---


@pytest.mark.parametrize("aspect", ["authority", "process"])
def test_what_grants_or_runs_is_used_like_anything_else(aspect) -> None:
    uses = link("b", "uses", "a", "id", "x")

    assert felt(change("delete", aspect=aspect), uses) == "must"
    assert felt(change("update", "id", aspect=aspect), uses) == "must"
    assert felt(change("update", "note", aspect=aspect), uses) == "may"
    assert felt(change("create", "id", aspect=aspect), uses) == "must"
    assert felt(change("delete", aspect=aspect), link("b", "contains", "a")) == "may"


# --- copies ---


def test_a_copy_may_feel_what_happens_to_its_original() -> None:
    for verb in ("update", "replace", "delete"):
        assert felt(change(verb), link("b", "copies", "a")) == "may"


def test_an_original_may_lose_what_guards_it() -> None:
    copies = link("a", "copies", "b")
    found = reach(change("delete"), copies, link("c", "uses", "b"))

    assert felt(change("delete"), copies) == "may"
    assert felt(change("update", "note"), copies) == "not"
    assert {each.resource.name for each in found.may} == {"a", "b"}  # that goes no further
    assert found.may[1].chain[1] == "`b` is copied by `a` (seen)"


# --- evidence ---


def test_a_chain_says_which_attributes_are_read() -> None:
    links = (link("m", "uses", "a", "id arn", "x"), link("b", "follows", "m", "note"), link("c", "uses", "a"))
    chains = {each.resource.name: each.chain for each in reach(change("update"), *links).may}

    assert chains["m"][1] == "`m` reads `id`, `arn` of `a` (seen)"
    assert chains["b"][2] == "`b` is replaced with `note` of `m` (seen)"
    assert chains["c"][1] == "`c` uses `a` (seen)"


def test_a_chain_counts_the_attributes_that_it_does_not_name() -> None:
    many = link("b", "uses", "a", "f1 f2 f3 f4 f5 f6 f7", "x")

    assert reach(change("update", "f7"), many).may[1].chain[1] == (
        "`b` reads `f1`, `f2`, `f3`, `f4`, `f5` and 2 more of `a` (seen)"
    )


# --- beyond the list ---


def test_what_is_critical_is_found_beyond_what_is_listed() -> None:
    links = [link(f"v{number:02}", "uses", "a") for number in range(20)]
    items = (item("a"), *(item(each.source.name, critical=each.source.name == "v19") for each in links))
    inventory = Inventory("w", items=items, edges=tuple(links))
    world = World.of(inventory)
    found = reach_of(Change("t", (change("replace", "id"),)), world, inventory, None, bound=3)

    assert (len(found.reach.may), found.reach.frontier, found.reach.complete) == (4, 17, False)
    assert critical_things(world, found.reach, found.grave) == [("v19", ("t.table", "v19"))]


def test_what_must_be_reached_is_counted_beyond_what_is_listed_attributes_too() -> None:
    links = [link("m00", "uses", "a", "output", "input")]
    links += [link(f"m{number + 1:02}", "uses", f"m{number:02}", "output", "input") for number in range(19)]
    inventory = Inventory("w", items=(item("a"),), edges=tuple(links), flows=FLOWS)
    found = reach_of(Change("t", (change("update", "input"),)), World.of(inventory), inventory, None, bound=3).reach

    assert (len(found.must), found.frontier) == (4, 17)
