"""AWS keys: a virtual key as the variables and the profile by which AWS's tools find their way."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from interlock.identify.virtual import VirtualKey

#: What a client would rather believe than a key in its environment, or would go past the gate by.
CLEARED: Final = ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK", "AWS_WEB_IDENTITY_TOKEN_FILE")


def variables(key: VirtualKey, region: str, gate: str, bundle: Path | None) -> dict[str, str]:
    """The environment of an agent. With a `bundle` it goes through the proxy, else to the endpoint."""
    found = {
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if bundle is None:
        return found | {"AWS_ENDPOINT_URL": gate}
    return found | {"HTTPS_PROXY": gate, "AWS_CA_BUNDLE": str(bundle)}


def as_shell(found: dict[str, str]) -> str:
    """Lines for a shell to evaluate."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in found.items()]
    return "\n".join((*lines, f"unset {' '.join(CLEARED)}")) + "\n"


def as_profile(found: dict[str, str], name: str) -> str:
    """The lines of a profile. A profile cannot name a proxy: that stays a variable."""
    lines = [
        f"[profile {name}]",
        f"aws_access_key_id = {found['AWS_ACCESS_KEY_ID']}",
        f"aws_secret_access_key = {found['AWS_SECRET_ACCESS_KEY']}",
        f"region = {found['AWS_REGION']}",
    ]
    if "AWS_ENDPOINT_URL" in found:
        lines.append(f"endpoint_url = {found['AWS_ENDPOINT_URL']}")
    else:
        lines.append(f"ca_bundle = {found['AWS_CA_BUNDLE']}")
        lines.append(f"# and in the environment: HTTPS_PROXY={found['HTTPS_PROXY']}")
    return "\n".join(lines) + "\n"
