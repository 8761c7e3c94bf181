"""What a picture shows: who hangs from whom, what is cut, what is counted, and where it stands."""

from __future__ import annotations

import random

import pytest
from report_words import effect, felt, subject, thing

from interlock.model.assessment import Reached
from interlock.report.layout import CARD, WIDTH, layout
from interlock.report.scene import BUDGET, NOBODY, Scene, scene
from interlock.report.visible import columns, fitted, visible


def parents(shown: Scene) -> dict[str, str]:
    return {node.name: shown.nodes[node.parent].name if node.parent != NOBODY else "" for node in shown.nodes}


def test_a_thing_hangs_from_the_thing_whose_chain_is_the_beginning_of_its_own() -> None:
    shown = scene(subject(must=[felt("app", "db")], may=[felt("dns", "db", "app"), felt("log", "db")]))

    assert parents(shown) == {"db": "", "app": "db", "dns": "app", "log": "db"}
    assert [node.ring for node in shown.nodes] == ["changed", "must", "may", "may"]


def test_where_the_middle_of_a_chain_is_not_known_a_thing_hangs_from_what_is() -> None:
    far = Reached(thing("far"), ("change 1: update `db`", "… 12 steps more …", "`far` uses `near`"))

    shown = scene(subject(may=[far]))

    assert parents(shown)["far"] == "db"
    assert shown.nodes[1].via == ("… 12 steps more …", "`far` uses `near`")


def test_a_thing_with_a_chain_of_nobody_stands_alone() -> None:
    shown = scene(subject(may=[Reached(thing("stray"), ("the rehearsal: delete 3 in `stray`",))]))

    assert parents(shown)["stray"] == ""


def test_each_ring_counts_what_the_one_inside_of_it_does_not() -> None:
    shown = scene(subject(must=[felt("a", "db")], may=[felt("b", "db"), felt("c", "db")]))

    assert shown.totals == {"changed": 1, "must": 1, "may": 2}
    assert shown.hidden == {"changed": 0, "must": 0, "may": 0}


def test_the_gravest_of_what_is_done_to_a_thing_comes_first() -> None:
    shown = scene(subject([effect("db", "update"), effect("db", "delete"), effect("db", "create")]))

    assert shown.nodes[0].verbs == ("delete", "update", "create")


def test_production_is_what_the_configuration_says_it_is_and_the_changes_place_where_nothing_is_said() -> None:
    shown = scene(subject(may=[felt("a", "db", environment="staging"), felt("b", "db", environment="elsewhere")]))

    assert {node.name: node.production for node in shown.nodes} == {"db": True, "a": False, "b": True}


def crowd(changed: int, must: int, may: int) -> Scene:
    return scene(
        subject(
            [effect(f"c{n:04}", "update") for n in range(changed)],
            must=[felt(f"m{n:04}", f"c{n % changed:04}") for n in range(must)],
            may=[felt(f"y{n:04}", f"c{n % changed:04}", f"m{n % must:04}") for n in range(may)],
        )
    )


@pytest.mark.parametrize(("changed", "must", "may"), [(400, 30, 9_000), (3, 2_000, 5), (150, 1, 0), (151, 1, 1)])
def test_no_more_than_the_budget_is_shown_and_the_rest_is_counted(changed: int, must: int, may: int) -> None:
    shown = crowd(changed, must, may)

    assert len(shown.nodes) <= BUDGET
    assert len(shown.nodes) + sum(shown.hidden.values()) == changed + must + may
    assert shown.totals == {"changed": changed, "must": must, "may": may}


def test_what_is_shown_brings_all_that_it_hangs_from_along() -> None:
    shown = crowd(400, 300, 5_000)

    assert all(node.parent != NOBODY for node in shown.nodes if node.ring != "changed")
    assert all(node.parent < index for index, node in enumerate(shown.nodes))


def test_what_is_destroyed_or_critical_is_never_cut_for_what_is_created() -> None:
    many = [effect(f"new{n:03}", "create") for n in range(500)]
    shown = scene(subject([*many, effect("gone", "delete"), effect("vital", "update")], critical=["vital"]))

    assert {"gone", "vital"} <= {node.name for node in shown.nodes}
    assert shown.hidden["changed"] == 502 - BUDGET


def places(may: list[Reached]) -> dict[str, tuple[int, int]]:
    shown = scene(subject(may=may))
    return {shown.nodes[card.node].name: (card.x, card.y) for card in layout(shown).cards}


def test_the_same_reach_in_another_order_gives_the_same_picture() -> None:
    members = [felt(f"m{n:02}", "db") for n in range(30)]
    shuffled = members[:]
    random.Random(3).shuffle(shuffled)

    assert places(members) == places(shuffled)


@pytest.mark.parametrize(
    ("changed", "must", "may"), [(1, 1, 1), (6, 11, 23), (60, 45, 45), (400, 300, 900), (2, 60, 0)]
)
def test_no_two_things_stand_on_one_place(changed: int, must: int, may: int) -> None:
    placed = layout(crowd(changed, must, may))
    taken: set[tuple[int, int]] = set()
    for card in placed.cards:
        for y in range(card.y, card.y + (26 if card.small else CARD)):
            assert (card.x, y) not in taken
            taken.add((card.x, y))
            assert 0 <= card.x <= placed.width - WIDTH
            assert y <= placed.height


def test_every_thing_that_is_shown_has_one_place() -> None:
    shown = crowd(60, 45, 45)

    assert sorted(card.node for card in layout(shown).cards) == list(range(len(shown.nodes)))


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_things_that_only_changed_stand_under_no_other_heading(count: int) -> None:
    placed = layout(scene(subject([effect(f"t{number}") for number in range(count)])))

    lane = placed.lanes[0]
    assert all(lane.x <= card.x and card.x + WIDTH <= lane.x + lane.width for card in placed.cards)
    assert placed.lanes_end == placed.height


def test_no_path_goes_through_a_thing_that_stands_in_its_row() -> None:
    shown = crowd(6, 11, 23)
    placed = layout(shown)
    for link in placed.links:
        for card in placed.cards:
            if card.y <= link.to_y < card.y + CARD and card.node != link.node:
                assert not link.x + 30 < card.x < link.to_x, f"{link} goes through {card}"


def test_a_chain_as_long_as_chains_get_has_a_place() -> None:
    names = [f"n{number}" for number in range(60)]
    shown = scene(subject(may=[felt(name, "db", *names[:index]) for index, name in enumerate(names)]))
    placed = layout(shown)

    assert len(placed.cards) == 61
    assert placed.width < 3_000


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb\x00", "a\\nb\\x00"),
        ("\ud800", "\\ud800"),
        ("größe 注文", "größe 注文"),
    ],
)
def test_text_that_would_be_obeyed_is_shown_instead(text: str, seen: str) -> None:
    assert visible(text) == seen


@pytest.mark.parametrize("text", ["short", "x" * 200, "注文" * 40, "a\u0301" * 60])
def test_a_fitted_text_is_never_wider_than_its_room(text: str) -> None:
    assert columns(fitted(text, 28)) <= 28


def test_a_name_that_is_too_long_keeps_both_of_its_ends() -> None:
    assert fitted("module.a.b.c.d.e.aws_instance.main", 20).startswith("module")
    assert fitted("module.a.b.c.d.e.aws_instance.main", 20).endswith("main")
