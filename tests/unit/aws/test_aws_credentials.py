"""Credentials: each source gives what it holds, ends in time, is narrowed by AWS itself, and never shows a secret."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest
from tests.moto_world import ACCOUNT, Moto

from interlock.aws.clients import Clients
from interlock.aws.connection import Credential
from interlock.aws.credentials import Keyring, Source, assume, obtain, source_of
from interlock.errors import BadConfiguration, InterlockError, KeyLost, TargetError

NOW = 1_800_000_000_000
SECRET = "wJalrXUtnFEMI-very-secret"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/interlock"


def key_file(folder: Path, text: str = "", mode: int = 0o600) -> Source:
    path = folder / "key"
    path.write_text(text or f"[default]\naws_access_key_id = AKIAREADER\naws_secret_access_key = {SECRET}\n")
    path.chmod(mode)
    return Source("static", file=str(path))


class FakeSts:
    """Answers every call with `status` and `body`, and keeps what was asked."""

    def __init__(self, status: int, body: str) -> None:
        self.asked: list[dict[str, list[str]]] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                asked.append(parse_qs(raw.decode()))
                self.send_response(status)
                self.send_header("content-type", "text/xml")
                self.send_header("content-length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def refusing(code: str) -> str:
    return (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>the canonical string was x-amz-security-token:{SECRET}</Message></Error>"
        "</ErrorResponse>"
    )


def test_a_static_source_gives_what_stands_in_its_file(tmp_path: Path) -> None:
    found = obtain(key_file(tmp_path), now=NOW)

    assert found == Credential("AKIAREADER", SECRET)


def test_a_static_source_may_hold_a_session(tmp_path: Path) -> None:
    text = f"[x]\naws_access_key_id=A\naws_secret_access_key={SECRET}\naws_session_token=T%40\n"

    assert obtain(key_file(tmp_path, text), now=NOW).token == "T%40"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SECRET}\n", "no INI file"),
        (f"[a]\naws_secret_access_key={SECRET}\n", "names no key"),
        ("[a]\naws_access_key_id=A\n[b]\naws_access_key_id=B\n", "more than one section"),
        ("#" * 70_000, "too large"),
    ],
)
def test_a_file_that_is_no_credential_is_a_lost_key_and_nothing_of_it_is_said(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(KeyLost, match=said) as caught:
        obtain(key_file(tmp_path, text), now=NOW)

    assert SECRET not in str(caught.value) + repr(caught.value.__cause__)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    with pytest.raises(KeyLost, match=f"mode {mode:04o}"):
        obtain(key_file(tmp_path, mode=mode), now=NOW)


def test_a_file_that_is_not_there_and_a_folder_are_lost_keys(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(KeyLost):
            obtain(Source("static", file=str(path)), now=NOW)


def test_a_profile_comes_from_the_file_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "another")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    path = tmp_path / "config"
    path.write_text(f"[profile ops]\naws_access_key_id = AKIAOPS\naws_secret_access_key = {SECRET}\n")

    found = obtain(Source("profile", profile="ops", profile_file=str(path)), now=NOW)

    assert found == Credential("AKIAOPS", SECRET)


def test_a_session_from_a_profile_is_asked_for_again_in_time(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("[profile ops]\naws_access_key_id=A\naws_secret_access_key=B\naws_session_token=C\n")

    found = obtain(Source("profile", profile="ops", profile_file=str(path)), now=NOW)

    assert found.expires_at == NOW + 600_000


@pytest.mark.parametrize("profile", ["absent", "empty"])
def test_a_profile_that_gives_nothing_is_bad_configuration(
    tmp_path: Path, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    path = tmp_path / "config"
    path.write_text("[profile empty]\nregion = eu-central-1\n")

    with pytest.raises(BadConfiguration, match=profile):
        obtain(Source("profile", profile=profile, profile_file=str(path)), now=NOW)


def test_a_role_is_assumed_with_what_its_base_gives(tmp_path: Path, moto: Moto) -> None:
    source = Source("role", role=ROLE, base=key_file(tmp_path), external_id="them")

    found = obtain(source, now=NOW, address=moto.address, region="eu-central-1", session="interlock survey")

    assert found.access_key.startswith("ASIA")
    assert found.token
    assert found.expires_at > 1_600_000_000_000


def test_what_is_asked_of_sts_is_what_was_configured(tmp_path: Path) -> None:
    sts = FakeSts(403, refusing("AccessDenied"))
    source = Source(
        "role",
        role=ROLE,
        base=key_file(tmp_path),
        external_id="them",
        session_policies=("arn:aws:iam::aws:policy/ReadOnlyAccess",),
    )
    with pytest.raises(TargetError, match="AccessDenied"):
        obtain(source, now=NOW, address=sts.address, session="case 7/é")
    sts.close()

    (asked,) = sts.asked
    assert asked["Action"] == ["AssumeRole"]
    assert asked["RoleArn"] == [ROLE]
    assert asked["ExternalId"] == ["them"]
    assert asked["RoleSessionName"] == ["case-7--"]
    assert asked["PolicyArns.member.1.arn"] == ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    assert "Policy" not in asked


def test_a_web_identity_is_its_token_and_no_key(tmp_path: Path, moto: Moto) -> None:
    token = tmp_path / "token"
    token.write_text("header.payload.signature\n")

    found = obtain(Source("web-identity", role=ROLE, token_file=str(token)), now=NOW, address=moto.address)

    assert found.token


def test_a_narrowed_role_is_asked_for_with_the_policy(tmp_path: Path) -> None:
    sts = FakeSts(400, refusing("MalformedPolicyDocument"))
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    with pytest.raises(TargetError, match="MalformedPolicyDocument") as caught:
        source = Source("role", role=ROLE, base=key_file(tmp_path))
        assume(source, policy, ("arn:aws:iam::aws:policy/X",), "case", 60, now=NOW, address=sts.address)
    sts.close()

    assert caught.value.code == "failed"
    assert [policy] == sts.asked[0]["Policy"]
    assert sts.asked[0]["PolicyArns.member.1.arn"] == ["arn:aws:iam::aws:policy/X"]
    assert sts.asked[0]["DurationSeconds"] == ["900"]


def test_the_key_of_a_user_is_narrowed_as_a_federated_one(tmp_path: Path, moto: Moto) -> None:
    found = assume(key_file(tmp_path), "{}", (), "case", 900, now=NOW, address=moto.address)

    assert found.token
    assert found.access_key != "AKIAREADER"


def test_a_session_cannot_be_narrowed_without_a_role(tmp_path: Path) -> None:
    source = key_file(tmp_path, "[x]\naws_access_key_id=A\naws_secret_access_key=B\naws_session_token=C\n")

    with pytest.raises(BadConfiguration, match="cannot be narrowed"):
        assume(source, "{}", (), "case", 900, now=NOW)


def test_a_source_with_session_policies_is_not_narrowed_because_policies_of_a_session_add_up(tmp_path: Path) -> None:
    source = Source("role", role=ROLE, base=key_file(tmp_path), session_policies=("arn:aws:iam::aws:policy/X",))

    with pytest.raises(BadConfiguration, match="cannot be narrowed"):
        assume(source, "{}", (), "case", 900, now=NOW)


@pytest.mark.parametrize(
    ("code", "class_"),
    [
        ("AccessDenied", "refused"),
        ("ExpiredToken", "expired"),
        ("SignatureDoesNotMatch", "expired"),
        ("Throttling", "throttled"),
        ("InternalFailure", "failed"),
    ],
)
def test_what_sts_says_is_told_by_its_code_alone(tmp_path: Path, code: str, class_: str) -> None:
    sts = FakeSts(400, refusing(code))
    with pytest.raises(TargetError) as caught:
        obtain(Source("role", role=ROLE, base=key_file(tmp_path)), now=NOW, address=sts.address)
    sts.close()

    error: BaseException | None = caught.value
    assert class_ == caught.value.code
    assert code in str(error)
    while error is not None:
        assert SECRET not in f"{error}{error!r}"
        error = error.__cause__


def test_an_sts_that_is_not_there_is_a_target_error(tmp_path: Path) -> None:
    with pytest.raises(TargetError) as caught:
        obtain(Source("role", role=ROLE, base=key_file(tmp_path)), now=NOW, address="http://127.0.0.1:9")

    assert caught.value.code == "unreachable"


def test_a_credential_does_not_print_its_secret() -> None:
    credential = Credential("AKIAREADER", SECRET, "token-" + SECRET)

    assert SECRET not in f"{credential} {credential!r} {[credential]}"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('{"source":"static"}', "needs `file`"),
        ('{"source":"role","role":"arn:aws:iam::1:role/x"}', "needs `base`"),
        ('{"source":"static","file":"x","role":"arn:aws:iam::1:role/x"}', "`role` means nothing"),
        ('{"source":"profile","profile":"x","session_policies":["arn:aws:iam::aws:policy/X"]}', "means nothing"),
        ('{"source":"environment"}', "no source"),
        ('{"source":"static","file":"x","secret":"y"}', "no source"),
        ('{"source":"role","role":"r","base":{"source":"static"}}', "needs `file`"),
        ("[", "no source"),
    ],
)
def test_a_table_that_is_no_source_is_bad_configuration(table: str, said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        source_of(table, "targets.prod.aws.read")


def test_a_table_is_read_as_it_was_written() -> None:
    table = {
        "source": "role",
        "role": ROLE,
        "base": {"source": "static", "file": "/k"},
        "session_policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    }

    found = source_of(json.dumps(table))

    assert Source("static", file="/k") == found.base
    assert found.session_policies == ("arn:aws:iam::aws:policy/ReadOnlyAccess",)
    assert found.narrow


def test_a_keyring_keeps_a_session_until_shortly_before_its_end(tmp_path: Path, moto: Moto) -> None:
    keyring = Keyring(Source("role", role=ROLE, base=key_file(tmp_path)), address=moto.address)

    first = keyring.credential(NOW - 10**12)
    kept = keyring.credential(first.expires_at - 300_001)
    renewed = keyring.credential(first.expires_at - 300_000)

    assert first is kept
    assert first.access_key != renewed.access_key


def test_a_keyring_that_was_told_to_forget_asks_anew(tmp_path: Path, moto: Moto) -> None:
    keyring = Keyring(Source("role", role=ROLE, base=key_file(tmp_path)), address=moto.address)
    first = keyring.credential(0)

    keyring.forget()

    assert first.access_key != keyring.credential(0).access_key


def test_a_key_that_was_exchanged_is_used_at_once(tmp_path: Path) -> None:
    keyring = Keyring(key_file(tmp_path))
    keyring.credential(NOW)

    key_file(tmp_path, "[x]\naws_access_key_id=AKIANEW\naws_secret_access_key=B\n")

    assert keyring.credential(NOW).access_key == "AKIANEW"


def test_a_client_signs_with_the_credential_of_now_and_is_kept(tmp_path: Path, moto: Moto) -> None:
    source = Source("role", role=ROLE, base=key_file(tmp_path))
    clients = Clients(source, address=moto.address)
    client = clients.client("sts", "eu-central-1", 0)

    who = client.get_caller_identity()

    assert client is clients.client("sts", "eu-central-1", 0)
    assert who["Account"] == ACCOUNT
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/interlock/interlock" == who["Arn"]


def test_the_shell_that_started_it_chooses_neither_credential_nor_endpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_PROFILE": "absent",
        "AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_REGION": "us-west-2",
    }.items():
        monkeypatch.setenv(name, value)

    client = Clients(key_file(tmp_path)).client("sqs", "eu-central-1", NOW)
    emulated = Clients(key_file(tmp_path), address="http://127.0.0.1:5000").client("sqs", "eu-central-1", NOW)

    assert client._request_signer._credentials.get_frozen_credentials().access_key == "AKIAREADER"
    assert client.meta.region_name == "eu-central-1"
    assert client.meta.endpoint_url == "https://sqs.eu-central-1.amazonaws.com"
    assert emulated.meta.endpoint_url == "http://127.0.0.1:5000"


@pytest.mark.parametrize(("service", "region"), [("no-such-service", "eu-central-1"), ("sqs", "eu central 1")])
def test_a_service_or_region_that_is_none_is_bad_configuration(tmp_path: Path, service: str, region: str) -> None:
    with pytest.raises(InterlockError) as caught:
        Clients(key_file(tmp_path)).client(service, region, NOW)

    assert isinstance(caught.value, BadConfiguration)
