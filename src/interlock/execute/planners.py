"""The table of planners: for which kinds of target a plan is made of what is proposed. Imported only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypedDict

from interlock.errors import BadProposal
from interlock.execute.planner import Planner
from interlock.model.target import Target


class Parts(TypedDict, total=False):
    """How a folder is planned, see `packed`."""

    only: Sequence[str]
    replace: Sequence[str]
    destroy: bool


def planner_for(target: Target | None, payload: bytes | None = None) -> Planner | None:
    """The planner of a target's kind; None where what is proposed is itself what is executed.

    Without a payload: the one that any payload there could be planned by.
    """
    make = PLANNERS.get(target.kind) if target is not None else None
    planner = make() if make is not None else None
    return planner if planner is None or payload is None or planner.takes(payload) else None


def packed(
    kind: str, directory: Path, *, only: Sequence[str] = (), replace: Sequence[str] = (), destroy: bool = False
) -> bytes:
    """What stands in a folder as the payload of a proposal of this kind. BadProposal where a kind takes no folder.

    `only`, `replace` and `destroy` say how it is to be planned, where a kind can be asked so.
    """
    if only or replace or destroy:
        if kind != "terraform":
            raise BadProposal(
                f"a proposal of kind `{kind}` is not planned in parts", hint="leave out --only, --replace, --destroy"
            )
        from interlock.execute.terraform import source
        from interlock.execute.terraform.wishes import Wishes

        return source.pack(directory, Wishes(tuple(only), tuple(replace), destroy))
    make = PLANNERS.get(kind.partition(":")[0])
    if make is None:
        raise BadProposal(f"a proposal of kind `{kind}` is a file, not a folder", where=str(directory))
    return make().pack(directory)


def payload_at(
    kind: str, path: Path, *, only: Sequence[str] = (), replace: Sequence[str] = (), destroy: bool = False
) -> bytes:
    """What stands at a path: a folder as `packed`, or the bytes of a file, which BadProposal refuses in parts."""
    if path.is_dir():
        return packed(kind, path, only=only, replace=replace, destroy=destroy)
    if only or replace or destroy:
        raise BadProposal("only the folder of a root module is planned in parts", where=str(path))
    return path.read_bytes()


def _aws() -> Planner:
    from interlock.execute.aws.stacks import StackPlanner

    return StackPlanner()


def _terraform() -> Planner:
    from interlock.execute.terraform.plan import TerraformPlanner

    return TerraformPlanner()


PLANNERS: Final[dict[str, Callable[[], Planner]]] = {
    "aws": _aws,
    "terraform": _terraform,
}
