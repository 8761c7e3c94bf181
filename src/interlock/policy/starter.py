"""Where policy files come from: the starter set that ships with the product, and a directory of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from interlock.errors import BadPolicy
from interlock.policy.text import MAX_BYTES, position

#: The starter set's own cases; `interlock init` copies them beside the policies and `interlock policy test` runs them.
CASES: Final = "cases.toml"


def starter_files() -> dict[str, str]:
    """The starter policies, file name to text."""
    folder = Path(__file__).with_name("starter")
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".cedar")
    }


def starter_cases() -> str:
    """The text of the starter set's own cases."""
    return Path(__file__).with_name("starter").joinpath(CASES).read_text(encoding="utf-8")


def read_directory(directory: Path) -> dict[str, str]:
    """The `*.cedar` files right in this directory, name to text. BadPolicy when it is missing, empty or unreadable.

    An empty directory is an error and not an empty set: whoever deletes the policies must not be taken for somebody
    who has none yet.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.name.endswith(".cedar"))
    except OSError as problem:
        raise BadPolicy(
            f"the policy directory cannot be read: {problem.strerror}",
            where=str(directory),
            hint="`interlock init` writes the starter set",
            code="policy-none",
        ) from problem
    if not paths:
        raise BadPolicy(
            "the policy directory holds no `.cedar` file",
            where=str(directory),
            hint="`interlock init` writes the starter set",
            code="policy-none",
        )
    return {path.name: read_text(path) for path in paths}


def read_text(path: Path) -> str:
    """The text of one file, bounded and strictly UTF-8. BadPolicy says where it is not."""
    try:
        if path.exists() and not path.is_file():
            raise BadPolicy(
                "is no file that has an end", where=str(path), hint="take it away", code="policy-unreadable"
            )
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise BadPolicy(f"cannot be read: {problem.strerror}", where=str(path), code="policy-unreadable") from problem
    if len(raw) > MAX_BYTES:
        raise BadPolicy(
            f"a file of more than {MAX_BYTES:,} bytes",
            where=str(path),
            hint="split it by purpose",
            code="policy-too-large",
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as problem:
        before = raw[: problem.start].decode()
        line, column = position(before, len(before))
        raise BadPolicy(
            "this is not UTF-8 text",
            where=f"{path}:{line}:{column}",
            hint="save it as UTF-8",
            code="policy-encoding",
        ) from problem
