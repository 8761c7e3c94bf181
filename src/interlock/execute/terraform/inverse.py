"""Inverse: the way back of an applied plan: which plan it is, whether it may be applied, and what trying it showed.

The rules of this room: the way back is what the tool plans when the configuration from before is put back; where a
change only creates, it is the destroying of exactly that. It is refused when it would destroy, or make anew, anything
that the change did not itself create, and when it would touch anything that the change did not touch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from interlock.errors import InterlockError
from interlock.execute.terraform import source
from interlock.execute.terraform.hypothesis import after
from interlock.execute.terraform.keep import applied
from interlock.execute.terraform.package import Package, changes
from interlock.execute.terraform.plan import make
from interlock.execute.terraform.progress import listed
from interlock.execute.terraform.setting import Setting
from interlock.execute.terraform.workshop import furnished, prepare
from interlock.model.inventory import RollbackProof

Actions = Mapping[str, tuple[str, ...]]

UNKNOWN: Final = "the configuration that was applied before is not known to Interlock"
MAX_STEPS: Final = 50


class Way(NamedTuple):
    """How to plan the way back: of which files, with which arguments of the tool."""

    files: dict[str, bytes]
    arguments: tuple[str, ...]


def way_back(package: Package, before: bytes | None) -> Way | None:
    """The way back of this plan; `before` is the source that was applied before it. None where there is none."""
    does = changes(package.plan)
    if before is not None:
        return Way(source.unpack(before), ())
    if does and all(actions == ("create",) for actions in does.values()):
        targets = tuple(f"-target={address}" for address in sorted(does))
        return Way(source.unpack(package.source), ("-destroy", *targets))
    return None


def objection(does: Actions, back: Actions) -> str:
    """Why this way back may not be gone, in words; empty when it may."""
    created = {address for address, actions in does.items() if "create" in actions}
    destroying = sorted(address for address, actions in back.items() if "delete" in actions and address not in created)
    if destroying:
        return f"it would destroy, or make anew, what the change did not create: {listed(destroying)}"
    others = sorted(back.keys() - does.keys())
    if others:
        return f"it would touch what the change did not touch: {listed(others)}"
    odd = sorted(address for address, actions in back.items() if not {"create", "update", "delete"} & set(actions))
    return f"it would do more than change them: {listed(odd)}" if odd else ""


def tried(setting: Setting, package: Package, state: bytes) -> RollbackProof:
    """The way back, planned by the tool on the state as it would be when the plan has been applied."""
    does = changes(package.plan)
    if not does:
        return RollbackProof("none-needed")
    way = way_back(package, applied(setting, package.head.identity))
    if way is None:
        return RollbackProof("unknown", why=UNKNOWN)
    try:
        with furnished(setting, way.files, state=after(state, package.plan)) as workshop:
            prepare(workshop)
            back = changes(make(workshop, "-refresh=false", *way.arguments).plan)
    except InterlockError as error:
        return RollbackProof("unknown", why=f"the way back could not be tried: {error.message}")
    steps = [f"{' and '.join(actions)} `{address}`" for address, actions in sorted(back.items())]
    steps = [*steps[:MAX_STEPS], *([f"and {len(steps) - MAX_STEPS:,} more"] if len(steps) > MAX_STEPS else [])]
    if why := objection(does, back):
        return RollbackProof("invalid", simulated=True, steps=tuple(steps), why=why)
    missing = sorted(address for address in does if address not in back)
    if missing:
        return RollbackProof("unknown", steps=tuple(steps), why=f"it would not bring back {listed(missing)}")
    anew = sorted(address for address, actions in does.items() if "delete" in actions)
    if anew:
        why = f"what is destroyed comes back without what was in it: {listed(anew)}"
        return RollbackProof("valid-with-loss", simulated=True, steps=tuple(steps), why=why)
    return RollbackProof("valid", simulated=True, steps=tuple(steps))
