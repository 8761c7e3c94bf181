"""A real PostgreSQL to test against: the one at $TEST_PG_URL, else a throw-away server from the system's binaries.

The server listens on a unix socket in a temporary folder and on nothing else. PostgreSQL does not run as root, so
root hands it to another user. When the binaries are missing root installs them with apt; anybody else is told to.
Nothing is ever skipped: a store that was not tested is a store that does not work.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg

START_SECONDS = 60
PLACES = "/usr/lib/postgresql/*/bin"


class Postgres:
    """A server. `address(name)` gives the URL of a schema of its own for each test."""

    def __init__(self, url: str) -> None:
        self.url = url

    def address(self, schema: str) -> str:
        """The URL of a new, empty schema; everything unqualified is made and found in it."""
        self.execute(f'CREATE SCHEMA "{schema}"')
        parts = urlsplit(self.url)
        query = urlencode([*parse_qsl(parts.query), ("search_path", schema)])
        return urlunsplit(parts._replace(query=query))

    def execute(self, statement: str, url: str = "") -> str:
        """Run one statement as the test's own user, outside of the code that is tested."""

        async def work() -> str:
            connection = await asyncpg.connect(url or self.url)
            try:
                return str(await connection.execute(statement))
            finally:
                await connection.close()

        return asyncio.run(work())

    def close(self) -> None:
        """Leave a server alone that was here before us."""


class OwnPostgres(Postgres):
    """A server of our own, which may be killed and started again."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = _other_user() if os.geteuid() == 0 else None
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._call("initdb", "-D", str(self._data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync")
        super().__init__(f"postgresql://tester@/postgres?host={quote(str(self._folder), safe='/')}")
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = os.open(self._folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._process = subprocess.Popen(
            [
                str(self._binaries / "postgres"),
                *("-D", str(self._data), "-k", str(self._folder)),
                *("-c", "listen_addresses=", "-c", "shared_buffers=64MB", "-c", "max_connections=60"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=self._folder,
            env=self._environment(),
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
        )
        os.close(log)
        for _ in range(START_SECONDS * 20):
            try:
                self.execute("SELECT 1")
            except (OSError, asyncpg.PostgresError):
                if self._process.poll() is not None:
                    break
                time.sleep(0.05)
            else:
                return
        said = (self._folder / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"PostgreSQL did not start:\n{said}")

    def kill(self) -> None:
        """End it at once, as a crash of the machine would (SIGQUIT: no checkpoint, no goodbye)."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """Stop the server without ceremony and remove its data."""
        self._end(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._binaries / program), *arguments],
            capture_output=True,
            check=False,
            cwd=self._folder,
            env=self._environment(),
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stderr.decode(errors='replace')}")

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}


def start_postgres() -> Postgres:
    """The server at $TEST_PG_URL, or one of our own; never nothing."""
    url = os.environ.get("TEST_PG_URL", "")
    return Postgres(url) if url else OwnPostgres(find_binaries())


def find_binaries() -> Path:
    """The folder of the newest installed PostgreSQL; root installs one when there is none."""
    found = _installed()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = shutil.which("apt-get") or ""
        subprocess.run([apt, "update", "-qq"], check=False, capture_output=True)
        subprocess.run(
            [apt, "install", "-y", "-qq", "--no-install-recommends", "postgresql"],
            check=False,
            capture_output=True,
            env=environment,
        )
        found = _installed()
    if found is None:
        raise RuntimeError(
            "no PostgreSQL to test against: set TEST_PG_URL to an empty database, or install the server"
            " (Debian: apt-get install postgresql)"
        )
    return found


def _installed() -> Path | None:
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    root, pattern = Path("/"), PLACES.removeprefix("/")
    newest_first = sorted(root.glob(pattern), key=lambda path: int("".join(filter(str.isdigit, path.parent.name)) or 0))
    for folder in [*folders, *reversed(newest_first)]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def _other_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("there is no user `postgres` or `nobody` to run PostgreSQL as")
