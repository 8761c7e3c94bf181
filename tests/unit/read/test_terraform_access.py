"""Whether a change widens access, by what its attributes say before and after; and the knowledge that this rests on."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from interlock.model.change import TRAITS, VERBS
from interlock.read.terraform import naming, text
from interlock.read.terraform.access import access, widens
from interlock.read.terraform.code import code

KNOWLEDGE = Path(naming.__file__).with_name("knowledge")


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Statement": list(statements)})


def ingress(*networks: str) -> dict[str, object]:
    return {"ingress": [{"cidr_blocks": [*networks]}]}


def pod(**more: object) -> dict[str, object]:
    return {"spec": [{"template": [{"spec": [{"container": [{"image": "web:1"}], **more}]}]}]}


def manifest(kind: str, **spec: object) -> dict[str, object]:
    return {"manifest": {"kind": kind, "metadata": {"name": "web"}, "spec": spec}}


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "a"}
EVERY = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
PUBLIC = {"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*"}
LIMITED = {**READ, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}

WIDER: list[tuple[str, Any, Any]] = [
    ("aws_security_group", ingress(), ingress("::/0")),
    ("aws_security_group", {"ingress": []}, ingress("10.0.0.0/8")),
    ("aws_security_group", ingress("10.0.0.0/9"), ingress("10.0.0.0/8")),
    ("azurerm_network_security_rule", {"source_address_prefix": "10.0.0.1"}, {"source_address_prefix": "Internet"}),
    ("google_compute_firewall", {"source_ranges": ["10.0.0.0/8"]}, {"source_ranges": ["nonsense"]}),
    ("aws_eks_cluster", {"v": [{"endpoint_public_access": False}]}, {"v": [{"endpoint_public_access": True}]}),
    ("aws_db_instance", {"publicly_accessible": None}, {"publicly_accessible": True}),
    ("aws_s3_bucket", {"acl": "private"}, {"acl": "public-read"}),
    ("aws_s3_bucket_public_access_block", {"block_public_acls": True}, {"block_public_acls": False}),
    ("aws_iam_policy", {"policy": policy(READ)}, {"policy": policy(READ, EVERY)}),
    ("aws_iam_policy", {"policy": policy(LIMITED)}, {"policy": policy(READ)}),
    ("aws_iam_policy", {"policy": policy(READ, DENY)}, {"policy": policy(READ)}),
    ("aws_iam_policy", {"policy": policy(READ)}, {"policy": "not JSON"}),
    ("aws_iam_role", {"assume_role_policy": policy(READ)}, {"assume_role_policy": policy(PUBLIC)}),
    ("google_project_iam_binding", {"members": ["user:a"]}, {"members": ["user:a", "user:b"]}),
    ("azurerm_role_assignment", {"role_definition_name": "Reader"}, {"role_definition_name": "Owner"}),
    ("kubernetes_role_v1", {"rule": [{"verbs": ["get"]}]}, {"rule": [{"verbs": ["get", "delete"]}]}),
    ("aws_iam_policy", None, {"policy": policy(EVERY)}),
    ("aws_s3_bucket_policy", None, {"policy": policy(PUBLIC)}),
    ("aws_security_group", None, ingress("0.0.0.0/0")),
    ("aws_security_group_rule", None, {"type": "ingress", "cidr_blocks": ["10.0.0.0/8"]}),
    ("aws_lambda_permission", None, {"principal": "s3.amazonaws.com"}),
    ("kubernetes_cluster_role_binding", None, {}),
    ("aws_sqs_queue", {"policy": policy(READ)}, {"policy": policy(PUBLIC)}),
    ("aws_s3_bucket_policy", None, {"policy": policy({**READ, "Principal": {"AWS": "1"}})}),
    ("aws_instance", {"vpc_security_group_ids": ["sg-1"]}, {"vpc_security_group_ids": ["sg-1", "sg-2"]}),
    ("aws_instance", {"iam_instance_profile": "app"}, {"iam_instance_profile": "admin"}),
    ("aws_lambda_function", {"role": "a"}, {"role": "b"}),
    ("aws_lb", {"internal": True}, {"internal": False}),
    ("aws_s3_bucket_acl", {"grant": [{"id": "a"}]}, {"grant": [{"id": "a"}, {"uri": "everybody"}]}),
    ("google_bigquery_dataset", {"access": [{"role": "OWNER"}]}, {"access": [{"role": "OWNER"}, {"role": "READER"}]}),
    ("azurerm_role_definition", {"permissions": [{"actions": ["*"], "not_actions": ["a/x"]}]},
     {"permissions": [{"actions": ["*"], "not_actions": []}]}),
    ("azurerm_role_definition", {"permissions": [{"actions": ["a/read"]}]}, {"permissions": [{"actions": ["*"]}]}),
    ("azurerm_key_vault", {"network_acls": [{"default_action": "Deny"}]},
     {"network_acls": [{"default_action": "Allow"}]}),
    ("postgresql_role", {"superuser": False}, {"superuser": True}),
    ("github_team_repository", None, {"permission": "admin"}),
    ("github_team_repository", {"permission": "pull"}, {"permission": "admin"}),
    ("snowflake_grant_account_role", None, {"role_name": "r"}),
    ("kubernetes_deployment_v1", pod(), pod(volume=[{"host_path": [{"path": "/"}]}])),
    ("kubernetes_deployment_v1", None, pod(volume=[{"host_path": [{"path": "/"}]}])),
    ("kubernetes_deployment_v1", pod(), pod(capabilities=[{"add": ["SYS_ADMIN"]}])),
    ("kubernetes_manifest", manifest("Deployment"), manifest("Deployment", hostNetwork=True)),
    ("kubernetes_manifest", None, manifest("Pod", volumes=[{"hostPath": {"path": "/"}}])),
    ("kubernetes_manifest", None, manifest("ClusterRoleBinding")),
    ("kubernetes_manifest", {"manifest": {"kind": "Role", "rules": [{"verbs": ["get"]}]}},
     {"manifest": {"kind": "Role", "rules": [{"verbs": ["get", "delete"]}]}}),
    ("kubernetes_manifest", {"manifest": {"kind": "RoleBinding", "subjects": [{"name": "a"}]}},
     {"manifest": {"kind": "RoleBinding", "subjects": [{"name": "a"}, {"name": "b"}]}}),
    ("kubernetes_role_binding_v1", {"subject": [{"name": "a"}]}, {"subject": [{"name": "a"}, {"name": "b"}]}),
    ("vault_jwt_auth_backend_role", {"token_policies": ["app"]}, {"token_policies": ["app", "admin"]}),
    ("azurerm_container_app", {"ingress": [{"external_enabled": False}]}, {"ingress": [{"external_enabled": True}]}),
    ("aws_ecs_task_definition", {"container_definitions": json.dumps([{"name": "web", "privileged": False}])},
     {"container_definitions": json.dumps([{"name": "web", "privileged": True}])}),
    ("aws_ecs_task_definition", None,
     {"container_definitions": json.dumps([{"linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}}])}),
    ("aws_ecs_service", {"network_configuration": [{"assign_public_ip": False}]},
     {"network_configuration": [{"assign_public_ip": True}]}),
    ("azuread_application_federated_identity_credential", None, {"subject": "repo:shop/api:ref:refs/heads/main"}),
]  # fmt: skip
SAME: list[tuple[str, Any, Any]] = [
    ("aws_security_group", ingress("10.0.0.0/8"), ingress("10.1.0.0/16")),
    ("aws_security_group", ingress("10.0.0.0/8"), {"ingress": []}),
    ("aws_db_instance", {"publicly_accessible": True}, {"publicly_accessible": True}),
    ("aws_db_instance", {"publicly_accessible": True}, {"publicly_accessible": False}),
    ("aws_iam_policy", {"policy": policy(READ, EVERY)}, {"policy": policy(READ)}),
    ("aws_iam_policy", {"policy": policy(READ)}, {"policy": policy(READ, DENY)}),
    ("aws_iam_policy", {"policy": policy(READ)}, {"policy": json.dumps({"Statement": READ})}),
    ("google_project_iam_binding", {"members": ["user:a", "user:b"]}, {"members": ["user:a"]}),
    ("aws_iam_policy", None, {"policy": policy(READ)}),
    ("aws_security_group", None, ingress("10.0.0.0/8")),
    ("aws_security_group_rule", None, {"type": "egress", "cidr_blocks": ["10.0.0.0/8"]}),
    ("aws_vpc", {"cidr_block": "10.0.0.0/16"}, {"cidr_block": "10.0.0.0/8"}),
    ("aws_db_instance", None, {"publicly_accessible": False, "iam_database_authentication_enabled": False}),
    ("aws_sqs_queue", {"name": "a"}, {"name": "b"}),
    ("aws_sqs_queue", {"policy": policy(PUBLIC)}, {"policy": policy({**PUBLIC, "Principal": {"AWS": "1"}})}),
    ("aws_ecr_lifecycle_policy", {"policy": "{\"rules\": []}"}, {"policy": "{\"rules\": [1]}"}),
    ("aws_iam_role_policy", {"policy": policy(READ)}, {"policy": policy()}),
    ("aws_s3_bucket_policy", None, {"policy": policy(DENY)}),
    ("aws_kms_key", None, {"policy": policy({**READ, "Principal": {"AWS": "1"}})}),
    ("aws_organizations_policy_attachment", None, {"policy_id": "p", "target_id": "t"}),
    ("aws_instance", {"vpc_security_group_ids": ["a", "b"]}, {"vpc_security_group_ids": ["a"]}),
    ("aws_instance", None, {"vpc_security_group_ids": ["a"], "iam_instance_profile": "app"}),
    ("aws_lb", None, {"internal": False}),
    ("azurerm_key_vault", None, {"network_acls": [{"default_action": "Allow"}]}),
    ("local_file", {"content": policy(READ)}, {"content": policy(EVERY)}),
    ("kubernetes_deployment_v1", pod(), pod(volume=[{"host_path": [], "config_map": [{"name": "c"}]}])),
    ("kubernetes_deployment_v1", None, pod(capabilities=[{"add": ["NET_BIND_SERVICE"]}])),
    ("aws_ecs_task_definition", {"volume": [{"host_path": ""}]}, {"volume": [{"host_path": ""}, {"host_path": ""}]}),
    ("kubernetes_manifest", None, manifest("NetworkPolicy")),
    ("aws_ecs_task_definition", {"container_definitions": json.dumps([{"name": "web", "image": "a:1"}])},
     {"container_definitions": json.dumps([{"name": "web", "image": "a:2"}])}),
    ("aws_ecs_task_definition", {"container_definitions": "{"}, {"container_definitions": "[1"}),
    ("kubernetes_manifest", {"manifest": {"kind": "RoleBinding", "subjects": [{"name": "a"}, {"name": "b"}]}},
     {"manifest": {"kind": "RoleBinding", "subjects": [{"name": "a"}]}}),
    ("vault_jwt_auth_backend_role", {"token_policies": ["app", "admin"]}, {"token_policies": ["app"]}),
]  # fmt: skip


def why(kind: str, before: Any, after: Any, unknown: frozenset[str] = frozenset()) -> str:
    return widens(kind, "create" if before is None else "update", before, after, unknown)


@pytest.mark.parametrize(("kind", "before", "after"), WIDER)
def test_what_lets_more_in_widens(kind: str, before: Any, after: Any) -> None:
    assert why(kind, before, after)


@pytest.mark.parametrize(("kind", "before", "after"), SAME)
def test_what_lets_in_as_much_or_less_does_not(kind: str, before: Any, after: Any) -> None:
    assert why(kind, before, after) == ""


def test_what_is_only_known_later_is_taken_as_wider() -> None:
    assert "not known" in why("aws_iam_policy", {"policy": policy(READ)}, {}, frozenset({"policy"}))
    assert why("aws_iam_policy", {"policy": policy(READ)}, {"policy": policy(READ)}, frozenset({"arn"})) == ""


def test_taking_away_a_restriction_widens_and_taking_away_a_grant_does_not() -> None:
    assert widens("aws_s3_bucket_public_access_block", "delete", {}, None, frozenset())
    assert widens("aws_iam_role_policy_attachment", "delete", {}, None, frozenset()) == ""
    assert widens("aws_s3_bucket_policy", "delete", {"policy": policy(READ, DENY)}, None, frozenset())
    assert widens("aws_s3_bucket_policy", "delete", {"policy": policy(READ)}, None, frozenset()) == ""
    assert widens("kubernetes_manifest", "delete", manifest("NetworkPolicy"), None, frozenset())
    assert widens("kubernetes_manifest", "delete", manifest("ValidatingWebhookConfiguration"), None, frozenset())
    assert widens("kubernetes_manifest", "delete", manifest("ConfigMap"), None, frozenset()) == ""


def test_a_document_that_only_the_apply_tells_is_wider_where_there_was_one() -> None:
    unknown = frozenset({"policy"})

    assert why("aws_sqs_queue", {"policy": policy(READ)}, {}, unknown)
    assert why("aws_sqs_queue", {"policy": None}, {}, unknown) == ""


def test_more_networks_than_are_compared_are_taken_as_wider() -> None:
    many = [f"10.0.{n // 250}.{n % 250}/32" for n in range(300)]

    assert why("aws_eks_cluster", {"public_access_cidrs": ["10.0.0.0/8"]}, {"public_access_cidrs": many})


def test_a_reason_never_holds_a_value() -> None:
    for kind, before, after in WIDER:
        said = why(kind, before, after)
        assert not re.search(r"10\.|user:|arn|Owner|\{", said)


@pytest.mark.parametrize("pattern", [*access().grants, *access().restrictions])
def test_every_pattern_of_the_knowledge_is_one(pattern: str) -> None:
    re.compile(pattern)

    assert "*" not in pattern.replace(".*", "")


def test_the_knowledge_is_of_the_models_words_and_has_no_doubles() -> None:
    known = code()
    for runs in (*known.data.values(), *known.resources.values(), *known.provisioners.values(), known.other):
        assert runs.verb in VERBS
        assert set(runs.traits) <= set(TRAITS)
        assert runs.says
    attributes = [name for names in naming.locations().attributes.values() for name in names]
    assert len(attributes) == len(set(attributes))
    assert set(naming.locations().attributes) == {
        "account", "region", "zone", "cell", "tenant", "cluster", "key", "role", "network",
    }  # fmt: skip


def test_every_file_of_knowledge_says_what_it_is() -> None:
    for name in ("access", "code", "foreign", "locations"):
        assert msgspec.json.decode((KNOWLEDGE / f"{name}.json").read_bytes())["about"]
    assert text.MAX_BYTES


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"arn": "arn:aws:rds:eu-west-1:123456789012:db:x"}, [("account", "123456789012"), ("region", "eu-west-1")]),
        ({"arn": "arn:aws:s3:::bucket"}, []),
        ({"availability_zone": "us-east-1a"}, [("region", "us-east-1"), ("zone", "us-east-1a")]),
        ({"zone": "europe-west4-b"}, [("region", "europe-west4"), ("zone", "europe-west4-b")]),
        ({"subnet_ids": ["s-2", "s-1", 7]}, [("network", "s-1"), ("network", "s-2")]),
        ({"role": "x" * 300, "region": ""}, []),
        ({"tags": {"Cell": "c1", "Customer": "acme"}}, [("cell", "c1"), ("tenant", "acme")]),
        ({"labels": {"cell": None}}, []),
    ],
)
def test_where_a_thing_stands_is_read_from_its_values(values: Any, expected: list[tuple[str, str]]) -> None:
    assert list(naming.resource_of("a.b", "a", values, "production").location) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"b": "2", "a": True, "n": 3, "z": None, "deep": {}}, [("a", "true"), ("b", "2"), ("n", "3"), ("z", "")]),
        ([{"key": "Name", "value": "web"}, {"key": 3}], [("Name", "web")]),
        (["env:prod", "web"], [("env", "prod"), ("web", "")]),
        ("team=shop", []),
    ],
)  # fmt: skip
def test_tags_are_read_in_each_way_that_providers_write_them(tags: Any, expected: list[tuple[str, str]]) -> None:
    assert list(naming.resource_of("a.b", "a", {"tags": tags}, "production").tags) == expected


@pytest.mark.parametrize(
    ("value", "marks", "expected"),
    [
        ({"a": 1}, False, {"a": 1}),
        ({"a": 1}, None, {"a": 1}),
        ({"a": 1}, True, None),
        ({"a": 1, "b": 2}, {"a": True}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": True}}, {"a": {"c": 2}}),
        ({"l": [1, 2, 3]}, {"l": [False, True]}, {"l": [1, 3]}),
        ({"a": 1}, ["odd"], None),
        ({"a": {"b": 1}}, {"a": "odd"}, {"a": None}),
    ],
)
def test_what_is_marked_is_taken_out_and_so_is_what_is_marked_oddly(value: Any, marks: Any, expected: Any) -> None:
    assert naming.masked(value, marks) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2hunter2"),
        ("db_password", "Tr0ub4dor&3"),
        ("owner", "AKIAABCDEFGHIJKLMNOP"),
        ("url", "postgres://u:pw1234@h/x"),
    ],
)
def test_a_tag_that_looks_like_a_secret_is_no_tag(name: str, value: str) -> None:
    assert naming.resource_of("a.b", "a", {"tags": {name: value, "team": "shop"}}, "").tags == (("team", "shop"),)
