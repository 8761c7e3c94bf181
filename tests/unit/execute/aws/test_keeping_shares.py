"""A file system of FSx goes only after a backup of it can be restored, and comes back as another one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.execute.aws.aws_world import Account

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.keeping.shares import Share

CALL = Call("fsx", "DeleteFileSystem", "eu-central-1", "123456789012", {"FileSystemId": "fs-1"})
MINE = [{"Key": "interlock:case", "Value": "a1b2c3d4"}]


class Shares:
    """Hands at FSx: one file system, and backups that go through these states, one a question."""

    def __init__(self, found: dict[str, Any] | None, *states: str) -> None:
        self.case, self.name, self.tags = "a1b2c3d4", "interlock-a1b2c3d4", MINE
        self.done: list[tuple[str, dict[str, Any]]] = []
        self.backups: list[dict[str, Any]] = [
            {"BackupId": "b-0", "Lifecycle": "AVAILABLE", "Tags": [{"Key": "interlock:case", "Value": "another"}]}
        ]
        self._found, self._states = found, list(states)

    def find(self, service: str, operation: str, missing: Any, /, **parameters: Any) -> Any:
        if parameters["FileSystemIds"] == ["fs-2"]:
            return {"FileSystems": [{"FileSystemId": "fs-2", "Lifecycle": "AVAILABLE"}]}
        return None if self._found is None else {"FileSystems": [self._found]}

    def pages(self, service: str, operation: str, key: str, /, **parameters: Any) -> Any:
        assert parameters["Filters"] == [{"Name": "file-system-id", "Values": ["fs-1"]}]
        if len(self.backups) > 1 and self._states:
            self.backups[-1]["Lifecycle"] = self._states.pop(0)
        return iter(self.backups)

    def do(self, service: str, operation: str, /, **parameters: Any) -> Any:
        self.done.append((operation, parameters))
        self.backups.append({"BackupId": "b-1", "Tags": parameters["Tags"]})

    def ask_to(self, service: str, operation: str, /, **parameters: Any) -> Any:
        self.done.append((operation, parameters))
        return {"FileSystem": {"FileSystemId": "fs-2"}}

    def until(self, what: str, state: Any, *, good: Any, bad: Any = ()) -> Any:
        while (found := state()) not in good:
            if found in bad:
                raise TargetError(f"{what} is `{found}`")
            yield f"{what} is `{found}`"


def system(sort: str = "WINDOWS", **settings: Any) -> dict[str, Any]:
    key = {"WINDOWS": "WindowsConfiguration", "LUSTRE": "LustreConfiguration"}.get(sort, "OntapConfiguration")
    return {"FileSystemId": "fs-1", "FileSystemType": sort, "SubnetIds": ["s-1"], key: settings}


def remembered(account: Account, hands: Any) -> Any:
    return Share().remember(hands, CALL, account.seal)


def test_a_share_is_backed_up_and_made_again_from_that_backup(account: Account) -> None:
    hands: Any = Shares(system(ThroughputCapacity=32), "CREATING", "AVAILABLE")
    memory = remembered(account, hands)

    said = list(Share().back_up(hands, CALL, memory))
    restored = list(Share().restore(hands, CALL, memory, account.unseal))

    assert said == ["backup of `fs-1` is `CREATING`", "backup `b-1` of `fs-1` can be restored"]
    assert restored == ["`fs-2` holds what `fs-1` held"]
    (_, copied), (_, made) = hands.done
    assert (copied["ClientRequestToken"], copied["Tags"]) == ("interlock-a1b2c3d4", MINE)
    assert (made["BackupId"], made["SubnetIds"]) == ("b-1", ["s-1"])
    assert made["WindowsConfiguration"] == {"ThroughputCapacity": 32}


def test_a_backup_that_fails_is_no_copy_and_another_case_s_is_none(account: Account) -> None:
    hands: Any = Shares(system(), "FAILED")
    memory = remembered(account, hands)

    assert not Share().left(hands, CALL)
    with pytest.raises(TargetError, match="`FAILED`"):
        list(Share().back_up(hands, CALL, memory))


def test_backing_up_twice_makes_one_backup(account: Account) -> None:
    hands: Any = Shares(system(), "AVAILABLE")
    memory = remembered(account, hands)

    list(Share().back_up(hands, CALL, memory))
    list(Share().back_up(hands, CALL, memory))

    assert [name for name, _ in hands.done] == ["create_backup"]
    assert Share().left(hands, CALL)


@pytest.mark.parametrize(
    "found", [None, system("ONTAP"), system("LUSTRE", DeploymentType="SCRATCH_2")], ids=["gone", "ontap", "scratch"]
)
def test_what_cannot_be_backed_up_as_a_whole_keeps_no_way_back(account: Account, found: Any) -> None:
    assert remembered(account, Shares(found)) is None


def test_whether_it_went_is_asked_of_the_service(account: Account) -> None:
    going = {**system(), "Lifecycle": "DELETING"}

    assert Share().seen(Shares(going), CALL, "run") == "done"  # type: ignore[arg-type]
    assert Share().seen(Shares(system()), CALL, "run") == "not-done"  # type: ignore[arg-type]
    assert Share().seen(Shares(None), CALL, "undo") == "in-part"  # type: ignore[arg-type]
