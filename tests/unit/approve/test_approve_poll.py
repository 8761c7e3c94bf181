"""Poll: who is who, and who is on the asker's side."""

import msgspec
import pytest

from interlock.approve.poll import Asker, asker_of, electorate, poll_of
from interlock.errors import Conflict
from interlock.model.case import Case
from interlock.model.decision import Decision
from interlock.model.entry import Proposed

PROPOSED = Proposed(
    kind="sql",
    agent="fixer",
    environment="production",
    target="shop",
    passport="p",
    payload="b",
    payload_size=1,
    author="author",
    operator="human",
    owner="owner",
)


def test_the_asker_is_everybody_who_is_named():
    """Owner then and now, author, session human and policy author are all of the party."""
    asker = asker_of(PROPOSED, owner="heir", policy_authors=("lawyer",))

    assert [name for name, _ in asker.members] == ["owner", "heir", "author", "human", "lawyer"]
    assert asker.agent == "fixer"


def test_blank_names_are_nobody():
    """Who is not named is not a stranger of the party."""
    assert Asker("fixer", owners=("", " "), authors=("",)).members == ()


def test_a_case_without_a_decision_has_no_poll(town):
    """There is nothing to vote on before policy has spoken."""
    case = Case("c", "assessed", PROPOSED, 5, 6, 3)
    with pytest.raises(Conflict):
        poll_of(case, people=town.people, agents=(), approval_seconds=60)

    held = msgspec.structs.replace(case, state="held", decision=Decision("hold", (), digest="d" * 64))
    poll = poll_of(held, people=town.people, agents=("mender",), approval_seconds=60, owner="heir")
    assert (poll.case, poll.state, poll.opened_at, poll.approval_seconds) == ("c", "held", 5, 60)
    assert poll.decision is held.decision
    assert poll.asker.owners == ("owner", "heir")
    assert poll.agents == ("mender",)


def test_one_human_may_be_several_reasons_of_the_party(town):
    """Who owns the agent and wrote the prompt is named with both, each once."""
    asker = Asker("fixer", owners=("bob", "BOB"), authors=("b0b",))
    roll = electorate(town.poll(asker=asker))
    assert roll.sides_with_asker("bob") == "owner of the agent, author of the prompt"
    assert roll.sides_with_asker("cyn") == ""


def test_records_that_share_a_key_or_a_reading_are_one_human_through_a_chain(town):
    """`bob` and `ops` by a key, `ops` and `Ops` by reading: all three are one."""
    town.people["ops"] = msgspec.structs.replace(town.people["bob"], name="ops")
    town.person("Ops")
    roll = electorate(town.poll())
    assert roll.human["bob"] == roll.human["ops"] == roll.human["Ops"]
    assert roll.human["bob"] != roll.human["cyn"]


def test_people_without_a_key_are_not_one_human(town):
    """Two empty keys are no shared key."""
    for name in ("ira", "jon"):
        town.people[name] = msgspec.structs.replace(town.people["bob"], name=name, public_key="")
    roll = electorate(town.poll())
    assert roll.human["ira"] != roll.human["jon"]


def test_a_name_of_the_party_without_a_record_is_a_stranger(town):
    """It could be any of the voters, and is told as such."""
    roll = electorate(town.poll(asker=Asker("fixer", owners=("owner",), authors=("someone@example.org",))))
    assert roll.strangers == (("someone@example.org", "author of the prompt"),)
