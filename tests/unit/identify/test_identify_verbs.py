"""Our own verbs: a reason beside each, and none that widens or lifts is open to agents."""

import pytest

from interlock.errors import Forbidden
from interlock.identify import verbs
from interlock.identify.verbs import NEVER_FOR_AGENTS, VERBS, Caller, Rule, require

KINDS = ("agent", "person", "operator", "anyone")


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_callers_and_a_reason(verb):
    """A whole sentence, not a word."""
    rule = VERBS[verb]
    assert rule.kinds
    assert rule.kinds <= set(KINDS)
    assert len(rule.because.split()) >= 5


def test_no_two_verbs_share_a_reason():
    """A reason that fits everything is none."""
    assert len({rule.because for rule in VERBS.values()}) == len(VERBS)


def test_agents_may_do_exactly_this():
    """The whole list, so that a new entry is a decision and not a slip."""
    open_to_agents = {verb for verb, rule in VERBS.items() if "agent" in rule.kinds}
    assert open_to_agents == {"check", "health", "propose", "show", "cases", "explain", "run"}
    assert not open_to_agents & NEVER_FOR_AGENTS


def test_nobody_in_particular_may_do_exactly_this():
    """What needs no token: judging a text, seeing whether we are well, checking the record."""
    assert {verb for verb, rule in VERBS.items() if "anyone" in rule.kinds} == {"check", "health", "verify"}


def test_only_a_person_votes():
    """Not even whoever is at the machine: there is no admin exemption."""
    for verb in ("approve", "reject", "break-glass", "review"):
        assert VERBS[verb].kinds == {"person"}


def test_what_decides_who_decides_is_done_at_the_machine():
    """Policy, people, agents, keys: no session over the network reaches them."""
    for verb in ("change-policy", "people-add", "people-retire", "agents-add", "agents-retire", "init", "erase"):
        assert VERBS[verb].kinds == {"operator"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_the_table_is_what_is_enforced(verb, kind):
    """Each verb for each kind: through, or refused with the reason and who may."""
    caller = Caller(kind, "x")
    if kind in VERBS[verb].kinds:
        require(verb, caller)
        return
    with pytest.raises(Forbidden) as caught:
        require(verb, caller)
    assert VERBS[verb].because in caught.value.message
    assert sorted(VERBS[verb].kinds)[0] in caught.value.hint
    who = {"anyone": "is for nobody who has not said who they are", "person": "is for no person"}
    assert who.get(kind, f"is for no {kind}") in caught.value.message


@pytest.mark.parametrize("verb", ["", "Approve", "approve ", "drop", "*"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_in_the_table_nobody_may_do(verb, kind):
    """Unknown never widens."""
    with pytest.raises(Forbidden):
        require(verb, Caller(kind))


def test_an_unknown_kind_of_caller_may_do_nothing():
    """A face that invents a kind gets nowhere."""
    for verb in VERBS:
        with pytest.raises(Forbidden):
            require(verb, Caller("admin"))


@pytest.mark.parametrize("verb", sorted(NEVER_FOR_AGENTS))
def test_a_slip_in_the_table_does_not_open_it_to_agents(verb, monkeypatch):
    """The verbs that lift or widen are closed to agents twice."""
    assert verb in VERBS
    monkeypatch.setitem(verbs.VERBS, verb, Rule(frozenset(KINDS), "a slip"))
    with pytest.raises(Forbidden):
        require(verb, Caller("agent"))
