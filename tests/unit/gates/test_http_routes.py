"""Every route, walked as its callers walk it, over a real server."""

from __future__ import annotations

import threading
import time
from base64 import b64decode, b64encode

import pytest

from interlock.ledger.checkpoint import open_checkpoint
from interlock.ledger.entry import leaf
from interlock.ledger.note import parse_verifier
from interlock.ledger.tree import verify_consistency, verify_inclusion
from live_gate import DROP, FIX, READ, WIDE, Live, proposal


def test_a_read_is_allowed_and_runs_at_once_with_its_output(live: Live) -> None:
    got = live.propose(READ, run=True)

    assert got.status == 201
    assert got.json["state"] == "done"
    assert "300" in got.json["output"]
    assert got.headers["location"] == f"/v1/cases/{got.json['case']}"


def test_without_run_nothing_is_executed(live: Live) -> None:
    got = live.propose(READ)

    assert got.json["state"] == "allowed"
    assert "output" not in got.json
    assert live.ask("GET", f"/v1/cases/{got.json['case']}/output", headers=live.agent()).json == {
        "case": got.json["case"],
        "text": None,
        "base64": None,
    }


def test_an_allowed_case_is_run_by_its_agent_and_its_output_can_be_fetched(live: Live) -> None:
    case = live.propose(READ).json["case"]

    ran = live.ask("POST", f"/v1/cases/{case}/run", headers=live.agent())
    output = live.ask("GET", f"/v1/cases/{case}/output", headers=live.agent())

    assert ran.json["state"] == "done"
    assert output.json["text"] == ran.json["output"]


def test_a_denied_case_says_which_policies_and_does_not_run(live: Live) -> None:
    got = live.propose(DROP, run=True)
    ran = live.ask("POST", f"/v1/cases/{got.json['case']}/run", headers=live.agent())

    assert got.json["decision"]["outcome"] == "deny"
    assert all(because["policy"] and because["because"] for because in got.json["decision"]["because"])
    assert (ran.status, ran.code) == (403, "refused")
    assert live.world.rows("SELECT count(*) FROM customers") != [(0,)]


def test_held_approved_run_and_undone(fresh: Live) -> None:
    case = fresh.held()
    before = fresh.world.contents()

    refused = fresh.ask("POST", f"/v1/cases/{case}/run", headers=fresh.agent())
    voted = fresh.vote(case, "ada")
    ran = fresh.ask("POST", f"/v1/cases/{case}/run", headers=fresh.agent())
    changed = fresh.world.contents()
    undone = fresh.ask("POST", f"/v1/cases/{case}/undo", headers=fresh.person())

    assert (refused.status, refused.code) == (403, "refused")
    assert (voted.status, voted.json["state"]) == (201, "approved")
    assert (ran.status, ran.json["state"]) == (200, "done")
    assert (undone.status, undone.json["state"]) == (200, "undone")
    assert before != changed
    assert fresh.world.contents() == before


def test_a_rejection_ends_the_case_and_carries_its_reason(live: Live) -> None:
    case = live.held()

    got = live.vote(case, "ada", "reject", reason="not at night")

    assert got.json["state"] == "rejected"
    assert got.json["votes"][0]["reason"] == "not at night"


def test_a_rejection_without_a_reason_is_refused(live: Live) -> None:
    got = live.vote(live.held(), "ada", "reject")

    assert (got.status, got.code) == (400, "no-reason")


def test_the_owner_does_not_approve_over_http_either(live: Live) -> None:
    got = live.vote(live.held(), "olga")

    assert (got.status, got.code) == (403, "self-approval")


def test_a_waiting_request_answers_as_soon_as_people_have_decided(live: Live) -> None:
    case = live.held()
    found: list[tuple[float, str]] = []

    def wait() -> None:
        begun = time.monotonic()
        got = live.ask("GET", f"/v1/cases/{case}/wait?seconds=30", headers=live.agent())
        found.append((time.monotonic() - begun, got.json["state"]))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.5)
    live.vote(case, "ada")
    thread.join()

    seconds, state = found[0]
    assert state == "approved"
    assert 0.4 < seconds < 10


def test_a_waiting_request_ends_with_its_time_and_the_case_as_it_is(live: Live) -> None:
    case, begun = live.held(), time.monotonic()

    got = live.ask("GET", f"/v1/cases/{case}/wait?seconds=1", headers=live.agent())

    assert got.json["state"] == "held"
    assert 0.9 < time.monotonic() - begun < 5


def test_nothing_is_waited_for_where_the_case_is_not_held(live: Live) -> None:
    case, begun = live.propose(READ).json["case"], time.monotonic()

    live.ask("GET", f"/v1/cases/{case}/wait?seconds=30", headers=live.agent())

    assert time.monotonic() - begun < 5


def test_many_wait_and_others_are_served_meanwhile(live: Live) -> None:
    case, headers = live.held(), live.agent()
    asking = [
        threading.Thread(target=live.ask, args=("GET", f"/v1/cases/{case}/wait?seconds=3", None, headers))
        for _ in range(30)
    ]
    for thread in asking:
        thread.start()
    begun = time.monotonic()
    got = live.ask("GET", f"/v1/cases/{case}", headers=headers)
    took = time.monotonic() - begun
    for thread in asking:
        thread.join()

    assert got.status == 200
    assert took < 2.5


def test_cases_are_listed_newest_last_by_state_and_with_their_total(fresh: Live) -> None:
    first, second = fresh.propose(READ).json["case"], fresh.held()
    third = fresh.propose(READ).json["case"]

    listed = fresh.ask("GET", "/v1/cases", headers=fresh.agent()).json
    allowed = fresh.ask("GET", "/v1/cases?state=allowed&limit=1", headers=fresh.agent()).json

    assert [case["case"] for case in listed["cases"]] == [first, second, third]
    assert listed["total"] == 3
    assert [case["case"] for case in allowed["cases"]] == [third]
    assert allowed["total"] == 2


def test_people_see_the_payload_and_the_sample_before_they_vote(live: Live) -> None:
    got = live.ask("GET", f"/v1/cases/{live.held()}/contents", headers=live.person())

    assert got.json["payload"] == WIDE
    assert got.json["samples"]


def test_an_agent_gets_no_rows_by_proposing_to_change_them(live: Live) -> None:
    """A sample of the diff is data; an agent that may not read a table must not read it this way."""
    got = live.ask("GET", f"/v1/cases/{live.held()}/contents", headers=live.agent())

    assert got.json["payload"] == WIDE
    assert got.json["samples"] == []


def test_a_payload_that_is_not_text_comes_and_goes_as_base64(live: Live) -> None:
    raw = b"SELECT '\xff' FROM orders"
    body = {"kind": "sql", "payload_base64": b64encode(raw).decode(), "target": "shop"}

    got = live.ask("POST", "/v1/cases", body, live.agent())
    cases = live.ask("GET", "/v1/cases?limit=1", headers=live.agent()).json["cases"]
    contents = live.ask("GET", f"/v1/cases/{cases[-1]['case']}/contents", headers=live.agent())

    assert got.status in (201, 400)  # what a reader says of it is the reader's to say
    assert b64decode(contents.json["payload_base64"]) == raw
    assert contents.json["payload"] is None


@pytest.mark.parametrize("extra", [{}, {"payload": READ, "payload_base64": "AAAA"}])
def test_a_payload_comes_exactly_once(live: Live, extra: dict[str, str]) -> None:
    got = live.ask("POST", "/v1/cases", {"kind": "sql", "target": "shop", **extra}, live.agent())

    assert (got.status, got.code) == (400, "bad-body")
    assert got.json["error"]["where"] == "payload"


def test_a_check_records_nothing_and_needs_no_token(live: Live) -> None:
    size = live.world.control.ledger.size()

    got = live.ask("POST", "/v1/check", {"kind": "sql:sqlite", "payload": DROP})

    assert got.status == 200
    assert got.json["decision"]["outcome"] == "deny"
    assert got.json["agent"] == "unregistered"
    assert live.world.control.ledger.size() == size


@pytest.mark.parametrize("field", ["agent", "target"])
def test_who_has_not_said_who_they_are_maps_no_passports_and_no_targets(live: Live, field: str) -> None:
    names = {"agent": "fixer", "target": "shop"}

    got = live.ask("POST", "/v1/check", {"kind": "sql:sqlite", "payload": READ, field: names[field]})

    assert got.status == 401
    assert got.json["error"]["where"] == field


def test_a_check_with_a_token_is_judged_by_its_agents_passport_and_target(live: Live) -> None:
    got = live.ask("POST", "/v1/check", {"kind": "sql", "payload": WIDE, "target": "shop"}, live.agent())

    assert got.json["agent"] == "fixer"
    assert got.json["change"]["effects"][0]["count"] == 300


def test_an_unknown_target_is_not_found_and_says_what_there_is_without_our_paths(live: Live) -> None:
    got = live.propose(READ, target="shoq")

    assert (got.status, got.code) == (404, "not-found")
    assert "shop" in got.json["error"]["hint"]
    assert str(live.world.path) not in got.raw.decode()


def test_a_person_proposes_for_an_agent_and_is_of_the_askers_party_then(live: Live) -> None:
    body = proposal(WIDE, agent="fixer", session="by hand")

    got = live.ask("POST", "/v1/cases", body, live.person("ada"))
    voted = live.vote(got.json["case"], "ada")

    assert got.json["operator"] == "ada"
    assert (voted.status, voted.code) == (403, "self-approval")


def test_a_person_does_not_propose_in_another_persons_name(live: Live) -> None:
    got = live.ask("POST", "/v1/cases", proposal(WIDE, agent="fixer", operator="ben"), live.person("ada"))

    assert (got.status, got.code) == (403, "other-person")


def test_a_run_that_fails_names_its_case(fresh: Live) -> None:
    """The caller may not have learnt the id yet: it came only with the answer that did not come."""
    (fresh.world.path / "shop.db").chmod(0o400)
    real = fresh.world.control.road.run
    fresh.world.control.road.run = lambda *_: (_ for _ in ()).throw(_target_error())  # type: ignore[method-assign]

    got = fresh.propose(READ, run=True)
    fresh.world.control.road.run = real  # type: ignore[method-assign]

    assert (got.status, got.code) == (503, "target")
    listed = fresh.ask("GET", "/v1/cases", headers=fresh.agent()).json["cases"]
    assert listed[-1]["case"] in got.json["error"]["where"]


def _target_error() -> Exception:
    from interlock.errors import TargetError

    return TargetError("the target is gone")


def test_a_revoked_token_is_refused_from_the_next_request_on(live: Live) -> None:
    token = live.token()
    headers = {"Authorization": f"Bearer {token}"}
    id = live.world.control.registry.claims(token).token_id

    before = live.ask("GET", "/v1/cases", headers=headers)
    revoked = live.ask("POST", f"/v1/agents/fixer/tokens/{id}/revoke", headers=live.person())
    after = live.ask("GET", "/v1/cases", headers=headers)

    assert (before.status, revoked.status) == (200, 200)
    assert revoked.json == {"agent": "fixer", "token": id}
    assert (after.status, after.code) == (401, "bad-token")
    assert "bearer" in after.headers["www-authenticate"].lower()


def test_all_tokens_of_an_agent_are_revoked_with_a_star(live: Live) -> None:
    tokens = [live.token(), live.token()]

    live.ask("POST", "/v1/agents/fixer/tokens/*/revoke", headers=live.person())

    for token in tokens:
        assert live.ask("GET", "/v1/cases", headers={"Authorization": f"Bearer {token}"}).status == 401


def test_a_token_revoked_while_it_waits_is_told_nothing_more(live: Live) -> None:
    case, headers, found = live.held(), live.agent(), []
    thread = threading.Thread(
        target=lambda: found.append(live.ask("GET", f"/v1/cases/{case}/wait?seconds=20", headers=headers))
    )
    thread.start()
    time.sleep(0.3)
    live.ask("POST", "/v1/agents/fixer/tokens/*/revoke", headers=live.person())
    thread.join()

    assert found[0].status == 401


def test_a_witness_follows_the_log_with_proofs_alone(live: Live) -> None:
    first = live.ask("GET", "/v1/ledger/checkpoint").json
    live.propose(READ)
    second = live.ask("GET", "/v1/ledger/checkpoint").json
    verifier = parse_verifier(first["verifier"])
    old, new = open_checkpoint(first["checkpoint"], verifier), open_checkpoint(second["checkpoint"], verifier)

    proof = live.ask("GET", f"/v1/ledger/consistency?old={old.size}&new={new.size}").json["proof"]

    assert new.size > old.size
    assert verify_consistency(old.size, new.size, old.root, new.root, [b64decode(node) for node in proof])


def test_a_person_fetches_entries_and_proves_each_to_be_in_the_log(live: Live) -> None:
    told = live.ask("GET", "/v1/ledger/checkpoint").json
    checkpoint = open_checkpoint(told["checkpoint"], parse_verifier(told["verifier"]))

    got = live.ask("GET", f"/v1/ledger/entries?start=2&stop={checkpoint.size}", headers=live.person()).json
    entry = got["entries"][0]
    proof = live.ask("GET", f"/v1/ledger/inclusion?index=2&size={checkpoint.size}").json["proof"]

    hashed = leaf(entry["stream"].encode(), entry["position"], b64decode(entry["data"]))
    assert [one["index"] for one in got["entries"]] == list(range(2, checkpoint.size))
    assert got["next"] == checkpoint.size
    assert verify_inclusion(hashed, 2, checkpoint.size, [b64decode(node) for node in proof], checkpoint.root)


def test_a_range_that_is_too_long_is_cut_and_says_where_to_go_on(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlock.gates.http.record.MOST_ENTRIES", 2)
    by_count = live.ask("GET", "/v1/ledger/entries?start=0&stop=100", headers=live.person()).json
    monkeypatch.setattr("interlock.gates.http.record.MOST_BYTES", 1)
    by_size = live.ask("GET", "/v1/ledger/entries?start=0&stop=100", headers=live.person()).json

    assert (len(by_count["entries"]), by_count["next"]) == (2, 2)
    assert (len(by_size["entries"]), by_size["next"]) == (1, 1)


@pytest.mark.parametrize("path", ["inclusion?index=5&size=3", "consistency?old=9&new=3", "inclusion?index=0&size=9999"])
def test_a_proof_of_what_is_not_there_is_bad_input(live: Live, path: str) -> None:
    assert live.ask("GET", f"/v1/ledger/{path}").status == 400


def test_a_session_is_not_opened_with_a_signature_of_another_persons_key(live: Live) -> None:
    proof = live.prove("ada") | {"signature": live.prove("ben")["signature"]}

    got = live.ask("POST", "/v1/sessions", proof)

    assert (got.status, got.code) == (401, "unproved")


def test_a_challenge_for_a_stranger_looks_like_any_other(live: Live) -> None:
    known = live.ask("POST", "/v1/sessions/challenge", {"person": "ada"})
    stranger = live.ask("POST", "/v1/sessions/challenge", {"person": "nobody"})

    assert known.status == stranger.status == 200
    assert known.json.keys() == stranger.json.keys()


def test_a_retired_persons_session_ends_at_once(fresh: Live) -> None:
    from interlock.testing.world import OPERATOR

    headers = fresh.person("cyd")
    fresh.world.control.registry.retire_person(OPERATOR, "cyd")

    assert fresh.ask("GET", "/v1/cases", headers=headers).status == 401


def test_an_expired_token_is_refused(fresh: Live) -> None:
    headers = fresh.agent()
    fresh.world.clock.forward(16 * 60)

    got = fresh.ask("GET", "/v1/cases", headers=headers)

    assert (got.status, got.code) == (401, "bad-token")


def test_the_same_change_over_http_and_at_the_command_line_is_told_alike(live: Live) -> None:
    got = live.propose(FIX)
    control = live.world.control

    assert got.json == control.told(control.record.case(got.json["case"]))
