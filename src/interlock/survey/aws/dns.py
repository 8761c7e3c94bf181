"""DNS: zones and their records, and which records point at a thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from interlock.aws.things import Thing
from interlock.survey.aws.eye import Absent, Unseen
from interlock.survey.aws.note import Note, tags_of

#: Route 53 answers for every region from here.
GLOBAL: Final = "us-east-1"
#: Zones and records beyond these are not searched for what points at a thing.
ZONES: Final = 25
RECORDS: Final = 1_000


def pointing(note: Note, values: Iterable[str]) -> None:
    """Whatever record has one of these names or addresses as its value uses the thing that is looked at."""
    wanted = {_plain(value) for value in values if value}
    if not wanted:
        return
    zones = note.pages("route53", "list_hosted_zones", "HostedZones", "DNS zones", most=ZONES, region=GLOBAL)
    for zone in zones:
        name = zone["Id"].rpartition("/")[2]
        for record in _records(note, name):
            said = {_plain(each.get("Value", "")) for each in record.get("ResourceRecords", ())}
            said.add(_plain(record.get("AliasTarget", {}).get("DNSName", "")))
            if said & wanted:
                record_thing = _record(note, name, record)
                note.of(record_thing).planes["routing"] = None
                note.edge(record_thing, "uses", note.thing, "list_resource_record_sets: points at it")


def _records(note: Note, zone: str) -> list[Any]:
    return note.pages(
        "route53", "list_resource_record_sets", "ResourceRecordSets", f"records in zone {zone}",
        most=RECORDS, region=GLOBAL, HostedZoneId=zone,
    )  # fmt: skip


def _record(note: Note, zone: str, record: dict[str, Any]) -> Thing:
    return Thing("aws.route53.record-set", (zone, record["Name"].rstrip(".")), "", note.thing.account)


def _plain(name: str) -> str:
    return name.lower().rstrip(".").removeprefix("dualstack.")


def zone(note: Note) -> None:
    """A zone: every record in it goes with it."""
    name = note.thing.parts[-1]
    answer = note.ask("route53", "get_hosted_zone", region=GLOBAL, Id=name)
    facts = note.of()
    facts.planes["routing"] = None
    facts.size = answer.get("HostedZone", {}).get("ResourceRecordSetCount")
    said = note.maybe("route53", "list_tags_for_resource", region=GLOBAL, ResourceType="hostedzone", ResourceId=name)
    facts.tags |= tags_of((said or {}).get("ResourceTagSet", {}).get("Tags"))
    missed = len(note.limits)
    for record in _records(note, name):
        inner = _record(note, name, record)
        note.of(inner)
        note.edge(inner, "contains", note.thing, "list_resource_record_sets: in it")
    if len(note.limits) == missed:
        facts.kept["definition"] = None


def record(note: Note) -> None:
    """One record, by zone and name: what it says can be written again, so its definition is kept."""
    zone_name, name = (*note.thing.parts, "")[:2]
    if not name:
        raise Unseen("the zone of the record is not known")
    found = [each for each in _records(note, zone_name) if _plain(each["Name"]) == _plain(name)]
    if not found:
        raise Absent(name)
    facts = note.of()
    facts.planes["routing"] = None
    facts.kept["definition"] = None
    facts.size = len(found)
    outer = Thing("aws.route53.hosted-zone", (zone_name,), "", note.thing.account)
    note.of(outer).planes["routing"] = None
    note.is_in(outer, "list_resource_record_sets: in it")
