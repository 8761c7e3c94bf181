"""Call: what a request means: which operation of which service, with which parameters."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

#: A parameter's value, as botocore would take it; blobs are bytes, timestamps are text as it came.
Parameter: TypeAlias = "bool | int | float | str | bytes | list[Parameter] | dict[str, Parameter] | None"

#: Services whose API is a part of another's: the same operations, at the same endpoint, of the same things.
PART_OF: Final = {"docdb": "rds", "neptune": "rds"}


class Call(NamedTuple):
    """One operation. `service` is botocore's name for it (`rds`), `operation` its operation (`DeleteDBInstance`).

    `siblings` are other services that share this very API and operation (rds, docdb, neptune). `unread` says, in words,
    what of the request was not understood; with anything in it the call is unknown. An operation that nobody knows is
    an empty one.
    """

    service: str
    operation: str
    region: str = ""
    account: str = ""
    parameters: dict[str, Parameter] = {}  # noqa: RUF012 - a default of a tuple; nobody writes into it
    siblings: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`rds:DeleteDBInstance`."""
        return f"{self.service}:{self.operation}"
