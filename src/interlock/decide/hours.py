"""Working hours and freezes (D5), as pure functions of an environment's contract and a moment.

The rules of this room: a moment is turned into local time, never the other way round, so the hour that a clock change
skips never comes and the hour that it repeats counts both times. What cannot be told is closed, and frozen.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from interlock.errors import BadConfiguration
from interlock.model.target import Environment, Hours

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 24 * 60


def is_open(environment: Environment, now: int) -> bool:
    """Whether working hours are on; always, when the contract names none. BadConfiguration for hours that are none."""
    open_now = [_covers(hours, now, environment.name) for hours in environment.hours]  # each, so that each is checked
    return not open_now or any(open_now)


def is_frozen(environment: Environment, now: int) -> bool:
    """Whether a freeze is on. BadConfiguration for one that ends before it starts."""
    for freeze in environment.freezes:
        if freeze.end <= freeze.start:
            raise BadConfiguration(
                f"the freeze `{freeze.name}` ends before it starts",
                where=f"environment `{environment.name}`",
                hint="give `start` and `end` in unix milliseconds",
            )
    return any(freeze.start <= now < freeze.end for freeze in environment.freezes)


def _covers(hours: Hours, now: int, environment: str) -> bool:
    """One weekly window. One that ends at or before its start runs past midnight and belongs to the day it starts."""
    from zoneinfo import ZoneInfo

    start, end = hours.start_minute, hours.end_minute
    if not (0 <= start < _DAY and 0 < end <= _DAY and start != end and set(hours.days) <= set(range(1, 8))):
        raise BadConfiguration(
            "these working hours are none",
            where=f"environment `{environment}`",
            hint="days are 1 (Monday) to 7; minutes of the day run from 0 to 1440; start and end differ",
        )
    try:
        local = (_EPOCH + timedelta(milliseconds=now)).astimezone(ZoneInfo(hours.timezone))
    except (LookupError, ValueError, OSError, OverflowError) as problem:
        raise BadConfiguration(
            f"the time zone `{hours.timezone}` is not known, or the moment has no local time",
            where=f"environment `{environment}`",
            hint="name a zone of the IANA database, such as `Europe/Berlin`",
        ) from problem
    today, minute = local.isoweekday(), local.hour * 60 + local.minute
    if start < end:
        return today in hours.days and start <= minute < end
    yesterday = today - 1 or 7
    return (today in hours.days and minute >= start) or (yesterday in hours.days and minute < end)
