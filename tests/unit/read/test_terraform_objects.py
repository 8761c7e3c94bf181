"""Objects and settings of charts that stand in texts: judged as if they stood in attributes, and never shown."""

from __future__ import annotations

import json

import pytest

from interlock.model.change import Change
from interlock.read.readers import reader_for
from interlock.read.terraform.objects import weakened


def read(type_: str, actions: list[str], before: object, after: object, unknown: object = None) -> Change:
    change = {"actions": actions, "before": before, "after": after, "after_unknown": unknown or {}}
    row = {"address": f"{type_}.x", "type": type_, "name": "x", "mode": "managed", "change": change}
    document = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [row]}
    return reader_for("terraform")(json.dumps(document).encode(), "", "production").change


def chart(*texts: str, **about: object) -> dict[str, object]:
    return {"name": "r", "chart": "c", "values": list(texts), **about}


@pytest.mark.parametrize(
    ("type_", "name", "text"),
    [
        ("kubectl_manifest", "yaml_body", "kind: Pod\nspec: {hostNetwork: true}"),
        ("kubectl_manifest", "yaml_body_parsed", "kind: Pod\nspec: {hostPID: true}"),
        ("k8s_manifest", "content", "kind: Pod\nspec: {hostNetwork: true}"),
        ("kustomization_resource", "manifest", '{"kind": "Pod", "spec": {"hostNetwork": true}}'),
    ],
)
def test_an_object_in_a_text_is_read(type_: str, name: str, text: str) -> None:
    change = read(type_, ["create"], None, {name: text})

    assert "widens-access" in change.effects[0].traits


def test_what_an_object_loses_is_told_by_its_kind() -> None:
    kept = read("kubectl_manifest", ["delete"], {"yaml_body": "kind: Deployment"}, None)
    lost = read("kubectl_manifest", ["delete"], {"yaml_body": "kind: PersistentVolumeClaim"}, None)

    assert [each.way_back.reversibility for each in kept.effects if each.way_back] == ["disruptive-inverse"]
    assert [each.way_back.reversibility for each in lost.effects if each.way_back] == ["irreversible"]


@pytest.mark.parametrize(
    "text", ["a: [", '{"a": ' * 70 + "1" + "}" * 70, "kind: Pod\n---\nkind: Pod", "just words", "a: &x 1\nb: *x"]
)
def test_a_text_that_is_no_one_object_is_unknown(text: str) -> None:
    assert read("kubectl_manifest", ["create"], None, {"yaml_body": text}).unknown != ()


def test_an_object_that_is_not_known_yet_is_taken_as_wider() -> None:
    change = read("kubectl_manifest", ["create"], None, {"name": "x"}, {"yaml_body": True})

    assert "widens-access" in change.effects[0].traits
    assert "not known before it is applied" in change.effects[0].cause


@pytest.mark.parametrize(
    ("before", "after", "trait"),
    [
        (chart("db: {persistence: {enabled: true}}"), chart("db: {persistence: {enabled: false}}"), "loses-data"),
        (chart("db: {persistence: {enabled: true}}"), chart(""), "loses-data"),
        (chart("auth: {enabled: true}"), chart('auth: {enabled: "no"}'), "widens-access"),
        (chart("tls: {enabled: on}"), chart("tls: {enabled: off}"), "loses-protection"),
        (chart(), chart("hostNetwork: true"), "widens-access"),
        (chart(), chart("volumes: [{hostPath: {path: /}}]"), "widens-access"),
        (chart(set=[]), chart(set=[{"name": "pods[0].privileged", "value": "true"}]), "widens-access"),
        (chart("a: 1"), chart("a: ["), "widens-access"),
        (chart("a: 1"), chart('{"a": ' * 900 + "1" + "}" * 900), "widens-access"),
        (chart("a: 1", postrender=[]), chart("a: 1", postrender=[{"binary_path": "/bin/x"}]), "runs-code"),
    ],
)
def test_settings_of_a_chart_that_guard_or_keep_less_are_seen(before: object, after: object, trait: str) -> None:
    assert trait in read("helm_release", ["update"], before, after).effects[0].traits


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (chart("image: {tag: a}"), chart("image: {tag: b}")),
        (chart("persistence: {enabled: false}"), chart("persistence: {enabled: true}")),
        (chart("tls: {enabled: false}"), chart("tls: {}")),
        (chart("auth: {enabled: true}", "auth: {enabled: false}"), chart("auth: {enabled: false}")),
    ],
)
def test_settings_of_a_chart_that_guard_no_less_are_quiet(before: object, after: object) -> None:
    traits = set(read("helm_release", ["update"], before, after).effects[0].traits)

    assert traits & {"loses-data", "loses-protection", "widens-access"} == set()


def test_a_new_chart_and_one_that_goes_weaken_nothing() -> None:
    assert list(weakened(None, {"values": {}})) == []
    assert list(weakened({"values": {"persistence": {"enabled": True}}}, None)) == []
