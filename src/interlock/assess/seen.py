"""Seen: everything that a finding may look at, gathered once, and the few words in which findings speak of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from interlock.assess.crux import Crux
from interlock.assess.domains import Domains
from interlock.assess.links import Links
from interlock.assess.taken import Key, Taken
from interlock.assess.tier import TAKING
from interlock.assess.undo import Undoing
from interlock.assess.weigh import Figures
from interlock.assess.world import World
from interlock.model.assessment import Finding, Reach, Severity, Weighed
from interlock.model.change import Change, Effect, Resource, Signal, SignalName, Tier, Trait
from interlock.model.inventory import Inventory, Rehearsal
from interlock.model.target import Environment
from interlock.model.wayback import REVERSIBILITIES

#: A finding and the ordinal of the effect that it is about, by which findings are put in order; WHOLE: all of it.
Noted = tuple[int, Finding]
WHOLE: Final = -1

#: How many names a message lists before it counts the rest.
NAMES: Final = 5
#: From this many rows on, writing a thing anew or keeping others from it is felt for minutes.
LARGE: Final = 100_000
#: Up to this many rows it is over before anybody notices.
SMALL: Final = 1_000


class Seen(NamedTuple):
    """A change, the world around it, and what is assessed of it so far.

    `by_trait` lists the ordinals of the effects that carry each trait; `taking` those that update, replace or delete
    content; `writing` all that do more than read. `grave` are the keys of things in reach that may lose something.
    `unread` names what a rehearsal saw written though no effect names it. `undoing` is what the change takes from its
    own ways back, `domains` how much of each failure domain it takes with it, `standing` what stands on what it
    changes.
    """

    change: Change
    inventory: Inventory | None
    rehearsal: Rehearsal | None
    world: World
    figures: Figures
    claimed: Environment
    found: Environment | None
    environment: Environment
    tier: Tier
    weighed: Sequence[Weighed]
    reach: Reach
    grave: frozenset[tuple[str, str]]
    unread: tuple[str, ...]
    secrets: tuple[str, ...]
    by_trait: dict[Trait, list[int]]
    taking: list[int]
    writing: list[int]
    links: Links
    taken: Taken
    undoing: Undoing
    domains: Domains
    standing: dict[Key, Crux]

    def carrying(self, trait: Trait) -> Iterable[tuple[int, Effect]]:
        """The effects that carry this trait, each with its ordinal."""
        return [(ordinal, self.change.effects[ordinal]) for ordinal in self.by_trait.get(trait, ())]

    def signalled(self, name: SignalName) -> Iterable[Signal]:
        """What the reader saw of the change as a whole under this name."""
        return [signal for signal in self.change.signals if signal.name == name]

    def where(self, effect: Effect) -> str:
        """The place of an effect, as people count: `statement 2: orders`."""
        return f"{self.change.unit} {effect.part + 1}: {effect.resource.name}"

    @property
    def declared(self) -> frozenset[Key]:
        """The changed things that somebody marked as critical."""
        return frozenset(key for key in self.standing if self.is_critical(Resource(*key)))

    def is_critical(self, resource: Resource) -> bool:
        """Whether somebody marked it as critical."""
        return any(item.critical for item in self.world.items(resource))

    def holds(self, ordinal: int) -> bool:
        """Whether what the effect takes may hold something that making it again does not bring back."""
        effect, weighed = self.change.effects[ordinal], self.weighed[ordinal]
        if "loses-data" in effect.traits or "data" in weighed.planes or self.size(effect.resource):
            return True
        taking = effect.verb in ("delete", "replace")
        return taking and REVERSIBILITIES.index(weighed.reversibility) >= REVERSIBILITIES.index("verified-copy")

    def size(self, resource: Resource) -> int | None:
        """How much is in it, by the survey; None when nobody knows."""
        sizes = [item.size for item in self.world.items(resource)]
        return None if not sizes or None in sizes else sum(size for size in sizes if size is not None)


def sort_effects(change: Change) -> tuple[dict[Trait, list[int]], list[int], list[int]]:
    """`by_trait`, `taking` and `writing` of Seen, in one pass over the effects."""
    by_trait: dict[Trait, list[int]] = {}
    taking: list[int] = []
    writing: list[int] = []
    for ordinal, effect in enumerate(change.effects):
        for trait in effect.traits:
            by_trait.setdefault(trait, []).append(ordinal)
        if effect.verb != "read":
            writing.append(ordinal)
            if effect.aspect == "content" and effect.verb in TAKING:
                taking.append(ordinal)
    return by_trait, taking, writing


def detail(text: str) -> str:
    """What a reader said beside it, at the end of a message."""
    return f": {text}" if text else ""


def act(effect: Effect) -> str:
    """What the effect does to what, in three words: "delete of `orders`"."""
    return f"{effect.verb} of `{effect.resource.name}`"


def gist(what: str) -> str:
    """What was not understood without the name of what it was about: readers write `cause: name`."""
    return what.partition(": ")[0]


def listed(names: Sequence[str]) -> str:
    """Names in a message: the first few in backticks, the rest counted."""
    shown = ", ".join(f"`{name}`" for name in names[:NAMES])
    return shown if len(names) <= NAMES else f"{shown} and {len(names) - NAMES:,} more"


def by_size(size: int | None) -> Severity:
    """How much it matters that a thing of this size is written anew or kept from others."""
    if size is None:
        return "medium"
    return "high" if size >= LARGE else "low" if size <= SMALL else "medium"


def in_it(size: int | None) -> str:
    """The size of a thing in a message."""
    return "an unknown number of rows" if size is None else f"{size:,} rows"
