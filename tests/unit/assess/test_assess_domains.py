"""Failure domains: what of each is taken at once, and what is said of it."""

from __future__ import annotations

import pytest
from assess_stack import EASY, act, edge, item, plan, stack, thing
from assess_words import findings, judged

from interlock.assess.domains import LISTED
from interlock.model.assessment import Touched

NODES = [thing(f"n{number}", at={"region": "r1", "zone": f"z{number % 2}"}) for number in range(4)]
GROUP = [item(node, groups=(("cluster", "db"),)) for node in NODES]


def severities(slug, *args) -> list[str]:
    return [found.severity for found in findings(slug, *args)]


# --- shares ---


def test_each_domain_is_counted_with_what_is_taken_of_what_is_known() -> None:
    seen = judged(plan(act("update", NODES[0]), act("delete", NODES[2])), stack(*GROUP))

    assert seen.domains == (
        Touched("cluster", "db", 2, 4),
        Touched("zone", "z0", 2, 2),
        Touched("region", "r1", 2, 4),
    )


def test_what_must_feel_it_is_taken_too_and_what_is_only_made_or_renamed_is_not() -> None:
    world = stack(*GROUP, edge(NODES[1], "uses", NODES[0]))

    assert judged(plan(act("delete", NODES[0])), world).domains[0] == Touched("cluster", "db", 2, 4)
    assert judged(plan(act("create", NODES[0])), stack(*GROUP)).domains == ()
    assert judged(plan(act("update", NODES[0], traits=("renames",))), stack(*GROUP)).domains == ()
    assert judged(plan(act("read", NODES[0])), stack(*GROUP)).domains == ()


def test_what_is_new_is_no_part_of_the_whole() -> None:
    seen = judged(plan(act("delete", NODES[0]), act("create", NODES[1])), stack(*GROUP[:2]))

    assert seen.domains[0] == Touched("cluster", "db", 1, 1)


def test_without_an_inventory_nobody_knows_of_how_many() -> None:
    assert judged(plan(act("delete", NODES[0]))).domains == (
        Touched("region", "r1", 1, None),
        Touched("zone", "z0", 1, None),
    )


def test_the_list_is_bounded() -> None:
    nodes = [thing(f"n{number}", at={"key": f"k{number}"}) for number in range(LISTED + 5)]

    assert len(judged(plan(*(act("update", node) for node in nodes)), stack(*nodes)).domains) == LISTED


# --- whole groups ---


@pytest.mark.parametrize(("verb", "severity"), [("delete", "critical"), ("replace", "critical"), ("update", "high")])
def test_all_members_of_a_group_at_once_are_found(verb, severity) -> None:
    all_of_it = plan(*(act(verb, node, way_back=EASY) for node in NODES))

    [found] = findings("whole-redundancy-group", all_of_it, stack(*GROUP))
    assert (found.severity, found.confidence) == (severity, "high")
    assert "all 4 members of cluster `db`" in found.message
    assert not findings("whole-redundancy-group", plan(*(act(verb, node) for node in NODES[1:])), stack(*GROUP))


def test_a_group_that_only_feels_it_weighs_less() -> None:
    world = stack("net", *GROUP, *(edge(node, "uses", "net") for node in NODES))

    [found] = findings("whole-redundancy-group", plan(act("delete", "net")), world)
    assert (found.severity, found.confidence) == ("medium", "medium")


def test_one_member_is_no_group_and_new_members_stand_in_for_nobody_yet() -> None:
    assert not findings("whole-redundancy-group", plan(act("delete", NODES[0])), stack(*GROUP[:1]))
    swapped = plan(act("delete", NODES[0]), act("delete", NODES[1]), act("create", NODES[2]))
    assert severities("whole-redundancy-group", swapped, stack(*GROUP[:3])) == ["critical"]


# --- pairs ---

DB, REPLICA, BACKUP = thing("db", "t.db"), thing("replica", "t.db"), thing("vault", "t.vault")
REPLICATED = stack(DB, REPLICA, edge(REPLICA, "copies", DB))
BACKED = stack(DB, BACKUP, thing("snap", "t.vault"), edge(BACKUP, "copies", DB), edge("snap", "copies", DB))


@pytest.mark.parametrize(("verb", "severity"), [("delete", "critical"), ("update", "high")])
def test_a_primary_and_its_replica_at_once_are_found(verb, severity) -> None:
    both = plan(act(verb, DB), act(verb, REPLICA))

    assert severities("primary-and-replica", both, REPLICATED) == [severity]
    assert not findings("backup-with-original", both, REPLICATED)
    assert not findings("primary-and-replica", plan(act(verb, DB)), REPLICATED)


def test_a_backup_changed_with_its_original_is_found() -> None:
    both = plan(act("update", DB), act("update", BACKUP))

    assert severities("backup-with-original", both, BACKED) == ["high"]
    assert not findings("primary-and-replica", both, BACKED)
    assert not findings("backup-with-original", plan(act("update", DB)), BACKED)


def test_a_backup_that_dies_with_its_original_is_said_once_and_worse() -> None:
    world = stack(DB, BACKUP, edge(BACKUP, "copies", DB))
    both = plan(act("delete", DB), act("delete", BACKUP))

    assert findings("copy-dies", both, world)
    assert not findings("backup-with-original", both, world)


def test_a_pair_of_which_one_only_feels_it_weighs_less() -> None:
    world = stack(DB, REPLICA, "net", edge(REPLICA, "copies", DB), edge(REPLICA, "uses", "net"))

    assert severities("primary-and-replica", plan(act("update", DB), act("delete", "net")), world) == ["medium"]


# --- places ---


@pytest.mark.parametrize("kind", ["account", "cell", "region", "tenant"])
def test_more_than_one_place_in_one_step_is_found(kind) -> None:
    one, two = thing("a", at={kind: "p1"}), thing("b", at={kind: "p2"})

    [found] = findings("many-domains", plan(act("update", one), act("update", two)))
    assert found.severity == "medium"
    assert f"2 {kind}s: `p1`, `p2`" in found.message
    assert severities("many-domains", plan(act("delete", one), act("delete", two))) == ["high"]
    assert severities("many-domains", plan(act("delete", one), act("update", two))) == ["medium"]
    assert not findings("many-domains", plan(act("update", one), act("create", two)))
    assert not findings("many-domains", plan(act("update", one)))


def test_zones_of_one_region_are_no_more_than_a_share() -> None:
    assert not findings("many-domains", plan(act("update", NODES[0]), act("update", NODES[1])), stack(*GROUP))


def test_a_large_share_of_a_place_is_found_once_for_places_that_hold_the_same() -> None:
    nodes = [thing(f"n{n}", at={"zone": "z", "cluster": "c", "state": "s"}) for n in range(10)]

    def taken(count):
        return severities("whole-domain", plan(*(act("update", node) for node in nodes[:count])), stack(*nodes))

    assert [taken(4), taken(5), taken(8), taken(9)] == [[], ["medium"], ["medium"], ["high"]]
    [found] = findings("whole-domain", plan(*(act("update", node) for node in nodes[:5])), stack(*nodes))
    assert "5 of 10 known things (50 %) in `cluster c`, `zone z`" in found.message


def test_few_things_and_what_one_record_keeps_are_no_domain() -> None:
    three = [thing(f"n{n}", at={"zone": "z"}) for n in range(3)]
    kept = [thing(f"n{n}", at={"state": "s"}) for n in range(9)]

    assert not findings("whole-domain", plan(*(act("update", node) for node in three)), stack(*three))
    assert not findings("whole-domain", plan(*(act("update", node) for node in kept)), stack(*kept))
    assert not findings("whole-domain", plan(*(act("update", node) for node in NODES)))


# --- products ---


def owned(name: str, tag: str, owner: str, state: str = "s"):
    return thing(name, at={"state": state}, **{tag: owner})


@pytest.mark.parametrize("tag", ["product", "service", "app", "application", "tenant", "team", "Product"])
def test_two_products_in_one_change_are_found(tag) -> None:
    one, two = owned("a", tag, "courses"), owned("b", tag, "news")

    [found] = findings("two-products", plan(act("update", one), act("update", two)))
    assert found.severity == "medium"
    assert f"2 {tag.lower()}s: `courses`, `news`, which share state `s`" in found.message
    assert severities("two-products", plan(act("delete", one), act("delete", two))) == ["high"]
    assert severities("two-products", plan(act("delete", one), act("update", two))) == ["medium"]
    assert not findings("two-products", plan(act("update", one), act("create", two)))
    assert not findings("two-products", plan(act("update", one), act("update", owned("b", tag, "courses"))))


def test_tenants_are_told_by_their_place_too_and_said_once() -> None:
    one = thing("a", at={"tenant": "t1"}, team="x")
    two = thing("b", at={"tenant": "t2"}, team="y")

    [found] = findings("two-products", plan(act("update", one), act("update", two)))
    assert "2 tenants: `t1`, `t2`" in found.message
    assert "share" not in found.message


# --- numbers that nobody expects ---


def many(verb, count, start=0):
    return [act(verb, f"n{number}", way_back=EASY) for number in range(start, start + count)]


def test_half_of_everything_that_goes_is_found() -> None:
    world = stack(*(f"n{number}" for number in range(8)))

    def gone(count, verb="delete"):
        return severities("mass-change", plan(*many(verb, count)), world)

    assert [gone(3), gone(4), gone(8), gone(4, "replace"), gone(8, "update")] == [
        [],
        ["high"],
        ["critical"],
        ["high"],
        [],
    ]
    assert not findings("mass-change", plan(*many("delete", 3)), stack("n0", "n1", "n2"))


def test_more_new_things_than_there_are_is_found() -> None:
    def made(count, there):
        return severities("mass-change", plan(*many("create", count, 100)), stack(*(f"n{n}" for n in range(there))))

    assert [made(10, 9), made(10, 4), made(10, 3), made(10, 0)] == [["medium"], ["medium"], ["low"], ["low"]]
    assert [made(10, 10), made(9, 4)] == [[], []]
    assert not findings("mass-change", plan(*many("create", 50)))


def test_what_an_inventory_lists_as_planned_is_not_there_yet() -> None:
    new = [f"n{number}" for number in range(100, 110)]

    assert severities("mass-change", plan(*many("create", 10, 100)), stack("n0", *new)) == ["low"]
    assert not findings("mass-change", plan(*many("create", 10, 100)), stack(*(f"n{n}" for n in range(10)), *new))
