"""The picture and the page as files: well formed, self-contained, complete, and deaf to what names say."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from report_words import EVIL, effect, evil, felt, subject

from interlock.report import page, svg

SVG = "{http://www.w3.org/2000/svg}"
#: What stands in our own files; anything else came from a name.
ELEMENTS = {"svg", "title", "style", "g", "rect", "path", "text"}


def texts(picture: str) -> list[str]:
    return ["".join(element.itertext()) for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


class Page(HTMLParser):
    """The elements and attributes of a page, as a browser would take them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)


def test_a_name_that_is_an_attack_is_only_text_in_the_picture() -> None:
    root = ElementTree.fromstring(svg.svg(evil()))

    assert {element.tag.removeprefix(SVG) for element in root.iter()} == ELEMENTS
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]


def test_a_name_that_is_an_attack_is_only_text_in_the_page() -> None:
    calm, attacked = Page(page.page(evil("calm"))), Page(page.page(evil()))

    assert attacked.elements == calm.elements
    assert [name for name, _ in attacked.attributes] == [name for name, _ in calm.attributes]
    assert "\x1b" not in page.page(evil())
    assert "\u202e" not in page.page(evil())


def test_the_page_runs_no_script_but_its_own_and_reaches_nothing() -> None:
    text = page.page(evil())
    found = Page(text)
    digest = b64encode(hashlib.sha256(page.SCRIPT.encode()).digest()).decode()

    assert "".join(found.scripts) == page.SCRIPT
    policy = next(value for name, value in found.attributes if name == "content" and "default-src" in value)
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}'" in policy
    assert not re.search(
        r"@import|url\(|\bfetch\(|XMLHttpRequest|innerHTML|eval\(", page.STYLE + svg.STYLE + page.SCRIPT
    )


@pytest.mark.parametrize("form", [svg.svg, page.page])
def test_a_file_names_no_address_from_elsewhere(form: object) -> None:
    text = form(subject(may=[felt("a", "db")]))  # type: ignore[operator]  # one of the two above

    assert set(re.findall(r"https?://[^\s\"'<>]+", text)) == {"http://www.w3.org/2000/svg"}


def test_the_title_says_case_digest_decision_risk_and_reversibility() -> None:
    said = texts(svg.svg(subject(case="abcd1234", reversibility="irreversible")))

    for wanted in ("case abcd1234", "digest " + "d" * 64, "HOLD", "73 of 100", "irreversible", "approval 2 sre"):
        assert wanted in said
    assert "risk, uncalibrated" in said


def test_a_change_without_a_record_says_so() -> None:
    assert "not recorded" in texts(svg.svg(subject()))


def test_what_is_not_shown_is_counted_in_words() -> None:
    said = texts(svg.svg(subject(may=[felt(f"y{n:04}", "db") for n in range(461)])))

    assert "and 312 more that may feel it" in said
    assert not [one for one in said if "more that must feel it" in one]


def test_an_incomplete_reach_is_said() -> None:
    said = texts(svg.svg(subject(complete=False, frontier=7)))

    assert any(one.startswith("THE REACH IS INCOMPLETE: 7 things were not followed") for one in said)
    assert not any("INCOMPLETE" in one for one in texts(svg.svg(subject())))


def test_what_nobody_understood_is_said() -> None:
    assert any(one.startswith("UNKNOWN: what") for one in texts(svg.svg(subject(unknown=["what is this"]))))


def test_production_and_the_verb_can_be_told_apart_without_colour() -> None:
    effects = [effect("a", "delete"), effect("b", "replace"), effect("c", "update"), effect("d", "create")]
    root = ElementTree.fromstring(svg.svg(subject(effects)))
    things = [group for group in root.iter(f"{SVG}g") if group.get("class", "").startswith("thing")]
    shapes = {path.get("d") for group in things for path in group.iter(f"{SVG}path") if path.get("class") == "body"}
    marks = {path.get("d") for group in things for path in group.iter(f"{SVG}path") if path.get("class") == "mark"}

    assert len(shapes) == 3
    assert len(marks) == 4
    assert all("production" in group.get("class", "") for group in things)
    assert any("4 changed" in one or "created" in one for one in texts(svg.svg(subject(effects))))


def test_a_thing_tells_all_of_itself_to_whoever_points_at_it() -> None:
    root = ElementTree.fromstring(svg.svg(subject(must=[felt("app", "db")])))
    told = ["".join(title.itertext()) for title in root.iter(f"{SVG}title")]

    assert any("app\nterraform.aws_instance\nmust feel it\nin production\n← change 1" in one for one in told)


def test_the_page_lists_every_chain_also_of_what_the_picture_has_no_room_for() -> None:
    text = page.page(subject(may=[felt(f"y{n:04}", "db") for n in range(400)]))

    assert text.count("uses `db`") >= 400
    assert "y0399" in text


def test_the_page_tells_of_the_way_back_and_the_gentler_way() -> None:
    text = page.page(evil("loses the rows"))

    assert "easier: loses the rows" in text
    assert "gentler: loses the rows" in text


def test_equal_subjects_give_equal_bytes() -> None:
    assert svg.svg(evil()) == svg.svg(evil())
    assert page.page(evil()) == page.page(evil())


def test_nothing_at_all_is_a_picture_too() -> None:
    assert "nothing changes" in texts(svg.svg(subject([])))


def test_the_attack_is_one() -> None:
    assert "<svg onload" in EVIL
    assert "</script>" in EVIL
