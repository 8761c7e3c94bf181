"""Tokens and statements of MySQL and SQLite, by the lexical rules of each server.

sqlglot is not the server: it drops executable comments and reads some quotes otherwise. So the text is taken apart
here, and what sqlglot gets to see is written anew from these tokens (`rewrite`), in a form that has only one reading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from interlock.read.sql.rows import skip

WORD, QUOTED, TEXT, NUMBER, PUNCTUATION, VARIABLE, STRAY, BLOB, SKIPPED, LINE = "wqsnpvxbrl"


class Token(NamedTuple):
    """`value` is what it means (quotes and escapes undone), `word` its upper-case form when it is an unquoted word.

    A token of kind SKIPPED stands for rows of literals that were only counted, one of kind LINE is a command of the
    sqlite3 shell.
    """

    kind: str
    value: str
    word: str
    start: int
    double: bool = False  # it stood in double quotes


class LexicalFault(Exception):
    """A quote or comment that never ends."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class TooLong(Exception):
    """More tokens than are read."""


class Lexed(NamedTuple):
    """The statements of a script, and what about its text alone makes it uncertain."""

    statements: list[list[Token]]
    doubts: list[str]


# A word is said by the signs that stand in none: a set up to the last character takes milliseconds to compile.
_MYSQL: Final = re.compile(
    r"""(?P<space>[\x09-\x0d\x20\ufeff]+|\#[^\n]*|--(?:[\x01-\x09\x0b-\x20][^\n]*|(?=\n)|\Z))
    |(?P<hint>/\*\+.*?\*/)
    |(?P<never>/\*M!999999(?:(?!/\*|\*/).)*\*/)
    |(?P<opens>/\*M?!(?P<version>\d{5,6})?)
    |(?P<comment>/\*.*?\*/)
    |(?P<closes>\*/)
    |(?P<blob>[xXbB]'[^']*')
    |(?P<text>(?:[nN]|_[A-Za-z0-9]+\s*)?'(?:[^'\\]|''|\\.)*+')
    |(?P<double>"(?:[^"\\]|""|\\.)*+")
    |(?P<back>`(?:[^`]|``)*+`)
    |(?P<variable>@@?(?:[\w.$]+|`(?:[^`]|``)*+`|'[^']*'|"[^"]*")?|\?)
    |(?P<number>0[xX][0-9A-Fa-f]+(?![\w$])|0b[01]+(?![\w$])|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w$])|\.\d+(?:[eE][-+]?\d+)?)
    |(?P<word>[^\x00-\x23\x25-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]+)
    |(?P<null>\\N)
    |(?P<client>\\[A-Za-z!.#?])
    |(?P<punctuation>:=|->>|->|<=>|<=|>=|<>|!=|<<|>>|\|\||&&|[-+*/%=<>~&|^!(){}\[\],;.:])""",
    re.VERBOSE | re.DOTALL,
)
_MYSQL_PLAIN: Final = re.compile(
    _MYSQL.pattern.replace(r"(?:[^'\\]|''|\\.)*+'", r"(?:[^']|'')*+'").replace(
        r'(?:[^"\\]|""|\\.)*+"', r'(?:[^"]|"")*+"'
    ),
    re.VERBOSE | re.DOTALL,
)
_SQLITE: Final = re.compile(
    r"""(?P<space>[\ \t\n\f\r\ufeff]+|--[^\n]*)
    |(?P<comment>/\*.*?(?:\*/|\Z))
    |(?P<blob>[xX]'[^']*')
    |(?P<text>'(?:[^']|'')*+')
    |(?P<double>"(?:[^"]|"")*+")
    |(?P<back>`(?:[^`]|``)*+`)
    |(?P<bracket>\[[^\]]*\])
    |(?P<variable>\?\d*|[:@$\#][\w$]+(?:::[\w$]+)*(?:\([^)\s]*\))?)
    |(?P<number>0[xX][0-9A-Fa-f_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?)
    |(?P<word>[^\x00-\x40\x5b-\x5e\x60\x7b-\x7f][^\x00-\x23\x25-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]*)
    |(?P<punctuation>->>|->|<=|>=|<>|!=|==|<<|>>|\|\||[-+*/%=<>~&|(),;.])""",
    re.VERBOSE | re.DOTALL,
)
_SPACE: Final = re.compile(r"[ \t\r\n]*")
#: A script with more tokens is not read; rows of literals that a VALUES lists do not count.
MAX_TOKENS: Final = 500_000
_ESCAPES: Final = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
#: Executable comments up to this version run on every server that is read here (MySQL 8.0).
_RUNS: Final = 80_000
#: Words outside of quotes that make a text mean more; used to compare two readings of one text.
_WEIGHTY: Final = frozenset(
    ("OR", "UNION", "SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "CREATE", "TRUNCATE", "REPLACE", "GRANT",
     "REVOKE", "SET", "CALL", "LOAD", "RENAME", "INTO")
)  # fmt: skip


def lex(text: str, dialect: str) -> Lexed:
    """The statements of a script in this dialect. LexicalFault for what never ends."""
    if dialect == "sqlite":
        doubts = ["a line that ends a statement for the sqlite3 shell alone"] if _ends_for_the_shell(text) else []
        return Lexed(_split(_tokens(text, dialect, escapes=False, doubts=[]), dialect), doubts)
    doubts = []
    statements = _split(_tokens(text, dialect, escapes=True, doubts=doubts), dialect)
    if "\\" in text and _reads_otherwise(text, statements):
        doubts.append("the text reads otherwise where sql_mode has NO_BACKSLASH_ESCAPES")
    return Lexed(statements, doubts)


def _reads_otherwise(text: str, statements: list[list[Token]]) -> bool:
    """Whether a server that takes backslashes as they stand would find other statements, or weightier ones."""
    try:
        other = _split(_tokens(text, "mysql", escapes=False, doubts=[]), "mysql")
    except LexicalFault:
        return False
    except TooLong:
        return True
    if any(token.kind == STRAY for statement in other for token in statement):
        return False
    return len(other) != len(statements) or _weight(other) > _weight(statements)


def _weight(statements: list[list[Token]]) -> int:
    return sum(token.word in _WEIGHTY for statement in statements for token in statement)


def _tokens(text: str, dialect: str, *, escapes: bool, doubts: list[str]) -> list[Token]:
    """The tokens of a script, executable comments taken for what they hold. LexicalFault, TooLong."""
    pattern = _SQLITE if dialect == "sqlite" else _MYSQL if escapes else _MYSQL_PLAIN
    found: list[Token] = []
    position, end = 0, len(text)
    executing = 0
    ending = ""
    while position < end:
        sign = text[position]
        if sign == " ":
            position += 1
            continue
        if (ending or sign == ".") and (after := _of_the_client(text, position, ending, dialect, found)) > position:
            position = after
            continue
        match = pattern.match(text, position)
        if match is None:
            _unfinished(text, position)
            found.append(Token(STRAY, text[position], "", position))
            position += 1
            continue
        kind = match.lastgroup or ""
        start, position = position, match.end()
        if ending and kind in ("word", "number", "variable", "punctuation") and ending in match[0]:
            position = match.start() + match[0].index(ending)  # the client looks for it at every sign
        if kind == "word":
            value = text[start:position]
            word = value.upper()
            if word == "DELIMITER" and dialect == "mysql" and (line := _delimiter(text, start, found)):
                ending, position = "" if line[1] == ";" else line[1], line.end()
                continue
            found.append(Token(WORD, value, word, start))
            if word in ("VALUES", "VALUE") and escapes is (dialect == "mysql"):
                position = _rows(text, position, dialect, found)
        elif kind in ("opens", "closes", "hint"):
            executing = _executing(kind, executing, start, found)
            _doubt(match, doubts, text)
        elif kind not in ("space", "comment", "never"):
            found.append(_token(kind, text[start:position], start, escapes=escapes))
            if len(found) > MAX_TOKENS:
                raise TooLong
    if executing:
        raise LexicalFault("an executable comment never ends", end)
    return found


#: What the mysql client is told to end statements with: signs that mean nothing else at that place.
_DELIMITER: Final = re.compile(r"(?i:delimiter)[ \t]+(;|[/$|!@%&*^~;]{1,4})[ \t]*(?:\r?\n|\Z)")
#: The `word` of a token that ends a statement whatever is open in it.
_ENDS_ALL: Final = "END OF STATEMENT"


def _delimiter(text: str, start: int, found: list[Token]) -> re.Match[str] | None:
    """A line of the mysql client that says what ends a statement from there on; None where it is none."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    if before.strip() or (found and found[-1].value != ";"):
        return None
    line = _DELIMITER.match(text, start)
    return line if line and not line[1].startswith("/*") else None


#: What the sqlite3 shell takes for a semicolon, where it stands alone on a line.
_SHELL_ENDS: Final = re.compile(r"^[ \t]*(?:/|[gG][oO])[ \t]*\r?$", re.MULTILINE)


def _ends_for_the_shell(text: str) -> bool:
    return _SHELL_ENDS.search(text) is not None


def _of_the_client(text: str, position: int, ending: str, dialect: str, found: list[Token]) -> int:
    """Steps over what a client takes for itself here: the end of a statement as it was told, or a command."""
    if ending and text.startswith(ending, position):
        found.append(Token(PUNCTUATION, ";", _ENDS_ALL, position))
        return position + len(ending)
    line = _shell_line(text, position, found) if dialect == "sqlite" and text[position] == "." else ""
    if line:
        found += (Token(LINE, line, "", position), Token(PUNCTUATION, ";", "", position))
    return position + len(line)


def _shell_line(text: str, position: int, found: list[Token]) -> str:
    """A command of the sqlite3 shell: a line that begins with a dot, where no statement is begun."""
    last = found[-1] if found else None
    if (position and text[position - 1] != "\n") or (last and (last.value != ";" or last.kind != PUNCTUATION)):
        return ""
    end = text.find("\n", position)
    return text[position : end if end >= 0 else len(text)]


def _executing(kind: str, depth: int, start: int, found: list[Token]) -> int:
    """In how many executable comments what follows stands."""
    if kind == "closes" and not depth:
        found.append(Token(STRAY, "*/", "", start))
        return 0
    return depth + {"opens": 1, "closes": -1}.get(kind, 0)


def _rows(text: str, position: int, dialect: str, found: list[Token]) -> int:
    """Steps over rows of literals after VALUES, leaving a token that says how many."""
    space = _SPACE.match(text, position)
    after = space.end() if space else position
    last, count = skip(text, after, dialect)
    if not count:
        return position
    found.append(Token(SKIPPED, str(count), "", after))
    return last


#: What dumps hide from older servers, and which does the same harm or none where it is left out.
_EITHER_WAY: Final = re.compile(
    r"\s*(?:DEFAULT\s+ENCRYPTION\s*=\s*'[NY]'|INVISIBLE|SET\s+(?:@OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY,\s*)?"
    r"NOTE_VERBOSITY=(?:0|@OLD_NOTE_VERBOSITY))\s*\*/"
)


def _doubt(match: re.Match[str], doubts: list[str], text: str) -> None:
    """What a hint or an executable comment leaves open."""
    if match[0].startswith("/*+"):
        if "SET_VAR" in match[0].upper():
            doubts.append("an optimizer hint changes a setting")
    elif _EITHER_WAY.match(text, match.end()):
        return
    elif match[0].startswith("/*M") or (match["version"] and int(match["version"]) > _RUNS):
        doubts.append("a comment that only some servers execute")


_PLAIN: Final = {"number": NUMBER, "variable": VARIABLE, "blob": BLOB}


def _token(kind: str, raw: str, start: int, *, escapes: bool) -> Token:
    if kind in ("text", "double"):
        quote = raw[-1]
        inner = raw[raw.index(quote) + 1 : -1].replace(quote * 2, quote)
        if kind == "double" and not escapes and quote == '"':
            return Token(QUOTED, inner, "", start, True)
        if escapes and "\\" in inner:
            inner = _ESCAPED.sub(lambda one: _ESCAPES.get(one[1], one[1]), inner)
        return Token(TEXT, inner, "", start, kind == "double")
    if kind == "back":
        return Token(QUOTED, raw[1:-1].replace("``", "`"), "", start)
    if kind == "bracket":
        return Token(QUOTED, raw[1:-1], "", start)
    if kind == "null":
        return Token(WORD, "NULL", "NULL", start)
    if kind == "client":
        ends = raw in ("\\G", "\\g")
        return Token(PUNCTUATION if ends else STRAY, ";" if ends else raw, "", start)
    return Token(_PLAIN.get(kind, PUNCTUATION), raw, "", start)


def _unfinished(text: str, position: int) -> None:
    opening = text[position]
    if opening in "'\"`[":
        raise LexicalFault(f"a quote opened by {opening} never ends", position)
    if text.startswith("/*", position):
        raise LexicalFault("a comment never ends", position)


_COMPOUND: Final = frozenset(("TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"))
_BLOCK_WORDS: Final = frozenset(("IF", "LOOP", "WHILE", "REPEAT", "CASE"))
#: After these a BEGIN is the name of something.
_BEFORE_NAME: Final = frozenset(
    (
        "TRIGGER",
        "PROCEDURE",
        "FUNCTION",
        "EVENT",
        "EXISTS",
        "ON",
        "OF",
        "FOLLOWS",
        "PRECEDES",
        "RETURNS",
        "FROM",
        "INTO",
    )
)
#: What can follow a BEGIN that opens a block inside a body.
_STATEMENT_WORDS: Final = frozenset(
    ("SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "SET", "DECLARE", "IF", "CASE", "WHILE", "LOOP", "REPEAT",
     "BEGIN", "END", "CALL", "RETURN", "LEAVE", "ITERATE", "OPEN", "FETCH", "CLOSE", "SIGNAL", "RESIGNAL", "WITH",
     "DROP", "CREATE", "ALTER", "TRUNCATE", "COMMIT", "ROLLBACK", "START", "SAVEPOINT", "EXECUTE", "PREPARE", "DO")
)  # fmt: skip
_BEFORE_STATEMENT: Final = frozenset(("BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT"))


def _split(tokens: list[Token], dialect: str) -> list[list[Token]]:
    """Statements end at a semicolon, except inside the body of a trigger or stored program.

    A body is only ever closed early in doubt, never late: its rest is then read as statements that run.
    """
    found: list[list[Token]] = []
    current: list[Token] = []
    depth = 0
    compound = False
    for index, token in enumerate(tokens):
        if token.value == ";" and token.kind == PUNCTUATION:
            if depth and token.word != _ENDS_ALL:
                current.append(token)
                continue
            depth = 0
            if current:
                found.append(current)
            current, compound = [], False
            continue
        current.append(token)
        if not compound:
            compound = token.word in _COMPOUND and _is_program(current)
        elif token.word == "BEGIN":
            following = tokens[index + 1] if index + 1 < len(tokens) else token
            depth += _opens(current[-2], following, depth, dialect)
        elif token.word == "END" and depth and current[-2].value in (";",) + (("BEGIN",) if depth else ()):
            after = tokens[index + 1].word if index + 1 < len(tokens) else ""
            if dialect == "sqlite" or after not in _BLOCK_WORDS:
                depth -= 1
    if current:
        found.append(current)
    return found


def _is_program(head: list[Token]) -> bool:
    """Whether a statement that has come as far as TRIGGER, PROCEDURE, FUNCTION or EVENT makes one."""
    words = [token.word for token in head]
    if words[0] != "CREATE":
        return False
    plain = all(word in ("CREATE", "TEMP", "TEMPORARY", "AGGREGATE") for word in words[:-1])
    return plain or (words[1] == "DEFINER" and len(words) <= 12)


def _opens(before: Token, following: Token, depth: int, dialect: str) -> bool:
    """Whether a BEGIN opens a body or a block in one, and is not a name: both servers let things be called `begin`."""
    if following.kind == PUNCTUATION and following.value in (".", "(", ",", ")", "="):
        return False
    if not depth:
        return before.word not in _BEFORE_NAME and before.value not in (".", ",", "(")
    if dialect == "sqlite" or not (before.value in (";", ":") or before.word in _BEFORE_STATEMENT):
        return False
    return following.word in _STATEMENT_WORDS or following.value == ";"


def rewrite(tokens: Sequence[Token], dialect: str) -> str:
    """These tokens as text that has one reading only, for sqlglot."""
    parts: list[str] = []
    for token in tokens:
        if token.kind == TEXT:
            value = token.value.replace("'", "''")
            parts.append("'" + (value.replace("\\", "\\\\") if dialect == "mysql" else value) + "'")
        elif token.kind == QUOTED:
            parts.append("`" + token.value.replace("`", "``") + "`")
        elif token.kind == VARIABLE and dialect == "sqlite":
            name = "".join(one if one.isascii() and one.isalnum() else f"_{ord(one)}_" for one in token.value)
            parts.append("?" if token.value == "?" else f":v{name}")
        elif token.value == "->":
            parts.append("->>")  # in the arguments of a function sqlglot would take the other for a lambda
        else:
            parts.append(token.value)
    return " ".join(parts)
