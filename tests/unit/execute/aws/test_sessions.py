"""What signs a call can do no more than the call: AWS is asked for a session with exactly that policy."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.unit.execute.aws.aws_world import NOW, Account

from interlock.aws.credentials import Source
from interlock.errors import BadConfiguration, Refused
from interlock.execute.aws import sessions
from interlock.execute.aws.sessions import READ_ONLY, observe_credential, reading, unfenced, write_session
from interlock.execute.aws.setting import setting_of
from interlock.model.target import Target

WANTED = {"rds:DeleteDBInstance": ["arn:aws:rds:eu-central-1:123456789012:db:orders"]}


def test_a_write_gets_a_session_of_its_own_with_its_own_policy(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    assume = sessions.assume

    def noting(*given: Any, **named: Any) -> Any:
        asked.append(given)
        return assume(*given, **named)

    monkeypatch.setattr(sessions, "assume", noting)

    session = write_session(setting_of(account.target()), WANTED, "eu-central-1", "a1b2c3d4", now=NOW)
    policy = json.loads(asked[0][1])

    assert session.credential.token
    assert session.degraded == ""
    assert policy["Statement"][0] == {
        "Effect": "Allow",
        "Action": ["rds:DeleteDBInstance"],
        "Resource": ["arn:aws:rds:eu-central-1:123456789012:db:orders"],
    }
    assert asked[0][3] == "interlock-a1b2c3d4"
    assert asked[0][4] == 900


def test_a_widened_session_is_said(account: Account) -> None:
    many = {"s3:DeleteObject": [f"reports/{number:04}/{'x' * 50}" for number in range(500)]}

    session = write_session(setting_of(account.target()), many, "eu-central-1", "a1b2c3d4", now=NOW)

    assert "widened" in session.degraded


def test_a_source_that_cannot_be_narrowed_is_refused(account: Account) -> None:
    account.target()
    (account.folder / "token").write_text(
        "[k]\naws_access_key_id = ASIA\naws_secret_access_key = hunter2\naws_session_token = t\n"
    )
    (account.folder / "token").chmod(0o600)
    account.settings["write"] = json.dumps({"source": "static", "file": str(account.folder / "token")})

    with pytest.raises(Refused, match="cannot be narrowed") as caught:
        write_session(setting_of(account.target()), WANTED, "eu-central-1", "a1b2c3d4", now=NOW)

    assert caught.value.code == "not-narrowed"
    assert "hunter2" not in str(caught.value)


def test_what_reads_is_held_to_policies_that_cannot_write() -> None:
    role = Source("role", role="arn:aws:iam::123456789012:role/r", base=Source("profile", profile="p"))
    own = msgspec.structs.replace(role, session_policies=("arn:aws:iam::aws:policy/SecurityAudit",))

    assert reading(role).session_policies == (READ_ONLY,)
    assert reading(own) == own


def test_the_credential_that_reads_is_kept_until_it_ages(account: Account) -> None:
    target = account.target()

    first = observe_credential(target, "s3", "eu-central-1", now=NOW)
    again = observe_credential(target, "rds", "eu-central-1", now=NOW)
    later = observe_credential(target, "rds", "eu-central-1", now=first.expires_at)

    assert first is again
    assert later is not first


def test_keys_that_read_are_said_to_be_held_by_nobody(account: Account) -> None:
    fenced = setting_of(account.target())
    account.settings["read"] = json.dumps({"source": "static", "file": str(account.folder / "key")})

    assert unfenced(fenced) == ""
    assert "`static`" in unfenced(setting_of(account.target()))


def test_a_target_without_sources_is_no_target() -> None:
    with pytest.raises(BadConfiguration, match="no source of credentials to read"):
        setting_of(Target("prod", "aws", "aws"))
