"""The reader against lists of our own: everyday calls and lines, by what they do, written down before they were read.

The lists are files beside this one, `aws/<what>.<form>.txt`, one a line: `cli` are command lines, `json` calls as JSON.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.model.change import Change
from interlock.read.readers import reader_for

LISTS = Path(__file__).parent / "aws"
DIALECTS = {"cli": "cli", "json": ""}


def lines(what: str) -> list[tuple[str, str]]:
    """Every payload of a kind, with its dialect."""
    return [
        (dialect, line)
        for form, dialect in DIALECTS.items()
        if (path := LISTS / f"{what}.{form}.txt").exists()
        for line in path.read_text("utf-8").splitlines()
    ]


def read(line: str, dialect: str) -> Change:
    return reader_for("aws")(line.encode(), dialect, "production").change


def verbs(change: Change) -> set[str]:
    return {effect.verb for effect in change.effects}


def traits(change: Change) -> set[str]:
    return {trait for effect in change.effects for trait in effect.traits}


def classes(change: Change) -> set[str | None]:
    """How what it does can be taken back, without what it only reads."""
    writing = [effect for effect in change.effects if effect.verb != "read"]
    return {effect.way_back.reversibility for effect in writing if effect.way_back is not None}


@pytest.mark.parametrize(("dialect", "line"), lines("reads"))
def test_what_only_looks_is_known_to_only_look(dialect: str, line: str) -> None:
    change = read(line, dialect)

    assert change.unknown == ()
    assert verbs(change) == {"read"}
    assert traits(change) == set()


@pytest.mark.parametrize(("dialect", "line"), lines("secrets"))
def test_an_answer_that_holds_a_secret_is_said_to(dialect: str, line: str) -> None:
    change = read(line, dialect)

    assert "reads-secret" in traits(change) or verbs(change) == {"grant"} or change.unknown


@pytest.mark.parametrize(("dialect", "line"), lines("credentials"))
def test_what_gives_somebody_a_way_in_is_a_grant(dialect: str, line: str) -> None:
    change = read(line, dialect)

    assert "grant" in verbs(change)
    assert "widens-access" in traits(change)


@pytest.mark.parametrize(("dialect", "line"), lines("changes"))
def test_a_change_that_can_be_taken_back_is_known_and_is_no_more(dialect: str, line: str) -> None:
    change = read(line, dialect)

    assert change.unknown == ()
    assert verbs(change) != {"read"}
    assert "irreversible" not in classes(change)
    assert traits(change).isdisjoint({"loses-data", "leaves-target", "dynamic"})


@pytest.mark.parametrize(("dialect", "line"), lines("overwrites"))
def test_what_may_not_be_taken_back_is_not_said_to_be_certain_to(dialect: str, line: str) -> None:
    change = read(line, dialect)

    backs = [effect.way_back for effect in change.effects]

    assert change.unknown == ()
    assert any(back is None or back.verdict not in ("valid", "none-needed") for back in backs)


@pytest.mark.parametrize(("dialect", "line"), lines("runs"))
def test_what_runs_sends_or_pays_is_no_read(dialect: str, line: str) -> None:
    change = read(line, dialect)

    assert verbs(change) & {"execute", "create"} or change.unknown
    assert verbs(change) != {"read"} or change.unknown


@pytest.mark.parametrize(("dialect", "line"), lines("destroys"))
def test_what_takes_away_is_never_missed(dialect: str, line: str) -> None:
    change = read(line, dialect)

    assert change.unknown == ()
    assert verbs(change) & {"delete", "revoke", "replace"} or "loses-data" in traits(change)
    assert "none-needed" not in classes(change)


@pytest.mark.parametrize(("dialect", "line"), lines("remakes"))
def test_what_is_made_again_from_its_definition_is_not_lost_for_ever(dialect: str, line: str) -> None:
    change = read(line, dialect)

    assert change.unknown == ()
    assert verbs(change) & {"delete", "revoke", "replace"}
    assert classes(change) <= {"exact-inverse", "disruptive-inverse"}
    assert "loses-data" not in traits(change)


@pytest.mark.parametrize(("dialect", "line"), lines("protects"))
def test_protection_that_goes_is_never_missed(dialect: str, line: str) -> None:
    change = read(line, dialect)

    assert change.unknown == ()
    assert traits(change) & {"loses-protection", "blocks-reads"}


@pytest.mark.parametrize(("dialect", "line"), lines("widens"))
def test_access_that_grows_is_never_missed(dialect: str, line: str) -> None:
    change = read(line, dialect)

    assert change.unknown == ()
    assert "widens-access" in traits(change)


@pytest.mark.parametrize(("dialect", "line"), lines("unknown"))
def test_what_is_not_in_the_line_or_not_known_is_named(dialect: str, line: str) -> None:
    assert read(line, dialect).unknown
