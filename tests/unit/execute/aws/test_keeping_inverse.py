"""What leads back by another call: the same thing stands there as before, and nothing of it is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.execute.aws.aws_world import Account

from interlock.errors import TargetError

DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
OTHER = DOCUMENT.replace("Allow", "Deny")
TRUST = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
)
Case = tuple[str, dict[str, Any], Callable[[], Any]]


def role(account: Account) -> Any:
    iam = account.client("iam")
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST, Path="/x/", Description="runs")
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=DOCUMENT)
    return iam


def policy_deleted(account: Account) -> Case:
    iam = role(account)
    return (
        "iam:DeleteRolePolicy",
        {"RoleName": "app", "PolicyName": "p"},
        lambda: [
            iam.get_role_policy(RoleName="app", PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName="app")["PolicyNames"]
        ],
    )


def policy_put_over(account: Account) -> Case:
    iam = role(account)
    parameters = {"RoleName": "app", "PolicyName": "p", "PolicyDocument": OTHER}
    return (
        "iam:PutRolePolicy",
        parameters,
        lambda: iam.get_role_policy(RoleName="app", PolicyName="p")["PolicyDocument"],
    )


def policy_put_anew(account: Account) -> Case:
    iam = role(account)
    parameters = {"RoleName": "app", "PolicyName": "new", "PolicyDocument": OTHER}
    return "iam:PutRolePolicy", parameters, lambda: iam.list_role_policies(RoleName="app")["PolicyNames"]


def policy_attached(account: Account) -> Case:
    iam = role(account)
    parameters = {"RoleName": "app", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    iam.create_policy(PolicyName="own", PolicyDocument=DOCUMENT)
    parameters["PolicyArn"] = "arn:aws:iam::123456789012:policy/own"
    return (
        "iam:AttachRolePolicy",
        parameters,
        lambda: iam.list_attached_role_policies(RoleName="app")["AttachedPolicies"],
    )


def policy_detached(account: Account) -> Case:
    _, parameters, look = policy_attached(account)
    account.client("iam").attach_role_policy(**parameters)
    return "iam:DetachRolePolicy", parameters, look


def role_deleted(account: Account) -> Case:
    iam = role(account)
    iam.delete_role_policy(RoleName="app", PolicyName="p")
    alike = ("RoleName", "Path", "Description", "AssumeRolePolicyDocument")
    return (
        "iam:DeleteRole",
        {"RoleName": "app"},
        lambda: [{name: each[name] for name in alike} for each in iam.list_roles(PathPrefix="/x/")["Roles"]],
    )


def group(account: Account) -> tuple[Any, str]:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    return ec2, made


RULE = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]


def rule_revoked(account: Account) -> Case:
    ec2, name = group(account)
    ec2.authorize_security_group_ingress(GroupId=name, IpPermissions=RULE)
    return "ec2:RevokeSecurityGroupIngress", {"GroupId": name, "IpPermissions": RULE}, lambda: rules(ec2, name)


def rule_authorised(account: Account) -> Case:
    ec2, name = group(account)
    return "ec2:AuthorizeSecurityGroupIngress", {"GroupId": name, "IpPermissions": RULE}, lambda: rules(ec2, name)


def rules(ec2: Any, name: str) -> Any:
    return ec2.describe_security_groups(GroupIds=[name])["SecurityGroups"][0]["IpPermissions"]


def parameter_deleted(account: Account) -> Case:
    ssm = account.client("ssm")
    ssm.put_parameter(Name="/db/password", Value="hunter2", Type="SecureString")
    return "ssm:DeleteParameter", {"Name": "/db/password"}, lambda: values(ssm)


def parameter_put(account: Account) -> Case:
    ssm = account.client("ssm")
    ssm.put_parameter(Name="/db/password", Value="hunter2", Type="SecureString")
    parameters = {"Name": "/db/password", "Value": "other", "Type": "SecureString", "Overwrite": True}
    return "ssm:PutParameter", parameters, lambda: values(ssm)


def parameter_made(account: Account) -> Case:
    ssm = account.client("ssm")
    return "ssm:PutParameter", {"Name": "/db/user", "Value": "other", "Type": "String"}, lambda: values(ssm)


def values(ssm: Any) -> Any:
    found = ssm.get_parameters_by_path(Path="/db", WithDecryption=True)["Parameters"]
    return [(each["Name"], each["Type"], each["Value"]) for each in found]


def key_disabled(account: Account) -> Case:
    kms = account.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    return "kms:DisableKey", {"KeyId": key}, lambda: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]


def bucket(account: Account) -> Any:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return s3


def versioning_suspended(account: Account) -> Case:
    s3 = bucket(account)
    s3.put_bucket_versioning(Bucket="reports", VersioningConfiguration={"Status": "Enabled"})
    parameters = {"Bucket": "reports", "VersioningConfiguration": {"Status": "Suspended"}}
    return "s3:PutBucketVersioning", parameters, lambda: s3.get_bucket_versioning(Bucket="reports")["Status"]


def access_opened(account: Account) -> Case:
    s3 = bucket(account)
    closed = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    s3.put_public_access_block(Bucket="reports", PublicAccessBlockConfiguration=closed)

    def look() -> Any:
        try:
            return s3.get_public_access_block(Bucket="reports")["PublicAccessBlockConfiguration"]
        except s3.exceptions.ClientError:
            return None

    return "s3:DeletePublicAccessBlock", {"Bucket": "reports"}, look


def repository_deleted(account: Account) -> Case:
    ecr = account.client("ecr")
    ecr.create_repository(repositoryName="app")
    return "ecr:DeleteRepository", {"repositoryName": "app"}, lambda: ecr.describe_repositories()["repositories"]


def bucket_deleted(account: Account) -> Case:
    s3 = bucket(account)
    return "s3:DeleteBucket", {"Bucket": "reports"}, lambda: [each["Name"] for each in s3.list_buckets()["Buckets"]]


@pytest.mark.parametrize("make", [repository_deleted, bucket_deleted])
def test_what_became_of_a_call_without_a_way_back_is_told(account: Account, make: Callable[[Account], Case]) -> None:
    name, parameters, look = make(account)
    order = account.order(name, parameters)
    assert account.executor().look(order, "run") == "not-done"
    before = look()

    done = account.run(order)

    assert look() != before
    assert not done.images
    assert account.executor().look(order, "run") == "done"


CASES = [
    *(policy_deleted, policy_put_over, policy_put_anew, policy_attached, policy_detached, role_deleted),
    *(rule_revoked, rule_authorised, parameter_deleted, parameter_put, parameter_made, key_disabled),
    *(versioning_suspended, access_opened),
]


@pytest.mark.parametrize("make", CASES)
def test_what_stood_there_stands_there_again(account: Account, make: Callable[[Account], Case]) -> None:
    name, parameters, look = make(account)
    before = look()
    order = account.order(name, parameters, verb="update")
    seen_before = account.executor().look(order, "run")

    done = account.run(order)
    assert look() != before
    assert {seen_before, account.executor().look(order, "run")} in ({"not-done", "done"}, {"unknown"})
    account.undo(order, done)

    assert look() == before
    assert "hunter2" not in repr(done.steps)
    assert done.told == [("about", "call"), ("did", "call")]


def test_what_somebody_changes_under_it_is_said_without_its_values(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    from interlock.execute.aws.keeping.inverse import Inverse

    name, parameters, _ = parameter_put(account)
    order = account.order(name, parameters, verb="update")
    done = account.run(order)
    monkeypatch.setattr(Inverse, "_asked", lambda *_: {"Name": "/db/password", "Value": "third"})

    with pytest.raises(TargetError) as caught:
        account.undo(order, done)

    assert "Value" in caught.value.message
    assert "hunter2" not in str(caught.value)
    assert "third" not in str(caught.value)


def test_what_was_attached_already_is_not_detached(account: Account) -> None:
    _, parameters, _ = policy_attached(account)
    account.client("iam").attach_role_policy(**parameters)
    order = account.order("iam:AttachRolePolicy", parameters, verb="update")

    done = account.run(order)

    assert not done.images, "there is nothing to undo"
