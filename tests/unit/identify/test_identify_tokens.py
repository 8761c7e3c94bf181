"""Agents' tokens, people's sessions and the issuer's key: what is bound, how long it lasts, and what is refused."""

import stat

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interlock.errors import BadInput, Conflict, Forbidden, KeyLost, Unauthenticated
from interlock.identify import jws, sessions, tokens
from interlock.identify.issuer import create_issuer, open_issuer
from interlock.identify.keys import SigningKey
from interlock.identify.sessions import Answer, answer, challenge, check_session, open_session
from interlock.identify.tokens import Grant, bind, check, mint
from interlock.model.proposal import Proposal

NOW = 1_800_000_000_500
GRANT = Grant("fixer", "staging", "session-1", "ada", "bob")


def entropy(size):
    return b"\x2a" * size


@pytest.fixture
def issuer(tmp_path):
    return create_issuer(tmp_path / "issuer.key", entropy=entropy)


def minted(issuer, grant=GRANT, **more):
    return mint(issuer, grant, **{"audience": "here", "now": NOW, "entropy": entropy, **more})


def checked(issuer, token, **more):
    return check(token, issuer.public, **{"audience": "here", "now": NOW, "is_revoked": lambda _: False, **more})


def test_an_issuer_is_made_once_for_its_owner_alone_and_opens_again(tmp_path, issuer):
    """The same key under the same id; mode 0600; never written over."""
    path = tmp_path / "issuer.key"
    again = open_issuer(path)
    assert again.key_id == issuer.key_id
    assert checked(again, minted(issuer).token).agent == "fixer"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Conflict):
        create_issuer(path, entropy=entropy)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"format":"other","seed":"' + b"A" * 43 + b'="}',
        b'{"format":"interlock/v1/issuer-key","seed":"AAAA"}',
    ],
)
def test_a_file_that_is_no_issuers_key_is_lost_and_not_quoted(tmp_path, content):
    """The error names the file and not what stands in it."""
    path = tmp_path / "odd"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyLost) as caught:
        open_issuer(path)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert "AAAA" not in str(caught.value)


def test_two_issuers_have_two_key_ids(tmp_path, issuer):
    """The id is of the key."""
    other = create_issuer(tmp_path / "other", entropy=lambda size: b"\x01" * size)
    assert other.key_id != issuer.key_id


def test_a_token_says_what_it_was_minted_for(issuer):
    """Agent, environment, session, operator, author, id and times."""
    made = minted(issuer)
    claims = checked(issuer, made.token)
    assert claims == made.claims
    assert claims == ("fixer", "staging", "session-1", "ada", "bob", "2a" * 16, 1_800_000_000_000, 1_800_000_900_000)


def test_the_token_is_not_in_its_repr(issuer):
    """A log line about it gives nothing away."""
    made = minted(issuer)
    assert made.token not in repr(made)
    assert made.token.split(".")[2] not in f"{made}"


@pytest.mark.parametrize("field", ["agent", "environment", "session", "operator"])
@pytest.mark.parametrize("text", ["", "  ", "x" * 101, "a\x1b[2J", "\ud800"])
def test_a_token_is_bound_to_all_of_it(issuer, field, text):
    """A token for no agent, no environment, no session or nobody's session is not made."""
    with pytest.raises(BadInput) as caught:
        minted(issuer, GRANT._replace(**{field: text}))
    assert field in caught.value.message


def test_an_author_may_be_unknown_but_not_endless(issuer):
    """Not every session has a prompt that somebody wrote."""
    assert minted(issuer, GRANT._replace(author="")).claims.author == ""
    with pytest.raises(BadInput):
        minted(issuer, GRANT._replace(author="x" * 101))


def test_the_longest_names_still_make_a_token_that_is_taken(issuer):
    """What is minted is checked by its own rules, sizes included."""
    made = minted(issuer, Grant(*("𐍈" * 100,) * 5), seconds=tokens.LONGEST_SECONDS)
    assert checked(issuer, made.token).operator == "𐍈" * 100


@pytest.mark.parametrize("seconds", [0, -1, 3601])
def test_a_token_lives_an_hour_at_most(issuer, seconds):
    """And a second at least."""
    with pytest.raises(BadInput):
        minted(issuer, seconds=seconds)
    assert minted(issuer, seconds=3600).claims.expires_at == 1_800_003_600_000


def test_a_token_is_refused_from_the_moment_it_expires(issuer):
    """Without any leeway."""
    made = minted(issuer, seconds=60)
    assert checked(issuer, made.token, now=made.claims.expires_at - 1)
    with pytest.raises(Unauthenticated) as caught:
        checked(issuer, made.token, now=made.claims.expires_at)
    assert "expired" in caught.value.message


def test_a_token_may_come_from_a_clock_that_is_a_little_ahead(issuer):
    """Thirty seconds, not more."""
    made = minted(issuer)
    assert checked(issuer, made.token, now=made.claims.issued_at - jws.MAX_SKEW_MS)
    with pytest.raises(Unauthenticated):
        checked(issuer, made.token, now=made.claims.issued_at - jws.MAX_SKEW_MS - 1)


def test_a_revoked_token_is_refused_and_the_judge_sees_its_claims(issuer):
    """By id, by a `*` of a later time, or for a retired agent: whoever is asked has what they need."""
    seen = []
    with pytest.raises(Unauthenticated) as caught:
        checked(issuer, minted(issuer).token, is_revoked=lambda claims: seen.append(claims) or True)
    assert "revoked" in caught.value.message
    assert seen == [minted(issuer).claims]


def test_when_revocation_cannot_be_told_the_token_is_not_taken(issuer):
    """An error on the way is no yes."""

    def down(_claims):
        raise KeyLost("the record is down")

    with pytest.raises(KeyLost):
        checked(issuer, minted(issuer).token, is_revoked=down)


def test_binding_fills_the_blanks_of_a_proposal_from_the_token(issuer):
    """Session, operator and author need not be said twice."""
    proposal = Proposal("sql", b"x", "fixer", environment="staging")
    bound = bind(minted(issuer).claims, proposal)
    assert (bound.session, bound.operator, bound.author) == ("session-1", "ada", "bob")
    assert (bound.payload, bound.kind) == (b"x", "sql")


def test_an_author_whom_the_token_does_not_name_stands_as_claimed(issuer):
    """It can only add somebody to the asker's side."""
    claims = minted(issuer, GRANT._replace(author="")).claims
    assert bind(claims, Proposal("sql", b"x", "fixer", environment="staging", author="cyn")).author == "cyn"


@pytest.mark.parametrize("field", ["agent", "environment", "session", "operator", "author"])
def test_a_proposal_that_contradicts_its_token_is_refused(issuer, field):
    """No agent speaks for another, elsewhere, in another session or on another human's behalf."""
    said = {"kind": "sql", "payload": b"x", "agent": "fixer", "environment": "staging", field: "other"}
    with pytest.raises(Forbidden) as caught:
        bind(minted(issuer).claims, Proposal(**said))
    assert field in caught.value.message


@pytest.mark.parametrize("segment", ["QQ", "QUI", "QUJD"])
def test_one_value_has_one_spelling(segment):
    """The same bytes with other trailing bits, or a length that no bytes have, are refused."""
    assert jws._spelled_once(segment)
    bent = segment[:-1] + chr(ord(segment[-1]) + 1) if len(segment) < 4 else segment + "A"
    with pytest.raises(Unauthenticated):
        jws._spelled_once(bent)


# --- sessions -------------------------------------------------------------------------------------------------------


class Door:
    """A server that keeps its open challenges, and a person with a key."""

    def __init__(self, issuer):
        self.issuer = issuer
        self.key = SigningKey("ada", Ed25519PrivateKey.from_private_bytes(b"\x11" * 32))
        self.open = {}

    def ask(self, name="ada", audience="here", now=NOW):
        made = challenge(name, audience=audience, now=now, entropy=entropy)
        self.open[made.nonce] = made
        return made

    def enter(self, given, now=NOW, key="registered", **more):
        public = self.key.private.public_key() if key == "registered" else key
        return open_session(
            self.issuer,
            given,
            **{
                "take": lambda nonce: self.open.pop(nonce, None),
                "key_of": lambda name: public if name == "ada" else None,
                "audience": "here",
                "now": now,
                "entropy": entropy,
                **more,
            },
        )

    def look(self, token, **more):
        judged = {"audience": "here", "now": NOW, "is_revoked": lambda _: False, **more}
        return check_session(token, self.issuer.public, **judged)


@pytest.fixture
def door(issuer):
    return Door(issuer)


def test_who_signs_the_challenge_gets_a_session_for_an_hour(door):
    """In the name that was asked for."""
    opened = door.enter(answer(door.key, door.ask(), audience="here"))
    assert door.look(opened.token) == opened.visitor
    assert opened.visitor == ("ada", "2a" * 16, 1_800_000_000_000, 1_800_003_600_000)
    assert opened.token not in repr(opened)


def test_an_answer_opens_one_session(door):
    """The second time the challenge is gone; so it is after a bad answer."""
    given = answer(door.key, door.ask(), audience="here")
    door.enter(given)
    with pytest.raises(Unauthenticated):
        door.enter(given)

    asked = door.ask()
    with pytest.raises(Unauthenticated):
        door.enter(Answer(asked.nonce, b"\x00" * 64))
    with pytest.raises(Unauthenticated):
        door.enter(answer(door.key, asked, audience="here"))


def test_a_challenge_lasts_a_minute(door):
    """Not a moment longer."""
    given = answer(door.key, door.ask(), audience="here")
    with pytest.raises(Unauthenticated):
        door.enter(given, now=NOW + 60_000)
    assert door.enter(answer(door.key, door.ask(), audience="here"), now=NOW + 59_999)


def test_every_way_of_not_proving_it_reads_alike(door):
    """No key, no such person, another's signature, a made-up nonce: nobody learns who is registered."""
    stranger = SigningKey("zoe", door.key.private)
    other = SigningKey("ada", Ed25519PrivateKey.from_private_bytes(b"\x12" * 32))
    attempts = [
        lambda: door.enter(answer(door.key, door.ask(), audience="here"), key=None),
        lambda: door.enter(answer(stranger, door.ask("zoe"), audience="here")),
        lambda: door.enter(answer(other, door.ask(), audience="here")),
        lambda: door.enter(Answer("f" * 64, b"\x00" * 64)),
        lambda: door.enter(Answer(door.ask().nonce, b"")),
    ]
    said = set()
    for attempt in attempts:
        with pytest.raises(Unauthenticated) as caught:
            attempt()
        said.add(str(caught.value))
    assert len(said) == 1


def test_a_person_signs_only_challenges_that_are_for_them_and_from_where_they_went(door):
    """Somebody in between cannot have them sign for another place or another name."""
    for asked in (door.ask("bob"), door.ask(audience="there")):
        with pytest.raises(Forbidden):
            answer(door.key, asked, audience="here")


def test_an_answer_for_another_place_opens_nothing_here(door):
    """Also when a careless client signed it."""
    asked = door.ask(audience="there")
    with pytest.raises(Unauthenticated):
        door.enter(answer(door.key, asked, audience="there"))


@pytest.mark.parametrize("seconds", [0, 8 * 3600 + 1])
def test_a_session_lasts_a_working_day_at_most(door, seconds):
    """And asking for longer does not use up the challenge."""
    given = answer(door.key, door.ask(), audience="here")
    with pytest.raises(BadInput):
        door.enter(given, seconds=seconds)
    assert door.enter(given, seconds=8 * 3600)


def test_a_session_ends_when_it_expires_or_is_revoked(door):
    """Or its person is retired, which whoever is asked has to know."""
    opened = door.enter(answer(door.key, door.ask(), audience="here"))
    with pytest.raises(Unauthenticated):
        door.look(opened.token, now=opened.visitor.expires_at)
    with pytest.raises(Unauthenticated):
        door.look(opened.token, is_revoked=lambda visitor: visitor.person == "ada")


def test_agents_tokens_and_peoples_sessions_are_never_taken_for_each_other(door):
    """Neither way, with the same issuer and audience."""
    opened = door.enter(answer(door.key, door.ask(), audience="here"))
    with pytest.raises(Unauthenticated):
        checked(door.issuer, opened.token)
    with pytest.raises(Unauthenticated):
        door.look(minted(door.issuer).token)


def test_kind_audience_and_shape_each_keep_the_two_apart(door):
    """With the kind forged alike the audience still differs, and the shape."""
    claims = sessions.Registered("interlock", "ada", "here/people", 1, 1, 2, "id")
    assert tokens._KIND != sessions._KIND
    assert tokens._AUDIENCE != sessions._AUDIENCE
    with pytest.raises(Unauthenticated):
        checked(door.issuer, jws.seal(door.issuer, tokens._KIND, claims), now=1000)
    body = tokens._Claims("interlock", "ada", "here/agents", 1, 1, 2, "id", "e", "s", "o", "a")
    with pytest.raises(Unauthenticated):
        door.look(jws.seal(door.issuer, sessions._KIND, body), now=1000)
    wrong = msgspec.structs.replace(claims, aud="here/agents")
    with pytest.raises(Unauthenticated):
        door.look(jws.seal(door.issuer, sessions._KIND, wrong), now=1000)
    assert door.look(jws.seal(door.issuer, sessions._KIND, claims), now=1000)
