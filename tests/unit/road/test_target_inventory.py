"""What the operator wrote down beside a target counts in every judgement of it, and missing it stops the change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from interlock.errors import TargetError
from interlock.model.canon import canonical
from interlock.model.change import Resource
from interlock.model.inventory import Edge, Inventory
from interlock.testing.world import World, simulated

REPORT = Resource("service", "nightly report", "production")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home", orders=5) as made:
        file = tmp_path / "beside.json"
        table = Resource("sql.table", "orders", "production")
        edge = Edge(REPORT, table, "uses", "hard", "the owners said so")
        file.write_bytes(canonical(Inventory("beside", edges=(edge,))))
        targets = made.control.configuration.targets
        targets["shop"] = msgspec.structs.replace(targets["shop"], inventory=(str(file),))
        yield made


def test_a_thing_that_only_the_operators_file_knows_is_in_reach(world: World) -> None:
    case = world.propose("UPDATE orders SET status = 'paid' WHERE id = 1")

    assert case.assessment is not None
    assert REPORT.name in {each.resource.name for each in case.assessment.reach.may}


def test_a_file_that_is_gone_stops_the_change_and_is_named(world: World) -> None:
    (path,) = world.control.configuration.targets["shop"].inventory
    Path(path).unlink()

    with pytest.raises(TargetError, match="an inventory of target `shop` cannot be read") as caught:
        world.propose("UPDATE orders SET status = 'paid' WHERE id = 1")
    assert caught.value.where == path
