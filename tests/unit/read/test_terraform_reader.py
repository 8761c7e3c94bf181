"""The door to the Terraform reader: which bytes are a plan, and what is said of those that are none."""

from __future__ import annotations

import codecs
import io
import json
import tarfile

import pytest

from interlock.errors import BadProposal
from interlock.model.canon import canonical
from interlock.model.change import Change
from interlock.read.readers import known_kinds, reader_for
from interlock.read.terraform import text
from interlock.testing.plans import changing, plan_of, raw, zipped

PLAN = plan_of(
    changing("aws_sqs_queue.jöbs", "update", before={"name": "jöbs", "delay": 0}, after={"name": "jöbs", "delay": 5})
)
WRITTEN = json.dumps(PLAN, ensure_ascii=False, indent=2)


def read(payload: bytes) -> Change:
    return reader_for("terraform")(payload, "", "production").change


def refused(payload: bytes) -> BadProposal:
    with pytest.raises(BadProposal) as caught:
        read(payload)
    assert caught.value.exit_status == 2
    assert caught.value.hint or caught.value.code in ("too-deep", "not-text")
    return caught.value


def test_it_is_in_the_table_without_a_dialect() -> None:
    assert "terraform" in known_kinds()
    with pytest.raises(BadProposal, match="no dialect"):
        reader_for("terraform")(raw(PLAN), "tofu", "")


@pytest.mark.parametrize(
    "payload",
    [
        codecs.BOM_UTF8 + WRITTEN.encode(),
        WRITTEN.encode("utf-16"),
        WRITTEN.encode("utf-16-le"),
        WRITTEN.encode("utf-16-be"),
        codecs.BOM_UTF16_BE + WRITTEN.encode("utf-16-be"),
        b"\r\n " + WRITTEN.encode(),
        ("\r\n" + WRITTEN).encode("utf-16-le"),
        raw(PLAN),
    ],
    ids=["utf8-bom", "utf16-bom", "utf16le", "utf16be", "utf16be-bom", "blanks", "utf16le-blanks", "escaped"],
)
def test_every_encoding_that_a_shell_writes_reads_alike(payload: bytes) -> None:
    assert canonical(read(WRITTEN.encode())) == canonical(read(payload))


@pytest.mark.parametrize(
    ("payload", "code", "says"),
    [
        (b"", "empty", "empty"),
        (b" \r\n\t", "empty", "empty"),
        (b"\0\0\0\0\0\0", "empty", "NUL"),
        (codecs.BOM_UTF8, "empty", "empty"),
        (codecs.BOM_UTF16_LE, "empty", "empty"),
        (WRITTEN.encode()[:-40], "not-json", "cut off"),
        (WRITTEN.encode().replace(b":", b";", 1), "not-json", "byte"),
        (WRITTEN.encode("utf-16-le")[:-41], "not-text", "UTF-16-LE"),
        (WRITTEN.encode("utf-32"), "not-text", "UTF-32"),
        (b'{"a": "\0"}', "not-text", "byte 7"),
        (WRITTEN.encode().replace("ö".encode(), b"\xff"), "not-text", "not UTF-8"),
        (b'{"version":4,"serial":3,"lineage":"x","resources":[],"outputs":{}}', "not-a-plan", "a state file"),
        (b'{"format_version":"1.0","terraform_version":"1.11.4","values":{}}', "not-a-plan", "a state as"),
        (b'{"format_version":"1.0"}', "not-a-plan", "an empty state"),
        (b'{"format_version":"1.0","provider_schemas":{}}', "not-a-plan", "a provider schema"),
        (b'{"format_version":"1.0","valid":true,"diagnostics":[]}', "not-a-plan", "validate"),
        (b'{"@level":"info","@message":"x"}\n{"@level":"info","@message":"y"}\n', "not-a-plan", "the log of"),
        (b'{"Changes":[],"StackName":"x"}', "not-a-plan", "CloudFormation"),
        (b'{"resource":{"aws_vpc":{}}}', "not-a-plan", "configuration in JSON"),
        (b'{"hello":"world"}', "not-a-plan", "not of a plan"),
        (b"[1, 2]", "not-a-plan", "not of a plan"),
        (b'"plan"', "not-a-plan", "not of a plan"),
        (b"42", "not-a-plan", "not of a plan"),
        (b'resource "aws_vpc" "main" {\n}\n', "not-a-plan", "configuration"),
        (b"# all of it\nlocals {\n}\n", "not-a-plan", "configuration"),
        (b"Terraform will perform the following actions:\n", "not-a-plan", "shown to people"),
        (b"Warning: something\n" + WRITTEN.encode(), "not-json", "line 2"),
        (b"hello", "not-json", "no JSON"),
        (b"\x1f\x8b\x08\x00", "not-a-plan", "gzip"),
        (raw({**PLAN, "format_version": "2.0"}), "unknown-format", "format"),
        (raw({**PLAN, "format_version": "one"}), "unknown-format", "format"),
        (raw({**PLAN, "resource_changes": {}}), "not-a-plan", "expected `array"),
        (raw({**PLAN, "prior_state": {"values": []}}), "not-a-plan", "prior_state"),
        (raw({**PLAN, "configuration": {"root_module": 3}}), "not-a-plan", "configuration"),
        (zipped({"tfplan": b"x", "tfstate": b"y"}), "not-a-plan", "saved plan"),
        (zipped({"hello": b"x"}), "not-a-plan", "no plan package"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_refused_by_its_own_name(payload: bytes, code: str, says: str) -> None:
    error = refused(payload)

    assert code == error.code
    assert says in str(error)


def test_a_field_of_another_shape_is_named_with_its_place() -> None:
    wrong = raw(plan_of(changing("a.b", "update"), {"address": 7}))

    assert refused(wrong).where == "$.resource_changes[1].address"


def test_a_source_archive_is_refused_until_a_planner_has_planned_it() -> None:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("main.tf"))

    assert refused(held.getvalue()).code == "not-planned"


def test_a_payload_beyond_the_bound_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.read.terraform.reader.MAX_BYTES", 100)

    assert refused(raw(PLAN)).code == "too-large"
    assert text.MAX_BYTES == 1 << 30


def test_a_field_that_stands_twice_is_refused_wherever_it_would_hide_something() -> None:
    inner = b'{"address":"a.b","change":{"actions":["delete"],"actions":["no-op"]}}'
    doubled = [
        b'{"format_version":"1.2","resource_changes":[%b],"planned_values":{}}' % inner,
        b'{"format_version":"1.2","resource_changes":[{"address":"a.b"}],"resource_changes":[]}',
        b'{"format_version":"1.2","resource_changes":[{"address":"a.b"}],"resource_chan\\u0067es":[]}',
        b'{"format_version":"1.2","resource_changes":[%b]}' % inner.replace(b'"actions":["no', b'"a\\u0063tions":["no'),
    ]

    assert [refused(each).code for each in doubled] == ["twice"] * 4


def test_a_field_of_that_name_in_a_value_is_no_double() -> None:
    policy = {"statement": [{"actions": ["s3:*"]}, {"actions": ["ec2:*"]}], "resource_changes": 1}
    change = read(raw(plan_of(changing("a.b", "update", before=policy, after={}))))

    assert tuple(effect.verb for effect in change.effects) == ("update",)


@pytest.mark.parametrize("depth", [2_000, 200_000])
def test_endless_nesting_is_refused(depth: int) -> None:
    nested = b'{"format_version":"1.2","resource_changes":[{"address":"a.b","change":{"before":%b%b}}]}' % (
        b"[" * depth,
        b"]" * depth,
    )

    assert refused(nested).code == "too-deep"


def test_a_thousand_modules_deep_is_read_or_refused_and_never_crashes() -> None:
    module = b'{"module_calls":{"m":{"source":"./m","module":' * 1_000 + b"{}" + b"}}}" * 1_000
    head = b'{"format_version":"1.2","resource_changes":[],"configuration":{"root_module":'

    assert refused(head + module + b"}}").code == "too-deep"


def test_the_collector_is_as_it_was_afterwards() -> None:
    import gc

    read(raw(PLAN))
    refused(b"{")

    assert gc.isenabled()
    gc.disable()
    try:
        read(raw(PLAN))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_nobody_sets_is_left_to_the_target_when_a_thing_is_made_anew() -> None:
    """A replacement makes every computed value unknown; that opens nothing, but for what the configuration sets."""

    def read_with(**expressions: object) -> Change:
        replaced = changing(
            "aws_instance.web",
            "delete",
            "create",
            before={"ami": "a", "vpc_security_group_ids": [], "iam_instance_profile": "app"},
            after={"ami": "b"},
            after_unknown={"vpc_security_group_ids": True, "iam_instance_profile": True},
        )
        block = {"address": "aws_instance.web", "mode": "managed", "type": "aws_instance", "name": "web"}
        configuration = {"root_module": {"resources": [{**block, "expressions": expressions}]}}
        return read(raw({**plan_of(replaced), "configuration": configuration}))

    assert "widens-access" not in read_with(ami={"constant_value": "b"}).effects[0].traits
    assert "widens-access" in read_with(vpc_security_group_ids={"references": ["x"]}).effects[0].traits
    assert "widens-access" in read_with(iam_instance_profile={"references": ["x"]}).effects[0].traits


def test_a_block_that_only_the_apply_tells_is_wider_though_no_configuration_names_it() -> None:
    """A block that is written as a dynamic one stands in no expression."""
    replaced = changing(
        "aws_security_group.web",
        "delete",
        "create",
        before={"name": "a", "ingress": []},
        after={"name": "b"},
        after_unknown={"ingress": True},
    )
    block = {"address": "aws_security_group.web", "mode": "managed", "type": "aws_security_group", "name": "web"}
    plan = {**plan_of(replaced), "configuration": {"root_module": {"resources": [{**block, "expressions": {}}]}}}

    assert "widens-access" in read(raw(plan)).effects[0].traits


def test_nothing_is_asked_for_where_nothing_happens() -> None:
    plan = plan_of(changing("aws_sqs_queue.a", "no-op", before={}, after={}, action_reason="replace_by_request"))

    assert read(raw(plan)).signals == ()
