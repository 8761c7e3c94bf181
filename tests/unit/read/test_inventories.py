"""Inventories from files: states, graphs, plans and our own form; and what is said of a file that is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interlock.errors import BadInput
from interlock.model.canon import canonical
from interlock.model.change import Resource
from interlock.model.inventory import Edge, Inventory, Item
from interlock.read.inventories import inventory_from
from interlock.read.terraform.dot import read_dot


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


def state(*resources: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"version": 4, "serial": 1, "lineage": "l", "resources": list(resources), "outputs": {}, **rest}


def kept(kind: str, name: str, *instances: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "name": name, "instances": list(instances), **rest}


def names(inventory: Inventory) -> list[str]:
    return sorted(item.resource.name for item in inventory.items)


def pairs(inventory: Inventory) -> set[tuple[str, str, str]]:
    return {(edge.source.name, edge.kind, edge.target.name) for edge in inventory.edges}


def test_a_state_file_tells_instances_by_their_full_address() -> None:
    found = inventory_from(
        "prod.tfstate",
        raw(
            state(
                kept("a", "x", {"index_key": 0, "attributes": {}}, {"index_key": 1, "attributes": {}}),
                kept("a", "y", {"index_key": 'p"q', "attributes": {}}, module='module.m["k"]'),
                kept("a", "z", {"attributes": {}}, mode="data"),
                kept("a", "gone", {"deposed": "0123", "attributes": {}}),
            )
        ),
        "production",
    )

    assert names(found) == ["a.x[0]", "a.x[1]", "data.a.z", 'module.m["k"].a.y["p\\"q"]']
    assert {item.resource.environment for item in found.items} == {"production"}
    assert {item.resource.location for item in found.items} == {(("state", "prod.tfstate"),)}
    assert found.complete


def test_a_state_file_tells_who_waits_for_whom_without_what_a_path_says_already() -> None:
    found = inventory_from(
        "s",
        raw(
            state(
                kept("a", "x", {"attributes": {}}),
                kept("a", "y", {"attributes": {}, "dependencies": ["a.x"]}),
                kept("a", "z", {"attributes": {}, "dependencies": ["a.x", "a.y"]}),
            )
        ),
        "",
    )

    assert pairs(found) == {("a.y", "uses", "a.x"), ("a.z", "uses", "a.y")}


def test_sensitive_attributes_of_a_state_are_left_out() -> None:
    hidden = {
        "attributes": {"id": "i", "password": "p"},
        "sensitive_attributes": [[{"type": "get_attr", "value": "password"}]],
    }
    odd = {"attributes": {"id": "i", "password": "p"}, "sensitive_attributes": "what is this"}
    found = inventory_from("s", raw(state(kept("a", "x", hidden), kept("a", "y", odd))), "")

    assert {item.resource.name: item.fields for item in found.items} == {"a.x": ("id",), "a.y": ()}


def test_what_show_prints_of_a_state_tells_the_same() -> None:
    inner = {"address": "module.m.a.y", "mode": "managed", "type": "a", "values": {}, "depends_on": ["a.x"]}
    root = {"resources": [{"address": "a.x", "mode": "managed", "type": "a", "values": {"id": "i"}}]}
    root["child_modules"] = [{"address": "module.m", "resources": [inner]}]
    found = inventory_from("s", raw({"format_version": "1.0", "values": {"root_module": root}}), "")

    assert names(found) == ["a.x", "module.m.a.y"]
    assert pairs(found) == {("module.m.a.y", "uses", "a.x")}


def test_a_plan_tells_as_an_inventory_too() -> None:
    module = {"resources": [{"address": "a.x", "mode": "managed", "type": "a", "values": {}}]}
    plan = {"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"root_module": module}}
    found = inventory_from("p.json", raw(plan | {"resource_changes": [], "configuration": {}}), "")

    assert names(found) == ["a.x"]


def test_our_own_form_is_read_back_as_it_was_written() -> None:
    one, other = Resource("t.x", "a"), Resource("t.x", "b")
    inventory = Inventory("shop", "production", (Item(one), Item(other)), (Edge(one, other, "uses"),))

    assert inventory_from("i.json", canonical(inventory), "") == inventory


DOT = r"""digraph {
    "[root] module.a.aws_x.y (expand)" [label = "module.a.aws_x.y", shape = "box"]
    "[root] module.a.aws_x.y (expand)" -> "[root] module.a.var.v (expand)"
    "[root] module.a.var.v (expand)" -> "[root] local.l (expand)"
    "[root] local.l (expand)" -> "[root] aws_x.z (expand)"
    "[root] aws_x.z (expand)" -> "[root] provider[\"registry.terraform.io/hashicorp/aws\"]"
    "[root] provider[\"registry.terraform.io/hashicorp/aws\"]" -> "[root] data.aws_y.q (expand)"
    "[root] aws_x.w" -> "[root] module.a (close)"
    "[root] module.a (close)" -> "[root] module.a.output.o (expand)"
    "[root] module.a.output.o (expand)" -> "[root] module.a.aws_x.y (expand)"
    "[root] aws_x.gone[0] (destroy)" -> "[root] aws_x.w (destroy)"
    "[root] root" -> "[root] aws_x.w"
}
"""


def test_a_graph_is_walked_through_what_is_no_resource() -> None:
    assert set(read_dot(DOT.encode()).pairs) == {
        ("module.a.aws_x.y", "aws_x.z"),
        ("aws_x.z", "data.aws_y.q"),
        ("aws_x.w", "module.a.aws_x.y"),
        ("aws_x.gone[0]", "aws_x.w"),
    }


PLAIN = """digraph G {
  rankdir = "RL";
  "aws_x.y" [label="aws_x.y"];
  subgraph "cluster_module.m" {
    "module.m.aws_x.z" [label="aws_x.z"];
  }
  "module.m.aws_x.z" -> "aws_x.y";
}
"""


def test_the_plain_form_of_a_graph_is_an_inventory() -> None:
    found = inventory_from("g.dot", PLAIN.encode(), "staging")

    assert names(found) == ["aws_x.y", "module.m.aws_x.z"]
    assert pairs(found) == {("module.m.aws_x.z", "uses", "aws_x.y")}


def test_a_graph_in_a_circle_is_walked_to_its_end() -> None:
    circle = (
        'digraph {\n"a.x" -> "var.v"\n"var.v" -> "local.l"\n"local.l" -> "var.v"\n"local.l" -> "a.y"\n"a.y" -> "a.x"\n}'
    )

    assert set(read_dot(circle.encode()).pairs) == {("a.x", "a.y"), ("a.y", "a.x")}


def reader(place: str) -> dict[str, Any]:
    values = {"backend": "s3", "config": {"bucket": "b", "key": place}, "outputs": {"vpc": "vpc-0123456789abcdef0"}}
    return kept("terraform_remote_state", "net", {"attributes": values}, mode="data")


def test_a_state_that_reads_another_names_its_outputs() -> None:
    found = inventory_from("app.tfstate", raw(state(reader("prod/net.tfstate"))), "")

    assert pairs(found) == {("data.terraform_remote_state.net", "uses", "net.tfstate#vpc")}


def test_an_output_leads_to_what_its_value_names() -> None:
    network = state(
        kept("aws_vpc", "main", {"attributes": {"id": "vpc-0123456789abcdef0"}}),
        kept("aws_vpc", "other", {"attributes": {"id": "vpc-0123456789abcdef1"}}),
        outputs={"vpc": {"value": "vpc-0123456789abcdef0", "type": "string"}},
    )
    found = inventory_from("states/net.tfstate", raw(network), "")

    assert ("net.tfstate#vpc", "mentions", "aws_vpc.main") in pairs(found)
    assert not any(target == "aws_vpc.other" for _, _, target in pairs(found))


def test_behind_an_output_whose_value_names_nothing_may_be_anything() -> None:
    network = state(
        kept("a", "x", {"attributes": {}}),
        outputs={"n": {"value": 3, "type": "number"}, "s": {"value": "x", "sensitive": True}},
    )
    found = inventory_from("net.tfstate", raw(network), "")

    assert pairs(found) == {("net.tfstate#n", "uses", "a.x"), ("net.tfstate#s", "uses", "a.x")}
    assert {edge.strength for edge in found.edges} == {"soft"}


@pytest.mark.parametrize(
    ("raw_", "words"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b"[1]", "not JSON"),
        (b'{"a": 1}', "no inventory"),
        (b'{"target": 1}', "no inventory"),
        (b'{"target": "x", "edges": [{}]}', "no inventory"),
        (b'{"target": "x", "extra": 1}', "no inventory"),
        (b'{"version": 3, "lineage": "l"}', "version 3"),
        (b'{"version": "4", "lineage": "l"}', "this state cannot be read"),
        (b'{"version": 4, "lineage": "l", "resources": [{"type": 1}]}', "this state cannot be read"),
        (b'{"format_version": "1.0", "values": {"root_module": {"resources": {}}}}', "this state cannot be read"),
        (b'{"format_version": "1.0", "provider_schemas": {}}', "no inventory"),
        (b'{"a": ' * 5000, "not JSON"),
        (b"\x1f\x8b\x08", "not JSON"),
        (b"PK\x03\x04", "zip"),
    ],
)
def test_a_file_that_is_no_inventory_is_refused_with_its_name(raw_: bytes, words: str) -> None:
    with pytest.raises(BadInput) as error:
        inventory_from("some/file.json", raw_, "")

    assert error.value.where.startswith("some/file.json")
    assert words in str(error.value) or (words == "no inventory" and "inventory" in str(error.value))
