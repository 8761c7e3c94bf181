"""What one operation on one piece of infrastructure loses: the class is lowered by evidence and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.read.lasting.kinds import Kind
from interlock.read.lasting.lasting import Lasting, Standing, _text, judge, standing
from interlock.read.lasting.values import Sides
from interlock.read.readers import reader_for

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


def test_advice_is_given_in_the_words_of_the_technology() -> None:
    found = judge("cloudformation", "AWS::RDS::DBInstance", "delete", {}, None)

    assert "`DeleteAutomatedBackups: false`" in found.way_back.lifts
    assert "final_snapshot_identifier" not in found.way_back.lifts


def test_text_that_holds_a_number_or_a_truth_counts_for_cloudformation_alone() -> None:
    values = {"DeleteAutomatedBackups": "false", "BackupRetentionPeriod": "7"}
    terraform = {"delete_automated_backups": "false", "backup_retention_period": "7"}

    assert judge("cloudformation", "AWS::RDS::DBInstance", "delete", values, None).way_back.reversibility == (
        "grace-period"
    )
    assert judge("terraform", "aws_db_instance", "delete", terraform, None).way_back.reversibility == "irreversible"


def test_a_replacement_of_what_holds_nothing_is_no_exact_inverse() -> None:
    """The way back is a replacement too."""
    before, after = {"policy": "a"}, {"policy": "b"}

    assert judge("terraform", "aws_s3_bucket_policy", "delete", before, None).way_back.reversibility == "exact-inverse"
    assert judge("terraform", "aws_s3_bucket_policy", "replace", before, after).way_back.reversibility == (
        "disruptive-inverse"
    )


def test_a_name_that_cannot_be_had_again_makes_the_way_back_lossy() -> None:
    found = judge("terraform", "aws_iam_role", "delete", {"name": "app"}, None)

    assert found.way_back.verdict == "valid-with-loss"
    assert "unique id" in found.way_back.why


def test_what_is_sensitive_before_makes_a_remake_unknown() -> None:
    found = judge("terraform", "aws_lb", "replace", {}, {}, hidden=frozenset({"key"}))

    assert found.way_back.verdict == "unknown"
    assert "the prior value of `key` is not known" in found.way_back.why


def test_the_gentler_way_is_for_what_forces_the_replacement() -> None:
    before = {"hash_key": "a", "name": "orders"}
    after = {"hash_key": "b", "name": "new"}

    by_name = judge("terraform", "aws_dynamodb_table", "replace", before, after, forced=frozenset({"name"}))
    by_key = judge("terraform", "aws_dynamodb_table", "replace", before, {**before, "hash_key": "b"})
    by_request = judge("terraform", "aws_dynamodb_table", "replace", before, before)

    assert by_name.gentler.startswith("a new name is a new table")
    assert by_key.gentler.startswith("make the table with the new key beside it")
    assert by_request.gentler.startswith("restore a backup under the new name")


def test_leaving_it_is_gentler_than_deleting_what_keeps_something() -> None:
    assert "removed" in judge("terraform", "aws_efs_file_system", "delete", {}, None).gentler
    assert "Retain" in judge("cloudformation", "AWS::EFS::FileSystem", "delete", {}, None).gentler
    assert judge("terraform", "aws_lb_listener", "delete", {}, None).gentler == ""


def test_a_period_that_the_target_keeps_by_itself_is_evidence() -> None:
    found = judge("terraform", "azurerm_storage_account", "delete", {}, None)

    assert found.way_back.reversibility == "grace-period"
    assert found.way_back.evidence == ("the target keeps it for a time after that",)


def test_all_members_of_a_list_have_to_agree() -> None:
    def table(*enabled: bool) -> Lasting:
        blocks = [{"enabled": each} for each in enabled]
        return judge("terraform", "aws_dynamodb_table", "delete", {"point_in_time_recovery": blocks}, None)

    assert table(True).way_back.reversibility == "grace-period"
    assert table(True, False).way_back.reversibility == "irreversible"
    assert table().way_back.reversibility == "irreversible"


@pytest.mark.parametrize(
    ("was", "becomes", "loses"),
    [(365, 7, True), (7, 365, False), (0, 7, True), (None, 7, True), (7, 0, False), (7, None, False), (7, 7, False)],
)
def test_a_retention_that_is_shortened_or_begins_loses_what_is_older(
    was: int | None, becomes: int | None, loses: bool
) -> None:
    before, after = {"retention_in_days": was}, {"retention_in_days": becomes}

    found = judge("terraform", "aws_cloudwatch_log_group", "update", before, after)

    assert ("loses-data" in found.traits) is loses


@pytest.mark.parametrize(
    ("size", "verdict"), [(200, "valid-with-loss"), (50, "valid"), (None, "valid")]
)  # fmt: skip
def test_a_disk_that_grew_does_not_shrink(size: int | None, verdict: str) -> None:
    found = judge("terraform", "aws_ebs_volume", "update", {"size": 100}, {"size": size})

    assert found.way_back.verdict == verdict


def test_what_a_thing_is_to_others_is_known_of_what_does_not_change_too() -> None:
    found = standing("terraform", "aws_db_instance", {"deletion_protection": True})

    assert found == Standing(("data",), ("deletion protection is on",))
    assert standing("terraform", "aws_moon_base", {}) == Standing()


def test_a_plan_tells_what_its_things_are_to_others() -> None:
    plan = (
        Path(__file__).parents[2] / "vectors" / "terraform" / "count-lowered-destroys-database" / "plan.json"
    ).read_bytes()

    told = reader_for("terraform")(plan, "", "production").told

    assert told is not None
    assert {item.planes for item in told.items if item.resource.type == "terraform.aws_db_instance"} == {("data",)}


def test_many_names_are_counted_and_not_listed() -> None:
    hidden = frozenset(f"n{number:02}" for number in range(12))

    found = judge("terraform", "aws_db_instance", "update", {}, {}, hidden=hidden)

    assert found.way_back.why.endswith("`n07` and 4 more is not known")


def test_a_value_that_its_kind_does_not_list_is_left_out_of_the_text() -> None:
    """Even where a row asks for it."""
    kind = Kind("a", "b", "irreversible", "c", ("t",), shows=("name",))
    sides = Sides("terraform", kind, {"name": "orders", "password": "hunter2"}, None, frozenset(), frozenset())

    assert _text("`{name}` and `{password}`", kind, sides) == "`orders` and ``"


@pytest.mark.parametrize(
    "type_", ["aws_cloudtrail", "aws_backup_plan", "aws_wafv2_web_acl", "aws_s3_bucket_versioning"]
)
def test_what_guards_something_else_takes_its_protection_with_it(type_: str) -> None:
    assert "loses-protection" in judge("terraform", type_, "delete", {}, None).traits
    assert "loses-protection" not in judge("terraform", type_, "forget", {}, None).traits


def test_a_name_that_is_not_known_yet_names_no_group() -> None:
    values = {"identifier": "orders"}

    assert judge("terraform", "aws_db_instance", "create", None, values).groups == (("replicas", "orders"),)
    assert judge("terraform", "aws_db_instance", "create", None, values, frozenset(values)).groups == ()


def test_what_stays_in_a_block_that_changes_elsewhere_is_no_change() -> None:
    def settings(tier: str) -> dict[str, object]:
        return {"settings": [{"tier": tier, "ip_configuration": [{"authorized_networks": [{"value": "10.0.0.0/8"}]}]}]}

    found = judge("terraform", "google_sql_database_instance", "update", settings("small"), settings("large"))

    assert found.traits == ()
    assert found.way_back.reversibility == "disruptive-inverse"


def test_a_number_beside_something_else_is_no_evidence() -> None:
    assert deleted(delete_automated_backups=False, backup_retention_period=[7, "many"]).way_back.reversibility == (
        "irreversible"
    )
