"""HCL as people write it: the bytes of a `.tf` file become blocks, by a grammar that goes on behind an error.

Every error of the grammar is named with its line, and so is everything beyond a bound. The walks are loops, because
an expression may be nested as deeply as somebody likes; only blocks are walked by recursion, which is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from interlock.read.terraform.syntax import (
    ALL,
    ANY_INDEX,
    COUNT_INDEX,
    EACH_KEY,
    Attribute,
    Block,
    Place,
    Problem,
    Reference,
    Source,
    Steps,
)

#: A file that people write has a few thousand lines; the grammar needs a hundred times its bytes in memory.
MAX_BYTES: Final = 4 * 1024 * 1024
#: Blocks in blocks; the deepest schema of a provider that we know of has nine.
MAX_BLOCKS_DEEP: Final = 64
#: Lists in lists that are still read as one literal value.
MAX_LITERAL_DEEP: Final = 16
#: Errors that are named for one file; the last one then says that there are more.
MAX_PROBLEMS: Final = 20

_SUFFIXES: Final = frozenset({"get_attr", "index", "splat"})
#: Nodes through which a value goes on whole.
_OPEN: Final = frozenset(
    {"config_file", "body", "attribute", "expression", "template_expr", "template_interpolation", "collection_value"}
    | {"object"}
)
_LEAVES: Final = frozenset({"identifier", "literal_value", "template_literal", "quoted_template_start"})
_TEMPLATES: Final = frozenset({"quoted_template", "heredoc_template"})
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class _Functions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    passes: frozenset[str]


@cache
def _passing() -> frozenset[str]:
    raw = Path(__file__).with_name("knowledge").joinpath("functions.json").read_bytes()
    return msgspec.json.decode(raw, type=_Functions).passes


@cache
def _language() -> Language:
    return Language(tree_sitter_hcl.language())


def read_native(name: str, raw: bytes) -> Source:
    """The blocks of a `.tf` file, and what in it could not be read."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if len(raw) > MAX_BYTES:
        return Source(name, problems=(Problem(f"the file is larger than {MAX_BYTES:,} bytes", Place(name)),))
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return Source(name, problems=(Problem("the file is not UTF-8", Place(name, error.start, error.end)),))
    root = Parser(_language()).parse(raw).root_node
    problems = list(_errors(root, name))
    _, blocks = _body(root, name, problems, 0)
    return Source(name, blocks, tuple(problems))


def references_in(text: str) -> tuple[tuple[Reference, ...], bool]:
    """The references of a template as JSON writes it (`${aws_vpc.main.id}`), and whether all of it could be read."""
    mark = "T"
    while mark in text:
        mark += "T"
    root = Parser(_language()).parse(f"x = <<{mark}\n{text}\n{mark}\n".encode("utf-8", "replace")).root_node
    return tuple(_references(root)), not root.has_error


def traversal_in(text: str) -> tuple[tuple[Reference, ...], bool]:
    """The references of a bare expression (`aws_vpc.main`), and whether all of it could be read."""
    root = Parser(_language()).parse(f"x = {text}\n".encode("utf-8", "replace")).root_node
    return tuple(_references(root)), not root.has_error


def _errors(root: Node, name: str) -> Iterator[Problem]:
    """Each place where the grammar gave up, in the order of the file."""
    stack, found = ([root] if root.has_error else []), 0
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            found += 1
            if found > MAX_PROBLEMS:
                yield Problem("there are more errors in this file", _place(node, name))
                return
            what = f"`{node.type}` is missing" if node.is_missing else "this is no configuration language"
            yield Problem(what, _place(node, name))
        else:
            stack.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)


def _body(node: Node, name: str, problems: list[Problem], depth: int) -> tuple[dict[str, Attribute], tuple[Block, ...]]:
    """The attributes and blocks of a body, those behind an error too."""
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    if depth > MAX_BLOCKS_DEEP:
        problems.append(Problem(f"blocks are nested deeper than {MAX_BLOCKS_DEEP}", _place(node, name)))
        return attributes, ()
    stack = list(reversed(node.named_children))
    while stack:
        child = stack.pop()
        if child.type == "attribute":
            attribute = _attribute(child, name)
            if attribute.name in attributes:
                problems.append(Problem(f"`{attribute.name}` is set twice", attribute.place))
                attribute = attribute._replace(
                    references=attributes[attribute.name].references + attribute.references, constant=False, value=None
                )
            attributes[attribute.name] = attribute
        elif child.type == "block":
            blocks.append(_block(child, name, problems, depth))
        elif child.type in ("body", "ERROR"):
            stack.extend(reversed(child.named_children))
    return attributes, tuple(blocks)


def _block(node: Node, name: str, problems: list[Problem], depth: int) -> Block:
    words: list[str] = []
    attributes: dict[str, Attribute] = {}
    blocks: tuple[Block, ...] = ()
    for child in node.named_children:
        if child.type == "identifier":
            words.append(_text(child))
        elif child.type == "string_lit":
            words.append(str(_string(child)))
        elif child.type == "body":
            attributes, blocks = _body(child, name, problems, depth + 1)
    return Block(words[0] if words else "", tuple(words[1:]), attributes, blocks, _place(node, name))


def _attribute(node: Node, name: str) -> Attribute:
    word, expression = "", None
    for child in node.named_children:
        if child.type == "identifier" and not word:
            word = _text(child)
        elif child.type == "expression":
            expression = child
    references = tuple(_references(node))
    constant, value = (False, None)
    if expression is not None and not references and not node.has_error:
        constant, value = _literal(expression, 0)
    return Attribute(word, references, _place(node, name), constant, value)


class _At(NamedTuple):
    """A node still to be looked at, and what holds of whatever stands there: see `Reference`."""

    node: Node
    at: Steps
    bare: bool
    plain: bool


def _references(root: Node) -> Iterator[Reference]:
    """Every traversal below this node, in order."""
    stack = [_At(root, (), True, True)]
    while stack:
        here = stack.pop()
        kids = here.node.named_children
        below: list[_At] = []
        if here.node.type == "object_elem":
            below = _element(here, kids)
        elif here.node.type == "tuple":
            values = [kid for kid in kids if kid.type == "expression"]
            below = [_At(kid, (*here.at, f"[{n}]"), here.bare, here.plain) for n, kid in enumerate(values)]
        else:
            bare, plain = _inside(here, kids)
            place = 0
            while place < len(kids):
                kind = kids[place].type
                if kind == "variable_expr":
                    steps, indexes, end = _traversal(kids, place)
                    whole = ANY_INDEX not in steps
                    yield Reference(steps, here.at, bare and whole and end - place == len(kids), plain and whole)
                    below.extend(_At(index, here.at, False, False) for index in indexes)
                    place = end
                    continue
                if kind not in _LEAVES:
                    part = kind in _SUFFIXES
                    below.append(_At(kids[place], here.at, bare and not part, plain and not part))
                place += 1
        below.reverse()
        stack.extend(below)


def _inside(here: _At, kids: list[Node]) -> tuple[bool, bool]:
    """`bare` and `plain` for what stands directly in this node."""
    kind, bare, plain = here.node.type, here.bare, here.plain
    if kind == "function_call":
        bare, plain = False, plain and bool(kids) and _text(kids[0]) in _passing()
    elif kind == "function_arguments":
        bare = False
    elif kind in _TEMPLATES:
        bare = bare and sum(kid.type in ("template_interpolation", "template_literal") for kid in kids) == 1
    elif kind not in _OPEN:
        bare = plain = False
    if len(kids) > 1 and plain and kids[0].type != "variable_expr" and any(kid.type in _SUFFIXES for kid in kids):
        bare = plain = False  # a part of what is worked out here is taken, and nobody knows which
    return bare, plain


def _element(here: _At, kids: list[Node]) -> list[_At]:
    """A key and its value; a key that is a bare word is a name and refers to nothing."""
    if len(kids) < 2:
        return [_At(kid, here.at, False, False) for kid in kids]
    key, value = kids[0], kids[-1]
    words = key.named_children
    if len(words) == 1 and words[0].type == "variable_expr":
        return [_At(value, (*here.at, _text(words[0])), here.bare, here.plain)]
    constant, name = _literal(key, 0)
    if constant:
        return [_At(value, (*here.at, str(name)), here.bare, here.plain)]
    return [_At(key, here.at, False, False), _At(value, (*here.at, ANY_INDEX), here.bare, here.plain)]


def _traversal(kids: list[Node], start: int) -> tuple[Steps, list[Node], int]:
    """The steps of the traversal that begins at `start`, the indexes that are worked out, and the place behind it."""
    steps, place = [_text(kids[start])], start + 1
    indexes: list[Node] = []
    stack: list[Node] = []
    while stack or place < len(kids):
        if stack:
            node = stack.pop()
        elif kids[place].type in _SUFFIXES:
            node, place = kids[place], place + 1
        else:
            break
        if node.type == "get_attr":
            steps.append(_text(node).removeprefix(".").strip())
        elif node.type == "legacy_index":
            steps.append(f"[{_text(node).removeprefix('.')}]")
        elif node.type == "new_index":
            steps.append(_index(node))
            indexes.extend(node.named_children if steps[-1] in (ANY_INDEX, EACH_KEY, COUNT_INDEX) else ())
        elif node.type in ("full_splat", "attr_splat"):
            steps.append(ALL)
            stack.extend(reversed(node.named_children))
        else:
            stack.extend(reversed(node.named_children))
    return tuple(steps), indexes, place


def _index(node: Node) -> str:
    inner = next(iter(node.named_children), None)
    if inner is None:
        return ANY_INDEX
    constant, value = _literal(inner, 0)
    if constant and isinstance(value, str):
        return f"[{msgspec.json.encode(value).decode()}]"
    if constant and isinstance(value, int) and not isinstance(value, bool):
        return f"[{value}]"
    return {"each.key": EACH_KEY, "count.index": COUNT_INDEX}.get(_text(inner).strip(), ANY_INDEX)


def _literal(node: Node, depth: int) -> tuple[bool, object]:
    """Whether the expression is a literal, and what it says."""
    kids = node.named_children
    kind = node.type
    if kind in ("expression", "literal_value", "template_expr", "collection_value") and len(kids) == 1:
        return _literal(kids[0], depth) if depth <= MAX_LITERAL_DEEP else (False, None)
    if kind == "numeric_lit":
        return True, _number(_text(node))
    if kind in ("bool_lit", "null_lit"):
        return True, {"true": True, "false": False}.get(_text(node))
    if kind in ("string_lit", "quoted_template"):
        text = _string(node)
        return text is not None, text
    if kind == "tuple" and depth <= MAX_LITERAL_DEEP:
        each = [_literal(kid, depth + 1) for kid in kids if kid.type == "expression"]
        return all(one for one, _ in each), [value for _, value in each]
    if kind == "object" and depth <= MAX_LITERAL_DEEP:
        found: dict[str, object] = {}
        for element in (kid.named_children for kid in kids if kid.type == "object_elem"):
            constant, value = _literal(element[-1], depth + 1)
            if not constant:
                return False, None
            found[_text(element[0]).strip('"')] = value
        return True, found
    return False, None


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _string(node: Node) -> str | None:
    """What a quoted text says; None when something in it is worked out."""
    parts = []
    for kid in node.named_children:
        if kid.type == "template_literal":
            parts.append(_ESCAPE.sub(_unescape, _text(kid)))
        elif kid.type not in ("quoted_template_start", "quoted_template_end"):
            return None
    return "".join(parts)


_ESCAPE: Final = re.compile(r"\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.|\$\$\{|%%\{", re.DOTALL)


def _unescape(match: re.Match[str]) -> str:
    text = match[0]
    if text[0] in "$%":
        return text[1:]
    if text[1] in "uU" and len(text) > 2:
        point = int(text[2:], 16)
        return chr(point) if point < 0xD800 or 0xDFFF < point < 0x110000 else "\N{REPLACEMENT CHARACTER}"
    return _ESCAPES.get(text[1], text)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _place(node: Node, name: str) -> Place:
    return Place(name, node.start_byte, node.end_byte, node.start_point[0] + 1)
