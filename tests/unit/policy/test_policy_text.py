"""The scanner: where policies begin and end, what is refused before any parser sees it, and where it stands."""

import pytest

from interlock.errors import BadPolicy
from interlock.policy.text import MAX_BYTES, MAX_CLAUSES, MAX_DEPTH, MAX_NESTING, MAX_POLICY_BYTES, pieces

PLAIN = "permit (principal, action, resource);"


def when(condition):
    return f"permit (principal, action, resource) when {{ {condition} }};"


def refused(text):
    with pytest.raises(BadPolicy) as caught:
        pieces("a.cedar", text)
    return caught.value


def test_each_policy_is_cut_out_with_its_place():
    text = f'// head\n\n@id("a")\n{PLAIN}  @id("b") {PLAIN}\n'

    first, second = pieces("a.cedar", text)

    assert (first.where, first.text) == ("a.cedar:3:1", f'@id("a")\n{PLAIN}')
    assert (second.where, second.text) == ("a.cedar:4:40", f'@id("b") {PLAIN}')


def test_a_place_inside_a_policy_counts_from_the_file():
    (piece,) = pieces("a.cedar", "  @id(\n  1) x;")

    assert piece.place(piece.text.index("1")) == "a.cedar:2:3"
    assert piece.place(piece.text.index("id")) == "a.cedar:1:4"


def test_what_looks_like_an_end_inside_text_or_a_comment_is_none():
    text = '@because("a; b // c") permit (principal, action, resource) // ; here\nwhen { context.x == "\\";" };'

    assert [text] == [piece.text for piece in pieces("a.cedar", text)]


def test_a_comment_ends_at_a_carriage_return_as_it_does_for_the_parser():
    assert len(pieces("a.cedar", f"// hidden\r{PLAIN}")) == 1


def test_an_empty_file_holds_no_policy():
    assert pieces("a.cedar", "") == pieces("a.cedar", " // nothing\n") == ()


@pytest.mark.parametrize(
    ("text", "where", "code"),
    [
        (f'{PLAIN}\n  @id("never ends) {PLAIN}', "a.cedar:2:7", "policy-syntax"),
        (f"{PLAIN}\n {PLAIN[:-1]}", "a.cedar:2:2", "policy-unfinished"),
        (when("(true"), "a.cedar:1:1", "policy-unfinished"),
        (f"{PLAIN}\npermit )(;", "a.cedar:2:1", "policy-unfinished"),
        ("permit ) (x);", "a.cedar:1:8", "policy-syntax"),
        (when("(true]"), "a.cedar:1:50", "policy-syntax"),
        ("permit $ ;", "a.cedar:1:8", "policy-syntax"),
        ("permit\x00;", "a.cedar:1:7", "policy-encoding"),
        ("// \x1b[31m\n" + PLAIN, "a.cedar:1:4", "policy-encoding"),
        ("// \ud800\n" + PLAIN, "a.cedar:1:4", "policy-encoding"),
        (when("(" * 2_000 + "true" + ")" * 2_000), "a.cedar:1:69", "policy-too-deep"),
        ("x" * (MAX_BYTES + 1), "a.cedar:1:1", "policy-too-large"),
        (when('"' + "x" * MAX_POLICY_BYTES + '" == "x"'), "a.cedar:1:1", "policy-too-large"),
    ],
)
def test_what_no_parser_should_see_is_refused_with_its_place(text, where, code):
    problem = refused(text)

    assert (where, code) == (problem.where, problem.code)
    assert problem.hint


DEEP = {
    "brackets": lambda n: "(" * n + "true" + ")" * n,
    "sets": lambda n: "[" * n + "1" + "]" * n + " == context",
    "records": lambda n: "{a: " * n + "1" + "}" * n + " == context",
    "negations in brackets": lambda n: "!(" * n + "true" + ")" * n,
    "calls": lambda n: "context.s.contains(" * n + "1" + ")" * n,
    "a chain of or": lambda n: " || ".join(["context.b"] * n),
    "a chain of plus": lambda n: " + ".join(["context.n"] * n) + " > 1",
    "a chain of dots": lambda n: "context" + ".a" * n,
    "a chain of has": lambda n: "context has a" + ".a" * n,
    "if in if": lambda n: "if context.b then " * n + "true" + " else true" * n,
    "else if": lambda n: "if context.b then true else " * n + "true",
    "chains in brackets": lambda n: "(context.b && context.b && (" * (n // 4) + "true" + "))" * (n // 4),
    "what comes after brackets": lambda n: "(" * (n // 2) + "true" + " && true)" * (n // 2),
}


@pytest.mark.parametrize("shape", DEEP)
def test_every_way_to_nest_is_bounded(shape):
    assert refused(when(DEEP[shape](400))).code == "policy-too-deep"


@pytest.mark.parametrize("shape", DEEP)
def test_what_people_write_is_not_too_deep(shape):
    assert len(pieces("a.cedar", when(DEEP[shape](12)))) == 1


def test_the_bounds_are_where_they_are_said_to_be():
    pieces("a.cedar", when(DEEP["brackets"](MAX_NESTING - 1)))
    pieces("a.cedar", when(" && ".join(["context.a.b == 1"] * (MAX_DEPTH - 6))))
    pieces("a.cedar", PLAIN[:-1] + " when { true }" * MAX_CLAUSES + ";")

    assert refused(when(DEEP["brackets"](MAX_NESTING))).code == "policy-too-deep"
    assert refused(when(" && ".join(["true"] * MAX_DEPTH))).code == "policy-too-deep"
    assert refused(PLAIN[:-1] + " when { true }" * (MAX_CLAUSES + 1) + ";").code == "policy-too-deep"


def test_a_long_list_is_not_deep():
    listed = ", ".join(f'"table-{number}"' for number in range(1_000))

    assert len(pieces("a.cedar", when(f"[{listed}].contains(context.name)"))) == 1
