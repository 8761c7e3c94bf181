"""Scalars that come as text: in forms, XML, paths, queries and headers."""

from __future__ import annotations

import binascii
import re
from math import isfinite, isnan
from typing import Final

from interlock.aws.call import Parameter
from interlock.aws.gaps import Gaps, Place
from interlock.aws.operations import Shape

#: Numbers beyond these are no numbers of AWS.
LARGEST: Final = 2**63
#: How JSON writes the numbers that it has none for.
NO_NUMBERS: Final = frozenset({"NaN", "Infinity", "-Infinity"})
WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}")
NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def scalar(shape: Shape, text: str, place: Place, gaps: Gaps) -> Parameter:
    """The text as a value of this shape; where it is none, the text itself, and a gap."""
    kind = shape.kind
    if kind in ("string", "timestamp"):
        if shape.enum and text not in shape.enum:
            spelled(shape, text, place, gaps)
        return text
    if kind == "boolean":
        if text in ("true", "false"):
            return text == "true"
        gaps.at(place, "is not true or false")
    elif kind == "integer":
        if WHOLE.fullmatch(text) and -LARGEST <= int(text) < LARGEST:
            return int(text)
        gaps.at(place, "is not a whole number")
    elif kind == "float":
        if text in NO_NUMBERS:
            return text
        if NUMBER.fullmatch(text):
            return finite(float(text))
        gaps.at(place, "is not a number")
    elif kind == "blob":
        try:
            return binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
        except ValueError:
            gaps.at(place, "is not bytes in base64")
    else:
        gaps.at(place, f"is text where a {kind} belongs")
    return text


def spelled(shape: Shape, text: str, place: Place, gaps: Gaps) -> None:
    """Says so when the text is one that the shape knows, spelt otherwise: some services take `suspended ` for it."""
    if text.strip().lower() in shape.spellings:
        gaps.at(place, "is spelt otherwise than it should be")


def finite(value: object) -> Parameter:
    """A number; those that JSON cannot write as text."""
    if type(value) is float and not isfinite(value):
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value  # type: ignore[return-value]  # a number, or one of NO_NUMBERS
