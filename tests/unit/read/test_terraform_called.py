"""By which name the target itself knows a thing: from the planned value, of known types, and never a secret."""

from __future__ import annotations

import re

import pytest

from interlock.model.inventory import Called
from interlock.read.lasting.kinds import kind_of
from interlock.read.terraform.called import called, known


def test_the_name_is_the_attribute_of_its_type() -> None:
    assert called("aws_db_instance", {"identifier": "orders", "name": "db"}) == (Called("orders"),)
    assert called("aws_sqs_queue", {"name": "orders"}) == (Called("orders"),)


def test_a_name_that_is_unique_beyond_its_place_says_so() -> None:
    assert called("aws_s3_bucket", {"bucket": "orders"}) == (Called("orders", everywhere=True),)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("aws_s3_bucket", {}),
        ("aws_s3_bucket", {"bucket": None}),
        ("aws_s3_bucket", {"bucket": ""}),
        ("aws_s3_bucket", {"bucket": 5}),
        ("aws_s3_bucket", {"bucket": "a b"}),
        ("aws_s3_bucket", {"bucket": "a\x1b[31m"}),
        ("aws_s3_bucket", {"bucket": "x" * 257}),
        ("aws_s3_bucket", {"name": "orders"}),
        ("aws_vpc", {"name": "orders"}),
        ("aws_sqs_queue", {"name": "AKIA" + "IOSFODNN7EXAMPLQ"}),
    ],
)
def test_what_is_no_name_or_looks_like_a_secret_is_none(kind: str, values: dict[str, object]) -> None:
    assert called(kind, values) == ()


def test_every_type_of_the_table_stands_once_and_what_holds_everywhere_is_named() -> None:
    listed = [kind for kinds in known().names.values() for kind in kinds]

    assert len(set(listed)) == len(listed)
    assert known().everywhere <= set(listed)
    assert all(re.fullmatch(r"(aws|google|azurerm)_[a-z0-9_]+", kind) for kind in listed)
    assert [kind for kind in listed if kind_of("terraform", kind) is None] == []
