"""Typed values: JSON or CBOR, already parsed, along a shape. What the shape does not know is a gap, never dropped."""

from __future__ import annotations

import binascii
from typing import TypeGuard

from interlock.aws.call import Parameter
from interlock.aws.gaps import DEEPEST, Gaps, Place
from interlock.aws.operations import Shape
from interlock.aws.scalars import LARGEST, NO_NUMBERS, finite, spelled


class Moment(str):
    """A point in time that says itself to be one (CBOR's tag 1)."""

    __slots__ = ()


class Typed:
    """Takes one body apart. `binary` says that blobs come as bytes; otherwise they are text in base64."""

    __slots__ = ("binary", "gaps")

    def __init__(self, gaps: Gaps, *, binary: bool = False) -> None:
        self.gaps = gaps
        self.binary = binary

    def body(self, shape: Shape | None, value: object) -> dict[str, Parameter]:
        """A whole body: an object, whose members are the parameters."""
        if type(value) is not dict:
            self.gaps.add("the body is no object")
            return {}
        if shape is None:
            for key in value:
                self.gaps.at((None, key), "is no parameter that is known")
            return {}
        found = self.structure(shape, value, None, 0)
        return found if isinstance(found, dict) else {}

    def value(self, shape: Shape, value: object, place: Place, depth: int = 0) -> Parameter:
        """The value as botocore would take it; null stays null, as of a parameter that is not there."""
        kind = shape.kind
        if kind == "string" and type(value) is str:
            if shape.enum and value not in shape.enum:
                spelled(shape, value, place, self.gaps)
            return value
        if value is None:
            return None
        if depth > DEEPEST:
            self.gaps.at(place, "is nested too deeply")
            return None
        if kind == "structure":
            return self.structure(shape, value, place, depth)
        if kind == "list":
            return self.elements(shape, value, place, depth)
        if kind == "map":
            return self.entries(shape, value, place, depth)
        if kind == "document":
            return self.document(value, place, depth)
        return self.scalar(kind, value, place)

    def structure(self, shape: Shape, value: object, place: Place, depth: int) -> Parameter:
        """A structure: every name in it has to be a member."""
        if type(value) is not dict:
            return self.mismatch(value, place, "a structure")
        found: dict[str, Parameter] = {}
        wires = shape.wires
        for key, inner in value.items():
            member = wires.get(key)
            if member is None:
                self.gaps.at((place, str(key)), "is no parameter that is known")
            else:
                found[member.name] = self.value(member.shape, inner, (place, member.name), depth + 1)
        if shape.union and sum(inner is not None for inner in found.values()) > 1:
            self.gaps.at(place, "holds several members of which only one may be there")
        return found

    def elements(self, shape: Shape, value: object, place: Place, depth: int) -> Parameter:
        """A list."""
        if type(value) is not list:
            return self.mismatch(value, place, "a list")
        element = shape.element.shape
        return [self.value(element, inner, (place, str(at)), depth + 1) for at, inner in enumerate(value)]

    def entries(self, shape: Shape, value: object, place: Place, depth: int) -> Parameter:
        """A map: any names."""
        if type(value) is not dict:
            return self.mismatch(value, place, "a map")
        inside = shape.value.shape
        return {key: self.value(inside, inner, (place, key), depth + 1) for key, inner in value.items()}

    def scalar(self, kind: str, value: object, place: Place) -> Parameter:
        """A single value, that is of its kind and nothing that could be taken for it."""
        if kind == "boolean":
            return value if type(value) is bool else self.mismatch(value, place, "true or false")
        if kind == "integer":
            return value if _fits(value) else self.mismatch(value, place, "a whole number")
        if kind == "float":
            number = _fits(value) or type(value) is float or (type(value) is str and value in NO_NUMBERS)
            return finite(value) if number else self.mismatch(value, place, "a number")
        if kind == "timestamp":
            known = type(value) in (str, int, float, Moment)
            return str(value) if known else self.mismatch(value, place, "a point in time")
        return self.blob(value, place) if kind == "blob" else self.mismatch(value, place, "text")

    def blob(self, value: object, place: Place) -> Parameter:
        """Bytes, in base64 where they come as text."""
        if self.binary:
            return value if type(value) is bytes else self.mismatch(value, place, "bytes")
        if type(value) is str:
            try:
                return binascii.a2b_base64(value.encode("ascii"), strict_mode=True)
            except ValueError:
                pass
        return self.mismatch(value, place, "bytes in base64")

    def document(self, value: object, place: Place, depth: int) -> Parameter:
        """Anything at all, within the bounds of depth and of numbers."""
        if depth > DEEPEST:
            self.gaps.at(place, "is nested too deeply")
            return None
        if type(value) is dict:
            return {key: self.document(inner, (place, key), depth + 1) for key, inner in value.items()}
        if type(value) is list:
            return [self.document(inner, place, depth + 1) for inner in value]
        if type(value) is int and not _fits(value):
            return self.mismatch(value, place, "a number that fits")
        return finite(value) if type(value) is float else value  # type: ignore[return-value]  # what JSON has else

    def mismatch(self, value: object, place: Place, wanted: str) -> Parameter:
        """What is not of its shape's kind: a gap, since a service may take it for something all the same."""
        self.gaps.at(place, f"is not {wanted}")
        return str(value) if type(value) in (str, Moment) else None


def _fits(value: object) -> TypeGuard[int]:
    return type(value) is int and -LARGEST <= value < LARGEST
