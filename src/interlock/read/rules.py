"""Rules: whether a list of firewall rules lets in what it did not, by address, protocol, port, target and order.

The rules of this room: a rule after is covered when each part of it is let in by a rule before; a rule that denied is
kept when the rules after still deny all of it. What is not surely covered is wider. Plain values in, an answer out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final

from interlock.read.shapes import (
    ALL_PORTS,
    ANYTHING,
    Member,
    Rule,
    Service,
    Shape,
    Values,
    at_path,
    members,
    paths,
    rules_of,
)
from interlock.read.statements import is_world

#: A change of more comparisons than this is taken as wider.
MAX_COMPARED: Final = 200_000


def lets_in_more(
    shape: Shape, before: Values | None, after: Values | None, unknown: frozenset[str], everybody: frozenset[str]
) -> str:
    """Why this change lets in more, in a few words without values; empty: it does not. None is a thing not there."""
    if before is not None and after is not None and _same(shape, before, after, unknown):
        return ""
    was, becomes = list(rules_of(shape, before)), list(rules_of(shape, after))
    if before is None:
        return _of_new(shape, after or {}, becomes, unknown, everybody) if shape.new else ""
    if after is None:
        if any(each.denies for each in was) or shape.restricts:
            return "what was kept out is let in"
        return ""
    for path in shape.restricts:
        if at_path(before, path) != at_path(after, path):
            return f"`{path}` restricts something else"
    if fault := sorted(unknown & {path.partition(".")[0] for path in paths(shape)}):
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


def _untold(shape: Shape, after: Values, unknown: frozenset[str]) -> str:
    """The attribute of a new thing that may name somebody who is let in, and is not known yet; empty: there is none.

    A block whose other attributes are known leaves out those that are not.
    """
    if not unknown:
        return ""
    for path, way in shape.lists.items():
        if way != "in":
            continue
        if not path:
            return next((name for name in shape.dims[0] if name in unknown), "")
        if path.partition(".")[0] in unknown:
            held = list(members(after, path))
            return next((path for each in held for name in shape.dims[0] if name not in each), "" if held else path)
    return ""


def _roots(shape: Shape) -> frozenset[str]:
    """The attributes of the thing itself that its rules rest on."""
    spoken = (*paths(shape), *shape.restricts, shape.side, shape.rank, shape.off, shape.verdict)
    return frozenset(path.partition(".")[0] for path in spoken if path)


def _same(shape: Shape, before: Values, after: Values, unknown: frozenset[str]) -> bool:
    """Whether nothing changes that a rule rests on."""
    roots = _roots(shape)
    return roots.isdisjoint(unknown) and all(before.get(name) == after.get(name) for name in roots)


def _of_new(shape: Shape, after: Values, rules: list[Rule], unknown: frozenset[str], everybody: frozenset[str]) -> str:
    """Of a new thing: it opens to everybody, or, where each rule gives something, to anybody but its own network."""
    if shape.gives and shape.named and (fault := _untold(shape, after, unknown)):
        return f"what `{fault}` will allow is not known before it is applied"
    told = not any(attribute.partition(".")[0] in unknown for dim in shape.dims for attribute in dim)
    for rule in rules:
        if rule.side != "in" or rule.denies:
            continue
        who = rule.dims[0]
        if (told and not who) or _is_everybody(who, everybody):
            return f"{_where(rule)}lets in everybody"
        if shape.gives and any(str(each).lower() not in shape.within for each in who or ("",)):
            return f"{_where(rule)}lets in more"
    return ""


def _is_everybody(who: tuple[Member, ...], everybody: frozenset[str]) -> bool:
    named = any(isinstance(each, str) and each.lower() in everybody for each in who)
    return named or is_world([each for each in who if not isinstance(each, str)])


def _reason(shape: Shape, rule: Rule, was: list[Rule]) -> str:
    near = [each for each in was if not each.denies and each.side == rule.side]
    served = bool(shape.ports or shape.ends or shape.services)
    if served and any(_dims_within(rule.dims, each.dims) for each in near):
        return f"{_where(rule)}{_way(rule)} more ports or protocols"
    return f"{_where(rule)}{_way(rule)} more {shape.words}"


def _way(rule: Rule) -> str:
    return "lets out" if rule.side == "out" else "lets in"


def _where(rule: Rule) -> str:
    return f"`{rule.list}` " if rule.list else "it "


def _within(rule: Rule, others: list[Rule], *, ordered: bool) -> bool:
    """Whether these rules cover all that this one speaks of, each combination by one of them."""
    able = [each for each in others if each.side == rule.side and (not ordered or each.rank <= rule.rank)]
    if any(_dims_within(rule.dims, each.dims) and _served(rule.services, each.services) for each in able):
        return True
    dims: list[tuple[tuple[Member, ...], ...]] = [tuple((each,) for each in dim) or ((),) for dim in rule.dims]
    if not able or _all_within(rule.services, dims, able):
        return bool(able)
    return _all_within(_cut_services(rule, able), _cut_dims(rule, able), able)


def _all_within(services: Sequence[Service], dims: list[tuple[tuple[Member, ...], ...]], able: list[Rule]) -> bool:
    """Whether one of these rules covers each combination."""
    if len(services) * _product(dims) * len(able) > MAX_COMPARED:
        return False
    return all(
        any(_dims_within(chosen, each.dims) and _served((service,), each.services) for each in able)
        for service in services
        for chosen in product(*dims)
    )


def _cut_dims(rule: Rule, able: list[Rule]) -> list[tuple[tuple[Member, ...], ...]]:
    """What the rule speaks of, cut where a network of another rule begins or ends: together they may cover it."""
    cut: list[tuple[tuple[Member, ...], ...]] = []
    for place, dim in enumerate(rule.dims):
        theirs = [one for each in able for one in each.dims[place] if not isinstance(one, str)]
        pieces: list[tuple[Member, ...]] = []
        for member in dim:
            if isinstance(member, str):
                pieces.append((member,))
            else:
                spans = [(low, high) for version, low, high in theirs if version == member[0]]
                pieces += [((member[0], low, high),) for low, high in _pieces(member[1], member[2], spans)]
        cut.append(tuple(pieces) or ((),))
    return cut


def _cut_services(rule: Rule, able: list[Rule]) -> list[Service]:
    spans = [(one.first, one.last) for each in able for one in each.services if not one.text]
    cut: list[Service] = []
    for service in rule.services:
        if service.text or "icmp" in service.protocol:  # its numbers are no range
            cut.append(service)
        else:
            pieces = _pieces(service.first, service.last, spans)
            cut += [Service(service.protocol, low, high) for low, high in pieces]
    return cut


def _pieces(first: int, last: int, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A range, cut where one of these begins or ends."""
    starts = {first, *(low for low, _ in spans), *(high + 1 for _, high in spans)}
    begins = sorted(each for each in starts if first <= each <= last)
    return list(zip(begins, [*(each - 1 for each in begins[1:]), last], strict=True))


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
    if wide == narrow or (isinstance(wide, str) and wide.lower() in ANYTHING):
        return True
    if isinstance(wide, str) or isinstance(narrow, str):
        return False
    return wide[0] == narrow[0] and wide[1] <= narrow[1] and narrow[2] <= wide[2]


def _served(narrow: tuple[Service, ...], wide: tuple[Service, ...]) -> bool:
    return all(any(_serves(one, each) for one in wide) for each in narrow)


def _serves(wide: Service, narrow: Service) -> bool:
    if wide.protocol not in ("all", narrow.protocol):
        return False
    everything = (wide.first, wide.last) == ALL_PORTS and not wide.text
    if wide.protocol == "all" and everything:
        return True
    if "icmp" in narrow.protocol or wide.text or narrow.text:
        return everything or wide[1:] == narrow[1:]
    return wide.first <= narrow.first and narrow.last <= wide.last
