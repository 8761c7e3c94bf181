"""Laws of what a plan tells: how things are spelled, nested, ordered or split over states never shows in the reach."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.assess.reach import reach_of
from interlock.assess.world import World
from interlock.model.change import Change, Effect, Resource
from interlock.model.inventory import Edge, Inventory
from interlock.read.inventories import inventory_from
from interlock.read.terraform.order import circular, components, reached, reduced
from interlock.read.terraform.plan import decode
from interlock.read.terraform.told import tell
from interlock.survey.joined import joined

#: A stack as its edges: for each node, by number, which earlier ones it reads, which attribute, and how.
READS = st.tuples(
    st.integers(0, 30), st.sampled_from(["output", "input", "id"]), st.sampled_from(["plain", "local", "after"])
)
STACKS = st.lists(st.lists(READS, max_size=3), min_size=2, max_size=9)


def plan(stack: list[list[tuple[int, str, str]]], *, name: str = "n", module: str = "") -> dict[str, Any]:
    """The plan of such a stack, which all exists; `module`: all of it stands in a module of that name."""
    parts, things = [], []
    prefix = f"module.{module}." if module else ""
    for number, reads in enumerate(stack):
        address = f"terraform_data.{name}{number}"
        references, after = [], []
        for target, attribute, how in reads:
            if number:
                other = f"terraform_data.{name}{target % number}"
                if how == "after":
                    after.append(other)
                else:
                    references += ["local.x"] if how == "local" else [f"{other}.{attribute}", other]
        part = {"mode": "managed", "type": "terraform_data", "name": f"{name}{number}", "address": address}
        parts.append(part | {"expressions": {"input": {"references": references}}, "depends_on": after})
        waits = sorted({f"{prefix}terraform_data.{name}{target % number}" for target, _, _ in reads} if number else ())
        things.append(
            {
                "address": prefix + address,
                "mode": "managed",
                "type": "terraform_data",
                "values": {},
                "depends_on": waits,
            }
        )
    root: dict[str, Any] = {"resources": parts}
    if module:
        root = {"module_calls": {module: {"module": root}}}
    return {
        "format_version": "1.2",
        "configuration": {"root_module": root},
        "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": things}}},
    }


def told(value: dict[str, Any]) -> Inventory:
    return tell(decode(json.dumps(value).encode()), resources={}, environment="")


def reach(inventory: Inventory | None, address: str, *fields: str) -> tuple[set[str], set[str]]:
    """Who must and who may feel that these attributes of one thing change."""
    effect = Effect("update", Resource("terraform.terraform_data", address), "planned", "structure", fields=fields)
    found = reach_of(Change("terraform", (effect,)), World.of(inventory), inventory, None).reach
    return {each.resource.name for each in found.must}, {each.resource.name for each in found.may}


def renamed(names: set[str], old: str, new: str) -> set[str]:
    return {name.replace(old, new) for name in names}


@given(STACKS)
def test_a_name_never_shows_in_the_reach(stack: list[list[tuple[int, str, str]]]) -> None:
    one, other = told(plan(stack, name="n")), told(plan(stack, name="other_name"))

    for must_or_may in (0, 1):
        assert (
            renamed(reach(one, "terraform_data.n0", "output")[must_or_may], ".n", ".other_name")
            == (reach(other, "terraform_data.other_name0", "output")[must_or_may])
        )


@given(STACKS)
def test_a_module_around_it_never_shows_in_the_reach(stack: list[list[tuple[int, str, str]]]) -> None:
    flat, nested = told(plan(stack)), told(plan(stack, module="m"))

    for must_or_may in (0, 1):
        inner = reach(nested, "module.m.terraform_data.n0", "output", "id")[must_or_may]
        assert reach(flat, "terraform_data.n0", "output", "id")[must_or_may] == renamed(inner, "module.m.", "")


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same JSON with its keys, and its lists of resources, in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        return {key: shuffled(inner, chance) for key, inner in items}
    if isinstance(value, list):
        inner = [shuffled(each, chance) for each in value]
        if all(isinstance(each, dict) for each in inner):
            chance.shuffle(inner)
        return inner
    return value


@given(STACKS, st.integers())
def test_the_order_of_keys_and_resources_never_shows(stack: list[list[tuple[int, str, str]]], seed: int) -> None:
    one, other = told(plan(stack)), told(shuffled(plan(stack), random.Random(seed)))

    assert set(one.edges) == set(other.edges)
    assert set(one.items) == set(other.items)
    assert reach(one, "terraform_data.n0", "output") == reach(other, "terraform_data.n0", "output")


@given(STACKS, st.integers(0, 8), st.integers(0, 8))
def test_an_added_reference_never_shrinks_what_may_be_reached(
    stack: list[list[tuple[int, str, str]]], one: int, other: int
) -> None:
    source, target = max(one, other) % len(stack), min(one, other) % len(stack)
    more = [list(reads) for reads in stack]
    more[source].append((target, "output", "plain"))

    assert (
        reach(told(plan(stack)), "terraform_data.n0", "output")[1]
        <= (reach(told(plan(more)), "terraform_data.n0", "output")[1])
    )


@given(STACKS, st.data())
def test_an_added_edge_never_shrinks_what_may_be_reached(
    stack: list[list[tuple[int, str, str]]], data: st.DataObject
) -> None:
    inventory = told(plan(stack))
    things = [item.resource for item in inventory.items]
    edge = Edge(data.draw(st.sampled_from(things)), data.draw(st.sampled_from(things)), "uses")
    more = joined((inventory, Inventory("", edges=(edge,))))

    assert reach(inventory, "terraform_data.n0", "output")[1] <= reach(more, "terraform_data.n0", "output")[1]


def test_a_stack_split_over_two_states_is_reached_as_one() -> None:
    whole = told(
        {
            "format_version": "1.2",
            "configuration": {"root_module": {"resources": [resource("a"), resource("b", "a"), resource("c", "b")]}},
            "prior_state": state_of("a", "b", "c"),
        }
    )
    network = {
        "format_version": "1.2",
        "resource_changes": [],
        "configuration": {
            "root_module": {
                "resources": [resource("a"), resource("b", "a")],
                "outputs": {"b": {"expression": {"references": ["terraform_data.b.output", "terraform_data.b"]}}},
            }
        },
        "prior_state": state_of("a", "b"),
    }
    remote = {
        "mode": "data",
        "type": "terraform_remote_state",
        "name": "net",
        "address": "data.terraform_remote_state.net",
    }
    reads = {"references": ["data.terraform_remote_state.net.outputs.b", "data.terraform_remote_state.net"]}
    values = {"backend": "s3", "config": {"bucket": "states", "key": "prod/net.tfstate"}, "outputs": {"b": "x"}}
    app = {
        "format_version": "1.2",
        "configuration": {"root_module": {"resources": [remote, resource("c") | {"expressions": {"input": reads}}]}},
        "prior_state": state_of("c", extra=[remote | {"values": values}]),
    }
    split = joined((inventory_from("net.tfstate", json.dumps(network).encode(), ""), told(app)))

    one, both = reach(whole, "terraform_data.a", "output"), reach(split, "terraform_data.a", "output")
    beside = {"data.terraform_remote_state.net", "net.tfstate#b"}
    assert one[1] == both[1] - beside
    assert beside <= both[1]


def resource(name: str, *reads: str) -> dict[str, Any]:
    references = [each for read in reads for each in (f"terraform_data.{read}.output", f"terraform_data.{read}")]
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "address": f"terraform_data.{name}",
        "expressions": {"input": {"references": references}},
    }


def state_of(*names: str, extra: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    things: list[dict[str, Any]] = [
        {"address": f"terraform_data.{name}", "mode": "managed", "type": "terraform_data", "values": {}}
        for name in names
    ]
    return {"format_version": "1.0", "values": {"root_module": {"resources": [*things, *(extra or [])]}}}


GRAPHS = st.integers(1, 9).flatmap(
    lambda size: st.lists(st.lists(st.integers(0, size - 1), max_size=4), min_size=size, max_size=size)
)


def slowly(graph: list[list[int]]) -> list[set[int]]:
    """The twin: for each node, all that it leads to, one by one."""
    found = []
    for node in range(len(graph)):
        seen: set[int] = set()
        stack = list(graph[node])
        while stack:
            if (each := stack.pop()) not in seen:
                seen.add(each)
                stack.extend(graph[each])
        found.append(seen)
    return found


@given(GRAPHS)
@settings(max_examples=500)
def test_a_reduced_graph_leads_to_all_that_the_whole_leads_to(graph: list[list[int]]) -> None:
    less = reduced(graph, [True] * len(graph))

    for node, (one, other) in enumerate(zip(slowly(graph), slowly(less), strict=True)):
        assert one - {node} == other - {node}
    assert all(set(kept) <= set(targets) for kept, targets in zip(less, graph, strict=True))


@given(GRAPHS)
def test_nothing_is_left_out_through_what_may_not_stand_between(graph: list[list[int]]) -> None:
    less = reduced(graph, [False] * len(graph))

    assert [set(row) - {node} for node, row in enumerate(less)] == [set(row) - {node} for node, row in enumerate(graph)]


@given(GRAPHS)
def test_circles_and_what_is_reached_are_as_the_slow_way_finds_them(graph: list[list[int]]) -> None:
    slow = slowly(graph)

    assert [{n for n in range(len(graph)) if bits >> n & 1} for bits in reached(graph)] == slow
    assert circular(graph) == [
        any(other != node and other in slow[node] and node in slow[other] for other in range(len(graph)))
        for node in range(len(graph))
    ]
    of = components(graph)
    assert all(of[node] >= of[target] for node, row in enumerate(graph) for target in row)
