"""Passports as people write them: what is understood, and that everything else is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interlock.cli.passport import EXAMPLE, parse_capability, read_passport
from interlock.errors import BadInput
from interlock.model.agent import Capability


def test_the_documented_example_is_read_as_it_says() -> None:
    wanted = Capability(
        "modify",
        resources=("orders", "order_*"),
        environments=("production",),
        max_rows=500,
        requires=("simulated-rollback",),
    )

    assert wanted == parse_capability(EXAMPLE)


def test_a_star_for_environments_means_those_of_the_passport() -> None:
    assert parse_capability("modify:orders:*").environments == ()


def test_verbs_and_both_bounds_are_read() -> None:
    capability = parse_capability(
        "destroy:tmp_*:staging,dev:verbs=delete,update:max_rows=5:max_resources=2:max_reach=9"
    )

    assert capability.verbs == ("delete", "update")
    assert (capability.max_rows, capability.max_resources, capability.max_reach) == (5, 2, 9)
    assert capability.environments == ("staging", "dev")


def test_a_condition_with_a_role_is_read() -> None:
    assert parse_capability("modify:t:p:requires=approval 2 dba,open-window").requires == (
        "approval 2 dba",
        "open-window",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "modify",
        "modify:orders",
        "modify::production",
        ":orders:production",
        "modify:orders:",
        "edit:orders:production",
        "modify:orders,:production",
        "modify:orders:production:max_rows",
        "modify:orders:production:max_rows=",
        "modify:orders:production:max_rows=0",
        "modify:orders:production:max_rows=-1",
        "modify:orders:production:max_rows=1e3",
        "modify:orders:production:max_rows=٣",
        "modify:orders:production:maxrows=5",
        "modify:orders:production:max_rows=5:max_rows=500000",
        "modify:orders:production:verbs=remove",
        "modify:orders:production:requires=luck",
        "modify:orders:production:requires=",
        "modify:orders:production:tier=destroy",
    ],
)
def test_a_capability_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_capability(text)


def test_a_passport_is_read_from_toml_and_from_json_alike(tmp_path: Path) -> None:
    toml, as_json = tmp_path / "p.toml", tmp_path / "p.json"
    toml.write_text(
        'owner = "olga"\nenvironments = ["production"]\n[[capabilities]]\ntier = "modify"\nresources = ["orders"]\n'
    )
    said = {
        "owner": "olga",
        "environments": ["production"],
        "capabilities": [{"tier": "modify", "resources": ["orders"]}],
    }
    as_json.write_text(json.dumps(said))

    assert read_passport(toml, "fixer") == read_passport(as_json, "fixer")
    assert read_passport(toml, "fixer").name == "fixer"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("owner = 1", "passport"),
        ('ownr = "olga"', "ownr"),
        ("not toml", "TOML"),
        ('name = "other"', "fixer"),
        ("registered = true", "registered"),
        ("retired = false", "retired"),
        ('[[capabilities]]\ntier = "modify"\nrequires = ["luck"]', "luck"),
        ('[[capabilities]]\ntier = "edit"', "edit"),
        ('[[capabilities]]\ntier = "modify"\nmax_rows = -1', "negative"),
        ('[[capabilities]]\ntier = "modify"\nmax_reach = -1', "negative"),
        ('owner = "' + "x" * 70_000 + '"', "bytes"),
    ],
)
def test_a_passport_file_that_is_not_understood_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text)

    with pytest.raises(BadInput) as refusal:
        read_passport(path, "fixer")

    assert said in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_a_passport_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_passport(tmp_path / "none.toml", "fixer")


def test_deeply_nested_json_is_an_error_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text("[" * 30_000)

    with pytest.raises(BadInput, match="neither TOML nor JSON"):
        read_passport(path, "fixer")
