"""Who: the options by which commands name people, with those that a shell can offer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from interlock.cli import values

Function = TypeVar("Function", bound=Callable[..., object])


def person_option(function: Function) -> Function:
    """`--as PERSON`: who signs."""
    return click.option(
        "--as",
        "person",
        required=True,
        shell_complete=values.people(),
        help="Who you are, as registered with `interlock people add`.",
    )(function)


def session_options(function: Function) -> Function:
    """`--session`, `--operator`, `--author`: whose session an agent works in, and by whose words."""
    for option in (
        click.option(
            "--author",
            default="",
            shell_complete=values.people(),
            help="The person who wrote the prompt, where that is another one.",
        ),
        click.option(
            "--operator", required=True, shell_complete=values.people(), help="The person whose session it is."
        ),
        click.option("--session", required=True, help="The agent's session."),
    ):
        function = option(function)
    return function
