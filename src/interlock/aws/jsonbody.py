"""JSON bodies: parsed strictly, so that nobody can read something else in them: UTF-8, no name twice, no NaN."""

from __future__ import annotations

import json
from typing import Final

from interlock.aws.gaps import Gaps, quoted

_NAMES: Final = "has a name twice in one object"


class _Twice(ValueError):
    """A name that stands twice in one object."""


def parsed(body: bytes, gaps: Gaps) -> object:
    """The value of a JSON text. What it is not, or not only, is a gap; None when there is nothing to go by."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except _Twice as twice:
        gaps.add(f"the body {_NAMES}: {quoted(str(twice))}")
    except RecursionError:
        gaps.add("the body is nested too deeply")
    except UnicodeError:
        gaps.add("the body is no UTF-8")
    except ValueError:
        gaps.add("the body is no JSON")
    else:
        return value
    return None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        raise _Twice(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]  # adds and goes on
    return found


def _no_constant(name: str) -> object:
    raise ValueError(name)
