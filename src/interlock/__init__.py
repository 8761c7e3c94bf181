"""Interlock: the control plane between AI agents and production.

For agents: `from interlock import Client`. Nothing is imported before it is used.
"""

from __future__ import annotations

TYPE_CHECKING = False  # what `typing` calls so; importing it takes 7 ms

if TYPE_CHECKING:
    from interlock.client import Allowed, Client, ClientError, Denied, Held

__version__ = "0.1.0"

__all__ = ["Allowed", "Client", "ClientError", "Denied", "Held", "__version__"]


def __getattr__(name: str) -> object:
    """The client's names, imported when one of them is first asked for."""
    if name in __all__:
        from interlock import client

        return getattr(client, name)
    raise AttributeError(f"module `interlock` has no attribute `{name}`")
