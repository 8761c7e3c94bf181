"""Inverse: the way back of an applied plan: which plan it is, whether it may be applied, and what trying it showed.

The rules of this room: the way back is what the tool plans when the configuration from before is put back; where a
change only creates, it is the destroying of exactly that. What moved moves back, and what came under management is
only forgotten again: beside the configuration from before stands a file of ours that says so. The way back is refused
when it would destroy, or make anew, anything that the change did not itself create, and when it would touch anything
that the change did not touch.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from interlock.errors import InterlockError
from interlock.execute.terraform import source
from interlock.execute.terraform.hypothesis import after
from interlock.execute.terraform.keep import applied
from interlock.execute.terraform.package import Deeds, Package, deeds
from interlock.execute.terraform.plan import make
from interlock.execute.terraform.progress import listed
from interlock.execute.terraform.setting import Setting
from interlock.execute.terraform.workshop import furnished, prepare
from interlock.model.inventory import RollbackProof

UNKNOWN: Final = "the configuration that was applied before is not known to Interlock"
MAX_STEPS: Final = 50
#: The file that says what moves back and what is forgotten.
BACK: Final = "interlock_way_back.tf"
FORGET: Final = ("forget",)
#: The key of an instance in an address; a `removed` block takes none.
_KEY: Final = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


class Way(NamedTuple):
    """How to plan the way back: of which files, with which arguments of the tool."""

    files: dict[str, bytes]
    arguments: tuple[str, ...]


def way_back(package: Package, before: bytes | None) -> Way | None:
    """The way back of this plan; `before` is the source that was applied before it. None where there is none."""
    does = deeds(package.plan)
    if before is not None:
        files = source.unpack(before)
        return Way({**files, **_blocks(does)}, ()) if BACK not in files else None
    if does.touched and all(does.actions.get(address) == ("create",) for address in does.touched):
        targets = tuple(f"-target={address}" for address in sorted(does.actions))
        return Way(source.unpack(package.source), ("-destroy", *targets))
    return None


def _blocks(does: Deeds) -> dict[str, bytes]:
    """The file beside the configuration from before, if there is one. Addresses are as the tool itself wrote them."""
    moves = [f"moved {{\n  from = {new}\n  to   = {old}\n}}\n" for new, old in sorted(does.moved.items())]
    parts = sorted({_KEY.sub("", address) for address in does.imported})
    forgets = [f"removed {{\n  from = {part}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n" for part in parts]
    return {BACK: "".join([*moves, *forgets]).encode()} if moves or forgets else {}


def objection(does: Deeds, back: Deeds) -> str:
    """Why this way back may not be gone, in words; empty when it may."""
    created = {address for address, actions in does.actions.items() if "create" in actions}
    created |= {does.moved[address] for address in created & does.moved.keys()}
    destroying = sorted(
        address for address, actions in back.actions.items() if "delete" in actions and address not in created
    )
    if destroying:
        return f"it would destroy, or make anew, what the change did not create: {listed(destroying)}"
    others = sorted(back.touched - does.touched)
    if others:
        return f"it would touch what the change did not touch: {listed(others)}"
    odd = sorted(
        address
        for address, actions in back.actions.items()
        if not {"create", "update", "delete"} & set(actions) and not (actions == FORGET and address in does.imported)
    )
    odd += sorted(back.imported)
    return f"it would do more than change them: {listed(odd)}" if odd else ""


def tried(setting: Setting, package: Package, state: bytes) -> RollbackProof:
    """The way back, planned by the tool on the state as it would be when the plan has been applied."""
    does = deeds(package.plan)
    if not does.touched:
        return RollbackProof("none-needed")
    way = way_back(package, applied(setting, package.head.identity))
    if way is None:
        return RollbackProof("unknown", why=UNKNOWN)
    try:
        with furnished(setting, way.files, state=after(state, package.plan)) as workshop:
            prepare(workshop)
            back = deeds(make(workshop, "-refresh=false", *way.arguments).plan)
    except InterlockError as error:
        return RollbackProof("unknown", why=f"the way back could not be tried: {error.message}")
    steps = _steps(back)
    if why := objection(does, back):
        return RollbackProof("invalid", simulated=True, steps=steps, why=why)
    if missing := _missing(does, back):
        return RollbackProof("unknown", steps=steps, why=f"it would not bring back {listed(missing)}")
    anew = sorted(address for address, actions in does.actions.items() if "delete" in actions)
    if anew:
        why = f"what is destroyed comes back without what was in it: {listed(anew)}"
        return RollbackProof("valid-with-loss", simulated=True, steps=steps, why=why)
    return RollbackProof("valid", simulated=True, steps=steps)


def _steps(back: Deeds) -> tuple[str, ...]:
    steps = [f"{' and '.join(actions)} `{address}`" for address, actions in sorted(back.actions.items())]
    steps += [f"move `{old}` back to `{new}`" for new, old in sorted(back.moved.items())]
    return (*steps[:MAX_STEPS], *([f"and {len(steps) - MAX_STEPS:,} more"] if len(steps) > MAX_STEPS else []))


def _missing(does: Deeds, back: Deeds) -> list[str]:
    """What would not be as it was: what came under management and was changed as well only stops being managed."""
    left = {address for address in does.actions if does.moved.get(address, address) not in back.actions}
    left |= {new for new, old in does.moved.items() if back.moved.get(old) != new and old not in back.actions}
    left |= {each for each in does.imported if each in does.actions or back.actions.get(each) != FORGET}
    return sorted(left)
