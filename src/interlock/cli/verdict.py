"""A case in a few lines, for somebody who has a minute: what it is, what was decided and why, and the gentler way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

from rich.panel import Panel
from rich.table import Table

from interlock.cli.words import OUTCOME, TIER, plain
from interlock.model.wayback import REVERSIBILITIES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from interlock.answer import Json

#: Reasons that are shown; `interlock show` has them all.
FEW: Final = 3
#: Policies whose reasons come first: what is lost, and that it need not be.
MOST_TELLING: Final = frozenset({"production-irreversible", "critical-resource", "gentler-way"})
#: Policies whose reasons come last: they are about what is known of the change, and not about the change.
LEAST: Final = frozenset({"degraded", "reach-incomplete", "reach-cut"})


def verdict(answer: Json) -> RenderableType:
    """The case in a panel, coloured by its outcome."""
    assessment, change = cast("Json", answer["assessment"]), cast("Json", answer["change"])
    decision = cast("Json", answer["decision"])
    outcome = str(decision["outcome"])
    lines = Table.grid(padding=(0, 1))
    lines.add_column(no_wrap=True, style="dim")
    lines.add_column(overflow="fold")
    lines.add_row("what", _what(cast("Sequence[Json]", change["effects"])))
    tier = str(assessment["tier"])
    lines.add_row("tier", f"[{TIER[tier]}]{tier}[/], {assessment['reversibility']}")
    if felt := _felt(cast("Json", assessment["reach"])):
        lines.add_row("felt by", felt)
    because = cast("Sequence[Json]", decision["because"])
    # Where a reason names what it is about, that stands in the line above already.
    ordered = sorted(because, key=lambda each: (each["policy"] not in MOST_TELLING, each["policy"] in LEAST))
    reasons = list(dict.fromkeys(str(each["because"]).partition(" (`")[0] for each in ordered))
    for place, reason in enumerate(reasons[:FEW]):
        lines.add_row("because" if place == 0 else "", plain(reason))
    if len(reasons) > FEW:
        lines.add_row("", f"[dim]and {len(reasons) - FEW} more[/]")
    for fix in _gentler(cast("Sequence[Json]", assessment["findings"])):
        lines.add_row("gentler", f"[green]{plain(fix)}[/]")
    if requirements := cast("Sequence[str]", decision["requirements"]):
        lines.add_row("lifted by", f"[bold]{plain(', '.join(requirements))}[/]")
    title = f"[{OUTCOME[outcome]}]{outcome.upper()}[/]  case {answer['case']}"
    return Panel(lines, title=title, title_align="left", border_style=OUTCOME[outcome], padding=(0, 1))


def _what(effects: Sequence[Json]) -> str:
    """The first effect by its cause and thing, and the other things that it is about, the ones that are lost first."""
    if not effects:
        return "nothing"
    first, *rest = effects
    rest.sort(key=_hardness, reverse=True)
    others = f", [dim]with[/] {_named([_name(each) for each in rest])}" if rest else ""
    return f"[bold]{plain(first['cause'])}[/] {plain(_name(first))}{others}"


def _hardness(effect: Json) -> int:
    """How hard it is to go back from it."""
    found = effect.get("reversibility")
    return REVERSIBILITIES.index(found) if found in REVERSIBILITIES else -1


def _name(effect: Json) -> str:
    return str(cast("Json", effect["resource"])["name"])


def _felt(reach: Json) -> str:
    changed = {str(one["name"]) for one in cast("Sequence[Json]", reach["changed"])}
    others = [str(one["name"]) for one in cast("Sequence[Json]", reach["may"]) if str(one["name"]) not in changed]
    return _named(others)


def _named(names: Sequence[str]) -> str:
    """The first few of them, and how many more there are."""
    named = ", ".join(plain(_short(name)) for name in names[:FEW])
    return f"{named} [dim]and {len(names) - FEW} more[/]" if len(names) > FEW else named


def _short(name: str) -> str:
    """The last part of an ARN says which; the parts before it are the same for all of an account."""
    return name.split(":", 5)[-1] if name.startswith("arn:") else name


def _gentler(findings: Sequence[Json]) -> list[str]:
    fixes = [str(found["fix"]) for found in findings if found["id"] == "gentler-way" and found["fix"]]
    return list(dict.fromkeys(fixes))[:2]
