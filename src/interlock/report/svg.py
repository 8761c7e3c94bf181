"""SVG: a scene drawn as one self-contained file: no script, no font, no address from elsewhere.

Production is red; what is done is told by a sign's shape and stroke as well as by its colour; certain and possible by
solid and dashed lines. Every text is escaped here and nowhere else. Colours are variables, for light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from interlock.model.change import Verb
from interlock.report.layout import CARD, CHIP, LANE_PAD, WIDTH, Block, Card, Layout, Link, layout
from interlock.report.scene import Node, Ring, Scene, scene
from interlock.report.subject import DONE, Subject, in_words, tally
from interlock.report.visible import fitted, visible

MARGIN: Final = 28
HEAD: Final = 138  # the height of title and figures
LABEL: Final = 40  # the height of the lanes' names
LEAST: Final = 980  # the width of title and legend

STYLE: Final = """
svg{--paper:#fff;--ink:#18212f;--soft:#5b6675;--faint:#e3e7ed;--lane:#f5f7fa;--card:#fff;--line:#8995a5;
--red:#c4141c;--redwash:#fdecec;--amber:#9a5b00;--green:#177245;--violet:#6530b8;--teal:#0d6e7f;--rose:#a3103f;
background:var(--paper);font-family:ui-sans-serif,system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;
color:var(--ink)}
@media(prefers-color-scheme:dark){svg{--paper:#12161d;--ink:#e8ecf2;--soft:#9aa6b6;--faint:#2b333f;--lane:#191f28;
--card:#202733;--line:#7a8799;--red:#ff6a6a;--redwash:#3a1d22;--amber:#e8a33d;--green:#5bc98c;--violet:#b493ff;
--teal:#5cc6d6;--rose:#ff7da3}}
text{fill:var(--ink);font-size:12px}
.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.soft{fill:var(--soft)}.small{font-size:10.5px}.big{font-size:20px;font-weight:650}.name{font-size:12px}
.head{font-size:12px;font-weight:700;letter-spacing:.08em}.strong{font-weight:650}
.lane{fill:var(--lane)}.card{fill:var(--card);stroke:var(--line);stroke-width:1.2}
.may .card{stroke-dasharray:5 3}.changed .card{stroke-width:1.8;stroke:var(--ink)}
.production .card{stroke:var(--red)}.changed.production .card{fill:var(--redwash)}
.edge{fill:var(--line)}.production .edge{fill:var(--red)}
.block{fill:none;stroke:var(--line);stroke-width:1}.block.may{stroke-dasharray:5 3}
.link{fill:none;stroke:var(--line);stroke-width:1.5}.link.may{stroke-dasharray:5 4}
.tip{fill:var(--line)}.sign{fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.sign .body{stroke-width:1.6}.delete{stroke:var(--rose)}.delete .body{fill:var(--rose)}.delete .mark{stroke:var(--card)}
.replace{stroke:var(--amber)}.replace .body{fill:var(--amber)}.replace .mark{stroke:var(--card)}
.update{stroke:var(--amber)}.create{stroke:var(--green)}.execute{stroke:var(--violet)}
.grant,.revoke{stroke:var(--teal)}.felt,.read{stroke:var(--soft)}
.red{fill:var(--red)}.amber{fill:var(--amber)}.green{fill:var(--green)}
.more{fill:var(--card);stroke:var(--line);stroke-dasharray:2 3}
.notice{fill:none;stroke:var(--amber);stroke-width:1.4}
.off{opacity:.16}
"""

OUTCOME: Final = {"allow": "green", "hold": "amber", "deny": "red"}
TITLES: Final[dict[Ring, str]] = {"changed": "CHANGED", "must": "MUST FEEL IT", "may": "MAY FEEL IT"}
FELT: Final[dict[Ring, str]] = {
    "changed": "changed",
    "must": "that must feel it",
    "may": "that may feel it",
}


def svg(subject: Subject) -> str:
    """The picture as the text of an SVG file."""
    return drawing(subject, scene(subject))


def drawing(subject: Subject, shown: Scene) -> str:
    """The picture of a scene that is there already."""
    placed = layout(shown, LEAST)
    notices = list(_notices(subject, shown))
    top = HEAD + 24 * len(notices) + (12 if notices else 0)
    body = top + LABEL
    width, height = placed.width + 2 * MARGIN, body + placed.height + 96
    title = escape(_title(subject))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{title}"><title>{title}</title><style>{STYLE}</style>',
        *_header(subject, placed.width),
        *_lines(notices),
        f'<g transform="translate({MARGIN},{top})">',
        *_lanes(shown, placed),
        f'<g transform="translate(0,{LABEL})">',
        *(_link(link) for link in placed.links),
        *(_block(block) for block in placed.blocks),
        *(_card(shown.nodes[card.node], card) for card in placed.cards),
        "</g></g>",
        *_legend(subject, height - 44, width - MARGIN),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _title(subject: Subject) -> str:
    what = f"case {subject.case}" if subject.case else "a change that is not recorded"
    return visible(f"{what}: {subject.decision.outcome}, {in_words(subject.change)}")


def _text(x: float, y: float, text: object, kind: str = "", anchor: str = "") -> str:
    placed = f' text-anchor="{anchor}"' if anchor else ""
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{named}{placed}>{escape(visible(text))}</text>'


def _header(subject: Subject, width: int) -> Iterator[str]:
    assessment, decision = subject.assessment, subject.decision
    case = f"case {subject.case}" if subject.case else "not recorded"
    yield _text(MARGIN, 40, case, "big")
    yield _text(MARGIN + width, 40, decision.outcome.upper(), f"big {OUTCOME[decision.outcome]}", "end")
    yield _text(MARGIN, 62, in_words(subject.change), "strong")
    yield _text(MARGIN, 80, f"digest {decision.digest}", "mono small soft")
    red = "red strong" if subject.is_production("") else "strong"
    risk = assessment.risk
    figures = [
        ("environment", assessment.environment, red),
        ("tier", assessment.tier, "strong"),
        ("reversibility", assessment.reversibility, "red strong" if _lost(subject) else "strong"),
        ("way back", assessment.rollback.verdict, "strong"),
        ("risk, uncalibrated", f"{risk.score} of 100" if risk else "not scored", "strong"),
        ("lifted by", ", ".join(one.text for one in decision.requirements) or "-", "strong"),
    ]
    step = width / len(figures)
    for index, (name, value, kind) in enumerate(figures):
        yield _text(MARGIN + index * step, 103, name, "small soft")
        yield _text(MARGIN + index * step, 120, fitted(visible(value), int(step / 7)), kind)


def _lost(subject: Subject) -> bool:
    return subject.assessment.reversibility == "irreversible"


def _notices(subject: Subject, shown: Scene) -> Iterator[str]:
    """What must not be overlooked: unknown, degraded, and a reach that is not all there is."""
    assessment = subject.assessment
    if not shown.complete:
        left = f"{shown.frontier:,} things were not followed" if shown.frontier else "not all of it could be seen"
        yield f"THE REACH IS INCOMPLETE: {left}; more may feel it than is shown"
    for said, what in (("UNKNOWN", assessment.unknown), ("DEGRADED", assessment.degraded)):
        if what:
            more = f" (and {len(what) - 1:,} more)" if len(what) > 1 else ""
            yield f"{said}: {what[0]}{more}"


def _lines(notices: list[str]) -> Iterator[str]:
    for index, notice in enumerate(notices):
        y = HEAD + 10 + index * 24
        yield f'<path class="notice" d="M{MARGIN + 7},{y - 6}l7,13h-14zm0,5v4m0,2v.5"/>'
        yield _text(MARGIN + 22, y + 5, fitted(visible(notice), 150), "strong amber")


def _lanes(shown: Scene, placed: Layout) -> Iterator[str]:
    for lane in placed.lanes:
        hidden, total = shown.hidden[lane.ring], shown.totals[lane.ring]
        number = f"{total:,}" if lane.ring == "changed" else f"{total:,} more" if total else "nothing more"
        kept = f", {total - hidden:,} shown" if hidden else ""
        height = LABEL + max(placed.lanes_end, 0) + 4
        yield f'<rect class="lane" x="{lane.x}" y="0" width="{lane.width}" height="{height}" rx="10"/>'
        yield _text(lane.x + LANE_PAD, 24, TITLES[lane.ring], "head")
        yield _text(lane.x + LANE_PAD + 10 * len(TITLES[lane.ring]) + 10, 24, number + kept, "soft")
    if placed.apart:
        said = "changed, and nothing that is known hangs from it"
        yield _text(LANE_PAD, LABEL + placed.apart - 10, said, "small soft")
    x = LANE_PAD
    for ring in shown.hidden:
        if shown.hidden[ring]:
            words = f"and {shown.hidden[ring]:,} more {FELT[ring]}"
            y, width = LABEL + placed.height + 12, 7 * len(words) + 24
            yield f'<rect class="more" x="{x}" y="{y}" width="{width}" height="26" rx="13"/>'
            yield _text(x + 12, y + 17, words, "strong")
            x += width + 12


def _link(link: Link) -> str:
    """Right, down, right, with round corners; straight where both stand in one row."""
    start, end = link.x, link.to_x
    named = f'class="link {link.ring}" data-to="{link.node}"'
    if end <= start - WIDTH:  # no column left: it hangs below
        bend = start - WIDTH + 14
        return f'<path {named} d="M{bend},{link.y + CARD // 2}V{link.to_y - CARD // 2}"/>'
    if link.y == link.to_y:
        return f'<path {named} d="M{start},{link.y}H{end}"/>'
    bend, round_ = start + (26 if link.ring == "may" else 16), 8
    return (
        f'<path {named} d="M{start},{link.y}H{bend - round_}q{round_},0 {round_},{round_}'
        f'V{link.to_y - round_}q0,{round_} {round_},{round_}H{end}"/>'
    )


def _block(block: Block) -> str:
    place = f'x="{block.x}" y="{block.y}" width="{block.width}" height="{block.height}"'
    return f'<rect class="block {block.ring}" {place} rx="8"/>'


def _card(node: Node, card: Card) -> str:
    height = CHIP if card.small else CARD
    kinds = f"thing {node.ring}{' production' if node.production else ''}"
    tail, head = _name(node)
    inner = [
        f"<title>{escape(_told(node))}</title>",
        f'<rect class="card" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<path class="edge" d="M0,6a6,6 0 0 1 6,-6v{height}a6,6 0 0 1 -6,-6z"/>',
        f'<g transform="translate(14,{height // 2 - 8})">{_sign(node)}</g>',
    ]
    if card.small:
        inner.append(_text(38, 17, fitted(tail, 28), "mono name"))
    else:
        inner.append(_text(38, 18, fitted(tail, 28), "mono name"))
        badge = "critical" if node.critical else "no way back" if node.irreversible else ""
        inner.append(_text(38, 33, fitted(head, 34 - (len(badge) + 4 if badge else 0)), "small soft"))
        if badge:
            inner.append(_text(WIDTH - 9, 33, badge, "small strong red", "end"))
    place = f'transform="translate({card.x},{card.y})"'
    return f'<g class="{kinds}" data-node="{card.node}" data-from="{node.parent}" {place}>{"".join(inner)}</g>'


def _name(node: Node) -> tuple[str, str]:
    """The last two steps of a name, which tell things apart, and what goes before them, or the type of a short one."""
    steps, depth = [""], 0
    for char in visible(node.name):
        depth += (char == "[") - (char == "]")
        if char == "." and depth == 0:
            steps.append("")
        else:
            steps[-1] += char
    return ".".join(steps[-2:]), ".".join(steps[:-2]) or visible(node.type)


def _told(node: Node) -> str:
    """All of one thing, for whoever points at it."""
    done = " and ".join(DONE[verb] for verb in node.verbs) or f"{node.ring} feel it"
    lines = [visible(node.name), visible(node.type), done]
    lines += ["in production"] * node.production + ["critical"] * node.critical
    lines += ["cannot be taken back"] * node.irreversible
    return "\n".join([*lines, *(f"← {visible(line)}" for line in node.chain)])


#: Each verb's sign, 16 by 16: a body, whose shape differs, and a mark.
SIGNS: Final[dict[Verb, tuple[str, str]]] = {
    "delete": ("M1,1h14v14h-14z", "M5,5l6,6m0,-6l-6,6"),
    "replace": ("M8,0l8,8l-8,8l-8,-8z", "M5,6.5h6m-3,-2.5v5m-3,3h6"),
    "update": ("M8,1a7,7 0 1 0 .01,0z", "M4.5,9c1.5,-3 3,-3 3.5,-1s2,2 3.5,-1"),
    "create": ("M8,1a7,7 0 1 0 .01,0z", "M8,4.8v6.4m-3.2,-3.2h6.4"),
    "execute": ("M3,1.5l11,6.5l-11,6.5z", ""),
    "grant": ("M8,1l6.5,4v6l-6.5,4l-6.5,-4v-6z", "M8,5v6m-2.5,-3.5l2.5,-2.5l2.5,2.5"),
    "revoke": ("M8,1l6.5,4v6l-6.5,4l-6.5,-4v-6z", "M8,5v6m-2.5,-2.5l2.5,2.5l2.5,-2.5"),
    "read": ("M8,4a4,4 0 1 0 .01,0z", ""),
}


def _sign(node: Node) -> str:
    if node.verbs:
        return _drawn(node.verbs[0])
    middle = "M8,5.5a2.5,2.5 0 1 0 .01,0z" if node.ring == "must" else ""
    return f'<g class="sign felt"><path class="body" d="M8,3a5,5 0 1 0 .01,0z"/><path d="{middle}"/></g>'


def _drawn(verb: Verb) -> str:
    body, mark = SIGNS[verb]
    return f'<g class="sign {verb}"><path class="body" d="{body}"/><path class="mark" d="{mark}"/></g>'


def _legend(subject: Subject, y: int, right: int) -> Iterator[str]:
    x = MARGIN
    for verb, number in tally(subject.change):
        words = f"{number:,} {DONE[verb]}"
        yield f'<g transform="translate({x},{y - 12})">{_drawn(verb)}</g>' + _text(x + 22, y + 1, words)
        x += 40 + 7 * len(words)
    x = MARGIN
    for kind, words in (
        ("changed", "changed by it"),
        ("must", "must feel it: certain"),
        ("may", "may feel it: possible"),
        ("must production", "production"),
    ):
        place = f'transform="translate({x},{y + 14})"'
        edge = '<path class="edge" d="M0,4a4,4 0 0 1 4,-4v14a4,4 0 0 1 -4,-4z"/>'
        yield f'<g class="{kind}" {place}><rect class="card" width="26" height="14" rx="4"/>{edge}</g>'
        yield _text(x + 34, y + 25, words, "soft")
        x += 60 + 7 * len(words)
    yield _text(right, y + 1, "a path is a chain of evidence, from what changes to what feels it", "soft", "end")
