"""What HCP sends for a run, and the signature over its bytes. Nothing of a body is used before its signature holds."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import msgspec

from interlock.configuration import RunTasks
from interlock.errors import KeyLost, Unauthenticated
from interlock.ledger.keys import read_secret

HEADER: Final = "x-tfc-task-signature"
LEAST_KEY: Final = 16
#: What HCP sends instead of a token when somebody saves the run task and it looks whether anybody is there.
TEST_TOKEN: Final = "test-token"


class Capabilities(msgspec.Struct, frozen=True):
    """What the caller takes. One that says nothing of outcomes is too old for them."""

    outcomes: bool = False


class RunTask(msgspec.Struct, frozen=True):
    """The fields that are used of HCP's payload; it holds others, and may hold more tomorrow."""

    payload_version: int = 1
    stage: str = ""
    access_token: str = ""
    capabilities: Capabilities = Capabilities()
    is_speculative: bool = False
    organization_name: str = ""
    workspace_name: str = ""
    run_id: str = ""
    run_message: str = ""
    run_created_by: str = ""
    task_result_id: str = ""
    task_result_callback_url: str = ""
    plan_json_api_url: str = ""

    def __repr__(self) -> str:
        return f"RunTask({self.run_id})"  # the token stands in no log and no error

    @property
    def is_test(self) -> bool:
        """Whether this only asks if anybody is there: an empty body, or the token that opens nothing."""
        return not self.access_token or self.access_token == TEST_TOKEN

    @property
    def takes_outcomes(self) -> bool:
        return self.capabilities.outcomes


def load_key(settings: RunTasks) -> bytes:
    """The key that HCP signs with. Raises KeyLost, also for one that could be guessed."""
    key = read_secret(settings.key).strip().encode("ascii")
    if len(key) < LEAST_KEY:
        raise KeyLost(
            f"the key of run tasks has fewer than {LEAST_KEY} characters",
            hint="make one with `openssl rand -hex 32`, and give HCP the same",
            where=str(settings.key),
        )
    return key


def require_signed(key: bytes, head: dict[str, str], raw: bytes) -> None:
    """Raises Unauthenticated unless these very bytes were signed with our key."""
    given = head.get(HEADER, "").strip().lower()
    wanted = hmac.new(key, raw, hashlib.sha512).hexdigest()
    if not hmac.compare_digest(wanted.encode(), given.encode("latin-1", "replace")):
        raise Unauthenticated(
            "this is not signed with the key of run tasks",
            hint="give the run task in HCP the HMAC key of this home",
            where="X-TFC-Task-Signature",
            code="bad-signature",
        )
