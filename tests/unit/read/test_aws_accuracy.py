"""The reader against lists of our own: everyday calls and lines, by what they do, written down before they were read.

The lists are files beside this one, `aws/<what>.<form>.txt`, one a line: `cli` are command lines, `json` calls as JSON.
A list is one test, and every line of it that is read otherwise is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from interlock.model.change import Change
from interlock.read.readers import reader_for

LISTS = Path(__file__).parent / "aws"
DIALECTS = {"cli": "cli", "json": ""}


def otherwise(what: str, holds: Callable[[Change], object]) -> list[str]:
    """The lines of a list of which this does not hold."""
    read = reader_for("aws")
    lines = [
        (dialect, line)
        for form, dialect in DIALECTS.items()
        if (path := LISTS / f"{what}.{form}.txt").exists()
        for line in path.read_text("utf-8").splitlines()
    ]
    assert lines

    return [line for dialect, line in lines if not holds(read(line.encode(), dialect, "production").change)]


def verbs(change: Change) -> set[str]:
    return {effect.verb for effect in change.effects}


def traits(change: Change) -> set[str]:
    return {trait for effect in change.effects for trait in effect.traits}


def classes(change: Change) -> set[str | None]:
    """How what it does can be taken back, without what it only reads."""
    writing = [effect for effect in change.effects if effect.verb != "read"]
    return {effect.way_back.reversibility for effect in writing if effect.way_back is not None}


def verdicts(change: Change) -> set[str]:
    return {"unknown" if effect.way_back is None else effect.way_back.verdict for effect in change.effects}


def test_what_only_looks_is_known_to_only_look() -> None:
    assert (
        otherwise("reads", lambda change: not change.unknown and verbs(change) == {"read"} and not traits(change)) == []
    )


def test_an_answer_that_holds_a_secret_is_said_to() -> None:
    assert (
        otherwise(
            "secrets",
            lambda change: "reads-secret" in traits(change) or verbs(change) == {"grant"} or change.unknown,
        )
        == []
    )


def test_what_gives_somebody_a_way_in_is_a_grant() -> None:
    assert otherwise("credentials", lambda change: "grant" in verbs(change) and "widens-access" in traits(change)) == []


def test_a_change_that_can_be_taken_back_is_known_and_is_no_more() -> None:
    assert (
        otherwise(
            "changes",
            lambda change: (
                not change.unknown
                and verbs(change) != {"read"}
                and "irreversible" not in classes(change)
                and traits(change).isdisjoint({"loses-data", "leaves-target", "dynamic"})
            ),
        )
        == []
    )


def test_what_may_not_be_taken_back_is_not_said_to_be_certain_to() -> None:
    assert (
        otherwise("overwrites", lambda change: not change.unknown and verdicts(change) - {"valid", "none-needed"}) == []
    )


def test_what_runs_sends_or_pays_is_no_read() -> None:
    assert otherwise("runs", lambda change: verbs(change) & {"execute", "create"} or change.unknown) == []


def test_what_takes_away_is_never_missed() -> None:
    assert (
        otherwise(
            "destroys",
            lambda change: (
                not change.unknown
                and (verbs(change) & {"delete", "revoke", "replace"} or "loses-data" in traits(change))
                and "none-needed" not in classes(change)
            ),
        )
        == []
    )


def test_what_is_made_again_from_its_definition_is_not_lost_for_ever() -> None:
    assert (
        otherwise(
            "remakes",
            lambda change: (
                not change.unknown
                and verbs(change) & {"delete", "revoke", "replace"}
                and classes(change) <= {"exact-inverse", "disruptive-inverse"}
                and "loses-data" not in traits(change)
            ),
        )
        == []
    )


def test_protection_that_goes_is_never_missed() -> None:
    assert (
        otherwise(
            "protects", lambda change: not change.unknown and traits(change) & {"loses-protection", "blocks-reads"}
        )
        == []
    )


def test_access_that_grows_is_never_missed() -> None:
    assert otherwise("widens", lambda change: not change.unknown and "widens-access" in traits(change)) == []


def test_what_is_not_in_the_line_or_not_known_is_named() -> None:
    assert otherwise("unknown", lambda change: change.unknown) == []
