"""`interlock agents`: the register of agents (K1): passports, what they lack, and short-lived tokens."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli import values
from interlock.cli.frame import caller, console, emit, home_option, json_option, opened, warn_of_strangers
from interlock.cli.who import session_options
from interlock.report.visible import visible

if TYPE_CHECKING:
    from rich.console import RenderableType

    from interlock.answer import Json
    from interlock.model.agent import Passport
    from interlock.model.entry import KeyIssued
    from interlock.record import Token


@click.group()
def command() -> None:
    """Register agents, show their passports, issue, rotate and revoke their keys and tokens."""


@command.command("add")
@click.argument("name", shell_complete=values.agents(retired=True))
@click.option("--passport", type=click.Path(path_type=Path, dir_okay=False), help="A TOML or JSON file; flags win.")
@click.option("--owner", default="", shell_complete=values.people(), help="The person who answers for it.")
@click.option("--purpose", default="", help="What it is for.")
@click.option("--justification", default="", help="Why an agent at all.")
@click.option("--benefits", default="", help="What is gained.")
@click.option("--risks", default="", help="What can go wrong.")
@click.option("--worst-case", default="", help="The single worst thing that can happen.")
@click.option("--prevention", default="", help="What prevents that.")
@click.option(
    "--environment",
    "environments",
    multiple=True,
    shell_complete=values.environments(),
    help="Where it works; may be repeated.",
)
@click.option("--capability", "capabilities", multiple=True, help="What it may do; may be repeated (see below).")
@click.option("--specialised", is_flag=True, help="Built for a single task, not general-purpose.")
@click.option(
    "--destroy-authorised-by",
    default="",
    shell_complete=values.people(),
    metavar="PERSON",
    help="Who opened the destroy tier to it.",
)
@home_option
@json_option
def add(
    name: str,
    passport: Path | None,
    environments: tuple[str, ...],
    capabilities: tuple[str, ...],
    specialised: bool,
    home: Path | None,
    as_json: bool,
    **said: str,
) -> None:
    """Register the agent NAME, or write its passport anew. With an incomplete passport it may only observe.

    A capability is one line of parts; resources are name patterns, and what no bound is said of has none of its own:

    \b
      TIER:RESOURCES:ENVIRONMENTS[:max_rows=N][:max_resources=N][:max_reach=N][:verbs=V,…]
      [:requires=CONDITION,…]
    for example
      modify:orders,order_*:production:max_rows=500:requires=simulated-rollback
    """
    import msgspec

    from interlock.cli.passport import parse_capability, read_passport
    from interlock.model.agent import Passport

    written = read_passport(passport, name) if passport is not None else Passport(name)
    changes: dict[str, object] = {field: text for field, text in said.items() if text}
    if environments:
        changes["environments"] = environments
    if capabilities:
        changes["capabilities"] = tuple(parse_capability(text) for text in capabilities)
    if specialised:
        changes["general_purpose"] = False
    with opened(home) as control:
        kept = control.registry.add_agent(caller(), msgspec.structs.replace(written, **changes))
        people = control.registry.people(caller())
    if as_json:
        emit(_told(kept))
        return
    click.echo(f"registered {name}")
    if kept.missing:
        click.echo(f"its passport still lacks {', '.join(kept.missing)}: until then it may only observe")
    if kept.owner and kept.owner not in people:
        click.echo(f"its owner `{kept.owner}` is no registered person: nobody can approve its changes until then")


@command.command("show", short_help="Show a passport, what it lacks, tokens and keys.")
@click.argument("name", shell_complete=values.agents(retired=True))
@home_option
@json_option
def show(name: str, home: Path | None, as_json: bool) -> None:
    """Show the passport of NAME, what it lacks, its tokens by id, and its virtual keys."""
    with opened(home) as control:
        passport = control.registry.agent(caller(), name)
        tokens = list(control.registry.tokens_of(caller(), name).values())
        keys = list(control.registry.keys_of(caller(), name).values())
        now = control.record.now()
    answer = _told(passport) | {
        "tokens": [_token(token, now) for token in tokens],
        "keys": [_key(key, now) for key in keys],
    }
    if as_json:
        emit(answer)
    else:
        console().print(_picture(answer))


@command.command("list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """List all agents, retired ones included."""
    with opened(home) as control:
        agents = control.registry.agents(caller())
    if as_json:
        emit({"agents": [_told(agent) for agent in agents]})
        return
    from rich.table import Table

    from interlock.cli.words import plain

    table = Table(pad_edge=False)
    for column in ("agent", "state", "owner", "environments", "purpose"):
        table.add_column(column, overflow="fold")
    for agent in agents:
        table.add_row(
            plain(agent.name),
            _state(agent),
            plain(agent.owner),
            plain(", ".join(agent.environments)),
            plain(agent.purpose),
        )
    console().print(table)


@command.command("retire")
@click.argument("name", shell_complete=values.agents())
@home_option
@json_option
def retire(name: str, home: Path | None, as_json: bool) -> None:
    """Retire NAME and revoke all its tokens. It does nothing any more."""
    with opened(home) as control:
        retired = control.registry.retire_agent(caller(), name)
    if as_json:
        emit(_told(retired))
    else:
        click.echo(f"retired {name}; its tokens are revoked")


@command.command("token")
@click.argument("name", shell_complete=values.agents())
@click.option(
    "--environment",
    required=True,
    shell_complete=values.environments(),
    help="The one environment that the token is for.",
)
@session_options
@click.option("--ttl", default="15m", show_default=True, help="How long it lives, at most 1h.")
@home_option
@json_option
def token(
    name: str, environment: str, session: str, operator: str, author: str, ttl: str, home: Path | None, as_json: bool
) -> None:
    """Issue a token for NAME. It is printed once and kept nowhere; INTERLOCK_TOKEN carries it to the agent."""
    from interlock.answer import when
    from interlock.configuration.reading import duration
    from interlock.identify.tokens import Grant

    grant = Grant(name, environment, session, operator, author)
    with opened(home) as control:
        minted = control.registry.issue_token(caller(), grant, duration(ttl, "--ttl") // 1000)
        warn_of_strangers(control, operator, author)
    expires = when(minted.claims.expires_at)
    if as_json:
        emit({"token": minted.token, "id": minted.claims.token_id, "expires_at": expires})
        return
    click.echo(minted.token)
    click.echo(f"token {minted.claims.token_id}, until {expires}; it is not shown again", err=True)


@command.command("revoke", short_help="Revoke one token or virtual key, or all.")
@click.argument("name", shell_complete=values.agents(retired=True))
@click.argument("token_id", metavar="[TOKEN|KEY]", required=False, shell_complete=values.credentials())
@click.option("--all", "everything", is_flag=True, help="Every token and key that was issued up to now.")
@home_option
@json_option
def revoke(name: str, token_id: str | None, everything: bool, home: Path | None, as_json: bool) -> None:
    """Revoke one TOKEN or virtual KEY of NAME by its id, or all with --all. It holds from the next call on."""
    from interlock.identify.virtual import PREFIX

    if (token_id is None) != everything:
        raise click.UsageError("name one TOKEN or KEY by its id, or --all")
    with opened(home) as control:
        if everything or not str(token_id).startswith(PREFIX):
            control.registry.revoke_token(caller(), name, token_id or "*")
        if everything or str(token_id).startswith(PREFIX):
            control.registry.revoke_key(caller(), name, token_id or "*")
    if as_json:
        emit({"agent": name, "revoked": token_id or "*"})
    else:
        click.echo("revoked")


@command.command("rotate", short_help="End every virtual key, and print new ones.")
@click.argument("name", shell_complete=values.agents())
@click.option("--ttl", default="1h", show_default=True, help="How long the new keys live, at most 12h.")
@home_option
@json_option
def rotate(name: str, ttl: str, home: Path | None, as_json: bool) -> None:
    """End every virtual key of NAME, and print a new one for each scope that was in force. They are shown once.

    What is printed takes the place of the two lines that `interlock connect aws` printed for the same session, in the
    agent's environment or its profile; the rest of that stays as it is. The keys of before are refused at once.
    """
    from interlock.answer import when
    from interlock.configuration.reading import duration

    with opened(home) as control:
        control.registry.agent(caller(), name)
        keys = control.registry.rotate_keys(caller(), name, duration(ttl, "--ttl") // 1000)
    said = [
        {
            "key": key.access_key,
            "secret": key.secret,
            "target": key.scope.target,
            "session": key.scope.session,
            "expires_at": when(key.expires_at),
        }
        for key in keys
    ]
    if as_json:
        emit({"agent": name, "keys": said})
        return
    for each in said:
        bound = f"for {visible(each['target'])}, session {visible(each['session'])}, until {each['expires_at']}"
        click.echo(f"# {bound}; it is not shown again", err=True)
        click.echo(f"export AWS_ACCESS_KEY_ID={each['key']}")
        click.echo(f"export AWS_SECRET_ACCESS_KEY={shlex.quote(each['secret'])}")
    if said:
        click.echo(f"# {len(said)} new; the ones before are revoked. Whatever else the agent was given stays", err=True)
    else:
        click.echo("none was in force; all are revoked. `interlock connect aws` issues one", err=True)


def _told(passport: Passport) -> Json:
    """The passport as JSON tells it: every field, and what is missing."""
    import msgspec

    said: Json = msgspec.structs.asdict(passport)
    said["capabilities"] = [msgspec.structs.asdict(capability) for capability in passport.capabilities]
    return said | {"state": _state(passport), "missing": list(passport.missing)}


def _state(passport: Passport) -> str:
    if passport.retired:
        return "retired"
    return "working" if passport.complete else "observes only"


def _token(token: Token, now: int) -> Json:
    from interlock.answer import when

    state = "revoked" if token.revoked else "expired" if token.expires_at <= now else "valid"
    expires = when(token.expires_at)
    return {
        "id": token.id,
        "state": state,
        "environment": token.environment,
        "session": token.session,
        "expires_at": expires,
    }


def _key(key: KeyIssued, now: int) -> Json:
    from interlock.answer import when

    return {
        "key": key.key,
        "state": "expired" if key.expires_at <= now else "valid",
        "target": key.target,
        "environment": key.environment,
        "session": key.session,
        "regions": list(key.regions),
        "services": list(key.services),
        "expires_at": when(key.expires_at),
    }


def _picture(answer: Json) -> RenderableType:
    from typing import cast

    from rich.table import Table

    from interlock.cli.words import plain

    table = Table.grid(padding=(0, 2))
    table.add_row("agent", f"[bold]{plain(answer['name'])}[/]  {answer['state']}")
    for field in ("owner", "purpose", "justification", "benefits", "risks", "worst_case", "prevention"):
        table.add_row(field.replace("_", " "), plain(answer[field]) or "[red]missing[/]")
    places = cast("tuple[str, ...]", answer["environments"])
    table.add_row("environments", plain(", ".join(places)) or "[red]missing[/]")
    built = "general-purpose" if answer["general_purpose"] else "specialised"
    table.add_row("built", built)
    table.add_row(
        "destroy tier",
        f"opened by {plain(answer['destroy_authorised_by'])}" if answer["destroy_authorised_by"] else "closed",
    )
    for capability in cast("list[Json]", answer["capabilities"]):
        table.add_row("capability", plain(_line(capability)))
    for token in cast("list[Json]", answer["tokens"]):
        bound = f"{token['environment']}, session {token['session']}, until {token['expires_at']}"
        table.add_row("token", plain(f"{token['id']}  {token['state']}, {bound}"))
    for key in cast("list[Json]", answer["keys"]):
        bound = f"{key['target']}, session {key['session']}, until {key['expires_at']}"
        table.add_row("virtual key", plain(f"{key['key']}  {key['state']}, {bound}"))
    return table


def _line(capability: Json) -> str:
    """The capability in the form in which `agents add` takes it."""
    from typing import cast

    def joined(name: str) -> str:
        return ",".join(cast("tuple[str, ...]", capability[name]))

    parts = [str(capability["tier"]), joined("resources"), joined("environments") or "*"]
    parts += [f"{name}={capability[name]}" for name in ("max_rows", "max_resources", "max_reach") if capability[name]]
    parts += [f"{name}={joined(name)}" for name in ("verbs", "requires") if capability[name]]
    return ":".join(parts)
