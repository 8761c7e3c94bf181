"""The colours of the words that pictures in the terminal share, and text from outside made safe for rich."""

from __future__ import annotations

import re
from typing import Final

from rich.text import Text

from interlock.report.visible import visible

OUTCOME: Final = {"allow": "bold green", "hold": "bold yellow", "deny": "bold red"}
TIER: Final = {"observe": "green", "propose": "green", "modify": "cyan", "configure": "yellow", "destroy": "bold red"}
SEVERITY: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
STATE: Final = {
    "allowed": "green",
    "approved": "green",
    "done": "bold green",
    "held": "bold yellow",
    "running": "cyan",
    "denied": "bold red",
    "rejected": "red",
    "refused": "red",
    "failed": "red",
    "lapsed": "red",
    "untold": "bold red",
}
#: What rich might take for markup of its own. Escaping whole tags is not enough: one may begin in an agent's text and
#: end in the next one.
_MARKUP: Final = re.compile(r"\\+|\[")
_NOTHING: Final = "[none][/none]"  # a tag around nothing
MOST: Final = 12  # rows of one kind before the rest is only counted


def plain(text: object) -> str:
    """An agent's text made safe to look at, and written so that all of it is text, whatever stands before and after."""
    return _MARKUP.sub(_as_text, visible(text))


def _as_text(found: re.Match[str]) -> str:
    # A bracket begins no tag where a tag comes right behind it; backslashes before a tag are read as half of them.
    return (found[0] * 2 if found[0] != "[" else "[") + _NOTHING


def marked(text: str) -> Text:
    """A text with markup of ours, in which `:names:` of little pictures stay as they are."""
    return Text.from_markup(text, emoji=False)


def further(number: int) -> str:
    """The last line of a list that is cut: how many there are more, and where they are."""
    return f"and {number:,} more (--json shows all)"


def count(number: object) -> str:
    """A number for people; what is unknown says so."""
    return f"{number:,}" if isinstance(number, int) else "unknown"
