"""The planner as oracle: on random stacks of the real Terraform, whatever it changes was foretold by the reach.

The world is what a plan told before the change, from its state alone or from its source alone; see `bench/oracle.py`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bench.oracle import Score, scored, worlds_of  # noqa: E402 - the folder stands beside src and is not installed
from bench.stacks import Yard  # noqa: E402

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on the PATH")

#: Fifty stacks in two directories, each stack changed twice.
YARDS = (range(25), range(25, 50))
ROUNDS = 2


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Score]:
    found: dict[str, Score] = {}
    for number, seeds in enumerate(YARDS):
        yard = Yard.built(tmp_path_factory.mktemp("yard"), seeds, size=6)
        for name, score in scored(yard, worlds_of(yard), ROUNDS, seed=number).items():
            found.setdefault(name, Score()).add(score)
    return found


@pytest.mark.parametrize("told", ["state", "source", "graph", "both"])
def test_everything_that_the_planner_changes_may_be_reached(scores: dict[str, Score], told: str) -> None:
    score = scores[told]

    assert score.really > 100
    assert score.missed == []
    assert score.recall == 1.0


@pytest.mark.parametrize("told", ["state", "source", "graph", "both"])
def test_what_must_be_reached_is_changed_by_the_planner(scores: dict[str, Score], told: str) -> None:
    score = scores[told]

    assert score.must_said > 100
    assert score.precision >= 0.95, score.wrong


def test_a_configuration_alone_misses_what_locals_hide(scores: dict[str, Score]) -> None:
    assert scores["configuration only"].recall < 1.0
