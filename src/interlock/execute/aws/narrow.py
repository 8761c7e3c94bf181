"""Narrow: the session policy with which a credential can do what was approved, and no more.

Actions are the change's own `needs`. Resources are the names of its effects, written as each action's own types of
resources are (`grants.json`, from AWS's service authorisation reference); a type that no effect names is held to this
account and region only. A policy that gets too long gives up names, for prefixes first and for all of a type last; it
never gets another action. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Final, NamedTuple

import msgspec

from interlock.aws.things import partition, parts_of, selected, spelled
from interlock.errors import Refused
from interlock.model.change import Change, Resource

#: What AWS takes as the text of a session policy.
MAX_POLICY: Final = 2048

#: Services that go on in the caller's name with whatever they manage. What they may do then is the role's own affair.
ACTS_FOR_US: Final = frozenset({"cloudformation", "elasticbeanstalk", "servicecatalog", "proton"})
#: What any service does in the caller's name with a key, when what it works on is encrypted.
_KEY_USE: Final = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)

#: Signs that match anything, until the policy is written: names may hold `*` and `?` themselves.
_ANY: Final = "\ue000"
_ONE: Final = "\ue001"
#: The types under which S3 knows what is in a bucket: something is one of them and never all.
_ALIKE: Final = frozenset({"object", "accesspointobject", "bucket", "accesspoint"})
#: Services that write the names of their things in lower case, however they are given.
_LOWER: Final = frozenset({"rds", "redshift", "elasticache"})
_SUFFIXED: Final = re.compile(r"-[A-Za-z0-9]{6}\Z")


class Grants(msgspec.Struct, frozen=True):
    """What one service lets policies say: its types of resources as patterns, and which of them each action takes."""

    types: dict[str, str]
    actions: dict[str, tuple[str, ...]]


class _File(msgspec.Struct, frozen=True):
    data: str
    services: dict[str, Grants]


class Scope(NamedTuple):
    """Where the names stand."""

    account: str = ""
    region: str = ""

    @property
    def partition(self) -> str:
        return partition(self.region)


class Narrowed(NamedTuple):
    """A session policy. `widened` says in words how it lets more be touched than was named; empty when it does not."""

    policy: str
    widened: str = ""


#: Action -> the names of what it is to touch.
Wishes = Mapping[str, Sequence[str]]


def wishes(change: Change, scope: Scope) -> dict[str, list[str]]:
    """What a change needs, and what for. An effect that needs nothing asks for nothing.

    What was chosen by filters, and what a call does not name at all, is no name: everything of its type is meant.
    """
    found: dict[str, dict[str, None]] = {}
    for effect in change.effects:
        name = _known_here(effect.resource, scope) if effect.choice == "named" else ""
        for action in effect.needs:
            found.setdefault(action, {})[name] = None
    return {action: [] if "" in names else list(names) for action, names in found.items()}


def _known_here(resource: Resource, scope: Scope) -> str:
    """The name, as an ARN where account and region make one of it; empty when it is none."""
    if selected(resource.name) is not None or resource.name in ("", *resource.type.split(".")):
        return ""
    if resource.type == "aws.kms.key" and "alias/" in resource.name:
        return ""  # policies know keys by their ids, and this is none
    if resource.name.startswith("arn:") or resource.type.startswith("aws.s3."):
        return resource.name
    return spelled(resource.type, parts_of(resource.type, resource.name), scope.region, scope.account)


def narrow(wanted: Wishes, scope: Scope) -> Narrowed:
    """The narrowest policy that fits. Refused when not even the actions alone do, or there are none."""
    if not wanted:
        raise Refused(
            "no credential can be narrowed to this: what it needs is not known",
            hint="nothing was done; only a source with `narrow = false` would pass it",
            code="not-narrowed",
        )
    for widened, touched in _ways(wanted, scope):
        policy = _written(touched)
        if len(policy) <= MAX_POLICY:
            return Narrowed(policy, widened)
    raise Refused(
        "no credential can be narrowed to this: it needs too many actions at once",
        hint="make it of several calls; nothing was done",
        code="not-narrowed",
    )


def _ways(wanted: Wishes, scope: Scope) -> Iterator[tuple[str, dict[str, frozenset[str]]]]:
    """What each action may touch, narrowest first, and in words what was given up for it."""
    actions = sorted(wanted)
    exact = {action: _resources(action, wanted[action], scope) for action in actions}
    yield "", exact
    yield "names that begin alike are taken together", {action: _together(exact[action], "/") for action in actions}
    yield "names of one type are taken together", {action: _together(exact[action], ":") for action in actions}
    yield "it reaches everything of these types", {action: _resources(action, (), scope) for action in actions}
    yield "it reaches everything that these actions reach", dict.fromkeys(actions, frozenset((_ANY,)))


@lru_cache(maxsize=1)
def grants() -> dict[str, Grants]:
    """By the service's prefix in actions."""
    raw = resources.files("interlock.execute.aws").joinpath("grants.json").read_bytes()
    return msgspec.json.decode(raw, type=_File).services


def _resources(action: str, names: Iterable[str], scope: Scope) -> frozenset[str]:
    """Everything that this action may touch: what is named, and of types that nothing is named of, all of them."""
    prefix, _, operation = action.partition(":")
    known = grants().get(prefix)
    types = known.actions.get(operation, ()) if known is not None else ()
    if known is None or not types:
        return frozenset((_ANY,))
    found: set[str] = set()
    for kind in types:
        pattern = _placed(known.types[kind], scope)
        fitting = {spelt for name in names for spelt in _spelt(prefix, kind, pattern, name, alone=len(types) == 1)}
        if fitting or prefix != "s3" or kind not in _ALIKE:
            found |= fitting or {pattern.replace("{}", _ANY)}
    return frozenset(found) or frozenset((_ANY,))


def _placed(pattern: str, scope: Scope) -> str:
    own = {"{p}": scope.partition, "{r}": scope.region or _ANY, "{a}": scope.account or _ANY}
    for sign, value in own.items():
        pattern = pattern.replace(sign, value)
    return pattern


def _spelt(prefix: str, kind: str, pattern: str, name: str, *, alone: bool) -> list[str]:
    """How a name is spelt as a resource of this type; nothing when it is none, or nobody can tell."""
    if prefix in _LOWER:
        name = name.lower()
    if name.startswith("arn:"):
        shape = "".join(
            {"{}": ".+", _ANY: ".*"}.get(part, re.escape(part)) for part in re.split(rf"(\{{\}}|{_ANY})", pattern)
        )
        return _secret(prefix, name) if re.fullmatch(shape, name, re.DOTALL) else []
    if prefix == "s3":
        return _bucketed(kind, pattern, name)
    holes = pattern.count("{}")
    if not alone or not holes or not name:
        return []
    if holes == 1:
        return _secret(prefix, pattern.replace("{}", name))
    parts = name.split("/")
    if len(parts) == holes:
        filled = pattern
        for part in parts:
            filled = filled.replace("{}", part, 1)
        return [filled]
    return [_filled_at(pattern, place, name) for place in range(holes)]


def _filled_at(pattern: str, place: int, name: str) -> str:
    """The name in one of the pattern's holes, and anything in the others."""
    pieces = pattern.split("{}")
    holes = [name if index == place else _ANY for index in range(len(pieces) - 1)]
    return "".join(piece + hole for piece, hole in zip(pieces, [*holes, ""], strict=True))


def _bucketed(kind: str, pattern: str, name: str) -> list[str]:
    bucket, slash, key = name.partition("/")
    if kind == "bucket":
        return [pattern.replace("{}", bucket)]
    if kind == "object" and slash:
        return [pattern.replace("{}/{}", f"{bucket}/{key}")]
    return []


def _secret(prefix: str, arn: str) -> list[str]:
    """A secret's ARN ends in six characters that its name does not hold."""
    if prefix != "secretsmanager" or _SUFFIXED.search(arn):
        return [arn]
    return [arn, f"{arn}-{_ONE * 6}"]


def _together(found: frozenset[str], sign: str) -> frozenset[str]:
    """Resources that are the same up to their last `sign` become the beginning that they share."""
    groups: dict[str, list[str]] = {}
    for each in found:
        groups.setdefault(each.rpartition(sign)[0], []).append(each)
    return frozenset(group[0] if len(group) == 1 else _beginning(group) + _ANY for group in groups.values())


def _beginning(names: Sequence[str]) -> str:
    """What all of these begin with."""
    first, last = min(names), max(names)
    shared = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:shared].rstrip(_ANY + _ONE)


def _written(found: Mapping[str, frozenset[str]]) -> str:
    """The policy's text; actions that touch the same stand together."""
    groups: dict[frozenset[str], list[str]] = {}
    for action, touched in found.items():
        groups.setdefault(touched, []).append(action)
    statements: list[dict[str, object]] = [
        {"Effect": "Allow", "Action": actions, "Resource": sorted(_literal(each) for each in touched)}
        for touched, actions in groups.items()
    ]
    ours = any(action.partition(":")[0] in ACTS_FOR_US for action in found)
    statements.append(
        {
            "Effect": "Allow",
            "Action": "*" if ours else _KEY_USE,
            "Resource": "*",
            "Condition": {"Bool": {"aws:ViaAWSService": "true"}},
        }
    )
    return msgspec.json.encode({"Version": "2012-10-17", "Statement": statements}).decode()


def _literal(resource: str) -> str:
    """Signs that a policy would take for wildcards or variables, as themselves; what no policy can hold, as any."""
    return "".join(_SIGNS.get(sign) or (sign if " " <= sign <= "\xff" else "*") for sign in resource)


_SIGNS: Final = {"*": "${*}", "?": "${?}", "$": "${$}", _ANY: "*", _ONE: "?"}
