"""Every verb of ours by every kind of caller, over HTTP: what may not be done is refused with its reason."""

from __future__ import annotations

import pytest

from interlock.errors import Forbidden, Unauthenticated
from interlock.gates.http.entry import ANYONE, Who, admit
from interlock.gates.http.route import Route
from interlock.gates.http.table import ROUTES
from interlock.identify.verbs import NEVER_FOR_AGENTS, VERBS, Caller
from live_gate import READ, Live, proposal

TOKEN = "0" * 32
#: A request for each route of the table: path and body. `CASE` is a case of the agent's own.
ASKED: dict[str, tuple[str, object]] = {
    "GET /health": ("/health", None),
    "GET /openapi.json": ("/openapi.json", None),
    "GET /v1/verbs": ("/v1/verbs", None),
    "POST /v1/check": ("/v1/check", {"kind": "sql:sqlite", "payload": READ}),
    "POST /v1/cases": ("/v1/cases", proposal(READ, agent="fixer")),
    "GET /v1/cases": ("/v1/cases", None),
    "GET /v1/cases/{case}": ("/v1/cases/CASE", None),
    "GET /v1/cases/{case}/wait": ("/v1/cases/CASE/wait?seconds=0", None),
    "GET /v1/cases/{case}/contents": ("/v1/cases/CASE/contents", None),
    "GET /v1/cases/{case}/output": ("/v1/cases/CASE/output", None),
    "POST /v1/cases/{case}/run": ("/v1/cases/CASE/run", None),
    "POST /v1/cases/{case}/undo": ("/v1/cases/CASE/undo", None),
    "GET /v1/cases/{case}/ballot": ("/v1/cases/CASE/ballot?choice=approve", None),
    "POST /v1/cases/{case}/votes": (
        "/v1/cases/CASE/votes",
        {
            "ballot": {
                "case": "x", "digest": "d", "person": "ada", "choice": "approve", "cast_at": 1, "expires_at": 2,
                "nonce": TOKEN,
            },
            "signature": "",
        },
    ),
    "POST /v1/sessions/challenge": ("/v1/sessions/challenge", {"person": "ada"}),
    "POST /v1/sessions": ("/v1/sessions", {"nonce": "0" * 64, "signature": "A" * 86 + "=="}),
    "POST /v1/agents/{agent}/tokens/{token}/revoke": (f"/v1/agents/fixer/tokens/{TOKEN}/revoke", None),
    "POST /v1/run-tasks/hcp": ("/v1/run-tasks/hcp", {}),
    "GET /v1/ledger/checkpoint": ("/v1/ledger/checkpoint", None),
    "GET /v1/ledger/entries": ("/v1/ledger/entries?start=0&stop=1", None),
    "GET /v1/ledger/inclusion": ("/v1/ledger/inclusion?index=0&size=1", None),
    "GET /v1/ledger/consistency": ("/v1/ledger/consistency?old=0&new=1", None),
}  # fmt: skip
KINDS = ("agent", "person", "anyone")
#: Verbs that no network reaches. A verb that gets a route leaves this list deliberately.
AT_THE_MACHINE = {
    "explain", "review", "stop", "resume", "close-breaker", "agents-show", "agents-add", "agents-retire", "people-show",
    "people-add", "people-retire", "mint-token", "change-policy", "check-policy", "init", "serve", "erase",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_is_open_to_just_the_kinds_that_the_table_of_verbs_names(
    live: Live, route: Route, kind: str
) -> None:
    path, body = ASKED[route.name]
    case = live.propose(READ).json["case"]
    headers = {"agent": live.agent, "person": live.person, "anyone": dict}[kind]()

    got = live.ask(route.method, path.replace("CASE", case), body, headers)

    if route.open or all(kind in VERBS[verb].kinds for verb in route.verbs):
        assert got.code not in ("not-this-kind", "unauthenticated", "bad-token"), got
    elif kind == "anyone":
        assert (got.status, got.code) == (401, "unauthenticated")
    else:
        refusing = next(verb for verb in route.verbs if kind not in VERBS[verb].kinds)
        assert (got.status, got.code) == (403, "not-this-kind")
        assert VERBS[refusing].because in got.json["error"]["message"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", VERBS)
def test_the_door_admits_each_kind_by_the_table_alone(verb: str, kind: str) -> None:
    who = ANYONE if kind == "anyone" else Who(Caller(kind, "somebody"))  # type: ignore[arg-type]  # one of the kinds

    if kind in VERBS[verb].kinds:
        admit((verb,), who)
        return
    with pytest.raises(Unauthenticated if kind == "anyone" else Forbidden):
        admit((verb,), who)


@pytest.mark.parametrize("verb", sorted(NEVER_FOR_AGENTS))
def test_no_route_with_a_verb_that_is_never_for_agents_lets_an_agent_in(verb: str) -> None:
    for route in ROUTES:
        if verb in route.verbs:
            with pytest.raises(Forbidden):
                admit(route.verbs, Who(Caller("agent", "fixer")))
            assert not route.open


def test_all_verbs_of_a_route_are_asked_for_not_the_first_alone() -> None:
    with pytest.raises(Forbidden):
        admit(("show", "approve"), Who(Caller("agent", "fixer")))


def test_verbs_without_a_route_are_those_that_stay_at_the_machine(live: Live) -> None:
    verbs = live.ask("GET", "/v1/verbs").json["verbs"]

    assert {verb["verb"] for verb in verbs if not verb["routes"]} == AT_THE_MACHINE
    assert {verb["verb"] for verb in verbs} == set(VERBS)
    assert all(verb["because"] == VERBS[verb["verb"]].because for verb in verbs)


def test_every_verb_of_a_route_is_in_the_table_of_verbs() -> None:
    assert {verb for route in ROUTES for verb in route.verbs} <= set(VERBS)


def test_every_route_is_asked_for_here() -> None:
    assert set(ASKED) == {route.name for route in ROUTES}


def test_routes_that_look_at_no_credentials_carry_no_verb_but_health() -> None:
    assert {verb for route in ROUTES if route.open for verb in route.verbs} == {"health"}
