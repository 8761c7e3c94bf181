"""The assessment as a whole: environment, figures, what is unknown or degraded, order of findings, speed."""

from __future__ import annotations

import time

import pytest
from assess_words import (
    PRODUCTION,
    STAGING,
    change,
    edge,
    effect,
    inventory,
    item,
    judged,
    measured,
    rehearsal,
    thing,
)

from interlock.assess.assess import PLACES, stricter
from interlock.model.assessment import SEVERITIES
from interlock.model.inventory import Inventory, Item, RollbackProof
from interlock.model.target import Environment

KEYED = effect(keys=("id",), fields=("status",))
SHOP = inventory(item("orders"), item("items", 40))


def weighed(*args: object):
    [found] = judged(*args).effects  # type: ignore[arg-type]
    return found


# --- the environment ---


def test_the_stricter_of_claimed_and_found_counts() -> None:
    assert judged(KEYED, claimed=STAGING, found=PRODUCTION).environment == "production"
    assert judged(KEYED, claimed=PRODUCTION, found=STAGING).environment == "production"
    assert judged(KEYED, claimed=STAGING).environment == "staging"


def test_of_two_equally_strict_ones_what_is_there_counts() -> None:
    one, other = Environment("one"), Environment("other")

    assert stricter(one, other) is other
    assert stricter(one, Environment("test", production=False)) is one


def test_the_undo_window_is_that_of_the_stricter_environment() -> None:
    drop = effect("delete", aspect="structure", traits=("loses-data",))
    tried = rehearsal(measured("orders", "delete", 100))
    none = Environment("production", undo_window_seconds=0)

    assert judged(drop, SHOP, tried, claimed=STAGING, found=PRODUCTION).reversibility == "grace-period"
    assert judged(drop, SHOP, tried, claimed=STAGING, found=none).reversibility == "irreversible"


# --- keys and figures ---


def test_only_a_survey_proves_that_a_key_names_one_thing() -> None:
    assert weighed(KEYED, SHOP).keyed
    assert not weighed(KEYED).keyed
    assert not weighed(effect(keys=("status",)), SHOP).keyed
    assert not weighed(effect(), SHOP).keyed
    assert not weighed(effect(keys=("id",), choice="all"), SHOP).keyed
    assert not weighed(effect(keys=("id",), choice="unknown"), SHOP).keyed
    assert not weighed(effect(keys=("id",), traits=("always-true",)), SHOP).keyed
    assert not weighed(effect(keys=("id",), traits=("no-condition",)), SHOP).keyed


def test_an_empty_key_names_nothing() -> None:
    assert not weighed(KEYED, inventory(Item(thing("orders"), 5, ((),), ("id",)))).keyed


def test_a_name_that_means_two_things_is_keyed_only_where_both_are() -> None:
    both = (Item(thing("orders", "t.view"), 5, (("id",),)), Item(thing("orders", "t.copy"), 5, ()))

    assert not weighed(KEYED, Inventory("w", items=both)).keyed
    assert weighed(KEYED, Inventory("w", items=both[:1])).keyed


@pytest.mark.parametrize(
    ("what", "world", "tried", "count"),
    [
        (effect(choice="filtered"), SHOP, None, None),
        (effect(choice="filtered", count=3), SHOP, None, 3),
        (effect(choice="filtered", count=3), SHOP, rehearsal(measured("orders", "update", 5)), 5),
        (effect(choice="filtered", count=3), SHOP, rehearsal(measured("orders", "update", 5), complete=False), 3),
        (effect(choice="filtered"), SHOP, rehearsal(measured("orders", "update", 5), complete=False), None),
        (effect(choice="filtered"), SHOP, rehearsal(measured("orders", "update", 5), failed="no"), None),
        (effect(choice="filtered"), SHOP, rehearsal(measured("orders", "update", 9, indirect=4)), 5),
        (effect(choice="filtered"), SHOP, rehearsal(measured("orders", "delete", 9)), 0),
        (effect(choice="filtered"), SHOP, rehearsal(), 0),
        (effect("replace"), SHOP, rehearsal(measured("orders", "delete", 2), measured("orders", "create", 3)), 5),
        (effect("delete", choice="all"), SHOP, None, 100),
        (effect("delete", choice="all"), inventory(item("orders", None)), None, None),
        (effect("delete", choice="all"), None, None, None),
        (effect("create", choice="all"), SHOP, None, None),
        (effect("read", choice="all"), SHOP, None, 100),
        (effect("read", choice="filtered"), SHOP, rehearsal(), None),
        (effect("create", aspect="structure"), SHOP, None, 0),
        (effect("execute", aspect="process"), SHOP, None, 0),
        (effect("execute", aspect="process", traits=("runs-code",)), SHOP, None, None),
        (effect("delete", aspect="structure", traits=("loses-data",)), SHOP, None, 100),
        (effect("delete", aspect="structure", traits=("loses-data",)), None, None, None),
        (effect("delete", aspect="structure", traits=("loses-data", "cascades")), SHOP, None, None),
        (effect("delete", aspect="structure", traits=("loses-data",)), SHOP, rehearsal(), 100),
        (effect("delete", known="unknown", count=1), SHOP, rehearsal(), None),
    ],
)
def test_what_was_measured_counts_before_the_text_and_the_text_before_the_survey(what, world, tried, count) -> None:
    assert count == weighed(what, world, tried).count


@pytest.mark.parametrize(
    ("what", "tried", "rows"),
    [
        (change(effect("read", choice="filtered")), None, 0),
        (change(effect(count=2), effect("delete", "items", count=3)), None, 5),
        (change(effect(count=2), effect("delete", "items", choice="filtered")), None, None),
        (change(effect(count=2), unknown=("x",)), None, None),
        (change(effect(choice="filtered")), rehearsal(measured("orders", "update", 4)), 4),
        (change(effect()), rehearsal(measured("orders", "update", 4), measured("items", "delete", 7, indirect=7)), 11),
        (change(effect(), effect()), rehearsal(measured("orders", "update", 4)), 4),
        (change(effect()), rehearsal(measured("orders", "update", 4), measured("orders", "read", 9)), 4),
        (change(effect("delete", aspect="structure", traits=("loses-data",))), rehearsal(), 100),
        (
            change(effect("delete", aspect="structure", traits=("loses-data",))),
            rehearsal(measured("orders", "delete", 90)),
            90,
        ),
        (change(effect("execute", aspect="process", traits=("runs-code",))), rehearsal(), None),
    ],
)
def test_the_total_counts_what_follows_and_is_unknown_when_a_part_is(what, tried, rows) -> None:
    assert rows == judged(what, SHOP, tried).rows


# --- unknown, degraded, what is carried over ---


def test_everything_that_is_not_known_is_named_once() -> None:
    unread = effect("execute", known="unknown", cause="a block", part=1)

    seen = judged(change(unread, unread, effect("execute", known="unknown"), unknown=("`x`",)))

    assert seen.unknown == ("`x`", "statement 2: a block", "statement 1: execute of `orders`")


def test_every_limit_that_was_hit_is_said_once() -> None:
    world = inventory(item("orders"), complete=False, limits=("too many rows", "depth"))
    tried = rehearsal(complete=False, limits=("2 seconds",))

    assert judged(change(KEYED, degraded=("depth",)), world, tried).degraded == ("depth", "too many rows", "2 seconds")


def test_a_survey_or_rehearsal_that_is_cut_without_a_word_is_still_said_to_be() -> None:
    seen = judged(KEYED, inventory(item("orders"), complete=False), rehearsal(complete=False))

    assert seen.degraded == ("the survey is not complete", "the rehearsal is not complete")


def test_a_contract_that_was_not_applied_is_said() -> None:
    seen = judged(KEYED, inventory(item("orders"), environment="dr"), claimed=PRODUCTION)

    assert seen.degraded == ("the target says it is `dr`, whose contract was not applied",)
    assert not judged(KEYED, inventory(item("orders"), environment="production")).degraded


def test_figures_and_way_back_are_carried_over_as_they_were_measured() -> None:
    proof = RollbackProof("valid", simulated=True, steps=("b", "a"))
    counts = (measured("orders", "update", 1), measured("items", "delete", 0))
    seen = judged(KEYED, SHOP, rehearsal(*counts, rollback=proof))

    assert seen.measured == counts
    assert seen.rollback == proof
    assert judged(KEYED, SHOP).rollback == RollbackProof()


def test_critical_names_stand_sorted_and_once() -> None:
    world = inventory(item("orders", critical=True), item("accounts", critical=True), item("items"))

    assert judged(change(KEYED, effect(name="accounts"), KEYED), world).critical == ("accounts", "orders")


def test_two_reports_of_one_thing_count_as_far_as_they_agree() -> None:
    """Where a survey says a thing twice, neither size nor key is believed unless both say it; critical is."""
    one = Item(thing("orders"), 5, (("id",), ("code",)), ("id", "code"), critical=True)
    two = Item(thing("orders"), 6, (("code",),), ("id", "code"))

    for order in ((one, two), (two, one)):
        seen = judged(effect("delete", keys=("id",), choice="filtered"), inventory(*order))
        assert not seen.effects[0].keyed
        assert seen.critical == ("orders",)
        assert judged(effect("delete", choice="all"), inventory(*order)).rows is None


def test_a_survey_made_later_gives_the_same_digest() -> None:
    later = Inventory("shop", items=SHOP.items, surveyed_at=10**12)

    assert judged(KEYED, SHOP).digest == judged(KEYED, later).digest


# --- findings in order ---


def test_findings_stand_by_severity_and_then_by_place() -> None:
    effects = [effect("delete", f"t{part}", choice="all", traits=("no-condition",), part=part) for part in range(12)]
    seen = judged(change(effect(name="x", traits=("hides-failure",), count=1), *effects))

    ranks = [SEVERITIES.index(found.severity) for found in seen.findings]
    assert ranks == sorted(ranks, reverse=True)
    places = [found.where for found in seen.findings if found.id == "no-condition"]
    assert places == [f"statement {part + 1}: t{part}" for part in range(12)]


def test_the_same_thing_is_said_once() -> None:
    twice = effect("delete", choice="all", traits=("no-condition",))

    assert len([found for found in judged(change(twice, twice)).findings if found.id == "no-condition"]) == 1


def test_many_places_of_one_finding_are_cut_and_the_rest_counted_at_its_worst() -> None:
    updates = [effect(name=f"t{number}", traits=("no-condition",)) for number in range(PLACES)]
    rest = [effect("delete", name=f"d{number}", traits=("no-condition",)) for number in range(7)]
    found = [one for one in judged(change(*updates, *rest)).findings if one.id == "no-condition"]

    assert len(found) == PLACES + 1
    assert (found[0].severity, found[0].message) == ("critical", "and 7 places more like these")


# --- speed ---


def test_twenty_thousand_effects_are_assessed_in_seconds() -> None:
    """Not a measure, only a guard against work that grows with the square of the change."""
    world = inventory(item("orders"), item("items"), edge("items", "cascades", "orders"))
    effects = [effect("delete", f"t{number}", choice="filtered", part=number) for number in range(20_000)]
    begun = time.monotonic()
    seen = judged(change(*effects), world)

    assert len(seen.effects) == 20_000
    assert time.monotonic() - begun < 10
