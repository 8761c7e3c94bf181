"""Apply: one saved plan is applied, said before and after; and what became of it is told from what was left behind.

The rules of this room: the lock is held from before the step is announced until nothing of the tool lives any more. The
marker is written before the tool is started and when it has ended. So whoever has the lock and reads the marker knows:

    no marker, or announced    nothing was begun
    ended                      what it says
    started                    we died while the tool worked; it has come to its end by now, and what it said is there
"""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from interlock.errors import TargetError
from interlock.execute.executor import Order, Seal, Seen
from interlock.execute.terraform import fence, state, tool
from interlock.execute.terraform.keep import Marker, read_marker, write_marker
from interlock.execute.terraform.progress import Progress, listed, progress
from interlock.execute.terraform.setting import Setting
from interlock.execute.terraform.workshop import SAVED, Workshop, sweep
from interlock.model.entry import Purpose
from interlock.model.execution import Step
from interlock.model.planned import Identity

#: How often it is looked how far the tool is, in seconds.
TICK: Final = 1


class Task(NamedTuple):
    """One saved plan to be applied for a purpose of a case: in which workshop, on which state, and how many changes."""

    order: Order
    purpose: Purpose
    workshop: Workshop
    saved: bytes
    before: bytes
    identity: Identity
    total: int
    images: tuple[str, ...] = ()


def apply(task: Task, lock: int, seal: Seal | None) -> Generator[Step]:
    """One step, `apply`. Raises TargetError, after the step was said to be done, when not all of it was."""
    setting, order = task.workshop.setting, task.order
    marker = Marker(order.digest, "announced", task.identity.lineage, task.identity.serial, task.total)
    write_marker(setting, order.case, task.purpose, marker)
    detail = f"{task.total} to do; the state is at serial {task.identity.serial}"
    # A crash from here until the tool is started leaves nothing.
    yield Step("apply", "about", detail, images=task.images)
    (task.workshop.module / SAVED).write_bytes(task.saved)
    marker = _changed(marker, phase="started", workshop=str(task.workshop.folder))
    write_marker(setting, order.case, task.purpose, marker)
    # A crash from here on leaves the tool at work. It goes on to its end and writes its state; the lock is its own too.
    out, err = task.workshop.folder / "out", task.workshop.folder / "err"
    wait = task.workshop.setting.lock_timeout
    command = task.workshop.command("apply", "-json", "-input=false", wait, SAVED, trusted=True)
    process = tool.start(command, out, err, keep_open=(lock,))
    late = False
    try:
        late = yield from _watched(task, process, out, seal)
    finally:
        tool.stop(process)
        found = progress(tool.lines(tool.read(out)))
        marker = _ended(task, marker, process.returncode, found)
        write_marker(setting, order.case, task.purpose, marker)
    # A crash here leaves it ended and unsaid: recovery reads the marker.
    said = _spoken(task.workshop, out, err)
    yield Step("apply", "did", told(marker), images=task.images, output=seal(said) if seal and said else "")
    if process.returncode == fence.NO_FENCE:
        raise tool.no_fence()
    if process.returncode:
        why = f"it took longer than {setting.seconds} s and was stopped" if late else _why(found, said)
        raise TargetError(f"{told(marker)}: {why}", where=order.target.name, hint=_advice(marker), code="not-all-done")


def seen(setting: Setting, order: Order, purpose: Purpose) -> Seen:
    """What became of it, from the marker and what the tool left. To be asked with the lock held."""
    marker = read_marker(setting, order.case, purpose)
    if marker is None:
        # A state that is kept elsewhere may have been applied by Interlock on another machine.
        return "not-done" if not setting.backend else "unknown"
    if marker.digest != order.digest:
        return "unknown"
    if marker.phase == "announced":
        return "not-done"
    if marker.phase == "started":
        marker = _overtaken(setting, order, purpose, marker)
        if marker.phase == "started":
            return "unknown"
    if marker.status == 0:
        return "done"
    return "in-part" if marker.done or marker.moved or marker.after != marker.serial else "not-done"


def told(marker: Marker) -> str:
    """What became of it, in words."""
    if marker.status == 0:
        return f"{marker.total} done; the state went from serial {marker.serial} to {marker.after}"
    others = [address for address in marker.moved if address not in marker.done]
    text = f"{len(marker.done)} of {marker.total} were done"
    text += f" ({listed(marker.done)})" if marker.done else ""
    text += f"; of others something is in the state: {listed(others)}" if others else ""
    return f"{text}; the state went from serial {marker.serial} to {marker.after}"


def _watched(task: Task, process: subprocess.Popen[bytes], out: Path, seal: Seal | None) -> Generator[Step, None, bool]:
    """Wait for the tool, and tell how far it is whenever something more is done. True when it took too long."""
    known, size = 0, 0
    for _ in range(max(1, task.workshop.setting.seconds // TICK)):
        try:
            process.wait(timeout=TICK)
            return False
        except subprocess.TimeoutExpired:
            if out.stat().st_size == size:
                continue
        said = tool.read(out)
        found, fresh, size = progress(tool.lines(said)), said[size:], len(said)
        if len(found.done) > known:
            known = len(found.done)
            output = seal(_messages(task.workshop, fresh)) if seal else ""
            detail = f"{known} of {task.total}: `{found.done[-1]}`"
            yield Step("apply", "during", detail, images=task.images, output=output)
    return True


def _ended(task: Task, marker: Marker, status: int, found: Progress) -> Marker:
    """The marker of a tool that has come to its end: what it did by its own words, and what the state says."""
    try:
        content = state.current(task.workshop)
        after, moved = state.identity(content, task.identity.workspace), state.differing(task.before, content)
    except TargetError:
        return _changed(marker, phase="started")  # nobody can say now; whoever looks asks again
    return _changed(
        marker, phase="ended", status=status, after=after.serial, done=found.done, moved=tuple(moved[:1000])
    )


def _overtaken(setting: Setting, order: Order, purpose: Purpose, marker: Marker) -> Marker:
    """The marker of a run that outlived the one who started it, as far as what it said can be understood."""
    folder = Path(marker.workshop)
    try:
        found = progress(tool.lines(tool.read(folder / "out")))
    except OSError:
        return marker
    if not found.complete and (found.open or (found.error is None and found.done)):
        return marker  # it was stopped in the middle of something, and whether that happened nobody has said
    workshop = Workshop(folder, setting, {}, ())
    if setting.backend:
        return marker  # only the credentials open that state, and recovery does not use them
    after = state.identity(state.current(workshop), setting.workspace)
    status = 0 if found.complete else 1
    marker = _changed(marker, phase="ended", status=status, after=after.serial, done=found.done)
    write_marker(setting, order.case, purpose, marker)
    sweep(folder)
    return marker


def _changed(marker: Marker, **fields: object) -> Marker:
    return msgspec.structs.replace(marker, **fields)


def _messages(workshop: Workshop, said: bytes) -> bytes:
    text = b"\n".join(line.message.encode() for line in tool.lines(said) if line.message)
    return tool.clean(text, workshop.secrets)


def _spoken(workshop: Workshop, out: Path, err: Path) -> bytes:
    """All that the tool said, in its own words: lines as they are read by people, then what it said elsewhere."""
    lines = tool.lines(tool.read(out))
    text = [line.message for line in lines if line.message]
    text += [line.diagnostic.detail for line in lines if line.diagnostic is not None and line.diagnostic.detail]
    whole = "\n".join(text).encode() + b"\n" + tool.read(err)
    return tool.clean(whole.strip(), workshop.secrets)


def _why(found: Progress, said: bytes) -> str:
    if found.error is None:
        return "the tool failed without a word" if not said else "the tool ended before it was done"
    place = f" ({found.error.address})" if found.error.address else ""
    return found.error.summary + place


def _advice(marker: Marker) -> str:
    if not (marker.done or marker.moved):
        return "nothing was changed; propose it again"
    return "propose the configuration again to finish it, or the one before to go back"
