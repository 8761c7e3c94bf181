"""`interlock policy`: errors with their places, cases of one's own, exit statuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interlock.testing.process import Process

PERMIT = '@id("read")\n@because("reading is fine")\npermit (principal, action == Action::"observe", resource);\n'


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "a.cedar").write_text(PERMIT)
    return folder


def test_without_a_home_the_starter_set_is_checked_and_has_no_remarks(interlock: Process) -> None:
    ran = interlock("policy", "check", "--json")

    assert ran.status == 0
    assert ran.json["remarks"] == []
    assert ran.json["usable"] is True


def test_without_a_home_the_starter_sets_own_cases_pass(interlock: Process) -> None:
    ran = interlock("policy", "test", "--json")

    assert ran.status == 0
    assert ran.json["passed"] is True
    assert ran.json["cases"]


def test_an_error_names_file_line_and_column_and_ends_with_status_2(interlock: Process, policies: Path) -> None:
    (policies / "b.cedar").write_text(
        '\n\n@id("x")\n@because("y")\nforbid (principal, action, resource) whan { true };\n'
    )

    ran = interlock("policy", "check", policies)

    assert ran.status == 2
    assert re.search(rf"{re.escape(str(policies / 'b.cedar'))}:5:\d+: error", ran.out)


def test_a_fact_that_does_not_exist_is_an_error_at_its_place(interlock: Process, policies: Path) -> None:
    text = '@id("x")\n@because("y")\nforbid (principal, action, resource)\nwhen { context.rowz > 5 };\n'
    (policies / "b.cedar").write_text(text)

    ran = interlock("policy", "check", policies, "--json")

    assert ran.status == 2
    assert ran.json["usable"] is False
    assert any(f"{policies / 'b.cedar'}:4:" in remark["where"] for remark in ran.json["remarks"])  # type: ignore[attr-defined]  # JSON


def test_a_warning_is_shown_and_is_no_error(interlock: Process, policies: Path) -> None:
    (policies / "b.cedar").write_text(PERMIT.replace('"read"', '"again"'))

    ran = interlock("policy", "check", policies)

    assert ran.status == 0
    assert "warning" in ran.out


def test_an_empty_folder_is_an_error_and_not_an_empty_set(interlock: Process, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()

    assert interlock("policy", "check", "none").status == 2
    assert interlock("policy", "check", "nowhere").status == 2


def test_a_case_that_fails_says_what_differs_and_ends_with_status_1(interlock: Process, policies: Path) -> None:
    (policies / "tests.toml").write_text('[[case]]\nname = "writes pass"\naction = "modify"\nexpect = "allow"\n')

    ran = interlock("policy", "test", "--policies", policies)

    assert ran.status == 1
    assert f"{policies / 'tests.toml'}:1:1: failed writes pass: expected allow, got deny" in ran.out


def test_a_case_file_may_be_named(interlock: Process, policies: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[[case]]\nname = "reads pass"\naction = "observe"\nexpect = "allow"\n')

    assert interlock("policy", "test", "mine.toml", "--policies", policies).status == 0


def test_a_case_file_that_is_none_is_bad_input(interlock: Process, policies: Path) -> None:
    (policies / "tests.toml").write_text("nothing")

    assert interlock("policy", "test", "--policies", policies).status == 2
    assert interlock("policy", "test", "nowhere.toml", "--policies", policies).status == 2


def test_terminal_escapes_in_a_policy_file_are_shown_and_not_obeyed(interlock: Process, policies: Path) -> None:
    (policies / "b.cedar").write_bytes(b'@id("\x1b[2Jx")\npermit (principal, action, resource);\n')

    ran = interlock("policy", "check", policies)

    assert ran.status == 2
    assert "\x1b" not in ran.out + ran.err


def test_an_agent_may_not_try_out_policies(interlock: Process) -> None:
    assert interlock("policy", "check", INTERLOCK_TOKEN="x").status == 4
