"""The reviewed rows: what the dangerous operations lose, and which parameters make that better or worse.

The rules of this room: a row is data that somebody reviewed and that names its source. What a case needs to hold is
looked for in the call alone; what lies at a target is said in `kept.json`, and only a survey finds it. A value stands
in a text only where its row shows it.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import Final

import msgspec

from interlock.aws.call import Parameter
from interlock.model.change import Aspect, Choice, Trait, Verb
from interlock.model.wayback import Reversibility, RollbackVerdict
from interlock.read.aws.operations import KNOWLEDGE, SIBLINGS


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a parameter must be. `at` is a path with dots; `[]` means any member of a list, `{}` any key of a map.

    Exactly one of the others is given. `empty` is left out or holds nothing. `like` are patterns for text; texts are
    compared without regard to case.
    """

    at: str
    equals: tuple[bool | int | str, ...] = ()
    least: int | None = None
    most: int | None = None
    like: tuple[str, ...] = ()
    present: bool = False
    absent: bool = False
    empty: bool = False

    def holds(self, parameters: dict[str, Parameter]) -> bool:
        """Whether it is so in this call."""
        values = values_at(parameters, self.at)
        if self.absent:
            return not values
        if self.present or self.empty:
            return any(value not in (None, "", [], {}) for value in values) is self.present
        return any(self._fits(value) for value in values)

    def _fits(self, value: Parameter) -> bool:
        if isinstance(value, bool):
            return any(value is each for each in self.equals)
        if isinstance(value, int | float):
            if self.least is not None:
                return value >= self.least
            if self.most is not None:
                return value <= self.most
            return any(value == each and not isinstance(each, bool) for each in self.equals)
        if isinstance(value, str):
            low = value.lower()
            if any(isinstance(each, str) and low == each.lower() for each in self.equals):
                return True
            return any(fnmatchcase(low, each.lower()) for each in self.like)
        return False


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds in addition where all of `when` is so.

    `gives` is evidence, which lowers the class; `reversibility` raises it. `lift` is how to get there. `actions` are
    those that IAM asks for then instead, `also` those that it asks for besides.
    """

    when: tuple[When, ...]
    says: str = ""
    gives: Reversibility | None = None
    reversibility: Reversibility | None = None
    verdict: RollbackVerdict | None = None
    traits: tuple[Trait, ...] = ()
    without: tuple[Trait, ...] = ()
    verb: Verb | None = None
    aspect: Aspect | None = None
    choice: Choice | None = None
    loses: str = ""
    step: str = ""
    lift: str = ""
    gentler: str = ""
    actions: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of some operations. What a row does not say is as the made table and the kind of thing say."""

    operations: tuple[str, ...]
    source: str
    kind: str = ""
    verb: Verb | None = None
    aspect: Aspect | None = None
    choice: Choice | None = None
    reversibility: Reversibility | None = None
    verdict: RollbackVerdict | None = None
    loses: str = ""
    why: str = ""
    says: str = ""
    step: str = ""
    gentler: str = ""
    traits: tuple[Trait, ...] = ()
    cases: tuple[Case, ...] = ()
    show: tuple[str, ...] = ()


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    about: str
    rows: tuple[Row, ...]


#: The files of reviewed rows, by what they are about.
FILES: Final = ("destroys", "protects", "widens", "leaves", "harmless")


@cache
def tables() -> tuple[_Table, ...]:
    """Every file of rows, strictly decoded."""
    return tuple(msgspec.json.decode(KNOWLEDGE.joinpath(f"{name}.json").read_bytes(), type=_Table) for name in FILES)


@cache
def _by_operation() -> dict[str, Row]:
    found: dict[str, Row] = {}
    for table in tables():
        for row in table.rows:
            for name in row.operations:
                found.setdefault(name, row)
    return found


def row_of(service: str, operation: str) -> Row | None:
    """The reviewed row of an operation; one that siblings share stands under the name of their API."""
    known = _by_operation()
    return known.get(f"{service}:{operation}") or known.get(f"{SIBLINGS.get(service, service)}:{operation}")


def values_at(parameters: dict[str, Parameter], path: str) -> list[Parameter]:
    """The values at a path; none where there is nothing."""
    steps = _steps(path)
    if len(steps) == 1 and not steps[0][1]:
        value = parameters.get(path)
        return [] if value is None else [value]
    found: list[Parameter] = [parameters]
    for name, through in steps:
        found = [value[name] for value in found if isinstance(value, dict) and value.get(name) is not None]
        if through:
            found = [each for value in found if isinstance(value, list | dict) for each in value]
    return found


@lru_cache(maxsize=8_192)
def _steps(path: str) -> tuple[tuple[str, bool], ...]:
    """Each name of a path, and whether it goes through the members of a list or the keys of a map."""
    steps = []
    for part in path.split("."):
        name = part.removesuffix("[]").removesuffix("{}")
        steps.append((name, name != part))
    return tuple(steps)
