"""Change: the typed, canonical list of effects that a proposal would have. After this nobody knows the technology."""

from __future__ import annotations

from typing import Final, Literal, get_args

from interlock.model.canon import Value, canonical, digest
from interlock.model.wayback import WayBack

Verb = Literal["read", "create", "update", "replace", "delete", "execute", "grant", "revoke"]
VERBS: Final[tuple[Verb, ...]] = get_args(Verb)

Known = Literal["planned", "parsed", "estimated", "unknown"]  # how an effect is known, best first
KNOWN: Final[tuple[Known, ...]] = get_args(Known)

Tier = Literal["observe", "propose", "modify", "configure", "destroy"]
TIERS: Final[tuple[Tier, ...]] = get_args(Tier)

#: What of a resource an effect touches. `content` is rows or objects inside it, `structure` the thing itself,
#: `authority` who may do what, `process` something that runs (a session, a server, a job).
Aspect = Literal["content", "structure", "authority", "process"]

#: How the touched things were chosen: by name or key, by a condition, all of them, or nobody can tell.
Choice = Literal["named", "filtered", "all", "unknown"]

#: Generic consequences that a reader knows of an effect, whatever the technology; each has a row in docs/words.md.
Trait = Literal[
    "loses-data",  # content is gone when this has run, beyond what the verb says by itself
    "loses-protection",  # a constraint, backup, audit or check that guards something goes away
    "rewrites",  # the whole of the resource is written anew
    "blocks-writes",  # nobody else can write to it meanwhile
    "blocks-reads",  # nobody else can even read it meanwhile
    "cascades",  # it says itself that dependents go too
    "always-true",  # its condition excludes nothing
    "no-condition",  # it could carry a condition and carries none
    "runs-code",  # it runs code whose effects are not in the text (functions, DO, triggers created)
    "dynamic",  # what it does is built at run time
    "leaves-target",  # its effect goes outside of the target (files, programs, other servers, messages)
    "not-transactional",  # it cannot be rolled back as part of a transaction
    "ends-transaction",  # it commits or rolls back what came before it
    "hides-failure",  # it makes errors pass in silence (IF EXISTS on a destroy, OR IGNORE)
    "widens-access",  # more principals can do more when it has run
    "nested",  # it was found inside another statement or proposal
    "leaves-a-gap",  # it is taken away before the new one is there
    "forgets",  # it goes on existing, and nothing manages it any more
    "adopts",  # something that exists already comes under management
    "renames",  # only the name by which it is managed changes
    "plan-time",  # it runs code already while it is planned
    "only-removes",  # an update that only takes parts away
    "only-describes",  # only what people read of it changes: its description, or tags that decide nothing
    "shifts-index",  # it goes only because its place in a count or a key moved
    "drifted",  # somebody had changed it outside of what manages it
    "reads-secret",  # what it answers is a secret: a password, a key, a value that is kept hidden
]
TRAITS: Final[tuple[Trait, ...]] = get_args(Trait)


class Resource(Value, frozen=True):
    """One named thing. `type` is dotted by technology (`sql.table`); `name` is as the target itself would say it."""

    type: str
    name: str
    environment: str = ""
    location: tuple[tuple[str, str], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return (self.type, self.name)


class Effect(Value, frozen=True):
    """One verb on one named resource, with how it is known.

    `count` is how many things inside the resource are touched, None when the text cannot say. `keys` are the columns
    (or attributes) that the choice pins to literal values; an inventory tells whether they name one thing. `fields`
    are the columns (or attributes) that are written or lost. `part` is the ordinal of the statement or document it
    stands in, from 0; `cause` says in a few words what in the text makes it so (`delete without where`). `way_back` is
    what the reader knows of taking it back; `gentler` a less destructive way to the same end, where there is one.
    `needs` are the permissions that it takes to do it, in the target's own words (`rds:DeleteDBInstance`).
    """

    verb: Verb
    resource: Resource
    known: Known = "parsed"
    aspect: Aspect = "content"
    choice: Choice = "named"
    count: int | None = None
    keys: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    traits: tuple[Trait, ...] = ()
    part: int = 0
    cause: str = ""
    way_back: WayBack | None = None
    gentler: str = ""
    needs: tuple[str, ...] = ()


SignalName = Literal[
    "state-lost",  # everything would be made anew, though it exists
    "state-moved",  # the state is another one, or an older one, than was known
    "wrong-workspace",  # it was made for another workspace than the target's
    "partial-plan",  # it covers only a part of what is configured: targets, replacements asked for, refresh only
    "unfinished-plan",  # it could not be made to its end: errored, incomplete, deferred
    "plan-time-code",  # making the plan runs code that the proposal brought
    "drift",  # the world had changed outside of what manages it
    "unproved-code",  # code or providers that nobody pinned take part
]


class Signal(Value, frozen=True):
    """Something that a reader saw of the proposal as a whole, in a closed set of names; `detail` is for people."""

    name: SignalName
    detail: str = ""


class Change(Value, frozen=True):
    """All effects of one proposal in order, and what could not be read of it.

    `unknown` names each thing that was not understood; a change with anything unknown is never allowed as it stands.
    `degraded` names limits that were hit while reading. `parts` counts the statements or documents that were read, and
    `unit` is what people call one of them. `signals` are about the proposal as a whole. `needs_unknown` names what
    takes permissions that nobody here can name; the `needs` of its effects are then not all that it takes.
    """

    kind: str
    effects: tuple[Effect, ...]
    parts: int = 1
    unknown: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    signals: tuple[Signal, ...] = ()
    unit: str = "statement"
    needs_unknown: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return digest("change", canonical(self))

    @property
    def fully_known(self) -> bool:
        return not self.unknown and all(effect.known != "unknown" for effect in self.effects)


def worst_known(*known: Known) -> Known:
    """The least certain of these."""
    return max(known, key=KNOWN.index)


def highest_tier(*tiers: Tier) -> Tier:
    """The highest consequence class of these; of none, observe."""
    return max(tiers, key=TIERS.index, default="observe")
