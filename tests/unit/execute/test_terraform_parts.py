"""The smaller parts of executing plans: credentials, markers, the lock, progress, and the state that would come."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from interlock.errors import BadConfiguration, BadProposal, KeyLost, TargetError
from interlock.execute.terraform import package, tool
from interlock.execute.terraform.hypothesis import after
from interlock.execute.terraform.inverse import objection
from interlock.execute.terraform.keep import Marker, applied, held, read_marker, remember, write_marker
from interlock.execute.terraform.package import Deeds
from interlock.execute.terraform.progress import listed, progress
from interlock.execute.terraform.setting import Setting, credentials_in, setting_of
from interlock.execute.terraform.state import differing, identity, instances
from interlock.execute.terraform.workshop import sweep
from interlock.model.planned import Identity
from interlock.model.target import Target


@pytest.fixture
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setting:
    monkeypatch.setattr("interlock.execute.terraform.setting._tool", lambda *_: Path("/usr/bin/true"))
    return setting_of(Target("net", "terraform", str(tmp_path)))


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no such folder"):
        setting_of(Target("net", "terraform", str(tmp_path / "none")))
    assert list(tmp_path.iterdir()) == []


def test_a_tool_that_is_not_installed_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="not installed"):
        setting_of(Target("net", "terraform", str(tmp_path), settings=(("tool", "/nowhere/terraform"),)))


def test_credentials_are_lines_that_only_their_owner_can_read(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("# of ours\n\nA=1\nB = 2\n".replace(" = ", "=x=") + "C=\n")
    path.chmod(0o640)
    with pytest.raises(KeyLost, match="others can read"):
        credentials_in(str(path))
    path.chmod(0o600)

    assert credentials_in(str(path)) == {"A": "1", "B": "x=2", "C": ""}
    assert credentials_in("") == {}
    with pytest.raises(KeyLost):
        credentials_in(str(tmp_path / "none"))


@pytest.mark.parametrize(
    "line",
    ["no line", "1A=x", "PATH=/x", "LD_PRELOAD=x", "TF_CLI_ARGS=x", "TF_CLI_CONFIG_FILE=x", "TF_WORKSPACE=x", "HOME=/",
     "TF_REATTACH_PROVIDERS={}", "TF_LOG=trace", "PYTHONPATH=x", "TF_DATA_DIR=x", "BASH_ENV=x"],
)  # fmt: skip
def test_a_line_that_would_choose_for_the_target_is_no_credential(tmp_path: Path, line: str) -> None:
    path = tmp_path / "credentials"
    path.touch(mode=0o600)
    path.write_text(line)

    with pytest.raises(BadConfiguration) as caught:
        credentials_in(str(path))
    assert "x" not in str(caught.value).replace(str(path), "")


def test_a_marker_comes_back_as_it_was_and_a_foreign_one_stops_everything(setting: Setting) -> None:
    marker = Marker("digest", "started", "lineage", 3, 5, "/tmp/interlock-x")
    with held(setting):
        write_marker(setting, "c1", "run", marker)

    assert read_marker(setting, "c1", "run") == marker
    assert read_marker(setting, "c1", "undo") is None
    assert (setting.kept / "c1.run.json").stat().st_mode & 0o777 == 0o600
    (setting.kept / "c1.run.json").write_text('{"digest": "other"}')
    with pytest.raises(TargetError, match="not as Interlock wrote it"):
        read_marker(setting, "c1", "run")


def test_the_lock_is_held_by_whoever_inherits_it(setting: Setting) -> None:
    ready, over = os.pipe(), os.pipe()
    with held(setting) as lock:
        pid = os.fork()
        if pid == 0:
            os.set_inheritable(lock, True)
            os.write(ready[1], b"x")
            os.read(over[0], 1)
            os._exit(0)
        os.read(ready[0], 1)
    with pytest.raises(TargetError, match="still being applied"), held(setting):
        pass
    os.write(over[1], b"x")
    os.waitpid(pid, 0)

    with held(setting):
        pass


def test_what_was_applied_is_known_only_for_that_very_state(setting: Setting) -> None:
    setting.kept.mkdir()
    remember(setting, "c1", Identity("a", 3), b"source")

    assert applied(setting, Identity("a", 3)) == b"source"
    assert applied(setting, Identity("a", 4)) is None
    assert applied(setting, Identity("b", 3)) is None
    assert applied(setting, Identity("", 0)) is None
    remember(setting, "c2", Identity("a", 3), None)
    assert applied(setting, Identity("a", 3)) is None


def hook(type_: str, address: str) -> dict[str, object]:
    return {"@message": "", "type": type_, "hook": {"resource": {"addr": address}}}


def lines(*said: dict[str, object]) -> list[tool.Line]:
    return tool.lines(b"\n".join(json.dumps(each).encode() for each in said) + b"\nno line\n")


def test_progress_tells_what_is_done_what_is_open_and_whether_it_ended() -> None:
    error = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "no"}}
    end = {"type": "change_summary", "changes": {"operation": "apply"}}
    begun = [hook("apply_start", "a"), hook("apply_complete", "a"), hook("apply_start", "b")]

    assert progress(lines(*begun))[:3] == (("a",), ("b",), False)
    assert progress(lines(*begun, hook("apply_complete", "b"), end))[:3] == (("a", "b"), (), True)
    failed = progress(lines(*begun, hook("apply_errored", "b"), error, end))
    assert (failed.done, failed.open, failed.complete) == (("a",), (), False)
    assert failed.error is not None
    replaced = progress(lines(*begun[:2], hook("apply_start", "a"), hook("apply_errored", "a"), error))
    assert (replaced.done, replaced.open) == ((), ())


def test_many_addresses_are_listed_in_part_and_counted() -> None:
    assert listed(["a", "b"]) == "`a`, `b`"
    assert listed([str(number) for number in range(25)]).endswith("`19` and 5 more")


def state(*resources: tuple[str, object, object]) -> bytes:
    told = [
        {
            "mode": "managed",
            "type": "t",
            "name": name,
            "provider": "p",
            "instances": [{"index_key": key, "attributes": value}],
        }
        for name, key, value in resources
    ]
    return json.dumps({"version": 4, "serial": 3, "lineage": "l", "resources": told}).encode()


def test_a_state_tells_which_it_is_and_what_differs() -> None:
    before, now = (
        state(("a", None, {"x": 1}), ("b", 0, {}), ("c", 'k"', {})),
        state(("a", None, {"x": 2}), ("b", 0, {})),
    )

    assert identity(before, "dev") == Identity("l", 3, "dev", 3)
    assert identity(b"", "dev") == Identity("", 0, "dev", 0)
    assert sorted(instances(before)) == ["t.a", "t.b[0]", 't.c["k\\""]']
    assert differing(before, now) == ["t.a", 't.c["k\\""]']
    for broken in (b"x", b'{"version": 3}', b"[]"):
        with pytest.raises(TargetError):
            identity(broken, "dev")


def change(name: str, actions: list[str], value: object, **more: object) -> dict[str, object]:
    named = {"address": f"t.{name}", "mode": "managed", "type": "t", "name": name, "provider_name": "p"}
    return {**named, "change": {"actions": actions, "after": value}, **more}


def test_the_state_that_would_come_has_the_plans_values() -> None:
    plan = {
        "resource_changes": [
            change("a", ["update"], {"x": 2}),
            change("b", ["delete"], None, index=0),
            change("new", ["create"], {"x": 9}, module_address="module.m"),
            change("c", ["no-op"], {}),
        ]
    }
    come = after(state(("a", None, {"x": 1}), ("b", 0, {}), ("c", None, {"y": 1})), json.dumps(plan).encode())

    told = {resource["name"]: resource for resource in json.loads(come)["resources"]}
    assert {name: each["instances"][0]["attributes"] for name, each in told.items()} == {
        "a": {"x": 2}, "c": {"y": 1}, "new": {"x": 9},
    }  # fmt: skip
    assert told["new"]["module"] == "module.m"
    assert json.loads(come)["serial"] == 4
    with pytest.raises(TargetError):
        after(b"", json.dumps({"resource_changes": [change("a", ["forget"], None)]}).encode())


def test_in_the_state_that_would_come_a_chain_has_moved_and_what_was_imported_is_there() -> None:
    """All move at once: what stood where another one goes is not taken for it."""
    plan = {
        "resource_changes": [
            change("b", ["no-op"], {"x": 1}, previous_address="t.a"),
            change("c", ["update"], {"x": 5}, previous_address="t.b"),
            change("d", ["no-op"], {"x": 7}, previous_address='module.m["k"].t.d'),
            {**change("i", ["no-op"], {"x": 9}), "change": {"actions": ["no-op"], "after": {"x": 9}, "importing": {}}},
        ]
    }
    plan["resource_changes"][3]["change"]["importing"] = {"id": "i"}  # type: ignore[index]  # an object
    was = json.loads(state(("a", None, {"x": 1}), ("b", None, {"x": 2}), ("d", None, {"x": 7})))
    was["resources"][2]["module"] = 'module.m["k"]'
    come = json.loads(after(json.dumps(was).encode(), json.dumps(plan).encode()))

    told = {(each.get("module", ""), each["name"]): each["instances"] for each in come["resources"]}
    assert {key: [one["attributes"]["x"] for one in each] for key, each in told.items()} == {
        ("", "b"): [1], ("", "c"): [5], ("", "d"): [7], ("", "i"): [9],
    }  # fmt: skip


def test_a_move_of_what_is_not_in_the_state_cannot_be_tried() -> None:
    plan = {"resource_changes": [change("b", ["no-op"], {}, previous_address="t.nowhere")]}

    with pytest.raises(TargetError, match="not in the state"):
        after(state(("a", None, {})), json.dumps(plan).encode())


def deeds(**actions: tuple[str, ...]) -> Deeds:
    return Deeds(actions, {}, frozenset())


def test_what_a_way_back_may_not_do() -> None:
    does = deeds(new=("create",), old=("update",), gone=("delete",), anew=("delete", "create"))
    back = deeds(new=("delete",), old=("update",), gone=("create",), anew=("create", "delete"))

    assert objection(does, back) == ""
    assert "did not create: `old`" in objection(does, deeds(old=("delete", "create")))
    assert "did not create: `gone`" in objection(does, deeds(gone=("delete",)))
    assert "did not touch: `other`" in objection(does, deeds(other=("update",)))
    assert "did not create: `other`" in objection(does, deeds(other=("delete",)))
    assert objection(does, deeds(old=("forget",)))


def test_only_a_package_of_ours_is_opened() -> None:
    for payload in (b"", b"x", b"PK\x03\x04", b"{}"):
        with pytest.raises(BadProposal):
            package.unpack(payload)
    with pytest.raises(TargetError):
        package.members_of(b"x")


def test_only_our_own_workshops_are_swept_away(tmp_path: Path) -> None:
    for name in ("interlock-x", "other"):
        (tmp_path / name).mkdir()
        sweep(tmp_path / name)

    assert (tmp_path / "interlock-x").exists()
    assert (tmp_path / "other").exists()


def test_credentials_are_taken_out_of_what_is_kept() -> None:
    text = tool.clean(b'it is s3cr"et-value and abc', ('s3cr"et-value', "abc"))

    assert text == b"it is [redacted:credential] and abc"
    assert b"s3cr" not in tool.clean(json.dumps({"x": 's3cr"et-value'}).encode(), ('s3cr"et-value',))
