"""Beside: a plan's JSON and the configuration that lies next to it, put together as one payload that is only judged.

A plan's JSON leaves out locals and lifecycle. Where its source is at hand, both travel in the form of a plan package,
without the saved plan: it can be read, and never executed. Which folder is which module is told by what the tool itself
wrote down (`.terraform/modules/modules.json`), and else by the local sources that the configuration names.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from interlock.errors import BadProposal
from interlock.read.terraform.hcl import is_configuration, read_hcl
from interlock.read.terraform.package import CONFIG, MANIFEST, PLAN

MODULES: Final = ".terraform/modules/modules.json"
#: Modules that are looked for at most, and how deep they may stand in one another.
MAX_MODULES: Final = 10_000
MAX_DEPTH: Final = 100

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class _Module(msgspec.Struct, rename="pascal"):
    """One row of what the tool wrote down: `Key` is the path of calls, `Dir` the folder."""

    key: str
    dir: str


class _Modules(msgspec.Struct, rename="pascal"):
    modules: tuple[_Module, ...] = ()


def beside(plan: bytes, files: Mapping[str, bytes]) -> bytes:
    """The payload of a plan with its source. `files` are those of the folder by their path in it. BadProposal."""
    members = {MANIFEST: b'{"format":1}', PLAN: plan}
    for address, folder in _modules(files):
        for name in _files_in(folder, files):
            members[f"{CONFIG}{address}/{name.rpartition('/')[2]}"] = files[name]
    if len(members) == 2:
        raise BadProposal("there is no configuration in the source", hint="name the root module", code="empty")
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return whole.getvalue()


def _modules(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """The address of each module, and its folder: `.` and the empty text for the root."""
    if MODULES in files:
        try:
            listed = msgspec.json.decode(files[MODULES], type=_Modules).modules
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadProposal("cannot be understood", where=MODULES, hint="run `terraform init` again") from error
        for module in listed[:MAX_MODULES]:
            named = [f"module.{call}" for call in module.key.split(".") if call]
            there = posixpath.normpath(module.dir.replace("\\", "/"))
            yield ".".join(named) or ".", "" if there == "." else there
        return
    waiting: list[tuple[tuple[str, ...], str]] = [((), "")]
    seen = 0
    while waiting and seen < MAX_MODULES:
        calls, folder = waiting.pop()
        seen += 1
        yield ".".join(f"module.{call}" for call in calls) or ".", folder
        if len(calls) < MAX_DEPTH:
            waiting += [((*calls, call), inner) for call, inner in _called(folder, files)]


def _called(folder: str, files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """The modules that those of a folder call by a local path; what else they call, the plan itself speaks of."""
    for name in _files_in(folder, files):
        for block in read_hcl(name, files[name]).blocks:
            source = block.literal("source") if block.type == "module" and len(block.labels) == 1 else None
            if isinstance(source, str) and source.startswith(("./", "../")):
                inner = posixpath.normpath(posixpath.join(folder, source))
                yield block.labels[0], "" if inner == "." else inner


def _files_in(folder: str, files: Mapping[str, bytes]) -> list[str]:
    return [name for name in sorted(files) if posixpath.dirname(name) == folder and is_configuration(name)]
