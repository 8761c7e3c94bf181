"""Messages: what a queue or a stream is set up to do is kept; what is in it no service copies, and that is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.copied import given
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_NO_QUEUE: Final = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
#: For a minute after a queue is deleted, none of its name can be made.
_TOO_SOON: Final = ("AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently")
_NO_STREAM: Final = ("ResourceNotFoundException",)
#: What a queue says of itself that nobody sets.
_TOLD: Final = ("ApproximateNumberOf", "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn")


class Queue(Keeper):
    """DeleteQueue: made again empty, by the same address, with its settings, its policy and its tags."""

    makes = ("sqs:CreateQueue", "sqs:TagQueue")

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        url = text(call.parameters.get("QueueUrl"))
        found = _queue(hands, call)
        if found is None:
            return None
        tags = hands.ask("sqs", "list_queue_tags", QueueUrl=url).get("Tags")
        attributes = {name: value for name, value in found.items() if not name.startswith(_TOLD)}
        return {
            "name": found["QueueArn"].rpartition(":")[2],
            "make": {"Attributes": attributes, **given(tags=tags)},
            "messages": _counted(found),
        }

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        name = memory["name"]

        def state() -> str:
            made = hands.do("sqs", "create_queue", already=_TOO_SOON, QueueName=name, **memory["make"])
            return "there" if made is not None else "not to be made yet"

        yield from hands.until(f"queue `{name}`", state, good=("there",))
        if _queue(hands, call) is None:
            raise TargetError(f"queue `{name}` is not there again", hint="look at it", code="not-restored")
        yield f"queue `{name}` is there again, empty; {memory['messages']} messages were in it and are lost"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        return _by_absence(_queue(hands, call) is None, purpose)

    def promise(self, call: Call) -> RollbackProof:
        why = "the messages in it are lost: nothing copies them"
        return RollbackProof("invalid", False, ("make the queue again",), why)


class Stream(Keeper):
    """DeleteStream: made again empty, with as many shards, its retention, its key and its tags."""

    makes = (
        *("kinesis:CreateStream", "kinesis:AddTagsToStream", "kinesis:IncreaseStreamRetentionPeriod"),
        *("kinesis:StartStreamEncryption", "kinesis:TagResource"),
    )

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = _stream(hands, call)
        if found is None or found["StreamStatus"] == "DELETING":
            return None
        name = found["StreamName"]
        tags = hands.ask("kinesis", "list_tags_for_stream", StreamName=name)["Tags"]
        on_demand = found.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND"
        shards = None if on_demand else found["OpenShardCount"]
        return {
            "name": name,
            "make": given(ShardCount=shards, StreamModeDetails=found.get("StreamModeDetails")),
            "tags": {each["Key"]: each["Value"] for each in tags},
            "hours": found["RetentionPeriodHours"],
            "key": found.get("KeyId") if found.get("EncryptionType") == "KMS" else None,
        }

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        name = memory["name"]

        def state() -> str:
            found = _stream(hands, call, name)
            return "gone" if found is None else str(found["StreamStatus"])

        yield from hands.until(f"stream `{name}`", state, good=("gone", "ACTIVE"))
        if state() == "gone":
            hands.do("kinesis", "create_stream", StreamName=name, **memory["make"])
        yield from hands.until(f"stream `{name}`", state, good=("ACTIVE",))
        found = _stream(hands, call, name) or {}
        if memory["hours"] > found.get("RetentionPeriodHours", 0):
            hours = memory["hours"]
            hands.do("kinesis", "increase_stream_retention_period", StreamName=name, RetentionPeriodHours=hours)
        if memory["tags"]:
            hands.do("kinesis", "add_tags_to_stream", StreamName=name, Tags=memory["tags"])
        if memory["key"] and found.get("EncryptionType") != "KMS":
            yield from hands.until(f"stream `{name}`", state, good=("ACTIVE",))
            key = memory["key"]
            hands.do("kinesis", "start_stream_encryption", StreamName=name, EncryptionType="KMS", KeyId=key)
        yield f"stream `{name}` is there again, empty; its records and its registered consumers are lost"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        found = _stream(hands, call)
        return _by_absence(found is None or found["StreamStatus"] == "DELETING", purpose)

    def promise(self, call: Call) -> RollbackProof:
        why = "the records in it and its registered consumers are lost: nothing copies them"
        return RollbackProof("invalid", False, ("make the stream again",), why)


def _by_absence(gone: bool, purpose: Purpose) -> Seen:
    if purpose == "run":
        return "done" if gone else "not-done"
    return "done" if purpose == "close" else "in-part"


def _queue(hands: Hands, call: Call) -> dict[str, str] | None:
    url = text(call.parameters.get("QueueUrl"))
    found = hands.find("sqs", "get_queue_attributes", _NO_QUEUE, QueueUrl=url, AttributeNames=["All"])
    return None if found is None else found["Attributes"]


def _counted(found: dict[str, str]) -> int:
    """Messages in a queue, those in flight and those put off too, as it says itself."""
    return sum(int(value) for name, value in found.items() if name.startswith("ApproximateNumberOfMessages"))


def _stream(hands: Hands, call: Call, name: str = "") -> dict[str, Any] | None:
    asked = given(StreamName=name or call.parameters.get("StreamName"))
    if not asked:
        asked = given(StreamARN=call.parameters.get("StreamARN"))
    found = hands.find("kinesis", "describe_stream_summary", _NO_STREAM, **asked)
    return None if found is None else found["StreamDescriptionSummary"]
