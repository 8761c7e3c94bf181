"""Real clients through the gate to a real HTTP AWS: what is allowed comes back as if nobody stood in between."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.moto_world import Moto

from aws_calls import BUCKET, CALLS
from aws_gate import KEY, REGION, SECRET, LiveAws, live_aws
from live_gate import free_port

AWS_CLI = Path(sys.executable).with_name("aws")
#: What moto draws anew or takes from the clock, whoever asks it: two direct runs differ in just these.
DRAWN = re.compile(
    rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?|\b1[78]\d{8}(?:\d{3}|\.\d+)?\b"
    rb"|\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b|<(?:RequestId|requestId|HostId)>[^<]*<"
    rb"|\b(?:vpc|sg|sgr|vpc-cidr-assoc|fs)-[0-9a-f]{8,17}\b|\bAROA[A-Z0-9]{17}\b|(?<=app/db-)\w{6}\b"
    rb"|(?<=hostedzone/)[A-Z0-9]+|(?<=\"id\": \")[a-z0-9]{10}|(?<=rootResourceId\": \")[a-z0-9]{10}"
)


@pytest.fixture(scope="module")
def address(moto_server: Moto) -> str:
    return moto_server.address


@pytest.fixture(scope="module")
def live(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveAws]:
    with live_aws(tmp_path_factory.mktemp("aws") / "home", address) as gate:
        yield gate


def fresh(address: str) -> None:
    """An empty AWS, that draws the same names each time."""
    for path in ("reset", "seed?a=42"):
        urllib.request.urlopen(urllib.request.Request(f"{address}/moto-api/{path}", method="POST")).close()


def told(make: Any, address: str) -> list[tuple[str, int, bytes]]:
    """Every call of the table made with these clients: its name, the status and the very bytes that came."""
    clients: dict[str, Any] = {}
    got: list[tuple[str, int, bytes]] = []
    raw: list[Any] = []
    host = address.removeprefix("http://")
    for service, operation, parameters in CALLS:
        if service not in clients:
            clients[service] = make(service)
            clients[service].meta.events.register("after-call", lambda http_response, **_: raw.append(http_response))
        url = parameters.get("QueueUrl", "")
        filled = parameters | ({"QueueUrl": url.replace("{host}", host)} if url else {})
        body = None
        try:
            answer = getattr(clients[service], operation)(**filled)
            body = answer["Body"].read() if operation == "get_object" else None
        except ClientError:
            pass
        content = body if body is not None else raw[-1].content
        got.append((f"{service}:{operation}", raw[-1].status_code, DRAWN.sub(b"#", content)))
    return got


@pytest.fixture(scope="module")
def straight(live: LiveAws, address: str) -> list[tuple[str, int, bytes]]:
    fresh(address)
    return told(live.direct, address)


def test_the_table_is_wide_enough() -> None:
    assert len({(service, operation) for service, operation, _ in CALLS}) >= 60
    assert len({service for service, _, _ in CALLS}) >= 20


def test_everything_that_is_allowed_is_as_without_the_gate(
    live: LiveAws, address: str, straight: list[tuple[str, int, bytes]]
) -> None:
    fresh(address)
    through = told(live.client, address)

    assert [one for one in zip(straight, through, strict=True) if one[0] != one[1]] == []
    assert sum(status == 200 for _, status, _ in through) > 70


def test_everything_that_is_allowed_is_as_without_the_gate_through_the_proxy(
    live: LiveAws, address: str, straight: list[tuple[str, int, bytes]]
) -> None:
    """Here clients ask for AWS's own hosts, with buckets in the host; what moto says of its own address is left out."""
    fresh(address)
    through = told(lambda service: live.client(service, tunnel=True), address)

    named = re.compile(rb"https?://[a-z0-9.:-]+")
    pairs = [
        (one[:2], named.sub(b"", one[2]), two[:2], named.sub(b"", two[2]))
        for one, two in zip(straight, through, strict=True)
    ]
    assert [pair for pair in pairs if pair[:2] != pair[2:]] == []


@pytest.fixture
def bucket(live: LiveAws, address: str) -> Any:
    # Made past the gate: the same call again within a second carries the same signature, and would have to be repeated.
    fresh(address)
    live.direct("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return live.client("s3")


@pytest.mark.parametrize("tunnel", [False, True])
def test_presigned_addresses_work_for_get_and_put(bucket: Any, live: LiveAws, tunnel: bool) -> None:
    s3 = live.client("s3", tunnel=tunnel, signature_version="s3v4")
    put = s3.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": "p q/r"}, ExpiresIn=60)
    get = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "p q/r"}, ExpiresIn=60)

    curl(live, put, "-X", "PUT", "--data-binary", "presigned", "-H", "content-type:")
    got = curl(live, get)

    assert got == b"presigned"


def curl(live: LiveAws, url: str, *options: str) -> bytes:
    surroundings = {"PATH": os.environ["PATH"]}
    if url.startswith("https"):
        options = (*options, "--cacert", str(live.bundle), "--proxy", live.url)
    ran = subprocess.run(
        ["curl", "-sS", "--fail-with-body", *options, url], capture_output=True, env=surroundings, check=False
    )
    assert ran.returncode == 0, (ran.stdout, ran.stderr)
    return ran.stdout


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """An AWS of moto's in a process of its own, which keeps there what it is sent."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(600):
                with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/data.json"):
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def peak() -> int:
    """The most memory that this process had at once since it last forgot it, in bytes."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def test_a_large_object_goes_up_in_parts_and_comes_back_in_constant_memory(elsewhere: str, tmp_path: Path) -> None:
    """200 MB in parts of 8 MB, ten at a time; client and gate are in this process, and never hold half of it."""
    from boto3.s3.transfer import TransferConfig

    size = 200 * 1024 * 1024
    file = tmp_path / "large"
    with file.open("wb") as out:
        for index in range(200):
            out.write(bytes([index]) * (1024 * 1024))
    with live_aws(tmp_path / "home", elsewhere) as live:
        live.direct("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        before = peak()
        live.client("s3").upload_file(str(file), BUCKET, "large", Config=TransferConfig(max_concurrency=10))
        body = live.client("s3").get_object(Bucket=BUCKET, Key="large")["Body"]
        with file.open("rb") as sent:
            for piece in body.iter_chunks(1024 * 1024):
                assert piece == sent.read(len(piece))
            assert sent.read(1) == b""
        grown = peak() - before

    assert grown < size / 2


def test_paginators_and_waiters_do(bucket: Any, live: LiveAws) -> None:
    for index in range(25):
        bucket.put_object(Bucket=BUCKET, Key=f"k{index:02}", Body=b"x")
    pages = list(bucket.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 10}))
    bucket.get_waiter("object_exists").wait(Bucket=BUCKET, Key="k24", WaiterConfig={"Delay": 1, "MaxAttempts": 2})

    assert [len(page["Contents"]) for page in pages] == [10, 10, 5]


def test_a_conditional_get_that_finds_nothing_new_is_a_304(bucket: Any) -> None:
    tag = bucket.put_object(Bucket=BUCKET, Key="k", Body=b"x")["ETag"]
    with pytest.raises(ClientError) as error:
        bucket.get_object(Bucket=BUCKET, Key="k", IfNoneMatch=tag)

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 304
    assert bucket.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"x"


def cli(live: LiveAws, *words: str, tunnel: bool = False) -> str:
    where = {"HTTPS_PROXY": live.url, "AWS_CA_BUNDLE": str(live.bundle)} if tunnel else {"AWS_ENDPOINT_URL": live.url}
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": REGION}
    surroundings = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_MAX_ATTEMPTS": "1"} | keys | where
    ran = subprocess.run([AWS_CLI, *words], capture_output=True, text=True, env=surroundings, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("tunnel", [False, True])
def test_the_aws_cli_needs_nothing_but_its_environment(
    bucket: Any, live: LiveAws, tmp_path: Path, tunnel: bool
) -> None:
    (tmp_path / "f.txt").write_text("from the command line")

    cli(live, "s3", "cp", str(tmp_path / "f.txt"), f"s3://{BUCKET}/f.txt", "--only-show-errors", tunnel=tunnel)
    listed = cli(live, "s3", "ls", f"s3://{BUCKET}/", tunnel=tunnel)
    shown = cli(live, "s3", "cp", f"s3://{BUCKET}/f.txt", "-", tunnel=tunnel)
    topics = cli(live, "sns", "list-topics", "--output", "json", tunnel=tunnel)
    zones = cli(live, "ec2", "describe-availability-zones", "--output", "text", tunnel=tunnel)

    assert "f.txt" in listed
    assert shown == "from the command line"
    assert topics.split() == ["{", '"Topics":', "[]", "}"]
    assert REGION in zones


def test_a_tool_that_ignores_the_endpoint_comes_through_the_proxy(bucket: Any, live: LiveAws) -> None:
    """The aws CLI calls SQS under a host of old, whatever endpoint it is given."""
    assert cli(live, "sqs", "list-queues", "--output", "json", tunnel=True).strip() in ("", "{}")


@pytest.mark.parametrize("tunnel", [False, True])
def test_client_side_chunks_are_taken_apart(bucket: Any, live: LiveAws, tunnel: bool) -> None:
    """Over plain HTTP boto3 signs the body, over TLS it sends unsigned chunks with a checksum behind them."""
    s3 = live.client("s3", tunnel=tunnel)
    s3.put_object(Bucket=BUCKET, Key="c", Body=b"x" * 70_000, ChecksumAlgorithm="SHA256")
    s3.put_object(Bucket=BUCKET, Key="d", Body=b"y" * 3_000_000, ChecksumAlgorithm="CRC32")

    assert s3.get_object(Bucket=BUCKET, Key="c")["Body"].read() == b"x" * 70_000
    assert s3.get_object(Bucket=BUCKET, Key="d")["Body"].read() == b"y" * 3_000_000
    assert "ContentEncoding" not in s3.head_object(Bucket=BUCKET, Key="d")
