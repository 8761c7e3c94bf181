"""Archive: the source archive of a proposal, looked at in memory for the configuration that is in it."""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from typing import Final

from interlock.errors import BadProposal
from interlock.read.terraform.hcl import is_configuration
from interlock.read.terraform.plantime import LOCK

MAX_MEMBERS: Final = 20_000
#: Configuration is text that people wrote; a larger file is none.
MAX_FILE: Final = 16 * 1024 * 1024
MAX_READ: Final = 256 * 1024 * 1024

_MAGIC_AT: Final = 257


def is_archive(payload: bytes) -> bool:
    """Whether these bytes say that they are a tar."""
    return payload[_MAGIC_AT : _MAGIC_AT + 5] == b"ustar"


def configuration_in(payload: bytes) -> dict[str, bytes]:
    """The configuration and the lock file in it, by path. BadProposal for whatever leads out of it, and past bounds."""
    import tarfile

    found: dict[str, bytes] = {}
    read = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(payload), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_MEMBERS:
                    raise _bad(f"the archive has more than {MAX_MEMBERS:,} members", "too-large")
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
                    raise _bad(f"`{member.name[:80]!a}` is a link or leads out of the archive")
                name = str(path)
                if not member.isfile() or not (is_configuration(path.name) or path.name == LOCK):
                    continue
                read += member.size
                if member.size > MAX_FILE or read > MAX_READ:
                    raise _bad(f"the configuration has more than {MAX_READ:,} bytes", "too-large")
                if name in found:
                    raise _bad(f"`{name}` is in the archive twice")
                file = archive.extractfile(member)
                found[name] = file.read() if file is not None else b""
    except (tarfile.TarError, EOFError, OSError, ValueError, UnicodeError) as error:
        raise _bad(f"the archive is cut off or broken: {error}") from None
    return found


def _bad(what: str, code: str = "bad-archive") -> BadProposal:
    return BadProposal(what, hint="propose the folder: `interlock propose --kind terraform DIR`", code=code)
