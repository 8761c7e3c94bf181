"""Whether a change of a stack widens access: documents and lists are compared, and what is not known is wider."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interlock.model.change import Effect
from interlock.read.readers import reader_for

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}
WRITE = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::a/*"}
NEVER = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
WORLD = {"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*"}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def changed(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None, action: str = "Modify") -> Effect:
    names = sorted({*(before or {}), *(after or {})})
    details = [
        {"Target": {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Never"}}
        for name in names
        if (before or {}).get(name) != (after or {}).get(name) or before is None
    ]
    change: dict[str, Any] = {"Action": action, "LogicalResourceId": "X", "ResourceType": kind}
    if action == "Modify":
        change |= {"Replacement": "False", "Scope": ["Properties"], "Details": details}
    if before is not None:
        change["BeforeContext"] = json.dumps({"Properties": before})
    if after is not None:
        change["AfterContext"] = json.dumps({"Properties": after})
    payload = {
        "ChangeSetId": "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/release/1",
        "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1",
        "StackName": "shop",
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        "Changes": [{"Type": "Resource", "ResourceChange": change}],
    }
    return reader_for("cloudformation")(json.dumps(payload).encode(), "", "production").change.effects[0]


def wider(effect: Effect) -> bool:
    return "widens-access" in effect.traits


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"PolicyName": "p", "PolicyDocument": document(*statements), "Roles": ["reader"]}


def test_a_statement_more_is_wider_and_one_less_is_not() -> None:
    more = changed("AWS::IAM::Policy", policy(READ), policy(READ, WRITE))
    less = changed("AWS::IAM::Policy", policy(READ, WRITE), policy(READ))

    assert wider(more)
    assert "`PolicyDocument` allows more" in more.cause
    assert not wider(less)


def test_a_denial_that_goes_is_wider_and_one_that_comes_is_not() -> None:
    assert wider(changed("AWS::IAM::Policy", policy(READ, NEVER), policy(READ)))
    assert not wider(changed("AWS::IAM::Policy", policy(READ), policy(READ, NEVER)))


def test_documents_inside_of_a_list_are_compared_too() -> None:
    def role(*statements: dict[str, Any]) -> dict[str, Any]:
        return {"Policies": [{"PolicyName": "p", "PolicyDocument": document(*statements)}]}

    assert wider(changed("AWS::IAM::Role", role(READ), role(WRITE)))
    assert not wider(changed("AWS::IAM::Role", role(READ, WRITE), role(WRITE)))


def test_taking_the_last_document_away_is_wider_since_it_may_have_denied() -> None:
    before = {"Policies": [{"PolicyName": "p", "PolicyDocument": document(NEVER)}]}

    assert wider(changed("AWS::IAM::Role", before, {"Policies": []}))
    assert wider(changed("AWS::IAM::Role", before, {}))


def test_another_policy_attached_is_wider_and_one_detached_is_not() -> None:
    one, two = {"ManagedPolicyArns": ["arn:a"]}, {"ManagedPolicyArns": ["arn:a", "arn:b"]}

    assert wider(changed("AWS::IAM::Role", one, two))
    assert not wider(changed("AWS::IAM::Role", two, one))


def test_what_is_not_compared_is_wider_unless_it_is_harmless() -> None:
    assert wider(changed("AWS::IAM::Role", {"MaxSessionDuration": 3600}, {"MaxSessionDuration": 43200}))
    assert not wider(changed("AWS::IAM::Role", {"Description": "a"}, {"Description": "b"}))


def test_without_values_a_change_of_authority_is_wider() -> None:
    assert wider(changed("AWS::IAM::Role", None, None))


def test_what_only_the_execution_tells_is_wider() -> None:
    after = {**policy(READ), "PolicyDocument": "{{changeSet:KNOWN_AFTER_APPLY}}"}

    assert wider(changed("AWS::IAM::Policy", policy(READ), after))


def test_a_document_that_cannot_be_read_is_wider() -> None:
    after = {**policy(READ), "PolicyDocument": "not json"}

    assert wider(changed("AWS::IAM::Policy", policy(READ), after))


def test_the_policy_of_a_key_counts_though_a_key_is_no_policy() -> None:
    narrow, open_ = {"KeyPolicy": document(READ)}, {"KeyPolicy": document(READ, WORLD)}

    assert wider(changed("AWS::KMS::Key", narrow, open_))
    assert not wider(changed("AWS::KMS::Key", open_, narrow))
    assert wider(changed("AWS::KMS::Key", None, open_, "Add"))
    assert not wider(changed("AWS::KMS::Key", None, narrow, "Add"))


@pytest.mark.parametrize("depth", [30, 300])
def test_what_is_nested_too_deeply_to_be_compared_is_wider(depth: int) -> None:
    value: object = {"PolicyDocument": document(READ)}
    for _ in range(depth):
        value = [value]

    assert wider(changed("AWS::IAM::Role", {"Policies": []}, {"Policies": value}))


def test_a_policy_is_not_hidden_by_what_looks_like_a_value_that_nobody_may_see() -> None:
    """Whoever writes four stars into a description has the whole property taken out, with all that it allows."""
    starred = {"KeyPolicy": document({**WORLD, "Sid": "****"})}

    assert wider(changed("AWS::KMS::Key", None, starred, "Add"))
    assert wider(changed("AWS::KMS::Key", {"KeyPolicy": document(READ)}, starred))
    assert "not known" in changed("AWS::KMS::Key", None, starred, "Add").cause


@pytest.mark.parametrize(
    ("kind", "name", "opening", "closed"),
    [
        ("AWS::RDS::DBInstance", "PubliclyAccessible", True, False),
        ("AWS::RDS::DBInstance", "PubliclyAccessible", "true", "false"),
        ("AWS::S3::Bucket", "AccessControl", "PublicRead", "Private"),
        ("AWS::Lambda::Url", "AuthType", "NONE", "AWS_IAM"),
    ],
)
def test_a_switch_that_opens_is_wider_and_one_that_closes_is_not(
    kind: str, name: str, opening: object, closed: object
) -> None:
    assert wider(changed(kind, {name: closed}, {name: opening}))
    assert wider(changed(kind, None, {name: opening}, "Add"))
    assert not wider(changed("AWS::S3::Bucket", {name: opening}, {name: closed}))


def test_a_block_of_public_access_that_is_turned_off_is_wider() -> None:
    on, off = ({"PublicAccessBlockConfiguration": {"BlockPublicPolicy": value}} for value in (True, False))

    assert wider(changed("AWS::S3::Bucket", on, off))
    assert not wider(changed("AWS::S3::Bucket", None, off, "Add"))


def test_another_rule_lets_in_more_and_one_less_does_not() -> None:
    one = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}
    wide = {**one, "ToPort": 65535}

    assert wider(changed("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": [one]}, {"SecurityGroupIngress": [wide]}))
    assert not wider(
        changed("AWS::EC2::SecurityGroup", {"SecurityGroupIngress": [one, wide]}, {"SecurityGroupIngress": [one]})
    )


def test_what_is_taken_away_or_only_tagged_is_not_wider() -> None:
    assert not wider(changed("AWS::IAM::Policy", policy(READ), None, "Remove"))
    tags = [{"Tags": [{"Key": "a", "Value": value}]} for value in ("1", "2")]
    assert not wider(changed("AWS::IAM::Role", tags[0], tags[1]))


def test_rules_are_compared_as_rules() -> None:
    one = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}
    group, entry = "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkAclEntry"
    deny = {"RuleNumber": 90, "Protocol": 6, "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}

    def ingress(*rules: dict[str, Any]) -> dict[str, Any]:
        return {"SecurityGroupIngress": list(rules)}

    assert not wider(changed(group, ingress({**one, "FromPort": "0", "ToPort": "65535"}), ingress(one)))
    assert not wider(changed(group, ingress(one), ingress({**one, "Description": "https"})))
    assert wider(changed(group, ingress(one), ingress({"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"})))
    assert wider(changed(group, {"SecurityGroupEgress": [one]}, {"SecurityGroupEgress": [{**one, "CidrIp": "::/0"}]}))
    assert not wider(changed(group, None, ingress(one), "Add"))
    assert wider(changed(group, None, ingress({**one, "CidrIp": "0.0.0.0/0"}), "Add"))
    assert wider(changed("AWS::EC2::SecurityGroupIngress", None, {"GroupId": "sg-1", **one}, "Add"))
    assert wider(changed(entry, deny, None, "Remove"))
    assert wider(changed(entry, deny, {**deny, "RuleAction": "allow"}))
    assert not wider(changed(entry, None, deny, "Add"))
    assert wider(changed(group, ingress(one), {"SecurityGroupIngress": "{{changeSet:KNOWN_AFTER_APPLY}}"}))
    assert wider(changed(group, None, None))


def test_what_denied_and_goes_is_wider() -> None:
    assert wider(changed("AWS::S3::BucketPolicy", {"PolicyDocument": document(READ, NEVER)}, None, "Remove"))
    assert not wider(changed("AWS::S3::BucketPolicy", {"PolicyDocument": document(READ)}, None, "Remove"))


def test_what_runs_as_another_one_or_comes_under_other_rules_is_wider() -> None:
    function, instance = "AWS::Lambda::Function", "AWS::EC2::Instance"

    assert wider(changed(function, {"Role": "arn:a"}, {"Role": "arn:b"}))
    assert not wider(changed(function, None, {"Role": "arn:a"}, "Add"))
    assert not wider(changed(function, {"Role": "arn:a"}, {"Role": "{{changeSet:KNOWN_AFTER_APPLY}}"}))
    assert wider(changed(instance, {"SecurityGroupIds": ["a"]}, {"SecurityGroupIds": ["a", "b"]}))
    assert not wider(changed(instance, {"SecurityGroupIds": ["a", "b"]}, {"SecurityGroupIds": ["a"]}))


def test_a_load_balancer_that_comes_to_face_the_internet_is_wider_and_a_new_one_is_not() -> None:
    kind = "AWS::ElasticLoadBalancingV2::LoadBalancer"

    assert wider(changed(kind, {"Scheme": "internal"}, {"Scheme": "internet-facing"}))
    assert not wider(changed(kind, None, {"Scheme": "internet-facing"}, "Add"))


def route(**more: str) -> dict[str, str]:
    return {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", **more}


def test_a_route_is_wider_by_where_it_leads() -> None:
    later = "{{changeSet:KNOWN_AFTER_APPLY}}"
    kind = "AWS::EC2::Route"

    assert wider(changed(kind, None, route(GatewayId="igw-1"), "Add"))
    assert wider(changed(kind, None, route(GatewayId=later), "Add"))
    assert wider(changed(kind, route(NatGatewayId="nat-1"), route(GatewayId="igw-1")))
    assert wider(changed(kind, route(NatGatewayId="nat-1"), route(GatewayId=later)))
    assert not wider(changed(kind, None, route(NatGatewayId="nat-1"), "Add"))
    assert not wider(changed(kind, None, route(NatGatewayId=later), "Add"))
    assert not wider(changed(kind, route(GatewayId="igw-1"), route(NatGatewayId="nat-1")))


def test_what_joins_two_networks_is_wider_and_what_parts_them_is_not() -> None:
    both = {"VpcId": "vpc-1", "PeerVpcId": "vpc-2"}

    assert wider(changed("AWS::EC2::VPCPeeringConnection", None, both, "Add"))
    assert not wider(changed("AWS::EC2::VPCPeeringConnection", both, None, "Remove"))
