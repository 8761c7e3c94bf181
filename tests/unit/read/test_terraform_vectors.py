"""Every vector in tests/vectors/terraform: this plan, or this package, read, is exactly this change.

A folder with an `interlock-plan.json` is a package, which is put together here. What is known of the way back has
tests of its own (test_lasting_*.py), and so have the permissions that it takes (test_needs.py); they are left out here.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from interlock.model.canon import canonical
from interlock.model.change import TRAITS, Change, SignalName
from interlock.read.readers import reader_for
from interlock.testing.plans import zipped

VECTORS = Path(__file__).parents[2] / "vectors" / "terraform"
SLUGS = sorted(path.name for path in VECTORS.iterdir())


def payload(folder: Path) -> bytes:
    """The plan alone, or the package of everything in the folder."""
    if not (folder / "interlock-plan.json").exists():
        return (folder / "plan.json").read_bytes()
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    files = {re.sub(r"^config/(?=[^/]+$)", "config/./", name): raw for name, raw in files.items()}
    return zipped({name: raw for name, raw in files.items() if name != "change.json"})


def read(folder: Path) -> Change:
    change = reader_for("terraform")(payload(folder), "", "production").change
    bare = tuple(msgspec.structs.replace(effect, way_back=None, gentler="", needs=()) for effect in change.effects)
    return msgspec.structs.replace(change, effects=bare, needs_unknown=())


@pytest.mark.parametrize("slug", SLUGS)
def test_the_plan_of_a_vector_reads_as_its_change(slug: str) -> None:
    """The reader gives the effects that were written down and reviewed for this vector, byte for byte."""
    expected = (VECTORS / slug / "change.json").read_text("utf-8")

    found = canonical(read(VECTORS / slug))

    assert expected == msgspec.json.format(found.decode(), indent=1) + "\n"
    assert b"MARKER" not in found


def test_the_vectors_show_every_signal_and_what_a_plan_adds_to_the_traits() -> None:
    changes = [read(VECTORS / slug) for slug in SLUGS]

    signals = {signal.name for change in changes for signal in change.signals}
    traits = {trait for change in changes for effect in change.effects for trait in effect.traits}
    assert set(msgspec.inspect.type_info(SignalName).values) == signals
    assert {"leaves-a-gap", "forgets", "adopts", "renames", "only-removes", "shifts-index", "drifted"} <= traits
    assert traits <= set(TRAITS)
