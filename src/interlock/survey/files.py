"""Files: what the operator wrote down of the world beside a target, as the bytes that stand on the disk now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interlock.errors import TargetError
from interlock.model.target import Target


def given(target: Target) -> Iterator[tuple[str, bytes]]:
    """Each inventory file of the target with what is in it. TargetError: what cannot be looked at is not left out."""
    for path in target.inventory:
        try:
            yield path, Path(path).read_bytes()
        except OSError as error:
            raise TargetError(
                f"an inventory of target `{target.name}` cannot be read", hint=error.strerror or "", where=path
            ) from error
