"""Messages: queues, topics and streams: how much waits in them, who sends and who listens."""

from __future__ import annotations

import json

from interlock.aws.things import typed
from interlock.survey.aws.note import Note, rough, tags_of
from interlock.survey.aws.tables import listeners


def queue(note: Note) -> None:
    """How many messages wait, where dead ones go, who listens."""
    name = note.thing.parts[-1]
    url = note.ask("sqs", "get_queue_url", QueueName=name)["QueueUrl"]
    said = note.ask("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"]).get("Attributes", {})
    facts = note.of()
    facts.planes["data"] = None
    waiting = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    )
    facts.size = rough(sum(int(said.get(each, 0)) for each in waiting))
    tags = note.maybe("sqs", "list_queue_tags", QueueUrl=url) or {}
    facts.tags |= tags_of(tags.get("Tags"))
    if said.get("RedrivePolicy"):
        note.uses_arn(
            json.loads(said["RedrivePolicy"]).get("deadLetterTargetArn"), "get_queue_attributes: dead letters"
        )
    sources = note.pages(
        "sqs", "list_dead_letter_source_queues", "queueUrls", "queues whose dead letters it takes", QueueUrl=url
    )
    for source in sources:
        other = note.thing_of("aws.sqs.queue", source.rpartition("/")[2])
        note.used_by(other, "list_dead_letter_source_queues: its dead letters come here")
    listeners(note, said.get("QueueArn", note.thing.name))


def topic(note: Note) -> None:
    """Who is told: every subscription goes with it."""
    arn = note.thing.name
    said = note.ask("sns", "get_topic_attributes", TopicArn=arn).get("Attributes", {})
    facts = note.of()
    facts.planes["routing"] = None
    tags = note.maybe("sns", "list_tags_for_resource", ResourceArn=arn) or {}
    facts.tags |= tags_of(tags.get("Tags"))
    note.uses_arn(said.get("KmsMasterKeyId"), "get_topic_attributes: encrypted with it", "encryption")
    found = note.pages("sns", "list_subscriptions_by_topic", "Subscriptions", "subscriptions", TopicArn=arn)
    facts.size = len(found)
    for each in found:
        inner = typed(each.get("SubscriptionArn", ""))
        if inner is not None and inner.type == "aws.sns.subscription":
            note.of(inner)
            note.edge(inner, "contains", note.thing, "list_subscriptions_by_topic: subscription to it")
        endpoint = typed(each.get("Endpoint", ""))
        if endpoint is not None:
            note.of(endpoint)
            note.edge(endpoint, "triggers", note.thing, "list_subscriptions_by_topic: told by it")


def subscription(note: Note) -> None:
    """Who is told no more."""
    said = note.ask("sns", "get_subscription_attributes", SubscriptionArn=note.thing.name).get("Attributes", {})
    note.of().kept["definition"] = None
    outer = typed(said.get("TopicArn", ""))
    if outer is not None:
        note.of(outer).planes["routing"] = None
        note.is_in(outer, "get_subscription_attributes: subscription to it")
    endpoint = typed(said.get("Endpoint", ""))
    if endpoint is not None:
        note.of(endpoint)
        note.edge(endpoint, "triggers", note.thing, "get_subscription_attributes: told by it")


def stream(note: Note) -> None:
    """A stream of Kinesis: who reads it, and what is in it goes with it."""
    name = note.thing.parts[-1]
    one = note.ask("kinesis", "describe_stream_summary", StreamName=name).get("StreamDescriptionSummary", {})
    facts = note.of()
    facts.planes["data"] = None
    tags = note.maybe("kinesis", "list_tags_for_stream", StreamName=name) or {}
    facts.tags |= tags_of(tags.get("Tags"))
    arn = one.get("StreamARN", note.thing.name)
    if one.get("EncryptionType") == "KMS":
        note.uses_arn(one.get("KeyId"), "describe_stream_summary: encrypted with it", "encryption")
    for each in note.pages("kinesis", "list_stream_consumers", "Consumers", "consumers", StreamARN=arn):
        reader = note.thing_of("aws.kinesis.consumer", each["ConsumerName"])
        note.of(reader)
        note.edge(reader, "contains", note.thing, "list_stream_consumers: registered at it")
    listeners(note, arn)


def delivery(note: Note) -> None:
    """A delivery stream: from where, and as whom."""
    name = note.thing.parts[-1]
    answer = note.ask("firehose", "describe_delivery_stream", DeliveryStreamName=name)
    one = answer.get("DeliveryStreamDescription", {})
    note.of().kept["definition"] = None
    source = (one.get("Source") or {}).get("KinesisStreamSourceDescription", {})
    note.uses_arn(source.get("KinesisStreamARN"), "describe_delivery_stream: reads it")
    for each in one.get("Destinations", ()):
        to = each.get("ExtendedS3DestinationDescription") or each.get("S3DestinationDescription") or {}
        note.uses_arn(to.get("BucketARN"), "describe_delivery_stream: writes to it")
        note.uses_arn(to.get("RoleARN"), "describe_delivery_stream: acts as it", "identity")
