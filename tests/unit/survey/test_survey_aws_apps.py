"""Surveying what runs applications: stacks, environments, functions, messages, containers, logs; and what selects."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.aws_proxy import Between, Said
from tests.aws_survey import arrows, item_of, surveyed, target_at
from tests.moto_world import ACCOUNT, REGION, Moto

from interlock.aws.things import selector

STACK = "aws.cloudformation.stack"
ENVIRONMENT = "aws.elasticbeanstalk.environment"
FUNCTION = "aws.lambda.function"


@pytest.fixture
def between(moto: Moto) -> Iterator[Between]:
    server = Between(moto.address)
    yield server
    server.close()


def template(**resources: object) -> str:
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


def test_a_stack_holds_its_resources_each_looked_at_itself_and_not_those_it_retains(moto: Moto, tmp_path: Path) -> None:
    cloudformation = moto.client("cloudformation")
    body = template(
        Queue={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
        Table={
            "Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain",
            "Properties": {
                "TableName": "carts", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        },
        Bucket={"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "reports"}},
    )  # fmt: skip
    arn = cloudformation.create_stack(
        StackName="reporting", TemplateBody=body, Tags=[{"Key": "environment", "Value": "prod"}],
        EnableTerminationProtection=True,
    )["StackId"]  # fmt: skip
    moto.client("s3").put_object(Bucket="reports", Key="a", Body=b"x")

    found = surveyed(target_at(moto.address, tmp_path, "development"), (STACK, arn))

    one = item_of(found, STACK, arn)
    assert one.protections == ("termination protection",)
    assert found.environment == "production"
    inside = {each.type: each.name for each in found.inside(one.resource)}
    assert {"aws.s3.bucket": "reports", "aws.sqs.queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"} == inside
    assert item_of(found, "aws.s3.bucket", "reports").size == 1
    assert item_of(found, "aws.dynamodb.table", "carts").kept == ("retained",)


def test_a_stack_inside_of_a_stack_is_looked_into(moto: Moto, tmp_path: Path) -> None:
    s3, cloudformation = moto.client("s3"), moto.client("cloudformation")
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": REGION})
    inner = template(Queue={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "inner"}})
    s3.put_object(Bucket="templates", Key="inner.json", Body=inner.encode())
    url = "https://templates.s3.amazonaws.com/inner.json"
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    cloudformation.create_stack(StackName="outer", TemplateBody=template(Inner=nested))

    found = surveyed(target_at(moto.address, tmp_path), (STACK, "outer"))

    outer = item_of(found, STACK, "outer")
    (stack,) = found.inside(outer.resource)
    assert stack.type == STACK
    assert [f"arn:aws:sqs:{REGION}:{ACCOUNT}:inner"] == [each.name for each in found.inside(stack)]


def test_a_stack_that_others_import_from_is_used_by_them(moto: Moto, between: Between, tmp_path: Path) -> None:
    cloudformation = moto.client("cloudformation")
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}
    body = {"Resources": {"Queue": queue}, "Outputs": {"Arn": {"Value": "x", "Export": {"Name": "jobs-arn"}}}}
    cloudformation.create_stack(StackName="lower", TemplateBody=json.dumps(body))
    between.say("cloudformation", "ListImports", eb("ListImports", "<Imports><member>upper</member></Imports>"))

    assert ("upper", "uses", "lower") in arrows(surveyed(target_at(between.address, tmp_path), (STACK, "lower")))


def test_a_type_that_nobody_here_can_look_at_is_unknown_and_not_absent(moto: Moto, tmp_path: Path) -> None:
    found = surveyed(target_at(moto.address, tmp_path), ("aws.timestream-write.table", "metrics"))

    assert found.items == ()
    assert not found.complete
    assert "whether it is there is not known" in found.limits[0]


def test_a_stack_that_is_not_there_is_absent(moto: Moto, tmp_path: Path) -> None:
    found = surveyed(target_at(moto.address, tmp_path), (STACK, "nothing"))

    assert found.items == ()
    assert found.complete, found.limits


def eb(operation: str, inner: str) -> Said:
    return Said(body=f"<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>")


def an_environment(moto: Moto, between: Between) -> None:
    """An environment with an instance and a database of its own, in the stack that Beanstalk makes for it."""
    moto.client("rds").create_db_instance(
        DBInstanceIdentifier="awseb-db", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=5,
        MasterUsername="u", MasterUserPassword="secret-password", BackupRetentionPeriod=0,
    )  # fmt: skip
    one = (
        "<member><EnvironmentName>reporting-prod</EnvironmentName><EnvironmentId>e-abcdef1234</EnvironmentId>"
        "<ApplicationName>reporting</ApplicationName><VersionLabel>v7</VersionLabel><Status>Ready</Status>"
        f"<EnvironmentArn>arn:aws:elasticbeanstalk:{REGION}:{ACCOUNT}:environment/reporting/reporting-prod</EnvironmentArn>"
        "<CNAME>reporting.eu-central-1.elasticbeanstalk.com</CNAME></member>"
    )
    tags = "<member><Key>Environment</Key><Value>production</Value></member>"
    instance = moto.client("ec2").run_instances(ImageId=moto.image(), MinCount=1, MaxCount=1)["Instances"][0][
        "InstanceId"
    ]
    held = f"<Instances><member><Id>{instance}</Id></member></Instances>"
    between.say(
        "elasticbeanstalk", "DescribeEnvironments", eb("DescribeEnvironments", f"<Environments>{one}</Environments>")
    )
    between.say(
        "elasticbeanstalk", "ListTagsForResource", eb("ListTagsForResource", f"<ResourceTags>{tags}</ResourceTags>")
    )
    between.say(
        "elasticbeanstalk", "DescribeEnvironmentResources",
        eb("DescribeEnvironmentResources", f"<EnvironmentResources>{held}</EnvironmentResources>"),
    )  # fmt: skip
    between.say(
        "elasticbeanstalk", "DescribeConfigurationSettings",
        eb("DescribeConfigurationSettings", "<ConfigurationSettings><member><OptionSettings><member>"
           "<Namespace>aws:rds:dbinstance</Namespace><OptionName>DBDeletionPolicy</OptionName><Value>Delete</Value>"
           "</member></OptionSettings></member></ConfigurationSettings>"),
    )  # fmt: skip
    between.say(
        "cloudformation", "ListStackResources",
        eb("ListStackResources",
           "<StackResourceSummaries><member><LogicalResourceId>AWSEBRDSDatabase</LogicalResourceId>"
           "<PhysicalResourceId>awseb-db</PhysicalResourceId><ResourceType>AWS::RDS::DBInstance</ResourceType>"
           "<ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>"),
    )  # fmt: skip


@pytest.mark.parametrize("called", ["reporting-prod", "e-abcdef1234"])
def test_an_environment_takes_its_instances_and_its_database_along(
    moto: Moto, between: Between, tmp_path: Path, called: str
) -> None:
    an_environment(moto, between)

    found = surveyed(target_at(between.address, tmp_path, "development"), (ENVIRONMENT, called))

    one = item_of(found, ENVIRONMENT, called)
    assert {"aws.ec2.instance", "aws.rds.db-instance"} == {each.type for each in found.inside(one.resource)}
    assert item_of(found, "aws.rds.db-instance", "awseb-db").kept == ()
    assert found.environment == "production"
    assert (called, "contains", "application/reporting") in arrows(found)
    assert (called, "uses", "applicationversion/reporting/v7") in arrows(found)
    assert [called] == [each.resource.name for each in found.items if each.resource.type == ENVIRONMENT]


def a_function(moto: Moto) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("f.py", "def h(e, c): pass")
    role = moto.client("iam").create_role(RoleName="runner", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    made = moto.client("lambda").create_function(
        FunctionName="bill", Runtime="python3.12", Role=role, Handler="f.h", Code={"ZipFile": packed.getvalue()},
        Tags={"customer": "acme"},
    )  # fmt: skip
    return str(made["FunctionArn"])


def test_a_function_tells_what_calls_it(moto: Moto, tmp_path: Path) -> None:
    arn = a_function(moto)
    sqs, events, api = moto.client("sqs"), moto.client("events"), moto.client("apigateway")
    sqs.create_queue(QueueName="jobs")
    source = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
    mapping = moto.client("lambda").create_event_source_mapping(FunctionName="bill", EventSourceArn=source)["UUID"]
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": arn}])
    gateway = api.create_rest_api(name="front")["id"]
    root = api.get_resources(restApiId=gateway)["items"][0]["id"]
    api.put_method(restApiId=gateway, resourceId=root, httpMethod="POST", authorizationType="NONE")
    api.put_integration(
        restApiId=gateway, resourceId=root, httpMethod="POST", type="AWS_PROXY", integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
    )  # fmt: skip
    target = target_at(moto.address, tmp_path)

    found = surveyed(target, (FUNCTION, arn))
    queue = surveyed(target, ("aws.sqs.queue", source))
    rule = surveyed(target, ("aws.events.rule", "nightly"))
    front = surveyed(target, ("aws.apigateway.rest-api", gateway))
    role = surveyed(target, ("aws.iam.role", "runner"))

    assert dict(item_of(found, FUNCTION, arn).resource.location)["tenant"] == "acme"
    assert {
        ("bill", "triggers", "jobs"),
        (mapping, "uses", "bill"),
        ("rule/nightly", "uses", "bill"),
        (f"/restapis/{gateway}", "uses", "bill"),
        ("bill", "uses", "role/runner"),
    } <= arrows(found)
    assert ("bill", "triggers", "jobs") in arrows(queue)
    assert ("bill", "triggers", "nightly") in arrows(rule)
    assert any(edge.kind == "uses" and edge.target.name == arn for edge in front.edges)
    assert ("bill", "uses", "runner") in arrows(role)


def test_messages_tell_how_many_wait_and_who_is_told(moto: Moto, tmp_path: Path) -> None:
    sqs, sns, kinesis = moto.client("sqs"), moto.client("sns"), moto.client("kinesis")
    url = sqs.create_queue(QueueName="jobs", tags={"env": "prod"})["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="x")
    dead = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
    sqs.create_queue(QueueName="mails", Attributes={"RedrivePolicy": policy})
    topic = sns.create_topic(Name="news")["TopicArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=dead)["SubscriptionArn"]
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    target = target_at(moto.address, tmp_path)

    queue = surveyed(target, ("aws.sqs.queue", dead))
    told = surveyed(target, ("aws.sns.topic", topic))
    one = surveyed(target, ("aws.sns.subscription", subscription))
    stream = surveyed(target, ("aws.kinesis.stream", "clicks"))

    assert item_of(queue, "aws.sqs.queue", "jobs").size == 5
    assert ("mails", "uses", "jobs") in arrows(queue)
    assert ("jobs", "triggers", "news") in arrows(told)
    assert ("contains", topic) in {(edge.kind, edge.target.name) for edge in told.edges}
    assert ("jobs", "triggers", subscription.rpartition(":")[2]) in arrows(one)
    assert item_of(stream, "aws.kinesis.stream", "clicks").planes == ("data",)


def test_containers_tell_what_runs_in_them(moto: Moto, tmp_path: Path) -> None:
    ecs, eks, ecr = moto.client("ecs"), moto.client("eks"), moto.client("ecr")
    ecs.create_cluster(clusterName="main")
    ecs.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "x", "memory": 8}])
    ecs.create_service(cluster="main", serviceName="web", taskDefinition="web", desiredCount=1)
    role = f"arn:aws:iam::{ACCOUNT}:role/eks"
    subnets = [each["SubnetId"] for each in moto.client("ec2").describe_subnets()["Subnets"]][:2]
    eks.create_cluster(name="k", roleArn=role, resourcesVpcConfig={"subnetIds": subnets})
    eks.create_nodegroup(
        clusterName="k", nodegroupName="n", subnets=subnets, nodeRole=role, scalingConfig={"desiredSize": 2}
    )
    ecr.create_repository(repositoryName="team/app", imageTagMutability="IMMUTABLE")
    target = target_at(moto.address, tmp_path)

    cluster = surveyed(target, ("aws.ecs.cluster", "main"))
    service = surveyed(target, ("aws.ecs.service", "main/web"))
    kubernetes = surveyed(target, ("aws.eks.cluster", "k"))
    images = surveyed(target, ("aws.ecr.repository", "team/app"))

    assert [
        each.name.rpartition(":")[2] for each in cluster.inside(item_of(cluster, "aws.ecs.cluster", "main").resource)
    ] == ["service/main/web"]
    assert ("main/web", "contains", "cluster/main") in arrows(service)
    assert item_of(service, "aws.ecs.service", "main/web").kept == ("definition",)
    assert [each.name for each in kubernetes.inside(item_of(kubernetes, "aws.eks.cluster", "k").resource)] == ["k/n"]
    assert item_of(images, "aws.ecr.repository", "team/app").protections == ("immutable tags",)


def test_logs_and_trails_tell_who_gets_a_copy(moto: Moto, tmp_path: Path) -> None:
    logs, trail, s3 = moto.client("logs"), moto.client("cloudtrail"), moto.client("s3")
    logs.create_log_group(logGroupName="/app/web")
    arn = a_function(moto)
    logs.put_subscription_filter(logGroupName="/app/web", filterName="all", filterPattern="", destinationArn=arn)
    s3.create_bucket(Bucket="trails", CreateBucketConfiguration={"LocationConstraint": REGION})
    trail.create_trail(Name="all", S3BucketName="trails")
    target = target_at(moto.address, tmp_path)

    found = surveyed(target, ("aws.logs.log-group", "/app/web"))
    records = surveyed(target, ("aws.cloudtrail.trail", "all"))

    one = item_of(found, "aws.logs.log-group", "/app/web")
    assert one.planes == ("audit", "data")
    assert one.kept == ("copy",)
    assert ("bill", "triggers", "/app/web") in arrows(found)
    assert ("all", "uses", "trails") in arrows(records)


def instances(moto: Moto, count: int, stage: str) -> list[str]:
    ec2 = moto.client("ec2")
    made = ec2.run_instances(
        ImageId=moto.image(), MinCount=count, MaxCount=count,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "stage", "Value": stage}]}],
    )["Instances"]  # fmt: skip
    return sorted(each["InstanceId"] for each in made)


@pytest.mark.parametrize("type_", ["aws.ec2.instance", "aws.ssm.managed-instance"])
def test_a_selector_of_instances_becomes_those_that_meet_it(moto: Moto, tmp_path: Path, type_: str) -> None:
    ours = instances(moto, 2, "prod")
    instances(moto, 1, "dev")
    name = selector((("tag:stage", ("prod",)),))

    found = surveyed(target_at(moto.address, tmp_path, "development"), (type_, name))

    one = item_of(found, type_, name)
    assert ours == sorted(each.name.rpartition("/")[2] for each in found.inside(one.resource))
    assert one.size == 2
    assert found.environment == "production"


def test_a_selector_by_tags_of_other_things_becomes_those_that_have_them(moto: Moto, tmp_path: Path) -> None:
    moto.client("sqs").create_queue(QueueName="jobs", tags={"stage": "prod"})
    moto.client("sqs").create_queue(QueueName="other", tags={"stage": "dev"})
    name = selector((("tag:stage", ("prod",)),))

    found = surveyed(target_at(moto.address, tmp_path), ("aws.sqs.queue", name))

    one = item_of(found, "aws.sqs.queue", name)
    assert [f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"] == [each.name for each in found.inside(one.resource)]


def test_a_selector_that_nobody_can_ask_for_is_unknown(moto: Moto, tmp_path: Path) -> None:
    found = surveyed(target_at(moto.address, tmp_path), ("aws.sqs.queue", selector((("colour", ("red",)),))))

    assert not found.complete
