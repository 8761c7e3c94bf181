"""Hands: what a keeper works with: questions and deeds at AWS, waiting with bounds, and a place for what it keeps.

Questions are asked with the credential that cannot write. Deeds are done with one that is narrowed to what the keeper
says that it needs, and are never repeated by themselves. Whatever is made carries the case's id, so that it is found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from interlock.aws.connection import Connections, Patience, code_of, failed
from interlock.aws.credentials import SHORTEST
from interlock.errors import TargetError
from interlock.execute.aws.sessions import reader, write_session
from interlock.execute.aws.setting import Setting

#: What everything that is made for a case is called, or tagged with.
TAG: Final = "interlock:case"
#: How long a copy is waited for: two hours, asking after one second first and every half minute later.
TURNS: Final = 250
LONGEST_PAUSE: Final = 30.0
#: An emulator is not spared.
EMULATED_PAUSE: Final = 0.5
#: A credential is used for no longer than this, in milliseconds; then another one is asked for.
SESSION_MS: Final = (SHORTEST - 120) * 1000

Answered = dict[str, Any]


class Hands:
    """For one case, in one region. `needs` is what deeds take, as permissions -> names."""

    def __init__(
        self,
        setting: Setting,
        case: str,
        region: str,
        needs: Mapping[str, tuple[str, ...]],
        *,
        now: Callable[[], int],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.setting = setting
        self.case = case
        self.region = region or setting.region
        self.name = f"interlock-{case}"
        self._needs = needs
        self._now = now
        self._pause = pause
        self._writes = Connections(setting.address, Patience(read_seconds=60.0, attempts=1))
        self._signed_at = -1
        self.degraded = ""

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tag of this case, as most services take it."""
        return [{"Key": TAG, "Value": self.case}]

    def part(self, number: str, needs: Mapping[str, tuple[str, ...]], among: int = 1) -> Hands:
        """Hands for one of many things of this case: what is made for it carries the case and this number.

        `among` so many that are waited for in turn: each pauses for its share.
        """
        whole = self._pause

        def pause(seconds: float) -> None:
            whole(seconds / among)

        return Hands(self.setting, f"{self.case}-{number}", self.region, needs, now=self._now, pause=pause)

    def ask(self, service: str, operation: str, /, **parameters: object) -> Answered:
        """What AWS answers to a question. TargetError when it does not."""
        return self._asked(service, operation, (), parameters) or {}

    def find(self, service: str, operation: str, missing: tuple[str, ...], /, **parameters: object) -> Answered | None:
        """The same; None where AWS says, by one of these codes, that there is no such thing."""
        return self._asked(service, operation, missing, parameters)

    def do(
        self, service: str, operation: str, /, already: tuple[str, ...] = (), **parameters: object
    ) -> Answered | None:
        """Do it, once; None where AWS says, by one of these codes, that it was done before."""
        if self._signed_at < 0 or self._now() - self._signed_at > SESSION_MS:
            session = write_session(self.setting, self._needs, self.region, self.case, now=self._now())
            self._writes.holder.credential, self.degraded = session.credential, session.degraded
            self._signed_at = self._now()
        return self._called(self._writes.client(service, self.region), operation, already, parameters)

    def ask_to(self, service: str, operation: str, /, **parameters: object) -> Answered:
        """Do it, once, and give what AWS answers."""
        return self.do(service, operation, already=(), **parameters) or {}

    def pages(self, service: str, operation: str, key: str, /, **parameters: object) -> Iterator[Any]:
        """Everything that a question answers under this key, page after page."""
        paginator = reader(self.setting, self._now()).client(service, self.region).get_paginator(operation)
        pages = iter(paginator.paginate(**parameters))
        while True:
            try:
                page = next(pages, None)
            except _errors() as error:
                raise failed(error, f"`{service}:{operation}`", self.setting.address) from None
            if page is None:
                return
            yield from page.get(key, ())

    def until(
        self,
        what: str,
        state: Callable[[], str],
        *,
        good: tuple[str, ...],
        bad: tuple[str, ...] = (),
        turns: int = TURNS,
    ) -> Iterator[str]:
        """Wait until it is in a good state, saying how far it is. TargetError in a bad one, and after so many turns."""
        longest = LONGEST_PAUSE if self.setting.real else EMULATED_PAUSE
        wait, said = min(1.0, longest), ""
        for _ in range(turns):
            found = state()
            if found in good:
                return
            if found in bad:
                raise TargetError(f"{what} is `{found}`", where=self.setting.target, code="copy-failed")
            said = f"{what} is `{found}`"
            yield said
            self._pause(wait)
            wait = min(wait * 2, longest)
        raise TargetError(f"{said} for too long", where=self.setting.target, hint="look there", code="too-long")

    def _asked(
        self, service: str, operation: str, missing: tuple[str, ...], parameters: Mapping[str, object]
    ) -> Answered | None:
        client = reader(self.setting, self._now()).client(service, self.region)
        return self._called(client, operation, missing, parameters)

    def _called(
        self, client: Any, operation: str, codes: tuple[str, ...], parameters: Mapping[str, object]
    ) -> Answered | None:
        what = f"`{client.meta.service_model.service_name}:{operation}`"
        try:
            answer: Answered = getattr(client, operation)(**parameters)
        except _errors() as error:
            if code_of(error) in codes:
                return None
            raise failed(error, what, self.setting.address) from None
        answer.pop("ResponseMetadata", None)
        return answer


def _errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return (ClientError, BotoCoreError)
