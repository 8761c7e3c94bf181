"""What a plan tells: edges with their attributes and instances, from each of its sources."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interlock.model.inventory import Edge, Inventory
from interlock.read.terraform.plan import decode
from interlock.read.terraform.told import tell


def refs(*names: str) -> dict[str, Any]:
    return {"references": list(names)}


def part(name: str, expressions: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    kind, _, word = name.removeprefix("data.").partition(".")
    mode = "data" if name.startswith("data.") else "managed"
    return {"address": name, "mode": mode, "type": kind, "name": word, "expressions": expressions or {}, **rest}


def thing(address: str, *waits_for: str, **values: Any) -> dict[str, Any]:
    bare = address.rpartition("module.")[2].partition(".")[2] if address.startswith("module.") else address
    kind = bare.removeprefix("data.").partition(".")[0]
    return {
        "address": address,
        "mode": "data" if bare.startswith("data.") else "managed",
        "type": kind,
        "values": values,
        "depends_on": list(waits_for),
    }


def told(
    root: dict[str, Any],
    *things: dict[str, Any] | str,
    planned: tuple[dict[str, Any] | str, ...] = (),
    config: dict[str, str] | None = None,
    dot: str | None = None,
    providers: dict[str, Any] | None = None,
) -> Inventory:
    """What a plan of this root module tells whose state holds these things."""

    def resources(each: tuple[dict[str, Any] | str, ...]) -> dict[str, Any]:
        return {"root_module": {"resources": [thing(one) if isinstance(one, str) else one for one in each]}}

    plan = {
        "format_version": "1.2",
        "configuration": {"root_module": root, "provider_config": providers or {}},
        "prior_state": {"format_version": "1.0", "values": resources(things)},
        "planned_values": resources(planned),
    }
    files = {f"config/{name}": text.encode() for name, text in (config or {}).items()}
    return tell(
        decode(json.dumps(plan).encode()),
        config=files or None,
        dot=dot.encode() if dot is not None else None,
        resources={},
        environment="test",
    )


def said(inventory: Inventory) -> set[str]:
    """Each edge in one line."""
    return {line(edge) for edge in inventory.edges}


def line(edge: Edge) -> str:
    fields, into = ",".join(edge.fields) or "*", ",".join(edge.into) or "*"
    return f"{edge.source.name} {edge.kind}/{edge.strength} {edge.target.name} {fields}>{into}"


def test_a_reference_joins_the_attribute_that_is_read_to_the_one_that_reads_it() -> None:
    found = told(
        {"resources": [part("a.x"), part("b.y", {"in": refs("a.x.id", "a.x"), "on": refs("a.x.arn", "a.x")})]},
        "a.x",
        "b.y",
    )

    assert said(found) == {"b.y uses/hard a.x id>in", "b.y uses/hard a.x arn>on"}
    assert found.complete
    assert {edge.evidence for edge in found.edges} == {"configuration"}


def test_the_whole_of_a_thing_is_any_of_its_attributes() -> None:
    found = told({"resources": [part("a.x"), part("b.y", {"in": refs("a.x")})]}, "a.x", "b.y")

    assert said(found) == {"b.y uses/hard a.x *>in"}


def test_a_whole_beside_a_part_of_it_is_still_the_whole() -> None:
    found = told({"resources": [part("a.x"), part("b.y", {"in": refs("a.x.id", "a.x", "a.x")})]}, "a.x", "b.y")

    assert said(found) == {"b.y uses/hard a.x *>in"}


def test_nested_blocks_go_into_their_top_attribute() -> None:
    nested = {"rule": [{"deep": [{"er": refs("a.x.id", "a.x")}]}]}
    found = told({"resources": [part("a.x"), part("b.y", nested)]}, "a.x", "b.y")

    assert said(found) == {"b.y uses/hard a.x id>rule"}


def test_data_sources_are_things_too() -> None:
    found = told(
        {"resources": [part("data.a.x"), part("b.y", {"in": refs("data.a.x.id", "data.a.x")})]}, "data.a.x", "b.y"
    )

    assert said(found) == {"b.y uses/hard data.a.x id>in"}


def child(*resources: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"module": {"resources": list(resources), **rest}}


def test_a_variable_leads_to_what_the_caller_gives() -> None:
    call = child(part("b.y", {"in": refs("var.v")})) | {"expressions": {"v": refs("a.x.id", "a.x")}}
    found = told({"resources": [part("a.x")], "module_calls": {"m": call}}, "a.x", "module.m.b.y")

    assert said(found) == {"module.m.b.y uses/hard a.x id>in"}


def test_an_output_leads_to_what_the_child_gives() -> None:
    call = child(part("a.x"), outputs={"o": {"expression": refs("a.x.id", "a.x")}})
    found = told(
        {"resources": [part("b.y", {"in": refs("module.m.o", "module.m")})], "module_calls": {"m": call}},
        "module.m.a.x",
        "b.y",
    )

    assert said(found) == {"b.y uses/hard module.m.a.x id>in"}


def test_a_whole_module_is_all_of_its_outputs() -> None:
    outputs = {"o": {"expression": refs("a.x.id", "a.x")}, "p": {"expression": refs("a.z.id", "a.z")}}
    call = child(part("a.x"), part("a.z"), outputs=outputs)
    found = told(
        {"resources": [part("b.y", {"in": refs("module.m")})], "module_calls": {"m": call}},
        "module.m.a.x",
        "module.m.a.z",
        "b.y",
    )

    assert {edge.target.name for edge in found.edges} == {"module.m.a.x", "module.m.a.z"}


def test_instances_of_one_module_stay_among_themselves() -> None:
    call = child(part("a.x"), part("b.y", {"in": refs("a.x.id", "a.x")})) | {"for_each_expression": {}}
    names = [f'module.m["{key}"].{name}' for key in "pq" for name in ("a.x", "b.y")]
    found = told({"module_calls": {"m": call}}, *names)

    assert said(found) == {f'module.m["{key}"].b.y uses/hard module.m["{key}"].a.x id>in' for key in "pq"}


def test_a_named_instance_is_the_only_one_that_is_read() -> None:
    found = told(
        {"resources": [part("a.x", count_expression={}), part("b.y", {"in": refs("a.x[1].id", "a.x[1]", "a.x")})]},
        "a.x[0]",
        "a.x[1]",
        "b.y",
    )

    assert said(found) == {"b.y uses/hard a.x[1] id>in"}


def test_a_named_instance_that_nobody_knows_may_be_any() -> None:
    found = told({"resources": [part("a.x"), part("b.y", {"in": refs("a.x[7].id", "a.x[7]", "a.x")})]}, "a.x[0]", "b.y")

    assert said(found) == {"b.y uses/soft a.x[0] id>in"}


def test_which_instance_is_read_cannot_be_seen_in_a_plan_and_may_be_any() -> None:
    root = {"resources": [part("a.x", for_each_expression={}), part("b.y", {"in": refs("a.x", "each.key")})]}
    found = told(root, 'a.x["p"]', 'a.x["q"]', 'b.y["p"]')

    assert said(found) == {f'b.y["p"] uses/soft a.x["{key}"] *>in' for key in "pq"}


def test_the_source_shows_which_instance_is_read() -> None:
    root = {"resources": [part("a.x", for_each_expression={}), part("b.y", {"in": refs("a.x", "each.key")})]}
    source = 'resource "a" "x" {\n for_each = f()\n}\nresource "b" "y" {\n for_each = f()\n in = a.x[each.key].id\n}\n'
    found = told(root, 'a.x["p"]', 'a.x["q"]', 'b.y["p"]', config={"./main.tf": source})

    assert said(found) == {'b.y["p"] uses/hard a.x["p"] id>in'}


def test_the_key_of_a_module_goes_with_what_it_is_given() -> None:
    call = child(part("b.y", {"in": refs("var.v")})) | {"expressions": {"v": refs("a.x", "each.key")}}
    source = 'resource "a" "x" {\n for_each = f()\n}\nmodule "m" {\n for_each = f()\n v = a.x[each.key].id\n}\n'
    found = told(
        {"resources": [part("a.x")], "module_calls": {"m": call}},
        'a.x["p"]',
        'a.x["q"]',
        'module.m["q"].b.y',
        config={"./main.tf": source, "module.m/main.tf": 'variable "v" {}\nresource "b" "y" {\n in = var.v\n}\n'},
    )

    assert said(found) == {'module.m["q"].b.y uses/hard a.x["q"] id>in'}


def test_a_named_instance_of_a_module_is_the_only_one_that_is_read() -> None:
    call = child(part("a.x"), outputs={"o": {"expression": refs("a.x.id", "a.x")}}) | {"for_each_expression": {}}
    read = refs('module.m["p"].o', 'module.m["p"]', "module.m")
    found = told(
        {"resources": [part("b.y", {"in": read})], "module_calls": {"m": call}},
        'module.m["p"].a.x',
        'module.m["q"].a.x',
        "b.y",
    )

    assert said(found) == {'b.y uses/hard module.m["p"].a.x id>in'}


def test_count_and_for_each_decide_how_many_there_are_and_are_soft() -> None:
    found = told(
        {"resources": [part("a.x"), part("b.y", count_expression=refs("a.x.id", "a.x"))]}, "a.x", "b.y[0]", "b.y[1]"
    )

    assert said(found) == {"b.y[0] uses/soft a.x id>*", "b.y[1] uses/soft a.x id>*"}


def test_each_value_is_what_for_each_goes_over() -> None:
    root = {
        "resources": [part("a.x"), part("b.y", {"in": refs("each.value")}, for_each_expression=refs("a.x.m", "a.x"))]
    }
    found = told(root, "a.x", 'b.y["k"]')

    assert 'b.y["k"] uses/soft a.x m>in' in said(found)


def test_depends_on_is_an_order_and_nothing_flows() -> None:
    found = told({"resources": [part("a.x"), part("b.y", depends_on=["a.x"])]}, "a.x", "b.y")

    assert said(found) == {"b.y after/soft a.x *>*"}


def test_a_data_source_is_read_anew_after_what_it_waits_for() -> None:
    found = told({"resources": [part("a.x"), part("data.b.y", depends_on=["a.x"])]}, "a.x", "data.b.y")

    assert said(found) == {"data.b.y uses/soft a.x *>*"}


def test_depends_on_of_a_module_holds_for_all_in_it() -> None:
    inner = child(part("b.z"))
    call = child(part("b.y"), module_calls={"n": inner}) | {"depends_on": ["a.x"]}
    found = told(
        {"resources": [part("a.x")], "module_calls": {"m": call}}, "a.x", "module.m.b.y", "module.m.module.n.b.z"
    )

    assert said(found) == {"module.m.b.y after/soft a.x *>*", "module.m.module.n.b.z after/soft a.x *>*"}


def test_depends_on_a_module_is_on_all_in_it() -> None:
    call = child(part("a.x"), module_calls={"n": child(part("a.z"))})
    found = told(
        {"resources": [part("b.y", depends_on=["module.m"])], "module_calls": {"m": call}},
        "b.y",
        "module.m.a.x",
        "module.m.module.n.a.z",
    )

    assert said(found) == {"b.y after/soft module.m.a.x *>*", "b.y after/soft module.m.module.n.a.z *>*"}


def test_what_configures_a_provider_is_behind_all_that_it_makes() -> None:
    providers = {"k": {"name": "k", "expressions": {"host": refs("a.x.endpoint", "a.x")}}}
    found = told({"resources": [part("a.x"), part("b.y", provider_config_key="k")]}, "a.x", "b.y", providers=providers)

    assert said(found) == {"b.y configures/hard a.x endpoint>*"}


def test_what_a_provisioner_reads_is_soft() -> None:
    steps = [{"type": "local-exec", "expressions": {"command": refs("a.x.id", "a.x")}}]
    found = told({"resources": [part("a.x"), part("b.y", provisioners=steps)]}, "a.x", "b.y")

    assert said(found) == {"b.y uses/soft a.x id>provisioner"}


LOCALS = """
locals {
  deep = { p = a.x.id, q = a.z.id }
  one  = local.deep.p
}
resource "a" "x" {}
resource "a" "z" {}
resource "b" "y" {
  in = "-${local.one}-"
}
"""


def test_a_local_is_followed_where_the_source_is_given_and_only_into_what_is_read_of_it() -> None:
    root = {"resources": [part("a.x"), part("a.z"), part("b.y", {"in": refs("local.one")})]}
    found = told(root, "a.x", "a.z", "b.y", config={"./main.tf": LOCALS})

    assert said(found) == {"b.y uses/hard a.x id>in"}
    assert found.complete


def test_a_reference_that_ends_in_a_local_is_said_and_the_state_is_believed() -> None:
    root = {"resources": [part("a.x"), part("b.y", {"in": refs("local.one")})]}
    found = told(root, "a.x", thing("b.y", "a.x"))

    assert said(found) == {"b.y uses/hard a.x *>*"}
    assert not found.complete
    assert found.limits == ("1 reference ends in a local: give the source, or what `terraform graph` prints",)


def test_the_graph_shows_what_a_local_hides() -> None:
    root = {"resources": [part("a.x"), part("b.y", {"in": refs("local.one")})]}
    found = told(
        root,
        "a.x",
        "b.y",
        dot='digraph {\n"[root] b.y (expand)" -> "[root] local.one (expand)"\n'
        '"[root] local.one (expand)" -> "[root] a.x (expand)"\n}\n',
    )

    assert said(found) == {"b.y uses/hard a.x *>*"}
    assert found.complete
    assert found.edges[0].evidence == "terraform graph"


def test_behind_a_local_everything_up_to_the_next_one_may_be_read() -> None:
    root = {
        "resources": [part("a.x"), part("b.y", {"in": refs("a.x.id", "a.x")}), part("c.z", {"in": refs("local.l")})]
    }
    found = told(root, "a.x", thing("b.y", "a.x"), thing("c.z", "a.x", "b.y"))

    assert said(found) == {"b.y uses/hard a.x id>in", "c.z uses/hard b.y *>*", "c.z uses/hard a.x *>*"}


def test_what_a_state_says_beyond_a_configuration_that_is_known_in_full_is_soft() -> None:
    found = told({"resources": [part("a.x"), part("b.y")]}, "a.x", thing("b.y", "a.x"))

    assert said(found) == {"b.y uses/soft a.x *>*"}


LIFECYCLE = """
resource "a" "x" {}
resource "b" "y" {
  in  = a.x.id
  tag = a.x.arn
  lifecycle {
    ignore_changes       = [tag]
    replace_triggered_by = [a.x.id]
    precondition {
      condition = a.x.ok
    }
  }
}
"""


def test_lifecycle_says_what_is_made_anew_and_what_is_ignored() -> None:
    root = {"resources": [part("a.x"), part("b.y", {"in": refs("a.x.id", "a.x"), "tag": refs("a.x.arn", "a.x")})]}
    found = told(root, "a.x", "b.y", config={"./main.tf": LIFECYCLE})

    assert said(found) == {
        "b.y uses/hard a.x id>in",
        "b.y uses/soft a.x arn>tag",
        "b.y follows/hard a.x id>*",
        "b.y uses/soft a.x ok>lifecycle",
    }


def test_where_the_source_says_less_than_the_plan_both_count() -> None:
    root = {"resources": [part("a.x"), part("a.z"), part("b.y", {"in": refs("a.x.id", "a.x")})]}
    found = told(root, "a.x", "a.z", "b.y", config={"./main.tf": 'resource "b" "y" {\n  in = a.z.id\n}\n'})

    assert said(found) == {"b.y uses/hard a.x id>in", "b.y uses/hard a.z id>in"}


def test_a_source_that_cannot_be_read_is_said_and_its_locals_are_not_believed() -> None:
    root = {"resources": [part("a.x"), part("b.y", {"in": refs("local.one")})]}
    found = told(root, "a.x", thing("b.y", "a.x"), config={"./main.tf": "locals {\n  one = 1\n  two = f(\n}\n"})

    assert "b.y uses/hard a.x *>*" in said(found)
    assert "main.tf:3" in found.limits[0]


def test_a_value_that_names_another_thing_joins_both_ways_softly() -> None:
    arn = "arn:aws:sqs:eu-west-1:123456789012:orders"
    found = told(
        {"resources": []},
        thing("a.x", id="q-0123456789", arn=arn, region="eu-west-1"),
        thing("b.y", policy=json.dumps({"Resource": [f"{arn}"]}), region="eu-west-1"),
    )

    assert said(found) == {"b.y mentions/mention a.x *>*", "a.x mentions/mention b.y *>*"}
    assert {edge.evidence for edge in found.edges} == {"`policy` holds a name of it"}


@pytest.mark.parametrize(
    "value", ["eu-west-1", "eu-west-1a", "123456789012", "production", "10.0.0.0/16", "orders", "my-service", "true"]
)
def test_values_that_name_nothing_join_nothing(value: str) -> None:
    found = told({"resources": []}, thing("a.x", id=value), thing("b.y", of=value))

    assert not found.edges


def test_a_value_that_many_hold_is_a_habit_of_the_place() -> None:
    many = [thing(f"b.y{n}", of="sg-0123456789abcdef0") for n in range(60)]
    found = told({"resources": []}, thing("a.x", id="sg-0123456789abcdef0"), *many)

    assert not found.edges


def test_a_sensitive_value_joins_nothing() -> None:
    holder = thing("b.y", token="sg-0123456789abcdef0") | {"sensitive_values": {"token": True}}
    found = told({"resources": []}, thing("a.x", id="sg-0123456789abcdef0"), holder)

    assert not found.edges
    assert all("token" not in item.fields for item in found.items)


def test_a_snapshot_is_a_copy_of_what_it_is_taken_from() -> None:
    snapshot = part(
        "aws_db_snapshot.s", {"db_instance_identifier": refs("aws_db_instance.d.identifier", "aws_db_instance.d")}
    )
    found = told({"resources": [part("aws_db_instance.d"), snapshot]}, "aws_db_instance.d", "aws_db_snapshot.s")

    assert "aws_db_snapshot.s copies/hard aws_db_instance.d *>*" in said(found)


def test_a_primary_and_its_replica_stand_in_one_group() -> None:
    replica = part(
        "aws_db_instance.r", {"replicate_source_db": refs("aws_db_instance.d.identifier", "aws_db_instance.d")}
    )
    found = told({"resources": [part("aws_db_instance.d"), replica]}, "aws_db_instance.d", "aws_db_instance.r")

    assert {item.groups for item in found.items} == {(("replicas", "aws_db_instance.d"),)}


def test_instances_of_one_cluster_stand_in_one_group() -> None:
    found = told(
        {"resources": []},
        *(thing(f"aws_rds_cluster_instance.i[{n}]", cluster_identifier="orders") for n in range(2)),
    )

    assert {item.groups for item in found.items} == {(("cluster_identifier", "orders"),)}


def test_targets_of_one_group_stand_in_for_each_other() -> None:
    found = told(
        {"resources": []},
        *(thing(f"aws_instance.i[{n}]", id=f"i-{n}") for n in range(2)),
        *(thing(f"aws_lb_target_group_attachment.a[{n}]", target_group_arn="tg", target_id=f"i-{n}") for n in range(2)),
    )

    groups = {item.resource.name: item.groups for item in found.items}
    assert groups["aws_instance.i[0]"] == groups["aws_instance.i[1]"] == (("targets", "tg"),)


@pytest.mark.parametrize(
    ("tags", "critical"),
    [({"critical": "true"}, True), ({"Tier": "0"}, True), ({"critical": "0"}, False), ({"tier": "3"}, False)],
)
def test_tags_say_what_is_critical(tags: dict[str, str], critical: bool) -> None:
    found = told({"resources": []}, thing("a.x", tags=tags))

    assert found.items[0].critical is critical


def test_what_will_be_made_is_told_too() -> None:
    found = told({"resources": [part("a.x"), part("b.y", {"in": refs("a.x.id", "a.x")})]}, planned=("a.x", "b.y"))

    assert said(found) == {"b.y uses/hard a.x id>in"}
    assert len(found.items) == 2


def test_flows_are_told_of_the_types_that_are_there() -> None:
    found = told({"resources": []}, "terraform_data.x")

    assert {("input", ("output",), False), ("triggers_replace", ("id", "output"), True)} == {
        (flow.field, flow.into, flow.replaces) for flow in found.flows
    }


def module(address: str, *things: dict[str, Any]) -> dict[str, Any]:
    return {"address": address, "resources": list(things)}


@pytest.mark.parametrize("of", ["prior_state", "planned_values"])
def test_what_stands_before_a_fault_of_the_state_is_told_and_the_fault_is_a_limit(of: str) -> None:
    modules = [module("module.m", thing("a.x")), module("module.n", thing("a.y") | {"address": 7})]
    values: dict[str, Any] = {"root_module": {"resources": [thing("a.r")], "child_modules": modules}}
    plan = {"format_version": "1.2", of: {"values": values} if of == "prior_state" else values}
    found = tell(decode(json.dumps(plan).encode()), resources={}, environment="test")

    assert {item.resource.name for item in found.items} == {"a.r", "a.x"}
    assert not found.complete
    assert f"the {of.replace('_', ' ')} cannot be read: Expected `str`, got `int`" in found.limits[0]


def test_modules_in_modules_are_told_and_null_is_none() -> None:
    inner = module("module.m.module.i", thing("a.i")) | {"child_modules": None}
    outer = module("module.m", thing("a.m")) | {"child_modules": [None, inner]}
    values = {"root_module": {"resources": None, "child_modules": [outer, module("module.n", thing("a.n"))]}}
    plan = {"format_version": "1.2", "prior_state": {"values": values}, "planned_values": {"root_module": None}}
    found = tell(decode(json.dumps(plan).encode()), resources={}, environment="test")

    assert {item.resource.name for item in found.items} == {"a.m", "a.i", "a.n"}
    assert found.complete
