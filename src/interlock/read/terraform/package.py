"""Package: a plan package opened in memory, with every bound checked on its directory before anything is unpacked.

The form is written down in docs/plan-package.md. What does not belong there makes the whole package refused: a second
member of one name, a path that leads elsewhere, a member that nobody asked for, more than the bounds allow.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from interlock.errors import BadProposal

if TYPE_CHECKING:
    import zipfile

MAX_MEMBERS: Final = 20_000
MAX_UNPACKED: Final = 1024 * 1024 * 1024
#: The directory of so many members with long names; a larger one is refused before it is looked through.
MAX_DIRECTORY: Final = 16 * 1024 * 1024
MAX_NAME: Final = 1_024
MANIFEST: Final = "interlock-plan.json"
PLAN: Final = "plan.json"
SAVED: Final = "plan.tfplan"
GRAPH: Final = "graph.dot"
SOURCE: Final = "source.tar"
CONFIG: Final = "config/"
FORMAT: Final = 1

_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_END: Final = struct.Struct("<4s4H2LH")
_ENCRYPTED: Final = 0x1
_ASK: Final = "let Interlock make it: `interlock propose --kind terraform DIR`"
_MADE: Final = re.compile(r"config/[^/]+/[^/]+\.(tf|tofu)(\.json)?")


class Previous(msgspec.Struct, frozen=True):
    """What the record knew of this target before: `resources` counts what was in its state, or names it."""

    lineage: str = ""
    serial: int = 0
    workspace: str = ""
    resources: int | tuple[str, ...] = 0

    @property
    def count(self) -> int:
        """How many resources were known."""
        return self.resources if isinstance(self.resources, int) else len(self.resources)


class Manifest(msgspec.Struct, frozen=True):
    """The member `interlock-plan.json`: by what the plan was made, for which state, and with which arguments."""

    format: int
    tool: str = "terraform"
    version: str = ""
    workspace: str = ""
    lineage: str = ""
    serial: int = 0
    previous: Previous | None = None
    arguments: tuple[str, ...] = ()
    source: str = ""
    lock: str = ""
    providers: dict[str, str] = {}

    @property
    def state(self) -> str:
        """What the state is called among others: its workspace, and the beginning of its lineage."""
        return "/".join(part for part in (self.workspace, self.lineage[:8]) if part)


class Package(NamedTuple):
    """A package that was opened. `config` is the configuration by path below `config/`."""

    manifest: Manifest
    plan: bytes
    config: Mapping[str, bytes]
    dot: bytes | None


def is_zip(payload: bytes) -> bool:
    """Whether these bytes say that they are a zip."""
    return payload[:4] in _MAGIC


def open_package(payload: bytes) -> Package:
    """The package that these bytes are. BadProposal for any other zip and for whatever is not in order."""
    import zipfile
    import zlib

    _bounded_directory(payload)
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            members = _members(archive)
            manifest = _manifest(archive.read(members[MANIFEST]))
            return Package(
                manifest,
                archive.read(members[PLAN]),
                {
                    name.removeprefix(CONFIG): archive.read(member)
                    for name, member in sorted(members.items())
                    if name.startswith(CONFIG)
                },
                archive.read(members[GRAPH]) if GRAPH in members else None,
            )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, ValueError, OSError) as error:
        raise _bad(f"the zip is cut off or broken: {error}") from None


def _bounded_directory(payload: bytes) -> None:
    """The count and size of the directory as the end of the zip says them, before anybody walks it."""
    at = payload.rfind(b"PK\x05\x06", max(0, len(payload) - _END.size - 0xFFFF))
    if at < 0 or at + _END.size > len(payload):
        raise _bad("the zip is cut off: it has no directory")
    _, disk, start_disk, here, total, size, _, _ = _END.unpack_from(payload, at)
    if disk or start_disk or here != total or payload.rfind(b"PK\x06\x06", 0, at) >= 0 or total == 0xFFFF:
        raise _bad("the zip has several parts or the large form, which no package has")
    if total > MAX_MEMBERS or size > MAX_DIRECTORY:
        raise _bad(f"the zip has {total:,} members; at most {MAX_MEMBERS:,} are read", "too-large")


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by name, each of them checked."""
    every = archive.infolist()
    names = [member.filename for member in every]
    if MANIFEST not in names:
        raise _foreign(names)
    if len(every) > MAX_MEMBERS or sum(member.file_size for member in every) > MAX_UNPACKED:
        raise _bad(f"the package would unpack to more than {MAX_UNPACKED:,} bytes", "too-large")
    for member in every:
        _member(member)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _bad(f"`{twice}` is in the package twice")
    if PLAN not in names:
        raise _bad(f"the package holds no `{PLAN}`")
    return {member.filename: member for member in every}


def _member(member: zipfile.ZipInfo) -> None:
    from zipfile import ZIP_DEFLATED, ZIP_STORED

    name, original = member.filename, member.orig_filename
    if name != original or len(name) > MAX_NAME or not name.isprintable() or "\\" in name:
        raise _bad(f"a member has a name that no package has: `{original[:80]!a}`")
    if name not in (MANIFEST, PLAN, SAVED, GRAPH, SOURCE) and (not _MADE.fullmatch(name) or ".." in name.split("/")):
        raise _bad(f"`{name}` does not belong in a package")
    if member.flag_bits & _ENCRYPTED or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise _bad(f"`{name}` is encrypted or packed in another way than deflate")
    if member.is_dir() or (member.external_attr >> 16) & 0o170000 not in (0, 0o100000):
        raise _bad(f"`{name}` is not a plain file")


def _manifest(raw: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _bad(f"`{MANIFEST}` is not in order: {error}") from None
    if manifest.format != FORMAT:
        raise _bad(f"this is format {manifest.format} of a package; this version reads {FORMAT}")
    return manifest


def _foreign(names: list[str]) -> BadProposal:
    """What a zip without a manifest is."""
    if "tfplan" in names:
        return BadProposal(
            "this is a saved plan alone; its values cannot be read without the program that made it",
            hint="give `terraform show -json tfplan`, or propose the folder so that Interlock plans it",
            code="not-a-plan",
        )
    return BadProposal("this zip is no plan package", hint=_ASK, code="not-a-plan")


def _bad(what: str, code: str = "bad-package") -> BadProposal:
    return BadProposal(what, hint=_ASK, code=code)
