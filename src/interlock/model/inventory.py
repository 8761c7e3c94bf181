"""Inventory: what exists at a target, what depends on what, and what a rehearsal there measured."""

from __future__ import annotations

from typing import Literal

from interlock.model.canon import Value
from interlock.model.change import Resource, Verb
from interlock.model.wayback import RollbackVerdict

Strength = Literal["hard", "soft", "mention"]
EdgeKind = Literal[
    "contains",
    "references",
    "cascades",
    "nulls",
    "triggers",
    "reads",
    "owns",
    "uses",  # reads attributes of it: `Edge.fields` of the target go into `Edge.into` of the source
    "follows",  # is replaced whenever it changes
    "after",  # is only made after it; no data flows
    "configures",  # is reached through it: a provider, a role, an endpoint
    "mentions",  # holds a value that names it; nobody knows in which direction the two depend
    "copies",  # is a backup, snapshot or replica of it
]

#: What a thing is to others, whatever the technology; a change to one is felt far beyond its edges.
Plane = Literal[
    "identity",  # who may do what
    "routing",  # networks, names, certificates, load balancers: how anything is reached
    "encryption",  # keys and secrets that others need
    "deployment",  # pipelines and registries that put other things in place
    "billing",  # accounts, budgets, payments
    "audit",  # logs and trails that show what happened
    "control-plane",  # what runs other things: clusters, schedulers, state stores
    "shared-code",  # libraries, layers, modules and images that many use
    "data",  # it holds content that cannot be made again
]


class Called(Value, frozen=True):
    """A name that no second thing of its type can have in the same place; `everywhere`: nor in any other."""

    name: str
    everywhere: bool = False


class Item(Value, frozen=True):
    """One existing resource. `size` is rows or objects in it, None when unknown; `keys` are its unique column sets.

    `groups` are the redundancy groups that it is a member of, as (kind, name): all members of one at once is an outage.
    `protections` are what stands against losing it, in words (`deletion protection`). `kept` are what would be left of
    it elsewhere, as words of evidence (`versioning`, `point-in-time-recovery`, `snapshot:orders-final`). `called` is by
    what the target itself knows it, where that is not how its resource is called here.
    """

    resource: Resource
    size: int | None = None
    keys: tuple[tuple[str, ...], ...] = ()
    fields: tuple[str, ...] = ()
    critical: bool = False
    protections: tuple[str, ...] = ()
    planes: tuple[Plane, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    kept: tuple[str, ...] = ()
    called: tuple[Called, ...] = ()


class Edge(Value, frozen=True):
    """`source` depends on `target`: when `target` goes or moves, `source` feels it. `evidence` says who told us.

    `fields` are the attributes of the target that are read, `into` those of the source that read them; empty: nobody
    knows which, so it may be any.
    """

    source: Resource
    target: Resource
    kind: EdgeKind
    strength: Strength = "hard"
    evidence: str = ""
    fields: tuple[str, ...] = ()
    into: tuple[str, ...] = ()


class Flow(Value, frozen=True):
    """What is known of a type: when `field` changes, the attributes `into` change with it, whatever the values.

    `replaces`: the thing is made anew then, and everything that reads it reads something else.
    """

    type: str
    field: str
    into: tuple[str, ...] = ()
    replaces: bool = False


class Inventory(Value, frozen=True):
    """A survey of one target. `environment` is what the target itself is, whatever the proposal claimed.

    `complete` is False when a limit was hit or something could not be read; `limits` says which.
    """

    target: str
    environment: str = ""
    items: tuple[Item, ...] = ()
    edges: tuple[Edge, ...] = ()
    surveyed_at: int = 0
    complete: bool = True
    limits: tuple[str, ...] = ()
    flows: tuple[Flow, ...] = ()

    def inside(self, resource: Resource) -> tuple[Resource, ...]:
        """What is directly in this one, in the order in which it was found.

        By the edges `contains`: their source is in their target, as with every edge the one that feels it stands first.
        """
        key = resource.key
        found = (edge.source for edge in self.edges if edge.kind == "contains" and edge.target.key == key)
        return tuple(dict.fromkeys(found))


class Measured(Value, frozen=True):
    """What a rehearsal really did to one resource; of `count` things, `indirect` ones came by cascade or trigger."""

    resource: Resource
    verb: Verb
    count: int
    indirect: int = 0


class Sample(Value, frozen=True):
    """One row of the diff, as text that people read; secrets are redacted before it is stored."""

    resource: Resource
    verb: Verb
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()


class RollbackProof(Value, frozen=True):
    """The way back: its steps, and whether it was simulated (applied, rolled back, contents compared).

    `kept` says what the executor sees to before anything is lost, or it does nothing: a `copy`, waited for and
    verified; or the thing itself, which goes only when the undo window closes.
    """

    verdict: RollbackVerdict = "unknown"
    simulated: bool = False
    steps: tuple[str, ...] = ()
    why: str = ""
    kept: Literal["", "copy", "until-closed"] = ""


class Rehearsal(Value, frozen=True):
    """What happened when the change was really tried in a transaction that was then rolled back.

    `complete` False means that a bound was hit: the figures are then an estimate or missing and `limits` says which
    bound. `samples` holds up to ten rows. `failed` carries the target's own error when the change does not even run.
    `hindered` says what of the moment (room on a disk, time, a lock), and not of the change, kept it from being whole.
    """

    measured: tuple[Measured, ...] = ()
    samples: tuple[Sample, ...] = ()
    rollback: RollbackProof = RollbackProof()
    complete: bool = True
    limits: tuple[str, ...] = ()
    failed: str = ""
    hindered: str = ""
