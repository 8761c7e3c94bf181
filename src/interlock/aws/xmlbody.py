"""XML bodies of the rest-xml protocol along a shape. Plain elements and text only.

A document type, entities, processing instructions and comments are refused: what they do to a text differs from
reader to reader. Elements and attributes that the shape does not know are gaps.
"""

from __future__ import annotations

import re
from typing import Any, Final
from xml.parsers import expat

from interlock.aws.call import Parameter
from interlock.aws.gaps import DEEPEST, Gaps, Place
from interlock.aws.operations import Member, Shape
from interlock.aws.scalars import scalar

NAMESPACE: Final = re.compile(r"https?://[a-z0-9.-]+\.amazonaws\.com/doc/[0-9-]+/?")
#: The one namespace beside it, for the type of a grantee.
DECLARED: Final = {"xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance"}


class Node:
    """One element."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node] = []
        self.text = ""


class _Odd(ValueError):
    """What has no place in a request's XML."""


def parsed(body: bytes, gaps: Gaps) -> Node | None:
    """The root of the document; None, and a gap, when it cannot be read."""
    try:
        return _Tree().read(body)
    except _Odd as odd:
        gaps.add(f"the body {odd}")
    except expat.ExpatError:
        gaps.add("the body is no XML")
    except UnicodeError:
        gaps.add("the body is no UTF-8")
    return None


class _Tree:
    """Builds the tree while expat reads."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Node] = []
        self.parts: list[list[str]] = []

    def read(self, body: bytes) -> Node:
        body.decode("utf-8")
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.XmlDeclHandler = self.declaration
        for event, words in ODD.items():
            setattr(parser, event, _refuse(words))
        parser.Parse(body, True)
        if self.root is None:
            raise _Odd("is no XML")
        return self.root

    def declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0" or (encoding or "utf-8").lower() != "utf-8":
            raise _Odd("declares itself to be other than XML 1.0 in UTF-8")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        node = Node(name, attributes)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        if len(self.open) > DEEPEST:
            raise _Odd("is nested too deeply")
        self.open.append(node)
        self.parts.append([])

    def text(self, data: str) -> None:
        self.parts[-1].append(data)

    def end(self, _name: str) -> None:
        self.open.pop().text = "".join(self.parts.pop())


ODD: Final = {
    "StartDoctypeDeclHandler": "declares a document type",
    "EntityDeclHandler": "declares entities",
    "CommentHandler": "holds a comment",
    "ProcessingInstructionHandler": "holds a processing instruction",
    "SkippedEntityHandler": "holds an entity that it does not declare",
    "ExternalEntityRefHandler": "refers to what is outside of it",
}


def _refuse(words: str) -> Any:
    def refuse(*_: object) -> None:
        raise _Odd(words)

    return refuse


class Xml:
    """Reads one document along a shape. Its elements are all in one namespace, that of the root."""

    __slots__ = ("gaps", "namespace")

    def __init__(self, gaps: Gaps, root: Node) -> None:
        self.gaps = gaps
        self.namespace = root.attributes.get("xmlns", "")
        if self.namespace and not NAMESPACE.fullmatch(self.namespace):
            gaps.add("the body is in a namespace that is none of AWS's")

    def structure(self, shape: Shape, node: Node, place: Place) -> dict[str, Parameter]:
        """A structure: every element and attribute has to be a member, and stand there once."""
        self.blank(node, place)
        found: dict[str, Parameter] = {}
        for wire, children in _together(node).items():
            member = shape.wires.get(wire)
            inside = (place, member.name if member else wire)
            if member is None or member.attribute:
                self.gaps.at(inside, "is no parameter that is known")
            elif member.flattened and member.shape.kind == "list":
                found[member.name] = self.elements(member.shape, children, inside)
            elif member.flattened and member.shape.kind == "map":
                found[member.name] = self.entries(member.shape, children, inside)
            else:
                if len(children) > 1:
                    self.gaps.at(inside, "stands there twice")
                found[member.name] = self.value(member, children[0], inside)
        self.attributes(shape, node, found, place)
        if shape.union and len(found) > 1:
            self.gaps.at(place, "holds several members of which only one may be there")
        return found

    def attributes(self, shape: Shape | None, node: Node, found: dict[str, Parameter], place: Place) -> None:
        """Attributes that are members; that the root's namespace is declared again says nothing."""
        for name, value in node.attributes.items():
            if DECLARED.get(name, self.namespace if name == "xmlns" else None) == value:
                continue
            member = shape.wires.get(name) if shape else None
            if member is not None and member.attribute:
                found[member.name] = scalar(member.shape, value, (place, member.name), self.gaps)
            else:
                self.gaps.at((place, name), "is no attribute that is known")

    def value(self, member: Member, node: Node, place: Place) -> Parameter:
        """What an element holds."""
        shape = member.shape
        if shape.kind == "structure":
            return self.structure(shape, node, place)
        self.attributes(None, node, {}, place)
        if shape.kind == "list":
            self.blank(node, place)
            return self.elements(shape, self.only(node, shape.element_name or "member", place), place)
        if shape.kind == "map":
            self.blank(node, place)
            return self.entries(shape, self.only(node, "entry", place), place)
        if node.children:
            self.gaps.at((place, node.children[0].name), "is no parameter that is known")
        return scalar(shape, node.text, place, self.gaps)

    def elements(self, shape: Shape, nodes: list[Node], place: Place) -> Parameter:
        """The elements of a list."""
        element = shape.element
        return [self.value(element, node, (place, str(at))) for at, node in enumerate(nodes)]

    def entries(self, shape: Shape, nodes: list[Node], place: Place) -> Parameter:
        """The entries of a map."""
        found: dict[str, Parameter] = {}
        for node in nodes:
            self.blank(node, place)
            key, value = (self.only_one(node, member.wire) for member in (shape.key, shape.value))
            if key is None or value is None or len(node.children) > 2 or key.text in found:
                self.gaps.at(place, "has an entry that cannot be told")
            else:
                found[key.text] = self.value(shape.value, value, (place, key.text))
        return found

    def only(self, node: Node, name: str, place: Place) -> list[Node]:
        """The children, which all have this name."""
        for child in node.children:
            if child.name != name:
                self.gaps.at((place, child.name), "is no parameter that is known")
        return [child for child in node.children if child.name == name]

    def only_one(self, node: Node, name: str) -> Node | None:
        """The one child of this name."""
        found = [child for child in node.children if child.name == name]
        return found[0] if len(found) == 1 else None

    def blank(self, node: Node, place: Place) -> None:
        """Between elements there is nothing but space."""
        if node.text.strip():
            self.gaps.at(place, "holds text between its elements")


def _together(node: Node) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for child in node.children:
        found.setdefault(child.name, []).append(child)
    return found
