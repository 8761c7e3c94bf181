"""References: the configuration's own edges, from instance to instance, with the attributes that they join.

One configured part stands for as many instances as its count or for_each made. A reference joins two instances where
both stand in the same instance of the modules that they share, and where it names a key, only that one; where which
key is meant cannot be seen, all are joined, softly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from interlock.model.change import Resource
from interlock.model.inventory import Edge, EdgeKind, Strength
from interlock.read.terraform.address import Address
from interlock.read.terraform.configured import Configured, Module, Part
from interlock.read.terraform.resolve import Hit, Resolver
from interlock.read.terraform.syntax import ALL, Reference

#: Edges that one configuration may give; beyond it says that it was cut.
MAX_EDGES: Final = 1_000_000

CONFIGURATION: Final = "configuration"
SOURCE: Final = "source"


class Instance(NamedTuple):
    """One resource instance that is known, and its keys in the order of its address."""

    resource: Resource
    keys: tuple[str, ...]


class Known:
    """The instances of each configured part, by the path of its modules and its name."""

    def __init__(self, things: Iterable[tuple[Address, Resource]]) -> None:
        self.parts: dict[tuple[tuple[str, ...], str], list[Instance]] = {}
        for address, resource in things:
            self.parts.setdefault((address.modules, address.part), []).append(Instance(resource, address.keys))
        self._grouped: dict[tuple[object, ...], dict[tuple[str, ...], list[Instance]]] = {}

    def of(self, modules: tuple[str, ...], part: str) -> list[Instance]:
        """All instances of a part; none where none is known."""
        return self.parts.get((modules, part), [])

    def grouped(
        self, modules: tuple[str, ...], part: str, places: tuple[int, ...]
    ) -> dict[tuple[str, ...], list[Instance]]:
        """The instances of a part by their keys at these places."""
        name = (modules, part, places)
        found = self._grouped.get(name)
        if found is None:
            found = self._grouped[name] = {}
            for instance in self.of(modules, part):
                keys = tuple(instance.keys[place] for place in places if place < len(instance.keys))
                found.setdefault(keys, []).append(instance)
        return found


class Join(NamedTuple):
    """What joins a part to another: the kind of edge, how strong, and which keys say which instances."""

    kind: EdgeKind
    strength: Strength
    module: int
    part: str
    top: int
    picks: tuple[tuple[int, str | int], ...] = ()


#: What is read through each join: the source's attribute ("" where nobody knows) and those of the target ("" for all).
Joins = dict[Join, dict[str, set[str]]]
PartKey = tuple[tuple[str, ...], str]  # the names of its modules, and its own


class References:
    """The edges of a configuration. `pairs` are the parts that it joins, whatever the instances; `unsure` are the
    parts that have a reference which ends in a local, and `local_ends` counts those references."""

    def __init__(self, configured: Configured, known: Known) -> None:
        self.modules = configured.modules
        self.providers = configured.providers
        self.known = known
        self.resolver = Resolver(configured)
        self.pairs: set[tuple[PartKey, PartKey]] = set()
        self.unsure: dict[PartKey, int] = {}
        self.cut = False
        self._count = 0
        self._provided: dict[str, list[Hit]] = {}
        self._around: dict[int, Joins] = {}
        self._below: dict[int, list[tuple[int, str]]] = {}

    def edges(self) -> Iterator[Edge]:
        """Every edge, until the bound."""
        for number, module in enumerate(self.modules):
            evidence = SOURCE if module.from_source else CONFIGURATION
            for name, part in module.parts.items():
                for join, reads in self._joins(number, name, part).items():
                    self.pairs.add(((module.path, name), (self.modules[join.module].path, join.part)))
                    yield from self._between(module, name, join, _groups(reads), evidence)
                    if self.cut:
                        return

    def outputs(self, named: Callable[[str], Resource | None]) -> Iterator[Edge]:
        """From each output of the root, which other states may read, to what it is made of.

        `named` gives the resource that an output is; those that it knows none of are left out.
        """
        root = self.modules[0]
        for name, references in root.outputs.items():
            resource = named(name)
            if resource is None:
                continue
            found: Joins = {}
            for hit in self.resolver.hits(0, references, []):
                if hit.part:
                    _add(found, hit, "uses", "hard" if hit.plain else "soft", "value")
                else:
                    self.unsure[(), f"output.{name}"] = 1
            here = Instance(resource, ("",))
            for join, reads in found.items():
                yield from self._from(here, root, join, _groups(reads), SOURCE if root.from_source else CONFIGURATION)

    def _joins(self, number: int, name: str, part: Part) -> Joins:
        """What joins this part to others, before instances."""
        found: Joins = {}
        source = (self.modules[number].path, name)
        for use in part.uses:
            ignored = part.ignores_all or use.into in part.ignored
            for hit in self.resolver.hits(number, [use.reference], part.meta):
                if not hit.part:
                    self.unsure[source] = self.unsure.get(source, 0) + 1
                    continue
                soft = use.loose or ignored or not hit.plain
                _add(found, hit, "uses", "soft" if soft else "hard", use.into)
        for hit in self.resolver.hits(number, part.meta, []):
            if hit.part:
                _add(found, hit, "uses", "soft", "")
            else:
                self.unsure[source] = self.unsure.get(source, 0) + 1
        for hit in self.resolver.hits(number, part.follows, part.meta):
            if hit.part:
                _add(found, hit, "follows", "hard", "")
        self._add_after(found, number, part.after, data=name.startswith("data."))
        for hit in self._provider(part.provider):
            _add(found, hit, "configures", "hard", "")
        for join, reads in self._of_calls(number).items():
            data = join.kind == "after" and name.startswith("data.")
            _merge(found, join._replace(kind="uses") if data else join, reads)
        return found

    def _add_after(self, found: Joins, number: int, references: list[Reference], *, data: bool) -> None:
        """depends_on. A data source is read anew after whatever it waits for, so that its values may change."""
        kind: EdgeKind = "uses" if data else "after"
        for reference in references:
            steps = reference.steps
            call = self.modules[number].calls.get(steps[1]) if steps[:1] == ("module",) and len(steps) > 1 else None
            if call is not None:
                depth = len(self.modules[number].path)
                for module, part in self._parts_below(call.child):
                    _merge(found, Join(kind, "soft", module, part, depth), {"": {""}})
                continue
            for hit in self.resolver.hits(number, [reference._replace(steps=steps[:3])], []):
                if hit.part:
                    _merge(found, Join(kind, "soft", hit.module, hit.part, hit.top), {"": {""}})

    def _of_calls(self, number: int) -> Joins:
        """What every part of a module has from the calls that lead to it: their count, for_each and depends_on."""
        chain = []
        while number not in self._around and self.modules[number].parent >= 0:
            chain.append(number)
            number = self.modules[number].parent
        found = self._around.setdefault(number, {})
        for inner in reversed(chain):
            module = self.modules[inner]
            call = self.modules[module.parent].calls[module.path[-1]]
            own: Joins = {join: {into: set(fields) for into, fields in reads.items()} for join, reads in found.items()}
            for hit in self.resolver.hits(module.parent, call.meta, []):
                if hit.part:
                    _add(own, hit, "uses", "soft", "")
            self._add_after(own, module.parent, call.after, data=False)
            found = self._around[inner] = own if own != found else found
        return found

    def _provider(self, key: str) -> list[Hit]:
        """What the configuration of a provider refers to."""
        if key not in self._provided:
            number, references = self.providers.get(key, (0, []))
            self._provided[key] = [hit for hit in self.resolver.hits(number, references, []) if hit.part]
        return self._provided[key]

    def _parts_below(self, number: int) -> list[tuple[int, str]]:
        """All parts of a module and of those that it calls."""
        if number not in self._below:
            found: list[tuple[int, str]] = []
            stack = [number]
            while stack:
                inner = stack.pop()
                found.extend((inner, part) for part in self.modules[inner].parts)
                stack.extend(call.child for call in self.modules[inner].calls.values())
            self._below[number] = found
        return self._below[number]

    def _between(
        self,
        module: Module,
        name: str,
        join: Join,
        groups: list[tuple[tuple[str, ...], tuple[str, ...]]],
        evidence: str,
    ) -> Iterator[Edge]:
        """The edges of one join, from each instance of the source to those of the target that it means."""
        for instance in self.known.of(module.path, name):
            yield from self._from(instance, module, join, groups, evidence)

    def _from(
        self,
        source: Instance,
        module: Module,
        join: Join,
        groups: list[tuple[tuple[str, ...], tuple[str, ...]]],
        evidence: str,
    ) -> Iterator[Edge]:
        """The edges of one join from this instance."""
        path, keys = self.modules[join.module].path, source.keys
        top = min(join.top, _shared(path, module.path))
        picks = [(place, key) for place, key in join.picks if key != ALL and place >= top]
        places = (*range(top), *(place for place, _ in picks))
        wanted = (*keys[:top], *(key if isinstance(key, str) else _at(keys, key) for _, key in picks))
        targets, strength = self.known.grouped(path, join.part, places).get(wanted, []), join.strength
        if not targets and picks:
            # The key that is named is not known: whichever it is, it is one of them.
            targets, strength = self.known.of(path, join.part), "soft"
        for target in targets:
            if target.resource is source.resource:
                continue
            for fields, into in groups:
                self._count += 1
                if self._count > MAX_EDGES:
                    self.cut = True
                    return
                yield Edge(source.resource, target.resource, join.kind, strength, evidence, fields, into)


def _add(found: Joins, hit: Hit, kind: EdgeKind, strength: Strength, into: str) -> None:
    field = next((step for step in hit.rest[:1] if not step.startswith("[")), "")
    _merge(found, Join(kind, strength, hit.module, hit.part, hit.top, hit.picks), {into: {field}})


def _merge(found: Joins, join: Join, reads: dict[str, set[str]]) -> None:
    known = found.setdefault(join, {})
    for into, fields in reads.items():
        known.setdefault(into, set()).update(fields)


def _at(keys: tuple[str, ...], place: int) -> str:
    return keys[place] if place < len(keys) else ALL


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many modules two paths have in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _groups(reads: dict[str, set[str]]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Fields of the target, and the one attribute that they go into: of an edge into several nobody knows which."""
    return [
        (() if "" in fields else tuple(sorted(fields)), (into,) if into else ())
        for into, fields in sorted(reads.items())
    ]
