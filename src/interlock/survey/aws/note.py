"""Note: what one look saw: things with what is known of them, edges between them, and what it could not see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from interlock.aws.things import Thing, typed, usual
from interlock.model.inventory import EdgeKind, Plane, Strength
from interlock.survey.aws.eye import MOST, Absent, Eye, Unheard, Unseen

Key = tuple[str, tuple[str, ...]]


def key_of(thing: Thing) -> Key:
    """What makes two reports be about one thing."""
    return usual(thing.type), thing.parts


class Facts:
    """What is known of one thing. Reports of it add up; what one of them does not say it does not deny."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing
        self.size: int | None = None
        self.tags: dict[str, str] = {}
        self.protections: dict[str, None] = {}
        self.kept: dict[str, None] = {}
        self.planes: dict[Plane, None] = {}
        self.groups: dict[tuple[str, str], None] = {}
        self.location: dict[str, str] = {}
        #: The attributes that name one thing inside, where its own name does not.
        self.keys: tuple[str, ...] = ()

    def add(self, other: Facts) -> None:
        """Another report of the same thing."""
        self.size = other.size if self.size is None else self.size
        self.tags |= other.tags
        self.protections |= other.protections
        self.kept |= other.kept
        self.planes |= other.planes
        self.groups |= other.groups
        self.location |= other.location
        self.keys = self.keys or other.keys


class Edged:
    """An edge between two things that may yet turn out to be called otherwise."""

    def __init__(self, source: Thing, kind: EdgeKind, target: Thing, strength: Strength, evidence: str) -> None:
        self.source = source
        self.kind = kind
        self.target = target
        self.strength = strength
        self.evidence = evidence


class Note:
    """All looks at one thing, which the change calls `called`."""

    def __init__(self, eye: Eye, thing: Thing, called: str = "") -> None:
        self.eye = eye
        self.thing = thing
        self._called = called or thing.name
        self.facts: dict[Key, Facts] = {}
        self.edges: list[Edged] = []
        self.limits: list[str] = []
        self.same: list[tuple[Thing, Thing]] = []
        #: Things that are in this one and go with it; they are looked at themselves, next.
        self.inside: list[Thing] = []

    # Asking.

    def ask(self, service: str, method: str, absent: tuple[str, ...] = (), region: str = "", **parameters: Any) -> Any:
        """A call in the thing's own region. Raises Absent and Unseen."""
        return self.eye.ask(service, method, region or self.thing.region, absent, **parameters)

    def maybe(
        self, service: str, method: str, absent: tuple[str, ...] = (), region: str = "", **parameters: Any
    ) -> Any:
        """The same; None when there is nothing, or when it could not be seen, which is then said."""
        try:
            return self.ask(service, method, absent, region, **parameters)
        except Absent:
            return None
        except Unseen as why:
            self.unseen(str(why))
            return None

    def pages(
        self,
        service: str,
        method: str,
        key: str,
        what: str,
        absent: tuple[str, ...] = (),
        most: int = MOST,
        region: str = "",
        **parameters: Any,
    ) -> list[Any]:
        """A list as far as it was read; `what` says in words what is in it when it was cut or could not be seen."""
        try:
            listed = self.eye.pages(service, method, region or self.thing.region, key, absent, most, **parameters)
        except Absent:
            return []
        except Unseen as why:
            self.unseen(f"{what}: {why}")
            return []
        if listed.cut:
            self.unseen(f"there are more than {most:,} {what}")
        return listed.found

    def lowering(self, service: str, method: str, key: str, what: str, **parameters: Any) -> list[Any]:
        """A list that can only speak for the thing: copies of it. An emulator that does not know the call has none."""
        try:
            self.eye.pages(service, method, self.thing.region, key, **parameters)
        except Unheard:
            return []
        except (Absent, Unseen):
            pass  # asked again it says the same, and then it is written down
        return self.pages(service, method, key, what, **parameters)

    # Writing down.

    def of(self, thing: Thing | None = None) -> Facts:
        """The facts of a thing that exists, to write into; of the one that is looked at without an argument."""
        named = thing or self.thing
        facts = self.facts.get(key_of(named))
        if facts is None:
            facts = self.facts[key_of(named)] = Facts(named)
        return facts

    def thing_of(self, type_: str, *parts: str) -> Thing:
        """A thing of this type in the region of the one that is looked at."""
        return Thing(type_, parts, self.thing.region, self.thing.account)

    def edge(self, source: Thing, kind: EdgeKind, target: Thing, evidence: str, strength: Strength = "hard") -> None:
        """`source` feels what happens to `target`."""
        self.edges.append(Edged(source, kind, target, strength, evidence))

    def used_by(self, user: Thing, evidence: str, strength: Strength = "hard") -> None:
        """Something exists that does not work without the thing that is looked at."""
        self.of(user)
        self.edge(user, "uses", self.thing, evidence, strength)

    def uses(self, other: Thing, evidence: str, *planes: Plane, strength: Strength = "hard") -> None:
        """The thing that is looked at does not work without that one."""
        self.of(other).planes |= dict.fromkeys(planes)
        self.edge(self.thing, "uses", other, evidence, strength)

    def uses_arn(self, arn: str | None, evidence: str, *planes: Plane) -> None:
        """The same for whatever an ARN names; one of a type that nobody here knows is left out."""
        thing = typed(arn or "")
        if thing is not None:
            self.uses(thing, evidence, *planes)

    def copy(self, copy: Thing, evidence: str, *, dies: bool = False) -> None:
        """That thing is a copy of the one that is looked at. `dies`: it goes with it, and is no copy then."""
        self.of(copy)
        self.edge(copy, "copies", self.thing, evidence)
        if dies:
            self.edge(copy, "contains", self.thing, f"{evidence}; it goes with it")

    def holds(self, inner: Thing, evidence: str) -> None:
        """That thing is in the one that is looked at, goes with it, and is to be looked at itself."""
        self.edge(inner, "contains", self.thing, evidence)
        self.inside.append(inner)

    def is_in(self, outer: Thing, evidence: str) -> None:
        """The thing that is looked at goes when that one goes."""
        self.edge(self.thing, "contains", outer, evidence)

    def unseen(self, what: str) -> None:
        """Something of the thing could not be seen."""
        self.limits.append(f"`{self._called}`: {what}")


def rough(count: int) -> int:
    """1, 2, 5, 10, 20, …: the next such number. What moves by itself would else make every look another one."""
    step = 1
    while count > step:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step if count > 0 else 0


def tags_of(pairs: Iterable[Mapping[str, str]] | Mapping[str, str] | None) -> dict[str, str]:
    """Tags as AWS spells them in its many ways."""
    if pairs is None:
        return {}
    if isinstance(pairs, Mapping):
        return dict(pairs)
    found: dict[str, str] = {}
    for pair in pairs:
        low = {name.lower(): value for name, value in pair.items()}
        name = low.get("key") or low.get("tagkey") or ""
        if name:
            found[name] = low.get("value") or low.get("tagvalue") or ""
    return found
