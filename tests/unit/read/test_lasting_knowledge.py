"""The tables of what lasts: strict, without contradiction, and every row does what it says."""

from __future__ import annotations

import re
from collections import Counter

import msgspec
import pytest
from lasting_shapes import KINDS, TECHNOLOGIES, missing, path_of, put, shape, sides, type_of

from interlock.model.wayback import REVERSIBILITIES
from interlock.read.lasting.kinds import TABLES, Condition, Evidence, Kind, Table, Update, guards, kind_of, table
from interlock.read.lasting.lasting import judge

TERRAFORM_PATH = re.compile(r"@policy|[a-z][a-z0-9_]*(\.[a-z][A-Za-z0-9_]*)*")
CLOUDFORMATION_PATH = re.compile(r"[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*")


def ids(case: object) -> str:
    return f"{case[0]}:{case[1].name}" if isinstance(case, tuple) else str(case)


def rules(kind: Kind) -> list[Condition]:
    inner = [row for update in kind.updates for row in update.evidence]
    return [condition for row in (*kind.evidence, *inner) for condition in row.when]


def paths(kind: Kind) -> set[str]:
    """Every attribute that the kind speaks of."""
    return (
        {condition.at for condition in rules(kind)}
        | {update.at for update in kind.updates}
        | {at for group in kind.groups for at in group.at}
        | {field for way in kind.gentler for field in way.fields}
        | set(kind.shows)
    )


def texts(kind: Kind) -> list[str]:
    inner = [row for update in kind.updates for row in update.evidence]
    return [
        kind.loses,
        kind.reuse,
        *(text for row in (*kind.evidence, *inner) for text in (row.says, row.lift, row.step)),
        *(update.says for update in kind.updates),
        *(way.way for way in kind.gentler),
        *([kind.create.why] if kind.create else []),
    ]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_strict(name: str) -> None:
    raw = msgspec.json.encode(table(name))

    assert msgspec.json.decode(raw, type=Table) == table(name)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw.replace(b'"loses"', b'"looses"', 1), type=Table)


def test_a_type_and_a_name_stand_in_one_row() -> None:
    types = Counter(type_ for _, kind in KINDS for type_ in (*kind.terraform, *kind.cloudformation))
    names = Counter((file, kind.name) for file, kind in KINDS)

    assert [type_ for type_, count in (types + names).items() if count > 1] == []


@pytest.mark.parametrize("case", KINDS, ids=ids)
def test_every_type_is_found_where_it_is_looked_for(case: tuple[str, Kind]) -> None:
    _, kind = case

    assert kind.terraform or kind.cloudformation
    assert all(kind_of("terraform", type_) is kind for type_ in kind.terraform)
    assert all(kind_of("cloudformation", type_) is kind for type_ in kind.cloudformation)


@pytest.mark.parametrize("case", KINDS, ids=ids)
def test_a_row_names_its_source_and_well_formed_attributes(case: tuple[str, Kind]) -> None:
    _, kind = case

    assert len(kind.source) > 10
    assert kind.loses
    assert [at for at in paths(kind) if not TERRAFORM_PATH.fullmatch(at)] == []
    assert [at for at in kind.attributes.values() if not CLOUDFORMATION_PATH.fullmatch(at)] == []
    assert set(kind.attributes) <= paths(kind)
    assert not kind.attributes or kind.cloudformation
    assert all(re.fullmatch(r"[A-Za-z0-9]+(::[A-Za-z0-9]+)+", type_) for type_ in kind.cloudformation)


@pytest.mark.parametrize("case", KINDS, ids=ids)
def test_a_rule_asks_one_thing_and_speaks_plainly(case: tuple[str, Kind]) -> None:
    _, kind = case

    for condition in rules(kind):
        assert [bool(condition.equals), condition.least is not None, condition.present].count(True) == 1
    for update in kind.updates:
        assert bool(update.to) == (update.does in ("becomes", "newly"))
        assert update.says
    for text in filter(None, texts(kind)):
        assert not text.endswith("."), text
        assert "  " not in text
        assert len(text) <= 200
        assert set(re.findall(r"\{([\w.]+)\}", text)) <= set(kind.shows), text


@pytest.mark.parametrize("case", KINDS, ids=ids)
def test_evidence_lowers_the_class_only_when_all_of_it_holds(case: tuple[str, Kind]) -> None:
    _, kind = case
    for technology in TECHNOLOGIES:
        type_ = type_of(kind, technology)
        for row in kind.evidence:
            whole = shape(kind, row.when, technology)
            if not type_ or whole is None or row.only not in (None, technology):
                continue
            with_it = judge(technology, type_, "delete", whole, None).way_back
            assert with_it.reversibility == wanted(kind, row), row
            assert len(with_it.evidence) >= 1
            for condition in row.when:
                for value in missing(condition):
                    broken = shape(kind, row.when, technology) or {}
                    put(broken, path_of(kind, condition.at, technology), value)
                    without = judge(technology, type_, "delete", broken, None).way_back
                    assert row.says not in without.evidence, (row, value)
                    assert without.reversibility == kind.delete or len(kind.evidence) > 1


def wanted(kind: Kind, row: Evidence) -> str:
    gives = "grace-period" if row.gives == "blocked" else row.gives
    return min(kind.delete, gives, key=REVERSIBILITIES.index)


@pytest.mark.parametrize("case", KINDS, ids=ids)
def test_a_change_that_a_row_speaks_of_is_seen(case: tuple[str, Kind]) -> None:
    _, kind = case
    for technology in TECHNOLOGIES:
        type_ = type_of(kind, technology)
        for row in kind.updates:
            both = sides(kind, row, technology)
            if not type_ or both is None or row.only not in (None, technology):
                continue
            found = judge(technology, type_, "update", *both)
            assert set(row.traits) <= set(found.traits), row
            assert REVERSIBILITIES.index(found.way_back.reversibility or "none-needed") >= REVERSIBILITIES.index(
                row.reversibility if not row.evidence else "exact-inverse"
            )
            if row.verdict != "valid":
                assert row.says in found.way_back.why
            backwards = judge(technology, type_, "update", both[0], both[0])
            assert backwards.traits == (), row
            assert backwards.way_back.verdict == "valid"


def test_every_row_of_evidence_can_be_reached_by_some_technology() -> None:
    lost = [
        (file, kind.name, row.says)
        for file, kind in KINDS
        for row in kind.evidence
        if not any(
            type_of(kind, technology) and shape(kind, row.when, technology) is not None
            for technology in TECHNOLOGIES
            if row.only in (None, technology)
        )
    ]

    assert lost == []


@pytest.mark.parametrize(
    "type_",
    ["aws_db_instance", "aws_rds_cluster", "aws_dynamodb_table", "aws_s3_bucket", "aws_ebs_volume",
     "aws_efs_file_system",
     "aws_secretsmanager_secret", "aws_cloudwatch_log_group", "aws_sqs_queue", "aws_cognito_user_pool",
     "aws_route53_zone",
     "google_sql_database_instance", "google_storage_bucket", "google_bigquery_dataset", "google_spanner_database",
     "google_filestore_instance", "google_container_cluster", "azurerm_mssql_server", "azurerm_managed_disk",
     "azurerm_key_vault", "azurerm_resource_group", "azurerm_kubernetes_cluster", "kubernetes_namespace",
     "kubernetes_persistent_volume_claim_v1", "helm_release", "mongodbatlas_cluster", "postgresql_database",
     "github_repository", "tls_private_key", "random_password"],
)  # fmt: skip
def test_what_holds_data_is_lost_for_good_without_evidence(type_: str) -> None:
    found = judge("terraform", type_, "delete", {}, None)

    assert found.known
    assert found.way_back.reversibility == "irreversible"
    assert found.way_back.verdict == "invalid"


@pytest.mark.parametrize(
    "type_",
    ["aws_security_group_rule", "aws_iam_role_policy_attachment", "aws_lb_listener", "google_project_iam_member",
     "google_compute_firewall", "azurerm_role_assignment", "azurerm_subnet", "kubernetes_deployment", "terraform_data",
     "null_resource", "time_sleep", "local_file"],
)  # fmt: skip
def test_what_holds_nothing_is_made_again(type_: str) -> None:
    found = judge("terraform", type_, "delete", {}, None)

    assert found.way_back.reversibility in ("exact-inverse", "disruptive-inverse")
    assert found.traits == ()


@pytest.mark.parametrize("row", guards().updates, ids=lambda row: row.at)
def test_whatever_guards_something_and_is_switched_off_loses_protection(row: Update) -> None:
    for _, kind in KINDS:
        both = sides(kind, row, "terraform")
        if not kind.terraform or both is None or row.at in paths(kind):
            continue
        traits = judge("terraform", kind.terraform[0], "update", *both).traits
        assert ("loses-protection" in traits) is kind.guards, kind.name


def test_a_create_says_more_only_where_what_it_speaks_of_is_there() -> None:
    def created(rule: dict[str, object], unknown: frozenset[str] = frozenset()) -> tuple[str, ...]:
        return judge(
            "terraform", "aws_s3_bucket_lifecycle_configuration", "create", None, {"rule": [rule]}, unknown
        ).traits

    assert created({"expiration": [{"days": 30}]}) == ("loses-data",)
    assert created({"transition": [{"days": 30}]}) == ()
    assert created({}, frozenset({"rule"})) == ("loses-data",)
