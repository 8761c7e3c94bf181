"""Told: what a plan itself tells of the world around the change: what there is, and what depends on what.

It is a claim like the rest of the plan: it can add to what a survey finds, and never takes anything away. Sources, the
surest first: the configuration (exact, attribute by attribute), the state and the graph (which resource waits for
which), and values that name another thing. Each bound that is hit, and each part that has no known shape, is a limit,
and then the telling is not complete.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Final

import msgspec

from interlock.model.change import Resource
from interlock.model.inventory import Called, Edge, Inventory, Item
from interlock.read.lasting.lasting import Standing, standing, while_made
from interlock.read.terraform.address import Address, address_of
from interlock.read.terraform.called import called
from interlock.read.terraform.configured import Configured, configured
from interlock.read.terraform.dependencies import GRAPH, STATE, Dependencies
from interlock.read.terraform.enriched import enrich
from interlock.read.terraform.mentions import Mentions
from interlock.read.terraform.naming import resource_of
from interlock.read.terraform.plan import Plan
from interlock.read.terraform.references import Known, References
from interlock.read.terraform.relations import Groups, all_copies, declared_critical, flows_of
from interlock.read.terraform.remote import OUTPUT, output, remote_edges
from interlock.read.terraform.state import Thing, planned, prior, value_of

#: Outputs times resources of a state that are joined where nobody knows which belong together.
MAX_BLIND: Final = 100_000

_NOTHING: Final = Standing()

ODD = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def tell(
    plan: Plan,
    *,
    config: Mapping[str, bytes] | None = None,
    dot: bytes | None = None,
    resources: Mapping[str, Resource],
    environment: str,
    place: str = "",
) -> Inventory:
    """What this plan tells. `config` is its configuration by file, `dot` what `terraform graph` printed.

    `resources` are the things of the change by their address; the same values stand in the items and edges. `place`
    is where its state is kept, for those who read its outputs; the backend in the source says it, too.
    """
    collecting = gc.isenabled()
    gc.disable()  # a large state makes many small values, and none of them is a circle
    try:
        telling = Telling(resources, environment)
        try:
            telling.add_things(prior(plan.prior_state))
        except ODD as error:
            telling.odd("the prior state", error)
        try:
            telling.made = frozenset(
                each.address for each in plan.resource_changes if each.change.actions == ("create",)
            )
            telling.add_things(planned(plan.planned_values))
        except ODD as error:
            telling.odd("the planned values", error)
        found = _configuration(plan, config, telling.limits)
        telling.places = tuple(dict.fromkeys(each for each in (place, found.place) if each))
        return telling.inventory(found, dot)
    finally:
        if collecting:
            gc.enable()


def _configuration(plan: Plan, config: Mapping[str, bytes] | None, limits: list[str]) -> Configured:
    try:
        found = configured(value_of(plan.configuration))
    except ODD:
        limits.append("the configuration of the plan is nested too deeply or broken")
        found = Configured()
    if config:
        enrich(found, config)
    limits.extend(found.limits)
    return found


class Telling:
    """What is gathered, source by source; `limits` says what is missing of it."""

    def __init__(self, resources: Mapping[str, Resource], environment: str, state: str = "") -> None:
        self.limits: list[str] = []
        self.things: dict[str, Resource] = dict(resources)
        self._environment, self._state = environment, state
        self._fields: dict[str, tuple[str, ...]] = {}
        self._standing: dict[str, Standing] = {}
        self._called: dict[str, tuple[Called, ...]] = {}
        self._existing: set[str] = set()
        self._mentions, self._groups = Mentions(), Groups()
        self._address_of = cache(address_of)
        self._waits = Dependencies(self._address_of)
        self._alike: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._remote: list[tuple[Resource, Mapping[str, object]]] = []
        self._outputs: list[Resource] = []
        self.places: tuple[str, ...] = ()
        self.made: frozenset[str] = frozenset()

    def odd(self, what: str, error: Exception) -> None:
        """A whole source that cannot be read; the words of the decoder name fields and bytes, never values."""
        why = str(error) if isinstance(error, msgspec.MsgspecError) else "nested too deeply"
        self.limits.append(f"{what} cannot be read: {why}")

    def add_things(self, things: Iterable[Thing]) -> None:
        """The things of a state or of planned values; what was added before stays as it is."""
        for thing in things:
            if thing.waits_for:
                self._waits.add(thing.address, thing.waits_for, STATE)
            if thing.address in self._existing:
                continue
            self._existing.add(thing.address)
            values = thing.plain()
            resource = self.things.get(thing.address)
            if resource is None:
                resource = resource_of(thing.address, thing.type, values, self._environment, self._state)
                self.things[thing.address] = resource
            self._fields[thing.address] = self._in_order(tuple(values))
            if thing.mode == "managed":
                found = standing("terraform", thing.type, values)
                if thing.address in self.made:
                    found = found._replace(planes=while_made("terraform", thing.type, found.planes))
                self._standing[thing.address] = found
                if names := called(thing.type, values):
                    self._called[thing.address] = names
            self._mentions.add(resource, values)
            self._groups.add(resource, values)
            if thing.type == "terraform_remote_state":
                self._remote.append((resource, values))

    def _in_order(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """These attributes by name; things of one type have the same, and share them here."""
        found = self._alike.get(names)
        if found is None:
            found = self._alike[names] = tuple(sorted(names))
        return found

    def add_outputs(self, place: str, outputs: Mapping[str, object]) -> None:
        """The outputs of a state that says no more of them than their values."""
        if place:
            for name, value in outputs.items():
                resource = output(place, name, self._environment)
                self._mentions.add(resource, {"value": value})
                self._outputs.append(resource)

    def inventory(self, configured: Configured | None, dot: bytes | None) -> Inventory:
        """Everything together."""
        addresses = self._addresses()
        known = Known(addresses)
        edges: list[Edge] = []
        references = None
        if configured is not None:
            references = References(configured, known)
            edges.extend(references.edges())
            edges.extend(references.outputs(self._own_outputs().get))
            for place in self.places:
                edges.extend(references.outputs(partial(output, place, environment=self._environment)))
        seen = self._add_dot(dot)
        pairs = references.pairs if references is not None else set()
        edges.extend(self._waits.edges(known, pairs, references.unsure if references is not None else None))
        edges.extend(all_copies(list(edges)))
        edges.extend(self._mentions.edges({(edge.source.name, edge.target.name) for edge in edges}))
        edges.extend(remote_edges(self._remote))
        edges.extend(self._behind_outputs(edges))
        if references is not None:
            self._say_limits(references, seen)
        return Inventory(
            target="",
            items=self._items(edges),
            edges=tuple(edges),
            complete=not self.limits,
            limits=tuple(dict.fromkeys(self.limits)),
            flows=flows_of(self.things.values()),
        )

    def _behind_outputs(self, edges: list[Edge]) -> Iterator[Edge]:
        """Outputs whose values name nothing: whatever stands in the state may be behind them."""
        named = {edge.source.name for edge in edges if edge.kind == "mentions"}
        blind = [each for each in self._outputs if each.name not in named]
        if len(blind) * len(self.things) > MAX_BLIND:
            self.limits.append(f"nobody can tell what is behind {len(blind):,} outputs: give the plan of that state")
            return
        for each in blind:
            yield from (Edge(each, thing, "uses", "soft", STATE) for thing in self.things.values())

    def _own_outputs(self) -> dict[str, Resource]:
        """The outputs that the change itself speaks of, by name."""
        own = (thing for thing in self.things.values() if thing.type == OUTPUT)
        return {thing.name.removeprefix("output."): thing for thing in own}

    def _addresses(self) -> list[tuple[Address, Resource]]:
        found, odd = [], 0
        for text, resource in self.things.items():
            if resource.type == OUTPUT:
                continue
            address = self._address_of(text)
            if address is None:
                odd += 1
            else:
                found.append((address, resource))
        if odd:
            self.limits.append(f"{odd:,} resources have an address that cannot be taken apart")
        return found

    def _add_dot(self, dot: bytes | None) -> frozenset[str]:
        """The graph's pairs; gives the parts that it shows."""
        if dot is None:
            return frozenset()
        from interlock.read.terraform.dot import read_dot

        graph = read_dot(dot)
        for source, target in graph.pairs:
            self._waits.add(source, (target,), GRAPH)
        if graph.cut:
            self.limits.append("only the beginning of the graph was read")
        return graph.parts

    def _items(self, edges: Iterable[Edge]) -> tuple[Item, ...]:
        self._groups.settle()
        for edge in edges:
            self._groups.add_edge(edge)
        outputs = [Item(resource, fields=("value",)) for resource in self._own_outputs().values()]
        return (*outputs, *[self._item(address) for address in self._existing])

    def _item(self, address: str) -> Item:
        resource, standing = self.things[address], self._standing.get(address, _NOTHING)
        return Item(
            resource,
            fields=self._fields[address],
            critical=declared_critical(resource),
            protections=standing.protections,
            planes=standing.planes,
            groups=self._groups.of(resource),
            called=self._called.get(address, ()),
        )

    def _say_limits(self, references: References, seen: frozenset[str]) -> None:
        shown_parts = {(each.modules, each.part) for each in map(address_of, seen) if each is not None}
        ends = sum(count for part, count in references.unsure.items() if part not in shown_parts)
        if ends:
            what = "reference ends" if ends == 1 else "references end"
            self.limits.append(f"{ends:,} {what} in a local: give the source, or what `terraform graph` prints")
        if references.resolver.circles:
            self.limits.append(f"{references.resolver.circles:,} values of the configuration are made from themselves")
        if references.cut or references.resolver.cut or self._waits.cut:
            self.limits.append("there are more references than are followed")
        if self._waits.odd:
            self.limits.append(f"{self._waits.odd:,} dependencies name no resource")
        if self._mentions.cut:
            self.limits.append("there are more values than are searched for names of other things")
