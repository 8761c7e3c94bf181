"""The reader against lists of our own: what destroys is never missed, what reads or writes a little is not flagged.

The lists are files beside this one, `sql/<what>.<dialect>.txt`, one script a line, in which `↵` stands for the end of
one; `everywhere` means each dialect.
In `says` a line begins with the trait that it must have, in `bounds` with the most rows that it can touch.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.model.change import Change
from interlock.read.sql.reader import reader

LISTS = Path(__file__).parent / "sql"


def lines(what: str, dialect: str = "") -> list[tuple[str, str]]:
    """Every script of a kind, with its dialect; of one dialect alone where it is said."""
    found: list[tuple[str, str]] = []
    for path in sorted(LISTS.glob(f"{what}.*.txt")):
        named = path.name.split(".")[1]
        scripts = path.read_text("utf-8").splitlines()
        for one in reader.dialects if named == "everywhere" else (named,):
            found.extend((one, script) for script in scripts if dialect in ("", one))
    return found


def read(sql: str, dialect: str) -> Change:
    return reader(sql.replace("↵", "\n").encode(), dialect, "production").change


def destroys(change: Change) -> bool:
    """Whether it would be judged to destroy: unknown, all of a table, data lost, or out of the target."""
    return not change.fully_known or any(
        {"loses-data", "leaves-target"} & set(effect.traits)
        or (effect.verb in ("update", "delete") and effect.aspect == "content" and effect.choice in ("all", "unknown"))
        for effect in change.effects
    )


def only_reads(change: Change) -> bool:
    leaves = any("leaves-target" in effect.traits for effect in change.effects)
    return change.fully_known and {effect.verb for effect in change.effects} <= {"read"} and not leaves


def does_a_little(change: Change) -> bool:
    return change.unknown == () and not destroys(change) and any(effect.verb != "read" for effect in change.effects)


@pytest.mark.parametrize("dialect", reader.dialects)
def test_what_destroys_is_never_missed(dialect: str) -> None:
    """Each statement that loses data, hits everything, leaves the target or cannot be known is marked as such."""
    missed = [sql for _, sql in lines("destroys", dialect) if not destroys(read(sql, dialect))]

    assert missed == []


@pytest.mark.parametrize("dialect", reader.dialects)
def test_what_only_reads_is_known_to_only_read(dialect: str) -> None:
    """A benign read has only read effects, all of them known."""
    flagged = [sql for _, sql in lines("reads", dialect) if not only_reads(read(sql, dialect))]

    assert flagged == []


@pytest.mark.parametrize("dialect", reader.dialects)
def test_a_bounded_write_is_known_and_does_not_destroy(dialect: str) -> None:
    """A write that names or filters its rows is fully known and not taken for a destructive one."""
    flagged = [sql for _, sql in lines("writes", dialect) if not does_a_little(read(sql, dialect))]

    assert flagged == []


@pytest.mark.parametrize("dialect", reader.dialects)
def test_a_bounded_write_is_not_said_to_touch_no_row(dialect: str) -> None:
    """A condition that some rows meet is never taken for one that none does, whatever stands in it alike."""
    emptied = [
        sql
        for _, sql in lines("writes", dialect)
        if not sql.endswith("WHERE false")
        and any(effect.count == 0 and effect.verb in ("update", "delete") for effect in read(sql, dialect).effects)
    ]

    assert emptied == []


@pytest.mark.parametrize("dialect", reader.dialects)
def test_a_change_of_structure_rights_or_process_is_known_and_loses_nothing(dialect: str) -> None:
    """What only shapes, grants or runs upkeep is fully known, has effects, and is not taken for a loss of data."""
    changes = {sql: read(sql, dialect) for _, sql in lines("shapes", dialect)}
    flagged = [sql for sql, one in changes.items() if one.unknown or destroys(one) or not one.effects]

    assert flagged == []


@pytest.mark.parametrize("dialect", reader.dialects)
def test_what_a_statement_does_beside_its_verb_is_said(dialect: str) -> None:
    """A lost protection, a wider access, a table that is held: the trait that stands before the statement is there."""
    silent: list[str] = []
    for _, line in lines("says", dialect):
        trait, _, sql = line.partition(" | ")
        if not any(trait in effect.traits for effect in read(sql, dialect).effects):
            silent.append(line)

    assert silent == []


@pytest.mark.parametrize("dialect", reader.dialects)
def test_a_write_by_what_a_limited_query_lists_is_bounded_as_an_estimate(dialect: str) -> None:
    """Only where the column is called like a key and surely is the query's own; `-` is no bound at all."""
    wrong: list[str] = []
    for _, line in lines("bounds", dialect):
        most, _, sql = line.partition(" | ")
        written = next(effect for effect in read(sql, dialect).effects if effect.verb in ("update", "delete"))
        bound, known = (None, "parsed") if most == "-" else (int(most), "estimated")
        if (written.count, written.known, written.choice) != (bound, known, "filtered"):
            wrong.append(line)

    assert wrong == []


def test_the_lists_are_long_enough() -> None:
    """At least 120 destructive and 120 benign scripts, or a percentage of them means little."""
    assert len(set(lines("destroys"))) >= 120
    assert len(set(lines("reads")) | set(lines("writes"))) >= 120
    assert all(lines(what, dialect) for what in ("says", "bounds") for dialect in reader.dialects)
