"""The stage of the demo's stories: a passphrase that is chosen or made, and one that is asked for again."""

from __future__ import annotations

import io
from collections.abc import Iterator

import click
import pytest
from rich.console import Console

from interlock.cli.staging import ATTEMPTS, Stage
from interlock.errors import Unauthenticated


def stage(*, yes: bool) -> Stage:
    return Stage(Console(file=io.StringIO(), width=80), yes=yes)


def typing(monkeypatch: pytest.MonkeyPatch, *texts: str) -> None:
    typed: Iterator[str] = iter(texts)
    monkeypatch.setattr(click, "prompt", lambda *_, **__: next(typed))


def sign(given: str) -> str:
    if given != "right":
        raise Unauthenticated("wrong passphrase")
    return "signed"


def test_a_wrong_passphrase_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "wrong", "right")

    assert stage(yes=False).signed("", sign) == "signed"


def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, *["wrong"] * ATTEMPTS, "right")

    with pytest.raises(Unauthenticated):
        stage(yes=False).signed("", sign)


def test_unattended_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch)

    assert stage(yes=True).signed("right", sign) == "signed"


def test_a_weak_passphrase_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "short", "four words are enough")

    assert stage(yes=False).passphrase("ben") == "four words are enough"


def test_none_chosen_is_made_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "")
    screen = stage(yes=False)

    made = screen.passphrase("ben")

    assert len(made) > 12
    assert isinstance(screen.screen.file, io.StringIO)
    assert made in screen.screen.file.getvalue()
