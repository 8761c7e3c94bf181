"""What a body holds beside its shape is a gap: each check of the readers of forms, XML, JSON and CBOR, by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from interlock.aws.form import Form, tree
from interlock.aws.gaps import DEEPEST, Gaps
from interlock.aws.scalars import LARGEST
from interlock.aws.typed import Moment, Typed
from interlock.aws.xmlbody import Xml, parsed

ENTRY = "<Map><entry>text<key>a</key><value>b</value></entry></Map>"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def shape(kind: str, **more: Any) -> Any:
    """A shape as far as the readers know it."""
    known = {"enum": frozenset(), "union": False, "wires": {}, "element_name": ""}
    return SimpleNamespace(kind=kind, **(known | more))


def member(name: str, inner: Any, *, flattened: bool = False, attribute: bool = False) -> Any:
    return SimpleNamespace(name=name, wire=name, shape=inner, flattened=flattened, attribute=attribute)


def structure(*members: Any, union: bool = False) -> Any:
    return shape("structure", wires={each.wire: each for each in members}, union=union)


def list_of(inner: Any, name: str = "") -> Any:
    return shape("list", element=member("member", inner), element_name=name)


def map_of(inner: Any) -> Any:
    return shape("map", key=member("key", TEXT), value=member("value", inner))


TEXT, NUMBER, YES = shape("string"), shape("integer"), shape("boolean")
#: It knows itself, so that it is as deep as what it reads.
NESTED = structure(member("a", TEXT))
NESTED.wires["N"] = member("N", NESTED)

SHAPE = structure(
    member("Name", TEXT),
    member("Count", NUMBER),
    member("Tags", list_of(TEXT)),
    member("Flat", list_of(TEXT), flattened=True),
    member("Map", map_of(TEXT)),
    member("FlatMap", map_of(TEXT), flattened=True),
    member("Inner", structure(member("Name", TEXT))),
    member("One", structure(member("A", TEXT), member("B", TEXT), union=True)),
    member("Kind", TEXT, attribute=True),
    member("Deep", NESTED),
)


def form(*, ec2: bool = False, **fields: str) -> tuple[Any, tuple[str, ...]]:
    gaps = Gaps()
    named = {name.replace("_", "."): value for name, value in fields.items()}
    found = Form(gaps, ec2=ec2).structure(SHAPE, tree(named, gaps), None)
    return found, tuple(gaps.texts)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Force": "true"}, "`Force`: is no parameter that is known"),
        ({"Inner": "x"}, "`Inner`: is text where a structure belongs"),
        ({"Name_x": "1"}, "`Name`: holds `x`, which is no parameter that is known"),
        ({"Tags": "x"}, "`Tags`: is text where a list belongs"),
        ({"Tags_other_1": "x"}, "`Tags.other`: is no parameter that is known"),
        ({"Tags_member_0": "x"}, "`Tags.0`: is no position in a list"),
        ({"Tags_member_1000000000": "x"}, "`Tags.1000000000`: is no position in a list"),
        ({"Map_other_1_key": "x"}, "`Map.other`: is no parameter that is known"),
        ({"Map_entry_1_value": "x"}, "`Map.1`: is no entry of a map"),
        ({"Map_entry_1": "x"}, "`Map.1`: is no entry of a map"),
        ({"Map_entry_1_key_x": "x"}, "`Map.1`: is no entry of a map"),
        ({"Map_entry_1_key": "x"}, "`Map.1`: is an entry without a value"),
        ({"Map_entry_1_key": "x", "Map_entry_1_value": "y", "Map_entry_1_more": "z"}, "`Map.1`: is no entry of a map"),
        ({"Name": "x", "Name_y": "z"}, "`Name.y` stands below what has a value itself"),
        ({"Name_y": "z", "Name": "x"}, "`Name` has a value and more below it"),
    ],
)
def test_a_form_that_says_more_than_its_shape_knows(fields: dict[str, str], words: str) -> None:
    assert words in form(**fields)[1]


def test_a_key_that_stands_twice_in_a_map_of_a_form_is_a_gap() -> None:
    fields = {"FlatMap_1_key": "k", "FlatMap_1_value": "a", "FlatMap_2_key": "k", "FlatMap_2_value": "b"}

    assert form(**fields) == ({"FlatMap": {"k": "a"}}, ("`FlatMap.2`: has the key `k` again",))


def test_lists_of_a_form_stand_below_their_own_name_and_in_order_of_their_numbers() -> None:
    many = {f"Tags_member_{at}": str(at) for at in (10, 9, 2)}

    assert form(**many) == ({"Tags": ["2", "9", "10"]}, ())
    assert form(ec2=True, Tags_2="b", Tags_1="a") == ({"Tags": ["a", "b"]}, ())
    assert form(Flat_2="b", Flat_1="a") == ({"Flat": ["a", "b"]}, ())
    assert form(Tags="") == ({"Tags": []}, ())
    assert form(Tags_1="a")[1]


def test_a_form_is_read_as_deep_as_a_body_may_be_and_no_deeper() -> None:
    gaps = Gaps()
    below: dict[str, Any] = {"a": "x"}
    for _ in range(DEEPEST + 1):
        below = {"N": below}
    Form(gaps, ec2=False).structure(NESTED, below, None)

    assert any("nested too deeply" in text for text in gaps.texts)


def xml(inner: str, root: str = "<R>", shaped: Any = SHAPE) -> tuple[Any, tuple[str, ...]]:
    gaps = Gaps()
    node = parsed(f"{root}{inner}</R>".encode(), gaps)
    found = Xml(gaps, node).structure(shaped, node, None) if node is not None else None
    return found, tuple(gaps.texts)


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ("<Other/>", "`Other`: is no parameter that is known"),
        ("<Kind>x</Kind>", "`Kind`: is no parameter that is known"),
        ("<Name>a</Name><Name>b</Name>", "`Name`: stands there twice"),
        ("<Name><b>x</b></Name>", "`Name.b`: is no parameter that is known"),
        ('<Name x="1">a</Name>', "`Name.x`: is no attribute that is known"),
        ('<Tags x="1"><member>a</member></Tags>', "`Tags.x`: is no attribute that is known"),
        ("<Tags><other>a</other></Tags>", "`Tags.other`: is no parameter that is known"),
        ("<Map><other/></Map>", "`Map.other`: is no parameter that is known"),
        ("<Map><entry><key>a</key></entry></Map>", "`Map`: has an entry that cannot be told"),
        ("<Map><entry><value>a</value></entry></Map>", "`Map`: has an entry that cannot be told"),
        ("<FlatMap><key>a</key><key>b</key><value>c</value></FlatMap>", "`FlatMap`: has an entry that cannot be told"),
        ("<FlatMap><key>a</key><value>c</value><more/></FlatMap>", "`FlatMap`: has an entry that cannot be told"),
        (
            "<FlatMap><key>a</key><value>b</value></FlatMap><FlatMap><key>a</key><value>c</value></FlatMap>",
            "`FlatMap`: has an entry that cannot be told",
        ),
        ("<One><A>1</A><B>2</B></One>", "`One`: holds several members of which only one may be there"),
        ("<Count>1.0</Count>", "`Count`: is not a whole number"),
        ('<Inner xmlns="http://evil.example/">x</Inner>', "`Inner.xmlns`: is no attribute that is known"),
    ],
)
def test_xml_that_says_more_than_its_shape_knows(inner: str, words: str) -> None:
    assert words in xml(inner)[1]


@pytest.mark.parametrize("inner", ["<Inner>text</Inner>", "<Tags>text</Tags>", "<Map>text</Map>", "text", ENTRY])
def test_text_beside_elements_is_a_gap(inner: str) -> None:
    assert xml(inner)[1]


def test_xml_in_a_namespace_of_aws_s_is_read_and_in_no_other() -> None:
    declared = f'<R xmlns="{NAMESPACE}">'
    again = f'<Inner xmlns="{NAMESPACE}"><Name>a</Name></Inner>'

    assert xml(again, declared) == ({"Inner": {"Name": "a"}}, ())
    assert xml("", '<R xmlns="http://evil.example/doc/2006-03-01/">')[1] == (
        "the body is in a namespace that is none of AWS's",
    )
    assert xml("", '<R Kind="x">') == ({"Kind": "x"}, ())
    assert xml("", '<R xmlns:xsi="http://evil.example/">')[1] == ("`xmlns:xsi`: is no attribute that is known",)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE R><R/>", "declares a document type"),
        (b"<R><!-- x --></R>", "holds a comment"),
        (b"<R><?php x?></R>", "holds a processing instruction"),
        (b"<R>&other;</R>", "is no XML"),
        (b'<?xml version="1.1"?><R/>', "declares itself to be other than XML 1.0 in UTF-8"),
        (b'<?xml version="1.0" encoding="latin-1"?><R/>', "declares itself to be other than XML 1.0 in UTF-8"),
        (b"<R>\xff</R>", "is no UTF-8"),
        (b"", "is no XML"),
        (b"<R/><R/>", "is no XML"),
        (b"<a>" * (DEEPEST + 2), "is nested too deeply"),
    ],
)
def test_xml_that_readers_differ_on_is_not_read(body: bytes, words: str) -> None:
    gaps = Gaps()

    assert parsed(body, gaps) is None
    assert gaps.texts == [f"the body {words}"]


def typed(kind: Any, value: object, *, binary: bool = False) -> tuple[Any, tuple[str, ...]]:
    gaps = Gaps()
    return Typed(gaps, binary=binary).value(kind, value, (None, "p")), tuple(gaps.texts)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (YES, 1, "true or false"),
        (YES, "true", "true or false"),
        (NUMBER, True, "a whole number"),
        (NUMBER, 7.0, "a whole number"),
        (NUMBER, "7", "a whole number"),
        (NUMBER, LARGEST, "a whole number"),
        (NUMBER, -LARGEST - 1, "a whole number"),
        (shape("float"), "1.5", "a number"),
        (shape("float"), True, "a number"),
        (shape("timestamp"), True, "a point in time"),
        (shape("timestamp"), [], "a point in time"),
        (shape("blob"), "not base64!", "bytes in base64"),
        (shape("blob"), "YQ=", "bytes in base64"),
        (shape("blob"), "ä", "bytes in base64"),
        (shape("blob"), 7, "bytes in base64"),
        (TEXT, 7, "text"),
        (TEXT, ["a"], "text"),
        (SHAPE, "x", "a structure"),
        (SHAPE, [], "a structure"),
        (list_of(TEXT), {}, "a list"),
        (list_of(TEXT), "x", "a list"),
        (map_of(TEXT), [], "a map"),
        (shape("document"), LARGEST, "a number that fits"),
    ],
)
def test_a_value_of_another_kind_is_a_gap(kind: Any, value: object, words: str) -> None:
    assert typed(kind, value)[1] == (f"`p`: is not {words}",)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (NUMBER, LARGEST - 1), (NUMBER, -LARGEST), (shape("float"), 1), (shape("float"), "NaN"), (YES, False),
        (TEXT, ""), (list_of(TEXT), ["a"]), (map_of(TEXT), {"k": "v"}), (shape("document"), {"a": [1, "b", None]}),
    ],
)  # fmt: skip
def test_a_value_of_its_kind_is_taken_as_it_is(kind: Any, value: object) -> None:
    assert typed(kind, value) == (value, ())


def test_bytes_come_as_bytes_where_the_body_can_hold_them() -> None:
    assert typed(shape("blob"), b"a", binary=True) == (b"a", ())
    assert typed(shape("blob"), "YQ==") == (b"a", ())
    assert typed(shape("blob"), "YQ==", binary=True)[1] == ("`p`: is not bytes",)
    assert typed(shape("timestamp"), Moment("1")) == ("1", ())
    assert typed(TEXT, Moment("1"))[1] == ("`p`: is not text",)


def test_a_union_and_an_unknown_name_are_gaps_and_a_null_is_none() -> None:
    assert typed(SHAPE, {"One": {"A": "1", "B": "2"}})[1] == (
        "`p.One`: holds several members of which only one may be there",
    )
    assert typed(SHAPE, {"One": {"A": "1", "B": None}})[1] == ()
    assert typed(SHAPE, {"Other": 1})[1] == ("`p.Other`: is no parameter that is known",)


def test_a_body_that_an_operation_takes_none_of_is_named() -> None:
    gaps = Gaps()

    assert Typed(gaps).body(None, {"Force": True}) == {}
    assert gaps.texts == ["`Force`: is no parameter that is known"]


@pytest.mark.parametrize("value", [[], "x", None, 7])
def test_a_body_that_is_no_object_is_named(value: object) -> None:
    gaps = Gaps()

    assert Typed(gaps).body(SHAPE, value) == {}
    assert gaps.texts == ["the body is no object"]


@pytest.mark.parametrize("kind", [NESTED, shape("document")])
def test_a_value_is_read_as_deep_as_a_body_may_be_and_no_deeper(kind: Any) -> None:
    below: Any = {"a": "x"}
    for _ in range(DEEPEST - 2):
        below = {"N": below}
    assert typed(kind, below)[1] == ()
    for _ in range(4):
        below = {"N": below}

    assert any("nested too deeply" in text for text in typed(kind, below)[1])
