"""Commands of the sqlite3 shell: lines that begin with a dot where a statement could begin."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.model.change import Trait
from interlock.read.sql.glot.reading import Reading

_ON_CLIENT: Final[tuple[Trait, ...]] = ("leaves-target", "not-transactional")
_WORD: Final = re.compile(r"\.([A-Za-z0-9_]+)(?:\s+|$)")


class Shell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of the shell's commands."""

    about: str
    quiet: frozenset[str]  # that do nothing to a database
    programs: frozenset[str]
    reads: frozenset[str]  # that read everything
    writes_files: frozenset[str]
    unknown: dict[str, str]  # why a command is unknown


@cache
def shell() -> Shell:
    """The knowledge of the shell's commands."""
    file = Path(__file__).parent.with_name("knowledge") / "sqlite_commands.json"
    return msgspec.json.decode(file.read_bytes(), type=Shell)


def command(reading: Reading, line: str) -> None:
    """What one line does that begins with a dot."""
    known = shell()
    found = _WORD.match(line)
    name = found[1] if found else ""
    words = line[found.end() :].split() if found else []
    if name in known.programs or any(word.startswith("|") for word in words):
        what = "runs a program where the shell is"
        reading.cannot_tell(f".{name}", what, kind="program", traits=("leaves-target", "runs-code"))
        reading.add(
            "execute", "program", " ".join(words) or "shell", f".{name} {what}", aspect="process",
            traits=("leaves-target", "runs-code", "not-transactional"),
        )  # fmt: skip
    elif name in known.quiet:
        reading.add("read", "session", f".{name}", "a command of the shell that only shows or sets how it shows")
    elif name in known.reads:
        reading.add("read", "database", "main", f".{name} reads everything", choice="all")
    elif name in known.writes_files and words:
        if words[-1] not in ("stdout", "off"):
            reading.add("create", "file", words[-1], f".{name} writes a file", traits=_ON_CLIENT)
        else:
            reading.add("read", "session", f".{name}", "a command of the shell that only shows or sets how it shows")
    elif name == "import" and len(words) == 2 and not any(mark in line for mark in "'\"\\"):
        reading.add("read", "file", words[0], ".import reads a file", traits=("leaves-target",))
        reading.add("create", "table", reading.named([words[1]]), ".import: rows of a file")
    else:
        reading.cannot_tell(f".{name}", known.unknown.get(name, "a command of the sqlite3 shell"))
