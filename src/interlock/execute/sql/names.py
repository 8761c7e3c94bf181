"""Names in SQLite: folding, quoting, and the ones that are Interlock's own."""

from __future__ import annotations

from typing import Final

MARKER: Final = "interlock_applied"
KEPT: Final = "interlock_kept_"

_FOLD: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(name: str) -> str:
    """The one spelling of a name: SQLite takes A-Z and a-z for the same, and no other letters."""
    return name.lower() if name.isascii() else name.translate(_FOLD)


def quoted(name: str) -> str:
    """A name as an identifier that SQLite reads as this very name, whatever stands in it."""
    if "\x00" in name:
        raise ValueError("a name cannot hold a NUL")
    return '"' + name.replace('"', '""') + '"'


def is_ours(name: str) -> bool:
    """Whether a name is reserved for what Interlock leaves at a target."""
    folded = fold(name)
    return folded == MARKER or folded.startswith(KEPT)
