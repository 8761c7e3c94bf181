"""A script as the psql client takes it apart: what it sends, rows that it copies in, and commands of its own.

Its scanner is the server's but for the backslash, which outside of quotes and comments begins a command. So a `\\.` or
a backslash in a string, a dollar quote or a comment is none, and what stands in a comment is no COPY.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from interlock.read.sql.postgres.grammar import FIRST, NEXT, WORD, SyntaxFault, TooDeep, end_of_comment, parse


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of the client's commands."""

    about: str
    quiet: frozenset[str]  # that do nothing to a database by themselves
    sends: frozenset[str]  # that send what was written before them
    whole_line: frozenset[str]  # that take the rest of their line as it stands
    pipes: frozenset[str]  # that take a file, or after `|` a program
    sets: frozenset[str]  # that give variables values which are not in the text
    modes: frozenset[str]  # variables that change how the client itself behaves
    unknown: dict[str, str]  # why a command is unknown


@cache
def client() -> Client:
    """The knowledge of the client's commands."""
    file = Path(__file__).parent.with_name("knowledge") / "psql_commands.json"
    return msgspec.json.decode(file.read_bytes(), type=Client)


class Sent(NamedTuple):
    """What the client sends at once. `rows` is how many lines of data follow it, `doubt` why its text is not sure."""

    text: str
    start: int
    rows: int | None = None
    doubt: str = ""


class Command(NamedTuple):
    """A command of the client, with the rest of its text and the rows that follow it."""

    name: str
    rest: str
    rows: int | None = None


class Unclear(Exception):
    """What follows cannot be taken apart. `what` says why."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


#: Between two quotes this makes one string of them.
_GOES_ON: Final = r"(?:[ \t\f\v]|--[^\r\n]*+)*+[\r\n](?:\s|--[^\r\n]*+[\r\n])*+"
_ESCAPED: Final = r"'(?:[^'\\]|\\.|'')*+'"
_STEP: Final = re.compile(
    rf"(?<!{WORD})[eE]{_ESCAPED}(?:{_GOES_ON}{_ESCAPED})*+|'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\""
    rf"|(?<!{WORD})\$(?:{FIRST}{NEXT}*)?\$|--[^\r\n]*+|/\*|[()]|;|\\|::|:=|'|\""
    rf"|:(?:{NEXT}+|'{NEXT}+'|\"{NEXT}+\"|\{{\?{NEXT}+\}})|(?<!{WORD})(?i:begin|case|end)(?!{WORD})",
    re.DOTALL,
)
#: The server's words before a body of statements; its semicolons do not end the statement.
_PROGRAM: Final = re.compile(r"\s*(?i:create\s+(?:or\s+replace\s+)?(?:function|procedure)\b)")
#: How much of a statement is looked at to see whether it makes a function.
_HEAD: Final = 4096
#: How far before a colon the bracket of a slice is looked for.
_NEAR: Final = 256
_NAME: Final = re.compile(r"[^\s\\]*")
_ARGUMENT: Final = re.compile(r"'(?:[^'\\\n]|\\[^\n])*+'?|\"[^\"\n]*+\"?|`[^`\n]*+`?|[^'\"`\\\n]+")
_END_OF_ROWS: Final = re.compile(r"^\\\.\r?$", re.MULTILINE)
_PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9_.]+")


class Scanner:
    """Goes once through a script. `copying` false means: as if every COPY in it failed, so that its rows are read."""

    def __init__(self, text: str, *, copying: bool = True) -> None:
        self.text = text
        self.copying = copying
        self.commands = self.variables = 0
        self.copied = 0
        self._at = self._from = 0
        self._kept: list[str] = []  # what of the statement at hand stands before a command in its middle
        self._start = 0
        self._doubt = ""
        self._depth = self._body = 0
        self._last = Sent("", 0)
        self._values: dict[str, str | None] = {}
        self._any_value = False

    def parts(self) -> Iterator[Sent | Command]:
        """Everything that the client would do, in order. Unclear where that cannot be told any more."""
        while found := _STEP.search(self.text, self._at):
            self._at = found.end()
            token = found[0]
            if token == ";":
                if not self._depth and not self._body:
                    yield self._send(found.start())
            elif token == "\\":
                yield from self._command(found.start())
            elif token[0] == ":":
                self._variable(token, found.start())
            else:
                self._step(token, found.start())
        self._at = len(self.text)
        if (rest := self._written(self._at)).strip():
            yield self._sent(rest)

    def _step(self, token: str, start: int) -> None:
        if token == "/*":
            self._at = end_of_comment(self.text, self._at)
        elif token[0] == "$" or token in ("'", '"'):
            end = self.text.find(token, self._at) if token[0] == "$" else -1
            self._at = len(self.text) if end < 0 else end + len(token)
        elif token == "(":
            self._depth += 1
        elif token == ")":
            self._depth = max(self._depth - 1, 0)
        elif token.lower() in ("begin", "case", "end") and not self._depth and self._is_program(start):
            word = token.lower()
            if word == "begin" or (word == "case" and self._body):
                self._body += 1
            elif word == "end" and self._body:
                self._body -= 1

    def _is_program(self, until: int) -> bool:
        """Whether the statement at hand makes a function. A comment so long that this cannot be seen is none."""
        head = "".join(self._kept[:8]) + self.text[self._from : min(until, self._from + _HEAD)]
        return _PROGRAM.match(_bare(head[:_HEAD])) is not None

    def _written(self, until: int) -> str:
        found = "".join(self._kept) + self.text[self._from : until]
        self._kept, self._from, self._depth, self._body = [], self._at, 0, 0
        return found

    def _send(self, until: int) -> Sent:
        return self._sent(self._written(until))

    def _sent(self, text: str) -> Sent:
        start, doubt = self._start, self._doubt
        self._start, self._doubt = self._at, ""
        rows = None
        if self.copying and "stdin" in text.lower() and (asked := _copies_in(text)):
            rows = sum(self._rows() for _ in range(asked))
        self._last = Sent(text, start, rows, doubt)
        return self._last

    def _rows(self) -> int:
        """Steps over the lines of data that follow the line at hand, and counts them."""
        end = self.text.find("\n", self._at)
        if self.text[self._at : end if end >= 0 else len(self.text)].strip():
            raise Unclear("more on the line of a copy that is followed by its rows")
        if end < 0:
            return 0
        ended = _END_OF_ROWS.search(self.text, end + 1)
        stop = ended.start() if ended else len(self.text)
        self.copied += 1
        data = self.text[end + 1 : stop]
        self._at = self._from = self._start = ended.end() if ended else stop
        return data.count("\n") + (bool(data) and not data.endswith("\n"))

    def _command(self, start: int) -> Iterator[Sent | Command]:
        found = _NAME.match(self.text, self._at)
        name = found[0] if found else ""
        self._kept.append(self.text[self._from : start] + " ")
        self._from = self._at
        if name[:1] in (";", ":"):  # the sign itself, kept from the client
            self._at += 1
            self.commands += 1
            self._kept.append(name[0])
            self._from = self._at
            return
        self._at += len(name)
        self.commands += 1
        rest = self._arguments(name)
        self._from = self._at
        if name in client().sends:
            text = self._written(self._from)
            yield self._sent(text) if text.strip() else self._last
        elif name in ("r", "reset"):
            self._written(self._from)
            self._doubt = ""
        self._remember(name, rest)
        rows = None
        if self.copying and name == "copy" and (copy := parted(rest)) and copy[1].lower() == "from":
            rows = self._rows() if copy[2].lower() == "stdin" else None
        yield Command(name, rest.strip(), rows)

    def _arguments(self, name: str) -> str:
        """What belongs to a command: to the end of its line, or to the next backslash."""
        start = self._at
        end = self.text.find("\n", start)
        end = len(self.text) if end < 0 else end
        piped = name in client().pipes and self.text[start:end].lstrip().startswith("|")
        if name in client().whole_line or name.startswith("!") or piped:
            self._at = end
            return self.text[start:end]
        while self._at < end and (found := _ARGUMENT.match(self.text, self._at)):
            self._at = found.end()
        rest = self.text[start : self._at]
        if self.text.startswith("\\\\", self._at):
            self._at += 2
        return rest

    def _remember(self, name: str, rest: str) -> None:
        """What a variable holds from here on; None where the text does not say it."""
        words = rest.split()
        if name in client().sets or name == "if":  # whether a value is set can hang on a branch
            self._any_value = True
        elif name in ("set", "unset") and words:
            value = words[1].strip("'") if name == "set" and len(words) == 2 else ""
            self._any_value = self._any_value or not _PLAIN_VALUE.fullmatch(words[0])
            self._values[words[0]] = value if _PLAIN_VALUE.fullmatch(value) else None

    def _variable(self, token: str, start: int) -> None:
        """`:name` becomes its value, where that is one plain word; `:'name'` is a literal whatever it holds."""
        if token in ("::", ":="):
            return
        bare = token[1] not in "'\"{"
        name = token.strip(":'\"{?}")
        value = None if self._any_value else self._values.get(name)
        if bare and name not in self._values and not self._any_value:
            near = max(self._from, start - _NEAR)
            if self.text.rfind("[", near, start) > self.text.rfind("]", near, start):
                return  # the bounds of a slice
        self.variables += 1
        self._kept.append(self.text[self._from : start])
        self._from = self._at
        if token.startswith(":'"):
            self._kept.append(" $1 " if value is None else f"'{value}'")
        elif bare and value is not None:
            self._kept.append(value)
        else:
            self._kept.append(" $1 ")
            self._doubt = f":{name}"


def _bare(text: str) -> str:
    """A text without its comments before the first word."""
    while True:
        text = text.lstrip()
        if text.startswith("--"):
            text = text.partition("\n")[2]
        elif text.startswith("/*"):
            text = text[end_of_comment(text, 2) :]
        else:
            return text


def _copies_in(text: str) -> int:
    """How many of these statements take their rows from the client."""
    try:
        statements = parse(text)
    except (SyntaxFault, TooDeep):
        return 0
    copies = [one["CopyStmt"] for one in statements if "CopyStmt" in one]
    return sum(bool(one.get("is_from")) and "filename" not in one for one in copies)


#: The words of a copy by the client, as it parts them; it knows no dollar quotes.
_COPY_WORD: Final = re.compile(r"'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\"|[()]|[^\s()'\"]+")


def parted(rest: str) -> tuple[str, str, str, str] | None:
    """What is copied, FROM or TO, where to, and the options, as the client finds them."""
    depth = 0
    words = list(_COPY_WORD.finditer(rest))
    for index, found in enumerate(words):
        depth += (found[0] == "(") - (found[0] == ")")
        if depth or found[0].lower() not in ("from", "to") or not index or index + 1 >= len(words):
            continue
        last = words[index + 1]
        target = last[0]
        if target.lower() == "program":
            if index + 2 >= len(words):
                return None
            last = words[index + 2]
            target = f"program {last[0]}"
        return rest[: found.start()], found[0], target, rest[last.end() :].rstrip().removesuffix(";")
    return None


#: The words with which a statement of the server can begin.
_BEGINNINGS: Final = frozenset(
    (
        "abort", "alter", "analyse", "analyze", "begin", "call", "checkpoint", "close", "cluster", "comment", "commit",
        "copy", "create", "deallocate", "declare", "delete", "discard", "do", "drop", "end", "execute", "explain",
        "fetch", "grant", "import", "insert", "listen", "load", "lock", "merge", "move", "notify", "prepare",
        "reassign", "refresh", "reindex", "release", "reset", "revoke", "rollback", "savepoint", "security", "select",
        "set", "show", "start", "table", "truncate", "unlisten", "update", "vacuum", "values", "with",
    )
)  # fmt: skip
_OPENING: Final = re.compile(r"[\s(]*([A-Za-z]+)")


def runs_rows(text: str, said: set[str]) -> bool:
    """Whether rows would run as statements or commands, did every COPY fail: psql goes on with the next line then."""
    try:
        for part in Scanner(text, copying=False).parts():
            if isinstance(part, Command):
                if f"\\{part.name} {part.rest}" not in said and _acts(part.name, part.rest):
                    return True
            elif part.text.strip() not in said and _is_statement(part.text):
                return True
    except Unclear:
        return True
    return False


def _acts(name: str, rest: str) -> bool:
    """Whether this is a command that does more than say or show something; `\\N` of a row is none at all."""
    known = client()
    if name.startswith("!") or "`" in rest:
        return True
    every = known.sends | known.whole_line | known.pipes | known.sets | known.unknown.keys()
    return name in every or name.startswith(("lo_", "set"))


def _is_statement(text: str) -> bool:
    head = _OPENING.match(_bare(text))
    if not head or head[1].lower() not in _BEGINNINGS:
        return False
    try:
        return bool(parse(text))
    except TooDeep:
        return True
    except SyntaxFault:
        return False
