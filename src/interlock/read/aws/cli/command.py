"""Command: one line of the `aws` command as the calls that it would make. Nothing is run, and no file is opened."""

from __future__ import annotations

from typing import NamedTuple

from interlock.aws.call import Call
from interlock.errors import BadProposal
from interlock.read.aws.cli.arguments import commands_of, meant, names, taken, waits_of
from interlock.read.aws.cli.customs import Own, customs, table
from interlock.read.aws.cli.storage import Selected, storage
from interlock.read.aws.cli.words import words_of
from interlock.read.aws.operations import services
from interlock.read.aws.parameters import strange


class Command(NamedTuple):
    """What a line would do: calls one by one, things that it only chooses, or what the command does by itself.

    `notes` are said beside.
    """

    calls: tuple[Call, ...]
    selected: tuple[Selected, ...] = ()
    notes: tuple[str, ...] = ()
    own: tuple[Own, ...] = ()
    region: str = ""


class _Options(NamedTuple):
    """A line without the options that every command has."""

    words: tuple[str, ...]
    region: str
    unread: tuple[str, ...]
    notes: tuple[str, ...]


def command_of(line: str) -> Command:
    """The calls of one line. Raises BadProposal for what is no line of `aws`."""
    split = words_of(line)
    if not split.words or split.words[0].rpartition("/")[2] != "aws":
        raise BadProposal("this is no line of `aws`", hint="it begins with `aws` and is one command", code="not-a-call")
    options = _common(split.words[1:])
    unread = (*split.unread, *options.unread)
    alone = customs(options.words[0], options.words[1:], options.region, unread) if options.words else None
    if alone is not None and (len(options.words) == 1 or f"{options.words[0]} {options.words[1]}" not in table()):
        return Command(alone.calls, (), options.notes, alone.own, options.region)
    if len(options.words) < 2:
        return Command((Call("", "", options.region, unread=(*unread, "it names no command")),))
    service, name, *rest = options.words
    if service == "s3":
        found = storage(name, rest, options.region)
        calls = tuple(call._replace(unread=(*unread, *call.unread)) for call in found.calls)
        if unread and not calls:
            calls = (Call("s3", name, options.region, unread=unread),)
        return Command(calls, found.selected, options.notes, found.own, options.region)
    own = customs(f"{service} {name}", rest, options.region, unread)
    if own is not None:
        return Command(own.calls, (), options.notes, own.own, options.region)
    instead = names().instead.get(f"{service} {name}")
    if instead is not None:
        real, _, operation = instead.partition(":")
        return Command((Call(real, operation, options.region, unread=unread),), notes=options.notes)
    if name == "wait" and rest:
        waited = _waited(service, rest[0], rest[1:], options.region, unread)
        return Command((waited,), notes=options.notes)
    return Command((_operation(service, name, rest, options.region, unread),), notes=options.notes)


def _operation(command: str, name: str, rest: list[str], region: str, unread: tuple[str, ...]) -> Call:
    service = names().services.get(command, command)
    known = service in services() and command not in names().services.values()
    own = names().commands.get(f"{command} {name}")
    operation = (own or meant(commands_of(service), name)) if known else None
    if not operation:
        said = f"`aws {_shown(command)} {_shown(name)}` is no operation that is known here"
        return Call(service if known else "", "", region, unread=(*unread, said))
    found = taken(f"{command} {name}", service, operation, rest)
    odd = strange(service, operation, found.parameters) if found.whole and not found.unread else ()
    return Call(service, operation, region, "", found.parameters, unread=(*unread, *found.unread, *odd))


def _waited(command: str, name: str, rest: list[str], region: str, unread: tuple[str, ...]) -> Call:
    """`aws SERVICE wait NAME`: it asks the same operation again and again."""
    service = names().services.get(command, command)
    asked = waits_of(service).get(name) if service in services() else None
    if asked is None:
        said = f"`aws {_shown(command)} wait {_shown(name)}` is nothing to wait for that is known here"
        return Call(service if service in services() else "", "", region, unread=(*unread, said))
    return _operation(command, asked, rest, region, unread)


def _common(words: tuple[str, ...]) -> _Options:
    """Take out what every command has: where, as whom, how the answer is shown."""
    known = names()
    kept: list[str] = []
    unread: list[str] = []
    notes: list[str] = []
    region = ""
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        special = word.startswith("--") and (name in known.valued or name in known.flags or name in known.unread)
        if not special:
            kept.append(word)
            continue
        if name in known.valued and not equals:
            value = waiting.pop(0) if waiting else ""
        region = value if name == "region" else region
        if name in known.unread:
            unread.append(known.unread[name])
        if name in known.noted:
            notes.append(f"with `--{name} {_shown(value)}`" if value else f"with `--{name}`")
    return _Options(tuple(kept), region, tuple(unread), tuple(notes))


def _shown(text: str) -> str:
    """A word as it may be shown."""
    return text[:60] if text.replace("-", "").replace("_", "").replace(".", "").isalnum() else "a strange word"
