"""networkx and rustworkx: build a graph from the same arcs, and follow it from one node, as their manuals show.

Run by the peers' own Python; prints figures as JSON. They have no kinds of arcs here and no events: a node is
reached or not. The arcs come as two files of native 32-bit integers, heads and tails.
"""

from __future__ import annotations

import json
import os
import sys
import time
from array import array
from importlib import import_module
from pathlib import Path


def main(library: str, folder: str, nodes: int, seed: int) -> list[tuple[str, float, str, str]]:
    heads, tails = (read(f"{folder}/{name}") for name in ("heads", "tails"))
    module = import_module(library)
    before = resident()
    began = time.perf_counter()
    if library == "networkx":
        graph = module.DiGraph()
        graph.add_nodes_from(range(nodes))
        graph.add_edges_from(zip(heads, tails, strict=True))
    else:
        graph = module.PyDiGraph(multigraph=True)
        graph.add_nodes_from(range(nodes))
        graph.extend_from_edge_list(list(zip(heads, tails, strict=True)))
    built = time.perf_counter()
    taken = resident() - before
    reached = len(module.descendants(graph, 0)) + 1
    whole = time.perf_counter()
    near = len(module.descendants(graph, seed)) + 1
    done = time.perf_counter()
    return [
        ("build", built - began, "s", ""),
        ("full reach", whole - built, "s", f"{reached:,} nodes"),
        ("typical radius", (done - whole) * 1e3, "ms", f"{near:,} nodes"),
        ("memory", taken / 2**20, "MB", "resident, when it is built"),
    ]


def resident() -> int:
    """The bytes that this process holds in memory now."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


def read(path: str) -> array[int]:
    numbers = array("i")
    numbers.frombytes(Path(path).read_bytes())
    return numbers


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
