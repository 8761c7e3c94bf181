"""Resolve: what a reference means in the end: through variables to the caller's arguments, through outputs into a
child, through locals to what they are made from, down to resources and their attributes.

Each variable, output and local is worked out once, by a loop, because modules may be nested as deeply as somebody
likes; a value that is made from itself is cut and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from interlock.read.terraform.configured import Call, Configured, Module
from interlock.read.terraform.syntax import ALL, ANY_INDEX, COUNT_INDEX, EACH_KEY, Reference, Steps

#: Steps from a value to what it means that are taken in all. A real configuration has a few things behind each value.
MAX_HITS: Final = 500_000

Node = tuple[str, int, str]  # `var`, `local` or `output`, the number of its module, its name
_DYNAMIC: Final = frozenset({ANY_INDEX, ALL, EACH_KEY, COUNT_INDEX})


class Hit(NamedTuple):
    """One part that is meant: its module and name, and the steps behind it (attributes). No name: a local that neither
    the plan nor a source shows, or more than is followed.

    Whoever refers and what is meant stand in the same instance of the first `top` modules. `picks` say more of the
    keys in the target's address: at a place of it, a key as it is written, or the number of the place in the address
    of whoever refers. `at`, `bare` and `plain` are those of a Reference, for the whole way.
    """

    module: int
    part: str
    rest: Steps
    top: int
    picks: tuple[tuple[int, str | int], ...] = ()
    at: Steps = ()
    bare: bool = True
    plain: bool = True


class Resolver:
    """What the values of one configuration mean. `circles` counts values made from themselves; `cut`: too many."""

    def __init__(self, configured: Configured) -> None:
        self.modules = configured.modules
        self.circles = 0
        self.cut = False
        self._hits: dict[Node, tuple[Hit, ...]] = {}
        self._count = 0

    def hits(self, module: int, references: Iterable[Reference], each: list[Reference]) -> Iterator[Hit]:
        """What these references mean in this module; `each` is what the for_each around them refers to."""
        for reference in self._with_each(references, each):
            node = self._node(module, reference.steps)
            if node is not None:
                self._work_out(node)
            yield from self._meant(module, reference)

    def _with_each(self, references: Iterable[Reference], each: list[Reference]) -> Iterator[Reference]:
        """`each.value` is one element of what for_each goes over: which one, and how it was made, is not looked at."""
        for reference in references:
            yield reference
            if reference.steps[:2] == ("each", "value"):
                yield from (one._replace(at=reference.at, bare=False, plain=False) for one in each)

    def _node(self, number: int, steps: Steps) -> Node | None:
        """The value that a reference reads first; None for one that names a part, or nothing that is known."""
        if len(steps) < 2:
            return None
        module = self.modules[number]
        if steps[0] == "var" and module.parent >= 0:
            return "var", number, steps[1]
        if steps[0] == "local" and steps[1] in module.locals:
            return "local", number, steps[1]
        if steps[0] == "module" and (call := module.calls.get(steps[1])):
            name = next((step for step in steps[2:] if not step.startswith("[")), "")
            return "output", call.child, name
        return None

    def _made_from(self, node: Node) -> tuple[int, list[Reference]]:
        """The module in which a value is made, and from which references."""
        kind, number, name = node
        module = self.modules[number]
        if kind == "local":
            return number, module.locals.get(name, [])
        if kind == "output":
            each = [name] if name in module.outputs else module.outputs  # a whole module is all of its outputs
            return number, [reference for one in each for reference in module.outputs[one]]
        call = self._call(number)
        return module.parent, list(self._with_each(call.inputs.get(name, []), call.meta))

    def _call(self, number: int) -> Call:
        module = self.modules[number]
        return self.modules[module.parent].calls[module.path[-1]]

    def _work_out(self, wanted: Node) -> None:
        """Work out a value and all that it is made from, the innermost first."""
        stack, open_ = [wanted], set[Node]()
        while stack:
            node = stack[-1]
            if node in self._hits:
                stack.pop()
                continue
            number, references = self._made_from(node)
            inner = {each for reference in references if (each := self._node(number, reference.steps))}
            missing = inner - self._hits.keys()
            if node in open_ or not missing:
                self.circles += bool(missing)
                stack.pop()
                found = dict.fromkeys(hit for reference in references for hit in self._meant(number, reference))
                self._hits[node] = tuple(found)
                continue
            open_.add(node)
            missing -= open_
            stack.extend(sorted(missing))

    def _meant(self, number: int, reference: Reference) -> Iterator[Hit]:
        """What one reference means, where what it reads has been worked out."""
        steps, module = reference.steps, self.modules[number]
        node, depth = self._node(number, steps), len(module.path)
        if node is None:
            hit = _part(number, module, reference)
            if hit is not None:
                yield hit
            elif steps[:1] == ("local",):
                yield Hit(number, "", (), depth)
            return
        if node[0] == "output":
            name = node[2]
            place = steps.index(name, 2) if name else len(steps)
            keys, rest = steps[2:place], steps[place + 1 :]
            pick = _pick(keys[0], depth) if keys else None
            inner: Iterable[Hit] = (_left(hit, depth, pick) for hit in self._hits.get(node, ()))
        else:
            rest = steps[2:]
            inner = self._hits.get(node, ())
            if node[0] == "var":
                inner = (hit if hit.top < depth else hit._replace(top=depth - 1) for hit in inner)
        for each in inner:
            self._count += 1
            if self._count > MAX_HITS:
                self.cut = True
                yield Hit(number, "", (), depth)
                return
            matched = _matched(each, rest) if rest else each
            if matched is not None:
                at, bare, plain = reference.at + matched.at, matched.bare and reference.bare, matched.plain
                plain = plain and reference.plain
                same = (at, bare, plain) == (matched.at, matched.bare, matched.plain)
                yield matched if same else matched._replace(at=at, bare=bare, plain=plain)


def _part(number: int, module: Module, reference: Reference) -> Hit | None:
    """The resource or data source that a reference names; None when the module has none of that name."""
    steps = reference.steps
    width = 3 if steps[:1] in (("data",), ("ephemeral",)) else 2
    name = ".".join(steps[:width])
    if len(steps) < width or name not in module.parts:
        return None
    rest, depth = steps[width:], len(module.path)
    picks: tuple[tuple[int, str | int], ...] = ()
    if rest and rest[0].startswith("["):
        pick = _pick(rest[0], depth)
        picks = ((depth, pick),) if pick is not None else ()
        several = rest[0] == ALL and any(step.startswith("[") for step in rest[1:])
        return Hit(number, name, rest[1:], depth, picks, reference.at, reference.bare, reference.plain and not several)
    return Hit(number, name, rest, depth, picks, reference.at, reference.bare, reference.plain)


def _pick(index: str, depth: int) -> str | int | None:
    """What an index says of a key: a key as written, all of them, the place in the reader's own address, or nothing."""
    if index in (EACH_KEY, COUNT_INDEX):
        return depth
    return None if index == ANY_INDEX else index


def _left(hit: Hit, depth: int, pick: str | int | None) -> Hit:
    """A hit of a child's output, as the module at `depth` sees it: the child's key is the one that was asked for."""
    picks = [(place, pick if key == depth else key) for place, key in hit.picks]
    if hit.top > depth:
        picks.append((depth, pick))
    known = tuple((place, key) for place, key in picks if key is not None)
    return hit._replace(top=min(hit.top, depth), picks=known)


def _matched(hit: Hit, rest: Steps) -> Hit | None:
    """The hit as read through further steps; None when these lead to another part of a literal object or list."""
    at, plain = hit.at, hit.plain
    while at and rest:
        one, other = at[0], rest[0]
        if one in _DYNAMIC or other in _DYNAMIC:
            plain = False
        elif one.strip('[]"') != other.strip('[]"'):
            return None
        at, rest = at[1:], rest[1:]
    if not rest:
        return hit if at == hit.at else hit._replace(at=at, plain=plain)
    if not hit.bare:
        return hit._replace(at=(), plain=False)
    if not rest[0].startswith("["):
        return hit._replace(at=(), rest=(*hit.rest, *rest), plain=plain)
    # One of several is asked for: an instance of what was handed on whole, or an element of what it holds.
    several = not hit.rest or any(key == ALL for _, key in hit.picks)
    return hit._replace(at=(), rest=(*hit.rest, *rest[not hit.rest :]), plain=plain and not several)
