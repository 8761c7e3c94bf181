"""An account at an emulator, as a target of a home: what is written into its configuration, and its keys."""

from __future__ import annotations

from pathlib import Path

ACCOUNT = """
[targets.{name}]
kind = "aws"
address = "{address}"
environment = "production"

[targets.{name}.aws]
account = "{account}"
regions = ["{region}"]
read = {{ source = "static", file = "keys/aws" }}
write = {{ source = "static", file = "keys/aws", narrow = false }}
"""


def add_account(home: Path, address: str, account: str, region: str, name: str = "prod", *, rest: str = "") -> None:
    """Add a target of this name to the home at this folder.

    An emulator does not hold sessions to their policies, so that nothing is narrowed; `rest` are further lines of TOML.
    """
    key = home / "keys" / "aws"
    key.touch(mode=0o600)
    key.write_text("[default]\naws_access_key_id = AKIABROKER\naws_secret_access_key = broker-secret\n")
    told = ACCOUNT.format(name=name, address=address, account=account, region=region)
    with (home / "interlock.toml").open("a", encoding="utf-8") as file:
        file.write(told + rest)
