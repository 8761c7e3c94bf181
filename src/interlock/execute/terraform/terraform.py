"""The executor of `terraform`: rehearse, execute, undo, close, look, as executor.py promises them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from typing import Final

from interlock.errors import Refused, Stale, TargetError
from interlock.execute.executor import Order, Seal, Seen, Unseal
from interlock.execute.terraform import source, state
from interlock.execute.terraform.apply import Task, apply, seen, told
from interlock.execute.terraform.inverse import UNKNOWN, objection, tried, way_back
from interlock.execute.terraform.keep import (
    Marker,
    applied,
    drop_markers,
    held,
    read_marker,
    remember,
    write_marker,
)
from interlock.execute.terraform.package import Package, changes, deeds, unpack
from interlock.execute.terraform.plan import kind_of, make, show
from interlock.execute.terraform.progress import listed
from interlock.execute.terraform.setting import Setting, setting_of
from interlock.execute.terraform.workshop import SAVED, Workshop, furnish, furnished, prepare, sweep
from interlock.model.change import Change
from interlock.model.entry import Purpose
from interlock.model.execution import Step
from interlock.model.inventory import Rehearsal
from interlock.model.planned import Identity
from interlock.model.target import Bounds, Target

#: The before-image where there was no state.
EMPTY: Final = b"{}"


class TerraformExecutor:
    """Applies saved plans, one at a time on each target."""

    def rehearse(
        self, change: Change, payload: bytes, target: Target, *, bounds: Bounds, monotonic: Callable[[], int]
    ) -> Rehearsal:
        """Nothing is tried beyond the plan itself: it is held against what was read, and its way back is planned."""
        del bounds, monotonic  # the tool is bounded by the target's own `timeout`
        setting, package = setting_of(target), unpack(payload)
        _expect_target(setting, package)
        with furnished(setting, source.unpack(package.source)) as workshop:
            prepare(workshop)
            content = state.current(workshop)
            _expect_state(workshop, package, content)
            _expect_shown(workshop, package)
        if unread := _unread(change, package):
            return Rehearsal(failed=f"the plan changes what was not read of it: {listed(unread)}")
        return Rehearsal(rollback=tried(setting, package, content))

    def execute(self, order: Order, seal: Seal) -> Generator[Step]:
        """One step: `apply`, of exactly the saved plan in the payload."""
        setting, package = setting_of(order.target), unpack(order.payload)
        _expect_target(setting, package)
        does = changes(package.plan)
        if unread := _unread(order.change, package):
            raise TargetError(f"the plan changes what was not read of it: {listed(unread)}", hint="nothing was done")
        with held(setting) as lock:
            _announce(setting, order, "run")
            workshop = furnish(setting, source.unpack(package.source), live=True)
            try:
                prepare(workshop)
                before = state.current(workshop)
                identity = _expect_state(workshop, package, before)
                _expect_shown(workshop, package)
                prior = applied(setting, identity)
                images = (seal(before or EMPTY), *((seal(prior),) if prior is not None else ()))
                remember(
                    setting, order.case, identity, None
                )  # whatever comes of it, it is no longer that source's state
                task = Task(order, "run", workshop, package.saved, before, identity, len(does), images)
                yield from apply(task, lock, seal)
                remember(setting, order.case, _now(workshop), _stands(package.source))
            finally:
                sweep(workshop.folder)

    def undo(self, order: Order, images: Sequence[str], unseal: Unseal) -> Generator[Step]:
        """One step: `apply`, of the plan that leads back; refused when it would destroy what was not created."""
        setting, package = setting_of(order.target), unpack(order.payload)
        prior = unseal(images[1]) if len(images) > 1 else None
        way = way_back(package, prior)
        with held(setting) as lock:
            _announce(setting, order, "undo")
            if way is None:
                raise Refused(UNKNOWN, hint="propose the way back as a change of its own", code="no-way-back")
            workshop = furnish(setting, way.files, live=True)
            try:
                prepare(workshop)
                before = state.current(workshop)
                identity = _expect_after(workshop, order, before)
                made = make(workshop, *way.arguments)
                back = deeds(made.plan)
                if why := objection(deeds(package.plan), back):
                    raise Refused(
                        f"the way back is refused: {why}",
                        hint="propose the way back as a change of its own",
                        code="undo-destroys",
                    )
                remember(setting, order.case, identity, None)
                yield from apply(
                    Task(order, "undo", workshop, made.saved, before, identity, len(back.actions)), lock, None
                )
                remember(setting, order.case, _now(workshop), prior)
            finally:
                sweep(workshop.folder)

    def close(self, order: Order) -> Generator[Step]:
        """One step, `close`: the case's markers go."""
        setting = setting_of(order.target)
        yield Step("close", "about")
        # A crash here leaves some of the markers; closing again takes them away.
        drop_markers(setting, order.case)
        yield Step("close", "did")

    def look(self, order: Order, purpose: Purpose) -> Seen:
        """From the marker, what the tool said, and the state. TargetError while anything of the tool still lives."""
        setting = setting_of(order.target)
        marker = read_marker(setting, order.case, "run" if purpose == "close" else purpose)
        if purpose == "close":
            return "done" if marker is None else "not-done"
        if marker is None:
            return seen(setting, order, purpose)
        with held(setting):
            outcome = seen(setting, order, purpose)
            if outcome == "done" and purpose == "run" and marker.phase == "started":
                _catch_up(setting, order)
            return outcome

    def account(self, order: Order, purpose: Purpose) -> str:
        marker = read_marker(setting_of(order.target), order.case, purpose)
        return told(marker) if marker is not None and marker.phase == "ended" else ""


def _announce(setting: Setting, order: Order, purpose: Purpose) -> None:
    """From here on whoever asks finds a marker on this machine. One that was begun is not begun again."""
    marker = read_marker(setting, order.case, purpose)
    if purpose == "run" and marker is not None and marker.phase != "announced":
        raise TargetError(f"case `{order.case}` was applied here before", hint="nothing was done", code="twice")
    write_marker(setting, order.case, purpose, Marker(order.digest, "announced", "", 0, 0))


def _expect_target(setting: Setting, package: Package) -> None:
    head = package.head
    if head.workspace != setting.workspace:
        raise Stale(
            f"it was planned in workspace `{head.workspace}`, the target is `{setting.workspace}`", where=setting.name
        )
    if head.tool != kind_of(setting):
        raise Stale(f"it was planned by {head.tool}, the target's tool is {kind_of(setting)}", where=setting.name)


def _expect_state(workshop: Workshop, package: Package, content: bytes) -> Identity:
    now, was = state.identity(content, workshop.setting.workspace), package.head.identity
    if now.lineage != was.lineage:
        raise Stale("the state is another one than the plan was made on", where=workshop.setting.name)
    if now.serial != was.serial:
        raise Stale(
            f"the state was changed since the plan was made: it is at serial {now.serial}, not {was.serial}",
            where=workshop.setting.name,
        )
    return now


def _expect_after(workshop: Workshop, order: Order, content: bytes) -> Identity:
    """The state as the case left it, or it is Stale: undoing would undo others' work as well."""
    marker = read_marker(workshop.setting, order.case, "run")
    if marker is None or marker.digest != order.digest or marker.status != 0:
        raise TargetError(f"nothing here says that case `{order.case}` was applied", hint="nothing was undone")
    now = state.identity(content, workshop.setting.workspace)
    if now.serial != marker.after or marker.lineage not in ("", now.lineage):
        raise Stale(
            f"the state was changed since: it is at serial {now.serial}, not {marker.after}",
            where=workshop.setting.name,
        )
    return now


def _expect_shown(workshop: Workshop, package: Package) -> None:
    """The JSON that was read and voted on is what these very bytes say, or nothing of it is applied."""
    (workshop.module / SAVED).write_bytes(package.saved)
    shown = show(workshop)
    if shown != package.plan and json.loads(shown) != json.loads(package.plan):
        raise TargetError(
            "the saved plan does not say what was read of it", hint="propose it again", where=workshop.setting.name
        )


def _unread(change: Change, package: Package) -> list[str]:
    """The addresses that the plan changes and no effect names. Nothing is named: everything was unread."""
    named = {effect.resource.name for effect in change.effects if effect.verb != "read"}
    return sorted(address for address in changes(package.plan) if address.partition(" (deposed")[0] not in named)


def _now(workshop: Workshop) -> Identity:
    return state.identity(state.current(workshop), workshop.setting.workspace)


def _catch_up(setting: Setting, order: Order) -> None:
    """What `execute` would have done after the apply, had it lived."""
    path = setting.local_state
    if path is not None and path.exists():
        identity = state.identity(path.read_bytes(), setting.workspace)
        remember(setting, order.case, identity, _stands(unpack(order.payload).source))


def _stands(archive: bytes) -> bytes | None:
    """The source, if the state is now what it says; a part of it, or its end, is no configuration to go back to."""
    return None if source.wishes_in(archive).partial else archive
