"""Paths of the REST protocols: taken apart, with the bucket of a virtual host put in its place, and routed.

Outside of S3 a path that others could read apart (dot segments, empty pieces, slashes that are encoded and would lead
to another operation) is a gap. An S3 key is any text: its dots and slashes mean nothing, and it is decoded once.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from interlock.aws import models, s3hosts
from interlock.aws.envelope import Envelope
from interlock.aws.gaps import quoted
from interlock.aws.operations import Service
from interlock.aws.percent import ENCODED_SLASH
from interlock.aws.routes import Match, Routes

#: Bucket names, those of old and aliases of access points among them.
BUCKET: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}")
DOTS: Final = re.compile(r"(\.|%2[Ee]){1,2}")
#: Directory buckets are listed by the same request as others, with another signature.
LISTS: Final = {True: "ListBuckets", False: "ListDirectoryBuckets"}


@cache
def _routes(service: str) -> Routes:
    return Routes(models.service(service))


def routed(services: list[Service], envelope: Envelope) -> list[Match]:
    """The closest matches among these services; several only when nothing tells them apart."""
    found: list[tuple[Service, Match]] = []
    for service in services:
        pieces = s3_pieces(envelope) if service.name == "s3" else _pieces(envelope.path)
        match = _routes(service.name).match(envelope.method, pieces, envelope.query, envelope.headers)
        if match is not None:
            found.append((service, match))
    if not found:
        return []
    closest = min(match.rank for _, match in found)
    best = [(service, match) for service, match in found if match.rank == closest]
    if best[0][0].name == "s3":
        _check_bucket(best[0][1], envelope)
        return [_one_list(match, envelope) for _, match in best]
    _check(best, envelope)
    return [match for _, match in best]


def _pieces(path: str) -> list[str]:
    return path[1:].split("/") if path != "/" else []


def s3_pieces(envelope: Envelope) -> list[str]:
    """Bucket and key. The key keeps its slashes: `//` in it is a name that is empty, and no mistake."""
    bucket = s3hosts.named(envelope.request.host).bucket
    name, slash, key = envelope.path[1:].partition("/")
    if bucket:
        return [bucket, envelope.path[1:]] if envelope.path != "/" else [bucket]
    if not name:
        return [] if envelope.path == "/" else ["", key]
    return [name, key] if slash and key else [name]


def _check_bucket(match: Match, envelope: Envelope) -> None:
    found = s3hosts.named(envelope.request.host)
    if found.odd and match.operations[0].name != "WriteGetObjectResponse":
        envelope.gaps.add("the host names something else than a bucket, an access point or the service")
    bucket = match.labels.get("Bucket")
    if not found.bucket and bucket is not None and not BUCKET.fullmatch(bucket):
        envelope.gaps.add(f"{quoted(bucket)} is no name of a bucket")


def _one_list(match: Match, envelope: Envelope) -> Match:
    names = {operation.name for operation in match.operations}
    if names != set(LISTS.values()):
        return match
    express = envelope.request.service == "s3express" or envelope.request.host.startswith("s3express-control")
    return match._replace(operations=tuple(each for each in match.operations if each.name == LISTS[not express]))


def _check(best: list[tuple[Service, Match]], envelope: Envelope) -> None:
    """What others could read apart in a path outside of S3."""
    path, gaps = envelope.path, envelope.gaps
    if "%" not in path and "//" not in path and "/." not in path and "\\" not in path:
        return
    pieces = _pieces(path)
    if any(DOTS.fullmatch(piece) for piece in pieces):
        gaps.add("the path has a piece that is `.` or `..`")
    if "" in pieces[:-1]:
        gaps.add("the path has an empty piece")
    if not ENCODED_SLASH.search(path):
        return
    opened = ENCODED_SLASH.sub("/", path)
    if any(piece in ("", ".", "..") or DOTS.fullmatch(piece) for piece in _pieces(opened)[:-1]):
        gaps.add("the path has an encoded slash beside dots or another slash")
    for service, match in best:
        other = _routes(service.name).match(envelope.method, _pieces(opened), envelope.query, envelope.headers)
        if other is not None and other.operations != match.operations:
            gaps.add("the path leads elsewhere when its encoded slashes are decoded")
