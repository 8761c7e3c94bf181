"""Stacks: what a call to CloudFormation would do is asked of CloudFormation itself, by a change set, before it is read.

Planning makes a change set (or takes the one that the call names), reads all of it and its template, and packs both
with the call. From there on the package is what is read, voted on and executed: exactly that change set, by its ARN. A
change set changes nothing until it is executed. One that was never executed stays, named `interlock-…`, until the same
call is planned again or somebody deletes it.

The package is JSON: `call`, the payload as it was proposed; `changeSets`, pages as they are described; the stack's
`template` and `stackResources`, which know what its resources are called outside of it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from interlock.aws.call import Call
from interlock.errors import BadProposal
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.copied import first
from interlock.execute.aws.work import Work, is_package, meant, packed_call, work_of
from interlock.execute.planner import Plan
from interlock.model.planned import Identity
from interlock.model.target import Target

#: The operations that are planned, and of which type their change set is; none where the call names one.
PLANNED: Final = {"UpdateStack": "UPDATE", "CreateStack": "CREATE", "ExecuteChangeSet": ""}
#: How long making a change set is waited for, in milliseconds.
PATIENCE: Final = 10 * 60 * 1000

#: Parameters of UpdateStack and CreateStack that a change set takes, under these names.
_TAKEN: Final = (
    *("StackName", "TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters", "Capabilities", "RoleARN"),
    *("ResourceTypes", "RollbackConfiguration", "NotificationARNs", "Tags"),
)
#: Those that matter only when it is executed, or not at all.
_LATER: Final = ("DisableRollback", "RetainExceptOnCreate", "ClientRequestToken")
_NEEDS: Final = ("cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "cloudformation:TagResource")
_NO_CHANGE_SET: Final = ("ChangeSetNotFound", "ChangeSetNotFoundException")
_NO_STACK: Final = ("ValidationError",)
#: A stack that exists only as a change set that would make it.
_REVIEWED: Final = "REVIEW_IN_PROGRESS"


class StackPlanner:
    """Plans what is made of stacks, and of what; every other call is itself what is executed."""

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        self._pause = pause

    def takes(self, payload: bytes) -> bool:
        if is_package(payload):
            return True
        if b"cloudformation" not in payload and b"\\" not in payload:
            return False  # every form of a call has the service in it; JSON may spell it with escapes
        call = meant(payload)
        return call is not None and call.service == "cloudformation" and call.operation in PLANNED

    def plan(self, source: bytes, target: Target, previous: Identity | None) -> Plan:
        del previous  # nothing is planned on what was known before
        if is_package(source):
            raise BadProposal(
                "a plan cannot be proposed to a target", hint="propose the call itself", code="bad-source"
            )
        work = work_of(source, target)
        hands = Hands(
            work.setting,
            hashlib.sha256(source).hexdigest()[:16],
            work.call.region,
            dict.fromkeys(_NEEDS, ()),
            now=lambda: 0,
            pause=self._pause,
        )
        which = _made(hands, work, PLANNED[work.call.operation]) if PLANNED[work.call.operation] else _asked(work.call)
        pages = _pages(hands, which)
        head = pages[0]
        template = hands.ask("cloudformation", "get_template", TemplateStage="Processed", **which)["TemplateBody"]
        stack = str(head["StackId"])
        listed = list(hands.pages("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack))
        package = {
            "call": source.decode("utf-8"),
            "changeSets": pages,
            "new": _status(hands, stack) == _REVIEWED,
            "stackResources": [{**each, "StackName": head["StackName"]} for each in listed],
            "template": template,
        }
        whole = msgspec.json.encode(package, order="sorted")
        said = f"change set `{head['ChangeSetName']}` of `{head['StackName']}`: {_counted(pages)}"
        return Plan(whole, said.encode(), Identity(lineage=str(head["ChangeSetId"])), "cloudformation")

    def pack(self, directory: Path) -> bytes:
        raise BadProposal("a call to AWS is no folder", where=str(directory))

    def text(self, payload: bytes) -> bytes:
        return packed_call(payload) if is_package(payload) else payload

    def patience(self, target: Target) -> int:
        del target
        return PATIENCE


def _status(hands: Hands, stack: str) -> str:
    """The stack's status; empty where there is none."""
    found = hands.find("cloudformation", "describe_stacks", _NO_STACK, StackName=stack)
    return str((first(found, "Stacks") or {}).get("StackStatus", ""))


def _made(hands: Hands, work: Work, kind: str) -> dict[str, Any]:
    """The change set of this call, made anew where the one that is there can no longer be executed."""
    parameters = work.call.parameters
    strange = sorted(name for name in parameters if name not in (*_TAKEN, *_LATER))
    if strange:
        raise BadProposal(
            f"what `{strange[0]}` does to a stack cannot be seen beforehand", hint="leave it out", code="unplannable"
        )
    which: dict[str, Any] = {"StackName": str(parameters.get("StackName", "")), "ChangeSetName": hands.name}
    status_before = _status(hands, which["StackName"])
    if kind == "CREATE" and status_before not in ("", _REVIEWED, "DELETE_COMPLETE"):
        raise BadProposal(f"there is a stack `{which['StackName']}` already", hint="update it", code="unplannable")
    found = None
    if kind == "UPDATE" or status_before == _REVIEWED:
        listed = hands.pages("cloudformation", "list_change_sets", "Summaries", StackName=which["StackName"])
        found = next((each for each in listed if each["ChangeSetName"] == hands.name), None)
    if found is not None and found.get("ExecutionStatus") != "AVAILABLE":
        hands.do("cloudformation", "delete_change_set", **which)
        found = None
    if found is None:
        taken: dict[str, Any] = {name: parameters[name] for name in _TAKEN if name in parameters}
        hands.do(
            "cloudformation",
            "create_change_set",
            already=("AlreadyExistsException",),
            ChangeSetName=hands.name,
            ChangeSetType=kind,
            Description="made by Interlock to see what the call would do",
            IncludeNestedStacks=True,
            **taken,
        )
    state = {"": ""}

    def status() -> str:
        described = hands.find("cloudformation", "describe_change_set", _NO_CHANGE_SET, **which) or {}
        state[""] = str(described.get("StatusReason", ""))
        return str(described.get("Status", "CREATE_PENDING"))

    for _ in hands.until("the change set", status, good=("CREATE_COMPLETE", "FAILED")):
        pass
    if status() == "FAILED":
        hands.do("cloudformation", "delete_change_set", **which)
        raise BadProposal(
            f"CloudFormation cannot make a change set of it: {state[''] or 'it says no reason'}",
            hint="nothing was changed",
            code="unplannable",
        )
    return which


def _asked(call: Call) -> dict[str, Any]:
    """The change set that the call itself names."""
    return {
        name: value
        for name in ("ChangeSetName", "StackName")
        if isinstance(value := call.parameters.get(name), str) and value
    }


def _pages(hands: Hands, which: dict[str, Any]) -> list[dict[str, Any]]:
    """All pages of a change set and of those nested in it, as CloudFormation describes them."""
    found: list[dict[str, Any]] = []
    waiting = [which]
    while waiting:
        asked, token = waiting.pop(), ""
        while True:
            more = {"NextToken": token} if token else {}
            page = hands.ask("cloudformation", "describe_change_set", IncludePropertyValues=True, **asked, **more)
            found.append(msgspec.json.decode(msgspec.json.encode(page)))
            for change in page.get("Changes", ()):
                if nested := change.get("ResourceChange", {}).get("ChangeSetId"):
                    waiting.append({"ChangeSetName": nested})
            token = str(page.get("NextToken") or "")
            if not token:
                break
    return found


def _counted(pages: list[dict[str, Any]]) -> str:
    actions: dict[str, int] = {}
    for page in pages:
        for change in page.get("Changes", ()):
            action = str(change.get("ResourceChange", {}).get("Action", "?")).lower()
            actions[action] = actions.get(action, 0) + 1
    return ", ".join(f"{count} {action}" for action, count in sorted(actions.items())) or "nothing changes"
