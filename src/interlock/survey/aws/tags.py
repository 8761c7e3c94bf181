"""Tags: what tags and names say of a thing: its environment, whose it is, whether the business can lose it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

from interlock.survey.aws.settings import Settings

#: What people write for an environment, the strictest first. Other words are names of an operator's own.
CLASSES: Final[tuple[tuple[str, ...], ...]] = (
    ("production", "prod", "prd", "live"),
    ("staging", "stage", "stg", "preprod", "pre-production", "uat"),
    ("development", "dev", "test", "testing", "qa", "sandbox", "demo"),
)
#: What people write for a thing that must not be lost.
CRITICAL: Final = frozenset({"critical", "high", "true", "yes", "tier0", "tier-0", "tier1", "tier-1", "p0", "p1"})


def class_of(environment: str) -> int | None:
    """The place in CLASSES of what somebody calls an environment; None for a word of their own."""
    word = environment.strip().lower()
    return next((rank for rank, words in enumerate(CLASSES) if word in words), None)


def first(tags: Mapping[str, str], names: Iterable[str]) -> str:
    """The value of the first of these tags, whatever the case of its name."""
    folded = {name.lower(): value for name, value in tags.items()}
    return next((folded[name.lower()] for name in names if folded.get(name.lower())), "")


def environment_of(tags: Mapping[str, str], name: str, settings: Settings) -> str:
    """What tags say it belongs to, or else what the rule for its name says; empty when neither says anything.

    A word that means one of CLASSES is spelled as the class is; another one as it was written.
    """
    said = first(tags, settings.environment_tags)
    if not said:
        said = next((environment for pattern, environment in settings.names if fnmatchcase(name, pattern)), "")
    rank = class_of(said)
    return said.strip() if rank is None else CLASSES[rank][0]


def is_critical(tags: Mapping[str, str], settings: Settings) -> bool:
    """Whether a tag says that the business cannot lose it."""
    return first(tags, settings.criticality_tags).strip().lower() in CRITICAL


def strictest(own: str, found: Iterable[str]) -> str:
    """The environment that counts of a target's own and of what its things say that they belong to.

    Only a word whose strictness is known can be stricter; one of an operator's own says nothing against the target.
    """
    ranks = [(rank, name) for name in found if (rank := class_of(name)) is not None]
    mine = class_of(own)
    if not ranks:
        return own
    rank, name = min(ranks)
    if mine is None:
        return name if rank == 0 and own else own or name
    return name if rank < mine else own
