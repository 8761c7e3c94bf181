"""`interlock ci`: judge a plan in a pipeline: exit status, a comment for the pull request, SARIF for code scanning."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from interlock.cli import values
from interlock.cli.frame import EXIT, console, emit, graph_option, home_option, json_option
from interlock.cli.judging import (
    UNREGISTERED,
    asked,
    inventory_option,
    judging,
    known,
    read,
    source_option,
    with_source,
)

if TYPE_CHECKING:
    from interlock.report.subject import Subject

Function = TypeVar("Function", bound=Callable[..., object])

_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.group()
def command() -> None:
    """Judge a plan in a pipeline, without recording and without executing it."""


def _options(function: Function) -> Function:
    """The options that every kind of plan takes."""
    for option in reversed(
        (
            click.argument("file", type=_FILE),
            click.option(
                "--agent",
                default=UNREGISTERED,
                shell_complete=values.agents(here=False),
                help="Whose change it is.  [default: an unregistered agent]",
            ),
            click.option(
                "--environment",
                default="",
                shell_complete=values.environments(here=False),
                help="Where it would run.  [default: production]",
            ),
            click.option("--markdown", type=_FILE, help="Write a comment for the pull request; `-` prints it."),
            click.option("--sarif", type=click.Path(path_type=Path, dir_okay=False), help="Write SARIF 2.1.0."),
            click.option("--docs-url", default="", help="Where your copy of docs/ is served, for SARIF's help links."),
            click.option("--github", is_flag=True, help="Add the comment to the summary of the step."),
            click.option(
                "--fail-on",
                type=click.Choice(["hold", "deny"]),
                default="hold",
                show_default=True,
                help="From which outcome on the exit status is not 0.",
            ),
        )
    ):
        function = option(function)
    return inventory_option(graph_option(home_option(json_option(function), "~/.interlock")))


@command.command("terraform", short_help="Judge the JSON of a plan.")
@_options
@source_option
def terraform(**options: object) -> int:
    """Judge FILE, the JSON of a plan (`terraform show -json PLAN`, also of OpenTofu); `-` for standard input.

    Exit status: 0 allow, 3 hold, 4 deny, 2 bad input.
    """
    return _judge("terraform", **options)  # type: ignore[arg-type]  # click gives what is named above


@command.command("cloudformation", short_help="Judge the description of a change set.")
@_options
def cloudformation(**options: object) -> int:
    """Judge FILE, the description of a change set (`aws cloudformation describe-change-set`); `-` for standard input.

    Exit status: 0 allow, 3 hold, 4 deny, 2 bad input.
    """
    return _judge("cloudformation", **options)  # type: ignore[arg-type]  # as above


def _judge(
    kind: str,
    *,
    file: Path,
    agent: str,
    environment: str,
    markdown: Path | None,
    sarif: Path | None,
    docs_url: str,
    github: bool,
    fail_on: str,
    inventories: tuple[Path, ...],
    graph: str,
    home: Path | None,
    as_json: bool,
    source: Path | None = None,
) -> int:
    import msgspec

    from interlock.answer import judged
    from interlock.report.subject import Subject

    wanted = {"--json": as_json, "--markdown -": str(markdown) == "-", "--graph -": graph == "-"}
    aloud = [name for name, given in wanted.items() if given]
    if len(aloud) > 1:
        raise click.UsageError(f"{' and '.join(aloud)} both want standard output")
    summary = _summary() if github else None
    # A pipeline runs in what is proposed. A home that lies there came with it, and would bring policies of its own.
    if home is None and Path(".interlock").exists() and Path.cwd() != Path.home():
        click.echo("the home in this folder is not asked; name it with --home if it is yours", err=True)
    with judging(home, agent, here=False) as (judge, passport):
        proposal = msgspec.structs.replace(
            asked(judge, kind, agent, environment), payload=with_source(read(file), source)
        )
        judgement = judge.judge(proposal, passport, known(inventories, proposal.environment))
        production = judge.configuration.is_production
    subject = Subject(judgement.change, judgement.assessment, judgement.decision, production)
    _reports(subject, file, markdown=markdown, sarif=sarif, docs_url=docs_url, graph=graph, summary=summary)
    answer = judged({"kind": kind, "agent": agent, "environment": proposal.environment}, judgement)
    if as_json:
        emit(answer)
    elif not aloud:
        from interlock.cli.render import judgement as picture

        console().print(picture(answer, production=production))
    outcome = judgement.decision.outcome
    return 0 if outcome == "hold" and fail_on == "deny" else EXIT[outcome]


def _reports(
    subject: Subject,
    file: Path,
    *,
    markdown: Path | None,
    sarif: Path | None,
    docs_url: str,
    graph: str,
    summary: Path | None,
) -> None:
    """Write what was asked for."""
    from interlock.cli.graph import draw, write

    if markdown is not None or summary is not None:
        from interlock.report.markdown import comment

        text = comment(subject)
        if summary is not None:
            _append(summary, text)
        if str(markdown) == "-":
            click.echo(text, nl=False)
        elif markdown is not None:
            write(markdown, text)
    if sarif is not None:
        from interlock import __version__
        from interlock.report.sarif import sarif as report

        write(sarif, report(subject, _uri(file), __version__, docs_url))
    if graph:
        draw(subject, graph)


def _uri(file: Path) -> str:
    """The file as code scanning names it: relative to where the pipeline runs, where it is below that."""
    if str(file) == "-":
        return "plan.json"
    try:
        return file.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return file.name


def _summary() -> Path:
    """The file in which GitHub collects the summary of a step. BadInput where there is none."""
    from interlock.errors import BadInput

    name = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not name:
        raise BadInput("there is no GITHUB_STEP_SUMMARY here", hint="--github is for a step of GitHub Actions")
    return Path(name)


def _append(path: Path, text: str) -> None:
    from interlock.errors import BadInput

    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise BadInput("cannot be written", hint=error.strerror or "", where=str(path)) from error
