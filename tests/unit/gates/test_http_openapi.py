"""The document at /openapi.json: every route, every status, every reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from interlock.gates.http.openapi import document, statuses
from interlock.gates.http.route import Route
from interlock.gates.http.shapes import Nothing
from interlock.gates.http.table import PARAMS, ROUTES
from live_gate import Live

DOCUMENT = json.loads(json.dumps(document(ROUTES)))


def operation(route: Route) -> dict:
    return DOCUMENT["paths"][route.path][route.method.lower()]


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_served_document_is_this_one(live: Live) -> None:
    got = live.ask("GET", "/openapi.json")

    assert got.json == DOCUMENT
    assert got.json["openapi"].startswith("3.1")


def test_it_has_just_the_routes_of_the_table() -> None:
    found = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}

    assert found == {route.name for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_lists_every_status_that_it_may_give(route: Route) -> None:
    told = {int(status) for status in operation(route)["responses"]}

    assert told == set(statuses(route))
    assert {route.status, 400, 403, 421, 500, 503} <= told
    assert (401 in told) == (not route.open or route.guard is not None or route.path == "/v1/sessions")
    assert ("{" not in route.path) or 404 in told


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_describes_its_names_its_query_and_its_body(route: Route) -> None:
    described = operation(route)
    parameters = {(one["in"], one["name"]) for one in described["parameters"]}

    names = re.findall(r"{(\w+)}", route.path)
    fields = [] if route.query is Nothing else route.query.__struct_fields__
    assert parameters == {("path", name) for name in names} | {("query", field) for field in fields}
    assert set(names) <= set(PARAMS)
    assert ("requestBody" in described) == (route.body is not Nothing)


def test_operation_ids_are_unique() -> None:
    ids = [operation(route)["operationId"] for route in ROUTES]

    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        assert reference.removeprefix("#/components/schemas/") in DOCUMENT["components"]["schemas"], reference


def test_no_reply_has_fields_that_its_schema_leaves_open() -> None:
    foreign = {"RunTask", "Capabilities"}  # what others send is theirs, and may grow; its signature is checked first
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if name not in foreign:
            assert schema.get("type") != "object" or schema.get("additionalProperties") is False, name


def test_what_needs_a_credential_says_which() -> None:
    security = {route.name: [next(iter(one), "") for one in operation(route)["security"]] for route in ROUTES}

    assert security["POST /v1/cases"] == ["agent", "person"]
    assert security["POST /v1/cases/{case}/votes"] == ["person"]
    assert security["GET /health"] == [""]
    assert security["POST /v1/check"] == ["agent", "person", ""]
