"""Machines: EC2 instances are copied and stopped, and terminated only when the window closes; volumes are copied."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.answer import Answer
from interlock.execute.aws.hands import TAG, Hands
from interlock.execute.aws.keeping.copied import LOST, given
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text, texts
from interlock.execute.aws.keeping.synthetic import ec2
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_NO_INSTANCE: Final = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")
_NO_VOLUME: Final = ("InvalidVolume.NotFound", "InvalidVolumeID.Malformed", "InvalidParameterValue")
_CODES: Final = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}
_GOING: Final = ("shutting-down", "terminated")


class Instances(Keeper):
    """TerminateInstances: volumes that would go with them are copied; then they are stopped, and marked with the case.

    An instance whose root is not on a volume cannot be stopped: the call goes as it was approved, with no way back.
    """

    needs: tuple[str, ...] = ("ec2:StopInstances", "ec2:StartInstances", "ec2:TerminateInstances")
    makes = ("ec2:CreateSnapshot", "ec2:CreateTags", "ec2:DeleteTags")
    copies = True

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = _instances(hands, texts(call.parameters.get("InstanceIds")))
        alive = {each["InstanceId"]: each for each in found if each["State"]["Name"] not in _GOING}
        if not alive or any(each.get("RootDeviceType", "ebs") != "ebs" for each in alive.values()):
            return None
        if any(each.get("InstanceLifecycle") == "spot" for each in alive.values()):
            return None
        return {
            "states": {name: each["State"]["Name"] for name, each in alive.items()},
            "volumes": {
                mapping["Ebs"]["VolumeId"]: name
                for name, each in alive.items()
                for mapping in each.get("BlockDeviceMappings", ())
                if mapping.get("Ebs", {}).get("DeleteOnTermination")
            },
        }

    def back_up(self, hands: Hands, call: Call, memory: Memory) -> Iterator[str]:
        copies = []
        for volume in memory["volumes"]:
            snapshot = yield from _snapshotted(hands, volume)
            copies.append(f"`{snapshot}` of `{volume}`")
        yield f"{len(copies)} volumes that would go with the instances are copied: {', '.join(copies)}"

    def softens(self, call: Call) -> bool:
        return True

    def soften(self, hands: Hands, call: Call, memory: Memory) -> Generator[str, None, Answer]:
        yield from ()
        names = list(memory["states"])
        hands.do("ec2", "create_tags", Resources=names, Tags=hands.tags)
        hands.do("ec2", "stop_instances", InstanceIds=names)
        changes = [
            {
                "instanceId": name,
                "currentState": {"code": str(_CODES["shutting-down"]), "name": "shutting-down"},
                "previousState": {"code": str(_CODES[state]), "name": state},
            }
            for name, state in memory["states"].items()
        ]
        return ec2("TerminateInstances", hands.case, {"instancesSet": changes})

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        names = [name for name, state in memory["states"].items() if state in ("running", "pending")]
        if names:
            # One that is still stopping cannot be started yet.
            yield from hands.until("the instances", lambda: _all(hands, names, ("stopping",)), good=("",))
            hands.do("ec2", "start_instances", InstanceIds=names)
            yield from hands.until("the instances", lambda: _all(hands, names, ("pending", "stopped")), good=("",))
        found = {each["InstanceId"]: each["State"]["Name"] for each in _instances(hands, list(memory["states"]))}
        lost = [name for name in memory["states"] if found.get(name, "terminated") in _GOING]
        if lost:
            raise TargetError(f"{', '.join(lost)} are terminated", hint="somebody else did that", code="gone")
        hands.do("ec2", "delete_tags", Resources=list(memory["states"]), Tags=[{"Key": TAG}])
        yield f"{len(memory['states'])} instances are as they were"

    def finish(self, hands: Hands, call: Call) -> Iterator[str]:
        names = [name for name, state in _marked(hands, call).items() if state not in _GOING]
        if names:
            hands.do("ec2", "terminate_instances", InstanceIds=names)
            yield from hands.until("the instances", lambda: _all(hands, names, ("stopping", "stopped")), good=("",))
        yield f"{len(names)} instances are terminated"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        asked = texts(call.parameters.get("InstanceIds"))
        marked = _marked(hands, call)
        states = {each["InstanceId"]: each["State"]["Name"] for each in _instances(hands, asked)}
        gone = [name for name in asked if states.get(name, "terminated") in _GOING]
        if purpose == "run":
            down = [name for name in marked if marked[name] in ("stopping", "stopped")]
            if len({*down, *gone}) == len(set(asked)):
                return "done"
            return "in-part" if marked or gone else "not-done"
        if purpose == "close":
            return "done" if len(gone) == len(asked) else "in-part"
        return "done" if not marked and not gone else "in-part"

    def left(self, hands: Hands, call: Call) -> bool:
        return _copied(hands)

    def promise(self, call: Call) -> RollbackProof:
        why = "what is in memory and on instance storage is lost; a public address may change"
        return RollbackProof("valid-with-loss", False, ("start the instances, which were stopped only",), why)


class Disks(Instances):
    """Instances that go at once with what holds them: the volumes that go with them are copied, and nothing else."""

    needs = ("ec2:CreateSnapshot",)

    def softens(self, call: Call) -> bool:
        return False

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        asked = texts(call.parameters.get("InstanceIds"))
        alive = [each for each in _instances(hands, asked) if each["State"]["Name"] not in _GOING]
        return "not-done" if alive else "done"

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        yield from ()
        raise TargetError("an instance that is terminated is launched anew, with disks made of their snapshots")


class Volume(Keeper):
    """DeleteVolume: a snapshot first. What is made of it is another volume, with an id of its own."""

    needs = ("ec2:CreateSnapshot",)
    makes = ("ec2:CreateTags", "ec2:CreateVolume", "ec2:CreateSnapshot")
    copies = True

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = _volume(hands, text(call.parameters.get("VolumeId")))
        if found is None:
            return None
        alike = ("AvailabilityZone", "VolumeType", "Iops", "Throughput")
        return {
            "name": found["VolumeId"],
            "settings": given(**{name: found.get(name) for name in alike}),
            "tags": found.get("Tags", []),
        }

    def back_up(self, hands: Hands, call: Call, memory: Memory) -> Iterator[str]:
        snapshot = yield from _snapshotted(hands, memory["name"])
        yield f"snapshot `{snapshot}` of `{memory['name']}` is completed"

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        made = _made(hands)
        if made is None:
            snapshot = yield from _snapshotted(hands, memory["name"])
            tags = [tag for tag in memory["tags"] if not tag["Key"].startswith("aws:")] + hands.tags
            hands.do(
                "ec2",
                "create_volume",
                SnapshotId=snapshot,
                TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
                **memory["settings"],
            )
        yield from hands.until(
            "the volume", lambda: (_made(hands) or {"State": "missing"})["State"], good=("available", "in-use")
        )
        yield f"volume `{(_made(hands) or {}).get('VolumeId')}` holds what `{memory['name']}` held"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "run":
            found = _volume(hands, text(call.parameters.get("VolumeId")))
            return "done" if found is None or found["State"] in ("deleting", "deleted") else "not-done"
        return "done" if purpose == "close" or _made(hands) is not None else "in-part"

    def left(self, hands: Hands, call: Call) -> bool:
        return _copied(hands)

    def promise(self, call: Call) -> RollbackProof:
        step = f"make a volume from a snapshot of `{text(call.parameters.get('VolumeId'))}` taken before"
        return RollbackProof("valid-with-loss", False, (step,), f"it has another id; {LOST}")


def _instances(hands: Hands, names: list[str]) -> list[dict[str, Any]]:
    found = hands.find("ec2", "describe_instances", _NO_INSTANCE, InstanceIds=names) if names else None
    return [each for group in (found or {}).get("Reservations", ()) for each in group["Instances"]]


def _marked(hands: Hands, call: Call) -> dict[str, str]:
    """Those of the named instances that carry this case's mark, with their states."""
    found = _instances(hands, texts(call.parameters.get("InstanceIds")))
    return {
        each["InstanceId"]: each["State"]["Name"]
        for each in found
        if {"Key": TAG, "Value": hands.case} in each.get("Tags", ())
    }


def _all(hands: Hands, names: list[str], until: tuple[str, ...]) -> str:
    """The first state of these that is still among `until`; empty when none is."""
    return next((each["State"]["Name"] for each in _instances(hands, names) if each["State"]["Name"] in until), "")


def _volume(hands: Hands, name: str) -> dict[str, Any] | None:
    found = hands.find("ec2", "describe_volumes", _NO_VOLUME, VolumeIds=[name])
    return next(iter(found["Volumes"]), None) if found else None


def _made(hands: Hands) -> dict[str, Any] | None:
    """The volume that was made for this case."""
    filters = [{"Name": f"tag:{TAG}", "Values": [hands.case]}]
    return next(iter(hands.ask("ec2", "describe_volumes", Filters=filters)["Volumes"]), None)


def _snapshotted(hands: Hands, volume: str) -> Generator[str, None, str]:
    """The id of this case's snapshot of a volume, made if it is not there; it can be restored when this ends."""
    if _copy_of(hands, volume) is None:
        hands.do(
            "ec2",
            "create_snapshot",
            VolumeId=volume,
            Description=f"taken by Interlock before case {hands.case}",
            TagSpecifications=[{"ResourceType": "snapshot", "Tags": hands.tags}],
        )
    yield from hands.until(
        f"the snapshot of `{volume}`",
        lambda: (_copy_of(hands, volume) or {"State": "missing"})["State"],
        good=("completed",),
        bad=("error",),
    )
    return str((_copy_of(hands, volume) or {}).get("SnapshotId", ""))


def _copied(hands: Hands) -> bool:
    """Whether any snapshot was made for this case."""
    filters = [{"Name": f"tag:{TAG}", "Values": [hands.case]}]
    return bool(hands.ask("ec2", "describe_snapshots", Filters=filters, OwnerIds=["self"])["Snapshots"])


def _copy_of(hands: Hands, volume: str) -> dict[str, Any] | None:
    """The snapshot of a volume that was made for this case."""
    filters = [{"Name": f"tag:{TAG}", "Values": [hands.case]}, {"Name": "volume-id", "Values": [volume]}]
    found = hands.ask("ec2", "describe_snapshots", Filters=filters, OwnerIds=["self"])["Snapshots"]
    return next(iter(found), None)
