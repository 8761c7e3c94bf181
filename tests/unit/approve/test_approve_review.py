"""Review: who may look at broken glass afterwards."""

import msgspec
import pytest

from interlock.approve.review import admit_review
from interlock.errors import BadInput, Conflict, Forbidden
from interlock.model.approval import Approval

GLASS = Approval("d" * 64, ("bob", "gus"), 1, break_glass=True)


def test_a_human_who_had_no_part_in_it_reviews(town):
    """The note comes back to be recorded."""
    assert admit_review("eve", "it was right", town.poll(state="done"), GLASS) == "it was right"


@pytest.mark.parametrize("name", ["owner", "author", "human", "gus", "bob"])
def test_whoever_wanted_it_or_voted_for_it_does_not_review_it(town, name):
    """The asker's side and every voter are refused."""
    with pytest.raises(Forbidden) as caught:
        admit_review(name, "fine", town.poll(state="done"), GLASS)
    assert caught.value.code == "self-review"


def test_a_second_record_of_a_voter_does_not_review_it(town):
    """One key is one human."""
    town.people["zoe"] = msgspec.structs.replace(town.people["gus"], name="zoe")
    with pytest.raises(Forbidden) as caught:
        admit_review("zoe", "fine", town.poll(state="done"), GLASS)
    assert caught.value.code == "self-review"


@pytest.mark.parametrize("name", ["fixer", "nobody", "ray", "bo", "mender"])
def test_only_registered_people_in_service_review(town, name):
    """Agents, strangers, the retired and records under another name are refused."""
    town.person("ray", retired=True)
    town.person("mender")
    town.people["bo"] = town.people["eve"]
    with pytest.raises(Forbidden) as caught:
        admit_review(name, "fine", town.poll(state="done"), GLASS)
    assert caught.value.code == "no-person"


def test_a_review_says_something(town):
    """A blank note is none."""
    with pytest.raises(BadInput):
        admit_review("eve", " \u200b", town.poll(state="done"), GLASS)


@pytest.mark.parametrize("approval", [None, msgspec.structs.replace(GLASS, break_glass=False)])
def test_there_is_no_review_where_no_glass_was_broken(town, approval):
    """Ordinary approvals are not reviewed this way."""
    with pytest.raises(Conflict):
        admit_review("eve", "fine", town.poll(state="done"), approval)
