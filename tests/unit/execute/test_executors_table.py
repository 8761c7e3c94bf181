"""The table of executors: known kinds are found, others are an error that lists the known ones."""

from __future__ import annotations

import subprocess
import sys

import pytest

from interlock.errors import BadConfiguration
from interlock.execute.executors import EXECUTORS, executor_for
from interlock.model.target import Target


def test_every_kind_in_the_table_gives_an_executor() -> None:
    for kind in EXECUTORS:
        executor = executor_for(Target("t", kind, "x"))
        assert {"rehearse", "execute", "undo", "close", "look"} <= set(dir(executor))


def test_an_unknown_kind_lists_the_known_ones() -> None:
    with pytest.raises(BadConfiguration, match="sql:sqlite") as caught:
        executor_for(Target("mill", "sql:oracle", "x"))
    assert "mill" in caught.value.where


def test_the_table_loads_no_driver_until_it_is_asked() -> None:
    code = "import sys, interlock.execute.executors; print('apsw' in sys.modules)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout == "False\n"
