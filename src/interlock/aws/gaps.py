"""Gaps: what of a request was not understood, in words, with names and never with values."""

from __future__ import annotations

from typing import Final, TypeAlias

#: How many gaps are told; one is as bad as a hundred.
MOST: Final = 20

#: How deep a value may be nested. DynamoDB's own bound is 32 levels of attributes, each of which takes two of these.
DEEPEST: Final = 100

#: Where we are in a request: what stands around it, and its own name there. Spelt out only when there is a gap.
Place: TypeAlias = "tuple[Place, str] | None"


class Gaps:
    """Collects gaps. `texts` is what a Call carries."""

    __slots__ = ("texts",)

    def __init__(self, before: Gaps | None = None) -> None:
        self.texts: list[str] = list(before.texts) if before else []

    def add(self, text: str) -> None:
        """One gap in whole words."""
        if len(self.texts) < MOST and text not in self.texts:
            self.texts.append(text)

    def at(self, place: Place, text: str) -> None:
        """A gap at a place inside of the parameters."""
        self.add(f"{path(place)}: {text}")

    def __len__(self) -> int:
        return len(self.texts)


def path(place: Place) -> str:
    """The place in dotted form, in backticks."""
    names: list[str] = []
    while place is not None:
        place, name = place
        names.append(name)
    return quoted(".".join(reversed(names)))


def quoted(name: str) -> str:
    """A name that a request gave: in backticks, short, and printable."""
    shown = name if len(name) <= 80 else name[:77] + "..."
    return f"`{shown}`" if shown.isprintable() else f"`{ascii(shown)[1:-1]}`"
