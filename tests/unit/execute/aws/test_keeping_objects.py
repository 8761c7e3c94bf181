"""Objects come back: from their versions, or as they were sealed; what cannot be kept is not deleted."""

from __future__ import annotations

import pytest
from tests.unit.execute.aws.aws_world import Account

from interlock.errors import TargetError
from interlock.execute.aws.keeping import objects


def bucket(account: Account, *, versioned: bool = False, **contents: bytes) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    if versioned:
        s3.put_bucket_versioning(Bucket="reports", VersioningConfiguration={"Status": "Enabled"})
    for key, content in contents.items():
        s3.put_object(Bucket="reports", Key=key, Body=content, ContentType="text/csv", Metadata={"by": "olga"})


def content(account: Account, key: str) -> bytes | None:
    s3 = account.client("s3")
    try:
        return bytes(s3.get_object(Bucket="reports", Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        return None


def delete(account: Account, *keys: str):  # type: ignore[no-untyped-def]  # an order
    things = [("aws.s3.object", f"reports/{key}") for key in keys]
    parameters = {"Bucket": "reports", "Delete": {"Objects": [{"Key": key} for key in keys]}}
    return account.order("s3:DeleteObjects", parameters, *things, needs=["s3:DeleteObject"])


def test_objects_of_a_bucket_without_versions_are_sealed_and_written_again(account: Account) -> None:
    bucket(account, a=b"one", b=b"two", c=b"three")
    order = delete(account, "a", "b", "never-there")

    done = account.run(order)

    assert [content(account, key) for key in "abc"] == [None, None, b"three"]
    assert account.executor().look(order, "run") == "done"
    assert {b"one", b"two"} <= set(account.vault.values())

    account.undo(order, done)

    assert [content(account, key) for key in "abc"] == [b"one", b"two", b"three"]
    head = account.client("s3").head_object(Bucket="reports", Key="a")
    assert (head["ContentType"], head["Metadata"]) == ("text/csv", {"by": "olga"})
    assert content(account, "never-there") is None


def test_undoing_writes_over_nothing_that_came_since(account: Account) -> None:
    bucket(account, a=b"one")
    order = delete(account, "a")
    done = account.run(order)
    account.client("s3").put_object(Bucket="reports", Key="a", Body=b"newer")

    account.undo(order, done)

    assert content(account, "a") == b"newer"


def test_objects_of_a_bucket_with_versions_lose_their_delete_marker(account: Account) -> None:
    bucket(account, versioned=True, a=b"one")
    order = account.order(
        "s3:DeleteObject", {"Bucket": "reports", "Key": "a"}, ("aws.s3.object", "reports/a"), needs=["s3:DeleteObject"]
    )

    done = account.run(order)
    assert content(account, "a") is None
    account.undo(order, done)

    assert content(account, "a") == b"one"
    assert b"one" not in account.vault.values()


def test_a_version_that_is_deleted_for_good_is_sealed(account: Account) -> None:
    bucket(account, versioned=True, a=b"one")
    version = account.client("s3").head_object(Bucket="reports", Key="a")["VersionId"]
    order = account.order(
        "s3:DeleteObject",
        {"Bucket": "reports", "Key": "a", "VersionId": version},
        ("aws.s3.object", "reports/a"),
        needs=["s3:DeleteObjectVersion"],
    )

    done = account.run(order)
    account.undo(order, done)

    assert content(account, "a") == b"one"


def test_what_is_too_large_to_be_kept_is_not_deleted(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket(account, a=b"one", b=b"twotwo")
    monkeypatch.setattr(objects, "MOST_BYTES", 5)

    with pytest.raises(TargetError, match="too large to be kept") as caught:
        account.run(delete(account, "a", "b"))

    assert caught.value.code == "not-kept"
    assert [content(account, key) for key in "ab"] == [b"one", b"twotwo"]


def test_what_a_put_writes_over_comes_back(account: Account) -> None:
    bucket(account, a=b"one")
    order = account.order(
        "s3:PutObject", {"Bucket": "reports", "Key": "a", "Body": b"two"}, ("aws.s3.object", "reports/a"), verb="update"
    )

    done = account.run(order)
    assert content(account, "a") == b"two"
    account.undo(order, done)

    assert content(account, "a") == b"one"


def test_a_put_to_a_new_key_is_taken_away_again(account: Account) -> None:
    bucket(account)
    order = account.order(
        "s3:PutObject", {"Bucket": "reports", "Key": "a", "Body": b"two"}, ("aws.s3.object", "reports/a"), verb="create"
    )

    account.undo(order, account.run(order))

    assert content(account, "a") is None


def test_a_put_over_a_version_is_covered_by_a_copy_of_it(account: Account) -> None:
    bucket(account, versioned=True, a=b"one")
    order = account.order(
        "s3:PutObject", {"Bucket": "reports", "Key": "a", "Body": b"two"}, ("aws.s3.object", "reports/a"), verb="update"
    )

    account.undo(order, account.run(order))

    assert content(account, "a") == b"one"
    versions = account.client("s3").list_object_versions(Bucket="reports", Prefix="a")["Versions"]
    assert len(versions) == 3, "what was written stays under it"
