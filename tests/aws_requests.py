"""Requests of AWS's protocols for tests, short to write."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from urllib.parse import urlencode

from interlock.aws.request import Request

REGION = "eu-central-1"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
JSON = "application/x-amz-json-1.0"


def request(
    method: str,
    host: str,
    path: str = "/",
    service: str = "s3",
    body: bytes = b"",
    query: str = "",
    *,
    headers: Mapping[str, str] | tuple[tuple[str, str], ...] = (),
    region: str = REGION,
) -> Request:
    pairs = tuple(headers.items()) if isinstance(headers, Mapping) else headers
    digest = hashlib.sha256(body).hexdigest()
    return Request(method, host, path, service, region, query, pairs, body, digest, len(body))


def form(service: str, body: str | Mapping[str, str], *, query: str = "", headers: Mapping[str, str] = {}) -> Request:
    """A call of the query or ec2 protocol."""
    text = body if isinstance(body, str) else urlencode(body)
    given = {"content-type": FORM} | dict(headers)
    return request("POST", f"{service}.{REGION}.amazonaws.com", "/", service, text.encode(), query, headers=given)


def target(service: str, name: str, body: object, *, query: str = "", headers: Mapping[str, str] = {}) -> Request:
    """A call of the json protocol; the body as text or as a value."""
    text = body if isinstance(body, str) else json.dumps(body)
    given = {"content-type": JSON, "x-amz-target": name} | dict(headers)
    return request("POST", f"{service}.{REGION}.amazonaws.com", "/", service, text.encode(), query, headers=given)


def s3(
    method: str, path: str, query: str = "", body: bytes = b"", *, bucket: str = "", headers: Mapping[str, str] = {}
) -> Request:
    """A call of S3, in path style or, with a bucket, in the style of virtual hosts."""
    host = f"{bucket}.s3.{REGION}.amazonaws.com" if bucket else f"s3.{REGION}.amazonaws.com"
    return request(method, host, path, "s3", body, query, headers=headers)


def rest(service: str, method: str, path: str, query: str = "", body: object = None) -> Request:
    """A call of the rest-json protocol."""
    raw = b"" if body is None else json.dumps(body).encode()
    given = {"content-type": "application/json"} if raw else {}
    return request(method, f"{service}.{REGION}.amazonaws.com", path, service, raw, query, headers=given)
