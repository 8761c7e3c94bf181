"""Judging without a record: the judge that `check` and `ci` ask, with a home or without, and what they are given."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

from interlock.cli.frame import find_home, opened, read_bounded, senses

if TYPE_CHECKING:
    from interlock.judge import Judge
    from interlock.model.agent import Passport
    from interlock.model.inventory import Inventory
    from interlock.model.proposal import Proposal

Function = TypeVar("Function", bound=Callable[..., object])

UNREGISTERED = "unregistered"


def inventory_option(function: Function) -> Function:
    """`--inventory FILE`, as often as there are files."""
    return click.option(
        "--inventory",
        "inventories",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        help="What else exists and depends on what: a state file, a graph, or an inventory; may be repeated.",
    )(function)


def source_option(function: Function) -> Function:
    """`--source DIR`, the configuration that a plan was made from."""
    return click.option(
        "--source",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="The configuration that the plan was made from: its locals and lifecycles are not in the plan.",
    )(function)


def parts_options(function: Function) -> Function:
    """`--only`, `--replace` and `--destroy`: how the folder of a root module is to be planned."""
    for option in (
        click.option("--destroy", is_flag=True, help="Of a folder: destroy everything that its state manages."),
        click.option(
            "--replace", multiple=True, metavar="ADDRESS", help="Of a folder: make this anew, though nothing says so."
        ),
        click.option(
            "--only", multiple=True, metavar="ADDRESS", help="Of a folder: plan this and what it depends on alone."
        ),
    ):
        function = option(function)
    return function


def folder(
    kind: str, directory: Path, only: tuple[str, ...], replace: tuple[str, ...], *, destroy: bool
) -> bytes | None:
    """A folder as a payload of its kind, planned as asked; None where it is none. BadProposal of a file in parts."""
    from interlock.errors import BadProposal

    if directory.is_dir():
        from interlock.execute.planners import packed

        return packed(kind, directory, only=only, replace=replace, destroy=destroy)
    if only or replace or destroy:
        raise BadProposal("only the folder of a root module is planned in parts", where=str(directory))
    return None


def with_source(plan: bytes, source: Path | None) -> bytes:
    """The plan, and the configuration files of this folder beside it where there is one."""
    if source is None:
        return plan
    from interlock.errors import BadProposal
    from interlock.read.terraform.beside import MODULES, beside
    from interlock.read.terraform.hcl import is_configuration
    from interlock.read.terraform.package import MAX_MEMBERS

    files: dict[str, bytes] = {}
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source).as_posix()
        if (name == MODULES or is_configuration(name)) and path.is_file():
            files[name] = read(path)
            if len(files) > MAX_MEMBERS:
                raise BadProposal("the source has too many files", where=str(source), hint="name the root module")
    return beside(plan, files)


@contextlib.contextmanager
def judging(home: Path | None, agent: str, *, here: bool = True) -> Iterator[tuple[Judge, Passport]]:
    """The judge of the home there is, with the agent's passport; without a home, starter policies and no passport.

    Not `here`: a home in the folder that it runs in is not asked unless it is named.
    """
    found = find_home(home, here=here)
    if found is not None:
        with opened(found) as control:
            control.require_policies()
            yield control.judge, control.record.passport(agent)
        return
    from interlock.configuration import unconfigured
    from interlock.decide.decide import engine
    from interlock.judge import Judge
    from interlock.model.agent import unregistered
    from interlock.policy.starter import starter_files

    yield Judge(unconfigured(), engine(starter_files()), senses()), unregistered(agent)


def asked(judge: Judge, kind: str, agent: str, environment: str, target: str = "") -> Proposal:
    """A proposal that names no change yet. The environment is the one said, else the target's, else production."""
    from interlock.model.proposal import Proposal

    claimed = environment or (judge.configuration.target(target).environment if target else "production")
    return Proposal(kind, b"", agent, claimed, target)


def known(files: Sequence[Path], environment: str) -> Inventory | None:
    """What these files tell of the world, together; None of none. What says nothing else is of this environment."""
    if not files:
        return None
    from interlock.read.inventories import inventory_from
    from interlock.survey.joined import joined

    return joined([inventory_from(str(file), read(file), environment) for file in files])


def read(file: Path | None) -> bytes:
    """The whole of a file, or of standard input."""
    if file is None or str(file) == "-":
        return read_bounded(sys.stdin.buffer, "standard input")
    with opened_file(file) as source:
        return read_bounded(source, str(file))


@contextlib.contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """A file to read from, `-` for standard input. BadProposal where it cannot be read."""
    from interlock.errors import BadProposal

    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        source = path.open("rb")
    except OSError as error:
        raise BadProposal("cannot be read", hint=error.strerror or "", where=str(path)) from error
    with source:
        yield source
