"""Cedar's syntax tree, as far as the engine and the lint need it: which facts does a policy look at?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cedarpy import pst

#: Scope constraints that compare the principal or the resource itself.
_NAMED = (pst.ScopeEq, pst.ScopeIn, pst.ScopeIsIn)


def mentioned(policy: pst.Template) -> frozenset[str]:
    """Dotted paths of the facts that a policy may look at; a bare `principal` or `context` means all of it."""
    found: set[str] = set()
    for name in ("principal", "resource"):
        if isinstance(getattr(policy, name), _NAMED):
            found.add(f"{name}.id")
    for clause in policy.clauses:
        found.update(_paths(clause.expr))
    return frozenset(found)


def path(node: object) -> str:
    """`context.environment.name` for the expression that says so, empty for any other expression."""
    names: list[str] = []
    while isinstance(node, pst.GetAttr):
        names.append(node.attr)
        node = node.base
    return ".".join((node.name, *reversed(names))) if isinstance(node, pst.Var) else ""


def _paths(expression: object) -> Iterator[str]:
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        known = path(node)
        if known:
            yield known
        elif isinstance(node, pst.HasAttr) and path(node.base):
            yield ".".join((path(node.base), *node.attrs))
        else:
            waiting.extend(children(node))


def children(node: object) -> list[object]:
    """The parts of a node, whatever kind it is, so that a kind added later is walked and not passed over."""
    if isinstance(node, Mapping):
        return list(node.values())
    if isinstance(node, tuple):
        return list(node)
    # What `fields` of dataclasses looks at, without making a tuple of it for each of some thousand nodes.
    return [getattr(node, name) for name in getattr(type(node), "__dataclass_fields__", ())]
