"""Which calls are the same one: all of the request, but for the tokens that a client draws anew for each call.

Such tokens are the members that botocore's model calls idempotency tokens. Where there is none, or anything of the call
was not understood, the request's own bytes are compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from interlock.aws import models
from interlock.aws.call import Call, Parameter
from interlock.aws.request import Request, to_bytes
from interlock.errors import InterlockError

_encoder: Final = msgspec.json.Encoder(order="sorted")


def fingerprint(request: Request, call: Call) -> str:
    """Equal for the same call, in hex. Whoever asks is no part of it."""
    tokens = dict(_tokens(call)) if not call.unread else {}
    if not tokens:
        return hashlib.sha256(to_bytes(request)).hexdigest()
    values = set(tokens.values())
    query = [pair for pair in request.query.split("&") if unquote_plus(pair.partition("=")[2]) not in values]
    headers = [(name, value) for name, value in request.headers if value not in values]
    kept = {name: value for name, value in call.parameters.items() if name not in tokens}
    parts = [request.method, request.host, request.path, query, headers, request.service, request.region]
    return hashlib.sha256(_encoder.encode([*parts, call.service, call.operation, kept])).hexdigest()


def whose(*parts: str) -> str:
    """One key for a fingerprint and whose call it is."""
    return hashlib.sha256(_encoder.encode(parts)).hexdigest()


def _tokens(call: Call) -> Iterator[tuple[str, Parameter]]:
    """The tokens among the call's parameters, by name."""
    try:
        operation = models.service(call.service).operation(call.operation) if call.operation else None
    except InterlockError:
        return
    members = operation.input.members if operation is not None and operation.input is not None else {}
    for name, member in members.items():
        value = call.parameters.get(name)
        if member.token and isinstance(value, str) and value:
            yield name, value
