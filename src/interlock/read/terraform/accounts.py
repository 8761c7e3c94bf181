"""Accounts: the accounts of AWS that the things of a plan are in, as their own names say it.

They are looked for in the raw bytes of the state before, and only when somebody asks. Where there is no state yet, a
provider that something of the plan is made by says it: it refuses to work in an account that it does not allow, and it
is in the account whose role it took on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from interlock.read.terraform.plan import Plan

_OWN: Final = re.compile(
    rb'"arn"\s*:\s*"arn:aws[a-z-]{0,20}:[a-z0-9-]{1,40}:[a-z0-9-]{0,30}:(\d{12}):|"account_id"\s*:\s*"(\d{12})"'
)
_ROLE: Final = re.compile(r"arn:aws[a-z-]{0,20}:iam::(\d{12}):role/")


def accounts_of(plan: Plan) -> frozenset[str]:
    """The accounts of what the state holds and of what the plan changes, as it was."""
    raws = [bytes(plan.prior_state), *(bytes(each.change.before) for each in plan.resource_changes)]
    found = frozenset(each.decode() for raw in raws for both in _OWN.findall(raw) for each in both if each)
    return found or frozenset(_of_providers(plan))


class _Provider(msgspec.Struct):
    """One provider block of the configuration."""

    name: str = ""
    expressions: dict[str, object] | None = None


class _Configuration(msgspec.Struct):
    """What of a configuration tells its providers."""

    provider_config: dict[str, _Provider] | None = None


def _of_providers(plan: Plan) -> Iterator[str]:
    """The one account that every provider of AWS says to be in; none where one says nothing, or they are not one."""
    try:
        providers = msgspec.json.decode(plan.configuration, type=_Configuration | None)
    except (msgspec.MsgspecError, RecursionError):
        return
    configured = providers.provider_config if providers is not None else None
    said = [_said(each.expressions or {}) for each in (configured or {}).values() if each.name == "aws"]
    accounts = frozenset[str]().union(*said)
    if len(accounts) == 1 and all(said):
        yield from accounts


def _said(expressions: dict[str, object]) -> frozenset[str]:
    """The accounts that a provider allows itself, or the one whose role it takes on."""
    if any(name.startswith("skip_") for name in expressions):
        return frozenset()
    allowed = _constant(expressions.get("allowed_account_ids"))
    if isinstance(allowed, list) and allowed:
        return frozenset(each for each in allowed if isinstance(each, str))
    roles = expressions.get("assume_role")
    block = roles[-1] if isinstance(roles, list) and roles else None
    role = _constant(block.get("role_arn")) if isinstance(block, dict) else None
    found = _ROLE.match(role) if isinstance(role, str) else None
    return frozenset({found[1]}) if found else frozenset()


def _constant(expression: object) -> object:
    return expression.get("constant_value") if isinstance(expression, dict) else None
