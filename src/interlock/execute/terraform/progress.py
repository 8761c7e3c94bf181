"""Progress: what an apply says of itself, line by line: what began, what is done, what failed, and whether it ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from interlock.execute.terraform.tool import Diagnostic, Line

#: Data sources and provisioners say when they begin and end as well; only what changes a resource is counted.
_BEGINS, _ENDS, _FAILS = "apply_start", "apply_complete", "apply_errored"


class Progress(NamedTuple):
    """`done` are addresses in the order in which they were done; one that is replaced is done when both halves are.

    `open` began and has not ended. `complete`: the tool said that it did all of it. `error` is its first one.
    """

    done: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    complete: bool = False
    error: Diagnostic | None = None


def progress(lines: Iterable[Line]) -> Progress:
    """What these lines say together."""
    halves: dict[str, int] = {}
    done: list[str] = []
    complete, error = False, None
    for line in lines:
        if line.type == "change_summary":
            complete = complete or line.changes.get("operation") == "apply"
        if line.diagnostic is not None and line.diagnostic.severity == "error" and error is None:
            error = line.diagnostic
        resource = line.hook.get("resource")
        if not isinstance(resource, dict) or line.type not in (_BEGINS, _ENDS, _FAILS):
            continue
        address = str(resource.get("addr", ""))
        halves[address] = halves.get(address, 0) + (1 if line.type == _BEGINS else -1)
        if line.type == _ENDS and address not in done:
            done.append(address)
        elif line.type == _FAILS and address in done:
            done.remove(address)  # its first half was done: it is gone, and the new one is not there
    unfinished = tuple(address for address, count in halves.items() if count > 0)
    return Progress(tuple(done), unfinished, complete and error is None, error)


def listed(addresses: Iterable[str], most: int = 20) -> str:
    """These addresses in words; of many, the first ones and how many more."""
    names = [f"`{address}`" for address in addresses]
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
