"""A small town for the tests of approve: people with real keys, a held case, and votes that are really signed."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interlock.approve.poll import Asker, Poll
from interlock.approve.vote import draw, sign
from interlock.model.agent import Person
from interlock.model.decision import Decision, parse_requirement

NOW = 1_800_000_000_000


class Town:
    """People by name, each with a key of their own; `bytes` in order stand in for randomness."""

    def __init__(self):
        self.now = NOW
        self.keys = {}
        self.people = {}
        self._drawn = 0

    def entropy(self, size):
        self._drawn += 1
        return self._drawn.to_bytes(size, "big")

    def person(self, name, *roles, retired=False):
        seed = self.entropy(32)
        self.keys[name] = Ed25519PrivateKey.from_private_bytes(seed)
        public = b64encode(self.keys[name].public_key().public_bytes_raw()).decode()
        self.people[name] = Person(name, roles, public_key=public, retired=retired)
        return self.people[name]

    def poll(self, *requirements, asker=None, state="held", outcome="hold", **changed):
        decision = Decision(outcome, (), tuple(parse_requirement(text) for text in requirements), digest="d" * 64)
        asker = asker or Asker("fixer", owners=("owner",), authors=("author",), operators=("human",))
        poll = Poll("case-1", state, decision, asker, self.people, ("fixer", "mender"), self.now, 3600)
        return poll._replace(**changed)

    def ballot(self, poll, name, choice="approve", **said):
        return draw(poll, name, choice, **{"now": self.now, "entropy": self.entropy, **said})

    def vote(self, poll, name, choice="approve", *, key="", **said):
        return sign(self.keys[key or name], self.ballot(poll, name, choice, **said))


@pytest.fixture
def town():
    """Three of the asker's side and a handful of others."""
    place = Town()
    for name in ("owner", "author", "human"):
        place.person(name, "dba", "sre", "incident-commander")
    place.person("bob", "dba")
    place.person("cyn", "dba", "sre")
    place.person("dee", "sre")
    place.person("eve")
    place.person("gus", "incident-commander", "dba")
    return place
