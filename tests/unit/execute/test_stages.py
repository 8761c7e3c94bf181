"""The state table of executions, swept, and the driver that holds executors to it."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from typing import Literal

import pytest

from interlock.errors import Stale, TargetError
from interlock.execute.run import drive
from interlock.execute.stages import NEXT, START, advance, finish
from interlock.model.change import Resource
from interlock.model.execution import Step
from interlock.model.inventory import Measured

Phase = Literal["about", "did"]


def steps_of(word: str) -> list[Step]:
    """`aA` is about a, did a."""
    return [Step(sign.lower(), "about" if sign.islower() else "did") for sign in word]


def test_of_all_short_sequences_only_said_and_done_pairs_of_different_steps_pass() -> None:
    allowed = set()
    for length in range(5):
        for signs in itertools.product("abAB", repeat=length):
            word = "".join(signs)
            try:
                list(drive(iter(steps_of(word))))
            except TargetError as error:
                assert error.code == "bad-step"
            else:
                allowed.add(word)
    assert {"aA", "bB", "aAbB", "bBaA"} == allowed


def test_every_place_of_the_table_can_be_reached_and_left() -> None:
    reached = {where for arrows in NEXT.values() for where in arrows.values()} | {"fresh"}
    assert reached == NEXT.keys()
    assert all(NEXT.values())


@pytest.mark.parametrize(
    "late",
    [
        Step("a", "did", images=("x",)),
        Step("a", "did", measured=(Measured(Resource("sql.table", "t"), "delete", 1),)),
    ],
)
def test_image_and_measure_are_said_before_the_step_or_not_at_all(late: Step) -> None:
    with pytest.raises(TargetError, match="before it"):
        advance(advance(START, Step("a", "about")), late)


def test_an_execution_does_not_end_between_about_and_did() -> None:
    with pytest.raises(TargetError, match="cannot end"):
        finish(advance(START, Step("a", "about")))


class Told:
    """A generator of steps that knows how it was ended."""

    def __init__(self, error: Exception | None = None) -> None:
        self.closed = False
        self.resumed = False
        self._error = error

    def steps(self) -> Generator[Step]:
        try:
            yield Step("a", "about")
            self.resumed = True
            if self._error is not None:
                raise self._error
            yield Step("a", "did")
        finally:
            self.closed = True


def test_the_executor_does_not_go_on_until_the_road_asks_for_the_next_step() -> None:
    told = Told()
    driven = drive(told.steps())
    next(driven)
    assert not told.resumed
    next(driven)
    assert told.resumed


def test_when_the_road_fails_the_executor_is_closed_without_going_on() -> None:
    told = Told()
    driven = drive(told.steps())
    next(driven)
    driven.close()
    assert told.closed
    assert not told.resumed


def test_a_surprise_of_a_driver_becomes_an_error_of_ours() -> None:
    told = Told(ZeroDivisionError("oh"))
    with pytest.raises(TargetError, match="ZeroDivisionError: oh") as caught:
        list(drive(told.steps()))
    assert caught.value.code == "executor-failed"
    assert told.closed


def test_our_own_errors_pass_as_they_are() -> None:
    told = Told(Stale("moved"))
    with pytest.raises(Stale, match="moved"):
        list(drive(told.steps()))


def test_a_bad_step_closes_the_executor() -> None:
    closed = []

    def bad() -> Iterator[Step]:
        try:
            yield Step("a", "did")
        finally:
            closed.append(True)

    with pytest.raises(TargetError):
        list(drive(bad()))
    assert closed


def test_between_about_and_did_a_step_may_say_how_far_it_is() -> None:
    about, did = Step("apply", "about", images=("i",)), Step("apply", "did", images=("i",))
    position = advance(advance(advance(START, about), Step("apply", "during", "1 of 2", images=("i",))), did)

    finish(position)
    for odd in (Step("other", "during"), Step("apply", "during", images=("j",))):
        with pytest.raises(TargetError):
            advance(advance(START, about), odd)
    with pytest.raises(TargetError):
        advance(START, Step("apply", "during"))
    with pytest.raises(TargetError):
        finish(advance(advance(START, about), Step("apply", "during", images=("i",))))
