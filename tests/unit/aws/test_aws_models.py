"""The index of services is what the installed botocore gives, and a model is read alone, once, from nowhere else."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path
from threading import Thread

import pytest
from tests.aws_requests import form, request, rest, target

from interlock.aws import models
from interlock.aws.request import Request
from interlock.errors import NotFound
from interlock.testing.aws_index import made


def test_the_index_is_what_the_installed_botocore_gives() -> None:
    assert made() == models.INDEX.read_text(encoding="utf-8")


def test_an_index_of_this_botocore_has_not_drifted() -> None:
    assert models.drift() == ""


def test_an_index_of_another_botocore_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    models.drift.cache_clear()
    monkeypatch.setattr(metadata, "version", lambda _: "1.99.0")

    said = models.drift()
    models.drift.cache_clear()

    assert "botocore 1.99.0 is installed" in said


def test_the_service_that_is_called_as_it_signs_stands_first() -> None:
    assert [row.name for row in models.signing_as("rds")] == ["rds", "docdb", "neptune"]
    assert models.signing_as("nobody") == ()


def test_a_service_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match="there is no AWS service `nobody`"):
        models.service("nobody")


def test_one_request_loads_one_service_and_no_botocore() -> None:
    code = (
        "import sys; from interlock.aws.calls import understand; from interlock.aws.request import Request;"
        "from interlock.aws import models;"
        "call = understand(Request('DELETE', 's3.eu-central-1.amazonaws.com', '/b/k', 's3', 'eu-central-1'));"
        "assert call.name == 's3:DeleteObject', call;"
        "print(sorted(models._loaded), 'botocore' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "['s3'] False\n"


def test_a_model_in_the_users_folders_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))

    assert str(tmp_path) not in str(models.data())


def test_many_threads_get_the_same_service() -> None:
    models._loaded.pop("sqs", None)
    got: list[object] = []
    threads = [Thread(target=lambda: got.append(models.service("sqs"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == 8
    assert len({id(each) for each in got}) == 1


def test_it_can_be_asked_whether_everything_under_a_name_is_loaded() -> None:
    models._loaded.pop("neptune", None)
    models.service("rds")
    before = models.is_loaded("rds")
    for row in models.signing_as("rds"):
        models.service(row.name)

    assert not before
    assert models.is_loaded("rds")


def test_what_botocore_adds_to_its_models_is_in_them() -> None:
    operation = models.service("rds").operation("CopyDBSnapshot")

    assert operation is not None
    assert operation.input is not None
    assert "SourceRegion" in operation.input.members


@pytest.mark.parametrize(
    ("got", "protocol"),
    [
        (form("rds", "Action=X"), "query"),
        (form("ec2", "Action=X"), "ec2"),
        (target("dynamodb", "DynamoDB_20120810.X", {}), "json"),
        (rest("lambda", "GET", "/"), "rest-json"),
        (request("GET", "s3.amazonaws.com", "/"), "rest-xml"),
        (request("POST", "x", "/", "monitoring", headers={"smithy-protocol": "rpc-v2-cbor"}), "smithy-rpc-v2-cbor"),
        (form("monitoring", "Action=X"), "query"),
        (request("POST", "x", "/", "ses", query="Action=X"), "query"),
        (request("GET", "x", "/", "nobody"), "rest-json"),
    ],
)
def test_an_answer_has_the_protocol_of_its_request(got: Request, protocol: str) -> None:
    assert models.protocol_of(got) == protocol
