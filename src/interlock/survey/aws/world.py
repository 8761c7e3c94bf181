"""World: what all looks noted, put together: one spelling a thing, one item a thing, and where each belongs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from interlock.aws.things import Thing
from interlock.model.canon import canonical
from interlock.model.change import Resource
from interlock.model.inventory import Edge, Inventory, Item
from interlock.model.target import Target
from interlock.survey.aws.note import Edged, Facts, Key, Note, key_of
from interlock.survey.aws.settings import Settings
from interlock.survey.aws.tags import environment_of, first, is_critical, strictest

STACK: Final = "aws.cloudformation.stack"


class World:
    """Filled note by note, in an order that does not hang on which answer came first."""

    def __init__(self, target: Target, settings: Settings) -> None:
        self._target = target
        self._settings = settings
        self._facts: dict[Key, Facts] = {}
        self._edges: list[Edged] = []
        self._limits: dict[str, None] = {}
        self._same: dict[Key, Key] = {}
        #: How the change itself calls what it names.
        self._called: dict[Key, str] = {}
        self._types: dict[Key, str] = {}
        #: What the change does something to, and what goes with it: their environment counts.
        self._own: dict[Key, None] = {}

    def calls(self, thing: Thing, resource: Resource) -> None:
        """The change calls this thing so."""
        self._called.setdefault(key_of(thing), resource.name)
        self._types.setdefault(key_of(thing), resource.type)

    def called(self, thing: Thing) -> str:
        """What the change calls it, or else what it is called."""
        return self._called.get(key_of(thing), thing.name)

    def owns(self, thing: Thing) -> None:
        """The change does something to this thing, by name or because it is in what it names."""
        self._own[key_of(thing)] = None

    def add(self, note: Note) -> None:
        for key, facts in note.facts.items():
            known = self._facts.get(key)
            if known is None:
                known = self._facts[key] = Facts(facts.thing)
            known.add(facts)
        self._edges += note.edges
        for one, other in note.same:
            if key_of(one) != key_of(other):
                self._same[key_of(one)] = key_of(other)
        self.limit(note.limits)

    def limit(self, what: Iterable[str]) -> None:
        self._limits |= dict.fromkeys(what)

    def inventory(self, at: int) -> Inventory:
        """What there is. `at` is when the oldest of it was seen."""
        self._merge()
        resources = {key: self._resource(key, facts) for key, facts in self._facts.items()}
        items = [self._item(resources[key], facts) for key, facts in self._facts.items()]
        edges: dict[tuple[object, ...], Edge] = {}
        for edged in self._edges:
            if edged.kind == "contains" and edged.target.type == STACK and self._is_retained(edged.source):
                continue
            source, target = self._end(edged.source, resources), self._end(edged.target, resources)
            if source.key != target.key:
                edge = Edge(source, target, edged.kind, edged.strength, edged.evidence)
                edges.setdefault((source.key, target.key, edged.kind), edge)
        found = [
            environment for key, facts in self._facts.items() if key in self._own if (environment := self._in(facts))
        ]
        return Inventory(
            target=self._target.name,
            environment=strictest(self._target.environment, found),
            items=tuple(sorted(items, key=lambda item: item.resource.key)),
            edges=tuple(sorted(edges.values(), key=canonical)),
            surveyed_at=at,
            complete=not self._limits,
            limits=tuple(self._limits),
        )

    def _merge(self) -> None:
        """What turned out to be one thing under two names becomes one."""
        for one, other in self._same.items():
            facts = self._facts.pop(one, None)
            if facts is not None:
                self._facts.setdefault(other, Facts(Thing(*other, facts.thing.region, facts.thing.account))).add(facts)
            for held in (self._called, self._types):
                if one in held:
                    held.setdefault(other, held.pop(one))
            if one in self._own:
                self._own[other] = None

    def _is_retained(self, thing: Thing) -> bool:
        facts = self._facts.get(key_of(thing))
        return facts is not None and "retained" in facts.kept

    def _end(self, thing: Thing, resources: dict[Key, Resource]) -> Resource:
        key = self._same.get(key_of(thing), key_of(thing))
        if key not in resources:
            self._facts.setdefault(key, Facts(thing))
            resources[key] = self._resource(key, self._facts[key])
        return resources[key]

    def _in(self, facts: Facts) -> str:
        return environment_of(facts.tags, facts.thing.parts[-1], self._settings)

    def _resource(self, key: Key, facts: Facts) -> Resource:
        thing = facts.thing
        location = {"account": thing.account, "region": thing.region} | facts.location
        if tenant := first(facts.tags, self._settings.tenant_tags):
            location["tenant"] = tenant
        return Resource(
            self._types.get(key, thing.type),
            self._called.get(key, thing.name),
            self._in(facts) or self._target.environment,
            tuple((kind, place) for kind, place in location.items() if place),
            tuple(sorted(facts.tags.items())),
        )

    def _item(self, resource: Resource, facts: Facts) -> Item:
        names = {resource.name, facts.thing.name, facts.thing.parts[-1], "/".join(facts.thing.parts)}
        return Item(
            resource,
            size=facts.size,
            keys=(facts.keys,) if facts.keys else (),
            critical=not names.isdisjoint(self._target.critical) or is_critical(facts.tags, self._settings),
            protections=tuple(sorted(facts.protections)),
            planes=tuple(sorted(facts.planes)),
            groups=tuple(sorted(facts.groups)),
            kept=tuple(sorted(facts.kept)),
        )
