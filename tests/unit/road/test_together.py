"""Callers that come at once are served by one of them: each gets its own, nobody is forgotten, no error is shared."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence

import pytest

from interlock.together import MOST, Together


class Table:
    """A `Together` over numbers: doubles each; holds up the first one who serves until it is told."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.steps: list[tuple[int, int]] = []
        self.servants: list[str] = []
        self.go = threading.Event()
        self.begun = threading.Event()
        self.together: Together[int, int, int] = Together(self.make, self.settle)
        self.got: dict[int, object] = {}

    def make(self, number: int) -> Generator[None, None, int]:
        if number < 0:
            raise ValueError(f"{number} is too small")
        for step in range(number % 3):
            self.steps.append((step, number))
            yield
        return number * 2

    def settle(self, made: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(made))
        self.servants.append(threading.current_thread().name)
        self.begun.set()
        assert self.go.wait(30)
        if 26 in made:
            raise KeyError("all of it is spoiled")
        return [LookupError(str(number)) if number == 14 else number for number in made]

    def ask(self, number: int) -> threading.Thread:
        def asking() -> None:
            try:
                self.got[number] = self.together.serve(number)
            except Exception as error:
                self.got[number] = error

        thread = threading.Thread(target=asking, name=f"asks {number}")
        thread.start()
        return thread

    def waiting(self, count: int) -> None:
        """Until so many stand in line."""
        pause = threading.Event()
        for _ in range(3_000):
            if len(self.together._queue) >= count:
                return
            pause.wait(0.01)
        raise AssertionError("they did not come")


def held_up(numbers: Sequence[int]) -> Table:
    """The first of these is being served when all the others come; then all are served."""
    table = Table()
    threads = [table.ask(numbers[0])]
    assert table.begun.wait(30)
    threads += [table.ask(number) for number in numbers[1:]]
    table.waiting(len(numbers) - 1)
    table.go.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return table


def test_one_that_is_alone_is_served_by_itself() -> None:
    table = Table()
    table.go.set()
    table.ask(4).join(30)

    assert table.got == {4: 8}
    assert table.servants == ["asks 4"]


def test_those_who_wait_are_served_at_once_by_one_of_them_and_each_gets_its_own() -> None:
    table = held_up(range(1, 6))

    assert table.got == {1: 2, 2: 4, 3: 6, 4: 8, 5: 10}
    assert [len(batch) for batch in table.batches] == [1, 4]
    assert table.servants[1] in {f"asks {number}" for number in range(2, 6)}


def test_a_step_is_taken_for_all_of_them_before_the_next_and_they_are_settled_in_the_order_in_which_they_came() -> None:
    table = held_up([3, 1, 2, 9, 5, 8])
    came = [made // 2 for made in table.batches[1]]

    assert sorted(came) == [1, 2, 5, 8, 9]
    assert table.steps == [(step, number) for step in (0, 1) for number in came if step < number % 3]


def test_what_goes_wrong_for_one_is_raised_by_that_one_alone() -> None:
    table = held_up([1, 2, -3, 7, 8])

    assert {number: got for number, got in table.got.items() if number not in (-3, 7)} == {1: 2, 2: 4, 8: 16}
    assert isinstance(table.got[-3], ValueError)
    assert isinstance(table.got[7], LookupError)


def test_what_goes_wrong_for_all_is_told_to_each_in_an_error_of_its_own_and_the_next_are_served() -> None:
    table = held_up([1, 12, 13, -5])
    table.ask(6).join(30)

    spoiled = [table.got[number] for number in (12, 13)]
    assert [type(error) for error in spoiled] == [KeyError, KeyError]
    assert spoiled[0] is not spoiled[1]
    assert isinstance(table.got[-5], ValueError)
    assert (table.got[1], table.got[6]) == (2, 12)


def test_nothing_is_settled_when_nothing_could_be_made() -> None:
    table = Table()
    table.go.set()
    table.ask(-1).join(30)

    assert table.batches == []
    assert isinstance(table.got[-1], ValueError)


def test_more_than_can_be_served_at_once_are_served_one_batch_after_the_other() -> None:
    table = held_up(range(100, 101 + 2 * MOST))

    assert len(table.got) == 1 + 2 * MOST
    assert all(got == number * 2 for number, got in table.got.items())
    assert max(len(batch) for batch in table.batches) == MOST


@pytest.mark.parametrize("clients", [2, 9])
def test_nobody_is_left_waiting_in_a_crowd(clients: int) -> None:
    def make(number: int) -> Generator[None, None, int]:
        yield
        return number

    together: Together[int, int, int] = Together(make, lambda made: [number + 1 for number in made])
    wrong: list[int] = []

    def client(number: int) -> None:
        wrong.extend(asked for asked in range(number, 3_000, clients) if together.serve(asked) != asked + 1)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()

    assert wrong == []
