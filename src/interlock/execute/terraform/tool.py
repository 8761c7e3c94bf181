"""Tool: runs terraform or tofu behind the fence, with surroundings of our making, and tells what went wrong.

What the tool says goes into files, not pipes: when Interlock dies the tool goes on and comes to its own end, and what
it said is still there for whoever looks.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from interlock.errors import BadConfiguration, BadProposal, InterlockError, TargetError
from interlock.execute.terraform import fence
from interlock.execute.terraform.setting import PATH
from interlock.ledger.redact import redact

#: What the tool and its plug-ins may read of the machine; everything else is closed to them.
READABLE: Final = (
    "/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/resolv.conf",
    "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols",
    "/etc/passwd", "/etc/group", "/etc/localtime", "/etc/mime.types", "/etc/alternatives", "/etc/ld.so.cache",
    "/run/systemd/resolve", "/sys/fs/cgroup", "/sys/devices/system/cpu",
)  # fmt: skip
WRITABLE: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
#: A tool that was asked to stop gets so long to write its state, in seconds. Then nobody waits for it any more.
GRACE: Final = 120
MAX_SAID: Final = 256 * 1024 * 1024
MAX_MESSAGE: Final = 600
#: Values that are shorter are not looked for in what the tool says: they would be found everywhere.
MIN_SECRET: Final = 4


class Command(NamedTuple):
    """What is run: in which folder, with which surroundings, and what it may touch."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    fence: bool


class Said(NamedTuple):
    """What a finished run left: its exit status, and what it said on either stream."""

    status: int
    out: bytes
    err: bytes


class Place(msgspec.Struct):
    """Where in the configuration a diagnostic points."""

    filename: str = ""
    start: dict[str, int] = {}


class Diagnostic(msgspec.Struct):
    """One of the tool's own diagnostics."""

    severity: str = ""
    summary: str = ""
    detail: str = ""
    range: Place | None = None
    address: str = ""


class Line(msgspec.Struct):
    """One line of what the tool says with `-json`."""

    message: str = msgspec.field(default="", name="@message")
    type: str = ""
    diagnostic: Diagnostic | None = None
    hook: dict[str, object] = {}
    changes: dict[str, object] = {}


def start(command: Command, out: Path, err: Path, keep_open: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """Start it; both streams go to files that only we can read. It is a session of its own."""
    with _private(out) as said, _private(err) as complained:
        return subprocess.Popen(
            _fenced(command),
            cwd=command.folder,
            env={"PATH": PATH, "LC_ALL": "C.UTF-8", **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=complained,
            start_new_session=True,
            pass_fds=keep_open,
        )


def run(command: Command, seconds: int) -> Said:
    """Run it to its end. TargetError when it takes longer than it may; it is then stopped."""
    out, err = command.folder.parent / "out", command.folder.parent / "err"
    process = start(command, out, err)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired as late:
        raise TargetError(
            f"`{command.arguments[1]}` took longer than {seconds} s", hint="nothing was changed", code="too-long"
        ) from late
    finally:
        stop(process, 5)
    if process.returncode == fence.NO_FENCE:
        raise no_fence()
    return Said(process.returncode, read(out), read(err))


def stop(process: subprocess.Popen[bytes], grace: int = GRACE) -> None:
    """Ask it to stop, and wait for it. A tool that is asked stops after what it is doing, and writes its state."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def read(path: Path) -> bytes:
    """What was said into this file. TargetError when it is more than anybody can take."""
    with path.open("rb") as file:
        content = file.read(MAX_SAID + 1)
    if len(content) > MAX_SAID:
        raise TargetError(
            f"the tool said more than {MAX_SAID:,} bytes", hint="split the configuration", code="too-much"
        )
    return content


def lines(said: bytes) -> list[Line]:
    """The lines that the tool said with `-json`; what is no such line is left out."""
    found = []
    for raw in said.splitlines():
        try:
            found.append(msgspec.json.decode(raw, type=Line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found


def first_error(said: Iterable[Line]) -> Diagnostic | None:
    return next((line.diagnostic for line in said if line.diagnostic and line.diagnostic.severity == "error"), None)


def complaint(what: str, found: Diagnostic | None, *, detail: bool, secrets: Iterable[str] = ()) -> InterlockError:
    """The tool's first error as ours. `detail` only where no credential was within the tool's reach."""
    if found is None:
        return TargetError(f"{what} failed", hint="the tool did not say why", code="tool")
    place = f"{found.range.filename}:{found.range.start.get('line', 0)}" if found.range is not None else found.address
    text = f"{found.summary}: {found.detail}" if detail and found.detail else found.summary
    text = " ".join(clean(text.encode(), secrets).decode("utf-8", "replace").split())[:MAX_MESSAGE]
    return BadProposal(f"{what} failed: {text or 'without a word'}", where=place, code="tool")


def clean(text: bytes, secrets: Iterable[str] = ()) -> bytes:
    """The text without these values and without what looks like a secret."""
    for value in sorted(secrets, key=len, reverse=True):
        if len(value) >= MIN_SECRET:
            text = text.replace(value.encode(), b"[redacted:credential]")
            quoted = json.dumps(value)[1:-1]
            text = text.replace(quoted.encode(), b"[redacted:credential]")
    return redact(text)[0]


def no_fence() -> BadConfiguration:
    return BadConfiguration(
        "this machine cannot keep the tool from reading Interlock's own files",
        hint="run on Linux 5.13 or newer with Landlock; or set `fence = false` for this target and trust its proposals",
        code="no-fence",
    )


def _fenced(command: Command) -> list[str]:
    if not command.fence:
        return list(command.arguments)
    paths = {"read": [*READABLE, *command.readable], "write": [*WRITABLE, *command.writable]}
    return [sys.executable, "-I", "-S", fence.__file__, json.dumps(paths), *command.arguments]


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")
