"""Network: what lets traffic through, and everything that stands in it."""

from __future__ import annotations

from typing import Any

from interlock.aws.things import Thing
from interlock.survey.aws.dns import pointing
from interlock.survey.aws.eye import Absent
from interlock.survey.aws.note import Note, tags_of


def group(note: Note) -> None:
    """A security group: every interface that it lets through, and the groups that name it."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_security_groups", GroupIds=[name])
    if not answer.get("SecurityGroups"):
        raise Absent(name)
    one = answer["SecurityGroups"][0]
    _routing(note, one)
    _in_vpc(note, one)
    _interfaces(note, "group-id", "describe_network_interfaces: stands behind it")
    filters = [{"Name": "ip-permission.group-id", "Values": [name]}]
    others = note.pages("ec2", "describe_security_groups", "SecurityGroups", "groups that name it", Filters=filters)
    for other in others:
        if other["GroupId"] != name:
            thing = note.thing_of("aws.ec2.security-group", other["GroupId"])
            note.of(thing).planes["routing"] = None
            note.used_by(thing, "describe_security_groups: lets it in")
    note.of().kept["definition"] = None


def _routing(note: Note, one: dict[str, Any]) -> None:
    facts = note.of()
    facts.planes["routing"] = None
    facts.tags |= tags_of(one.get("Tags") or one.get("TagSet"))


def _in_vpc(note: Note, one: dict[str, Any]) -> None:
    if one.get("VpcId"):
        note.of().location["vpc"] = one["VpcId"]
        note.uses(note.thing_of("aws.ec2.vpc", one["VpcId"]), "ec2: in it", "routing")


def _interfaces(note: Note, filter_: str, evidence: str) -> None:
    """Whatever has an interface there: by it, what it belongs to."""
    filters = [{"Name": filter_, "Values": [note.thing.parts[-1]]}]
    found = note.pages("ec2", "describe_network_interfaces", "NetworkInterfaces", "interfaces", Filters=filters)
    for each in found:
        interface_ = note.thing_of("aws.ec2.network-interface", each["NetworkInterfaceId"])
        note.of(interface_).location["zone"] = each.get("AvailabilityZone", "")
        note.edge(interface_, "uses", note.thing, evidence)
        owner = _owner(note, each)
        if owner is not None:
            note.of(owner)
            note.edge(owner, "uses", interface_, "describe_network_interfaces: reached by it")


def _owner(note: Note, interface_: dict[str, Any]) -> Thing | None:
    instance = (interface_.get("Attachment") or {}).get("InstanceId")
    if instance:
        return note.thing_of("aws.ec2.instance", instance)
    said = interface_.get("Description", "")
    kind, _, rest = said.partition(" ")
    if kind == "ELB" and rest.startswith(("app/", "net/", "gwy/")):
        return note.thing_of("aws.elbv2.load-balancer", rest)
    if kind == "ELB":
        return note.thing_of("aws.elb.load-balancer", rest)
    return None


def interface(note: Note) -> None:
    """An interface and whose it is."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_network_interfaces", NetworkInterfaceIds=[name])
    if not answer.get("NetworkInterfaces"):
        raise Absent(name)
    one = answer["NetworkInterfaces"][0]
    _routing(note, one)
    owner = _owner(note, one)
    if owner is not None:
        note.used_by(owner, "describe_network_interfaces: reached by it")


def subnet(note: Note) -> None:
    """Everything that has an interface in it."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_subnets", SubnetIds=[name])
    if not answer.get("Subnets"):
        raise Absent(name)
    one = answer["Subnets"][0]
    _routing(note, one)
    note.of().location["zone"] = one.get("AvailabilityZone", "")
    _in_vpc(note, one)
    _interfaces(note, "subnet-id", "describe_network_interfaces: stands in it")


def vpc(note: Note) -> None:
    """A network: its subnets, its gateways, its ways to others."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_vpcs", VpcIds=[name])
    if not answer.get("Vpcs"):
        raise Absent(name)
    _routing(note, answer["Vpcs"][0])
    note.of().location["vpc"] = name
    filters = [{"Name": "vpc-id", "Values": [name]}]
    for each in note.pages("ec2", "describe_subnets", "Subnets", "subnets", Filters=filters):
        inner = note.thing_of("aws.ec2.subnet", each["SubnetId"])
        note.of(inner).planes["routing"] = None
        note.edge(inner, "uses", note.thing, "describe_subnets: in it")
    _interfaces(note, "vpc-id", "describe_network_interfaces: stands in it")


def routes(note: Note) -> None:
    """A route table: the subnets whose ways it says."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_route_tables", RouteTableIds=[name])
    if not answer.get("RouteTables"):
        raise Absent(name)
    one = answer["RouteTables"][0]
    _routing(note, one)
    _in_vpc(note, one)
    note.of().kept["definition"] = None
    for each in one.get("Associations", ()):
        if each.get("SubnetId"):
            user = note.thing_of("aws.ec2.subnet", each["SubnetId"])
            note.of(user).planes["routing"] = None
            note.used_by(user, "describe_route_tables: goes by it")
    for each in one.get("Routes", ()):
        _by_way_of(note, each)


def _by_way_of(note: Note, route: dict[str, Any]) -> None:
    for key, type_ in (
        ("NatGatewayId", "aws.ec2.nat-gateway"),
        ("GatewayId", "aws.ec2.internet-gateway"),
        ("TransitGatewayId", "aws.ec2.transit-gateway"),
        ("VpcPeeringConnectionId", "aws.ec2.vpc-peering-connection"),
    ):
        way = route.get(key) or ""
        if way and way != "local" and not way.startswith("vpce-"):
            note.uses(note.thing_of(type_, way), "describe_route_tables: the way out", "routing")


def nat(note: Note) -> None:
    """A NAT gateway: the tables that lead there."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_nat_gateways", NatGatewayIds=[name])
    found = [each for each in answer.get("NatGateways", ()) if each.get("State") not in ("deleted", "deleting")]
    if not found:
        raise Absent(name)
    _routing(note, found[0])
    _in_vpc(note, found[0])
    _routed(note, "route.nat-gateway-id")


def gateway(note: Note) -> None:
    """An internet gateway: the tables that lead there."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_internet_gateways", InternetGatewayIds=[name])
    if not answer.get("InternetGateways"):
        raise Absent(name)
    _routing(note, answer["InternetGateways"][0])
    for attached in answer["InternetGateways"][0].get("Attachments", ()):
        outer = note.thing_of("aws.ec2.vpc", attached["VpcId"])
        note.of(outer).planes["routing"] = None
        note.used_by(outer, "describe_internet_gateways: attached to it")
    _routed(note, "route.gateway-id")


def _routed(note: Note, filter_: str) -> None:
    filters = [{"Name": filter_, "Values": [note.thing.parts[-1]]}]
    for each in note.pages("ec2", "describe_route_tables", "RouteTables", "tables that lead there", Filters=filters):
        user = note.thing_of("aws.ec2.route-table", each["RouteTableId"])
        note.of(user).planes["routing"] = None
        note.used_by(user, "describe_route_tables: leads there")


def endpoint(note: Note) -> None:
    """A way to a service that stays inside."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_vpc_endpoints", VpcEndpointIds=[name])
    if not answer.get("VpcEndpoints"):
        raise Absent(name)
    _routing(note, answer["VpcEndpoints"][0])
    _in_vpc(note, answer["VpcEndpoints"][0])
    note.of().kept["definition"] = None


def peering(note: Note) -> None:
    """A way between two networks."""
    name = note.thing.parts[-1]
    answer = note.ask("ec2", "describe_vpc_peering_connections", VpcPeeringConnectionIds=[name])
    if not answer.get("VpcPeeringConnections"):
        raise Absent(name)
    one = answer["VpcPeeringConnections"][0]
    _routing(note, one)
    for side in ("AccepterVpcInfo", "RequesterVpcInfo"):
        if one.get(side, {}).get("VpcId"):
            user = note.thing_of("aws.ec2.vpc", one[side]["VpcId"])
            note.of(user).planes["routing"] = None
            note.used_by(user, "describe_vpc_peering_connections: one end of it")


def address(note: Note) -> None:
    """An elastic IP: who has it, and which names point at it. Given back it may go to anybody."""
    name = note.thing.parts[-1]
    given: dict[str, Any] = {"AllocationIds": [name]} if name.startswith("eipalloc-") else {"PublicIps": [name]}
    answer = note.ask("ec2", "describe_addresses", ("InvalidAddress.NotFound", "InvalidAllocationID.NotFound"), **given)
    if not answer.get("Addresses"):
        raise Absent(name)
    one = answer["Addresses"][0]
    if one.get("AllocationId") and one["AllocationId"] != name:
        note.same.append((note.thing, note.thing_of("aws.ec2.address", one["AllocationId"])))
    _routing(note, one)
    if one.get("InstanceId"):
        note.used_by(note.thing_of("aws.ec2.instance", one["InstanceId"]), "describe_addresses: reached by it")
    if one.get("NetworkInterfaceId"):
        user = note.thing_of("aws.ec2.network-interface", one["NetworkInterfaceId"])
        note.used_by(user, "describe_addresses: reached by it")
    pointing(note, [one.get("PublicIp", "")])


def distribution(note: Note) -> None:
    """A distribution of CloudFront: where it fetches from, and which names point at it."""
    name = note.thing.parts[-1]
    one = note.ask("cloudfront", "get_distribution", region="us-east-1", Id=name).get("Distribution", {})
    facts = note.of()
    facts.planes["routing"] = None
    arn = one.get("ARN", "")
    said = note.maybe("cloudfront", "list_tags_for_resource", region="us-east-1", Resource=arn) or {}
    facts.tags |= tags_of(said.get("Tags", {}).get("Items"))
    settings = one.get("DistributionConfig", {})
    for origin in settings.get("Origins", {}).get("Items", ()):
        domain = origin.get("DomainName", "")
        if ".s3" in domain:
            note.uses(
                Thing("aws.s3.bucket", (domain.partition(".s3")[0],), "", note.thing.account),
                "get_distribution: origin",
            )
    note.uses_arn(
        settings.get("ViewerCertificate", {}).get("ACMCertificateArn"), "get_distribution: certificate", "routing"
    )
    # One of the older kind has an id and no ARN, and nobody here looks at those.
    note.uses_arn(settings.get("WebACLId"), "get_distribution: stands behind it", "routing")
    pointing(note, [one.get("DomainName", ""), *settings.get("Aliases", {}).get("Items", ())])
