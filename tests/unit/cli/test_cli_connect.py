"""`interlock connect aws` and `agents rotate`: what an agent needs to go through the gate, shown once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from interlock.testing.process import Process

SAID = (
    *("--owner", "olga", "--purpose", "p", "--justification", "j", "--benefits", "b", "--risks", "r"),
    *("--worst-case", "w", "--prevention", "v", "--environment", "production"),
)
TARGETS = """
[targets.prod]
kind = "aws"
address = "{address}"
[targets.prod.aws]
account = "123456789012"
regions = ["eu-central-1", "eu-west-1"]
read = {{ source = "profile", profile = "r" }}
write = {{ source = "profile", profile = "w" }}
"""
FOR = ("--agent", "fixer", "--environment", "production", "--session", "s1", "--operator", "olga")


def furnished(interlock: Process, tmp_path: Path, address: str) -> Path:
    assert interlock("init").status == 0
    with (tmp_path / ".interlock" / "interlock.toml").open("a") as file:
        file.write(TARGETS.format(address=address))
    assert interlock("agents", "add", "fixer", *SAID).status == 0
    return tmp_path / ".interlock"


@pytest.fixture
def home(interlock: Process, tmp_path: Path) -> Path:
    return furnished(interlock, tmp_path, "http://127.0.0.1:5000")


def test_a_shell_that_evaluates_it_has_the_key_and_the_endpoint(interlock: Process, home: Path) -> None:
    ran = interlock("connect", "aws", *FOR)

    assert ran.status == 0
    shown = subprocess.run(
        ["/bin/sh", "-c", f'{ran.out}\necho "$AWS_ENDPOINT_URL $AWS_REGION ${{#AWS_SECRET_ACCESS_KEY}}"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == "http://127.0.0.1:7118 eu-central-1 40"
    assert "not shown again" in ran.err


def test_to_aws_itself_it_leads_through_the_proxy_and_brings_the_certificate(
    interlock: Process, tmp_path: Path
) -> None:
    furnished(interlock, tmp_path, "aws")

    ran = interlock("connect", "aws", *FOR, "--ca", "ca.pem", "--json")

    found = ran.json["environment"]
    assert found["HTTPS_PROXY"] == "http://127.0.0.1:7118"
    assert "AWS_ENDPOINT_URL" not in found
    assert Path(found["AWS_CA_BUNDLE"]) == tmp_path / "ca.pem"
    assert "BEGIN CERTIFICATE" in (tmp_path / "ca.pem").read_text()
    assert "PRIVATE" not in (tmp_path / "ca.pem").read_text()


def test_a_profile_is_printed_for_the_file_of_profiles(interlock: Process, home: Path) -> None:
    ran = interlock("connect", "aws", *FOR, "--profile", "gated", "--region", "eu-west-1")

    assert ran.out.startswith("[profile gated]\naws_access_key_id = ILCK")
    assert "region = eu-west-1" in ran.out
    assert "endpoint_url = http://127.0.0.1:7118" in ran.out


def test_a_key_is_listed_without_its_secret_rotated_and_revoked(interlock: Process, home: Path) -> None:
    first = interlock("connect", "aws", *FOR, "--service", "s3", "--json").json

    rotated = interlock("agents", "rotate", "fixer", "--json").json["keys"]
    keys = interlock("agents", "show", "fixer", "--json").json["keys"]

    assert [key["key"] for key in keys] == [rotated[0]["key"]]
    assert keys[0]["services"] == ["s3"]
    assert rotated[0]["key"] != first["key"]
    assert rotated[0]["secret"] not in str(keys)
    assert interlock("agents", "revoke", "fixer", keys[0]["key"]).status == 0
    assert interlock("agents", "show", "fixer", "--json").json["keys"] == []
    assert interlock("agents", "revoke", "fixer", keys[0]["key"]).status == 2


def test_a_rotated_key_is_printed_for_a_shell_and_says_whose_place_it_takes(interlock: Process, home: Path) -> None:
    assert interlock("connect", "aws", *FOR).status == 0

    ran = interlock("agents", "rotate", "fixer")

    names = [line.partition("=")[0] for line in ran.out.splitlines()]
    assert names == ["export AWS_ACCESS_KEY_ID", "export AWS_SECRET_ACCESS_KEY"]
    assert "# for prod, session s1, until " in ran.err
    assert "the ones before are revoked" in ran.err


def test_where_no_key_was_in_force_rotating_says_what_issues_one(interlock: Process, home: Path) -> None:
    ran = interlock("agents", "rotate", "fixer")

    assert (ran.status, ran.out) == (0, "")
    assert "`interlock connect aws` issues one" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*FOR, "--region", "us-east-1"), "no region"),
        (("--agent", "fixer", "--environment", "staging", "--session", "s", "--operator", "olga"), "no account is"),
        ((*FOR, "--target", "other"), "called `other`"),
        ((*FOR, "--ttl", "13h"), "43200"),
    ],
)
def test_what_no_key_can_be_for_is_said(interlock: Process, home: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = interlock("connect", "aws", *arguments)

    assert ran.status == 2
    assert said in ran.err
    assert not ran.out


def test_an_agent_gets_itself_no_key(interlock: Process, home: Path) -> None:
    ran = interlock("connect", "aws", *FOR, INTERLOCK_TOKEN="x")

    assert ran.status == 4
    assert "mint-token" in ran.err
