"""One vote: every reason for which it is not taken, one test each."""

import msgspec
import pytest

from interlock.approve.poll import MAX_SKEW_MS, Asker
from interlock.approve.vote import MAX_REASON, accept, count, electorate, sign
from interlock.errors import BadInput, Conflict, Forbidden, Refused, Stale, Unauthenticated
from interlock.model.approval import Vote
from interlock.model.case import MOVES


def cast(town, poll, vote, used=(), now=None):
    return accept(vote, poll, used=used, now=town.now if now is None else now)


def refused(town, poll, vote, error, code, **more):
    with pytest.raises(error) as caught:
        cast(town, poll, vote, **more)
    assert type(caught.value) is error
    assert caught.value.code == code
    return caught.value


def test_a_good_vote_gives_its_ballot(town):
    """What was signed comes back, and nothing else."""
    poll = town.poll("approval 1 dba")
    vote = town.vote(poll, "bob")
    assert cast(town, poll, vote) is vote.ballot


def test_a_drawn_ballot_is_bound_to_the_case_and_lasts_as_long_as_the_environment_says(town):
    """Case, digest, times and a nonce of 32 digits come from the poll, the clock and the randomness given."""
    ballot = town.ballot(town.poll("approval"), "bob", reason="looked")
    assert (ballot.case, ballot.digest, ballot.cast_at) == ("case-1", "d" * 64, town.now)
    assert ballot.expires_at == town.now + 3600_000
    assert len(ballot.nonce) == 32
    assert ballot.reason == "looked"


def test_the_whole_ballot_is_signed(town):
    """A change of any field of it makes the signature not hold, or the ballot another one."""
    poll = town.poll("approval")
    vote = town.vote(poll, "bob", reason="fine")
    changes = {
        "cast_at": town.now - 1,
        "expires_at": town.now + 3599_000,
        "nonce": "0" * 32,
        "reason": "finer",
        "choice": "reject",
    }
    for field, value in changes.items():
        altered = Vote(msgspec.structs.replace(vote.ballot, **{field: value}), vote.signature)
        refused(town, poll, altered, Unauthenticated, "bad-signature")


@pytest.mark.parametrize("state", sorted(MOVES))
@pytest.mark.parametrize("choice", ["approve", "reject"])
def test_a_vote_is_taken_only_where_the_case_can_move_by_it(town, state, choice):
    """Approvals in `held`; rejections wherever nothing has started yet."""
    poll = town.poll("approval", state=state)
    vote = town.vote(poll, "bob", choice, reason="why")
    open_states = {"approve": {"held"}, "reject": {"allowed", "held", "approved"}}[choice]
    if state in open_states:
        assert cast(town, poll, vote) is vote.ballot
    else:
        refused(town, poll, vote, Conflict, "nothing-to-vote")


def test_another_digest_is_stale(town):
    """What was looked at is no longer what would run."""
    poll = town.poll("approval")
    vote = town.vote(poll, "bob")
    moved = poll._replace(decision=msgspec.structs.replace(poll.decision, digest="e" * 64))
    refused(town, moved, vote, Stale, "stale")


def test_a_decision_without_a_digest_takes_no_votes(town):
    """An empty digest equals an empty digest, and binds nothing."""
    poll = town.poll("approval")
    blank = poll._replace(decision=msgspec.structs.replace(poll.decision, digest=""))
    refused(town, blank, town.vote(blank, "bob"), Stale, "stale")


def test_another_case_is_refused(town):
    """Two cases can have one digest; a vote is for one of them."""
    poll = town.poll("approval")
    refused(town, poll._replace(case="case-2"), town.vote(poll, "bob"), Conflict, "other-case")


def test_a_used_nonce_is_refused(town):
    """A vote is cast once."""
    poll = town.poll("approval")
    vote = town.vote(poll, "bob")
    refused(town, poll, vote, Conflict, "replayed", used={vote.ballot.nonce})


@pytest.mark.parametrize("nonce", ["", "0" * 31, "0" * 33, "A" * 32, "0" * 31 + "\n", "g" * 32, "٠" * 32])
def test_a_nonce_has_one_form(town, nonce):
    """Anything but 32 lower-case hexadecimal digits is no nonce."""
    poll = town.poll("approval")
    ballot = msgspec.structs.replace(town.ballot(poll, "bob"), nonce=nonce)
    refused(town, poll, sign(town.keys["bob"], ballot), BadInput, "bad-ballot")


def test_a_choice_that_is_none_is_refused_when_counted(town):
    """The wire form allows two words only; a third one that got past it counts for nothing."""
    poll = town.poll("approval")
    vote = town.vote(poll, "bob", "abstain")
    with pytest.raises(BadInput):
        count(vote, poll, electorate(poll), used=(), now=town.now)


def test_votes_from_the_future_are_refused_beyond_a_small_skew(town):
    """Clocks differ by seconds; more than thirty is a lie or a broken clock."""
    poll = town.poll("approval")
    vote = town.vote(poll, "bob", now=town.now + MAX_SKEW_MS)
    assert cast(town, poll, vote)
    refused(town, poll, vote, Refused, "future", now=town.now - 1)


def test_votes_from_before_the_case_are_refused_beyond_a_small_skew(town):
    """Nobody can have looked at what did not exist."""
    poll = town.poll("approval")
    assert cast(town, poll, town.vote(poll, "bob", now=town.now - MAX_SKEW_MS))
    refused(town, poll, town.vote(poll, "bob", now=town.now - MAX_SKEW_MS - 1), Refused, "before-case")


def test_a_vote_expires_at_its_very_moment(town):
    """One millisecond earlier it still counts."""
    poll = town.poll("approval")
    vote = town.vote(poll, "bob")
    assert cast(town, poll, vote, now=vote.ballot.expires_at - 1)
    refused(town, poll, vote, Refused, "expired", now=vote.ballot.expires_at)


def test_a_rejection_does_not_expire(town):
    """A no stays a no."""
    poll = town.poll("approval")
    vote = town.vote(poll, "bob", "reject", reason="no")
    assert cast(town, poll, vote, now=vote.ballot.expires_at + 1)


@pytest.mark.parametrize("lasts", [3600_001, 0, -1, 10**12])
def test_a_vote_lasts_no_longer_than_the_environment_allows(town, lasts):
    """Nor does it last no time at all."""
    poll = town.poll("approval")
    ballot = msgspec.structs.replace(town.ballot(poll, "bob"), expires_at=town.now + lasts)
    refused(town, poll, sign(town.keys["bob"], ballot), Refused, "lasts-too-long")


@pytest.mark.parametrize("reason", ["", "  ", "\u200b\u200b", "\n"])
def test_rejections_and_broken_glass_need_a_reason_that_can_be_read(town, reason):
    """Blank and invisible reasons are none; an ordinary approval needs none."""
    poll = town.poll("approval", "break-glass")
    no = refused(town, poll, town.vote(poll, "bob", "reject", reason=reason), BadInput, "no-reason")
    glass = refused(town, poll, town.vote(poll, "gus", break_glass=True, reason=reason), BadInput, "no-reason")
    assert (no.message, glass.message) == ("a rejection needs a reason", "breaking the glass needs a reason")
    assert cast(town, poll, town.vote(poll, "bob", reason=reason))


def test_a_reason_is_bounded(town):
    """A book is no reason."""
    poll = town.poll("approval")
    assert cast(town, poll, town.vote(poll, "bob", reason="x" * MAX_REASON))
    refused(town, poll, town.vote(poll, "bob", reason="x" * (MAX_REASON + 1)), BadInput, "bad-ballot")


def test_a_rejection_cannot_break_glass(town):
    """The two say opposite things."""
    poll = town.poll("break-glass")
    refused(town, poll, town.vote(poll, "gus", "reject", reason="x", break_glass=True), BadInput, "bad-ballot")


def test_somebody_without_a_record_is_refused(town):
    """Only registered people vote."""
    poll = town.poll("approval")
    refused(town, poll, town.vote(poll, "zoe", key="bob"), Forbidden, "unknown-voter")


def test_a_record_under_another_name_is_refused(town):
    """A register whose key and record disagree is not relied on."""
    poll = town.poll("approval")
    town.people["zoe"] = town.people["bob"]
    refused(town, poll, town.vote(poll, "zoe", key="bob"), Forbidden, "unknown-voter")


def test_a_retired_person_is_refused(town):
    """Who has left votes no more, be it with the right key."""
    town.person("ray", "dba", retired=True)
    poll = town.poll("approval")
    refused(town, poll, town.vote(poll, "ray"), Forbidden, "retired-voter")


@pytest.mark.parametrize("name", ["fixer", "mender", "Fixer", "fіxer"])
def test_an_agent_is_refused_even_where_it_is_registered_as_a_person(town, name):
    """By the asker's own name, by any agent's, and by a look-alike of either."""
    town.person(name, "dba")
    poll = town.poll("approval")
    refused(town, poll, town.vote(poll, name), Forbidden, "agent-vote")
    refused(town, poll, town.vote(poll, name, "reject", reason="x"), Forbidden, "agent-vote")


def test_the_asking_agent_is_an_agent_even_when_it_is_not_on_the_list(town):
    """An agent that nobody registered is one all the same."""
    town.person("rogue", "dba")
    poll = town.poll("approval", asker=Asker("rogue", owners=("owner",)))
    refused(town, poll, town.vote(poll, "rogue"), Forbidden, "agent-vote")


@pytest.mark.parametrize("key", ["", "not base64", "AAAA", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_a_person_without_a_sound_key_cannot_vote(town, key):
    """No key, no vote; a key that anybody could sign under is no key."""
    town.people["bob"] = msgspec.structs.replace(town.people["bob"], public_key=key)
    poll = town.poll("approval")
    refused(town, poll, town.vote(poll, "bob"), Unauthenticated, "no-key")


@pytest.mark.parametrize("name", ["owner", "author", "human"])
def test_the_askers_side_does_not_approve_but_may_say_no(town, name):
    """Whatever their roles: a yes is refused with the reason, a no only tightens and is taken."""
    poll = town.poll("approval", "break-glass")
    error = refused(town, poll, town.vote(poll, name), Forbidden, "self-approval")
    assert error.hint
    refused(town, poll, town.vote(poll, name, break_glass=True, reason="fire"), Forbidden, "self-approval")
    assert cast(town, poll, town.vote(poll, name, "reject", reason="on second thought"))


def test_the_author_of_the_policy_does_not_approve_by_it(town):
    """Who loosened the rule for this change is on its side."""
    poll = town.poll("approval", asker=Asker("fixer", owners=("owner",), policy_authors=("bob",)))
    refused(town, poll, town.vote(poll, "bob"), Forbidden, "self-approval")


def test_an_approval_that_could_lift_nothing_is_refused(town):
    """A wrong role, no approval asked for, no glass to break, not the one to break it: each is said at once."""
    refused(town, town.poll("approval 1 sre"), town.vote(town.poll(), "bob"), Forbidden, "no-role")
    refused(town, town.poll("open-window"), town.vote(town.poll(), "bob"), Refused, "not-by-votes")
    glass = town.vote(town.poll(), "gus", break_glass=True, reason="fire")
    refused(town, town.poll("approval"), glass, Refused, "no-glass")
    wrong = town.vote(town.poll(), "bob", break_glass=True, reason="fire")
    refused(town, town.poll("break-glass"), wrong, Forbidden, "no-role")
    assert cast(town, town.poll("break-glass"), glass)


def test_nobody_needs_a_role_where_none_is_asked_for(town):
    """`approval 2` takes anybody, beside a role that another policy asks for."""
    poll = town.poll("approval 1 sre", "approval 2")
    assert cast(town, poll, town.vote(poll, "eve"))
