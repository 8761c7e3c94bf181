"""Dependencies: what a state or `terraform graph` says waits for what, added where the configuration does not show it.

Both know of references through locals, and neither knows attributes. A state lists far dependencies beside near ones;
the graph leaves far ones out. What a configuration shows in full keeps its own, exact edges; for a part with a
reference that ends in a local, everything that it may read is joined, up to the next part of that kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from interlock.model.inventory import Edge, Strength
from interlock.read.terraform.address import Address, address_of
from interlock.read.terraform.order import reached, reduced
from interlock.read.terraform.references import Known, PartKey

STATE: Final = "state"
GRAPH: Final = "terraform graph"

MAX_EDGES: Final = 1_000_000
#: More parts than this are not reduced: the bits of who reaches whom would not fit into memory.
MAX_REDUCED: Final = 20_000


class Dependencies:
    """Who waits for whom, between parts. `odd` counts names that are no address; `cut` says that a bound was hit."""

    def __init__(self, address_of: Callable[[str], Address | None] = address_of) -> None:
        self._address_of = address_of
        self.parts: list[PartKey] = []
        self.graph: list[list[int]] = []
        self.odd = 0
        self.cut = False
        self._numbers: dict[PartKey, int] = {}
        self._names: dict[str, int | None] = {}
        self._evidence: dict[tuple[int, int], str] = {}
        self._added: set[tuple[int, tuple[str, ...]]] = set()

    def add(self, source: str, targets: tuple[str, ...], evidence: str) -> None:
        """One resource, by its address with or without keys, and those that it waits for."""
        one = self._number(source)
        if one is not None and (one, targets) in self._added:
            return  # another instance of the same part, which says the same
        odd = self.odd
        for target in targets:
            other = self._number(target)
            if one is None or other is None:
                self.odd += 1
            elif one != other and (one, other) not in self._evidence:
                self._evidence[one, other] = evidence
                self.graph[one].append(other)
        if one is not None and odd == self.odd:
            self._added.add((one, targets))

    def edges(
        self, known: Known, pairs: set[tuple[PartKey, PartKey]], unsure: Mapping[PartKey, int] | None
    ) -> Iterator[Edge]:
        """The edges beyond those of the configuration, which joins `pairs`; `unsure` None: there is none at all."""
        for one, other in pairs:
            self._part(one)
            self._part(other)
        vague = [unsure is None or part in unsure for part in self.parts]
        if len(self.parts) <= MAX_REDUCED:
            graph, shown = reduced(self.graph, vague), self._shown(pairs)
        else:
            graph, shown = self.graph, [0] * len(self.parts)
        count = 0
        for source in range(len(self.parts)):
            for target in self._walk(graph, source, vague) if vague[source] else graph[source]:
                hard = vague[source]
                if not hard and (shown[source] >> target & 1 or (self.parts[source], self.parts[target]) in pairs):
                    continue
                evidence = self._evidence.get((source, target), GRAPH)
                for edge in self._between(known, source, target, "hard" if hard else "soft", evidence):
                    count += 1
                    if count > MAX_EDGES:
                        self.cut = True
                        return
                    yield edge

    def _walk(self, graph: list[list[int]], source: int, vague: list[bool]) -> Iterator[int]:
        """Everything that a part may read: through those whose own edges are exact, up to those that are not."""
        stack, seen = list(reversed(graph[source])), {source}
        while stack:
            target = stack.pop()
            if target in seen:
                continue
            seen.add(target)
            yield target
            if not vague[target]:
                stack.extend(reversed(graph[target]))

    def _shown(self, pairs: set[tuple[PartKey, PartKey]]) -> list[int]:
        """For each part, what it reaches by the edges of the configuration, as bits."""
        graph: list[list[int]] = [[] for _ in self.parts]
        for one, other in pairs:
            graph[self._numbers[one]].append(self._numbers[other])
        return reached(graph)

    def _between(self, known: Known, source: int, target: int, strength: Strength, evidence: str) -> Iterator[Edge]:
        """From each instance to those in the same instance of the modules that both stand in."""
        (path, part), (other, wanted) = self.parts[source], self.parts[target]
        shared = next(
            (at for at, (a, b) in enumerate(zip(path, other, strict=False)) if a != b), min(len(path), len(other))
        )
        grouped = known.grouped(other, wanted, tuple(range(shared)))
        for one in known.of(path, part):
            for each in grouped.get(one.keys[:shared], ()):
                yield Edge(one.resource, each.resource, "uses", strength, evidence)

    def _number(self, name: str) -> int | None:
        number = self._names.get(name)
        if number is None and name not in self._names:
            address = self._address_of(name)
            number = None if address is None else self._part((address.modules, address.part))
            self._names[name] = number
        return number

    def _part(self, part: PartKey) -> int:
        number = self._numbers.get(part)
        if number is None:
            number = self._numbers[part] = len(self.parts)
            self.parts.append(part)
            self.graph.append([])
        return number
