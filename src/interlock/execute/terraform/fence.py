"""Fence: a program that may touch only the paths it is given, and then becomes the tool. Run as a file, not imported.

    python -I -S fence.py '{"read": [...], "write": [...]}' COMMAND ARGUMENT …

What a configuration runs, and the functions in it that read files, run as Interlock's own user; without this they
could read its keys. The kernel's Landlock holds it for the tool, its plug-ins and everything that they start, and it
cannot be taken off again. It says nothing of the network. Exit status 125: this machine has no such fence.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Iterable
from typing import Final

NO_FENCE: Final = 125
NO_START: Final = 126

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_NO_NEW_PRIVILEGES: Final = 38
_ABI_FLAG: Final = 1
_PATH_BENEATH: Final = 1

_READ: Final = 1 << 0 | 1 << 2 | 1 << 3  # run, read a file, list a folder
_ALL_1: Final = (1 << 13) - 1
_REFER, _TRUNCATE, _DEVICES = 1 << 13, 1 << 14, 1 << 15
_OF_FILES: Final = 1 << 0 | 1 << 1 | 1 << 2 | _TRUNCATE | _DEVICES
#: From this version on, abstract sockets and signals end at the fence too.
_SCOPES_FROM: Final = 6


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def fence(read: Iterable[str], write: Iterable[str]) -> bool:
    """From here on this process reaches only these paths; False where the kernel cannot do it."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ABI_FLAG))
    if version < 1:
        return False
    handled = _ALL_1 | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    handled |= _DEVICES if version >= 5 else 0
    rules = _Ruleset(handled, 0, 3 if version >= _SCOPES_FROM else 0)
    size = 24 if version >= _SCOPES_FROM else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    for paths, rights in ((read, _READ), (write, handled)):
        for path in paths:
            _allow(libc, ruleset, path, rights & handled)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(_RESTRICT, ruleset, ctypes.c_uint32(0)):
        return False
    os.close(ruleset)
    return True


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    """A path that is not there needs no rule."""
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - starts quicker without pathlib
            rights &= _OF_FILES
        rule = _Beneath(rights, parent)
        if libc.syscall(_ADD, ruleset, _PATH_BENEATH, ctypes.byref(rule), ctypes.c_uint32(0)):
            raise OSError(ctypes.get_errno(), "the fence cannot be built", path)
    finally:
        os.close(parent)


def main() -> int:
    """Put up the fence and become the command."""
    paths = json.loads(sys.argv[1])
    if sys.platform != "linux" or not fence(paths["read"], paths["write"]):
        return NO_FENCE
    try:
        os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - an argument list, no shell
    except OSError as error:
        sys.stderr.write(f"Error: the tool cannot be started behind its fence: {error.strerror}\n")
    return NO_START


if __name__ == "__main__":
    sys.exit(main())
