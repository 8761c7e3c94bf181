"""Whole runs of the real command, held to golden transcripts; what differs from run to run is normalised.

A transcript is a text file. `$ interlock …` runs the command, and what follows is what it said and, when it is not 0,
its exit status. `% shop N` builds the practice shop, `% write FILE TEXT`, `% append FILE TEXT` and `% secret FILE TEXT`
make files (`\\n` is a line end), `% sql FILE TEXT` is somebody else at the database, `% cut FILE` takes the last entry
of an export, `% plan NAME` takes one of tests/plans. Cases are called CASE0001, CASE0002, … in the order in which they
appear.

`UPDATE_TRANSCRIPTS=1 make test` writes them anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copy

import pytest

from interlock.practice import shop
from interlock.testing.process import Process

TRANSCRIPTS = sorted(Path(__file__).parent.glob("*.txt"))
CASE = re.compile(r'^(?:case {8}|  "case": ")([0-9a-z]{8})\b', re.M)

#: What differs from run to run, each kept as wide as it was so that tables stay as they are.
NORMAL = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "0000-00-00T00:00:00Z"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "d" * 64),
    (re.compile(r"([\w.]+/ledger)\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44}"), r"\1+VERIFIER+KEY"),
    (re.compile(r"[A-Za-z0-9+/]{43}="), "K" * 43 + "="),
)


class Player:
    """Plays the lines of a transcript in a folder and gives back what it should say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.interlock = Process(folder)
        self.cases: list[str] = []

    def play(self, text: str) -> Iterator[str]:
        for line in text.splitlines():
            if line.startswith("#") or not line:
                yield line
            elif line.startswith("% "):
                self.prepare(line[2:])
                yield line
            elif line.startswith("$ "):
                yield line
                yield from self.run(line[2:])

    def prepare(self, line: str) -> None:
        verb, name, *rest = line.split(" ", 2)
        text = rest[0].replace("\\n", "\n") if rest else ""
        path = self.folder / name
        if verb == "shop":
            shop.build(self.folder / "shop.db", int(name))
        elif verb == "write":
            path.write_text(text)
        elif verb == "append":
            path.write_text(path.read_text() + text)
        elif verb == "secret":
            path.touch(mode=0o600)
            path.write_text(text)
        elif verb == "sql":
            with closing(sqlite3.connect(path)) as connection, connection:
                connection.execute(text)
        elif verb == "plan":
            copy(Path(__file__).parents[1] / "plans" / name, path)
        elif verb == "cut":
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join([*lines[:-2], lines[-1]]))
        else:
            raise AssertionError(f"`{line}` is nothing that a transcript does")

    def run(self, line: str) -> Iterator[str]:
        words = shlex.split(line)
        assert words[0] == "interlock", line
        known = {f"CASE{number:04}": case for number, case in enumerate(self.cases, 1)}
        ran = self.interlock(*(known.get(word, word) for word in words[1:]))
        yield from self.normal(ran.out)
        yield from self.normal(ran.err)
        if ran.status:
            yield f"[exit {ran.status}]"

    def normal(self, text: str) -> Iterator[str]:
        self.cases += [case for case in CASE.findall(text) if case not in self.cases]
        for number, case in enumerate(self.cases, 1):
            text = text.replace(case, f"CASE{number:04}")
        text = text.replace(str(self.folder), "HERE")
        for pattern, word in NORMAL:
            text = pattern.sub(word, text)
        for line in text.splitlines():
            # Marked, so that nothing that is said can be taken for a line that is played.
            yield f"| {line}".rstrip()


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_command_says_what_the_transcript_says(path: Path, tmp_path: Path) -> None:
    wanted = path.read_text(encoding="utf-8")

    played = "\n".join(Player(tmp_path).play(wanted)) + "\n"

    if os.environ.get("UPDATE_TRANSCRIPTS"):
        path.write_text(played, encoding="utf-8")
    assert wanted == played


def test_there_are_transcripts() -> None:
    assert TRANSCRIPTS
