"""many-domains: more than one region, account, cell or tenant is changed in one step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.assess.seen import WHOLE, Noted, Seen, listed
from interlock.model.assessment import Finding

#: Domains that are there so that what fails in one does not fail in another.
APART: Final = ("account", "cell", "region", "tenant")


def find(seen: Seen) -> Iterator[Noted]:
    """One for each kind of domain of which more than one is taken; it weighs more where things go."""
    for kind in APART:
        places = [place for place in seen.domains.places if place.kind == kind]
        if len(places) < 2:
            continue
        going = [place for place in places if seen.domains.members[kind, place.name] & seen.taken.gone]
        yield (
            WHOLE,
            Finding(
                id="many-domains",
                severity="high" if len(going) > 1 else "medium",
                confidence="high",
                message=f"one step changes {len(places):,} {kind}s: {listed(sorted(place.name for place in places))}",
                fix="change one, wait until it is seen to be well, and change the next one then",
            ),
        )
