"""Shares: a file system of FSx is backed up before it goes; such a backup stays when its file system does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.hands import TAG, Hands
from interlock.execute.aws.keeping.copied import LOST, first, given
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_MISSING: Final = ("FileSystemNotFound",)
_BROKEN: Final = ("FAILED", "DELETED")
#: What of the settings of each sort it takes to make one again. What a file system of ONTAP holds is in its volumes,
#: and a scratch one of Lustre cannot be backed up.
_ALIKE: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "WINDOWS": (
        "WindowsConfiguration",
        ("ActiveDirectoryId", "DeploymentType", "PreferredSubnetId", "ThroughputCapacity"),
    ),
    "LUSTRE": ("LustreConfiguration", ("DeploymentType", "PerUnitStorageThroughput")),
    "OPENZFS": ("OpenZFSConfiguration", ("DeploymentType", "PreferredSubnetId", "ThroughputCapacity")),
}
_SCRATCH: Final = "SCRATCH"


class Share(Keeper):
    """DeleteFileSystem of FSx. What is made of the backup is another file system, with an id of its own."""

    needs = ("fsx:CreateBackup",)
    makes = ("fsx:CreateBackup", "fsx:CreateFileSystemFromBackup", "fsx:TagResource")
    copies = True

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = self._found(hands, call)
        sort = _ALIKE.get(found.get("FileSystemType", "")) if found is not None else None
        if found is None or sort is None:
            return None
        key, alike = sort
        settings = found.get(key) or {}
        if str(settings.get("DeploymentType", "")).startswith(_SCRATCH):
            return None
        again = {key: given(**{name: settings.get(name) for name in alike})}
        return {
            "name": found["FileSystemId"],
            "settings": given(
                SubnetIds=found.get("SubnetIds"),
                StorageType=found.get("StorageType"),
                KmsKeyId=found.get("KmsKeyId"),
                Tags=found.get("Tags"),
                **again,
            ),
        }

    def back_up(self, hands: Hands, call: Call, memory: Memory) -> Iterator[str]:
        name = memory["name"]
        if self._copy(hands, name) is None:
            # The case is the token: asked twice, FSx answers with the backup that it has begun already.
            hands.do("fsx", "create_backup", FileSystemId=name, ClientRequestToken=hands.name, Tags=hands.tags)
        yield from hands.until(
            f"backup of `{name}`", lambda: self._state(hands, name), good=("AVAILABLE",), bad=_BROKEN
        )
        yield f"backup `{(self._copy(hands, name) or {}).get('BackupId', '')}` of `{name}` can be restored"

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        copy = self._copy(hands, memory["name"])
        if copy is None or copy["Lifecycle"] != "AVAILABLE":
            raise TargetError(f"the backup of `{memory['name']}` cannot be restored", hint="nothing was undone")
        made = hands.ask_to(
            "fsx",
            "create_file_system_from_backup",
            BackupId=copy["BackupId"],
            ClientRequestToken=hands.name,
            **memory["settings"],
        )["FileSystem"]["FileSystemId"]
        yield from hands.until(
            f"file system `{made}`",
            lambda: (self._named(hands, made) or {}).get("Lifecycle", ""),
            good=("AVAILABLE",),
            bad=_BROKEN,
        )
        yield f"`{made}` holds what `{memory['name']}` held"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "close":
            return "done"
        found = self._found(hands, call)
        if purpose == "run":
            return "done" if found is None or found.get("Lifecycle") == "DELETING" else "not-done"
        return "in-part"

    def left(self, hands: Hands, call: Call) -> bool:
        return self._copy(hands, text(call.parameters.get("FileSystemId"))) is not None

    def promise(self, call: Call) -> RollbackProof:
        step = "make another file system from the backup that was taken before"
        why = f"it has another id and address, and the security group of its network; {LOST}"
        return RollbackProof("valid-with-loss", False, (step,), why)

    def _found(self, hands: Hands, call: Call) -> dict[str, Any] | None:
        return self._named(hands, text(call.parameters.get("FileSystemId")))

    def _named(self, hands: Hands, name: str) -> dict[str, Any] | None:
        return first(hands.find("fsx", "describe_file_systems", _MISSING, FileSystemIds=[name]), "FileSystems")

    def _state(self, hands: Hands, name: str) -> str:
        return str((self._copy(hands, name) or {}).get("Lifecycle", "missing"))

    def _copy(self, hands: Hands, name: str) -> dict[str, Any] | None:
        """The backup of it that was made for this case."""
        own = {"Name": "file-system-id", "Values": [name]}
        mine = {"Key": TAG, "Value": hands.case}
        backups = hands.pages("fsx", "describe_backups", "Backups", Filters=[own])
        return next((each for each in backups if mine in (each.get("Tags") or ())), None)
