"""Mixed calls to AWS, as a day of an agent has them: mostly reads, small writes, a few that destroy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle, islice

CALLS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("ec2", "DescribeInstances", {}),
    ("s3", "GetObject", {"Bucket": "reports", "Key": "2026/11.csv"}),
    ("dynamodb", "GetItem", {"TableName": "orders", "Key": {"id": {"S": "1"}}}),
    ("logs", "FilterLogEvents", {"logGroupName": "/app/orders", "limit": 50}),
    ("cloudwatch", "GetMetricData", {"MetricDataQueries": [], "StartTime": "2026-11-01", "EndTime": "2026-11-02"}),
    ("s3", "ListObjectsV2", {"Bucket": "reports", "Prefix": "2026/"}),
    ("rds", "DescribeDBInstances", {"DBInstanceIdentifier": "orders"}),
    ("cloudwatch", "PutMetricData", {"Namespace": "Orders", "MetricData": [{"MetricName": "n", "Value": 1.0}]}),
    ("dynamodb", "UpdateItem", {"TableName": "orders", "Key": {"id": {"S": "1"}}}),
    ("s3", "PutObject", {"Bucket": "reports", "Key": "2026/12.csv"}),
    ("ec2", "CreateTags", {"Resources": ["i-0a"], "Tags": [{"Key": "note", "Value": "x"}]}),
    ("lambda", "UpdateFunctionConfiguration", {"FunctionName": "orders", "Timeout": 30}),
    ("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": "sg-0a", "CidrIp": "10.0.0.0/8", "IpProtocol": "tcp"}),
    ("s3", "DeleteObjects", {"Bucket": "reports", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}]}}),
    ("rds", "DeleteDBInstance", {"DBInstanceIdentifier": "orders", "SkipFinalSnapshot": True}),
    ("cloudformation", "DeleteStack", {"StackName": "reporting"}),
)

LINES = (
    "aws ec2 describe-instances --filters Name=tag:env,Values=prod",
    "aws s3 cp report.csv s3://reports/2026/",
    "aws s3 rm s3://reports/2026 --recursive",
    "aws rds delete-db-instance --db-instance-identifier orders --skip-final-snapshot",
    'aws dynamodb put-item --table-name orders --item \'{"id": {"S": "1"}}\'',
    "aws ec2 terminate-instances --instance-ids i-0a i-0b",
)


def mixed(dialect: str, count: int) -> Iterator[str]:
    """So many calls in this dialect, over and over."""
    if dialect == "cli":
        return islice(cycle(LINES), count)
    calls = [
        json.dumps({"service": service, "operation": name, "region": "eu-central-1", "parameters": parameters})
        for service, name, parameters in CALLS
    ]
    return islice(cycle(calls), count)
