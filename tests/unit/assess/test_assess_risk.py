"""The risk: a number for sorting, in integers, with what it is made of."""

from __future__ import annotations

import pytest
from assess_stack import EASY, GONE, KEPT, act, back, edge, item, plan, stack, thing
from assess_words import PRODUCTION, STAGING, change, judged, rehearsal

from interlock.assess.risk import FULL, WEIGHTS
from interlock.decide.facts import FACTS
from interlock.model.assessment import Risk


def parts(*args: object, **rest: object) -> dict[str, int]:
    found = judged(*args, **rest).risk  # type: ignore[arg-type]
    assert found is not None
    return dict(found.parts)


def score(*args: object, **rest: object) -> int:
    found = judged(*args, **rest).risk  # type: ignore[arg-type]
    assert found is not None
    return found.score


def test_what_only_observes_has_no_risk() -> None:
    assert judged(plan(act("read", "n"))).risk == Risk()
    assert judged(plan()).risk == Risk()
    assert score(change(unknown=("a block",))) > 0


def test_it_is_the_product_of_what_its_parts_leave() -> None:
    found = judged(plan(act("update", "n", way_back=EASY)), stack("n"), claimed=PRODUCTION).risk
    assert found is not None

    assert dict(found.parts) == {
        "environment": 200,
        "irreversibility": 135,
        "rollback": 75,
        "reach": 26,
        "size": 15,
    }
    left = (1 - 0.2) * (1 - 0.135) * (1 - 0.075) * (1 - 0.02625) * (1 - 0.015)
    assert found.score == int(100 * (1 - left))


def test_no_part_can_fill_it_alone_and_all_together_do_not_overflow() -> None:
    assert all(0 < weight < FULL for weight in WEIGHTS.values())
    nodes = [thing(f"n{n}", at={"zone": "z"}) for n in range(1_100)]
    worst = [act("delete", node, traits=("loses-data",), way_back=GONE) for node in nodes]
    world = stack(*(item(node, critical=True) for node in nodes), complete=False)

    assert 90 <= score(change(*worst, unknown=("a block",)), world) < 100
    assert parts(change(*worst, unknown=("a block",)), world).keys() == WEIGHTS.keys()


@pytest.mark.parametrize(
    ("part", "less", "more"),
    [
        ("irreversibility", act("update", "n", way_back=EASY), act("update", "n", way_back=KEPT)),
        ("irreversibility", act("update", "n", way_back=KEPT), act("update", "n", way_back=GONE)),
        ("rollback", act("update", "n", way_back=EASY), act("update", "n", way_back=KEPT)),
        ("rollback", act("update", "n", way_back=KEPT), act("update", "n")),
        ("rollback", act("update", "n"), act("update", "n", way_back=GONE)),
        ("uncertainty", act("update", "n"), act("update", "n", known="estimated")),
        ("loss", act("update", "n", way_back=EASY), act("delete", "n", way_back=KEPT)),
        ("loss", act("delete", "n", way_back=KEPT), act("delete", "n", way_back=GONE)),
    ],
)
def test_each_part_grows_with_its_own_cause(part, less, more) -> None:
    assert parts(plan(less), stack("n")).get(part, 0) < parts(plan(more), stack("n"))[part]


def test_loss_counts_by_powers_of_two_and_an_unknown_amount_is_the_largest() -> None:
    def lost(size):
        gone = act("delete", "n", traits=("loses-data",), way_back=back("irreversible", "unknown"))
        return parts(plan(gone), stack(item("n", size=size))).get("loss", 0)

    assert [lost(0), lost(1), lost(1_000), lost(10**6), lost(10**9)] == [0, 15, 150, 300, 300]
    assert lost(None) == 300


def test_reach_is_more_where_it_was_not_seen_to_its_end() -> None:
    one = plan(act("update", "n"))
    wide = stack("n", *(f"m{n}" for n in range(8)), *(edge(f"m{n}", "uses", "n") for n in range(8)))

    assert parts(one, stack("n"))["reach"] == 26
    assert parts(one, stack("n", complete=False))["reach"] == 175
    assert parts(plan(act("delete", "n")), wide)["reach"] > parts(plan(act("delete", "n")), stack("n"))["reach"]


def test_what_is_declared_critical_weighs_more_than_a_plane_and_a_plane_more_than_nothing() -> None:
    one = plan(act("update", "n"))

    assert "criticality" not in parts(one, stack("n"))
    assert parts(one, stack(item("n", planes=("identity",))))["criticality"] == 180
    assert parts(one, stack(item("n", critical=True)))["criticality"] == 300


def test_correlation_is_the_largest_share_of_more_than_one() -> None:
    nodes = [thing(f"n{n}", at={"zone": "z"}) for n in range(4)]

    def together(count):
        return parts(plan(*(act("update", node) for node in nodes[:count])), stack(*nodes)).get("correlation", 0)

    assert [together(1), together(2), together(4)] == [0, 125, 250]
    apart = plan(act("update", thing("a", at={"zone": "x"})), act("update", thing("b", at={"zone": "y"})))
    assert parts(apart)["correlation"] == 125


def test_the_environment_and_the_size_count() -> None:
    one = plan(act("update", "n"))

    assert (parts(one, claimed=PRODUCTION)["environment"], parts(one, claimed=STAGING)["environment"]) == (200, 50)
    assert parts(plan(*(act("update", f"n{n}") for n in range(16))))["size"] == 75


def test_signals_and_limits_make_it_less_certain() -> None:
    assert "uncertainty" not in parts(plan(act("update", "n")))
    assert parts(plan(act("update", "n"), signals=(("drift", ""),)))["uncertainty"] == 150
    assert parts(change(act("update", "n"), degraded=("cut",)))["uncertainty"] == 120


def test_a_way_back_that_was_walked_takes_its_part_away() -> None:
    assert "rollback" not in parts(plan(act("update", "n", way_back=EASY)), stack("n"), rehearsal())


def test_no_policy_can_see_it() -> None:
    """A number for sorting is no reason to allow, to hold or to deny."""
    assert not [fact.path for fact in FACTS if "risk" in fact.path or "score" in fact.path]
