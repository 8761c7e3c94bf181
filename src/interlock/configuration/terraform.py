"""Terraform: the table of a target that plans and applies a root module, as the target's settings."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from interlock.configuration.reading import Strict, duration
from interlock.errors import BadConfiguration


class TerraformTable(Strict):
    """How a root module is planned and applied. Paths are relative to the home; nothing in here is secret."""

    tool: str = "terraform"
    workspace: str = "default"
    credentials: str = ""
    plan_credentials: str = ""
    var_files: tuple[str, ...] = ()
    cli_config: str = ""
    plugin_cache: str = ""
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    allow_plan_time: tuple[str, ...] = ()
    backend: dict[str, str | int | bool] = msgspec.field(default_factory=dict)
    timeout: str = "30m"
    fence: bool = True


def terraform_settings(table: TerraformTable, home: Path, where: str) -> tuple[tuple[str, str], ...]:
    """The table as a target's settings: paths absolute, each list as a name that comes more than once."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,90}", table.workspace):
        raise BadConfiguration(f"`{table.workspace}` is no workspace", where=f"{where}.workspace")
    if not re.fullmatch(r"terraform|tofu|/.+", table.tool):
        raise BadConfiguration(
            f"`{table.tool}` is no tool", hint="terraform, tofu, or an absolute path", where=f"{where}.tool"
        )
    for word in table.allow_plan_time:
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,90}", word):
            raise BadConfiguration(
                f"`{word}` is nothing that runs at plan time",
                hint="types of data sources, `modules`, `providers`, `provider-settings`",
                where=f"{where}.allow_plan_time",
            )
    settings = [
        ("tool", table.tool),
        ("workspace", table.workspace),
        ("timeout", str(duration(table.timeout, f"{where}.timeout"))),
        ("fence", "yes" if table.fence else "no"),
        *(("allow", word) for word in table.allow_plan_time),
        *(("var_file", str((home / path).absolute())) for path in table.var_files),
        *(("readable", str((home / path).absolute())) for path in table.readable),
        *(("writable", str((home / path).absolute())) for path in table.writable),
    ]
    for key in ("credentials", "plan_credentials", "cli_config", "plugin_cache"):
        if path := getattr(table, key):
            settings.append((key, str((home / path).absolute())))
    if table.backend:
        settings.append(("backend", _backend(table.backend, f"{where}.backend")))
    return tuple(settings)


def _backend(table: dict[str, str | int | bool], where: str) -> str:
    """Where the state is kept, as JSON: the backend's type and its arguments. Secrets come with the credentials."""
    if not isinstance(table.get("type"), str) or table["type"] in ("local", "cloud"):
        raise BadConfiguration(
            "a backend has a type, like `s3`", hint="without a backend the state lies at the address", where=where
        )
    for key, value in table.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,60}", key) or re.search(r"secret|password|token|access_key$", key):
            raise BadConfiguration(f"`{key}` has no place here", hint="put it in the credentials file", where=where)
        if isinstance(value, str) and re.search(r"[$%]\{", value):
            raise BadConfiguration(f"`{key}` is a template", hint="write plain values", where=where)
    return msgspec.json.encode(table, order="sorted").decode()
