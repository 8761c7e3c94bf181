"""Logs: what a log group is set up to do is kept; what is in it no service copies, and that is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.copied import given
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_MISSING: Final = ("ResourceNotFoundException",)


class Group(Keeper):
    """DeleteLogGroup: made again empty, with its retention, its key and its metric filters."""

    makes = ("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:PutMetricFilter", "logs:TagResource")

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = _group(hands, call)
        if found is None:
            return None
        filters = hands.ask("logs", "describe_metric_filters", logGroupName=found["logGroupName"])["metricFilters"]
        alike = ("filterName", "filterPattern", "metricTransformations")
        return {
            "make": given(kmsKeyId=found.get("kmsKeyId"), logGroupClass=found.get("logGroupClass")),
            "days": found.get("retentionInDays", 0),
            "filters": [{name: each.get(name) for name in alike} for each in filters],
        }

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        name = text(call.parameters.get("logGroupName"))
        already = ("ResourceAlreadyExistsException",)
        hands.do("logs", "create_log_group", already=already, logGroupName=name, **memory["make"])
        _keep_for(hands, name, memory["days"])
        for each in memory["filters"]:
            hands.do("logs", "put_metric_filter", logGroupName=name, **each)
        yield f"log group `{name}` is there again; what was in it is lost"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "close":
            return "done"
        gone = _group(hands, call) is None
        if purpose == "run":
            return "done" if gone else "not-done"
        return "in-part"

    def promise(self, call: Call) -> RollbackProof:
        return RollbackProof(
            "invalid", False, ("make the log group again",), "what is in it is lost: nothing copies it"
        )


class Retention(Keeper):
    """PutRetentionPolicy: how long events were kept before. What a shorter one deletes stays deleted."""

    needs = ("logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy")

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = _group(hands, call)
        return {"days": found.get("retentionInDays", 0)} if found is not None else None

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        name, days = text(call.parameters.get("logGroupName")), memory["days"]
        _keep_for(hands, name, days)
        if (_group(hands, call) or {}).get("retentionInDays", 0) != days:
            raise TargetError(f"the retention of `{name}` is not as it was", hint="look at it", code="not-restored")
        yield f"log group `{name}` keeps events for {f'{days} days' if days else 'ever'} again"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "run":
            now = (_group(hands, call) or {}).get("retentionInDays", 0)
            return "done" if now == call.parameters.get("retentionInDays") else "not-done"
        return "done" if purpose == "close" else "in-part"

    def promise(self, call: Call) -> RollbackProof:
        why = "what is deleted meanwhile because it is older stays deleted"
        return RollbackProof("valid-with-loss", False, ("set the retention back",), why)


def _group(hands: Hands, call: Call) -> dict[str, Any] | None:
    name = text(call.parameters.get("logGroupName"))
    found = hands.find("logs", "describe_log_groups", _MISSING, logGroupNamePrefix=name)
    return next((each for each in (found or {}).get("logGroups", ()) if each["logGroupName"] == name), None)


def _keep_for(hands: Hands, name: str, days: int) -> None:
    if days:
        hands.do("logs", "put_retention_policy", logGroupName=name, retentionInDays=days)
    else:
        hands.do("logs", "delete_retention_policy", already=_MISSING, logGroupName=name)
