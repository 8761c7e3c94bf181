"""Statements: whether a policy document allows what it did not, and whether a list of networks lets in what it did not.

Plain values in, an answer out: plans and change sets both ask here. What cannot be read is taken as wider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

Values = Mapping[str, object]

#: More entries of one attribute than this are compared as texts alone.
MAX_NETWORKS: Final = 200


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
        return False
    if len(added) + len(was) > MAX_NETWORKS:
        return True
    before = [network for each in was if (network := _network(str(each)))]
    return any(not _covered(each, before) for each in added)


def _covered(text: str, networks: list[tuple[int, int, int]]) -> bool:
    network = _network(text)
    return network is not None and any(
        network[0] == wider[0] and wider[1] <= network[1] and network[2] <= wider[2] for wider in networks
    )


def _network(text: str) -> tuple[int, int, int] | None:
    """The version of the protocol, the first and the last address."""
    from ipaddress import ip_network

    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return network.version, int(network.network_address), int(network.broadcast_address)


def opens_document(was: tuple[object, ...], becomes: tuple[object, ...], *, new: bool) -> bool:
    """Whether a policy allows what it did not: another allowing statement, or a denying one that is gone.

    Of a new document only a statement for everybody, or with every action, counts: the rest is what a new thing has.
    """
    before = _statements(was)
    after = _statements(becomes)
    if after is None:
        return bool(becomes) and becomes != was
    if new or before is None:
        return any(_for_all(each) for each in after) or (not new and bool(after))
    known = [each for each in before if _allows(each)]
    if any(_allows(each) and each not in known for each in after):
        return True
    return any(not _allows(each) and each not in after for each in before)


def _statements(documents: tuple[object, ...]) -> list[Values] | None:
    """The statements of these documents; None where one of them cannot be read."""
    found: list[Values] = []
    for held in documents:
        document = held
        if isinstance(held, str):
            if not held:
                continue
            try:
                document = msgspec.json.decode(held)
            except (msgspec.MsgspecError, RecursionError):
                return None
        if not isinstance(document, dict):
            return None
        inner = document.get("Statement", document.get("bindings", document))
        each = inner if isinstance(inner, list) else [inner]
        found += [statement for statement in each if isinstance(statement, dict)]
    return found


def _allows(statement: Values) -> bool:
    return statement.get("Effect") != "Deny"


def _for_all(statement: Values) -> bool:
    """Whether it allows everybody, or everything."""
    if not _allows(statement):
        return False
    principal = statement.get("Principal", statement.get("members"))
    everybody = ("*", "allUsers", "allAuthenticatedUsers")
    named = principal.values() if isinstance(principal, dict) else [principal]
    flat = [one for each in named for one in (each if isinstance(each, list) else [each])]
    actions = statement.get("Action")
    return (
        any(one in everybody for one in flat if isinstance(one, str))
        or "NotPrincipal" in statement
        or "NotAction" in statement
        or "*" in (actions if isinstance(actions, list) else [actions])
    )
