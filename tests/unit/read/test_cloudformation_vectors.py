"""Every vector in tests/vectors/cloudformation: this change set, read, is exactly this change, and tells this."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from interlock.model.canon import canonical
from interlock.read.cloudformation.changes import ACTS
from interlock.read.cloudformation.changeset import change_sets
from interlock.read.reader import Reading
from interlock.read.readers import reader_for

VECTORS = Path(__file__).parents[2] / "vectors" / "cloudformation"
SLUGS = sorted(path.name for path in VECTORS.iterdir())


def read(slug: str) -> Reading:
    found = reader_for("cloudformation")((VECTORS / slug / "changeset.json").read_bytes(), "", "production")
    bare = tuple(msgspec.structs.replace(effect, needs=()) for effect in found.change.effects)  # test_needs.py has them
    change = msgspec.structs.replace(found.change, effects=bare, needs_unknown=())
    return found._replace(change=change)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_change_set_of_a_vector_reads_as_its_change(slug: str) -> None:
    """The reader gives the effects that were written down and reviewed for this vector, byte for byte."""
    expected = (VECTORS / slug / "change.json").read_text("utf-8")

    found = read(slug)

    assert expected == msgspec.json.format(canonical(found.change).decode(), indent=1) + "\n"
    assert b"MARKER" not in canonical(found.change) + canonical(found.told)


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if (VECTORS / slug / "told.json").exists()])
def test_a_vector_tells_what_was_written_down(slug: str) -> None:
    expected = (VECTORS / slug / "told.json").read_text("utf-8")

    assert expected == msgspec.json.format(canonical(read(slug).told).decode(), indent=1) + "\n"


def test_the_vectors_show_what_the_table_of_actions_says() -> None:
    shown = set()
    for slug in SLUGS:
        payload = msgspec.json.decode((VECTORS / slug / "changeset.json").read_bytes())
        documents = (
            payload if isinstance(payload, list) else payload.get("changeSets", [payload.get("changeSet", payload)])
        )
        for found in change_sets(documents).values():
            for change in found.changes:
                if (resource := change.resource_change) is not None:
                    word = resource.replacement or "" if resource.action == "Modify" else resource.action
                    shown.add((word, resource.policy_action or ""))

    assert {("Add", ""), ("Remove", "Delete"), ("Remove", "Retain"), ("Remove", "Snapshot")} <= shown
    assert {("True", f"ReplaceAnd{each}") for each in ("Delete", "Retain", "Snapshot")} <= shown
    assert {word for word, _ in ACTS} <= {word for word, _ in shown}
