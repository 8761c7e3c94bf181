"""The command line of `aws` as its own program knows it, against ours: every command and argument, both ways round."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from interlock.read.aws.cli.arguments import commands_of, meant, names, options_of, waits_of
from interlock.read.aws.cli.customs import table as customs_table

SERVICES = (
    "autoscaling", "backup", "cloudformation", "cloudfront", "cloudtrail", "cloudwatch", "deploy", "dynamodb", "ec2",
    "ecr", "ecs", "eks", "elasticache", "elasticbeanstalk", "elbv2", "emr", "iam", "kms", "lambda", "logs", "rds",
    "redshift", "route53", "s3api", "secretsmanager", "ses", "sns", "sqs", "ssm",
)  # fmt: skip
#: What is written into a file, shown in pages, or asked of the program and not of AWS.
BESIDE = {"cli-input-json", "generate-cli-skeleton", "max-items", "outfile", "page-size", "starting-token"}
#: Arguments that give a file's content, or make up a whole request of their own; a call with one is unread.
UNREAD = {
    "ec2 bundle-instance bucket", "ec2 bundle-instance owner-akid", "ec2 bundle-instance owner-sak",
    "ec2 bundle-instance policy", "ec2 bundle-instance prefix", "iam create-virtual-mfa-device bootstrap-method",
    "lambda create-function zip-file", "lambda publish-layer-version zip-file",
}  # fmt: skip
#: Printed by a process of its own: the program brings its own botocore, under the same name.
ASK = """
import json, sys
from awscli.clidriver import create_clidriver
table = create_clidriver()._get_command_table()
said = {}
for service in sys.argv[1:]:
    for command, made in table[service]._get_command_table().items():
        model = getattr(made, "_operation_model", None)
        if command == "wait":
            said[f"{service} wait"] = ["", sorted(made.subcommand_table)]
        elif model is not None:
            said[f"{service} {command}"] = [model.name, sorted(made.arg_table)]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, tuple[str, list[str]]]:
    """What the program says: of each command its operation and its arguments, of `wait` what can be waited for."""
    asked = subprocess.run([sys.executable, "-c", ASK, *SERVICES], capture_output=True, check=True, timeout=300)
    return {command: (operation, listed) for command, (operation, listed) in json.loads(asked.stdout).items()}


def service_of(command: str) -> str:
    word = command.partition(" ")[0]
    return names().services.get(word, word)


def operation_of(command: str) -> str:
    word = command.partition(" ")[2]
    return names().commands.get(command) or meant(commands_of(service_of(command)), word) or ""


def test_every_command_of_the_program_is_the_same_operation_here(said: dict[str, tuple[str, list[str]]]) -> None:
    wrong = {
        command: (operation, operation_of(command))
        for command, (operation, _) in said.items()
        # An operation that is newer than our models is unknown, and never another one.
        if operation and operation_of(command) not in (operation, "")
    }
    unknown = [command for command, (operation, _) in said.items() if operation and not operation_of(command)]

    assert len(said) > 2_500
    assert wrong == {}
    assert [command for command in unknown if "o-tel-enrichment" not in command] == []


def test_every_argument_of_the_program_is_known_here_or_said_to_be_unread(
    said: dict[str, tuple[str, list[str]]],
) -> None:
    ours = names()
    everywhere = BESIDE | {*ours.valued} | {*ours.flags} | {*ours.unread}
    missing = set()
    for command, (operation, arguments) in said.items():
        if not operation or not operation_of(command):
            continue
        known = options_of(command, service_of(command), operation)
        also = {*ours.extra.get(command, {}), *ours.beside.get(command, ())} | everywhere
        missing |= {
            f"{command} {argument}" for argument in arguments if meant(known, argument) is None and argument not in also
        }

    assert missing == UNREAD


def test_everything_that_the_program_can_wait_for_can_be_waited_for_here(
    said: dict[str, tuple[str, list[str]]],
) -> None:
    asked = {command: listed for command, (_, listed) in said.items() if command.endswith(" wait")}

    assert len(asked) > 15
    for command, listed in asked.items():
        assert set(listed) <= waits_of(service_of(command)).keys(), command


def test_what_is_kept_of_the_programs_own_spellings_names_operations_and_members_that_exist() -> None:
    ours = names()
    for stands in (*ours.extra, *ours.beside, *ours.presumed, *ours.commands):
        assert operation_of(stands), stands
    for command, made in (*ours.extra.items(), *ours.presumed.items()):
        members = {member for member, _ in options_of(command, service_of(command), operation_of(command)).values()}
        assert {member for given in made.values() if isinstance(given, tuple) for member in given} <= members
        assert {member for member, given in made.items() if not isinstance(given, tuple)} <= members
    for command, operation in ours.instead.items():
        service, _, name = operation.partition(":")
        assert name in commands_of(service).values(), command


#: Commands that are no operations, with their arguments.
ASK_CUSTOMS = """
import json
from awscli.clidriver import ServiceCommand, ServiceOperation, create_clidriver
said = {}
for name, command in create_clidriver()._get_command_table().items():
    table = command._get_command_table() if isinstance(command, ServiceCommand) else command.subcommand_table
    for word, each in table.items():
        if name != "s3" and word != "wait" and not isinstance(each, ServiceOperation):
            said[f"{name} {word}"] = sorted(each.arg_table)
print(json.dumps(said))
"""


def test_every_command_that_is_no_operation_is_known_with_its_arguments() -> None:
    asked = subprocess.run([sys.executable, "-c", ASK_CUSTOMS], capture_output=True, check=True, text=True, timeout=300)
    theirs = json.loads(asked.stdout)
    known, others = customs_table(), {*names().instead, *names().commands}

    assert len(theirs) > 40
    assert {*theirs} <= {*known, *others}
    assert {
        name: strange
        for name, arguments in theirs.items()
        if (row := known.get(name)) is not None and not row.any
        if (strange := {*arguments} - {*row.options, *row.flags})
    } == {}
