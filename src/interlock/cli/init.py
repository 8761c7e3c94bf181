"""`interlock init`: make a home: keys, policies to edit, configuration, and an empty ledger."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli.frame import emit, home_option, json_option, opened, senses


@click.command()
@home_option
@json_option
@click.option("--origin", default="interlock.local/ledger", show_default=True, help="The ledger's name in checkpoints.")
@click.option(
    "--store",
    default="sqlite:///ledger.db",
    show_default=True,
    help="Where the ledger is: sqlite:///FILE in the home, or postgresql://USER@HOST/DATABASE.",
)
def command(home: Path | None, as_json: bool, origin: str, store: str) -> None:
    """Make a home: keys (0600), the starter policies to be edited, configuration, an empty ledger.

    A ledger stays in the store that it was begun in.
    """
    from interlock.home import create

    made = create(home or Path(".interlock"), origin=origin, entropy=senses().entropy, store=store)
    with opened(made.path) as control:
        health = control.health()
    verifier = made.ledger_key.with_name("ledger.key.pub").read_text(encoding="utf-8").strip()
    if as_json:
        emit({"home": str(made.path), "verifier_key": verifier, "health": health})
        return
    click.echo(f"made {made.path}")
    click.echo(f"  policies to edit        {made.policies}")
    click.echo(f"  targets, hours, freezes {made.path / 'interlock.toml'}")
    click.echo(f"  the ledger's verifier key (give it to whoever should verify you):\n  {verifier}")
    click.echo("next: `interlock people add NAME --role sre`, `interlock agents add NAME --owner NAME …`")
