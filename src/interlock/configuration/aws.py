"""AWS: the table of a target that is an AWS account, as the target's settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal

import msgspec

from interlock.configuration.reading import Strict, duration
from interlock.errors import BadConfiguration

#: The address that means AWS itself; any other one is an emulator's.
AWS: Final = "aws"
#: An SDK gives up reading after a minute. A gate that holds longer is only asked again.
_LONGEST_HOLD: Final = 55_000
#: What AWS names its things in: `aws` itself, China, the government's regions, and those that nobody else sees.
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
_POLICY: Final = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]{1,512}", re.ASCII)


class SourceTable(Strict):
    """Where credentials come from. What is secret stands in the named files, never here.

    `static` reads a file of keys, `profile` a profile of the usual files (or of `profile_file`), `role` assumes
    `role` with what `base` gives, `web-identity` assumes it with the token in `token_file`. `session_policies` are
    laid over each session; `narrow = false` admits that sessions cannot be narrowed, which only emulators need.
    """

    source: Literal["static", "profile", "role", "web-identity"]
    file: str = ""
    profile: str = ""
    profile_file: str = ""
    role: str = ""
    external_id: str = ""
    token_file: str = ""
    session_policies: tuple[str, ...] = ()
    narrow: bool = True
    base: SourceTable | None = None


class AwsTable(Strict):
    """How an account is reached and looked at."""

    account: str
    read: SourceTable
    write: SourceTable
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    hold: str = "50s"
    backups: bool = True
    backup_role: str = ""
    reads_without_record: bool = False
    environment_tags: tuple[str, ...] = ("environment", "env", "stage")
    names: dict[str, str] = msgspec.field(default_factory=dict)


def aws_settings(table: AwsTable, address: str, home: Path, where: str) -> tuple[tuple[str, str], ...]:
    """The table as a target's settings: paths absolute, each list as a name that comes more than once."""
    if not re.fullmatch(r"[0-9]{12}", table.account):
        raise BadConfiguration(f"`{table.account}` is no account", hint="twelve digits", where=f"{where}.account")
    if address != AWS and not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", address):
        raise BadConfiguration(
            f"`{address}` is no address of AWS",
            hint='`aws`, or an emulator\'s, like "http://127.0.0.1:5000"',
            where=where.removesuffix("aws") + "address",
        )
    for region in table.regions:
        if not _REGION.fullmatch(region):
            raise BadConfiguration(f"`{region}` is no region", hint="like eu-central-1", where=f"{where}.regions")
    if not table.regions:
        raise BadConfiguration("an account is opened region by region", hint="name some", where=f"{where}.regions")
    hold = duration(table.hold, f"{where}.hold")
    if hold > _LONGEST_HOLD:
        raise BadConfiguration("clients give up after a minute", hint="55s at most", where=f"{where}.hold")
    if table.backup_role and not _ROLE.fullmatch(table.backup_role):
        raise BadConfiguration(f"`{table.backup_role}` is no role", hint="give its ARN", where=f"{where}.backup_role")
    settings = [
        ("account", table.account),
        *(("region", region) for region in table.regions),
        *(("service", service) for service in table.services),
        ("hold", str(hold)),
        ("backups", "yes" if table.backups else "no"),
        *((("backup_role", table.backup_role),) if table.backup_role else ()),
        ("reads_without_record", "yes" if table.reads_without_record else "no"),
        *(("environment_tag", tag) for tag in table.environment_tags),
        *(("name", f"{pattern}={environment}") for pattern, environment in table.names.items()),
    ]
    for key in ("read", "write"):
        source = _source(getattr(table, key), address, home, f"{where}.{key}")
        settings.append((key, msgspec.json.encode(source, order="sorted").decode()))
    return tuple(settings)


def _source(table: SourceTable, address: str, home: Path, where: str) -> SourceTable:
    """The table with absolute paths. Each source has what it needs, and nothing that it would ignore."""
    needs = {
        "static": {"file"},
        "profile": {"profile"},
        "role": {"role", "base"},
        "web-identity": {"role", "token_file"},
    }
    may = {"profile": {"profile_file"}, "role": {"external_id"}}
    for key in ("file", "profile", "profile_file", "role", "external_id", "token_file", "base"):
        given = bool(getattr(table, key))
        if given and key not in needs[table.source] | may.get(table.source, set()):
            raise BadConfiguration(f"a source `{table.source}` has no `{key}`", where=where)
        if not given and key in needs[table.source]:
            raise BadConfiguration(f"a source `{table.source}` needs `{key}`", where=where)
    if table.role and not _ROLE.fullmatch(table.role):
        raise BadConfiguration(f"`{table.role}` is no role", hint="give its ARN", where=f"{where}.role")
    for policy in table.session_policies:
        if not _POLICY.fullmatch(policy):
            raise BadConfiguration(f"`{policy}` is no policy", hint="give its ARN", where=f"{where}.session_policies")
    if address == AWS and not table.narrow:
        raise BadConfiguration(
            "sessions at AWS can be narrowed",
            hint="leave `narrow` out; only emulators need it",
            where=f"{where}.narrow",
        )
    if address == AWS and table.source == "static":
        raise BadConfiguration(
            "keys that never expire are no source of sessions at AWS",
            hint='put them under `base` of a source "role"',
            where=f"{where}.source",
        )
    paths = {
        key: str((home / path).absolute())
        for key in ("file", "profile_file", "token_file")
        if (path := getattr(table, key))
    }
    base = _base(table.base, home, f"{where}.base") if table.base is not None else None
    return msgspec.structs.replace(table, **paths, base=base)


def _base(table: SourceTable, home: Path, where: str) -> SourceTable:
    """What a role is assumed with. It is used for that alone, so that it may be keys."""
    if table.session_policies or not table.narrow:
        raise BadConfiguration("a base is only used to assume the role", hint="say it beside the role", where=where)
    return _source(table, "", home, where)
