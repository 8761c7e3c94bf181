"""Synthetic: answers to calls that something gentler was done for, in the shape that each call's own answer has.

What is in them is true of the call as far as the client can act on it; docs/executors/aws.md says of each what is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from interlock.execute.aws.answer import Answer, answer_of

#: Marks every answer that AWS did not give itself.
MARK: Final = "x-interlock-deferred"
_EC2: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"

Shape = str | Sequence["Shape"] | Mapping[str, "Shape"]


def ec2(operation: str, case: str, content: Shape) -> Answer:
    """An answer of EC2: lists are `item` elements."""
    return _xml(f"{operation}Response", _EC2, case, f"<requestId>{case}</requestId>{_element(content, 'item')}")


def query(operation: str, namespace: str, case: str, content: Shape | None) -> Answer:
    """An answer of the query protocol: lists are `member` elements; None: the operation has no result."""
    result = "" if content is None else f"<{operation}Result>{_element(content, 'member')}</{operation}Result>"
    metadata = f"<ResponseMetadata><RequestId>{case}</RequestId></ResponseMetadata>"
    return _xml(f"{operation}Response", namespace, case, f"{result}{metadata}")


def json(version: str, case: str, content: object) -> Answer:
    """An answer of the JSON protocols."""
    return _answer(200, f"application/x-amz-json-{version}", case, msgspec.json.encode(content))


def empty(case: str, status: int = 204) -> Answer:
    """An answer without a body."""
    return _answer(status, "", case, b"")


def _xml(root: str, namespace: str, case: str, inner: str) -> Answer:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{namespace}">{inner}</{root}>'
    return _answer(200, "text/xml;charset=UTF-8", case, body.encode())


def _answer(status: int, kind: str, case: str, body: bytes) -> Answer:
    own = (("x-amzn-requestid", case), (MARK, case), ("content-length", str(len(body))))
    return answer_of(status, ((("content-type", kind),) if kind else ()) + own, body)


def _element(content: Shape, item: str) -> str:
    if isinstance(content, str):
        return escape(content)
    if isinstance(content, Mapping):
        return "".join(f"<{name}>{_element(value, item)}</{name}>" for name, value in content.items())
    return "".join(f"<{item}>{_element(value, item)}</{item}>" for value in content)
