"""What `interlock up` does beside serving; serving itself is tested with the gates."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from interlock.cli import up


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_what_start_up_made_is_looked_through_no_more_and_what_comes_still_is() -> None:
    gc.unfreeze()
    up._keep_what_is_here()

    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] == up.YOUNG
    assert gc.isenabled()
