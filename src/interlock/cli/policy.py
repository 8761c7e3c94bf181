"""`interlock policy`: check the policies, run your own cases against them, and explain a decision that they made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli import values
from interlock.cli.frame import caller, console, emit, find_home, home_option, json_option, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interlock.control import Control
    from interlock.decide.explain import Explanation

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def command() -> None:
    """Check, explain and test the policies."""


@command.command("check")
@click.argument("folder", metavar="[DIR]", required=False, type=_FOLDER)
@home_option
@json_option
def check(folder: Path | None, home: Path | None, as_json: bool) -> int:
    """Find errors, and what cannot be meant, in the policies of DIR.  [default: the home's]

    An error is what would be refused when it is loaded. A warning is for a policy that says nothing: it can never
    apply, or another one always speaks for it. Exit status: 0 without errors, 2 with.
    """
    from interlock.decide import check as look

    place, sources = _sources(folder, home)
    report = look.check(sources)
    remarks = [remark._asdict() | {"where": _within(place, remark.where)} for remark in report.remarks]
    if as_json:
        emit({"usable": report.usable, "policies": report.policies, "remarks": remarks})
        return 0 if report.usable else 2
    from interlock.cli.words import plain
    from interlock.report.visible import counted

    say = console().print
    for remark in remarks:
        colour = "red" if remark["severity"] == "error" else "yellow"
        say(f"{plain(remark['where'])}: [{colour}]{remark['severity']}[/] {plain(remark['message'])}", soft_wrap=True)
        if remark["hint"]:
            say(f"  [dim]{plain(remark['hint'])}[/]", soft_wrap=True)
    errors = sum(remark["severity"] == "error" for remark in remarks)
    numbers = ((report.policies, "policy", "policies"), (errors, "error", ""), (len(remarks) - errors, "warning", ""))
    say(", ".join(counted(*number) for number in numbers))
    return 0 if report.usable else 2


@command.command("test")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--policies", "folder", type=_FOLDER, help="The policies to ask.  [default: the home's]")
@home_option
@json_option
def test(file: Path | None, folder: Path | None, home: Path | None, as_json: bool) -> int:
    """Run your cases in FILE against the policies.  [default: tests.toml beside them]

    Exit status: 0 when all pass, 1 when one does not, 2 when the file is no case file. docs/policy.md shows one.
    """
    from interlock.decide.cases import run_cases
    from interlock.decide.decide import engine

    place, sources = _sources(folder, home)
    name, text = _cases(file, place)
    results = run_cases(name, text, engine(sources))
    failed = [result for result in results if not result.passed]
    if as_json:
        emit({"passed": not failed, "cases": [result._asdict() | {"passed": result.passed} for result in results]})
        return 1 if failed else 0
    from interlock.cli.words import plain

    say = console().print
    for result in failed:
        say(f"{plain(result.where)}: [red]failed[/] {plain(result.name)}: {plain(result.differs)}", soft_wrap=True)
    say(f"{len(results) - len(failed)} of {len(results)} cases pass")
    return 1 if failed else 0


@command.command("explain")
@click.argument("case", shell_complete=values.cases(which=values.can_be_explained))
@home_option
@json_option
def explain(case: str, home: Path | None, as_json: bool) -> None:
    """Explain the decision on CASE. Shows the policies that made it, where they stand, and the facts they looked at."""
    with opened(home) as control:
        explanation = _explained(control, case)
    if as_json:
        emit(_jsonable(explanation))
        return
    from interlock.cli.words import OUTCOME, plain

    say = console().print
    say(f"[{OUTCOME[explanation.outcome]}]{explanation.outcome.upper()}[/]")
    if not explanation.current:
        say("[yellow]the policies have changed since; this is what was recorded then[/]")
    for told in explanation.reasons:
        lift = f" [dim](lifted by {plain(told.lift)})[/]" if told.lift else ""
        say(f"\n[bold]{plain(told.policy)}[/]  {plain(told.because)}{lift}")
        say(f"  [dim]{plain(told.where) or 'a rule of the product'}[/]")
        for effect in told.effects[:5]:
            say(f"  against {plain(effect)}")
        for fact, value in told.facts:
            shown = ", ".join(sorted(value)) if isinstance(value, frozenset) else value
            shown = str(shown).lower() if isinstance(shown, bool) else shown  # as a policy spells it
            say(f"  {plain(fact)} = {plain(shown)}")
    if explanation.requirements:
        say(f"\nlifted by [bold]{plain(', '.join(explanation.requirements))}[/]")


def _explained(control: Control, case_id: str) -> Explanation:
    """The explanation of a case's decision, with the passport and at the moment that it was made."""
    from interlock.decide import explain as why
    from interlock.errors import Conflict
    from interlock.identify.verbs import require
    from interlock.model.agent import unregistered
    from interlock.model.entry import AgentWritten, Decided
    from interlock.record import AGENT, CASE

    require("explain", caller())
    case = control.case(caller(), case_id)
    if case.decision is None or case.change is None or case.assessment is None:
        raise Conflict(f"case `{case.id}` is {case.state}: there is no decision", hint=case.problem)
    came = case.proposed
    decided_at = [entry.at for entry in control.record.entries(CASE + case.id) if isinstance(entry.what, Decided)]
    written = [entry.what for entry in control.record.entries(AGENT + came.agent)]
    passports = [what.passport for what in written if isinstance(what, AgentWritten)]
    return why.explain(
        case.decision,
        case.change,
        case.assessment,
        next((one for one in passports if one.digest == came.passport), unregistered(came.agent)),
        control.configuration.environment(case.assessment.environment),
        control.judge.engine,
        decided_at[-1],
    )


def _jsonable(explanation: Explanation) -> dict[str, object]:
    reasons = [
        told._asdict() | {"facts": {fact: sorted(v) if isinstance(v, frozenset) else v for fact, v in told.facts}}
        for told in explanation.reasons
    ]
    return explanation._asdict() | {"reasons": reasons}


def _sources(folder: Path | None, home: Path | None) -> tuple[Path | None, Mapping[str, str]]:
    """The policy files and where they lie: the folder that was named, else the home's, else the starter set."""
    from interlock.home import Home
    from interlock.identify.verbs import require
    from interlock.policy.starter import read_directory, starter_files

    require("check-policy", caller())
    found = find_home(home)
    place = folder or (Home(found).policies if found is not None else None)
    return (place, read_directory(place)) if place is not None else (None, starter_files())


def _cases(file: Path | None, place: Path | None) -> tuple[str, str]:
    """The name and text of the case file."""
    from interlock.home import TESTS
    from interlock.policy.starter import CASES, read_text, starter_cases

    if file is None and place is None:
        return CASES, starter_cases()
    path = file or (place or Path()) / TESTS
    return str(path), read_text(path)


def _within(place: Path | None, where: str) -> str:
    """The place with its folder, so that an editor finds it."""
    return str(place / where) if place is not None and where else where
