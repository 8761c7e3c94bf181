"""Every vector in tests/vectors/aws: this call, read, is exactly this change, with what is known of the way back."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from interlock.model.canon import canonical
from interlock.model.change import VERBS, Change, Trait
from interlock.read.readers import readable, reader_for

VECTORS = Path(__file__).parents[2] / "vectors" / "aws"
SLUGS = sorted(path.name for path in VECTORS.iterdir())

#: What a vector's call is called, and the dialect that it is in.
DIALECTS = {"proposal.json": "", "cli": "cli", "http": "http"}

#: Traits that only statements and plans have.
OTHERS = {
    *("always-true", "no-condition", "not-transactional", "ends-transaction", "hides-failure", "nested", "forgets"),
    *("adopts", "renames", "plan-time", "shifts-index", "drifted", "blocks-writes", "only-describes"),
}


def read(folder: Path) -> Change:
    name = next(path.name for path in folder.iterdir() if path.name in DIALECTS)
    return reader_for("aws")((folder / name).read_bytes(), DIALECTS[name], "production").change


@pytest.mark.parametrize("slug", SLUGS)
def test_reading_a_call_gives_the_text_that_people_are_shown(slug: str) -> None:
    name = next(path.name for path in (VECTORS / slug).iterdir() if path.name in DIALECTS)
    payload, dialect = (VECTORS / slug / name).read_bytes(), DIALECTS[name]

    assert readable(f"aws:{dialect}" if dialect else "aws", payload) == reader_for("aws")(payload, dialect, "x").text


@pytest.mark.parametrize("slug", SLUGS)
def test_the_call_of_a_vector_reads_as_its_change(slug: str) -> None:
    """The reader gives the effects that were written down and reviewed for this vector, byte for byte."""
    expected = (VECTORS / slug / "change.json").read_text("utf-8")

    found = canonical(read(VECTORS / slug))

    assert expected == msgspec.json.format(found.decode(), indent=1) + "\n"
    assert b"MARKER" not in found


def test_the_vectors_show_every_verb_and_every_trait_that_a_call_can_have() -> None:
    effects = [effect for slug in SLUGS for effect in read(VECTORS / slug).effects]

    assert set(VERBS) == {effect.verb for effect in effects}
    assert set(get_args(Trait)) - OTHERS <= {trait for effect in effects for trait in effect.traits}
