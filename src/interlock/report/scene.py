"""Scene: which things a picture shows, and for each one from which other thing it feels the change.

A chain of evidence is a path, and the chain of each thing on the path is the beginning of it; so what a thing hangs
from is found by its chain alone. A picture with more than BUDGET things is read by nobody: the gravest are shown,
each with all that its chain goes through, and the others are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple, get_args

from interlock.model.assessment import Reached
from interlock.model.change import Verb
from interlock.report.subject import RANK, Subject, writing

Ring = Literal["changed", "must", "may"]
RINGS: Final[tuple[Ring, ...]] = get_args(Ring)

#: How many things are shown at most, and how many of them each ring may take when all have more than enough.
BUDGET: Final = 150
SHARES: Final[dict[Ring, int]] = {"changed": 60, "must": 45, "may": 45}

NOBODY: Final = -1


class Node(NamedTuple):
    """One thing. `verbs` are what is done to it, the gravest first; of what only feels it there are none.

    `parent` is the index of the thing from which it feels the change, NOBODY for what is changed itself; parents come
    before their children. `via` are the lines of evidence from there to here.
    """

    name: str
    type: str
    ring: Ring
    verbs: tuple[Verb, ...]
    production: bool
    critical: bool
    irreversible: bool
    chain: tuple[str, ...]
    parent: int
    via: tuple[str, ...]


class Scene(NamedTuple):
    """What is shown. `totals` counts each ring beyond the one inside of it, `hidden` what of that is not shown."""

    nodes: tuple[Node, ...]
    totals: dict[Ring, int]
    hidden: dict[Ring, int]
    complete: bool
    frontier: int


def scene(subject: Subject, budget: int = BUDGET) -> Scene:
    """The scene of this subject, the same for the same values."""
    everything = _everything(subject)
    chosen = _chosen(everything, budget)
    renumbered = {old: new for new, old in enumerate(chosen)}
    nodes = tuple(everything[old]._replace(parent=renumbered.get(everything[old].parent, NOBODY)) for old in chosen)
    totals, shown = _counts(everything), _counts(nodes)
    hidden: dict[Ring, int] = {ring: totals[ring] - shown[ring] for ring in RINGS}
    reach = subject.assessment.reach
    return Scene(nodes, totals, hidden, reach.complete, reach.frontier)


def children_of(nodes: Sequence[Node]) -> list[list[int]]:
    """For each thing those that feel the change from it, in order."""
    children: list[list[int]] = [[] for _ in nodes]
    for index, node in enumerate(nodes):
        if node.parent != NOBODY:
            children[node.parent].append(index)
    return children


def _everything(subject: Subject) -> list[Node]:
    """Every thing of the reach, parents first: rings from the inside, in each the shorter chains first."""
    reach, seen = subject.assessment.reach, set[tuple[str, str]]()
    ordered: list[tuple[Ring, Reached]] = []
    for ring, members in zip(RINGS, (reach.changed, reach.must, reach.may), strict=True):
        fresh = [one for one in members if one.resource.key not in seen]
        seen.update(one.resource.key for one in fresh)
        ordered += ((ring, one) for one in sorted(fresh, key=lambda one: len(one.chain)))
    verbs, hopeless = _done(subject)
    critical = set(subject.assessment.critical)
    by_chain: dict[tuple[str, ...], int] = {}
    nodes: list[Node] = []
    for ring, one in ordered:
        resource = one.resource
        parent, known = (NOBODY, 0) if ring == "changed" else _parent(one.chain, by_chain)
        by_chain.setdefault(one.chain, len(nodes))
        done = verbs.get(resource.key) or verbs.get(("", resource.name), ()) if ring == "changed" else ()
        nodes.append(
            Node(
                name=resource.name,
                type=resource.type,
                ring=ring,
                verbs=done,
                production=subject.is_production(resource.environment),
                critical=resource.name in critical,
                irreversible=ring == "changed" and resource.name in hopeless,
                chain=one.chain,
                parent=parent,
                via=one.chain[known:],
            )
        )
    return nodes


def _done(subject: Subject) -> tuple[dict[tuple[str, str], tuple[Verb, ...]], set[str]]:
    """What is done to each thing, by its key and by its name alone; and the names of what cannot be taken back."""
    verbs: dict[tuple[str, str], set[Verb]] = {}
    hopeless: set[str] = set()
    for ordinal, effect in writing(subject.change):
        for key in (effect.resource.key, ("", effect.resource.name)):
            verbs.setdefault(key, set()).add(effect.verb)
        if subject.assessment.effects[ordinal].reversibility == "irreversible":
            hopeless.add(effect.resource.name)
    return {key: tuple(sorted(each, key=RANK.__getitem__)) for key, each in verbs.items()}, hopeless


def _parent(chain: tuple[str, ...], by_chain: dict[tuple[str, ...], int]) -> tuple[int, int]:
    """The thing whose chain is the longest beginning of this one, and how many lines that is."""
    for length in range(len(chain) - 1, 0, -1):
        if (found := by_chain.get(chain[:length])) is not None:
            return found, length
    return NOBODY, 0


def _chosen(nodes: Sequence[Node], budget: int) -> list[int]:
    """The indices to show, in order. What is chosen brings what it hangs from along."""
    if len(nodes) <= budget:
        return list(range(len(nodes)))
    dependents = [0] * len(nodes)
    for node in nodes:
        if node.parent != NOBODY:
            dependents[node.parent] += 1
    chosen: set[int] = set()
    room = _room(_counts(nodes), budget)
    for ring in RINGS:
        left = room[ring]
        ranked = sorted(
            (index for index, node in enumerate(nodes) if node.ring == ring),
            key=lambda index: _weight(nodes[index], dependents[index]),
        )
        for index in ranked:
            wanted = _line(nodes, index, chosen)
            if left <= 0:
                break
            if len(wanted) <= left:
                chosen.update(wanted)
                left -= len(wanted)
    return sorted(chosen)


def _weight(node: Node, dependents: int) -> tuple[object, ...]:
    """What is shown first: what is taken away, what is critical, what much hangs from, what is near."""
    gravest = min((RANK[verb] for verb in node.verbs), default=len(RANK))
    return (not node.critical, gravest, len(node.chain), -dependents, node.name, node.type)


def _line(nodes: Sequence[Node], index: int, chosen: set[int]) -> list[int]:
    """The thing and those it hangs from, as far as they are not chosen yet."""
    found = []
    while index != NOBODY and index not in chosen:
        found.append(index)
        index = nodes[index].parent
    return found


def _room(totals: dict[Ring, int], budget: int) -> dict[Ring, int]:
    """How many things of each ring there is room for: its share, and what the others leave of theirs."""
    room: dict[Ring, int] = {ring: min(totals[ring], budget * SHARES[ring] // BUDGET) for ring in RINGS}
    left = budget - sum(room.values())
    for ring in RINGS:
        more = min(left, totals[ring] - room[ring])
        room[ring] += more
        left -= more
    return room


def _counts(nodes: Iterable[Node]) -> dict[Ring, int]:
    counts: dict[Ring, int] = dict.fromkeys(RINGS, 0)
    for node in nodes:
        counts[node.ring] += 1
    return counts
