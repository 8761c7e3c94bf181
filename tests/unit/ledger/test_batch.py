"""Everybody in a batch is answered, whoever wakes whom."""

from __future__ import annotations

import threading

import pytest

from interlock.errors import StoreError
from interlock.ledger.batch import AWAKE, Append, Asked, answer
from interlock.ledger.log import Item


def gathered(count: int, interruptible: frozenset[int] = frozenset()) -> tuple[list[Append], list[threading.Thread]]:
    """A batch, and the threads that wait for its outcome; those that can be interrupted have gone away instead."""
    batch = [Append(Asked([Item(f"s{number}", 0, b"")])) for number in range(count)]
    for number, waiting in enumerate(batch):
        waiting.interruptible = number in interruptible
    threads = [threading.Thread(target=each.wait) for each in batch if not each.interruptible]
    for thread in threads:
        thread.start()
    return batch, threads


@pytest.mark.parametrize("count", [0, 1, AWAKE, AWAKE + 1, 5 * AWAKE + 3])
def test_everybody_is_woken(count: int) -> None:
    batch, threads = gathered(count)

    answer(batch, None)

    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_only_a_few_are_woken_at_once_and_each_wakes_one() -> None:
    batch = gathered(3 * AWAKE, frozenset(range(3 * AWAKE)))[0]
    for waiting in batch:
        waiting.interruptible = False

    answer(batch, None)
    awake = [not waiting.done.locked() for waiting in batch]
    batch[0].wait()

    assert awake == [True] * AWAKE + [False] * 2 * AWAKE
    assert not batch[AWAKE].done.locked()
    assert all(waiting.done.locked() for waiting in batch[AWAKE + 1 :])


def test_nobody_is_left_waiting_for_a_caller_that_was_interrupted() -> None:
    batch, threads = gathered(4 * AWAKE, frozenset(range(0, 4 * AWAKE, 3)))

    answer(batch, None)

    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_the_outcome_is_known_to_all_before_anybody_is_woken() -> None:
    batch = gathered(2 * AWAKE, frozenset(range(2 * AWAKE)))[0]
    error = StoreError("down")

    answer(batch, error)

    assert [error] * 2 * AWAKE == [waiting.error for waiting in batch]


def test_a_caller_on_the_main_thread_counts_as_interruptible_and_no_other() -> None:
    made: list[Append] = []
    thread = threading.Thread(target=lambda: made.append(Append(Asked([Item("a", 0, b"")]))))
    thread.start()
    thread.join()

    assert not made[0].interruptible
    assert Append(Asked([Item("a", 0, b"")])).interruptible
