"""Command lines of `aws`: words, shorthand and arguments, and what of them is not understood."""

from __future__ import annotations

import pytest

from interlock.aws.cli.command import command_of
from interlock.aws.cli.customs import table as customs_table
from interlock.aws.cli.shorthand import Unreadable, parse
from interlock.aws.cli.tails import programs
from interlock.aws.cli.words import words_of
from interlock.aws.parameters import model_of
from interlock.errors import BadProposal
from interlock.model.change import Change
from interlock.read.readers import reader_for


def change(line: str) -> Change:
    return reader_for("aws")(line.encode(), "cli", "production").change


def parameters(line: str) -> object:
    [call] = command_of(line).calls
    assert call.unread == ()
    return call.parameters


# --- words ---


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a b  c", ("a", "b", "c")),
        ("a 'b c' \"d e\"", ("a", "b c", "d e")),
        ("a'b'\"c\"d", ("abcd",)),
        ("a '' b", ("a", "", "b")),
        (r"a\ b", ("a b",)),
        (r'"a\"b\n"', (r"a\"b\n".replace(r"\"", '"'),)),
        ("'a\\b'", ("a\\b",)),
        ("a \\\n b", ("a", "b")),
        ("a 'x;y|z$w'", ("a", "x;y|z$w")),
        ("", ()),
    ],
)
def test_a_line_is_the_list_of_its_words(line: str, words: tuple[str, ...]) -> None:
    assert words == words_of(line).words
    assert words_of(line).unread == ()


@pytest.mark.parametrize(
    "line", ["a; b", "a && b", "a | b", "a > f", "a < f", "a $(b)", "a `b`", "a $B", 'a "$B"', "a\nb", 'a "`b`"']
)
def test_what_only_a_shell_would_resolve_is_named(line: str) -> None:
    assert words_of(line).unread


@pytest.mark.parametrize("line", ["a 'b", 'a "b', "'"])
def test_a_quote_that_is_not_closed_is_no_line(line: str) -> None:
    with pytest.raises(BadProposal, match="quote"):
        words_of(line)


# --- shorthand ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Name=a", {"Name": "a"}),
        ("Name=tag:env,Values=prod,dev", {"Name": "tag:env", "Values": ["prod", "dev"]}),
        ("Key=a,Value='b,c'", {"Key": "a", "Value": "b,c"}),
        ('Key=a,Value="b\\"c"', {"Key": "a", "Value": 'b"c'}),
        ("A=[{Key=a},{Key=b,B=v}],Quiet=true", {"A": [{"Key": "a"}, {"Key": "b", "B": "v"}], "Quiet": "true"}),
        ("A={B={C=d}}", {"A": {"B": {"C": "d"}}}),
        ("A=[x,y]", {"A": ["x", "y"]}),
        ("A=[]", {"A": []}),
        ("A=", {"A": ""}),
    ],
)  # fmt: skip
def test_shorthand_is_the_structure_that_it_stands_for(text: str, value: object) -> None:
    assert value == parse(text)


@pytest.mark.parametrize(
    "text", ["a", "a=b,c=d=e}", "a={b", "a=[b", "=b", "a='b", "a=b,a=c", "a=file://x", "a@=file://x"]
)
def test_what_is_no_shorthand_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


def test_shorthand_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(Unreadable):
        parse("a={" * 100 + "b=c" + "}" * 100)


# --- arguments ---


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("aws ec2 terminate-instances --instance-ids i-1 i-2", {"InstanceIds": ["i-1", "i-2"]}),
        ("aws ec2 terminate-instances --instance-ids=i-1", {"InstanceIds": ["i-1"]}),
        ("aws ec2 terminate-instances --instance-ids '[\"i-1\"]'", {"InstanceIds": ["i-1"]}),
        ("aws kinesis decrease-stream-retention-period --stream-name s --retention-period-hours 24",
         {"StreamName": "s", "RetentionPeriodHours": 24}),
        ("aws ecr delete-repository --repository-name r --force", {"repositoryName": "r", "force": True}),
        ("aws s3api put-bucket-versioning --bucket b --versioning-configuration Status=Suspended",
         {"Bucket": "b", "VersioningConfiguration": {"Status": "Suspended"}}),
        ("aws ec2 create-tags --resources i-1 --tags Key=a,Value=b Key=c,Value=d",
         {"Resources": ["i-1"], "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]}),
        ("aws lambda invoke --function-name f --invocation-type DryRun out.json",
         {"FunctionName": "f", "InvocationType": "DryRun"}),
        ("aws ec2 run-instances --image-id ami-1 --count 2 --no-dry-run",
         {"ImageId": "ami-1", "MinCount": 2, "MaxCount": 2, "DryRun": False}),
        ("aws sqs delete-queue --cli-input-json '{\"QueueUrl\": \"u\"}'", {"QueueUrl": "u"}),
        ("aws sqs delete-queue --queue-url v --cli-input-json '{\"QueueUrl\": \"u\"}'", {"QueueUrl": "v"}),
        ("aws emr terminate-job-flows --cluster-ids j-1", {"JobFlowIds": ["j-1"]}),
    ],
)  # fmt: skip
def test_arguments_are_the_parameters_of_the_operation(line: str, expected: object) -> None:
    assert expected == parameters(line)


@pytest.mark.parametrize(
    "line",
    [
        "aws ec2 terminate-instances --instance-ids file://ids.json",
        "aws ec2 terminate-instances --instance-ids",
        "aws ec2 terminate-instances stray --instance-ids i-1",
        "aws ecr delete-repository --repository-name r --force maybe",
        "aws kinesis decrease-stream-retention-period --stream-name s --retention-period-hours many",
        "aws sqs delete-queue --cli-input-json file://x",
        "aws sqs delete-queue --cli-input-json '[1]'",
        "aws sqs delete-queue --queue-url a b",
        "aws s3api put-bucket-versioning --bucket b --versioning-configuration Status",
        "aws s3api put-bucket-versioning --bucket b --versioning-configuration '{'",
        "aws sqs delete-queue --queue-url u --generate-cli-skeleton=maybe",
        "aws sqs delete-queue --queue-url u -- --generate-cli-skeleton",
        "aws sqs delete-queue --queue-url u help",
        "aws sqs frobnicate help",
        "aws frobnicate help",
        "aws workspaces stop-workspaces --stop-workspace-requests ws-1",
        "aws workspaces rebuild-workspaces --rebuild-workspace-requests WorkspaceId=ws-1",
        "aws sqs delete-queue --queue-url u --no-verify-ssl",
        "aws sqs delete-queue --queue-url u --endpoint-url=http://203.0.113.1",
        "aws s3 rm s3://b/k --acll x",
        "aws s3 cp a b",
        "aws s3 cp s3://a/b",
        "aws s3 sync s3://a",
        "aws s3 rm",
        "aws s3 cp a s3://b/k --grants read=x",
        "aws config describe-config-rules",  # the command calls it configservice
    ],
)
def test_what_is_not_understood_is_never_left_out(line: str) -> None:
    assert change(line).unknown
    assert not change(line).fully_known


@pytest.mark.parametrize("line", ["", "rm -rf /", "awss s3 ls", "# aws s3 ls", "AWS s3 ls"])
def test_what_is_no_line_of_aws_is_refused(line: str) -> None:
    with pytest.raises(BadProposal):
        change(line)


def test_a_line_that_is_no_text_is_refused() -> None:
    with pytest.raises(BadProposal, match="UTF-8"):
        reader_for("aws")(b"aws s3 ls \xff", "cli", "production")


def test_a_line_of_a_path_to_the_command_is_one_too() -> None:
    assert change("/usr/local/bin/aws sts get-caller-identity").effects[0].verb == "read"


def test_where_and_as_whom_is_said() -> None:
    [effect] = change("aws --region eu-central-1 sqs delete-queue --queue-url u --profile prod --output json").effects

    assert effect.resource.location == (("region", "eu-central-1"),)
    assert effect.cause.endswith("(with `--profile prod`)")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("aws s3 cp a.csv s3://b", [("update", "b/a.csv")]),
        ("aws s3 cp a.csv s3://b/x/", [("update", "b/x/a.csv")]),
        ("aws s3 cp s3://b/k -", [("read", "b/k")]),
        ("aws s3 cp s3://a/k s3://b/", [("update", "b/k"), ("read", "a/k")]),
        ("aws s3 mv s3://a/k c.csv", [("read", "a/k"), ("delete", "a/k")]),
        ("aws s3 mv s3://a/x s3://b/y --recursive", [("read", "a/x*"), ("update", "b/y*"), ("delete", "a/x*")]),
        ("aws s3 sync s3://a ./x", [("read", "a/")]),
        ("aws s3 sync s3://a s3://b --delete", [("read", "a/"), ("update", "b/"), ("delete", "b/")]),
        ("aws s3 mb s3://b", [("create", "b")]),
        ("aws s3 rb s3://b", [("delete", "b")]),
        ("aws s3 ls", [("read", "s3")]),
        ("aws s3 ls s3://b/x/ --recursive --human-readable", [("read", "b")]),
    ],
)
def test_storage_commands_are_the_operations_that_they_make(line: str, names: list[tuple[str, str]]) -> None:
    found = change(line)

    assert names == [(effect.verb, effect.resource.name) for effect in found.effects]
    assert found.unknown == ()


# --- what the command adds to the operations ---


@pytest.mark.parametrize(
    ("line", "operation", "given"),
    [
        ("aws ec2 wait instance-terminated --instance-ids i-1", "DescribeInstances", {"InstanceIds": ["i-1"]}),
        ("aws rds wait db-instance-available", "DescribeDBInstances", {}),
        ("aws emr terminate-clusters --cluster-ids j-1", "TerminateJobFlows", {"JobFlowIds": ["j-1"]}),
        ("aws logs tail /aws/lambda/pay --follow", "FilterLogEvents", {}),
        ("aws eks update-kubeconfig --name prod", "DescribeCluster", {}),
        ("aws lambda invoke out.json --function-name pay", "Invoke", {"FunctionName": "pay"}),
        ("aws ec2 run-instances --image-id a", "RunInstances", {"ImageId": "a", "MinCount": 1, "MaxCount": 1}),
        ("aws cloudfront create-invalidation --distribution-id D --paths /*", "CreateInvalidation",
         {"DistributionId": "D"}),
    ],
)  # fmt: skip
def test_commands_that_are_no_operation_by_name_stand_for_one(line: str, operation: str, given: object) -> None:
    [call] = command_of(line).calls

    assert (operation, given, ()) == (call.operation, call.parameters, call.unread)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("--no-disable-api-termination", False), ("--disable-api-termination", True),
     ("--disable-api-termination Value=false", False), ("--disable-api-termination '{\"Value\":false}'", False),
     ("--disable-api-termination false", False)],
)  # fmt: skip
def test_a_structure_that_only_says_yes_or_no_is_a_flag_too(argument: str, value: bool) -> None:
    line = f"aws ec2 modify-instance-attribute --instance-id i-1 {argument}"

    assert parameters(line) == {"InstanceId": "i-1", "DisableApiTermination": {"Value": value}}


def test_taking_the_guard_from_an_instance_by_flag_is_seen() -> None:
    [effect] = change("aws ec2 modify-instance-attribute --instance-id i-1 --no-disable-api-termination").effects

    assert "loses-protection" in effect.traits


def test_hyphens_may_stand_where_another_version_of_the_command_has_them() -> None:
    for spelled in ("authentication-code1", "authentication-code-1"):
        [call] = command_of(f"aws iam enable-mfa-device --{spelled} 1").calls
        assert call.parameters == {"AuthenticationCode1": "1"}


@pytest.mark.parametrize(
    "line",
    [
        "aws ec2 wait instance-gone --instance-ids i-1",
        "aws ec2 wait",
        "aws nothing wait instance-terminated",
        "aws ec2 wait instance-terminated --terminate yes",
        "aws iam enable-mfa-device out.json --user-name b",
        "aws lambda invoke out.json more.json --function-name pay",
    ],
)
def test_what_only_looks_like_one_of_them_is_unread(line: str) -> None:
    [call] = command_of(line).calls

    assert call.unread


# --- commands that are no operations ---


def done(line: str) -> list[tuple[str, str, str]]:
    return [(each.verb, each.resource.type, each.resource.name) for each in change(line).effects]


def test_a_deployed_template_names_its_stack_and_is_unknown() -> None:
    line = "aws cloudformation deploy --template-file t.yaml --stack-name shop --capabilities CAPABILITY_IAM"

    assert ("update", "aws.cloudformation.stack", "shop") in done(line)
    assert any("template file is not read" in each for each in change(line).unknown)


def test_a_deployment_that_only_makes_its_change_set_changes_no_stack() -> None:
    line = "aws cloudformation deploy --template-file t.yaml --stack-name shop --no-execute-changeset"

    assert [verb for verb, _, _ in done(line)] == ["create"]
    assert change(line).fully_known


@pytest.mark.parametrize(
    "line",
    [
        "aws s3 presign s3://reports/a.csv",
        "aws configure get aws_secret_access_key",
        "aws configure export-credentials --format env",
        "aws configure sso",
        "aws sso login --profile prod",
        "aws login",
        "aws eks get-token --cluster-name prod",
        "aws ecr get-login-password",
        "aws codeartifact login --tool pip --domain d --repository r",
        "aws rds generate-db-auth-token --hostname h --port 5432 --username u",
        "aws dsql generate-db-connect-admin-auth-token --hostname h",
        "aws cloudfront sign --url https://x --key-pair-id K --private-key file://k --date-less-than 2030-01-01",
        "aws emr ssh --cluster-id j-1 --key-pair-file k",
        "aws emr put --cluster-id j-1 --key-pair-file k --src a",
        "aws ec2-instance-connect ssh --instance-id i-1",
        "aws ssm start-session --target i-1",
        "aws ecs execute-command --cluster c --task t --interactive --command sh",
        "aws deploy register --instance-name i",
        "aws opsworks register --stack-id s",
    ],
)
def test_whatever_gives_away_a_credential_or_a_way_in_is_a_grant(line: str) -> None:
    given = [each for each in change(line).effects if each.verb == "grant"]

    assert any({"widens-access", "leaves-target"} <= {*each.traits} for each in given)


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        ("aws configure", "update"),
        ("aws configure set region eu-west-1", "update"),
        ("aws configure list", "read"),
        ("aws configure list-profiles", "read"),
        ("aws history show", "read"),
        ("aws logout", "update"),
        ("aws deploy install --config-file c", "execute"),
    ],
)
def test_what_a_command_does_on_its_own_machine_is_said(line: str, verb: str) -> None:
    assert [(verb, "aws.cli.configuration", "aws.cli.configuration")] == done(line)
    assert change(line).fully_known


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("aws deploy push --application-name a --s3-location s3://b/k.zip --source .",
         ["s3:PutObject", "codedeploy:RegisterApplicationRevision"]),
        ("aws emr modify-cluster-attributes --cluster-id j --no-termination-protected",
         ["emr:SetTerminationProtection"]),
        ("aws s3 website s3://b --index-document i.html", ["s3:PutBucketWebsite"]),
        ("aws cloudtrail create-subscription --name t --s3-use-bucket b",
         ["cloudtrail:CreateTrail", "cloudtrail:StartLogging"]),
        ("aws emr-containers update-role-trust-policy --cluster-name c --namespace n --role-name r --dry-run",
         ["iam:GetRole"]),
        ("aws ddb put orders {}", ["dynamodb:PutItem", "dynamodb:BatchWriteItem"]),
    ],
)  # fmt: skip
def test_commands_of_several_calls_are_those_calls(line: str, names: list[str]) -> None:
    assert names == [call.name for call in command_of(line).calls]


@pytest.mark.parametrize(
    "line",
    [
        "aws cloudformation deploy --stack-name s --no-execute-changeset --force",
        "aws cloudformation deploy shop --stack-name s --no-execute-changeset",
        "aws deploy push --application-name a --s3-location s3://b/k --delete-all",
        "aws dlm create-default-role --iam-endpoint https://elsewhere",
        "aws cloudformation package --template-file t --s3-bucket b",
        "aws ecs deploy --service s --task-definition t --codedeploy-appspec a",
    ],
)
def test_what_such_a_command_takes_and_nobody_reads_is_named(line: str) -> None:
    assert change(line).unknown


def test_every_such_command_makes_calls_that_are_known() -> None:
    for name, command in customs_table().items():
        assert command.calls or command.own, name
        for made in command.calls:
            service, _, called = made.operation.partition(":")
            members = model_of(service, called).input.members
            assert {*made.gives, *made.set} <= {*members}, name


TAILS = [
    " | jq .",
    " | jq -r '.[] | .Name' | sort -u | head -n 5",
    " | grep -ivE 'a|b' -A 3 | wc -l",
    " 2>/dev/null",
    " > /dev/null 2>&1",
    " 2>&1 | tail -20 | cut -f1 -d, | uniq -c",
    " | base64 --decode",
]


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize(
    "line",
    ["aws ec2 describe-instances --filters 'Name=x,Values=a|b'", "aws rds delete-db-cluster --db-cluster-identifier c"],
)
def test_a_tail_that_only_shows_changes_nothing_of_what_its_call_does(line: str, tail: str) -> None:
    assert change(line) == change(line + tail)


@pytest.mark.parametrize("program", sorted(programs()))
def test_no_program_of_a_tail_has_an_option_that_writes_or_reads_a_file(program: str) -> None:
    known = programs()[program]
    files = {"sort": "oTS", "grep": "fr", "jq": "fL", "uniq": "", "tail": "fF", "base64": "oi"}.get(program, "")

    assert set(known.flags + known.valued).isdisjoint(files)
    assert not {"output", "compress-program", "files0-from", "file", "follow", "from-file", "slurpfile", "rawfile"} & {
        *known.long,
        *known.told,
    }
    assert known.words <= 2


@pytest.mark.parametrize(
    "line",
    [
        "aws help",
        "aws --version",
        "aws ec2 help",
        "aws ec2 wait help",
        "aws ec2 terminate-instances help",
        "aws s3 rm help",
        "aws ssm start-session help",
        "aws ec2 terminate-instances --generate-cli-skeleton",
        "aws ec2 terminate-instances --instance-ids i-1 --generate-cli-skeleton output",
    ],
)
def test_what_only_prints_something_is_a_read_of_nothing(line: str) -> None:
    [effect] = change(line).effects

    assert (effect.verb, effect.resource.type) == ("read", "aws.cli.configuration")
    assert change(line).unknown == ()


def test_a_space_behind_a_backslash_belongs_to_the_last_word() -> None:
    assert words_of("aws s3 ls s3://b\\ ").words == ("aws", "s3", "ls", "s3://b ")
