"""The colours of the words that pictures in the terminal share, and text from outside made safe for rich."""

from __future__ import annotations

from typing import Final

from rich.markup import escape

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
MOST: Final = 12  # rows of one kind before the rest is only counted


def plain(text: object) -> str:
    """An agent's text made safe to look at: control characters and bidirectional overrides become visible escapes."""
    return escape(visible(text))


def further(number: int) -> str:
    """The last line of a list that is cut: how many there are more, and where they are."""
    return f"and {number:,} more (--json shows all)"


def count(number: object) -> str:
    """A number for people; what is unknown says so."""
    return f"{number:,}" if isinstance(number, int) else "unknown"
