"""Layout: where each thing of a scene stands. Three lanes from left to right: changed, must feel it, may feel it.

A thing takes a row; what feels the change from it stands to its right in the same row and those below, so that no two
paths ever cross. Many things that hang from one thing, with nothing behind them, share a block. Changed things from
which nothing hangs stand apart, below. One pass over the scene; the same scene gives the same places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from interlock.report.scene import NOBODY, RINGS, Node, Ring, Scene, children_of
from interlock.report.subject import RANK

WIDTH: Final = 252  # of a card
GAP: Final = 44  # between two columns: room for the paths
CARD: Final = 42
ROW: Final = 50
CHIP: Final = 26  # the height of a thing in a block
CHIP_ROW: Final = 30
PAD: Final = 7  # between the edge of a block and what is in it
LANE_GAP: Final = 30
LANE_PAD: Final = 14
EMPTY: Final = 204  # the width of a lane with nothing in it
#: Columns of a lane; what hangs deeper stands below what it hangs from.
DEEPEST: Final = 3
#: How many things stand side by side where there is nothing but them.
ABREAST: Final = 3
#: From this many on, things with nothing behind them share a block; and from how many it has a third column.
CROWD: Final = 5
THREE: Final = 15
#: Up to so many changed things from which nothing hangs stand among the others.
FEW: Final = 3


class Card(NamedTuple):
    """A thing at its place; in a block it is `small`."""

    node: int
    x: int
    y: int
    small: bool = False


class Block(NamedTuple):
    """The outline of many things that hang from one."""

    x: int
    y: int
    width: int
    height: int
    ring: Ring


class Link(NamedTuple):
    """A path from the thing `node` hangs from: right, down, right. For a block `node` is its first thing."""

    node: int
    x: int
    y: int
    to_x: int
    to_y: int
    ring: Ring


class Lane(NamedTuple):
    ring: Ring
    x: int
    width: int


class Layout(NamedTuple):
    """`apart` is where the changed things stand from which nothing hangs, 0 where there are none."""

    width: int
    height: int
    lanes: tuple[Lane, ...]
    cards: tuple[Card, ...]
    blocks: tuple[Block, ...]
    links: tuple[Link, ...]
    lanes_end: int
    apart: int


def layout(scene: Scene, least_width: int = 0) -> Layout:
    """The places of this scene."""
    placing = _Placing(scene.nodes)
    bottom = placing.rooted()
    if placing.alone and not bottom:
        # Nothing hangs from anything: all stand in the lane of what is changed, and under no other heading.
        placing.extent["changed"] = min(ABREAST, len(placing.alone)) * (WIDTH + 8) - 8
    lanes = _lanes(placing.extent)
    width = max(lanes[-1].x + lanes[-1].width, least_width)
    at = {lane.ring: lane.x + LANE_PAD for lane in lanes}
    cards = [card._replace(x=card.x + at[scene.nodes[card.node].ring]) for card in placing.cards]
    blocks = [block._replace(x=block.x + at[block.ring]) for block in placing.blocks]
    starts = {card.node: card.x + WIDTH for card in cards}
    links = [
        link._replace(x=starts[scene.nodes[link.node].parent], to_x=link.to_x + at[link.ring]) for link in placing.links
    ]
    lanes_end, apart = bottom, 0
    if placing.alone:
        apart = bottom + 34 if bottom else 0
        room = width if bottom else lanes[0].width
        across = max(1, (room - 2 * LANE_PAD + 8) // (WIDTH + 8))
        for place, index in enumerate(placing.alone):
            row, column = divmod(place, across)
            cards.append(Card(index, LANE_PAD + column * (WIDTH + 8), apart + row * ROW))
        bottom = apart + -(-len(placing.alone) // across) * ROW
        lanes_end = lanes_end if apart else bottom
    return Layout(width, bottom, lanes, tuple(cards), tuple(blocks), tuple(links), lanes_end, apart)


def _lanes(extent: dict[Ring, int]) -> tuple[Lane, ...]:
    lanes, x = [], 0
    for ring in RINGS:
        width = max(extent[ring], EMPTY) + 2 * LANE_PAD
        lanes.append(Lane(ring, x, width))
        x += width + LANE_GAP
    return tuple(lanes)


class _Placing:
    """Places within lanes, each from its own left edge; where the lanes stand is known when all are filled."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._children = children_of(nodes)
        self._sizes = self._counted()
        self._columns = self._deep()
        self.cards: list[Card] = []
        self.blocks: list[Block] = []
        self.links: list[Link] = []
        self.extent: dict[Ring, int] = dict.fromkeys(RINGS, 0)
        self.alone: list[int] = []

    def rooted(self) -> int:
        """Place all that hangs together; the first free row below. What hangs from nothing and holds nothing waits."""
        roots = [index for index, node in enumerate(self._nodes) if node.parent == NOBODY]
        alone = [index for index in roots if not self._children[index] and self._nodes[index].ring == "changed"]
        if len(alone) > FEW:
            self.alone = sorted(alone, key=self._order)
            roots = [index for index in roots if index not in set(alone)]
        y = 0
        for index in sorted(roots, key=self._order):
            y = self._place(index, y)
        return y

    def _place(self, index: int, y: int) -> int:
        """Place a thing and all behind it from this row on; the first free row below."""
        x = self._card(index, y)
        below = y
        for ring in RINGS:
            within = [child for child in self._children[index] if self._nodes[child].ring == ring]
            leaves = sorted((child for child in within if not self._children[child]), key=self._order)
            crowd = leaves if len(leaves) >= CROWD else []
            for child in sorted(set(within) - set(crowd), key=self._order):
                below = self._below(index, child, x, y, below)
                self._link(child, y, below)
                below = self._place(child, below)
            if crowd:
                below = self._below(index, crowd[0], x, y, below)
                self._link(crowd[0], y, below)
                below = self._block(crowd, below)
        return max(below, y + ROW)

    def _below(self, index: int, child: int, x: int, y: int, below: int) -> int:
        """The row for a child: to the right of what it hangs from, or below it where there is no column left."""
        same_lane = self._nodes[index].ring == self._nodes[child].ring
        return max(below, y + ROW) if same_lane and self._left(child) <= x else below

    def _card(self, index: int, y: int) -> int:
        x = self._left(index)
        self.cards.append(Card(index, x, y))
        self._reach(self._nodes[index].ring, x + WIDTH)
        return x

    def _link(self, child: int, from_y: int, to_y: int) -> None:
        ring = self._nodes[child].ring
        self.links.append(Link(child, 0, from_y + CARD // 2, self._left(child), to_y + CARD // 2, ring))

    def _block(self, members: Sequence[int], y: int) -> int:
        """Many things in columns; the first free row below."""
        ring, x = self._nodes[members[0]].ring, self._left(members[0])
        across = 3 if len(members) >= THREE else 2
        rows = -(-len(members) // across)
        for place, index in enumerate(members):
            column, row = divmod(place, rows)
            self.cards.append(Card(index, x + PAD + column * (WIDTH + PAD), y + PAD + row * CHIP_ROW, small=True))
        width = across * (WIDTH + PAD) + PAD
        height = rows * CHIP_ROW + 2 * PAD - (CHIP_ROW - CHIP)
        self.blocks.append(Block(x, y, width, height, ring))
        self._reach(ring, x + width)
        return y + height + ROW - CARD

    def _left(self, index: int) -> int:
        return self._columns[index] * (WIDTH + GAP)

    def _reach(self, ring: Ring, x: int) -> None:
        self.extent[ring] = max(self.extent[ring], x)

    def _order(self, index: int) -> tuple[object, ...]:
        node = self._nodes[index]
        gravest = min((RANK[verb] for verb in node.verbs), default=len(RANK))
        return (not node.critical, not self._children[index], gravest, -self._sizes[index], node.name, node.type)

    def _counted(self) -> list[int]:
        """How many things hang from each, over all steps."""
        sizes = [0] * len(self._nodes)
        for index in range(len(self._nodes) - 1, -1, -1):
            parent = self._nodes[index].parent
            if parent != NOBODY:
                sizes[parent] += sizes[index] + 1
        return sizes

    def _deep(self) -> list[int]:
        """The column of each thing in its lane: one further than what it hangs from, when that is in the same lane."""
        columns = [0] * len(self._nodes)
        for index, node in enumerate(self._nodes):
            if node.parent != NOBODY and self._nodes[node.parent].ring == node.ring:
                columns[index] = min(columns[node.parent] + 1, DEEPEST - 1)
        return columns
