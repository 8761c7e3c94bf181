"""Nameless: a file that nobody can find, for a body or answer that is too large for memory. It goes with its owner."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PIECE: Final = 256 * 1024


class Nameless:
    """Written at its end, read anywhere, by several readers at once."""

    def __init__(self, folder: Path) -> None:
        descriptor, name = tempfile.mkstemp(dir=folder)
        Path(name).unlink()
        self._descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)

    def write(self, piece: bytes | bytearray) -> None:
        """Raises OSError when there is no room."""
        left = memoryview(piece)
        while left:
            left = left[os.write(self._descriptor, left) :]

    def read(self, at: int) -> bytes:
        """A piece from there on; empty where nothing stands yet."""
        return os.pread(self._descriptor, PIECE, at)

    def pieces(self) -> Iterator[bytes]:
        """All that stands in it, from its beginning."""
        at = 0
        while piece := self.read(at):
            at += len(piece)
            yield piece
