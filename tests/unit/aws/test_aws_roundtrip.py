"""Operations of every service, serialised by botocore and understood again; `bench aws-wire` takes them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interlock.aws import models
from interlock.testing.aws_calls import call, calls, names
from interlock.testing.aws_roundtrip import there_and_back

PAGE = Path(__file__).parents[3] / "docs" / "aws-requests.md"
#: So many parts, so that each is a short test of its own.
PARTS = 12
#: Services whose every operation is taken here: each protocol, and those that break things most.
WHOLE = ("cloudwatch", "dynamodb", "elasticbeanstalk", "iam", "lambda", "rds", "route53", "s3", "s3control", "sqs")


def listed() -> dict[str, str]:
    """The operations that the page says do not come back as themselves, with what they come back as."""
    rows = re.findall(r"^\| `([\w-]+:\w+)` \| `?([\w:, -]+?)`? \|", PAGE.read_text(encoding="utf-8"), re.M)
    assert rows
    return dict(rows)


@pytest.mark.parametrize("part", range(PARTS))
def test_an_operation_of_each_service_comes_back_whole(part: int) -> None:
    """The second of each, since the first ones are alike: with the least it takes in one part, with all in another."""
    known = listed()
    for number, name in enumerate(names()[part::PARTS]):
        service = models.service(name)
        operation = service.names[min(1 + number % 5, len(service.names) - 1)]
        for protocol in service.protocols:
            outcome = there_and_back(call(service, operation, full=bool(number % 2)), protocol)

            assert outcome.verdict in ("exact", "sibling") or f"{name}:{operation}" in known, (name, operation, outcome)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("full", [False, True], ids=["least", "full"])
def test_every_operation_of_these_services_comes_back_whole(name: str, full: bool) -> None:
    known = listed()
    missed = {
        each.name: outcome
        for each in calls(name, full=full)
        if (outcome := there_and_back(each)).verdict not in ("exact", "sibling")
    }

    assert missed.keys() <= known.keys(), missed


@pytest.mark.parametrize("name", ["s3", "dynamodb", "iam", "lambda", "elasticbeanstalk"])
def test_they_come_back_from_an_emulator_too(name: str) -> None:
    """But for directory buckets, which are listed like others there: only host and signing name are another."""
    known = listed() | {"s3:ListDirectoryBuckets": "s3:ListBuckets"}
    missed = {
        each.name: outcome
        for each in calls(name, full=False)
        if (outcome := there_and_back(each, base="http://127.0.0.1:5000")).verdict not in ("exact", "sibling")
    }

    assert missed.keys() <= known.keys(), missed


@pytest.mark.parametrize(("name", "becomes"), sorted(listed().items()))
def test_what_the_page_lists_does_what_the_page_says(name: str, becomes: str) -> None:
    service, _, operation = name.partition(":")
    outcome = there_and_back(call(models.service(service), operation, full=False))

    assert outcome.verdict in ("unmade", "other")
    assert becomes == "not sent" if outcome.verdict == "unmade" else becomes in outcome.words
