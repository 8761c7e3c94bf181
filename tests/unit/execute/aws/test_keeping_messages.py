"""Queues and streams are made again as they were set up, and it is said that what was in them is lost."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.execute.aws.aws_world import Account

from interlock.errors import TargetError
from interlock.execute.aws.hands import Hands


def queue(account: Account, name: str = "jobs", **attributes: str) -> str:
    client = account.client("sqs")
    made = client.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "77", **attributes}, tags={"team": "a"})
    client.send_message(QueueUrl=made["QueueUrl"], MessageBody="x", **({"MessageGroupId": "g"} if attributes else {}))
    return str(made["QueueUrl"])


@pytest.mark.parametrize(
    ("name", "attributes"),
    [("jobs", {}), ("jobs.fifo", {"FifoQueue": "true", "ContentBasedDeduplication": "true"})],
)
def test_a_queue_is_made_again_empty_with_its_settings_and_tags(
    account: Account, name: str, attributes: dict[str, str]
) -> None:
    client, url = account.client("sqs"), queue(account, name, **attributes)
    told = ("ApproximateNumberOf", "CreatedTimestamp", "LastModifiedTimestamp")

    def settings() -> dict[str, str]:
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return {key: value for key, value in found.items() if not key.startswith(told)}

    before = settings()
    order = account.order("sqs:DeleteQueue", {"QueueUrl": url}, ("aws.sqs.queue", "jobs"))
    assert account.executor().look(order, "run") == "not-done"

    done = account.run(order)
    assert account.executor().look(order, "run") == "done"
    steps = account.undo(order, done)

    assert settings() == before
    assert client.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "a"}
    assert "1 messages were in it and are lost" in steps[-1].detail


def test_a_queue_is_waited_for_where_its_name_is_not_free_yet(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = queue(account)
    order = account.order("sqs:DeleteQueue", {"QueueUrl": url}, ("aws.sqs.queue", "jobs"))
    done = account.run(order)
    do, tries = Hands.do, []

    def busy(hands: Hands, service: str, operation: str, /, already: tuple[str, ...] = (), **more: Any) -> Any:
        tries.append(operation)
        return None if len(tries) < 3 else do(hands, service, operation, already, **more)

    monkeypatch.setattr(Hands, "do", busy)
    account.undo(order, done)

    assert tries == ["create_queue"] * 3
    assert account.client("sqs").list_queues()["QueueUrls"] == [url]


def test_nothing_is_remembered_of_a_queue_that_is_not_there(account: Account) -> None:
    order = account.order(
        "sqs:DeleteQueue", {"QueueUrl": f"{account.moto.address}/123456789012/none"}, ("aws.sqs.queue", "none")
    )

    with pytest.raises(TargetError):
        account.run(order)

    assert account.vault == {} or "messages" not in str(account.vault)


@pytest.mark.parametrize("by", ["StreamName", "StreamARN"])
def test_a_stream_is_made_again_empty_with_its_shards_and_its_retention(account: Account, by: str) -> None:
    client = account.client("kinesis")
    client.create_stream(StreamName="clicks", ShardCount=2)
    client.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=48)
    client.add_tags_to_stream(StreamName="clicks", Tags={"team": "a"})
    client.put_record(StreamName="clicks", Data=b"x", PartitionKey="1")
    summary = client.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]
    order = account.order("kinesis:DeleteStream", {by: summary[by]}, ("aws.kinesis.stream", "clicks"))
    assert account.executor().look(order, "run") == "not-done"

    done = account.run(order)
    assert account.executor().look(order, "run") == "done"
    account.undo(order, done)

    now = client.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]
    assert (now["OpenShardCount"], now["RetentionPeriodHours"]) == (2, 48)
    assert client.list_tags_for_stream(StreamName="clicks")["Tags"] == [{"Key": "team", "Value": "a"}]


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [("sqs:DeleteQueue", {"QueueUrl": "q"}), ("kinesis:DeleteStream", {"StreamName": "s"})],
)
def test_what_is_lost_is_said_before_anybody_votes(
    account: Account, operation: str, parameters: dict[str, str]
) -> None:
    from interlock.aws.call import Call
    from interlock.execute.aws.keeping.keepers import keeper_for

    service, _, name = operation.partition(":")
    keeper = keeper_for(Call(service, name, parameters=dict(parameters)))
    assert keeper is not None
    promised = keeper.promise(Call(service, name, parameters=dict(parameters)))

    assert promised.verdict == "invalid"
    assert "are lost: nothing copies them" in promised.why
