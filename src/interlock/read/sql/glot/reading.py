"""One MySQL or SQLite script while it is read: its effects, its names, and the statement at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from interlock.model.change import Trait, Verb
from interlock.read.sql.glot.lexer import Token
from interlock.read.sql.script import Script

#: MySQL commits before and after each definition, so none can be rolled back.
COMMITS: Final[tuple[Trait, ...]] = ("not-transactional", "ends-transaction")
#: When a trigger fires, and the verb of what fires it.
EVENTS: Final[dict[str, Verb]] = {"INSERT": "create", "UPDATE": "update", "DELETE": "delete"}
#: Options by which the rows of a table are those of others: what is done to it is done to them.
ELSEWHERE: Final = frozenset(
    ("CONNECTION", "UNION", "MERGE", "MRG_MYISAM", "FEDERATED", "FEDERATEDX", "CONNECT", "SPIDER", "NDB", "NDBCLUSTER")
)
_OWN: Final = {
    "sqlite": ("sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema", "sqlite_dbpage"),
    "mysql": ("mysql.", "performance_schema.", "information_schema.", "sys."),
}


class Reading(Script):
    """A script of one of these two dialects."""

    def __init__(self, dialect: str, environment: str) -> None:
        super().__init__(dialect, environment)
        self.source: dict[str, str] = {}  # PREPARE name -> its text, where the text stands in the script
        self.given: dict[str, Sequence[Token]] = {}  # variable of the session -> the literal that it was set to
        self.modes: dict[str, bool] = {}  # variable of the session -> whether it holds modes that change no reading
        self.spares = False  # what the trigger at hand does is known and spares most of each table
        self.attached: set[str] = set()  # databases that this script attached
        #: How names of tables begin that go with the session: SQLite's own schema for them, and databases in memory.
        self.passing: tuple[str, ...] = ("temp.",) if dialect == "sqlite" else ()

    def named(self, parts: Iterable[str]) -> str:
        """A name in one spelling: SQLite ignores the case of ASCII letters and calls its first database `main`."""
        found = list(parts)
        if self.dialect == "sqlite":
            found = [part.translate(_LOWER) for part in found]
            if len(found) > 1 and found[0] == "main" and found[1] not in self.temporary:
                found = found[1:]
        return ".".join('"' + p.replace('"', '""') + '"' if "." in p or '"' in p or not p else p for p in found)

    def folded(self, column: str) -> str:
        """A column's name: both servers ignore its case."""
        return column.lower() if self.dialect == "mysql" else column.translate(_LOWER)

    def is_own(self, table: str) -> bool:
        """Whether the table belongs to the server itself."""
        if self.dialect == "sqlite":
            return table.rsplit(".", 1)[-1] in _OWN["sqlite"]
        return table.lower().startswith(_OWN["mysql"])

    def is_temporary(self, table: str) -> bool:
        return table in self.temporary or table.startswith(self.passing)

    def passes(self, table: str) -> bool:
        return super().passes(table) or table.startswith(self.passing)


_LOWER: Final = {upper: upper + 32 for upper in range(65, 91)}


class Cursor:
    """A place in the tokens of one statement, for statements that are read word by word."""

    def __init__(self, reading: Reading, tokens: Sequence[Token], at: int = 0) -> None:
        self.reading = reading
        self.tokens = tokens
        self.at = at

    @property
    def token(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    @property
    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def peek(self, *words: str) -> bool:
        """Whether exactly these words come next."""
        return all(
            self.at + i < len(self.tokens) and self.tokens[self.at + i].word == word for i, word in enumerate(words)
        )

    def take(self, *words: str) -> bool:
        """Steps over these words if they come next."""
        if self.peek(*words):
            self.at += len(words)
            return True
        return False

    def any(self, *words: str) -> str:
        """Steps over the next word if it is one of these, and gives it."""
        if self.token.word and self.token.word in words:
            self.at += 1
            return self.tokens[self.at - 1].word
        return ""

    def mark(self, value: str) -> bool:
        """Steps over a punctuation mark if it comes next."""
        if self.token.kind == "p" and self.token.value == value:
            self.at += 1
            return True
        return False

    def name(self) -> str:
        """A dotted name; empty when none stands here."""
        parts: list[str] = []
        while True:
            token = self.token
            text_as_name = token.kind == "s" and self.reading.dialect == "sqlite"
            if token.kind not in "wq" and not text_as_name:
                break
            parts.append(token.value)
            self.at += 1
            if not (self.token.kind == "p" and self.token.value == "."):
                break
            self.at += 1
        return self.reading.named(parts) if parts else ""

    def names(self) -> list[str]:
        """Names parted by commas."""
        found = [self.name()]
        while self.mark(","):
            found.append(self.name())
        return [name for name in found if name]

    def account(self) -> str:
        """An account of MySQL: `'name'@'host'`, `name`, or `current_user()`."""
        token = self.token
        self.at += 1
        name = token.value
        if self.token.kind == "v" and self.token.value.startswith("@"):
            host = self.word()
            name += "@" + host[1:].strip("'\"`")
            if name.endswith("@") and self.token.kind in "sq":
                name += self.word()
        self.group()
        return name

    def word(self) -> str:
        """Whatever comes next, as a name of one part."""
        token = self.token
        self.at += 1
        return token.value

    def column(self) -> str:
        return self.reading.folded(self.word())

    def has(self, *words: str) -> bool:
        """Whether any of these words stands anywhere from here on, outside of quotes."""
        return any(token.word in words for token in self.tokens[self.at :] if token.word)

    def group(self) -> list[Token]:
        """The tokens inside the parentheses that open here, stepped over."""
        if not self.mark("("):
            return []
        start, depth = self.at, 1
        while not self.done:
            value = self.token.value if self.token.kind == "p" else ""
            depth += (value == "(") - (value == ")")
            self.at += 1
            if not depth:
                return list(self.tokens[start : self.at - 1])
        return list(self.tokens[start:])

    def parts(self) -> list[list[Token]]:
        """The rest, taken apart at the commas of this level."""
        return comma_parts(self.tokens[self.at :])


def comma_parts(tokens: Sequence[Token]) -> list[list[Token]]:
    """Tokens taken apart at the commas outside of parentheses."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.kind == "p":
            depth += (token.value == "(") - (token.value == ")")
            if token.value == "," and not depth:
                found.append([])
                continue
        found[-1].append(token)
    return [part for part in found if part]


END: Final = Token("p", "", "", -1)
