"""A batch call that holds one call is read as that one."""

from __future__ import annotations

from interlock.aws.call import Call
from interlock.read.aws.calls import change_of_call


def test_a_batch_of_one_version_is_read_as_the_deletion_of_that_version() -> None:
    version = {"Key": "report.csv", "VersionId": "3"}
    batch = Call("s3", "DeleteObjects", parameters={"Bucket": "b", "Delete": {"Objects": [version]}})
    alone = Call("s3", "DeleteObject", parameters={"Bucket": "b", **version})

    found, wanted = (change_of_call(call, "production").effects[0] for call in (batch, alone))

    assert (wanted.needs, wanted.traits, wanted.way_back) == (found.needs, found.traits, found.way_back)
    assert found.cause == f"s3:DeleteObjects, {wanted.cause}"
