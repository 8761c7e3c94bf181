"""Naming: one way to make the Resource of an address, so that effects, items and edges speak of the same thing.

What a resource is called comes from the plan; where it stands (account, region, zone, cluster, key, …) and its tags
come from its values. A value that is marked as sensitive is taken out before anything here looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.ledger.redact import redact
from interlock.model.change import Resource

#: Longer texts are no name of a region, a key or a team, and are left out.
MAX_TEXT: Final = 256
#: More tags, or more places of one kind, than this are left out: a policy that needs them looks at the thing itself.
MAX_EACH: Final = 64
_TREES: Final = (dict, list)
#: Where an empty mark of an object says nothing: at an object, at null, and at nothing.
_MARKED: Final = (dict, type(None))

_ARN: Final = re.compile(r"arn:[\w-]+:[\w-]*:([a-z0-9-]*):(\d{12})?:")
_ZONE: Final = re.compile(r"((?:[a-z]+-)+[a-z]*\d+)-?[a-z]")


class Locations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `knowledge/locations.json`: kind of failure domain to the attributes or tags that name it."""

    about: str
    attributes: dict[str, tuple[str, ...]]
    tags: dict[str, tuple[str, ...]]
    tag_attributes: tuple[str, ...]


@cache
def locations() -> Locations:
    """What is known of attributes that name failure domains."""
    raw = Path(__file__).with_name("knowledge").joinpath("locations.json").read_bytes()
    return msgspec.json.decode(raw, type=Locations)


def resource_of(address: str, kind: str, values: Mapping[str, object], environment: str, state: str = "") -> Resource:
    """The resource of a full address (`module.a["x"].aws_db_instance.main[0]`) whose type is `kind`.

    `values` are those that it has now, or will have when it is new, with sensitive ones taken out (`masked`).
    `state` is the workspace or lineage that it is kept in; empty when nobody knows.
    """
    tags = tags_of(values)
    return Resource(_type(kind), address, environment, location=located(values, tags, state), tags=tuple(sorted(tags)))


@lru_cache(maxsize=4_096)
def _type(kind: str) -> str:
    """The type of a resource, one text for all of a kind."""
    return f"terraform.{kind}"


def masked(value: object, sensitive: object) -> object:
    """The value without what is marked as sensitive: `sensitive` is true, or mirrors the value.

    Whatever has another shape than the value is taken as a mark: better one value too few than a secret.
    """
    if sensitive is None or sensitive is False:
        return value
    if isinstance(sensitive, dict) and isinstance(value, dict):
        if _says_nothing(sensitive, value):
            return value
        shown = {name: masked(value[name], mark) for name, mark in sensitive.items() if name in value}
        if all(sensitive[name] is not True and shown[name] is value[name] for name in shown):
            return value  # nothing is taken out
        return {name: shown.get(name, inner) for name, inner in value.items() if sensitive.get(name) is not True}
    if isinstance(sensitive, list) and isinstance(value, list):
        marks = [*sensitive, *([False] * (len(value) - len(sensitive)))]
        return [masked(inner, mark) for inner, mark in zip(value, marks, strict=False) if mark is not True]
    return None


def _says_nothing(marks: dict[str, object], value: dict[str, object]) -> bool:
    """Whether all of them are empty, as nearly always, and stand where there is a value of their shape, or none."""
    for name, mark in marks.items():
        if mark is not False and (mark != {} or type(value.get(name)) not in _MARKED):
            return False
    return True


def values_of(value: object, sensitive: object) -> dict[str, object]:
    """The attributes of a thing, without the sensitive ones; empty where there are none."""
    found = masked(value, sensitive)
    return found if isinstance(found, dict) else {}


def tags_of(values: Mapping[str, object]) -> dict[tuple[str, str], None]:
    """Its tags or labels as (name, value), in no order; those with a secret's look are taken out."""
    found: dict[tuple[str, str], None] = {}
    for attribute in _placing(tuple(values))[1]:
        written = values[attribute]
        for pair in _pairs(written) if written else ():
            name, value = pair
            if len(name) <= MAX_TEXT and len(value) <= MAX_TEXT and len(found) < MAX_EACH and _plain(name, value):
                found[pair] = None
    return found


def located(
    values: Mapping[str, object], tags: Mapping[tuple[str, str], None], state: str
) -> tuple[tuple[str, str], ...]:
    """The failure domains that it stands in, sorted."""
    of_tags = _kinds()[1]
    said: list[tuple[str, str, str]] = []
    for name, kind in _placing(tuple(values))[0]:
        value = values[name]
        if not value:
            continue
        for one in value[:MAX_EACH] if isinstance(value, list) else (value,):
            if isinstance(one, str) and 0 < len(one) <= MAX_TEXT:
                said.append((name, kind, one))
    for name, value in tags:
        place = of_tags.get(name.lower())
        if value and place is not None:
            said.append(("", place, value))
    arn = values.get("arn")
    match = _ARN.match(str(arn)) if arn else None
    return _places(tuple(said), match.groups() if match else (), state)


@lru_cache(maxsize=8_192)
def _places(
    said: tuple[tuple[str, str, str], ...], of_arn: tuple[str | None, ...], state: str
) -> tuple[tuple[str, str], ...]:
    """What values, tags and an ARN say together; things that are made together stand in the same places."""
    found = {(kind, value) for name, kind, value in said if not name or _plain(name, value)}
    found |= {(kind, part) for kind, part in zip(("region", "account"), of_arn, strict=False) if part}
    if "region" not in [kind for kind, _ in found]:
        zones = [_ZONE.fullmatch(value) for kind, value in found if kind == "zone"]
        found |= {("region", zone[1]) for zone in zones if zone}
    if state:
        found.add(("state", state))
    return tuple(sorted(found))


@lru_cache(maxsize=1_024)
def _placing(names: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Those of these attributes that name a failure domain, each with its kind, and those that hold tags.

    Things of one type have the same.
    """
    kinds = _kinds()[0]
    tagging = [name for name in locations().tag_attributes if name in names]
    return tuple((name, kinds[name]) for name in names if name in kinds), tuple(tagging)


@cache
def _kinds() -> tuple[dict[str, str], dict[str, str]]:
    """The kind of failure domain by attribute, and by the name of a tag in small letters."""
    known = locations()
    by_attribute, by_tag = (
        {name: kind for kind, names in table.items() for name in names} for table in (known.attributes, known.tags)
    )
    return by_attribute, by_tag


def _pairs(value: object) -> list[tuple[str, str]]:
    """Tags as they are written: a map; a list of key and value; a list of `key:value` or bare words."""
    if isinstance(value, dict):
        return [(name, _text(inner)) for name, inner in value.items() if not isinstance(inner, _TREES)]
    found: list[tuple[str, str]] = []
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict) and isinstance(one.get("key"), str):
            found.append((one["key"], _text(one.get("value"))))
        elif isinstance(one, str):
            name, _, rest = one.partition(":")
            found.append((name, rest))
    return found


def _text(value: object) -> str:
    """A single value as people read it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


#: What no secret looks like that nothing announces: shorter than every known token, and no address with a password.
_DULL: Final = re.compile(r"[\w ./-]{0,14}")
#: Stands for any secret, to ask whether a name announces one.
_PROBE: Final = "Zq8xK2mVw9Lr4T"


@lru_cache(maxsize=8_192)
def _plain(name: str, value: str) -> bool:
    """Whether nothing in it looks like a secret: a net for what nobody marked as sensitive."""
    return (_DULL.fullmatch(value) is not None and _quiet(name)) or _unsuspicious(name, value)


@lru_cache(maxsize=8_192)
def _quiet(name: str) -> bool:
    """Whether this name announces no secret."""
    return _unsuspicious(name, _PROBE)


def _unsuspicious(name: str, value: str) -> bool:
    return not redact(f'{name} = "{value}"')[1]
