"""The table of executors: which one executes on which kind of target. Imported only when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from interlock.errors import BadConfiguration
from interlock.execute.executor import Executor
from interlock.model.target import Target


def executor_for(target: Target) -> Executor:
    """The executor of a target's kind; a kind without one is BadConfiguration that lists the known ones."""
    make = EXECUTORS.get(target.kind)
    if make is None:
        raise BadConfiguration(
            f"nothing can be executed on a target of kind `{target.kind}`",
            where=f"target `{target.name}`",
            hint=f"known kinds: {', '.join(sorted(EXECUTORS))}",
        )
    return make()


def _sqlite() -> Executor:
    from interlock.execute.sql.sqlite import SqliteExecutor

    return SqliteExecutor()


def _terraform() -> Executor:
    from interlock.execute.terraform.terraform import TerraformExecutor

    return TerraformExecutor()


def _aws() -> Executor:
    from interlock.execute.aws.aws import AwsExecutor

    return AwsExecutor()


EXECUTORS: Final[dict[str, Callable[[], Executor]]] = {
    "aws": _aws,
    "sql:sqlite": _sqlite,
    "terraform": _terraform,
}
