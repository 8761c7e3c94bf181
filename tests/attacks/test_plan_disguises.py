"""Attacks: a plan that was written so that a destruction looks like something else is believed in nothing."""

from __future__ import annotations

import json

import pytest

from interlock.model.change import Change
from interlock.read.readers import reader_for

DATABASE: dict[str, object] = {"identifier": "orders", "skip_final_snapshot": True}
AWS = "registry.terraform.io/hashicorp/aws"


def read(*rows: dict[str, object], **plan: object) -> Change:
    document = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": rows, **plan}
    return reader_for("terraform")(json.dumps(document).encode(), "", "production").change


def row(actions: list[str], before: object, after: object, **about: object) -> dict[str, object]:
    named: dict[str, object] = {"address": "aws_db_instance.orders", "type": "aws_db_instance", "name": "orders"}
    change = {"actions": actions, "before": before, "after": after}
    return {**named, "mode": "managed", "provider_name": AWS, "change": change, **about}


@pytest.mark.parametrize(
    ("actions", "before", "after"),
    [
        (["no-op"], DATABASE, None),
        (["no-op"], DATABASE, {**DATABASE, "deletion_protection": False}),
        (["update"], DATABASE, None),
        (["update"], None, DATABASE),
        (["create"], DATABASE, {"identifier": "new"}),
        (["delete"], DATABASE, {"identifier": "new"}),
        (["create", "delete"], DATABASE, None),
    ],
)
def test_words_that_the_values_disagree_with_are_unknown(actions: list[str], before: object, after: object) -> None:
    change = read(row(actions, before, after))

    assert len(change.unknown) == 1
    assert [effect.known for effect in change.effects] == ["unknown"]


def test_a_change_in_place_that_forces_a_replacement_is_unknown() -> None:
    forced = row(["update"], DATABASE, {**DATABASE, "identifier": "new"})
    forced["change"]["replace_paths"] = [["identifier"]]  # type: ignore[index]  # it was made above

    assert read(forced).unknown != ()


@pytest.mark.parametrize(
    ("address", "type_"),
    [
        ("aws_db_instance.orders", "random_id"),
        ('module.a["random_id.x"].aws_db_instance.orders', "random_id"),
        ('aws_db_instance.orders["random_id.orders"]', "random_id"),
    ],
)
def test_a_type_that_the_address_does_not_name_is_unknown(address: str, type_: str) -> None:
    change = read(row(["delete"], DATABASE, None, address=address, type=type_))

    assert len(change.unknown) == 1


@pytest.mark.parametrize("key", ['["a\\"].random_id.x"]', '["]"]', '["\\u200b"]', "[0]"])
def test_a_strange_key_changes_nothing_of_what_is_destroyed(key: str) -> None:
    change = read(row(["delete"], DATABASE, None, address=f"aws_db_instance.orders{key}"))

    assert [(effect.verb, "loses-data" in effect.traits) for effect in change.effects] == [("delete", True)]


def test_a_second_row_of_the_same_thing_does_not_take_the_first_one_back() -> None:
    change = read(row(["delete"], DATABASE, None), row(["no-op"], DATABASE, DATABASE))

    assert [effect.verb for effect in change.effects] == ["delete"]


def test_a_harmless_type_of_another_provider_is_known_to_nobody() -> None:
    about = {"address": "random_id.x", "type": "random_id", "name": "x"}
    known = read(
        row(["delete"], {"byte_length": 4}, None, **about, provider_name="registry.terraform.io/hashicorp/random")
    )
    another = read(
        row(["delete"], {"byte_length": 4}, None, **about, provider_name="registry.terraform.io/evil/random")
    )

    assert [effect.way_back.verdict for effect in known.effects if effect.way_back] == ["valid"]
    assert [effect.way_back.reversibility for effect in another.effects if effect.way_back] == ["irreversible"]


@pytest.mark.parametrize(
    "provider", ["random", "registry.terraform.io/-/random", "registry.opentofu.org/hashicorp/random"]
)
def test_a_mirror_and_an_old_name_of_a_provider_are_the_provider(provider: str) -> None:
    about = {"address": "random_id.x", "type": "random_id", "name": "x", "provider_name": provider}
    change = read(row(["delete"], {"byte_length": 4}, None, **about))

    assert [effect.way_back.verdict for effect in change.effects if effect.way_back] == ["valid"]


@pytest.mark.parametrize(
    ("held", "unknown"),
    [("{", True), ('[{"name": "w"},]', True), ("", False), ('[{"name": "w"}]', False)],
)
def test_containers_that_are_no_json_are_unknown(held: str, unknown: bool) -> None:
    about = {"address": "aws_ecs_task_definition.t", "type": "aws_ecs_task_definition", "name": "t"}
    change = read(row(["create"], None, {"family": "t", "container_definitions": held}, **about))

    assert bool(change.unknown) is unknown


def test_a_marked_object_is_judged_and_never_shown() -> None:
    body = "apiVersion: v1\nkind: Pod\nmetadata: {name: MARKER-a}\nspec: {hostNetwork: true}\n"
    about = {"address": "kubectl_manifest.m", "type": "kubectl_manifest", "name": "m", "provider_name": "x/y/kubectl"}
    made = row(["create"], None, {"yaml_body": body}, **about)
    made["change"]["after_sensitive"] = {"yaml_body": True}  # type: ignore[index]  # it was made above
    change = read(made)

    assert "widens-access" in change.effects[0].traits
    assert "MARKER" not in repr(change)


def test_a_marked_final_snapshot_is_not_named() -> None:
    values = {"identifier": "o", "skip_final_snapshot": False, "final_snapshot_identifier": "MARKER-final"}
    gone = row(["delete"], values, None)
    gone["change"]["before_sensitive"] = {"final_snapshot_identifier": True}  # type: ignore[index]  # made above
    change = read(gone)

    assert [effect.way_back.reversibility for effect in change.effects if effect.way_back] == ["verified-copy"]
    assert "MARKER" not in repr(change)


def test_a_change_set_that_contradicts_itself_is_believed_the_worse_way() -> None:
    target = {"Attribute": "Properties", "Name": "TableName", "RequiresRecreation": "Always"}
    change: dict[str, object] = {"Action": "Modify", "LogicalResourceId": "T", "ResourceType": "AWS::DynamoDB::Table"}
    change |= {"Replacement": "False", "Scope": ["Properties"], "Details": [{"Target": target, "Evaluation": "Static"}]}
    arn = "arn:aws:cloudformation:eu-west-1:123456789012"
    document = {
        "ChangeSetName": "release",
        "ChangeSetId": f"{arn}:changeSet/release/1",
        "StackId": f"{arn}:stack/shop/1",
        "StackName": "shop",
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        "Changes": [{"Type": "Resource", "ResourceChange": change}],
    }
    found = reader_for("cloudformation")(json.dumps(document).encode(), "", "production").change

    assert [effect.verb for effect in found.effects] == ["replace"]
