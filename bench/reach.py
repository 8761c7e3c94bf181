"""How far a change is felt: a graph of a million edges, the peers' graphs of the same arcs, and whole assessments.

The world is five hundred estates of four hundred things, each thing with about five dependents in its own estate, and
one thing on which the first of every estate depends: what happens to it is felt by everything, and what happens to the
first of an estate by four hundred. The arcs are of four kinds. `full reach` is that something unknown happens to the
one thing; `by kinds` is that it is replaced, so that each kind of arc carries something else.
"""

from __future__ import annotations

import gc
import json
import random
import subprocess
import tempfile
import time
import tracemalloc
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.rows import Answer, Row, Scale, at
from interlock.assess.assess import assess
from interlock.assess.graph import Flood, Graph
from interlock.assess.reach import reach_of
from interlock.assess.spread import MAY, bit, column, compiled
from interlock.assess.world import World
from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import Edge, EdgeKind, Inventory, Item
from interlock.model.target import Environment

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
PEERS = ("networkx", "rustworkx")
SECONDS = 120
ESTATE = 400
KINDS: tuple[EdgeKind, ...] = ("uses", "contains", "reads", "after")
REPEATS = 5


class Arcs(NamedTuple):
    """The arcs of a world, from what is depended on (heads) to who depends on it (tails)."""

    nodes: int
    heads: array[int]
    tails: array[int]
    kinds: bytes


def arcs(edges: int) -> Arcs:
    """So many edges, and a fifth as many things; the same ones each time."""
    chance = random.Random(1)
    heads, tails = array("i"), array("i")
    estates = max(1, edges // (ESTATE * 5))
    first = [1 + estate * ESTATE for estate in range(estates)]
    for begin in first:
        heads.append(0)
        tails.append(begin)
        for number in range(1, ESTATE):
            heads.append(begin + chance.randrange(number))
            tails.append(begin + number)
    nodes = 1 + estates * ESTATE
    while len(heads) < edges:
        begin = chance.choice(first)
        low, high = sorted(chance.sample(range(ESTATE), 2))
        heads.append(begin + low)
        tails.append(begin + high)
    order = chance.sample(range(len(heads)), len(heads))
    kinds = bytes(chance.randrange(len(KINDS)) for _ in order)
    return Arcs(nodes, array("i", (heads[n] for n in order)), array("i", (tails[n] for n in order)), kinds)


def run(scale: Scale) -> list[Row]:
    made = arcs(1_000_000 if scale.effects >= 100_000 else 4_000)
    return [*ours(made), *theirs(made), *worlds(made), large_change(scale)]


def ours(made: Arcs) -> list[Row]:
    """The graph alone, from plain numbers."""
    kinds = [column(kind, hard=True, named=False, remakes=False) for kind in KINDS]
    columns = bytes(kinds[kind] for kind in made.kinds)
    graph, built = best(lambda: Graph(made.nodes, made.heads, made.tails, columns))
    tracemalloc.start()
    Graph(made.nodes, made.heads, made.tails, columns)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    rows = compiled(MAY).rows

    def felt(event: int, node: int) -> list[int]:
        return Flood(graph, rows, event).run({event: [node]})

    everything, whole = best(lambda: felt(bit("unknown"), 0))
    kinds_only, typed = best(lambda: felt(bit("replaced"), 0))
    some, radius = best(lambda: felt(bit("replaced"), 1), times=50)
    size = f"{made.nodes:,} nodes, {len(made.heads):,} edges"
    lasting = sum(len(part) * part.itemsize for part in (graph.starts, graph.tails, graph.arcs)) + len(graph.columns)
    return [
        Row("Interlock: build from numbers", built, "s", "≤ 1.5", size),
        Row("Interlock: full reach", whole, "s", "≤ 0.3", f"{len(everything):,} nodes"),
        Row("Interlock: full reach by kinds", typed, "s", "", f"{len(kinds_only):,} nodes, several events at each"),
        Row("Interlock: typical radius", radius * 1e3, "ms", "≤ 1", f"{len(some):,} nodes, by kinds"),
        Row("Interlock: memory", lasting / 2**20, "MB", "", f"{highest / 2**20:.0f} MB while it is built"),
    ]


def theirs(made: Arcs) -> list[Row]:
    """The same arcs in the peers' graphs; where they could not be measured, the row says why."""
    if not PYTHON.exists():
        return [
            Row(f"{peer}: not measured", float("nan"), "", "", "not installed; `make bench` does") for peer in PEERS
        ]
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-reach-") as folder:
        (Path(folder) / "heads").write_bytes(made.heads.tobytes())
        (Path(folder) / "tails").write_bytes(made.tails.tobytes())
        for peer in PEERS:
            command = [str(PYTHON), str(ROOT / "bench" / "peers" / "graphs.py"), peer, folder, str(made.nodes), "1"]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
                figures = json.loads(done.stdout)
            except (subprocess.SubprocessError, ValueError) as error:
                said = getattr(error, "stderr", "") or str(error)
                note = str(said).strip().splitlines()[-1][:120]
                rows.append(Row(f"{peer}: not measured", float("nan"), "", "", note))
                continue
            rows += [Row(f"{peer}: {what}", figure, unit, "", note) for what, figure, unit, note in figures]
    return rows


def worlds(made: Arcs) -> list[Row]:
    """An inventory of the same size, made ready, and the reach of a change in it, with its chains."""
    things = [Resource("bench.thing", f"estate-{node // ESTATE}/thing-{node}") for node in range(made.nodes)]
    edges = tuple(
        Edge(things[tail], things[head], KINDS[kind], evidence="bench")
        for head, tail, kind in zip(made.heads, made.tails, made.kinds, strict=True)
    )
    inventory = Inventory("bench", items=tuple(Item(thing) for thing in things), edges=edges)
    world, built = best(lambda: World.of(inventory), times=2)

    def felt(node: int) -> int:
        change = Change("bench", (Effect("replace", things[node], "planned", "structure"),))
        return len(reach_of(change, world, inventory, None).reach.may)

    listed, whole = best(lambda: felt(0), times=2)
    near, radius = best(lambda: felt(1), times=20)
    return [
        Row("Interlock: the world of an inventory", built, "s", "", f"{len(edges):,} edges as values"),
        Row("Interlock: reach of a change, everything feels it", whole, "s", "", f"{listed:,} listed with chains"),
        Row("Interlock: reach of a change, typical radius", radius * 1e3, "ms", "", f"{near:,} listed with chains"),
    ]


def large_change(scale: Scale) -> Row:
    """A plan with 10,000 effects in a world of 10,000 things and 40,000 edges, assessed from beginning to end."""
    count, chance = min(10_000, scale.effects), random.Random(2)
    things = [Resource("bench.thing", f"thing-{number}") for number in range(count)]
    edges = tuple(
        Edge(things[chance.randrange(count)], things[chance.randrange(count)], chance.choice(KINDS), fields=("id",))
        for _ in range(4 * count)
    )
    inventory = Inventory("bench", items=tuple(Item(thing) for thing in things), edges=edges)
    verbs = ("create", "update", "replace", "delete")
    effects = tuple(
        Effect(chance.choice(verbs), thing, "planned", "structure", fields=("id",), part=part)
        for part, thing in enumerate(things)
    )
    change, environment = Change("bench", effects, count), Environment("production")
    _, took = best(
        lambda: assess(change, inventory=inventory, rehearsal=None, claimed=environment, found=environment), times=3
    )
    return Row(f"Interlock: assess {count:,} effects, {4 * count:,} edges", took, "s", "≤ 1", "from values to values")


def best(work: Callable[[], Answer], times: int = REPEATS) -> tuple[Answer, float]:
    """What it answers, and the median of how long it took, in seconds."""
    taken = []
    gc.collect()
    for _ in range(times):
        began = time.perf_counter()
        answer = work()
        taken.append(time.perf_counter() - began)
    return answer, at(sorted(taken), 0.5)
