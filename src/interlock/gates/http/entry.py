"""Who calls: the Authorization header, and nothing else, says so; and whether that kind may use the route's verbs.

`Bearer` carries an agent's token, `Session` a person's session. They are never mixed: the header comes once, and each
is checked as what its scheme says. Nobody who calls over HTTP is an operator.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from interlock.errors import Unauthenticated
from interlock.identify.tokens import Claims
from interlock.identify.verbs import VERBS, Caller, require
from interlock.registry import Registry

HOW: Final = "send `Authorization: Bearer TOKEN` (agents) or `Authorization: Session TOKEN` (people)"


class Who(NamedTuple):
    """The caller; for an agent also what its token is bound to."""

    caller: Caller
    claims: Claims | None = None


ANYONE: Final = Who(Caller("anyone"))


def identify(registry: Registry, authorization: str | None) -> Who:
    """Raises Unauthenticated. A credential that is not taken never makes its bearer just anyone."""
    if authorization is None:
        return ANYONE
    scheme, _, credential = authorization.partition(" ")
    if scheme.lower() == "bearer":
        claims = registry.claims(credential)
        return Who(Caller("agent", claims.agent), claims)
    if scheme.lower() == "session":
        return Who(Caller("person", registry.visitor(credential).person))
    raise Unauthenticated("this is no way to say who you are here", hint=HOW, where="Authorization")


def admit(verbs: Iterable[str], who: Who) -> None:
    """Raises Forbidden with the reason; Unauthenticated where it would help to say who one is."""
    for verb in verbs:
        if who.caller.kind == "anyone" and verb in VERBS and "anyone" not in VERBS[verb].kinds:
            raise Unauthenticated(f"`{verb}` is for those who have said who they are", hint=HOW)
        require(verb, who.caller)
