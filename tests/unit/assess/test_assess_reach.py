"""How far a change is felt: what is in it, by which chain, and what is said when it was not followed to the end."""

from __future__ import annotations

import time
from itertools import product
from typing import get_args

import pytest
from assess_words import change, edge, effect, inventory, item, judged, measured, rehearsal, thing

from interlock.assess.reach import reach_of
from interlock.assess.spread import EVENTS, MAY, MUST, SPREAD, event_of
from interlock.assess.walk import LINES, SAYS
from interlock.assess.world import World
from interlock.model.assessment import Reach
from interlock.model.change import TRAITS, VERBS, Aspect
from interlock.model.inventory import Edge, EdgeKind, Inventory, Item, Rehearsal

DROP = effect("delete", aspect="structure")
DELETE = effect("delete", keys=("id",))


def reach(what, world: Inventory | None, tried: Rehearsal | None = None, bound: int = 10_000) -> Reach:
    whole = change(what) if not hasattr(what, "effects") else what
    return reach_of(whole, World.of(world), world, tried, bound=bound).reach


def names(reached) -> list[str]:
    return [each.resource.name for each in reached]


def around(*edges: Edge) -> Inventory:
    """A survey of these edges and of everything that they name."""
    known = dict.fromkeys(end.name for each in edges for end in (each.target, each.source))
    return inventory(*(item(name) for name in known), *edges)


# --- the table ---


def test_the_table_has_a_row_for_each_event_and_words_for_each_kind_of_edge() -> None:
    assert set(SPREAD) == set(EVENTS)
    assert set(SAYS) == set(get_args(EdgeKind))


def test_what_we_do_not_know_spreads_along_every_edge() -> None:
    assert set(SPREAD["unknown"]) == set(get_args(EdgeKind))
    assert {felt.becomes for felt in SPREAD["unknown"].values()} == {"unknown"}


def test_every_effect_that_does_more_than_read_is_an_event_unless_it_creates_something_new() -> None:
    for verb, aspect, trait in product(VERBS, get_args(Aspect), TRAITS):
        event = event_of(effect(verb, aspect=aspect, traits=(trait,)), ())
        if event is None:
            assert (verb, aspect) == ("create", "structure") or verb == "read"
        else:
            assert event in EVENTS


@pytest.mark.parametrize(
    ("kind", "must", "may"),
    [
        ("reads", True, True),
        ("triggers", True, True),
        ("contains", True, True),
        ("owns", True, True),
        ("references", True, True),
        ("cascades", True, True),
        ("nulls", True, True),
    ],
)
def test_when_a_thing_goes_everything_that_depends_on_it_must_feel_it(kind, must, may) -> None:
    found = reach(DROP, around(edge("child", kind, "orders")))

    assert ("child" in names(found.must), "child" in names(found.may)) == (must, may)


@pytest.mark.parametrize(
    ("kind", "may"),
    [
        ("reads", True),
        ("triggers", True),
        ("contains", True),
        ("owns", False),
        ("references", True),
        ("cascades", True),
        ("nulls", True),
    ],
)
def test_when_rows_are_deleted_dependents_only_may_feel_it(kind, may) -> None:
    found = reach(DELETE, around(edge("child", kind, "orders")))

    assert names(found.must) == ["orders"]
    assert ("child" in names(found.may)) is may


@pytest.mark.parametrize(
    ("kind", "spared", "keys"),
    [
        ("reads", True, True),
        ("triggers", True, True),
        ("contains", True, True),
        ("owns", False, False),
        ("references", False, True),
        ("cascades", False, True),
        ("nulls", False, True),
    ],
)
def test_an_update_that_spares_the_keys_is_not_felt_along_references(kind, spared, keys) -> None:
    world = around(edge("child", kind, "orders"))

    assert ("child" in names(reach(effect(fields=("status",)), world).may)) is spared
    assert ("child" in names(reach(effect(fields=("status", "id")), world).may)) is keys
    assert ("child" in names(reach(effect(fields=()), world).may)) is keys


def test_keys_that_nobody_told_us_of_prove_nothing() -> None:
    keyless = Item(thing("orders"), 5, (), ("status",))
    world = inventory(keyless, item("child"), edge("child", "cascades", "orders"))

    assert "child" in names(reach(effect(fields=("status",)), world).may)


def test_creating_something_new_is_felt_by_nothing() -> None:
    found = reach(effect("create", aspect="structure"), around(edge("view", "reads", "orders")))

    assert names(found.may) == ["orders"]


def test_reading_touches_nothing_and_running_unknown_code_could_touch_all_around() -> None:
    world = around(edge("child", "references", "orders"))

    assert reach(effect("read"), world).may == ()
    opaque = reach(effect("read", traits=("runs-code",)), world)
    assert opaque.must == ()
    assert names(opaque.may) == ["orders", "child"]
    assert names(reach(effect("read", traits=("runs-code",)), None).may) == ["orders"]


def test_losing_a_column_may_break_what_reads_it_and_gaining_one_does_not() -> None:
    world = around(edge("view", "reads", "orders"))
    lost = effect(aspect="structure", fields=("status",), traits=("loses-data",))
    gained = effect(aspect="structure", fields=("status",))

    assert judged(lost, world).findings != judged(gained, world).findings
    assert "cascades-further" in {found.id for found in judged(lost, world).findings}
    assert "cascades-further" not in {found.id for found in judged(gained, world).findings}


def test_taking_a_part_of_a_structure_away_does_not_take_all_of_it() -> None:
    world = around(edge("view", "reads", "orders"))

    assert "view" not in names(reach(effect("delete", aspect="structure", fields=("status",)), world).must)


@pytest.mark.parametrize("strength", ["soft", "mention"])
def test_only_a_hard_edge_makes_certain(strength) -> None:
    found = reach(DROP, around(edge("view", "reads", "orders", strength)))

    assert names(found.must) == ["orders"]
    assert names(found.may) == ["orders", "view"]


def test_certainty_is_lost_on_the_way_and_not_found_again() -> None:
    world = around(edge("a", "reads", "orders", "soft"), edge("b", "reads", "a"))

    assert names(reach(DROP, world).must) == ["orders"]
    assert names(reach(DROP, world).may) == ["orders", "a", "b"]


def test_permissions_are_felt_by_what_is_inside_and_not_by_references() -> None:
    grant = effect("grant", aspect="authority")

    assert names(reach(grant, around(edge("inside", "contains", "orders"))).may) == ["orders", "inside"]
    assert names(reach(grant, around(edge("child", "references", "orders"))).may) == ["orders"]


# --- evidence ---


def test_each_thing_has_its_shortest_chain_of_evidence() -> None:
    world = around(
        edge("view", "reads", "orders", evidence="view `view` reads `orders`"),
        edge("top", "reads", "view", evidence=""),
        edge("far", "reads", "top"),
        edge("far", "reads", "orders"),
    )
    chains = {each.resource.name: each.chain for each in reach(DROP, world).must}

    assert chains["orders"] == ("statement 1: delete `orders`",)
    assert chains["view"] == ("statement 1: delete `orders`", "`view` reads `orders` (view `view` reads `orders`)")
    assert chains["top"] == (*chains["view"], "`top` reads `view`")
    assert len(chains["far"]) == 2


def test_the_cause_stands_in_the_first_line() -> None:
    told = effect("delete", choice="all", cause="delete without where", part=1)

    assert reach(told, None).changed[0].chain == ("statement 2: delete `orders` (delete without where)",)


def test_of_two_edges_between_the_same_things_the_same_one_is_always_shown() -> None:
    two = [edge("view", "reads", "orders", evidence="b"), edge("view", "reads", "orders", evidence="a")]

    shown = {reach(DROP, around(*order)).must[1].chain for order in (two, two[::-1])}
    assert shown == {("statement 1: delete `orders`", "`view` reads `orders` (a)")}


def test_the_middle_of_a_long_chain_is_counted() -> None:
    links = [edge(f"v{number:03}", "reads", f"v{number - 1:03}") for number in range(1, 101)]
    world = around(edge("v000", "reads", "orders"), *links)
    chains = {each.resource.name: each.chain for each in reach(DROP, world).must}

    assert len(chains["v100"]) == LINES
    assert chains["v100"][0] == "statement 1: delete `orders`"
    assert chains["v100"][1] == "… 87 steps more …"
    assert chains["v100"][-1] == "`v100` reads `v099` (seen)"
    assert len(chains["v014"]) == LINES
    assert not any("more" in line for line in chains["v014"])


def test_circles_end() -> None:
    world = around(edge("a", "reads", "orders"), edge("b", "reads", "a"), edge("a", "reads", "b"))

    assert names(reach(DROP, world).must) == ["orders", "a", "b"]


def test_what_a_rehearsal_did_directly_was_changed_and_what_followed_must_be_felt() -> None:
    tried = rehearsal(
        measured("orders", "delete", 1), measured("items", "delete", 3, indirect=3), measured("log", "create", 0)
    )
    found = reach(DELETE, around(edge("items", "cascades", "orders"), edge("log", "references", "orders")), tried)

    assert names(found.changed) == ["orders"]
    assert names(found.must) == ["orders", "items"]
    assert found.must[1].chain == ("the rehearsal: delete 3 in `items`",)


# --- names ---


def test_a_name_whose_type_the_text_got_wrong_is_found_by_name() -> None:
    view = item("orders", None, kind="t.view")
    world = Inventory("shop", items=(view, item("base")), edges=(Edge(thing("top"), view.resource, "reads"),))
    found = reach(DROP, world)

    assert [each.resource.type for each in found.changed] == ["t.view"]
    assert names(found.must) == ["orders", "top"]
    assert found.complete


def test_a_thing_that_only_edges_name_means_everything_of_that_name() -> None:
    view = item("orders", None, kind="t.view")
    links = (Edge(thing("top"), view.resource, "reads"), Edge(thing("other"), thing("orders"), "reads"))
    found = reach(DROP, Inventory("shop", items=(view,), edges=links))

    assert sorted(names(found.must)) == ["orders", "orders", "other", "top"]


# --- what was not followed ---


def test_without_a_survey_nothing_is_complete() -> None:
    found = reach(DELETE, None)

    assert names(found.changed) == names(found.must) == names(found.may) == ["orders"]
    assert not found.complete


def test_a_whole_survey_of_known_things_is_complete() -> None:
    assert reach(DELETE, inventory(item("orders"))).complete


@pytest.mark.parametrize(
    ("what", "world"),
    [
        (DELETE, inventory(item("orders"), complete=False)),
        (DELETE, inventory(item("other"))),
        (change(DELETE, unknown=("something",)), inventory(item("orders"))),
        (effect("execute", known="unknown"), inventory(item("orders"))),
    ],
)
def test_a_survey_or_a_change_that_is_not_whole_leaves_the_reach_open(what, world) -> None:
    assert not reach(what, world).complete


def test_what_the_change_creates_first_leaves_nothing_open() -> None:
    made = change(effect("create", "fresh", aspect="structure"), effect("create", "fresh"))

    assert reach(made, inventory(item("orders")), rehearsal(measured("fresh", "create", 3))).complete


def test_a_measured_thing_that_no_survey_knows_leaves_the_reach_open() -> None:
    found = reach(DELETE, inventory(item("orders")), rehearsal(measured("ghost", "delete", 1, indirect=1)))

    assert names(found.must) == ["orders", "ghost"]
    assert not found.complete


def test_a_bound_that_was_hit_is_said_and_counted() -> None:
    fan = [edge(f"view{number:02}", "reads", "orders") for number in range(20)]
    found = reach(DROP, around(*fan), bound=12)

    assert len(found.must) == 13
    assert len(found.may) == 13
    assert (found.complete, found.frontier) == (False, 8)
    assert "view11" in names(found.may)
    assert "view12" not in names(found.may)
    assert (reach(DROP, around(*fan), bound=20).complete, reach(DROP, around(*fan), bound=20).frontier) == (True, 0)


def test_a_cut_reach_is_a_finding_and_degrades() -> None:
    fan = [edge(f"view{number:05}", "reads", "orders") for number in range(10_001)]
    seen = judged(DROP, around(*fan))

    assert "reach-cut" in {found.id for found in seen.findings}
    assert seen.degraded == ("the reach was cut: at least 1 things were not followed",)
    assert "reach-cut" not in {found.id for found in judged(DROP, around(*fan[:10])).findings}


def test_twenty_thousand_edges_are_walked_in_seconds() -> None:
    """Not a measure, only a guard against a walk that grows with the square of the world."""
    links = tuple(edge(f"t{number + 1}", "reads", f"t{number // 3}") for number in range(20_000))
    world = Inventory("w", items=(item("t0"),), edges=links)
    begun = time.monotonic()
    found = reach(effect("delete", "t0", aspect="structure"), world, bound=1_000_000)

    assert len(found.may) == 20_001
    assert time.monotonic() - begun < 10


def test_must_is_reached_only_by_must() -> None:
    certain = {(event, kind) for event, row in SPREAD.items() for kind, felt in row.items() if felt.certainty == MUST}

    lost = {"reads", "triggers", "contains", "cascades", "nulls", "references", "owns"}
    assert certain == {
        *(("gone", kind) for kind in {*lost, "uses", "configures"}),
        *(("replaced", kind) for kind in {*lost, "follows"}),
        *(("withdrawn", kind) for kind in ("uses", "configures")),
        *((event, "follows") for event in ("reshaped", "amended", "diminished")),
        ("broken", "reads"),
    }
    assert MAY < MUST
