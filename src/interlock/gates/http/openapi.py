"""The OpenAPI document, written from the table of routes and the types of shapes.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from interlock import __version__
from interlock.answer import Json
from interlock.gates.http.route import Route
from interlock.gates.http.shapes import Error, Nothing
from interlock.identify.verbs import VERBS

#: What any route may answer: a malformed request, a foreign page, too slow, a foreign name, too long a head, our bugs,
#: and a gate that is not armed or whose store is down.
ALWAYS: Final = (400, 403, 408, 421, 431, 500, 503)

_SECURITY: Final = {
    "agent": {"type": "http", "scheme": "bearer", "description": "An agent's token (`interlock agents token`)."},
    "person": {"type": "http", "scheme": "Session", "description": "A person's session (`POST /v1/sessions`)."},
}


def statuses(route: Route[Any, Any]) -> list[int]:
    """Every status that this route may answer with."""
    found = {route.status, *route.fails, *ALWAYS}
    if not route.open:
        found.add(401)
    if "{" in route.path:
        found.add(404)
    if route.method == "POST":
        found |= {413, 415}
    if route.path == "/health":
        found.add(503)
    return sorted(found)


def document(routes: Sequence[Route[Any, Any]]) -> Json:
    """The whole document (OpenAPI 3.1)."""
    refs, components = _schemas(routes)
    paths: dict[str, dict[str, object]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interlock",
            "version": __version__,
            "description": "The control plane between AI agents and production.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SECURITY},
    }


def _schemas(routes: Iterable[Route[Any, Any]]) -> tuple[dict[object, Json], dict[str, Json]]:
    """The reference of each type, and what the references point at."""
    kinds = [Error]
    for route in routes:
        kinds += [kind for kind in (route.answer, route.body, route.query) if kind is not Nothing and kind not in kinds]
    found, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    return dict(zip(kinds, found, strict=True)), components


def _operation(route: Route[Any, Any], refs: dict[object, Json], components: dict[str, Json]) -> Json:
    callers = sorted(set.intersection(*(set(VERBS[verb].kinds) for verb in route.verbs))) if route.verbs else ["anyone"]
    operation: Json = {
        "operationId": f"{route.handler.__module__.rpartition('.')[2]}_{route.handler.__name__}",
        "summary": route.summary,
        "description": f"For: {', '.join(callers)}.",
        "parameters": [*_path_parameters(route), *_query_parameters(route, components)],
        "security": _security(route, callers),
        "responses": {
            str(status): {
                "description": HTTPStatus(status).phrase,
                "content": {"application/json": {"schema": refs[route.answer if status < 400 else Error]}},
            }
            for status in statuses(route)
        },
    }
    if route.path == "/health":
        either = {"oneOf": [refs[route.answer], refs[Error]]}
        responses: Any = operation["responses"]  # Any: it was built above
        responses["503"]["content"]["application/json"]["schema"] = either
    if route.body is not Nothing:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": refs[route.body]}}}
    return operation


def _security(route: Route[Any, Any], callers: Sequence[str]) -> list[Json]:
    schemes: list[Json] = [{kind: []} for kind in ("agent", "person") if kind in callers and not route.open]
    return [*schemes, {}] if "anyone" in callers else schemes


def _path_parameters(route: Route[Any, Any]) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(route: Route[Any, Any], components: dict[str, Json]) -> list[Json]:
    if route.query is Nothing:
        return []
    schema: Any = components[route.query.__name__]  # Any: a JSON schema
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]
