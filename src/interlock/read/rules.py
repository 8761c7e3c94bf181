"""Rules: whether a list of firewall rules lets in what it did not, by address, protocol, port, target and order.

The rules of this room: a SHAPE says how one type spells its rules. A rule after is covered when one rule before lets in
all of it; a rule that denied is kept when one rule after still denies all of it. What is not surely covered is wider.
Plain values in, an answer out; the shapes are data of the readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Final, NamedTuple

import msgspec

from interlock.read.statements import network

Values = Mapping[str, object]
#: One member of a list: what it covers as numbers, where it has such, else its text.
Member = tuple[int, int, int] | str

#: A change of more comparisons than this is taken as wider.
MAX_COMPARED: Final = 200_000

_ALL_PORTS: Final = (0, 65_535)
_ANYTHING: Final = frozenset({"*", "any", "all"})
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


class _Service(NamedTuple):
    protocol: str
    first: int
    last: int
    text: str = ""


class _Rule(NamedTuple):
    """One rule: the list that it stands in, its way, whether it denies, its rank, and what it speaks of."""

    list: str
    side: str
    denies: bool
    rank: float
    dims: tuple[tuple[Member, ...], ...]
    services: tuple[_Service, ...]


def lets_in_more(
    shape: Shape, before: Values | None, after: Values | None, unknown: frozenset[str], everybody: frozenset[str]
) -> str:
    """Why this change lets in more, in a few words without values; empty: it does not. None is a thing not there."""
    if before is not None and after is not None and _same(shape, before, after, unknown):
        return ""
    was, becomes = list(_rules(shape, before)), list(_rules(shape, after))
    if before is None:
        if not shape.new:
            return ""
        told = not any(attribute.partition(".")[0] in unknown for dim in shape.dims for attribute in dim)
        return _of_new(shape, [each for each in becomes if each.side == "in" and not each.denies], everybody, told=told)
    if after is None:
        if any(each.denies for each in was) or shape.restricts:
            return "what was kept out is let in"
        return ""
    for path in shape.restricts:
        if _at(before, path) != _at(after, path):
            return f"`{path}` restricts something else"
    if fault := sorted(unknown & {path.partition(".")[0] for path in _paths(shape)}):
        return f"what `{fault[0]}` will allow is not known before it is applied"
    fresh = [each for each in becomes if not each.denies and each not in was]
    gone = [each for each in was if each.denies and each not in becomes]
    if (len(fresh) * len(was) + len(gone) * len(becomes)) * 16 > MAX_COMPARED:
        return "more rules change than can be compared"
    ordered = any(each.denies for each in was) or shape.lists == {"": shape.lists.get("", "")}
    for rule in fresh:
        if not _within(rule, [each for each in was if not each.denies], ordered=ordered):
            return _reason(shape, rule, was)
    if any(not _within(rule, [each for each in becomes if each.denies], ordered=ordered) for rule in gone):
        return "what was kept out is let in"
    return ""


def _roots(shape: Shape) -> frozenset[str]:
    """The attributes of the thing itself that its rules rest on."""
    paths = (*_paths(shape), *shape.restricts, shape.side, shape.rank, shape.off, shape.verdict)
    return frozenset(path.partition(".")[0] for path in paths if path)


def _same(shape: Shape, before: Values, after: Values, unknown: frozenset[str]) -> bool:
    """Whether nothing changes that a rule rests on."""
    roots = _roots(shape)
    return roots.isdisjoint(unknown) and all(before.get(name) == after.get(name) for name in roots)


def _of_new(shape: Shape, rules: list[_Rule], everybody: frozenset[str], *, told: bool) -> str:
    """Of a new thing: it opens to everybody, or, where each rule gives something, to anybody but its own network."""
    for rule in rules:
        who = rule.dims[0]
        if (told and not who) or any(_is_everybody(each, everybody) for each in who):
            return f"{_where(rule)}lets in everybody"
        if shape.gives and any(str(each).lower() not in shape.within for each in who or ("",)):
            return f"{_where(rule)}lets in more"
    return ""


def _is_everybody(member: Member, everybody: frozenset[str]) -> bool:
    if isinstance(member, str):
        return member.lower() in everybody
    return member[1] == 0 and member[2] >= (1 << (32 if member[0] == 4 else 128)) - 1


def _reason(shape: Shape, rule: _Rule, was: list[_Rule]) -> str:
    near = [each for each in was if not each.denies and each.side == rule.side]
    served = bool(shape.ports or shape.ends or shape.services)
    if served and any(_dims_within(rule.dims, each.dims) for each in near):
        return f"{_where(rule)}{_way(rule)} more ports or protocols"
    return f"{_where(rule)}{_way(rule)} more {shape.words}"


def _way(rule: _Rule) -> str:
    return "lets out" if rule.side == "out" else "lets in"


def _where(rule: _Rule) -> str:
    return f"`{rule.list}` " if rule.list else "it "


def _within(rule: _Rule, others: list[_Rule], *, ordered: bool) -> bool:
    """Whether these rules cover all that this one speaks of, each combination by one of them."""
    able = [each for each in others if each.side == rule.side and (not ordered or each.rank <= rule.rank)]
    if any(_dims_within(rule.dims, each.dims) and _served(rule.services, each.services) for each in able):
        return True
    dims: list[tuple[tuple[Member, ...], ...]] = [tuple((each,) for each in dim) or ((),) for dim in rule.dims]
    if len(rule.services) * _product(dims) * len(able) > MAX_COMPARED:
        return False
    return bool(able) and all(
        any(_dims_within(chosen, each.dims) and _served((service,), each.services) for each in able)
        for service in rule.services
        for chosen in product(*dims)
    )


def _product(dims: list[tuple[tuple[Member, ...], ...]]) -> int:
    count = 1
    for dim in dims:
        count *= len(dim)
    return count


def _dims_within(narrow: tuple[tuple[Member, ...], ...], wide: tuple[tuple[Member, ...], ...]) -> bool:
    return all(
        not theirs or (bool(mine) and all(any(_covers(one, each) for one in theirs) for each in mine))
        for mine, theirs in zip(narrow, wide, strict=True)
    )


def _covers(wide: Member, narrow: Member) -> bool:
    if wide == narrow or (isinstance(wide, str) and wide.lower() in _ANYTHING):
        return True
    if isinstance(wide, str) or isinstance(narrow, str):
        return False
    return wide[0] == narrow[0] and wide[1] <= narrow[1] and narrow[2] <= wide[2]


def _served(narrow: tuple[_Service, ...], wide: tuple[_Service, ...]) -> bool:
    return all(any(_serves(one, each) for one in wide) for each in narrow)


def _serves(wide: _Service, narrow: _Service) -> bool:
    if wide.protocol not in ("all", narrow.protocol):
        return False
    everything = (wide.first, wide.last) == _ALL_PORTS and not wide.text
    if wide.protocol == "all" and everything:
        return True
    if "icmp" in narrow.protocol or wide.text or narrow.text:
        return everything or wide[1:] == narrow[1:]
    return wide.first <= narrow.first and narrow.last <= wide.last


def _paths(shape: Shape) -> tuple[str, ...]:
    """Every attribute of the thing itself that its rules stand in."""
    lists = tuple(path for path in shape.lists if path)
    if lists:
        return lists
    inner = (*shape.services, *shape.ports, *shape.ends, *(each for both in shape.ranges for each in both))
    return (*inner, *(each for dim in shape.dims for each in dim), shape.protocol, shape.verdict, shape.off)


def _rules(shape: Shape, values: Values | None) -> Iterator[_Rule]:
    if values is None:
        return
    for path, way in shape.lists.items():
        for held in _members(values, path):
            if shape.off and _text(_first(held, shape.off)) == "true":
                continue
            yield from _of(shape, path, way, held)


def _of(shape: Shape, path: str, way: str, held: Values) -> Iterator[_Rule]:
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
        yield _Rule(path, side, denies, rank, dims, tuple(_service(shape, held)))
        return
    empty = True
    for name, does in shape.services.items():
        found = [service for each in _members(held, name) for service in _service(shape, each)]
        if found:
            empty = False
            yield _Rule(path, side, denies or does == "deny", rank, dims, tuple(found))
    if empty:
        yield _Rule(path, side, denies, rank, dims, (_Service("all", *_ALL_PORTS),))


def _members(values: Values, path: str) -> Iterator[Values]:
    """The things at a path, each with the plain values of what it stands in beneath its own."""
    if not path:
        yield values
        return
    first, _, rest = path.partition(".")
    held = values.get(first)
    for each in held if isinstance(held, list) else [held]:
        if isinstance(each, dict):
            yield from _members({**{k: v for k, v in values.items() if isinstance(v, str | int)}, **each}, rest)


def _at(values: object, path: str) -> list[object]:
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
    return next(iter(_at(values, path)), None)


def _text(value: object) -> str:
    return str(value).lower() if value is not None else ""


def _named(held: Values, attributes: tuple[str, ...]) -> Iterator[Member]:
    for attribute in attributes:
        listed = isinstance(held.get(attribute), list)
        for each in _at(held, attribute):
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


def _service(shape: Shape, held: Values) -> Iterator[_Service]:
    """What of protocols and ports a rule speaks of."""
    said = [_text(each) for each in _at(held, shape.protocol)] if shape.protocol else []
    protocols = [_PROTOCOLS.get(each, each) for each in said if each] or ["all"]
    texts = [each for attribute in shape.ports for each in _at(held, attribute) if each != ""]
    ends = [each for attribute in shape.ends for each in _at(held, attribute)]
    for protocol in protocols:
        if protocol == "all" and shape.ends:
            yield _Service(protocol, *_ALL_PORTS)  # its ends mean nothing where every protocol is meant
        elif both := _numbers(ends):
            yield _pair(protocol, both)
        elif not texts and not ends:
            yield _Service(protocol, *_ALL_PORTS)
        else:
            yield from (_ports(protocol, piece) for each in (*texts, *ends) for piece in str(each).split(","))


def _numbers(texts: list[object]) -> list[int]:
    """A first and a last port, where both are numbers."""
    found = [int(str(each)) for each in texts if str(each).lstrip("-").isdigit()]
    return found if len(found) == len(texts) == 2 else []


def _pair(protocol: str, both: list[int]) -> _Service:
    if both == [-1, -1]:
        return _Service(protocol, *_ALL_PORTS)
    return _Service(protocol, both[0], both[1], "" if both[0] <= both[1] else "backwards")


def _ports(protocol: str, piece: str) -> _Service:
    text = piece.strip().lower()
    if text in _ANYTHING or text in ("-1", "-1/-1"):
        return _Service(protocol, *_ALL_PORTS)
    first, _, last = text.replace("/", "-").partition("-")
    if first.isdigit() and (last.isdigit() or not last):
        return _Service(protocol, int(first), int(last or first))
    return _Service(protocol, 0, 0, text)
