"""Keep: what we keep beside the target: a lock, a marker for each case, and the configuration that was applied last.

    .interlock/lock               held by whoever applies, and by the tool itself for as long as any of it lives
    .interlock/CASE.run.json      what became of a case here (or `.undo.json`), written before and after it is acted on
    .interlock/applied.json,.tar  which source the state was last brought to by us, and which state that was

The marker is how recovery knows: the state says that something was changed, the marker says by which case. It is no
proof against somebody who can write to this folder; they could write to the state too.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from interlock.errors import TargetError
from interlock.execute.terraform.setting import Setting
from interlock.model.entry import Purpose
from interlock.model.planned import Identity

Phase = Literal["announced", "started", "ended"]
Kept = TypeVar("Kept", bound=msgspec.Struct)


class Marker(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one purpose of a case. `lineage` and `serial` are those of the state before, `after` of the one
    after; `done` are addresses that the tool said are done, `total` how many there were to do."""

    digest: str
    phase: Phase
    lineage: str
    serial: int
    total: int
    workshop: str = ""
    status: int = -1
    after: int = 0
    done: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


class Applied(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The state to which `applied.tar` was brought by a case."""

    case: str
    lineage: str
    serial: int


@contextmanager
def held(setting: Setting) -> Iterator[int]:
    """The lock on this target, for us and whatever inherits its descriptor. TargetError when somebody else has it."""
    setting.kept.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(setting.kept / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise TargetError(
                "something is still being applied here", where=str(setting.folder), hint="try again later", code="busy"
            ) from error
        yield lock
    finally:
        os.close(lock)


def read_marker(setting: Setting, case: str, purpose: Purpose) -> Marker | None:
    return _read(setting.kept / f"{case}.{purpose}.json", Marker)


def write_marker(setting: Setting, case: str, purpose: Purpose, marker: Marker) -> None:
    """Durable when it returns."""
    _write(setting.kept / f"{case}.{purpose}.json", msgspec.json.encode(marker))


def drop_markers(setting: Setting, case: str) -> None:
    for purpose in ("run", "undo"):
        (setting.kept / f"{case}.{purpose}.json").unlink(missing_ok=True)


def applied(setting: Setting, state: Identity) -> bytes | None:
    """The source that the target's state was brought to, if it was by us and is still that very state."""
    known = _read(setting.kept / "applied.json", Applied)
    if known is None or not state.lineage or (known.lineage, known.serial) != (state.lineage, state.serial):
        return None
    try:
        return (setting.kept / "applied.tar").read_bytes()
    except FileNotFoundError:
        return None


def remember(setting: Setting, case: str, state: Identity, source: bytes | None) -> None:
    """From here on this is the source that was applied last; None: nobody knows one."""
    (setting.kept / "applied.json").unlink(missing_ok=True)  # first, so that no crash leaves it with another source
    if source is not None:
        _write(setting.kept / "applied.tar", source)
        _write(setting.kept / "applied.json", msgspec.json.encode(Applied(case, state.lineage, state.serial)))


def _read(path: Path, kind: type[Kept]) -> Kept | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TargetError(
            "is not as Interlock wrote it", where=str(path), hint="find out by whom", code="foreign-marker"
        ) from error


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(path.suffix + ".new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise TargetError("cannot be written", where=str(path), hint=error.strerror or "", code="read-only") from error
