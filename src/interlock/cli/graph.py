"""The reach as a picture: into an SVG or HTML file, or as a tree in the terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from interlock.cli.frame import console

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.tree import Tree

    from interlock.model.case import Case
    from interlock.report.scene import Node, Ring
    from interlock.report.subject import Subject

#: Things shown in a terminal, where nobody scrolls through more.
BUDGET: Final = 60
SIGN: Final = {
    "delete": "[bold red]✕[/]",
    "replace": "[bold yellow]±[/]",
    "revoke": "[bold cyan]↓[/]",
    "grant": "[bold cyan]↑[/]",
    "execute": "[bold magenta]▶[/]",
    "update": "[yellow]~[/]",
    "create": "[green]+[/]",
    "read": "[dim]·[/]",
}
FELT: Final = {"changed": "[bold]·[/]", "must": "[bold]●[/]", "may": "[dim]○[/]"}


def draw_case(case: Case, production: Callable[[str], bool], graph: str) -> None:
    """The reach of a case. BadInput for one that was refused before there was a decision."""
    from interlock.errors import BadInput
    from interlock.report.subject import Subject

    if case.change is None or case.assessment is None or case.decision is None:
        raise BadInput(f"case `{case.id}` was {case.state} before its reach was known", hint=case.problem)
    draw(Subject(case.change, case.assessment, case.decision, production, case.id), graph)


def draw(subject: Subject, graph: str) -> None:
    """The reach of this subject, where `--graph` says. BadInput for a name that says no form, or cannot be written."""
    if graph == "-":
        console().print(tree(subject))
        return
    from interlock.errors import BadInput
    from interlock.report.page import page
    from interlock.report.svg import svg

    forms = {".svg": svg, ".html": page}
    path = Path(graph)
    if path.suffix not in forms:
        raise BadInput("this names no picture", hint="FILE.svg or FILE.html, or `-` for the terminal", where=graph)
    write(path, forms[path.suffix](subject))


def write(path: Path, text: str) -> None:
    """Write a file that was asked for. BadInput where it cannot be, or would be another one than it says.

    The folder that a pipeline runs in is an agent's: a link in it would have any file of the machine written over.
    """
    from interlock.errors import BadInput

    plain = not path.is_absolute() and ".." not in path.parts
    if plain and not path.resolve().is_relative_to(Path.cwd().resolve()):
        raise BadInput("a link leads out of this folder", hint="name the file that you mean", where=str(path))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput("cannot be written", hint=error.strerror or "", where=str(path)) from error


def tree(subject: Subject) -> RenderableType:
    """The scene as a tree: what changes, and under each thing what feels the change from it."""
    from rich.console import Group
    from rich.tree import Tree

    from interlock.cli.words import OUTCOME, marked, plain
    from interlock.report.scene import NOBODY, scene
    from interlock.report.subject import in_words

    shown = scene(subject, BUDGET)
    decision, assessment = subject.decision, subject.assessment
    case = f"case {plain(subject.case)}  " if subject.case else ""
    risk = f"  risk {assessment.risk.score} of 100, uncalibrated" if assessment.risk else ""
    root = Tree(
        f"{case}[{OUTCOME[decision.outcome]}]{decision.outcome.upper()}[/]  {in_words(subject.change)}  "
        f"reversibility [bold]{assessment.reversibility}[/]{risk}\n[dim]digest {decision.digest}[/]",
        guide_style="dim",
    )
    branches: list[Tree] = []
    for node in shown.nodes:
        above = root if node.parent == NOBODY else branches[node.parent]
        parent = "" if node.parent == NOBODY else shown.nodes[node.parent].name
        branches.append(_branch(above, node, parent))
    lines = ["  ".join(f"{FELT[ring]} {_NAMES[ring]} {number:,}" for ring, number in shown.totals.items())]
    lines += [f"and {number:,} more: {_NAMES[ring]}" for ring, number in shown.hidden.items() if number]
    if not shown.complete:
        left = f"{shown.frontier:,} not followed; " if shown.frontier else ""
        lines.append(f"[bold red]THE REACH IS INCOMPLETE[/]: {left}more may feel it")
    return Group(root, *(marked(line) for line in lines))


_NAMES: Final[dict[Ring, str]] = {"changed": "changed", "must": "must feel it", "may": "may feel it"}


def _branch(above: Tree, node: Node, parent: str) -> Tree:
    """One thing under what it hangs from. Both names stand there already, so its evidence says neither again."""
    from interlock.cli.words import plain

    sign = SIGN[node.verbs[0]] if node.verbs else FELT[node.ring]
    name = f"[red]{plain(node.name)}[/]" if node.production else plain(node.name)
    marks = " [bold red]critical[/]" * node.critical + " [bold red]no way back[/]" * node.irreversible
    lines = (line.removeprefix(f"`{node.name}` ").replace(f"`{parent or node.name}`", "it") for line in node.via[-2:])
    why = " ← ".join(plain(line) for line in lines)
    return above.add(f"{sign} {name}{marks} [dim]{why}[/]")
