"""Environments of Elastic Beanstalk: a new one is healthy before the old one goes, and the old one goes last.

Rebuilding one takes it away before the new one is there. Here the new one is made beside it, from the same settings
and from a copy of the coupled database, at an address of its own; when it is healthy the addresses are swapped. The
old one stays until the undo window closes. Terminating one is put off until then.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.answer import Answer
from interlock.execute.aws.hands import TAG, Hands
from interlock.execute.aws.keeping.copied import first, given
from interlock.execute.aws.keeping.databases import Instance
from interlock.execute.aws.keeping.keeper import Keeper, Memory
from interlock.execute.aws.keeping.synthetic import query
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_NAMESPACE: Final = "http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/"
_DATABASE: Final = "aws:rds:dbinstance"
_GOING: Final = ("Terminating", "Terminated")
#: How good the new one has to be for it to take the old one's place: as good as that was, and never bad.
_AS_GOOD: Final = {"Yellow": ("Green", "Yellow")}
#: How often its health is asked for: about a quarter of an hour.
HEALTH_TURNS: Final = 35
#: The longest name of an environment.
_LONGEST: Final = 40
#: Settings that Beanstalk writes itself, for this environment alone.
_OWN: Final = frozenset({"aws:cloudformation:template:parameter"})


class _Kept(Keeper):
    """What terminating and rebuilding have in common: a copy of the database that would go too."""

    needs: tuple[str, ...] = ("elasticbeanstalk:TerminateEnvironment",)
    makes: tuple[str, ...] = ("rds:CreateDBSnapshot", "rds:AddTagsToResource")
    copies = True

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = _environment(hands, _asked(call))
        if found is None or found["Status"] in _GOING:
            return None
        name = found["EnvironmentName"]
        described = hands.ask(
            "elasticbeanstalk",
            "describe_configuration_settings",
            ApplicationName=found["ApplicationName"],
            EnvironmentName=name,
        )
        settings = first(described, "ConfigurationSettings") or {}
        return {
            "name": name,
            "id": found["EnvironmentId"],
            "health": found.get("Health", ""),
            "cname": found.get("CNAME", ""),
            "database": _coupled(hands, found["EnvironmentId"]),
            "make": given(
                ApplicationName=found["ApplicationName"],
                VersionLabel=found.get("VersionLabel"),
                Description=found.get("Description"),
                SolutionStackName=found.get("SolutionStackName"),
                PlatformArn=None if found.get("SolutionStackName") else found.get("PlatformArn"),
                Tier={key: value for key, value in (found.get("Tier") or {}).items() if key in ("Name", "Type")},
            ),
            "options": [
                each for each in settings.get("OptionSettings", []) if each["Namespace"] not in _OWN and "Value" in each
            ],
        }

    def back_up(self, hands: Hands, call: Call, memory: Memory) -> Iterator[str]:
        if not memory["database"]:
            yield f"no database is coupled to `{memory['name']}`"
            return
        kept = {"name": memory["database"], "settings": {}}
        yield from Instance().back_up(hands, call, kept)

    def left(self, hands: Hands, call: Call) -> bool:
        return bool(Instance().copied(hands, "")[0])


class Terminated(_Kept):
    """TerminateEnvironment: put off until the window closes."""

    def softens(self, call: Call) -> bool:
        return True

    def soften(self, hands: Hands, call: Call, memory: Memory) -> Generator[str, None, Answer]:
        yield from ()
        shown = {
            "EnvironmentName": memory["name"],
            "EnvironmentId": memory["id"],
            "ApplicationName": memory["make"]["ApplicationName"],
            "CNAME": memory["cname"],
            "Status": "Terminating",
            "Health": "Grey",
        }
        return query("TerminateEnvironment", _NAMESPACE, hands.case, shown)

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        found = _environment(hands, {"EnvironmentIds": [memory["id"]]})
        if found is None or found["Status"] in _GOING:
            raise TargetError(f"`{memory['name']}` is terminated", hint="somebody else did that", code="gone")
        yield f"environment `{memory['name']}` stays as it is"

    def finish(self, hands: Hands, call: Call) -> Iterator[str]:
        yield from _terminated(hands, _asked(call))

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        found = _environment(hands, _asked(call))
        gone = found is None or found["Status"] in _GOING
        if purpose == "undo":
            return "in-part" if gone else "done"
        # Putting it off leaves no trace: until it is terminated, nothing has been done.
        return "done" if gone else "not-done"

    def promise(self, call: Call) -> RollbackProof:
        return RollbackProof("valid", False, ("keep the environment, which is terminated only when the window closes",))


class Rebuilt(_Kept):
    """RebuildEnvironment: the new one first, then the addresses, the old one last."""

    needs = ("elasticbeanstalk:TerminateEnvironment", "elasticbeanstalk:SwapEnvironmentCNAMEs")
    makes = (
        *_Kept.makes,
        "elasticbeanstalk:CreateEnvironment",
        "elasticbeanstalk:AddTags",
        "elasticbeanstalk:SwapEnvironmentCNAMEs",
        "iam:PassRole",
    )

    def softens(self, call: Call) -> bool:
        return True

    def soften(self, hands: Hands, call: Call, memory: Memory) -> Generator[str, None, Answer]:
        name = staged(memory["name"], hands.case)
        if _named(hands, name) is None:
            options = list(memory["options"])
            if memory["database"]:
                options.append({"Namespace": _DATABASE, "OptionName": "DBSnapshotIdentifier", "Value": hands.name})
            hands.do(
                "elasticbeanstalk",
                "create_environment",
                EnvironmentName=name,
                CNAMEPrefix=name,
                OptionSettings=options,
                Tags=[{"Key": TAG, "Value": hands.case}],
                **memory["make"],
            )
        try:
            yield from hands.until(
                f"environment `{name}`",
                lambda: _health(hands, name),
                good=tuple(f"Ready, {colour}" for colour in _AS_GOOD.get(memory["health"], ("Green",))),
                bad=("Terminated, Grey", "gone"),
                turns=HEALTH_TURNS,
            )
        except TargetError as error:
            yield from _terminated(hands, {"EnvironmentNames": [name]})
            raise TargetError(
                f"a new environment does not become healthy: {error.message}",
                hint="nothing was swapped, the new one is terminated; what ails the old one is not in its machines",
                code="not-healthy",
            ) from error
        # A crash before the swap leaves the old one in place, and a new one that nobody is sent to.
        if _staging(hands, name):
            _swap(hands, memory["name"], name)
        yield f"`{name}` is healthy and has the address of `{memory['name']}`"
        return query("RebuildEnvironment", _NAMESPACE, hands.case, None)

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        name = staged(memory["name"], hands.case)
        if _named(hands, name) is not None and not _staging(hands, name):
            _swap(hands, name, memory["name"])
        now = _environment(hands, {"EnvironmentIds": [memory["id"]]}) or {}
        if now.get("CNAME") != memory["cname"]:
            raise TargetError(f"`{memory['name']}` has not its address back", hint="look at it", code="not-restored")
        yield from _terminated(hands, {"EnvironmentNames": [name]})
        yield f"environment `{memory['name']}` has its address back"

    def finish(self, hands: Hands, call: Call) -> Iterator[str]:
        found = _environment(hands, _asked(call))
        if found is None or found["Status"] in _GOING:
            yield "the old environment is terminated"
            return
        name = staged(found["EnvironmentName"], hands.case)
        if _named(hands, name) is None or _staging(hands, name):
            raise TargetError(f"`{name}` does not stand in for it", hint="nothing was terminated", code="not-swapped")
        yield from _terminated(hands, _asked(call))

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        found = _environment(hands, _asked(call))
        if purpose == "close":
            return "done" if found is None or found["Status"] in _GOING else "in-part"
        if found is None:
            return "unknown"
        name = staged(found["EnvironmentName"], hands.case)
        if _named(hands, name) is None:
            return "not-done" if purpose == "run" else "done"
        if purpose == "run":
            return "in-part" if _staging(hands, name) else "done"
        return "in-part"

    def promise(self, call: Call) -> RollbackProof:
        why = "what is written to the new environment's own database is lost"
        return RollbackProof("valid-with-loss", False, ("swap the addresses back; the old environment stays",), why)


def staged(name: str, case: str) -> str:
    """What the new environment is called, and the first part of its address until it is swapped."""
    return f"{name[: _LONGEST - len(case) - 1]}-{case}"


def _asked(call: Call) -> Memory:
    """Which environment a call means."""
    if identity := call.parameters.get("EnvironmentId"):
        return {"EnvironmentIds": [identity]}
    return {"EnvironmentNames": [call.parameters.get("EnvironmentName", "")]}


def _environment(hands: Hands, which: Memory) -> dict[str, Any] | None:
    asked = hands.ask("elasticbeanstalk", "describe_environments", IncludeDeleted=False, **which)
    return first(asked, "Environments")


def _named(hands: Hands, name: str) -> dict[str, Any] | None:
    return _environment(hands, {"EnvironmentNames": [name]})


def _staging(hands: Hands, name: str) -> bool:
    """Whether it still has the address that it was made with."""
    return str((_named(hands, name) or {}).get("CNAME", "")).startswith(f"{name}.")


def _health(hands: Hands, name: str) -> str:
    found = _named(hands, name)
    return f"{found['Status']}, {found.get('Health', 'Grey')}" if found is not None else "gone"


def _swap(hands: Hands, one: str, other: str) -> None:
    hands.do(
        "elasticbeanstalk",
        "swap_environment_cnames",
        SourceEnvironmentName=one,
        DestinationEnvironmentName=other,
    )


def _terminated(hands: Hands, which: Memory) -> Iterator[str]:
    found = _environment(hands, which)
    if found is None:
        return
    name = found["EnvironmentName"]
    if found["Status"] not in _GOING:
        hands.do("elasticbeanstalk", "terminate_environment", EnvironmentId=found["EnvironmentId"])
    which = {"EnvironmentIds": [found["EnvironmentId"]]}
    yield from hands.until(
        f"environment `{name}`",
        lambda: str((_environment(hands, which) or {"Status": "Terminated"})["Status"]),
        good=("Terminated",),
    )
    yield f"environment `{name}` is terminated"


def _coupled(hands: Hands, identity: str) -> str:
    """The database that the environment's own stack holds; empty when it holds none."""
    stack = f"awseb-{identity}-stack"
    found = hands.find("cloudformation", "describe_stack_resources", ("ValidationError",), StackName=stack)
    for each in (found or {}).get("StackResources", ()):
        if each["ResourceType"] == "AWS::RDS::DBInstance":
            return str(each.get("PhysicalResourceId", ""))
    return ""
