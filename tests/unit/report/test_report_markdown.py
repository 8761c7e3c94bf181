"""The comment on a pull request: what it says, in which order, within its room, and that no name is obeyed in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from report_words import EVIL, effect, evil, felt, subject

from interlock.model.assessment import Finding
from interlock.model.wayback import WayBack
from interlock.report.markdown import MARK, ROOM, code, comment, prose

#: Elements that a comment of ours is made of.
OURS = {
    "h3", "p", "ul", "li", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "br", "details", "summary",
    "sub",
}  # fmt: skip
NASTY = [
    EVIL,
    "a`b``c```d",
    "`",
    "a\\|b|c",
    "ends with \\",
    "<b>bold</b>",
    "&lt;svg&gt;",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<https://evil.example>",
    "</details>\n\n# heading",
    "<!-- -->",
    "-->",
    "**bold** _it_ ~~gone~~ $x^2$",
    "`a` | `b` \\` <i>",
    "x" * 5_000,
    "",
    " ",
]


class Rendered(HTMLParser):
    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.code: list[str] = []
        self._in_code = False
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self._in_code = tag == "code"
        if tag == "code":
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_code = False

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code[-1] += data
        else:
            self.text += data


@pytest.mark.parametrize("name", NASTY)
def test_no_name_is_obeyed_wherever_it_stands(name: str) -> None:
    found = Rendered(comment(evil(name)))

    assert found.elements <= OURS
    assert found.links == []


@pytest.mark.parametrize("name", NASTY)
def test_a_code_span_says_what_the_name_says(name: str) -> None:
    found = Rendered(f"- {code(name)} and on")

    assert len(found.code) == 1
    assert found.text.strip().endswith("and on")
    if len(name) < 100 and "|" not in name and name.strip() and name.isprintable():
        assert found.code[0].strip() == name


@pytest.mark.parametrize("text", NASTY)
def test_a_sentence_with_a_name_in_it_stays_one_line_of_text(text: str) -> None:
    found = Rendered(f"| a |\n| --- |\n| {prose(f'the update of `{text}` hits {text}')} |\n")

    assert found.elements <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@pytest.mark.parametrize("text", ["@somebody look", "see https://evil.example", "www.evil.example", "fixes #12"])
def test_text_outside_of_code_calls_nobody_and_links_nowhere(text: str) -> None:
    shown = Rendered(prose(text)).text

    assert not re.search(r"@\w|://\w|www\.|#\d", shown)


def test_a_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    text = comment(evil("a\\|b|c"))
    rows = [line for line in text.splitlines() if line.startswith("| ")]

    assert rows
    assert {line.count("|") for line in rows} == {4}


def test_it_begins_with_the_decision_and_ends_with_the_digest_and_the_mark() -> None:
    lines = comment(subject([effect("db", "delete"), effect("new", "create")])).splitlines()

    assert lines[0] == "### Interlock: HOLD: 1 destroyed, 1 created"
    assert lines[-1] == MARK
    assert "d" * 64 in lines[-2]


def test_what_lifts_a_hold_and_why_it_holds_are_said() -> None:
    text = comment(subject())

    assert "**Lifted by:** `approval 2 sre`" in text
    assert "destroying in production needs two people (`destroy-needs-two`)" in text


def test_what_goes_is_in_sight_and_what_comes_is_folded() -> None:
    text = comment(subject([effect("old", "delete"), *(effect(f"n{n}", "create") for n in range(3))]))
    head, _, folded = text.partition("<details>")

    assert "`old`" in head
    assert "`n0`" not in head
    assert "3 things updated in place or created" in folded


def test_more_than_fits_is_counted() -> None:
    text = comment(subject([effect(f"d{n:03}", "delete") for n in range(300)]))

    assert "280 more of these" in text
    assert "and 220 more of these that are not listed here" in text


def test_the_way_back_says_what_is_lost_and_what_would_help() -> None:
    back = WayBack("irreversible", "invalid", "all rows", ("no snapshot is named",), "", "", "name a snapshot")
    text = comment(subject([effect("db", "delete", way_back=back, gentler="keep it")]))

    for wanted in ("loses all rows", "no snapshot is named", "easier: name a snapshot", "gentler: keep it"):
        assert wanted in text


def test_reach_is_counted_and_its_chains_are_folded() -> None:
    text = comment(subject(must=[felt("app", "db")], may=[felt("dns", "db", "app")], complete=False, frontier=9))

    assert "**Reach:** 1 changed, 1 more must feel it, 1 more may · **incomplete: 9 not followed" in text
    assert "- `app`: change 1: update `db` ← `app` uses `db` (configuration)" in text


def test_a_comment_is_never_larger_than_a_pull_request_takes() -> None:
    long = "ä`" * 2_000
    findings = [Finding("many-rows", "high", "high", long, long, long)] * 400
    may = [felt(f"{n}{long}", "db") for n in range(300)]
    text = comment(
        subject([effect(f"{n}{long}", "delete", cause=long) for n in range(300)], may=may, findings=findings)
    )

    assert len(text) <= ROOM
    assert "The rest is left out" in text
    assert text.endswith(f"{MARK}\n")


def test_what_nobody_understood_is_said_first() -> None:
    text = comment(subject(unknown=[f"what is `x{n}`" for n in range(7)]))

    assert "**UNKNOWN:** what is `x0`" in text
    assert "and 2 more" in text


def test_permissions_are_told_by_service_and_who_may_do_what_comes_first() -> None:
    found = [
        effect("db", "delete", needs=("rds:DeleteDBInstance", "iam:PassRole")),
        effect("queue", "create", needs=("sqs:CreateQueue", "rds:DeleteDBInstance")),
    ]

    text = comment(subject(found))

    assert "it takes at most 3 permissions" in text
    assert "- `iam`: `PassRole`\n- `rds`: `DeleteDBInstance`\n- `sqs`: `CreateQueue`\n" in text
    assert "Nobody knows" not in text


def test_what_takes_permissions_that_nobody_knows_is_named() -> None:
    text = comment(subject([effect("x", "delete")], needs_unknown=["google_x", "provisioner local-exec"]))

    assert "**Nobody knows the permissions of** `google_x`, `provisioner local-exec`\n" in text
    assert "it takes at most" not in text


def test_many_permissions_of_many_services_are_cut_and_counted() -> None:
    many = tuple(f"s{service}:a{name}" for service in range(70) for name in range(70 if service == 0 else 1))

    text = comment(subject([effect("x", "delete", needs=many)]))

    assert "and 10 more" in text
    assert "and of 10 more services" in text
