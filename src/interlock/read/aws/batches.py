"""Batches: calls that hold several others, taken apart into those; each one is read by itself.

What is taken apart keeps the name of the call that it stood in, so that a person finds it. A part that is not of the
shape that its operation has is named as unread.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote

from interlock.aws.call import Call, Parameter


class Part(NamedTuple):
    """One call out of a batch, and how many things inside it touches; None: the call itself says.

    `actions` are those of IAM, where they are others than those of the call by itself.
    """

    call: Call
    things: int | None = None
    actions: tuple[str, ...] = ()


def parts_of(call: Call) -> tuple[Part, ...]:
    """The calls that this one holds; of most there is only itself."""
    take_apart = _TABLE.get((call.service, call.operation))
    return (Part(call),) if take_apart is None else tuple(take_apart(call)) or (Part(call),)


def _like(call: Call, operation: str, parameters: dict[str, Parameter], unread: tuple[str, ...] = ()) -> Call:
    return call._replace(operation=operation, parameters=parameters, unread=(*call.unread, *unread))


_BATCH: Final = "dynamodb:BatchWriteItem"


def _batch_write(call: Call) -> Iterator[Part]:
    """DynamoDB's BatchWriteItem: so many puts and deletes of each table."""
    requests = call.parameters.get("RequestItems")
    if not isinstance(requests, dict):
        return
    counts: Counter[tuple[str, str]] = Counter()
    odd = False
    for table, writes in requests.items():
        for write in writes if isinstance(writes, list) else [None]:
            kinds = [name for name in ("PutRequest", "DeleteRequest") if isinstance(write, dict) and write.get(name)]
            odd |= not kinds
            counts.update((table, name) for name in kinds)
    for (table, name), count in sorted(counts.items()):
        yield Part(_like(call, f"{name.removesuffix('Request')}Item", {"TableName": table}), count, (_BATCH,))
    if odd:
        yield Part(_like(call, "PutItem", {}, ("a request that neither puts nor deletes",)))


_TRANSACTED: Final = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "GetItem",
                      "Get": "GetItem"}  # fmt: skip


def _transact(call: Call) -> Iterator[Part]:
    """DynamoDB's transactions: each member is one write or one read."""
    items = call.parameters.get("TransactItems")
    counts: Counter[tuple[str, str]] = Counter()
    odd = False
    for item in items if isinstance(items, list) else []:
        names = [name for name in item if name in _TRANSACTED] if isinstance(item, dict) else []
        odd |= len(names) != 1
        for name in names:
            inner = item[name] if isinstance(item, dict) else None
            table = inner.get("TableName") if isinstance(inner, dict) else None
            counts[name, table if isinstance(table, str) else ""] += 1
    for (name, table), count in sorted(counts.items()):
        actions = ("dynamodb:ConditionCheckItem",) if name == "ConditionCheck" else ()
        yield Part(_like(call, _TRANSACTED[name], {"TableName": table}), count, actions)
    if odd:
        yield Part(_like(call, "PutItem", {}, ("an item that is no single write",)))


_PARTIQL: Final = re.compile(
    r"""\s*(select\b.*?\bfrom|insert\s+into|update|delete\s+from)\s+(?:"([^"]+)"|([\w.-]+))""", re.I | re.S
)
_STATEMENTS: Final = {"select": "Query", "insert": "PutItem", "update": "UpdateItem", "delete": "DeleteItem"}


def _partiql(call: Call) -> Iterator[Part]:
    """Statements of PartiQL, by their first words; one that begins otherwise is unread."""
    listed = call.parameters.get("Statements", call.parameters.get("TransactStatements"))
    texts: list[Parameter] = [call.parameters.get("Statement")]
    if isinstance(listed, list):
        texts = [each.get("Statement") if isinstance(each, dict) else None for each in listed]
    for text in texts:
        found = _PARTIQL.match(text) if isinstance(text, str) else None
        if found is None:
            yield Part(_like(call, "PutItem", {}, ("a statement that cannot be read",)))
            continue
        word = found[1].split()[0].lower()
        actions = (f"dynamodb:PartiQL{word.title()}",)
        yield Part(_like(call, _STATEMENTS[word], {"TableName": found[2] or found[3]}), 1, actions)


def _delete_objects(call: Call) -> Iterator[Part]:
    """S3's DeleteObjects: versions are deleted for good, each by itself; all others are named together."""
    delete = call.parameters.get("Delete")
    objects = delete.get("Objects") if isinstance(delete, dict) else None
    if not isinstance(objects, list):
        return
    plain: list[Parameter] = []
    for each in objects:
        if isinstance(each, dict) and each.get("VersionId"):
            yield Part(_like(call, "DeleteObject", {"Bucket": call.parameters.get("Bucket"), **each}))
        else:
            plain.append(each)
    if plain and len(plain) < len(objects):
        yield Part(_like(call, "DeleteObjects", {**call.parameters, "Delete": {"Objects": plain}}))


def _copy(call: Call) -> Iterator[Part]:
    """A copy in S3 reads its source and writes the object that it names."""
    yield Part(_like(call, "PutObject", call.parameters))
    source = call.parameters.get("CopySource")
    if isinstance(source, dict):
        yield Part(_like(call, "GetObject", source))
    elif isinstance(source, str):
        bucket, _, key = unquote(source).lstrip("/").partition("/")
        name, _, version = key.partition("?versionId=")
        parameters: dict[str, Parameter] = {"Bucket": bucket, "Key": name}
        yield Part(_like(call, "GetObject", parameters | ({"VersionId": version} if version else {})))


def _records(call: Call) -> Iterator[Part]:
    """Route 53's ChangeResourceRecordSets: what is added, set and taken away, each by itself."""
    batch = call.parameters.get("ChangeBatch")
    changes = batch.get("Changes") if isinstance(batch, dict) else None
    actions: dict[str, list[Parameter]] = {}
    for each in changes if isinstance(changes, list) else []:
        action = each.get("Action") if isinstance(each, dict) else None
        actions.setdefault(action if isinstance(action, str) else "", []).append(each)
    if len(actions) < 2:
        return
    for action in sorted(actions):
        yield Part(_like(call, call.operation, {**call.parameters, "ChangeBatch": {"Changes": actions[action]}}))


_TABLE: Final[dict[tuple[str, str], Callable[[Call], Iterator[Part]]]] = {
    ("dynamodb", "BatchWriteItem"): _batch_write,
    ("dynamodb", "TransactWriteItems"): _transact,
    ("dynamodb", "TransactGetItems"): _transact,
    ("dynamodb", "ExecuteStatement"): _partiql,
    ("dynamodb", "BatchExecuteStatement"): _partiql,
    ("dynamodb", "ExecuteTransaction"): _partiql,
    ("route53", "ChangeResourceRecordSets"): _records,
    ("s3", "DeleteObjects"): _delete_objects,
    ("s3", "CopyObject"): _copy,
    ("s3", "UploadPartCopy"): _copy,
}
