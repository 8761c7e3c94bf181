"""A planned change as a person reads it: things by what is done to them, the gravest first, with their way back.

A plan tells of whole things, not of rows: what goes and what is made anew comes first and is marked, production is red,
and a long list is cut with the rest counted by verb, so that nothing that is destroyed hides behind what is created.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from interlock.cli.words import MOST, marked, plain
from interlock.report.subject import DONE, GRAVITY, RANK

if TYPE_CHECKING:
    from interlock.answer import Json
    from interlock.model.change import Verb

#: How each verb is marked, by a sign as well as by its colour.
MARK: Final[dict[Verb, tuple[str, str]]] = {
    "delete": ("✕ destroy", "bold red"),
    "replace": ("± replace", "bold yellow"),
    "revoke": ("↓ revoke", "cyan"),
    "grant": ("↑ grant", "bold cyan"),
    "execute": ("▶ execute", "bold magenta"),
    "update": ("~ update", "yellow"),
    "create": ("+ create", "green"),
    "read": ("· read", "dim"),
}
LOST: Final = {"irreversible": "bold red", "grace-period": "red", "disruptive-inverse": "yellow"}


def is_planned(change: Json) -> bool:
    """Whether these effects come from a plan, rather than from a text that was read."""
    return any(effect["known"] == "planned" for effect in cast("Sequence[Json]", change["effects"]))


def effects(answer: Json, production: Callable[[str], bool]) -> RenderableType:
    """The table of effects, the gravest first."""
    change = cast("Json", answer["change"])
    ordered = sorted(cast("Sequence[Json]", change["effects"]), key=lambda effect: RANK[_verb(effect)])
    table = Table(title=_title(ordered), title_justify="left", expand=False, pad_edge=False)
    for column in ("what", "thing", "way back", "why"):
        table.add_column(column, overflow="fold", no_wrap=column == "what")
    for effect in ordered[:MOST]:
        table.add_row(*_row(effect, str(answer["environment"]), production))
    if len(ordered) > MOST:
        table.add_row("…", f"and {_counted(ordered[MOST:])} (--json shows all)")
    return table


def _verb(effect: Json) -> Verb:
    return cast("Verb", effect["verb"])


def _title(ordered: Sequence[Json]) -> Text:
    said = _counted(ordered)
    return marked(f"[bold]{said}[/]" if said else "nothing changes")


def _counted(found: Iterable[Json]) -> str:
    """`1 destroyed, 2 replaced`."""
    numbers: dict[Verb, int] = {}
    for effect in found:
        numbers[_verb(effect)] = numbers.get(_verb(effect), 0) + 1
    return ", ".join(f"{numbers[verb]:,} {DONE[verb]}" for verb in GRAVITY if verb in numbers)


def _row(effect: Json, environment: str, production: Callable[[str], bool]) -> tuple[str, ...]:
    resource = cast("Json", effect["resource"])
    sign, colour = MARK[_verb(effect)]
    red = production(str(resource["environment"]) or environment)
    name = f"[red]{plain(resource['name'])}[/]" if red else plain(resource["name"])
    unknown = " [bold red]UNKNOWN[/]" if effect["known"] == "unknown" else ""
    return (
        f"[{colour}]{sign}[/]",
        f"{name}\n[dim]{plain(resource['type'])}[/]{unknown}",
        _way_back(effect),
        _why(effect),
    )


def _way_back(effect: Json) -> str:
    reversibility = str(effect["reversibility"])
    lines = [f"[{LOST.get(reversibility, 'default')}]{reversibility}[/]"]
    if known := cast("Json | None", effect["way_back"]):
        lines += [f"loses {plain(known['loses'])}"] if known["loses"] else []
        lines += [f"[dim]{plain(known['why'])}[/]"] if known["why"] else []
        lines += [f"[dim]{plain(one)}[/]" for one in cast("Sequence[str]", known["evidence"])[:2]]
        lines += [f"[dim]easier: {plain(known['lifts'])}[/]"] if known["lifts"] else []
    return "\n".join(lines)


def _why(effect: Json) -> str:
    fields = cast("Sequence[str]", effect["fields"])
    shown = ", ".join(plain(field) for field in fields[:6]) + (
        f" and {len(fields) - 6} more" if len(fields) > 6 else ""
    )
    lines = [plain(effect["cause"])] if effect["cause"] else []
    lines += [f"[dim]{shown}[/]"] if shown and _verb(effect) in ("update", "replace") else []
    lines += [f"[bold]gentler:[/] {plain(effect['gentler'])}"] if effect["gentler"] else []
    return "\n".join(lines)


def surroundings(answer: Mapping[str, object]) -> Iterable[RenderableType]:
    """What is known of the whole: signals, risk, failure domains."""
    change, assessment = cast("Json", answer["change"]), cast("Json", answer["assessment"])
    table = Table.grid(padding=(0, 1))
    for signal in cast("Sequence[Json]", change["signals"])[:MOST]:
        table.add_row("signal", f"[bold yellow]{plain(signal['name'])}[/] {plain(signal['detail'])}")
    risk = cast("Json | None", assessment["risk"])
    if risk and (parts := cast("Sequence[Json]", risk["parts"])):
        made = ", ".join(f"{plain(part['name'])} {cast('int', part['permille']) / 10:.0f} %" for part in parts[:5])
        table.add_row("risk", f"[bold]{risk['score']}[/] of 100 [dim]uncalibrated: {made}[/]")
    domains = cast("Sequence[Json]", assessment["domains"])
    for domain in domains[:MOST]:
        table.add_row("domain", _domain(domain))
    if len(domains) > MOST:
        table.add_row("", f"and {len(domains) - MOST} more domains (--json shows all)")
    if table.row_count:
        yield table


def _domain(domain: Json) -> str:
    touched, total = cast("int", domain["touched"]), cast("int | None", domain["total"])
    share = f"{touched:,} of {total:,}" if total is not None else f"{touched:,} of nobody knows how many"
    all_of_it = " [bold red]all of it[/]" if total == touched and touched > 1 else ""
    return f"{plain(domain['kind'])} [bold]{plain(domain['name'])}[/]: {share} things touched{all_of_it}"
