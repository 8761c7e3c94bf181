"""Names that are too long to be names: a change that is full of them would be recorded many times as large as it came.

A name stands in an effect, in the reach, in findings and in reasons, and all of these are recorded for ever. No target
has names of this length: an object's key in S3 has 1,024 bytes, a name of AWS 2,048, a name in SQL mostly 64.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from interlock.errors import BadProposal
from interlock.model.change import Change, Effect

LONGEST: Final = 4_096


def require_names(change: Change) -> Change:
    """The change itself. BadProposal where something in it is named at greater length than anything is."""
    for effect in change.effects:
        if max(map(len, _names(effect))) > LONGEST:
            length = max(map(len, _names(effect)))
            raise BadProposal(
                f"something is named by {length:,} characters; a name has at most {LONGEST:,} here",
                hint="nothing was judged; write it with the names that the target knows",
                where=f"{change.unit} {effect.part + 1}",
                code="long-name",
            )
    return change


def _names(effect: Effect) -> Iterator[str]:
    named = effect.resource
    pairs = chain.from_iterable((*named.location, *named.tags))
    return chain((named.name, named.type, effect.cause), effect.fields, effect.keys, pairs)
