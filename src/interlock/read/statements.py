"""Statements: whether a property that says who may do or reach what says more than it did.

Plain values in, an answer out: plans and change sets both ask here. What cannot be read is taken as wider.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Protocol

from interlock.read.documents import opens_document

#: More entries of one attribute than this are compared as texts alone.
MAX_NETWORKS: Final = 200
#: From how many addresses on a network means everybody: no private one is as large as a /7, or a /16 of version 6.
_WIDE: Final = {4: 1 << 25, 6: 1 << 112}
#: But for the unique local addresses of version 6, which lead nowhere else.
_LOCAL: Final = (0xFC << 120, (0xFE << 120) - 1)


class Lists(Protocol):
    """Which properties hold networks, documents or principals, by name."""

    @property
    def networks(self) -> frozenset[str]: ...
    @property
    def documents(self) -> frozenset[str]: ...
    @property
    def principals(self) -> frozenset[str]: ...


def allows_more(
    name: str,
    was: tuple[object, ...],
    becomes: tuple[object, ...],
    lists: Lists,
    *,
    new: bool,
    everybody: frozenset[str],
) -> str:
    """Why this property lets more in than it did, in a few words without values; empty: it does not."""
    if name in lists.networks and opens_network(was, becomes, new=new, everybody=everybody):
        return f"`{name}` lets in more addresses"
    if name in lists.documents and opens_document(was, becomes, new=new):
        return f"`{name}` allows more"
    if name in lists.principals and not new and new_texts(was, becomes):
        return f"`{name}` names more"
    return ""


def new_texts(was: tuple[object, ...], becomes: tuple[object, ...]) -> set[str]:
    """The texts that were not there before."""
    before = {str(each) for each in was}
    return {each for each in becomes if isinstance(each, str) and each not in before}


def opens_network(
    was: tuple[object, ...], becomes: tuple[object, ...], *, new: bool, everybody: frozenset[str]
) -> bool:
    """Whether an address is let in that was not: to the world for what is new, to anybody else for what was there."""
    added = new_texts(was, becomes)
    if any(each.lower() in everybody for each in added):
        return True
    if new or not added:
        return is_world([found for each in added if (found := network(each))])
    if len(added) + len(was) > MAX_NETWORKS:
        return True
    before = _joined([found for each in was if (found := network(str(each)))])
    return any(not _covered(each, before) for each in added)


def is_world(networks: list[tuple[int, int, int]]) -> bool:
    """Whether these, together, take in so much that they mean everybody: half of the world is nobody's own network."""
    wide = (each for each in _joined(networks) if each[2] - each[1] + 1 >= _WIDE[each[0]])
    return any(version == 4 or not _LOCAL[0] <= first <= last <= _LOCAL[1] for version, first, last in wide)


def _covered(text: str, networks: list[tuple[int, int, int]]) -> bool:
    found = network(text)
    return found is not None and any(
        found[0] == wider[0] and wider[1] <= found[1] and found[2] <= wider[2] for wider in networks
    )


def _joined(networks: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The same addresses, with those together that lie beside or inside of each other."""
    joined: list[tuple[int, int, int]] = []
    for version, first, last in sorted(networks):
        if joined and joined[-1][0] == version and first <= joined[-1][2] + 1:
            joined[-1] = (version, joined[-1][1], max(last, joined[-1][2]))
        else:
            joined.append((version, first, last))
    return joined


@lru_cache(maxsize=4_096)
def network(text: str) -> tuple[int, int, int] | None:
    """The version of the protocol, the first and the last address."""
    from ipaddress import ip_network

    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return None
    return found.version, int(found.network_address), int(found.broadcast_address)
