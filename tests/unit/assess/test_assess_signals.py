"""Findings about a plan: what was seen of it as a whole, and what its reader marked."""

from __future__ import annotations

import pytest
from assess_stack import EASY, GONE, KEPT, act, back, item, plan, stack, thing
from assess_words import effect, findings, inventory, judged
from assess_words import item as table

from interlock.model.inventory import Called, Item

DATA = item("n", planes=("data",))


# --- signals ---


@pytest.mark.parametrize(
    ("slug", "signal", "severity"),
    [
        ("state-lost", "state-lost", "critical"),
        ("state-moved", "state-moved", "critical"),
        ("wrong-workspace", "wrong-workspace", "critical"),
        ("unfinished-plan", "unfinished-plan", "high"),
        ("partial-plan", "partial-plan", "medium"),
        ("plan-time-code", "plan-time-code", "high"),
        ("unproved-code", "unproved-code", "medium"),
        ("drifted", "drift", "low"),
    ],
)
def test_a_signal_is_said_with_what_the_reader_saw(slug, signal, severity) -> None:
    [found] = findings(slug, plan(act("create", "n"), signals=((signal, "the words of it"),)))

    assert found.severity == severity
    assert found.message.endswith(": the words of it")
    assert found.fix
    assert not findings(slug, plan(act("create", "n")))


def test_each_sign_of_one_kind_is_said() -> None:
    two = plan(act("create", "n"), signals=(("partial-plan", "only a"), ("partial-plan", "only b")))

    assert len(findings("partial-plan", two)) == 2
    assert findings("state-lost", plan(signals=(("state-lost", ""),)))[0].message.endswith("already")


# --- traits ---


def test_an_index_that_moved_weighs_by_what_the_thing_holds() -> None:
    moved = act("delete", "n", traits=("shifts-index",), way_back=EASY)

    [found] = findings("shifts-index", plan(moved))
    assert (found.severity, found.where) == ("medium", "part 1: n")
    assert [each.severity for each in findings("shifts-index", plan(moved), stack(DATA))] == ["high"]
    held = act("delete", "n", traits=("shifts-index",), way_back=KEPT)
    assert [each.severity for each in findings("shifts-index", plan(held))] == ["high"]
    assert not findings("shifts-index", plan(act("delete", "n")))


def test_an_update_that_only_removes_is_found_and_says_what() -> None:
    less = act("update", "n", traits=("only-removes",), fields=("environment",))

    [found] = findings("only-removes", plan(less))
    assert found.severity == "medium"
    assert "`environment`" in found.message
    assert [each.severity for each in findings("only-removes", plan(less), stack(item("n", planes=("audit",))))] == [
        "high"
    ]
    assert [each.severity for each in findings("only-removes", plan(less), stack(item("n", critical=True)))] == ["high"]
    guard = act("update", "n", traits=("only-removes", "loses-protection"))
    assert [each.severity for each in findings("only-removes", plan(guard))] == ["high"]
    assert not findings("only-removes", plan(act("update", "n", fields=("environment",))))


def test_what_is_forgotten_weighs_by_what_it_holds() -> None:
    forgotten = act("update", "n", traits=("forgets",))

    assert [each.severity for each in findings("forgets", plan(forgotten))] == ["low"]
    assert [each.severity for each in findings("forgets", plan(forgotten), stack(DATA))] == ["medium"]
    assert not findings("forgets", plan(act("update", "n")))


@pytest.mark.parametrize(("slug", "severity"), [("adopts", "low"), ("renames", "info")])
def test_what_changes_only_in_name_is_told_in_a_low_voice(slug, severity) -> None:
    [found] = findings(slug, plan(act("update", "n", traits=(slug,), cause="from `m`")))

    assert found.severity == severity
    assert "`n`" in found.message
    assert not findings(slug, plan(act("update", "n")))


def test_a_gap_is_high_where_something_is_held_and_low_where_nothing_is() -> None:
    gap = act("replace", "n", traits=("leaves-a-gap",), way_back=EASY)

    def severities(what, world=None):
        return [each.severity for each in findings("leaves-a-gap", plan(what), world)]

    assert severities(gap) == ["low"]
    assert severities(act("replace", "n", traits=("leaves-a-gap",))) == ["high"]
    assert severities(act("replace", "n", traits=("leaves-a-gap",), way_back=GONE)) == ["high"]
    assert severities(gap, stack(DATA)) == ["high"]
    assert severities(gap, stack(item("n", size=3))) == ["high"]
    assert severities(gap, stack(item("n", critical=True))) == ["high"]
    assert severities(gap, stack(item("n", planes=("routing",)))) == ["medium"]
    assert not severities(act("replace", "n", way_back=EASY))


def test_the_readers_own_gentler_way_is_what_a_gap_is_told_to_take() -> None:
    gap = act("replace", "n", traits=("leaves-a-gap",), gentler="make the new one first")

    assert findings("leaves-a-gap", plan(gap))[0].fix == "make the new one first"


def test_what_others_had_changed_is_said_where_it_is_undone() -> None:
    [found] = findings("drifted", plan(act("update", "n", traits=("drifted",))))

    assert (found.severity, found.where) == ("medium", "part 1: n")
    assert not findings("drifted", plan(act("update", "n")))


# --- what is known of kinds ---


def test_a_kind_that_nobody_knows_is_said_when_one_is_taken_away() -> None:
    nobody = back("irreversible", "unknown", why="nobody knows `t.node`")

    [found] = findings("unknown-kind", plan(act("delete", "n", way_back=nobody)))
    assert (found.severity, found.confidence) == ("high", "medium")
    assert found.message == "delete of `n`: nobody knows `t.node`"
    assert findings("unknown-kind", plan(act("replace", "n", way_back=nobody)))
    for known in (
        act("update", "n", way_back=nobody),
        act("delete", "n", way_back=EASY),
        act("delete", "n", way_back=GONE),
        act("delete", "n", way_back=back("irreversible", "unknown", evidence=("x",))),
        act("delete", "n"),
    ):
        assert not findings("unknown-kind", plan(known))


def test_what_is_known_to_have_no_way_back_is_said_with_why_and_what_would_help() -> None:
    [found] = findings("cannot-go-back", plan(act("delete", "db", way_back=GONE)))

    assert (found.severity, found.where) == ("critical", "part 1: db")
    assert "there is no snapshot" in found.message
    assert found.fix == "name a snapshot"
    grown = act("update", "db", way_back=back("irreversible", "invalid", why="storage cannot shrink"))
    assert [each.severity for each in findings("cannot-go-back", plan(grown))] == ["high"]
    assert not findings("cannot-go-back", plan(act("delete", "db", way_back=KEPT)))


def test_what_is_lost_is_told_in_the_readers_words_and_weighs_less_with_evidence() -> None:
    def said(way_back):
        [found] = findings("loses-data", plan(act("delete", "db", traits=("loses-data",), way_back=way_back)))
        return found.severity, found.message, found.fix

    assert said(GONE) == ("critical", "the content of `db` is lost: all that is in it", "name a snapshot")
    severity, message, _ = said(KEPT)
    assert severity == "high"
    assert "writes since the snapshot; snapshot s is named" in message
    assert said(back("exact-inverse", "valid", evidence=("a version is kept",)))[0] == "medium"
    replaced = act("replace", "db", traits=("loses-data",), fields=("engine",), way_back=GONE)
    assert "`engine`" not in findings("loses-data", plan(replaced))[0].message
    assert said(back("verified-copy", "valid"))[:2] == (
        "critical",
        "the content of `db` is lost: nobody knows how much",
    )


# --- the gentler way ---


def test_the_gentler_way_is_the_readers_where_it_knows_one() -> None:
    [found] = findings("gentler-way", plan(act("replace", "n", gentler="change the size in place")))

    assert (found.fix, found.confidence) == ("change the size in place", "high")
    assert "`n` is replaced as a whole" in found.message
    [found] = findings("gentler-way", plan(act("delete", "n", gentler="stop it first")))
    assert "`n` is taken away" in found.message


def test_a_planner_that_replaces_is_not_told_to_change_in_place() -> None:
    assert not findings("gentler-way", plan(act("replace", "n")))
    assert not findings("gentler-way", effect("replace", aspect="structure", way_back=EASY))
    assert findings("gentler-way", effect("replace", aspect="structure"))


def test_of_one_thing_only_the_readers_way_is_said() -> None:
    both = plan(act("delete", "n", gentler="change it"), act("create", "n"))

    assert [found.fix for found in findings("gentler-way", both)] == ["change it"]


# --- a second one ---


HERE, THERE = {"state": "here", "region": "r1"}, {"region": "r1"}


def test_a_thing_that_exists_elsewhere_under_its_name_is_found() -> None:
    new, old = thing("net.main", at=HERE, Name="main"), thing("vpc-1", at=THERE, Name="main")

    [found] = findings("exists-already", plan(act("create", new)), stack(old, new))
    assert (found.severity, found.confidence, found.where) == ("high", "medium", "part 1: net.main")
    assert "makes a second one: `vpc-1` (`main`) is there already" in found.message
    assert findings("exists-already", plan(act("create", new)), stack(thing("vpc-1", at={"state": "s"}, NAME="main")))


def test_a_thing_that_another_record_keeps_under_the_same_address_is_found() -> None:
    new, old = thing("net.main", at=HERE), thing("net.main", at={"state": "there"})

    [found] = findings("exists-already", plan(act("create", new)), stack(new, old))
    assert "`net.main` is there already" in found.message
    assert not findings("exists-already", plan(act("create", new)), stack(new))
    assert not findings("exists-already", plan(act("create", new)), stack(new, thing("net.main")))


@pytest.mark.parametrize(
    "old",
    [
        thing("vpc-1", at=THERE, Name="other"),
        thing("vpc-1", at=THERE),
        thing("vpc-1", "t.other", at=THERE, Name="main"),
        thing("vpc-1", at={"region": "r2"}, Name="main"),
        thing("net.main[0]", at=HERE, Name="main"),
    ],
)
def test_another_name_type_place_or_one_of_the_same_record_is_no_second_one(old) -> None:
    new = thing("net.main", at=HERE, Name="main")

    assert not findings("exists-already", plan(act("create", new)), stack(old, new))


def test_only_what_is_made_can_be_there_already() -> None:
    new, old = thing("net.main", at=HERE, Name="main"), thing("vpc-1", at=THERE, Name="main")

    assert not findings("exists-already", plan(act("update", new)), stack(old, new))
    assert not findings("exists-already", plan(act("create", new)))


def named(resource, name: str, *, everywhere: bool = False) -> Item:
    return Item(resource, called=(Called(name, everywhere),))


def test_a_thing_of_another_address_that_the_target_calls_the_same_is_found() -> None:
    new, old = thing("a.new", at=HERE), thing("b.old", at={"state": "there", "region": "r1"})

    [found] = findings("exists-already", plan(act("create", new)), stack(named(new, "orders"), named(old, "orders")))
    assert "makes a second one: `b.old` (`orders`) is there already" in found.message


@pytest.mark.parametrize(
    "old",
    [
        named(thing("b.old", at={"state": "there", "region": "r1"}), "others"),
        named(thing("b.old", at={"state": "there", "region": "r2"}), "orders"),
        named(thing("b.old", "t.other", at={"state": "there", "region": "r1"}), "orders"),
        named(thing("b.old", at={"state": "here", "region": "r1"}), "orders"),
        Item(thing("b.old", at={"state": "there", "region": "r1"})),
    ],
)
def test_another_name_place_type_or_one_of_the_same_record_is_not_the_same(old: Item) -> None:
    new = thing("a.new", at=HERE)

    assert not findings("exists-already", plan(act("create", new)), stack(named(new, "orders"), old))


def test_a_name_that_holds_everywhere_is_found_in_any_place() -> None:
    new, old = thing("a.new", at=HERE), thing("b.old", at={"state": "there", "region": "r2"})
    both = (named(new, "orders", everywhere=True), named(old, "orders", everywhere=True))

    assert findings("exists-already", plan(act("create", new)), stack(*both))


# --- the words of a place ---


def test_a_place_is_called_what_the_change_is_made_of() -> None:
    seen = judged(plan(act("read", "m"), act("delete", "n", known="unknown")))

    assert seen.unknown == ("part 2: delete of `n`",)
    assert seen.reach.changed[0].chain == ("part 2: delete `n`",)


def test_statements_are_still_called_statements() -> None:
    told = judged(effect("delete", choice="all", traits=("no-condition",)), inventory(table("orders")))

    assert {found.where for found in told.findings} <= {"", "statement 1: orders"}
    assert told.reach.changed[0].chain == ("statement 1: delete `orders`",)
