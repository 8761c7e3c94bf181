"""Shapes: how types spell the rules that they hold, and which rules the values of a thing are.

A shape says in which attributes a rule names who, whereto and for whom, its protocol and ports, and whether it denies.
Plain values in, rules out; the shapes are data of the readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from interlock.read.statements import network

Values = Mapping[str, object]
#: One member of a list: what it covers as numbers, where it has such, else its text.
Member = tuple[int, int, int] | str

ALL_PORTS: Final = (0, 65_535)
ANYTHING: Final = frozenset({"*", "any", "all"})
_PROTOCOLS: Final = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "-1": "all", "any": "all", "*": "all"}


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How some types spell their rules. A path is names with dots; a list on the way means each of its members.

    `lists` are where the rules stand, `""` for the thing itself, and which way they go: `in`, `out`, or `""` where
    `side` tells, whose values in `inward` mean in. `dims` are groups of attributes that a packet has to be in, each
    group: who, whereto, for whom. A group that names nobody means everybody, but in the first one where rules are
    `named`. `services` are lists of members with a protocol and ports of their own, and whether they allow or deny.
    `ports` are texts, `ends` the attributes of a first and a last port, `ranges` such of addresses. `gives`: each new
    rule lets somebody in, but for those `within`; without `new` a new thing opens nothing by itself. `restricts` are
    what the rules hold for: what is not named is open.
    """

    types: tuple[str, ...]
    lists: dict[str, str]
    dims: tuple[tuple[str, ...], ...]
    side: str = ""
    inward: tuple[str, ...] = ()
    protocol: str = ""
    ports: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    services: dict[str, str] = {}
    ranges: tuple[tuple[str, str], ...] = ()
    verdict: str = ""
    denying: tuple[str, ...] = ()
    off: str = ""
    rank: str = ""
    gives: bool = False
    new: bool = True
    named: bool = False
    within: tuple[str, ...] = ()
    restricts: tuple[str, ...] = ()
    words: str = "addresses"


class Shapes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader's file of shapes."""

    about: str
    shapes: tuple[Shape, ...]


def shapes_in(raw: bytes) -> dict[str, Shape]:
    """The shapes of such a file, by type."""
    return {type_: shape for shape in msgspec.json.decode(raw, type=Shapes).shapes for type_ in shape.types}


class Service(NamedTuple):
    protocol: str
    first: int
    last: int
    text: str = ""


class Rule(NamedTuple):
    """One rule: the list that it stands in, its way, whether it denies, its rank, and what it speaks of."""

    list: str
    side: str
    denies: bool
    rank: float
    dims: tuple[tuple[Member, ...], ...]
    services: tuple[Service, ...]


def paths(shape: Shape) -> tuple[str, ...]:
    """Every attribute of the thing itself that its rules stand in."""
    lists = tuple(path for path in shape.lists if path)
    if lists:
        return lists
    inner = (*shape.services, *shape.ports, *shape.ends, *(each for both in shape.ranges for each in both))
    return (*inner, *(each for dim in shape.dims for each in dim), shape.protocol, shape.verdict, shape.off)


def rules_of(shape: Shape, values: Values | None) -> Iterator[Rule]:
    if values is None:
        return
    for path, way in shape.lists.items():
        for held in members(values, path):
            if shape.off and _text(_first(held, shape.off)) == "true":
                continue
            yield from _of(shape, path, way, held)


def _of(shape: Shape, path: str, way: str, held: Values) -> Iterator[Rule]:
    """A rule, and where its services allow and deny, one of each."""
    side = way or ("in" if not shape.side or _text(_first(held, shape.side)) in shape.inward else "out")
    denies = bool(shape.verdict) and _text(_first(held, shape.verdict)) in shape.denying
    number = _first(held, shape.rank) if shape.rank else None
    rank = float(str(number)) if str(number).isdigit() else 0.0
    dims = tuple(
        tuple(dict.fromkeys((*_named(held, attributes), *(_spans(held, shape.ranges) if not place else ()))))
        for place, attributes in enumerate(shape.dims)
    )
    if shape.named and not dims[0]:
        return  # it lets in nobody
    if not shape.services:
        yield Rule(path, side, denies, rank, dims, tuple(_service(shape, held)))
        return
    empty = True
    for name, does in shape.services.items():
        found = [service for each in members(held, name) for service in _service(shape, each)]
        if found:
            empty = False
            yield Rule(path, side, denies or does == "deny", rank, dims, tuple(found))
    if empty:
        yield Rule(path, side, denies, rank, dims, (Service("all", *ALL_PORTS),))


def members(values: Values, path: str) -> Iterator[Values]:
    """The things at a path, each with the plain values of what it stands in beneath its own."""
    if not path:
        yield values
        return
    first, _, rest = path.partition(".")
    held = values.get(first)
    for each in held if isinstance(held, list) else [held]:
        if isinstance(each, dict):
            yield from members({**{k: v for k, v in values.items() if isinstance(v, str | int)}, **each}, rest)


def at_path(values: object, path: str) -> list[object]:
    """Everything at a path. Null is nothing."""
    if "." not in path:
        held = values.get(path) if isinstance(values, dict) else None
        return [] if held is None else [each for each in held if each is not None] if isinstance(held, list) else [held]
    here = [values]
    for part in path.split("."):
        inner = [each.get(part) for each in here if isinstance(each, dict)]
        here = [one for each in inner for one in (each if isinstance(each, list) else [each]) if one is not None]
    return here


def _first(values: Values, path: str) -> object:
    return next(iter(at_path(values, path)), None)


def _text(value: object) -> str:
    return str(value).lower() if value is not None else ""


def _named(held: Values, attributes: tuple[str, ...]) -> Iterator[Member]:
    for attribute in attributes:
        listed = isinstance(held.get(attribute), list)
        for each in at_path(held, attribute):
            if each is True:
                yield attribute
            elif isinstance(each, dict):
                yield msgspec.json.encode(each, order="deterministic").decode()
            elif isinstance(each, str | int) and each is not False and (each != "" or listed):
                yield network(str(each)) or str(each)


def _spans(held: Values, ranges: tuple[tuple[str, str], ...]) -> Iterator[Member]:
    for first, last in ranges:
        start, end = (network(str(_first(held, each) or "")) for each in (first, last))
        if start is not None and end is not None:
            yield start[0], start[1], end[2]


def _service(shape: Shape, held: Values) -> Iterator[Service]:
    """What of protocols and ports a rule speaks of."""
    said = [_text(each) for each in at_path(held, shape.protocol)] if shape.protocol else []
    protocols = [_PROTOCOLS.get(each, each) for each in said if each] or ["all"]
    texts = [each for attribute in shape.ports for each in at_path(held, attribute) if each != ""]
    ends = [each for attribute in shape.ends for each in at_path(held, attribute)]
    for protocol in protocols:
        if protocol == "all" and shape.ends:
            yield Service(protocol, *ALL_PORTS)  # its ends mean nothing where every protocol is meant
        elif both := _numbers(ends):
            yield _pair(protocol, both)
        elif not texts and not ends:
            yield Service(protocol, *ALL_PORTS)
        else:
            yield from (_ports(protocol, piece) for each in (*texts, *ends) for piece in str(each).split(","))


def _numbers(texts: list[object]) -> list[int]:
    """A first and a last port, where both are numbers."""
    found = [int(str(each)) for each in texts if str(each).lstrip("-").isdigit()]
    return found if len(found) == len(texts) == 2 else []


def _pair(protocol: str, both: list[int]) -> Service:
    if both == [-1, -1]:
        return Service(protocol, *ALL_PORTS)
    return Service(protocol, both[0], both[1], "" if both[0] <= both[1] else "backwards")


def _ports(protocol: str, piece: str) -> Service:
    text = piece.strip().lower()
    if text in ANYTHING or text in ("-1", "-1/-1"):
        return Service(protocol, *ALL_PORTS)
    first, _, last = text.replace("/", "-").partition("-")
    if first.isdigit() and (last.isdigit() or not last):
        return Service(protocol, int(first), int(last or first))
    return Service(protocol, 0, 0, text)
