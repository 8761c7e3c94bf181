"""Run tasks: what HCP sends is judged, recorded and answered; what cannot be judged fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fake_hcp import GREETING, KEY, ORDERS, TOKEN, Cloud, Handler, cloud, signed
from interlock.configuration import RunTasks, Workspace, parse
from interlock.errors import BadConfiguration, KeyLost
from interlock.gates.http.run_tasks import runner as room
from interlock.gates.http.run_tasks.client import Limits
from interlock.gates.http.run_tasks.request import RunTask
from interlock.gates.http.run_tasks.runner import Pace, Runner
from interlock.gates.http.run_tasks.task import whose
from interlock.model.agent import Capability
from interlock.model.case import Case
from interlock.testing.world import OPERATOR, Clock, World, furnish, passport
from live_gate import Live, serve, wait_until

QUICK = Pace(tries=3, pause=0.01, look=0.02, sign=0.1)


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("cloud")) as both:
        yield both


@pytest.fixture
def hcp(sky: Cloud) -> Cloud:
    """The same hosts, with nothing asked of them and nothing rehearsed."""
    for host in (sky.hcp, sky.archive):
        host.asked.clear()
        host.plans.clear()
        host.plays.clear()
    return sky


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = deployed(tmp_path_factory.mktemp("world") / "home")
    yield made
    made.close()


def deployed(path: Path) -> World:
    """A world with an agent that may deploy to production and staging."""
    made = furnish(path, Clock(), orders=5)
    both = ("production", "staging")
    may = (Capability("modify", environments=both), Capability("configure", environments=both))
    made.control.registry.add_agent(OPERATOR, passport("deployer", environments=both, capabilities=may))
    return made


@contextmanager
def running(world: World, settings: RunTasks, **fields: Any) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A runner at work; called with a payload it takes it."""
    made = Runner(world.control, settings, **({"pace": QUICK} | fields))
    made.start()

    def take(payload: dict[str, Any]) -> None:
        raw = json.dumps(payload).encode()
        made.take(msgspec.json.decode(raw, type=RunTask), raw)

    try:
        yield take
    finally:
        made.stop()


def newest(world: World) -> Case:
    return world.control.record.cases()[-1]


@pytest.mark.parametrize(
    ("plan", "workspace", "status", "state"),
    [
        (GREETING, "staging-1", "passed", "allowed"),
        (GREETING, "production", "failed", "held"),
        (ORDERS, "production", "failed", "denied"),
    ],
)
def test_a_run_is_judged_recorded_and_answered(
    world: World, hcp: Cloud, plan: bytes, workspace: str, status: str, state: str
) -> None:
    with running(world, hcp.settings()) as take:
        take(hcp.payload(plan, workspace_name=workspace, run_id="run-77"))
        results = hcp.hcp.wait()
    case = newest(world)

    assert [result["status"] for result in results] == [status]
    assert (case.state, case.proposed.agent, case.proposed.session) == (state, "deployer", "run-77")
    assert case.id in results[0]["message"]
    assert world.control.payload(case) == plan


def test_a_held_run_says_who_is_missing(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings()) as take:
        take(hcp.payload())
        message = hcp.hcp.wait()[0]["message"]

    assert "1 more approval by a registered person" in message
    assert f"`interlock approve {newest(world).id} --as NAME`" in message


def test_the_outcomes_tell_of_the_decision_and_of_each_finding(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings()) as take:
        take(hcp.payload(ORDERS))
        outcomes = hcp.hcp.wait()[0]["outcomes"]

    assert {outcome["type"] for outcome in outcomes} == {"task-result-outcomes"}
    assert outcomes[0]["attributes"]["outcome-id"] == "decision"
    assert "### Interlock: DENY" in outcomes[0]["attributes"]["body"]
    assert outcomes[0]["attributes"]["tags"] == {"Status": [{"label": "Failed", "level": "error"}]}
    findings = world.control.record.cases()[-1].assessment.findings  # type: ignore[union-attr]  # it was assessed
    assert len(outcomes) == 1 + len(findings)
    assert {"none", "info", "warning", "error"} >= {
        tag["level"] for outcome in outcomes for tags in outcome["attributes"]["tags"].values() for tag in tags
    }


def test_a_caller_that_takes_no_outcomes_gets_none(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings()) as take:
        take(hcp.payload(capabilities={"outcomes": False}))

        assert hcp.hcp.wait()[0]["outcomes"] == []


def test_the_answer_is_json_api_with_the_token_of_the_request(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings()) as take:
        take(hcp.payload())
        hcp.hcp.wait()
    sent = next(one for one in hcp.hcp.asked if one.method == "PATCH")

    assert sent.path == "/result"
    assert sent.headers["Content-Type"] == "application/vnd.api+json"
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert json.loads(sent.body)["data"]["type"] == "task-results"


def test_who_started_the_run_is_of_the_askers_party(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings()) as take:
        take(hcp.payload())
        hcp.hcp.wait()

    assert newest(world).proposed.operator == "cyd"
    assert "not `cyd`" in hcp.hcp.results()[0]["message"]


def test_a_run_of_somebody_whom_nobody_knows_waits_until_they_are_known(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings()) as take:
        take(hcp.payload(run_created_by="stranger"))
        hcp.hcp.wait()

    assert "`stranger`, human of the session, to be a registered person" in hcp.hcp.results()[0]["message"]


@pytest.mark.parametrize(
    ("organization", "workspace", "wanted"),
    [
        ("shop", "staging-7", ("deployer", "staging")),
        ("shop", "web", ("deployer", "production")),
        ("other", "web", ("run-task:other/web", "production")),
    ],
)
def test_a_workspace_is_the_first_row_that_it_fits_and_production_otherwise(
    hcp: Cloud, organization: str, workspace: str, wanted: tuple[str, str]
) -> None:
    task = RunTask(organization_name=organization, workspace_name=workspace)

    assert whose(hcp.settings(), task) == wanted


def test_a_run_of_a_workspace_that_nobody_named_is_an_unregistered_agents(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings(workspaces=())) as take:
        take(hcp.payload())
        results = hcp.hcp.wait()

    assert results[0]["status"] == "failed"
    assert newest(world).proposed.agent == "run-task:shop/production"


@pytest.mark.parametrize("stage", ["pre_plan", "post_apply", "", "new_stage"])
def test_a_stage_without_a_plan_to_stop_fails_and_says_what_to_set(world: World, hcp: Cloud, stage: str) -> None:
    with running(world, hcp.settings()) as take:
        take(hcp.payload(stage=stage))
        results = hcp.hcp.wait()

    assert results[0]["status"] == "failed"
    assert "post-plan or pre-apply" in results[0]["message"]
    assert hcp.archive.fetched() == []


@pytest.mark.parametrize("plan", [b"", b"{}", b"not json", b'{"format_version": "1.2"', GREETING[:900]])
def test_a_plan_that_cannot_be_read_fails(world: World, hcp: Cloud, plan: bytes) -> None:
    with running(world, hcp.settings()) as take:
        take(hcp.payload(plan))

        assert hcp.hcp.wait()[0]["status"] == "failed"


# waiting for a person


def test_with_a_wait_a_held_run_keeps_running_until_it_is_approved(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings(wait_seconds=60)) as take:
        take(hcp.payload())
        first = hcp.hcp.wait()[0]
        world.approve(newest(world), "ben")
        wait_until(lambda: hcp.hcp.results()[-1]["status"] != "running")

    assert first["status"] == "running"
    assert "1 more approval" in first["message"]
    assert hcp.hcp.results()[-1]["status"] == "passed"
    assert newest(world).state == "approved"


def test_a_run_that_a_person_rejects_fails_at_once(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings(wait_seconds=60)) as take:
        take(hcp.payload())
        hcp.hcp.wait()
        world.reject(newest(world), "ben")
        wait_until(lambda: hcp.hcp.results()[-1]["status"] != "running")

    assert hcp.hcp.results()[-1]["status"] == "failed"
    assert hcp.hcp.results()[-1]["message"].startswith("rejected")


def test_a_wait_that_is_over_fails(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings(wait_seconds=1)) as take:
        take(hcp.payload())
        wait_until(lambda: hcp.hcp.results() and hcp.hcp.results()[-1]["status"] != "running")

    assert hcp.hcp.results()[-1]["status"] == "failed"
    assert newest(world).state == "held"


def test_a_waiting_run_gives_signs_of_life(world: World, hcp: Cloud) -> None:
    with running(world, hcp.settings(wait_seconds=60)) as take:
        take(hcp.payload())
        results = hcp.hcp.wait(3)

    assert {result["status"] for result in results} == {"running"}


def test_more_waiting_runs_than_there_is_room_for_fail_at_once(
    world: World, hcp: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "WAITERS", 0)
    with running(world, hcp.settings(wait_seconds=60)) as take:
        take(hcp.payload())

        assert [result["status"] for result in hcp.hcp.wait(2)] == ["running", "failed"]


# when HCP stumbles


def failing(times: int, status: int, then: Callable[[Handler], None]) -> Callable[[Handler], None]:
    left = [times]

    def play(handler: Handler) -> None:
        left[0] -= 1
        handler.reply(status) if left[0] >= 0 else then(handler)

    return play


@pytest.mark.parametrize("status", [500, 503, 429, 204])
def test_a_plan_that_is_not_there_yet_is_asked_for_again(world: World, hcp: Cloud, status: int) -> None:
    payload = hcp.payload()
    hcp.archive.plays["GET", "/plan"] = failing(2, status, lambda handler: handler.reply(200, GREETING))
    with running(world, hcp.settings()) as take:
        take(payload)

        assert newest_result(hcp)["message"].startswith("hold")
    assert len(hcp.archive.fetched()) == 3


def newest_result(hcp: Cloud) -> dict[str, Any]:
    return hcp.hcp.wait()[-1]


def test_a_result_that_is_not_taken_is_sent_again(world: World, hcp: Cloud) -> None:
    hcp.hcp.plays["PATCH", "/result"] = failing(2, 502, lambda handler: handler.reply(200))
    with running(world, hcp.settings()) as take:
        take(hcp.payload())
        results = hcp.hcp.wait(3)

    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("status", [401, 404, 422])
def test_a_refusal_is_taken_for_an_answer_and_told_on_the_health_page(world: World, hcp: Cloud, status: int) -> None:
    hcp.hcp.plays["PATCH", "/result"] = lambda handler: handler.reply(status)
    made = Runner(world.control, hcp.settings(), pace=QUICK)
    made.start()
    raw = json.dumps(hcp.payload()).encode()
    made.take(msgspec.json.decode(raw, type=RunTask), raw)
    wait_until(lambda: made.state()[1])
    made.stop()

    assert made.state()[1] == [f"the result of a run could not be sent: the result is not taken: status {status}"]
    assert len(hcp.hcp.results()) == 1


def test_a_plan_that_stays_away_fails_with_its_reason(world: World, hcp: Cloud) -> None:
    payload = hcp.payload()
    hcp.archive.plays["GET", "/plan"] = lambda handler: handler.reply(503)
    with running(world, hcp.settings()) as take:
        take(payload)
        result = newest_result(hcp)

    assert result["status"] == "failed"
    assert "the plan cannot be fetched: status 503" in result["message"]
    assert len(hcp.archive.fetched()) == QUICK.tries


def test_a_gate_that_is_not_armed_lets_no_run_pass(world: World, hcp: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.control, "_problems", ("it let the known-bad through",))
    with running(world, hcp.settings()) as take:
        take(hcp.payload(workspace_name="staging-1"))
        result = newest_result(hcp)

    assert result["status"] == "failed"
    assert "not armed" in result["message"]


def test_a_bug_of_ours_fails_the_run_and_the_next_one_is_judged(
    world: World, hcp: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.one, "judge", lambda *_: 1 / 0)
    with running(world, hcp.settings()) as take:
        take(hcp.payload())
        first = newest_result(hcp)
        monkeypatch.undo()
        take(hcp.payload(run_id="run-2"))
        second = hcp.hcp.wait(2)[-1]

    assert first["status"] == "failed"
    assert "a bug of ours" in first["message"]
    assert second["message"].startswith("hold")


# over the gate


@pytest.fixture(scope="module")
def gate(sky: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    made = deployed(tmp_path_factory.mktemp("gate") / "home")
    with (made.path / "interlock.toml").open("a", encoding="utf-8") as file:
        file.write(sky.toml())
    made.reopen()
    with serve(made) as live:
        yield live
    made.close()


def test_a_signed_run_is_taken_at_once_and_answered_later(gate: Live, hcp: Cloud) -> None:
    raw = json.dumps(hcp.payload(ORDERS)).encode()

    got = gate.ask("POST", "/v1/run-tasks/hcp", raw, signed(raw))

    assert (got.status, got.json) == (200, {"taken": True})
    assert hcp.hcp.wait()[0]["status"] == "failed"


@pytest.mark.parametrize("raw", [b"", b'{"access_token": "test-token", "stage": "test"}', b'{"access_token": ""}'])
def test_the_question_whether_anybody_is_there_is_answered(gate: Live, hcp: Cloud, raw: bytes) -> None:
    got = gate.ask("POST", "/v1/run-tasks/hcp", raw, signed(raw))

    assert (got.status, got.json) == (200, {"taken": False})
    assert hcp.hcp.asked == []


def test_the_health_page_tells_of_the_threads(gate: Live) -> None:
    assert gate.ask("GET", "/health").json["problems"] == []


# configuration


def test_hosts_are_read_strictly() -> None:
    text = '[run_tasks]\nhosts = ["app.terraform.io", "tfe.example:8443"]\nwait = "30m"\n'

    settings = parse(text, Path("/home")).run_tasks

    assert settings is not None
    assert settings.hosts == {"app.terraform.io", "tfe.example:8443"}
    assert (settings.downloads, settings.wait_seconds, settings.ca) == (frozenset(), 1800, None)
    assert settings.key == Path("/home/keys/run-task.key")
    assert parse("", Path("/home")).run_tasks is None


@pytest.mark.parametrize(
    "text",
    [
        "hosts = []",
        'hosts = ["https://app.terraform.io"]',
        'hosts = ["app.terraform.io/"]',
        'hosts = ["App.Terraform.io"]',
        'hosts = ["*"]',
        'hosts = ["a@b"]',
        'hosts = ["a"]\ndownloads = ["*.b"]',
        'hosts = ["a"]\nwait = "2h"',
        'hosts = ["a"]\nwait = "soon"',
        'hosts = ["a"]\nworkspaces = [{ name = "x", environment = "No Name" }]',
        'hosts = ["a"]\nworkspaces = [{ name = "x", agent = "No Name" }]',
        'hosts = ["a"]\nworkspaces = [{ environment = "staging" }]',
        'hosts = ["a"]\nhost = "b"',
        "wait = '1m'",
    ],
)
def test_what_is_misspelt_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        parse(f"[run_tasks]\n{text}\n", Path("/home"))


@pytest.mark.parametrize("spoil", ["gone", "readable", "short"])
def test_without_a_good_key_the_gate_does_not_open(world: World, hcp: Cloud, tmp_path: Path, spoil: str) -> None:
    key = tmp_path / "key"
    if spoil != "gone":
        key.touch(mode=0o600)
        key.write_text(KEY if spoil == "readable" else "short")
    if spoil == "readable":
        key.chmod(0o640)

    with pytest.raises(KeyLost):
        Runner(world.control, hcp.settings(key=key), Limits())


def test_a_row_of_workspaces_may_leave_out_its_agent(hcp: Cloud) -> None:
    settings = hcp.settings(workspaces=(Workspace("*", "staging", ""),))

    assert whose(settings, RunTask(organization_name="a", workspace_name="b")) == ("run-task:a/b", "staging")
