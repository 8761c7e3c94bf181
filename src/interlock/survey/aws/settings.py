"""Settings: what a target of kind `aws` says of itself, taken from its pairs."""

from __future__ import annotations

from typing import Final, NamedTuple

from interlock.aws.credentials import Source, source_of
from interlock.errors import BadConfiguration
from interlock.model.target import Target

#: Names of tags that tell of a thing, where the target names no others. The first one that is there counts.
ENVIRONMENT: Final = ("environment", "env", "stage")
TENANT: Final = ("tenant", "customer")
CRITICALITY: Final = ("criticality", "critical", "business-criticality")


class Settings(NamedTuple):
    """`names` are rules: a pattern of names, and the environment that things of such names belong to."""

    account: str
    regions: tuple[str, ...]
    source: Source
    environment_tags: tuple[str, ...] = ENVIRONMENT
    tenant_tags: tuple[str, ...] = TENANT
    criticality_tags: tuple[str, ...] = CRITICALITY
    names: tuple[tuple[str, str], ...] = ()

    @property
    def home(self) -> str:
        """The region to ask where nobody said which."""
        return self.regions[0] if self.regions else ""


def settings_of(target: Target) -> Settings:
    """BadConfiguration where the target cannot be surveyed as it is written down."""
    where = f"target `{target.name}`"
    held: dict[str, list[str]] = {}
    for name, value in target.settings:
        held.setdefault(name, []).append(value)
    read = held.get("read", [""])[-1]
    if not read:
        raise BadConfiguration(
            "nobody said with which credential to look at AWS", where=where, hint="it needs a table `aws.read`"
        )
    rules = [rule.rpartition("=") for rule in held.get("name", ())]
    return Settings(
        account=held.get("account", [""])[-1],
        regions=tuple(held.get("region", ())),
        source=source_of(read, f"{where}, aws.read"),
        environment_tags=tuple(held.get("environment_tag", ENVIRONMENT)),
        tenant_tags=tuple(held.get("tenant_tag", TENANT)),
        criticality_tags=tuple(held.get("criticality_tag", CRITICALITY)),
        names=tuple((pattern, environment) for pattern, _, environment in rules if pattern and environment),
    )
