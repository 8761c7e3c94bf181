"""Record: entry -> ledger, and ledger -> case. The ledger is the state; everything here is a fold of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Final, NamedTuple

from interlock.errors import ClockError, Conflict, Corrupt, InterlockError, NotFound
from interlock.ledger.batch import OVERTAKEN
from interlock.ledger.log import Asked, Item, Ledger, Stored
from interlock.ledger.redact import redact
from interlock.ledger.storage import FOLLOWED, Contents
from interlock.ledger.vault import Fresh, Vault
from interlock.model import entry as kinds
from interlock.model.agent import Passport, Person, unregistered
from interlock.model.canon import canonical, parse
from interlock.model.case import Case
from interlock.model.entry import Entry, What
from interlock.model.fold import fold, follow, require_moves
from interlock.model.planned import Identity

CASE: Final = FOLLOWED
PASSED: Final = "passed/"
AGENT: Final = "agent/"
PERSON: Final = "person/"
SYSTEM: Final = "system"

#: The code of the conflict when what was to be recorded beside a new case had its place taken.
CLAIMED: Final = "claimed"

#: How far the clock may lie behind the newest entry before nothing is recorded any more. Milliseconds.
CLOCK_TOLERANCE: Final = 5_000

#: Passports that are remembered at most.
REMEMBERED: Final = 4_096


class Standing(NamedTuple):
    """An agent's passport and virtual keys as they were last read, and how many entries its stream had then. They may
    be out of date: what is decided by them is recorded `upon` that count, or not at all."""

    passport: Passport
    entries: int
    keys: Mapping[str, kinds.KeyIssued]


class Placed(NamedTuple):
    """An entry for a stream, and the place that it must take there; None for the next, whichever that is."""

    stream: str
    position: int | None
    by: str
    what: What


class Opening(NamedTuple):
    """A case that is to be begun: its first entries, what was sealed for it, as what its agent stood when it was
    judged, and what is recorded with it or nothing is."""

    case: str
    by: str
    whats: Sequence[What]
    fresh: Fresh
    standing: Standing
    beside: Sequence[Placed] = ()


class Token(NamedTuple):
    """One issued agent token, by id; its text was never recorded."""

    id: str
    environment: str
    session: str
    expires_at: int
    revoked: bool


class Record:
    """The one way to the ledger. `now` is unix milliseconds; entries never go back in time.

    `grew` is told by how many bytes the record grew by the cases of an agent.
    """

    def __init__(
        self, ledger: Ledger, vault: Vault, now: Callable[[], int], grew: Callable[[str, int], None] = lambda *_: None
    ) -> None:
        self.ledger = ledger
        self._vault = vault
        self._now = now
        self._grew = grew
        newest = next(iter(ledger.read(max(0, ledger.size() - 1), ledger.size())), None)
        self._latest = decode(newest).at if newest else 0
        self._folded: dict[str, Case] = {}
        self._seen = 0
        self._folding = threading.Lock()
        self._standings: dict[str, Standing] = {}

    def now(self) -> int:
        """The time for the next entry. Raises ClockError when the clock went back behind the record."""
        now = self._now()
        if now < self._latest - CLOCK_TOLERANCE:
            behind = (self._latest - now) // 1000
            raise ClockError(
                f"the clock is {behind} s behind the newest entry", hint="set the clock; nothing is decided until then"
            )
        self._latest = max(self._latest, now)
        return self._latest

    def write(self, stream: str, position: int | None, by: str, whats: Iterable[What]) -> list[Entry]:
        """Append these in order, all or nothing; durable when it returns.

        `position` is the place in the stream that the first one must take; Conflict when somebody was first.
        """
        places = (None if position is None else position + offset for offset in count())
        return self.write_all([Placed(stream, place, by, what) for place, what in zip(places, whats, strict=False)])

    def write_all(
        self, placed: Sequence[Placed], *contents: Contents, upon: Mapping[str, int] | None = None
    ) -> list[Entry]:
        """Append all of these or none; durable when it returns. Conflict when one of the places was taken.

        `upon` is what other streams must have, see `Ledger.append`.
        """
        entries, items = self._written(placed)
        self.ledger.append(items, *contents, upon=upon)
        return entries

    def _written(self, placed: Sequence[Placed]) -> tuple[list[Entry], list[Item]]:
        """As they are entered now, and their bytes."""
        at = self.now()
        entries = [Entry(at, one.by, one.stream, one.what) for one in placed]
        items = [Item(one.stream, one.position, canonical(entry)) for one, entry in zip(placed, entries, strict=True)]
        return entries, items

    def entries(self, stream: str) -> list[Entry]:
        """All entries of one stream, in order."""
        return [decode(stored) for stored in self.ledger.stream(stream)]

    def newest(self, stream: str, most: int) -> list[Entry]:
        """The last so many entries of one stream, in order."""
        since = max(0, self.ledger.length(stream) - most)
        return [decode(stored) for stored in self.ledger.stream(stream, since)]

    def last(self, stream: str) -> tuple[int, Entry | None]:
        """How many entries a stream has, and the last of them."""
        stored = self.ledger.stream(stream, max(0, self.ledger.length(stream) - 1))
        return (stored[-1].position + 1, decode(stored[-1])) if stored else (0, None)

    # cases

    def case(self, case: str) -> Case:
        """The fold of one case. Raises NotFound."""
        entries = self.entries(CASE + case)
        if not entries:
            raise NotFound(f"there is no case `{case}`", hint="`interlock cases` lists them")
        return fold(entries)

    def cases(self) -> list[Case]:
        """Every case, oldest first. Reads and folds only what came to cases since the last call."""
        with self._folding:
            self._catch_up(self.ledger.size())
            return list(self._folded.values())

    def identity(self, target: str) -> Identity | None:
        """The state of a target as it was last known: what the newest plan that ran there was made on.

        Where none ran, the first one that found a state at all. A plan that nobody ran proves nothing: a state that was
        lost is not forgotten by proposing twice.
        """
        first: Identity | None = None
        for case in reversed(self.cases()):
            if case.planned is None or case.proposed.target != target or not case.planned.identity.lineage:
                continue
            if case.execution is not None:
                return case.planned.identity
            first = case.planned.identity
        return first

    def _catch_up(self, size: int) -> None:
        grown: dict[str, list[Entry]] = {}
        for stored in self.ledger.followed(self._seen, size):
            grown.setdefault(stored.stream.removeprefix(CASE), []).append(decode(stored))
        for id, entries in grown.items():
            before = self._folded.get(id)
            self._folded[id] = follow(before, entries) if before else fold(entries)
        self._seen = size

    def begin(self, opening: Opening) -> Case:
        """A new case. Conflict when there is one of that id.

        Conflict with the code OVERTAKEN when the agent does not stand as the opening says; that is then forgotten, and
        with CLAIMED when a place beside it was taken.
        """
        entries, asked = self._opened(opening)
        try:
            self.ledger.append(asked.items, *asked.contents, upon=asked.upon)
        except Conflict as error:
            raise self._not_opened(opening, error) from None
        return fold(entries)

    def begin_each(self, openings: Sequence[Opening]) -> list[Case | InterlockError]:
        """Several new cases in one transaction, each by itself; what `begin` raises stands in its case's place."""
        opened = [self._opened(opening) for opening in openings]
        outcomes = self.ledger.append_each([asked for _, asked in opened])
        return [
            self._not_opened(opening, outcome) if isinstance(outcome, InterlockError) else fold(entries)
            for opening, (entries, _), outcome in zip(openings, opened, outcomes, strict=True)
        ]

    def _opened(self, opening: Opening) -> tuple[list[Entry], Asked]:
        """The first entries of a case, and what is asked of the ledger for it."""
        stream, standing = CASE + opening.case, opening.standing
        placed = [Placed(stream, place, opening.by, what) for place, what in enumerate(opening.whats)]
        entries, items = self._written([*placed, *opening.beside])
        sealed = sum(len(blob) for _, blob in opening.fresh.contents.blobs)
        self._grew(standing.passport.name, sealed + sum(len(item.data) for item in items))
        upon = {AGENT + standing.passport.name: standing.entries}
        return entries[: len(placed)], Asked(items, (opening.fresh.contents,), upon)

    def _not_opened(self, opening: Opening, error: InterlockError) -> InterlockError:
        if isinstance(error, Conflict) and error.code == OVERTAKEN:
            self.forget(opening.standing.passport.name)
        elif isinstance(error, Conflict) and opening.beside:
            error.code = CLAIMED
        return error

    def extend(self, case: Case, by: str, *whats: What) -> Case:
        """The case after these entries. Raises Conflict when the case has moved on since it was read."""
        stream = CASE + case.id
        require_moves(case, whats)
        placed = [Placed(stream, case.entries + offset, by, what) for offset, what in enumerate(whats)]
        entries, items = self._written(placed)
        self.ledger.append(items)
        self._grew(case.proposed.agent, sum(len(item.data) for item in items))
        return follow(case, entries)

    # vault

    def fresh(self, scope: str) -> Fresh:
        """The vault of what is about to begin; what is sealed in it is kept with the first entries."""
        return self._vault.fresh(scope)

    def seal(self, case: str, plaintext: bytes) -> str:
        """Seal exact bytes under a case (a payload that has to run, a before-image); returns their digest."""
        return self._vault.put(CASE + case, plaintext)

    def seal_text(self, case: str, text: bytes) -> str:
        """Seal what only people read (prompts, outputs), with secrets taken out first; empty stays empty."""
        return self._vault.put(CASE + case, redact(text)[0]) if text else ""

    def unseal(self, case: str, digest: str) -> bytes:
        """What was sealed. Raises NotFound when it was erased, Corrupt when it was altered."""
        return self._vault.get(CASE + case, digest)

    def erase(self, case: Case, by: str, reason: str) -> Case:
        """Destroy what the vault holds for a case; its entries and all proofs stay as they are."""
        erased = self.extend(case, by, kinds.Erased(reason))
        self._vault.erase(CASE + case.id)
        return erased

    # agents and people

    def passport(self, agent: str) -> Passport:
        """The agent's passport as it is now; of one that nobody registered, a passport that only lets it observe."""
        return _passport(agent, self.entries(AGENT + agent))

    def standing(self, agent: str) -> Standing:
        """The agent's passport from memory, where it is there; for what is recorded upon it and nothing else."""
        known = self._standings.get(agent)
        if known is None:
            entries = self.entries(AGENT + agent)
            known = Standing(_passport(agent, entries), len(entries), _keys(entries))
            if len(self._standings) >= REMEMBERED:
                self._standings.clear()
            self._standings[agent] = known
        return known

    def forget(self, agent: str) -> None:
        """Read this agent's standing anew when it is next asked for."""
        self._standings.pop(agent, None)

    def agents(self) -> list[Passport]:
        return [self.passport(stream.removeprefix(AGENT)) for stream in self.ledger.streams(AGENT)]

    def tokens(self, agent: str) -> dict[str, Token]:
        """The agent's issued tokens by id."""
        tokens: dict[str, Token] = {}
        for entry in self.entries(AGENT + agent):
            match entry.what:
                case kinds.TokenIssued(token, environment, session, expires_at):
                    tokens[token] = Token(token, environment, session, expires_at, revoked=False)
                case kinds.TokenRevoked("*"):
                    tokens = {id: token._replace(revoked=True) for id, token in tokens.items()}
                case kinds.TokenRevoked(token) if token in tokens:
                    tokens[token] = tokens[token]._replace(revoked=True)
        return tokens

    def person(self, name: str) -> Person:
        """Raises NotFound."""
        written = [entry.what for entry in self.entries(PERSON + name)]
        people = [what.person for what in written if isinstance(what, kinds.PersonWritten)]
        if not people:
            raise NotFound(f"there is no person `{name}`", hint="`interlock people list` names them")
        return people[-1]

    def people(self) -> dict[str, Person]:
        names = [stream.removeprefix(PERSON) for stream in self.ledger.streams(PERSON)]
        return {name: self.person(name) for name in names}


def _passport(agent: str, entries: Sequence[Entry]) -> Passport:
    passports = [entry.what.passport for entry in entries if isinstance(entry.what, kinds.AgentWritten)]
    return passports[-1] if passports else unregistered(agent)


def _keys(entries: Sequence[Entry]) -> dict[str, kinds.KeyIssued]:
    """The virtual keys that were issued and not revoked, those that expired since included."""
    keys: dict[str, kinds.KeyIssued] = {}
    for entry in entries:
        match entry.what:
            case kinds.KeyIssued(key) as issued:
                keys[key] = issued
            case kinds.KeyRevoked("*"):
                keys.clear()
            case kinds.KeyRevoked(key):
                keys.pop(key, None)
    return keys


def decode(stored: Stored) -> Entry:
    try:
        return parse(stored.data, Entry)
    except Exception as error:
        raise Corrupt(f"entry {stored.index} is no entry of this product", where=stored.stream) from error
