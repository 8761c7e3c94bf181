"""The cloud as whoever practises on it sees it: a child process with an endpoint, and clients for it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from interlock.errors import BadConfiguration, TargetError

REGION: Final = "eu-central-1"
ACCOUNT: Final = "123456789012"
#: What production's own key looks like. moto takes any, so that nothing but the gate makes a difference.
KEY: Final = ("AKIAIOSFODNN7PRODUCT", "wJalrXUtnFEMI-a-production-key-of-the-practice")


class Cloud:
    """One cloud. It starts in the background when it is made; `ready` waits for it. A context manager."""

    def __init__(self, log: Path, *, pace: float = 2.0) -> None:
        require_parts()
        self._clients: dict[str, Any] = {}
        self._log = log.open("wb")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "interlock.practice.cloud.serve", REGION, str(pace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**surroundings(), "MOTO_ALLOW_NONEXISTENT_REGION": "false"},
        )
        self._lock = threading.Lock()
        self._endpoint = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def endpoint(self) -> str:
        """Where it is reached; waits until it is."""
        with self._lock:
            if not self._endpoint:
                assert self._child.stdout is not None  # noqa: S101 - it was made with a pipe
                self._endpoint = self._child.stdout.readline().decode().strip()
            if not self._endpoint:
                raise TargetError("the practice cloud did not start", hint=f"its log: {self._log.name}")
            return self._endpoint

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    def client(self, service: str) -> Any:
        """A client with production's own key, past any gate."""
        if service not in self._clients:
            import boto3

            self._clients[service] = boto3.session.Session().client(
                service,
                endpoint_url=self.endpoint,
                region_name=REGION,
                aws_access_key_id=KEY[0],
                aws_secret_access_key=KEY[1],
            )
        return self._clients[service]

    def keys(self) -> dict[str, str]:
        """The surroundings of somebody who holds production's key."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY[0],
            "AWS_SECRET_ACCESS_KEY": KEY[1],
            "AWS_DEFAULT_REGION": REGION,
        }

    @property
    def ended(self) -> bool:
        """Whether the child is gone."""
        return self._child.poll() is not None

    def close(self) -> None:
        self._child.kill()
        self._child.communicate()
        self._log.close()


def surroundings() -> dict[str, str]:
    """What a child process gets of ours: the way to programs and modules, and nothing of AWS."""
    wanted = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "SYSTEMROOT", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in wanted if name in os.environ}


def require_parts() -> None:
    """Raises where what the cloud is made of is not installed, with what to do."""
    missing = [name for name in ("boto3", "moto", "werkzeug") if importlib.util.find_spec(name) is None]
    if missing:
        raise BadConfiguration(
            f"the practice cloud needs {', '.join(missing)}",
            hint="`pip install 'interlock[demo]'`, or play the other story: `interlock demo --story shop`",
            code="not-installed",
        )
