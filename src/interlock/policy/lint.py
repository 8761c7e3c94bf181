"""Lint: what is wrong with a policy set, and what is right but cannot be meant.

Errors are what `examine` refuses. Warnings are for policies that say nothing: they can never apply, another one always
speaks for them, or a word in them is none. A policy that seems to protect and does not is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from cedarpy import pst

from interlock.policy.check import Checked, examine
from interlock.policy.logic import Facts, Language, condition, covers, impossible
from interlock.policy.text import position
from interlock.policy.tree import children, path

Severity = Literal["error", "warning"]

#: The annotations that mean something. `control` names what a policy is there for; others are likely misspelt.
ANNOTATIONS: Final = ("id", "because", "lift", "control")


class Remark(NamedTuple):
    """One thing that is wrong, or cannot be meant. `where` is file:line:column; `policy` is empty for a whole file."""

    severity: Severity
    code: str
    where: str
    policy: str
    message: str
    hint: str


class Report(NamedTuple):
    """What a look at a policy set found. A set with errors is refused when it is loaded."""

    policies: int
    remarks: tuple[Remark, ...]

    @property
    def usable(self) -> bool:
        return all(remark.severity != "error" for remark in self.remarks)


def check(sources: Mapping[str, str], schema: str, parse_lift: Callable[[str], object], language: Language) -> Report:
    """Every error and every warning, errors first, each group by place."""
    checked, problems = examine(sources, schema, parse_lift)
    errors = [Remark("error", problem.code, problem.where, "", problem.message, problem.hint) for problem in problems]
    conditions = [condition(each.policy, language) for each in checked]
    warnings = [*_spelling(checked, language)]
    possible: list[tuple[Checked, Facts]] = []
    for each, facts in zip(checked, conditions, strict=True):
        if impossible(facts, language):
            warnings.append(_warning(each, "never-applies", "can never apply", "its conditions exclude each other"))
        else:
            possible.append((each, facts))
    warnings.extend(_everything(possible))
    warnings.extend(_unheard(possible))
    places = {each.rule.id: number for number, each in enumerate(checked)}
    warnings.sort(key=lambda remark: (places[remark.policy], remark.code))
    return Report(len(checked), (*errors, *warnings))


def _warning(each: Checked, code: str, message: str, hint: str, where: str = "") -> Remark:
    return Remark("warning", code, where or each.rule.where, each.rule.id, f"`{each.rule.id}` {message}", hint)


def _spelling(checked: tuple[Checked, ...], language: Language) -> Iterator[Remark]:
    for each in checked:
        for name in each.policy.annotations:
            if name not in ANNOTATIONS:
                hint = f"known are {', '.join(f'@{known}' for known in ANNOTATIONS)}"
                yield _warning(each, "unknown-annotation", f"has an annotation @{name} that means nothing", hint)
        for fact, word in _compared(each.policy):
            words = language.words.get(fact)
            if words is not None and word not in words:
                hint = f"`{fact}` says {', '.join(sorted(words))}"
                message = f"compares `{fact}` with `{word}`, which it never says"
                yield _warning(each, "unknown-word", message, hint, _place(each, word))


def _place(each: Checked, word: str) -> str:
    """Where this text stands in the policy."""
    offset = max(0, each.piece.text.find(f'"{word}"'))
    line, column = position(each.piece.text, offset)
    rule = each.rule
    return f"{rule.file}:{rule.line + line - 1}:{column if line > 1 else rule.column + column - 1}"


def _compared(policy: pst.Template) -> list[tuple[str, str]]:
    """Every fact with every text that it is compared with or searched for."""
    found: dict[tuple[str, str], None] = {}
    waiting: list[object] = [clause.expr for clause in policy.clauses]
    while waiting:
        node = waiting.pop()
        waiting.extend(children(node))
        if isinstance(node, pst.BinaryOp) and node.op in ("eq", "not_eq", "contains", "contains_any", "contains_all"):
            for fact, other in ((path(node.left), node.right), (path(node.right), node.left)):
                texts = other.elements if isinstance(other, pst.Set) else (other,)
                found.update({(fact, each.value): None for each in texts if isinstance(each, pst.StringLit) and fact})
    return list(found)


def _everything(possible: list[tuple[Checked, Facts]]) -> Iterator[Remark]:
    """Policies without any condition at all."""
    for each, facts in possible:
        if facts:
            continue
        if each.rule.kind == "permit":
            hint = "say which actions, and under which conditions"
            yield _warning(each, "permits-everything", "permits everything to everyone", hint)
        elif not each.rule.lift:
            yield _warning(each, "denies-everything", "denies everything; nothing will ever pass", "add a condition")


def _unheard(possible: list[tuple[Checked, Facts]]) -> Iterator[Remark]:
    """Policies for which another one always speaks: the decision would be the same without them."""
    for number, (each, facts) in enumerate(possible):
        for other_number, (other, wider) in enumerate(possible):
            if number == other_number or not covers(wider, facts):
                continue
            mutual = covers(facts, wider)
            final = other.rule.kind == "forbid" and not other.rule.lift
            if each.rule.kind == "permit" and final:
                hint = "a forbid always wins; narrow the forbid, or remove the permit"
                yield _warning(each, "shadowed", f"is always overruled by `{other.rule.id}`", hint)
                break
            same = each.rule.kind == other.rule.kind and each.rule.lift == other.rule.lift
            if (same or (each.rule.kind == "forbid" and final)) and not (mutual and same and other_number > number):
                hint = f"`{other.rule.id}` at {other.rule.where} applies wherever this does, with the same effect"
                what = "says the same as" if mutual and same else "adds nothing to"
                yield _warning(each, "redundant", f"{what} `{other.rule.id}`", hint)
                break
