"""Cases: what the users of a policy set expect of it, as a table file, and whether it is so.

    [base]                                  # optional: what every case of this file starts from
    context.environment.production = true

    [[case]]
    name = "a general-purpose agent never destroys"
    action = "destroy"
    facts.principal.general_purpose = true
    expect = "deny"
    policies = ["destroy-general-purpose"]  # optional: each of these is among the reasons
    requires = ["approval 2"]               # optional: exactly these would lift the hold

What neither a case nor `[base]` says is as the table of facts says it usually is: a small, keyed fix in production by
an agent that may do it. A fact or word that does not exist is an error and never a case that happens to pass.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from interlock.decide.facts import FACTS, Fact, Type
from interlock.decide.verdict import Reason, merge, reasons_of
from interlock.errors import BadInput, BadPolicy
from interlock.model.change import TIERS
from interlock.model.decision import parse_requirement
from interlock.policy.engine import Engine, Plain, Question

MAX_CASES: Final = 10_000
OUTCOMES: Final = ("allow", "hold", "deny")
_FACTS: Final[dict[str, Fact]] = {fact.path: fact for fact in FACTS}
_TYPES: Final[dict[Type, type]] = {"Bool": bool, "Long": int, "String": str}
_KEYS: Final = frozenset(("name", "action", "facts", "expect", "policies", "requires"))


class Result(NamedTuple):
    """One case: what it expected, what came out, and, when it failed, in what the two differ."""

    name: str
    where: str
    expected: str
    outcome: str
    policies: tuple[str, ...]
    requires: tuple[str, ...]
    differs: str

    @property
    def passed(self) -> bool:
        return not self.differs


def run_cases(file: str, text: str, engine: Engine) -> tuple[Result, ...]:
    """Every case of this file, in order. Raises BadPolicy for a file that is no such table."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise BadPolicy(
            f"this is no TOML: {problem}", where=file, hint="see docs/policy.md", code="case-file"
        ) from problem
    lines = [match.start() for match in re.finditer(r"^[ \t]*\[\[\s*case\s*\]\]", text, re.MULTILINE)]
    cases = table.get("case")
    if not isinstance(cases, list) or not cases or len(cases) > MAX_CASES or set(table) - {"base", "case"}:
        raise _bad(file, f"a case file has an optional `[base]` and 1 to {MAX_CASES:,} `[[case]]`, and nothing else")
    base = _facts(table.get("base", {}), file)
    results = []
    for number, case in enumerate(cases):
        line = text.count("\n", 0, lines[number]) + 1 if len(lines) == len(cases) else 0
        results.append(_run(case, f"{file}:{line}:1" if line else f"{file}, case {number + 1}", base, engine))
    return tuple(results)


def _run(case: object, where: str, base: Mapping[str, Plain], engine: Engine) -> Result:
    if not isinstance(case, dict) or not isinstance(case.get("name"), str) or set(case) - _KEYS:
        raise _bad(where, f"a case has a `name`, and of {', '.join(sorted(_KEYS))} what it needs")
    action, expected = case.get("action", "modify"), case.get("expect")
    if action not in TIERS or expected not in OUTCOMES:
        raise _bad(where, f"`action` is one of {', '.join(TIERS)}; `expect` is one of {', '.join(OUTCOMES)}")
    facts = {**{fact.path: fact.usual for fact in FACTS}, **base, **_facts(case.get("facts", {}), where)}
    policies, lifts = _texts(case, "policies", where), _texts(case, "requires", where)
    try:
        requires = tuple(each.text for each in merge(parse_requirement(text) for text in lifts))
    except BadInput as problem:
        raise _bad(where, problem.message) from problem
    for policy in policies:
        if policy not in engine.rules and not policy.startswith("interlock:"):
            raise _bad(where, f"there is no policy `{policy}`")
    reasons = reasons_of(engine, engine.judge(_question(str(action), facts, engine)))
    return _compared(case["name"], where, str(expected), policies, requires, reasons)


def _question(action: str, facts: Mapping[str, Plain], engine: Engine) -> Question:
    read = [path for path in _FACTS if engine.reads(path)]
    agent, resource = str(facts["principal.name"]), str(facts["resource.name"])
    return Question(agent, action, resource, tuple(read), tuple(facts[path] for path in read))


def _compared(
    name: str,
    where: str,
    expected: str,
    policies: tuple[str, ...],
    requires: tuple[str, ...],
    reasons: Sequence[Reason],
) -> Result:
    outcome = reasons[0].outcome
    made = tuple(reason.policy for reason in reasons)
    lifts = tuple(each.text for each in merge(parse_requirement(reason.lift) for reason in reasons if reason.lift))
    absent = [policy for policy in policies if policy not in made]
    differs = ""
    if outcome != expected:
        differs = f"expected {expected}, got {outcome} by {', '.join(made)}"
    elif absent:
        differs = f"`{absent[0]}` is not among the reasons, which are {', '.join(made)}"
    elif requires and requires != lifts:
        differs = f"what would lift it is {', '.join(lifts) or 'nothing'}"
    return Result(name, where, expected, outcome, made, lifts, differs)


def _facts(given: object, where: str) -> dict[str, Plain]:
    """The facts of one table, checked against the table of facts: their names, their types and their words."""
    found: dict[str, Plain] = {}
    for path, value in _leaves(given, "", where):
        fact = _FACTS.get(path)
        if fact is None:
            raise _bad(where, f"there is no fact `{path}`")
        found[path] = _value(fact, value, where)
    return found


def _leaves(given: object, path: str, where: str) -> Iterator[tuple[str, object]]:
    if not isinstance(given, dict):
        raise _bad(where, f"`{path or 'facts'}` has to be a table of facts")
    for name, value in given.items():
        below = f"{path}.{name}" if path else str(name)
        if isinstance(value, dict):
            yield from _leaves(value, below, where)
        else:
            yield below, value


def _value(fact: Fact, value: object, where: str) -> Plain:
    plain: Plain = None
    if isinstance(value, list) and fact.type == "Set<String>" and all(isinstance(each, str) for each in value):
        plain = frozenset(value)
    elif isinstance(value, bool | int | str) and type(value) is _TYPES.get(fact.type):
        plain = value
    if plain is None:
        raise _bad(where, f"`{fact.path}` is a {fact.type}")
    words = plain if isinstance(plain, frozenset) else (plain,)
    strange = sorted(str(word) for word in words if fact.words and word not in fact.words)
    if strange:
        raise _bad(where, f"`{fact.path}` never says `{strange[0]}`, but {', '.join(fact.words)}")
    return plain


def _texts(case: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    given = case.get(key, [])
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise _bad(where, f"`{key}` is a list of texts")
    return tuple(given)


def _bad(where: str, message: str) -> BadPolicy:
    return BadPolicy(
        message, where=where, hint="docs/policy.md shows a case file and lists the facts", code="case-file"
    )
