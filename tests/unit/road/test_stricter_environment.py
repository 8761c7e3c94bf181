"""A target that says of itself that it is something stricter stands under the stricter contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.model.inventory import Inventory
from interlock.model.proposal import Proposal
from interlock.testing.world import simulated


@pytest.mark.parametrize(
    ("target", "says", "counts"),
    [
        ("staging-shop", "production", "production"),
        ("staging-shop", "nobody-described-it", "nobody-described-it"),
        ("staging-shop", "", "staging"),
        ("shop", "staging", "production"),
    ],
)
def test_of_what_is_configured_and_what_is_there_the_stricter_contract_counts(
    tmp_path: Path, target: str, says: str, counts: str
) -> None:
    with simulated(tmp_path) as world:
        judge = world.control.judge
        proposal = Proposal("sql:sqlite", b"DELETE FROM orders WHERE id = 7", "fixer", "staging", target)
        reading = judge.read(proposal, judge.target(proposal))

        assessment = judge.assess(proposal, reading, judge.target(proposal), Inventory(target, says), None)

        assert assessment.environment == counts
