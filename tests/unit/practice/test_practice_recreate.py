"""The game day `recreate` from end to end, as the command plays it: one agent, twice, on production."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.practice.cloud.process import KEY
from interlock.practice.reporting import MONTH, STALE
from interlock.testing.process import Process, Ran

README = Path(__file__).parents[3] / "README.md"


class Played:
    """One run of the command, kept for all tests."""

    def __init__(self, folder: Path) -> None:
        self.kept, self.picture = folder / "kept", folder / "runs.svg"
        self.ran: Ran = Process(folder)("demo", "--yes", "--json", "--keep", self.kept, "--picture", self.picture)
        told: Any = self.ran.json
        self.told = told
        self.without, self.guarded = told["without"], told["with"]
        self.cases = told["cases"]

    def case(self, cause: str) -> Any:
        """The one case whose first effect comes from this operation."""
        found = [case for case in self.cases if case["change"]["effects"][0]["cause"].startswith(cause)]
        assert len(found) == 1, (cause, [case["change"]["effects"][0]["cause"] for case in self.cases])
        return found[0]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield Played(tmp_path_factory.mktemp("recreate"))


def test_it_went_as_told(played: Played) -> None:
    assert played.told["as_told"] is True
    assert played.ran.status == 0


def test_without_interlock_everything_is_lost_and_the_report_is_gone(played: Played) -> None:
    assert played.without["had"] == played.without["lost"]
    assert played.without["report"]["status"] == 500
    assert played.without["outage_seconds"] > 0


def test_with_interlock_nothing_is_lost_and_customers_notice_nothing(played: Played) -> None:
    assert dict.fromkeys(played.guarded["had"], 0) == played.guarded["lost"]
    assert played.without["had"] == played.guarded["had"]
    assert played.guarded["outage_seconds"] == 0


def test_with_interlock_the_report_is_mended_by_the_way_that_was_approved(played: Played) -> None:
    assert played.guarded["report"] == {"status": 200, "month": MONTH, "stale": False}
    assert played.guarded["said"][-1] == "done: the report is fixed"
    assert f"it shows {STALE}" in played.guarded["said"][0]


def test_the_agent_tries_the_same_things_in_both_runs(played: Played) -> None:
    tried = [[line for line in run["said"] if line.startswith("try: ")] for run in (played.without, played.guarded)]

    assert tried[0] == tried[1]


def test_the_small_fix_passes_within_its_contract_and_is_taken_back(played: Played) -> None:
    fix = played.case("s3:PutObject")

    assert (fix["state"], fix["votes"]) == ("undone", [])
    assert fix["decision"]["outcome"] == "allow"
    assert fix["assessment"]["rollback"]["simulated"] is True


def test_reads_pass_without_anybody_and_are_on_record(played: Played) -> None:
    verbs = {effect["verb"] for case in played.cases for effect in case["change"]["effects"]}

    assert verbs
    assert "read" not in verbs, "a read has no case of its own"
    assert played.told["ledger"]["entries"] > 30


def test_every_deletion_is_denied_or_was_rejected_and_shows_what_would_have_gone(played: Played) -> None:
    for cause in ("s3:DeleteObject", "cloudformation:DeleteStack", "elasticbeanstalk:RebuildEnvironment"):
        case = played.case(cause)
        assert case["state"] in ("denied", "rejected"), cause
        assert case["assessment"]["tier"] == "destroy", cause
        assert case["execution"] is None, cause


def test_the_gentler_way_is_shown(played: Played) -> None:
    findings = played.case("elasticbeanstalk:RebuildEnvironment")["assessment"]["findings"]

    assert [found["fix"] for found in findings if found["id"] == "gentler-way"]


def test_what_the_agent_is_told_names_the_case_and_the_reason(played: Played) -> None:
    refused = [line for line in played.guarded["said"] if line.startswith("refused: ")]

    assert all("AccessDenied" in line for line in refused)
    assert len(refused) == 3
    stopped = [case["case"] for case in played.cases if case["state"] in ("denied", "rejected")]
    assert [case for case in stopped if not any(case in line for line in refused)] == []


def test_only_the_approver_voted_and_never_the_operator_or_the_agent(played: Played) -> None:
    votes = [vote for case in played.cases for vote in case["votes"]]

    assert {vote["person"] for vote in votes} == {"ben"}
    approved = [case for case in played.cases if case["votes"] and case["votes"][0]["choice"] == "approve"]
    assert [case["state"] for case in approved] == ["done"] * len(approved)
    assert played.case("elasticbeanstalk:UpdateEnvironment") in approved


def test_the_record_verifies_and_an_edited_copy_does_not(played: Played) -> None:
    assert (played.told["ledger"]["verified"], played.told["ledger"]["edit_found"]) == (True, True)


def test_production_s_own_key_is_in_nothing_that_the_agent_of_the_gate_said_or_was_told(played: Played) -> None:
    said = "\n".join(played.guarded["said"])

    assert not any(part in said for part in KEY)
    assert not any(part in repr(played.cases) for part in KEY)


def pictured(page: Path) -> list[str]:
    """The lines of terminal output that a page shows; `…` stands for what it leaves out."""
    blocks = re.findall(r"```text\n(.*?)```", page.read_text("utf-8"), re.S)
    return [line.rstrip() for block in blocks for line in block.splitlines() if line not in ("…", "")]


def normal(line: str) -> str:
    """Without what differs from run to run: cases, seconds, counts of polls, and how long a line of time is."""
    line = re.sub(r"case [0-9a-z]{8}\b", "case CASE0001", line)
    line = re.sub(r"\b\d+\.\d s", "0.0 s", line)
    line = re.sub(r"\ball \d+ calls", "all 19 calls", line)
    return re.sub(r"([▒█×])\1+", r"\1", re.sub(r" {2,}", " ", line)).rstrip()


def test_the_readme_shows_what_the_demo_says(played: Played) -> None:
    lines = pictured(README)
    said = {normal(line) for line in played.ran.err.splitlines()}

    assert len(lines) > 40
    assert [line for line in lines if normal(line) not in said] == []


def test_the_picture_shows_both_runs(played: Played) -> None:
    drawn = played.picture.read_text("utf-8")

    assert drawn.startswith("<svg")
    for words in ("without", "100", "320"):
        assert words in drawn
