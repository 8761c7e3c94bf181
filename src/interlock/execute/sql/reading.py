"""Reading: a script that was judged to only look runs where it cannot write, whatever its text was taken for.

The connection is opened read-only, told `query_only`, and fenced against everything but SELECT; any one of the three
would do. Results are bounded by rows, bytes and SQLite's own instruction count.
"""

from __future__ import annotations

import apsw

from interlock.errors import TargetError
from interlock.execute.sql.apply import failed
from interlock.execute.sql.budget import READ_INSTRUCTIONS, by_instructions
from interlock.execute.sql.fence import Fence
from interlock.execute.sql.output import OUTPUT_BYTES, Output, run
from interlock.execute.sql.place import Place, is_worldly, opened, speaking
from interlock.execute.sql.statements import statements
from interlock.model.change import Change


def only_reads(change: Change) -> bool:
    """Whether the change was read as one that only looks; anything unknown is taken for writing."""
    return change.fully_known and all(effect.verb == "read" for effect in change.effects)


def read(place: Place, script: str) -> Output:
    """Run the script and give what it returned; TargetError when it does not run or is too much."""
    output = Output()
    fence = Fence(read_only=True)
    with opened(place, write=False) as connection, speaking(place):
        connection.limit(apsw.SQLITE_LIMIT_LENGTH, OUTPUT_BYTES)
        by_instructions(READ_INSTRUCTIONS, "the read").watch(connection)
        try:
            connection.execute("BEGIN")  # one picture of the database for all statements
            for statement in statements(connection, script, fence):
                run(connection, statement, fence, output)
        except apsw.InterruptError as error:
            raise TargetError("the read is too long", hint="ask for less; nothing was done", code="too-long") from error
        except apsw.Error as error:
            if is_worldly(error):
                raise
            raise failed(str(error)) from error
    return output


def check(place: Place, script: str) -> None:
    """Each statement is prepared where it will run; TargetError with code `failed` when one cannot be."""
    fence = Fence(read_only=True)
    with opened(place, write=False) as connection, speaking(place):
        try:
            for _ in statements(connection, script, fence):
                pass
        except apsw.Error as error:
            if is_worldly(error):
                raise
            raise failed(str(error)) from error
