"""The reader against lists of our own: what destroys is never missed, what reads or writes a little is not flagged.

The lists are files beside this one, `sql/<what>.<dialect>.txt`, one script a line; `everywhere` means each dialect.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.model.change import Change
from interlock.read.sql.reader import reader

LISTS = Path(__file__).parent / "sql"


def lines(what: str) -> list[tuple[str, str]]:
    """Every script of a kind, with its dialect."""
    found: list[tuple[str, str]] = []
    for path in sorted(LISTS.glob(f"{what}.*.txt")):
        named = path.name.split(".")[1]
        scripts = path.read_text("utf-8").splitlines()
        for dialect in reader.dialects if named == "everywhere" else (named,):
            found.extend((dialect, script) for script in scripts)
    return found


def read(sql: str, dialect: str) -> Change:
    return reader(sql.encode(), dialect, "production").change


def destroys(change: Change) -> bool:
    """Whether it would be judged to destroy: unknown, all of a table, data lost, or out of the target."""
    return not change.fully_known or any(
        {"loses-data", "leaves-target"} & set(effect.traits)
        or (effect.verb in ("update", "delete") and effect.aspect == "content" and effect.choice in ("all", "unknown"))
        for effect in change.effects
    )


@pytest.mark.parametrize(("dialect", "sql"), lines("destroys"))
def test_what_destroys_is_never_missed(dialect: str, sql: str) -> None:
    """Each statement that loses data, hits everything, leaves the target or cannot be known is marked as such."""
    assert destroys(read(sql, dialect))


@pytest.mark.parametrize(("dialect", "sql"), lines("reads"))
def test_what_only_reads_is_known_to_only_read(dialect: str, sql: str) -> None:
    """A benign read has only read effects, all of them known."""
    change = read(sql, dialect)

    assert change.unknown == ()
    assert change.fully_known
    assert {effect.verb for effect in change.effects} <= {"read"}
    assert not any("leaves-target" in effect.traits for effect in change.effects)


@pytest.mark.parametrize(("dialect", "sql"), lines("writes"))
def test_a_bounded_write_is_known_and_does_not_destroy(dialect: str, sql: str) -> None:
    """A write that names or filters its rows is fully known and not taken for a destructive one."""
    change = read(sql, dialect)

    assert change.unknown == ()
    assert not destroys(change)
    assert any(effect.verb != "read" for effect in change.effects)


@pytest.mark.parametrize(("dialect", "sql"), lines("shapes"))
def test_a_change_of_structure_rights_or_process_is_known_and_loses_nothing(dialect: str, sql: str) -> None:
    """What only shapes, grants or runs upkeep is fully known, has effects, and is not taken for a loss of data."""
    change = read(sql, dialect)

    assert change.unknown == ()
    assert not destroys(change)
    assert change.effects


def test_the_lists_are_long_enough() -> None:
    """At least 120 destructive and 120 benign scripts, or a percentage of them means little."""
    assert len(set(lines("destroys"))) >= 120
    assert len(set(lines("reads")) | set(lines("writes"))) >= 120
