"""What `interlock up` does beside serving; serving itself is tested with the gates."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.cli import up
from interlock.gates.aws.serve import Listening as AwsListening
from interlock.gates.http.serve import Listening
from interlock.testing.world import simulated


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_what_start_up_made_is_looked_through_no_more_and_what_comes_still_is() -> None:
    gc.unfreeze()
    up._keep_what_is_here()

    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] == up.YOUNG
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("listening", "said"),
    [
        (AwsListening(), "--operator O)"),
        (AwsListening(port=7418), "--operator O --gate http://127.0.0.1:7418)"),
        (AwsListening("0.0.0.0", names=("gate.example",)), "--operator O --gate http://gate.example:7118)"),
    ],
)
def test_agents_are_told_where_the_gate_is_when_it_is_not_where_they_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], listening: AwsListening, said: str
) -> None:
    with simulated(tmp_path / "home") as world:
        up._greet(world.control, Listening("127.0.0.1", 7117), listening)

    assert said in capsys.readouterr().out
