"""Selectors: what is chosen by tags and filters, turned into the things that are meant now."""

from __future__ import annotations

from typing import Any, Final

from interlock.aws.things import selected, typed
from interlock.survey.aws.eye import Unseen
from interlock.survey.aws.note import Note

#: Types whose filters EC2 itself takes: the call, the list in its answer, and the name of each thing in it.
_FILTERED: Final[dict[str, tuple[str, str, str]]] = {
    "aws.ec2.volume": ("describe_volumes", "Volumes", "VolumeId"),
    "aws.ec2.security-group": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "aws.ec2.subnet": ("describe_subnets", "Subnets", "SubnetId"),
    "aws.ec2.network-interface": ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
}
#: What such a selector takes; more than these are said and not named.
MOST: Final = 1_000


def expand(note: Note) -> None:
    """A selector: all that it means now is in it."""
    chosen = selected(note.thing.parts[-1]) or ()
    note.of()
    type_ = note.thing.type
    if type_ in ("aws.ec2.instance", "aws.ssm.managed-instance"):
        _instances(note, chosen)
    elif type_ in _FILTERED:
        method, key, name = _FILTERED[type_]
        found = note.eye.pages("ec2", method, note.thing.region, key, most=MOST, Filters=_filters(chosen))
        _cut(note, found.cut)
        for each in found.found:
            note.holds(note.thing_of(type_, each[name]), f"{method}: meets the filters")
    elif all(name.startswith("tag:") for name, _ in chosen):
        _tagged(note, chosen)
    else:
        raise Unseen("nobody here knows how to ask what these filters mean")
    note.of().size = len(note.inside)


def _instances(note: Note, chosen: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
    filters = [
        *_filters(chosen),
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
    ]
    found = note.eye.pages("ec2", "describe_instances", note.thing.region, "Reservations", most=MOST, Filters=filters)
    _cut(note, found.cut)
    for reservation in found.found:
        for one in reservation.get("Instances", ()):
            inner = note.thing_of("aws.ec2.instance", one["InstanceId"])
            note.holds(inner, "describe_instances: meets the filters")


def _tagged(note: Note, chosen: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
    filters = [{"Key": name.removeprefix("tag:"), "Values": [*values]} for name, values in chosen]
    found = note.eye.pages(
        "resourcegroupstaggingapi", "get_resources", note.thing.region, "ResourceTagMappingList", most=MOST,
        TagFilters=filters,
    )  # fmt: skip
    _cut(note, found.cut)
    for each in found.found:
        inner = typed(each["ResourceARN"])
        if inner is None:
            note.unseen(f"it means `{each['ResourceARN']}`, and nobody here knows what that is")
        elif inner.type == note.thing.type or note.thing.type.startswith("aws.resource"):
            note.holds(inner, "get_resources: has the tags")


def _filters(chosen: tuple[tuple[str, tuple[str, ...]], ...]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [*values]} for name, values in chosen]


def _cut(note: Note, cut: bool) -> None:
    if cut:
        note.unseen(f"it means more than {MOST:,} things")


def group(note: Note) -> None:
    """A resource group: what is in it now."""
    name = note.thing.parts[-1]
    note.ask("resource-groups", "get_group", GroupName=name)
    note.of()
    found = note.pages("resource-groups", "list_group_resources", "ResourceIdentifiers", "members", GroupName=name)
    for each in found:
        inner = typed(each["ResourceArn"])
        if inner is not None:
            note.of(inner)
            note.edge(inner, "uses", note.thing, "list_group_resources: member", "soft")
