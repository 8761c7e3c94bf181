"""`interlock people`: the register of the people who answer for approvals, each with a signing key of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli import values
from interlock.cli.frame import (
    caller,
    console,
    emit,
    home_option,
    json_option,
    opened,
    passphrase,
    passphrase_option,
)

if TYPE_CHECKING:
    from interlock.answer import Json
    from interlock.model.agent import Person


@click.group()
def command() -> None:
    """Register the people who answer for approvals."""


@command.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True, help="A role that policies ask for, such as dba; may be repeated.")
@click.option("--timezone", default="UTC", show_default=True, help="Where they work, such as Europe/Berlin.")
@passphrase_option
@home_option
@json_option
def add(
    name: str, roles: tuple[str, ...], timezone: str, passphrase_file: Path | None, home: Path | None, as_json: bool
) -> None:
    """Register NAME and make their signing key. It is sealed under a passphrase that they choose."""
    secret = passphrase(passphrase_file, confirm=True)
    with opened(home) as control:
        person = control.registry.add_person(caller(), name, roles, timezone, secret)
        key = control.home.person_key(name)
    if as_json:
        emit(_told(person))
        return
    click.echo(f"registered {name}; their key is {key}, sealed under the passphrase")


@command.command("list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """List all people, retired ones included."""
    with opened(home) as control:
        people = control.registry.people(caller())
    if as_json:
        emit({"people": [_told(person) for person in people.values()]})
        return
    from rich.table import Table

    from interlock.cli.words import plain

    table = Table(pad_edge=False)
    for column in ("person", "state", "roles", "time zone", "public key"):
        table.add_column(column, overflow="fold")
    for person in people.values():
        state = "retired" if person.retired else "votes"
        table.add_row(plain(person.name), state, plain(", ".join(person.roles)), person.timezone, person.public_key)
    console().print(table)


@command.command("retire")
@click.argument("name", shell_complete=values.people())
@home_option
@json_option
def retire(name: str, home: Path | None, as_json: bool) -> None:
    """Retire NAME: their votes count no more. That includes votes that were cast and not yet used."""
    with opened(home) as control:
        person = control.registry.retire_person(caller(), name)
    if as_json:
        emit(_told(person))
    else:
        click.echo(f"retired {name}; their votes count no more")


def _told(person: Person) -> Json:
    return {
        "name": person.name,
        "roles": list(person.roles),
        "timezone": person.timezone,
        "public_key": person.public_key,
        "retired": person.retired,
    }
