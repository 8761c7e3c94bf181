"""Laws of reading change sets: order of keys does not matter, stacks add up, and nothing crashes or is left out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import BadProposal
from interlock.model.canon import canonical
from interlock.model.change import Change
from interlock.read.cloudformation.changes import CUSTOM
from interlock.read.readers import reader_for

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 40) | st.sampled_from(["", "true", "a", "****", "{{changeSet:X}}"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Ref", "A", "Fn::Sub", "Tags"]), inner)
    ),
    max_leaves=8,
)
TYPES = st.sampled_from(
    ["AWS::RDS::DBInstance", "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::Logs::LogGroup", "Custom::It",
     "Our::Own::Thing", "AWS::CloudFormation::Stack"],
)  # fmt: skip
ACTIONS = st.sampled_from(["Add", "Modify", "Remove", "Import", "Dynamic", "SyncWithActual", "Explode"])
POLICIES = st.sampled_from([None, "Delete", "Retain", "Snapshot", "ReplaceAndDelete", "ReplaceAndRetain", "Other"])
REPLACEMENTS = st.sampled_from([None, "True", "False", "Conditional", "Other"])
PROPERTIES = st.sampled_from(["DeletionProtection", "RetentionInDays", "Tags", "Odd name", "EngineVersion"])


@st.composite
def changes(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """One resource change, sensible or not."""
    details = [
        {
            "Target": {
                "Attribute": draw(st.sampled_from(["Properties", "Tags", "DeletionPolicy", "Metadata"])),
                "Name": draw(PROPERTIES),
                "RequiresRecreation": draw(st.sampled_from(["Never", "Always", "Conditionally"])),
            },
            "ChangeSource": draw(st.sampled_from(["ResourceReference", "DirectModification"])),
            "CausingEntity": draw(st.sampled_from([None, "R0", "R1.Arn", "odd one"])),
        }
        for _ in range(draw(st.integers(0, 2)))
    ]
    contexts = {
        side: draw(st.none() | st.just("{broken") | st.builds(json.dumps, st.fixed_dictionaries({"Properties": JSON})))
        for side in ("BeforeContext", "AfterContext")
    }
    found = {
        "Action": draw(ACTIONS),
        "LogicalResourceId": name,
        "ResourceType": draw(TYPES),
        "PolicyAction": draw(POLICIES),
        "Replacement": draw(REPLACEMENTS),
        "Details": details,
        **contexts,
    }
    return {"Type": "Resource", "ResourceChange": {key: value for key, value in found.items() if value is not None}}


@st.composite
def change_sets(draw: st.DrawFn, name: str = "shop") -> dict[str, Any]:
    return {
        "ChangeSetId": name,
        "StackName": name,
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        "Changes": [draw(changes(f"R{number}")) for number in range(draw(st.integers(0, 3)))],
    }


def read(payload: object) -> Change:
    return reader_for("cloudformation")(json.dumps(payload).encode(), "", "production").change


def turned(value: Any) -> Any:
    """The same value with the keys of its objects the other way round."""
    if isinstance(value, dict):
        return {key: turned(inner) for key, inner in reversed(value.items())}
    return [turned(inner) for inner in value] if isinstance(value, list) else value


@given(change_sets())
def test_the_order_of_keys_changes_nothing(payload: dict[str, Any]) -> None:
    assert canonical(read(payload)) == canonical(read(turned(payload)))


@given(change_sets(), change_sets("other"))
def test_two_change_sets_do_what_each_does(one: dict[str, Any], other: dict[str, Any]) -> None:
    both = read([one, other])

    names = [effect.resource.name for effect in (*read(one).effects, *read(other).effects)]
    assert [effect.resource.name for effect in both.effects] == names
    assert set(both.unknown) == {*read(one).unknown, *read(other).unknown}


@given(change_sets())
def test_every_change_has_an_effect_and_what_is_not_known_is_said(payload: dict[str, Any]) -> None:
    found = read(payload)

    by_part: dict[int, list[str]] = {}
    for effect in found.effects:
        by_part.setdefault(effect.part, []).append(effect.verb)
    for part, entry in enumerate(payload["Changes"]):
        change = entry["ResourceChange"]
        verbs = by_part[part]
        if change["Action"] == "Remove" and change.get("PolicyAction") in (None, "Delete", "Snapshot"):
            assert "delete" in verbs
        if change["Action"] == "Modify" and change.get("Replacement") in (None, "True", "Conditional"):
            assert {"replace", "create", "update", "execute"} & set(verbs)
            assert change.get("PolicyAction") == "ReplaceAndRetain" or {"replace", "execute"} & set(verbs)
        if change["Action"] in ("Dynamic", "Explode"):
            assert not found.fully_known
        if CUSTOM.fullmatch(change["ResourceType"]) and change["Action"] in ("Add", "Modify", "Remove"):
            assert "execute" in verbs


@given(change_sets(), JSON)
def test_no_template_takes_anything_away(payload: dict[str, Any], template: Any) -> None:
    plain = read(payload)

    assert canonical(read({"changeSet": payload, "template": template})) == canonical(plain)


@given(
    st.dictionaries(st.sampled_from(["Changes", "StackName", "Status", "changeSet", "template", "Type"]), JSON) | JSON
)
def test_anything_is_read_or_refused(payload: Any) -> None:
    try:
        read(payload)
    except BadProposal as error:
        assert error.code in ("not-a-change-set", "not-available", "given-twice", "circle", "empty")
