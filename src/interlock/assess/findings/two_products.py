"""two-products: things of several products, teams or tenants are changed together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from interlock.assess.seen import WHOLE, Noted, Seen, listed
from interlock.assess.taken import Key
from interlock.model.assessment import Finding

#: Tags that say whose a thing is, in small letters, the surest first.
WHOSE: Final = ("product", "service", "app", "application", "tenant", "team")
#: What holds things of one owner in good order.
KEEPS: Final = ("state", "account")


def find(seen: Seen) -> Iterator[Noted]:
    """Said once, by the first tag of which the taken things have more than one value; else by their tenants."""
    found: dict[str, dict[str, set[Key]]] = {word: {} for word in WHOSE}
    for key, tags in seen.domains.tags.items():
        for name, value in tags:
            if (word := name.lower()) in found and value:
                found[word].setdefault(value, set()).add(key)
    for place in seen.domains.places:
        if place.kind == "tenant":
            found["tenant"].setdefault(place.name, set()).update(seen.domains.members[place.kind, place.name])
    for word, owners in found.items():
        if len(owners) > 1:
            yield WHOLE, _finding(seen, word, owners)
            return


def _finding(seen: Seen, word: str, owners: dict[str, set[Key]]) -> Finding:
    together = [
        f"{place.kind} `{place.name}`"
        for place in sorted(seen.domains.places, key=lambda place: (place.kind not in KEEPS[:1], place.name))
        if place.kind in KEEPS
        and sum(not keys.isdisjoint(seen.domains.members[place.kind, place.name]) for keys in owners.values()) > 1
    ]
    where = f", which share {together[0]}" if together else ""
    going = sum(not keys.isdisjoint(seen.taken.gone) for keys in owners.values()) > 1
    return Finding(
        id="two-products",
        severity="high" if going else "medium",
        confidence="medium",
        message=f"one change takes things of {len(owners):,} {word}s: {listed(sorted(owners))}{where}",
        fix="give each its own, so that what is done to one cannot be done to the other",
    )
