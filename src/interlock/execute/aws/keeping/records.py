"""Records: DNS records of Route 53 are remembered as they were, and written so again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof


class Records(Keeper):
    """ChangeResourceRecordSets. All of its changes take effect, or none."""

    needs = ("route53:ChangeResourceRecordSets",)

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        was = [{"key": list(key), "set": self._found(hands, call, key)} for key in _keys(call)]
        return {"sets": was} if was else None

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        changes = []
        for each in memory["sets"]:
            now = self._found(hands, call, tuple(each["key"]))
            if each["set"] is not None and now != each["set"]:
                changes.append({"Action": "UPSERT", "ResourceRecordSet": each["set"]})
            elif each["set"] is None and now is not None:
                changes.append({"Action": "DELETE", "ResourceRecordSet": now})
        if changes:
            zone = text(call.parameters.get("HostedZoneId"))
            hands.do("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch={"Changes": changes})
        for each in memory["sets"]:
            if self._found(hands, call, tuple(each["key"])) != each["set"]:
                raise TargetError(f"`{each['key'][0]}` is not as it was", hint="look at it", code="not-restored")
        yield f"{len(memory['sets'])} records are as they were; resolvers keep the others until their time is over"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "close":
            return "done"
        if purpose == "undo":
            return "in-part"
        for change in _changes(call):
            wanted = change["ResourceRecordSet"]
            now = self._found(hands, call, _key(wanted))
            there = now is not None and now.get("ResourceRecords") == wanted.get("ResourceRecords")
            if there == (change.get("Action") == "DELETE"):
                return "not-done"
        return "done"

    def promise(self, call: Call) -> RollbackProof:
        why = "resolvers keep what they were told until its time to live is over"
        return RollbackProof("valid-with-loss", False, ("write the records as they were",), why)

    def _found(self, hands: Hands, call: Call, key: tuple[str, str, str]) -> dict[str, Any] | None:
        name, kind, identifier = key
        start = {"StartRecordName": name, "StartRecordType": kind}
        if identifier:
            start["StartRecordIdentifier"] = identifier
        zone = text(call.parameters.get("HostedZoneId"))
        listed = hands.ask("route53", "list_resource_record_sets", HostedZoneId=zone, MaxItems="1", **start)
        for found in listed["ResourceRecordSets"]:
            if _key(found) == key:
                return dict(found)
        return None


def _changes(call: Call) -> list[dict[str, Any]]:
    batch = call.parameters.get("ChangeBatch")
    changes = batch.get("Changes") if isinstance(batch, dict) else None
    listed = changes if isinstance(changes, list) else []
    return [each for each in listed if isinstance(each, dict) and isinstance(each.get("ResourceRecordSet"), dict)]


def _keys(call: Call) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys(_key(each["ResourceRecordSet"]) for each in _changes(call)))


def _key(record: dict[str, Any]) -> tuple[str, str, str]:
    """Name, type and identifier, which together name one set. Names end in a dot and are in lower case."""
    name = str(record.get("Name", "")).lower()
    return (
        name if name.endswith(".") else f"{name}.",
        str(record.get("Type", "")),
        str(record.get("SetIdentifier", "")),
    )
