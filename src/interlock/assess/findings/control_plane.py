"""control-plane: something is changed through which much else is run, reached or guarded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from interlock.assess.seen import WHOLE, Noted, Seen, listed
from interlock.assess.taken import Key
from interlock.model.assessment import Finding, Severity
from interlock.model.inventory import Plane

#: What is said of each plane. What only holds content is felt by whoever uses it, and is said elsewhere.
SAYS: Final[dict[Plane, str]] = {
    "identity": "who may do what",
    "routing": "how things are reached",
    "encryption": "keys and secrets that others need",
    "deployment": "what puts other things in place",
    "billing": "accounts and payments",
    "audit": "the record of what happens",
    "control-plane": "what runs other things",
    "shared-code": "code that many use",
}


def find(seen: Seen) -> Iterator[Noted]:
    """One for each plane that is changed or certainly feels it; it weighs by what is done there."""
    touched: dict[Plane, set[Key]] = {}
    for key in seen.domains.felt | seen.taken.made if seen.links.planes else ():
        for plane in seen.links.planes.get(key, ()):
            touched.setdefault(plane, set()).add(key)
    for plane in get_args(Plane):
        if plane not in touched or plane not in SAYS:
            continue
        keys = touched[plane]
        severity: Severity = "high" if keys & seen.taken.gone else "medium" if keys & seen.domains.felt else "low"
        yield (
            WHOLE,
            Finding(
                id="control-plane",
                severity=severity,
                confidence="high" if keys & (seen.taken.hurt | seen.taken.made) else "medium",
                message=f"{plane} ({SAYS[plane]}) is changed: {listed(sorted(name for _, name in keys))}",
                fix="propose it on its own, with somebody at hand who answers for it",
            ),
        )
