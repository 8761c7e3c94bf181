"""Work: what an approved payload is to send, and where: the request as it goes out, and the call that it means."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from interlock.aws import endpoints
from interlock.aws.call import Call, Parameter
from interlock.aws.calls import understand
from interlock.aws.connection import AWS
from interlock.aws.request import Request, from_bytes
from interlock.aws.serialize import request_of
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
    """`request` goes to `place` as it stands; `call` is what it means."""

    setting: Setting
    request: Request
    call: Call
    place: Place


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call as JSON, kind `aws`."""

    service: str
    operation: str
    region: str = ""
    account: str = ""
    parameters: dict[str, object] = {}


def work_of(payload: bytes, target: Target, token: str = "") -> Work:
    """What this payload is to do at this target. `token` is the idempotency token of a call that brings none.

    BadProposal for what cannot be sent, Refused for what goes past the target.
    """
    setting = setting_of(target)
    request, call = _sent(payload, setting, token)
    if call.unread:
        raise Refused(
            f"what is not understood is not sent: {call.unread[0]}", hint="nothing was done", code="not-understood"
        )
    call = call._replace(account=call.account or setting.account, region=call.region or request.region)
    _expect_within(setting, request, call)
    return Work(setting, request, call, place_of(setting.address, request.host))


def _sent(payload: bytes, setting: Setting, token: str) -> tuple[Request, Call]:
    if payload.lstrip()[:1] != b"{":
        raise BadProposal(
            "a command line is only judged here",
            hint="to have it executed, send the call through the gate, or propose it as JSON",
            code="not-executable",
        )
    if b'"method"' in payload:
        request = from_bytes(payload)
        if setting.address == AWS and not endpoints.matches(request.host, request.service, request.region):
            raise Refused(
                f"`{request.host}` is no host of `{request.service}` in `{request.region}`",
                hint="nothing was sent",
                code="foreign-host",
            )
        return request, understand(request)
    try:
        given = msgspec.json.decode(payload, type=_Given)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadProposal("this is no call", hint=str(error), code="not-a-call") from error
    parameters: dict[str, Parameter] = given.parameters  # type: ignore[assignment]  # JSON's values are all of them
    call = Call(given.service, given.operation, given.region or setting.region, given.account, parameters)
    base = "" if setting.address == AWS else setting.address
    return request_of(call, base, token), call


def _expect_within(setting: Setting, request: Request, call: Call) -> None:
    """The target's own bounds, which the gate holds agents to as well."""
    if call.account != setting.account:
        raise Refused(f"account `{call.account}` is not this target's", hint="nothing was sent", code="other-account")
    if setting.services and call.service not in setting.services and request.service not in setting.services:
        raise Refused(f"`{call.service}` is not open here", hint="nothing was sent", code="other-service")
    if request.region not in setting.regions and call.service not in NOWHERE:
        raise Refused(f"region `{request.region}` is not open here", hint="nothing was sent", code="other-region")
