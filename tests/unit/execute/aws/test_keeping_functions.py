"""Functions come back with their code; file systems are copied by AWS Backup, which moto cannot play."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from tests.unit.execute.aws.aws_world import Account

from interlock.aws.call import Call
from interlock.errors import BadConfiguration, TargetError
from interlock.execute.aws.keeping import files, functions, keepers
from interlock.execute.aws.setting import setting_of


def code(text: str = "def handler(event, context): return 1") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py", (2026, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()


@pytest.fixture
def function(account: Account, monkeypatch: pytest.MonkeyPatch) -> Any:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = account.client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    client = account.client("lambda")
    client.create_function(
        FunctionName="bill",
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": code()},
        Timeout=17,
        Environment={"Variables": {"DB_PASSWORD": "hunter2"}},
    )
    for name in ("DeleteFunction", "UpdateFunctionCode"):
        monkeypatch.setitem(keepers.KEEPERS, f"lambda:{name}", lambda: functions.Function(lambda _: code()))
    return client


def test_a_deleted_function_is_made_again_from_what_was_kept(account: Account, function: Any) -> None:
    before = function.get_function_configuration(FunctionName="bill")
    order = account.order("lambda:DeleteFunction", {"FunctionName": "bill"})

    done = account.run(order)
    assert account.executor().look(order, "run") == "done"
    account.undo(order, done)

    now = function.get_function_configuration(FunctionName="bill")
    alike = ("CodeSha256", "Timeout", "Environment", "Handler", "Role", "Runtime")
    assert {name: before[name] for name in alike} == {name: now[name] for name in alike}
    assert b"hunter2" not in account.vault[done.images[0]], "the settings are sealed apart"


def test_changed_code_is_put_back(account: Account, function: Any) -> None:
    order = account.order(
        "lambda:UpdateFunctionCode", {"FunctionName": "bill", "ZipFile": code("other = 1")}, verb="update"
    )
    before = function.get_function_configuration(FunctionName="bill")["CodeSha256"]

    done = account.run(order)
    assert function.get_function_configuration(FunctionName="bill")["CodeSha256"] != before
    account.undo(order, done)

    assert function.get_function_configuration(FunctionName="bill")["CodeSha256"] == before


def test_a_function_whose_code_cannot_be_fetched_is_not_deleted(
    account: Account, function: Any, monkeypatch: Any
) -> None:
    monkeypatch.setitem(keepers.KEEPERS, "lambda:DeleteFunction", functions.Function)

    with pytest.raises(TargetError) as caught:
        account.run(account.order("lambda:DeleteFunction", {"FunctionName": "bill"}))

    assert caught.value.code == "not-kept"
    assert function.get_function(FunctionName="bill")["Configuration"]["FunctionName"] == "bill"


@pytest.mark.parametrize("name", ["bill:1", "arn:aws:lambda:eu-central-1:123456789012:function:bill:1"])
def test_a_version_cannot_be_made_again_and_so_is_not_kept(account: Account, function: Any, name: str) -> None:
    function.publish_version(FunctionName="bill")

    done = account.run(account.order("lambda:DeleteFunction", {"FunctionName": name}))

    assert not done.images
    assert "no way back" in done.steps[0].detail


class Backups:
    """Hands at a service that moto does not have: answers from a table, and what was asked for."""

    def __init__(self, account: Account, answers: dict[str, list[dict[str, Any]]]) -> None:
        self.setting = setting_of(account.target())
        self.case, self.name = "a1b2c3d4", "interlock-a1b2c3d4"
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._answers = answers

    def ask(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        self.asked.append((operation, parameters))
        answers = self._answers[operation]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    ask_to = ask

    def find(self, service: str, operation: str, missing: Any, /, **parameters: Any) -> Any:
        return self.ask(service, operation, **parameters)

    def do(self, service: str, operation: str, /, already: Any = (), **parameters: Any) -> Any:
        self.asked.append((operation, parameters))

    def until(self, what: str, state: Any, *, good: Any, bad: Any = ()) -> Any:
        while (found := state()) not in good:
            if found in bad:
                raise TargetError(f"{what} is `{found}`")
            yield f"{what} is `{found}`"


SYSTEM = Call("efs", "DeleteFileSystem", "eu-central-1", "123456789012", {"FileSystemId": "fs-1"})
FOUND = {"FileSystemArn": "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1", "Encrypted": True}


def backups(account: Account, *states: str) -> Any:
    account.settings["backup_role"] = "arn:aws:iam::123456789012:role/backup"
    return Backups(
        account,
        {
            "describe_file_systems": [{"FileSystems": [FOUND]}],
            "start_backup_job": [{"BackupJobId": "j"}],
            "describe_backup_job": [{"State": state, "RecoveryPointArn": "arn:point"} for state in states],
            "describe_recovery_point": [{"Status": "COMPLETED"}],
            "list_recovery_points_by_backup_vault": [{"RecoveryPoints": [{"RecoveryPointArn": "arn:point"}]}],
            "start_restore_job": [{"RestoreJobId": "r"}],
            "describe_restore_job": [{"Status": "RUNNING"}, {"Status": "COMPLETED", "CreatedResourceArn": "arn:new"}],
        },
    )


def test_a_file_system_is_copied_by_aws_backup_and_restored_into_another(account: Account) -> None:
    hands, keeper = backups(account, "RUNNING", "COMPLETED"), files.FileSystem()
    memory = keeper.remember(hands, SYSTEM, account.seal)
    assert memory is not None

    said = list(keeper.back_up(hands, SYSTEM, memory))
    restored = list(keeper.restore(hands, SYSTEM, memory, account.unseal))
    started = dict(hands.asked)["start_backup_job"]

    assert said == ["backup job `j` is `RUNNING`", "recovery point `arn:point` can be restored"]
    assert restored[-1].startswith("`arn:new` holds what")
    assert started["IdempotencyToken"] == "interlock-a1b2c3d4"
    assert started["IamRoleArn"] == "arn:aws:iam::123456789012:role/backup"


def test_a_backup_job_that_fails_is_no_copy(account: Account) -> None:
    hands, keeper = backups(account, "RUNNING", "FAILED"), files.FileSystem()
    memory = keeper.remember(hands, SYSTEM, account.seal)
    assert memory is not None

    with pytest.raises(TargetError, match="`FAILED`"):
        list(keeper.back_up(hands, SYSTEM, memory))


def test_without_a_role_for_backups_no_file_system_is_deleted(account: Account) -> None:
    efs = account.client("efs")
    name = efs.create_file_system(CreationToken="x")["FileSystemId"]

    with pytest.raises(BadConfiguration, match="role for AWS Backup"):
        account.run(account.order("efs:DeleteFileSystem", {"FileSystemId": name}))

    assert efs.describe_file_systems(FileSystemId=name)["FileSystems"]
