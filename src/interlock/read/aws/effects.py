"""Effects: what one understood call does, one effect for each thing that it names.

1 the made table says verb, aspect and names    2 the reviewed row and its cases say what is dangerous in it
3 the kind of thing says what lasts             4 one effect a thing
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from interlock.aws.call import Call, Parameter
from interlock.aws.parameters import is_secret
from interlock.model.change import TRAITS, VERBS, Aspect, Choice, Effect, Known, Resource, Trait, Verb
from interlock.model.wayback import WayBack
from interlock.read.aws.access import widening
from interlock.read.aws.guards import judging_tag, weakening
from interlock.read.aws.naming import is_named, resources_of, selected_of
from interlock.read.aws.operations import Operation, operation
from interlock.read.aws.rows import Case, Row, row_of, values_at
from interlock.read.aws.wayback import Losing, way_back

_SAFE: Final = re.compile(r"[\w.:/@+-]{1,120}")
_BY_RANK: Final[dict[Trait, int]] = {trait: rank for rank, trait in enumerate(TRAITS)}
_NOTHING: Final = WayBack("none-needed", "none-needed")
_NO_ROW: Final = Row((), "")

#: Operations that ask whether they might, and do nothing.
_DRY: Final = "ec2"

#: What the table says is done, as a verb.
_VERBS: Final[dict[str, Verb]] = {**{verb: verb for verb in VERBS}, "take": "update"}


class Meant(NamedTuple):
    """What a call does to each thing that it names, before the things are looked at.

    `shown` are the parameters that a person should see of it, `says` what they mean.
    """

    verb: Verb
    aspect: Aspect
    choice: Choice
    traits: tuple[Trait, ...]
    shown: tuple[str, ...]
    says: tuple[str, ...]
    actions: tuple[str, ...]
    gentler: str


class Read(NamedTuple):
    """The effects of a call, and what of it nobody understands."""

    effects: tuple[Effect, ...]
    unknown: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()


def effects_of(call: Call, environment: str, part: int = 0) -> Read:
    """What this call does. Never raises for an odd one: what is not understood is said in `unknown`."""
    found = operation(call.service, call.operation) if call.operation else None
    unread = [f"{_called(call)}: {what}" for what in call.unread]
    if found is None:
        return _of_nobody(call, environment, part, unread)
    row = row_of(call.service, call.operation) or _NO_ROW
    held, missed = _cases(row.cases, call.parameters)
    known: Known = "parsed"
    if unread or (found.verb == "unknown" and row.verb is None):
        known = "unknown"
        unread = unread or [f"nobody here knows what {_called(call)} does"]
    meant = _meant(call, found, row, held)
    if meant.verb == "read" and known == "parsed" and not meant.traits:
        read = _reads(call, found, meant, environment, part)
        return Read(read, ())
    resources = resources_of(call, found, environment)
    if chosen := selected_of(call, found, environment):
        resources = [chosen]
        meant = meant._replace(choice="filtered", traits=(*meant.traits, "cascades"))
    back = way_back(
        Losing(meant.verb, meant.aspect, found.type, row, tuple(held), tuple(missed), found.level), call.parameters
    )
    cause = cause_of(call, (*meant.shown, *back.because), meant.says)
    traits, fields, count = ordered((*meant.traits, *back.traits)), _fields(call, found, meant), _count(meant, call)
    keys = _pinned(meant, call)
    effects = [
        Effect(
            meant.verb,
            resource,
            known,
            meant.aspect,
            meant.choice,
            count=count,
            keys=keys,
            fields=fields,
            traits=traits,
            part=part,
            cause=cause,
            way_back=back.way_back,
            gentler=meant.gentler or back.gentler,
            needs=meant.actions,
        )
        for resource in resources
    ]
    return Read(tuple(effects), tuple(unread))


def _reads(call: Call, found: Operation, meant: Meant, environment: str, part: int) -> tuple[Effect, ...]:
    named = is_named(call, found)
    choice: Choice = "named" if named else "all"
    cause = cause_of(call, meant.shown, meant.says)
    return tuple(
        Effect(
            "read",
            resource,
            aspect=meant.aspect,
            choice=choice,
            part=part,
            cause=cause,
            way_back=_NOTHING,
            needs=meant.actions,
        )
        for resource in resources_of(call, found, environment)
    )


def _meant(call: Call, found: Operation, row: Row, held: list[Case]) -> Meant:
    verb: Verb = _VERBS.get(found.verb, "execute")
    traits: list[Trait] = ["only-removes"] if found.verb == "take" else []
    verb, aspect, choice = row.verb or verb, row.aspect or found.aspect, row.choice or "named"
    gentler, without = row.gentler, set[Trait]()
    spared = any(case.without or case.verb == "read" for case in held)  # then it is not what the row says
    says = ["" if spared else row.says]
    traits += row.traits
    actions = found.actions
    for case in held:
        verb, aspect, choice = case.verb or verb, case.aspect or aspect, case.choice or choice
        traits += case.traits
        without |= {*case.without}
        gentler = case.gentler or gentler
        actions = (*(case.actions or actions), *case.also)
        says.append(case.says)
    if call.service == _DRY and call.parameters.get("DryRun") is True:
        verb, traits, says = "read", [], ["it only asks whether it might"]
    elif verb != "read" and (wider := widening(call, aspect)):
        traits.append("widens-access")
        says.append(wider)
    if verb == "update" and (weaker := weakening(call)) and weaker[0] not in traits:
        traits.append(weaker[0])
        says.append(weaker[1])
    if verb != "read" and found.level == "T" and "loses-protection" not in traits and judging_tag(call):
        traits.append("loses-protection")
        says.append("a tag by which others judge it")
        aspect = "structure"
    if verb in ("create", "update", "execute") and "widens-access" in traits and aspect == "authority":
        verb = "grant"
    elif verb == "update" and aspect == "authority":
        verb = "revoke" if found.verb == "take" else "grant"
    elif verb in ("create", "delete") and aspect == "authority" and found.level == "P":
        verb = "grant" if verb == "create" else "revoke"
    if verb in ("create", "delete", "replace"):
        without.add("only-removes")
    return Meant(
        verb,
        aspect,
        choice,
        tuple(trait for trait in traits if trait not in without),
        (*row.show, *(each.at for case in held for each in case.when if not (each.absent or each.empty))),
        tuple(says),
        actions,
        gentler,
    )


def cause_of(call: Call, shown: Iterable[str], says: Iterable[str]) -> str:
    """`rds:DeleteDBInstance SkipFinalSnapshot=true: no final snapshot is taken`, without any secret."""
    arguments = [text for path in dict.fromkeys(shown) if (text := _argument(call, path))]
    said = "; ".join(dict.fromkeys(each for each in says if each))
    return " ".join([call.name, *arguments]) + (f": {said}" if said else "")


def _argument(call: Call, path: str) -> str:
    values = values_at(call.parameters, path)
    if not values or is_secret(call.service, call.operation, path):
        return ""
    name = path.replace("[]", "").replace("{}", "")
    shown = _shown(values[0])
    return f"{name}={shown}" if shown else ""


def _shown(value: Parameter) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float) and _SAFE.fullmatch(text := str(value)):
        return text
    return ""


def _fields(call: Call, found: Operation, meant: Meant) -> tuple[str, ...]:
    """The parameters that are written, without those that only name what they are written to."""
    if meant.verb not in ("update", "replace", "grant", "revoke"):
        return ()
    return _written(tuple(sorted(call.parameters)), found.names)


@lru_cache(maxsize=8_192)
def _written(given: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    naming = {re.split(r"[.\[{]", each)[0] for path in names for each in re.split(r"[|&]", path)}
    return tuple(each for each in given if each not in naming and each not in ("DryRun", "ClientToken", "clientToken"))


def _count(meant: Meant, call: Call) -> int | None:
    """How many things inside of it are touched, where the call itself says so."""
    if meant.aspect != "content" or meant.choice != "named":
        return None
    for name in ("Entries", "Records", "logEvents", "MetricData"):
        entries = call.parameters.get(name)
        if isinstance(entries, list):
            return len(entries)
    return 1


def _pinned(meant: Meant, call: Call) -> tuple[str, ...]:
    """The attributes that a call gives for the one thing inside that it means: an object's name, an item's key.

    An item that is put has its key among its attributes; the table knows which.
    """
    if meant.aspect != "content" or meant.choice != "named":
        return ()
    key = call.parameters.get("Key", call.parameters.get("Item"))
    if isinstance(key, dict):
        return tuple(sorted(key))
    return ("Key",) if isinstance(key, str) else ()


def _of_nobody(call: Call, environment: str, part: int, unread: list[str]) -> Read:
    """An operation that the table does not have."""
    what = unread or [f"nobody here knows {_called(call)}"]
    resource = Resource(f"aws.{call.service or 'unknown'}.unknown", call.operation or "unknown", environment)
    effect = Effect("execute", resource, "unknown", "structure", "unknown", part=part, cause=what[0])
    return Read((effect,), tuple(what))


def _called(call: Call) -> str:
    return f"`{call.name}`" if call.service or call.operation else "this call"


def _cases(cases: tuple[Case, ...], parameters: dict[str, Parameter]) -> tuple[list[Case], list[Case]]:
    held: list[Case] = []
    missed: list[Case] = []
    for case in cases:
        for each in case.when:
            if not each.holds(parameters):
                missed.append(case)
                break
        else:
            held.append(case)
    return held, missed


def ordered(traits: Iterable[Trait]) -> tuple[Trait, ...]:
    """Each once, in the order of their list."""
    return tuple(sorted(set(traits), key=_BY_RANK.__getitem__))
