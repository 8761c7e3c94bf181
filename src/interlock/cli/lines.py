"""A judgement as plain lines, for a pipe: what somebody greps, an agent reads, or a log keeps.

Nothing is folded, so that a name stands whole on its line. Pictures for people are in `render.py`; this loads no more
than it needs, since most of what starts `interlock check` in a pipe waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from interlock.report.subject import RANK, by_service
from interlock.report.visible import visible

if TYPE_CHECKING:
    from interlock.answer import Json
    from interlock.model.change import Verb

#: How many of one kind are told before the rest is only counted.
MOST: Final = 200
_KEPT: Final = {"copy": "a verified copy is taken before", "until-closed": "kept until the undo window closes"}


def judgement(answer: Json) -> str:
    """One contract object as lines, each beginning with what it tells of: outcome first, as in the picture."""
    assessment, decision = cast("Json", answer["assessment"]), cast("Json", answer["decision"])
    change = cast("Json", answer["change"])
    lines = [
        f"{str(decision['outcome']).upper()}  tier {assessment['tier']}  reversibility {assessment['reversibility']}"
        f"  environment {visible(answer['environment'])}"
    ]
    if requirements := cast("Sequence[str]", decision["requirements"]):
        lines.append(_said("lifted by", ", ".join(requirements)))
    lines += _cut("because", map(_because, cast("Sequence[Json]", decision["because"])))
    effects = sorted(cast("Sequence[Json]", change["effects"]), key=lambda effect: RANK[cast("Verb", effect["verb"])])
    lines += _cut("effect", map(_effect, effects))
    lines += _cut("signal", (f"{one['name']}: {one['detail']}" for one in cast("Sequence[Json]", change["signals"])))
    lines += _cut("finding", map(_finding, cast("Sequence[Json]", assessment["findings"])))
    lines += _whole(assessment)
    needs = by_service(need for effect in effects for need in cast("Sequence[str]", effect["needs"]))
    lines += _cut("needs", (f"{service} {', '.join(names)}" for service, names in needs))
    for name in ("unknown", "degraded"):
        lines += _cut(name, cast("Sequence[str]", assessment[name]))
    lines += _cut("permissions nobody knows of", cast("Sequence[str]", change["needs_unknown"]))
    return "\n".join(lines)


def _said(of: str, what: str) -> str:
    return f"{of}: {visible(what)}"


def _cut(of: str, told: Iterable[str]) -> Iterator[str]:
    """A line for each of these; from a number on they are only counted."""
    left = 0
    for number, what in enumerate(told):
        if number < MOST:
            yield _said(of, what)
        else:
            left += 1
    if left:
        yield f"{of}: and {left:,} more (--json shows all)"


def _because(because: Json) -> str:
    lift = f", lifted by {because['lift']}" if because["lift"] else ""
    return f"{because['because']} [{because['policy']}]{lift}"


def _effect(effect: Json) -> str:
    resource, known = cast("Json", effect["resource"]), effect["known"]
    rows = effect["count"] if known == "parsed" and effect["verb"] != "read" else None
    counted = f", {rows:,} rows" if rows is not None else ""
    said = [f"{effect['verb']} {resource['name']} ({resource['type']}{counted})", str(effect["tier"])]
    said.append("UNKNOWN" if known == "unknown" else str(effect["reversibility"]))
    way_back = cast("Json | None", effect["way_back"]) or {}
    said += [f"loses {way_back['loses']}"] if way_back.get("loses") else []
    said += [str(effect["cause"])] if effect["cause"] else []
    said += [f"gentler: {effect['gentler']}"] if effect["gentler"] else []
    return "; ".join(said)


def _finding(found: Json) -> str:
    where = f" ({found['where']})" if found["where"] else ""
    fix = f" -> {found['fix']}" if found["fix"] else ""
    return f"{found['severity']} {found['id']}: {found['message']}{where}{fix}"


def _whole(assessment: Json) -> Iterator[str]:
    """What is said of all of it: risk, reach with its chains, and the way back."""
    if risk := cast("Json | None", assessment["risk"]):
        yield f"risk: {risk['score']} of 100, uncalibrated"
    reach = cast("Json", assessment["reach"])
    changed, must, may = (cast("Sequence[Json]", reach[name]) for name in ("changed", "must", "may"))
    cut = f", {unseen(reach)}" if unseen(reach) else ""
    yield f"reach: changed {len(changed)}, must {len(must)}, may {len(may)}{cut}"
    inner = {str(one["name"]) for one in changed}
    yield from _cut("reaches", (_chain(one) for one in may if str(one["name"]) not in inner))
    yield _said("way back", _way_back(cast("Json", assessment["rollback"])))
    yield from _cut("step back", cast("Sequence[str]", cast("Json", assessment["rollback"])["steps"]))


def unseen(reach: Json) -> str:
    """That a reach is not complete, and how much was not followed where that can be counted; empty for a whole one."""
    if reach["complete"]:
        return ""
    return f"incomplete, {reach['frontier']:,} not followed" if reach["frontier"] else "incomplete, more may feel it"


def _chain(one: Mapping[str, object]) -> str:
    return f"{one['name']}: {' <- '.join(cast('Sequence[str]', one['chain']))}"


def _way_back(rollback: Json) -> str:
    if rollback["verdict"] == "none-needed":
        return "none needed"
    return f"{rollback['verdict']}, {tried(rollback)}" + (f": {rollback['why']}" if rollback["why"] else "")


def tried(rollback: Json) -> str:
    """What stands behind a way back: that it was simulated, that a copy is taken, or nothing."""
    return "simulated" if rollback["simulated"] else _KEPT.get(str(rollback["kept"]), "not simulated")
