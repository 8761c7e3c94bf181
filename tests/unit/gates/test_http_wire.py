"""Reading strictly: each way in which a request could be taken for two things is refused."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.errors import BadInput, Forbidden
from interlock.gates.http import shapes, wire
from interlock.gates.http.shapes import Nothing
from interlock.model.approval import Vote

CHECK = {"kind": "sql", "payload": "SELECT 1"}


def refused(call: object, *arguments: object) -> BadInput:
    with pytest.raises(BadInput) as caught:
        call(*arguments)  # type: ignore[operator]  # the functions of wire
    return caught.value


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_body_of_the_shape_is_taken() -> None:
    assert wire.body(raw(CHECK), shapes.Check) == shapes.Check("sql", "SELECT 1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"kind":"sql","payload":"x"} {}',
        b'{"kind":"sql","payload":"\xff"}',
        b'{"kind":"sql","payload":"\\ud800"}',
        b'{"kind":"sql","payload":NaN}',
        b'{"kind":"sql","payload":Infinity}',
        b'{"kind":"sql","payload":1e999}',
        b'{"kind":"sql","payload":1}',
        b'{"kind":"sql","payload":"x","sudo":true}',
        b'{"kind":"","payload":"x"}',
        b'{"kind":"sql","payload":"x",}',
        b'\xef\xbb\xbf{"kind":"sql","payload":"x"}',
        "{'kind':'sql'}".encode("utf-16"),
        b'{"kind":"sql","payload":"x","intent":"' + b"y" * 5000 + b'"}',
        b'{"kind":"sql","payload":"x","x":' + b"[" * 100_000,
        b'{"kind":"sql","payload":"x","x":' + b'{"a":' * 100_000,
        b'{"kind":"sql","payload":' + b"9" * 100_000 + b"}",
    ],
    ids=range(20),
)
def test_any_other_body_is_refused_with_a_place_and_without_a_crash(body: bytes) -> None:
    error = refused(wire.body, body, shapes.Propose)

    assert (error.code, error.http_status) == ("bad-body", 400)
    assert error.where
    assert len(error.message) <= wire.MAX_MESSAGE


@pytest.mark.parametrize(
    "body",
    [
        b'{"kind":"sql","payload":"SELECT 1","payload":"DROP TABLE orders"}',
        b'{"kind":"sql","payload":"SELECT 1","p\\u0061yload":"DROP TABLE orders"}',
    ],
)
def test_a_doubled_name_is_refused_also_when_it_is_spelled_differently(body: bytes) -> None:
    """One reader takes the first, another the last: what was judged would not be what was asked."""
    assert "twice" in refused(wire.body, body, shapes.Check).message


def test_a_doubled_name_is_refused_inside_a_ballot_too() -> None:
    ballot = (
        b'{"case":"c","digest":"d","person":"ada","choice":"reject","choice":"approve","cast_at":1,"expires_at":2,'
        b'"nonce":"n"}'
    )

    assert "twice" in refused(wire.body, b'{"ballot":' + ballot + b',"signature":"s"}', Vote).message


@pytest.mark.parametrize(
    "number", ["1" + "0" * 30, "1" + "0" * 5000, str(2**53), str(-(2**53)), "1.5", "1e3", "true", '"1"', "NaN"]
)
def test_a_number_that_is_no_plain_integer_is_refused(number: str) -> None:
    ballot = (
        f'{{"case":"c","digest":"d","person":"ada","choice":"approve","cast_at":{number},"expires_at":2,"nonce":"n"}}'
    )

    assert refused(wire.body, f'{{"ballot":{ballot},"signature":"s"}}'.encode(), Vote).code == "bad-body"


def test_an_error_names_the_field_and_not_its_value() -> None:
    error = refused(wire.body, raw({"kind": "sql", "payload": ["hunter2"]}), shapes.Check)

    assert error.where == "payload"
    assert "hunter2" not in str(error)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_whatever_the_bytes_the_answer_is_a_value_or_bad_input(data: bytes) -> None:
    with contextlib.suppress(BadInput):
        wire.body(data, shapes.Propose)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner))
)
@settings(max_examples=100)
def test_whatever_the_json_only_the_shape_is_taken(value: object) -> None:
    try:
        taken = wire.body(json.dumps(value).encode(), shapes.Check)
    except BadInput:
        return
    assert isinstance(value, dict)
    assert taken.kind == value["kind"]


# queries


def test_a_query_is_read_into_its_shape() -> None:
    assert wire.query(b"state=held&limit=3", shapes.CasesQuery) == shapes.CasesQuery("held", 3)
    assert wire.query(b"", shapes.CasesQuery) == shapes.CasesQuery()


@pytest.mark.parametrize(
    "query",
    [
        b"limit=0",
        b"limit=501",
        b"limit=1_0",
        b"limit=+1",
        b"limit= 1",
        b"limit=1e1",
        b"limit=0x1",
        b"limit=-1",
        b"limit=",
        b"state=melted",
        b"limit=1&limit=2",
        b"limit=1&li%6dit=2",
        b"nothing",
        b"token=abc",
        b"limit=%ff",
        b"&" * 20,
        b"x" * 2000,
        b"\xc3\xa9=1",
    ],
)
def test_any_other_query_is_refused(query: bytes) -> None:
    assert refused(wire.query, query, shapes.CasesQuery).code == "bad-query"


@pytest.mark.parametrize("query", [b"token=abc", b"a=1", b"x"])
def test_a_route_without_a_query_takes_none(query: bytes) -> None:
    assert "Authorization" in refused(wire.query, query, Nothing).hint


# paths, headers, hosts


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/cases/abc123/run", "/v1/agents/a.b-c_d/tokens/*/revoke", "/health"])
def test_a_plain_path_is_taken_as_it_is(path: str) -> None:
    assert wire.path(path.encode()) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "//", "//v1/cases", "/v1//cases", "/v1/cases/", "/v1/./cases", "/v1/../v1/cases", "/v1/cases/..",
        "/v1/%63ases", "/v1/cases/%2e%2e", "/v1/cases/abc%2frun", "/v1/cases/abc%00", "/v1\\cases", "/v1/cases;a=b",
        "/v1/cases\n", "v1/cases", "/v1/cas\xe9s", "/v1/cases abc", "http://x/v1/cases",
    ],
)  # fmt: skip
def test_any_other_spelling_of_a_path_is_not_found(path: str) -> None:
    assert refused(wire.path, path.encode("latin-1")).http_status == 404


@pytest.mark.parametrize("name", sorted(wire.SINGLE))
def test_a_header_that_decides_something_comes_once(name: str) -> None:
    once = [(name.encode(), b"a")]

    assert wire.headers(once) == {name: "a"}
    assert refused(wire.headers, [*once, (name.title().encode(), b"b")]).code == "doubled-header"


def test_other_headers_may_come_twice() -> None:
    assert wire.headers([(b"accept", b"a"), (b"accept", b"b")]) == {"accept": "b"}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:7117", "127.0.0.1:7117", "[::1]:7117", "[::1]"])
def test_our_own_names_are_taken_with_and_without_a_port(host: str) -> None:
    wire.require_host({"host": host}, frozenset({"localhost", "127.0.0.1", "[::1]"}))


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "evil.example:7117", "localhost.evil.example", "localhost:7117@evil.example", "127.0.0.1.",
        "localhost:port", "localhost:", "a@localhost", "localhost evil", "localhost,evil.example", "::1", "0x7f.1",
    ],
)  # fmt: skip
def test_other_names_are_not_answered_to(host: str) -> None:
    error = refused(wire.require_host, {"host": host}, frozenset({"localhost", "127.0.0.1", "[::1]"}))

    assert (error.http_status, error.code) == (421, "other-host")


@pytest.mark.parametrize(
    "head",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:8000"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_sites_have_no_business_here(head: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        wire.require_same_site({"host": "localhost:7117"} | head)


@pytest.mark.parametrize("head", [{}, {"origin": "http://localhost:7117"}, {"sec-fetch-site": "none"}])
def test_programs_and_our_own_pages_have(head: dict[str, str]) -> None:
    wire.require_same_site({"host": "localhost:7117"} | head)


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", 'application/json;charset="UTF-8"']
)
def test_json_is_taken(kind: str) -> None:
    wire.require_json({"content-type": kind})


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/jsonp"},
        {"content-type": "text/plain, application/json"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_what_a_form_could_send_and_what_is_compressed_is_not(head: dict[str, str]) -> None:
    assert refused(wire.require_json, head).http_status == 415
