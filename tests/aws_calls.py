"""Calls of real clients, in an order in which each finds what it needs: (service, operation, parameters)."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-central-1"
BUCKET = "reports-of-costs"
KEY = "2026/11/a b+c%.csv"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
STACK = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "from-a-stack"}}}})
MACHINE = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reporter"
TABLE: dict[str, Any] = {"TableName": "costs"}
QUEUE = "http://{host}/" + f"{ACCOUNT}/jobs"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"


def function() -> bytes:
    """A function's code, the same each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("f.py"), "def f(event, context):\n    return 1\n")
    return packed.getvalue()


Row = tuple[str, str, dict[str, Any]]

CALLS: list[Row] = [
    ("sts", "get_caller_identity", {}),
    ("s3", "create_bucket", {"Bucket": BUCKET, "CreateBucketConfiguration": {"LocationConstraint": REGION}}),
    ("s3", "put_bucket_tagging", {"Bucket": BUCKET, "Tagging": {"TagSet": [{"Key": "env", "Value": "prod"}]}}),
    ("s3", "put_bucket_versioning", {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Enabled"}}),
    ("s3", "put_object", {"Bucket": BUCKET, "Key": KEY, "Body": b"a,b\n1,2\n", "Metadata": {"of": "costs"}}),
    ("s3", "put_object", {"Bucket": BUCKET, "Key": "lead//../x", "Body": b"1" * 100_000}),
    ("s3", "get_object", {"Bucket": BUCKET, "Key": KEY}),
    ("s3", "get_object", {"Bucket": BUCKET, "Key": "lead//../x", "Range": "bytes=10-19"}),
    ("s3", "head_object", {"Bucket": BUCKET, "Key": KEY}),
    ("s3", "copy_object", {"Bucket": BUCKET, "Key": "copy", "CopySource": {"Bucket": BUCKET, "Key": "lead//../x"}}),
    ("s3", "list_objects_v2", {"Bucket": BUCKET, "Prefix": "2026/"}),
    ("s3", "get_bucket_tagging", {"Bucket": BUCKET}),
    ("s3", "get_bucket_location", {"Bucket": BUCKET}),
    ("s3", "delete_objects", {"Bucket": BUCKET, "Delete": {"Objects": [{"Key": "copy"}, {"Key": "none"}]}}),
    ("s3", "list_buckets", {}),
    ("dynamodb", "create_table", TABLE | {
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }),
    ("dynamodb", "put_item", TABLE | {"Item": {"k": {"S": "ä"}, "b": {"B": b"\x00\xff"}}}),
    ("dynamodb", "batch_write_item", {"RequestItems": {"costs": [{"PutRequest": {"Item": {"k": {"S": "2"}}}}]}}),
    ("dynamodb", "get_item", TABLE | {"Key": {"k": {"S": "ä"}}}),
    ("dynamodb", "scan", TABLE),
    ("dynamodb", "describe_table", TABLE),
    ("ec2", "create_vpc", {"CidrBlock": "10.1.0.0/16"}),
    ("ec2", "describe_vpcs", {"Filters": [{"Name": "cidr", "Values": ["10.1.0.0/16"]}]}),
    ("ec2", "create_security_group", {"GroupName": "web", "Description": "web"}),
    ("ec2", "describe_security_groups", {"GroupNames": ["web"]}),
    ("ec2", "describe_availability_zones", {}),
    ("iam", "create_role", {"RoleName": "reporter", "AssumeRolePolicyDocument": TRUST}),
    ("iam", "put_role_policy", {"RoleName": "reporter", "PolicyName": "read", "PolicyDocument": POLICY}),
    ("iam", "get_role_policy", {"RoleName": "reporter", "PolicyName": "read"}),
    ("iam", "list_roles", {}),
    ("sqs", "create_queue", {"QueueName": "jobs"}),
    ("sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": "one & <two>"}),
    ("sqs", "get_queue_attributes", {"QueueUrl": QUEUE, "AttributeNames": ["QueueArn"]}),
    ("sns", "create_topic", {"Name": "news"}),
    ("sns", "publish", {"TopicArn": TOPIC, "Message": "a=b&c"}),
    ("sns", "list_topics", {}),
    ("rds", "create_db_instance", {
        "DBInstanceIdentifier": "db1", "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
        "MasterUsername": "admin1", "MasterUserPassword": "not-a-real-one", "AllocatedStorage": 20,
    }),
    ("rds", "describe_db_instances", {"DBInstanceIdentifier": "db1"}),
    ("rds", "create_db_snapshot", {"DBSnapshotIdentifier": "s1", "DBInstanceIdentifier": "db1"}),
    ("lambda", "create_function", {
        "FunctionName": "f", "Runtime": "python3.12", "Role": ROLE, "Handler": "f.f", "Code": {"ZipFile": function()},
    }),
    ("lambda", "get_function_configuration", {"FunctionName": "f"}),
    ("lambda", "list_tags", {"Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"}),
    ("kms", "create_key", {"Description": "k"}),
    ("kms", "list_keys", {}),
    ("secretsmanager", "create_secret", {"Name": "app/db", "SecretString": "hunter2", "ClientRequestToken": "1" * 32}),
    ("secretsmanager", "describe_secret", {"SecretId": "app/db"}),
    ("ssm", "put_parameter", {"Name": "/app/size", "Value": "10", "Type": "String"}),
    ("ssm", "get_parameters_by_path", {"Path": "/app", "Recursive": True}),
    ("logs", "create_log_group", {"logGroupName": "/app"}),
    ("logs", "describe_log_groups", {}),
    ("cloudwatch", "put_metric_data", {"Namespace": "App", "MetricData": [{"MetricName": "m", "Value": 1.5}]}),
    ("cloudwatch", "list_metrics", {"Namespace": "App"}),
    ("kinesis", "create_stream", {"StreamName": "clicks", "ShardCount": 1}),
    ("kinesis", "describe_stream", {"StreamName": "clicks"}),
    ("events", "put_rule", {"Name": "nightly", "ScheduleExpression": "rate(1 day)"}),
    ("events", "list_rules", {}),
    ("stepfunctions", "create_state_machine", {"name": "m", "definition": MACHINE, "roleArn": ROLE}),
    ("stepfunctions", "list_state_machines", {}),
    ("route53", "create_hosted_zone", {"Name": "example.org", "CallerReference": "r1"}),
    ("route53", "list_hosted_zones", {}),
    ("cloudformation", "create_stack", {"StackName": "s", "TemplateBody": STACK}),
    ("cloudformation", "describe_stack_resources", {"StackName": "s"}),
    ("cloudformation", "get_template", {"StackName": "s"}),
    ("ecs", "create_cluster", {"clusterName": "c"}),
    ("ecs", "list_clusters", {}),
    ("ecr", "create_repository", {"repositoryName": "app"}),
    ("ecr", "describe_repositories", {}),
    ("apigateway", "create_rest_api", {"name": "api"}),
    ("apigateway", "get_rest_apis", {}),
    ("efs", "create_file_system", {"CreationToken": "e1"}),
    ("efs", "describe_file_systems", {}),
    ("cloudtrail", "describe_trails", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("autoscaling", "describe_auto_scaling_groups", {}),
    ("acm", "list_certificates", {}),
    ("batch", "describe_job_queues", {}),
    ("eks", "list_clusters", {}),
    ("backup", "list_backup_vaults", {}),
    ("glue", "get_databases", {}),
    ("sqs", "delete_queue", {"QueueUrl": QUEUE}),
    ("dynamodb", "delete_table", TABLE),
    ("lambda", "delete_function", {"FunctionName": "f"}),
    ("rds", "delete_db_instance", {"DBInstanceIdentifier": "db1", "SkipFinalSnapshot": True}),
    ("cloudformation", "delete_stack", {"StackName": "s"}),
    ("s3", "get_object", {"Bucket": BUCKET, "Key": "not-there"}),
    ("dynamodb", "describe_table", {"TableName": "not-there"}),
    ("ec2", "terminate_instances", {"InstanceIds": ["i-0123456789abcdef0"]}),
]  # fmt: skip
