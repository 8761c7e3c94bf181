"""Eye: the only way in which a survey asks AWS anything: calls that only read, each listed, each bounded.

What `calls.json` does not list cannot be asked: the list is what the copied IAM policy is made from, and a credential
of that policy cannot write. A call that is refused, throttled or not answered leaves a thing unseen, never absent.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any, Final, NamedTuple

import msgspec

from interlock.aws.clients import Clients
from interlock.aws.connection import DENIED, EXPIRED, THROTTLED, code_of, failures
from interlock.survey.aws.kept import Answer, Kept, Key

#: No list is read further than this; what is longer is said.
MOST: Final = 1_000

#: Codes by which AWS says that something is not there begin or end so, or are these.
#: What emulators say to a call that they have not learnt.
_UNHEARD: Final = frozenset({"NotImplemented", "NotImplementedException", "501", "500", "InternalFailure"})

_ABSENT: Final = frozenset({"404", "NoSuchBucket", "NoSuchKey", "NotFound", "QueueDoesNotExist"})


class Unseen(Exception):
    """Something could not be looked at; it says what and why."""


class Unheard(Unseen):
    """What answers at this address does not know such a call: an emulator."""


class Absent(Exception):
    """AWS says that it is not there."""


class Listed(NamedTuple):
    """A list of things as far as it was read. `cut`: there were more."""

    found: list[Any]
    cut: bool


class _Calls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    about: str
    calls: dict[str, dict[str, str | tuple[str, ...]]]


@cache
def listed_calls() -> dict[tuple[str, str], tuple[str, ...]]:
    """Every call that a survey may make, as (service, botocore's method), and the IAM actions that each one takes."""
    table = msgspec.json.decode((files("interlock.survey.aws") / "calls.json").read_bytes(), type=_Calls)
    return {
        (service, method): (actions,) if isinstance(actions, str) else actions
        for service, methods in table.calls.items()
        for method, actions in methods.items()
    }


class Eye:
    """One survey's eye. Equal questions are asked once, whichever thread asks first."""

    def __init__(
        self,
        clients: Clients,
        target: Key,
        kept: Kept,
        *,
        now: int,
        age: int,
        until: int,
        monotonic: Callable[[], int],
        emulated: bool = False,
    ) -> None:
        self._clients = clients
        self._target = target
        self._kept = kept
        self._now = now
        self._age = age
        self._until = until
        self._monotonic = monotonic
        self._emulated = emulated
        self._lock = Lock()
        self._asked: dict[Key, Future[Any]] = {}
        self.oldest = now

    @property
    def left(self) -> int:
        """Milliseconds that are left."""
        return self._until - self._monotonic()

    def ask(self, service: str, method: str, region: str, absent: tuple[str, ...] = (), **parameters: Any) -> Any:
        """One call's answer. `absent` are further codes that mean here that nothing is there."""

        def call(client: Any) -> Any:
            return getattr(client, method)(**parameters)

        return self._once(service, method, region, parameters, absent, call)

    def pages(
        self,
        service: str,
        method: str,
        region: str,
        key: str,
        absent: tuple[str, ...] = (),
        most: int = MOST,
        **parameters: Any,
    ) -> Listed:
        """What a call lists under `key`, page by page, at most `most` of it."""

        def call(client: Any) -> Listed:
            if not client.can_paginate(method):
                found = getattr(client, method)(**parameters).get(key) or []
                return Listed(found[:most], len(found) > most)
            found = []
            for page in client.get_paginator(method).paginate(**parameters):
                found += page.get(key) or []
                if len(found) > most:
                    return Listed(found[:most], True)
                self._in_time(service, method)
            return Listed(found, False)

        listed: Listed = self._once(service, method, region, parameters | {"": [key, most]}, absent, call)
        return listed

    def _once(
        self,
        service: str,
        method: str,
        region: str,
        parameters: dict[str, Any],
        absent: tuple[str, ...],
        call: Callable[[Any], Any],
    ) -> Any:
        if (service, method) not in listed_calls():
            raise LookupError(f"{service}.{method} is not in calls.json")
        key = (*self._target, service, method, region, json.dumps(parameters, sort_keys=True, default=str))
        with self._lock:
            future = self._asked.get(key)
            first = future is None
            if future is None:
                future = self._asked[key] = Future()
        if first:
            try:
                future.set_result(self._answered(key, service, method, region, absent, call))
            except BaseException as error:
                future.set_exception(error)  # whoever else waits for it gets it, too
                raise
        return future.result()

    def _answered(
        self, key: Key, service: str, method: str, region: str, absent: tuple[str, ...], call: Callable[[Any], Any]
    ) -> Any:
        known = self._kept.get(key, self._now, self._age)
        if known is not None:
            with self._lock:
                self.oldest = min(self.oldest, known.at)
            return known.value
        self._in_time(service, method)
        try:
            value = call(self._clients.client(service, region, self._now))
        except failures() as error:
            raise self._told(error, service, method, absent) from None
        self._kept.put(key, Answer(value, self._now))
        return value

    def _told(self, error: Exception, service: str, method: str, absent: tuple[str, ...]) -> Exception:
        code = code_of(error)
        if not code and self._emulated and type(error).__name__ == "ResponseParserError":
            return Unheard(f"the emulator does not know {method} of `{service}`")
        if not code:
            return Unseen(f"`{service}` gave no answer to {method}")
        if code in absent or code in _ABSENT or _says_absent(code):
            return Absent(code)
        action = " or ".join(listed_calls()[service, method])
        if code in DENIED:
            return Unseen(f"the read credential lacks `{action}`")
        if code in EXPIRED:
            self._clients.keyring.forget()
            return Unseen(f"AWS does not take the read credential for `{action}`: `{code}`")
        if code in THROTTLED:
            return Unseen(f"AWS throttles `{action}`")
        if code in _UNHEARD and self._emulated:
            return Unheard(f"the emulator does not know {method} of `{service}`")
        return Unseen(f"AWS answers {method} of `{service}` with `{code}`")

    def _in_time(self, service: str, method: str) -> None:
        if self._monotonic() >= self._until:
            raise Unseen(f"there was no time left for {method} of `{service}`")


def _says_absent(code: str) -> bool:
    plain = code.removesuffix("Exception").removesuffix("Fault").removesuffix("Error")
    return plain.endswith(("NotFound", "NotExist", "NotFoundFault", "NonExistentQueue", "DoesNotExist")) or (
        plain.startswith("NoSuch")
    )
