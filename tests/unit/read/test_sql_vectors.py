"""Every vector in tests/vectors/sql: this proposal, read, is exactly this change."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from interlock.model.canon import canonical
from interlock.read.readers import reader_for

VECTORS = Path(__file__).parents[2] / "vectors" / "sql"
SLUGS = sorted(path.name for path in VECTORS.iterdir())


class Proposed(msgspec.Struct, forbid_unknown_fields=True):
    """What a vector proposes."""

    kind: str
    environment: str
    payload: str


@pytest.mark.parametrize("slug", SLUGS)
def test_the_proposal_of_a_vector_reads_as_its_change(slug: str) -> None:
    """The reader gives the effects that were written down and reviewed for this vector, byte for byte."""
    folder = VECTORS / slug
    proposed = msgspec.json.decode((folder / "proposal.json").read_bytes(), type=Proposed)
    expected = (folder / "change.json").read_text("utf-8")

    dialect = proposed.kind.partition(":")[2]
    change = reader_for(proposed.kind)(proposed.payload.encode(), dialect, proposed.environment).change

    assert expected == msgspec.json.format(canonical(change).decode(), indent=2) + "\n"


def test_there_are_vectors_for_each_dialect() -> None:
    """At least 150 in all, and some for every dialect."""
    prefixes = {slug.partition("-")[0] for slug in SLUGS}

    assert len(SLUGS) >= 150
    assert {"mysql", "sqlite", "delete"} <= prefixes
