"""The way back by knowledge: of one effect, of the whole change, and what a change does to its own."""

from __future__ import annotations

import msgspec
import pytest
from assess_stack import EASY, GONE, KEPT, act, back, edge, item, plan, stack, thing
from assess_words import PROVED, change, effect, findings, judged, measured, rehearsal

from interlock.assess.rollback import REASONS, STEPS
from interlock.model.inventory import Rehearsal, RollbackProof

# --- one effect ---


def classed(one) -> str:
    [weighed] = judged(plan(one)).effects
    return weighed.reversibility


@pytest.mark.parametrize(
    ("way_back", "traits", "expected"),
    [
        (None, (), "irreversible"),
        (back(None, "unknown"), (), "irreversible"),
        (EASY, (), "disruptive-inverse"),
        (KEPT, (), "verified-copy"),
        (KEPT, ("loses-data",), "verified-copy"),
        (back("verified-copy", "valid-with-loss"), ("loses-data",), "irreversible"),
        (back("verified-copy", "valid-with-loss"), ("cascades",), "irreversible"),
        (back("grace-period", "valid", evidence=("30 days",)), ("loses-data",), "grace-period"),
        (back("exact-inverse", "invalid"), (), "irreversible"),
        (back(None, "invalid"), (), "irreversible"),
        (KEPT, ("leaves-target",), "irreversible"),
        (KEPT, ("dynamic",), "irreversible"),
        (back("none-needed", "none-needed"), (), "exact-inverse"),
    ],
)
def test_what_a_reader_knows_counts_as_far_as_it_is_evidence(way_back, traits, expected) -> None:
    assert expected == classed(act("delete", "db", way_back=way_back, traits=traits))


def test_knowledge_can_say_that_something_is_harder_than_it_looks() -> None:
    assert classed(act("create", "db")) == "exact-inverse"
    assert classed(act("create", "db", way_back=EASY)) == "disruptive-inverse"
    assert classed(act("update", "db", way_back=back(None, "invalid"))) == "irreversible"


def test_reading_needs_no_way_back_whatever_is_known() -> None:
    assert classed(act("read", "db", way_back=GONE)) == "none-needed"


def test_a_rehearsal_still_raises_and_still_lowers() -> None:
    kept = act("delete", "db", way_back=KEPT)
    failed = rehearsal(rollback=RollbackProof("invalid", simulated=True))

    assert judged(plan(kept), stack("db"), failed).reversibility == "irreversible"
    assert judged(plan(kept), stack("db"), rehearsal()).reversibility == "exact-inverse"


@pytest.mark.parametrize(
    ("way_back", "tier"),
    [(EASY, "configure"), (KEPT, "configure"), (GONE, "destroy"), (back("grace-period", "valid"), "destroy")],
)
def test_taking_away_what_may_not_come_back_is_destroying(way_back, tier) -> None:
    assert judged(plan(act("delete", "db", way_back=way_back))).tier == tier
    assert judged(plan(act("replace", "db", way_back=way_back))).tier == tier
    assert judged(plan(act("update", "db", way_back=way_back))).tier == "configure"


# --- the whole change ---


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("valid", "none-needed"), "valid"),
        (("valid", "valid-with-loss"), "valid-with-loss"),
        (("valid-with-loss", "unknown"), "unknown"),
        (("unknown", "invalid", "valid"), "invalid"),
        (("none-needed",), "none-needed"),
        ((), "none-needed"),
    ],
)
def test_the_way_back_of_a_change_is_that_of_its_worst_effect(verdicts, expected) -> None:
    effects = [act("update", f"n{n}", way_back=back("exact-inverse", verdict)) for n, verdict in enumerate(verdicts)]
    found = judged(plan(*effects)).rollback

    assert (found.verdict, found.simulated) == (expected, False)


def test_an_effect_of_which_nobody_knows_the_way_back_leaves_it_unknown() -> None:
    assert judged(plan(act("update", "a", way_back=EASY), act("update", "b"))).rollback.verdict == "unknown"
    assert judged(plan(act("update", "a", way_back=EASY), act("read", "b"))).rollback.verdict == "valid"


def test_what_was_not_understood_leaves_it_unknown() -> None:
    unread = change(act("update", "a", way_back=EASY), unknown=("a block",))

    assert judged(unread).rollback.verdict == "unknown"


@pytest.mark.parametrize("traits", [("dynamic",), ("leaves-target",), ("loses-data",), ("cascades",)])
def test_what_nothing_is_said_to_bring_back_leaves_it_unknown(traits) -> None:
    assert judged(plan(act("update", "a", way_back=EASY, traits=traits))).rollback.verdict == "unknown"


def test_steps_go_back_in_the_other_order_and_are_bounded() -> None:
    steps = [act("update", f"n{n}", way_back=back("exact-inverse", "valid", step=f"undo {n}")) for n in range(60)]
    found = judged(plan(*steps)).rollback

    assert found.steps[:2] == ("undo 59", "undo 58")
    assert len(found.steps) == STEPS + 1
    assert found.steps[-1] == "and 10 steps more"
    assert judged(plan(*steps[:STEPS])).rollback.steps[-1] == "undo 0"


def test_the_worst_reasons_are_told_first_and_the_rest_counted() -> None:
    loss = [act("delete", f"n{n}", way_back=back("verified-copy", "valid-with-loss", why=f"w{n}")) for n in range(4)]
    found = judged(plan(*loss, act("delete", "db", way_back=GONE)))

    assert found.rollback.why == "`db`: there is no snapshot; `n0`: w0; `n1`: w1; and 2 more"
    assert found.rollback.why.count(";") == REASONS


def test_what_is_lost_is_the_reason_where_no_other_is_given() -> None:
    assert judged(plan(act("delete", "db", way_back=KEPT))).rollback.why == "`db`: writes since the snapshot"


def test_a_rehearsal_that_says_nothing_hides_nothing() -> None:
    world, silent = stack("db"), Rehearsal()

    assert judged(plan(act("delete", "db", way_back=GONE)), world, silent).rollback.verdict == "invalid"
    assert judged(plan(act("delete", "db", way_back=KEPT)), world, silent).rollback.verdict == "valid-with-loss"


def test_a_rehearsal_that_failed_makes_nothing_better() -> None:
    tried = judged(plan(act("update", "db", way_back=EASY)), stack("db"), Rehearsal(failed="no")).rollback

    assert tried.verdict == "unknown"


def test_a_way_back_that_was_walked_counts_before_what_is_known_but_not_before_what_is_known_to_be_wrong() -> None:
    world = stack("db")

    assert judged(plan(act("delete", "db", way_back=KEPT)), world, rehearsal()).rollback == PROVED
    found = judged(plan(act("delete", "db", way_back=GONE)), world, rehearsal()).rollback
    assert (found.verdict, found.why) == ("invalid", "`db`: there is no snapshot")


def test_a_way_back_that_was_only_written_is_as_good_as_the_worse_of_both() -> None:
    written = Rehearsal(rollback=RollbackProof("valid", steps=("as written",)))
    found = judged(plan(act("delete", "db", way_back=KEPT)), stack("db"), written).rollback

    assert (found.verdict, found.simulated, found.steps) == ("valid-with-loss", False, ("as written",))


def test_where_no_reader_knows_anything_the_rehearsal_alone_speaks() -> None:
    unsure = RollbackProof("valid", simulated=False, why="not walked")
    tried = rehearsal(measured("orders", "update", 1), rollback=unsure)

    assert judged(effect(keys=("id",)), None, tried).rollback == unsure


# --- copies that go with it ---

DB, SNAPSHOT, KEY = thing("db", "t.db"), thing("snap", "t.snapshot"), thing("key", "t.key")
COPIED = (item(DB), item(SNAPSHOT), edge(SNAPSHOT, "copies", DB))


def test_a_copy_that_goes_in_the_same_change_is_no_copy() -> None:
    both = plan(act("delete", SNAPSHOT, way_back=EASY), act("delete", DB, way_back=KEPT))
    seen = judged(both, stack(*COPIED))

    [found] = findings("copy-dies", both, stack(*COPIED))
    assert (found.severity, found.where) == ("critical", "part 2: db")
    assert "`snap`" in found.message
    assert [each.reversibility for each in seen.effects] == ["disruptive-inverse", "irreversible"]
    assert (seen.rollback.verdict, seen.rollback.why) == ("invalid", "`db`: its copies go with it")


def test_a_simulated_way_back_does_not_bring_back_what_goes_with_its_copies() -> None:
    both = plan(act("delete", SNAPSHOT, way_back=EASY), act("delete", DB, way_back=KEPT))
    seen = judged(both, stack(*COPIED), rehearsal())

    assert seen.reversibility == "irreversible"
    assert seen.rollback.verdict == "invalid"


def test_a_copy_that_stays_is_one() -> None:
    other = thing("other", "t.snapshot")
    both = plan(act("delete", SNAPSHOT, way_back=EASY), act("delete", DB, way_back=KEPT))

    assert not findings("copy-dies", plan(act("delete", DB, way_back=KEPT)), stack(*COPIED))
    assert not findings("copy-dies", both, stack(*COPIED, other, edge(other, "copies", DB)))
    assert not findings("copy-dies", plan(act("delete", SNAPSHOT), act("update", DB)), stack(*COPIED))
    assert not findings("copy-dies", plan(act("update", SNAPSHOT), act("delete", DB)), stack(*COPIED))


def test_what_loses_its_content_needs_its_copies_too() -> None:
    emptied = act("update", DB, traits=("loses-data",), way_back=KEPT)

    assert findings("copy-dies", plan(act("delete", SNAPSHOT), emptied), stack(*COPIED))


@pytest.mark.parametrize("kind", ["contains", "owns", "cascades"])
def test_a_copy_goes_with_what_holds_it(kind) -> None:
    vault = thing("vault", "t.vault")
    world = stack(*COPIED, vault, edge(SNAPSHOT, kind, vault))

    assert findings("copy-dies", plan(act("delete", DB, way_back=KEPT), act("delete", vault)), world)
    assert not findings("copy-dies", plan(act("delete", DB, way_back=KEPT), act("update", vault)), world)


def test_a_copy_goes_with_its_key_and_with_nothing_else_that_it_uses() -> None:
    tied = (*COPIED, edge(SNAPSHOT, "uses", KEY))
    both = plan(act("delete", DB, way_back=KEPT), act("delete", KEY))

    assert findings("copy-dies", both, stack(*tied, item(KEY, planes=("encryption",))))
    assert not findings("copy-dies", both, stack(*tied, KEY))


def test_a_copy_goes_with_the_place_that_it_stands_in() -> None:
    there = thing("snap", "t.snapshot", at={"account": "backup-account"})
    world = stack(item(DB), item(there), edge(there, "copies", DB))
    both = plan(act("delete", DB, way_back=KEPT), act("delete", thing("backup-account", "t.account")))

    assert findings("copy-dies", both, world)
    assert not findings("copy-dies", both, stack(*COPIED))


# --- rights that go with it ---

ROLE, SERVICE, GRANT = thing("role", "t.role"), thing("service"), thing("grant", "t.grant")
REACHED = (item(ROLE, planes=("identity",)), item(SERVICE), edge(SERVICE, "configures", ROLE))


def test_a_change_that_takes_the_rights_to_undo_it_has_no_way_back() -> None:
    both = plan(act("update", SERVICE, way_back=EASY), act("delete", ROLE, way_back=EASY))

    [found] = findings("undo-loses-rights", both, stack(*REACHED))
    assert (found.severity, found.confidence) == ("high", "high")
    assert "`role` loses its rights" in found.message
    assert "`service`" in found.message
    rollback = judged(both, stack(*REACHED)).rollback
    assert rollback.verdict == "invalid"
    assert "it is reached through `role`" in rollback.why


@pytest.mark.parametrize(
    ("verb", "traits", "severity", "verdict"),
    [
        ("revoke", (), "high", "invalid"),
        ("update", ("only-removes",), "high", "invalid"),
        ("update", (), "medium", "unknown"),
        ("replace", (), "medium", "unknown"),
    ],
)
def test_it_weighs_by_what_is_done_to_the_rights(verb, traits, severity, verdict) -> None:
    both = plan(act("update", SERVICE, way_back=EASY), act(verb, ROLE, traits=traits, way_back=EASY))

    assert [found.severity for found in findings("undo-loses-rights", both, stack(*REACHED))] == [severity]
    assert judged(both, stack(*REACHED)).rollback.verdict == verdict


def test_what_is_reached_through_something_that_gives_no_rights_is_only_unsure() -> None:
    world = stack(ROLE, SERVICE, edge(SERVICE, "configures", ROLE))
    both = plan(act("update", SERVICE, way_back=EASY), act("delete", ROLE, way_back=EASY))

    assert [found.severity for found in findings("undo-loses-rights", both, world)] == ["medium"]


@pytest.mark.parametrize("ends", [(GRANT, ROLE), (ROLE, GRANT)])
def test_rights_go_with_what_gives_them(ends) -> None:
    world = stack(*REACHED, item(GRANT, planes=("identity",)), edge(ends[0], "uses", ends[1]))
    both = plan(act("update", SERVICE, way_back=EASY), act("delete", GRANT, way_back=EASY))

    [found] = findings("undo-loses-rights", both, world)
    assert "`role` loses its rights by `grant`" in found.message
    assert not findings("undo-loses-rights", plan(act("update", SERVICE), act("update", GRANT)), world)


def test_rights_alone_or_things_alone_lose_nothing() -> None:
    assert not findings("undo-loses-rights", plan(act("delete", ROLE)), stack(*REACHED))
    assert not findings("undo-loses-rights", plan(act("update", SERVICE)), stack(*REACHED))
    assert not findings("undo-loses-rights", plan(act("create", SERVICE), act("delete", ROLE)), stack(*REACHED))


@pytest.mark.parametrize(
    ("kept", "traits", "failed", "expected"),
    [
        ("copy", (), "", ("verified-copy", "valid-with-loss")),
        ("until-closed", (), "", ("grace-period", "valid-with-loss")),
        ("copy", ("loses-data",), "", ("grace-period", "valid-with-loss")),
        ("", (), "", ("irreversible", "invalid")),
        ("copy", (), "it does not run", ("irreversible", "invalid")),
        ("copy", ("leaves-target",), "", ("irreversible", "valid-with-loss")),
    ],
)
def test_what_is_kept_before_anything_is_lost_is_a_way_back_whatever_the_call_leaves(
    kept, traits, failed, expected
) -> None:
    lost = act("delete", "db", way_back=back("irreversible", "invalid"), traits=traits)
    tried = Rehearsal(rollback=RollbackProof("valid-with-loss", kept=kept), complete=False, failed=failed)

    judgement = judged(plan(lost), None, tried)

    assert (judgement.effects[0].reversibility, judgement.rollback.verdict) == expected


def test_what_is_kept_is_another_copy_than_those_that_go() -> None:
    both = plan(act("delete", SNAPSHOT, way_back=EASY), act("delete", DB, way_back=KEPT))
    tried = Rehearsal(rollback=RollbackProof("valid", kept="copy"), complete=False)
    failed = msgspec.structs.replace(tried, failed="it does not run")

    assert judged(both, stack(*COPIED), tried).rollback.verdict == "valid"
    assert judged(both, stack(*COPIED), tried).reversibility == "verified-copy"
    assert judged(both, stack(*COPIED), failed).rollback.verdict == "invalid"
    assert judged(both, stack(*COPIED), failed).reversibility == "irreversible"


def test_what_is_kept_is_no_way_back_where_the_rights_to_it_go() -> None:
    both = plan(act("update", SERVICE, way_back=EASY), act("delete", ROLE, way_back=EASY))
    tried = Rehearsal(rollback=RollbackProof("valid", kept="copy"), complete=False)

    assert judged(both, stack(*REACHED), tried).rollback.verdict == "invalid"
