"""What the business cannot lose: as declared, as computed, and where the two differ; and planes."""

from __future__ import annotations

import pytest
from assess_stack import act, edge, item, plan, stack, thing
from assess_words import effect, findings, inventory, judged
from assess_words import item as table

from interlock.assess.crux import BOUND, standing_of

LEAVES = [f"leaf{number}" for number in range(12)]
STAR = [edge(leaf, "uses", "hub") for leaf in LEAVES]


def key(name: str) -> tuple[str, str]:
    return ("t.node", name)


# --- declared ---


@pytest.mark.parametrize(
    "tags",
    [
        {"critical": "true"},
        {"Critical": "Yes"},
        {"criticality": "High"},
        {"slo-tier": "tier-0"},
        {"service-tier": "0"},
        {"business-critical": "1"},
    ],
)
def test_a_tag_declares_it(tags) -> None:
    node = thing("n", **tags)

    assert judged(plan(act("update", node)), stack(node)).critical == ("n",)


@pytest.mark.parametrize("tags", [{"critical": "false"}, {"criticality": "low"}, {"tier": "critical-ish"}, {}])
def test_another_tag_or_value_does_not(tags) -> None:
    node = thing("n", **tags)

    assert judged(plan(act("update", node)), stack(node)).critical == ()


# --- computed ---


def test_what_many_things_stand_on_is_found_when_nobody_marked_it() -> None:
    world = stack("hub", *LEAVES, *STAR)

    [found] = findings("undeclared-critical", plan(act("update", "hub")), world)
    assert (found.severity, found.confidence) == ("medium", "high")
    assert "at least 12 things stand on it" in found.message
    assert not findings("undeclared-critical", plan(act("update", "leaf1")), world)
    assert not findings("undeclared-critical", plan(act("create", "hub")), world)
    marked = stack(item("hub", critical=True), *LEAVES, *STAR)
    assert not findings("undeclared-critical", plan(act("update", "hub")), marked)


def test_fewer_than_ten_or_less_than_a_fifth_is_not_much() -> None:
    def found(leaves, others):
        world = stack("hub", *LEAVES[:leaves], *STAR[:leaves], *(f"x{n}" for n in range(others)))
        return bool(findings("undeclared-critical", plan(act("update", "hub")), world))

    assert [found(9, 0), found(10, 0), found(10, 39), found(10, 40)] == [False, True, True, False]


@pytest.mark.parametrize(("kind", "strength"), [("after", "hard"), ("mentions", "hard"), ("uses", "mention")])
def test_what_only_comes_after_or_mentions_it_does_not_stand_on_it(kind, strength) -> None:
    loose = [edge(leaf, kind, "hub", strength) for leaf in LEAVES]

    assert not findings("undeclared-critical", plan(act("update", "hub")), stack("hub", *LEAVES, *loose))


def test_what_stands_on_it_through_others_counts() -> None:
    chain = [edge(f"c{n}", "uses", f"c{n + 1}") for n in range(12)]

    found = standing_of(stack(*chain), [key("c12"), key("c0"), key("unheard-of")])
    assert found.keys() == {key("c12"), key("c0")}
    assert (found[key("c12")].dependents, found[key("c12")].shown) == (12, True)
    assert (found[key("c0")].dependents, found[key("c0")].shown) == (0, False)


def test_a_circle_is_walked_once() -> None:
    circle = [edge("a", "uses", "b"), edge("b", "uses", "c"), edge("c", "uses", "a"), edge("a", "uses", "a")]

    assert standing_of(stack(*circle), [key("a")])[key("a")].dependents == 2


def test_what_alone_holds_two_halves_together_is_found() -> None:
    left = [edge("bridge", "uses", f"l{n}") for n in range(11)]
    right = [edge(f"r{n}", "uses", "bridge") for n in range(5)]

    crux = standing_of(stack(*left, *right), [key("bridge")])[key("bridge")]
    assert (crux.dependents, crux.shown) == (5, True)
    assert crux.cut_off == 15  # each leaf is a part of its own, and the largest part has one thing
    [found] = findings("undeclared-critical", plan(act("update", "bridge")), stack(*left, *right))
    assert "15 things are linked with the rest only through it" in found.message


def test_what_is_linked_twice_cuts_nothing_off() -> None:
    ring = [edge(f"n{n}", "uses", f"n{(n + 1) % 20}") for n in range(20)]

    assert standing_of(stack(*ring), [key("n3")])[key("n3")].cut_off == 0


def test_a_tail_is_cut_off_by_each_thing_on_the_way_to_it() -> None:
    ring = [*(edge(f"n{n}", "uses", f"n{n + 1}") for n in range(19)), edge("n0", "uses", "n19")]
    tail = [edge("t0", "uses", "n0"), *(edge(f"t{n + 1}", "uses", f"t{n}") for n in range(3))]

    found = standing_of(stack(*ring, *tail), [key("n0"), key("t0"), key("t3"), key("n3")])
    assert [found[key(name)].cut_off for name in ("n0", "t0", "t3", "n3")] == [4, 3, 0, 0]


def test_a_graph_that_is_too_large_is_not_looked_through() -> None:
    world = stack(*STAR * (BOUND // len(STAR) + 1))

    assert standing_of(world, [key("hub")]) == {}


def test_only_a_change_of_more_than_content_is_asked_about() -> None:
    world = inventory(table("hub"), *(table(leaf) for leaf in LEAVES))
    links = tuple(edge(thing(leaf, "t.table"), "references", thing("hub", "t.table")) for leaf in LEAVES)
    world = type(world)(world.target, items=world.items, edges=links)

    assert not findings("undeclared-critical", effect("delete", "hub", keys=("id",)), world)
    assert findings("undeclared-critical", effect("update", "hub", aspect="structure"), world)


# --- the other way round ---


def test_a_mark_that_nothing_bears_out_is_told() -> None:
    marked = item("n", critical=True)

    [found] = findings("unfelt-critical", plan(act("update", "n")), stack(marked))
    assert (found.severity, found.confidence) == ("low", "low")
    assert not findings("unfelt-critical", plan(act("update", "n")), stack(marked, edge("m", "uses", "n")))
    assert not findings("unfelt-critical", plan(act("update", "n")), stack("n"))


@pytest.mark.parametrize("held", [{"size": 0}, {"fields": ("id",)}, {"keys": (("id",),)}, {"planes": ("data",)}])
def test_what_holds_something_is_critical_by_itself(held) -> None:
    assert not findings("unfelt-critical", plan(act("update", "n")), stack(item("n", critical=True, **held)))


# --- planes ---


@pytest.mark.parametrize(
    ("verb", "severity"), [("delete", "high"), ("replace", "high"), ("update", "medium"), ("create", "low")]
)
@pytest.mark.parametrize(
    "plane",
    ["identity", "routing", "encryption", "deployment", "billing", "audit", "control-plane", "shared-code"],
)
def test_a_change_to_a_plane_is_said_for_that_plane(plane, verb, severity) -> None:
    world = stack(item("n", planes=(plane, "data")), "m")

    [found] = findings("control-plane", plan(act(verb, "n")), world)
    assert found.severity == severity
    assert found.message.startswith(f"{plane} (")
    assert "`n`" in found.message
    assert not findings("control-plane", plan(act(verb, "m")), world)
    assert not findings("control-plane", plan(act("read", "n")), world)


def test_a_plane_that_must_feel_it_is_said_less_loud() -> None:
    world = stack(item("n", planes=("routing",)), "net", edge("n", "uses", "net"))

    [found] = findings("control-plane", plan(act("delete", "net")), world)
    assert (found.severity, found.confidence) == ("medium", "medium")


def test_planes_of_two_reports_both_count_and_stand_in_the_assessment() -> None:
    world = stack(item("n", planes=("routing",)), item("n", planes=("identity",)))

    assert judged(plan(act("update", "n")), world).effects[0].planes == ("identity", "routing")
    assert len(findings("control-plane", plan(act("update", "n")), world)) == 2
