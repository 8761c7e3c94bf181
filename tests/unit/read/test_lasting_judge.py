"""What one operation on one piece of infrastructure loses: the class is lowered by evidence and by nothing else."""

from __future__ import annotations

import pytest

from interlock.read.lasting.lasting import Lasting, judge

DATABASE = {
    "identifier": "orders",
    "skip_final_snapshot": True,
    "final_snapshot_identifier": None,
    "backup_retention_period": 7,
    "delete_automated_backups": True,
    "deletion_protection": False,
    "engine_version": "14.1",
    "multi_az": True,
}


def deleted(**changes: object) -> Lasting:
    return judge("terraform", "aws_db_instance", "delete", {**DATABASE, **changes}, None)


def updated(**changes: object) -> Lasting:
    return judge("terraform", "aws_db_instance", "update", DATABASE, {**DATABASE, **changes})


def test_a_database_whose_backups_die_with_it_is_gone_for_good() -> None:
    found = deleted()

    assert found.way_back.reversibility == "irreversible"
    assert found.way_back.verdict == "invalid"
    assert "automated backups with it" in found.way_back.loses
    assert "final_snapshot_identifier" in found.way_back.lifts
    assert found.traits == ("loses-data",)


def test_a_named_final_snapshot_is_a_copy() -> None:
    found = deleted(skip_final_snapshot=False, final_snapshot_identifier="orders-final")

    assert found.way_back.reversibility == "verified-copy"
    assert found.way_back.verdict == "valid-with-loss"
    assert found.way_back.evidence == ("a final snapshot `orders-final` is taken",)


@pytest.mark.parametrize("name", [None, "", 5, True])
def test_a_final_snapshot_without_a_usable_name_is_no_copy(name: object) -> None:
    assert deleted(skip_final_snapshot=False, final_snapshot_identifier=name).way_back.reversibility == "irreversible"


@pytest.mark.parametrize("skip", [0, "false", None, []])
def test_a_value_of_another_type_is_no_evidence(skip: object) -> None:
    found = deleted(skip_final_snapshot=skip, final_snapshot_identifier="orders-final")

    assert found.way_back.reversibility == "irreversible"


def test_backups_that_outlive_the_database_are_a_grace_period() -> None:
    found = deleted(delete_automated_backups=False)

    assert found.way_back.reversibility == "grace-period"
    assert found.way_back.evidence == ("automated backups stay for 7 days",)


def test_deletion_protection_says_that_the_delete_fails() -> None:
    found = deleted(deletion_protection=True)

    assert found.way_back.reversibility == "grace-period"
    assert found.way_back.verdict == "unknown"
    assert "the target refuses the delete" in found.way_back.why
    assert found.protections == ("deletion protection is on",)


def test_a_replacement_loses_what_a_delete_loses() -> None:
    found = judge("terraform", "aws_db_instance", "replace", DATABASE, {**DATABASE, "identifier": "new"})

    assert found.way_back.reversibility == "irreversible"
    assert "moved" in found.gentler


def test_evidence_that_only_stands_after_the_change_is_none() -> None:
    safe = {**DATABASE, "skip_final_snapshot": False, "final_snapshot_identifier": "orders-final"}

    assert judge("terraform", "aws_db_instance", "replace", DATABASE, safe).way_back.reversibility == "irreversible"


def test_taking_a_protection_off_is_said() -> None:
    found = updated(multi_az=False)

    assert found.traits == ("loses-protection",)
    assert found.way_back.loses == "the standby in another zone is taken off"
    assert found.way_back.verdict == "valid"


def test_putting_a_protection_on_loses_nothing() -> None:
    found = updated(deletion_protection=True)

    assert found.traits == ()
    assert found.way_back.reversibility == "exact-inverse"
    assert found.protections == ("deletion protection is on",)


def test_an_engine_does_not_go_back() -> None:
    found = updated(engine_version="15.1")

    assert found.way_back.verdict == "invalid"
    assert found.way_back.reversibility == "verified-copy"
    assert judge(
        "terraform", "aws_db_instance", "update", {"engine_version": "14"}, {"engine_version": "15"}
    ).way_back.reversibility == "irreversible"  # fmt: skip


def test_a_protection_whose_value_after_is_unknown_may_be_off() -> None:
    found = judge("terraform", "aws_db_instance", "update", DATABASE, {}, frozenset(DATABASE))

    assert "loses-protection" in found.traits


def test_a_prior_value_that_is_not_shown_makes_the_way_back_unknown() -> None:
    found = judge("terraform", "aws_db_instance", "update", DATABASE, DATABASE, hidden=frozenset({"password"}))

    assert found.way_back.verdict == "unknown"
    assert found.way_back.why == "the prior value of `password` is not known"


@pytest.mark.parametrize("operation", ["delete", "replace"])
def test_a_type_that_nobody_knows_is_the_worst_when_it_goes(operation: str) -> None:
    found = judge("terraform", "aws_moon_base", operation, {}, {})  # type: ignore[arg-type]  # one of two

    assert not found.known
    assert found.way_back.reversibility == "irreversible"
    assert found.way_back.verdict == "unknown"
    assert found.way_back.loses == "nobody knows what a `aws_moon_base` holds"


def test_a_new_thing_is_taken_away_again() -> None:
    assert judge("terraform", "aws_db_instance", "create", None, DATABASE).way_back.reversibility == "exact-inverse"
    assert judge("terraform", "aws_organizations_account", "create", None, {}).way_back.verdict == "invalid"


def test_what_is_only_forgotten_is_imported_again() -> None:
    found = judge("terraform", "aws_db_instance", "forget", DATABASE, None)

    assert found.way_back.reversibility == "exact-inverse"
    assert found.way_back.step == "import it again"
    assert found.traits == ()


def test_a_replica_and_its_primary_are_one_group() -> None:
    replica = judge(
        "terraform", "aws_db_instance", "create", None, {"identifier": "b", "replicate_source_db": "orders"}
    )

    assert replica.groups == deleted().groups == (("replicas", "orders"),)
