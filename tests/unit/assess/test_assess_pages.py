"""The pages of this room say everything that the room can say."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from interlock.assess.findings import FINDINGS
from interlock.model.change import KNOWN, TIERS, TRAITS, VERBS, Aspect, Choice
from interlock.model.wayback import REVERSIBILITIES

DOCS = Path(__file__).parents[3] / "docs"
HEADINGS = ("## Why", "## Example", "## What to do", "## When it is wrong", "**Severity and confidence.**")


@pytest.mark.parametrize(
    "word", [*TRAITS, *TIERS, *REVERSIBILITIES, *VERBS, *KNOWN, *get_args(Aspect), *get_args(Choice)]
)
def test_every_word_of_an_effect_and_its_assessment_is_explained(word) -> None:
    assert f"`{word}`" in (DOCS / "words.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("row", FINDINGS, ids=lambda row: row.id)
def test_every_page_of_a_finding_has_the_same_parts(row) -> None:
    page = (DOCS / "findings" / f"{row.id}.md").read_text(encoding="utf-8")

    assert page.startswith(f"# {row.id}\n")
    assert [part for part in HEADINGS if part not in page] == []
