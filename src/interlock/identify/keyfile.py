"""Key files: created once, readable by their owner alone, and not read at all when they are anything else."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from interlock.errors import Conflict, KeyLost

MAX_KEY_FILE: Final = 16 * 1024


def create(path: Path, content: bytes) -> None:
    """Write a new key file, mode 0600, durable on return. Conflict when anything stands there; KeyLost on I/O."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Conflict(
            "there is something under this name already, and a key is never written over",
            where=str(path),
            hint="choose another path, or move the old key away yourself",
            code="key-exists",
        ) from None
    except OSError as error:
        raise KeyLost(f"the key file cannot be created: {error.strerror}", where=str(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600)  # a umask may have taken the owner's own bits
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(path.parent)
    except OSError as error:
        # Half a key is worse than none: nothing was returned to anybody yet, so nothing depends on it.
        path.unlink(missing_ok=True)
        raise KeyLost(f"the key file cannot be written: {error.strerror}", where=str(path)) from error


def read(path: Path) -> bytes:
    """The bytes of a key file that only its owner can read; KeyLost for any other file, symbolic links included."""
    try:
        # O_NONBLOCK: opening a pipe that somebody put here would otherwise wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise KeyLost("the key file is a symbolic link", where=str(path), hint="put the file itself here") from None
        why = f"the key file cannot be opened: {error.strerror}"
        raise KeyLost(why, where=str(path), hint="restore it from its backup, owned by this user, mode 0600") from error
    try:
        _owners_alone(os.fstat(handle), path)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(MAX_KEY_FILE + 1)
    except OSError as error:
        raise KeyLost(f"the key file cannot be read: {error.strerror}", where=str(path)) from error
    finally:
        os.close(handle)
    if len(content) > MAX_KEY_FILE:
        raise KeyLost("the key file is too large to be one", where=str(path))
    return content


def _owners_alone(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyLost("the key file is no regular file", where=str(path))
    if status.st_uid != os.geteuid():
        raise KeyLost("the key file belongs to another user", where=str(path))
    if status.st_mode & 0o077:
        raise KeyLost(
            f"the key file is open to other users (mode {stat.S_IMODE(status.st_mode):04o})",
            where=str(path),
            hint=f"take it as read by others; make a new key, or chmod 600 {path} if nobody else was there",
        )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
