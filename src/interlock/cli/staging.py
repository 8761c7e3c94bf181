"""How both stories of the demo are told at a terminal: scenes with a title, and a person with a passphrase."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

ATTEMPTS = 3
Result = TypeVar("Result")


class Stage:
    """A screen, and who sits before it. With `yes` nobody does, and the person is a scripted one."""

    def __init__(self, screen: Console, *, yes: bool) -> None:
        self.screen = screen
        self.yes = yes
        self._scene = 0

    def title(self, text: str) -> None:
        """The next scene."""
        self._scene += 1
        self.screen.print()
        self.screen.rule(f"[bold]{self._scene}  {text}[/]", align="left")

    def say(self, text: str) -> None:
        """One line, with markup."""
        self.screen.print(text)

    def passphrase(self, person: str) -> str:
        """What this person signs with: chosen at the terminal, or made and shown."""
        chosen = "" if self.yes else self._choose(person)
        if not chosen:
            chosen = "-".join(secrets.token_hex(3) for _ in range(3))
            self.say(f"passphrase of {person}, who approves: [bold]{chosen}[/]")
        return chosen

    def signed(self, passphrase: str, sign: Callable[[str], Result]) -> Result:
        """What `sign` gives for the passphrase that is typed; asked again when it is wrong, but not for ever."""
        from interlock.errors import Unauthenticated

        for left in range(ATTEMPTS - 1, -1, -1):
            try:
                return sign(passphrase if self.yes else str(click.prompt("passphrase", hide_input=True, err=True)))
            except Unauthenticated as error:
                if not left:
                    raise
                self.say(f"[red]{error.message}[/]")
        raise AssertionError("the last attempt returns or raises")

    def _choose(self, person: str) -> str:
        """A passphrase that the person at the terminal chooses; empty when one should be made."""
        from interlock.errors import BadInput
        from interlock.identify.keys import check_passphrase

        self.say(
            f"You are [bold]{person}[/]. Choose a passphrase to sign with (12 characters or more; enter: made for you)."
        )
        while text := str(click.prompt("passphrase", default="", show_default=False, hide_input=True, err=True)):
            try:
                check_passphrase(text, person)
            except BadInput as error:
                self.say(f"[red]{error.message}[/]: {error.hint}")
            else:
                return text
        return ""
