"""Long listings of literal rows (`VALUES (1, 'a'), (2, 'b'), …`): counted in one pass, so that only one is parsed."""

from __future__ import annotations

import re
from typing import Final

_SPACE: Final = r"[ \t\r\n]*+"
_PLAIN: Final = r"(?:[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.$])|NULL|null|TRUE|true|FALSE|false|DEFAULT|default)"


def _row(string: str) -> re.Pattern[str]:
    value = rf"(?:{string}|{_PLAIN})"
    return re.compile(rf"\({_SPACE}{value}{_SPACE}(?:,{_SPACE}{value}{_SPACE})*+\){_SPACE},{_SPACE}")


_ROWS: Final = {
    # a string that ends and goes on after a line break is one string to PostgreSQL; the comma after it rules that out
    "postgres": _row(r"'(?:[^']|'')*+'"),
    "sqlite": _row(r"'(?:[^']|'')*+'"),
    "mysql": _row(r"'(?:[^'\\]|''|\\.)*+'".replace(".", r"[\s\S]")),
}
_HEAD: Final = re.compile(
    r"\s*+INSERT\s++INTO\s++[\w.\"]++\s*+(?:\([\w\s,\"]*+\)\s*+)?VALUES\s*+(?=\()", re.IGNORECASE
)  # fmt: skip
#: Fewer rows are not worth a second look.
_FEW: Final = 50


def skip(text: str, start: int, dialect: str) -> tuple[int, int]:
    """From the first of some rows at `start`: where the last one begins, and how many were passed over."""
    pattern = _ROWS[dialect]
    position, count = start, 0
    while found := pattern.match(text, position):
        position = found.end()
        count += 1
    return (position, count) if count >= _FEW and text.startswith("(", position) else (start, 0)


def shortened(statement: str, dialect: str) -> tuple[str, int]:
    """An INSERT with all but its last row taken out, and how many were. Any other statement as it is, and 0."""
    head = _HEAD.match(statement)
    if not head:
        return statement, 0
    position, count = skip(statement, head.end(), dialect)
    return (statement[: head.end()] + statement[position:], count) if count else (statement, 0)
