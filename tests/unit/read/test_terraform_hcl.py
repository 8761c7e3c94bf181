"""Configuration files: what stands in them, in both spellings, and what is said of what cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.read.terraform.hcl import lifecycle_of, read_hcl, sources_of
from interlock.read.terraform.hcl_native import MAX_BLOCKS_DEEP, MAX_BYTES, MAX_PROBLEMS
from interlock.read.terraform.syntax import (
    ALL,
    ANY_INDEX,
    COUNT_INDEX,
    EACH_KEY,
    Attribute,
    Reference,
    Source,
    steps_of,
)


def attribute(expression: str) -> Attribute:
    source = read_hcl("main.tf", f"locals {{\n  x = {expression}\n}}\n".encode())

    assert not source.problems

    return source.blocks[0].attributes["x"]


def first(expression: str) -> Reference:
    return attribute(expression).references[0]


@pytest.mark.parametrize(
    ("expression", "steps"),
    [
        ("aws_vpc.main.id", ("aws_vpc", "main", "id")),
        ("aws_vpc.main[0].id", ("aws_vpc", "main", "[0]", "id")),
        ("aws_vpc.main.0.id", ("aws_vpc", "main", "[0]", "id")),
        ('aws_vpc.main["a.b"].id', ("aws_vpc", "main", '["a.b"]', "id")),
        ("aws_vpc.main[each.key].id", ("aws_vpc", "main", EACH_KEY, "id")),
        ("aws_vpc.main[count.index].id", ("aws_vpc", "main", COUNT_INDEX, "id")),
        ("aws_vpc.main[local.k].id", ("aws_vpc", "main", ANY_INDEX, "id")),
        ("aws_vpc.main[*].id", ("aws_vpc", "main", ALL, "id")),
        ("aws_vpc.main.*.id", ("aws_vpc", "main", ALL, "id")),
        ("data.aws_ami.x.id", ("data", "aws_ami", "x", "id")),
        ('module.m["k"].out', ("module", "m", '["k"]', "out")),
        ('"${aws_vpc.main.id}"', ("aws_vpc", "main", "id")),
        ("-aws_vpc.main.id", ("aws_vpc", "main", "id")),
        ("(aws_vpc.main.id)", ("aws_vpc", "main", "id")),
        ("f(aws_vpc.main.id...)", ("aws_vpc", "main", "id")),
        ("[for v in aws_vpc.main : v]", ("aws_vpc", "main")),
        ("true ? aws_vpc.main.id : 1", ("aws_vpc", "main", "id")),
        ("<<-EOT\n  a ${aws_vpc.main.id} b\n  EOT\n", ("aws_vpc", "main", "id")),
        ('"%{ if aws_vpc.main.id }a%{ endif }"', ("aws_vpc", "main", "id")),
    ],
)
def test_a_reference_is_found_wherever_it_stands(expression: str, steps: tuple[str, ...]) -> None:
    assert steps == first(expression).steps


def test_an_index_that_is_worked_out_is_a_reference_too() -> None:
    assert [each.steps for each in attribute("aws_vpc.main[local.k]").references] == [
        ("aws_vpc", "main", ANY_INDEX),
        ("local", "k"),
    ]


@pytest.mark.parametrize(
    ("expression", "plain"),
    [
        ("aws_vpc.main.id", True),
        ('"a-${aws_vpc.main.id}"', True),
        ("[aws_vpc.main.id, 1]", True),
        ("jsonencode({ a = aws_vpc.main.id })", True),
        ("length(aws_vpc.main.id)", False),
        ("true ? aws_vpc.main.id : 1", False),
        ("aws_vpc.main.id == 1", False),
        ("[for v in aws_vpc.main : v.id]", False),
        ("local.m[aws_vpc.main.id]", False),
        ("jsonencode(aws_vpc.main.id)[0]", False),
    ],
)
def test_a_reference_is_plain_where_another_value_surely_makes_another_result(expression: str, plain: bool) -> None:
    references = [each for each in attribute(expression).references if each.steps[0] == "aws_vpc"]

    assert [plain] == [each.plain for each in references]


def test_a_reference_says_where_in_a_literal_it_stands() -> None:
    references = attribute('{ a = aws_a.x.id, "b" = [1, aws_b.x.id], (local.k) = aws_c.x.id }').references

    assert {each.steps[0]: each.at for each in references} == {
        "aws_a": ("a",),
        "aws_b": ("b", "[1]"),
        "aws_c": (ANY_INDEX,),
        "local": (),
    }


def test_a_key_that_is_a_bare_word_refers_to_nothing() -> None:
    assert attribute("{ aws_vpc = 1 }").references == ()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"a\\n\\"b\\u0041 $${x}"', 'a\n"bA ${x}'),
        ("12", 12),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ('[1, { a = "b" }]', [1, {"a": "b"}]),
    ],
)
def test_a_literal_says_its_value(expression: str, value: object) -> None:
    found = attribute(expression)

    assert (True, value) == (found.constant, found.value)


@pytest.mark.parametrize("expression", ['"${var.x}"', "var.x", "f()", "1 + 1", "[var.x]"])
def test_what_is_worked_out_is_no_literal(expression: str) -> None:
    assert not attribute(expression).constant


LIFECYCLE = b"""
resource "aws_x" "y" {
  lifecycle {
    prevent_destroy       = true
    create_before_destroy = true
    ignore_changes        = [tags["a"], name]
    replace_triggered_by  = [aws_q.r.id]
  }
}
"""
LIFECYCLE_JSON = b"""{"resource": {"aws_x": {"y": {"lifecycle": {"prevent_destroy": true, "create_before_destroy": true,
"ignore_changes": ["tags[\\"a\\"]", "name"], "replace_triggered_by": ["aws_q.r.id"]}}}}}"""


@pytest.mark.parametrize(("name", "raw"), [("a.tf", LIFECYCLE), ("a.tf.json", LIFECYCLE_JSON)])
def test_lifecycle_is_read_in_both_spellings(name: str, raw: bytes) -> None:
    source = read_hcl(name, raw)

    assert not source.problems
    assert source.blocks[0].labels == ("aws_x", "y")
    found = lifecycle_of(source.blocks[0])
    assert found[:4] == (True, True, ("tags", "name"), False)
    assert [each.steps for each in found.replace_triggered_by] == [("aws_q", "r", "id")]


def test_all_changes_can_be_ignored() -> None:
    block = read_hcl("a.tf", b'resource "a" "b" {\n  lifecycle {\n    ignore_changes = all\n  }\n}\n').blocks[0]

    assert lifecycle_of(block).ignores_all


def test_json_holds_the_same_references() -> None:
    source = read_hcl(
        "a.tf.json",
        b'{"locals": {"x": "${aws_a.b.id}"}, "resource": [{"aws_c": {"d": {"e": {"f": ["-${local.x}-"]},'
        b' "depends_on": ["aws_a.b"], "//": "a comment"}}}]}',
    )
    resource = source.blocks[1]

    assert not source.problems
    assert Reference(("aws_a", "b", "id"), (), True, True) == source.blocks[0].attributes["x"].references[0]
    assert Reference(("local", "x"), ("f", "[0]"), False, True) == resource.attributes["e"].references[0]
    assert resource.attributes["depends_on"].references[0].steps == ("aws_a", "b")
    assert "//" not in resource.attributes


def test_places_name_file_bytes_and_line() -> None:
    raw = b'\n\nresource "a" "b" {}\n'
    place = read_hcl("x/main.tf", raw).blocks[0].place

    assert (str(place), raw[place.start : place.end]) == ("x/main.tf:3", b'resource "a" "b" {}')


def test_what_stands_behind_an_error_is_still_read_and_the_error_is_named() -> None:
    source = read_hcl("a.tf", b'resource "a" "b" {\n  x = f(\n}\nresource "c" "d" {\n  y = aws_e.f.id\n}\n')

    assert source.problems
    assert ("c", "d") in [block.labels for block in source.blocks]


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("a.tf", b"\xff\xfe", "not UTF-8"),
        ("a.tf", b"x" * (MAX_BYTES + 1), "larger than"),
        ("a.tf", b"x = 1\nx = 2\n", "`x` is set twice"),
        ("a.tf", b'x = "open', "missing"),
        ("a.tf", b"a {\n" * (MAX_BLOCKS_DEEP + 2) + b"}\n" * (MAX_BLOCKS_DEEP + 2), "nested deeper"),
        ("a.tf", b"}" * 100_000, "no configuration"),
        ("a.tf", b"= = =\n" * (MAX_PROBLEMS * 4), "configuration"),
        ("a.tf.json", b"{", "no JSON"),
        ("a.tf.json", b"[" * 100_000, "no JSON"),
        ("a.tf.json", b"[]", "no object"),
        ("a.tf.json", b'{"x": 1}', "`x` is no block"),
        ("a.tf.json", b'{"locals": {"a": 1}, "locals": {"b": 1}}', "`locals` stands twice"),
        ("a.tf.json", b'{"resource": {"a": [1]}}', "is no object"),
        ("a.tf.json", b'{"locals": {"a": "${"}}', "cannot be read"),
        ("a.tf.json", b'{"locals": {"a": ' + b'{"b":' * 300 + b"1" + b"}" * 300 + b"}}", "nested deeper"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, raw: bytes, words: str) -> None:
    problems = read_hcl(name, raw).problems

    assert any(words in problem.what for problem in problems)
    assert len(problems) <= MAX_PROBLEMS + 1


def test_a_byte_mark_at_the_beginning_is_no_error() -> None:
    assert Source("a.tf") == read_hcl("a.tf", b"\xef\xbb\xbf")


def test_only_configuration_is_taken_from_a_package() -> None:
    files = {
        "config/./a.tf": b"",
        "config/module.m/b.tf.json": b"{}",
        "config/./x.tfvars": b"",
        "config/./t.tftest.hcl": b"",
    }

    assert [(module, source.name) for module, source in sources_of(files)] == [
        (".", "config/./a.tf"),
        ("module.m", "config/module.m/b.tf.json"),
    ]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ('module.a["x.y"].b[0]', ("module", "a", '["x.y"]', "b", "[0]")),
        ('a["q\\"]"].b', ("a", '["q\\"]"]', "b")),
        ("a[0", ("a", "[0")),
        ("", ()),
        ("..", ()),
    ],
)
def test_an_address_is_taken_apart_into_steps(text: str, steps: tuple[str, ...]) -> None:
    assert steps == steps_of(text)


@given(
    st.lists(
        st.sampled_from(
            ["a", "{", "}", "[", "]", '"', "${", "=", "\n", "<<E\n", "E\n", ".", "x.y", "%{", "(", ")", "?"]
        )
    )
)
def test_no_text_makes_the_reading_fail(words: list[str]) -> None:
    raw = "".join(words).encode()

    assert isinstance(read_hcl("a.tf", raw), Source)
    assert isinstance(read_hcl("a.tf.json", raw), Source)
