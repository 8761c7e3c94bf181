"""Every measure runs, in a size whose figures mean nothing, and what it tells is well formed. No figure is judged."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from bench import __main__ as bench  # noqa: E402 - the folder stands beside src and is not installed
from bench.rows import TINY, Row, at  # noqa: E402
from bench.statements import OWN, mixed  # noqa: E402


@pytest.mark.parametrize("name", bench.NAMES)
def test_each_measure_runs_and_tells_figures_with_their_units(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    rows = bench.measure(name, TINY)

    assert rows
    for row in rows:
        assert row.what
        assert math.isnan(row.figure) or (row.unit and row.figure > -100)
        assert "|" not in row.what


def test_each_measure_has_its_place_on_the_page_and_each_place_its_measure() -> None:
    text = bench.PAGE.read_text(encoding="utf-8")

    for name in (*bench.NAMES, "machine"):
        assert text.count(f"<!-- measured: {name} -->") == text.count(f"<!-- end: {name} -->") == 1
    assert text.count("<!-- measured: ") == len(bench.NAMES) + 1


def test_a_run_of_one_measure_renews_only_its_own_part_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(bench.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    before = page.read_text(encoding="utf-8")

    bench.write(page, {"policy": [Row("one | two", 12.345, "ms", "≤ 1", "a | b")]}, "a machine")
    after = page.read_text(encoding="utf-8")

    assert "| one | two | 12.35 ms | ≤ 1 **not reached** | a / b |" in after
    assert "Measured on a machine." in after
    assert before.split("<!-- measured: beside -->")[1] == after.split("<!-- measured: beside -->")[1]


@pytest.mark.parametrize(
    ("goal", "figure", "met"),
    [
        ("", 1.0, None),
        ("≥ 20,000", 20_000.0, True),
        ("≥ 20,000", 19_999.0, False),
        ("≤ 0.3", 0.3, True),
        ("≤ 0.3", 0.31, False),
        ("≥ 5", float("nan"), False),
        ("≤ 5", float("nan"), False),
    ],
)
def test_a_goal_is_reached_at_its_bound_and_never_by_what_was_not_measured(
    goal: str, figure: float, met: bool | None
) -> None:
    assert Row("it", figure, "ms", goal).met is met


def test_percentiles_are_values_that_were_measured() -> None:
    assert [at([1.0, 2.0, 3.0, 4.0], share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 3.0, 4.0, 4.0]


@pytest.mark.parametrize("dialect", OWN)
def test_the_mixed_statements_are_all_different_and_the_same_each_time(dialect: str) -> None:
    assert len(set(mixed(dialect, 500))) == 500
    assert mixed(dialect, 50) == mixed(dialect, 50)
