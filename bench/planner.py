"""Planner: how well the reach foretells what the real Terraform changes, on random stacks of `terraform_data`."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path

from bench.oracle import Score, scored, worlds_of
from bench.rows import TINY, Row, Scale
from bench.stacks import Yard

#: Stacks in one directory, and how often each is changed. Other seeds than those of the tests.
FIRST_SEED = 2_000
STACKS, ROUNDS, YARDS, SIZE = 15, 4, 6, 12


def run(scale: Scale) -> list[Row]:
    """Recall and precision by what is at hand beside the plan."""
    if shutil.which("terraform") is None:
        return [Row("reach against the real planner", math.nan, "", note="no terraform on the PATH")]
    stacks, rounds, yards, size = (2, 1, 1, 4) if scale == TINY else (STACKS, ROUNDS, YARDS, SIZE)
    total: dict[str, Score] = {}
    for number in range(yards):
        first = FIRST_SEED + number * stacks
        with tempfile.TemporaryDirectory() as folder:
            yard = Yard.built(Path(folder), range(first, first + stacks), size)
            for name, score in scored(yard, worlds_of(yard), rounds, seed=number).items():
                total.setdefault(name, Score()).add(score)
    note = f"{stacks * yards} stacks, {stacks * yards * rounds} changes"
    return [row for name, score in total.items() for row in _rows(name, score, note)]


def _rows(name: str, score: Score, note: str) -> list[Row]:
    blind = name == "configuration only"
    return [
        Row(f"recall of may, {name}", score.recall, "share", "" if blind else "≥ 1", note),
        Row(f"precision of must, {name}", score.precision, "share", "" if blind else "≥ 0.95", note),
        Row(f"recall of must, {name}", score.recall_of_must, "share", "", note),
        Row(f"precision of may, {name}", score.precision_of_may, "share", "", note),
    ]
