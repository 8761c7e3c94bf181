"""Whether an effect can be taken back."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest
from assess_words import PROVED, effect, rehearsal

from interlock.assess.reverse import proof_of, reverse_of
from interlock.model.change import KNOWN, TRAITS, VERBS, Aspect
from interlock.model.inventory import RollbackProof
from interlock.model.wayback import REVERSIBILITIES


def back(verb: str, aspect: str = "content", *, keyed: bool = False, proof: str | None = None, undo: int = 30, **rest):
    return reverse_of(effect(verb, aspect=aspect, **rest), keyed=keyed, proof=proof, undo_window=undo)  # type: ignore[arg-type]


def test_every_effect_has_a_class_with_and_without_proof() -> None:
    proofs = (None, "exact-inverse", "verified-copy", "irreversible")
    for verb, aspect, known, trait, proof in product(VERBS, get_args(Aspect), KNOWN, TRAITS, proofs):
        assert back(verb, aspect, known=known, traits=(trait,), proof=proof) in REVERSIBILITIES


@pytest.mark.parametrize(
    ("verb", "aspect", "rest", "expected"),
    [
        ("read", "content", {}, "none-needed"),
        ("read", "content", {"traits": ("runs-code",)}, "irreversible"),
        ("read", "content", {"traits": ("leaves-target",)}, "irreversible"),
        ("create", "content", {}, "irreversible"),
        ("create", "content", {"count": 2}, "disruptive-inverse"),
        ("create", "content", {"keyed": True}, "exact-inverse"),
        ("create", "content", {"choice": "all"}, "irreversible"),
        ("create", "content", {"traits": ("hides-failure",)}, "irreversible"),
        ("update", "content", {"keyed": True}, "irreversible"),
        ("delete", "content", {"keyed": True}, "irreversible"),
        ("replace", "content", {}, "irreversible"),
        ("create", "structure", {}, "exact-inverse"),
        ("create", "structure", {"traits": ("hides-failure",)}, "irreversible"),
        ("update", "structure", {}, "disruptive-inverse"),
        ("update", "structure", {"traits": ("loses-data",)}, "irreversible"),
        ("update", "structure", {"traits": ("cascades",)}, "irreversible"),
        ("delete", "structure", {}, "irreversible"),
        ("replace", "structure", {}, "irreversible"),
        ("grant", "authority", {}, "exact-inverse"),
        ("revoke", "authority", {}, "exact-inverse"),
        ("grant", "authority", {"choice": "all"}, "irreversible"),
        ("revoke", "authority", {"traits": ("cascades",)}, "irreversible"),
        ("update", "authority", {}, "irreversible"),
        ("delete", "authority", {}, "irreversible"),
        ("update", "process", {}, "disruptive-inverse"),
        ("delete", "process", {}, "irreversible"),
        ("execute", "process", {}, "disruptive-inverse"),
        ("execute", "content", {}, "irreversible"),
        ("create", "structure", {"known": "unknown"}, "irreversible"),
    ],
)
def test_from_the_text_alone_only_what_the_text_holds_comes_back(verb, aspect, rest, expected) -> None:
    assert expected == back(verb, aspect, **rest)


@pytest.mark.parametrize(
    ("verb", "aspect", "traits", "expected"),
    [
        ("delete", "content", (), "exact-inverse"),
        ("update", "content", ("no-condition",), "exact-inverse"),
        ("delete", "structure", (), "exact-inverse"),
        ("update", "structure", ("rewrites",), "disruptive-inverse"),
        ("delete", "structure", ("blocks-reads",), "disruptive-inverse"),
        ("delete", "structure", ("blocks-writes",), "disruptive-inverse"),
        ("delete", "structure", ("loses-data",), "grace-period"),
        ("delete", "content", ("leaves-target",), "irreversible"),
        ("update", "content", ("dynamic",), "irreversible"),
        ("update", "content", ("runs-code",), "irreversible"),
        ("create", "structure", ("runs-code",), "exact-inverse"),
    ],
)
def test_a_simulated_way_back_lowers_what_it_can_speak_of(verb, aspect, traits, expected) -> None:
    assert expected == back(verb, aspect, traits=traits, proof="exact-inverse")


def test_what_is_moved_aside_comes_back_only_while_the_window_is_open() -> None:
    assert back("delete", "structure", traits=("loses-data",), proof="exact-inverse", undo=0) == "irreversible"


def test_a_way_back_with_loss_is_a_copy() -> None:
    assert back("delete", proof="verified-copy") == "verified-copy"


def test_a_way_back_with_loss_does_not_worsen_what_the_text_holds() -> None:
    assert back("create", "structure", proof="verified-copy") == "exact-inverse"


def test_a_way_back_that_fails_raises_what_the_text_promised() -> None:
    assert back("create", "structure", proof="irreversible") == "irreversible"
    assert back("read", proof="irreversible") == "none-needed"


@pytest.mark.parametrize(
    ("tried", "expected"),
    [
        (None, None),
        (rehearsal(), "exact-inverse"),
        (rehearsal(rollback=RollbackProof("valid-with-loss", simulated=True)), "verified-copy"),
        (rehearsal(rollback=RollbackProof("valid", simulated=False)), None),
        (rehearsal(rollback=RollbackProof("unknown", simulated=True)), None),
        (rehearsal(rollback=RollbackProof("none-needed", simulated=True)), "exact-inverse"),
        (rehearsal(rollback=RollbackProof("none-needed", simulated=False)), None),
        (rehearsal(rollback=RollbackProof("invalid", simulated=True)), "irreversible"),
        (rehearsal(rollback=RollbackProof("invalid", simulated=False)), "irreversible"),
        (rehearsal(rollback=PROVED, complete=False), None),
        (rehearsal(rollback=PROVED, failed="no such table"), None),
    ],
)
def test_only_a_whole_rehearsal_that_walked_back_proves_anything(tried, expected) -> None:
    assert expected == proof_of(tried)
