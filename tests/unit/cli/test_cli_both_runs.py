"""The picture of both runs of a game day, and the verdict in a few lines."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

from interlock.answer import Json
from interlock.cli.both_runs import Told, picture
from interlock.cli.verdict import verdict
from interlock.practice.recreate import Run
from interlock.practice.reporting import Page, Stock
from interlock.practice.watch import Sight

TOLD = Told("production's own", "virtual", 41, 1, "verified")
STALE, RIGHT, GONE = Page(200, "2026-09", True), Page(200, "2026-10", False), Page(500)


def run(left: int, *pages: Page) -> Run:
    """A run of as many seconds as there are pages, that leaves so many of two things of each kind."""
    before = Stock(*(frozenset({"one", "two"}) for _ in Stock._fields))
    after = Stock(*(frozenset(sorted(found)[:left]) for found in before))
    sights = tuple(Sight(float(at), page) for at, page in enumerate(pages))
    return Run((), before, after, sights, float(len(pages)))


def drawn(what: RenderableType, width: int = 80) -> list[str]:
    screen = Console(file=io.StringIO(), width=width, highlight=False)
    screen.print(what)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue().splitlines()


def row(lines: list[str], name: str) -> list[str]:
    return [cell.strip() for cell in next(line for line in lines if line.startswith(name)).split("│")][1:]


def test_what_was_lost_stands_beside_what_there_was() -> None:
    lines = drawn(picture(run(0, STALE, GONE, GONE), run(2, STALE, STALE, RIGHT), TOLD, 80))

    assert row(lines, "cost records lost") == ["2 of 2", "0 of 2"]


def test_an_outage_that_did_not_end_says_so() -> None:
    lines = drawn(picture(run(0, STALE, GONE, GONE), run(2, STALE, GONE, RIGHT), TOLD, 80))

    assert row(lines, "no report for") == ["1.0 s, and still", "1.0 s"]
    assert row(lines, "the report now") == ["gone (HTTP 500)", "right (2026-10)"]


def test_the_lines_are_on_one_scale_and_show_each_moment() -> None:
    lines = drawn(picture(run(0, STALE, GONE), run(2, STALE, STALE, STALE, RIGHT), TOLD, 59))

    assert lines[-3:-1] == [
        "without Interlock  " + "▒" * 9 + "×" * 11,
        "with Interlock     " + "▒" * 29 + "█" * 11,
    ]


def test_the_picture_fits_into_80_columns() -> None:
    lines = drawn(picture(run(0, STALE, GONE), run(2, STALE, RIGHT), TOLD, 80))

    assert max(map(len, lines)) <= 80


def answer(**changes: object) -> Json:
    effect = {"cause": "rds:DeleteDBInstance SkipFinalSnapshot=true", "resource": {"name": "arn:aws:rds:::db:x"}}
    return {
        "case": "c0ffee00",
        "change": {"effects": [effect]},
        "assessment": {
            "tier": "destroy",
            "reversibility": "irreversible",
            "reach": {"changed": [{"name": "x"}], "may": [{"name": "x"}, {"name": "arn:aws:lambda:eu:1:function:f"}]},
            "findings": [{"id": "gentler-way", "fix": "stop it instead"}],
        },
        "decision": {
            "outcome": "hold",
            "because": [{"policy": "p", "because": f"reason {number}"} for number in (1, 1, 2, 3, 4)],
            "requirements": ["approval 2"],
        },
    } | changes


def test_a_verdict_says_what_why_how_far_and_the_gentler_way() -> None:
    text = "\n".join(drawn(verdict(answer()), 100))

    assert "HOLD  case c0ffee00" in text
    assert "rds:DeleteDBInstance SkipFinalSnapshot=true" in text
    assert "felt by   function:f" in text
    assert "gentler   stop it instead" in text
    assert "lifted by approval 2" in text
    assert [f"reason {number}" in text for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert "and 1 more" in text


def test_a_verdict_counts_the_effects_that_it_does_not_name_and_obeys_none() -> None:
    effect = {"cause": "s3:DeleteObject", "resource": {"name": "bucket/[red]x[/]\x1b[2J"}}
    text = "\n".join(drawn(verdict(answer(change={"effects": [effect] * 6})), 120))

    assert "bucket/[red]x[/]" in text
    assert "\x1b" not in text
    assert "and 2 more" in text
