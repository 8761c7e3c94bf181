"""The door to the SQL reader: bytes to text, the dialect's reader, and the change that they make."""

from __future__ import annotations

import codecs
from typing import Final

from interlock.errors import BadProposal
from interlock.read.reader import Reading

#: Larger payloads are refused unread.
MAX_BYTES: Final = 16 * 1024 * 1024
DIALECTS: Final = ("postgres", "mysql", "sqlite")


class SqlReader:
    """Reads SQL scripts. The dialect is never guessed: none given means the first one."""

    dialects: tuple[str, ...] = DIALECTS

    def __call__(self, payload: bytes, dialect: str, environment: str) -> Reading:
        dialect = dialect or self.dialects[0]
        if dialect not in self.dialects:
            raise BadProposal(
                f"there is no SQL dialect `{dialect}`",
                hint=f"one of {', '.join(self.dialects)}",
                code="unknown-dialect",
            )
        text = decoded(payload)
        if dialect == "postgres":
            from interlock.read.sql.postgres.reader import read as read_postgres

            script = read_postgres(text, environment)
        else:
            from interlock.read.sql.glot.reader import read as read_glot

            script = read_glot(text, dialect, environment)
        return Reading(script.change(f"sql:{dialect}"))


def decoded(payload: bytes) -> str:
    """The text of a payload: UTF-8 without NUL, a byte order mark stripped. BadProposal says where it is not."""
    if len(payload) > MAX_BYTES:
        raise BadProposal(
            f"the script has {len(payload)} bytes; at most {MAX_BYTES} are read",
            hint="propose it in parts",
            code="too-large",
        )
    raw = payload.removeprefix(codecs.BOM_UTF8)
    zero = raw.find(b"\0")
    if zero >= 0:
        raise BadProposal("a NUL byte stands in the script", where=f"byte {zero}", code="not-text")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadProposal(
            "the script is not UTF-8", where=f"byte {error.start}", hint="save it as UTF-8", code="not-text"
        ) from None
    if not text.strip():
        raise BadProposal("there is nothing to do: the script is empty", code="empty")
    return text


reader: Final = SqlReader()
