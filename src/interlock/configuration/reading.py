"""Reading: what every table of the file is read by: strictness, names, durations."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from interlock.errors import BadConfiguration

_DURATION: Final = re.compile(r"(\d{1,6})\s*(ms|s|m|h|d)")
_UNITS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Strict(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """Base of the file's tables: unknown keys are errors; `from` and `to` are Python's words, so they are renamed."""


def check_name(name: str, where: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadConfiguration(
            f"`{name}` is no name", hint="lower-case letters, digits, `.`, `_` and `-`, 63 at most", where=where
        )


def duration(text: str, where: str) -> int:
    """Milliseconds of `30s`, `24h`, `7d`."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise BadConfiguration(f"`{text}` is no duration", hint="write 30s, 15m, 24h or 7d", where=where)
    return int(found[1]) * _UNITS[found[2]]
