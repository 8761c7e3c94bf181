"""Package: what the planner makes of a source, as docs/plan-package.md lays it down, and what of it is applied."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from interlock.errors import BadProposal, TargetError
from interlock.execute.terraform.workshop import OVERRIDE
from interlock.ledger.entry import MAX_DATA
from interlock.model.planned import Identity

HEAD: Final = "interlock-plan.json"
PLAN: Final = "plan.json"
SAVED: Final = "plan.tfplan"
GRAPH: Final = "graph.dot"
SOURCE: Final = "source.tar"
MAX_MEMBERS: Final = 20_000
MAX_UNPACKED: Final = 1024**3
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the record knew of the target's state before."""

    lineage: str
    serial: int
    workspace: str
    resources: int


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`interlock-plan.json`."""

    format: Literal[1]
    tool: str
    version: str
    workspace: str
    lineage: str
    serial: int
    resources: int
    previous: Known | None
    arguments: tuple[str, ...]
    source: str
    lock: str
    providers: dict[str, str]

    @property
    def identity(self) -> Identity:
        return Identity(self.lineage, self.serial, self.workspace, self.resources)


class Package(NamedTuple):
    """An opened package: what is needed to apply it."""

    head: Head
    plan: bytes
    saved: bytes
    source: bytes


def pack(head: Head, plan: bytes, saved: bytes, graph: bytes, source: bytes) -> bytes:
    """The bytes of a package: equal parts give equal bytes. TargetError when it is larger than the vault takes."""
    members = {HEAD: msgspec.json.encode(head), PLAN: plan, SAVED: saved, SOURCE: source, **_configuration(saved)}
    if graph:
        members[GRAPH] = graph
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, members[name])
    content = whole.getvalue()
    if len(members) > MAX_MEMBERS or sum(map(len, members.values())) > MAX_UNPACKED or len(content) > MAX_DATA:
        raise TargetError("the plan is too large to be kept", hint="split the configuration", code="too-much")
    return content


def unpack(payload: bytes) -> Package:
    """A package of ours. BadProposal for anything else: a plan from elsewhere is judged, and never applied."""
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
                raise ValueError("beyond its bounds")
            head = msgspec.json.decode(archive.read(HEAD), type=Head)
            package = Package(head, archive.read(PLAN), archive.read(SAVED), archive.read(SOURCE))
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, msgspec.MsgspecError) as error:
        raise BadProposal(
            "this is no plan of ours", hint="propose the configuration's folder", code="no-plan"
        ) from error
    if hashlib.sha256(package.source).hexdigest() != head.source:
        raise BadProposal("this plan holds another source than it was made of", code="no-plan")
    return package


def is_package(payload: bytes) -> bool:
    return payload[:2] == b"PK"


def _configuration(saved: bytes) -> Mapping[str, bytes]:
    """The configuration that a saved plan carries, by module. Ours, which says where the state is, is left out."""
    found: dict[str, bytes] = {}
    for name, content in members_of(saved).items():
        parts = name.split("/")
        if len(parts) == 3 and parts[0] == "tfconfig" and parts[1].startswith("m-") and parts[2] != OVERRIDE:
            calls = [call for call in parts[1].removeprefix("m-").split(".") if call]
            module = ".".join(f"module.{call}" for call in calls) or "."
            found[f"config/{module}/{parts[2]}"] = content
    return found


def members_of(saved: bytes) -> dict[str, bytes]:
    """What a saved plan consists of. TargetError where it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(saved)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
                raise ValueError("beyond its bounds")
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError) as error:
        raise TargetError("the tool's saved plan cannot be opened", code="tool") from error


class Deeds(NamedTuple):
    """What a plan does: the actions by address; what moves, by its address afterwards; what comes under management."""

    actions: dict[str, tuple[str, ...]]
    moved: dict[str, str]
    imported: frozenset[str]

    @property
    def touched(self) -> set[str]:
        """Every address that anything happens to, the old ones of what moves among them."""
        return {*self.actions, *self.moved, *self.moved.values(), *self.imported}


def deeds(plan: bytes) -> Deeds:
    """Everything that a plan JSON would do to what is managed."""
    actions = changes(plan)
    listed = [each for each in json.loads(plan).get("resource_changes", ()) if each["mode"] == "managed"]
    moved = {each["address"]: each["previous_address"] for each in listed if each.get("previous_address")}
    imported = frozenset(each["address"] for each in listed if each["change"].get("importing"))
    return Deeds(actions, moved, imported)


def changes(plan: bytes) -> dict[str, tuple[str, ...]]:
    """The actions on each resource that a plan JSON would change, by address, deposed objects included."""
    try:
        told = json.loads(plan)
        listed = [(each["address"], each.get("deposed", ""), tuple(each["change"]["actions"]), each["mode"])
                  for each in told.get("resource_changes", ())]  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise TargetError("the tool's plan cannot be understood", code="tool") from error
    return {
        f"{address} (deposed {deposed})" if deposed else address: actions
        for address, deposed, actions, mode in listed
        if mode == "managed" and actions not in (("no-op",), ("read",))
    }
