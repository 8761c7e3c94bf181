"""The Cedar engine: what it refuses to load, what it promises of a ruling, and what it keeps."""

import threading
from types import SimpleNamespace

import pytest

from interlock.errors import BadInput, BadPolicy
from interlock.policy import cedar
from interlock.policy.cedar import MAX_INTEGER, MAX_MEMBERS, MAX_TEXT, load, version
from interlock.policy.check import examine
from interlock.policy.engine import Question, Ruling

SCHEMA = """
entity Agent { trusted: Bool };
entity Resource { name: String };
type Facts = { rows: Long, words: Set<String>, place: { name: String, live: Bool } };
action write;
action look appliesTo { principal: [Agent], resource: [Resource], context: Facts };
action edit in [write] appliesTo { principal: [Agent], resource: [Resource], context: Facts };
"""
PATHS = (
    "principal.trusted",
    "resource.name",
    "context.rows",
    "context.words",
    "context.place.name",
    "context.place.live",
)
VALUES = (True, "orders", 5, frozenset({"b", "a"}), "live", True)


def policy(name, body, extra=""):
    return f'@id("{name}") @because("because of {name}") {extra} {body}\n'


PERMIT = policy("all", "permit (principal, action, resource);")


def lift(text):
    if text != "approval 1":
        raise BadInput(f"`{text}` is no requirement", hint="write `approval 1`")
    return text


def build(*texts, **files):
    return load({**{f"{number}.cedar": text for number, text in enumerate(texts)}, **files}, SCHEMA, lift)


def ask(values=VALUES, action="edit", paths=PATHS):
    return Question("fixer", action, "orders", paths, values)


def changed(path, value):
    return tuple(value if each == path else old for each, old in zip(PATHS, VALUES, strict=True))


def refused(*texts):
    with pytest.raises(BadPolicy) as caught:
        build(*texts)
    return caught.value


def test_permits_and_forbids_that_apply_are_told_apart_and_neither_hides_the_other():
    engine = build(
        PERMIT
        + policy("few", "permit (principal, action, resource) when { context.rows < 10 };")
        + policy("live", "forbid (principal, action, resource) when { context.place.live };", '@lift("approval 1")')
        + policy("many", "forbid (principal, action, resource) when { context.rows > 10 };")
    )

    assert engine.judge(ask()) == Ruling(("all", "few"), ("live",))
    assert engine.judge(ask(changed("context.rows", 11))) == Ruling(("all",), ("live", "many"))
    assert engine.judge(ask(changed("context.place.live", False))) == Ruling(("all", "few"))


def test_nothing_applies_is_a_ruling_without_anything():
    assert build(policy("x", 'permit (principal, action == Action::"look", resource);')).judge(ask()) == Ruling()


def test_an_action_belongs_to_its_group():
    engine = build(policy("writes", 'forbid (principal, action in Action::"write", resource);'))

    assert engine.judge(ask()) == Ruling((), ("writes",))
    assert engine.judge(ask(action="look")) == Ruling()


def test_rules_carry_what_their_author_wrote_and_where():
    rule = build("\n" + policy("live", "forbid (principal, action, resource);", '@lift("approval 1")')).rules["live"]

    assert (rule.id, rule.kind, rule.because, rule.lift) == ("live", "forbid", "because of live", "approval 1")
    assert rule.where == "0.cedar:2:1"
    assert rule.text.startswith('@id("live")')


@pytest.mark.parametrize(
    ("text", "where", "code", "says"),
    [
        (PERMIT + "\npermit(principal, action resource);", "0.cedar:3:26", "policy-syntax", "resource"),
        (policy("x", "permit (principal, action, resource) when { context.nope };"), "", "policy-schema", "nope"),
        (policy("x", "permit (principal, action, resource) when { context.rows };"), "", "policy-schema", "Bool"),
        (policy("x", 'permit (principal, action == Action::"drop", resource);'), "", "policy-schema", "drop"),
        ("permit (principal, action, resource);", "0.cedar:1:1", "policy-id", "@id"),
        (PERMIT.replace('"all"', '"All of it"'), "0.cedar:1:1", "policy-id", "All of it"),
        (PERMIT.replace('"all"', '"interlock:x"'), "0.cedar:1:1", "policy-id", "interlock:x"),
        (PERMIT + "\n" + PERMIT, "0.cedar:3:1", "policy-id", "twice"),
        ('@id("x") permit (principal, action, resource);', "0.cedar:1:1", "policy-because", "@because"),
        (PERMIT.replace("because of all", " "), "0.cedar:1:1", "policy-because", "@because"),
        (PERMIT.replace("because of all", "x" * 301), "0.cedar:1:1", "policy-because", "too long"),
        (policy("x", "permit (principal, action, resource);", '@lift("approval 1")'), "", "policy-lift", "permit"),
        (policy("x", "forbid (principal, action, resource);", '@lift("a cake")'), "", "policy-lift", "a cake"),
        (policy("x", "forbid (principal, action, resource);", "@lift"), "", "policy-lift", "no requirement"),
        (policy("x", "forbid (principal == ?principal, action, resource);"), "", "policy-template", "template"),
        ("", "", "policy-none", "no policies"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(text, where, code, says):
    problem = refused(text)

    assert problem.code == code
    assert problem.where.startswith(where)
    assert says in str(problem)


def test_a_fact_that_no_action_has_is_one_problem_and_not_one_for_each_action():
    _, problems = examine(
        {"0.cedar": policy("x", "permit (principal, action, resource) when { context.nope };")}, SCHEMA, lift
    )

    (problem,) = problems
    assert "attribute `nope` of `context` not found" in problem.message


def test_no_files_at_all_are_refused():
    with pytest.raises(BadPolicy) as caught:
        load({}, SCHEMA, lift)

    assert caught.value.code == "policy-none"


def test_an_unknown_fact_is_shown_where_it_stands():
    problem = refused(PERMIT + "\n" + policy("x", "permit (principal, action, resource)\nwhen { context.nope };"))

    assert problem.where == "0.cedar:4:16"


def test_the_first_of_many_problems_is_told_and_the_others_counted():
    problem = refused("permit (principal, action, resource);" * 3)

    assert "and 2 more" in problem.hint


def test_too_many_policies_are_refused():
    many = "".join(policy(f"p{number}", "permit (principal, action, resource);") for number in range(1_001))

    assert refused(many).code == "policy-too-large"


def test_a_schema_that_is_none_is_a_problem_of_the_set():
    with pytest.raises(BadPolicy) as caught:
        load({"a.cedar": PERMIT}, "entity", lift)

    assert caught.value.code == "policy-schema"


def test_the_version_is_of_texts_names_and_schema_and_not_of_line_ends():
    first = version({"a": "x\n", "b": "y"}, SCHEMA)

    assert len(first) == 64
    assert first == version({"b": "y", "a": "x\r\n"}, SCHEMA) == version({"a": "x\n", "b": "y"}, SCHEMA)
    others = [
        version({"a": "x\ny", "b": ""}, SCHEMA),
        version({"a": "x", "b": "y"}, SCHEMA),
        version({"a": "x\n", "c": "y"}, SCHEMA),
        version({"a": "x\n", "b": "y"}, SCHEMA + " "),
        version({"ax": "\n", "b": "y"}, SCHEMA),
    ]
    assert len({first, *others}) == 6


@pytest.mark.parametrize(
    ("condition", "read", "not_read"),
    [
        ("context.rows > 1", ["context.rows"], ["context.words", "context.place.name", "principal.trusted"]),
        ("context.place.live", ["context.place.live", "context.place"], ["context.place.name"]),
        ('context.place == {name: "x", live: true}', ["context.place.name", "context.place.live"], ["context.rows"]),
        ("context has rows", ["context.rows"], ["context.words"]),
        ("context.place has name", ["context.place.name"], ["context.place.live"]),
        ("principal.trusted", ["principal.trusted"], ["principal.id", "resource.id"]),
        ('principal == Agent::"x"', ["principal.id", "principal.trusted"], ["resource.id"]),
        ('(if context.rows > 1 then principal else Agent::"x").trusted', ["principal.trusted", "context.rows"], []),
        ('["x"].contains(resource.name)', ["resource.name"], ["resource.id"]),
        ('resource.name like "a*"', ["resource.name"], []),
    ],
)
def test_what_a_policy_reads_is_known_and_in_doubt_it_is_read(condition, read, not_read):
    engine = build(policy("x", f"permit (principal, action, resource) when {{ {condition} }};"))

    assert all(engine.reads(path) for path in read)
    assert not any(engine.reads(path) for path in not_read)


def test_a_name_in_the_scope_is_read():
    engine = build(policy("x", 'permit (principal == Agent::"a", action, resource in Resource::"b");'))

    assert engine.reads("principal.id")
    assert engine.reads("resource.id")
    assert not engine.reads("principal.trusted")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("context.rows", None),
        ("context.rows", 1.0),
        ("context.rows", MAX_INTEGER + 1),
        ("context.rows", -MAX_INTEGER - 1),
        ("context.rows", 2**63),
        ("context.rows", "5"),
        ("context.rows", True),
        ("principal.trusted", 1),
        ("principal.trusted", None),
        ("resource.name", "x" * (MAX_TEXT + 1)),
        ("resource.name", "\ud800"),
        ("context.words", frozenset(map(str, range(MAX_MEMBERS + 1)))),
        ("context.words", frozenset({1})),
        ("context.words", ["a"]),
        ("context.place.name", b"live"),
    ],
)
def test_a_fact_without_an_exact_form_gives_no_ruling_but_an_error(path, value):
    engine = build(PERMIT)

    ruling = engine.judge(ask(changed(path, value)))

    assert ruling.errors
    assert (ruling.permits, ruling.forbids) == ((), ())


@pytest.mark.parametrize("value", [MAX_INTEGER, -MAX_INTEGER, 0])
def test_integers_up_to_the_bound_are_exact(value):
    engine = build(policy("same", f"permit (principal, action, resource) when {{ context.rows == {value} }};"))

    assert engine.judge(ask(changed("context.rows", value))) == Ruling(("same",))


@pytest.mark.parametrize(
    "question",
    [
        ask(action="drop"),
        ask(paths=PATHS[:-1], values=VALUES[:-1]),
        ask(paths=(*PATHS, "context.more"), values=(*VALUES, True)),
        ask(paths=("elsewhere.x", *PATHS[1:])),
        ask(paths=("trusted", *PATHS[1:])),
        ask(values=VALUES[:-1]),
        ask()._replace(resource="\ud800"),
        ask()._replace(principal="x" * (MAX_TEXT + 1)),
    ],
)
def test_a_question_that_does_not_fit_gives_no_ruling_but_an_error(question):
    assert build(PERMIT).judge(question).errors


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "ö\U0001f600", "", 'Agent::"x"'])
def test_any_text_is_carried_exactly(name):
    engine = build(policy("x", "permit (principal, action, resource) when { resource.name == context.place.name };"))
    question = Question(name, "edit", name, PATHS, (*changed("resource.name", name)[:4], name, True))

    assert engine.judge(question) == Ruling(("x",))


def test_an_evaluation_that_fails_is_an_error_and_never_a_forbid_that_does_not_apply():
    engine = build(PERMIT + policy("big", "forbid (principal, action, resource) when { context.rows * 1100 > 5 };"))

    ruling = engine.judge(ask(changed("context.rows", MAX_INTEGER)))

    assert ruling.permits == ()
    assert any("big" in error for error in ruling.errors)


def test_whatever_the_engine_raises_is_an_error(monkeypatch):
    engine = build(PERMIT)

    for fault in (ValueError("x"), KeyError("x"), RuntimeError("x"), TypeError("x"), MemoryError()):

        def broken(*_, fault=fault):
            raise fault

        monkeypatch.setattr(cedar.cedarpy, "is_authorized", broken)
        assert engine.judge(ask()).errors

    monkeypatch.undo()
    assert engine.judge(ask()) == Ruling(("all",)), "an error is never kept"


def test_an_engine_that_contradicts_itself_is_not_believed(monkeypatch):
    engine = build(PERMIT)
    decision = cedar.cedarpy.Decision

    for said, reasons in ((decision.Deny, ["all"]), (decision.Allow, []), (decision.Allow, ["who"])):
        answer = SimpleNamespace(decision=said, diagnostics=SimpleNamespace(errors=[], reasons=reasons))
        monkeypatch.setattr(cedar.cedarpy, "is_authorized", lambda *_, answer=answer: answer)
        assert engine.judge(ask()).errors


def test_equal_questions_are_judged_once_and_unequal_ones_are_not_mixed_up(monkeypatch):
    engine = build(policy("five", "permit (principal, action, resource) when { context.rows == 5 };"))
    calls = []
    real = cedar.cedarpy.is_authorized
    monkeypatch.setattr(cedar.cedarpy, "is_authorized", lambda *given: calls.append(1) or real(*given))

    assert engine.judge(ask()) == engine.judge(ask()) == Ruling(("five",))
    assert engine.judge(ask(changed("context.rows", 6))) == Ruling()
    assert engine.judge(ask()._replace(principal="other")) == Ruling(("five",))
    assert len(calls) == 3


def test_one_and_true_are_two_facts():
    engine = build(PERMIT)

    assert engine.judge(ask(changed("principal.trusted", True))) == Ruling(("all",))
    assert engine.judge(ask(changed("principal.trusted", 1))).errors


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(cedar, "CACHED", 3)
    engine = build(PERMIT)

    for rows in range(10):
        engine.judge(ask(changed("context.rows", rows)))

    assert len(engine._rulings) == 3


def test_many_threads_get_the_same_rulings():
    engine = build(policy("even", "permit (principal, action, resource) when { context.rows > 50 };"))
    wrong = []

    def work():
        for rows in range(100):
            if engine.judge(ask(changed("context.rows", rows))) != Ruling(("even",) if rows > 50 else ()):
                wrong.append(rows)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_narrowed_engine_judges_by_the_facts_that_are_read_under_the_same_version():
    engine = build(policy("few", "permit (principal, action, resource) when { context.rows < 10 };"))
    narrow = SCHEMA.replace("trusted: Bool", "").replace("name: String };\ntype", "};\ntype")
    narrow = narrow.replace(", words: Set<String>, place: { name: String, live: Bool }", "")
    narrowed = engine.narrowed(narrow)

    assert narrowed.judge(Question("a", "edit", "r", ("context.rows",), (5,))) == Ruling(("few",))
    assert narrowed.judge(ask()).errors
    assert narrowed.version == engine.version
