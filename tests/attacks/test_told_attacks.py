"""Attacks on what a plan tells: broken shapes, circles, depth, size, and a plan that hides who depends on what."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.assess.reach import reach_of
from interlock.assess.world import World
from interlock.errors import BadInput
from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import Edge, Inventory, Item
from interlock.read.inventories import inventory_from
from interlock.read.terraform.plan import decode
from interlock.read.terraform.told import tell
from interlock.survey.joined import joined

PLAN: dict[str, Any] = {
    "format_version": "1.2",
    "configuration": {
        "provider_config": {
            "k": {"name": "k", "module_address": "module.m", "expressions": {"h": {"references": ["a.x.id", "a.x"]}}}
        },
        "root_module": {
            "outputs": {"o": {"expression": {"references": ["a.x.id", "a.x"]}, "depends_on": ["a.x"]}},
            "resources": [
                {
                    "address": "a.x",
                    "mode": "managed",
                    "type": "a",
                    "name": "x",
                    "provider_config_key": "k",
                    "expressions": {
                        "in": {"references": ["local.l", "module.m.o", "module.m"]},
                        "b": [{"c": {"constant_value": 1}}],
                    },
                    "count_expression": {"references": ["var.v"]},
                    "depends_on": ["module.m"],
                    "provisioners": [
                        {"type": "local-exec", "expressions": {"command": {"references": ["self.id", "self"]}}}
                    ],
                }
            ],
            "module_calls": {
                "m": {
                    "source": "./m",
                    "expressions": {"v": {"references": ["a.x[0].id", "a.x[0]", "a.x"]}},
                    "for_each_expression": {"references": ["a.x"]},
                    "depends_on": ["a.x"],
                    "module": {
                        "resources": [],
                        "outputs": {"o": {"expression": {"references": ["var.v"]}}},
                        "variables": {"v": {}},
                    },
                }
            },
        },
    },
    "prior_state": {
        "format_version": "1.0",
        "values": {
            "root_module": {
                "resources": [
                    {
                        "address": "a.x[0]",
                        "mode": "managed",
                        "type": "a",
                        "values": {"id": "i-0123456789", "tags": {"critical": "true"}, "arn": "arn:aws:a:r:1:x"},
                        "sensitive_values": {"id": False},
                        "depends_on": ["a.x", "module.m.b.y"],
                    }
                ],
                "child_modules": [{"address": "module.m", "resources": []}],
            }
        },
    },
    "planned_values": {"outputs": {}, "root_module": {"resources": [{"address": "a.y", "type": "a", "values": {}}]}},
}
ODD = [None, True, 0, -1, 1.5, "", "x", "a.x", [], [None], [[]], {}, {"": None}, {"references": 1}, {"references": [1]}]


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(spot for key, each in inner for spot in spots(each, (*path, key)))]


SPOTS = [spot for spot in spots(PLAN) if spot]


def mangled(changes: list[tuple[int, int]]) -> dict[str, Any]:
    """The plan with other values put in some places."""
    plan = copy.deepcopy(PLAN)
    for spot, odd in changes:
        inner: Any = plan
        *way, last = SPOTS[spot % len(SPOTS)]
        try:
            for step in way:
                inner = inner[step]
            inner[last] = copy.deepcopy(ODD[odd % len(ODD)])
        except (KeyError, IndexError, TypeError):
            continue
    return plan


MANGLED = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=3).map(mangled)


@given(MANGLED)
@settings(max_examples=600)
def test_no_shape_of_a_plan_makes_the_telling_fail(plan: dict[str, Any]) -> None:
    try:
        decoded = decode(json.dumps(plan).encode())
    except BadInput:
        return
    found = tell(decoded, resources={}, environment="")

    assert isinstance(found, Inventory)
    assert found.complete is not bool(found.limits)


@given(MANGLED, st.sampled_from(["values", "resources", "planned_values", "configuration"]))
@settings(max_examples=300)
def test_no_file_makes_the_reading_of_inventories_fail(plan: dict[str, Any], name: str) -> None:
    state = {"version": 4, "lineage": "l", name: plan["prior_state"], "format_version": "1.0"}
    for value in (plan, plan.get("prior_state"), state):
        try:
            found = inventory_from("f", json.dumps(value).encode(), "")
        except BadInput as error:
            assert error.where.startswith("f")
        else:
            assert isinstance(found, Inventory)


def test_a_wrong_shape_is_said_and_what_is_sound_is_told() -> None:
    plan = copy.deepcopy(PLAN)
    plan["prior_state"] = {"values": {"root_module": {"resources": "none"}}}
    found = tell(decode(json.dumps(plan).encode()), resources={}, environment="")

    assert not found.complete
    assert any("the prior state cannot be read" in limit for limit in found.limits)
    assert [item.resource.name for item in found.items] == ["a.y"]


def told(root: dict[str, Any], *addresses: str) -> Inventory:
    things = [{"address": each, "type": "a", "values": {}} for each in addresses]
    plan = {"format_version": "1.2", "configuration": {"root_module": root}}
    plan["planned_values"] = {"root_module": {"resources": things}}
    return tell(decode(json.dumps(plan).encode()), resources={}, environment="")


def test_values_made_from_themselves_come_to_an_end_and_are_said() -> None:
    inner = {
        "resources": [{"type": "a", "name": "x", "expressions": {"in": {"references": ["var.v"]}}}],
        "outputs": {"o": {"expression": {"references": ["var.v"]}}},
    }
    call = {"expressions": {"v": {"references": ["module.m.o", "module.m"]}}, "module": inner}
    found = told({"module_calls": {"m": call}}, "module.m.a.x")

    assert not found.edges
    assert any("made from themselves" in limit for limit in found.limits)


def test_things_that_read_each_other_are_told_as_they_stand() -> None:
    parts = [
        {"type": "a", "name": one, "expressions": {"in": {"references": [f"a.{other}.id", f"a.{other}"]}}}
        for one, other in ("xy", "yx")
    ]
    found = told({"resources": parts}, "a.x", "a.y")

    assert {(edge.source.name, edge.target.name) for edge in found.edges} == {("a.x", "a.y"), ("a.y", "a.x")}


def test_a_thousand_modules_deep_is_told_or_said_and_nothing_breaks() -> None:
    deep = {"resources": [{"type": "a", "name": "x", "expressions": {"in": {"references": ["var.v"]}}}]}
    address = "a.x"
    for _ in range(1000):
        deep = {"module_calls": {"m": {"expressions": {"v": {"references": ["var.v"]}}, "module": deep}}}
        address = f"module.m.{address}"
    raw = (
        '{"format_version": "1.2", "configuration": {"root_module": '
        + '{"module_calls": {"m": {"expressions": {"v": {"references": ["var.v"]}}, "module": ' * 1000
        + "{}"
        + "}}}" * 1000
        + '}, "planned_values": {"root_module": {"resources": [{"address": "'
        + address
        + '", "type": "a"}]}}}'
    )
    try:
        found = tell(decode(raw.encode()), resources={}, environment="")
    except BadInput as error:
        assert "nested" in str(error)
    else:
        assert found.limits or found.complete


def test_modules_as_deep_as_json_may_be_are_followed() -> None:
    depth = 100
    deep: dict[str, Any] = {"resources": [{"type": "a", "name": "x", "expressions": {"in": {"references": ["var.v"]}}}]}
    for level in range(depth):
        outer = "a.t" if level == depth - 1 else "var.v"
        deep = {"module_calls": {"m": {"expressions": {"v": {"references": [outer]}}, "module": deep}}}
    deep["resources"] = [{"type": "a", "name": "t"}]
    found = told(deep, "a.t", "module.m." * depth + "a.x")

    assert [("module.m." * depth + "a.x", "a.t")] == [(edge.source.name, edge.target.name) for edge in found.edges]


def test_values_that_mean_more_and_more_are_cut_and_said() -> None:
    """Each of many modules hands on all that each of many variables means."""
    names = [f"v{n}" for n in range(40)]
    parts = [{"type": "a", "name": f"x{n}"} for n in range(40)]
    every = {"references": [f"a.x{n}" for n in range(40)]}
    reads = {"in": {"references": [f"var.{name}" for name in names]}}
    deep: dict[str, Any] = {"resources": [{"type": "a", "name": "z", "expressions": reads}]}
    for level in range(30):
        given_ = every if level == 29 else {"references": [f"var.{name}" for name in names]}
        deep = {"module_calls": {"m": {"expressions": dict.fromkeys(names, given_), "module": deep}}}
    deep["resources"] = parts
    found = told(deep, "a.x0", "module.m." * 30 + "a.z")

    assert any("more references than are followed" in limit for limit in found.limits)


def test_a_plan_that_hides_who_depends_on_what_hides_nothing_that_others_know() -> None:
    one, other = Resource("terraform.a", "a.x"), Resource("terraform.a", "a.y")
    surveyed = Inventory(
        "t", items=(Item(one), Item(other, critical=True)), edges=(Edge(other, one, "uses", evidence="survey"),)
    )
    lie = told({"resources": [{"type": "a", "name": "x"}, {"type": "a", "name": "y"}]}, "a.x", "a.y")
    effect = Effect("delete", one, "planned", "structure")
    both = joined((surveyed, lie))
    found = reach_of(Change("terraform", (effect,)), World.of(both), both, None).reach

    assert not lie.edges
    assert {each.resource.name for each in found.must} == {"a.x", "a.y"}


def test_a_configuration_that_hides_a_reference_does_not_silence_the_state() -> None:
    plan = {
        "format_version": "1.2",
        "configuration": {"root_module": {"resources": [{"type": "a", "name": "x"}, {"type": "a", "name": "y"}]}},
        "prior_state": {
            "format_version": "1.0",
            "values": {"root_module": {"resources": [
                {"address": "a.x", "type": "a", "values": {}},
                {"address": "a.y", "type": "a", "values": {}, "depends_on": ["a.x"]},
            ]}},
        },
    }  # fmt: skip
    found = tell(decode(json.dumps(plan).encode()), resources={}, environment="")

    assert [(edge.source.name, edge.target.name, edge.evidence) for edge in found.edges] == [("a.y", "a.x", "state")]


def test_a_graph_that_leaves_an_edge_out_takes_none_away() -> None:
    root = {
        "resources": [
            {"type": "a", "name": "x"},
            {"type": "a", "name": "y", "expressions": {"in": {"references": ["a.x.id", "a.x"]}}},
        ]
    }
    plan = {"format_version": "1.2", "configuration": {"root_module": root}}
    plan["planned_values"] = {"root_module": {"resources": [{"address": each, "type": "a"} for each in ("a.x", "a.y")]}}
    raw = decode(json.dumps(plan).encode())

    assert tell(raw, resources={}, environment="").edges == (
        tell(raw, dot=b'digraph {\n"a.x"\n"a.y"\n}', resources={}, environment="").edges
    )
