"""Work: what an approved payload is to send, and where: the request as it goes out, and the call that it means."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from interlock.aws import endpoints
from interlock.aws.call import Call
from interlock.aws.calls import understand
from interlock.aws.cli.single import call_of, is_line
from interlock.aws.request import Request, from_bytes
from interlock.aws.serialize import request_of
from interlock.aws.written import written
from interlock.errors import BadProposal, Refused
from interlock.execute.aws.forward import Place, place_of
from interlock.execute.aws.setting import Setting, setting_of
from interlock.model.target import Target

#: Services without regions: whatever region a target is open in, they are signed for another one.
NOWHERE: Final = frozenset(
    {"account", "budgets", "ce", "cloudfront", "globalaccelerator", "health", "iam", "organizations", "route53"}
    | {"route53domains", "shield", "sts", "support", "waf"}
)


class Work(NamedTuple):
    """`request` goes to `place` as it stands; `call` is what it means. `change_set` is the ARN of the one that was
    approved in its place."""

    setting: Setting
    request: Request
    call: Call
    place: Place
    change_set: str = ""


class _Described(msgspec.Struct, frozen=True, rename="pascal"):
    change_set_id: str = ""


class _Package(msgspec.Struct, frozen=True, rename="camel"):
    """What a stack update becomes when it is planned (`stacks.py`)."""

    call: str
    change_sets: tuple[_Described, ...]


def work_of(payload: bytes, target: Target, token: str = "") -> Work:
    """What this payload is to do at this target. `token` is the idempotency token of a call that brings none.

    BadProposal for what cannot be sent, Refused for what goes past the target.
    """
    setting, change_set = setting_of(target), ""
    if is_package(payload):
        package = _package(payload)
        payload, change_set = package.call.encode(), package.change_sets[0].change_set_id
    request, call = _sent(payload, setting, token)
    if call.unread:
        raise Refused(
            f"what is not understood is not sent: {call.unread[0]}", hint="nothing was done", code="not-understood"
        )
    call = call._replace(account=call.account or setting.account, region=call.region or request.region)
    _expect_within(setting, request, call)
    return Work(setting, request, call, place_of(setting.address, request.host), change_set)


def is_package(payload: bytes) -> bool:
    """Whether these bytes are a planned call. No other payload begins so."""
    return payload.startswith(b'{"call":') and b'"changeSets":' in payload


def packed_call(payload: bytes) -> bytes:
    """The call in a package, as it was proposed."""
    return _package(payload).call.encode()


def meant(payload: bytes) -> Call | None:
    """What a payload means, wherever it is to go; None for what is no single call."""
    try:
        return _understood(payload)[1]
    except BadProposal:
        return None


def _package(payload: bytes) -> _Package:
    try:
        found = msgspec.json.decode(payload, type=_Package)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadProposal("this is no planned call", hint=str(error), code="not-a-call") from error
    if not found.change_sets or not found.change_sets[0].change_set_id:
        raise BadProposal("there is no change set in it", code="not-a-call")
    return found


def _understood(payload: bytes) -> tuple[Request | None, Call]:
    """The request, where it was made as one, and what it means."""
    if is_line(payload):
        return None, call_of(payload)
    try:
        return None, written(payload)
    except BadProposal:
        request = from_bytes(payload)
        return request, understand(request)


def _sent(payload: bytes, setting: Setting, token: str) -> tuple[Request, Call]:
    request, call = _understood(payload)
    if request is None:
        call = call._replace(region=call.region or setting.region)
        return request_of(call, "" if setting.real else setting.address, token), call
    if setting.real and not endpoints.matches(request.host, request.service, request.region):
        raise Refused(
            f"`{request.host}` is no host of `{request.service}` in `{request.region}`",
            hint="nothing was sent",
            code="foreign-host",
        )
    return request, call


def _expect_within(setting: Setting, request: Request, call: Call) -> None:
    """The target's own bounds, which the gate holds agents to as well."""
    if call.account != setting.account:
        raise Refused(f"account `{call.account}` is not this target's", hint="nothing was sent", code="other-account")
    if setting.services and call.service not in setting.services and request.service not in setting.services:
        raise Refused(f"`{call.service}` is not open here", hint="nothing was sent", code="other-service")
    if request.region not in setting.regions and call.service not in NOWHERE:
        raise Refused(f"region `{request.region}` is not open here", hint="nothing was sent", code="other-region")
