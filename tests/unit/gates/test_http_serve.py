"""What may listen where; TLS; two replicas on one store; and `interlock up` as a process."""

from __future__ import annotations

import datetime
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from interlock import Client, ClientError
from interlock.errors import BadConfiguration
from interlock.gates.http.serve import Listening, require_safe, serving
from interlock.identify.tokens import Grant
from interlock.testing.postgres import Postgres
from interlock.testing.world import OPERATOR, Clock, World, furnish
from live_gate import READ, WIDE, free_port, serve, wait_until


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(private)
    (tmp_path / "key.pem").chmod(0o600)
    return tmp_path / "cert.pem", tmp_path / "key.pem"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_may_be_served_without_tls(host: str) -> None:
    require_safe(Listening(host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "192.168.1.7", "example.com", "", "localhost.example"])
def test_beyond_this_machine_tokens_do_not_travel_in_the_open(host: str) -> None:
    with pytest.raises(BadConfiguration, match="in the open"):
        require_safe(Listening(host))
    require_safe(Listening(host, behind_proxy=True))


def test_a_certificate_and_its_key_come_together(pair: tuple[Path, Path]) -> None:
    for cert, key in ((pair[0], None), (None, pair[1])):
        with pytest.raises(BadConfiguration, match="certificate"):
            require_safe(Listening("0.0.0.0", tls_cert=cert, tls_key=key))
    require_safe(Listening("0.0.0.0", tls_cert=pair[0], tls_key=pair[1]))


def test_a_tls_key_that_others_can_read_is_refused(pair: tuple[Path, Path]) -> None:
    pair[1].chmod(0o644)

    with pytest.raises(BadConfiguration, match="others can read"):
        require_safe(Listening(tls_cert=pair[0], tls_key=pair[1]))


def test_files_that_are_no_certificate_and_key_are_refused_before_serving(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    for cert, key in ((pair[1], pair[1]), (pair[0], tmp_path / "nowhere"), (tmp_path / "nowhere", pair[1])):
        with pytest.raises(BadConfiguration, match="cannot be used"):
            require_safe(Listening(tls_cert=cert, tls_key=key))


@pytest.mark.parametrize("name", ["http://x", "x:80", "x/y", "a b", "", "*"])
def test_a_name_is_a_name_alone(name: str) -> None:
    with pytest.raises(BadConfiguration, match="no host name"):
        require_safe(Listening(names=(name,)))


def test_names_that_were_allowed_are_answered_to() -> None:
    assert {"interlock.example", "localhost", "0.0.0.0"} <= Listening("0.0.0.0", names=("Interlock.Example",)).hosts


def test_over_tls_the_client_trusts_only_what_it_is_told_to(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    world = furnish(tmp_path / "home", Clock())
    listening = Listening("127.0.0.1", free_port(), *pair)
    try:
        with serving(world.control, listening) as server:
            thread = threading.Thread(target=server.run)
            thread.start()
            try:
                wait_until(lambda: server.started)
                url = f"https://localhost:{listening.port}"
                assert Client(url, ca_file=str(pair[0])).health()["state"] == "armed"
                with pytest.raises(ClientError) as caught:
                    Client(url).health()
                assert caught.value.code == "untrusted"
                with pytest.raises(ClientError) as caught:
                    Client(f"https://127.0.0.1:{listening.port}", ca_file=str(pair[0])).health()
                assert caught.value.code == "untrusted"
            finally:
                server.should_exit = True
                thread.join()
    finally:
        world.close()
    assert ssl.OPENSSL_VERSION_INFO >= (1, 1, 1)


def test_two_replicas_on_postgresql_are_one_gate(tmp_path: Path, postgres: Postgres) -> None:
    """What one records the other knows: cases, votes, revocations. Only a challenge belongs to who made it."""
    store = postgres.address("replicas")
    clock = Clock()
    first = furnish(tmp_path / "home", clock, store=store)
    second = World(tmp_path / "home", clock, store=store)
    try:
        with serve(first) as one, serve(second) as two:
            token = one.token()
            case = Client(one.url, token=token).propose(kind="sql", payload=WIDE, target="shop").case
            assert Client(two.url, token=token).case(case).state == "held"
            assert two.vote(case, "ada").json["state"] == "approved"
            assert Client(one.url, token=token).run(case).state == "done"
            assert Client(two.url, token=token).case(case).state == "done"

            id = first.control.registry.claims(token).token_id
            two.ask("POST", f"/v1/agents/fixer/tokens/{id}/revoke", headers=two.person())
            with pytest.raises(ClientError) as caught:
                Client(one.url, token=token).case(case)
            assert caught.value.status == 401

            strange = two.ask("POST", "/v1/sessions", one.prove("ada"))
            assert (strange.status, strange.code) == (401, "unproved")
    finally:
        first.close()
        second.close()


def test_a_run_by_both_replicas_at_once_happens_once(tmp_path: Path, postgres: Postgres) -> None:
    store = postgres.address("race")
    clock = Clock()
    first = furnish(tmp_path / "home", clock, store=store)
    second = World(tmp_path / "home", clock, store=store)
    try:
        with serve(first) as one, serve(second) as two:
            token = one.token()
            case = one.held()
            one.vote(case, "ada")
            ended: list[str] = []

            def run(url: str) -> None:
                try:
                    ended.append(Client(url, token=token).run(case).state)
                except ClientError as error:
                    ended.append(error.code)

            threads = [threading.Thread(target=run, args=(live.url,)) for live in (one, two)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert ended.count("done") == 1
            assert first.rows("SELECT count(*) FROM order_events") == [(300,)]
    finally:
        first.close()
        second.close()


# as a process

REAL = Path(sys.executable).parent / "interlock"


@contextmanager
def up(home: Path, *options: str, token: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`interlock up` on a free port; the process and its address."""
    port = free_port()
    command = [str(REAL), "up", "--home", str(home), "--port", str(port), *options]
    kept = {key: text for key, text in os.environ.items() if not key.startswith("INTERLOCK_")}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=kept | {"PYTHONUNBUFFERED": "1", "INTERLOCK_TOKEN": token},
    ) as process:
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                process.kill()


def ready(url: str) -> None:
    ends = time.monotonic() + 30
    while True:
        try:
            assert Client(url).health()["state"] == "armed"
            return
        except ClientError:
            assert time.monotonic() < ends
            time.sleep(0.1)


class RealClock(Clock):
    """The clock of the process that is to take over."""

    def __init__(self) -> None:
        super().__init__(time.time_ns() // 1_000_000)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    furnish(tmp_path / "home", RealClock()).close()
    return tmp_path / "home"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_says_where_it_serves_serves_and_stops_when_told(home: Path, number: signal.Signals) -> None:
    with up(home) as (process, url):
        ready(url)
        process.send_signal(number)
        out, errors = process.communicate(timeout=30)

    assert process.returncode == 0, errors
    assert f"serves {url}" in out
    assert "armed; policies" in out
    assert f"export INTERLOCK_URL={url}" in out
    assert "shop" in out
    assert out.rstrip().endswith("stays recorded")
    assert errors == ""


def test_a_request_in_hand_comes_to_its_end_before_up_stops(home: Path) -> None:
    world = World(home, RealClock())
    token = world.control.registry.issue_token(OPERATOR, Grant("fixer", "production", "s1", "olga")).token
    world.close()
    with up(home) as (process, url):
        ready(url)
        client = Client(url, token=token)
        case = client.propose(kind="sql", payload=WIDE, target="shop").case
        found: list[str] = []
        thread = threading.Thread(target=lambda: found.append(client.wait(case, 2).state))
        thread.start()
        time.sleep(0.7)
        process.send_signal(signal.SIGTERM)
        thread.join()
        process.communicate(timeout=30)

    assert found == ["held"]
    assert process.returncode == 0


@pytest.mark.parametrize("sent", ["POST /v1/cases HTTP/1.1\r\n", "POST /v1/check HTTP/1.1\r\nHost: 127.0.0.1\r\n"])
def test_half_a_request_holds_no_stop_up(home: Path, sent: str) -> None:
    body = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{" if "Host" in sent else ""
    with up(home) as (process, url):
        ready(url)
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall((sent + body).encode())
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)

    assert process.returncode == 0


def test_requests_are_logged_as_json_lines_when_asked_for(home: Path) -> None:
    with up(home, "--log-requests") as (process, url):
        ready(url)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)

    assert re.search(r'"route": "GET /health".*"status"|"status": 200.*"route": "GET /health"', errors)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--host", "0.0.0.0"], 2, "in the open"),
        (["--tls-cert", "nowhere.pem"], 2, "certificate"),
        (["--store", "mysql://x"], 2, "store"),
        (["--port", "0"], 2, "port"),
        (["--allow-host", "http://x"], 2, "host name"),
    ],
)
def test_up_refuses_what_cannot_be_served_in_one_line(home: Path, options: list[str], status: int, words: str) -> None:
    with up(home, *options) as (process, _):
        out, errors = process.communicate(timeout=30)

    assert process.returncode == status
    assert words in errors
    assert "Traceback" not in errors
    assert "serves" not in out


def test_a_port_that_is_taken_is_said_in_one_line(home: Path) -> None:
    with up(home) as (first, url):
        ready(url)
        port = url.rpartition(":")[2]
        second = subprocess.run(
            [str(REAL), "up", "--home", str(home), "--port", port],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=30)

    assert second.returncode == 2
    assert port in second.stderr
    assert "serves" not in second.stdout
    assert "Traceback" not in second.stderr


def test_an_agent_on_the_machine_does_not_open_the_gates(home: Path) -> None:
    with up(home, token="abc.def.ghi") as (process, _):
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 4
    assert "serve" in errors


def test_reading_goes_on_over_a_restart(home: Path) -> None:
    """What the first process recorded the second one serves."""
    world = World(home, RealClock())
    token = world.control.registry.issue_token(OPERATOR, Grant("fixer", "production", "s1", "olga")).token
    world.close()
    with up(home) as (process, url):
        ready(url)
        case = Client(url, token=token).propose(kind="sql", payload=READ, target="shop", run=False).case
        process.kill()
        process.communicate()
    with up(home) as (process, url):
        ready(url)
        assert Client(url, token=token).run(case).state == "done"
