"""The command line of `aws` as its own program knows it, against ours: every command and argument, both ways round."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random

import pytest

from interlock.aws.cli.arguments import commands_of, meant, names, options_of, waits_of
from interlock.aws.cli.customs import table as customs_table
from interlock.aws.cli.shorthand import Unreadable, parse
from interlock.aws.cli.single import call_of

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

#: Asked of the program: what a line would have its client call, and what a text of the short form stands for.
CALLS = """
import json, os, shlex, sys
os.environ.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION="eu-central-1")
os.environ.update(AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
from botocore.client import BaseClient
from awscli.clidriver import create_clidriver
called = []
def noted(self, operation, parameters):
    called.append([self.meta.service_model.service_name, operation, dict(parameters)])
    raise KeyboardInterrupt
BaseClient._make_api_call = noted
for line in json.load(sys.stdin):
    create_clidriver().main(shlex.split(line)[1:])
print("\\n" + json.dumps(called))
"""
SHORT = """
import json, sys
from awscli.shorthand import ShorthandParser
def read(text):
    try:
        return ShorthandParser().parse(text)
    except Exception:
        return None
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
"""
#: Lines that are executed: each is one call, and the program would make the very same.
LINES = (
    "aws ec2 describe-instances --instance-ids i-1 i-2 --filters Name=a,Values=b,c Name=tag:x,Values=y",
    "aws ec2 describe-instances --filters 'Name=instance-state-name,Values=[running, stopped]'",
    "aws ec2 describe-instances --filters 'Name = a, Values = b, c'",
    """aws ec2 describe-instances --filters "Name=a,Values='x,y',z" """,
    "aws ec2 terminate-instances --instance-ids '[\"i-1\",\"i-2\"]' --dry-run",
    "aws ec2 run-instances --image-id ami-1 --count 2 --block-device-mappings DeviceName=/dev/sda1,Ebs={VolumeSize=20}",
    "aws ec2 modify-instance-attribute --instance-id i-1 --no-disable-api-termination",
    "aws ec2 modify-instance-attribute --instance-id i-1 --instance-type t3.large",
    "aws ec2 create-tags --resources i-1 --tags Key=a,Value=b=c Key=d,Value= 'Key=e f,Value=g h'",
    "aws ec2 modify-vpc-attribute --vpc-id v --no-enable-dns-support",
    "aws rds modify-db-instance --db-instance-identifier x --allocated-storage 50 --no-multi-az --apply-immediately",
    "aws dynamodb delete-item --table-name t --key id={S=1}",
    "aws dynamodb put-item --table-name t --item '{\"id\":{\"S\":\"1\"},\"n\":{\"N\":\"2\"}}'",
    "aws lambda update-function-configuration --function-name f --environment Variables={A=1,B=two} --timeout 30",
    "aws sqs set-queue-attributes --queue-url https://q --attributes VisibilityTimeout=60,DelaySeconds=5",
    "aws sns publish --topic-arn arn:aws:sns:eu-central-1:123456789012:t --message 'x, y'",
    "aws ecs update-service --cluster c --service s --desired-count 0 --force-new-deployment",
    "aws ecs update-service --service s --network-configuration awsvpcConfiguration={subnets=[a,b]}",
    "aws elb deregister-instances-from-load-balancer --load-balancer-name l --instances i-1 i-2",
    "aws elbv2 deregister-targets --target-group-arn a --targets Id=i-1 Id=i-2,Port=80",
    "aws ssm send-command --document-name d --instance-ids i-1 --parameters 'commands=ls -l,workingDirectory=/tmp'",
    "aws s3api delete-objects --bucket b --delete 'Objects=[{Key=a},{Key=b}],Quiet=true'",
    "aws cloudformation update-stack --stack-name s --parameters ParameterKey=a,ParameterValue=b",
    "aws cloudwatch put-metric-alarm --alarm-name a --metric-name m --namespace n --statistic Average --period 60"
    " --evaluation-periods 1 --threshold 1.5 --comparison-operator GreaterThanThreshold --dimensions Name=a,Value=b",
    "aws workspaces terminate-workspaces --terminate-workspace-requests ws-1 ws-2",
    "aws apigateway update-stage --rest-api-id a --stage-name s --patch-operations op=replace,path=/x,value=y",
    "aws route53 list-resource-record-sets --hosted-zone-id Z1",
    "aws kms schedule-key-deletion --key-id k --pending-window-in-days 7 --region us-east-1",
    "aws sts get-caller-identity --output text",
)  # fmt: skip


def test_a_line_that_is_executed_is_the_call_that_the_program_would_make() -> None:
    asked = [sys.executable, "-c", CALLS]
    answer = subprocess.run(asked, input=json.dumps(LINES), capture_output=True, check=True, text=True, timeout=300)

    ours = [[call.service, call.operation, call.parameters] for call in (call_of(line.encode()) for line in LINES)]

    assert json.loads(answer.stdout.splitlines()[-1]) == ours


def test_what_is_read_of_the_short_form_is_what_the_program_reads() -> None:
    draw = Random(11).choice
    pieces = [*"ab==,,[]{}'\"\\ 1/@.-:*#()|", "Key", "\\,", "x y"]
    texts = ["Key=" + "".join(draw(pieces) for _ in range(draw(range(1, 10)))) for _ in range(20_000)]
    texts += [f"{text},Value=" + "".join(draw(pieces) for _ in range(draw(range(5)))) for text in texts[:10_000]]
    asked = [sys.executable, "-c", SHORT]
    answer = subprocess.run(asked, input=json.dumps(texts), capture_output=True, check=True, text=True, timeout=300)

    both = [(parsed(text), theirs) for text, theirs in zip(texts, json.loads(answer.stdout), strict=True)]
    read = [(ours, theirs) for ours, theirs in both if ours is not None and theirs is not None]

    assert len(read) > 5_000
    assert [each for each in read if each[0] != each[1]] == []


def parsed(text: str) -> object:
    try:
        return parse(text)
    except Unreadable:
        return None


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
