"""Sessions: the credentials that calls are signed with: one that cannot write, kept; and one for each approved change.

What reads is held by AWS itself to managed policies that only read, whatever the call was taken for (a reading that was
fooled still fails). What writes is held to the change's own actions and names, and ends soon after it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from interlock.aws.connection import Connections, Credential, Patience
from interlock.aws.credentials import Keyring, Source, assume, obtain
from interlock.errors import BadConfiguration, Refused
from interlock.execute.aws.narrow import Scope, Wishes, narrow
from interlock.execute.aws.setting import Setting, setting_of
from interlock.model.target import Target

#: What a role that reads is held to where its source names no policies.
READ_ONLY: Final = "arn:aws:iam::aws:policy/ReadOnlyAccess"
#: AWS makes no session shorter than this.
SECONDS: Final = 900


class Session(NamedTuple):
    """A credential for one change, and in words what of its narrowness is missing."""

    credential: Credential
    degraded: str = ""


def observe_credential(target: Target, service: str = "", region: str = "", *, now: int) -> Credential:
    """The credential for what only reads; renewed ahead of its end. Raises what its source raises.

    One serves all services and regions of a target: the managed policies are what keeps it from writing.
    """
    del service, region
    return keyring(setting_of(target)).credential(now)


def keyring(setting: Setting) -> Keyring:
    """The kept credential of a target's source to read."""
    return _keyring(reading(setting.read), setting.address, setting.region)


def reader(setting: Setting, now: int) -> Connections:
    """Clients that sign with that credential, kept: making one takes time, and questions are many."""
    connections = _connections(reading(setting.read), setting.address, setting.region)
    connections.holder.credential = keyring(setting).credential(now)
    return connections


def reading(source: Source) -> Source:
    """The source as it is used to read: a role is always held to policies that cannot write."""
    if source.source in ("role", "web-identity") and not source.session_policies:
        return msgspec.structs.replace(source, session_policies=(READ_ONLY,))
    return source


def unfenced(setting: Setting) -> str:
    """Why AWS itself does not hold what reads to reading, in words; empty where it does."""
    if setting.read.source in ("role", "web-identity"):
        return ""
    return f"what reads is signed with a source `{setting.read.source}`: only its own rights keep it from writing"


def write_session(setting: Setting, wanted: Wishes, region: str, case: str, *, now: int) -> Session:
    """The credential for one approved change. Refused where it cannot be narrowed and the source does not say so."""
    name = f"interlock-{case}"
    if not setting.write.narrow:
        credential = obtain(setting.write, now=now, address=setting.address, region=setting.region, session=name)
        return Session(credential, "the credential is not narrowed to this change: `narrow = false`")
    narrowed = narrow(wanted, Scope(setting.account, region))
    try:
        credential = assume(
            setting.write,
            narrowed.policy,
            (),
            name,
            SECONDS,
            now=now,
            address=setting.address,
            region=setting.region,
        )
    except BadConfiguration as error:
        raise Refused(
            f"the credential cannot be narrowed to this change: {error.message}",
            where=error.where,
            hint=error.hint or "nothing was done; only a source with `narrow = false` would pass it",
            code="not-narrowed",
        ) from error
    return Session(credential, f"the credential is widened: {narrowed.widened}" if narrowed.widened else "")


@lru_cache(maxsize=256)
def _connections(source: Source, address: str, region: str) -> Connections:
    del source, region  # they tell holders apart
    return Connections(address, Patience(read_seconds=30.0))


@lru_cache(maxsize=256)
def _keyring(source: Source, address: str, region: str) -> Keyring:
    return Keyring(source, address=address, region=region, session="interlock-observe")
