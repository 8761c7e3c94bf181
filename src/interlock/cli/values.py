"""Values: what a shell may complete where a command takes a case, a target, an agent, a person, a place or a kind.

The rules of this room: nothing is written, asked for, sent or said. A home that is broken, another user's or of
another version completes to nothing, and so does everything for an agent. What an agent wrote reaches the shell as a
help text alone, cleaned as for a terminal; a value is offered only where no shell could read it as anything else.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import click

from interlock.cli.frame import find_home
from interlock.report.visible import fitted, visible

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from interlock.configuration import Configuration
    from interlock.ledger.entry import Stored
    from interlock.ledger.glance import Glance
    from interlock.model.case import Case
    from interlock.model.entry import AgentWritten, Entry, PersonWritten

    Written = TypeVar("Written", AgentWritten, PersonWritten)

#: So many are offered at most, after looking for so long at most, in seconds, each with so wide a help.
MOST: Final = 100
SECONDS: Final = 0.5
WIDTH: Final = 80
#: Larger cases are offered without saying what they would do.
LARGEST: Final = 256 * 1024
#: So many entries of one stream are read, the last ones.
ENTRIES: Final = 500

#: Every kind that can be read. Asking the readers would mean to import all of them.
KINDS: Final[dict[str, str]] = {
    "sql": "statements; the dialect is the target's",
    "sql:postgres": "statements for PostgreSQL",
    "sql:mysql": "statements for MySQL",
    "sql:sqlite": "statements for SQLite",
    "terraform": "a plan as JSON or a folder",
    "cloudformation": "a change set or a template",
    "aws": "one call as JSON",
    "aws:cli": "lines of the aws command",
    "aws:http": "one signed request",
}

_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]*")


class Offer(NamedTuple):
    """One value, and what is told of it where the shell shows help."""

    value: str
    help: str = ""


#: Something was looked at that is not offered.
NOTHING: Final = Offer("")

Source = Callable[[click.Context, str], Iterable[Offer]]
Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem[str]]"]


def _completing(source: Source) -> Completer:
    """What click asks for a parameter: what this source offers, cleaned and bounded, and nothing where it fails."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:  # noqa: ARG001 - click passes it
        from click.shell_completion import CompletionItem

        from interlock.errors import InterlockError

        found: dict[str, str] = {}
        try:
            for value, told in source(ctx, incomplete):
                if value.startswith(incomplete) and _SAFE.fullmatch(value):
                    found.setdefault(value, fitted(visible(told), WIDTH))
                if len(found) == MOST:
                    break
        except (InterlockError, OSError, ValueError):
            return []
        return [CompletionItem(value, help=told or None) for value, told in found.items()]

    return complete


def _configuration(ctx: click.Context, *, here: bool = True) -> Configuration:
    """The configuration of the home that the command would open. An InterlockError where there is none to use."""
    from interlock.errors import BadConfiguration
    from interlock.home import Home

    named, source = ctx.params.get("home"), ctx.get_parameter_source("home")
    typed = source is not None and source.name == "COMMANDLINE"
    if typed and named is not None:  # the shell has not done yet what it does to a word
        named = Path(os.path.expandvars(named)).expanduser()
    home = find_home(named, here=here)
    if home is None or (typed and named is None) or os.environ.get("INTERLOCK_TOKEN"):
        raise BadConfiguration("there is no home to complete from")
    return Home(home).configuration()


def _looked(ctx: click.Context, look: Callable[[Glance], Iterator[Offer]], *, here: bool = True) -> Iterator[Offer]:
    """What this look at the home's ledger finds, in the time that there is. A ledger on a server is not asked."""
    from interlock.ledger.glance import glance

    scheme, _, path = _configuration(ctx, here=here).store.partition(":///")
    if scheme != "sqlite":
        return
    until = time.monotonic() + SECONDS
    with glance(Path(path)) as ledger:
        for offer in look(ledger):
            yield offer
            if time.monotonic() > until:
                return


# cases


def _any(case: Case) -> bool:  # noqa: ARG001 - one of several that ask it something
    return True


def is_whole(case: Case) -> bool:
    """Whether what it would run was not erased."""
    return not case.erased


def can_run(case: Case) -> bool:
    """Whether it names where, and what it would run was not erased."""
    return bool(case.proposed.target) and is_whole(case)


def can_undo(case: Case) -> bool:
    """Whether its window is still open."""
    return is_whole(case) and case.execution is not None and case.execution.undo_until > time.time_ns() // 1_000_000


def can_be_reviewed(case: Case) -> bool:
    """Whether it broke the glass, and nobody has looked since."""
    return case.approval is not None and case.approval.break_glass and not case.reviewed


def can_be_erased(case: Case) -> bool:
    """Whether something of it is left that nothing is being done with."""
    from interlock.model.case import OPEN_STATES

    return not case.erased and case.state not in OPEN_STATES


def can_be_explained(case: Case) -> bool:
    """Whether it was decided."""
    return case.decision is not None


def cases(*states: str, which: Callable[[Case], bool] = _any) -> Completer:
    """Cases in one of these states (none: any), for which `which` holds, those that moved last first."""

    def source(ctx: click.Context, incomplete: str) -> Iterator[Offer]:
        return _looked(ctx, lambda ledger: _cases(ledger, incomplete, frozenset(states), which))

    return _completing(source)


def _cases(ledger: Glance, incomplete: str, states: frozenset[str], which: Callable[[Case], bool]) -> Iterator[Offer]:
    from interlock.ledger.storage import FOLLOWED
    from interlock.model.case import AFTER
    from interlock.model.fold import event_of, fold

    for last in ledger.newest(FOLLOWED + incomplete):
        state = AFTER.get(event_of(_entry(last.data).what), "")
        if state and states and state not in states:
            yield NOTHING
            continue
        stored = ledger.stream(last.stream, ENTRIES)
        if stored[0].position or sum(len(entry.data) for entry in stored) > LARGEST:
            yield Offer(last.stream.removeprefix(FOLLOWED), state)
            continue
        case = fold([_entry(entry.data) for entry in stored])
        fits = (not states or case.state in states) and which(case)
        yield Offer(case.id, _told(case)) if fits else NOTHING


def _entry(data: bytes) -> Entry:
    from interlock.model.canon import parse
    from interlock.model.entry import Entry

    return parse(data, Entry)


def _told(case: Case) -> str:
    """The state, the gravest effect and how many there are beside it, and who asked for it where."""
    from interlock.model.change import TIERS

    came = case.proposed
    said = came.kind
    if case.change is not None and case.assessment is not None and case.change.effects:
        weighed = zip(case.assessment.effects, case.change.effects, strict=True)
        _, effect = max(weighed, key=lambda each: TIERS.index(each[0].tier))
        more = f" and {len(case.change.effects) - 1:,} more" if len(case.change.effects) > 1 else ""
        said = f"{effect.verb} {effect.resource.name}{more}"
    return f"{case.state}; {said}; {came.agent}{f' at {came.target}' if came.target else ''}"


# who


def agents(*, retired: bool = False, here: bool = True) -> Completer:
    """Registered agents; with `retired` also those who are that."""

    def look(ledger: Glance) -> Iterator[Offer]:
        from interlock.model.entry import AgentWritten

        for what in _last(ledger, "agent/", AgentWritten):
            if retired or not what.passport.retired:
                yield Offer(what.passport.name, "retired" if what.passport.retired else what.passport.purpose)

    return _completing(lambda ctx, incomplete: _looked(ctx, look, here=here))  # noqa: ARG005 - all of a few are looked at


def people() -> Completer:
    """Registered people who are not retired."""

    def look(ledger: Glance) -> Iterator[Offer]:
        from interlock.model.entry import PersonWritten

        for what in _last(ledger, "person/", PersonWritten):
            if not what.person.retired:
                yield Offer(what.person.name, ", ".join(what.person.roles))

    return _completing(lambda ctx, incomplete: _looked(ctx, look))  # noqa: ARG005 - as above


def _last(ledger: Glance, prefix: str, kind: type[Written]) -> Iterator[Written]:
    """Of each stream that begins so, by name, the last entry of this kind."""
    for stream in sorted(ledger.streams(prefix)):
        written = (_entry(stored.data).what for stored in reversed(ledger.stream(stream, ENTRIES)))
        found = next((what for what in written if isinstance(what, kind)), None)
        if found is not None:
            yield found


def credentials() -> Completer:
    """Tokens and virtual keys of the agent that was named, by id: those that are not revoked and not over."""

    def source(ctx: click.Context, incomplete: str) -> Iterator[Offer]:  # noqa: ARG001 - all of a few are looked at
        return _looked(ctx, lambda ledger: _credentials(ledger.stream(f"agent/{ctx.params.get('name')}", ENTRIES)))

    return _completing(source)


def _credentials(stored: Sequence[Stored]) -> Iterator[Offer]:
    from interlock.model import entry as kinds

    now, found = time.time_ns() // 1_000_000, dict[str, Offer]()
    for what in (_entry(one.data).what for one in stored):
        match what:
            case kinds.TokenIssued(id) if what.expires_at > now:
                found[id] = Offer(id, f"token; {what.environment}; session {what.session}")
            case kinds.KeyIssued(id) if what.expires_at > now:
                found[id] = Offer(id, f"virtual key; {what.target}; session {what.session}")
            case kinds.TokenRevoked(id) | kinds.KeyRevoked(id):
                gone = kinds.TokenIssued if isinstance(what, kinds.TokenRevoked) else kinds.KeyIssued
                word = "token" if gone is kinds.TokenIssued else "virtual key"
                found = {k: v for k, v in found.items() if not (v.help.startswith(word) and id in ("*", k))}
    yield from reversed(found.values())


# where and what


def targets(kind: str = "") -> Completer:
    """Configured targets; of one kind where one is named."""

    def source(ctx: click.Context, incomplete: str) -> Iterator[Offer]:  # noqa: ARG001 - all of a few are looked at
        for name, target in sorted(_configuration(ctx).targets.items()):
            if kind in ("", target.kind):
                yield Offer(name, f"{target.kind}; {target.environment}")

    return _completing(source)


def environments(*, here: bool = True) -> Completer:
    """Environments that are configured, or that a target is in."""

    def source(ctx: click.Context, incomplete: str) -> Iterator[Offer]:  # noqa: ARG001 - all of a few are looked at
        found = _configuration(ctx, here=here)
        names = {"production", *found.environments, *(target.environment for target in found.targets.values())}
        for name in sorted(names):
            yield Offer(name, "production" if found.environment(name).production else "not production")

    return _completing(source)


def kinds() -> Completer:
    """Kinds that can be read. They need no home."""
    return _completing(lambda ctx, incomplete: [Offer(*kind) for kind in KINDS.items()])  # noqa: ARG005 - as above


def states() -> Completer:
    """States that a case can be in. They need no home."""

    def source(ctx: click.Context, incomplete: str) -> Iterator[Offer]:  # noqa: ARG001 - all of a few are looked at
        from interlock.model.case import MOVES

        return map(Offer, MOVES)

    return _completing(source)
