"""Cedar, in process, behind the promise of engine.py: text in, an engine that says which policies apply.

Known hazards of the engine, and what is done here about each (tests/attacks/test_policy_attacks.py holds all of them):

- Deeply nested text kills the process: nothing is parsed that text.py has not measured.
- A forbid whose evaluation fails is skipped: any diagnostic error is in the ruling, and the caller denies; a set that
  does not validate against the schema is refused, and the schema goes along with every question.
- Null, floats and large integers give no decision: facts are normalised here, and no decision is an error.
- `action in Action::"group"` is quietly false without a schema: there is none of our questions without it.
- Cedar names only the permits of an allow and only the forbids of a deny, where we need both. Each policy is therefore
  handed over as a permit under its own @id: Cedar then names every policy that applies, in one evaluation, and who
  trumps whom is said by the caller. tests/laws/test_policy_laws.py holds this against the set as it was written.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from threading import Lock
from types import MappingProxyType
from typing import Final

import msgspec

from interlock.errors import BadPolicy
from interlock.policy.binding import cedarpy, schema_of
from interlock.policy.compiled import compiled, opened
from interlock.policy.engine import Plain, Question, Rule, Ruling

#: The names that schema, policies and questions use for who acts and on what.
PRINCIPAL: Final = "Agent"
RESOURCE: Final = "Resource"

MAX_INTEGER: Final = 2**53
MAX_TEXT: Final = 4_096
MAX_MEMBERS: Final = 1_000
CACHED: Final = 4_096

#: Everything that a call into the engine is known to raise or could; whatever it is, nothing was decided.
FAULTS: Final = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)

_encode: Final = msgspec.json.Encoder().encode


def load(sources: Mapping[str, str], schema: str, parse_lift: Callable[[str], object]) -> CedarEngine:
    """The engine over these files (name to text). Raises BadPolicy for the first thing that is wrong with them."""
    of = version(sources, schema)
    known = compiled(of, sources)
    if known is not None:
        return CedarEngine(known.rules, schema, of, opened(known))
    # What examines policies, and with it the engine's own trees of them, is loaded for a set that was not compiled.
    from interlock.policy.check import as_permits, examine

    checked, problems = examine(sources, schema, parse_lift)
    if problems:
        first = problems[0]
        more = f"and {len(problems) - 1} more; `interlock policy check` lists them" if len(problems) > 1 else ""
        hint = "; ".join(text for text in (first.hint, more) if text)
        raise BadPolicy(first.message, where=first.where, hint=hint, code=first.code)
    return CedarEngine(tuple(each.rule for each in checked), schema, of, as_permits(checked))


def version(sources: Mapping[str, str], schema: str) -> str:
    """SHA-256 over the schema and the files in order of their names, line ends as line feeds."""
    state = hashlib.sha256(b"interlock/v1/policy\x00")
    for part in (schema, *(part for name in sorted(sources) for part in (name, sources[name]))):
        raw = part.replace("\r\n", "\n").encode()
        state.update(len(raw).to_bytes(8, "big"))
        state.update(raw)
    return state.hexdigest()


class CedarEngine:
    """See engine.py for what is promised. Equal questions are judged once; at most CACHED rulings are kept.

    The policies were checked against the whole schema. Questions are checked against `schema`, which may be a narrower
    one: a question then carries the facts of that one, no more and no fewer.
    """

    def __init__(self, rules: tuple[Rule, ...], schema: str, version: str, policies: cedarpy.PolicySet) -> None:
        """`policies` are those of the rules, each a permit under its @id."""
        self.version = version
        self.rules: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in rules})
        self._mentions = frozenset(path for rule in rules for path in rule.facts)
        self._text = schema
        self._policies = policies
        self._rulings: OrderedDict[tuple[object, ...], Ruling] = OrderedDict()
        self._lock = Lock()

    @cached_property
    def _schema(self) -> cedarpy.Schema:
        """Made when it is first asked with: an engine that is narrowed never is."""
        return schema_of(self._text)

    def narrowed(self, schema: str) -> CedarEngine:
        """The same policies under the same version, asked with the facts of `schema` alone.

        A fact that a policy reads must be in it: a question without it has no ruling but an error.
        """
        return CedarEngine(tuple(self.rules.values()), schema, self.version, self._policies)

    def reads(self, path: str) -> bool:
        below = path + "."
        return any(said == path or path.startswith(said + ".") or said.startswith(below) for said in self._mentions)

    def judge(self, question: Question) -> Ruling:
        # The types belong to the key: 1 and True are equal to Python and are two different facts to a policy.
        key = (question, tuple(map(type, question.values)))
        try:
            with self._lock:
                ruling = self._rulings.get(key)
                if ruling is not None:
                    self._rulings.move_to_end(key)
                    return ruling
        except TypeError as fault:
            return Ruling(errors=(f"a fact is of no kind that the engine knows: {fault}",))
        ruling = self._evaluate(question)
        if not ruling.errors:
            with self._lock:
                self._rulings[key] = ruling
                if len(self._rulings) > CACHED:
                    self._rulings.popitem(last=False)
        return ruling

    def _evaluate(self, question: Question) -> Ruling:
        try:
            request, entities = _marshal(question)
            answer = cedarpy.is_authorized(request, self._policies, entities, self._schema)
            errors, ids, decision = answer.diagnostics.errors, sorted(answer.diagnostics.reasons), answer.decision
        except FAULTS as fault:
            return Ruling(errors=(f"the policy engine failed: {str(fault)[:200]}",))
        if decision is cedarpy.Decision.NoDecision or errors:
            return Ruling(errors=tuple(sorted(str(error)[:200] for error in errors)) or ("no decision was made",))
        if (decision is cedarpy.Decision.Allow) != bool(ids) or not all(each in self.rules for each in ids):
            return Ruling(errors=("the policy engine contradicts itself",))
        kinds = {each: self.rules[each].kind for each in ids}
        return Ruling(
            permits=tuple(each for each in ids if kinds[each] == "permit"),
            forbids=tuple(each for each in ids if kinds[each] == "forbid"),
        )


def _marshal(question: Question) -> tuple[dict[str, object], str]:
    """The request and the entities in the engine's own JSON. ValueError for a fact that it could not carry exactly."""
    roots: dict[str, dict[str, object]] = {"principal": {}, "resource": {}, "context": {}}
    records: dict[tuple[str, ...], dict[str, object]] = {(root,): record for root, record in roots.items()}
    for (parents, name), path, value in zip(_places(question.paths), question.paths, question.values, strict=True):
        if value is not None:
            (records.get(parents) or _record(records, parents))[name] = _exact(path, value)
    for each in (question.principal, question.action, question.resource):
        _exact("a name", each)
    principal = {"type": PRINCIPAL, "id": question.principal}
    resource = {"type": RESOURCE, "id": question.resource}
    entities = [
        {"uid": principal, "attrs": roots["principal"], "parents": []},
        {"uid": resource, "attrs": roots["resource"], "parents": []},
    ]
    request: dict[str, object] = {
        "principal": principal,
        "action": {"type": "Action", "id": question.action},
        "resource": resource,
        "context": _encode(roots["context"]).decode(),
    }
    return request, _encode(entities).decode()


@lru_cache(maxsize=16)
def _places(paths: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Each path as the record that it lies in and its name there."""
    return tuple((tuple(path.split(".")[:-1]), path.rpartition(".")[2]) for path in paths)


def _record(records: dict[tuple[str, ...], dict[str, object]], parents: tuple[str, ...]) -> dict[str, object]:
    """The record of this path, made where it is not there yet."""
    if parents in records:
        return records[parents]
    if len(parents) < 2:
        raise ValueError(f"a fact lies under `{'.'.join(parents)}`, not under principal, resource or context")
    above = _record(records, parents[:-1])
    made: dict[str, object] = {}
    records[parents] = above[parents[-1]] = made
    return made


def _exact(path: str, value: Plain) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and -MAX_INTEGER <= value <= MAX_INTEGER:
        return value
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        return value
    if isinstance(value, frozenset) and len(value) <= MAX_MEMBERS and all(isinstance(each, str) for each in value):
        return [_exact(path, each) for each in sorted(value)]
    raise ValueError(f"`{path}` holds a {type(value).__name__} that has no exact form for the engine")
