"""Registry: who there is (agents with passports, people with keys) and whose a token is. Every change is recorded."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from interlock.approve.names import fold
from interlock.approve.publickey import public_key
from interlock.approve.vote import sign
from interlock.errors import BadInput, Conflict, Forbidden, InterlockError, NotFound, Unauthenticated
from interlock.home import Home
from interlock.identify import sessions, tokens, virtual
from interlock.identify.issuer import Issuer
from interlock.identify.keys import USUAL, Cost, create_key, open_key
from interlock.identify.verbs import Caller, require
from interlock.identify.virtual import Scope, VirtualKey
from interlock.judge import Senses
from interlock.model import entry as kinds
from interlock.model.agent import Passport, Person
from interlock.model.approval import Ballot, Vote
from interlock.record import AGENT, PERSON, Record, Standing, Token

#: Whom agents' tokens and people's sessions are for; one installation, one audience.
MAX_NAME = 63
#: How long an unknown virtual key is not looked for again: whoever tries many keys costs one look. Milliseconds.
LOOK_MS = 250
#: Virtual keys that are remembered at most.
MOST_ANSWERED = 4_096


class Registry:
    """Agents, people, tokens and sessions of one home. Every verb asks first whether this caller may use it."""

    def __init__(self, record: Record, home: Home, issuer: Issuer, senses: Senses, audience: str) -> None:
        self._record = record
        self._home = home
        self._issuer = issuer
        self._senses = senses
        self.audience = audience
        self._secrets = virtual.Secrets(issuer)
        self._holders: dict[str, str] = {}
        #: Keys as they were last answered, each with the standing that it was taken from.
        self._answered: dict[str, tuple[Standing, VirtualKey]] = {}
        self._looked_at = -LOOK_MS

    # agents

    def add_agent(self, caller: Caller, passport: Passport) -> Passport:
        """Register an agent, or write its passport anew. One with an incomplete passport only observes."""
        require("agents-add", caller)
        _check_name(passport.name)
        self._check_apart(passport.name, people=True)
        written = msgspec.structs.replace(passport, registered=True, retired=False)
        self._record.write(AGENT + passport.name, None, _by(caller), [kinds.AgentWritten(written)])
        return written

    def retire_agent(self, caller: Caller, name: str) -> Passport:
        """End an agent: it does nothing any more, and all its tokens are revoked."""
        require("agents-retire", caller)
        retired = msgspec.structs.replace(self.agent(caller, name), retired=True)
        self._record.write(
            AGENT + name,
            None,
            _by(caller),
            [kinds.AgentWritten(retired), kinds.TokenRevoked("*"), kinds.KeyRevoked("*")],
        )
        self._record.forget(name)
        return retired

    def agent(self, caller: Caller, name: str) -> Passport:
        """Raises NotFound for an agent that nobody registered."""
        require("agents-show", caller)
        passport = self._record.passport(name)
        if not passport.registered:
            raise NotFound(f"no agent is called `{name}`", hint="`interlock agents list` names them")
        return passport

    def agents(self, caller: Caller) -> list[Passport]:
        require("agents-show", caller)
        return self._record.agents()

    def _working(self, name: str) -> Passport:
        passport = self._record.passport(name)
        if not passport.registered or passport.retired:
            raise NotFound(f"no working agent is called `{name}`", hint="`interlock agents add` registers one")
        return passport

    # tokens

    def issue_token(self, caller: Caller, grant: tokens.Grant, seconds: int = tokens.USUAL_SECONDS) -> tokens.Minted:
        """A short-lived token for an agent, bound to environment and session. It is shown once and kept nowhere."""
        require("mint-token", caller)
        _require_business(self._working(grant.agent), grant.environment)
        minted = tokens.mint(
            self._issuer,
            grant,
            audience=self.audience,
            now=self._record.now(),
            entropy=self._senses.entropy,
            seconds=seconds,
        )
        issued = kinds.TokenIssued(minted.claims.token_id, grant.environment, grant.session, minted.claims.expires_at)
        self._record.write(AGENT + grant.agent, None, _by(caller), [issued])
        return minted

    def revoke_token(self, caller: Caller, agent: str, token: str) -> None:
        """Revoke one token by its id, or all of an agent with `*`. It holds from the next call on."""
        require("revoke-token", caller)
        if token != "*" and token not in self._record.tokens(agent):
            raise NotFound(f"`{agent}` has no token `{token}`", hint=f"`interlock agents show {agent}` lists them")
        self._record.write(AGENT + agent, None, _by(caller), [kinds.TokenRevoked(token)])

    def tokens_of(self, caller: Caller, agent: str) -> dict[str, Token]:
        require("agents-show", caller)
        return self._record.tokens(agent)

    def claims(self, token: str) -> tokens.Claims:
        """Who holds this agent token. Raises Unauthenticated."""
        return tokens.check(
            token, self._issuer.public, audience=self.audience, now=self._record.now(), is_revoked=self._is_revoked
        )

    def _is_revoked(self, claims: tokens.Claims) -> bool:
        passport = self._record.passport(claims.agent)
        issued = self._record.tokens(claims.agent).get(claims.token_id)
        return passport.retired or not passport.registered or issued is None or issued.revoked

    # virtual keys

    def issue_key(self, caller: Caller, scope: Scope, seconds: int = virtual.USUAL_SECONDS) -> VirtualKey:
        """A virtual key for an agent. Its secret is shown to whoever asked for it, and kept nowhere."""
        require("mint-token", caller)
        passport = self._working(scope.agent)
        _require_business(passport, scope.environment)
        access_key, expires_at = virtual.draw(scope, self._record.now(), seconds, self._senses.entropy)
        issued = kinds.KeyIssued(
            access_key,
            scope.target,
            scope.environment,
            scope.session,
            scope.operator,
            expires_at,
            scope.regions,
            scope.services,
            scope.author,
        )
        self._record.write(AGENT + scope.agent, None, _by(caller), [issued])
        self._record.forget(scope.agent)
        self._holders[access_key] = scope.agent
        return VirtualKey(access_key, scope, expires_at, self._secrets.of(access_key))

    def revoke_key(self, caller: Caller, agent: str, key: str) -> None:
        """Revoke one virtual key by its name, or all of an agent with `*`. It holds from the next call on."""
        require("revoke-token", caller)
        if key != "*" and key not in self.keys_of(caller, agent):
            raise NotFound(f"`{agent}` has no virtual key `{key}`", hint=f"`interlock agents show {agent}` lists them")
        self._record.write(AGENT + agent, None, _by(caller), [kinds.KeyRevoked(key)])
        self._record.forget(agent)

    def rotate_keys(self, caller: Caller, agent: str, seconds: int = virtual.USUAL_SECONDS) -> list[VirtualKey]:
        """End every virtual key of an agent, and issue one anew for each scope that was still in force."""
        require("mint-token", caller)
        now = self._record.now()
        scopes = {_scope(agent, issued) for issued in self.keys_of(caller, agent).values() if issued.expires_at > now}
        self.revoke_key(caller, agent, "*")
        return [self.issue_key(caller, scope, seconds) for scope in sorted(scopes)]

    def keys_of(self, caller: Caller, agent: str) -> Mapping[str, kinds.KeyIssued]:
        """The virtual keys of an agent that were not revoked, by their names."""
        require("agents-show", caller)
        self._record.forget(agent)
        return self._record.standing(agent).keys

    def virtual(self, access_key: str, *, fresh: bool = False) -> VirtualKey:
        """The virtual key of this name, in force. Raises Unauthenticated.

        It is answered from memory, which may be out of date, unless it has to be `fresh`. What is recorded upon the
        agent's standing finds out by itself.
        """
        agent = self._holders.get(access_key) or self._holder(access_key)
        if fresh:
            self._record.forget(agent)
        standing = self._record.standing(agent)
        answered = self._answered.get(access_key)
        if answered is None or answered[0] is not standing:
            answered = (standing, self._stands(access_key, agent, standing))
            if len(self._answered) >= MOST_ANSWERED:
                self._answered.clear()
            self._answered[access_key] = answered
        key = answered[1]
        if key.expires_at <= self._record.now():
            raise Unauthenticated(
                "this virtual key has expired", hint="`interlock connect aws` gives a new one", code="expired-key"
            )
        return key

    def _stands(self, access_key: str, agent: str, standing: Standing) -> VirtualKey:
        issued = standing.keys.get(access_key)
        if issued is None or standing.passport.retired or not standing.passport.registered:
            raise Unauthenticated("this virtual key was revoked", hint="`interlock connect aws` gives a new one")
        return VirtualKey(access_key, _scope(agent, issued), issued.expires_at, self._secrets.of(access_key))

    def _holder(self, access_key: str) -> str:
        """Whose key this is. All agents are looked through for one that is not known, but not more often than that."""
        now = self._senses.monotonic()
        if now - self._looked_at >= LOOK_MS:
            self._looked_at = now
            for passport in self._record.agents():
                self._record.forget(passport.name)
                self._holders |= dict.fromkeys(self._record.standing(passport.name).keys, passport.name)
        agent = self._holders.get(access_key)
        if agent is None:
            raise Unauthenticated("this is no virtual key of this gate", hint="`interlock connect aws` gives one")
        return agent

    # people

    def add_person(
        self, caller: Caller, name: str, roles: Sequence[str], timezone: str, passphrase: str, cost: Cost = USUAL
    ) -> Person:
        """Register a person and make their signing key, sealed under their passphrase."""
        require("people-add", caller)
        for word in (name, *roles):
            _check_name(word)
        self._check_apart(name, people=False)
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadInput(f"`{timezone}` is no time zone", hint="use a name like Europe/Berlin") from error
        if any(fold(name) == fold(known) for known in self._record.people()):
            raise Conflict(f"there is a person `{name}` already", hint="people are one human each")
        path = self._home.person_key(name)
        key = create_key(path, name, passphrase, entropy=self._senses.entropy, cost=cost)
        person = Person(name, tuple(sorted(set(roles))), timezone, b64encode(key.public).decode())
        try:
            self._record.write(PERSON + name, 0, _by(caller), [kinds.PersonWritten(person)])
        except InterlockError:
            if not self._is_registered(person):
                path.unlink(missing_ok=True)  # nobody's key: nothing that is signed with it would ever count
            raise
        return person

    def _is_registered(self, person: Person) -> bool:
        """Whether the record has this person; where it cannot be asked, it may have."""
        try:
            return self._record.person(person.name).public_key == person.public_key
        except NotFound:
            return False
        except InterlockError:
            return True

    def retire_person(self, caller: Caller, name: str) -> Person:
        """End a person's votes, those that were cast and not yet used included."""
        require("people-retire", caller)
        retired = msgspec.structs.replace(self._record.person(name), retired=True)
        self._record.write(PERSON + name, None, _by(caller), [kinds.PersonWritten(retired)])
        return retired

    def people(self, caller: Caller) -> dict[str, Person]:
        require("people-show", caller)
        return self._record.people()

    def sign(self, ballot: Ballot, passphrase: str) -> Vote:
        """The ballot, signed with the key that its person keeps in this home. Raises Unauthenticated, KeyLost."""
        _check_name(ballot.person)
        self._record.person(ballot.person)
        return sign(open_key(self._home.person_key(ballot.person), passphrase).private, ballot)

    def prove(self, name: str, passphrase: str) -> Caller:
        """The caller who can open this person's key: for verbs that a person uses at the machine without a vote."""
        _check_name(name)
        person = self._record.person(name)
        key = open_key(self._home.person_key(name), passphrase)
        if person.retired or public_key(person.public_key).public_bytes_raw() != key.public:
            raise Forbidden(f"`{name}` is retired, or this is not the registered key")
        return Caller("person", name)

    # sessions

    def challenge(self, person: str) -> sessions.Challenge:
        """What a person signs to open a session; the same for a name that is not registered, so as to tell nothing."""
        return sessions.challenge(person, audience=self.audience, now=self._record.now(), entropy=self._senses.entropy)

    def open_session(self, answer: sessions.Answer, take: sessions.Take) -> sessions.Opened:
        """A session for whoever signed the challenge. Raises Unauthenticated."""
        return sessions.open_session(
            self._issuer,
            answer,
            take=take,
            key_of=self._key_of,
            audience=self.audience,
            now=self._record.now(),
            entropy=self._senses.entropy,
        )

    def visitor(self, token: str) -> sessions.Visitor:
        """Whose session this is. Raises Unauthenticated; a retired person has none."""
        return sessions.check_session(
            token,
            self._issuer.public,
            audience=self.audience,
            now=self._record.now(),
            is_revoked=lambda visitor: self._key_of(visitor.person) is None,
        )

    def _key_of(self, name: str) -> Ed25519PublicKey | None:
        try:
            person = self._record.person(name)
        except NotFound:
            return None
        return None if person.retired else public_key(person.public_key)

    def _check_apart(self, name: str, *, people: bool) -> None:
        """An agent and a person never share a name, not even one that only reads alike."""
        others = self._record.people() if people else [passport.name for passport in self._record.agents()]
        what = "person" if people else "agent"
        if any(fold(name) == fold(other) for other in others):
            raise Conflict(f"`{name}` reads like the {what} of that name", hint="give it a name of its own")


def _require_business(passport: Passport, environment: str) -> None:
    if passport.environments and environment not in passport.environments:
        named = ", ".join(passport.environments)
        raise Forbidden(f"`{passport.name}` has no business in `{environment}`", hint=f"its passport: {named}")


def _scope(agent: str, issued: kinds.KeyIssued) -> Scope:
    return Scope(
        agent,
        issued.target,
        issued.environment,
        issued.regions,
        issued.services,
        issued.session,
        issued.operator,
        issued.author,
    )


def _by(caller: Caller) -> str:
    return f"{caller.kind}:{caller.name}"


def _check_name(name: str) -> None:
    """Names become file names and stream names: lower-case letters, digits, `.`, `_`, `-`."""
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    if not 0 < len(name) <= MAX_NAME or set(name) - allowed or not name[0].isalnum():
        raise BadInput(f"`{name}` is no name", hint=f"lower-case letters, digits, `.`, `_` and `-`, {MAX_NAME} at most")
