"""`interlock demo`: an agent deletes and recreates production, without Interlock and with it; you decide."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli.frame import console, emit, json_option, senses

if TYPE_CHECKING:
    from interlock.answer import Json

STORIES = ("recreate", "shop")


@click.command()
@click.option(
    "--story",
    type=click.Choice(STORIES),
    default="recreate",
    show_default=True,
    help="`recreate`: AWS, an agent that deletes and recreates.  `shop`: a database with 120,000 orders.",
)
@click.option("--yes", is_flag=True, help="Let a scripted person decide, for unattended runs.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Work in this new folder and keep it.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw both runs into this .svg or .html file too (recreate).",
)
@json_option
def command(story: str, yes: bool, keep: Path | None, picture: Path | None, as_json: bool) -> int:
    """Show what Interlock does, on real components in a folder of its own, in about a minute.

    The story `recreate`: an agent is told to fix a stale cost report and decides to delete and recreate production. It
    runs twice, unmodified: with production's own key, and with a virtual key through Interlock, where you decide.

    The story `shop`: an agent proposes a read, a bounded fix, and a clean-up whose condition hits every order.
    """
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("without a terminal nobody can approve; use --yes")
    if picture is not None and (story != "recreate" or picture.suffix not in (".svg", ".html")):
        raise click.UsageError("--picture is a file .svg or .html, of the story recreate")
    with _folder(keep) as folder:
        told = (_recreate if story == "recreate" else _shop)(folder, yes, keep, picture, as_json)
    if as_json:
        emit(told)
    return 0 if told["as_told"] else 1


def _recreate(folder: Path, yes: bool, keep: Path | None, picture: Path | None, as_json: bool) -> Json:
    from interlock.cli.story_recreate import Teller
    from interlock.practice.recreate import Recreate

    with Recreate(folder, senses()) as day:
        return Teller(day, console(stderr=as_json), yes=yes, keep=keep, picture=picture).tell()


def _shop(folder: Path, yes: bool, keep: Path | None, _: Path | None, as_json: bool) -> Json:
    from interlock.cli.story_shop import Teller
    from interlock.practice.demo import Demo

    with Demo(folder, senses()) as demo:
        return Teller(demo, console(stderr=as_json), yes=yes, keep=keep).tell()


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    from interlock.errors import BadConfiguration

    if keep is None:
        with tempfile.TemporaryDirectory(prefix="interlock-demo-") as folder:
            yield Path(folder)
        return
    try:
        keep.mkdir(parents=True)
    except OSError as error:
        raise BadConfiguration("the folder cannot be made", hint="--keep names a new one", where=str(keep)) from error
    yield keep.absolute()
