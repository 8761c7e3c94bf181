"""What a policy's condition says, in a form that can be compared: can it ever hold, does one imply another?

Both questions are answered by structure and a little arithmetic, so `yes` is certain and `no` means only that it could
not be shown. A lint may miss something; it never accuses a policy that is in order. (Proofs over the whole input space
are P8 and need a solver.)
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Final, NamedTuple

from cedarpy import pst

from interlock.policy.tree import path

#: How many ways through `||` are followed before giving up.
_BRANCHES: Final = 64


class Atom(NamedTuple):
    """Something that is so or is not; two atoms are one thing when their expressions are equal."""

    expression: object
    holds: bool


class OneOf(NamedTuple):
    """A fact is one of these values, or (`holds` False) none of them. Actions and text are told this way."""

    fact: str
    values: frozenset[str]
    holds: bool


class Between(NamedTuple):
    """A number is within these bounds, both inclusive; None is no bound."""

    fact: str
    low: int | None
    high: int | None


class AllOf(NamedTuple):
    parts: frozenset[Formula]


class AnyOf(NamedTuple):
    parts: frozenset[Formula]


Formula = Atom | OneOf | Between | AllOf | AnyOf | bool
Facts = frozenset[Formula]


class Language(NamedTuple):
    """What the schema knows: the actions of each group (an action is a group of itself), and closed vocabularies."""

    groups: Mapping[str, frozenset[str]]
    words: Mapping[str, frozenset[str]]


def condition(policy: pst.Template, language: Language) -> Facts:
    """Everything that must be so for this policy to apply, as parts that all have to hold."""
    parts: list[Formula] = [_action(policy.action, language)]
    for name in ("principal", "resource"):
        scope = getattr(policy, name)
        if not isinstance(scope, pst.ScopeAny | pst.ScopeIs):
            parts.append(Atom((name, scope), True))
    for clause in policy.clauses:
        parts.append(_formula(clause.expr, isinstance(clause, pst.When), language))
    return _flat(parts)


def impossible(facts: Facts, language: Language, budget: int = _BRANCHES) -> bool:
    """Whether these can never all hold."""
    if False in facts or any(isinstance(each, Atom) and each._replace(holds=not each.holds) in facts for each in facts):
        return True
    named = {each.fact for each in facts if isinstance(each, OneOf | Between)}
    if any(_empty(name, facts, language) for name in named):
        return True
    for each in facts:
        if isinstance(each, AnyOf) and len(each.parts) <= budget:
            rest = facts - {each}
            if all(impossible(rest | _flat([part]), language, budget // len(each.parts)) for part in each.parts):
                return True
    return False


def implies(facts: Facts, wanted: Formula, budget: int = _BRANCHES) -> bool:
    """Whether these being so, that must be so too."""
    if wanted is True or wanted in facts:
        return True
    if isinstance(wanted, AllOf):
        return all(implies(facts, part, budget) for part in wanted.parts)
    if isinstance(wanted, AnyOf) and any(implies(facts, part, budget) for part in wanted.parts):
        return True
    if isinstance(wanted, OneOf) and any(_narrower(each, wanted) for each in facts):
        return True
    if isinstance(wanted, Between):
        low, high = _bounds(wanted.fact, facts)
        reaches_low = wanted.low is None or (low is not None and low >= wanted.low)
        if reaches_low and (wanted.high is None or (high is not None and high <= wanted.high)):
            return True
    for each in facts:
        if isinstance(each, AnyOf) and len(each.parts) <= budget:
            rest = facts - {each}
            if all(implies(rest | _flat([part]), wanted, budget // len(each.parts)) for part in each.parts):
                return True
    return False


def covers(wide: Facts, narrow: Facts) -> bool:
    """Whether the wide one applies wherever the narrow one does."""
    return all(implies(narrow, part) for part in wide)


def _action(scope: object, language: Language) -> Formula:
    if isinstance(scope, pst.ActionEq):
        return OneOf("action", frozenset((scope.entity.id,)), True)
    if isinstance(scope, pst.ActionIn):
        named = (language.groups.get(entity.id, frozenset()) for entity in scope.entities)
        return OneOf("action", frozenset(chain.from_iterable(named)), True)
    return True


def _formula(node: object, holds: bool, language: Language) -> Formula:
    """The expression, or its opposite, in negation normal form."""
    match node:
        case pst.BoolLit(value):
            return value is holds
        case pst.UnaryOp("not", inside):
            return _formula(inside, not holds, language)
        case pst.BinaryOp("and" | "or" as op, left, right):
            parts = _flat([_formula(left, holds, language)]), _formula(right, holds, language)
            if (op == "and") is holds:
                return AllOf(parts[0] | _flat([parts[1]]))
            return _any(AllOf(parts[0]) if len(parts[0]) > 1 else next(iter(parts[0]), True), parts[1])
        case pst.BinaryOp(op, left, right):
            return _comparison(op, left, right, holds, language) or Atom(node, holds)
    return Atom(node, holds)


def _comparison(op: str, left: object, right: object, holds: bool, language: Language) -> Formula | None:
    """A comparison of one fact with something fixed; None for any other."""
    if op == "in" and isinstance(left, pst.Var) and left.name == "action":
        entities = right.elements if isinstance(right, pst.Set) else (right,)
        groups = [
            language.groups.get(each.value.id, frozenset()) for each in entities if isinstance(each, pst.EntityLit)
        ]
        return OneOf("action", frozenset(chain.from_iterable(groups)), holds) if len(groups) == len(entities) else None
    if op == "contains" and isinstance(left, pst.Set) and path(right):
        texts = [each.value for each in left.elements if isinstance(each, pst.StringLit)]
        return OneOf(path(right), frozenset(texts), holds) if len(texts) == len(left.elements) else None
    if not path(left) and path(right):
        left, right, op = right, left, _TURNED.get(op, op)
    fact = path(left)
    if not fact or (op not in _TURNED and op not in ("eq", "not_eq")):
        return None
    if op == "not_eq":
        op, holds = "eq", not holds
    match right:
        case pst.BoolLit(value) if op == "eq":
            return Atom(left, value is holds)
        case pst.StringLit(value) if op == "eq":
            return OneOf(fact, frozenset((value,)), holds)
        case pst.EntityLit(value) if op == "eq" and fact == "action":
            return OneOf("action", frozenset((value.id,)), holds)
        case pst.LongLit(value):
            return _range(fact, op if holds else _OPPOSITE.get(op, ""), value)
    return None


_TURNED: Final = {"less": "greater", "greater": "less", "less_eq": "greater_eq", "greater_eq": "less_eq"}
_OPPOSITE: Final = {"less": "greater_eq", "greater": "less_eq", "less_eq": "greater", "greater_eq": "less"}


def _range(fact: str, op: str, value: int) -> Formula | None:
    bounds = {
        "eq": (value, value),
        "less": (None, value - 1),
        "less_eq": (None, value),
        "greater": (value + 1, None),
        "greater_eq": (value, None),
    }
    return Between(fact, *bounds[op]) if op in bounds else None


def _flat(parts: list[Formula]) -> Facts:
    """Parts that all hold, with nested ones taken out and what says nothing left away."""
    found: set[Formula] = set()
    for part in parts:
        if isinstance(part, AllOf):
            found |= part.parts
        elif part is not True:
            found.add(part)
    return frozenset(found)


def _any(*parts: Formula) -> Formula:
    flat = [each for part in parts for each in (part.parts if isinstance(part, AnyOf) else (part,))]
    kept = frozenset(part for part in flat if part is not False)
    if True in kept:
        return True
    return AnyOf(kept) if len(kept) > 1 else next(iter(kept), False)


def _empty(fact: str, facts: Facts, language: Language) -> bool:
    """Whether no value of this fact is left: outside of a closed vocabulary there is none to begin with."""
    low, high = _bounds(fact, facts)
    if low is not None and high is not None and low > high:
        return True
    said = [each for each in facts if isinstance(each, OneOf) and each.fact == fact]
    left = language.words.get(fact)
    for each in said:
        if each.holds:
            left = each.values if left is None else left & each.values
    for each in said:
        if left is not None and not each.holds:
            left -= each.values
    return left is not None and not left


def _bounds(fact: str, facts: Facts) -> tuple[int | None, int | None]:
    ranges = [each for each in facts if isinstance(each, Between) and each.fact == fact]
    lows = [each.low for each in ranges if each.low is not None]
    highs = [each.high for each in ranges if each.high is not None]
    return max(lows, default=None), min(highs, default=None)


def _narrower(said: Formula, wanted: OneOf) -> bool:
    if not isinstance(said, OneOf) or said.fact != wanted.fact:
        return False
    if said.holds:
        return said.values <= wanted.values if wanted.holds else said.values.isdisjoint(wanted.values)
    return not wanted.holds and wanted.values <= said.values
