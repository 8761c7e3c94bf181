"""Laws of reading calls to AWS: what is not understood is said, secrets stay out, evidence only helps, forms agree."""

from __future__ import annotations

import shlex
from typing import Any

import msgspec
from hypothesis import given as that
from hypothesis import strategies as st

from interlock.aws.cli.arguments import commands_of
from interlock.aws.parameters import Model, is_secret, model_of
from interlock.aws.rawmodel import RawShape
from interlock.model.canon import canonical
from interlock.model.change import Change, Resource
from interlock.model.inventory import Edge, Inventory, Item
from interlock.model.wayback import REVERSIBILITIES, WayBack
from interlock.read.aws.evidence import table
from interlock.read.aws.operations import operation, operations_of
from interlock.read.readers import reader_for

SERVICES = (
    "rds",
    "dynamodb",
    "s3",
    "secretsmanager",
    "kms",
    "lambda",
    "sqs",
    "cloudformation",
    "elasticbeanstalk",
    "iam",
)
NAMES = st.sampled_from([(service, name) for service in SERVICES for name in operations_of(service)])
SECRET = "MARKER-of-a-secret"
TEXT = st.text("abcxyz019-", min_size=1, max_size=8)


def value(model: Model, shape: RawShape, text: str, depth: int = 0) -> object:
    """Something that this shape takes, with this text wherever there is one."""
    match shape.type:
        case "structure":
            chosen = shape.members if depth < 1 else {name: shape.members[name] for name in shape.required}
            return {name: value(model, model.of(each), text, depth + 1) for name, each in chosen.items() if depth < 6}
        case "list":
            return [value(model, model.of(shape.member), text, depth + 1)] if depth < 6 else []
        case "map":
            return {}
        case "boolean":
            return True
        case "integer" | "long" | "float" | "double":
            return 1
        case _:
            return text


def whole(service: str, name: str, text: str) -> dict[str, Any]:
    """Every parameter of an operation."""
    model = model_of(service, name)
    found = value(model, model.input, text)
    assert isinstance(found, dict)
    return found


def read(service: str, name: str, parameters: dict[str, Any]) -> Change:
    payload = msgspec.json.encode({"service": service, "operation": name, "parameters": parameters})
    return reader_for("aws")(payload, "", "production").change


@that(NAMES, TEXT)
def test_what_no_model_has_is_never_left_out(named: tuple[str, str], strange: str) -> None:
    service, name = named
    parameters = whole(service, name, "a")

    plain = read(service, name, parameters)
    odd = read(service, name, {**parameters, f"X{strange}": "a"})

    assert plain.effects
    assert not odd.fully_known
    assert odd.unknown


@that(NAMES)
def test_a_secret_is_in_nothing_that_is_said(named: tuple[str, str]) -> None:
    service, name = named
    parameters = whole(service, name, "a")
    found = operation(service, name)
    assert found is not None
    for member in parameters:
        naming = any(member in each for each in found.names)
        if is_secret(service, name, member) and not naming:
            model = model_of(service, name)
            parameters[member] = value(model, model.of(model.input.members[member]), SECRET)

    change = read(service, name, parameters)

    assert SECRET.encode() not in canonical(change)


@that(
    NAMES, st.dictionaries(TEXT, st.recursive(st.none() | st.booleans() | st.integers() | TEXT, st.lists), max_size=3)
)
def test_reading_never_raises_for_an_odd_call(named: tuple[str, str], parameters: dict[str, object]) -> None:
    service, name = named
    model = model_of(service, name)
    members = list(model.input.members)

    change = read(service, name, dict(zip(members, parameters.values(), strict=False)))

    assert change.effects


def rank(back: WayBack | None) -> int:
    if back is None or back.reversibility is None:
        return len(REVERSIBILITIES)
    return REVERSIBILITIES.index(back.reversibility)


WORDS = st.sets(st.sampled_from([*table().words, "snapshot:s", "backup:b", "replica:r", "auto-scaling:g", "nothing"]))


@that(NAMES, WORDS, WORDS, st.booleans())
def test_more_that_is_kept_never_makes_it_worse(
    named: tuple[str, str], less: set[str], more: set[str], complete: bool
) -> None:
    service, name = named
    change = read(service, name, whole(service, name, "a"))

    def given(kept: set[str]) -> Change:
        things = {effect.resource.key: effect.resource for effect in change.effects}
        items = tuple(Item(thing, kept=tuple(sorted(kept))) for thing in things.values())
        return reader_for("aws").given(change, Inventory("t", items=items, complete=complete))  # type: ignore[attr-defined]

    few, many = given(less), given(less | more)

    assert len(few.effects) == len(many.effects) == len(change.effects)
    for one, other in zip(few.effects, many.effects, strict=True):
        assert rank(other.way_back) <= rank(one.way_back)


@that(NAMES, st.lists(TEXT, max_size=4), st.booleans())
def test_a_survey_takes_no_effect_and_nothing_unknown_away(
    named: tuple[str, str], inside: list[str], complete: bool
) -> None:
    service, name = named
    change = read(service, name, {**whole(service, name, "a"), "Xodd": 1})
    edges = tuple(
        Edge(Resource("aws.dynamodb.table", each), effect.resource, "contains")
        for effect in change.effects
        for each in inside
    )
    items = tuple(Item(effect.resource) for effect in change.effects)

    found = reader_for("aws").given(change, Inventory("t", items=items, edges=edges, complete=complete))  # type: ignore[attr-defined]

    assert {effect.resource.key for effect in change.effects} <= {effect.resource.key for effect in found.effects}
    assert set(change.unknown) <= set(found.unknown)
    assert not found.fully_known


@that(NAMES, TEXT)
def test_a_line_of_the_command_means_the_same_as_the_call(named: tuple[str, str], text: str) -> None:
    service, name = named
    commands = {operation_name: command for command, operation_name in commands_of(service).items()}
    parameters = {
        member: given
        for member, given in whole(service, name, text).items()
        if isinstance(given, str) and not is_secret(service, name, member)
    }
    called = "s3api" if service == "s3" else service
    line = shlex.join(["aws", called, commands[name], "--cli-input-json", msgspec.json.encode(parameters).decode()])

    by_line = reader_for("aws")(line.encode(), "cli", "production").change
    by_call = read(service, name, parameters)

    assert by_call == by_line
