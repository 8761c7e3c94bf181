"""An agent wants whoever votes to see something else than what would run, or nothing at all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from interlock.cli.frame import console
from interlock.cli.lines import judgement as as_lines
from interlock.cli.render import case, cases
from interlock.cli.rows import picture
from interlock.cli.words import marked, plain
from interlock.report.visible import visible
from interlock.testing.world import World, simulated


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path / "home") as found:
        yield found


def seen(shown: object, width: int = 100) -> str:
    screen = Console(file=io.StringIO(), width=width, highlight=False, emoji=False)
    screen.print(shown)
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


# signs that are not what they look like


@pytest.mark.parametrize(
    ("trick", "told"),
    [
        ("\u043erders", "\\u043erders"),  # a Cyrillic o
        ("order_\u0441opy", "order_\\u0441opy"),
        ("\u0441\u043e\u0440\u0443", "\\u0441\\u043e\\u0440\\u0443"),  # each letter drawn like a Latin one
        ("\U0001d698rders", "\\U0001d698rders"),  # a mathematical o of one width
        ("ord\uff45rs", "ord\\uff45rs"),
        ("orders\u3164", "orders\\u3164"),  # a letter of which nothing is seen
        ("or\u200bders", "or\\u200bders"),
        ("orders\ufe0f", "orders\\ufe0f"),
        ("orders\U000e0101", "orders\\U000e0101"),
        ("orders\u2800", "orders\\u2800"),
        ("a\u034fb", "a\\u034fb"),
        ("D\u0336R\u0336OP", "D\\u0336R\\u0336OP"),  # struck through
        ("a\u0301\u0301\u0301\u0301b", "a\u0301\u0301\u0301\\u0301b"),  # marks over the lines above
        ("SELECT 1\u037e", "SELECT 1\\u037e"),  # a question mark that looks like the end of a statement
        ("a\u2010b", "a\\u2010b"),
        ("a\u2044b", "a\\u2044b"),
        ("id = \u05e9\u05dd - 5 > 3", "id = \\u05e9\\u05dd - 5 > 3"),  # 5 and 3 would change places
    ],
)
def test_what_looks_like_something_else_or_like_nothing_is_told(trick: str, told: str) -> None:
    assert visible(trick) == told


@pytest.mark.parametrize(
    "honest",
    [
        *(
            "orders",
            "größe",
            "naïve café",
            "Việt Nam",
            "kapı",
            "注文 テスト",
            "हिन्दी",
            "ราคา",
            "10 µs, 5 kΩ",
            "“so” – so",
        ),
        *("обнови заказы", "обнови orders снова", "заказы_2", "ενημέρωση", "שלום עולם"),
    ],
)
def test_words_of_any_language_stay_as_they_are(honest: str) -> None:
    assert visible(honest) == honest


def test_a_table_that_looks_like_another_is_told_apart_wherever_it_is_named(world: World) -> None:
    made = world.propose("DELETE FROM \u043erders WHERE id = 7")
    answer = world.control.told(made)

    for shown in (seen(case(answer)), seen(cases([answer], 160), 160), as_lines(answer)):
        assert "\\u043erders" in shown
        assert "\u043e" not in shown


# markup of the terminal


@given(st.lists(st.text(alphabet="a[]/\\#@:b \n", max_size=8), min_size=1, max_size=4))
def test_no_text_is_markup_whatever_stands_beside_it(texts: list[str]) -> None:
    written = "".join(f"[bold]{plain(text)}[/]{plain(text)}]" for text in texts)

    assert marked(written).plain == "".join(f"{visible(text)}{visible(text)}]" for text in texts)


@pytest.mark.parametrize("text", ["'[/bold\n]'", "'[/\n]'", "'a\\\\[/bold]'", "'[link=x\n]'", "' \\\\\\'"])
def test_a_payload_with_markup_is_shown_as_it_is_and_stops_nobody_from_looking(world: World, text: str) -> None:
    payload = f"UPDATE orders SET status = {text} WHERE id = 7"
    made = world.propose(payload)

    shown = seen(case(world.control.told(made), payload))

    assert all(line in shown for line in payload.split("\n"))


def test_names_between_colons_do_not_become_pictures(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    payload = "UPDATE orders SET status = 'a:on:b :heavy_check_mark:' WHERE id = 7"
    answer = world.control.told(world.propose(payload)) | {"intent": ":100: percent safe :heavy_check_mark:"}

    console().print(case(answer, payload))
    console().print(picture(b":100: of it"))

    shown = capsys.readouterr().out
    assert payload in shown
    assert ":100: percent safe :heavy_check_mark:" in shown
    assert ":100: of it" in shown


def test_an_intent_of_several_lines_stays_one_and_forges_none(world: World) -> None:
    made = world.propose("DELETE FROM orders WHERE id = 7")
    answer = world.control.told(made) | {"intent": "x\nmissing     nothing\n\nvote ada approve"}

    lines = seen(case(answer)).splitlines()

    assert [line for line in lines if line.startswith(("missing     nothing", "vote"))] == []


def test_each_thing_that_is_missing_has_a_line_of_its_own(world: World) -> None:
    made = world.propose("DELETE FROM orders WHERE id = 7")
    answer = world.control.told(made) | {"missing": "1 more approval\nthe window"}

    lines = [line.strip() for line in seen(case(answer)).splitlines()]

    assert "missing     1 more approval" in lines
    assert "the window" in lines


def test_only_a_line_feed_ends_a_line_of_what_would_run(world: World) -> None:
    """Elsewhere a comment does not end there, so that what follows would seem to run and does not."""
    payload = "SELECT 1 -- a\u2028b\x0bc\r\nSELECT 2\r\n"
    made = world.propose("SELECT 1")

    lines = [line.strip("│ ") for line in seen(case(world.control.told(made), payload)).splitlines()]

    assert "SELECT 1 -- a\\u2028b\\x0bc" in lines
    assert "SELECT 2" in lines


def test_what_an_agent_says_of_its_change_stands_beside_what_it_is(world: World) -> None:
    made = world.propose("UPDATE orders SET status = 'x' WHERE id = 7; DROP TABLE payments")
    answer = world.control.told(made) | {"intent": "a harmless read"}

    assert "delete payments and 1 more" in seen(cases([answer], 200), 200)
    assert "delete payments" in seen(cases([answer], 60), 60)
    assert "harmless" not in seen(cases([answer], 60), 60)


def test_an_answer_of_aws_is_shown_and_not_obeyed() -> None:
    body = b'{"Name": "\x1b[2J[bold]x[/]"}'.replace(b"\x1b", b"\\u001b")
    told = {"status": 200, "headers": [], "body": body, "body_digest": "d" * 64, "body_size": len(body)}
    kept = seen(picture(msgspec.json.encode(told)))
    lost = seen(picture(msgspec.json.encode(told | {"body": b""})))

    assert "status 200" in kept
    assert '"Name": "\\u001b[2J[bold]x[/]"' in kept
    assert "not kept" in lost
