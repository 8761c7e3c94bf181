"""What plans and change sets do, by the files of lines in `plans/`: each was labelled by hand before it was read."""

from __future__ import annotations

import json

import pytest
from plan_lines import Line, document, lines, said

from interlock.read.readers import reader_for

FILES = ("changes", "destroys", "protects", "unknown", "widens")


def found_of(line: Line) -> str:
    kind = "cloudformation" if "::" in line.type else "terraform"
    return said(reader_for(kind)(document(line), "", "production").change)


@pytest.mark.parametrize("file", FILES)
def test_a_line_is_read_as_it_was_labelled(file: str) -> None:
    held = lines(file)

    assert [(line.name, line.expected) for line in held] == [(line.name, found_of(line)) for line in held]


@pytest.mark.parametrize(("file", "trait"), [("protects", "loses-protection"), ("widens", "widens-access")])
def test_marking_everything_as_sensitive_hides_nothing(file: str, trait: str) -> None:
    hidden = []
    for line in lines(file):
        if "::" in line.type:
            continue
        plan = json.loads(document(line))
        plan["resource_changes"][0]["change"] |= {"before_sensitive": True, "after_sensitive": True}
        change = reader_for("terraform")(json.dumps(plan).encode(), "", "production").change
        if trait not in said(change):
            hidden.append(line.name)

    assert hidden == []


def test_what_changes_without_harm_loses_and_opens_nothing() -> None:
    harms = {"loses-data", "loses-protection", "widens-access", "unknown", "irreversible"}

    assert [line.name for line in lines("changes") if harms & set(line.expected.split())] == []


@pytest.mark.parametrize(("file", "trait"), [("protects", "loses-protection"), ("widens", "widens-access")])
def test_every_line_of_a_file_says_why_it_stands_there(file: str, trait: str) -> None:
    assert [line.name for line in lines(file) if trait not in line.expected] == []
