"""Keys: a KMS key that waits to be deleted can be had back; an access key is made inactive, and deleted at the end."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.answer import Answer
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.aws.keeping.synthetic import query
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_IAM: Final = "https://iam.amazonaws.com/doc/2010-05-08/"
_NO_USER: Final = ("NoSuchEntity",)


class Scheduled(Keeper):
    """ScheduleKeyDeletion: KMS itself waits seven days at least."""

    needs = ("kms:CancelKeyDeletion", "kms:EnableKey")

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        state = _state(hands, call)
        return {"state": state} if state in ("Enabled", "Disabled") else None

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        key = text(call.parameters.get("KeyId"))
        if _state(hands, call) == "PendingDeletion":
            hands.do("kms", "cancel_key_deletion", KeyId=key)
        if memory["state"] == "Enabled" and _state(hands, call) == "Disabled":
            hands.do("kms", "enable_key", KeyId=key)
        if _state(hands, call) != memory["state"]:
            raise TargetError("the key is not as it was", hint="look at it", code="not-restored")
        yield f"key `{key}` is {memory['state'].lower()} again"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        waiting = _state(hands, call) in ("PendingDeletion", "PendingReplicaDeletion")
        if purpose == "run":
            return "done" if waiting else "not-done"
        return "done" if purpose == "close" else "in-part"

    def promise(self, call: Call) -> RollbackProof:
        why = "what is encrypted with it cannot be read meanwhile"
        return RollbackProof("valid-with-loss", False, ("cancel the deletion and enable the key again",), why)


class AccessKey(Keeper):
    """DeleteAccessKey: made inactive, which works at once; deleted when the window closes."""

    needs = ("iam:UpdateAccessKey", "iam:DeleteAccessKey")

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = self._key(hands, call)
        return {"status": found["Status"]} if found is not None else None

    def softens(self, call: Call) -> bool:
        return True

    def soften(self, hands: Hands, call: Call, memory: Memory) -> Generator[str, None, Answer]:
        yield from ()
        hands.do("iam", "update_access_key", **_key_of(call), Status="Inactive")
        return query("DeleteAccessKey", _IAM, hands.case, None)

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        hands.do("iam", "update_access_key", **_key_of(call), Status=memory["status"])
        yield f"access key `{text(call.parameters.get('AccessKeyId'))}` is {memory['status'].lower()} again"

    def finish(self, hands: Hands, call: Call) -> Iterator[str]:
        found = self._key(hands, call)
        if found is not None and found["Status"] == "Inactive":
            hands.do("iam", "delete_access_key", already=_NO_USER, **_key_of(call))
        yield f"access key `{text(call.parameters.get('AccessKeyId'))}` is deleted"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        found = self._key(hands, call)
        if purpose == "close":
            return "done" if found is None else "in-part"
        if purpose == "run":
            return "done" if found is None or found["Status"] == "Inactive" else "not-done"
        return "in-part"

    def promise(self, call: Call) -> RollbackProof:
        return RollbackProof("valid", False, ("make the access key active again",))

    def _key(self, hands: Hands, call: Call) -> dict[str, Any] | None:
        user = {"UserName": call.parameters["UserName"]} if "UserName" in call.parameters else {}
        found = hands.find("iam", "list_access_keys", _NO_USER, **user)
        keys = (found or {}).get("AccessKeyMetadata", ())
        return next((each for each in keys if each["AccessKeyId"] == call.parameters.get("AccessKeyId")), None)


def _key_of(call: Call) -> Memory:
    return {name: call.parameters[name] for name in ("UserName", "AccessKeyId") if name in call.parameters}


def _state(hands: Hands, call: Call) -> str:
    found = hands.find("kms", "describe_key", ("NotFoundException",), KeyId=text(call.parameters.get("KeyId")))
    return str(found["KeyMetadata"]["KeyState"]) if found is not None else ""
