"""Rules of firewalls: what lets in more than before, by address, protocol, port, target and order; and their shapes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from interlock.read.cloudformation import access as cloudformation
from interlock.read.terraform import access as terraform
from interlock.read.terraform.access import widens

TEN = ["10.0.0.0/8"]


def rule(first: int, last: int, protocol: str = "tcp", **more: Any) -> dict[str, Any]:
    none: dict[str, Any] = {"ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": False}
    return {"from_port": first, "to_port": last, "protocol": protocol, "cidr_blocks": TEN, **none, **more}


def group(*ingress: Any, egress: Any = ()) -> dict[str, Any]:
    return {"name": "web", "ingress": list(ingress), "egress": list(egress)}


def entry(first: int, last: int, action: str = "allow", number: int = 100, network: str = "10.0.0.0/8") -> Any:
    return {
        "rule_no": number, "from_port": first, "to_port": last, "action": action, "cidr_block": network,
        "protocol": "6", "ipv6_cidr_block": "",
    }  # fmt: skip


def acl(*ingress: Any) -> dict[str, Any]:
    return {"ingress": list(ingress), "egress": []}


def one(**more: Any) -> dict[str, Any]:
    return {
        "type": "ingress", "from_port": 443, "to_port": 443, "protocol": "tcp", "security_group_id": "sg-1",
        "cidr_blocks": TEN, "source_security_group_id": None, "self": False, **more,
    }  # fmt: skip


def vpc(**more: Any) -> dict[str, Any]:
    return {
        "security_group_id": "sg-1", "from_port": 443, "to_port": 443, "ip_protocol": "tcp",
        "cidr_ipv4": "10.0.0.0/8", **more,
    }  # fmt: skip


def wall(**more: Any) -> dict[str, Any]:
    return {
        "direction": "INGRESS", "source_ranges": TEN, "target_tags": ["web"], "priority": 1000, "disabled": False,
        "allow": [{"protocol": "tcp", "ports": ["443"]}], "deny": [], **more,
    }  # fmt: skip


def nsr(**more: Any) -> dict[str, Any]:
    return {
        "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "source_port_range": "*",
        "destination_port_range": "443", "source_address_prefix": "10.0.0.0/8", "destination_address_prefix": "*",
        **more,
    }  # fmt: skip


def policy(ingress: Any, **more: Any) -> dict[str, Any]:
    return {"spec": [{"pod_selector": [{}], "policy_types": ["Ingress"], "ingress": ingress, **more}]}


def role(**more: Any) -> dict[str, Any]:
    return {"rule": [{"verbs": ["get", "list"], "resources": ["pods"], "api_groups": [""], **more}]}


def way(**more: Any) -> dict[str, Any]:
    return {"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0", "cidr_block": "0.0.0.0/0", **more}


def networks(*values: str) -> dict[str, Any]:
    return {"settings": [{"ip_configuration": [{"authorized_networks": [{"value": each} for each in values]}]}]}


ROUTE, TABLE, SQL = "aws_route", "aws_route_table", "google_sql_database_instance"
SG, SGR, VPC, ACL, WALL, NSR, NSG, POLICY, ROLE = (
    "aws_security_group", "aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_network_acl",
    "google_compute_firewall", "azurerm_network_security_rule", "azurerm_network_security_group",
    "kubernetes_network_policy_v1", "kubernetes_role_v1",
)  # fmt: skip
PEER = [{"from": [{"pod_selector": [{"match_labels": {"a": "b"}}]}], "ports": [{"port": "443", "protocol": "TCP"}]}]
DENIED = wall(allow=[], deny=[{"protocol": "tcp", "ports": ["22"]}], source_ranges=["0.0.0.0/0"])

WIDER: list[tuple[str, Any, Any]] = [
    (SG, group(rule(443, 443)), group(rule(0, 65535))),
    (SG, group(rule(443, 443)), group(rule(22, 22))),
    (SG, group(rule(443, 443)), group(rule(0, 0, "-1"))),
    (SG, group(rule(443, 443)), group(rule(443, 443, "udp"))),
    (SG, group(rule(443, 443)), group(rule(443, 443, self=True))),
    (SG, group(rule(443, 443)), group(rule(443, 443, prefix_list_ids=["pl-1"]))),
    (SG, group(rule(443, 443)), group(rule(443, 443, ipv6_cidr_blocks=["::/0"]))),
    (SG, group(rule(443, 443)), group(rule(443, 443), rule(5432, 5432, cidr_blocks=[], security_groups=["sg-9"]))),
    (SG, group(rule(443, 443, cidr_blocks=["0.0.0.0/0"]), rule(22, 22)),
     group(rule(443, 443), rule(22, 22, cidr_blocks=["0.0.0.0/0"]))),
    (SG, group(egress=[rule(443, 443)]), group(egress=[rule(443, 443, cidr_blocks=["0.0.0.0/0"])])),
    (SG, None, group(rule(22, 22, cidr_blocks=["0.0.0.0/0"]))),
    (SG, group(rule(8, 0, "icmp")), group(rule(-1, -1, "icmp"))),
    (SGR, one(), one(from_port=0, to_port=65535)),
    (SGR, one(), one(protocol="-1", from_port=0, to_port=0)),
    (SGR, one(cidr_blocks=None, source_security_group_id="sg-2"),
     one(cidr_blocks=None, source_security_group_id="sg-3")),
    (VPC, vpc(), vpc(from_port=1, to_port=1024)),
    (VPC, vpc(), vpc(ip_protocol="-1", from_port=None, to_port=None)),
    (VPC, vpc(), vpc(cidr_ipv4=None, prefix_list_id="pl-1")),
    (ACL, acl(entry(443, 443)), acl(entry(0, 65535))),
    (ACL, acl(entry(22, 22, "deny", 90), entry(0, 65535)), acl(entry(0, 65535))),
    (ACL, acl(entry(22, 22, "deny", 90), entry(0, 65535)), acl(entry(22, 22, "deny", 110), entry(0, 65535))),
    ("aws_network_acl_rule", {"rule_action": "deny", "rule_number": 1, "cidr_block": "10.0.0.0/8", "protocol": "-1"},
     {"rule_action": "allow", "rule_number": 1, "cidr_block": "10.0.0.0/8", "protocol": "-1"}),
    ("aws_ec2_managed_prefix_list", {"entry": [{"cidr": "10.0.0.0/16"}]}, {"entry": [{"cidr": "10.0.0.0/8"}]}),
    (WALL, wall(), wall(allow=[{"protocol": "tcp", "ports": ["0-65535"]}])),
    (WALL, wall(), wall(allow=[{"protocol": "tcp", "ports": []}])),
    (WALL, wall(), wall(allow=[{"protocol": "all", "ports": []}])),
    (WALL, wall(), wall(allow=[{"protocol": "tcp", "ports": ["443"]}, {"protocol": "udp", "ports": ["53"]}])),
    (WALL, wall(), wall(target_tags=None)),
    (WALL, wall(), wall(source_tags=["bastion"])),
    (WALL, wall(disabled=True), wall()),
    (WALL, wall(), wall(priority=10)),
    (WALL, DENIED, {**DENIED, "disabled": True}),
    (WALL, DENIED, None),
    (WALL, None, wall(source_ranges=["0.0.0.0/0"])),
    (WALL, None, wall()),
    (NSR, nsr(), nsr(destination_port_range="*")),
    (NSR, nsr(), nsr(destination_port_range="1-65535")),
    (NSR, nsr(), nsr(protocol="*")),
    (NSR, nsr(access="Deny"), nsr()),
    (NSR, nsr(access="Deny"), None),
    (NSR, nsr(direction="Outbound", destination_address_prefix="10.0.0.0/8"),
     nsr(direction="Outbound", destination_address_prefix="Internet")),
    (NSR, nsr(destination_port_range=None, destination_port_ranges=["443"]),
     nsr(destination_port_range=None, destination_port_ranges=["443", "22"])),
    (NSG, {"security_rule": [nsr()]}, {"security_rule": [nsr(), nsr(destination_port_range="22")]}),
    ("azurerm_firewall_policy_rule_collection_group",
     {"network_rule_collection": [{"action": "Allow", "rule": [{"protocols": ["TCP"], "destination_ports": ["443"],
      "source_addresses": TEN, "destination_addresses": ["*"]}]}]},
     {"network_rule_collection": [{"action": "Allow", "rule": [{"protocols": ["TCP"], "destination_ports": ["*"],
      "source_addresses": TEN, "destination_addresses": ["*"]}]}]}),
    ("azurerm_mssql_firewall_rule", {"start_ip_address": "10.0.0.1", "end_ip_address": "10.0.0.5"},
     {"start_ip_address": "10.0.0.1", "end_ip_address": "10.0.0.9"}),
    ("mongodbatlas_project_ip_access_list", None, {"cidr_block": "0.0.0.0/0"}),
    (POLICY, policy(PEER), policy([{}])),
    (POLICY, policy(PEER), None),
    (POLICY, policy(PEER), policy(PEER, pod_selector=[{"match_labels": {"c": "d"}}])),
    (ROLE, role(), role(verbs=["get", "list", "delete"])),
    (ROLE, role(), role(resources=["pods", "secrets"])),
    (ROLE, role(resource_names=["one"]), role()),
    (ROLE, role(), role(api_groups=["*"])),
    (SG, group(rule(443, 443, cidr_blocks=["10.0.0.0/17", "10.0.192.0/18"])),
     group(rule(443, 443, cidr_blocks=["10.0.0.0/16"]))),
    (SG, group(rule(443, 443, cidr_blocks=["10.0.0.0/17"]), rule(22, 22, cidr_blocks=["10.0.128.0/17"])),
     group(rule(443, 443, cidr_blocks=["10.0.0.0/16"]))),
    (SG, group(rule(80, 89), rule(91, 99)), group(rule(80, 99))),
    (SG, group(rule(8, 0, "icmp"), rule(9, 0, "icmp")), group(rule(8, 9, "icmp"))),
    (ROUTE, None, way(gateway_id="igw-1")),
    (ROUTE, None, way(vpc_peering_connection_id="pcx-1")),
    (ROUTE, way(nat_gateway_id="nat-1"), way(gateway_id="igw-1")),
    (TABLE, {"route": [way(nat_gateway_id="nat-1")]}, {"route": [way(gateway_id="igw-1")]}),
    ("google_compute_route", None, {"dest_range": "0.0.0.0/0", "next_hop_gateway": "default-internet-gateway"}),
    ("azurerm_route", None, {"address_prefix": "0.0.0.0/0", "next_hop_type": "Internet"}),
    ("azurerm_route", {"address_prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance"}, None),
    (SQL, networks(), networks("198.51.100.0/24")),
    (SQL, None, networks("0.0.0.0/0")),
]  # fmt: skip
SAME: list[tuple[str, Any, Any]] = [
    (SG, group(rule(0, 65535)), group(rule(443, 443))),
    (SG, group(rule(0, 0, "-1")), group(rule(443, 443))),
    (SG, group(rule(443, 443)), group(rule(443, 443, description="https"))),
    (SG, group(rule(443, 443), rule(22, 22)), group(rule(22, 22), rule(443, 443))),
    (SG, group(rule(443, 443, cidr_blocks=["10.0.0.0/8", "192.168.0.0/16"])),
     group(rule(443, 443), rule(443, 443, cidr_blocks=["192.168.0.0/16"]))),
    (SG, None, group(rule(443, 443), egress=[rule(0, 0, "-1", cidr_blocks=["0.0.0.0/0"])])),
    (SG, group(rule(443, 443)), None),
    (SG, group(), group(rule(443, 443, cidr_blocks=[]))),
    (SGR, one(from_port=0, to_port=65535), one()),
    (SGR, None, one(type="egress", cidr_blocks=["0.0.0.0/0"])),
    (VPC, vpc(), vpc(cidr_ipv4="10.1.0.0/16", description="less")),
    (ACL, acl(entry(0, 65535)), acl(entry(22, 22, "deny", 90), entry(0, 65535))),
    ("aws_network_acl_rule", None, {"rule_action": "deny", "rule_number": 1, "cidr_block": "0.0.0.0/0"}),
    (WALL, wall(allow=[{"protocol": "tcp", "ports": ["1-1000"]}]), wall()),
    (WALL, wall(), wall(disabled=True)),
    (WALL, wall(), wall(description="other")),
    (WALL, None, DENIED),
    (WALL, wall(), None),
    (NSR, nsr(destination_port_range="*"), nsr()),
    (NSR, nsr(), nsr(access="Deny")),
    (NSR, None, nsr(access="Deny", source_address_prefix="*")),
    (NSR, None, nsr(source_address_prefix="VirtualNetwork")),
    ("azurerm_mssql_firewall_rule", {"start_ip_address": "10.0.0.1", "end_ip_address": "10.0.0.9"},
     {"start_ip_address": "10.0.0.1", "end_ip_address": "10.0.0.5"}),
    (POLICY, policy([{}]), policy(PEER)),
    (POLICY, None, policy(PEER)),
    (ROLE, role(), role(verbs=["get"])),
    (ROLE, None, role(verbs=["*"])),
    (SG, group(rule(443, 443, cidr_blocks=["10.0.0.0/17", "10.0.128.0/17"])),
     group(rule(443, 443, cidr_blocks=["10.0.0.0/16"]))),
    (SG, group(rule(443, 443, cidr_blocks=["10.0.0.0/17"]), rule(0, 65535, cidr_blocks=["10.0.128.0/17"])),
     group(rule(443, 443, cidr_blocks=["10.0.0.0/16"]))),
    (SG, group(rule(80, 90), rule(91, 99)), group(rule(80, 99))),
    (ROUTE, None, way(nat_gateway_id="nat-1")),
    (ROUTE, None, way(gateway_id="local")),
    (ROUTE, way(gateway_id="igw-1"), way(nat_gateway_id="nat-1")),
    (TABLE, None, {"route": [way(nat_gateway_id="nat-1", gateway_id="")]}),
    ("google_compute_route", None, {"dest_range": "10.9.0.0/16", "next_hop_ip": "10.0.0.5"}),
    ("azurerm_route", {"address_prefix": "0.0.0.0/0", "next_hop_type": "Internet"},
     {"address_prefix": "0.0.0.0/0", "next_hop_type": "VirtualAppliance"}),
    (SQL, {"settings": [{"database_flags": [{"name": "work_mem", "value": "4096"}]}]},
     {"settings": [{"database_flags": [{"name": "work_mem", "value": "8192"}]}]}),
    (SQL, networks("198.51.100.0/24"), networks()),
]  # fmt: skip


def why(kind: str, before: Any, after: Any) -> str:
    verb: Any = "create" if before is None else "delete" if after is None else "update"
    return widens(kind, verb, before, after, frozenset())


@pytest.mark.parametrize(("kind", "before", "after"), WIDER)
def test_a_rule_that_lets_in_more_widens(kind: str, before: Any, after: Any) -> None:
    said = why(kind, before, after)

    assert said
    assert not re.search(r"10\.|sg-|igw-|pods|tcp", said)


@pytest.mark.parametrize(("kind", "before", "after"), SAME)
def test_a_rule_that_lets_in_as_much_or_less_does_not(kind: str, before: Any, after: Any) -> None:
    assert why(kind, before, after) == ""


def test_it_is_said_what_is_let_in() -> None:
    assert why(SG, group(rule(443, 443)), group(rule(0, 65535))) == "`ingress` lets in more ports or protocols"
    assert why(SG, group(rule(443, 443)), group(rule(443, 443, cidr_blocks=["10.0.0.0/7"]))) == (
        "`ingress` lets in more addresses"
    )
    assert why(SGR, one(), one(from_port=0, to_port=65535)) == "it lets in more ports or protocols"


def test_rules_that_only_the_apply_tells_are_wider() -> None:
    before = group(rule(443, 443))

    assert "not known" in widens(SG, "update", before, {"name": "web"}, frozenset({"ingress"}))
    assert widens(SG, "update", before, before, frozenset({"arn"})) == ""
    assert widens(SGR, "replace", one(), one(), frozenset({"from_port"}))
    assert widens(WALL, "create", None, wall(source_ranges=None), frozenset({"source_ranges"}))


def test_a_way_that_only_the_apply_tells_may_lead_anywhere() -> None:
    known = {"cidr_block": "0.0.0.0/0", "gateway_id": "", "carrier_gateway_id": "", "transit_gateway_id": "",
             "vpc_peering_connection_id": "", "core_network_arn": "", "local_gateway_id": ""}  # fmt: skip
    later = frozenset({"route"})

    assert "not known" in widens(ROUTE, "create", None, way(), frozenset({"gateway_id"}))
    assert widens(ROUTE, "create", None, way(), frozenset({"nat_gateway_id"})) == ""
    assert widens(TABLE, "create", None, {"route": [known]}, later) == ""
    assert "not known" in widens(TABLE, "create", None, {"route": [{**known, "gateway_id": ""}, {}]}, later)
    assert "not known" in widens(TABLE, "create", None, {}, later)


def test_more_rules_than_can_be_compared_are_wider() -> None:
    before, after = (group(*(rule(port, port) for port in range(start, start + 300))) for start in (0, 300))

    assert why(SG, before, after) == "more rules change than can be compared"
    assert why(SG, before, before) == ""


@pytest.mark.parametrize("shapes", [terraform.shapes(), cloudformation.shapes()])
def test_a_shape_says_where_rules_stand_and_what_they_speak_of(shapes: Any) -> None:
    for type_, shape in shapes.items():
        assert type_ in shape.types
        assert set(shape.lists.values()) <= {"in", "out", ""}
        assert any(shape.dims) or shape.ranges
        assert bool(shape.inward) == bool(shape.side)
        assert bool(shape.denying) == bool(shape.verdict)
        assert all(each == each.lower() for each in (*shape.inward, *shape.denying, *shape.within))
        assert len(shape.ends) in (0, 2)
        assert set(shape.services.values()) <= {"allow", "deny"}
        assert len(shape.types) == len(set(shape.types))
