"""Each finding: one input that triggers it, and a near miss that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from assess_words import (
    PRODUCTION,
    STAGING,
    change,
    edge,
    effect,
    findings,
    inventory,
    item,
    judged,
    measured,
    rehearsal,
    thing,
)

from interlock.assess.findings import FINDINGS
from interlock.model.change import Resource
from interlock.model.inventory import RollbackProof
from interlock.model.target import Environment

FILES = Path(__file__).parents[3] / "src" / "interlock" / "assess" / "findings"
PAGES = Path(__file__).parents[3] / "docs" / "findings"
SHOP = inventory(item("orders"), item("items"))


def keyed(verb="update", name="orders", **rest):
    return effect(verb, name, keys=("id",), fields=("status",), **rest)


# --- the table ---


def test_every_file_is_in_the_table_and_every_row_has_its_file() -> None:
    files = {path.stem.replace("_", "-") for path in FILES.glob("*.py") if path.stem != "__init__"}

    assert files == {row.id for row in FINDINGS}


def test_every_finding_has_a_page_and_every_page_a_finding() -> None:
    pages = {path.stem for path in PAGES.glob("*.md")} - {"index"}

    assert pages == {row.id for row in FINDINGS}


@pytest.mark.parametrize("row", FINDINGS, ids=lambda row: row.id)
def test_each_file_says_first_what_it_finds(row) -> None:
    text = (FILES / f"{row.id.replace('-', '_')}.py").read_text(encoding="utf-8")

    assert text.startswith(f'"""{row.id}: ')


# --- no noise ---


def test_a_plain_read_has_no_findings() -> None:
    assert not judged(effect("read", choice="all", traits=("no-condition", "always-true"))).findings
    assert not judged(effect("read", choice="filtered"), SHOP).findings


def test_a_keyed_update_of_one_row_with_evidence_has_no_findings() -> None:
    assert not judged(keyed(), SHOP, rehearsal(measured("orders", "update", 1))).findings


def test_a_keyed_update_without_a_survey_only_says_so() -> None:
    assert [finding.id for finding in judged(keyed()).findings] == ["no-survey"]


# --- conditions ---


@pytest.mark.parametrize(
    ("slug", "trait"), [("no-condition", "no-condition"), ("always-true-condition", "always-true")]
)
def test_a_condition_that_is_none_is_found_where_something_is_taken(slug, trait) -> None:
    for verb, severity in (("delete", "critical"), ("update", "high"), ("replace", "high")):
        [found] = findings(slug, effect(verb, traits=(trait,), part=1))

        assert found.severity == severity
        assert found.where == "statement 2: orders"
        assert "`orders`" in found.message
        assert found.fix
    assert not findings(slug, effect("create", traits=(trait,)))
    assert not findings(slug, effect("delete"))


def test_a_choice_by_something_else_than_a_key_is_found() -> None:
    [found] = findings("not-by-key", effect(choice="filtered", keys=("status",)), SHOP)

    assert (found.severity, found.confidence) == ("medium", "high")
    assert "`status`" in found.message
    assert "`id`" in found.message


def test_half_of_a_key_is_no_key() -> None:
    pair = item("orders").__class__(thing("orders"), 10, (("shop", "number"),), ("shop", "number"))

    assert findings("not-by-key", effect(choice="filtered", keys=("shop",)), inventory(pair))
    assert not findings("not-by-key", effect(choice="filtered", keys=("shop", "number", "x")), inventory(pair))


def test_a_choice_that_names_something_is_believed_only_where_no_key_is_known() -> None:
    named = effect(choice="named", keys=("code",))

    assert not findings("not-by-key", named)
    assert findings("not-by-key", named, SHOP)


def test_without_a_survey_a_condition_is_a_low_guess() -> None:
    [found] = findings("not-by-key", effect("delete", choice="filtered"))

    assert (found.severity, found.confidence) == ("low", "low")


def test_where_rows_were_counted_a_choice_by_condition_is_only_told() -> None:
    [found] = findings("not-by-key", effect(choice="filtered"), SHOP, rehearsal(measured("orders", "update", 3)))

    assert found.severity == "info"


@pytest.mark.parametrize(
    "other",
    [
        effect("read", choice="filtered"),
        effect("create", choice="filtered"),
        effect("replace", choice="filtered"),
        effect("update", choice="all"),
        effect("update", choice="filtered", known="unknown"),
        effect("update", choice="filtered", aspect="structure"),
    ],
)
def test_only_updates_and_deletes_of_some_content_choose(other) -> None:
    assert not findings("not-by-key", other, SHOP)


def test_hitting_every_row_is_found_with_both_figures() -> None:
    big = inventory(item("orders", 120_000))
    [found] = findings(
        "whole-table", effect("delete", choice="filtered"), big, rehearsal(measured("orders", "delete", 120_000))
    )

    assert "120,000 of 120,000 rows of `orders`" in found.message
    assert (found.severity, found.confidence) == ("critical", "high")
    assert not findings(
        "whole-table", effect("delete", choice="filtered"), big, rehearsal(measured("orders", "delete", 119_999))
    )


def test_the_only_row_chosen_by_key_is_not_the_whole_table() -> None:
    one, tried = inventory(item("orders", 1)), rehearsal(measured("orders", "update", 1))

    assert not findings("whole-table", keyed(), one, tried)
    assert findings("whole-table", effect(choice="filtered"), one, tried)


def test_an_empty_table_has_no_whole() -> None:
    assert not findings("whole-table", effect("delete", choice="all"), inventory(item("orders", 0)))


def test_more_rows_than_the_environment_allows_are_found() -> None:
    world = inventory(item("orders", 5_000))
    some = effect("delete", choice="filtered")

    [found] = findings("many-rows", some, world, rehearsal(measured("orders", "delete", 1_001)))

    assert (found.severity, found.confidence) == ("high", "high")
    assert "1,001" in found.message
    assert "1,000" in found.message
    assert not findings("many-rows", some, world, rehearsal(measured("orders", "delete", 1_000)))


def test_the_bound_is_that_of_the_stricter_environment() -> None:
    tight = Environment("production", max_rows=2)

    assert findings("many-rows", effect("create", count=3), claimed=STAGING, found=tight)
    assert not findings("many-rows", effect("create", count=3), claimed=STAGING)


def test_an_unknown_number_of_rows_is_never_better_than_a_known_one() -> None:
    [known] = findings("many-rows", effect("delete", choice="filtered", count=10**9))
    [unknown] = findings("many-rows", effect("delete", choice="filtered"))

    assert unknown.severity == known.severity
    assert unknown.confidence == "low"


def test_an_unknown_number_is_no_news_where_one_thing_is_named() -> None:
    assert not findings("many-rows", effect("delete", choice="named", keys=("id",)))
    assert not findings("many-rows", effect("delete", choice="filtered", keys=("id",)), SHOP)
    assert not findings("many-rows", effect("create", count=1))
    assert findings("many-rows", effect("create"))
    assert findings("many-rows", effect("create", choice="all"))


# --- losses, guards, access ---


@pytest.mark.parametrize(
    ("slug", "trait", "severity"),
    [
        ("loses-data", "loses-data", "critical"),
        ("loses-protection", "loses-protection", "high"),
        ("widens-access", "widens-access", "high"),
        ("reads-secret", "reads-secret", "medium"),
        ("leaves-target", "leaves-target", "critical"),
        ("dynamic-code", "dynamic", "critical"),
        ("not-transactional", "not-transactional", "medium"),
        ("hides-failure", "hides-failure", "low"),
        ("nested-write", "nested", "low"),
        ("rewrites-table", "rewrites", "medium"),
        ("blocks-reads", "blocks-reads", "medium"),
        ("blocks-writes", "blocks-writes", "medium"),
        ("ends-transaction", "ends-transaction", "high"),
        ("runs-code", "runs-code", "high"),
    ],
)
def test_what_a_reader_marks_is_said(slug, trait, severity) -> None:
    marked = effect("delete", aspect="structure", traits=(trait,), cause="the words of it", part=2)

    [found] = findings(slug, change(effect("read"), marked))

    assert found.severity == severity
    assert found.where == "statement 3: orders"
    assert found.fix
    assert not findings(slug, effect("delete", aspect="structure"))


def test_an_empty_thing_loses_little() -> None:
    drop = effect("delete", aspect="structure", traits=("loses-data",))

    assert [found.severity for found in findings("loses-data", drop, inventory(item("orders", 0)))] == ["low"]
    assert [found.severity for found in findings("loses-data", drop, inventory(item("orders", 1)))] == ["critical"]
    assert [found.severity for found in findings("loses-data", drop, inventory(item("orders", None)))] == ["critical"]


def test_lost_columns_are_named() -> None:
    [found] = findings("loses-data", effect(aspect="structure", traits=("loses-data",), fields=("email",)))

    assert "`email` of `orders`" in found.message


def test_code_that_is_only_put_in_place_weighs_less_than_code_that_runs() -> None:
    assert [f.severity for f in findings("runs-code", effect("create", aspect="structure", traits=("runs-code",)))] == [
        "medium"
    ]
    assert [f.severity for f in findings("runs-code", effect("read", traits=("runs-code",)))] == ["high"]


@pytest.mark.parametrize(
    ("size", "severity"), [(1_000, "low"), (1_001, "medium"), (99_999, "medium"), (100_000, "high")]
)
def test_how_long_others_wait_weighs_by_size(size, severity) -> None:
    for slug, trait in (
        ("rewrites-table", "rewrites"),
        ("blocks-reads", "blocks-reads"),
        ("blocks-writes", "blocks-writes"),
    ):
        [found] = findings(slug, effect(aspect="structure", traits=(trait,)), inventory(item("orders", size)))

        assert (found.severity, found.confidence) == (severity, "high")


def test_ending_a_transaction_that_only_reads_is_a_small_thing() -> None:
    end = effect("read", aspect="process", traits=("ends-transaction",))

    assert [found.severity for found in findings("ends-transaction", end)] == ["low"]


def test_hiding_the_failure_of_a_destroy_weighs_more() -> None:
    hidden = effect("delete", aspect="structure", traits=("hides-failure", "loses-data"))

    assert [found.severity for found in findings("hides-failure", hidden)] == ["medium"]


def test_a_nested_read_is_nothing() -> None:
    assert not findings("nested-write", effect("read", traits=("nested",)))


# --- what is not known ---


def test_what_was_not_understood_is_said_word_by_word() -> None:
    found = findings(
        "unknown-statement",
        change(
            effect("execute", known="unknown", cause="a block in plperl"), unknown=("`frobnicate` is not modelled",)
        ),
    )

    assert [one.severity for one in found] == ["critical", "critical"]
    assert "`frobnicate` is not modelled" in found[0].message
    assert "a block in plperl" in found[1].message
    assert not findings("unknown-statement", effect("execute", known="estimated"))


def test_what_an_effect_says_at_its_place_is_not_said_again_without_one() -> None:
    """A reader names what it did not understand in the list and at the effect; a person needs it once."""
    unread = effect("execute", "now", known="unknown", cause="a function that is not known")
    both = change(unread, unknown=("a function that is not known: now", "the script is too long"))

    told = findings("unknown-statement", both)
    assert [one.where for one in told] == ["", "statement 1: now"]
    assert "too long" in told[0].message
    assert judged(both).unknown == ("a function that is not known: now", "the script is too long")
    assert judged(change(unread)).unknown == ("statement 1: a function that is not known",)


def test_a_write_that_no_statement_names_is_found_and_makes_the_change_unknown() -> None:
    tried = rehearsal(measured("orders", "update", 1), measured("items", "delete", 3))
    seen = judged(keyed(), SHOP, tried)

    assert [found.id for found in seen.findings if found.severity == "critical"] == ["unread-effect"]
    assert "`items`" in next(found.message for found in seen.findings if found.id == "unread-effect")
    assert seen.unknown
    assert seen.tier == "destroy"
    assert seen.reversibility == "irreversible"
    assert seen.rows is None


@pytest.mark.parametrize(
    "also",
    [
        measured("items", "delete", 3, indirect=3),
        measured("items", "delete", 0),
        measured("items", "read", 3),
    ],
)
def test_what_follows_or_only_reads_was_not_misread(also) -> None:
    assert not findings("unread-effect", keyed(), SHOP, rehearsal(measured("orders", "update", 1), also))


def test_a_write_through_a_view_names_what_the_view_reads() -> None:
    world = inventory(item("orders"), item("open_orders"), edge("open_orders", "reads", "orders"))
    tried = rehearsal(measured("orders", "update", 1))

    assert not findings("unread-effect", keyed(name="open_orders"), world, tried)
    assert findings("unread-effect", keyed(name="open_orders"), SHOP, tried)


def test_no_survey_is_said_once_of_what_writes() -> None:
    assert [found.severity for found in findings("no-survey", change(keyed(), keyed(name="items")))] == ["info"]
    assert not findings("no-survey", keyed(), SHOP)
    assert not findings("no-survey", effect("read"))


def test_a_name_that_the_target_does_not_have_is_found() -> None:
    [found] = findings("target-missing-resource", keyed(name="oders"), SHOP)

    assert (found.severity, found.confidence) == ("medium", "high")
    assert "`oders`" in found.message
    assert not findings("target-missing-resource", keyed(), SHOP)
    assert not findings("target-missing-resource", keyed(name="oders"))


def test_a_survey_that_saw_not_all_is_not_sure_that_something_is_missing() -> None:
    [found] = findings("target-missing-resource", keyed(name="oders"), inventory(item("orders"), complete=False))

    assert found.confidence == "low"


def test_what_the_change_creates_first_is_not_missing() -> None:
    made = effect("create", "fresh", aspect="structure")

    assert not findings("target-missing-resource", change(made, effect("create", "fresh")), SHOP)
    assert findings("target-missing-resource", change(effect("create", "fresh"), made), SHOP)


def test_kinds_of_things_that_nobody_surveyed_are_not_missing() -> None:
    role = effect("grant", aspect="authority").__class__("grant", thing("ada", "t.role"), aspect="authority")

    assert not findings("target-missing-resource", role, SHOP)


def test_a_missing_thing_that_is_only_read_is_told() -> None:
    assert [found.severity for found in findings("target-missing-resource", effect("read", "x"), SHOP)] == ["info"]


def test_another_environment_than_claimed_is_found_once() -> None:
    world = inventory(item("orders"), environment="production")

    [found] = findings("environment-disagrees", keyed(), world, claimed=STAGING, found=PRODUCTION)

    assert found.severity == "high"
    assert "`staging`" in found.message
    assert "`production`" in found.message
    assert not findings("environment-disagrees", keyed(), world, claimed=PRODUCTION, found=PRODUCTION)


def test_a_target_that_says_it_is_something_else_is_found_though_nobody_configured_it() -> None:
    assert findings("environment-disagrees", keyed(), inventory(environment="production"), claimed=STAGING)
    assert findings("environment-disagrees", keyed(), inventory(environment="dr"), found=PRODUCTION)


def test_an_effect_in_a_third_environment_is_found() -> None:
    there = keyed().__class__("update", Resource("t.table", "orders", "production"))

    assert findings("environment-disagrees", there, claimed=STAGING)
    assert not findings("environment-disagrees", there, claimed=PRODUCTION)
    assert len(findings("environment-disagrees", there, claimed=STAGING, found=PRODUCTION)) == 1


def test_secrets_are_named_by_kind_once_each() -> None:
    found = findings("secret-in-payload", keyed(), secrets=("aws-key", "aws-key", "password"))

    assert [one.message.rpartition(": ")[2] for one in found] == ["aws-key", "password"]
    assert not findings("secret-in-payload", keyed())


# --- reach ---


def test_rows_that_go_elsewhere_are_found_with_their_number() -> None:
    tried = rehearsal(measured("orders", "delete", 1), measured("items", "delete", 300, indirect=300))

    [found] = findings("cascades-further", keyed("delete"), SHOP, tried)

    assert found.severity == "high"
    assert "300 of `items`" in found.message
    assert "no statement names" in found.message
    assert not findings("cascades-further", keyed("delete"), SHOP, rehearsal(measured("orders", "delete", 1)))


@pytest.mark.parametrize(
    ("verb", "count", "severity"),
    [("create", 1, "low"), ("create", 1_001, "high"), ("update", 1, "medium"), ("update", 1_001, "high")],
)
def test_what_follows_weighs_by_what_it_does(verb, count, severity) -> None:
    tried = rehearsal(measured("orders", "update", 1), measured("items", verb, count, indirect=count))

    assert [severity] == [found.severity for found in findings("cascades-further", keyed(), SHOP, tried)]


def test_before_a_rehearsal_the_survey_says_what_could_go_along() -> None:
    world = inventory(item("orders"), item("items"), edge("items", "cascades", "orders"))
    [found] = findings("cascades-further", keyed("delete"), world)

    assert (found.severity, found.confidence) == ("medium", "medium")
    assert "`items`" in found.message
    assert not findings("cascades-further", keyed(), world)


def test_what_must_go_along_weighs_more_than_what_could() -> None:
    world = inventory(item("orders"), item("report"), edge("report", "reads", "orders"))
    drop = effect("delete", aspect="structure", traits=("loses-data",))

    assert [(f.severity, f.confidence) for f in findings("cascades-further", drop, world)] == [("high", "high")]


def test_what_is_named_beside_it_does_not_go_along_unnamed() -> None:
    world = inventory(item("orders"), item("items"), edge("items", "cascades", "orders"))

    assert not findings("cascades-further", change(keyed("delete", "items"), keyed("delete")), world)


def test_a_statement_that_says_cascade_is_found() -> None:
    assert findings("cascades-further", effect("delete", aspect="structure", traits=("cascades",)))


def test_triggers_on_what_is_written_are_named() -> None:
    world = inventory(item("orders"), item("audit"), edge("audit", "triggers", "orders"))

    assert [(f.severity, f.confidence) for f in findings("fires-triggers", keyed(), world)] == [("low", "medium")]
    assert "`audit`" in findings("fires-triggers", keyed(), world)[0].message
    tried = rehearsal(measured("orders", "update", 1))
    assert [found.severity for found in findings("fires-triggers", keyed(), world, tried)] == ["info"]
    assert not findings("fires-triggers", effect("read"), world)
    assert not findings("fires-triggers", effect(aspect="structure"), world)
    assert not findings("fires-triggers", keyed(name="audit"), world)


def test_a_critical_thing_that_is_touched_is_found() -> None:
    world = inventory(item("orders", critical=True))

    assert [found.severity for found in findings("critical-resource", keyed(), world)] == ["medium"]
    assert [found.severity for found in findings("critical-resource", effect(choice="all"), world)] == ["high"]
    assert not findings("critical-resource", effect("read"), world)
    assert not findings("critical-resource", keyed(), SHOP)


def test_a_critical_thing_that_could_lose_something_is_found_until_a_rehearsal_says_no() -> None:
    world = inventory(item("orders"), item("payments", critical=True), edge("payments", "cascades", "orders"))

    assert [found.severity for found in findings("critical-resource", keyed("delete"), world)] == ["medium"]
    assert judged(keyed("delete"), world).critical == ("payments",)
    assert not findings("critical-resource", keyed("delete"), world, rehearsal(measured("orders", "delete", 1)))
    tried = rehearsal(measured("orders", "delete", 1), measured("payments", "delete", 2, indirect=2))
    assert findings("critical-resource", keyed("delete"), world, tried)


def test_a_critical_thing_that_only_reads_what_is_written_is_not_found() -> None:
    world = inventory(item("orders"), item("report", critical=True), edge("report", "reads", "orders"))

    assert not findings("critical-resource", keyed(), world)
    assert findings("critical-resource", effect("delete", aspect="structure"), world)


def test_more_things_than_the_environment_allows_are_found() -> None:
    many = [keyed(name=f"t{number}") for number in range(21)]

    [found] = findings("many-resources", change(*many))
    assert "21" in found.message
    assert "20" in found.message
    assert not findings("many-resources", change(*many[:20]))


# --- trying it, and the way back ---


def test_a_change_that_does_not_run_is_found_in_the_targets_words() -> None:
    [found] = findings("rehearsal-failed", keyed(), SHOP, rehearsal(failed="no such column: stauts"))

    assert "no such column: stauts" in found.message
    assert not findings("rehearsal-failed", keyed(), SHOP, rehearsal())


def test_a_rehearsal_that_was_cut_short_is_found_with_its_bound() -> None:
    [found] = findings("rehearsal-incomplete", keyed(), SHOP, rehearsal(complete=False, limits=("2 seconds",)))

    assert "2 seconds" in found.message
    assert not findings("rehearsal-incomplete", keyed(), SHOP, rehearsal(limits=("the figures are those of a copy",)))


@pytest.mark.parametrize(
    ("verdict", "simulated", "invalid", "unproven"),
    [
        ("valid", True, False, False),
        ("none-needed", True, False, False),
        ("valid", False, False, True),
        ("valid-with-loss", True, False, True),
        ("unknown", True, False, True),
        ("unknown", False, False, True),
        ("invalid", True, True, False),
        ("invalid", False, True, False),
    ],
)
def test_a_way_back_is_sound_unproven_or_wrong(verdict, simulated, invalid, unproven) -> None:
    tried = rehearsal(measured("orders", "update", 1), rollback=RollbackProof(verdict, simulated, why="the reason"))

    for slug, expected in (("rollback-invalid", invalid), ("rollback-unproven", unproven)):
        found = findings(slug, keyed(), SHOP, tried)
        assert bool(found) is expected
        assert all("the reason" in one.message for one in found)


def test_a_change_that_only_reads_needs_no_way_back() -> None:
    assert not findings("rollback-unproven", effect("read"), SHOP, rehearsal(rollback=RollbackProof()))


# --- the gentler way ---


def test_taking_away_and_creating_anew_has_a_gentler_way() -> None:
    drop, make = effect("delete", aspect="structure"), effect("create", aspect="structure", part=1)

    [found] = findings("gentler-way", change(drop, make))

    assert found.where == "statement 1: orders"
    assert "in place" in found.fix
    assert not findings("gentler-way", change(make, drop))
    assert not findings("gentler-way", change(drop, effect("create", "other", aspect="structure")))


def test_emptying_and_filling_anew_has_a_gentler_way() -> None:
    empty, fill = effect("delete", choice="all"), effect("create", choice="all", part=1)

    assert findings("gentler-way", change(empty, fill))
    assert not findings("gentler-way", change(effect("delete", choice="filtered"), fill))
    assert not findings("gentler-way", empty)


def test_replacing_has_a_gentler_way() -> None:
    assert "insert only what is not" in findings("gentler-way", effect("replace"))[0].fix
    assert "in place" in findings("gentler-way", effect("replace", aspect="structure"))[0].fix
    assert not findings("gentler-way", effect("update"))
