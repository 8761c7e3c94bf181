"""Rules against a twin that tries every packet of a small world: whatever is let in anew is said to be."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.read.documents import covers
from interlock.read.terraform.access import widens

ADDRESSES = [f"10.0.0.{last}" for last in range(8)]
NETWORKS = ["10.0.0.0/29", "10.0.0.0/30", "10.0.0.4/30", "10.0.0.0/31", "10.0.0.2/32", "0.0.0.0/0"]
PROTOCOLS = ["tcp", "udp"]
PORTS = range(6)
WORDS = ["".join(letters) for size in range(5) for letters in product("ab", repeat=size)]

Packet = tuple[str, str, int]


@st.composite
def a_rule(draw: Any) -> dict[str, Any]:
    first = draw(st.integers(0, 5))
    return {
        "rule_no": draw(st.integers(1, 4)) * 10,
        "action": draw(st.sampled_from(["allow", "allow", "deny"])),
        "cidr_block": draw(st.sampled_from(NETWORKS)),
        "protocol": draw(st.sampled_from(["tcp", "udp", "-1"])),
        "from_port": first,
        "to_port": draw(st.integers(first, 5)),
    }


RULES = st.lists(a_rule(), max_size=4, unique_by=lambda rule: rule["rule_no"])


def meant(rule: dict[str, Any], packet: Packet) -> bool:
    address, protocol, port = packet
    if ip_address(address) not in ip_network(rule["cidr_block"]):
        return False
    return rule["protocol"] == "-1" or (rule["protocol"] == protocol and rule["from_port"] <= port <= rule["to_port"])


def let_in(rules: Iterable[dict[str, Any]]) -> set[Packet]:
    """Every packet that these rules let in, the first of them that means it deciding."""
    found = set()
    for packet in product(ADDRESSES, PROTOCOLS, PORTS):
        for rule in sorted(rules, key=lambda each: each["rule_no"]):
            if meant(rule, packet):
                if rule["action"] == "allow":
                    found.add(packet)
                break
    return found


@settings(deadline=None)
@given(RULES, RULES)
def test_a_packet_that_was_kept_out_and_is_let_in_is_seen(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    said = widens("aws_network_acl", "update", {"ingress": before}, {"ingress": after}, frozenset())

    assert said or let_in(after) <= let_in(before)


PLAIN = st.lists(
    st.builds(
        lambda first, more, network: {
            "from_port": first, "to_port": min(first + more, 5), "protocol": "tcp", "cidr_blocks": [network],
        },
        st.integers(0, 5), st.integers(0, 5), st.sampled_from(NETWORKS[:-1]),
    ),
    max_size=5,
)  # fmt: skip


@settings(deadline=None)
@given(PLAIN, PLAIN)
def test_rules_that_only_allow_are_wider_exactly_when_a_packet_is_let_in_anew(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    said = widens("aws_security_group", "update", {"ingress": before}, {"ingress": after}, frozenset())
    was, becomes = (
        let_in([{**each, "cidr_block": each["cidr_blocks"][0], "action": "allow", "rule_no": 1} for each in rules])
        for rules in (before, after)
    )

    assert bool(said) == (not becomes <= was)


@settings(deadline=None)
@given(RULES, st.data())
def test_an_allowing_rule_that_goes_opens_nothing(rules: list[dict[str, Any]], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(rules)) if rules else None
    after = [each for each in rules if each is not gone or each["action"] == "deny"]

    assert not widens("aws_network_acl", "update", {"ingress": rules}, {"ingress": after}, frozenset())


@given(st.text("ab*?", max_size=4), st.text("ab*?", max_size=4))
def test_a_pattern_that_covers_another_one_matches_whatever_that_matches(wide: str, narrow: str) -> None:
    matched = {word for word in WORDS if fnmatchcase(word, narrow)}

    assert not covers(wide, narrow) or matched <= {word for word in WORDS if fnmatchcase(word, wide)}
