"""Lines of the `aws` command: one that is exactly one call is executed as that call; any other one says why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.moto_world import REGION
from tests.unit.execute.aws.aws_world import Account

from interlock.aws.cli.single import call_of
from interlock.errors import BadProposal
from interlock.execute.aws.answer import from_bytes
from interlock.execute.aws.work import work_of
from interlock.execute.executor import Order
from interlock.model.change import Change
from interlock.read.readers import reader_for


def read(line: str) -> Change:
    return reader_for("aws")(line.encode(), "cli", "production").change


def ordered(account: Account, line: str) -> Order:
    change = read(line)
    order = account.order("any:Thing", {}, payload=line.encode())
    return order._replace(change=change, writes=any(effect.verb != "read" for effect in change.effects))


def table(account: Account) -> Any:
    client = account.client("dynamodb")
    client.create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def test_a_line_is_sent_once_and_its_answer_is_sealed(account: Account) -> None:
    client = table(account)

    done = account.run(ordered(account, "aws dynamodb put-item --table-name orders --item 'id={S=1},n={N=2}'"))

    assert done.told == [("about", "call"), ("did", "call")]
    assert client.scan(TableName="orders")["Items"] == [{"id": {"S": "1"}, "n": {"N": "2"}}]


def test_a_line_that_reads_is_answered_as_aws_answers(account: Account) -> None:
    table(account)

    done = account.run(ordered(account, "aws dynamodb list-tables --output table --no-cli-pager"))

    assert done.told == [("about", "read"), ("did", "read")]
    assert json.loads(from_bytes(account.vault[done.output]).body) == {"TableNames": ["orders"]}


def test_a_line_that_destroys_is_copied_before_and_undone_after(account: Account) -> None:
    client = table(account)
    order = ordered(account, "aws dynamodb delete-table --table-name orders")

    done = account.run(order)
    assert ("did", "backup") in done.told
    assert client.list_tables()["TableNames"] == []
    account.undo(order, done)

    assert client.list_tables()["TableNames"] == ["orders"]


def test_a_line_is_put_off_as_its_call_is(account: Account) -> None:
    client = account.client("secretsmanager")
    client.create_secret(Name="db", SecretString="hunter2")
    order = ordered(account, "aws secretsmanager delete-secret --secret-id db --force-delete-without-recovery")

    done = account.run(order)
    assert done.told[-1] == ("did", "soften")
    account.undo(order, done)

    assert client.get_secret_value(SecretId="db")["SecretString"] == "hunter2"


def test_a_stack_is_planned_from_a_line_as_from_its_call(account: Account) -> None:
    from interlock.execute.aws.stacks import StackPlanner

    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}
    body = json.dumps({"Resources": {"T": topic}})
    line = f"aws cloudformation create-stack --stack-name shop --template-body '{body}'".encode()
    planner = StackPlanner(pause=lambda _: None)

    assert planner.takes(line)
    plan = planner.plan(line, account.target(), None)

    assert planner.text(plan.package) == line
    assert work_of(plan.package, account.target()).change_set == plan.identity.lineage
    assert not planner.takes(b"aws cloudformation deploy --stack-name shop --template-file t.json")


@pytest.mark.parametrize(
    ("line", "operation", "parameters"),
    [
        (
            "aws ec2 terminate-instances --region eu-central-1 --instance-ids i-1 i-2",
            "ec2:TerminateInstances",
            {"InstanceIds": ["i-1", "i-2"]},
        ),
        (
            "aws rds modify-db-instance --db-instance-identifier x --no-deletion-protection --output text",
            "rds:ModifyDBInstance",
            {"DBInstanceIdentifier": "x", "DeletionProtection": False},
        ),
        (
            "aws iam get-service-last-accessed-details --job-id 0f1e2d3c-0000-0000-0000-000000000000 --max-items 5",
            "iam:GetServiceLastAccessedDetails",
            {"JobId": "0f1e2d3c-0000-0000-0000-000000000000", "MaxItems": 5},
        ),
        (
            "aws s3api delete-objects --bucket b --delete 'Objects=[{Key=a},{Key=b}],Quiet=true'",
            "s3:DeleteObjects",
            {"Bucket": "b", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}], "Quiet": True}},
        ),
        (
            "aws elb deregister-instances-from-load-balancer --load-balancer-name l --instances i-1",
            "elb:DeregisterInstancesFromLoadBalancer",
            {"LoadBalancerName": "l", "Instances": [{"InstanceId": "i-1"}]},
        ),
        (
            "aws ec2 run-instances --image-id ami-1",
            "ec2:RunInstances",
            {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-1"},
        ),
    ],
)
def test_a_line_is_the_same_request_and_the_same_change_as_its_call(
    account: Account, line: str, operation: str, parameters: dict[str, Any]
) -> None:
    service, _, name = operation.partition(":")
    region = REGION if "--region" in line else ""
    call = {"service": service, "operation": name, "region": region, "parameters": parameters}
    raw, target = json.dumps(call).encode(), account.target()

    assert work_of(raw, target, "token").request == work_of(line.encode(), target, "token").request
    assert reader_for("aws")(raw, "", "production").change == read(line)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("aws s3 rm s3://b/k", "a command of its own"),
        ("aws s3 rm s3://b --recursive", "a command of its own"),
        ("aws s3 cp s3://b/k s3://c/k", "a command of its own"),
        ("aws s3 sync s3://b s3://c", "a command of its own"),
        ("aws s3 ls", "a command of its own"),
        ("aws dynamodb list-tables | jq .", "stands behind it"),
        ("aws dynamodb delete-table --table-name t 2>/dev/null", "stands behind it"),
        ("aws dynamodb delete-table --generate-cli-skeleton", "a command of its own"),
        ("aws rds wait db-instance-deleted --db-instance-identifier x", "a command of its own"),
        ("aws cloudformation deploy --stack-name s --template-file t.json", "a command of its own"),
        ("aws configure set region x", "a command of its own"),
        ("aws eks update-kubeconfig --name c", "a command of its own"),
        ("aws emr terminate-clusters --cluster-ids j-1", "a command of its own"),
        ("aws", "a command of its own"),
        ("aws ec2", "a command of its own"),
        (
            "aws iam put-role-policy --role-name r --policy-name p --policy-document file://p.json",
            "read from elsewhere",
        ),
        ("aws lambda update-function-code --function-name f --zip-file fileb://f.zip", "read from elsewhere"),
        ("aws ec2 run-instances --cli-input-json file://x.json", "cannot be read here"),
        ("aws lambda invoke --function-name f out.json", "a stream"),
        ("aws s3api get-object --bucket b --key k out", "a stream"),
        (
            "aws s3api select-object-content --bucket b --key k --expression x --expression-type SQL"
            " --input-serialization CSV={} --output-serialization CSV={} out",
            "a command of its own",
        ),
        ("aws s3api put-object --bucket b --key k --body f", "holds bytes"),
        ("aws kinesis put-record --stream-name s --partition-key p --data aGk=", "holds bytes"),
        ('aws dynamodb put-item --table-name t --item \'{"id":{"B":"aGk="}}\'', "holds bytes"),
        ("aws ec2 run-instances --image-id ami-1 --user-data aGk=", "worked over"),
        ("aws s3api copy-object --bucket b --key k --copy-source b/a%2Fb", "worked over"),
        ("aws s3api head-object --bucket b --key k --sse-customer-key abc", "holds bytes|worked over"),
        ("aws route53 delete-hosted-zone --id /hostedzone/Z1", "worked over"),
        ("aws ec2 authorize-security-group-ingress --group-id sg-1 --protocol all --cidr 0.0.0.0/0", "worked over"),
        ("aws ec2 authorize-security-group-egress --group-id sg-1 --protocol tcp --port 1 --cidr 0.0.0.0/0", "own"),
        ("aws cloudfront create-invalidation --distribution-id D --paths '/*'", "own"),
        ("aws ec2 describe-instances --query 'Reservations[]'", "`--query`"),
        ("aws iam list-users --max-items 5", "`--max-items`"),
        ("aws ec2 stop-instances --instance-ids i-1 --profile other", "`--profile`"),
        ("aws s3api list-objects-v2 --bucket b --no-sign-request", "`--no-sign-request`"),
        (
            "aws ec2 stop-instances --instance-ids i-1 --endpoint-url http://127.0.0.1",
            "an address that it names itself",
        ),
        (
            "aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier a"
            " --target-db-instance-identifier b --restore-time 2026-01-01T00:00:00",
            "without its zone",
        ),
    ],
)
def test_a_line_that_is_more_or_less_than_one_call_is_refused_and_says_why(
    account: Account, line: str, why: str
) -> None:
    with pytest.raises(BadProposal, match=why) as caught:
        work_of(line.encode(), account.target())

    assert caught.value.code == "not-executable"
    assert "JSON" in caught.value.hint
    assert read(line).effects, "it is judged all the same"


@pytest.mark.parametrize("time", ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00+02:00", "1767225600"])
def test_a_time_that_is_the_same_everywhere_is_sent(time: str) -> None:
    line = (
        "aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier a"
        f" --target-db-instance-identifier b --restore-time {time}"
    )

    assert call_of(line.encode()).parameters["RestoreTime"] == time
