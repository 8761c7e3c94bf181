"""Pairs that differ in one thing: what makes the difference, and what must not."""

from __future__ import annotations

import pytest
from assess_words import PROVED, change, edge, effect, findings, inventory, item, judged, measured, rehearsal, thing

from interlock.assess.assess import PLACES
from interlock.assess.reverse import reverse_of
from interlock.assess.spread import event_of
from interlock.assess.tier import tier_of
from interlock.model.change import Aspect, Resource
from interlock.model.inventory import Edge, Inventory, Item, RollbackProof

KEYED = effect(keys=("id",), fields=("status",))
DELETE = effect("delete", keys=("id",))
DROP = effect("delete", aspect="structure")
CASCADE = inventory(item("orders"), item("pay", critical=True), edge("pay", "cascades", "orders"))


# --- reading was wrong ---


def test_a_reference_does_not_excuse_a_write_that_no_statement_names() -> None:
    world = inventory(item("orders"), item("customers"), edge("orders", "references", "customers"))

    assert findings("unread-effect", KEYED, world, rehearsal(measured("customers", "delete", 1)))


def test_a_view_of_something_else_does_not_excuse_it_either() -> None:
    world = inventory(item("orders"), item("customers"), item("v"), edge("v", "reads", "customers"))

    assert findings("unread-effect", KEYED, world, rehearsal(measured("customers", "delete", 1)))


def test_what_is_only_read_may_not_be_written() -> None:
    both = change(effect("read", "customers"), KEYED)

    assert findings("unread-effect", both, CASCADE, rehearsal(measured("customers", "delete", 1)))


def test_after_a_misreading_the_reach_is_open() -> None:
    world = inventory(item("orders"), item("customers"))

    assert not judged(KEYED, world, rehearsal(measured("customers", "delete", 1))).reach.complete
    assert judged(KEYED, world, rehearsal(measured("orders", "update", 1))).reach.complete


def test_one_thing_that_leaves_the_reach_open_is_enough() -> None:
    world = inventory(item("orders"))
    unknown, ghost = effect("execute", known="unknown"), measured("ghost", "create", 1, indirect=1)

    assert not judged(change(unknown, KEYED), world).reach.complete
    assert not judged(KEYED, world, rehearsal(ghost, measured("orders", "update", 1))).reach.complete
    assert not judged(change(effect(name="ghost"), KEYED), world).reach.complete
    assert not judged(effect("update", "ghost", aspect="structure"), world).reach.complete


# --- what a rehearsal settles ---


@pytest.mark.parametrize(
    ("what", "tried", "feared"),
    [
        (DELETE, None, True),
        (DELETE, rehearsal(measured("orders", "delete", 1)), False),
        (DELETE, rehearsal(measured("orders", "delete", 1), complete=False), True),
        (DELETE, rehearsal(measured("orders", "delete", 1), failed="locked"), True),
        (change(DELETE, unknown=("x",)), rehearsal(measured("orders", "delete", 1)), True),
        (DROP, rehearsal(measured("orders", "delete", 1)), True),
    ],
)
def test_only_a_whole_rehearsal_of_a_known_change_takes_the_fear_for_content(what, tried, feared) -> None:
    assert (judged(what, CASCADE, tried).critical == ("pay",)) is feared


def test_a_trigger_could_do_anything_until_it_was_counted() -> None:
    world = inventory(
        item("orders"), item("audit"), item("pay", critical=True), edge("audit", "triggers", "orders"),
        edge("pay", "reads", "audit", "soft"),
    )  # fmt: skip

    assert judged(KEYED, world).critical == ("pay",)
    assert judged(KEYED, world, rehearsal(measured("orders", "update", 1))).critical == ()


@pytest.mark.parametrize(
    ("part", "holds"),
    [
        (Item(thing("part")), False),
        (Item(thing("part"), 0), True),
        (Item(thing("part"), None, (("id",),)), True),
        (Item(thing("part"), None, (), ("id",)), True),
        (None, True),
    ],
)
def test_what_holds_nothing_loses_nothing(part, holds) -> None:
    world = inventory(item("orders"), *([part] if part else []), edge("part", "contains", "orders"))

    assert bool(findings("cascades-further", DELETE, world)) is holds


def test_what_only_a_read_follows_from_is_not_told() -> None:
    tried = rehearsal(measured("orders", "update", 1), measured("items", "read", 3, indirect=3))

    assert not findings("cascades-further", KEYED, inventory(item("orders"), item("items")), tried)


def test_a_name_found_under_another_type_is_counted_once() -> None:
    view = Item(Resource("t.view", "orders"), 9, (("id",),), ("id",))
    tried = rehearsal(measured("orders", "update", 0)).__class__(
        (measured("orders", "update", 2).__class__(view.resource, "update", 2),), (), PROVED
    )

    assert judged(KEYED, Inventory("w", items=(view,)), tried).rows == 2
    assert judged(KEYED, Inventory("w", items=(view,)), tried).effects[0].count == 2


# --- tier and way back ---


def test_a_trait_raises_only_where_it_means_something() -> None:
    assert tier_of(effect(aspect="structure", traits=("no-condition",))) == "configure"
    assert tier_of(effect(aspect="structure", traits=("always-true",))) == "configure"
    assert tier_of(effect(traits=("cascades",))) == "configure"
    assert tier_of(effect("delete", aspect="authority", traits=("cascades",))) == "configure"
    assert tier_of(effect(known="estimated", choice="filtered")) == "modify"
    assert tier_of(effect("create", traits=("runs-code",))) == "destroy"
    assert tier_of(effect(aspect="structure", choice="all")) == "configure"


@pytest.mark.parametrize(
    ("what", "keyed", "expected"),
    [
        (effect(aspect="structure", traits=("hides-failure",)), False, "disruptive-inverse"),
        (effect(aspect="structure", choice="all"), False, "disruptive-inverse"),
        (effect("create", aspect="process"), True, "disruptive-inverse"),
        (effect("create", choice="filtered"), True, "irreversible"),
        (effect("revoke", aspect="authority", choice="unknown"), False, "irreversible"),
    ],
)
def test_each_condition_of_the_text_counts_by_itself(what, keyed, expected) -> None:
    assert expected == reverse_of(what, keyed=keyed, proof=None, undo_window=30)


def test_a_read_that_is_not_understood_has_no_number() -> None:
    assert judged(effect("read", known="unknown")).rows is None


# --- findings ---


def test_keys_that_no_column_spells_are_not_shown() -> None:
    hidden = Item(thing("orders"), 5, (("rowid",), ("id",)), ("id",))

    [found] = findings("not-by-key", effect(choice="filtered"), inventory(hidden))
    assert "`id`" in found.message
    assert "rowid" not in found.message


def test_five_names_are_listed_and_a_sixth_is_counted() -> None:
    def told(number: int) -> str:
        edges = [edge(f"tr{one}", "triggers", "orders") for one in range(number)]
        return findings("fires-triggers", KEYED, inventory(item("orders"), *edges))[0].message

    assert "more" not in told(5)
    assert told(6).endswith("`tr4` and 1 more")


def test_only_writes_to_content_fire_triggers() -> None:
    world = inventory(item("orders"), edge("tr", "triggers", "orders"), edge("view", "reads", "orders"))

    assert findings("fires-triggers", effect("delete"), world)
    assert not findings("fires-triggers", effect("execute"), world)
    assert not findings("fires-triggers", effect("grant"), world)
    assert "view" not in findings("fires-triggers", KEYED, world)[0].message


def test_emptying_and_then_changing_is_not_filling_anew() -> None:
    assert not findings("gentler-way", change(effect("delete", choice="all"), effect("update", part=1)))
    assert not findings("gentler-way", change(DROP, effect("create", part=1)))


def test_code_in_content_runs_and_code_in_a_definition_waits() -> None:
    for what, severity in (
        (effect("create", traits=("runs-code",)), "high"),
        (effect("delete", aspect="structure", traits=("runs-code",)), "high"),
        (effect("replace", aspect="structure", traits=("runs-code",)), "medium"),
    ):
        assert [severity] == [found.severity for found in findings("runs-code", what)]


def test_a_structure_that_is_only_changed_is_missing_where_it_is_not() -> None:
    world = inventory(item("orders"))

    assert findings("target-missing-resource", effect("update", "x", aspect="structure"), world)
    assert not findings("target-missing-resource", effect("update", "x", known="unknown"), world)
    assert not findings("target-missing-resource", effect("create", "x", aspect="structure"), world)


def test_a_name_that_only_an_edge_knows_is_not_missing() -> None:
    world = Inventory("w", items=(item("orders"),), edges=(Edge(thing("orders"), thing("far"), "references"),))

    assert not findings("target-missing-resource", effect(name="far"), world)


def test_the_way_back_says_in_which_way_it_is_unproven() -> None:
    def told(verdict: str, simulated: bool, **rest: object) -> list[str]:
        tried = rehearsal(rollback=RollbackProof(verdict, simulated), **rest)  # type: ignore[arg-type]
        return [found.message for found in findings("rollback-unproven", KEYED, CASCADE, tried)]

    assert told("valid-with-loss", True) == ["the way back loses something"]
    assert told("valid-with-loss", False) == ["the way back is not proved"]
    assert told("unknown", True) == ["the way back is not proved"]
    assert told("unknown", False, failed="it does not run") == []


def test_a_rehearsal_that_names_no_bound_is_said_to_name_none() -> None:
    [found] = findings("rehearsal-incomplete", KEYED, CASCADE, rehearsal(complete=False))

    assert "no bound is named" in found.message
    assert not findings("rehearsal-incomplete", KEYED, CASCADE, rehearsal(complete=False, failed="it does not run"))


def test_the_rest_is_counted_at_its_worst_wherever_the_worst_stands() -> None:
    shown = [effect(name=f"t{number}", traits=("no-condition",)) for number in range(PLACES)]
    rest = [effect("update", "u", traits=("no-condition",)), effect("delete", "d", traits=("no-condition",)),
            effect("update", "w", traits=("no-condition",))]  # fmt: skip

    worst = findings("no-condition", change(*shown, *rest))[0]
    assert (worst.severity, worst.message) == ("critical", "and 3 places more like these")
    assert len(findings("no-condition", change(*shown))) == PLACES


def test_either_report_makes_a_thing_critical() -> None:
    for flags in ((True, False), (False, True)):
        pair = [
            Item(thing("orders"), size, (("id",),), ("id",), flag) for size, flag in zip((5, 6), flags, strict=True)
        ]

        assert judged(KEYED, inventory(*pair)).critical == ("orders",)


# --- what a mutation showed unwatched ---


def test_of_several_traits_the_highest_counts_in_any_order() -> None:
    assert tier_of(effect(traits=("loses-data", "widens-access"))) == "destroy"
    assert tier_of(effect(traits=("widens-access", "loses-data"))) == "destroy"
    assert tier_of(effect("delete", aspect="structure", traits=("cascades", "blocks-reads"))) == "destroy"


def test_a_way_back_with_loss_stays_one_where_others_are_kept_waiting() -> None:
    locked = effect("delete", aspect="structure", traits=("rewrites",))

    assert reverse_of(locked, keyed=False, proof="verified-copy", undo_window=30) == "verified-copy"


def test_replacing_a_thing_takes_it_away_whatever_columns_are_named() -> None:
    replaced = effect("replace", aspect="structure", fields=("status",), traits=("loses-data",))

    assert event_of(replaced, ()) == "replaced"
    assert event_of(effect("update", aspect="structure", fields=("status",)), ()) == "amended"
    assert event_of(effect("update", aspect="structure"), ()) == "reshaped"


def test_columns_prove_nothing_about_keys_that_nobody_surveyed() -> None:
    assert event_of(effect(fields=("status",)), ()) == "rekeyed"
    assert event_of(effect(fields=("status",)), (item("orders"),)) == "altered"
    assert event_of(effect(fields=()), (item("orders"),)) == "rekeyed"


def test_adding_content_to_what_is_not_there_creates_nothing() -> None:
    twice = change(effect("create", "ghost"), effect("create", "ghost"))

    assert not judged(twice, inventory(item("orders"))).reach.complete


@pytest.mark.parametrize("aspect", ["structure", "authority", "process"])
def test_making_a_whole_thing_that_is_not_there_is_no_gap_in_the_survey(aspect: Aspect) -> None:
    made = change(effect("create", "ghost", aspect=aspect))

    assert judged(made, inventory(item("orders"))).reach.complete


def test_what_follows_up_to_the_bound_is_no_more_than_allowed() -> None:
    tried = rehearsal(measured("orders", "update", 1), measured("items", "update", 1_000, indirect=1_000))

    assert [found.severity for found in findings("cascades-further", KEYED, CASCADE, tried)] == ["medium"]


def test_an_unknown_number_is_said_of_content_that_was_understood() -> None:
    assert not findings("many-rows", effect("delete", aspect="structure", choice="all", traits=("loses-data",)))
    assert not findings("many-rows", effect("delete", choice="unknown", known="unknown"))
    assert findings("many-rows", effect("delete", choice="unknown"))


def test_a_number_that_the_reader_gives_is_kept_where_no_rows_are_touched() -> None:
    assert judged(effect("create", aspect="structure", count=2)).effects[0].count == 2
