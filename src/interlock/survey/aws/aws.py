"""The surveyor of `aws`: what stands at the things that a change touches, what is in them, and what hangs on them.

    1 the account is the one that was written down   2 a look at everything that is written to   3 a look at what is in
    it, and in that   4 all of it put together

Reading changes nothing, so nothing is looked at for what is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import lru_cache, partial
from typing import Final

from interlock.aws.clients import Clients
from interlock.aws.connection import AWS, Patience, failed, failures
from interlock.aws.credentials import Source
from interlock.aws.things import Thing, parse, parts_of, selected, typed
from interlock.errors import TargetError
from interlock.model.change import Change, Resource
from interlock.model.inventory import Inventory
from interlock.model.target import Bounds, Target
from interlock.survey.aws.eye import Absent, Eye, Unseen
from interlock.survey.aws.kept import Answer, Kept
from interlock.survey.aws.looks import Look, looks_for
from interlock.survey.aws.note import Key, Note, key_of
from interlock.survey.aws.selectors import expand
from interlock.survey.aws.settings import Settings, settings_of
from interlock.survey.aws.storage import many
from interlock.survey.aws.world import World

#: More things than these are not looked at for one change.
MOST: Final = 500
#: More objects of one bucket than these are not asked for one by one.
CROWD: Final = 100
#: So deep stacks, and whatever else holds things, are looked into.
DEPTH: Final = 4
#: So many calls are under way at once.
WORKERS: Final = 8
#: For so many milliseconds an account that was checked is believed to be the same.
CHECKED: Final = 300_000

#: Tags that nobody but AWS can set, and what the thing then belongs to.
MANAGED: Final = {
    "aws:cloudformation:stack-name": "aws.cloudformation.stack",
    "aws:autoscaling:groupName": "aws.autoscaling.auto-scaling-group",
}

_KEPT: Final = Kept()
_PATIENCE: Final = Patience(connect_seconds=2.0, read_seconds=5.0, attempts=3, connections=WORKERS)


def survey(target: Target, change: Change, *, bounds: Bounds, now: int, monotonic: Callable[[], int]) -> Inventory:
    """What is known of what this change writes to. TargetError for another account, or one that cannot be reached."""
    settings = settings_of(target)
    clients = _clients(settings.source, target.address, settings.home)
    place = (target.name, target.address, settings.account, str(hash(settings.source)))
    until = monotonic() + bounds.milliseconds
    account = _account(clients, settings, target, place, now)
    emulated = target.address != AWS
    eye = Eye(clients, place, _KEPT, now=now, age=bounds.age, until=until, monotonic=monotonic, emulated=emulated)
    world = World(target, settings)
    things: dict[Key, Thing] = {}
    for resource in _written(change):
        thing = thing_of(resource, settings, account)
        world.calls(thing, resource)
        things.setdefault(key_of(thing), thing)
    for bucket, objects in _crowds(things):
        for thing in objects:
            world.owns(things.pop(key_of(thing)))
        world.add(looked(eye, bucket, look=partial(many, things=objects)))
    if things:
        _Looking(eye, world).all(things)
    return world.inventory(eye.oldest)


def thing_of(resource: Resource, settings: Settings, account: str) -> Thing:
    """What the change names, with the region that it is in as far as anybody says."""
    named = typed(resource.name)
    arn = parse(resource.name)
    place = dict(resource.location)
    region = (arn.region if arn is not None else "") or place.get("region", "") or settings.home
    owner = (arn.account if arn is not None else "") or place.get("account", "") or account
    parts = named.parts if named is not None else parts_of(resource.type, resource.name)
    return Thing(resource.type, parts, region, owner)


def _crowds(things: dict[Key, Thing]) -> list[tuple[Thing, list[Thing]]]:
    """Objects of one bucket that are too many to be asked for one by one."""
    found: dict[Thing, list[Thing]] = {}
    for thing in things.values():
        if thing.type == "aws.s3.object" and len(thing.parts) > 1 and not thing.parts[1].endswith(("/", "*")):
            bucket = Thing("aws.s3.bucket", thing.parts[:1], thing.region, thing.account)
            found.setdefault(bucket, []).append(thing)
    return [(bucket, objects) for bucket, objects in found.items() if len(objects) > CROWD]


def _written(change: Change) -> list[Resource]:
    """What is written to, each once."""
    effects = [effect for effect in change.effects if effect.verb != "read" or effect.known == "unknown"]
    return [*{effect.resource.key: effect.resource for effect in effects}.values()]


@lru_cache(maxsize=64)
def _clients(source: Source, address: str, region: str) -> Clients:
    return Clients(source, address=address, region=region, session="interlock-survey", patience=_PATIENCE)


def _account(clients: Clients, settings: Settings, target: Target, place: tuple[str, ...], now: int) -> str:
    """The account that the read credential is in. TargetError where it is not the one that the target is."""
    key = (*place, "account")
    known = _KEPT.get(key, now, CHECKED)
    if known is not None:
        return str(known.value)
    where = f"target `{target.name}`"
    try:
        found = str(clients.client("sts", settings.home, now).get_caller_identity()["Account"])
    except failures() as error:
        clients.keyring.forget()
        raise failed(error, "the question whose credential this is", where) from None
    if settings.account and found != settings.account:
        raise TargetError(
            f"the read credential is in account `{found}`, the target is account `{settings.account}`",
            where=where,
            hint="nothing was looked at; check `aws.read` and `aws.account`",
            code="wrong-account",
        )
    _KEPT.put(key, Answer(found, now))
    return found


class _Looking:
    """The looks of one survey, wave by wave: what the change names, then what is in that, and so on."""

    def __init__(self, eye: Eye, world: World) -> None:
        self._eye = eye
        self._world = world
        self._seen: set[Key] = set()

    def all(self, things: dict[Key, Thing]) -> None:
        pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="interlock-survey")
        try:
            for depth in range(DEPTH + 1):
                inside = self._wave(pool, things.values())
                things = {key: thing for thing in inside if (key := key_of(thing)) not in self._seen}
                if not things:
                    return
                if depth == DEPTH:
                    self._world.limit([f"{len(things):,} things lie deeper than is looked"])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _wave(self, pool: ThreadPoolExecutor, things: Iterable[Thing]) -> list[Thing]:
        """Look at these at once; what is inside of them, in their order."""
        started: list[tuple[Thing, Future[Note]]] = []
        left = 0
        for thing in things:
            self._seen.add(key_of(thing))
            self._world.owns(thing)
            if len(self._seen) > MOST:
                left += 1
            else:
                started.append((thing, pool.submit(looked, self._eye, thing, self._world.called(thing))))
        if left:
            self._world.limit([f"{left:,} more things were not looked at: there are more than {MOST:,}"])
        wait([future for _, future in started], timeout=max(self._eye.left, 0) / 1_000)
        inside: list[Thing] = []
        for thing, future in started:
            if future.done():
                note = future.result()
                self._world.add(note)
                inside += note.inside
            else:
                self._world.limit([f"`{self._world.called(thing)}`: there was no time left to look at it"])
        return inside


def looked(eye: Eye, thing: Thing, called: str = "", look: Look | None = None) -> Note:
    """Every look that there is for this type, or this one. The first one tells whether it is there at all."""
    note = Note(eye, thing, called)
    looks = (expand,) if selected(thing.parts[-1]) is not None else looks_for(thing.type)
    looks = looks if look is None else (look,)
    if not looks:
        note.unseen(f"nobody here knows how to look at `{thing.type}`; whether it is there is not known")
    for each in looks:
        try:
            each(note)
        except Absent:
            return note
        except Unseen as why:
            note.unseen(str(why))
            if each is looks[0]:
                return note
        except (KeyError, IndexError, TypeError, ValueError):
            note.unseen("what AWS answered is not what it should be")
    _managed(note)
    return note


def _managed(note: Note) -> None:
    """What tags of AWS's own say of who made a thing, and would take it along."""
    for facts in [*note.facts.values()]:
        for tag, type_ in MANAGED.items():
            if tag in facts.tags:
                outer = note.thing_of(type_, facts.tags[tag])
                note.of(outer).planes["deployment"] = None
                note.edge(facts.thing, "contains", outer, f"tag {tag}")
