"""Things: what those at AWS are called, built from the parts of their names and taken apart again.

Everybody who names a thing asks here, so that a call, a survey and a stack mean the same thing by the same name. A
thing is called by its ARN where that can be written from the name alone, and by its name where it cannot (a stack, an
environment, a secret: something nobody can tell beforehand is in their ARNs) or where everybody calls it so (S3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import msgspec

_PLACE: Final = re.compile(r"\{([pra]|\d[+/]?)\}|(\*)|(\?{6})")
_ARN: Final = re.compile(r"arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*):(\d{12}|aws|cloudfront)?:(.+)", re.S)
_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

#: Regions of other partitions begin so.
_PARTITIONS: Final = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    about: str
    types: dict[str, tuple[str, str]]
    also: tuple[tuple[str, str], ...]
    same: dict[str, str]
    cloudformation: dict[str, str]


class Arn(NamedTuple):
    """An ARN in its five parts."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


class Thing(NamedTuple):
    """One thing at AWS: its type (`aws.rds.db-instance`), the parts of its name, and where it is as far as is known."""

    type: str
    parts: tuple[str, ...]
    region: str = ""
    account: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return spelled(self.type, self.parts, self.region, self.account)


def parse(text: str) -> Arn | None:
    """The parts of an ARN; None for what is none."""
    found = _ARN.fullmatch(text)
    return Arn(found[1], found[2], found[3], found[4] or "", found[5]) if found else None


def partition(region: str) -> str:
    """The partition that a region is in."""
    return next((name for start, name in _PARTITIONS if region.startswith(start)), "aws")


def usual(type_: str) -> str:
    """The type that one of a shared API is spoken of as: DocumentDB and Neptune are managed as RDS is."""
    for start, other in _table().same.items():
        if type_.startswith(start):
            return other + type_.removeprefix(start)
    return type_


def known(type_: str) -> bool:
    """Whether the form of such names is known at all."""
    return usual(type_) in _table().types


def spelled(type_: str, parts: tuple[str, ...], region: str = "", account: str = "") -> str:
    """What a thing of these parts is called: its ARN, or else its parts with slashes between them."""
    form = _table().types.get(usual(type_), ("", ""))[0]
    parts = _normal(usual(type_), parts)
    plain = "/".join(parts)
    if not form.startswith("arn:") or "*" in form or "??" in form:
        return plain
    if ("{a}" in form and not account) or ("{r}" in form and not region):
        return plain
    if len(_numbered(form)) != len(parts):
        return plain
    values = {"p": partition(region), "r": region, "a": account}
    values |= {str(number): part for number, part in enumerate(parts)}
    return _PLACE.sub(lambda place: values[place[1].rstrip("+/")], form)


def parts_of(type_: str, name: str) -> tuple[str, ...]:
    """The parts of what such a thing is called, whether by ARN or plainly; of a plain name, as many as it has."""
    found = typed(name)
    if found is not None and found.type == usual(type_):
        return found.parts
    form = _table().types.get(usual(type_), ("", ""))[0]
    numbered = _numbered(form)
    split = name.split("/", len(numbered) - 1) if len(numbered) > 1 else [name]
    return _normal(usual(type_), tuple(split))


def _normal(type_: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    """One spelling of what AWS itself spells in two ways."""
    if type_ == "aws.ssm.parameter":
        return tuple(part.lstrip("/") for part in parts)  # the ARN of `/a/b` is `parameter/a/b`
    if type_ == "aws.route53.hosted-zone":
        return tuple(part.removeprefix("/hostedzone/") for part in parts)
    if type_ == "aws.route53.record-set":
        return tuple(part.rstrip(".") for part in parts)
    return parts


def typed(arn: str) -> Thing | None:
    """What an ARN names; None for what is no ARN, or one of a type that is not in the table."""
    found = parse(arn)
    if found is None:
        return None
    for type_, pattern in _patterns().get(found.service, ()):
        match = pattern.fullmatch(arn)
        if match is not None:
            named = match.groupdict()
            numbers = sorted(key for key in named if key.startswith("n"))
            return Thing(type_, tuple(named[key] for key in numbers), found.region, found.account)
    return None


def of_stack(kind: str, physical: str, region: str, account: str) -> Thing:
    """What a resource of CloudFormation is here, by its type and its physical id.

    A type that is not in the table becomes one of its own words, so that nobody mistakes it for anything else.
    """
    arn = typed(physical)
    type_ = _by_kind().get(kind)
    if arn is not None and (type_ is None or arn.type == type_):
        return arn
    if type_ is None:
        words = kind.split("::")
        service = words[1].lower() if len(words) == 3 else "cloudformation"
        what = "-".join(word.lower() for word in _WORDS.findall(words[-1])) if len(words) == 3 else "custom-resource"
        return Thing(f"aws.{service}.{what}", (physical,), region, account)
    if type_ == "aws.sqs.queue":
        physical = physical.rpartition("/")[2]
    return Thing(type_, parts_of(type_, physical), region, account)


def selector(chosen: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    """What things are called that nobody names one by one: `[tag:stage=prod|test, instance-type=t3.micro]`.

    `chosen` are filters in AWS's own words with the values that each takes; what meets all of them is meant.
    """
    return "[" + ", ".join(f"{name}={'|'.join(values)}" for name, values in chosen) + "]"


def selected(name: str) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    """The filters of a selector; None for the name of a thing."""
    if not (name.startswith("[") and name.endswith("]")):
        return None
    split = [each.partition("=") for each in name[1:-1].split(", ") if each]
    return tuple((key, tuple(values.split("|"))) for key, _, values in split)


@cache
def _table() -> _Table:
    return msgspec.json.decode((files("interlock.aws") / "things.json").read_bytes(), type=_Table)


@cache
def _by_kind() -> Mapping[str, str]:
    table = _table()
    return {kind: type_ for type_, (_, kind) in table.types.items() if kind} | table.cloudformation


@cache
def _patterns() -> Mapping[str, list[tuple[str, re.Pattern[str]]]]:
    """By the service that stands in ARNs: the forms, those that say more first."""
    table = _table()
    forms = [(type_, form) for type_, form in table.also]
    forms += sorted(
        ((type_, form) for type_, (form, _) in table.types.items() if form.startswith("arn:")),
        key=lambda each: ("+" in each[1], each[0]),
    )
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for type_, form in forms:
        found.setdefault(form.split(":")[2], []).append((type_, re.compile(_pattern(form), re.S)))
    return found


def _pattern(form: str) -> str:
    made, end = "", 0
    for place in _PLACE.finditer(form):
        made += re.escape(form[end : place.start()])
        end = place.end()
        if place[2]:
            made += r"[^:/]+"
        elif place[3]:
            made += r"[A-Za-z0-9]{6}"
        elif place[1] in ("p", "r", "a"):
            made += r"[a-z0-9-]*"
        else:
            number = place[1][0]
            path, what = {"+": ("", ".+"), "/": ("(?:.*/)?", "[^/]+")}.get(place[1][1:], ("", "[^:/]+"))
            made += f"{path}(?P<n{number}>{what})"
    return made + re.escape(form[end:])


def _numbered(form: str) -> list[str]:
    return [place[1] for place in _PLACE.finditer(form) if place[1] and place[1][0].isdigit()]
