"""What a policy engine promises: plain facts in, the policies that apply to them out.

An engine is pure: the same question under the same `version` always has the same ruling; no clock, no I/O. It promises:

1. Every policy that applies is in the ruling: permits and forbids apart, neither hiding the other. An engine never
   weighs them against each other; that a forbid trumps a permit is the caller's to say, in one place.
2. Whatever goes wrong while it judges (a policy that fails to evaluate, a fact that it cannot carry, a fault of its
   own) is in `Ruling.errors`. A ruling with errors means nothing else: a forbid that failed is not a forbid that does
   not apply. The caller denies.
3. It raises nothing while it judges. All that can be wrong with a policy set is found when the set is loaded.
4. `reads` errs to True. A fact that no policy reads is left out of the questions, and only such a one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

#: What a fact may be. None is an absent one. There are no floats: the engine has no exact form for them.
Plain = bool | int | str | frozenset[str] | None

Kind = Literal["permit", "forbid"]


class Question(NamedTuple):
    """May this principal take this action on this resource, these being the facts?

    `paths` and `values` go pairwise; a path is dotted and starts with `principal`, `resource` or `context`
    (`principal.retired`, `context.environment.name`). They are apart so that who asks often builds `paths` once.
    """

    principal: str
    action: str
    resource: str
    paths: tuple[str, ...]
    values: tuple[Plain, ...]


class Ruling(NamedTuple):
    """The ids of the policies that apply, each group sorted; `errors` not empty means that nothing was decided."""

    permits: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


class Rule(NamedTuple):
    """One policy as its author wrote it. `lift` is empty unless it is a forbid that something may lift.

    `facts` are the dotted paths that it looks at; a bare `principal`, `resource` or `context` is all of it.
    """

    id: str
    kind: Kind
    because: str
    lift: str
    file: str
    line: int
    column: int
    text: str
    facts: tuple[str, ...]

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Engine(Protocol):
    """A loaded policy set. Safe to ask from many threads; one engine is equal to itself only."""

    def __hash__(self) -> int: ...

    @property
    def version(self) -> str:
        """SHA-256 over the policy sources and the schema, in hex: another text is another version."""
        ...

    @property
    def rules(self) -> Mapping[str, Rule]:
        """Every policy by its id."""
        ...

    def reads(self, path: str) -> bool:
        """Whether any policy may look at this fact. `principal.id` and `resource.id` are the names themselves."""
        ...

    def judge(self, question: Question) -> Ruling:
        """The policies that apply to these facts."""
        ...
