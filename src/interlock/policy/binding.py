"""Binding: the engine's package, whose classes for syntax trees are made when somebody first looks into a tree.

The package makes them when it is imported, which takes longer than everything else of it, and a set that was compiled
before is asked without any. Whoever names `cedarpy` in this room takes it from here.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec

_TREES: Final = "cedarpy.pst"
_lock: Final = RLock()
_waiting: Final[list[Loader]] = []


class _Late(ModuleType):
    """A module that is run when a name is first asked of it: once, and by one thread, for which the others wait."""

    def __getattr__(self, name: str) -> object:
        with _lock:
            if _waiting:
                _waiting.pop().exec_module(self)
        if name not in self.__dict__:
            raise AttributeError(f"module `{_TREES}` has no attribute `{name}`")
        return self.__dict__[name]


def _found() -> ModuleSpec | None:
    """Where the trees are; looking for a package does not import it."""
    package = find_spec("cedarpy")
    if package is None or package.origin is None:
        return None
    return spec_from_file_location(_TREES, Path(package.origin).with_name("pst.py"))


def _put_off() -> None:
    spec = None if _TREES in sys.modules else _found()
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        _waiting.append(spec.loader)
        module.__class__ = _Late
        sys.modules[_TREES] = module


_put_off()

import cedarpy  # noqa: E402 - the package is imported when its part is put off

__all__ = ["cedarpy", "schema_of"]


@lru_cache(maxsize=4)
def schema_of(text: str) -> cedarpy.Schema:
    """The schema as the engine wants it; it costs more to make than a question does to answer."""
    return cedarpy.Schema.from_str(text)
