"""Scalars that come as text: in forms, XML, paths, queries and headers."""

from __future__ import annotations

import binascii
import re
from typing import Final

from interlock.aws.call import Parameter
from interlock.aws.gaps import Gaps, Place
from interlock.aws.operations import Shape
from interlock.aws.typed import LARGEST, NO_NUMBERS, finite

WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}")
NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def scalar(shape: Shape, text: str, place: Place, gaps: Gaps) -> Parameter:
    """The text as a value of this shape; where it is none, the text itself, and a gap."""
    kind = shape.kind
    if kind in ("string", "timestamp"):
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
