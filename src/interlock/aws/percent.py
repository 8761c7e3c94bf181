"""Percent-encoding: paths, queries and forms taken apart once, strictly; what two readers could read apart is a gap."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from interlock.aws.gaps import Gaps, quoted

ODD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
ENCODED_SLASH: Final = re.compile(r"%2[Ff]|%5[Cc]|\\")


def decoded(text: str, gaps: Gaps, what: str) -> str:
    """The text decoded once."""
    if "%" not in text and text.isascii():
        return text
    if ODD_PERCENT.search(text):
        gaps.add(f"{what} has a `%` that stands for nothing")
    if "%00" in text:
        gaps.add(f"{what} has a byte that ends a text to some")
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        gaps.add(f"{what} is no UTF-8")
        return unquote_to_bytes(text.encode("utf-8", "replace")).decode("utf-8", "replace")


def pairs(text: str, gaps: Gaps, what: str, *, form: bool) -> list[tuple[str, str]]:
    """The pairs of a query, or of a form, where `+` is a space. In a query it is one to some and itself to others."""
    if ";" in text:
        gaps.add(f"{what} has a bare `;`")
    if "+" in text:
        if not form:
            gaps.add(f"{what} has a bare `+`")
        text = text.replace("+", " ")
    found = []
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.append((decoded(name, gaps, what), decoded(value, gaps, what)))
    return found


def grouped(text: str, gaps: Gaps) -> dict[str, list[str]]:
    """A query by name, with all values of each."""
    found: dict[str, list[str]] = {}
    for name, value in pairs(text, gaps, "the query", form=False) if text else ():
        found.setdefault(name, []).append(value)
    return found


def once(text: str, gaps: Gaps, what: str, *, form: bool) -> dict[str, str]:
    """A form, or a query that is one, in which every name stands once. Of a name that stands twice the first counts."""
    found: dict[str, str] = {}
    for name, value in pairs(text, gaps, what, form=form):
        if name in found:
            gaps.add(f"{what} has {quoted(name)} twice")
        else:
            found[name] = value
    return found
