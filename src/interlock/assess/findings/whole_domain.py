"""whole-domain: a large share of one failure domain is taken at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.assess.domains import share
from interlock.assess.seen import WHOLE, Noted, Seen, listed
from interlock.model.assessment import Finding, Touched

#: From half of at least four known things on, in permille, it is said; from nine of ten on it weighs more.
LARGE: Final = 500
NEARLY_ALL: Final = 900
LEAST: Final = 4


def find(seen: Seen) -> Iterator[Noted]:
    """One for each share; domains that hold the same things are named together. What one record keeps is no domain."""
    found: dict[frozenset[tuple[str, str]], list[Touched]] = {}
    for place in seen.domains.places:
        if place.kind != "state" and (place.total or 0) >= LEAST and share(place) >= LARGE:
            found.setdefault(seen.domains.members[place.kind, place.name], []).append(place)
    for places in found.values():
        first = places[0]
        names = listed([f"{place.kind} {place.name}" for place in places])
        percent = share(first) // 10
        yield (
            WHOLE,
            Finding(
                id="whole-domain",
                severity="high" if share(first) >= NEARLY_ALL else "medium",
                confidence="medium",
                message=f"it takes {first.touched:,} of {first.total:,} known things ({percent} %) in {names}",
                fix="take a small share first, wait until it is seen to be well, and go on in steps",
            ),
        )
