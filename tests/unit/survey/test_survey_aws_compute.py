"""Surveying compute, balancers and networks: who is in what, who sends to whom, what goes along and what stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.aws_survey import arrows, item_of, surveyed, target_at
from tests.moto_world import Moto

INSTANCE = "aws.ec2.instance"


class Site(NamedTuple):
    """Two instances behind a balancer, with a name in DNS."""

    vpc: str
    subnets: list[str]
    group: str
    image: str
    instances: list[str]
    volume: str
    balancer: dict[str, Any]
    targets: str
    listener: str
    zone: str


@pytest.fixture
def site(moto: Moto) -> Site:
    ec2, elb, dns, iam = (moto.client(name) for name in ("ec2", "elbv2", "route53", "iam"))
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    image = moto.image()
    iam.create_role(RoleName="web", AssumeRolePolicyDocument="{}")
    profile = iam.create_instance_profile(InstanceProfileName="web")["InstanceProfile"]["Arn"]
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    instances = ec2.run_instances(
        ImageId=image, MinCount=2, MaxCount=2, SubnetId=subnets[0], SecurityGroupIds=[group],
        IamInstanceProfile={"Arn": profile},
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Env", "Value": "prod"}]}],
    )["Instances"]  # fmt: skip
    names = [each["InstanceId"] for each in instances]
    described = ec2.describe_instances(InstanceIds=names[:1])["Reservations"][0]["Instances"][0]
    balancer = elb.create_load_balancer(Name="lb", Subnets=subnets, SecurityGroups=[group])["LoadBalancers"][0]
    targets = elb.create_target_group(Name="tg", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0][
        "TargetGroupArn"
    ]
    elb.register_targets(TargetGroupArn=targets, Targets=[{"Id": name} for name in names])
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    zone = dns.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]
    record = {
        "Name": "www.example.com",
        "Type": "CNAME",
        "TTL": 60,
        "ResourceRecords": [{"Value": balancer["DNSName"]}],
    }
    dns.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )
    volume = described["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    return Site(vpc, subnets, group, image, names, volume, balancer, targets, listener, zone)


def test_an_instance_tells_what_it_is_made_of_and_who_sends_to_it(moto: Moto, site: Site, tmp_path: Path) -> None:
    name = site.instances[0]
    moto.client("ec2").modify_instance_attribute(InstanceId=name, DisableApiTermination={"Value": True})

    found = surveyed(target_at(moto.address, tmp_path), (INSTANCE, name))

    one = item_of(found, INSTANCE, name)
    assert found.complete, found.limits
    assert one.protections == ("termination protection",)
    assert one.groups == (("target-group", "tg"),)
    assert dict(one.resource.location)["zone"] == "eu-central-1a"
    assert one.resource.environment == "production"
    seen = arrows(found)
    assert (site.targets.rpartition(":")[2], "uses", name) in seen
    assert (name, "uses", f"security-group/{site.group}") in seen
    assert (name, "uses", f"subnet/{site.subnets[0]}") in seen
    assert (name, "uses", "instance-profile/web") in seen
    assert (f"volume/{site.volume}", "contains", name) in seen


def test_the_others_behind_the_same_balancer_are_members_of_the_same_group(
    moto: Moto, site: Site, tmp_path: Path
) -> None:
    found = surveyed(target_at(moto.address, tmp_path), (INSTANCE, site.instances[0]))

    assert item_of(found, INSTANCE, site.instances[1]).groups == (("target-group", "tg"),)


@pytest.mark.parametrize("name", ["i-0123456789abcdef0", "nonsense"])
def test_an_instance_that_is_not_there_is_absent_and_not_unknown(moto: Moto, tmp_path: Path, name: str) -> None:
    found = surveyed(target_at(moto.address, tmp_path), (INSTANCE, name))

    assert found.items == ()
    assert found.complete


def test_a_terminated_instance_is_not_there(moto: Moto, site: Site, tmp_path: Path) -> None:
    moto.client("ec2").terminate_instances(InstanceIds=site.instances[:1])

    found = surveyed(target_at(moto.address, tmp_path), (INSTANCE, site.instances[0]))

    assert found.items == ()


def test_a_group_makes_its_instances_again_and_takes_them_along(moto: Moto, site: Site, tmp_path: Path) -> None:
    auto, ec2 = moto.client("autoscaling"), moto.client("ec2")
    template = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": site.image})
    auto.create_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=2, MaxSize=2, VPCZoneIdentifier=site.subnets[0],
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplate"]["LaunchTemplateId"], "Version": "1"},
        TargetGroupARNs=[site.targets],
    )  # fmt: skip
    group = auto.describe_auto_scaling_groups()["AutoScalingGroups"][0]
    one, two = (each["InstanceId"] for each in group["Instances"])
    target = target_at(moto.address, tmp_path)

    whole = surveyed(target, ("aws.autoscaling.auto-scaling-group", "web"))
    member = surveyed(target, (INSTANCE, one))

    assert {one, two} == {each.name.rpartition("/")[2] for each in whole.inside(whole.items[0].resource)}
    assert item_of(whole, "aws.autoscaling.auto-scaling-group", "web").size == 2
    assert item_of(member, INSTANCE, one).kept == ("auto-scaling:web",)
    assert item_of(member, INSTANCE, two).groups == (("auto-scaling-group", "web"),)
    assert (site.targets.rpartition(":")[2], "uses", "web") in arrows(member)
    assert (one, "contains", "web") in arrows(member)


def test_a_volume_is_kept_by_its_finished_snapshots_and_they_are_copies(moto: Moto, site: Site, tmp_path: Path) -> None:
    snapshot = moto.client("ec2").create_snapshot(VolumeId=site.volume)["SnapshotId"]
    target = target_at(moto.address, tmp_path)

    found = surveyed(target, ("aws.ec2.volume", site.volume))
    copy = surveyed(target, ("aws.ec2.snapshot", snapshot))

    one = item_of(found, "aws.ec2.volume", site.volume)
    assert (f"snapshot:{snapshot}",) == one.kept
    assert one.planes == ("data",)
    assert (f"snapshot/{snapshot}", "copies", site.volume) in arrows(found)
    assert (f"instance/{site.instances[0]}", "uses", site.volume) in arrows(found)
    assert (snapshot, "copies", f"volume/{site.volume}") in arrows(copy)


def test_an_image_tells_what_is_made_of_it(moto: Moto, site: Site, tmp_path: Path) -> None:
    found = surveyed(target_at(moto.address, tmp_path), ("aws.ec2.image", site.image))

    assert (f"instance/{site.instances[0]}", "mentions", site.image) in arrows(found)


def test_a_balancer_tells_its_listeners_its_targets_and_its_names(moto: Moto, site: Site, tmp_path: Path) -> None:
    arn = site.balancer["LoadBalancerArn"]
    moto.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}]
    )

    found = surveyed(target_at(moto.address, tmp_path), ("aws.elbv2.load-balancer", arn))

    one = item_of(found, "aws.elbv2.load-balancer", arn)
    assert one.protections == ("deletion protection",)
    assert one.planes == ("routing",)
    short, seen = arn.rpartition(":")[2], arrows(found)
    assert (site.listener.rpartition(":")[2], "contains", short) in seen
    assert (short, "uses", site.targets.rpartition(":")[2]) in seen
    assert (f"{site.zone}/www.example.com", "uses", short) in seen


def test_a_target_group_and_a_listener_tell_who_goes_by_them(moto: Moto, site: Site, tmp_path: Path) -> None:
    target = target_at(moto.address, tmp_path)

    seen = arrows(surveyed(target, ("aws.elbv2.target-group", site.targets), ("aws.elbv2.listener", site.listener)))

    short = site.targets.rpartition(":")[2]
    assert (site.balancer["LoadBalancerArn"].rpartition(":")[2], "uses", short) in seen
    assert (short, "uses", f"instance/{site.instances[1]}") in seen
    assert (site.listener.rpartition(":")[2], "uses", short) in seen


def test_a_classic_balancer_and_its_instances_know_each_other(moto: Moto, site: Site, tmp_path: Path) -> None:
    elb = moto.client("elb")
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
    elb.create_load_balancer(LoadBalancerName="old", Listeners=[listener], AvailabilityZones=["eu-central-1a"])
    elb.register_instances_with_load_balancer(LoadBalancerName="old", Instances=[{"InstanceId": site.instances[0]}])
    target = target_at(moto.address, tmp_path)

    found = surveyed(target, ("aws.elb.load-balancer", "old"))
    member = surveyed(target, (INSTANCE, site.instances[0]))

    assert ("old", "uses", f"instance/{site.instances[0]}") in arrows(found)
    assert ("loadbalancer/old", "uses", site.instances[0]) in arrows(member)
    assert ("load-balancer", "old") in item_of(member, INSTANCE, site.instances[0]).groups


def test_a_zone_holds_its_records(moto: Moto, site: Site, tmp_path: Path) -> None:
    target = target_at(moto.address, tmp_path)

    found = surveyed(target, ("aws.route53.hosted-zone", site.zone))
    record = surveyed(target, ("aws.route53.record-set", f"{site.zone}/www.example.com."))
    absent = surveyed(target, ("aws.route53.record-set", f"{site.zone}/other.example.com."))

    assert (f"{site.zone}/www.example.com", "contains", site.zone) in arrows(found)
    assert item_of(found, "aws.route53.hosted-zone", site.zone).kept == ("definition",)
    assert item_of(record, "aws.route53.record-set", f"{site.zone}/www.example.com.").kept == ("definition",)
    assert absent.items == ()


def test_a_security_group_tells_everything_that_stands_behind_it(moto: Moto, site: Site, tmp_path: Path) -> None:
    ec2 = moto.client("ec2")
    other = ec2.create_security_group(GroupName="db", Description="db", VpcId=site.vpc)["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": site.group}]}
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[permission])
    interface = ec2.describe_instances(InstanceIds=site.instances[:1])["Reservations"][0]["Instances"][0]
    name = interface["NetworkInterfaces"][0]["NetworkInterfaceId"]

    seen = arrows(surveyed(target_at(moto.address, tmp_path), ("aws.ec2.security-group", site.group)))

    assert (f"network-interface/{name}", "uses", site.group) in seen
    assert (f"instance/{site.instances[0]}", "uses", f"network-interface/{name}") in seen
    assert (f"security-group/{other}", "uses", site.group) in seen


def test_a_subnet_and_a_network_tell_who_stands_in_them(moto: Moto, site: Site, tmp_path: Path) -> None:
    target = target_at(moto.address, tmp_path)

    seen = arrows(surveyed(target, ("aws.ec2.subnet", site.subnets[0]), ("aws.ec2.vpc", site.vpc)))

    assert (site.subnets[0], "uses", site.vpc) in seen
    assert any(two == site.subnets[0] and one.startswith("network-interface/") for one, _, two in seen)
    assert (f"subnet/{site.subnets[1]}", "uses", site.vpc) in seen


def test_ways_out_tell_the_tables_that_lead_there(moto: Moto, site: Site, tmp_path: Path) -> None:
    ec2 = moto.client("ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=site.vpc)
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=site.subnets[0], AllocationId=allocation)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=site.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.1.0.0/16", NatGatewayId=nat)
    ec2.associate_route_table(RouteTableId=table, SubnetId=site.subnets[1])
    target = target_at(moto.address, tmp_path)

    seen = arrows(surveyed(target, ("aws.ec2.route-table", table)))
    ways = arrows(surveyed(target, ("aws.ec2.internet-gateway", gateway), ("aws.ec2.nat-gateway", nat)))

    assert (table, "uses", f"internet-gateway/{gateway}") in seen
    assert (f"subnet/{site.subnets[1]}", "uses", table) in seen
    assert (f"route-table/{table}", "uses", gateway) in ways
    assert (f"route-table/{table}", "uses", nat) in ways
    assert (f"vpc/{site.vpc}", "uses", gateway) in ways


def test_an_address_tells_who_has_it_and_is_the_same_by_number_and_by_id(
    moto: Moto, site: Site, tmp_path: Path
) -> None:
    ec2, dns = moto.client("ec2"), moto.client("route53")
    given = ec2.allocate_address(Domain="vpc")
    ec2.associate_address(AllocationId=given["AllocationId"], InstanceId=site.instances[0])
    record = {"Name": "a.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": given["PublicIp"]}]}
    dns.change_resource_record_sets(
        HostedZoneId=site.zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )

    found = surveyed(target_at(moto.address, tmp_path), ("aws.ec2.address", given["PublicIp"]))

    assert (f"instance/{site.instances[0]}", "uses", given["PublicIp"]) in arrows(found)
    assert (f"{site.zone}/a.example.com", "uses", given["PublicIp"]) in arrows(found)
    assert [given["PublicIp"]] == [
        each.resource.name for each in found.items if each.resource.type == "aws.ec2.address"
    ]


def test_a_managed_instance_is_the_instance(moto: Moto, site: Site, tmp_path: Path) -> None:
    found = surveyed(target_at(moto.address, tmp_path), ("aws.ssm.managed-instance", site.instances[0]))

    name = site.instances[0]
    assert tuple({each.resource.environment for each in found.items}) == ("production",)
    assert (name, "uses", f"instance/{name}") in arrows(found)


def test_a_role_tells_what_acts_as_it(moto: Moto, site: Site, tmp_path: Path) -> None:
    target = target_at(moto.address, tmp_path)

    seen = arrows(surveyed(target, ("aws.iam.role", "web"), ("aws.iam.instance-profile", "web")))

    assert ("web", "uses", "web") in seen
    assert (f"instance/{site.instances[0]}", "uses", "web") in seen
