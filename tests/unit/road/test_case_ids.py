"""Ids of cases: all different, neighbours within a burst, drawn anew after it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from interlock.caseids import ALPHABET, RUN, RUN_MS, CaseIds
from interlock.testing.world import Clock


class Drawing:
    """Chance that counts how often it was asked."""

    def __init__(self, *draws: int) -> None:
        self.clock = Clock()
        self.left = list(draws)

    def ids(self) -> CaseIds:
        return CaseIds(lambda size: self.left.pop(0).to_bytes(size, "big"), self.clock.senses().monotonic)


def number(case_id: str) -> int:
    value = 0
    for letter in case_id:
        value = value * 32 + ALPHABET.index(letter)
    return value


def test_a_burst_of_cases_has_neighbouring_ids_that_differ_in_two_places_and_only_one_draw() -> None:
    drawing = Drawing(1_234_567_890)
    ids = drawing.ids()

    drawn = [ids.draw() for _ in range(RUN)]

    assert len(set(drawn)) == RUN
    assert drawn == sorted(drawn)
    assert {len(case_id) for case_id in drawn} == {8}
    assert all(sum(one != other for one, other in zip(*pair, strict=True)) >= 2 for pair in pairwise(drawn))
    assert drawing.left == []


@pytest.mark.parametrize(("made", "seconds"), [(RUN, 0.0), (1, RUN_MS / 1000)], ids=["a full run", "a second later"])
def test_after_a_full_run_or_a_second_the_next_id_is_drawn(made: int, seconds: float) -> None:
    drawing = Drawing(0, 2**39)
    ids = drawing.ids()
    burst = [ids.draw() for _ in range(made)]

    drawing.clock.forward(seconds)
    after = ids.draw()

    assert number(after) - number(burst[-1]) > 2**38


def test_a_run_goes_round_at_the_end_of_the_numbers() -> None:
    ids = Drawing(2**40 - 1).ids()

    assert number(ids.draw()) == 32
