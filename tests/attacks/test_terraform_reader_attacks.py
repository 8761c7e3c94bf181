"""Attacks on the Terraform reader: secrets that must not come out, harm dressed as nothing, code at plan time."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from interlock.errors import BadProposal
from interlock.model.canon import canonical
from interlock.model.change import Change
from interlock.read.readers import reader_for
from interlock.read.terraform.plantime import found_in
from interlock.read.terraform.reader import TerraformReader
from interlock.testing.plans import changing, manifest, plan_of, raw, zipped

SECRET = "c0rrect-h0rse-battery"


def everything(payload: bytes) -> bytes:
    """All that a payload makes the reader say."""
    try:
        reading = reader_for("terraform")(payload, "", "production")
    except BadProposal as error:
        return json.dumps(error.as_dict(), ensure_ascii=False).encode() + repr(error).encode()
    return canonical(reading.change) + canonical(reading.told)


def read(plan: dict[str, object]) -> Change:
    return reader_for("terraform")(raw(plan), "", "production").change


# --- a secret never leaves ---

MARKED: dict[str, Any] = {
    "whole": ({"password": SECRET}, True),
    "attribute": ({"password": SECRET, "name": "a"}, {"password": True}),
    "tag": ({"tags": {"owner": SECRET}}, {"tags": {"owner": True}}),
    "all tags": ({"tags": {"owner": SECRET}}, {"tags": True}),
    "key": ({"kms_key_id": SECRET}, {"kms_key_id": True}),
    "subnets": ({"subnet_ids": ["a", SECRET]}, {"subnet_ids": [False, True]}),
    "nested": ({"environment": [{"variables": {"T": SECRET}}]}, {"environment": [{"variables": {"T": True}}]}),
    "policy": ({"policy": json.dumps({"Statement": [{"Sid": SECRET, "Effect": "Allow"}]})}, {"policy": True}),
    "copied": ({"input": SECRET, "output": SECRET, "tags": {"o": f"x-{SECRET}"}}, {"input": True}),
    "arn": ({"arn": f"arn:aws:x:{SECRET}:123456789012:y"}, {"arn": True}),
    "mark of another shape": ({"tags": {"owner": SECRET}}, {"tags": ["x"]}),
    "mark of a stranger kind": ({"tags": {"owner": SECRET}}, {"tags": "yes"}),
}
ACTIONS = [("create",), ("update",), ("delete",), ("delete", "create"), ("forget",), ("no-op",), ("bewitch",), ()]


@pytest.mark.parametrize("actions", ACTIONS, ids=" ".join)
@pytest.mark.parametrize("where", MARKED)
def test_a_sensitive_value_is_in_no_byte_of_what_is_said(where: str, actions: tuple[str, ...]) -> None:
    values, marks = MARKED[where]
    other = json.loads(json.dumps(values).replace(SECRET, f"{SECRET}-2"))
    change = changing(
        "aws_db_instance.main", *actions, before=values, after=other, sensitive=marks, replace_paths=[["policy"]],
        importing={"id": "x"},
    )  # fmt: skip
    standing = {"resources": [{"address": "aws_db_instance.main", "mode": "managed", "type": "aws_db_instance",
                               "name": "main", "values": values, "sensitive_values": marks}]}  # fmt: skip
    plan = plan_of(change, resource_drift=[change], prior_state={"values": {"root_module": standing}})

    assert SECRET.encode() not in everything(raw(plan))


@pytest.mark.parametrize(
    "more",
    [
        {"variables": {"token": {"value": SECRET}}},
        {"configuration": {"root_module": {"variables": {"t": {"default": SECRET, "sensitive": True}}}}},
        {"output_changes": {"o": {"actions": ["update"], "before": SECRET, "after": "x", "before_sensitive": True}}},
        {"output_changes": {"o": {"actions": ["update"], "before": SECRET, "after": SECRET}}},
        {"checks": [{"address": {"to_display": "check.c"}, "status": "fail", "problems": [{"message": SECRET}]}]},
        {"action_invocations": [{"address": "action.a.b", "type": "a", "config_values": {"x": SECRET}}]},
        {"deferred_changes": [{"reason": SECRET, "resource_change": changing("a.b", "create", after={"x": SECRET})}]},
        {"resource_changes": [changing("a.b", "update", before={}, after={}, action_reason=f"{SECRET} {SECRET}")]},
        {"resource_changes": [changing("a.b", f"{SECRET}!{SECRET}", before={}, after={})]},
        {"resource_changes": [changing("a.b", "delete", before={}, deposed=f"{SECRET} ")]},
        {"configuration": {"root_module": {"module_calls": {"m": {"source": f"git::https://u:{SECRET}@x/y"}}}}},
        {"configuration": {"root_module": {"resources": [{"address": "a.b", "type": "a", "name": "b", "provisioners": [
            {"type": "local-exec", "expressions": {"command": {"constant_value": SECRET}}}]}]}},
         "resource_changes": [changing("a.b", "create", after={})]},
        {"configuration": {"provider_config": {"a": {"expressions": {"token": {"constant_value": SECRET}}}}}},
        {"timestamp": SECRET},
    ],
)  # fmt: skip
def test_what_may_hold_a_secret_elsewhere_in_a_plan_is_not_said_either(more: dict[str, object]) -> None:
    assert SECRET.encode() not in everything(raw({**plan_of(), **more}))


@pytest.mark.parametrize(
    "payload",
    [
        f'{{"format_version":"1.2","resource_changes":[{{"address":"a.b","type":{{"x":"{SECRET}"}}}}]}}'.encode(),
        f'{{"format_version":"1.2","variables":{{"a":"{SECRET}"}}}}'.encode(),
        f'{{"format_version":"1.2","variables":{{"a":{{"value":"{SECRET}'.encode(),
        f'{{"format_version":"{SECRET}","planned_values":{{}}}}'.encode(),
        f'{{"{SECRET}":1}}'.encode(),
        f'password = "{SECRET}"'.encode(),
        f'{{"format_version":"1.2","prior_state":{{"values":"{SECRET}"}},"configuration":{{}}}}'.encode(),
        zipped({"interlock-plan.json": f'{{"format":1,"workspace":{{"x":"{SECRET}"}}}}'.encode(), "plan.json": b"{}"}),
        zipped({"interlock-plan.json": manifest(), "plan.json": f'{{"x":"{SECRET}"}}'.encode()}),
    ],
)
def test_an_error_says_no_value(payload: bytes) -> None:
    said = everything(payload)

    assert b"message" in said
    assert SECRET.encode() not in said


def test_a_tag_that_looks_like_a_secret_is_left_out_though_nobody_marked_it() -> None:
    tags = {"team": "shop", "token": "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "password": "hunter2hunter2"}
    change = read(plan_of(changing("aws_sqs_queue.a", "delete", before={"tags": tags})))

    assert change.effects[0].resource.tags == (("team", "shop"),)


def test_the_address_of_a_module_in_a_plan_package_is_not_shown_either() -> None:
    hcl = f'module "m" {{\n  source = "git::https://u:{SECRET}@host/x"\n}}\n'
    hcl += f'data "external" "x" {{\n  program = ["{SECRET}"]\n}}\n'
    payload = zipped({"interlock-plan.json": manifest(), "plan.json": raw(plan_of()), "config/./main.tf": hcl.encode()})

    assert SECRET.encode() not in everything(payload)


# --- harm dressed as nothing ---


def test_the_reference_incident_is_seen_for_what_it_is() -> None:
    """A state was unpacked in the wrong place: a hundred creates, where six were expected."""
    creates = [changing(f"aws_sqs_queue.q{n}", "create", after={"name": f"q{n}"}) for n in range(100)]
    previous = {"lineage": "aaaaaaaa-1", "serial": 40, "workspace": "default", "resources": 94}
    payload = zipped(
        {
            "interlock-plan.json": manifest(lineage="bbbbbbbb-2", serial=1, previous=previous),
            "plan.json": raw(plan_of(*creates)),
        }
    )

    signals = {signal.name for signal in reader_for("terraform")(payload, "", "production").change.signals}

    assert {"state-lost", "state-moved"} <= signals


def test_a_plan_whose_changes_were_cut_out_is_not_read_as_empty() -> None:
    standing = {"resources": [{"address": "aws_db_instance.main", "type": "aws_db_instance", "values": {}}]}

    prior = read(plan_of(prior_state={"values": {"root_module": standing}}))
    planned = read(plan_of(planned_values={"root_module": standing}))

    assert prior.unknown
    assert planned.unknown


@pytest.mark.parametrize("more", [{"errored": True}, {"complete": False}, {"deferred_changes": [{"reason": "x"}]}])
def test_a_plan_that_did_not_come_to_its_end_is_unknown_and_not_empty(more: dict[str, object]) -> None:
    change = read(plan_of(**more))

    assert change.unknown
    assert not change.fully_known


@pytest.mark.parametrize(
    "actions",
    [("vanish",), (), ("delete", "update"), ("create", "create"), ("delete", "create", "delete"), ("DELETE",)],
)
def test_words_that_nobody_knows_are_unknown_and_never_left_out(actions: tuple[str, ...]) -> None:
    change = read(plan_of(changing("aws_db_instance.main", *actions, before={"a": 1}, after=None)))

    assert [effect.known for effect in change.effects] == ["unknown"]
    assert change.unknown


def test_a_thing_does_not_pass_as_data_by_saying_so() -> None:
    change = read(plan_of(changing("aws_db_instance.main", "delete", before={"a": 1}, mode="data")))

    assert change.unknown


def test_an_update_that_only_takes_away_is_not_the_same_as_any_update() -> None:
    before = {"environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], "cpu": 1}
    taken = read(plan_of(changing("aws_x.y", "update", before=before, after={**before, "environment": []})))
    changed = read(plan_of(changing("aws_x.y", "update", before=before, after={**before, "cpu": 2})))
    both = read(plan_of(changing("aws_x.y", "update", before=before, after={"environment": [], "cpu": 2})))

    assert "only-removes" in taken.effects[0].traits
    assert "only-removes" not in changed.effects[0].traits
    assert "only-removes" not in both.effects[0].traits


# --- code that runs before anybody decided ---


def archived(files: dict[str, bytes], link: str = "") -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo("link.tf")
            member.type, member.linkname = tarfile.SYMTYPE, link
            archive.addfile(member)
    return held.getvalue()


LOCK = {".terraform.lock.hcl": b""}
RUNNING = {
    "external": b'data "external" "x" {\n  program = ["sh", "-c", "curl evil"]\n}\n',
    "external in JSON": b'{"data": {"external": {"x": {"program": ["sh"]}}}}',
    "external in a check": b'check "c" {\n  data "external" "x" {\n    program = ["sh"]\n  }\n}\n',
    "http": b'data "http" "x" {\n  url = "https://evil"\n}\n',
    "login": b'provider "kubernetes" {\n  exec {\n    command = "sh"\n  }\n}\n',
    "file": b'output "x" {\n  value = file("/root/.aws/credentials")\n}\n',
    "template": b'locals {\n  x = templatefile("~/secret", {})\n}\n',
    "file above": b'locals {\n  x = filebase64("../../secret")\n}\n',
}


@pytest.mark.parametrize("name", RUNNING)
def test_code_that_a_plan_would_run_is_seen_before_it_is_planned(name: str) -> None:
    file = "main.tf.json" if "JSON" in name else "deep/er/main.tf"

    assert "plan-time-code" in {signal.name for signal in found_in({file: RUNNING[name], **LOCK}, "").signals}


@pytest.mark.parametrize("name", ["external", "external in JSON", "external in a check", "http", "login"])
def test_what_a_plan_would_run_is_an_effect_that_policy_decides_on(name: str) -> None:
    file = "main.tf.json" if "JSON" in name else "main.tf"
    change = TerraformReader().before_planning(archived({file: RUNNING[name], **LOCK}), "production")

    assert change is not None
    assert [("plan-time" in effect.traits, effect.aspect) for effect in change.effects] == [(True, "process")]
    assert {effect.resource.environment for effect in change.effects} == {"production"}


@pytest.mark.parametrize(
    "source",
    ["git::https://h/x.git", "git::https://h/x.git?ref=v1.0", "github.com/a/b", "https://h/x.zip", "s3::https://h/x",
     "/opt/modules/x", "a/b/c", "git@github.com:a/b.git"],
)  # fmt: skip
def test_a_module_that_can_be_another_one_tomorrow_is_said(source: str) -> None:
    config = {"main.tf": f'module "m" {{\n  source = "{source}"\n}}\n'.encode(), **LOCK}

    assert [signal.name for signal in found_in(config, "").signals] == ["unproved-code"]


@pytest.mark.parametrize(
    "body",
    ['source = "./m"', 'source = "../m"', 'source = "a/b/c"\n  version = "1.2.3"',
     'source = "h.io/a/b/c"\n  version = "= 1.2.3"', f'source = "git::https://h/x?ref={"a1" * 20}"',
     f'source = "https://h/x.zip?checksum=sha256:{"a" * 64}"'],
)  # fmt: skip
def test_a_module_that_is_pinned_or_near_is_not(body: str) -> None:
    assert found_in({"main.tf": f'module "m" {{\n  {body}\n}}\n'.encode(), **LOCK}, "").signals == ()


def test_providers_without_a_lock_file_are_said_and_what_is_built_in_is_not() -> None:
    aws = b'resource "aws_vpc" "x" {\n}\n'

    assert [signal.name for signal in found_in({"main.tf": aws}, "").signals] == ["unproved-code"]
    assert found_in({"main.tf": aws, **LOCK}, "").signals == ()
    assert found_in({"main.tf": b'resource "terraform_data" "x" {\n}\n'}, "").signals == ()


def test_configuration_that_cannot_be_read_is_unknown_before_it_is_planned() -> None:
    change = TerraformReader().before_planning(archived({"main.tf": b'data "external" {{{ "x'}))

    assert change is not None
    assert change.unknown


@pytest.mark.parametrize("name", ["../main.tf", "/etc/main.tf", "a/../../main.tf"])
def test_an_archive_that_leads_out_of_itself_is_refused(name: str) -> None:
    with pytest.raises(BadProposal, match="leads out"):
        TerraformReader().before_planning(archived({name: b""}))


def test_a_link_in_an_archive_is_refused() -> None:
    with pytest.raises(BadProposal, match="a link"):
        TerraformReader().before_planning(archived({"main.tf": b""}, link="/etc/passwd"))


def test_an_archive_without_configuration_is_refused_and_a_plan_is_none() -> None:
    with pytest.raises(BadProposal, match="no configuration"):
        TerraformReader().before_planning(archived({"readme.md": b""}))
    assert TerraformReader().before_planning(raw(plan_of())) is None
