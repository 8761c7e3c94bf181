"""An agent wants to fill the record, or to hide something from whoever votes behind much that is harmless."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from interlock.answer import told
from interlock.cli.render import LINES, case, cases
from interlock.errors import BadInput, BadProposal, NotFound
from interlock.judge import require_names
from interlock.model.change import Change, Effect, Resource
from interlock.read.names import LONGEST
from interlock.testing.world import World, simulated


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home") as found:
        yield found


def seen(picture: object, width: int = 100) -> str:
    screen = Console(file=io.StringIO(), width=width, highlight=False)
    screen.print(picture)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


# names


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM {}", "UPDATE orders SET {} = 1 WHERE id = 7", "{}", "SELECT * FROM {}", "DROP TABLE main.{}"],
)
def test_a_name_of_megabytes_is_recorded_once_and_not_many_times(world: World, sql: str) -> None:
    """It stands in the change, the reach, the findings and the reasons, which are kept for ever."""
    with pytest.raises(BadProposal, match="something is named by") as caught:
        world.propose(sql.format("a" * 1_000_000))

    (kept,) = world.control.record.cases()
    written = world.control.record.entries(f"case/{kept.id}")
    assert caught.value.code == "long-name"
    assert kept.state == "refused"
    assert sum(len(repr(entry)) for entry in written) < 10_000


@pytest.mark.parametrize(
    "effect",
    [
        Effect("read", Resource("t", "x" * (LONGEST + 1))),
        Effect("read", Resource("t" * (LONGEST + 1), "x")),
        Effect("read", Resource("t", "x", tags=(("k", "v" * (LONGEST + 1)),))),
        Effect("read", Resource("t", "x", location=(("l" * (LONGEST + 1), "v"),))),
        Effect("read", Resource("t", "x"), fields=("x" * (LONGEST + 1),)),
        Effect("read", Resource("t", "x"), keys=("x" * (LONGEST + 1),)),
        Effect("read", Resource("t", "x"), cause="x" * (LONGEST + 1)),
    ],
)
def test_no_part_of_an_effect_is_named_at_greater_length_than_things_are(effect: Effect) -> None:
    fine = Effect("read", Resource("t", "x" * LONGEST))

    assert require_names(Change("k", (fine,))).effects == (fine,)
    with pytest.raises(BadProposal, match="statement 1: something is named"):
        require_names(Change("k", (fine, effect)))


def test_a_change_that_no_entry_can_hold_is_refused_and_leaves_no_case_half_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlock.ledger.entry.MAX_DATA", 4_000)
    for target in ("shop", ""):
        with pytest.raises(BadInput, match="more than the 4,000 that one may have"):
            world.propose("DELETE FROM orders WHERE id = 7; " * 60, target=target)

    kept = world.control.record.cases()
    assert [case.state for case in kept] == ["refused", "refused"]
    assert "more than the 4,000 that one may have" in kept[0].problem


# what a person sees before they vote


def test_what_is_grave_does_not_hide_behind_what_is_harmless(world: World) -> None:
    made = world.propose("UPDATE orders SET status = 'paid' WHERE id = 7;" * 60 + "DROP TABLE payments")

    lines = seen(case(world.control.told(made))).splitlines()
    effects = [line for line in lines if "orders sql.table" in line or "payments sql.table" in line]
    assert "payments" in effects[0]
    assert any("and 49 more" in line for line in lines)


def test_a_payload_that_is_too_long_to_be_shown_says_that_it_is_cut(world: World) -> None:
    short, long = "SELECT 1;\n" * LINES, "SELECT 1;\n" * LINES + "DROP TABLE payments"
    wide = "SELECT 1 -- " + "x" * 20_000
    made = world.propose("SELECT 1")

    whole, cut, wider = (seen(case(world.control.told(made), text)) for text in (short, long, wide))

    assert "exactly this would run" in whole
    assert "cut here" not in whole
    for picture in (cut, wider):
        assert "exactly this would run" not in picture
        assert "not all of what would run" in picture
        assert "cut here" in picture
    assert "41 lines" in cut


def test_an_id_and_a_state_are_never_cut_in_a_list_however_narrow(world: World) -> None:
    made = [world.propose("UPDATE orders SET status = 'paid' WHERE id = 7"), world.propose("DROP TABLE orders")]
    answers = [told(one, None) | {"intent": "x" * 3_000} for one in made]

    for width in (50, 80, 100, 200):
        picture = seen(cases(answers, width), width)

        assert all(one.id in picture and one.state in picture for one in made)
        assert len(picture.splitlines()) < 40
        assert "reversibility" not in picture or width == 200


def test_a_case_that_was_taken_back_offers_no_way_back(world: World) -> None:
    done = world.run(world.approve(world.propose("UPDATE orders SET status = 'paid' WHERE status = 'pending'"), "ada"))
    offered = seen(case(world.control.told(done)))

    taken = seen(case(world.control.told(world.undo(done))))

    assert f"interlock undo {done.id}" in offered
    assert f"interlock undo {done.id}" not in taken


def test_whoever_is_no_registered_person_is_told_so_and_not_that_a_file_is_missing(world: World) -> None:
    made = world.propose("UPDATE orders SET status = 'paid' WHERE status = 'pending'")
    ballot = world.control.ballot(made, "ada", "approve")

    with pytest.raises(NotFound, match="there is no person `nobody`"):
        world.control.sign(msgspec.structs.replace(ballot, person="nobody"), "whatever")
