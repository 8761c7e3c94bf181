"""Who acts and who answers for it: agents with their passports (K1), and the people behind them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from interlock.model.canon import Value, canonical, digest
from interlock.model.change import Tier, Verb

#: What a passport must say before its agent may do more than observe (control K1).
PASSPORT_FIELDS: Final = (
    "purpose",
    "owner",
    "justification",
    "benefits",
    "risks",
    "worst_case",
    "prevention",
)


class Capability(Value, frozen=True):
    """One gate of D2: not "may do A" but "may do A, up to this scope, here, after this condition".

    `resources` are name patterns (`orders`, `staging_*`); `environments` are names. A bound of 0 means none is given
    and the policies' own caps apply. `requires` names conditions in the words of requirements (`simulated-rollback`).
    """

    tier: Tier
    verbs: tuple[Verb, ...] = ()
    resources: tuple[str, ...] = ("*",)
    environments: tuple[str, ...] = ()
    max_rows: int = 0
    max_resources: int = 0
    max_reach: int = 0
    requires: tuple[str, ...] = ()


class Passport(Value, frozen=True):
    """What is known of an agent. A `general_purpose` one never reaches destroy without `destroy_authorised_by`."""

    name: str
    purpose: str = ""
    owner: str = ""
    justification: str = ""
    benefits: str = ""
    risks: str = ""
    worst_case: str = ""
    prevention: str = ""
    environments: tuple[str, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    general_purpose: bool = True
    destroy_authorised_by: str = ""
    registered: bool = True
    retired: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that a complete passport still lacks, in the order of PASSPORT_FIELDS."""
        return _missing(self)

    @property
    def complete(self) -> bool:
        return self.registered and not self.retired and not self.missing

    @property
    def digest(self) -> str:
        return _digest(self)


@lru_cache(maxsize=1_024)
def _digest(passport: Passport) -> str:
    """Each decision names it twice, and passports change seldom."""
    return digest("passport", canonical(passport))


@lru_cache(maxsize=1_024)
def _missing(passport: Passport) -> tuple[str, ...]:
    absent = [name for name in PASSPORT_FIELDS if not getattr(passport, name).strip()]
    return (*absent, *(("environments",) if not passport.environments else ()))


def unregistered(name: str) -> Passport:
    """The passport of an agent that nobody registered: it may only observe."""
    return Passport(name=name, registered=False)


Role = str  # a word of the organisation's own: `dba`, `sre`, `incident-commander`


class Person(Value, frozen=True):
    """A human who can answer for something. `public_key` is a raw Ed25519 key in base64; it checks their votes."""

    name: str
    roles: tuple[Role, ...] = ()
    timezone: str = "UTC"
    public_key: str = ""
    retired: bool = False


Party = Literal["owner", "author", "session"]  # the ways in which one is on the asker's side
