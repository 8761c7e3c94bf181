"""Markdown: a judgement as a comment on a pull request: compact, folded where it is long, and safe to render.

What came from outside (names, causes, messages) stands only in code spans or as escaped text, never in raw HTML, never
at the begin of a line. So a resource cannot be called a link, an image, a mention, a heading, or the end of a fold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from interlock.model.assessment import Finding, Reached
from interlock.model.change import Effect
from interlock.report.subject import DONE, RANK, Subject, by_service, in_words, writing
from interlock.report.visible import counted, fitted, visible

#: By this a pipeline finds its comment again, to write the new one in its place.
MARK: Final = "<!-- interlock: judgement of a plan -->"
#: A comment on GitHub has at most 65,536 characters.
ROOM: Final = 60_000
ROWS: Final = 20  # of what goes or is made anew, before the rest is folded
FOLDED: Final = 60  # rows of a fold, before the rest is only counted
LONGEST: Final = 240  # characters of one text
LINES: Final = 6  # of one chain of evidence

#: Verbs whose effects are shown; the others are folded.
SHOWN: Final = frozenset({"delete", "replace", "revoke", "grant", "execute"})

_STRUCTURE: Final = re.compile(r"[\\`*_\[\]<>&|~$#^!{}]")
#: A joiner that nobody sees, where a name, an address or a number would become a link to somebody or something.
_JOIN: Final = "\u2060"


def comment(subject: Subject) -> str:
    """The whole comment."""
    decision = subject.decision
    end = f"<sub>digest {code(decision.digest)} · policies {code(decision.policy_version)}</sub>\n{MARK}\n"
    parts, left = [], ROOM - len(end)
    for part in _parts(subject):
        if len(part) + 100 > left:
            parts.append(
                "**The rest is left out: a comment has no room for it.** `interlock ci` with `--json` has it all.\n"
            )
            break
        parts.append(part)
        left -= len(part) + 1
    return "\n".join([*parts, end])


def code(text: object) -> str:
    """A text from outside as a code span, in which nothing is obeyed. It holds no pipe: a table would split at it."""
    shown = fitted(visible(text), LONGEST).replace("|", "\\x7c")
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) or not shown else ""
    return f"{ticks}{pad}{shown or ' '}{pad}{ticks}"


def prose(text: object) -> str:
    """A sentence of ours with texts from outside in it: what stands in backticks as code, the rest escaped."""
    pieces = fitted(visible(text), 2 * LONGEST).split("`")
    return "".join(
        code(piece) if index % 2 and index < len(pieces) - 1 and piece else _escaped(piece)
        for index, piece in enumerate(pieces)
    )


def _escaped(text: str) -> str:
    text = _STRUCTURE.sub(lambda found: f"&#{ord(found[0])};{_JOIN if found[0] == '#' else ''}", text)
    text = text.replace("@", f"@{_JOIN}").replace("://", f":{_JOIN}//")
    return re.sub(r"(?i)\bwww\.", f"www{_JOIN}.", text)


def _parts(subject: Subject) -> Iterator[str]:
    """What matters first, first: when the room is over, what is left out is the least."""
    yield from _head(subject)
    yield from _effects(subject)
    yield from _findings(subject)
    yield from _needs(subject)
    yield from _reach(subject)


def _head(subject: Subject) -> Iterator[str]:
    assessment, decision = subject.assessment, subject.decision
    case = f" case {code(subject.case)}" if subject.case else ""
    yield f"### Interlock: {decision.outcome.upper()}{case}: {in_words(subject.change)}\n"
    risk = f"{assessment.risk.score} of 100, uncalibrated" if assessment.risk else "not scored"
    why = f" ({prose(assessment.rollback.why)})" if assessment.rollback.why else ""
    figures = [
        f"environment **{code(assessment.environment)}**" + (" is production" if subject.is_production("") else ""),
        f"tier **{assessment.tier}**",
        f"reversibility **{assessment.reversibility}**",
        f"way back **{assessment.rollback.verdict}**{why}",
        f"risk **{risk}**",
    ]
    yield " · ".join(figures) + "\n"
    because = [f"- {prose(one.because)} ({code(one.policy)})" for one in decision.because[:ROWS]]
    if because:
        yield "\n".join(because) + "\n"
    if decision.requirements:
        yield f"**Lifted by:** {', '.join(code(one.text) for one in decision.requirements)}\n"
    for name, said in (("UNKNOWN", assessment.unknown), ("DEGRADED", assessment.degraded)):
        if said:
            rest = f" and {len(said) - 5:,} more" if len(said) > 5 else ""
            yield f"**{name}:** {'; '.join(prose(one) for one in said[:5])}{rest}\n"
    for signal in subject.change.signals:
        yield f"**Signal** {code(signal.name)}: {prose(signal.detail)}\n"


def _effects(subject: Subject) -> Iterator[str]:
    """What goes or is made anew in sight; what is updated or created in a fold."""
    effects = sorted(writing(subject.change), key=lambda pair: (RANK[pair[1].verb], pair[0]))
    shown = [pair for pair in effects if pair[1].verb in SHOWN]
    folded = [pair for pair in effects if pair[1].verb not in SHOWN]
    if shown:
        yield _table(subject, shown[:ROWS])
    if shown[ROWS:]:
        yield _fold(f"{len(shown) - ROWS:,} more of these", _table(subject, shown[ROWS : ROWS + FOLDED]))
    if len(shown) > ROWS + FOLDED:
        yield f"and {len(shown) - ROWS - FOLDED:,} more of these that are not listed here\n"
    if folded:
        said = f"{counted(len(folded), 'thing')} updated in place or created"
        more = f"\nand {len(folded) - FOLDED:,} more\n" if len(folded) > FOLDED else ""
        yield _fold(said, _table(subject, folded[:FOLDED]) + more)


def _table(subject: Subject, effects: list[tuple[int, Effect]]) -> str:
    rows = ["| what | thing | way back |", "| --- | --- | --- |"]
    for ordinal, effect in effects:
        weighed, place = subject.assessment.effects[ordinal], effect.resource.environment
        mark = "**" if effect.verb in SHOWN else ""
        where = f" in {code(place)}" if place not in ("", subject.assessment.environment) else ""
        rows.append(
            f"| {mark}{DONE[effect.verb]}{mark}{where} | {code(effect.resource.name)}{_cause(effect)} "
            f"| **{weighed.reversibility}**{_way_back(effect)} |"
        )
    return "\n".join(rows) + "\n"


def _cause(effect: Effect) -> str:
    gentler = f"<br>gentler: {prose(effect.gentler)}" if effect.gentler else ""
    return (f"<br>{prose(effect.cause)}" if effect.cause else "") + gentler


def _way_back(effect: Effect) -> str:
    known = effect.way_back
    if known is None:
        return ""
    said = [f"loses {prose(known.loses)}"] if known.loses else []
    said += [prose(one) for one in (known.why, *known.evidence[:2]) if one]
    said += [f"easier: {prose(known.lifts)}"] if known.lifts else []
    return "".join(f"<br>{one}" for one in said)


def _findings(subject: Subject) -> Iterator[str]:
    findings = subject.assessment.findings
    if not findings:
        return
    grave = [found for found in findings if found.severity in ("critical", "high")]
    rest = [found for found in findings if found.severity not in ("critical", "high")]
    if grave:
        yield f"**{counted(len(grave), 'grave finding')}**\n\n{_list(grave[:ROWS])}"
    if grave[ROWS:] or rest:
        more = [*grave[ROWS:], *rest]
        cut = f"\nand {len(more) - FOLDED:,} more\n" if len(more) > FOLDED else ""
        yield _fold(f"{counted(len(more), 'finding')} more", _list(more[:FOLDED]) + cut)


def _list(findings: list[Finding]) -> str:
    lines = []
    for found in findings:
        where = f" {code(found.where)}" if found.where else ""
        fix = f"<br>→ {prose(found.fix)}" if found.fix else ""
        lines.append(f"- {found.severity} {code(found.id)}: {prose(found.message)}{where}{fix}")
    return "\n".join(lines) + "\n"


def _needs(subject: Subject) -> Iterator[str]:
    """The permissions that it takes at most, by service, and what takes others that nobody can name."""
    services = by_service(need for effect in subject.change.effects for need in effect.needs)
    if services:
        said = counted(sum(len(names) for _, names in services), "permission")
        lines = [
            f"- {code(service)}: {', '.join(map(code, names[:FOLDED]))}"
            + (f" and {len(names) - FOLDED:,} more" if len(names) > FOLDED else "")
            for service, names in services[:FOLDED]
        ]
        more = f"\nand of {len(services) - FOLDED:,} more services\n" if len(services) > FOLDED else ""
        yield _fold(f"it takes at most {said}", "\n".join(lines) + "\n" + more)
    if unnamed := subject.change.needs_unknown:
        more = f" and {len(unnamed) - ROWS:,} more" if len(unnamed) > ROWS else ""
        yield f"**Nobody knows the permissions of** {', '.join(map(code, unnamed[:ROWS]))}{more}\n"


def _reach(subject: Subject) -> Iterator[str]:
    assessment = subject.assessment
    reach = assessment.reach
    must = _beyond(reach.must, reach.changed)
    may = _beyond(reach.may, reach.must)
    left = f"{reach.frontier:,} not followed, " if reach.frontier else ""
    cut = "" if reach.complete else f" · **incomplete: {left}more may feel it**"
    yield f"**Reach:** {len(reach.changed):,} changed, {len(must):,} more must feel it, {len(may):,} more may{cut}\n"
    if assessment.critical:
        yield f"**Critical:** {', '.join(code(name) for name in assessment.critical[:ROWS])}\n"
    if domains := assessment.domains:
        said = [
            f"{one.kind} {code(one.name)} {one.touched:,} of {'unknown' if one.total is None else f'{one.total:,}'}"
            for one in domains[:ROWS]
        ]
        yield f"**Domains:** {' · '.join(said)}\n"
    for name, members in (("must feel it", must), ("may feel it", may)):
        if members:
            more = f"\nand {len(members) - FOLDED:,} more\n" if len(members) > FOLDED else ""
            yield _fold(f"{len(members):,} more {name}", _chains(members[:FOLDED]) + more)


def _beyond(outer: tuple[Reached, ...], inner: tuple[Reached, ...]) -> list[Reached]:
    known = {one.resource.key for one in inner}
    return [one for one in outer if one.resource.key not in known]


def _chains(members: list[Reached]) -> str:
    lines = []
    for one in members:
        chain = list(one.chain)
        if len(chain) > LINES:
            chain = [*chain[: LINES - 2], f"{len(chain) - LINES + 1} steps more", chain[-1]]
        lines.append(f"- {code(one.resource.name)}: {' ← '.join(prose(line) for line in chain)}")
    return "\n".join(lines) + "\n"


def _fold(name: str, inside: str) -> str:
    """A fold, its name ours alone. The blank lines end the raw HTML, so that what is inside is Markdown again."""
    return f"<details><summary>{name}</summary>\n\n{inside}\n</details>\n"
