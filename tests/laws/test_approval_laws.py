"""Laws of approval: no_one_approves_their_own, an_agent_never_approves; and the whole table of who votes on what."""

from base64 import b64decode, b64encode
from itertools import product

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.approve.poll import Asker, Poll
from interlock.approve.quorum import quorum
from interlock.approve.vote import accept, draw, sign
from interlock.errors import BadInput, Refused
from interlock.model.agent import Person
from interlock.model.approval import Approval, Vote
from interlock.model.case import MOVES
from interlock.model.decision import Decision, parse_requirement

NOW = 1_800_000_000_000
AGENTS = ("fixer", "mender")
HUMANS = ("ada", "bob", "cyn", "dee")
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([i + 1]) * 32) for i, name in enumerate((*HUMANS, *AGENTS))}
KEYS["bobby"] = KEYS["bob"]  # a second record of Bob's
#: Which human a name really is, whatever it is spelled like; known to the test, not to the code.
WHO = {"ADA": "ada", "b0b": "bob", "bobby": "bob", "сyn": "cyn"} | {name: name for name in HUMANS}


def person(name, *roles):
    return Person(name, roles, public_key=b64encode(KEYS[name].public_key().public_bytes_raw()).decode())


def make_poll(requirements, asker, people, state="held", case="case-1", digest="d" * 64):
    decision = Decision("hold", (), tuple(parse_requirement(text) for text in requirements), digest=digest)
    return Poll(case, state, decision, asker, people, AGENTS, NOW, 3600)


def cast(name, kind="approve", key="", nonce=0):
    """A really signed vote of one kind; `kind` names what is right or wrong with it."""
    poll = make_poll((), Asker("fixer"), {})
    if kind == "other-case":
        poll = poll._replace(case="case-2")
    if kind == "other-digest":
        poll = poll._replace(decision=msgspec.structs.replace(poll.decision, digest="e" * 64))
    ballot = draw(
        poll,
        name,
        "reject" if kind == "reject" else "approve",
        now=NOW,
        entropy=lambda size: nonce.to_bytes(size, "big"),
        reason="because",
        break_glass=kind == "break-glass",
    )
    if kind == "expired":
        ballot = msgspec.structs.replace(ballot, cast_at=NOW - 9000, expires_at=NOW)
    return sign(KEYS[key or ("dee" if kind == "forged" else name)], ballot)


# --- the exhaustive sweep -------------------------------------------------------------------------------------------

OWNERS = ("ADA", "bob", "cyn")
AUTHORS = ("", "ada", "b0b", "сyn")
OPERATORS = ("", "ada", "bobby", "cyn")
APPROVERS = ("ada", "bob", "bobby", "cyn", "fixer", "mender")
ROLES = ((), ("dba",), ("incident-commander",))
KINDS = ("approve", "break-glass", "replayed", "other-case", "other-digest", "forged", "expired", "reject")
COMBINATIONS = 2 * 3 * 4 * 4 * 6 * 3 * 18 * 8
#: Each of the 4 human names is outside of the party in 18 of 48 parties, for 2 agents: that many may approve.
OUTSIDE = 4 * 18 * 2
#: Taken at the door: in `held` an approval with the right role or broken glass with its own; and from each human name,
#: whatever their role and side, a rejection in 3 states. Fixed, so that nothing that passes changes unnoticed.
TAKEN = OUTSIDE * 2 + 4 * 3 * 3 * 96
#: Approved where votes are counted: with the right role, in `held` and again in `approved`.
APPROVED = OUTSIDE * 2


def swept():
    """Every combination as (poll, approver, role, kind, vote, nonces in use, the humans of the asker's party)."""
    votes = {pair: cast(*pair, nonce=number) for number, pair in enumerate(product(APPROVERS, KINDS))}
    for approver, roles in product(APPROVERS, ROLES):
        people = {name: person(name, "dba") for name in APPROVERS} | {approver: person(approver, *roles)}
        for agent, owner, author, operator in product(AGENTS, OWNERS, AUTHORS, OPERATORS):
            asker = Asker(agent, (owner,), (author,), (operator,))
            party = {WHO[name] for name in (owner, author, operator) if name}
            for state in MOVES:
                poll = make_poll(("approval 1 dba", "break-glass"), asker, people, state)
                for kind in KINDS:
                    vote = votes[approver, kind]
                    used = {vote.ballot.nonce} if kind == "replayed" else set()
                    yield poll, approver, roles, kind, vote, used, party


def expected_to_count(poll, approver, roles, kind, party):
    """The rule in one place, written from the documentation and not from the code."""
    if approver in AGENTS:
        return False
    if kind == "reject":
        return poll.state in {"allowed", "held", "approved"}
    fits = {"approve": "dba", "break-glass": "incident-commander"}.get(kind)
    return poll.state == "held" and WHO[approver] not in party and fits in roles


def test_the_whole_table_of_voters_holds():
    """Requester x owner x author x operator x approver x role x stage x kind of vote: exactly the right ones count."""
    seen = taken = self_approvals = agent_approvals = replays = 0
    for poll, approver, roles, kind, vote, used, party in swept():
        seen += 1
        try:
            accept(vote, poll, used=used, now=NOW)
        except (Refused, BadInput):
            accepted = False
        else:
            accepted = True
            taken += 1
            approves = vote.ballot.choice == "approve"
            agent_approvals += approver in AGENTS
            self_approvals += approves and WHO.get(approver) in party
            replays += kind in {"replayed", "other-case", "other-digest"}
        if accepted != expected_to_count(poll, approver, roles, kind, party):
            raise AssertionError((approver, roles, kind, poll.state, poll.asker, accepted))

    assert seen == COMBINATIONS == 248_832
    assert (self_approvals, agent_approvals, replays) == (0, 0, 0)
    assert taken == TAKEN


def test_the_whole_table_holds_where_votes_are_counted():
    """The same table past the door: a vote that was recorded, by whatever way, approves only if it may."""
    seen = approved = 0
    decision = make_poll(("approval 1 dba",), Asker("fixer"), {}).decision
    for poll, approver, roles, kind, vote, used, party in swept():
        seen += 1
        answer = quorum(poll._replace(decision=decision), [vote], used=used, now=NOW)
        lifted = isinstance(answer, Approval)
        approved += lifted
        may = approver not in AGENTS and WHO[approver] not in party and "dba" in roles
        if lifted != (may and kind == "approve" and poll.state in {"held", "approved"}):
            raise AssertionError((approver, roles, kind, poll.state, poll.asker, answer))

    assert seen == COMBINATIONS
    assert approved == APPROVED


# --- laws -----------------------------------------------------------------------------------------------------------

SPELLINGS = st.sampled_from(sorted(WHO))
ROLE_SETS = st.sets(st.sampled_from(["dba", "sre", "incident-commander"]))
REQUIREMENTS = st.lists(
    st.sampled_from(["approval", "approval 2", "approval dba", "approval 2 dba", "approval sre", "break-glass"]),
    min_size=1,
    max_size=3,
)
VOTERS = st.lists(
    st.tuples(st.sampled_from(sorted(KEYS)), st.sampled_from(["approve", "break-glass"])), max_size=6, unique=True
)


@st.composite
def elections(draw_from):
    """A poll with a party of any spelling, people of any roles, agents that have person records, and votes."""
    people = {name: person(name, *sorted(draw_from(ROLE_SETS))) for name in KEYS}
    party = draw_from(st.lists(SPELLINGS, min_size=1, max_size=2))
    asker = Asker("fixer", tuple(party[:1]), tuple(party[1:]), (draw_from(SPELLINGS),))
    poll = make_poll(draw_from(REQUIREMENTS), asker, people)
    votes = [cast(name, kind, nonce=number) for number, (name, kind) in enumerate(draw_from(VOTERS))]
    return poll, votes


def lifted(poll, votes):
    answer = quorum(poll, votes, used=(), now=NOW)
    return answer.people if isinstance(answer, Approval) else None


@given(elections())
@settings(max_examples=100, deadline=None)
def test_no_one_approves_their_own(election):
    """no_one_approves_their_own: without the votes of the asker's side the answer is the same."""
    poll, votes = election
    party = {WHO[name] for name, _ in poll.asker.members}
    others = [vote for vote in votes if WHO.get(vote.ballot.person) not in party]

    assert lifted(poll, votes) == lifted(poll, others)
    assert not party & {WHO[name] for name in lifted(poll, votes) or ()}


@given(elections())
@settings(max_examples=100, deadline=None)
def test_an_agent_never_approves(election):
    """an_agent_never_approves: without the votes of agents the answer is the same."""
    poll, votes = election
    humans = [vote for vote in votes if vote.ballot.person not in AGENTS]

    assert lifted(poll, votes) == lifted(poll, humans)
    assert not set(AGENTS) & set(lifted(poll, votes) or ())


@given(elections(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_votes_decides_nothing(election, random):
    """the_order_of_votes_decides_nothing: shuffled votes lift the same holds."""
    poll, votes = election
    shuffled = list(votes)
    random.shuffle(shuffled)
    assert (lifted(poll, votes) is None) == (lifted(poll, shuffled) is None)


@given(elections(), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_a_repeated_vote_adds_nothing(election, which):
    """n_approvals_are_n_humans: the same human again, with a fresh ballot, lifts nothing that was not lifted."""
    poll, votes = election
    if not votes:
        return
    again = votes[which % len(votes)].ballot
    fresh = msgspec.structs.replace(again, nonce="f" * 32)
    assert lifted(poll, [*votes, sign(KEYS[again.person], fresh)]) == lifted(poll, votes)


@given(elections(), st.integers(0, 63), st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_a_flipped_bit_of_a_signature_never_counts(election, place, bit):
    """what_was_not_signed_does_not_count: any flipped bit makes a vote worthless."""
    poll, votes = election
    broken = []
    for vote in votes:
        raw = bytearray(b64decode(vote.signature))
        raw[place] ^= 1 << bit
        broken.append(Vote(vote.ballot, b64encode(bytes(raw)).decode()))
    assert lifted(poll, broken) is None
