"""Working hours and freezes: local time, clock changes, midnight, and what cannot be told."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from interlock.decide.hours import is_frozen, is_open
from interlock.errors import BadConfiguration
from interlock.model.target import Environment, Freeze, Hours

BERLIN = ZoneInfo("Europe/Berlin")


def at(*when, zone=UTC, fold=0):
    return int(datetime(*when, tzinfo=zone, fold=fold).timestamp() * 1000)


def opened(hours, now):
    return is_open(Environment("production", hours=hours), now)


def test_no_hours_are_always_open():
    assert opened((), 0)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ((2026, 3, 2, 8, 59), False),
        ((2026, 3, 2, 9, 0), True),
        ((2026, 3, 2, 16, 59), True),
        ((2026, 3, 2, 17, 0), False),
        ((2026, 3, 1, 12, 0), False),
        ((2026, 3, 7, 12, 0), False),
        ((2026, 3, 6, 12, 0), True),
    ],
)
def test_hours_start_inclusive_and_end_exclusive_on_their_days(when, expected):
    assert opened((Hours(),), at(*when)) is expected


def test_hours_are_those_of_their_zone():
    berlin = (Hours(timezone="Europe/Berlin"),)

    assert opened(berlin, at(2026, 1, 5, 8, 0))
    assert not opened(berlin, at(2026, 7, 6, 15, 30))
    assert opened((Hours(timezone="Pacific/Auckland"),), at(2026, 1, 4, 20, 0)), "it is Monday morning there"


def test_one_open_window_of_several_is_enough():
    two = (Hours(days=(6,), start_minute=0, end_minute=1440), Hours())

    assert opened(two, at(2026, 3, 7, 23, 59))
    assert opened(two, at(2026, 3, 2, 9, 0))
    assert not opened(two, at(2026, 3, 8, 9, 0))


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_starts():
    friday_night = (Hours(days=(5,), start_minute=22 * 60, end_minute=2 * 60),)

    assert opened(friday_night, at(2026, 3, 6, 22, 0))
    assert opened(friday_night, at(2026, 3, 7, 1, 59))
    assert not opened(friday_night, at(2026, 3, 7, 2, 0))
    assert not opened(friday_night, at(2026, 3, 6, 1, 0))
    assert opened((Hours(days=(7,), start_minute=1380, end_minute=60),), at(2026, 3, 9, 0, 30))


def test_the_hour_that_a_clock_change_skips_never_comes():
    skipped = (Hours(days=(7,), start_minute=120, end_minute=180, timezone="Europe/Berlin"),)
    start = at(2026, 3, 29, 0, 0)

    assert not any(opened(skipped, start + minute * 60_000) for minute in range(300))


def test_the_hour_that_a_clock_change_repeats_counts_both_times():
    repeated = (Hours(days=(7,), start_minute=120, end_minute=180, timezone="Europe/Berlin"),)

    assert opened(repeated, at(2026, 10, 25, 2, 30, zone=BERLIN, fold=0))
    assert opened(repeated, at(2026, 10, 25, 2, 30, zone=BERLIN, fold=1))
    assert sum(opened(repeated, at(2026, 10, 25, 0, 0) + minute * 60_000) for minute in range(300)) == 120


@pytest.mark.parametrize(
    "hours",
    [
        Hours(timezone="Mars/Olympus"),
        Hours(timezone=""),
        Hours(timezone="../../etc/passwd"),
        Hours(timezone="/etc/localtime"),
        Hours(timezone="Europe"),
        Hours(timezone="UTC\x00"),
        Hours(days=(0,)),
        Hours(days=(8,)),
        Hours(start_minute=-1),
        Hours(start_minute=1440),
        Hours(end_minute=1441),
        Hours(end_minute=0),
        Hours(start_minute=540, end_minute=540),
    ],
)
def test_hours_that_are_none_are_an_error_even_beside_good_ones(hours):
    with pytest.raises(BadConfiguration):
        opened((hours,), at(2026, 3, 2, 12, 0))
    with pytest.raises(BadConfiguration):
        opened((Hours(), hours), at(2026, 3, 2, 12, 0))


@pytest.mark.parametrize("now", [10**18, -(10**18)])
def test_a_moment_outside_of_time_is_an_error(now):
    with pytest.raises(BadConfiguration):
        opened((Hours(),), now)


@pytest.mark.parametrize(("now", "expected"), [(9, False), (10, True), (19, True), (20, False)])
def test_a_freeze_starts_inclusive_and_ends_exclusive(now, expected):
    assert is_frozen(Environment("x", freezes=(Freeze("a", 1, 2), Freeze("b", 10, 20))), now) is expected


def test_a_freeze_that_ends_before_it_starts_is_an_error():
    with pytest.raises(BadConfiguration):
        is_frozen(Environment("x", freezes=(Freeze("good", 0, 10), Freeze("bad", 5, 5))), 3)
