"""`interlock demo`: the whole of it, unattended, as a fresh machine would run it; and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interlock.testing.process import Process

PAGE = Path(__file__).parents[3] / "docs" / "gamedays.md"


def test_the_shop_runs_as_told_and_leaves_nothing(interlock: Process, tmp_path: Path) -> None:
    ran = interlock("demo", "--story", "shop", "--yes", "--json", TMPDIR=str(tmp_path))

    assert ran.status == 0, ran.err
    told = ran.json
    assert told["as_told"] is True
    cases = told["cases"]
    assert [(name, case["state"]) for name, case in cases.items()] == [  # type: ignore[attr-defined]  # JSON
        ("read", "done"),
        ("fix", "undone"),
        ("clean-up", "denied"),
    ]
    assert cases["clean-up"]["assessment"]["rows"] == 480_000  # type: ignore[index]  # JSON
    assert told["shop"]["before"] == told["shop"]["after"]  # type: ignore[index]  # JSON
    assert told["shop"]["clean_up_without_a_gate"]["orders"] == 0  # type: ignore[index]  # JSON
    assert told["ledger"]["verified"] is True  # type: ignore[index]  # JSON
    assert told["ledger"]["edit_found"] is True  # type: ignore[index]  # JSON
    assert list(tmp_path.iterdir()) == []
    for line in pictured(PAGE):
        assert line in ran.err, "the page shows what the demo does not say"


def pictured(page: Path) -> list[str]:
    """The lines of terminal output that the page shows; `…` stands for what it leaves out."""
    blocks = re.findall(r"```text\n(.*?)```", page.read_text("utf-8"), re.S)
    lines = [line.rstrip() for block in blocks for line in block.splitlines() if line != "…"]
    assert len(lines) > 15
    return lines


def test_without_a_terminal_and_without_yes_nobody_approves(interlock: Process) -> None:
    ran = interlock("demo")

    assert ran.status == 2
    assert "--yes" in ran.err


def test_a_folder_that_is_there_is_left_alone(interlock: Process, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()

    assert interlock("demo", "--yes", "--keep", "mine").status == 2
    assert list((tmp_path / "mine").iterdir()) == []


@pytest.mark.parametrize(
    "options", [("--picture", "runs.png"), ("--story", "shop", "--picture", "runs.svg")], ids=["format", "story"]
)
def test_a_picture_that_cannot_be_drawn_is_said_at_once(interlock: Process, options: tuple[str, ...]) -> None:
    ran = interlock("demo", "--yes", *options)

    assert ran.status == 2
    assert "--picture" in ran.err
