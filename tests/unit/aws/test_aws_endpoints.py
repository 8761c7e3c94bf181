"""Hosts: where a service stands, and which service and region a host belongs to."""

from __future__ import annotations

import pytest

from interlock.aws import models
from interlock.aws.endpoints import address, endpoint, everywhere, matches, of_aws
from interlock.errors import BadProposal, NotFound

EU = "eu-central-1"


@pytest.mark.parametrize(
    ("host", "name", "region"),
    [
        (f"rds.{EU}.amazonaws.com", "rds", EU),
        (f"rds.{EU}.amazonaws.com:443", "rds", EU),
        (f"rds.{EU}.api.aws", "rds", EU),
        ("rds-fips.us-east-1.amazonaws.com", "rds", "us-east-1"),
        ("rds.cn-north-1.amazonaws.com.cn", "rds", "cn-north-1"),
        ("iam.amazonaws.com", "iam", "us-east-1"),
        ("iam.us-gov.amazonaws.com", "iam", "us-gov-west-1"),
        ("sts.amazonaws.com", "sts", "us-east-1"),
        (f"sts.{EU}.amazonaws.com", "sts", EU),
        (f"orders.archive.s3.{EU}.amazonaws.com", "s3", EU),
        ("orders.s3.amazonaws.com", "s3", "us-east-1"),
        (f"orders.s3-{EU}.amazonaws.com", "s3", EU),
        (f"123456789012.s3-control.{EU}.amazonaws.com", "s3", EU),
        (f"reports-123456789012.s3-accesspoint.{EU}.amazonaws.com", "s3", EU),
        ("one--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", "s3express", "us-east-1"),
        (f"runtime.sagemaker.{EU}.amazonaws.com", "sagemaker", EU),
        (f"abc123-ats.iot.{EU}.amazonaws.com", "iotdata", EU),
        (f"abc123.execute-api.{EU}.amazonaws.com", "execute-api", EU),
        (f"123456789012.ddb.{EU}.amazonaws.com", "dynamodb", EU),
        ("us-east-1.signin.aws.amazon.com", "signin", "us-east-1"),
    ],
)
def test_a_host_belongs_to_its_service_and_region(host: str, name: str, region: str) -> None:
    assert matches(host, name, region)


@pytest.mark.parametrize(
    ("host", "name", "region"),
    [
        (f"rds.{EU}.amazonaws.com", "rds", "eu-west-1"),
        (f"rds.{EU}.amazonaws.com", "ec2", EU),
        (f"rds.{EU}.amazonaws.com.evil.example", "rds", EU),
        (f"evil.rds.{EU}.amazonaws.com", "rds", EU),
        (f"rds.{EU}.amazonaws.com:8443", "rds", EU),
        (f"rds.{EU}.amazonaws.com.", "rds", EU),
        (f"RDS.{EU}.amazonaws.com", "rds", EU),
        (f"rds.{EU}.amazonaws.com.cn", "rds", EU),
        ("iam.us-gov.amazonaws.com", "iam", "us-east-1"),
        ("events.us-gov-east-1.amazonaws.com", "events", "us-east-1"),
        (f"orders.s3.{EU}.amazonaws.com", "s3", "eu-west-1"),
        ("169.254.169.254", "rds", EU),
        ("localhost:5000", "s3", EU),
        ("amazonaws.com", "s3", EU),
        ("", "s3", EU),
        (f"rds.{EU}.amazonaws.com", "nobody", EU),
        (f"rds.{EU}.amazonaws.com", "rds", "nowhere"),
    ],
)
def test_no_other_host_does(host: str, name: str, region: str) -> None:
    assert not matches(host, name, region)


def test_every_service_has_an_endpoint_and_it_is_its_own() -> None:
    """Only that of a key value store depends on what is asked for."""
    without = []
    for row in models.index().services:
        try:
            found = address(row.name, "us-east-1")
        except NotFound:
            without.append(row.name)
            continue
        host = found.url.removeprefix("https://")

        assert matches(host, found.signing_name, found.signing_region), row.name

    assert without == ["cloudfront-keyvaluestore"]


@pytest.mark.parametrize(
    ("service", "region", "host"),
    [
        ("rds", EU, f"rds.{EU}.amazonaws.com"),
        ("cloudwatch", EU, f"monitoring.{EU}.amazonaws.com"),
        ("monitoring", EU, f"monitoring.{EU}.amazonaws.com"),
        ("iam", EU, "iam.amazonaws.com"),
        ("sagemaker-runtime", EU, f"runtime.sagemaker.{EU}.amazonaws.com"),
        ("s3", "cn-north-1", "s3.cn-north-1.amazonaws.com.cn"),
        ("acm", EU, f"acm.{EU}.amazonaws.com"),
    ],
)
def test_an_endpoint_is_found_by_botocores_name_and_by_the_signing_name(service: str, region: str, host: str) -> None:
    assert endpoint(service, region) == host


def test_a_service_that_is_not_there_has_none() -> None:
    with pytest.raises(NotFound):
        endpoint("nobody", EU)


def test_what_only_a_signature_over_several_regions_opens_is_refused() -> None:
    told = (("KvsARN", "arn:aws:cloudfront::123456789012:key-value-store/one"),)

    with pytest.raises(BadProposal, match="another signature"):
        address("cloudfront-keyvaluestore", "us-east-1", told)


def test_services_without_regions_are_signed_for_one_and_meant_for_each() -> None:
    assert everywhere("iam", "us-east-1")
    assert everywhere("route53", "us-east-1")
    assert not everywhere("iam", EU)
    assert not everywhere("rds", "us-east-1")
    assert not everywhere("s3", "us-east-1")
    assert not everywhere("sts", "us-east-1")
    assert not everywhere("nobody", "us-east-1")


def test_the_host_tells_which_service_under_a_name_is_everywhere() -> None:
    assert everywhere("chime", "us-east-1", "chime.us-east-1.amazonaws.com")
    assert not everywhere("chime", "us-east-1", "meetings-chime.us-east-1.amazonaws.com")


def test_ports_case_and_a_last_dot_do_not_make_a_host_another() -> None:
    assert all(of_aws(host) for host in ("rds.x.amazonaws.com", "RDS.x.amazonaws.com:80", "rds.x.api.aws."))
    assert not any(of_aws(host) for host in ("localhost", "amazonaws.com.evil.example", "xamazonaws.com"))
