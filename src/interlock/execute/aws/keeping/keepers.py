"""The table of keepers: which one keeps a way back of which call. Each is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from interlock.aws.call import PART_OF, Call
from interlock.execute.aws.keeping import (
    databases,
    environments,
    files,
    functions,
    images,
    keys,
    logs,
    machines,
    messages,
    objects,
    records,
    secrets,
    shares,
    tables,
)
from interlock.execute.aws.keeping.inverse import Inverse, rows
from interlock.execute.aws.keeping.keeper import Keeper

#: `service:Operation`, by botocore's names. DocumentDB and Neptune are managed through the API of RDS.
KEEPERS: Final[dict[str, Callable[[], Keeper]]] = {
    "dynamodb:DeleteItem": tables.Item,
    "dynamodb:DeleteTable": tables.Table,
    "dynamodb:PutItem": tables.Item,
    "dynamodb:UpdateItem": tables.Item,
    "ec2:DeleteVolume": machines.Volume,
    "ec2:TerminateInstances": machines.Instances,
    "ecr:BatchDeleteImage": images.Images,
    "efs:DeleteFileSystem": files.FileSystem,
    "elasticache:DeleteCacheCluster": databases.Cache,
    "elasticache:DeleteReplicationGroup": databases.CacheGroup,
    "elasticbeanstalk:RebuildEnvironment": environments.Rebuilt,
    "elasticbeanstalk:TerminateEnvironment": environments.Terminated,
    "fsx:DeleteFileSystem": shares.Share,
    "iam:DeleteAccessKey": keys.AccessKey,
    "kinesis:DeleteStream": messages.Stream,
    "kms:ScheduleKeyDeletion": keys.Scheduled,
    "lambda:DeleteFunction": functions.Function,
    "lambda:UpdateFunctionCode": functions.Function,
    "logs:DeleteLogGroup": logs.Group,
    "logs:PutRetentionPolicy": logs.Retention,
    "memorydb:DeleteCluster": databases.InMemory,
    "rds:DeleteDBCluster": databases.Cluster,
    "rds:DeleteDBInstance": databases.Instance,
    "redshift:DeleteCluster": databases.Warehouse,
    "route53:ChangeResourceRecordSets": records.Records,
    "s3:CompleteMultipartUpload": objects.Written,
    "s3:CopyObject": objects.Written,
    "s3:DeleteObject": objects.Deleted,
    "s3:DeleteObjects": objects.Deleted,
    "s3:PutObject": objects.Written,
    "secretsmanager:DeleteSecret": secrets.Secret,
    "sqs:DeleteQueue": messages.Queue,
}


def keeper_for(call: Call) -> Keeper | None:
    """The keeper of a call; None for one that keeps no way back."""
    for service in (call.service, PART_OF.get(call.service, ""), *call.siblings):
        name = f"{service}:{call.operation}"
        if name in KEEPERS:
            return KEEPERS[name]()
        if name in rows():
            return Inverse(rows()[name])
    return None
