"""Accounts: the accounts of AWS that the things of a plan are in, as their own names say it.

They are looked for in the raw bytes of the state before, and only when somebody asks.
"""

from __future__ import annotations

import re
from typing import Final

from interlock.read.terraform.plan import Plan

_OWN: Final = re.compile(
    rb'"arn"\s*:\s*"arn:aws[a-z-]{0,20}:[a-z0-9-]{1,40}:[a-z0-9-]{0,30}:(\d{12}):|"account_id"\s*:\s*"(\d{12})"'
)


def accounts_of(plan: Plan) -> frozenset[str]:
    """The accounts of what the state holds and of what the plan changes, as it was."""
    raws = [bytes(plan.prior_state), *(bytes(each.change.before) for each in plan.resource_changes)]
    return frozenset(found.decode() for raw in raws for both in _OWN.findall(raw) for found in both if found)
