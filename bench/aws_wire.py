"""AWS requests: every operation that botocore knows, serialised by botocore and understood again; and how fast.

Each operation is made twice in each protocol of its service: with the least that it takes, and with everything.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from bench.rows import Row, Scale, at, waits
from interlock.aws import models
from interlock.aws.call import Call
from interlock.aws.calls import understand
from interlock.aws.request import Request
from interlock.aws.serialize import request_of
from interlock.testing.aws_calls import REGION, calls, names
from interlock.testing.aws_roundtrip import there_and_back

#: Headers that every client sends beside those that say something.
SENT = tuple(
    (name, "x")
    for name in (
        "accept-encoding",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-date",
    )
)
SMALL = (
    Call("sts", "GetCallerIdentity", REGION),
    Call("rds", "DeleteDBInstance", REGION, "", {"DBInstanceIdentifier": "orders", "SkipFinalSnapshot": True}),
    Call("dynamodb", "GetItem", REGION, "", {"TableName": "orders", "Key": {"id": {"S": "7"}}}),
    Call("s3", "GetObject", REGION, "", {"Bucket": "orders-archive", "Key": "2026/01/orders.csv"}),
    Call("lambda", "GetFunction", REGION, "", {"FunctionName": "report"}),
    Call("cloudwatch", "ListMetrics", REGION, "", {"Namespace": "Orders"}),
)


def run(scale: Scale) -> list[Row]:
    services = names() if scale.times >= 100 else names()[:: max(1, len(names()) // scale.times)]
    rows = [mapped(services, full=False), mapped(services, full=True)]
    taken = {call.name: waits(Understood(request_of(call)), scale.times) for call in SMALL}
    middles = sorted(at(ordered, 0.5) * 1e3 for ordered in taken.values())
    each = ", ".join(f"{name} {at(ordered, 0.5) * 1e3:.0f}" for name, ordered in taken.items())
    rows.append(Row("one small request understood, p50", at(middles, 0.5), "µs", "≤ 30", f"the middle of {each}"))
    every = sorted(wait for ordered in taken.values() for wait in ordered)
    rows.append(Row("one small request understood, p99", at(every, 0.99) * 1e3, "µs"))
    return rows


def mapped(services: list[str], *, full: bool) -> Row:
    """How many operations come back, in every protocol of their service."""
    found: Counter[str] = Counter()
    missed: list[str] = []
    operations = 0
    for service in services:
        for call in calls(service, full=full):
            operations += 1
            outcomes = [there_and_back(call, protocol) for protocol in models.service(service).protocols]
            worst = max(outcomes, key=lambda outcome: outcome.verdict not in ("exact", "sibling"))
            found[worst.verdict] += 1
            if worst.verdict not in ("exact", "sibling"):
                missed.append(f"{call.name} ({worst.verdict})")
    good = found["exact"] + found["sibling"]
    what = "with everything" if full else "with the least they take"
    note = f"{operations:,} operations, {found['sibling']:,} of them of a service that shares the API"
    if missed:
        note += "; not: " + ", ".join(missed)
    return Row(f"operations understood again, {what}", 100 * good / operations, "%", "≥ 99.9", note)


class Understood:
    """Understands one request again and again."""

    def __init__(self, request: Request) -> None:
        self.request = msgspec.structs.replace(request, headers=request.headers + SENT)

    def __call__(self, _: int) -> None:
        understand(self.request)
