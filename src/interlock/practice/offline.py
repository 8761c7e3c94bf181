"""The ledger verified as a stranger would: from a copy, with nothing but the key that was kept; and an edited copy."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from interlock.ledger.audit import Report, verify
from interlock.ledger.keys import load_verifier
from interlock.model.case import Case


class Checked(NamedTuple):
    """The ledger verified from a copy, with nothing but the key that was kept; and the same copy, edited."""

    copy: Path
    honest: Report
    edited: Report
    edit: str


def check(folder: Path, denied: Case) -> Checked:
    """Verify a copy of the ledger of `folder/home`, and once more after a denial in it was edited to allow."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    copy, edited = elsewhere / "ledger.db", elsewhere / "edited.db"
    shutil.copyfile(folder / "home" / "ledger.db", copy)
    shutil.copyfile(copy, edited)
    key = str(load_verifier(folder / "home" / "keys" / "ledger.key.pub"))
    edit = _edit(edited, denied)
    return Checked(copy, verify(copy, vkey=key), verify(edited, vkey=key), edit)


def _edit(copy: Path, denied: Case) -> str:
    """Turn the recorded denial into an allow, as somebody with the file and a grudge would."""
    with closing(sqlite3.connect(copy)) as connection, connection:
        rows = connection.execute(
            "SELECT idx, data FROM entries WHERE stream = ? ORDER BY idx", (f"case/{denied.id}",)
        ).fetchall()
        for index, data in rows:
            if b'"outcome":"deny"' in data:
                forged = data.replace(b'"outcome":"deny"', b'"outcome":"allow"')
                connection.execute("UPDATE entries SET data = ? WHERE idx = ?", (forged, index))
                return f"entry {index}: deny -> allow"
    return "nothing"
