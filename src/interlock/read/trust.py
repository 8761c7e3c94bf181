"""Trust: whether a new role may be taken on by another account, or by whomever a provider of identities knows.

The rules of this room: who is named is a stranger until it is known to be of the own accounts. A provider of identities
has to be bound to a subject, since its audience is the same for everybody. What cannot be read may trust anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from interlock.read.documents import account_of, denies_statement, statements, texts

Values = Mapping[str, object]

#: Of these keys of a condition none says who it is.
_NOBODY: Final = frozenset({"aud", "oaud", "iss", "amr", "azp"})
#: Providers whose audience is one application of the owner's own.
_OWN_AUDIENCE: Final = ("cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com")
_BINDING: Final = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})


def trusts_strangers(documents: tuple[object, ...], own: Callable[[], frozenset[str]], broad: frozenset[str]) -> str:
    """Why this policy of a new role trusts a stranger, in a few words without values; empty: it does not."""
    found = statements(documents)
    if found is None:
        return "nobody can read who may take it on"
    for statement in found:
        if denies_statement(statement):
            continue
        principal = statement.get("Principal")
        named = principal if isinstance(principal, dict) else {"AWS": principal}
        accounts = [account_of(each) for each in texts(named.get("AWS"))]
        if any(each not in own() for each in accounts):
            return (
                "another account may take it on"
                if own()
                else "an account may take it on, and which is its own is not known"
            )
        if any(_unbound(each, statement.get("Condition"), broad) for each in texts(named.get("Federated"))):
            return "whomever a provider of identities knows may take it on"
    return ""


def _unbound(provider: str, condition: object, broad: frozenset[str]) -> bool:
    """Whether a provider of OpenID Connect may vouch for anybody."""
    if ":saml-provider/" in provider:
        return False
    keys = [(key.rpartition(":")[2].lower(), held) for key, held in _bound(condition)]
    if provider in _OWN_AUDIENCE:
        return not keys
    return not any(key not in _NOBODY and all(_narrow(each, broad) for each in texts(held)) for key, held in keys)


def _bound(condition: object) -> Iterator[tuple[str, object]]:
    """The keys that have to have one of some values."""
    for operator, keys in condition.items() if isinstance(condition, dict) else ():
        if isinstance(keys, dict) and str(operator).lower().removeprefix("foranyvalue:") in _BINDING:
            yield from ((str(key), held) for key, held in keys.items() if texts(held))


def _narrow(subject: str, broad: frozenset[str]) -> bool:
    literal = subject.replace("?", "*").partition("*")[0]
    return literal == subject or literal not in broad
