"""Capability gates: what fits, what is within bounds, what is still missing, and which of several counts."""

import pytest

from interlock.decide.capability import NO_FIT, Fit, best_fit
from interlock.model.agent import Capability, Passport
from interlock.model.change import Effect, Resource

MET = {"simulated-rollback": True, "open-window": False}


def fit(
    *capabilities, verb="update", name="orders", tier="modify", environment="staging", rows=1, resources=1, reach=1
):
    passport = Passport("fixer", environments=("staging",), capabilities=capabilities)
    effect = Effect(verb, Resource("sql.table", name))
    return best_fit(passport, effect, tier, environment, rows=rows, resources=resources, reach=reach, met=MET)


def test_no_capability_fits_nothing():
    assert fit() == NO_FIT
    assert Fit(granted=False, within_scope=False, missing=frozenset(), max_rows=0) == NO_FIT


@pytest.mark.parametrize(
    ("capability", "granted"),
    [
        (Capability("modify"), True),
        (Capability("destroy"), True),
        (Capability("propose"), False),
        (Capability("modify", verbs=("update",)), True),
        (Capability("modify", verbs=("delete",)), False),
        (Capability("modify", resources=("orders",)), True),
        (Capability("modify", resources=("ord*",)), True),
        (Capability("modify", resources=("users", "orders")), True),
        (Capability("modify", resources=("order",)), False),
        (Capability("modify", resources=("ORDERS",)), False),
        (Capability("modify", resources=()), False),
        (Capability("modify", environments=("staging",)), True),
        (Capability("modify", environments=("production",)), False),
    ],
)
def test_a_capability_fits_by_tier_verb_resource_and_environment(capability, granted):
    assert fit(capability).granted is granted


def test_a_capability_that_names_no_environment_holds_in_those_of_the_passport():
    assert fit(Capability("modify")).granted
    assert not fit(Capability("modify"), environment="production").granted


@pytest.mark.parametrize(
    ("capability", "within"),
    [
        (Capability("modify"), True),
        (Capability("modify", max_rows=10), True),
        (Capability("modify", max_rows=9), False),
        (Capability("modify", max_resources=2), True),
        (Capability("modify", max_resources=1), False),
        (Capability("modify", max_rows=10, max_resources=1), False),
        (Capability("modify", max_reach=3), True),
        (Capability("modify", max_reach=2), False),
    ],
)
def test_bounds_are_inclusive_and_zero_is_none(capability, within):
    found = fit(capability, rows=10, resources=2, reach=3)

    assert (found.granted, found.within_scope) == (True, within)


def test_conditions_that_are_not_met_or_not_known_are_missing():
    requires = ("simulated-rollback", "open-window", "approval 2 dba", "a cake", "")

    assert fit(Capability("modify", requires=requires)).missing == {"open-window", "approval", "other"}


def test_of_several_the_one_with_least_missing_then_within_bounds_then_the_widest_counts():
    small = Capability("modify", max_rows=1)
    free = Capability("modify", max_rows=100)
    wide = Capability("modify", max_rows=200)
    bound = Capability("modify", max_rows=1_000, requires=("open-window",))

    assert fit(small, free, bound, rows=50) == fit(bound, free, small, rows=50) == Fit(True, True, frozenset(), 100)
    assert fit(free, wide, small, rows=50) == Fit(True, True, frozenset(), 200)
    assert fit(small, bound, rows=50) == Fit(True, False, frozenset(), 1)
    assert fit(bound, rows=50) == Fit(True, True, frozenset({"open-window"}), 1_000)


def test_a_change_that_grows_never_turns_to_a_capability_that_asks_for_less():
    one = Capability("modify", max_resources=1, requires=("open-window",))
    other = Capability("modify", max_rows=1, requires=("verified-backup",))

    assert fit(one, other, rows=2, resources=1).missing == fit(one, other, rows=2, resources=2).missing


def test_a_resource_name_with_line_ends_does_not_slip_past_a_pattern():
    assert not fit(Capability("modify", resources=("orders",)), name="orders\nusers").granted
    assert not fit(Capability("modify", resources=("orders",)), name="orders\n").granted
