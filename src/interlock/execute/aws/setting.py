"""Setting: what a target of kind `aws` says about itself, taken from its settings."""

from __future__ import annotations

from typing import Final, NamedTuple

from interlock.aws.connection import ANYWHERE, AWS
from interlock.aws.credentials import Source, source_of
from interlock.errors import BadConfiguration
from interlock.model.target import Target

KIND: Final = "aws"


class Setting(NamedTuple):
    """`regions` and `services` are those that may be acted on; none: all of them. `backups`: nothing is destroyed
    before a copy of it is kept. `backup_role` is the role that AWS Backup works with, where it has to be asked."""

    target: str
    address: str
    account: str
    regions: tuple[str, ...]
    services: tuple[str, ...]
    backups: bool
    read: Source
    write: Source
    backup_role: str = ""

    @property
    def real(self) -> bool:
        """Whether this is AWS itself, and no emulator."""
        return self.address == AWS

    @property
    def region(self) -> str:
        """Where to ask what has no region of its own."""
        return self.regions[0] if self.regions else ANYWHERE


def setting_of(target: Target) -> Setting:
    """BadConfiguration when the target does not say where its credentials come from."""
    first = dict(reversed(target.settings))
    where = f"targets.{target.name}.aws"
    for name in ("read", "write"):
        if name not in first:
            raise BadConfiguration(
                f"target `{target.name}` has no source of credentials to {name}", hint=f"write a table `{name}`"
            )
    return Setting(
        target=target.name,
        address=target.address,
        account=first.get("account", ""),
        regions=tuple(value for name, value in target.settings if name == "region"),
        services=tuple(value for name, value in target.settings if name == "service"),
        backups=first.get("backups", "yes") == "yes",
        read=source_of(first["read"], f"{where}.read"),
        write=source_of(first["write"], f"{where}.write"),
        backup_role=first.get("backup_role", ""),
    )
