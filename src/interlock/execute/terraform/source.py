"""Source archive: a configuration's folder as one tar that is always the same, and back into a folder that is ours.

The rules of this room: only plain files and folders, by relative names, within bounds; the same folder gives the same
bytes, whoever owns it and whenever it was written. What is state, a cache, a tool's own or looks like a credential
stays out. An archive may come from anybody, so everything is checked again when it is unpacked. What a proposer wishes
of the plan is one member of a name that no file of a folder can have.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from interlock.errors import BadProposal
from interlock.execute.terraform.wishes import MEMBER, NONE, Wishes, read, written

MAX_FILES: Final = 5_000
MAX_FILE: Final = 8 * 1024 * 1024
MAX_BYTES: Final = 32 * 1024 * 1024
MAX_NAME: Final = 240
MAX_DEPTH: Final = 30

#: What a tool makes for itself: left out when a folder is packed.
_LEFT_OUT: Final = re.compile(
    r"\.terraform|\.git|\.svn|\.hg|\.terraform\.tfstate\.lock\.info|.*\.tfstate|.*\.tfstate\..*|crash(\..*)?\.log"
    r"|.*\.tfplan|\.terragrunt-cache|__pycache__|\.DS_Store|\.interlock.*"
)
#: What a source never holds, whoever packed it: it would choose the state, the tool, or hold a secret.
_REFUSED: Final = re.compile(
    r"\.terraform|\.interlock.*|.*\.tfstate|.*\.tfstate\..*|\.?terraformrc|.*\.tfrc|\.tofurc|credentials\.tfrc\.json"
    r"|\.netrc|\.git-credentials|\.env|.*\.pem|.*\.p12|.*\.pfx|id_(rsa|dsa|ecdsa|ed25519)|\.aws|\.azure|\.kube|\.ssh"
    r"|\.vault-token"
)
#: Files that change what other files say; in the root module they are ours alone.
_OVERRIDES: Final = re.compile(r"(.*_)?override\.(tf|tofu)(\.json)?")
_PLAIN: Final = re.compile(r"[^\x00-\x1f\x7f\\]+")


def pack(directory: Path, wishes: Wishes = NONE) -> bytes:
    """The archive of this folder. BadProposal names what cannot be in one."""
    if not directory.is_dir():
        raise BadProposal("there is no such folder", where=str(directory), code="bad-source")
    whole = io.BytesIO()
    total = 0
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for count, (name, path) in enumerate(_files(directory), 1):
            content = _content(path, name)
            total += len(content)
            _check_bounds(count, total)
            archive.addfile(_entry(name, len(content)), io.BytesIO(content))
        if wishes:
            asked = written(wishes)
            archive.addfile(_entry(MEMBER, len(asked)), io.BytesIO(asked))
    if not total:
        raise BadProposal("there is no configuration in this folder", where=str(directory), code="bad-source")
    return whole.getvalue()


def unpack(archive: bytes) -> dict[str, bytes]:
    """The files of an archive by name. BadProposal for anything that `pack` would not have made."""
    return opened(archive)[0]


def wishes_in(archive: bytes) -> Wishes:
    """How the plan of this source was asked for."""
    return opened(archive)[1]


def opened(archive: bytes) -> tuple[dict[str, bytes], Wishes]:
    """The files of an archive by name, and how its plan was asked for. BadProposal as `unpack` says."""
    files: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as opened:
            for member in opened:
                if member.isdir():
                    _check_name(member.name.rstrip("/") or ".")
                    continue
                if not member.isreg() or member.issparse():
                    raise _bad(f"`{_shown(member.name)}` is no plain file")
                if member.name != MEMBER:
                    _check_name(member.name)
                if member.name in files:
                    raise _bad(f"`{_shown(member.name)}` is there twice")
                total += member.size
                _check_bounds(len(files) + 1, total)
                if member.size > MAX_FILE:
                    raise _bad(f"`{_shown(member.name)}` is larger than {MAX_FILE:,} bytes")
                content = opened.extractfile(member)
                files[member.name] = content.read() if content is not None else b""
    except (tarfile.TarError, ValueError, OverflowError, EOFError, MemoryError) as error:
        raise _bad("this is no source archive", "propose the folder, or a tar of it that is not compressed") from error
    asked = files.pop(MEMBER, None)
    if not files:
        raise _bad("this is no source archive", "propose the folder, or a tar of it that is not compressed")
    _check_tree(files)
    return files, NONE if asked is None else read(asked)


def write(files: dict[str, bytes], into: Path) -> None:
    """Put unpacked files into a folder that is empty and ours."""
    for name, content in files.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _files(directory: Path) -> Iterator[tuple[str, Path]]:
    """Every file that belongs to the source, by name in order; links within the folder count as what they lead to."""
    root = directory.resolve()

    def walk(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
        for path in sorted(folder.iterdir()):
            name = prefix + path.name
            if _LEFT_OUT.fullmatch(path.name):
                continue
            if path.is_symlink() and (path.is_dir() or not path.resolve().is_relative_to(root)):
                raise BadProposal(
                    "a link cannot be proposed", hint="put the files there", where=name, code="bad-source"
                )
            if path.is_dir():
                _check_name(name)
                yield from walk(path, f"{name}/")
            elif path.is_file():
                _check_name(name)
                yield name, path
            else:
                raise BadProposal("is no plain file", where=name, code="bad-source")

    return iter(sorted(walk(directory, "")))


def _content(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE:
            raise BadProposal(f"is larger than {MAX_FILE:,} bytes", where=name, code="bad-source")
        return path.read_bytes()
    except OSError as error:
        raise BadProposal("cannot be read", hint=error.strerror or "", where=name, code="bad-source") from error


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o600
    return entry


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    parts = name.split("/")
    plain = _PLAIN.fullmatch(name) and len(name.encode("utf-8", "replace")) <= MAX_NAME and len(parts) <= MAX_DEPTH
    if not plain or path.is_absolute() or (name != "." and {"", ".", ".."} & set(parts)):
        raise _bad(f"`{_shown(name)}` is no name in a source")
    refused = next((part for part in parts if _REFUSED.fullmatch(part.lower())), None)
    if refused is not None:
        raise _bad(f"`{_shown(name)}` cannot be part of a source", "state, settings and credentials are the operator's")
    if len(parts) == 1 and _OVERRIDES.fullmatch(name.lower()):
        raise _bad(f"`{_shown(name)}` overrides other files", "write what it says into those files; overriding is ours")


def _check_tree(files: dict[str, bytes]) -> None:
    """No file is also a folder."""
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    for name in files:
        if name in folders:
            raise _bad(f"`{_shown(name)}` is both a file and a folder")


def _check_bounds(count: int, total: int) -> None:
    if count > MAX_FILES:
        raise _bad(f"a source has at most {MAX_FILES:,} files", "split the configuration")
    if total > MAX_BYTES:
        raise _bad(f"a source has at most {MAX_BYTES:,} bytes", "keep what is large out of the configuration")


def _shown(name: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in name)[:100]


def _bad(message: str, hint: str = "") -> BadProposal:
    return BadProposal(message, hint=hint, code="bad-source")
