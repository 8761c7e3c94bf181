"""Secrets: a secret that is to go at once gets a recovery window first, and goes when the undo window closes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.answer import Answer
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.aws.keeping.synthetic import json
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_MISSING: Final = ("ResourceNotFoundException",)
#: The shortest recovery window that there is.
DAYS: Final = 7


class Secret(Keeper):
    """DeleteSecret."""

    needs = ("secretsmanager:DeleteSecret", "secretsmanager:RestoreSecret")

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = _secret(hands, call)
        return {"name": found["Name"]} if found is not None and "DeletedDate" not in found else None

    def softens(self, call: Call) -> bool:
        return bool(call.parameters.get("ForceDeleteWithoutRecovery"))

    def soften(self, hands: Hands, call: Call, memory: Memory) -> Generator[str, None, Answer]:
        yield from ()
        done = hands.do("secretsmanager", "delete_secret", SecretId=_id(call), RecoveryWindowInDays=DAYS) or {}
        shown = {"ARN": done.get("ARN"), "Name": done.get("Name"), "DeletionDate": done["DeletionDate"].timestamp()}
        return json("1.1", hands.case, shown)

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        hands.do("secretsmanager", "restore_secret", SecretId=_id(call))
        found = _secret(hands, call)
        if found is None or "DeletedDate" in found:
            raise TargetError("the secret is not there again", hint="look at it", code="not-restored")
        yield f"secret `{memory['name']}` is there again, with all its versions"

    def finish(self, hands: Hands, call: Call) -> Iterator[str]:
        found = _secret(hands, call)
        if found is not None and "DeletedDate" in found and call.parameters.get("ForceDeleteWithoutRecovery"):
            hands.do(
                "secretsmanager", "delete_secret", already=_MISSING, SecretId=_id(call), ForceDeleteWithoutRecovery=True
            )
            yield f"secret `{found['Name']}` is gone for good"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        found = _secret(hands, call)
        deleted = found is None or "DeletedDate" in found
        if purpose == "run":
            return "done" if deleted else "not-done"
        if purpose == "close":
            forced = bool(call.parameters.get("ForceDeleteWithoutRecovery"))
            return "done" if found is None or not forced else "in-part"
        return "in-part" if deleted else "done"

    def promise(self, call: Call) -> RollbackProof:
        return RollbackProof("valid", False, (f"restore the secret `{_id(call)}` within its recovery window",))


def _id(call: Call) -> str:
    return text(call.parameters.get("SecretId"))


def _secret(hands: Hands, call: Call) -> dict[str, Any] | None:
    return hands.find("secretsmanager", "describe_secret", _MISSING, SecretId=_id(call))
