"""The way back of moves and imports: what moved moves back, what was imported is only forgotten; both are tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.execute.terraform_world import TerraformWorld, require_terraform, resources

from interlock.errors import Refused
from interlock.execute.terraform.inverse import BACK, objection, way_back
from interlock.execute.terraform.package import Deeds, deeds, unpack

MOVED = "moved {\n  from = terraform_data.%s\n  to   = terraform_data.%s\n}\n"
IMPORTED = 'import {\n  to = terraform_data.%s\n  id = "taken-over"\n}\nresource "terraform_data" "%s" {}\n'


@pytest.fixture
def world(tmp_path: Path) -> TerraformWorld:
    require_terraform()
    return TerraformWorld(tmp_path)


def test_a_move_is_tried_backwards_and_gone_back(world: TerraformWorld) -> None:
    world.run(resources(a="x", b="y"), "c1")
    payload = world.plan(resources(c="x", b="y") + MOVED % ("a", "c"))
    proof = world.rehearse(payload).rollback
    order = world.order(payload, "c2")
    steps = world.execute(order)

    assert (proof.verdict, proof.simulated) == ("valid", True)
    assert proof.steps == ("move `terraform_data.c` back to `terraform_data.a`",)
    assert world.inputs() == {"b": "y", "c": "x"}
    before = world.ids()
    world.undo(order, steps)
    assert world.inputs() == {"a": "x", "b": "y"}
    assert world.ids()["a"] == before["c"]


def test_moves_with_changes_are_gone_back_without_anything_made_anew(world: TerraformWorld) -> None:
    world.run(resources(a="x", b="y"), "c1")
    before = world.ids()
    payload = world.plan(resources(d="x2", c="y") + MOVED % ("a", "d") + MOVED % ("b", "c"))
    proof = world.rehearse(payload).rollback
    order = world.order(payload, "c2")
    steps = world.execute(order)

    assert (proof.verdict, proof.simulated) == ("valid", True)
    assert world.ids() == {"d": before["a"], "c": before["b"]}
    world.undo(order, steps)
    assert world.inputs() == {"a": "x", "b": "y"}
    assert world.ids() == before


def test_instances_that_move_to_keys_move_back(world: TerraformWorld) -> None:
    world.run('resource "terraform_data" "a" {\n  count = 2\n  input = count.index\n}\n', "c1")
    keyed = 'resource "terraform_data" "a" {\n  for_each = { x = 0, "y z" = 1 }\n  input = each.value\n}\n'
    moves = 'moved {\n  from = terraform_data.a[0]\n  to = terraform_data.a["x"]\n}\n'
    moves += 'moved {\n  from = terraform_data.a[1]\n  to = terraform_data.a["y z"]\n}\n'

    proof = world.rehearse(world.plan(keyed + moves)).rollback

    assert (proof.verdict, proof.simulated) == ("valid", True)
    assert len(proof.steps) == 2


def test_what_came_under_management_is_forgotten_again_and_goes_on_existing(world: TerraformWorld) -> None:
    world.run(resources(a="x"), "c1")
    payload = world.plan(resources(a="x") + IMPORTED % ("b", "b"))
    proof = world.rehearse(payload).rollback
    order = world.order(payload, "c2")
    steps = world.execute(order)

    assert (proof.verdict, proof.simulated) == ("valid", True)
    assert proof.steps == ("forget `terraform_data.b`",)
    assert world.ids()["b"] == "taken-over"
    world.undo(order, steps)
    assert list(world.ids()) == ["a"]


def test_what_was_imported_and_changed_as_well_is_not_brought_back(world: TerraformWorld) -> None:
    world.run(resources(a="x"), "c1")
    text = 'import {\n  to = terraform_data.b\n  id = "taken-over"\n}\n' + resources(a="x", b="new")

    proof = world.rehearse(world.plan(text)).rollback

    assert proof.verdict == "unknown"
    assert "would not bring back `terraform_data.b`" in proof.why


def test_one_more_instance_of_what_was_managed_is_not_forgotten_with_all_the_others(world: TerraformWorld) -> None:
    one = 'resource "terraform_data" "a" {\n  for_each = toset([%s])\n}\n'
    world.run(one % '"x"', "c1")
    imported = 'import {\n  to = terraform_data.a["y"]\n  id = "taken-over"\n}\n' + one % '"x", "y"'

    proof = world.rehearse(world.plan(imported)).rollback

    assert proof.verdict in ("unknown", "invalid")
    assert not (proof.verdict == "valid" and proof.simulated)


def test_without_the_configuration_from_before_a_move_has_no_known_way_back(world: TerraformWorld) -> None:
    world.run(resources(a="x"), "c1")
    (world.folder / ".interlock" / "applied.json").unlink()
    payload = world.plan(resources(b="x") + MOVED % ("a", "b"))
    order = world.order(payload, "c2")

    assert world.rehearse(payload).rollback.verdict == "unknown"
    steps = world.execute(order)
    with pytest.raises(Refused):
        world.undo(order, steps)


def test_a_file_of_the_source_is_not_taken_for_ours(world: TerraformWorld) -> None:
    before = world.pack(resources(a="x"), **{BACK: "# mine\n"})
    moved = unpack(world.plan(resources(a="x")))

    assert way_back(moved, before) is None


def test_what_moves_keeps_its_two_names_in_what_is_touched(world: TerraformWorld) -> None:
    world.run(resources(a="x"), "c1")

    found = deeds(unpack(world.plan(resources(b="x") + MOVED % ("a", "b"))).plan)

    assert found == Deeds({}, {"terraform_data.b": "terraform_data.a"}, frozenset())
    assert found.touched == {"terraform_data.a", "terraform_data.b"}


NOTHING = Deeds({}, {}, frozenset())


@pytest.mark.parametrize(
    ("does", "back", "why"),
    [
        (Deeds({}, {"b": "a"}, frozenset()), Deeds({}, {"a": "b"}, frozenset()), ""),
        (Deeds({}, {"b": "a"}, frozenset()), Deeds({"b": ("delete",)}, {}, frozenset()), "would destroy"),
        (Deeds({}, {"b": "a"}, frozenset()), Deeds({}, {"a": "b", "d": "c"}, frozenset()), "would touch"),
        (Deeds({}, {}, frozenset({"i"})), Deeds({"i": ("forget",)}, {}, frozenset()), ""),
        (Deeds({}, {}, frozenset({"i"})), Deeds({"i": ("delete",)}, {}, frozenset()), "would destroy"),
        (Deeds({"u": ("update",)}, {}, frozenset()), Deeds({"u": ("forget",)}, {}, frozenset()), "more than change"),
        (Deeds({"u": ("update",)}, {}, frozenset()), Deeds({}, {}, frozenset({"u"})), "more than change"),
        (Deeds({"c": ("create",)}, {}, frozenset()), Deeds({"c": ("delete",)}, {}, frozenset()), ""),
        (NOTHING, Deeds({}, {}, frozenset({"x"})), "would touch"),
    ],
)
def test_only_what_the_change_did_is_taken_back(does: Deeds, back: Deeds, why: str) -> None:
    assert why in objection(does, back)
    assert bool(why) == bool(objection(does, back))
