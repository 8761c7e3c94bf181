"""Settings that guard something by their value: parameters, flags, labels; and the table that they stand in."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from interlock.read.lasting.kinds import Technology, kind_of
from interlock.read.lasting.lasting import judge
from interlock.read.lasting.settings import settings

PG, MY, DOC = (
    "aws_db_parameter_group",
    "azurerm_mysql_flexible_server_configuration",
    "aws_docdb_cluster_parameter_group",
)
SQL, SPACE, ZONE = "google_sql_database_instance", "kubernetes_namespace_v1", "cloudflare_zone_setting"
ENFORCE = "pod-security.kubernetes.io/enforce"


def parameters(**values: str) -> dict[str, Any]:
    return {"parameter": [{"name": name.replace("__", "."), "value": value} for name, value in values.items()]}


def flags(**values: str) -> dict[str, Any]:
    return {"settings": [{"database_flags": [{"name": name, "value": value} for name, value in values.items()]}]}


def labels(value: str = "", **more: str) -> dict[str, Any]:
    return {"metadata": [{"name": "shop", "labels": {**({ENFORCE: value} if value else {}), **more}}]}


WEAKER: list[tuple[str, Any, Any]] = [
    (PG, parameters(rds__force_ssl="1"), parameters(rds__force_ssl="0")),
    (PG, parameters(rds__force_ssl="1"), parameters(work_mem="1")),
    (PG, parameters(), parameters(rds__force_ssl="0")),
    (PG, parameters(log_statement="all"), parameters(log_statement="ddl")),
    (PG, parameters(log_statement="all"), parameters(log_statement="odd")),
    (PG, parameters(pgaudit__log="ddl,write"), parameters(pgaudit__log="ddl")),
    (PG, parameters(pgaudit__log="all"), parameters(pgaudit__log="none")),
    (PG, parameters(shared_preload_libraries="pgaudit,x"), parameters(shared_preload_libraries="x")),
    (DOC, parameters(tls="enabled"), parameters(tls="disabled")),
    (DOC, parameters(), parameters(tls="disabled")),
    (MY, {"name": "require_secure_transport", "value": "ON"}, {"name": "require_secure_transport", "value": "OFF"}),
    (MY, None, {"name": "require_secure_transport", "value": "OFF"}),
    (SQL, flags(log_connections="on"), flags(log_connections="off")),
    (SQL, flags(log_connections="on"), flags()),
    (SPACE, labels("restricted"), labels("privileged")),
    (SPACE, labels("restricted"), labels("baseline")),
    (SPACE, labels("baseline"), labels()),
    (ZONE, {"setting_id": "ssl", "value": "strict"}, {"setting_id": "ssl", "value": "flexible"}),
    ("google_compute_project_metadata", {"metadata": {"serial-port-enable": "FALSE"}},
     {"metadata": {"serial-port-enable": "TRUE"}}),
]  # fmt: skip
SAME: list[tuple[str, Any, Any]] = [
    (PG, parameters(work_mem="1"), parameters(work_mem="2")),
    (PG, parameters(rds__force_ssl="0"), parameters(rds__force_ssl="1")),
    (PG, parameters(rds__force_ssl="1"), parameters(rds__force_ssl="true", work_mem="1")),
    (PG, parameters(log_statement="ddl"), parameters(log_statement="all")),
    (PG, parameters(pgaudit__log="ddl"), parameters(pgaudit__log="ddl,write")),
    (PG, parameters(pgaudit__log="ddl"), parameters(pgaudit__log="all")),
    (PG, parameters(shared_preload_libraries="pgaudit,x"), parameters(shared_preload_libraries="pgaudit")),
    (PG, None, parameters(rds__force_ssl="0")),
    (MY, {"name": "wait_timeout", "value": "1"}, {"name": "wait_timeout", "value": "2"}),
    (MY, None, {"name": "require_secure_transport", "value": "ON"}),
    (MY, None, {"name": "audit_log_enabled", "value": "ON"}),
    (SPACE, labels("baseline"), labels("restricted")),
    (SPACE, labels("restricted"), labels("restricted", team="shop")),
    (SPACE, labels(), labels("restricted")),
    (ZONE, {"setting_id": "brotli", "value": "on"}, {"setting_id": "brotli", "value": "off"}),
]  # fmt: skip


def loses(kind: str, before: Any, after: Any, unknown: frozenset[str] = frozenset()) -> bool:
    found = judge("terraform", kind, "create" if before is None else "update", before, after, unknown)
    return "loses-protection" in found.traits and bool(found.way_back.loses)


@pytest.mark.parametrize(("kind", "before", "after"), WEAKER)
def test_a_setting_that_becomes_weaker_takes_a_protection_off(kind: str, before: Any, after: Any) -> None:
    assert loses(kind, before, after)


@pytest.mark.parametrize(("kind", "before", "after"), SAME)
def test_a_setting_that_guards_as_much_takes_nothing_off(kind: str, before: Any, after: Any) -> None:
    assert not loses(kind, before, after)


def test_a_setting_that_only_the_apply_tells_may_be_off() -> None:
    strong = parameters(rds__force_ssl="1")

    assert loses(PG, strong, {}, frozenset({"parameter"}))
    assert not loses(PG, strong, strong, frozenset({"arn"}))
    assert not loses(PG, parameters(work_mem="1"), {}, frozenset({"parameter"}))


def test_change_sets_hold_parameters_as_a_map_or_as_a_list() -> None:
    group, cluster = "AWS::RDS::DBParameterGroup", "AWS::Redshift::ClusterParameterGroup"
    strong, weak = ({"Parameters": {"rds.force_ssl": value}} for value in ("1", "0"))
    listed = [{"Parameters": [{"ParameterName": "require_ssl", "ParameterValue": each}]} for each in ("true", "false")]

    assert "loses-protection" in judge("cloudformation", group, "update", strong, weak).traits
    assert "loses-protection" in judge("cloudformation", cluster, "update", *listed).traits
    assert judge("cloudformation", group, "update", weak, strong).traits == ()


def test_what_is_made_anew_loses_the_protections_that_its_new_definition_lacks() -> None:
    old, new = {"name": "fast", "reclaim_policy": "Retain"}, {"name": "fast", "reclaim_policy": "Delete"}

    assert judge("terraform", "kubernetes_storage_class_v1", "replace", old, new).traits == ("loses-protection",)
    assert judge("terraform", "kubernetes_storage_class_v1", "replace", new, old).traits == ()
    later = frozenset({"reclaim_policy"})
    assert judge("terraform", "kubernetes_storage_class_v1", "replace", old, {"name": "fast"}, later).traits == ()


@pytest.mark.parametrize(
    ("was", "becomes", "lost"),
    [
        ("604800s", "600s", True),
        ("600s", "604800s", False),
        ("7d", "1h", True),
        ("3600s", "1h", False),
        ("600s", "", True),
        ("odd", "600s", True),
    ],
)
def test_times_are_compared_as_times(was: str, becomes: str, *, lost: bool) -> None:
    before, after = ({"message_retention_duration": each} for each in (was, becomes))
    found = judge("terraform", "google_pubsub_subscription", "update", before, after)

    assert ("loses-data" in found.traits) is lost


@pytest.mark.parametrize(
    ("statement", "lost"),
    [
        ("DROP TABLE a", True),
        ("drop table if exists a", True),
        ("ALTER TABLE a DROP COLUMN b", True),
        ("DROP INDEX by_name", False),
        ("DROP INDEX IF EXISTS by_name", False),
        ("ALTER TABLE a ALTER COLUMN b DROP DEFAULT", False),
        ("CREATE TABLE dropped (id INT64) PRIMARY KEY (id)", False),
    ],
)
def test_a_new_statement_that_drops_rows_loses_them(statement: str, *, lost: bool) -> None:
    before = {"ddl": ["CREATE TABLE a (id INT64) PRIMARY KEY (id)", "DROP TABLE older"]}
    found = judge("terraform", "google_spanner_database", "update", before, {"ddl": [*before["ddl"], statement]})

    assert ("loses-data" in found.traits) is lost
    assert (found.way_back.reversibility == "irreversible") is lost


def test_the_table_of_settings_is_without_contradiction() -> None:
    names = Counter(name for each in settings().settings for name in each.names)
    both: tuple[tuple[Technology, Any], ...] = (("terraform", "terraform"), ("cloudformation", "cloudformation"))
    types = Counter(
        (tech, type_) for each in settings().lists for tech, field in both for type_ in getattr(each, field)
    )

    assert [each for each, count in (names + Counter(str(each) for each in types)).items() if count > 1] == []
    assert [type_ for tech, type_ in types if kind_of(tech, type_) is None] == []
    for setting in settings().settings:
        assert setting.says
        assert len(setting.order) != 1
        assert bool(setting.order) != bool(setting.only)
        assert all(name == name.lower() for name in setting.names)
    for listed in settings().lists:
        assert bool(listed.name) == bool(listed.value)
        assert listed.name or listed.map
        assert listed.standing | listed.unsure <= names.keys()
