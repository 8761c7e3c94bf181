"""Calls on the whole road: held, approved, denied, joined, tried again, and what happens when something breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aws_gate import Dummy, FakeControl, LiveAws, live_aws, refused, target_at
from interlock.aws.request import from_bytes
from interlock.errors import Broken, KeyLost, StoreError, TargetError, TooFast, Untold


def holding(request: Any, call: Any) -> str:
    return "hold"


def allowing(request: Any, call: Any) -> str:
    return "allow"


def denying(request: Any, call: Any) -> str:
    return "deny"


def delete(gate: LiveAws, name: str = "t", **options: Any) -> Callable[[], Any]:
    client = gate.client("dynamodb", **options)
    return lambda: client.delete_table(TableName=name)


def decide(gate: LiveAws, case: str, state: str) -> None:
    """As soon as there is this case, and a moment later, it is decided."""

    def wait() -> None:
        ends = time.monotonic() + 30
        while case not in gate.control.records and time.monotonic() < ends:
            time.sleep(0.02)
        time.sleep(0.3)
        gate.control.move(case, state)

    threading.Thread(target=wait).start()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each of these gave, all begun at once."""
    found: list[Any] = [None] * len(works)

    def do(index: int) -> None:
        found[index] = works[index]()

    threads = [threading.Thread(target=do, args=(index,)) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_what_is_allowed_runs_once_and_gives_the_real_answer(gate: LiveAws, aws: Dummy) -> None:
    gate.control.rule = allowing
    answer = delete(gate)()

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(gate.control.runs) == len(aws.asked) == 1


def test_what_is_denied_says_which_argument_and_is_not_tried_again(gate: LiveAws, aws: Dummy) -> None:
    gate.control.rule = denying
    told = refused(delete(gate, retries={"total_max_attempts": 5}))

    assert told["Code"] == "AccessDeniedException"
    assert "nothing is deleted here (dynamodb:DeleteTable Force=true on `the-thing`) [no-deleting]" in told["Message"]
    assert "case0001" in told["Message"]
    assert told["retries"] == 0
    assert aws.asked == []


def test_what_stays_held_says_what_is_missing_and_where_to_look(gate: LiveAws) -> None:
    gate.control.rule = holding
    told = refused(delete(gate, retries={"total_max_attempts": 5}))

    assert told["Code"] == "AccessDeniedException"
    assert "case `case0001` is held: approval 1 by a person in role `dba`" in told["Message"]
    assert "`interlock show case0001`" in told["Message"]
    assert told["retries"] == 0
    assert len(gate.control.records) == 1


def test_a_call_that_is_approved_while_it_waits_simply_succeeds(aws: Dummy, tmp_path: Path) -> None:
    with live_aws(tmp_path / "home", aws.address, hold=20) as gate:
        gate.control.rule = holding
        decide(gate, "case0001", "approved")
        answer = delete(gate)()

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert gate.control.runs == ["case0001"]


def test_a_call_that_is_rejected_while_it_waits_is_told_so(aws: Dummy, tmp_path: Path) -> None:
    with live_aws(tmp_path / "home", aws.address, hold=20) as gate:
        gate.control.rule = holding
        decide(gate, "case0001", "rejected")
        told = refused(delete(gate))

    assert "rejected by a person" in told["Message"]
    assert aws.asked == []


def test_the_identical_call_after_approval_runs_the_approved_case_once(gate: LiveAws, aws: Dummy) -> None:
    gate.control.rule = holding
    refused(delete(gate))
    refused(delete(gate))
    gate.control.move("case0001", "approved")
    answer = delete(gate)()

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert gate.control.runs == ["case0001"]
    assert len(aws.asked) == 1


def test_once_its_answer_is_given_the_identical_call_is_another_case(gate: LiveAws) -> None:
    gate.control.rule = holding
    refused(delete(gate))
    gate.control.move("case0001", "approved")
    delete(gate)()
    time.sleep(1.1)
    refused(delete(gate))

    assert sorted(gate.control.records) == ["case0001", "case0002"]
    assert gate.control.runs == ["case0001"]


def test_a_call_that_differs_in_anything_is_another_case(gate: LiveAws) -> None:
    gate.control.rule = holding
    refused(delete(gate, "t"))
    gate.control.move("case0001", "approved")
    told = refused(delete(gate, "t2"))

    assert "case0002" in told["Message"]
    assert gate.control.runs == []


def test_identical_calls_at_once_are_one_case_and_all_get_its_answer(aws: Dummy, tmp_path: Path) -> None:
    with live_aws(tmp_path / "home", aws.address, hold=20) as gate:
        gate.control.rule = holding
        works = [delete(gate) for _ in range(4)]
        decide(gate, "case0001", "approved")
        answers = at_once(*works)

    assert [answer["ResponseMetadata"]["HTTPStatusCode"] for answer in answers] == [200] * 4
    assert gate.control.runs == ["case0001"]
    assert len(aws.asked) == 1


def test_two_calls_that_are_allowed_are_two_calls_however_alike(gate: LiveAws, aws: Dummy) -> None:
    """Two messages with the same text are two messages: only what was held is taken for one."""
    gate.control.rule = allowing
    patient = {"total_max_attempts": 5, "mode": "standard"}
    at_once(*[delete(gate, retries=patient) for _ in range(2)])
    delete(gate, retries=patient)()

    assert len(gate.control.runs) == len(aws.asked) == 3


def test_a_call_with_a_signature_of_a_moment_ago_is_told_to_sign_again(gate: LiveAws, aws: Dummy) -> None:
    """Clients sign by the second: a second call of the same second would look like a replay of the first."""
    gate.control.rule = allowing
    works = [delete(gate), delete(gate)]
    wait_for_a_second()
    works[0]()
    told = refused(works[1])

    assert told["status"] == 503
    assert "sign the call again" in told["Message"]
    assert len(aws.asked) == 1


def wait_for_a_second() -> None:
    """Until just after one has begun."""
    time.sleep(1.02 - time.time() % 1)


def test_a_token_that_the_client_draws_anew_makes_no_other_call(gate: LiveAws, aws: Dummy) -> None:
    """RunInstances gets a new ClientToken from the SDK each time; the case keeps the first one."""
    gate.control.rule = holding
    aws.headers = {"content-type": "text/xml"}
    aws.body = b"<RunInstancesResponse/>"
    run = gate.client("ec2").run_instances
    refused(lambda: run(ImageId="ami-1", MinCount=1, MaxCount=1))
    gate.control.move("case0001", "approved")
    run(ImageId="ami-1", MinCount=1, MaxCount=1)

    assert gate.control.runs == ["case0001"]
    assert aws.asked[0][3] == from_bytes(gate.control.payloads["case0001"]).body


def test_what_the_client_tries_again_itself_runs_once(aws: Dummy, tmp_path: Path) -> None:
    """It gives up after a second, three times, while the one execution takes two."""
    with live_aws(tmp_path / "home", aws.address, hold=20) as gate:
        gate.control.rule = allowing
        gate.control.pause = 2.5
        answer = delete(gate, read_timeout=1, retries={"total_max_attempts": 5, "mode": "standard"})()

    assert answer["ResponseMetadata"]["RetryAttempts"] >= 1
    assert len(gate.control.runs) == len(aws.asked) == 1


def test_an_answer_that_nobody_took_is_there_for_the_next_try(aws: Dummy, tmp_path: Path) -> None:
    with live_aws(tmp_path / "home", aws.address, hold=20) as gate:
        gate.control.rule = holding
        refused_later = delete(gate, read_timeout=1)
        with pytest.raises(Exception, match="timeout"):
            refused_later()
        gate.control.move("case0001", "approved")
        gate.control.pause = 1.5
        with pytest.raises(Exception, match="timeout"):
            refused_later()
        time.sleep(1.5)
        answer = delete(gate)()

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert gate.control.runs == ["case0001"]


def test_a_held_case_is_found_again_after_a_restart(aws: Dummy, tmp_path: Path) -> None:
    control = FakeControl(target_at(aws.address, 0.6))
    control.rule = holding
    with live_aws(tmp_path / "home", aws.address, hold=0.6, control=control) as gate:
        refused(delete(gate))
    control.move("case0001", "approved")
    with live_aws(tmp_path / "home", aws.address, hold=0.6, control=control) as gate:
        answer = delete(gate)()

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert control.runs == ["case0001"]


def test_a_later_try_after_a_restart_is_given_the_recorded_answer(aws: Dummy, tmp_path: Path) -> None:
    """The process dies between execution and answer; the client tries again, and nothing runs twice."""
    control = FakeControl(target_at(aws.address))
    control.rule = allowing

    def one_invocation(gate: LiveAws) -> Any:
        client = gate.client("dynamodb")
        client.meta.events.register(
            "before-send", lambda request, **_: request.headers.update({"amz-sdk-invocation-id": "one"})
        )
        return client.delete_table(TableName="t")

    with live_aws(tmp_path / "home", aws.address, control=control) as gate:
        one_invocation(gate)
    time.sleep(1.1)  # within a second the same call carries the same signature
    with live_aws(tmp_path / "home", aws.address, control=control) as gate:
        again = one_invocation(gate)
        anew = delete(gate, retries={"total_max_attempts": 5, "mode": "standard"})()

    assert again["ResponseMetadata"]["HTTPStatusCode"] == anew["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert control.runs == ["case0001", "case0002"]


def test_whose_call_it_is_belongs_to_which_call_it_is(gate: LiveAws) -> None:
    """Another operator's session does not run what was approved for this one's."""
    gate.control.registry.add("ILCKOTHER00000001", "other", operator="otto", session="s2")
    gate.control.rule = holding
    refused(delete(gate))
    gate.control.move("case0001", "approved")
    told = refused(delete(gate, key="ILCKOTHER00000001", secret="other"))

    assert "case0002" in told["Message"]
    assert gate.control.runs == []


def test_what_the_target_says_no_to_is_what_the_client_is_told(gate: LiveAws, aws: Dummy) -> None:
    gate.control.rule = allowing
    aws.status, aws.body = 400, b'{"__type": "ResourceInUseException", "message": "not now"}'
    told = refused(delete(gate))

    assert (told["Code"], told["Message"]) == ("ResourceInUseException", "not now")


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (StoreError("the store is down"), "ServiceUnavailableException", 503),
        (TargetError("the survey was not answered"), "ServiceUnavailableException", 503),
        (KeyLost("the gate is not armed: a test", code="not-armed"), "AccessDeniedException", 403),
        (Broken("the engine gave no decision"), "AccessDeniedException", 403),
        (TooFast("`fixer` is too fast", seconds=7), "ThrottlingException", 503),
    ],
)
def test_a_road_that_cannot_be_gone_says_whether_to_try_again(
    gate: LiveAws, aws: Dummy, error: Any, code: str, status: int
) -> None:
    gate.control.rule = allowing
    gate.control.propose_error = error
    told = refused(delete(gate))

    assert (told["Code"], told["status"]) == (code, status)
    assert error.message in told["Message"]
    assert aws.asked == []


@pytest.mark.parametrize("error", [StoreError("the store is down"), TooFast("`fixer` is too fast")])
def test_what_broke_before_anything_was_done_may_be_tried_again(
    gate: LiveAws, aws: Dummy, error: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.control.rule = allowing
    propose, broken = gate.control.propose, iter((error,))

    def mended(*given: Any, **named: Any) -> Any:
        for one in broken:
            raise one
        return propose(*given, **named)

    monkeypatch.setattr(gate.control, "propose", mended)
    answer = delete(gate, retries={"total_max_attempts": 6, "mode": "standard"})()

    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert len(aws.asked) == 1


@pytest.mark.parametrize("error", [TargetError("no answer", code="no-answer"), Untold("nobody knows")])
def test_what_may_have_taken_effect_is_never_tried_again(gate: LiveAws, aws: Dummy, error: Any) -> None:
    def broken(case: str) -> None:
        gate.control.move(case, "untold")
        raise error

    gate.control.rule = allowing
    gate.control.run_error = broken
    told = refused(delete(gate, retries={"total_max_attempts": 5}))

    assert told["status"] == 409
    assert told["retries"] == 0
    assert len(gate.control.runs) == 1


def test_a_bug_on_the_way_ends_the_call_and_says_that_nobody_knows(gate: LiveAws) -> None:
    def stumble(case: str) -> None:
        raise ZeroDivisionError

    gate.control.rule = allowing
    gate.control.run_error = stumble
    told = refused(delete(gate, retries={"total_max_attempts": 5}))

    assert told["status"] == 409
    assert told["retries"] == 0


def test_a_key_that_was_revoked_meanwhile_proposes_nothing(gate: LiveAws) -> None:
    gate.control.rule = allowing
    known = dict(gate.control.registry.keys)
    ask = gate.control.registry.virtual

    def virtual(access_key: str, *, fresh: bool = False) -> Any:
        if fresh:
            gate.control.registry.keys.clear()
        return ask(access_key)

    gate.control.registry.virtual = virtual  # type: ignore[method-assign]
    told = refused(delete(gate))

    assert known
    assert told["Code"] == "UnrecognizedClientException"
    assert gate.control.records == {}
