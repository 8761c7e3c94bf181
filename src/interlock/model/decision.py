"""Decision: allow, hold or deny, with the policies that made it and what would lift a hold."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

from interlock.errors import BadInput
from interlock.model.canon import Value, digest
from interlock.model.change import Change

Outcome = Literal["allow", "hold", "deny"]

#: The words that `@lift` understands. `approval N ROLE` is lifted by votes; the others by facts that become true.
RequirementKind = Literal[
    "approval",
    "staging-proof",
    "simulated-rollback",
    "verified-backup",
    "open-window",
    "named-resources",
    "break-glass",
]


class Requirement(Value, frozen=True):
    """What would lift a hold: `approval` of `count` people in `role` (any role when empty), or a condition."""

    kind: RequirementKind
    count: int = 0
    role: str = ""

    @property
    def text(self) -> str:
        """As written in `@lift`: `approval 2 dba`, `simulated-rollback`."""
        if self.kind != "approval":
            return self.kind
        return f"approval {self.count} {self.role}".rstrip()


class Because(Value, frozen=True):
    """One policy that made the decision: its @id, its @because, for a hold its @lift; `effects` are ordinals."""

    policy: str
    because: str
    lift: str = ""
    effects: tuple[int, ...] = ()


class Decision(Value, frozen=True):
    """What policy says of one assessed change. `digest` is what votes and the execution have to name."""

    outcome: Outcome
    because: tuple[Because, ...]
    requirements: tuple[Requirement, ...] = ()
    policy_version: str = ""
    digest: str = ""
    degraded: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def parse_requirement(text: str) -> Requirement:
    """`approval [N] [ROLE]` or one of the condition words; anything else is BadInput."""
    words = text.split()
    if words[:1] == ["approval"] and len(words) <= 3:
        count, rest = (int(words[1]), words[2:]) if len(words) > 1 and words[1].isdecimal() else (1, words[1:])
        if 1 <= count <= 20 and len(rest) <= 1 and all(map(_ROLE.fullmatch, rest)):
            return Requirement("approval", count, *rest)
    elif len(words) == 1:
        try:
            return Requirement(_CONDITIONS[words[0]])
        except KeyError:
            pass
    raise BadInput(
        f"`{text}` is no requirement",
        hint=f"write `approval 2 dba` (1 to 20 people) or one of {', '.join(_CONDITIONS)}",
        code="bad-requirement",
    )


#: A role that a person can have; any other one would be asked of nobody, for ever.
_ROLE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")

_CONDITIONS: dict[str, RequirementKind] = {
    "staging-proof": "staging-proof",
    "simulated-rollback": "simulated-rollback",
    "verified-backup": "verified-backup",
    "open-window": "open-window",
    "named-resources": "named-resources",
    "break-glass": "break-glass",
}


def binding_digest(
    change: Change,
    payload_digest: str,
    target: str,
    agent: str,
    environment: str,
    policy_version: str,
    assessment: str,
) -> str:
    """The one digest (architecture 3.4): change + exact bytes + target + agent + environment + policy + assessment.

    `agent` and `assessment` are digests themselves (of the passport and of the assessment), so that a changed passport
    or changed evidence is another thing than what was approved.
    """
    bound = (change.digest, payload_digest, target, agent, environment, policy_version, assessment)
    return digest("binding", *[part.encode() for part in bound])
