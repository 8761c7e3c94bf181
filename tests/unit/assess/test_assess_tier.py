"""The consequence class of an effect."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from assess_words import change, effect

from interlock.assess.tier import tier_of, tier_of_change
from interlock.model.change import KNOWN, TIERS, TRAITS, VERBS, Aspect, Choice

ASPECTS = get_args(Aspect)
CHOICES = get_args(Choice)


def test_the_table_is_total_over_everything_that_an_effect_can_say() -> None:
    for verb, aspect, choice, known, trait in product(VERBS, ASPECTS, CHOICES, KNOWN, (None, *TRAITS)):
        traits = () if trait is None else (trait,)

        assert tier_of(effect(verb, aspect=aspect, choice=choice, known=known, traits=traits)) in TIERS


def test_what_is_not_understood_is_destroy_whatever_it_looks_like() -> None:
    for verb, aspect, choice in product(VERBS, ASPECTS, CHOICES):
        assert tier_of(effect(verb, aspect=aspect, choice=choice, known="unknown")) == "destroy"


def test_no_trait_lowers_a_tier() -> None:
    for verb, aspect, choice, trait in product(VERBS, ASPECTS, CHOICES, TRAITS):
        plain = tier_of(effect(verb, aspect=aspect, choice=choice))
        marked = tier_of(effect(verb, aspect=aspect, choice=choice, traits=(trait,)))

        assert TIERS.index(marked) >= TIERS.index(plain), (verb, aspect, choice, trait)


@pytest.mark.parametrize(
    ("verb", "aspect", "rest", "tier"),
    [
        ("read", "content", {}, "observe"),
        ("read", "content", {"choice": "all", "traits": ("no-condition",)}, "observe"),
        ("read", "content", {"traits": ("runs-code",)}, "destroy"),
        ("read", "content", {"traits": ("dynamic",)}, "destroy"),
        ("read", "content", {"traits": ("leaves-target",)}, "destroy"),
        ("read", "content", {"traits": ("blocks-writes",)}, "configure"),
        ("create", "content", {}, "modify"),
        ("create", "content", {"choice": "all"}, "modify"),
        ("update", "content", {"choice": "filtered"}, "modify"),
        ("update", "content", {"choice": "all"}, "destroy"),
        ("delete", "content", {"choice": "named"}, "modify"),
        ("delete", "content", {"choice": "unknown"}, "destroy"),
        ("replace", "content", {"choice": "all"}, "destroy"),
        ("delete", "content", {"traits": ("no-condition",)}, "destroy"),
        ("update", "content", {"traits": ("always-true",)}, "destroy"),
        ("create", "content", {"traits": ("no-condition",)}, "modify"),
        ("delete", "content", {"traits": ("loses-data",)}, "destroy"),
        ("update", "content", {"traits": ("runs-code",)}, "destroy"),
        ("create", "structure", {}, "configure"),
        ("create", "structure", {"traits": ("runs-code",)}, "configure"),
        ("delete", "structure", {}, "configure"),
        ("delete", "structure", {"traits": ("cascades",)}, "destroy"),
        ("delete", "structure", {"traits": ("runs-code",)}, "destroy"),
        ("delete", "structure", {"traits": ("loses-data",)}, "destroy"),
        ("update", "structure", {"traits": ("loses-data",)}, "destroy"),
        ("replace", "structure", {}, "configure"),
        ("grant", "authority", {}, "configure"),
        ("revoke", "authority", {"traits": ("cascades",)}, "configure"),
        ("update", "process", {}, "configure"),
        ("execute", "process", {}, "configure"),
        ("execute", "process", {"known": "estimated"}, "destroy"),
        ("execute", "content", {"traits": ("runs-code",)}, "destroy"),
    ],
)
def test_each_row_of_the_table(verb: str, aspect: str, rest: dict[str, object], tier: str) -> None:
    assert tier == tier_of(effect(verb, aspect=aspect, **rest))  # type: ignore[arg-type]


def test_a_change_has_the_tier_of_its_highest_effect() -> None:
    assert tier_of_change(change(), ("observe", "configure", "modify")) == "configure"


def test_a_change_of_nothing_observes() -> None:
    assert tier_of_change(change(), ()) == "observe"


def test_a_change_with_anything_not_understood_is_destroy() -> None:
    assert tier_of_change(change(unknown=("`frobnicate`",)), ("observe",)) == "destroy"
