"""Clients: botocore's clients of one source of credentials, kept, each time with the credential of now."""

from __future__ import annotations

from typing import Any

from interlock.aws.connection import AWS, Connections, Patience
from interlock.aws.credentials import Keyring, Source


class Clients:
    """Clients at one address. The first client of a service takes a tenth of a second, later ones nothing."""

    def __init__(
        self,
        source: Source,
        *,
        address: str = AWS,
        region: str = "",
        session: str = "interlock",
        patience: Patience = Patience(),  # noqa: B008 - an immutable value
    ) -> None:
        self.keyring = Keyring(source, address=address, region=region, session=session)
        self._connections = Connections(address, patience)

    def client(self, service: str, region: str, now: int) -> Any:
        """The client of a service, by botocore's name, in a region. Raises what a credential's source raises."""
        self._connections.holder.credential = self.keyring.credential(now)
        return self._connections.client(service, region)
