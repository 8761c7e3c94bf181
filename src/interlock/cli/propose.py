"""`interlock propose`: a change comes in; it is read, assessed, decided and recorded, and runs when it may."""

from __future__ import annotations

from pathlib import Path

import click

from interlock.cli import values
from interlock.cli.frame import EXIT, caller, console, emit, home_option, json_option, opened
from interlock.cli.judging import folder, parts_options, read
from interlock.cli.show import NOWHERE


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--kind",
    required=True,
    shell_complete=values.kinds(),
    help="What it is: sql (or sql:sqlite …), terraform, aws or aws:cli; the target's.",
)
@click.option("--target", default="", shell_complete=values.targets(), help="The configured target that it is for.")
@click.option("--agent", required=True, shell_complete=values.agents(), help="The agent that proposes it.")
@click.option(
    "--environment",
    default="",
    shell_complete=values.environments(),
    help="The claimed environment.  [default: the target's]",
)
@click.option("--intent", default="", help="What it is for, in a sentence.")
@click.option("--session", default="", help="The agent's session.")
@click.option("--author", default="", shell_complete=values.people(), help="The person who wrote the prompt.")
@click.option("--operator", default="", shell_complete=values.people(), help="The person whose session it is.")
@click.option(
    "--prompt", type=click.Path(path_type=Path, dir_okay=False), help="The prompt, to be sealed in the vault."
)
@parts_options
@click.option("--run", "and_run", is_flag=True, help="Run it at once when it is allowed.")
@home_option
@json_option
def command(
    file: Path,
    kind: str,
    target: str,
    agent: str,
    environment: str,
    intent: str,
    session: str,
    author: str,
    operator: str,
    prompt: Path | None,
    only: tuple[str, ...],
    replace: tuple[str, ...],
    destroy: bool,
    and_run: bool,
    home: Path | None,
    as_json: bool,
) -> int:
    """Propose the change in FILE (`-` for standard input), or, of kind terraform, the root module in a folder.

    Exit status: 0 allowed, 3 held, 4 denied, 2 bad input.
    """
    from interlock.model.proposal import Proposal

    packed = folder(kind, file, only, replace, destroy=destroy)
    payload = read(file) if packed is None else packed
    prompted = read(prompt).decode("utf-8", "replace") if prompt is not None else ""
    with opened(home) as control:
        claimed = environment or (control.configuration.target(target).environment if target else "production")
        proposal = Proposal(kind, payload, agent, claimed, target, session, author, operator, intent, prompted)
        case = control.propose(caller(), proposal, run=and_run)
        answer = control.told(case)
        outcome = case.decision.outcome if case.decision is not None else "deny"
        if as_json:
            emit(answer)
            return EXIT[outcome]
        from interlock.cli.render import case as picture
        from interlock.cli.rows import picture as rows

        production = control.configuration.is_production
        console().print(picture(answer, samples=control.samples(case), production=production))
        if output := control.output(case):
            console().print(rows(output))
        _advise(case.id, outcome, target, and_run=and_run)
    return EXIT[outcome]


def _advise(case: str, outcome: str, target: str, *, and_run: bool) -> None:
    if not target:
        click.echo(NOWHERE)
    elif outcome == "hold":
        click.echo(f"next: a person votes with `interlock approve {case} --as NAME`, then `interlock run {case}`")
    elif outcome == "allow" and not and_run:
        click.echo(f"next: `interlock run {case}`")
