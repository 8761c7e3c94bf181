"""Command: one line of the `aws` command as the calls that it would make. Nothing is run, and no file is opened."""

from __future__ import annotations

import re
from collections import deque
from typing import Final, NamedTuple

from interlock.aws.call import Call
from interlock.aws.cli.arguments import Taken, commands_of, meant, names, options_of, taken, waits_of
from interlock.aws.cli.customs import OWN, Own, customs, table
from interlock.aws.cli.exact import altered
from interlock.aws.cli.storage import COMMANDS, Selected, storage
from interlock.aws.cli.tails import without_tail
from interlock.aws.cli.words import words_of
from interlock.aws.models import has, pages
from interlock.aws.parameters import strange
from interlock.errors import BadProposal

#: What a shell sets for the one command behind it, and the options that say the same.
_ASSIGNED: Final = re.compile(r"[A-Za-z_]\w*=.*", re.ASCII | re.DOTALL)
_SET: Final = {
    "AWS_PROFILE": "profile",
    "AWS_DEFAULT_PROFILE": "profile",
    "AWS_REGION": "region",
    "AWS_DEFAULT_REGION": "region",
    "AWS_DEFAULT_OUTPUT": "output",
}
#: The option by which an operation only prints what it would take, and the values that it has.
_FORM: Final = "generate-cli-skeleton"
_FORMS: Final = ("input", "output", "yaml-input")
_TAIL: Final = "what stands behind it works on the answer, and nothing here does: leave it out, the answer comes whole"


class Command(NamedTuple):
    """What a line would do: calls one by one, things that it only chooses, or what the command does by itself.

    `notes` are said beside. `aside` says why the line is more than its one call, or another one; with nothing in it,
    and nothing unread in the call, the line is that call and no other.
    """

    calls: tuple[Call, ...]
    selected: tuple[Selected, ...] = ()
    notes: tuple[str, ...] = ()
    own: tuple[Own, ...] = ()
    region: str = ""
    aside: tuple[str, ...] = ()


class _Options(NamedTuple):
    """A line without the options that every command has."""

    words: tuple[str, ...]
    region: str
    unread: tuple[str, ...]
    notes: tuple[str, ...]
    aside: tuple[str, ...]
    paging: dict[str, str]
    form: bool = False


def command_of(line: str) -> Command:
    """The calls of one line. Raises BadProposal for what is no line of `aws`."""
    head = without_tail(line)
    if head is None:
        return _command_of(line)
    command = _command_of(head)
    return command._replace(aside=(*command.aside, _TAIL))


def _command_of(line: str) -> Command:
    split = words_of(line)
    count = next((at for at, word in enumerate(split.words) if not _ASSIGNED.fullmatch(word)), len(split.words))
    if count == len(split.words) or split.words[count].rpartition("/")[2] != "aws":
        raise BadProposal("this is no line of `aws`", hint="it begins with `aws` and is one command", code="not-a-call")
    before, odd = _set_before(split.words[:count])
    options = _common((*before, *split.words[count + 1 :]))
    unread = (*split.unread, *odd, *options.unread)
    if not unread and (says := _only_prints(options)):
        return _by_itself(options, (), own=(Own("read", OWN, OWN, says),))
    if options.form:
        unread = (*unread, f"`--{_FORM}` is no argument of it")
    alone = customs(options.words[0], options.words[1:], options.region, unread) if options.words else None
    if alone is not None and (len(options.words) == 1 or f"{options.words[0]} {options.words[1]}" not in table()):
        return _by_itself(options, alone.calls, own=alone.own)
    if len(options.words) < 2:
        return _by_itself(options, (Call("", "", options.region, unread=(*unread, "it names no command")),))
    service, name, *rest = options.words
    if service == "s3":
        found = storage(name, rest, options.region)
        calls = tuple(call._replace(unread=(*unread, *call.unread)) for call in found.calls)
        if unread and not calls:
            calls = (Call("s3", name, options.region, unread=unread),)
        return _by_itself(options, calls, found.selected, found.own)
    own = customs(f"{service} {name}", rest, options.region, unread)
    if own is not None:
        return _by_itself(options, own.calls, own=own.own)
    instead = names().instead.get(f"{service} {name}")
    if instead is not None:
        real, _, operation = instead.partition(":")
        return _by_itself(options, (Call(real, operation, options.region, unread=unread),))
    if name == "wait" and rest:
        return _by_itself(options, (_waited(service, rest[0], rest[1:], options.region, unread),))
    call, aside = _operation(service, name, rest, options.region, unread, options.paging)
    return Command((call,), (), options.notes, (), options.region, (*options.aside, *aside))


def _only_prints(options: _Options) -> str:
    """What a line prints without making any call: help, a version, a form to fill in; empty for any other line."""
    words = options.words
    if not options.form and (not words or words[-1] not in ("help", "--version")):
        return ""
    if words in (("help",), ("--version",)):
        return f"{words[0]}: it only prints something"
    if not 1 < len(words) < 4 and not options.form:
        return ""
    command, name = words[0], words[1] if len(words) > 1 else ""
    service = names().services.get(command, command)
    known = has(service) and command not in names().services.values()
    if options.form:
        operation = meant(commands_of(service), name) if known and "--" not in words else None
        return f"{command} {name}: it only prints a form" if operation else ""
    if words[-1] != "help":
        return ""
    if len(words) == 2:
        return f"{command} help: it only prints something" if known or command in ("s3", *table()) else ""
    own = f"{command} {name}" in table() or (command == "s3" and name in COMMANDS)
    real = name == "wait" or meant(commands_of(service), name) is not None if known else False
    return f"{command} {name} help: it only prints something" if own or real else ""


def _set_before(words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What is set before the command for it alone (`AWS_PROFILE=shop aws …`), as options; and what is none."""
    found: dict[str, str] = {}
    unread: list[str] = []
    for word in words:
        name, _, value = word.partition("=")
        option = _SET.get(name)
        if option is None or not value or found.setdefault(option, value) != value:
            unread.append(f"what `{_shown(name)}` does to it, which is set before it, is not known here")
    return [word for option, value in found.items() for word in (f"--{option}", value)], unread


def _by_itself(
    options: _Options, calls: tuple[Call, ...], selected: tuple[Selected, ...] = (), own: tuple[Own, ...] = ()
) -> Command:
    """A command that is no operation: it makes calls as it sees fit, or works on this machine."""
    said = f"`{' '.join(('aws', *map(_shown, options.words[:2])))}` is a command of its own and no single call"
    return Command(calls, selected, options.notes, own, options.region, (said,))


def _operation(
    command: str, name: str, rest: list[str], region: str, unread: tuple[str, ...], paging: dict[str, str]
) -> tuple[Call, tuple[str, ...]]:
    """The call, and why the line is not that call alone.

    Where clients put no pages together, what elsewhere counts over them is an argument of the operation itself.
    """
    service = names().services.get(command, command)
    known = has(service) and command not in names().services.values()
    own = names().commands.get(f"{command} {name}")
    operation = (own or meant(commands_of(service), name)) if known else None
    if not operation:
        said = f"`aws {_shown(command)} {_shown(name)}` is no operation that is known here"
        return Call(service if known else "", "", region, unread=(*unread, said)), ()
    own_paging = {} if operation in pages(service) else options_of(f"{command} {name}", service, operation)
    rest += [word for each, value in paging.items() if each in own_paging for word in (f"--{each}", value)]
    over = tuple(names().aside[each] for each in paging if each not in own_paging)
    by_itself = own is not None or f"{command} {name}" in names().outfile
    found = taken(f"{command} {name}", service, operation, rest)
    odd = strange(service, operation, found.parameters) if found.whole and not found.unread else ()
    call = Call(service, operation, region, "", found.parameters, unread=(*unread, *found.unread, *odd))
    return call, over or (() if call.unread else _made_up(found, by_itself, name) or altered(call))


def _made_up(found: Taken, own: bool, name: str) -> tuple[str, ...]:
    said = [f"`{_shown(name)}` is a command of its own"] if own else []
    return (*said, *(f"`--{each}` is an argument of the command's own" for each in found.made_up))


def _waited(command: str, name: str, rest: list[str], region: str, unread: tuple[str, ...]) -> Call:
    """`aws SERVICE wait NAME`: it asks the same operation again and again."""
    service = names().services.get(command, command)
    asked = waits_of(service).get(name) if has(service) else None
    if asked is None:
        said = f"`aws {_shown(command)} wait {_shown(name)}` is nothing to wait for that is known here"
        return Call(service if has(service) else "", "", region, unread=(*unread, said))
    return _operation(command, asked, rest, region, unread, {})[0]


def _common(words: tuple[str, ...]) -> _Options:
    """Take out what every command has: where, as whom, how the answer is shown."""
    known = names()
    kept: list[str] = []
    unread: list[str] = []
    notes: list[str] = []
    aside: list[str] = []
    paging: dict[str, str] = {}
    region, form = "", False
    waiting = deque(words)
    while waiting:
        word = waiting.popleft()
        name, equals, value = word.removeprefix("--").partition("=")
        if word.startswith("--") and name == _FORM:
            form = True
            if not equals and waiting and waiting[0] in _FORMS:
                waiting.popleft()
            elif equals and value not in _FORMS:
                unread.append(f"`--{_FORM}` has no such form")
            continue
        special = word.startswith("--") and (name in known.valued or name in known.flags or name in known.unread)
        if not special:
            kept.append(word)
            continue
        if name in known.valued and not equals:
            value = waiting.popleft() if waiting else ""
        region = value if name == "region" else region
        if name in known.unread:
            unread.append(known.unread[name])
        if name in known.paging:
            paging[name] = value
        elif name in known.aside:
            aside.append(known.aside[name])
        if name in known.noted:
            notes.append(f"with `--{name} {_shown(value)}`" if value else f"with `--{name}`")
    return _Options(tuple(kept), region, tuple(unread), tuple(notes), tuple(aside), paging, form)


def _shown(text: str) -> str:
    """A word as it may be shown."""
    return text[:60] if text.replace("-", "").replace("_", "").replace(".", "").isalnum() else "a strange word"
