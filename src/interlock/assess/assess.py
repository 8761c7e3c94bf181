"""Assess: the third leg of the road: what a change amounts to, how far it is felt, whether it can be taken back.

Pure, and equal for equal worlds: nothing of when a survey was made, or in which order it found things, is in an
assessment, so that looking again at an unchanged world gives the same digest.

    1 choose the environment    2 index the world    3 weigh each effect, and what it does to the others' ways back
    4 reach, and what of each failure domain is in it    5 findings    6 put it together
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from interlock.assess.crux import standing_of, with_declared
from interlock.assess.domains import domains_of
from interlock.assess.findings import asked
from interlock.assess.links import links_of
from interlock.assess.reach import critical_things, reach_of
from interlock.assess.risk import Weight, risk_of
from interlock.assess.rollback import way_back_of
from interlock.assess.seen import WHOLE, Noted, Seen, gist, sort_effects
from interlock.assess.taken import Key, Taken, taken_by
from interlock.assess.tier import tier_of_change
from interlock.assess.undo import undoing_of
from interlock.assess.weigh import Figures, rows_of, unread_writes, weigh
from interlock.assess.world import World
from interlock.model.assessment import SEVERITIES, Assessment, Finding
from interlock.model.change import Change, Tier
from interlock.model.inventory import Inventory, Rehearsal
from interlock.model.target import Environment
from interlock.model.wayback import Reversibility, worst_reversibility

#: Changes of up to so many effects, of which no world was looked at, are remembered by value: agents ask the same thing
#: of other rows all day long, and it is quicker to see that two are equal than to assess the second one.
FEW: Final = 16
REMEMBERED: Final = 2_048

#: How many places one kind of finding lists; the rest are counted under the highest severity among them.
PLACES: Final = 100

_SEVERITY: Final = {severity: rank for rank, severity in enumerate(SEVERITIES)}


def assess(
    change: Change,
    *,
    inventory: Inventory | None,
    rehearsal: Rehearsal | None,
    claimed: Environment,
    found: Environment | None,
    secrets: tuple[str, ...] = (),
) -> Assessment:
    """The assessment of this change in this world.

    `claimed` is what the proposal says, `found` what the operator says of the target; the stricter one counts.
    `secrets` are the kinds of secret that were seen in the payload.
    """
    if inventory is None and rehearsal is None and len(change.effects) <= FEW:
        return remembered(change, claimed, found, secrets)
    return _assessed(change, inventory, rehearsal, claimed, found, secrets)


@lru_cache(maxsize=REMEMBERED)
def remembered(change: Change, claimed: Environment, found: Environment | None, secrets: tuple[str, ...]) -> Assessment:
    """The assessment of a change beside which nothing is known, from memory where an equal one was assessed."""
    return _assessed(change, None, None, claimed, found, secrets)


def _assessed(
    change: Change,
    inventory: Inventory | None,
    rehearsal: Rehearsal | None,
    claimed: Environment,
    found: Environment | None,
    secrets: tuple[str, ...],
) -> Assessment:
    environment = stricter(claimed, found)
    inventory = with_declared(inventory)
    world, figures = World.of(inventory), Figures(rehearsal)
    links, taken = links_of(inventory), taken_by(change)
    undoing = undoing_of(change, links, taken)
    weighed = weigh(change, world, figures, rehearsal, links, undoing, environment.undo_window_seconds)
    unread = unread_writes(change, world, figures)
    reach, grave = reach_of(change, world, inventory, rehearsal, misread=bool(unread))
    unknown = _unknown(change, unread)
    tier: Tier = "destroy" if unknown else tier_of_change(change, tuple([each.tier for each in weighed]))
    ways_back = {each.reversibility for each in weighed}
    reversibility: Reversibility = "irreversible" if unknown else worst_reversibility(*ways_back)
    domains = domains_of(change, inventory, reach, taken)
    seen = Seen(
        change, inventory, rehearsal, world, figures, claimed, found, environment, tier, weighed, reach, grave,
        unread, secrets, *sort_effects(change), links, taken, undoing, domains,
        standing_of(inventory, _reshaped(change, taken)) if inventory is not None else {},
    )  # fmt: skip
    feared = tuple(dict.fromkeys([name for name, _ in critical_things(world, reach, grave)]))
    rollback = way_back_of(change, rehearsal, undoing)
    degraded = _degraded(change, inventory, rehearsal, seen)
    weight = Weight(
        change, weighed, reversibility, reach, rollback, bool(feared), domains, bool(unknown), bool(degraded),
        environment,
    )  # fmt: skip
    return Assessment(
        environment=environment.name,
        tier=tier,
        reversibility=reversibility,
        reach=reach,
        effects=tuple(weighed),
        critical=feared,
        findings=_in_order(seen),
        unknown=unknown,
        degraded=degraded,
        measured=figures.measured,
        rollback=rollback,
        rows=None if unread else rows_of(change, weighed, figures),
        domains=domains.listed,
        risk=risk_of(weight),
    )


def _reshaped(change: Change, taken: Taken) -> list[Key]:
    """The things of which more than the content is changed."""
    return [
        key
        for key, ordinals in taken.written.items()
        if any(change.effects[ordinal].aspect != "content" for ordinal in ordinals)
    ]


def stricter(claimed: Environment, found: Environment | None) -> Environment:
    """The stricter of what is claimed and what is there; of two equally strict ones, what is there."""
    if found is None:
        return claimed
    return max(found, claimed, key=lambda environment: (environment.strictness, environment.production))


def _unknown(change: Change, unread: tuple[str, ...]) -> tuple[str, ...]:
    """What the reader could not tell, the effects of which it says so only there, and what was written unread."""
    said = {gist(what) for what in change.unknown}
    unclear = (
        f"{change.unit} {effect.part + 1}: {effect.cause or f'{effect.verb} of `{effect.resource.name}`'}"
        for effect in change.effects
        if effect.known == "unknown" and gist(effect.cause) not in said
    )
    written = (f"`{name}` was written though no {change.unit} names it" for name in unread)
    return tuple(dict.fromkeys((*change.unknown, *unclear, *written)))


def _degraded(change: Change, inventory: Inventory | None, rehearsal: Rehearsal | None, seen: Seen) -> tuple[str, ...]:
    said = [*change.degraded]
    if inventory is not None:
        said += inventory.limits or (() if inventory.complete else ("the survey is not complete",))
        if inventory.environment not in ("", seen.claimed.name, seen.environment.name):
            said.append(f"the target says it is `{inventory.environment}`, whose contract was not applied")
    if rehearsal is not None:
        said += rehearsal.limits or (() if rehearsal.complete else ("the rehearsal is not complete",))
    if seen.reach.frontier:
        said.append(f"the reach was cut: at least {seen.reach.frontier:,} things were not followed")
    return tuple(dict.fromkeys(said))


def _in_order(seen: Seen) -> tuple[Finding, ...]:
    """All findings, the severest first, then by place; many of one kind are cut, with the rest counted."""
    noted: list[Noted] = []
    for row in asked(seen):
        if found := [*row.find(seen)]:
            noted += _few(found)
    noted.sort(key=_order)
    return tuple(dict.fromkeys([finding for _, finding in noted]))


def _few(notes: Iterable[Noted]) -> list[Noted]:
    kept: list[Noted] = []
    rest, worst = 0, None
    for note in notes:
        if len(kept) < PLACES:
            kept.append(note)
            continue
        rest += 1
        if worst is None or _SEVERITY[note[1].severity] > _SEVERITY[worst.severity]:
            worst = note[1]
    if worst is not None:
        message = f"and {rest:,} places more like these"
        kept.append((WHOLE, Finding(worst.id, worst.severity, worst.confidence, message, fix=worst.fix)))
    return kept


def _order(note: Noted) -> tuple[int, int]:
    return -_SEVERITY[note[1].severity], note[0]
