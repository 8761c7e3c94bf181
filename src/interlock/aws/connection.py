"""Connection: one botocore client with one credential, and nothing of this process's surroundings in it.

Neither environment variables nor files of somebody's home choose a credential, a profile or an endpoint here: who set
AWS_PROFILE in the shell that started Interlock would otherwise choose the account that is acted on. Proxies and the
bundle of trusted certificates are the machine's matter and stay.
"""

from __future__ import annotations

import json
import os
from functools import cache
from threading import Lock
from typing import Any, Final, NamedTuple

from interlock.errors import BadConfiguration, TargetError

#: The address of a target that is AWS itself; any other address is that of an emulator.
AWS: Final = "aws"

#: What answers for a whole account has to be asked somewhere, when nobody said where.
ANYWHERE: Final = "us-east-1"


class Credential(NamedTuple):
    """What signs requests. `expires_at` is unix milliseconds; 0: not before it is revoked. It never prints itself."""

    access_key: str
    secret_key: str
    token: str = ""
    expires_at: int = 0

    def __repr__(self) -> str:
        return f"Credential({self.access_key[:4]}…)"


class Patience(NamedTuple):
    """How long one call may take. `attempts` counts the first one too; between them botocore waits, with jitter."""

    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    attempts: int = 3
    connections: int = 10


class Holder:
    """Where a client finds its credential for each request, so that one that ages can be exchanged under it."""

    method = "interlock"

    def __init__(self) -> None:
        self.credential: Credential | None = None

    def load_credentials(self) -> Holder:
        """botocore asks its session's provider of credentials by this name."""
        return self

    def get_frozen_credentials(self) -> Any:
        """What botocore's signers take: one credential whole, never halves of two."""
        from botocore.credentials import ReadOnlyCredentials

        held = self.credential
        return None if held is None else ReadOnlyCredentials(held.access_key, held.secret_key, held.token or None)

    def get_deferred_property(self, _: str) -> Any:
        """botocore asks for the account, to put it into host names; nobody here puts it there."""
        return lambda: None


class Connections:
    """Clients at one address that sign with what stands in one holder. Kept: making one takes a tenth of a second."""

    def __init__(self, address: str, patience: Patience = Patience()) -> None:  # noqa: B008 - an immutable value
        self.holder = Holder()
        self._address = address
        self._patience = patience
        self._session: Any = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = Lock()  # botocore makes clients in one thread at a time; they may be used from many

    def client(self, service: str, region: str) -> Any:
        """The client of a service, by botocore's name, in a region. BadConfiguration for names that are none."""
        from botocore.exceptions import BotoCoreError

        region = region or ANYWHERE
        with self._lock:
            if (service, region) not in self._clients:
                if self._session is None:
                    self._session = _session()
                    self._session.register_component("credential_provider", self.holder)
                try:
                    self._clients[service, region] = self._made(service, region)
                except (BotoCoreError, ValueError) as error:
                    raise BadConfiguration(
                        f"there is no way to `{service}` in `{region}`", hint="check region and address"
                    ) from error
            return self._clients[service, region]

    def close(self) -> None:
        """Let go of every socket."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _made(self, service: str, region: str) -> Any:
        from botocore.config import Config

        patience = self._patience
        emulated = self._address != AWS
        settings = Config(
            connect_timeout=patience.connect_seconds,
            read_timeout=patience.read_seconds,
            retries={"total_max_attempts": patience.attempts, "mode": "standard"},
            max_pool_connections=patience.connections,
            ignore_configured_endpoint_urls=True,
            user_agent_extra="interlock",
            s3={"addressing_style": "path"} if emulated else None,
        )
        address = self._address if emulated else None
        client = self._session.create_client(service, region_name=region, endpoint_url=address, config=settings)
        client.meta.events.register("after-call", _whole)
        return client


def _whole(http_response: Any, model: Any, **_: Any) -> None:
    """Half an answer is none: botocore takes JSON that breaks off for an empty answer, in which nothing is there."""
    from botocore.parsers import ResponseParserError

    output = model.output_shape
    payload = output.serialization.get("payload") if output is not None else None
    plain = payload is None or output.members[payload].type_name == "structure"
    if not plain or http_response.status_code >= 300 or not http_response.content:
        return
    if model.service_model.resolved_protocol in ("json", "rest-json"):
        try:
            json.loads(http_response.content)
        except ValueError:
            raise ResponseParserError("the answer breaks off") from None


def _session() -> Any:
    """A session that knows no profile, no files and no region."""
    from botocore.session import Session

    nothing = (None, None, None, None)
    nowhere = (None, None, os.devnull, None)
    session = Session(
        session_vars={"profile": nothing, "region": nothing, "config_file": nowhere, "credentials_file": nowhere}
    )
    session.register_component("data_loader", _models())
    return session


@cache
def _models() -> Any:
    """botocore's own models, and none of somebody's home; what was read once is there for every session."""
    from pathlib import Path

    import botocore
    from botocore.loaders import Loader

    own = str(Path(botocore.__file__).parent / "data")
    return Loader(extra_search_paths=[own], include_default_search_paths=False)


def failures() -> tuple[type[Exception], ...]:
    """Everything that botocore raises when a call does not give an answer, half an answer included."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return ClientError, BotoCoreError, ResponseParserError


def code_of(error: Exception) -> str:
    """The code of an error that AWS answered with, empty for any other one. Its text is never used.

    What AWS writes about a bad signature quotes the request, token included.
    """
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def failed(error: Exception, what: str, where: str) -> TargetError:
    """A call that was not answered as hoped. `code`: `expired`, `refused`, `throttled`, `unreachable` or `failed`."""
    code = code_of(error)
    if code in EXPIRED:
        return TargetError(
            f"AWS does not take the credential for {what}: `{code}`",
            where=where,
            hint="renew it; nothing was done",
            code="expired",
        )
    if code in DENIED:
        return TargetError(
            f"AWS refuses {what}: `{code}`", where=where, hint="check the rights of the credential", code="refused"
        )
    if code in THROTTLED:
        return TargetError(f"AWS throttles {what}: `{code}`", where=where, hint="try again later", code="throttled")
    if code:
        return TargetError(f"AWS answers {what} with `{code}`", where=where, hint="nothing was done", code="failed")
    return TargetError(
        f"no answer to {what}: {_in_words(error)}", where=where, hint="check address and network", code="unreachable"
    )


def _in_words(error: Exception) -> str:
    from botocore import exceptions

    words: tuple[tuple[type[Exception], str], ...] = (
        (exceptions.ConnectTimeoutError, "nobody took the call in time"),
        (exceptions.ReadTimeoutError, "it did not come in time"),
        (exceptions.SSLError, "the other side's certificate is not trusted"),
        (exceptions.EndpointConnectionError, "nobody is there"),
        (exceptions.ProxyConnectionError, "the proxy does not answer"),
        (exceptions.ConnectionClosedError, "it broke off"),
        (exceptions.ParamValidationError, "the call is malformed"),
    )
    return next((said for kind, said in words if isinstance(error, kind)), "it failed")


EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "UnrecognizedClientException"}
    | {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure", "InvalidToken"}
    | {"InvalidIdentityToken", "IDPRejectedClaim", "TokenRefreshRequired", "RequestTimeTooSkewed"}
    | {"IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken"}
)
DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden", "403"}
    | {"AuthorizationErrorException", "NotAuthorized", "UnauthorizedException", "AllAccessDisabled", "OptInRequired"}
    | {"AccountProblem", "NotAuthorizedException", "KMSAccessDeniedException", "InvalidAccess"}
)
THROTTLED: Final = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"}
    | {"TooManyRequestsException", "RequestLimitExceeded", "ProvisionedThroughputExceededException", "SlowDown"}
    | {"BandwidthLimitExceeded", "LimitExceededException", "PriorRequestNotComplete", "EC2ThrottledException"}
    | {"TransactionInProgressException", "503", "429"}
)
