"""Oracle: what the reach says of one change, held against what the real planner then changes.

The world is what a plan told before anything was changed; of the changed plan only the effects on the one node that
was changed are looked at. From these the reach must say everything else.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.stacks import Yard, changed
from interlock.assess.reach import reach_of
from interlock.assess.world import World
from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import Inventory
from interlock.read.terraform.plan import decode
from interlock.read.terraform.told import tell


@dataclass
class Score:
    """Pairs of what was said and what was true, over many changes; `missed` and `wrong` name some."""

    really: int = 0
    may_hit: int = 0
    may_said: int = 0
    must_hit: int = 0
    must_said: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """These changes as well."""
        self.really += other.really
        self.may_hit += other.may_hit
        self.may_said += other.may_said
        self.must_hit += other.must_hit
        self.must_said += other.must_said
        self.missed += other.missed
        self.wrong += other.wrong

    @property
    def recall(self) -> float:
        """How much of what really changed was in `may`."""
        return self.may_hit / self.really if self.really else 1.0

    @property
    def recall_of_must(self) -> float:
        """How much of what really changed was in `must`."""
        return self.must_hit / self.really if self.really else 1.0

    @property
    def precision(self) -> float:
        """How much of `must` really changed."""
        return self.must_hit / self.must_said if self.must_said else 1.0

    @property
    def precision_of_may(self) -> float:
        """How much of `may` really changed."""
        return self.may_hit / self.may_said if self.may_said else 1.0


def worlds_of(yard: Yard) -> dict[str, Inventory]:
    """What the unchanged plan tells, by what is at hand beside it."""
    plan = yard.plan()
    bare = json.dumps({key: value for key, value in json.loads(plan).items() if key != "prior_state"}).encode()
    sources, dot = yard.sources(), yard.graph()
    return {
        "state": told(plan),
        "source": told(bare, sources),
        "graph": told(bare, None, dot),
        "both": told(plan, sources, dot),
        "configuration only": told(bare),
    }


def told(plan: bytes, config: Mapping[str, bytes] | None = None, dot: bytes | None = None) -> Inventory:
    """What a plan tells with what stands beside it."""
    return tell(decode(plan), config=config, dot=dot, resources={}, environment="test")


def scored(yard: Yard, worlds: Mapping[str, Inventory], rounds: int, seed: int) -> dict[str, Score]:
    """Change one node of each stack, `rounds` times, and compare."""
    scores = {name: Score() for name in worlds}
    ready = {name: World.of(inventory) for name, inventory in worlds.items()}
    choice = random.Random(seed)
    for _ in range(rounds):
        seeds = yard.mutate(choice)
        plan = yard.plan()
        yard.restore()
        really = changed(plan)
        effects = effects_of(plan)
        for node in seeds:
            stack = node.partition("_")[0]
            truth = {address for address in really if stack_of(address) == stack}
            own = tuple(effect for effect in effects if node_of(effect.resource.name) == node)
            begun = {effect.resource.name for effect in own}
            for name, world in ready.items():
                compare(scores[name], own, world, worlds[name], truth - begun, begun)
    return scores


def effects_of(plan: bytes) -> list[Effect]:
    """What a plan does, as plainly as can be: the verb, and the attributes that change or become unknown."""
    found = []
    for each in json.loads(plan)["resource_changes"]:
        change = each["change"]
        if change["actions"] == ["no-op"]:
            continue
        before, after = change["before"] or {}, change["after"] or {}
        fields = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        fields |= {name for name, unknown in (change["after_unknown"] or {}).items() if "true" in json.dumps(unknown)}
        resource = Resource(f"terraform.{each['type']}", each["address"], "test")
        verb = "update" if change["actions"] == ["update"] else "replace"
        gap = ("leaves-a-gap",) if change["actions"] == ["delete", "create"] else ()
        found.append(Effect(verb, resource, "planned", "structure", fields=tuple(sorted(fields)), traits=gap))
    return found


def compare(
    score: Score, own: tuple[Effect, ...], world: World, inventory: Inventory, truth: set[str], begun: set[str]
) -> None:
    """One change: what it begins with is known to both and counts for neither."""
    reach = reach_of(Change("terraform", own), world, inventory, None).reach
    must = {each.resource.name for each in reach.must} - begun
    may = {each.resource.name for each in reach.may} - begun
    score.really += len(truth)
    score.may_hit += len(truth & may)
    score.may_said += len(may)
    score.must_hit += len(truth & must)
    score.must_said += len(must)
    score.missed += [f"{sorted(begun)} -> {each}" for each in sorted(truth - may)]
    score.wrong += [f"{sorted(begun)} -> {each}" for each in sorted(must - truth)]


def stack_of(address: str) -> str:
    """The stack in which a resource stands, from its own name."""
    return node_of(address).partition("_")[0]


def node_of(address: str) -> str:
    """The name of a resource, without its modules and its key."""
    return re.sub(r"\[[^]]*\]$", "", address).rpartition(".")[2]
