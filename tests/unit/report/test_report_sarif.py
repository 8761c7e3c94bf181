"""SARIF: the shape that the standard asks for, levels, and fingerprints that find a result again."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta
from report_words import EVIL, evil, subject

from interlock.model.assessment import Finding
from interlock.report.sarif import FINGERPRINT, SCORES, sarif


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """Objects of the standard allow no property that it does not name."""


class Text(Strict):
    text: Annotated[str, Meta(min_length=1)]


class ArtifactLocation(Strict):
    uri: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._~/%-]+$")]


class Region(Strict):
    startLine: Annotated[int, Meta(ge=1)]


class PhysicalLocation(Strict):
    artifactLocation: ArtifactLocation
    region: Region


class LogicalLocation(Strict):
    fullyQualifiedName: str
    kind: str


class Location(Strict):
    physicalLocation: PhysicalLocation
    logicalLocations: list[LogicalLocation] = []


class Result(Strict):
    ruleId: str
    ruleIndex: Annotated[int, Meta(ge=0)]
    level: Literal["none", "note", "warning", "error"]
    message: Text
    locations: list[Location]
    partialFingerprints: dict[str, str]
    properties: dict[str, Any]


class Configuration(Strict):
    level: Literal["none", "note", "warning", "error"]


class Rule(Strict):
    id: str
    shortDescription: Text
    defaultConfiguration: Configuration
    properties: dict[str, Any]
    helpUri: Annotated[str, Meta(pattern="^https://")] = "https://"


class Driver(Strict):
    name: str
    semanticVersion: Annotated[str, Meta(pattern=r"^\d+\.\d+\.\d+")]
    rules: list[Rule]


class Tool(Strict):
    driver: Driver


class Run(Strict):
    tool: Tool
    columnKind: Literal["utf16CodeUnits", "unicodeCodePoints"]
    results: list[Result]
    properties: dict[str, Any]


class Log(Strict, rename={"schema": "$schema"}):
    schema: str
    version: Literal["2.1.0"]
    runs: Annotated[list[Run], Meta(min_length=1, max_length=1)]


def finding(where: str, severity: str = "high", message: str = "it is lost", id: str = "loses-data") -> Finding:
    return Finding(id, severity, "high", message, where, "take a copy")  # type: ignore[arg-type]  # one of the words


def run(*findings: Finding, outcome: str = "hold", plan: str = "plan.json", docs: str = "") -> Run:
    text = sarif(subject(findings=findings, outcome=outcome), plan, "0.1.0", docs)
    return msgspec.json.decode(text, type=Log).runs[0]


def test_it_has_the_shape_of_the_standard_whatever_the_names_are() -> None:
    log = msgspec.json.decode(sarif(evil(), f"a b/{EVIL}.json", "0.1.0", "https://docs.example"), type=Log)

    assert log.schema == "https://json.schemastore.org/sarif-2.1.0.json"


def test_a_result_names_its_rule_by_name_and_place() -> None:
    found = run(finding("change 1: db"), finding("change 2: x", "low", id="many-rows"))

    assert all(found.tool.driver.rules[result.ruleIndex].id == result.ruleId for result in found.results)
    assert [rule.id for rule in found.tool.driver.rules] == ["loses-data", "many-rows", "policy/destroy-needs-two"]


@pytest.mark.parametrize(
    ("severity", "level"),
    [("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "note"), ("info", "note")],
)
def test_levels_follow_severity(severity: str, level: str) -> None:
    found = run(finding("x", severity), outcome="allow")

    assert found.results[0].level == level
    assert found.tool.driver.rules[0].properties["security-severity"] == SCORES[severity]  # type: ignore[index]  # a word


def test_a_rule_is_as_grave_as_the_worst_that_was_found_of_it() -> None:
    found = run(finding("a", "low"), finding("b", "critical"), finding("c", "info"), outcome="allow")

    assert found.tool.driver.rules[0].defaultConfiguration.level == "error"
    assert [result.level for result in found.results] == ["note", "error", "note"]


def test_a_held_plan_is_a_result_even_without_a_finding_and_an_allowed_one_is_none() -> None:
    held, allowed = run(), run(outcome="allow")

    assert [(one.ruleId, one.level) for one in held.results] == [("policy/destroy-needs-two", "warning")]
    assert "lifted by approval 2 sre" in held.results[0].message.text
    assert allowed.results == []


def test_the_fingerprint_stays_when_the_plan_is_numbered_anew_and_figures_change() -> None:
    before = run(finding("change 3: db", message="3 rows are lost"), outcome="allow")
    after = run(finding("change 9: db", message="4 rows are lost"), outcome="allow")

    assert before.results[0].partialFingerprints == after.results[0].partialFingerprints


def test_different_things_and_doubled_ones_have_fingerprints_of_their_own() -> None:
    found = run(finding("change 1: a"), finding("change 2: b"), finding("change 1: a"), outcome="allow")

    assert len({result.partialFingerprints[FINGERPRINT] for result in found.results}) == 3


def test_the_place_is_the_file_that_was_judged_as_an_address() -> None:
    place = run(finding("change 1: db"), plan="infra/my plan.json").results[-1].locations[0]

    assert place.physicalLocation.artifactLocation.uri == "infra/my%20plan.json"
    assert place.logicalLocations[0].fullyQualifiedName == "change 1: db"


def test_a_rule_leads_to_its_page_where_somebody_serves_the_pages() -> None:
    with_pages, without = run(finding("x"), docs="https://docs.example/"), run(finding("x"))

    assert with_pages.tool.driver.rules[0].helpUri == "https://docs.example/findings/loses-data.md"
    assert without.tool.driver.rules[0].helpUri == "https://"  # the shape's own default: it is not there


def test_it_is_bounded_as_code_scanning_is() -> None:
    assert len(run(*[finding(f"x{n}") for n in range(6_000)]).results) == 5_000


def test_it_is_plain_ascii_and_carries_digest_and_outcome() -> None:
    text = sarif(evil(), "plan.json", "0.1.0")

    assert text.isascii()
    assert json.loads(text)["runs"][0]["properties"]["digest"] == "d" * 64
    assert json.loads(text)["runs"][0]["properties"]["outcome"] == "hold"


def test_a_name_that_reads_as_a_link_leads_nowhere() -> None:
    (result,) = run(
        finding("change 1: x", message="`[see here](https://evil.example/x)` is lost"), outcome="allow"
    ).results

    assert "](" not in result.message.text
    assert "[see here] (https://evil.example/x)" in result.message.text
