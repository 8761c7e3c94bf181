"""A process in which everything is imported already, and which forks one for each run of the command.

Most of a short command is the interpreter's start and its imports. A fork has both behind it, and is otherwise a
process like any other: its own arguments, folder, environment, standard streams and exit status. What starts the
command from nothing is `process.Process`; both answer alike.

    the caller --(what to run; its three streams; a pipe)--> the nursery --fork--> a parent --fork--> the command
                                                                                      |
    the caller <--------------------- (its id; at its end its status) ----------------+
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
from functools import cache
from tempfile import TemporaryFile
from typing import NoReturn

from interlock.testing.process import SECONDS, Process, Ran

MOST: int = 128 * 1024  # of arguments and environment together
#: Not imported: tests' own room, and the one whose scripts are programs of their own.
LEFT = ("interlock.testing", "interlock.practice")
#: What the commands import where they need it, and what our own modules do not draw in.
OTHERS = ("asyncpg", "cedarpy", "rich.console", "rich.syntax", "rich.table", "sqlglot", "tree_sitter_hcl", "yaml")


class Forked(Process):
    """Calls the command in a folder, as `Process` does, in a process that is forked and not started."""

    def run(self, arguments: list[str], stdin: bytes, environment: dict[str, str]) -> Ran:
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            told = json.dumps([arguments, str(self.folder), environment]).encode()
            reader, writer = os.pipe()
            with os.fdopen(reader) as answer:
                socket.send_fds(_nursery(), [told], [given.fileno(), out.fileno(), err.fileno(), writer])
                os.close(writer)
                pid = int(answer.readline())
                if not select.select([answer], [], [], SECONDS)[0]:
                    os.kill(pid, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(arguments, SECONDS)
                status = os.waitstatus_to_exitcode(int(answer.readline()))
            out.seek(0)
            err.seek(0)
            return Ran(status, out.read().decode(), err.read().decode())


@cache
def _nursery() -> socket.socket:
    """The door of this process's nursery, which ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    subprocess_ = subprocess.Popen(
        [sys.executable, "-m", __name__, str(theirs.fileno())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
        env={**os.environ, "COLUMNS": "100", "LC_ALL": "C.UTF-8"},
    )
    theirs.close()

    def end() -> None:
        ours.close()
        subprocess_.wait()

    atexit.register(end)
    return ours


def everything() -> None:
    """Import all that a command could need."""
    package = importlib.import_module("interlock")
    for found in pkgutil.walk_packages(package.__path__, "interlock."):
        if not found.name.startswith(LEFT):
            importlib.import_module(found.name)
    for name in OTHERS:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def attend(door: socket.socket) -> None:
    """Fork for whoever asks, until nobody is at the door any more. Returns in the forked process too."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the parents that are forked here
    while True:
        told, handles, _, _ = socket.recv_fds(door, MOST, 4)
        if not told:
            sys.exit()
        if os.fork() == 0:
            break
        for handle in handles:
            os.close(handle)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    door.close()
    answer = handles.pop()
    pid = os.fork()
    if pid:
        _wait(pid, answer)
    os.close(answer)
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
        os.close(handle)
    arguments, folder, environment = json.loads(told)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = arguments


def _wait(pid: int, answer: int) -> NoReturn:
    """Say whose parent this is, and how it ended."""
    os.write(answer, f"{pid}\n".encode())
    os.write(answer, f"{os.waitpid(pid, 0)[1]}\n".encode())
    os._exit(0)


def _ended() -> int:
    """Run the command. What was imported is not taken apart at its end, which costs more than most commands do."""
    from interlock.cli.main import main

    try:
        main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        return end.code if isinstance(end.code, int) else 1
    return 0


if __name__ == "__main__":
    everything()
    with socket.socket(fileno=int(sys.argv[1])) as entrance:
        attend(entrance)
    os._exit(_ended())
