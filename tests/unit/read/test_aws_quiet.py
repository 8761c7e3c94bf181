"""Calls that do more than their names say, and some that do less: what each is read as, one line a call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from interlock.model.change import Change
from interlock.read.readers import reader_for


def change(name: str, parameters: dict[str, Any]) -> Change:
    service, _, operation = name.partition(":")
    call = {"service": service, "operation": operation, "region": "eu-central-1", "account": "123456789012"}
    payload = msgspec.json.encode({**call, "parameters": parameters})
    return reader_for("aws")(payload, "", "production").change


def traits(found: Change) -> set[str]:
    return {trait for effect in found.effects for trait in effect.traits}


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("eks-auth:AssumeRoleForPodIdentity", {"clusterName": "c", "token": "t"}),
        ("codepipeline:GetJobDetails", {"jobId": "j"}),
        ("codepipeline:PollForJobs", {"actionTypeId": {"category": "Build", "owner": "Custom", "provider": "p",
                                                       "version": "1"}}),
        ("gamelift:GetInstanceAccess", {"FleetId": "f", "InstanceId": "i"}),
        ("gamelift:CreateBuild", {"Name": "b"}),
        ("emr-serverless:GetSessionEndpoint", {"applicationId": "a", "sessionId": "s"}),
        ("ssm:CreateActivation", {"IamRole": "r"}),
        ("apigateway:CreateApiKey", {}),
        ("appstream:CreateStreamingURL", {"StackName": "s", "FleetName": "f", "UserId": "u"}),
        ("datazone:GetConnection", {"domainIdentifier": "d", "identifier": "i", "withSecret": True}),
        ("cognito-idp:CreateUserPoolClient", {"UserPoolId": "p", "ClientName": "c", "GenerateSecret": True}),
        ("kinesis-video-archived-media:GetHLSStreamingSessionURL", {"StreamName": "s"}),
    ],
)  # fmt: skip
def test_an_answer_that_holds_a_credential_is_a_grant_that_leaves(name: str, parameters: dict[str, Any]) -> None:
    found = change(name, parameters)

    assert [effect.verb for effect in found.effects] == ["grant"]
    assert {"widens-access", "leaves-target"} <= traits(found)
    assert found.fully_known


@pytest.mark.parametrize(
    ("name", "parameters", "verb"),
    [
        ("datazone:GetConnection", {"domainIdentifier": "d", "identifier": "i"}, "read"),
        ("cognito-idp:CreateUserPoolClient", {"UserPoolId": "p", "ClientName": "c"}, "create"),
        ("gamelift:CreateBuild", {"Name": "b", "StorageLocation": {"Bucket": "b", "Key": "k"}}, "create"),
        ("route53:TestDNSAnswer", {"HostedZoneId": "Z1", "RecordName": "a", "RecordType": "A"}, "read"),
        ("events:TestEventPattern", {"EventPattern": "{}", "Event": "{}"}, "read"),
        ("lambda:PublishVersion", {"FunctionName": "f"}, "create"),
    ],
)
def test_what_only_looks_like_it_is_not(name: str, parameters: dict[str, Any], verb: str) -> None:
    found = change(name, parameters)

    assert [effect.verb for effect in found.effects] == [verb]
    assert traits(found) == set()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("snowball:GetJobUnlockCode", {"JobId": "JID00000000-0000-0000-0000-000000000000"}),
        ("cognito-idp:DescribeUserPoolClient", {"UserPoolId": "p", "ClientId": "c"}),
        ("kinesis-video-signaling:GetIceServerConfig", {"ChannelARN": "arn:aws:kinesisvideo:eu-central-1:1:channel/c"}),
    ],
)
def test_an_answer_that_is_a_secret_is_a_read_of_one(name: str, parameters: dict[str, Any]) -> None:
    found = change(name, parameters)

    assert [effect.verb for effect in found.effects] == ["read"]
    assert traits(found) == {"reads-secret"}


ENV = {"TagKeys": ["env"]}
INSTANCE = "arn:aws:ec2:eu-central-1:123456789012:instance/i-1"
NETWORK = {"IpProtocol": "-1"}


@pytest.mark.parametrize(
    ("name", "parameters", "trait"),
    [
        ("redshift:DisableLogging", {"ClusterIdentifier": "c"}, "loses-protection"),
        ("kinesis:StopStreamEncryption", {"StreamName": "s", "EncryptionType": "KMS", "KeyId": "k"},
         "loses-protection"),
        ("dynamodb:UpdateTable", {"TableName": "t", "ReplicaUpdates": [{"Delete": {"RegionName": "us-east-1"}}]},
         "loses-protection"),
        ("elasticache:ModifyReplicationGroup", {"ReplicationGroupId": "g", "AuthTokenUpdateStrategy": "DELETE"},
         "widens-access"),
        ("eks:UpdateClusterConfig", {"name": "c", "logging": {"clusterLogging": [{"enabled": False}]}},
         "loses-protection"),
        ("efs:PutBackupPolicy", {"FileSystemId": "f", "BackupPolicy": {"Status": "DISABLED"}}, "loses-protection"),
        ("cognito-idp:UpdateUserPool", {"UserPoolId": "u", "MfaConfiguration": "OFF"}, "loses-protection"),
        ("emr:PutBlockPublicAccessConfiguration",
         {"BlockPublicAccessConfiguration": {"BlockPublicSecurityGroupRules": False}}, "widens-access"),
        ("resourcegroupstaggingapi:UntagResources", {"ResourceARNList": [INSTANCE], **ENV}, "loses-protection"),
        ("resourcegroupstaggingapi:TagResources", {"ResourceARNList": [INSTANCE], "Tags": {"env": "dev"}},
         "loses-protection"),
        ("ec2:DeleteTags", {"Resources": ["i-1"], "Tags": [{"Key": "env"}]}, "loses-protection"),
        ("ec2:CreateRoute", {"RouteTableId": "r", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"},
         "widens-access"),
        ("ec2:EnableSerialConsoleAccess", {}, "widens-access"),
        ("ec2:AuthorizeSecurityGroupIngress",
         {"GroupId": "g", "IpPermissions": [{**NETWORK, "IpRanges": [{"CidrIp": "128.0.0.0/1"}]}]}, "widens-access"),
        ("ec2:AuthorizeSecurityGroupIngress",
         {"GroupId": "g", "IpPermissions": [{**NETWORK, "Ipv6Ranges": [{"CidrIpv6": "2000::/3"}]}]}, "widens-access"),
        ("codebuild:UpdateProjectVisibility", {"projectArn": "p", "projectVisibility": "PUBLIC_READ"},
         "widens-access"),
        ("transfer:ImportSshPublicKey", {"ServerId": "s-01234567890123456", "SshPublicKeyBody": "b",
                                         "UserName": "u"}, "widens-access"),
        ("codepipeline:PutApprovalResult", {"pipelineName": "p", "stageName": "s", "actionName": "a", "token": "t",
                                            "result": {"summary": "s", "status": "Approved"}}, "runs-code"),
        ("datasync:StartTaskExecution", {"TaskArn": "arn:aws:datasync:eu-central-1:123456789012:task/t"}, "dynamic"),
    ],
)  # fmt: skip
def test_a_quiet_call_says_what_it_takes_or_opens(name: str, parameters: dict[str, Any], trait: str) -> None:
    assert trait in traits(change(name, parameters))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ec2:ModifySnapshotAttribute", {"SnapshotId": "s", "OperationType": "remove", "GroupNames": ["all"]}),
        ("ec2:ModifyImageAttribute", {"ImageId": "ami-1", "LaunchPermission": {"Remove": [{"Group": "all"}]}}),
        ("ec2:AuthorizeSecurityGroupIngress",
         {"GroupId": "g", "IpPermissions": [{**NETWORK, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]}),
        ("ec2:CreateRoute", {"RouteTableId": "r", "DestinationCidrBlock": "10.0.0.0/8", "NatGatewayId": "n"}),
        ("eks:UpdateClusterConfig", {"name": "c", "logging": {"clusterLogging": [{"enabled": True}]}}),
        ("efs:PutBackupPolicy", {"FileSystemId": "f", "BackupPolicy": {"Status": "ENABLED"}}),
        ("resourcegroupstaggingapi:TagResources", {"ResourceARNList": [INSTANCE], "Tags": {"note": "x"}}),
        ("kinesis:IncreaseStreamRetentionPeriod", {"StreamName": "s", "RetentionPeriodHours": 48}),
    ],
)  # fmt: skip
def test_the_same_call_the_other_way_round_opens_and_loses_nothing(name: str, parameters: dict[str, Any]) -> None:
    found = change(name, parameters)

    assert not {"widens-access", "loses-protection", "loses-data"} & traits(found)
    assert found.fully_known


@pytest.mark.parametrize("rules", [None, []])
def test_a_firewall_that_is_left_without_rules_protects_nothing(rules: list[object] | None) -> None:
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
    acl = {"Name": "n", "Scope": "REGIONAL", "Id": "i", "LockToken": "t", "DefaultAction": {"Allow": {}}}
    rest = {} if rules is None else {"Rules": rules}

    assert "loses-protection" in traits(change("wafv2:UpdateWebACL", {**acl, "VisibilityConfig": seen, **rest}))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("glacier:CompleteVaultLock", {"vaultName": "v", "lockId": "l"}),
        ("iot-data:DeleteThingShadow", {"thingName": "t"}),
        ("ec2:CancelSpotFleetRequests", {"SpotFleetRequestIds": ["sfr-1"], "TerminateInstances": True}),
    ],
)
def test_what_nobody_takes_back_is_irreversible(name: str, parameters: dict[str, Any]) -> None:
    [effect] = change(name, parameters).effects

    assert effect.way_back is not None
    assert effect.way_back.reversibility == "irreversible"


@pytest.mark.parametrize(
    ("name", "parameters", "trait"),
    [
        ("efs:TagResource", {"ResourceId": "fs-1", "Tags": [{"Key": "env", "Value": "dev"}]}, "loses-protection"),
        ("cloudfront:TagResource", {"Resource": "a", "Tags": {"Items": [{"Key": "owner", "Value": "x"}]}},
         "loses-protection"),
        ("kinesis:AddTagsToStream", {"StreamName": "s", "Tags": {"Environment": "dev"}}, "loses-protection"),
        ("backup:UntagResource", {"ResourceArn": "a", "TagKeyList": ["backup-plan"]}, "loses-protection"),
        ("neptune-graph:UpdateGraph", {"graphIdentifier": "g-0123456789", "deletionProtection": False},
         "loses-protection"),
        ("autoscaling:UpdateAutoScalingGroup", {"AutoScalingGroupName": "g", "DeletionProtection": "none"},
         "loses-protection"),
        ("redshift-serverless:UpdateNamespace", {"namespaceName": "n", "adminUserPassword": "x"}, "widens-access"),
        ("ecs:UpdateCapacityProvider",
         {"name": "c", "autoScalingGroupProvider": {"managedTerminationProtection": "DISABLED"}}, "loses-protection"),
    ],
)  # fmt: skip
def test_a_parameter_that_guards_is_seen_wherever_it_stands(name: str, parameters: dict[str, Any], trait: str) -> None:
    found = change(name, parameters)

    assert trait in traits(found)
    assert found.fully_known


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("efs:TagResource", {"ResourceId": "fs-1", "Tags": [{"Key": "team", "Value": "shop"}]}),
        ("dsql:UpdateCluster", {"identifier": "abcdefghijklmnopqrstuvwxyz", "deletionProtectionEnabled": True}),
        ("rds:CreateDBInstance", {"DBInstanceIdentifier": "d", "DBInstanceClass": "c", "Engine": "e",
                                  "MasterUserPassword": "x", "DeletionProtection": False}),
    ],
)  # fmt: skip
def test_a_parameter_that_guards_and_is_not_taken_off_says_nothing(name: str, parameters: dict[str, Any]) -> None:
    assert traits(change(name, parameters)).isdisjoint({"loses-protection", "widens-access"})
