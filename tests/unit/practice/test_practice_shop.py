"""The practice shop: the same each time, and what its story needs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from interlock.practice import shop


def test_two_shops_are_the_same_to_the_row(tmp_path: Path) -> None:
    dumps = []
    for name in ("a.db", "b.db"):
        shop.build(tmp_path / name, 600)
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            dumps.append("\n".join(connection.iterdump()))

    assert dumps[0] == dumps[1]


def test_a_shop_is_never_built_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.db").write_text("mine")

    with pytest.raises(FileExistsError):
        shop.build(tmp_path / "mine.db", 10)
    assert (tmp_path / "mine.db").read_text() == "mine"


def test_every_order_has_lines_a_payment_and_a_customer_and_some_are_stuck(tmp_path: Path) -> None:
    shop.build(tmp_path / "s.db", 1_000)

    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("orders", "order_lines", "payments")
        ]
        stuck = connection.execute("SELECT count(*) FROM orders WHERE status = 'pending'").fetchone()[0]
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()

    assert counts == [1_000, 2_000, 1_000]
    assert stuck == shop.STUCK
    assert broken == []
