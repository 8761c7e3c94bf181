"""Stacks: an update is executed as the change set that was approved; the template and values before are kept."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import Stale, TargetError
from interlock.execute.aws.answer import Answer
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.copied import first, given
from interlock.execute.aws.keeping.keeper import Keeper, Memory
from interlock.execute.aws.keeping.synthetic import query
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_NAMESPACE: Final = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
_NO_CHANGE_SET: Final = ("ChangeSetNotFound", "ChangeSetNotFoundException", "ValidationError")
#: A stack that exists only as a change set that would make it.
_REVIEWED: Final = "REVIEW_IN_PROGRESS"
_STARTED: Final = ("EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE", "EXECUTE_FAILED")
#: The longest template that can be given with a call.
MOST_TEMPLATE: Final = 51_200
_CAPABILITIES: Final = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
#: Parameters that say how it is executed.
_WHEN: Final = ("DisableRollback", "RetainExceptOnCreate")
_SETTLED: Final = ("UPDATE_COMPLETE", "CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


class Planned(Keeper):
    """UpdateStack, CreateStack and ExecuteChangeSet. CloudFormation takes the update back itself when it fails."""

    needs = ("cloudformation:ExecuteChangeSet", "cloudformation:UpdateStack", "cloudformation:DeleteStack")
    #: What an update deletes or replaces is gone at once, whatever becomes of its template.
    waits = False

    def __init__(self, change_set: str) -> None:
        self._change_set = change_set

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        described = self._described(hands)
        status = str((described or {}).get("ExecutionStatus", "gone"))
        if status != "AVAILABLE" or described is None:
            raise Stale(f"the change set is {status.lower()}", hint="propose the call again")
        stack = self._stack(hands, described["StackId"])
        if stack.get("StackStatus") == _REVIEWED:
            return {"stack": described["StackId"], "name": described["StackName"], "new": True}
        body = hands.ask("cloudformation", "get_template", StackName=described["StackId"], TemplateStage="Original")
        template = body["TemplateBody"]
        return {
            "stack": described["StackId"],
            "name": described["StackName"],
            "template": keep(_written(template)),
            "parameters": [
                {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
                if set(str(each.get("ParameterValue", ""))) == {"*"}
                else {"ParameterKey": each["ParameterKey"], "ParameterValue": each.get("ParameterValue", "")}
                for each in stack.get("Parameters", ())
            ],
        }

    def softens(self, call: Call) -> bool:
        return True

    def manner(self, call: Call) -> str:
        return f"`{call.name}`, by the change set that was approved"

    def soften(self, hands: Hands, call: Call, memory: Memory) -> Generator[str, None, Answer]:
        yield from ()
        own: dict[str, Any] = {name: call.parameters[name] for name in _WHEN if name in call.parameters}
        hands.do(
            "cloudformation",
            "execute_change_set",
            ChangeSetName=self._change_set,
            StackName=memory["stack"],
            ClientRequestToken=hands.name,
            **own,
        )
        result = {"StackId": memory["stack"]} if call.operation in ("UpdateStack", "CreateStack") else {}
        return query(call.operation, _NAMESPACE, hands.case, result)

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        name = memory["name"]
        if memory.get("new"):
            yield from self._taken_away(hands, memory)
            return
        yield from self._settled(hands, memory)
        template = unseal(memory["template"])
        if len(template) > MOST_TEMPLATE:
            raise TargetError("the template before is too large to be given with a call", hint="update it by hand")
        stack = self._stack(hands, memory["stack"])
        if stack["StackStatus"] != "UPDATE_ROLLBACK_COMPLETE":
            hands.do(
                "cloudformation",
                "update_stack",
                already=("ValidationError",),  # nothing has to be updated: it is as it was
                StackName=name,
                TemplateBody=template.decode("utf-8"),
                Parameters=memory["parameters"],
                Capabilities=list(_CAPABILITIES),
                ClientRequestToken=f"{hands.name}-undo",
            )
            yield from self._settled(hands, memory)
        body = hands.ask("cloudformation", "get_template", StackName=memory["stack"], TemplateStage="Original")
        if _written(body["TemplateBody"]) != template:
            raise TargetError(f"`{name}` has not its template back", hint="look at its events", code="not-restored")
        yield f"stack `{name}` has its template back; what was deleted with the update was made anew"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose != "run":
            return "done" if purpose == "close" else "in-part"
        described = self._described(hands)
        if described is None:
            return "unknown"
        return "done" if described.get("ExecutionStatus") in _STARTED else "not-done"

    def promise(self, call: Call) -> RollbackProof:
        """Of the stack itself: what becomes of each thing in it is known of that thing."""
        step = "delete the stack" if call.operation == "CreateStack" else "update the stack to the template before"
        return RollbackProof("valid", False, (step,))

    def _taken_away(self, hands: Hands, memory: Memory) -> Iterator[str]:
        """A stack that the change set made goes as a whole."""
        gone = ("DELETE_COMPLETE", "")
        if self._status(hands, memory) not in gone:
            hands.do(
                "cloudformation", "delete_stack", StackName=memory["stack"], ClientRequestToken=f"{hands.name}-undo"
            )
        what = f"stack `{memory['name']}`"
        yield from hands.until(what, lambda: self._status(hands, memory), good=gone, bad=("DELETE_FAILED",))
        yield f"{what} is gone again"

    def _status(self, hands: Hands, memory: Memory) -> str:
        found = hands.find("cloudformation", "describe_stacks", ("ValidationError",), StackName=memory["stack"])
        return str((first(found, "Stacks") or {}).get("StackStatus", ""))

    def _described(self, hands: Hands) -> dict[str, Any] | None:
        return hands.find("cloudformation", "describe_change_set", _NO_CHANGE_SET, ChangeSetName=self._change_set)

    def _stack(self, hands: Hands, name: str) -> dict[str, Any]:
        return first(hands.ask("cloudformation", "describe_stacks", StackName=name), "Stacks") or {}

    def _settled(self, hands: Hands, memory: Memory) -> Iterator[str]:
        yield from hands.until(
            f"stack `{memory['name']}`",
            lambda: str(self._stack(hands, memory["stack"]).get("StackStatus", "")),
            good=_SETTLED,
            bad=("UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "DELETE_COMPLETE"),
        )


def said_before(hands: Hands, stack: str, keep: Seal) -> Memory:
    """What it takes to make a stack again: its template, sealed, and how it was made."""
    asked = first(hands.ask("cloudformation", "describe_stacks", StackName=stack), "Stacks") or {}
    body = hands.ask("cloudformation", "get_template", StackName=stack, TemplateStage="Original")["TemplateBody"]
    parameters = [
        {"ParameterKey": each["ParameterKey"], "ParameterValue": each.get("ParameterValue", "")}
        for each in asked.get("Parameters", ())
    ]
    return {
        "name": asked.get("StackName", stack),
        "template": keep(_written(body)),
        "parameters": parameters,
        "hidden": sorted(each["ParameterKey"] for each in parameters if set(each["ParameterValue"]) == {"*"}),
        "settings": given(
            Tags=asked.get("Tags"), RoleARN=asked.get("RoleARN"), NotificationARNs=asked.get("NotificationARNs")
        ),
    }


def made_again(hands: Hands, memory: Memory, unseal: Unseal) -> Iterator[str]:
    """Make a stack that is gone again, from what was said of it before."""
    template, name = unseal(memory["template"]), memory["name"]
    if memory["hidden"]:
        hidden = ", ".join(f"`{each}`" for each in memory["hidden"])
        raise TargetError(f"nobody knows the values of {hidden}", hint="make the stack by hand", code="not-restored")
    if len(template) > MOST_TEMPLATE:
        raise TargetError("the template is too large to be given with a call", hint="make the stack by hand")
    hands.do(
        "cloudformation",
        "create_stack",
        already=("AlreadyExistsException",),
        StackName=name,
        TemplateBody=template.decode("utf-8"),
        Parameters=memory["parameters"],
        Capabilities=list(_CAPABILITIES),
        ClientRequestToken=f"{hands.name}-undo",
        **memory["settings"],
    )

    def status() -> str:
        found = hands.ask("cloudformation", "describe_stacks", StackName=name)
        return str((first(found, "Stacks") or {}).get("StackStatus", ""))

    broken = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_COMPLETE", "DELETE_FAILED")
    yield from hands.until(f"stack `{name}`", status, good=("CREATE_COMPLETE",), bad=broken)
    yield f"stack `{name}` is made again from its template"


def _written(template: object) -> bytes:
    """A template as text: those in JSON come as objects."""
    import msgspec

    return template.encode() if isinstance(template, str) else msgspec.json.encode(template)
