"""A script for the psql client becomes effects: the statements it sends, and what its own commands do."""

from __future__ import annotations

import re
from typing import Final

from interlock.model.change import Trait
from interlock.read.sql.postgres.grammar import SyntaxFault, TooDeep, parse
from interlock.read.sql.postgres.psql import Command, Scanner, Sent, Unclear, client, parted, runs_rows
from interlock.read.sql.postgres.reading import Reading
from interlock.read.sql.rows import shortened
from interlock.read.sql.script import MAX_STATEMENTS, MAX_TEXT

_IN_BACK_QUOTES: Final = re.compile(r"`([^`]*)`?")
#: Options of \\g, which say how its result is shown.
_AS_SHOWN: Final = re.compile(r"^\([^)]*\)")
_ON_CLIENT: Final[tuple[Trait, ...]] = ("leaves-target", "not-transactional")


def read(reading: Reading, text: str) -> bool:
    """All effects of this script. False where nothing in it is of the client, or the server would refuse all of it."""
    scanner = Scanner(text)
    reading.goes_on = True
    said: set[str] = set()
    budget = MAX_TEXT
    try:
        for part in scanner.parts():
            budget -= len(part.text) if isinstance(part, Sent) else len(part.rest)
            if budget < 0 or reading.part >= MAX_STATEMENTS:
                reading.cannot_tell("script", "a script that is too long to be read")
                reading.degrade("only the beginning of the script was read")
                return True
            if isinstance(part, Sent):
                said.add(part.text.strip())
                _sent(reading, part)
            else:
                said.add(f"\\{part.name} {part.rest}")
                _command(reading, part)
    except Unclear as fault:
        reading.cannot_tell("script", fault.what)
        return True
    if scanner.copied and runs_rows(text, said):
        reading.cannot_tell("copy", "its rows would run as SQL, did it fail", traits=("runs-code",))
    own = scanner.commands or scanner.variables or scanner.copied
    return bool(own and (reading.part or not reading.refused))


def _sent(reading: Reading, part: Sent) -> None:
    """What the client sends, with the rows that follow it."""
    text, skipped = shortened(part.text, "postgres")
    if part.doubt:
        reading.cannot_tell(part.doubt, "a variable of the psql client, whose text is not in the script")
    try:
        statements = parse(text)
    except TooDeep:
        reading.too_deep()
        return
    except SyntaxFault:
        if not part.doubt:
            reading.refused += 1
            reading.cannot_tell("statement", "the server would refuse it, and the psql client goes on")
        return
    reading.rows_skipped = skipped
    reading.rows_given = part.rows if len(statements) == 1 else None
    for statement in statements:
        reading.whole(statement)
    reading.rows_skipped, reading.rows_given = 0, None
    reading.parts = reading.part


def _command(reading: Reading, part: Command) -> None:
    """What a command of the client does."""
    name, rest = part.name, part.rest
    known = client()
    words = rest.split()
    if name.startswith("!") or (name in known.pipes and rest.startswith("|")):
        _program(reading, f"\\{name}", rest.removeprefix("|"))
    elif name == "copy":
        _copy(reading, part)
    elif "`" in rest:
        _program(reading, f"\\{name}", "; ".join(_IN_BACK_QUOTES.findall(rest)))
    elif name in ("g", "gx") and words and (words := _AS_SHOWN.sub("", rest).split()):
        reading.add("create", "file", words[-1], f"\\{name} writes a file of the client", traits=_ON_CLIENT)
    elif name == "set" and words and (words[0] in known.modes or not words[0].replace("_", "").isalnum()):
        reading.cannot_tell(words[0], "can change what the psql client sends", kind="setting")
    elif name == "watch":
        reading.cannot_tell("\\watch", "runs what stands before it again and again", traits=("dynamic",))
    elif name in known.unknown or not (name in known.quiet or re.fullmatch(r"d[A-Za-z]*[+]?", name)):
        reading.cannot_tell(f"\\{name}", known.unknown.get(name, "a command of the psql client, not of the server"))


def _program(reading: Reading, word: str, line: str) -> None:
    what = "runs a program where the client is"
    reading.cannot_tell(word, what, kind="program", traits=("leaves-target", "runs-code"))
    reading.add(
        "execute", "program", line.strip() or "shell", f"{word} {what}", aspect="process",
        traits=("leaves-target", "runs-code", "not-transactional"),
    )  # fmt: skip


def _copy(reading: Reading, part: Command) -> None:
    r"""\copy: the client makes a COPY of it, between the server and a file or program where the client is."""
    found = parted(part.rest)
    if found is None:
        reading.cannot_tell("\\copy", "a copy that cannot be read")
        return
    head, word, target, tail = found
    incoming = word.lower() == "from"
    try:
        statements = parse(f"COPY {head} {'FROM STDIN' if incoming else 'TO STDOUT'} {tail}")
    except (SyntaxFault, TooDeep):
        reading.cannot_tell("\\copy", "a copy that cannot be read")
        return
    reading.rows_given = part.rows if len(statements) == 1 else None
    for statement in statements:
        reading.statement(statement)
    reading.rows_given = None
    program, _, line = target.partition(" ")
    if program.lower() == "program":
        _program(reading, "\\copy", line.strip().strip("'"))
    elif target.lower() in ("stdin", "stdout", "pstdin", "pstdout"):
        pass
    elif incoming:
        reading.add("read", "file", _unquoted(target), "copy reads a file of the client")
    else:
        reading.add("create", "file", _unquoted(target), "copy writes a file of the client", traits=_ON_CLIENT)
    reading.part += 1
    reading.parts = reading.part


def _unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name
