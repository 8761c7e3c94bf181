"""Pictures for people: a judgement, a case and a list of cases as tables and colour in a terminal.

What an approver sees here is what their vote is bound to: effects, reach, reversibility, the way back, and reasons.
Text that comes from an agent is shown as text: control characters and markup are made visible, never obeyed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from interlock.cli import planned
from interlock.cli.lines import tried, unseen
from interlock.cli.words import MOST, OUTCOME, SEVERITY, STATE, TIER, count, further, marked, plain
from interlock.model.wayback import REVERSIBILITIES
from interlock.report.subject import by_service
from interlock.report.visible import columns, counted, fitted, visible

if TYPE_CHECKING:
    from interlock.answer import Json

NAMES = 24  # permissions of one service before the rest is only counted
LINES = 40  # of a payload, before the rest is only counted
CHARACTERS = 10_000  # of a payload, likewise
TIERS: Final = tuple(TIER)


def everywhere(_environment: str) -> bool:
    """What counts as production where nobody says: all of it."""
    return True


def judgement(answer: Json, *, production: Callable[[str], bool] = everywhere) -> RenderableType:
    """One contract object as a person reads it: outcome first, then why, then what, then how far and how back."""
    assessment, change = cast("Json", answer["assessment"]), cast("Json", answer["change"])
    decision = cast("Json", answer["decision"])
    parts: list[RenderableType] = [_headline(answer, production), _because(decision)]
    parts.append(planned.effects(answer, production) if planned.is_planned(change) else _effects(change))
    parts += planned.surroundings(answer)
    parts += _findings(cast("Sequence[Json]", assessment["findings"]))
    parts.append(_reach(assessment))
    parts += _needs(change)
    for name in ("unknown", "degraded"):
        if said := cast("Sequence[str]", assessment[name]):
            parts.append(marked(f"[bold red]{name.upper()}[/] " + "; ".join(plain(one) for one in said)))
    return Group(*parts)


def _headline(answer: Json, production: Callable[[str], bool]) -> RenderableType:
    assessment, decision = cast("Json", answer["assessment"]), cast("Json", answer["decision"])
    rows = f"rows [bold]{count(assessment['rows'])}[/]  "
    if planned.is_planned(cast("Json", answer["change"])):
        rows = ""  # a plan tells of things, and nobody counted what is in them
    red = " red" if production(str(answer["environment"])) else ""
    outcome = str(decision["outcome"])
    text = marked(
        f"[{OUTCOME[outcome]}]{outcome.upper()}[/]  "
        f"tier [{TIER[str(assessment['tier'])]}]{assessment['tier']}[/]  "
        f"reversibility [bold]{assessment['reversibility']}[/]  {rows}"
        f"environment [bold{red}]{plain(answer['environment'])}[/]"
    )
    if requirements := cast("Sequence[str]", decision["requirements"]):
        text.append_text(marked(f"\nlifted by [bold]{plain(', '.join(requirements))}[/]"))
    return Panel(text, border_style=OUTCOME[outcome], padding=(0, 1))


def _because(decision: Json) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    reasons = cast("Sequence[Json]", decision["because"])
    for because in reasons[:MOST]:
        lift = f" [dim](lifted by {plain(because['lift'])})[/]" if because["lift"] else ""
        table.add_row("because", f"{plain(because['because'])}{lift} [dim]{plain(because['policy'])}[/]")
    if len(reasons) > MOST:
        table.add_row("", further(len(reasons) - MOST))
    return table


def _effects(change: Json) -> RenderableType:
    effects = sorted(cast("Sequence[Json]", change["effects"]), key=_gravity)
    if not effects:
        return Text("nothing would be done")
    title = f"{len(effects)} effect{'' if len(effects) == 1 else 's'}"
    table = Table(title=title, title_justify="left", expand=False, pad_edge=False)
    for column in ("verb", "resource", "rows", "tier", "how known", "in the text"):
        table.add_column(column, justify="right" if column == "rows" else "left", overflow="fold")
    for effect in effects[:MOST]:
        resource = cast("Json", effect["resource"])
        tier = str(effect["tier"])
        table.add_row(
            str(effect["verb"]),
            f"{plain(resource['name'])} [dim]{plain(resource['type'])}[/]",
            count(effect["count"]) if effect["verb"] != "read" or effect["count"] is not None else "",
            f"[{TIER[tier]}]{tier}[/]",
            str(effect["known"]),
            plain(effect["cause"]),
        )
    if len(effects) > MOST:
        table.add_row("…", further(len(effects) - MOST))
    return table


def _gravity(effect: Json) -> tuple[bool, int, int]:
    """What an effect is sorted by, the gravest first, so that nothing grave hides behind what is harmless."""
    tier, reversibility = str(effect["tier"]), str(effect["reversibility"])
    hard = REVERSIBILITIES.index(reversibility) if reversibility in REVERSIBILITIES else len(REVERSIBILITIES)
    return effect["known"] != "unknown", -TIERS.index(tier), -hard


def _findings(findings: Sequence[Json]) -> Iterable[RenderableType]:
    if not findings:
        return
    table = Table.grid(padding=(0, 1))
    for found in findings[:MOST]:
        severity = str(found["severity"])
        fix = f"\n[dim]→ {plain(found['fix'])}[/]" if found["fix"] else ""
        table.add_row(
            f"[{SEVERITY[severity]}]{severity}[/]",
            f"[bold]{plain(found['id'])}[/]",
            f"{plain(found['message'])}{_where(found)}{fix}",
        )
    if len(findings) > MOST:
        table.add_row("", "", further(len(findings) - MOST))
    yield table


def _where(found: Json) -> str:
    """The place of a finding, told apart from its message where there is no colour."""
    return f" [dim]({plain(found['where'])})[/]" if found["where"] else ""


def _reach(assessment: Json) -> RenderableType:
    reach, rollback = cast("Json", assessment["reach"]), cast("Json", assessment["rollback"])
    sets = [cast("Sequence[Json]", reach[name]) for name in ("changed", "must", "may")]
    table = Table.grid(padding=(0, 1))
    cut = f" [red]{unseen(reach)}[/]" if unseen(reach) else ""
    table.add_row("reach", f"changed {len(sets[0])}, must {len(sets[1])}, may {len(sets[2])}{cut}")
    inner = {str(one["name"]) for one in sets[0]}
    further_on = [one for one in sets[2] if str(one["name"]) not in inner]
    for one in further_on[:MOST]:
        chain = " ← ".join(cast("Sequence[str]", one["chain"]))
        table.add_row("", f"{plain(one['name'])}: [dim]{plain(chain)}[/]")
    if len(further_on) > MOST:
        table.add_row("", further(len(further_on) - MOST))
    table.add_row("way back", _way_back(rollback))
    steps = cast("Sequence[str]", rollback["steps"])
    for step in steps[:MOST]:
        table.add_row("", f"[dim]{plain(step)}[/]")
    if len(steps) > MOST:
        table.add_row("", further(len(steps) - MOST))
    return table


def _needs(change: Json) -> Iterable[RenderableType]:
    """The permissions that it takes, in the words of the target, and what takes others that nobody can name."""
    effects = cast("Sequence[Json]", change["effects"])
    table = Table.grid(padding=(0, 1))
    services = by_service(need for effect in effects for need in cast("Sequence[str]", effect["needs"]))
    for service, names in services[:MOST]:
        label = "" if table.row_count else "needs at most" if planned.is_planned(change) else "needs"
        more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
        table.add_row(label, f"[bold]{plain(service)}[/] {plain(', '.join(names[:NAMES]))}{more}")
    if len(services) > MOST:
        table.add_row("", f"and of {len(services) - MOST} more services (--json shows all)")
    if unnamed := cast("Sequence[str]", change["needs_unknown"]):
        more = f" and {len(unnamed) - MOST} more" if len(unnamed) > MOST else ""
        said = f"[bold red]nobody knows the permissions of[/] {plain(', '.join(unnamed[:MOST]))}{more}"
        table.add_row("" if table.row_count else "needs", said)
    if table.row_count:
        yield table


def _way_back(rollback: Json) -> str:
    if rollback["verdict"] == "none-needed":
        return "none needed"
    why = f": {plain(rollback['why'])}" if rollback["why"] else ""
    return f"[bold]{rollback['verdict']}[/], {tried(rollback)}{why}"


def case(
    answer: Json,
    payload: str = "",
    samples: Sequence[Mapping[str, object]] = (),
    *,
    production: Callable[[str], bool] = everywhere,
    judged: bool = True,
) -> RenderableType:
    """A whole case: who asked, the exact text, the judgement unless it was just shown, the diff, votes, steps."""
    state = str(answer["state"])
    head = Table.grid(padding=(0, 1))
    head.add_row("case", f"[bold]{answer['case']}[/]  [{STATE.get(state, 'bold')}]{state}[/]")
    head.add_row("agent", f"{plain(answer['agent'])}  [dim]owner[/] {plain(answer['owner'] or 'nobody')}")
    for name in ("intent", "target", "author", "operator", "proposed_at", "missing", "problem"):
        if answer[name]:
            # What is missing is our own words, a line for each; the others may be an agent's, and stay one line.
            said = str(answer[name]).splitlines() if name == "missing" else [answer[name]]
            head.add_row(name.replace("_", " "), "\n".join(map(plain, said)))
    parts: list[RenderableType] = [head]
    if payload:
        parts.append(_payload(payload))
    if judged and "decision" in answer:
        parts.append(judgement(answer, production=production))
    if samples:
        parts.append(_samples(samples))
    parts += _history(answer)
    return Group(*parts)


def _payload(payload: str) -> RenderableType:
    """The exact text; where it is too long to be shown whole, that is said where everybody looks."""
    # At line feeds alone: other signs that Python takes for a line's end do not end a comment where it would run.
    lines = payload.replace("\r\n", "\n").removesuffix("\n").split("\n")
    shown = payload[:CHARACTERS].replace("\r\n", "\n").removesuffix("\n").split("\n")[:LINES]
    text = marked("\n".join(map(plain, shown)))
    cut = len(lines) > LINES or len(payload) > CHARACTERS
    title = "[bold red]not all[/] of what would run" if cut else "exactly this would run"
    if cut:
        whole = f"{len(lines):,} lines, {len(payload):,} characters in all: `interlock show CASE --json` has them"
        text.append_text(marked(f"\n[bold red]… cut here[/]; {whole}"))
    return Panel(text, title=title, title_align="left", padding=(0, 1))


def _samples(samples: Sequence[Mapping[str, object]]) -> RenderableType:
    table = Table(title=f"{counted(len(samples), 'row')} of the diff", title_justify="left", pad_edge=False)
    table.add_column("verb")
    table.add_column("table")
    table.add_column("before", style="red", overflow="fold")
    table.add_column("after", style="green", overflow="fold")
    for sample in samples:
        resource = cast("Json", sample["resource"])
        before, after = (_fields(cast("Sequence[Sequence[str]]", sample.get(side, ()))) for side in ("before", "after"))
        table.add_row(str(sample["verb"]), plain(resource["name"]), before, after)
    return table


def _fields(fields: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{plain(name)}={plain(value)}" for name, value in fields)


def _history(answer: Json) -> Iterable[RenderableType]:
    table = Table.grid(padding=(0, 1))
    for vote in cast("Sequence[Json]", answer["votes"]):
        reason = f" [dim]{plain(vote['reason'])}[/]" if vote["reason"] else ""
        table.add_row("vote", f"{plain(vote['person'])} [bold]{vote['choice']}[/] {vote['cast_at']}{reason}")
    if execution := cast("Json | None", answer["execution"]):
        for step in cast("Sequence[Json]", execution["steps"]):
            if step["phase"] == "did":
                table.add_row("step", f"{plain(step['name'])} [dim]{plain(step['detail'])}[/]")
        if execution["undo_until"] and answer["state"] == "done":
            table.add_row("undo", f"until {execution['undo_until']}: `interlock undo {answer['case']}`")
    if table.row_count:
        yield table


#: Columns of a list of cases that give way where a terminal is too narrow for all, the least telling first.
GIVING_WAY: Final = ("reversibility", "environment", "agent", "proposed", "intent", "tier")
COLUMNS: Final = ("case", "state", "agent", "environment", "tier", "reversibility", "proposed", "what", "intent")
WHOLE: Final = ("case", "state", "tier", "proposed")
LONGEST: Final = 100  # columns of a free text in a list; the case itself has all of it
FREE: Final = 16  # columns of such a text without which nobody can tell what it says


def cases(answers: Sequence[Json], width: int) -> RenderableType:
    """A list of cases, newest last, in so many columns. An id and a state are never cut: they are typed next."""
    rows = [_summary(answer) for answer in answers]
    room = {name: max(len(name), *(columns(str(row[name])) for row in rows)) + 3 for name in COLUMNS}
    room |= {name: min(room[name], FREE + 3) for name in ("what", "intent")}
    shown = [name for name in COLUMNS if name != "intent" or any(row["intent"] for row in rows)]
    for name in GIVING_WAY:
        if name in shown and sum(room[each] for each in shown) >= width:
            shown.remove(name)
    table = Table(pad_edge=False)
    for name in shown:
        table.add_column(name, overflow="fold", no_wrap=name in WHOLE, min_width=min(room[name] - 3, 10))
    for row in rows:
        colours = {"state": STATE.get(row["state"], "dim"), "tier": TIER.get(row["tier"], "dim")}
        cells = (f"[{colours[name]}]{row[name]}[/]" if name in colours else plain(row[name]) for name in shown)
        table.add_row(*cells)
    return table


def _summary(answer: Json) -> dict[str, str]:
    assessment = cast("Json", answer.get("assessment") or {"tier": "", "reversibility": ""})
    whole = {**answer, **assessment, "proposed": answer["proposed_at"], "what": _what(answer)}
    return {name: fitted(visible(whole[name]), LONGEST) for name in COLUMNS}


def _what(answer: Json) -> str:
    """The gravest effect, and how many there are beside it. An agent's intent says nothing of what would be done."""
    change = cast("Json", answer.get("change") or {"effects": ()})
    effects = sorted(cast("Sequence[Json]", change["effects"]), key=_gravity)
    if not effects:
        return ""
    more = f" and {len(effects) - 1:,} more" if len(effects) > 1 else ""
    return f"{effects[0]['verb']} {cast('Json', effects[0]['resource'])['name']}{more}"
