"""Quorum: how many humans, in which roles, and in words what is missing."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlock.approve.poll import Asker
from interlock.approve.quorum import Missing, quorum
from interlock.model.approval import Approval
from interlock.model.case import MOVES
from interlock.model.decision import Requirement

NOBODY_ELSE = Asker("fixer", owners=("owner",))


def ask(town, poll, *votes, used=(), now=None):
    return quorum(poll, votes, used=used, now=town.now if now is None else now)


def votes_of(town, poll, *names):
    return [town.vote(poll, name) for name in names]


def test_enough_votes_are_an_approval_of_the_digest(town):
    """It names the digest, the people in order, and the earliest expiry among them."""
    poll = town.poll("approval 2 dba")
    late = town.vote(poll, "cyn", now=town.now - 5)
    early = town.vote(poll, "bob", now=town.now - 10)
    assert ask(town, poll, late, early) == Approval("d" * 64, ("bob", "cyn"), early.ballot.expires_at)


def test_what_is_missing_is_said_in_words(town):
    """How many more, in which role, and who cannot give it and why."""
    poll = town.poll("approval 1 dba", "approval 2 sre", asker=NOBODY_ELSE)
    missing = ask(town, poll)
    assert missing.votes == (
        "1 more approval by a `dba`; not `owner`: owner of the agent",
        "2 more approvals, each by a `sre`; not `owner`: owner of the agent",
    )
    assert missing.text == "\n".join(missing.votes)


def test_those_who_lack_the_role_or_are_retired_need_no_mention(town):
    """Only who could otherwise give the vote is named as not to give it."""
    town.person("mark", retired=True)
    poll = town.poll("approval 1 auditor", asker=Asker("fixer", owners=("eve", "mark")))
    assert ask(town, poll).votes == ("1 more approval by an `auditor`",)


@pytest.mark.parametrize("state", sorted(set(MOVES) - {"held", "approved"}))
def test_only_a_held_case_can_be_approved(town, state):
    """Votes that suffice lift nothing in any other state (`approved` is looked at again before it runs)."""
    poll = town.poll("approval")
    vote = town.vote(poll, "bob")
    assert isinstance(ask(town, poll, vote), Approval)
    assert isinstance(ask(town, poll._replace(state="approved"), vote), Approval)
    missing = ask(town, poll._replace(state=state), vote)
    assert isinstance(missing, Missing)
    assert state in missing.text


def test_a_hold_without_requirements_is_lifted_by_nothing(town):
    """No requirement is not a requirement that is met."""
    poll = town.poll()
    missing = ask(town, poll, *votes_of(town, poll, "bob", "cyn"))
    assert missing.text == "nothing that a vote could lift holds this case"


def test_an_approval_of_nobody_asks_for_one(town):
    """A count of zero or less, which no policy can write, is at least one."""
    poll = town.poll("approval")
    for count in (0, -3):
        weak = poll._replace(
            decision=msgspec.structs.replace(poll.decision, requirements=(Requirement("approval", count, "dba"),))
        )
        assert ask(town, weak).votes[0].startswith("1 more approval by a `dba`")


@pytest.mark.parametrize(
    "fact", ["staging-proof", "simulated-rollback", "verified-backup", "open-window", "named-resources"]
)
def test_facts_are_not_lifted_by_votes(town, fact):
    """However many vote, and be it an incident commander behind glass."""
    poll = town.poll("approval 1 dba", fact)
    missing = ask(town, poll, *votes_of(town, poll, "bob", "cyn", "gus"))
    assert missing.votes == ()
    assert missing.facts[0].startswith(f"{fact}: ")
    alone = ask(town, town.poll(fact))
    assert alone.facts == missing.facts


def test_a_requirement_of_a_kind_that_is_not_known_is_not_lifted(town):
    """Unknown never widens."""
    poll = town.poll("approval")
    odd = poll._replace(
        decision=msgspec.structs.replace(
            poll.decision, requirements=(Requirement("approval", 1), Requirement("good-vibes"))
        )
    )
    missing = ask(town, odd, town.vote(odd, "bob"))
    assert missing.facts == ("good-vibes: nothing in this version lifts it; votes do not lift this",)


def test_a_rejection_ends_it_however_many_approve(town):
    """One no by anybody registered, the asker's side included, is enough."""
    poll = town.poll("approval 1 dba")
    for name in ("eve", "owner"):
        no = town.vote(poll, name, "reject", reason="no")
        missing = ask(town, poll, *votes_of(town, poll, "bob", "cyn"), no)
        assert missing.rejected_by == name
        assert missing.text == f"rejected by `{name}`"


def test_a_rejection_that_is_not_valid_ends_nothing(town):
    """A forged no is as little worth as a forged yes."""
    poll = town.poll("approval 1 dba")
    forged = town.vote(poll, "eve", "reject", reason="no", key="dee")
    assert isinstance(ask(town, poll, town.vote(poll, "bob"), forged), Approval)


def test_one_person_who_votes_twice_is_one(town):
    """The longest-lasting of the two is counted, once."""
    poll = town.poll("approval 2")
    first, second = town.vote(poll, "bob", now=town.now - 9), town.vote(poll, "bob")
    assert ask(town, poll, first, second).votes[0].startswith("1 more approval by a registered person")
    single = town.poll("approval 1")
    assert ask(town, single, first, second).expires_at == second.ballot.expires_at


def test_two_records_of_one_human_are_one_voter(town):
    """One key under two names is one human, be the votes ever so valid."""
    town.people["bobby"] = msgspec.structs.replace(town.people["bob"], name="bobby")
    poll = town.poll("approval 2")
    votes = [town.vote(poll, "bob"), town.vote(poll, "bobby", key="bob")]
    assert isinstance(ask(town, poll, *votes), Missing)
    assert isinstance(ask(town, poll, *votes, town.vote(poll, "eve")), Approval)


def test_votes_that_do_not_count_are_named_with_the_reason(town):
    """Expired, used up, repeated and self-given ones are set aside, each with its own line."""
    poll = town.poll("approval 2")
    old = town.vote(poll, "bob", now=town.now - 10)
    spent = town.vote(poll, "cyn")
    own = town.vote(poll, "owner")
    good = town.vote(poll, "dee")
    missing = ask(town, poll, old, spent, own, good, good, used={spent.ballot.nonce}, now=town.now - 10 + 3600_000)
    assert [line.split(": ")[1] for line in missing.ignored] == [
        "this vote of `bob` has expired",
        "this vote of `cyn` was cast before; a vote counts once",
        "`owner` is owner of the agent, and nobody approves what their own side asks for",
        "this vote of `dee` was cast before; a vote counts once",
    ]
    assert missing.votes[0].startswith("1 more approval")


def test_two_trades_want_two_people(town):
    """Who is both `dba` and `sre` fills one of the seats, whichever leaves room for the other."""
    poll = town.poll("approval 1 dba", "approval 1 sre")
    assert isinstance(ask(town, poll, *votes_of(town, poll, "cyn")), Missing)
    assert ask(town, poll, *votes_of(town, poll, "cyn", "dee")).people == ("cyn", "dee")
    assert ask(town, poll, *votes_of(town, poll, "cyn", "bob")).people == ("bob", "cyn")


def test_a_seat_is_given_up_for_another_when_that_fills_both(town):
    """The first who could sit as `dba` is also the only `sre`: they move over, be the chain ever so long."""
    town.person("abe", "dba", "sec", "sre")
    town.person("ace", "dba", "sec")
    poll = town.poll("approval 1 dba", "approval 1 sec", "approval 1 sre")
    assert isinstance(ask(town, poll, *votes_of(town, poll, "abe", "ace", "bob")), Approval)
    assert isinstance(ask(town, poll, *votes_of(town, poll, "abe", "ace", "eve")), Missing)


def test_the_same_role_from_two_policies_is_asked_for_once_at_its_largest(town):
    """`approval 1 dba` and `approval 2 dba` are two, not three and not one."""
    poll = town.poll("approval 1 dba", "approval 2 dba", "approval 1 dba")
    assert isinstance(ask(town, poll, *votes_of(town, poll, "bob")), Missing)
    assert isinstance(ask(town, poll, *votes_of(town, poll, "bob", "cyn")), Approval)


def test_an_approval_without_a_role_counts_everybody(town):
    """Seats and total are met by the same people; what is missing beyond the seats is anybody."""
    poll = town.poll("approval 1 dba", "approval 3", asker=NOBODY_ELSE)
    assert [line.split(";")[0] for line in ask(town, poll).votes] == [
        "1 more approval by a `dba`",
        "2 more approvals, each by a registered person",
    ]
    assert [line.split(";")[0] for line in ask(town, poll, *votes_of(town, poll, "eve", "dee")).votes] == [
        "1 more approval by a `dba`"
    ]
    assert ask(town, poll, *votes_of(town, poll, "eve", "dee", "bob")).people == ("bob", "dee", "eve")


def test_votes_that_are_not_needed_do_not_shorten_the_approval(town):
    """Of more voters than are asked for, those whose votes last longest are taken."""
    poll = town.poll("approval 1")
    short = town.vote(poll, "eve", now=town.now - 1000)
    long = town.vote(poll, "bob")
    assert ask(town, poll, short, long).people == ("bob",)


def test_glass_is_broken_by_an_incident_commander_alone(town):
    """Not by ordinary approvals, not by somebody without the role, and then it says so."""
    poll = town.poll("break-glass", asker=NOBODY_ELSE)
    wrong = town.vote(poll, "bob", break_glass=True, reason="fire")
    missing = ask(town, poll, wrong, town.vote(poll, "gus"))
    assert missing.votes == (
        "the glass to be broken, with a reason, by an `incident-commander`; not `owner`: owner of the agent",
    )
    approval = ask(town, poll, town.vote(poll, "gus", break_glass=True, reason="fire"))
    assert approval.break_glass
    assert approval.people == ("gus",)


def test_broken_glass_does_not_stand_for_the_ordinary_approvals(town):
    """Who breaks it fills no other seat, not even with a second ballot."""
    poll = town.poll("break-glass", "approval 1 dba")
    glass = town.vote(poll, "gus", break_glass=True, reason="fire")
    assert ask(town, poll, glass, town.vote(poll, "gus")).votes[0].startswith("1 more approval by a `dba`")
    approval = ask(town, poll, glass, town.vote(poll, "bob"))
    assert (approval.people, approval.break_glass) == (("bob", "gus"), True)


def test_a_broken_glass_vote_is_no_ordinary_approval(town):
    """Where no glass is asked for, it fills no seat."""
    poll = town.poll("approval 1")
    assert isinstance(ask(town, poll, town.vote(poll, "gus", break_glass=True, reason="fire")), Missing)


def test_of_two_who_break_the_glass_the_fitting_one_is_taken(town):
    """When one of them is needed as a `dba`, the other is the one who breaks it."""
    town.person("hal", "incident-commander")
    poll = town.poll("break-glass", "approval 1 dba")
    votes = [
        town.vote(poll, "gus", break_glass=True, reason="fire"),
        town.vote(poll, "gus"),
        town.vote(poll, "hal", break_glass=True, reason="fire", now=town.now - 1),
    ]
    assert ask(town, poll, *votes).people == ("gus", "hal")


def test_an_approval_without_glass_says_so(town):
    """Only broken glass asks for a review."""
    poll = town.poll("approval")
    assert not ask(town, poll, town.vote(poll, "bob")).break_glass


def test_a_party_that_cannot_be_told_from_the_voters_blocks(town):
    """An owner who is no registered person could be any of them; so could one whom nobody named."""
    stranger = town.poll("approval", asker=Asker("fixer", owners=("team-x",)))
    missing = ask(town, stranger, town.vote(stranger, "bob"))
    assert missing.votes == (
        "`team-x`, owner of the agent, to be a registered person, so that they can be told from the voters",
    )
    nobody = town.poll("approval", asker=Asker("fixer", owners=("",)))
    assert "an owner for the agent `fixer`" in ask(town, nobody, town.vote(nobody, "bob")).text


ROLES = ("dba", "sre", "sec")
NAMES = ("p1", "p2", "p3", "p4", "p5")


@given(
    roles=st.lists(st.sets(st.sampled_from(ROLES)), min_size=5, max_size=5),
    wanted=st.dictionaries(st.sampled_from(ROLES), st.integers(1, 3), max_size=3),
    total=st.integers(0, 5),
    voted=st.sets(st.sampled_from(NAMES)),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_seats_are_filled_exactly_when_some_seating_fills_them(town, roles, wanted, total, voted):
    """Held against a twin that tries every seating of the voters."""
    for name, has in zip(NAMES, roles, strict=True):
        town.person(name, *sorted(has))
    texts = [f"approval {number} {role}" for role, number in wanted.items()]
    texts += [f"approval {total}"] if total else []
    poll = town.poll(*texts)
    chairs = [role for role, number in wanted.items() for _ in range(number)]
    possible = bool(texts) and len(voted) >= total
    if possible and chairs:
        possible = any(
            all(role in town.people[name].roles for role, name in zip(chairs, seating, strict=True))
            for seating in permutations(sorted(voted), len(chairs))
        )
    answer = ask(town, poll, *votes_of(town, poll, *sorted(voted)))

    assert isinstance(answer, Approval) == possible
    if isinstance(answer, Approval):
        assert len(answer.people) == max(len(chairs), total)
        assert set(answer.people) <= voted
