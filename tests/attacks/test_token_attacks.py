"""Attacks on tokens: forged, bent, borrowed and stale ones, held against the honest token that is taken."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from interlock.errors import Forbidden, Unauthenticated
from interlock.identify.issuer import Issuer, create_issuer
from interlock.identify.jws import MAX_TOKEN
from interlock.identify.tokens import Grant, bind, check, mint
from interlock.model.proposal import Proposal

NOW = 1_800_000_000_000


def b64(raw):
    return urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Desk:
    """An issuer and one honest token of `fixer` for staging; `header` and `claims` are what stands in it."""

    def __init__(self, tmp_path):
        self.issuer = create_issuer(tmp_path / "issuer", entropy=lambda size: b"\x2a" * size)
        self.token = self.mint("fixer", "staging")
        self.header, self.claims = (json.loads(unb64(part)) for part in self.token.split(".")[:2])

    def mint(self, agent, environment, audience="here"):
        grant = Grant(agent, environment, "s1", "ada")
        return mint(self.issuer, grant, audience=audience, now=NOW, entropy=lambda size: b"\x01" * size).token

    def forge(self, header=None, claims=None, key=None, raw_header=None, raw_claims=None):
        """A token with these parts, signed with the issuer's own key unless another one is given."""
        head = raw_header or compact(self.header if header is None else header)
        body = raw_claims or compact(self.claims if claims is None else claims)
        text = f"{b64(head)}.{b64(body)}"
        return f"{text}.{b64((key or self.issuer.private).sign(text.encode()))}"

    def check(self, token, **more):
        judged = {"audience": "here", "now": NOW, "is_revoked": lambda _: False, **more}
        return check(token, self.issuer.public, **judged)

    def refuses(self, token, **more):
        with pytest.raises(Unauthenticated) as caught:
            self.check(token, **more)
        assert not token or token not in str(caught.value)


@pytest.fixture
def desk(tmp_path):
    place = Desk(tmp_path)
    # What the forger can do when nothing is bent: exactly the honest token, which is taken.
    assert place.forge() == place.token
    assert place.check(place.token).agent == "fixer"
    return place


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
def test_a_token_that_says_it_needs_no_signature(desk, name):
    """`alg: none`, with an empty signature, with any, and with the right one."""
    head = b64(compact({**desk.header, "alg": name}))
    body, signature = desk.token.split(".")[1:]
    for end in ("", "A" * 86, signature):
        desk.refuses(f"{head}.{body}.{end}")
    desk.refuses(desk.forge(header={**desk.header, "alg": name}))


def test_a_token_signed_with_the_public_key_as_a_password(desk):
    """HS256 over every form in which the public key is known."""
    public = desk.issuer.private.public_key()
    secrets = [
        public.public_bytes_raw(),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        b64(public.public_bytes_raw()).encode(),
    ]
    for secret in secrets:
        for algorithm in ("HS256", "EdDSA"):
            text = f"{b64(compact({**desk.header, 'alg': algorithm}))}.{desk.token.split('.')[1]}"
            mac = hmac.new(secret, text.encode(), hashlib.sha256).digest()
            desk.refuses(f"{text}.{b64(mac)}")
            desk.refuses(f"{text}.{b64(mac + mac)}")


@pytest.mark.parametrize("name", ["HS256", "RS256", "ES256", "Ed25519", "eddsa", "EdDSA ", "PS512"])
def test_a_token_with_another_algorithm_that_the_issuer_did_sign(desk, name):
    """The list of algorithms has one entry."""
    desk.refuses(desk.forge(header={**desk.header, "alg": name}))


def test_a_token_of_another_issuer_under_our_key_id(desk):
    """The key that is looked up is ours, and the signature is not."""
    theirs = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
    desk.refuses(desk.forge(key=theirs))


def test_a_key_id_that_is_swapped_for_another_known_one(desk):
    """Two keys are known (one was just changed); a token names the one that did not sign it."""
    other = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
    keys = {**desk.issuer.public, "other": other.public_key()}
    swapped = desk.forge(header={**desk.header, "kid": "other"})
    with pytest.raises(Unauthenticated):
        check(swapped, keys, audience="here", now=NOW, is_revoked=lambda _: False)
    assert check(desk.token, keys, audience="here", now=NOW, is_revoked=lambda _: False)


@pytest.mark.parametrize("kid", ["", "unknown", "../../etc/passwd", "' or 1=1 --", None, 7, ["a"]])
def test_a_key_id_that_leads_elsewhere(desk, kid):
    """An unknown one is no path, no query and no default."""
    desk.refuses(desk.forge(header={**desk.header, "kid": kid}))


@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}},
        {"jku": "https://example.org/keys"},
        {"x5u": "https://example.org/cert"},
        {"crit": ["exp"]},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
        {"cty": "JWT"},
    ],
)
def test_a_header_that_brings_its_own_key_or_rules(desk, extra):
    """Nothing beyond the three fields that we write, be it signed."""
    desk.refuses(desk.forge(header={**desk.header, **extra}))


@pytest.mark.parametrize("kind", ["JWT", "", "interlock-person+jwt", "INTERLOCK-AGENT+JWT", None])
def test_a_token_of_another_kind(desk, kind):
    """Signed by us, for something else."""
    desk.refuses(desk.forge(header={**desk.header, "typ": kind}))


def test_claims_that_were_changed_after_signing(desk):
    """Another agent, another environment, a longer life: the signature does not hold."""
    head, _, signature = desk.token.split(".")
    for change in ({"sub": "mender"}, {"env": "production"}, {"exp": desk.claims["exp"] + 1}, {"operator": "bob"}):
        desk.refuses(f"{head}.{b64(compact({**desk.claims, **change}))}.{signature}")


def test_every_single_bit_of_a_token_matters(desk):
    """No flipped bit anywhere leaves a token that is taken."""
    raw = desk.token.encode()
    for place in range(len(raw)):
        bent = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        desk.refuses(bent.decode("latin-1"))


def test_a_token_after_its_time(desk):
    """By one millisecond and by a year."""
    for now in (desk.claims["exp"] * 1000, NOW + 365 * 86_400_000):
        desk.refuses(desk.token, now=now)


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 4_000_000_000},
        {"exp": 1_800_000_000 + 3601},
        {"exp": 1_800_000_000},
        {"iat": 1_800_000_100, "nbf": 1_800_000_050},
        {"iat": 1_799_999_995, "nbf": 1_799_999_990},
        {"nbf": 1_800_000_020, "exp": 1_800_000_010},
        {"nbf": 1_800_000_010, "exp": 1_800_000_010},
        {"nbf": 1_800_000_900},
        {"nbf": 1_800_000_031, "exp": 1_800_000_100},
        {"exp": "1800000900"},
        {"exp": 1_800_000_900.5},
        {"exp": True},
        {"exp": 10**400},
        {"iat": -(10**20)},
        {"nbf": None},
    ],
)
def test_times_that_no_token_of_ours_has(desk, change):
    """Endless, backwards, not yet, not whole, not numbers: refused although the issuer's key signed it."""
    desk.refuses(desk.forge(claims={**desk.claims, **change}))


@pytest.mark.parametrize("audience", ["there", "", "here/agents", "HERE", "here "])
def test_a_token_for_another_place(desk, audience):
    """The same issuer's key, another audience, both ways."""
    desk.refuses(desk.mint("fixer", "staging", audience=audience))
    desk.refuses(desk.token, audience=audience)


@pytest.mark.parametrize(
    "change",
    [
        {"aud": ["here/agents", "there/agents"]},
        {"aud": ["here/agents"]},
        {"aud": "here/people"},
        {"iss": "interlock.example.org"},
        {"iss": ""},
        {"sub": ""},
        {"jti": ""},
        {"sub": None},
        {"role": "admin"},
    ],
)
def test_claims_that_we_would_not_have_written(desk, change):
    """Lists, other issuers, blanks and additions: refused although signed."""
    desk.refuses(desk.forge(claims={**desk.claims, **change}))


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "env", "sid", "operator", "author"])
def test_a_claim_that_is_missing(desk, name):
    """Every claim is required."""
    desk.refuses(desk.forge(claims={key: value for key, value in desk.claims.items() if key != name}))


def test_claims_that_say_two_things(desk):
    """A doubled name, of which one reader takes the first and another the last."""
    body = compact(desk.claims)
    desk.refuses(desk.forge(raw_claims=body.replace(b'"env":"staging"', b'"env":"staging","env":"production"')))
    desk.refuses(desk.forge(raw_claims=body.replace(b'"env":"staging"', b'"env":"production","env":"staging"')))
    head = compact(desk.header)
    desk.refuses(desk.forge(raw_header=head.replace(b'"alg"', b'"alg":"none","alg"', 1)))


def test_claims_that_are_spelled_in_another_way(desk):
    """Spaces, escapes, another order, trailing bytes: one token has one spelling."""
    bodies = [
        json.dumps(desk.claims).encode(),
        compact(desk.claims).replace(b'"fixer"', b'"\\u0066ixer"'),
        json.dumps(dict(sorted(desk.claims.items(), reverse=True)), separators=(",", ":")).encode(),
        compact(desk.claims) + b" ",
        compact(desk.claims) + b"{}",
        b"\xef\xbb\xbf" + compact(desk.claims),
        b"[" * 2000,
        b"\xff\xfe",
        b"null",
    ]
    for body in bodies:
        desk.refuses(desk.forge(raw_claims=body))


def test_a_token_in_another_base64(desk):
    """Padding, the other alphabet, trailing bits, whitespace, line ends."""
    head, body, signature = desk.token.split(".")
    last = "AQgw"[("AQgw".index(signature[-1]) + 1) % 4]
    almost = chr(ord(signature[-1]) + 1)
    for token in (
        f"{head}=.{body}.{signature}",
        f"{head}.{body}=.{signature}",
        f"{head}.{body}.{signature}==",
        f"{head}.{body}.{signature[:-1]}{last}",
        f"{head}.{body}.{signature[:-1]}{almost}",
        f" {desk.token}",
        f"{desk.token}\n",
        f"{head}.{body}.{signature}.{signature}",
        f"{head}.{body}",
        f"{head}..{signature}",
        f"Bearer {desk.token}",
        desk.token.replace("e", "е", 1),
        "",
        ".",
        "..",
    ):
        desk.refuses(token)


def test_a_token_that_is_too_large_to_be_one(desk):
    """It is not even taken apart."""
    desk.refuses(desk.forge(claims={**desk.claims, "author": "x" * MAX_TOKEN}))
    desk.refuses("A" * 10_000_000)


def test_a_revoked_token(desk):
    """Its own id, and everything of its agent."""
    claims = desk.check(desk.token)
    desk.refuses(desk.token, is_revoked=lambda held: held.token_id == claims.token_id)
    desk.refuses(desk.token, is_revoked=lambda held: held.agent == "fixer")


def test_a_token_for_staging_does_not_reach_production(desk):
    """The claim of the proposal, and its default, are held against the token."""
    claims = desk.check(desk.token)
    for proposal in (
        Proposal("sql", b"drop table orders", "fixer", environment="production"),
        Proposal("sql", b"drop table orders", "fixer"),
    ):
        with pytest.raises(Forbidden):
            bind(claims, proposal)


def test_a_token_of_one_agent_does_not_speak_for_another(desk):
    """Nor for the same name in another spelling."""
    claims = desk.check(desk.token)
    for name in ("mender", "Fixer", "fixer "):
        with pytest.raises(Forbidden):
            bind(claims, Proposal("sql", b"select 1", name, environment="staging"))


def test_what_a_general_library_would_take_is_not_all_that_we_take(desk):
    """The strictness is ours: a token with a foreign claim, signed by us, is fine with a plain decoder."""
    token = desk.forge(claims={**desk.claims, "role": "admin"})
    plain = jwt.decode(
        token,
        desk.issuer.private.public_key(),
        algorithms=["EdDSA"],
        audience="here/agents",
        options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )
    assert plain["role"] == "admin"
    desk.refuses(token)


def test_an_issuer_that_lends_its_id_to_another_key(desk):
    """A key with our id but other bytes signs nothing that we take."""
    impostor = Issuer(desk.issuer.key_id, Ed25519PrivateKey.from_private_bytes(b"\x09" * 32))
    grant = Grant("fixer", "production", "s1", "ada")
    desk.refuses(mint(impostor, grant, audience="here", now=NOW, entropy=lambda size: b"\x01" * size).token)
