"""Who calls: a virtual key, its scope, its time, and the signature over this very request.

The cheapest is asked first. What of the signature needs the body is proved by `prove`, once that has come; until then
nothing of the call is believed and little of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from interlock.aws import sigv4
from interlock.aws.endpoints import everywhere, matches
from interlock.aws.models import signing_as
from interlock.errors import Forbidden, Unauthenticated
from interlock.gates.aws.heads import Head
from interlock.identify.virtual import Scope, VirtualKey
from interlock.model.target import Target

KIND: Final = "aws"
MOST_IN_SCOPE: Final = 1024


class Admitted(NamedTuple):
    """A call whose key is known and in scope. `proved` says whether its signature was checked already."""

    claim: sigv4.Claim
    key: VirtualKey
    target: Target
    proved: bool


class Entrance:
    """`keys` gives the virtual key of that name or raises Unauthenticated; `names` are our own hosts, with port."""

    def __init__(
        self,
        keys: Callable[[str], VirtualKey],
        targets: Mapping[str, Target],
        now: Callable[[], int],
        names: frozenset[str],
    ) -> None:
        self._keys = keys
        self._targets = targets
        self._now = now
        self._names = names
        #: Keys that were found to be in scope, with what was asked of them: the same key asks the same many times.
        self._in_scope: dict[tuple[str, str, str, str, str], tuple[VirtualKey, Target]] = {}

    def admit(self, head: Head) -> Admitted:
        """Everything that can be asked before the body has come. Raises Unauthenticated, Forbidden."""
        claim = sigv4.claim(head.query, head.joined)
        if "x-amz-security-token" in head.joined or "x-amz-security-token" in head.query.lower():
            raise Unauthenticated(
                "a virtual key has no session token", hint="unset AWS_SESSION_TOKEN", code="foreign-token"
            )
        key = self._keys(claim.access_key)
        sigv4.require_timely(claim, self._now())
        sigv4.require_signed(claim, head.joined)
        target = self._scoped(head, claim, key)
        if not claim.payload:
            return Admitted(claim, key, target, proved=False)
        sigv4.verify(claim, key.secret, head.method, head.path, head.query, head.joined)
        return Admitted(claim, key, target, proved=True)

    def prove(self, head: Head, admitted: Admitted, body_digest: str) -> None:
        """The signature of a call that did not say what it signed of its body. Raises Unauthenticated."""
        claim = admitted.claim._replace(payload=body_digest)
        sigv4.verify(claim, admitted.key.secret, head.method, head.path, head.query, head.joined)

    def _scoped(self, head: Head, claim: sigv4.Claim, key: VirtualKey) -> Target:
        """The key's target, when key and target are for what is called. Raises Forbidden."""
        asked = (claim.access_key, claim.region, claim.service, head.host, head.tunnel)
        known = self._in_scope.get(asked)
        if known is not None and known[0] is key:
            return known[1]
        target = self._target(key)
        self._require_host(head, claim)
        _require_scope(claim.region, claim.service, key.scope, target.settings)
        if len(self._in_scope) >= MOST_IN_SCOPE:
            self._in_scope.clear()
        self._in_scope[asked] = (key, target)
        return target

    def _target(self, key: VirtualKey) -> Target:
        target = self._targets.get(key.scope.target)
        if target is None or target.kind != KIND:
            raise Forbidden(
                f"this key is for `{key.scope.target}`, which is no AWS target here",
                hint="have a key made for a target that is configured",
                code="out-of-scope",
            )
        return target

    def _require_host(self, head: Head, claim: sigv4.Claim) -> None:
        """The host is ours, or the AWS host of the tunnel, which has to be one of the service that was signed for."""
        if not head.tunnel:
            if head.host not in self._names:
                raise Forbidden(
                    f"nothing is served under the name `{head.host}`",
                    hint="use the address that `interlock connect aws` shows; buckets stand in the path",
                    code="other-host",
                )
            return
        if head.host.removesuffix(":443") != head.tunnel:
            raise Forbidden(f"`{head.host}` is not the host that was asked for", code="other-host")
        if not matches(head.tunnel, claim.service, claim.region):
            raise Forbidden(
                f"`{head.tunnel}` is no host of `{claim.service}` in `{claim.region}`",
                hint="sign for the service and region that are called",
                code="other-host",
            )


def _require_scope(region: str, service: str, scope: Scope, settings: tuple[tuple[str, str], ...]) -> None:
    """Region and service are the key's and the target's. A service that is in no region is in each."""
    regions = {value for name, value in settings if name == "region"}
    for allowed, whose in ((set(scope.regions), "key"), (regions, "target")):
        if allowed and region not in allowed and not everywhere(service, region):
            raise Forbidden(
                f"this {whose} is not for the region `{region}`",
                hint=f"it is for {', '.join(sorted(allowed))}",
                code="out-of-scope",
            )
    services = {value for name, value in settings if name == "service"}
    for allowed, whose in ((set(scope.services), "key"), (services, "target")):
        if allowed and service not in allowed and not allowed & siblings(service):
            raise Forbidden(
                f"this {whose} is not for `{service}`",
                hint=f"it is for {', '.join(sorted(allowed))}",
                code="out-of-scope",
            )


def siblings(signing_name: str) -> frozenset[str]:
    """The services that sign under this name, as botocore calls them."""
    return frozenset(row.name for row in signing_as(signing_name))
