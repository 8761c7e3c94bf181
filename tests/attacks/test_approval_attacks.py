"""Attacks on approvals: ways in which an agent, or whoever sides with it, tries to lift its own hold."""

from base64 import b64decode, b64encode

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interlock.approve.poll import Asker, Poll
from interlock.approve.quorum import Missing, quorum
from interlock.approve.vote import accept, draw, sign
from interlock.errors import BadInput, Conflict, Forbidden, Refused, Stale, Unauthenticated
from interlock.model.agent import Person
from interlock.model.approval import Approval, Ballot, Vote
from interlock.model.canon import canonical, parse
from interlock.model.decision import Decision, parse_requirement

NOW = 1_800_000_000_000


class Office:
    """One held case of the agent `fixer`, owned by ada; bob and cyn may approve."""

    def __init__(self):
        self.keys = {}
        self.people = {}
        self.drawn = 0
        for name in ("ada", "bob", "cyn"):
            self.hire(name)
        decision = Decision("hold", (), (parse_requirement("approval 1 dba"),), digest="d" * 64)
        asker = Asker("fixer", owners=("ada",))
        self.poll = Poll("case-1", "held", decision, asker, self.people, ("fixer",), NOW, 3600)

    def entropy(self, size):
        self.drawn += 1
        return self.drawn.to_bytes(size, "big")

    def hire(self, name, key=None, **more):
        self.keys[name] = key or Ed25519PrivateKey.from_private_bytes(self.entropy(32))
        public = b64encode(self.keys[name].public_key().public_bytes_raw()).decode()
        self.people[name] = Person(name, ("dba",), public_key=public, **more)

    def vote(self, name, *, key="", poll=None, now=NOW):
        ballot = draw(poll or self.poll, name, "approve", now=now, entropy=self.entropy)
        return sign(self.keys[key or name], ballot)

    def holds_against(self, vote, error, poll=None, used=(), now=NOW):
        """Refused at the door with this error, and worthless in the count."""
        poll = poll or self.poll
        with pytest.raises(error) as caught:
            accept(vote, poll, used=used, now=now)
        assert type(caught.value) is error
        assert isinstance(quorum(poll, [vote], used=used, now=now), Missing)


@pytest.fixture
def office():
    place = Office()
    # What all these attacks are held against: the honest vote does lift the hold.
    assert isinstance(quorum(place.poll, [place.vote("bob")], used=(), now=NOW), Approval)
    return place


def test_a_vote_carried_over_from_another_case_is_worthless(office):
    """Bob approved something harmless yesterday; the same signature is shown for today's deletion."""
    harmless = office.poll._replace(case="case-0")
    office.holds_against(office.vote("bob", poll=harmless), Conflict)


def test_a_vote_carried_over_to_a_changed_case_is_worthless(office):
    """The agent has the small fix approved and then swaps the change under it."""
    vote = office.vote("bob")
    swapped = office.poll._replace(decision=msgspec.structs.replace(office.poll.decision, digest="e" * 64))
    office.holds_against(vote, Stale, poll=swapped)


def test_a_vote_that_was_used_up_by_a_run_does_not_run_it_again(office):
    """Approve once, run for ever."""
    vote = office.vote("bob")
    office.holds_against(vote, Conflict, used={vote.ballot.nonce})


def test_a_rejection_turned_into_an_approval_is_not_signed(office):
    """One word is changed on the way."""
    ballot = draw(office.poll, "bob", "reject", now=NOW, entropy=office.entropy, reason="no")
    no = sign(office.keys["bob"], ballot)
    office.holds_against(Vote(msgspec.structs.replace(no.ballot, choice="approve"), no.signature), Unauthenticated)


def test_an_ordinary_vote_is_not_turned_into_a_broken_glass(office):
    """The flag and the reason are signed as everything else is."""
    office.people["bob"] = msgspec.structs.replace(office.people["bob"], roles=("incident-commander",))
    glass = office.poll._replace(
        decision=msgspec.structs.replace(office.poll.decision, requirements=(parse_requirement("break-glass"),))
    )
    vote = office.vote("bob")
    raised = Vote(msgspec.structs.replace(vote.ballot, break_glass=True, reason="urgent"), vote.signature)
    office.holds_against(raised, Unauthenticated, poll=glass)


def test_a_vote_in_somebody_elses_name_is_not_signed_by_them(office):
    """Ada, the owner, votes as Bob with her own key."""
    office.holds_against(office.vote("bob", key="ada"), Unauthenticated)


def test_a_signature_made_for_something_else_is_no_vote(office):
    """Bob signs the same bytes without the label of votes (a session challenge, a note): no vote comes of it."""
    ballot = draw(office.poll, "bob", "approve", now=NOW, entropy=office.entropy)
    for label in (b"", b"interlock/v1/session\x00", b"interlock/v1/vote"):
        raw = office.keys["bob"].sign(label + canonical(ballot))
        office.holds_against(Vote(ballot, b64encode(raw).decode()), Unauthenticated)


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: text + "\n",
        lambda text: text[:40] + " " + text[40:],
        lambda text: text.rstrip("="),
        lambda text: text + "====",
        lambda text: text[:-3] + chr(ord(text[-3]) + 1) + "==",
        lambda text: b64encode(b64decode(text) + b"\x00").decode(),
        lambda text: b64encode(b64decode(text)[:-1]).decode(),
        lambda text: b64decode(text).hex(),
        lambda text: "\ud800",
        lambda text: "",
    ],
)
def test_a_second_spelling_of_a_signature_is_none(office, spell):
    """Whitespace, lost or extra padding, trailing bits, wrong lengths, other encodings."""
    vote = office.vote("bob")
    text = spell(vote.signature)
    assert text != vote.signature
    office.holds_against(Vote(vote.ballot, text), Unauthenticated)


def test_a_malleable_signature_is_none(office):
    """The other s of the same signature is a second vote nowhere."""
    vote = office.vote("bob")
    raw = b64decode(vote.signature)
    s = int.from_bytes(raw[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    other = b64encode(raw[:32] + s.to_bytes(32, "little")).decode()
    office.holds_against(Vote(vote.ballot, other), Unauthenticated)


def test_a_key_that_signs_for_everybody_signs_for_nobody(office):
    """A person is registered with the identity as key, under which one signature holds for every message."""
    identity = (1).to_bytes(32, "little")
    office.people["bob"] = msgspec.structs.replace(office.people["bob"], public_key=b64encode(identity).decode())
    ballot = draw(office.poll, "bob", "approve", now=NOW, entropy=office.entropy)
    office.holds_against(Vote(ballot, b64encode(identity + bytes(32)).decode()), Unauthenticated)


def test_a_vote_in_stock_expires(office):
    """Signed today, to be used when nobody remembers."""
    vote = office.vote("bob")
    office.holds_against(vote, Refused, now=NOW + 3600_000)


def test_a_vote_that_never_expires_cannot_be_made(office):
    """The ballot says in a hundred years; the environment says in an hour."""
    ballot = msgspec.structs.replace(office.vote("bob").ballot, expires_at=NOW + 100 * 365 * 86_400_000)
    office.holds_against(sign(office.keys["bob"], ballot), Refused)


def test_a_vote_from_the_future_is_not_kept_for_then(office):
    """Dated ahead so that it lasts longer."""
    office.holds_against(office.vote("bob", now=NOW + 3600_000), Refused)


def test_a_vote_from_before_the_case_is_a_blank_cheque(office):
    """Signed for a case that did not exist yet: nobody can have looked at it."""
    office.holds_against(office.vote("bob", now=NOW - 60_000), Refused)


def test_whoever_left_votes_no_more(office):
    """The key of a retired person still signs."""
    office.hire("bob", key=office.keys["bob"], retired=True)
    office.holds_against(office.vote("bob"), Forbidden)


@pytest.mark.parametrize("name", ["fixer", "Fixer", "FIXER", "fіxer", "ｆｉｘｅｒ", "fix\u200ber", "fixér"])
def test_an_agent_that_is_registered_as_a_person_is_still_an_agent(office, name):
    """Somebody is talked into `people add fixer`, in whatever spelling, with a key that the agent holds."""
    office.hire(name)
    office.holds_against(office.vote(name), Forbidden)


@pytest.mark.parametrize("name", ["Ada", "ADA", "аdа", "ａｄａ", "ada\u200d", "ädä"])
def test_the_owner_under_another_spelling_is_the_owner(office, name):
    """A second record of the owner, with a fresh key, differs by case, script, width or an unseen sign."""
    office.hire(name)
    office.holds_against(office.vote(name), Forbidden)


@pytest.mark.parametrize("owner", ["ADA", "Ada", " ada ", "аda"])
def test_the_owner_written_in_another_spelling_is_the_owner(office, owner):
    """The passport says `ADA`, the register says `ada`."""
    office.holds_against(office.vote("ada"), Forbidden, poll=office.poll._replace(asker=Asker("fixer", (owner,))))


def test_the_owner_under_an_alias_with_the_same_key_is_the_owner(office):
    """Another name altogether, one key: one human."""
    office.hire("dba-on-call", key=office.keys["ada"])
    office.holds_against(office.vote("dba-on-call"), Forbidden)


def test_a_chain_of_aliases_leads_back_to_the_owner(office):
    """`ops` has the owner's key, `Ops` has a fresh one but reads like `ops`."""
    office.hire("ops", key=office.keys["ada"])
    office.hire("Ops")
    office.holds_against(office.vote("Ops"), Forbidden)


def test_an_owner_whom_nobody_knows_could_be_anybody(office):
    """The agent's owner is given as `the-team`; Bob may be the team."""
    for owners in (("the-team",), (), ("",)):
        poll = office.poll._replace(asker=Asker("fixer", owners))
        assert isinstance(quorum(poll, [office.vote("bob")], used=(), now=NOW), Missing)


def test_two_votes_of_one_person_are_not_two_people(office):
    """With two nonces, with two records, and the same vote shown twice."""
    two = office.poll._replace(
        decision=msgspec.structs.replace(office.poll.decision, requirements=(parse_requirement("approval 2 dba"),))
    )
    first, second = office.vote("bob"), office.vote("bob")
    office.hire("robert", key=office.keys["bob"])
    for votes in ([first, second], [first, first], [first, office.vote("robert")]):
        assert isinstance(quorum(two, votes, used=(), now=NOW), Missing)
    assert isinstance(quorum(two, [first, office.vote("cyn")], used=(), now=NOW), Approval)


def test_a_case_that_has_moved_on_takes_no_late_approval(office):
    """Denied, rejected, lapsed, running: the vote is signed and right, and too late."""
    for state in ("proposed", "denied", "rejected", "lapsed", "running", "done", "refused"):
        office.holds_against(office.vote("bob"), Conflict, poll=office.poll._replace(state=state))


def test_a_hold_is_not_approved_by_asking_nobody(office):
    """Whoever could empty the requirements would have an approval of no one."""
    for votes in ([], [office.vote("bob")]):
        empty = office.poll._replace(decision=msgspec.structs.replace(office.poll.decision, requirements=()))
        assert isinstance(quorum(empty, votes, used=(), now=NOW), Missing)


def test_the_window_is_not_voted_open(office):
    """Three approvals do not make it Monday."""
    closed = office.poll._replace(
        decision=msgspec.structs.replace(
            office.poll.decision, requirements=(parse_requirement("approval dba"), parse_requirement("open-window"))
        )
    )
    votes = [office.vote("bob"), office.vote("cyn")]
    assert isinstance(quorum(closed, votes, used=(), now=NOW), Missing)


def test_a_ballot_with_a_field_that_we_do_not_know_is_no_ballot(office):
    """A field that is signed but not read would let two readers see two things."""
    raw = canonical(office.vote("bob").ballot)
    assert parse(raw, Ballot)
    with pytest.raises(BadInput):
        parse(raw[:-1] + b',"unless":"monday"}', Ballot)
