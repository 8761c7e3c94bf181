"""Terraform, executed for real: what is planned is what is applied, what came of it is known, and it can be undone."""

from __future__ import annotations

import io
import json
import os
import signal
import time
import zipfile
from pathlib import Path

import pytest
from tests.unit.execute.terraform_world import SECRET, TerraformWorld, edited, files, head, require_terraform, resources

from interlock.errors import BadProposal, Refused, Stale, TargetError
from interlock.execute.terraform import package
from interlock.execute.terraform.keep import read_marker
from interlock.execute.terraform.setting import setting_of
from interlock.execute.terraform.workshop import sweep
from interlock.model.planned import Identity


@pytest.fixture
def world(tmp_path: Path) -> TerraformWorld:
    require_terraform()
    return TerraformWorld(tmp_path)


def test_a_plan_is_whole_and_says_what_it_was_made_on(world: TerraformWorld) -> None:
    (world.folder / "prod.auto.tfvars").write_text('x = "of the operator"\n')
    text = 'variable "x" {\n  default = "y"\n}\nresource "terraform_data" "a" {\n  input = var.x\n}\n'
    payload = world.plan(text, Identity("before", 7, "default", 3))
    opened = package.unpack(payload)

    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.read("config/./main.tf").decode() == text
        assert not [name for name in names if "interlock_override" in name]
    assert opened.head.identity == Identity("", 0, "default", 0)
    assert opened.head.previous == package.Known("before", 7, "default", 3)
    assert opened.head.arguments == ("-refresh=true", "-var-file=prod.auto.tfvars")
    assert (
        json.loads(opened.plan)["planned_values"]["root_module"]["resources"][0]["values"]["input"] == "of the operator"
    )
    assert world.state() == {}
    assert sorted(path.name for path in world.folder.iterdir()) == ["prod.auto.tfvars"]


def test_a_change_is_applied_as_it_was_planned_and_undone_again(world: TerraformWorld) -> None:
    first, steps = world.run(resources(a="x", b="y"), "c1")
    assert world.inputs() == {"a": "x", "b": "y"}
    assert [(step.name, step.phase) for step in steps] == [("apply", "about"), ("apply", "did")]
    assert world.executor.look(first, "run") == "done"

    payload = world.plan(resources(a="x2", c="z"))
    assert head(payload).identity.resources == 2
    proof = world.rehearse(payload).rollback
    second, steps = world.order(payload, "c2"), world.execute(world.order(payload, "c2"))

    assert world.inputs() == {"a": "x2", "c": "z"}
    assert (proof.verdict, proof.simulated) == ("valid-with-loss", True)
    assert "`terraform_data.b`" in proof.why
    assert b"Apply complete" in world.vault[steps[-1].output]

    world.undo(second, steps)
    assert world.inputs() == {"a": "x", "b": "y"}
    assert world.executor.look(second, "undo") == "done"
    assert list(world.executor.close(second))[-1].phase == "did"
    assert world.executor.look(second, "close") == "done"


def test_what_only_creates_is_undone_by_destroying_exactly_that(world: TerraformWorld) -> None:
    world.run(resources(a="x"), "c1")
    (world.folder / ".interlock" / "applied.json").unlink()  # as if it had been applied by somebody else
    payload = world.plan(resources(a="x", b="y"))
    proof = world.rehearse(payload).rollback
    order, steps = world.order(payload, "c2"), world.execute(world.order(payload, "c2"))
    world.undo(order, steps)

    assert (proof.verdict, proof.simulated, proof.steps) == ("valid", True, ("delete `terraform_data.b`",))
    assert world.inputs() == {"a": "x"}


def test_without_a_known_configuration_an_update_is_not_undone(world: TerraformWorld) -> None:
    world.run(resources(a="x"), "c1")
    (world.folder / ".interlock" / "applied.json").unlink()
    payload = world.plan(resources(a="y"))
    proof = world.rehearse(payload).rollback
    order, steps = world.order(payload, "c2"), world.execute(world.order(payload, "c2"))

    assert (proof.verdict, proof.simulated) == ("unknown", False)
    with pytest.raises(Refused, match="not known to Interlock"):
        world.undo(order, steps)
    assert world.inputs() == {"a": "y"}
    assert world.executor.look(order, "undo") == "not-done"


def test_an_undo_of_a_state_that_others_changed_since_is_stale(world: TerraformWorld) -> None:
    world.run(resources(a="x"), "c1")
    order, steps = world.run(resources(a="y"), "c2")
    world.run(resources(a="z"), "c3")

    with pytest.raises(Stale):
        world.undo(order, steps)
    assert world.inputs() == {"a": "z"}


def test_a_state_that_moved_since_the_plan_makes_it_stale_and_nothing_happens(world: TerraformWorld) -> None:
    late = world.order(world.plan(resources(a="late")), "late")
    world.run(resources(a="first"), "c1")
    _, error = world.tried(late)

    assert isinstance(error, Stale)
    assert world.inputs() == {"a": "first"}
    with pytest.raises(Stale):
        world.rehearse(late.payload)


def test_a_plan_for_another_workspace_is_stale(world: TerraformWorld) -> None:
    order = world.order(world.plan(resources(a="x")))
    world.set("workspace", "other")
    _, error = world.tried(order._replace(target=world.target))

    assert isinstance(error, Stale)
    assert world.state() == {}


def test_a_workspace_has_a_state_of_its_own(world: TerraformWorld) -> None:
    world.run(resources(a="x"), "c1")
    world.set("workspace", "dev")
    world.run(resources(a="y"), "c2")

    assert world.inputs() == {"a": "x"}
    assert (world.folder / "terraform.tfstate.d" / "dev" / "terraform.tfstate").exists()


def test_an_edited_plan_is_not_applied_though_the_tool_itself_would_take_it(
    world: TerraformWorld,
) -> None:
    payload = edited(world.plan(resources(a="large")), b"large", b"LARGE")
    order = world.order(payload)
    _, error = world.tried(order)

    assert "does not say what was read of it" in error.message
    assert world.state() == {}
    with pytest.raises(TargetError):
        world.rehearse(payload)


def test_a_plan_that_does_more_than_was_read_is_not_applied(world: TerraformWorld) -> None:
    order = world.order(world.plan(resources(a="x")))
    more = world.plan(resources(a="x", b="y"))
    _, error = world.tried(order._replace(payload=more))

    assert "`terraform_data.b`" in error.message
    assert world.state() == {}


def test_no_case_is_applied_twice(world: TerraformWorld) -> None:
    order, _ = world.run(resources(a="x"), "c1")
    again = world.order(world.plan(resources(a="y")), "c1")
    _, error = world.tried(again)

    assert error.code == "twice"
    assert world.inputs() == {"a": "x"}
    assert world.executor.look(order, "run") == "done"


def test_while_something_is_applied_nothing_else_is_and_nobody_says_it_was_not(world: TerraformWorld) -> None:
    first, second = world.order(world.plan(resources(a="x")), "c1"), world.order(world.plan(resources(a="y")), "c2")
    steps = world.executor.execute(first, world.seal)
    assert next(steps).phase == "about"

    with pytest.raises(TargetError, match="still being applied"):
        list(world.executor.execute(second, world.seal))
    with pytest.raises(TargetError, match="still being applied"):
        world.executor.look(first, "run")
    steps.close()
    assert world.executor.look(first, "run") == "not-done"
    assert world.state() == {}


def test_real_things_are_made_changed_replaced_and_destroyed(world: TerraformWorld) -> None:
    """Replaced in both orders: what is destroyed first is gone meanwhile, what is created first never is."""
    world.lock()
    one = {"content": "1"}
    world.run(files(a=one, b=one, c=one, d=one), "c1")
    assert world.standing() == {"a": "1", "b": "1", "c": "1", "d": "1"}

    changed = files("c", a={"content": "2"}, b={"name": "b2", **one}, c={"name": "c2", **one})
    order, steps = world.run(changed, "c2")
    calls = world.calls()
    assert world.standing() == {"a": "2", "b2": "1", "c2": "1"}
    assert calls.index("delete b") < calls.index("create b2")
    assert calls.index("create c2") < calls.index("delete c")
    assert "4 done" in steps[-1].detail

    world.undo(order, steps)
    assert world.standing() == {"a": "1", "b": "1", "c": "1", "d": "1"}
    assert SECRET.encode() not in b"".join(world.vault.values())


def test_a_failure_half_way_says_what_was_done_and_the_rest_can_be_done_later(world: TerraformWorld) -> None:
    world.lock()
    text = files(a={"content": "1"}, b={"content": "1", "fail": "create"})
    order = world.order(world.plan(text), "c1")
    steps, error = world.tried(order)

    assert error.message.startswith("1 of 2 were done (`ilk_file.a`)")
    assert "went wrong" in error.message
    assert (steps[-1].phase, steps[-1].detail) == ("did", world.executor.account(order, "run"))
    assert world.standing() == {"a": "1"}
    assert world.executor.look(order, "run") == "in-part"
    world.run(files(a={"content": "1"}, b={"content": "1"}), "c2")
    assert world.standing() == {"a": "1", "b": "1"}
    assert SECRET.encode() not in b"".join(world.vault.values())


def test_a_worker_that_is_killed_leaves_the_tool_to_its_end_and_recovery_finds_it_done(world: TerraformWorld) -> None:
    world.lock()
    text = files(a={"content": "1", "slow": 3})
    order = world.order(world.plan(text), "c1")
    pid = os.fork()
    if pid == 0:
        try:
            list(world.executor.execute(order, world.seal))
        finally:
            os._exit(0)
    wait_for(lambda: "create a" in world.calls())
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

    with pytest.raises(TargetError, match="still being applied"):
        world.executor.look(order, "run")
    wait_for(lambda: not busy(world, order))
    assert world.executor.look(order, "run") == "done"
    assert world.standing() == {"a": "1"}
    assert (world.folder / ".interlock" / "applied.json").exists()


def test_where_the_tool_was_killed_too_nobody_claims_to_know(world: TerraformWorld) -> None:
    world.lock()
    order = world.order(world.plan(files(a={"content": "1", "slow": 30})), "c1")
    pid = os.fork()
    if pid == 0:
        os.setsid()
        try:
            list(world.executor.execute(order, world.seal))
        finally:
            os._exit(0)
    wait_for(lambda: "create a" in world.calls())
    tool = [int(path.name) for path in Path("/proc").glob("[0-9]*") if _is_tool(path, world)]
    for each in (pid, *tool):
        os.kill(each, signal.SIGKILL)
    os.waitpid(pid, 0)

    wait_for(lambda: not busy(world, order))
    assert world.executor.look(order, "run") == "unknown"
    marker = read_marker(setting_of(world.target), "c1", "run")
    assert marker is not None
    assert Path(marker.workshop).exists(), "what it said stays for whoever has to look"
    sweep(Path(marker.workshop))


def _is_tool(process: Path, world: TerraformWorld) -> bool:
    """A process that was started for this world: its environment says where the files are."""
    try:
        return f"ILK_DIR={world.made}".encode() in (process / "environ").read_bytes()
    except OSError:
        return False


def busy(world: TerraformWorld, order: object) -> bool:
    try:
        world.executor.look(order, "run")  # type: ignore[arg-type]  # an order
    except TargetError as error:
        return error.code == "busy"
    return False


def wait_for(condition: object, seconds: int = 60) -> None:
    for _ in range(seconds * 10):
        if condition():  # type: ignore[operator]  # a function
            return
        time.sleep(0.1)
    pytest.fail("it did not come to that")


def test_what_is_too_slow_is_asked_to_stop_and_its_end_is_told(world: TerraformWorld) -> None:
    world.lock()
    order = world.order(world.plan(files(a={"content": "1"}, b={"content": "1", "slow": 4})), "c1")
    world.set("timeout", "1000")
    _, error = world.tried(order._replace(target=world.target))

    assert "longer than 1 s" in error.message or "longer than 1 s" in error.hint
    assert world.executor.look(order, "run") in ("in-part", "not-done")


def test_an_undo_that_would_make_anew_what_it_did_not_create_is_refused(world: TerraformWorld) -> None:
    """A file that was moved by replacing it can be put back; one that others made in its place cannot."""
    world.lock()
    world.run(files(a={"content": "1"}, b={"content": "1"}), "c1")
    order, steps = world.run(files(a={"content": "2"}, b={"content": "1"}), "c2")
    (world.made / "b").unlink()  # somebody takes away what the case did not touch

    with pytest.raises(Refused, match=r"did not touch: `ilk_file\.b`"):
        world.undo(order, steps)
    assert world.standing() == {"a": "2"}
    assert world.executor.look(order, "undo") == "not-done"


def test_broken_configuration_is_one_clear_error_of_the_tool(world: TerraformWorld) -> None:
    with pytest.raises(BadProposal, match=r"main\.tf:2: checking it failed: Reference to undeclared resource"):
        world.plan('output "x" {\n  value = terraform_data.none.id\n}\n')
    with pytest.raises(BadProposal, match="Unsupported block type"):
        world.plan("nothing {\n}\n")
