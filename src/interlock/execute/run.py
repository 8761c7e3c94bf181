"""Drives any executor: passes its steps to the road, in the order that the state table allows, and adds nothing.

The road records each `about` step durably before it asks for the next one; only then the executor goes on. Whatever
goes wrong (here, in the executor, or on the road), the executor's generator is closed, which takes back what it has
not committed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing

from interlock.errors import InterlockError, TargetError
from interlock.execute.stages import START, advance, finish
from interlock.model.execution import Step


def drive(steps: Iterator[Step]) -> Generator[Step]:
    """The steps of one purpose, as `execute`, `undo` or `close` of an executor gives them.

    Errors are InterlockError only: what an executor did not foresee is TargetError, and whether the step that was
    said took effect is for `look` to tell.
    """
    position = START
    with closing(_own(steps)) as own:
        for step in own:
            position = advance(position, step)
            yield step
    finish(position)


def _own(steps: Iterator[Step]) -> Generator[Step]:
    """The executor's own generator; it is closed with this one, and its surprises become TargetError."""
    try:
        if isinstance(steps, Generator):
            with closing(steps):
                yield from steps
        else:
            yield from steps
    except InterlockError:
        raise
    except Exception as error:  # the edge to a driver: nothing of it may pass as if it were ours
        raise TargetError(
            f"the executor failed: {type(error).__name__}: {error}",
            hint="look at the target to see whether the step took effect",
            code="executor-failed",
        ) from error
