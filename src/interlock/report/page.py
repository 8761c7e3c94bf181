"""Page: the picture in one HTML file that works alone: every thing with its chain as text, and a filter where JS runs.

Without JS everything is there. The script is ours, it stands in the page, and the page's own policy names it by its
hash: whatever text came in with a name, no other script can run, and nothing can be fetched or sent.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Final

from interlock.model.assessment import Reached
from interlock.report.scene import RINGS, Ring, scene
from interlock.report.subject import DONE, RANK, Subject, in_words, writing
from interlock.report.svg import FELT, OUTCOME, drawing
from interlock.report.visible import visible

#: Rows of one list before the rest is only counted.
ROWS: Final = 500

STYLE: Final = """
:root{color-scheme:light dark;--p:#fff;--i:#18212f;--s:#5b6675;--l:#d5dae2;--red:#c4141c;--amber:#9a5b00;
--green:#177245}@media(prefers-color-scheme:dark){:root{--p:#12161d;--i:#e8ecf2;--s:#9aa6b6;--l:#2b333f;--red:#ff6a6a;--amber:#e8a33d;
--green:#5bc98c}}
body{margin:0;background:var(--p);color:var(--i);font:14px/1.45 ui-sans-serif,system-ui,"Segoe UI",Roboto,sans-serif}
main{padding:0 28px 40px;max-width:1400px}.picture{overflow:auto;padding-bottom:8px}
.picture svg{display:block}h2{font-size:15px;margin:26px 0 6px}code,td:first-child{font-family:ui-monospace,
SFMono-Regular,Menlo,Consolas,monospace;font-size:12.5px;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:5px 12px 5px 0;
border-top:1px solid var(--l)}th{color:var(--s);font-weight:500;border:0}.red{color:var(--red)}
.amber{color:var(--amber)}.id{white-space:nowrap}
.green{color:var(--green)}.soft{color:var(--s)}summary{cursor:pointer}ol{margin:4px 0;padding-left:22px}
.bar{display:none;padding:14px 28px 0}.bar input{font:inherit;padding:6px 10px;width:min(420px,80vw);color:inherit;
background:none;border:1px solid var(--l);border-radius:8px}.scripted .bar{display:block}
.thing{transition:opacity .12s}.thing.lit .card{stroke-width:2.6}.link.lit{stroke-width:2.6}
"""

SCRIPT: Final = """
(() => {
  const root = document.documentElement, things = [...document.querySelectorAll(".thing")];
  const links = [...document.querySelectorAll(".link")], rows = [...document.querySelectorAll("tr[data-name]")];
  const byNode = new Map(things.map(thing => [thing.dataset.node, thing]));
  const field = document.querySelector(".bar input");
  root.classList.add("scripted");
  const dim = (kept) => {
    for (const thing of things) thing.classList.toggle("off", kept !== null && !kept.has(thing.dataset.node));
    for (const link of links) link.classList.toggle("off", kept !== null && !kept.has(link.dataset.to));
  };
  const line = (node, into) => { while (byNode.has(node)) { into.add(node); node = byNode.get(node).dataset.from; } };
  const below = (node, into) => {
    const open = [node];
    for (let next; (next = open.pop()) !== undefined;) {
      into.add(next);
      for (const thing of things)
        if (thing.dataset.from === next && !into.has(thing.dataset.node)) open.push(thing.dataset.node);
    }
  };
  const filter = () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = wanted !== "" && !row.dataset.name.toLowerCase().includes(wanted);
    if (wanted === "") { dim(null); return; }
    const kept = new Set();
    for (const thing of things)
      if (thing.querySelector("title").textContent.toLowerCase().includes(wanted)) line(thing.dataset.node, kept);
    dim(kept);
  };
  field.addEventListener("input", filter);
  for (const thing of things) {
    thing.addEventListener("pointerenter", () => {
      const kept = new Set();
      line(thing.dataset.node, kept);
      below(thing.dataset.node, kept);
      dim(kept);
    });
    thing.addEventListener("pointerleave", filter);
  }
})();
"""

_DIGEST: Final = b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"
)


def page(subject: Subject) -> str:
    """The page as the text of an HTML file."""
    shown = scene(subject)
    name = f"case {subject.case}" if subject.case else "a change"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>Interlock: {_safe(name)}: {_safe(subject.decision.outcome)}</title>",
        f"<style>{STYLE}</style></head><body>",
        '<div class="bar"><input type="search" placeholder="filter by name or type" aria-label="filter"></div>',
        f'<div class="picture">{drawing(subject, shown)}</div><main>',
        *_why(subject),
        *_findings(subject),
        *_changed(subject),
        *_felt(subject),
        f"</main><script>{SCRIPT}</script></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _safe(text: object) -> str:
    return escape(visible(text))


def _why(subject: Subject) -> Iterator[str]:
    decision = subject.decision
    yield f'<h2>Why it is <span class="{OUTCOME[decision.outcome]}">{_safe(decision.outcome.upper())}</span></h2><ul>'
    for because in decision.because[:ROWS]:
        lift = f" (lifted by {_safe(because.lift)})" if because.lift else ""
        yield f"<li>{_safe(because.because)}{lift} <code>{_safe(because.policy)}</code></li>"
    yield f"</ul>{_rest(len(decision.because))}"


def _findings(subject: Subject) -> Iterator[str]:
    findings = subject.assessment.findings
    if not findings:
        return
    yield "<h2>Findings</h2><table>"
    for found in findings[:ROWS]:
        grave = "red" if found.severity in ("critical", "high") else ""
        fix = f'<br><span class="soft">{_safe(found.fix)}</span>' if found.fix else ""
        yield (
            f'<tr data-name="{_safe(found.where)} {_safe(found.id)}"><td class="id">{_safe(found.id)}</td>'
            f'<td class="{grave}">{_safe(found.severity)}</td><td>{_safe(found.message)} '
            f'<span class="soft">{_safe(found.where)}</span>{fix}</td></tr>'
        )
    yield f"</table>{_rest(len(findings))}"


def _changed(subject: Subject) -> Iterator[str]:
    """What is done to what, the gravest first, each with its way back."""
    effects = sorted(writing(subject.change), key=lambda pair: (RANK[pair[1].verb], pair[0]))
    yield f"<h2>{_safe(in_words(subject.change).capitalize())}</h2><table>"
    yield "<tr><th>thing</th><th>what</th><th>way back</th><th>why</th></tr>"
    for ordinal, effect in effects[:ROWS]:
        weighed, known = subject.assessment.effects[ordinal], effect.way_back
        grave = ' class="red"' if weighed.reversibility == "irreversible" else ""
        said = [known.loses, known.why, *known.evidence, known.lifts and f"easier: {known.lifts}"] if known else []
        back = "<br>".join(f'<span class="soft">{_safe(one)}</span>' for one in said if one)
        place = ' <span class="red">production</span>' if subject.is_production(effect.resource.environment) else ""
        yield (
            f'<tr data-name="{_safe(effect.resource.name)}"><td>{_safe(effect.resource.name)}</td>'
            f"<td>{DONE[effect.verb]}{place}</td><td><span{grave}>{weighed.reversibility}</span><br>{back}</td>"
            f"<td>{_safe(effect.cause)}<br>{_safe(effect.gentler and 'gentler: ' + effect.gentler)}</td></tr>"
        )
    yield f"</table>{_rest(len(effects))}"


def _felt(subject: Subject) -> Iterator[str]:
    """Who feels it, each with its whole chain of evidence; also those that the picture has no room for."""
    reach, known = subject.assessment.reach, set[tuple[str, str]]()
    for ring, members in zip(RINGS, (reach.changed, reach.must, reach.may), strict=True):
        fresh = [one for one in members if one.resource.key not in known]
        known.update(one.resource.key for one in fresh)
        if ring == "changed" or not fresh:
            continue
        yield f"<h2>{len(fresh):,} more {FELT[ring]}</h2><table>"
        yield from (_one(subject, one, ring) for one in fresh[:ROWS])
        yield f"</table>{_rest(len(fresh))}"


def _one(subject: Subject, one: Reached, ring: Ring) -> str:
    red = ' class="red"' if subject.is_production(one.resource.environment) else ""
    name, kind = _safe(one.resource.name), _safe(one.resource.type)
    last = _safe(one.chain[-1]) if one.chain else ""
    lines = "".join(f"<li>{_safe(line)}</li>" for line in one.chain)
    return (
        f'<tr data-name="{name} {kind}"><td{red}>{name}</td><td class="soft">{kind}</td>'
        f"<td><details><summary>{ring}: {last}</summary><ol>{lines}</ol></details></td></tr>"
    )


def _rest(number: int) -> str:
    return f'<p class="soft">and {number - ROWS:,} more (--json shows all)</p>' if number > ROWS else ""
