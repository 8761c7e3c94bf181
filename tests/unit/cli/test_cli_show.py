"""`interlock show` and `interlock cases`: what they say can be done next."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from interlock.testing.process import Process

TARGET = """
[targets.shop]
kind = "sql:sqlite"
address = "../shop.db"
"""


def proposed(interlock: Process, *arguments: str) -> str:
    asked = ("propose", "-", "--kind", "sql:sqlite", "--agent", "fixer", "--json", *arguments)
    return str(interlock(*asked, stdin=b"SELECT 1 FROM orders").json["case"])


def test_an_erased_case_is_said_to_be_that_and_not_to_be_run_next(interlock: Process, tmp_path: Path) -> None:
    assert interlock("init").status == 0
    with closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        shop.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
    with (tmp_path / ".interlock" / "interlock.toml").open("a") as file:
        file.write(TARGET)
    case = proposed(interlock, "--target", "shop")
    before = interlock("show", case).out

    assert interlock("erase", case, "--reason", "asked for").status == 0
    after = interlock("show", case).out

    assert f"next: `interlock run {case}`" in before
    assert "next:" not in after
    assert "erased: what the vault held for it is gone" in after


def test_a_case_that_names_no_target_is_not_said_to_be_run_next(interlock: Process) -> None:
    assert interlock("init").status == 0

    ran = interlock("show", proposed(interlock))

    assert "next:" not in ran.out
    assert "it names no target" in ran.out


def test_who_is_taken_for_an_agent_is_told_why_there_are_no_cases(interlock: Process) -> None:
    assert interlock("init").status == 0
    case = proposed(interlock)

    assert case in interlock("cases").out
    assert "INTERLOCK_TOKEN is set" in interlock("cases", INTERLOCK_TOKEN="x").out
