"""`interlock connect`: what an agent's environment has to hold so that its tools go through a gate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli import values
from interlock.cli.frame import caller, emit, home_option, json_option, opened, warn_of_strangers
from interlock.cli.who import session_options

if TYPE_CHECKING:
    from interlock.control import Control
    from interlock.model.target import Target

GATE = "http://127.0.0.1:7118"


@click.group()
def command() -> None:
    """Give an agent what its tools need to go through a gate, and nothing that is worth anything elsewhere."""


@command.command("aws", short_help="Issue a virtual key for the AWS gate.")
@click.option("--agent", required=True, shell_complete=values.agents(), help="The agent that the key is for.")
@click.option(
    "--environment", required=True, shell_complete=values.environments(), help="The environment of the account."
)
@click.option(
    "--target",
    "target_name",
    default="",
    shell_complete=values.targets("aws"),
    help="The account, where the environment has several.",
)
@session_options
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.  [default: the target's]")
@click.option("--service", "services", multiple=True, help="Only this service; may be repeated.  [default: all]")
@click.option("--ttl", default="1h", show_default=True, help="How long the key lives, at most 12h.")
@click.option("--gate", default=GATE, show_default=True, help="Where `interlock up` serves the AWS gate.")
@click.option(
    "--through",
    type=click.Choice(["proxy", "endpoint"]),
    default=None,
    help="How tools get there.  [default: proxy to AWS itself, endpoint to an emulator]",
)
@click.option(
    "--ca",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Copy the proxy's certificate here, where the agent can read it.  [default: the home's own]",
)
@click.option("--profile", default="", help="Print a profile of this name for ~/.aws/config instead.")
@home_option
@json_option
def aws(
    agent: str,
    environment: str,
    target_name: str,
    session: str,
    operator: str,
    author: str,
    regions: tuple[str, ...],
    services: tuple[str, ...],
    ttl: str,
    gate: str,
    through: str | None,
    ca: Path | None,
    profile: str,
    home: Path | None,
    as_json: bool,
) -> None:
    """Issue a virtual key and print the variables that lead every SDK, the aws CLI and Terraform through the gate.

    \b
      eval "$(interlock connect aws --agent fixer --environment production --session s1 --operator ada)"

    The secret is printed once and kept nowhere. The agent needs no credential of AWS, and must not be able to read
    this home.
    """
    from interlock.answer import when
    from interlock.cli.awskeys import as_profile, as_shell, variables
    from interlock.configuration.reading import duration
    from interlock.identify.virtual import Scope

    with opened(home) as control:
        target = _target(control, environment, target_name)
        known = [value for name, value in target.settings if name == "region"]
        if unknown := set(regions) - set(known):
            raise click.UsageError(f"`{min(unknown)}` is no region of `{target.name}`: {', '.join(known)}")
        scope = Scope(agent, target.name, environment, regions, services, session, operator, author)
        bundle = _certificate(control, ca) if _is_proxied(through, target) else None
        key = control.registry.issue_key(caller(), scope, duration(ttl, "--ttl") // 1000)
        warn_of_strangers(control, operator, author)
    found = variables(key, (regions or tuple(known))[0], gate, bundle)
    expires = when(key.expires_at)
    if as_json:
        emit({"environment": found, "key": key.access_key, "expires_at": expires, "target": target.name})
        return
    click.echo(as_profile(found, profile) if profile else as_shell(found), nl=False)
    click.echo(f"# key {key.access_key} for {agent} at {target.name}, until {expires}; it is not shown again", err=True)


def _target(control: Control, environment: str, name: str) -> Target:
    from interlock.configuration import FILE
    from interlock.errors import BadInput

    accounts = [target for target in control.configuration.targets.values() if target.kind == "aws"]
    there = [target for target in accounts if target.environment == environment and name in ("", target.name)]
    if len(there) == 1:
        return there[0]
    named = ", ".join(sorted(f"{target.name} ({target.environment})" for target in accounts)) or "none yet"
    many = f"{len(there)} accounts are" if there else "no account is"
    advice = "name one with --target; there are" if there else "there are"
    raise BadInput(
        f"{many} `{environment}`" + (f" and called `{name}`" if name else ""),
        hint=f"{advice}: {named}" if accounts else f"add a target of kind `aws` to {FILE}",
    )


def _is_proxied(through: str | None, target: Target) -> bool:
    return through == "proxy" if through else target.address == "aws"


def _certificate(control: Control, copy: Path | None) -> Path:
    """The certificate that clients of the proxy have to trust; it is public, its key never leaves the home."""
    from interlock.errors import BadInput
    from interlock.gates.aws.authority import certificate_path, open_authority

    keys = control.home.path / "keys"
    open_authority(keys, control.record.now)
    own = certificate_path(keys).absolute()
    if copy is None:
        return own
    try:
        copy.write_bytes(own.read_bytes())
        copy.chmod(0o644)
    except OSError as error:
        raise BadInput("the certificate cannot be copied", hint=error.strerror or "", where=str(copy)) from error
    return copy.absolute()
