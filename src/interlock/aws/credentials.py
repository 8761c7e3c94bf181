"""Credentials: where the ones that Interlock itself uses come from, and how one is made narrower for one call.

A source is a table of the configuration; no secret stands in it, only where secrets are. From it comes a credential
that AWS takes for a while. `assume` makes one that can do less than its source: AWS itself holds it to the policy it
is given, whatever the code that uses it believes it is doing.
"""

from __future__ import annotations

import configparser
import os
import stat
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal

import msgspec

from interlock.aws.connection import AWS, Connections, Credential, Patience, failed, failures
from interlock.errors import BadConfiguration, KeyLost

__all__ = ["Credential", "Keyring", "Source", "assume", "obtain", "source_of"]

#: A credential that ends sooner than this is not used for anything new.
MARGIN: Final = 5 * 60 * 1000
#: botocore renews what a profile gives at the latest ten minutes before its end.
PROFILE: Final = 10 * 60 * 1000
#: How long an assumed credential lasts. AWS allows an hour at most where a role assumes a role.
SECONDS: Final = 3600
#: AWS makes no session shorter than this.
SHORTEST: Final = 900

MAX_FILE: Final = 64 * 1024


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One table `read` or `write` of a target.

    `static` reads `file` (INI, 0600, one section: aws_access_key_id, aws_secret_access_key, aws_session_token);
    `profile` asks botocore for `profile` in `profile_file`; `role` assumes `role` with what `base` gives;
    `web-identity` assumes `role` with the token in `token_file`. `session_policies` are managed policies that AWS
    intersects with the role's own. `narrow` False: the same credential for every call, for emulators.
    """

    source: Literal["static", "profile", "role", "web-identity"]
    file: str = ""
    profile: str = ""
    profile_file: str = ""
    role: str = ""
    base: Source | None = None
    token_file: str = ""
    external_id: str = ""
    session_policies: tuple[str, ...] = ()
    narrow: bool = True


#: What each kind of source cannot do without, and what means nothing to it.
_NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "static": ("file",),
    "profile": ("profile",),
    "role": ("role", "base"),
    "web-identity": ("role", "token_file"),
}
_TAKES: Final[dict[str, tuple[str, ...]]] = {
    "static": (),
    "profile": ("profile_file",),
    "role": ("external_id", "session_policies"),
    "web-identity": ("session_policies",),
}


def source_of(table: str, where: str = "") -> Source:
    """The source that this JSON table says. BadConfiguration for what is none, or would silently mean less."""
    try:
        source = msgspec.json.decode(table, type=Source)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadConfiguration("this is no source of credentials", hint=str(error), where=where) from error
    _check(source, where)
    return source


def _check(source: Source, where: str) -> None:
    needs, takes = _NEEDS[source.source], _TAKES[source.source]
    for name in needs:
        if not getattr(source, name):
            raise BadConfiguration(f"a source `{source.source}` needs `{name}`", where=where)
    for name in Source.__struct_fields__:
        if name not in ("source", "narrow", *needs, *takes) and getattr(source, name):
            raise BadConfiguration(
                f"`{name}` means nothing to a source `{source.source}`", where=where, hint="take it out"
            )
    if source.base is not None:
        _check(source.base, f"{where}.base" if where else "base")


def obtain(source: Source, *, now: int, address: str = AWS, region: str = "", session: str = "interlock") -> Credential:
    """The credential that this source gives now. `session` is the name under which CloudTrail shows what it does.

    KeyLost for a file that cannot be used, TargetError when AWS does not give it, BadConfiguration for a profile that
    is not there.
    """
    if source.source == "static":
        return _static(Path(source.file))
    if source.source == "profile":
        return _profile(source, now)
    return _assumed(source, source.session_policies, "", session, SECONDS, address=address, region=region, now=now)


def assume(
    source: Source,
    policy: str,
    policy_arns: tuple[str, ...],
    session: str,
    seconds: int,
    *,
    now: int,
    address: str = AWS,
    region: str = "",
) -> Credential:
    """A credential that can do what the source can, as far as `policy` (JSON) or one of the managed policies allows.

    The policies of one session add up, so those of the source cannot be kept beside a narrower one: a source with
    `session_policies` cannot be narrowed, nor one that holds a session already (BadConfiguration). The key of a user
    is narrowed as a federated one, which AWS itself keeps from IAM.
    """
    if source.session_policies:
        raise BadConfiguration(
            "a source with `session_policies` cannot be narrowed", where=source.role, hint="give the role these rights"
        )
    seconds = max(seconds, SHORTEST)
    if source.source in ("role", "web-identity"):
        return _assumed(source, policy_arns, policy, session, seconds, address=address, region=region, now=now)
    own = obtain(source, now=now, address=address, region=region)
    if own.token:
        raise BadConfiguration(
            f"a session from a source `{source.source}` cannot be narrowed",
            where=source.profile or source.file,
            hint="use a source `role` that has it as `base`",
        )
    request: dict[str, Any] = {"Name": _session_name(session)[:32], "DurationSeconds": seconds}
    _narrow(request, policy, policy_arns)
    return _asked("get_federation_token", request, own, address, region, "a narrower session")


def _assumed(
    source: Source,
    policy_arns: tuple[str, ...],
    policy: str,
    session: str,
    seconds: int,
    *,
    address: str,
    region: str,
    now: int,
) -> Credential:
    request: dict[str, Any] = {
        "RoleArn": source.role,
        "RoleSessionName": _session_name(session),
        "DurationSeconds": seconds,
    }
    _narrow(request, policy, policy_arns)
    what = f"the role `{source.role}`"
    if source.source == "web-identity":
        request["WebIdentityToken"] = _bytes(Path(source.token_file), own=False).decode("ascii", "replace").strip()
        return _asked("assume_role_with_web_identity", request, None, address, region, what)
    if source.external_id:
        request["ExternalId"] = source.external_id
    assert source.base is not None  # noqa: S101 - `source_of` lets no role without one through
    base = obtain(source.base, now=now, address=address, region=region, session=session)
    return _asked("assume_role", request, base, address, region, what)


def _narrow(request: dict[str, Any], policy: str, policy_arns: tuple[str, ...]) -> None:
    if policy:
        request["Policy"] = policy
    if policy_arns:
        request["PolicyArns"] = [{"arn": arn} for arn in policy_arns]


def _asked(
    operation: str, request: dict[str, Any], signer: Credential | None, address: str, region: str, what: str
) -> Credential:
    """One question to STS. The client is made for it and forgotten: it holds the credential of the base."""
    connections = Connections(address, Patience(attempts=2, connections=1))
    connections.holder.credential = signer
    try:
        answer = getattr(connections.client("sts", region), operation)(**request)["Credentials"]
        ends: datetime = answer["Expiration"]
        return Credential(
            answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"], int(ends.timestamp() * 1000)
        )
    except failures() as error:
        # Not chained: what AWS writes about a bad signature quotes the request, token included.
        raise failed(error, what, address) from None
    finally:
        connections.close()


def _session_name(text: str) -> str:
    """What AWS takes as the name of a session: other characters become dashes."""
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "+=,.@-_") else "-" for each in text)
    return plain[:64].ljust(2, "-")


def _static(path: Path) -> Credential:
    """The one section of an INI file that nobody else can read."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_bytes(path, own=True).decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError):
        # Not chained: the parser's errors quote the line.
        raise KeyLost("the credential file is no INI file", where=str(path)) from None
    sections = parser.sections() or ["DEFAULT"]
    if len(sections) > 1:
        raise KeyLost("the credential file has more than one section", where=str(path), hint="one file, one credential")
    section = parser[sections[0]]
    access, secret = section.get("aws_access_key_id", ""), section.get("aws_secret_access_key", "")
    if not access or not secret:
        raise KeyLost(
            "the credential file names no key",
            where=str(path),
            hint="it needs aws_access_key_id and aws_secret_access_key",
        )
    return Credential(access, secret, section.get("aws_session_token", ""))


def _bytes(path: Path, *, own: bool) -> bytes:
    """What stands in a file; with `own`, only if nobody but its owner can read it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise KeyLost(f"the credential file cannot be opened: {error.strerror}", where=str(path)) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise KeyLost("the credential file is no regular file", where=str(path))
        if own and (status.st_mode & 0o077 or status.st_uid != os.geteuid()):
            raise KeyLost(
                f"the credential file is open to other users (mode {stat.S_IMODE(status.st_mode):04o})",
                where=str(path),
                hint=f"exchange the key, then chmod 600 {path}",
            )
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise KeyLost(f"the credential file cannot be read: {error.strerror}", where=str(path)) from error
    finally:
        os.close(handle)
    if len(content) > MAX_FILE:
        raise KeyLost("the credential file is too large to be one", where=str(path))
    return content


def _profile(source: Source, now: int) -> Credential:
    """What botocore makes of a profile: keys, single sign-on, a role, a process that the operator wrote there."""
    from botocore.session import Session

    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, source.profile_file, None))
    session = Session(profile=source.profile, session_vars=files if source.profile_file else None)
    try:
        found = session.get_credentials()
        frozen = found.get_frozen_credentials() if found is not None else None
    except failures():
        # Not chained: a process that gives credentials may have said anything on its way out.
        raise BadConfiguration(
            f"the profile `{source.profile}` gives no credential",
            where=source.profile_file,
            hint=f"aws sts get-caller-identity --profile {source.profile}",
        ) from None
    if frozen is None or not frozen.access_key:
        raise BadConfiguration(f"the profile `{source.profile}` holds no credential", where=source.profile_file)
    ends = now + PROFILE if frozen.token else 0
    return Credential(frozen.access_key, frozen.secret_key, frozen.token or "", ends)


class Keyring:
    """The credential of one source, kept until shortly before its end. Many threads may ask; one of them fetches."""

    def __init__(self, source: Source, *, address: str = AWS, region: str = "", session: str = "interlock") -> None:
        self.source = source
        self._address = address
        self._region = region
        self._session = session
        self._held: Credential | None = None
        self._lock = Lock()

    def credential(self, now: int) -> Credential:
        """One that lasts a while yet. Raises what `obtain` raises."""
        with self._lock:
            held = self._held
            # What has no end is read again each time: a file is cheap, and whoever exchanges it means it.
            if held is None or held.expires_at - MARGIN <= now:
                held = obtain(self.source, now=now, address=self._address, region=self._region, session=self._session)
                self._held = held
            return held

    def forget(self) -> None:
        """After AWS did not take it any more."""
        with self._lock:
            self._held = None
