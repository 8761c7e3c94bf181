"""Files: a file system of EFS is copied by AWS Backup, into a vault of ours, before it goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import BadConfiguration
from interlock.execute.aws.hands import TAG, Hands
from interlock.execute.aws.keeping.copied import LOST
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

VAULT: Final = "interlock"
_MISSING: Final = ("FileSystemNotFound",)
_BROKEN: Final = ("ABORTED", "FAILED", "EXPIRED", "PARTIAL")


class FileSystem(Keeper):
    """DeleteFileSystem. What is made of the copy is another file system, with an id of its own.

    AWS Backup works with a role of the account: the target's `backup_role`.
    """

    needs = ("elasticfilesystem:Backup", "elasticfilesystem:DescribeTags")
    makes = (
        "backup:CreateBackupVault",
        "backup:StartBackupJob",
        "backup:StartRestoreJob",
        "backup:TagResource",
        "backup-storage:MountCapsule",
        "iam:PassRole",
    )
    copies = True

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        found = self._found(hands, call)
        if found is None:
            return None
        if not hands.setting.backup_role:
            raise BadConfiguration(
                "a file system can only be copied with a role for AWS Backup",
                where=f"targets.{hands.setting.target}.aws.backup_role",
                hint="name the role; nothing was done",
                code="no-backup-role",
            )
        alike = ("Encrypted", "KmsKeyId", "PerformanceMode")
        return {"arn": found["FileSystemArn"], "settings": {name: str(found.get(name, "")) for name in alike}}

    def back_up(self, hands: Hands, call: Call, memory: Memory) -> Iterator[str]:
        hands.do("backup", "create_backup_vault", already=("AlreadyExistsException",), BackupVaultName=VAULT)
        # The case is the token: asked twice, AWS Backup answers with the job that it has begun already.
        started = hands.ask_to(
            "backup",
            "start_backup_job",
            BackupVaultName=VAULT,
            ResourceArn=memory["arn"],
            IamRoleArn=hands.setting.backup_role,
            IdempotencyToken=hands.name,
            RecoveryPointTags={TAG: hands.case},
        )
        job = {"BackupJobId": started["BackupJobId"]}
        yield from hands.until(
            f"backup job `{started['BackupJobId']}`",
            lambda: str(hands.ask("backup", "describe_backup_job", **job)["State"]),
            good=("COMPLETED",),
            bad=_BROKEN,
        )
        point = hands.ask("backup", "describe_backup_job", **job)["RecoveryPointArn"]
        yield from hands.until(
            f"recovery point `{point}`", lambda: self._point(hands, point), good=("COMPLETED", "AVAILABLE"), bad=_BROKEN
        )
        yield f"recovery point `{point}` can be restored"

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        point = next(
            iter(
                each["RecoveryPointArn"]
                for each in hands.ask(
                    "backup",
                    "list_recovery_points_by_backup_vault",
                    BackupVaultName=VAULT,
                    ByResourceArn=memory["arn"],
                )["RecoveryPoints"]
            )
        )
        started = hands.ask_to(
            "backup",
            "start_restore_job",
            RecoveryPointArn=point,
            IamRoleArn=hands.setting.backup_role,
            IdempotencyToken=hands.name,
            ResourceType="EFS",
            Metadata={
                "file-system-id": memory["arn"].rpartition("/")[2],
                "newFileSystem": "true",
                "CreationToken": hands.name,
                "Encrypted": memory["settings"]["Encrypted"].lower() or "true",
                "KmsKeyId": memory["settings"]["KmsKeyId"],
                "PerformanceMode": memory["settings"]["PerformanceMode"] or "generalPurpose",
            },
        )
        job = {"RestoreJobId": started["RestoreJobId"]}
        yield from hands.until(
            f"restore job `{started['RestoreJobId']}`",
            lambda: str(hands.ask("backup", "describe_restore_job", **job)["Status"]),
            good=("COMPLETED",),
            bad=_BROKEN,
        )
        made = hands.ask("backup", "describe_restore_job", **job).get("CreatedResourceArn", "")
        yield f"`{made}` holds what `{memory['arn']}` held"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "close":
            return "done"
        found = self._found(hands, call)
        if purpose == "run":
            return "done" if found is None or found["LifeCycleState"] in ("deleting", "deleted") else "not-done"
        return "in-part"

    def promise(self, call: Call) -> RollbackProof:
        step = "restore the recovery point that AWS Backup made before into a new file system"
        return RollbackProof("valid-with-loss", False, (step,), f"it has another id and needs mount targets; {LOST}")

    def _found(self, hands: Hands, call: Call) -> dict[str, Any] | None:
        name = text(call.parameters.get("FileSystemId"))
        asked = hands.find("efs", "describe_file_systems", _MISSING, FileSystemId=name)
        return next(iter(asked["FileSystems"]), None) if asked is not None else None

    def _point(self, hands: Hands, point: str) -> str:
        found = hands.ask("backup", "describe_recovery_point", BackupVaultName=VAULT, RecoveryPointArn=point)
        return str(found["Status"])
