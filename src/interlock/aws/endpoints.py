"""Hosts of AWS: which service and region one belongs to, and where a service stands.

The forms are those of botocore's endpoint rules, from the index, and a few that the rules do not know because each
account has its own (`ACCOUNT_HOSTS`).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from interlock.aws import models
from interlock.aws.models import Partition, Row
from interlock.errors import BadProposal, NotFound

#: Hosts that a service gives out to an account or a resource, or that older tools call it by, by botocore's name of it.
ACCOUNT_HOSTS: Final = {
    "apigatewaymanagementapi": ("{}.execute-api.{r}.{s}", "{}.execute-api.{r}.{d}"),
    "cloudsearchdomain": ("{}.{r}.cloudsearch.{s}",),
    "emr": ("{r}.elasticmapreduce.{s}",),
    "iot-data": ("{}.iot.{r}.{s}", "{}.iot.{r}.{d}"),
    "iot-jobs-data": ("{}.iot.{r}.{s}", "{}.jobs.iot.{r}.{s}"),
    "kinesis-video-archived-media": ("{}.kinesisvideo.{r}.{s}",),
    "kinesis-video-media": ("{}.kinesisvideo.{r}.{s}",),
    "kinesis-video-signaling": ("{}.kinesisvideo.{r}.{s}",),
    "kinesis-video-webrtc-storage": ("{}.kinesisvideo.{r}.{s}",),
    "mediastore-data": ("{}.data.mediastore.{r}.{s}",),
    "s3": ("s3-{r}.{s}", "{}.s3-{r}.{s}"),
    "sqs": ("{r}.queue.{s}", "queue.{s}"),
    "timestream-query": ("query-{}.timestream.{r}.{s}",),
    "timestream-write": ("ingest-{}.timestream.{r}.{s}",),
}
#: What the rules of a service have to be told when nothing is known of the operation.
TOLD: Final = {"acm": (("ServiceType", "ACM"),), "neptune-graph": (("ApiType", "ControlPlane"),)}
#: The domain of signing in, beside those of the partitions.
SIGN_IN: Final = ".aws.amazon.com"
#: What stands for one name in a host; buckets may hold dots.
NAME: Final = "[a-z0-9_-]+"
BUCKET: Final = "[a-z0-9._-]+"
#: A region as it stands in a host.
REGION: Final = re.compile(r"(?<![a-z0-9-])[a-z]{2,4}(?:-[a-z]+)+-\d+(?![a-z0-9-])")


class Address(NamedTuple):
    """Where a service stands: its URL, and for which name and region a request to it is signed."""

    url: str
    signing_name: str
    signing_region: str


def endpoint(service: str, region: str) -> str:
    """The host of a service, by botocore's name of it or by its signing name. NotFound when there is none."""
    rows = models.signing_as(service)
    name = service if models.has(service) or not rows else rows[0].name
    return urlsplit(address(name, region).url).netloc


@lru_cache(maxsize=4096)
def address(service: str, region: str, told: tuple[tuple[str, Any], ...] = ()) -> Address:
    """Where botocore's rules say that the service stands. `told` is what else they are told, as (`Bucket`, name)."""
    from botocore.exceptions import EndpointResolutionError

    own = models.row(service).signing[0]
    try:
        known = dict(told or TOLD.get(service, ()))
        found = _provider(service).resolve_endpoint(Region=region, UseFIPS=False, UseDualStack=False, **known)
    except (EndpointResolutionError, ValueError) as error:
        raise NotFound(f"`{service}` has no endpoint in `{region}`", hint=str(error).lower()) from error
    schemes = found.properties.get("authSchemes", ())
    usable = [each for each in schemes if each["name"] in ("sigv4", "sigv4-s3express")]
    if schemes and not usable:
        raise BadProposal(f"`{service}` wants another signature than that of one region here", code="not-a-request")
    scheme = usable[0] if usable else {}
    return Address(found.url, scheme.get("signingName", own), scheme.get("signingRegion", region))


@lru_cache(maxsize=64)
def _provider(service: str) -> Any:
    from botocore.endpoint_provider import EndpointProvider
    from botocore.loaders import Loader

    loader = Loader(extra_search_paths=[str(models.data())], include_default_search_paths=False)
    rules = loader.load_service_model(service, "endpoint-rule-set-1", models.row(service).folder)
    return EndpointProvider(rules, loader.load_data("partitions"))


@cache
def _partitions() -> tuple[tuple[re.Pattern[str], Partition], ...]:
    return tuple((re.compile(part.regions), part) for part in models.index().partitions)


@cache
def domains() -> tuple[str, ...]:
    """The domains of AWS, each with the dot before it, the longest first."""
    found = {f".{name}" for part in models.index().partitions for name in (part.suffix, part.dual)}
    return tuple(sorted(found | {SIGN_IN}, key=lambda name: (-len(name), name)))


def partition(region: str) -> Partition | None:
    """The partition in which a region of this name lies."""
    return next((part for regions, part in _partitions() if regions.match(region)), None)


def bare(host: str) -> str:
    """The host without the port of HTTPS."""
    return host.removesuffix(":443")


def of_aws(host: str) -> bool:
    """Whether the host stands under a domain of AWS, at whatever port."""
    name = host.partition(":")[0].rstrip(".").lower()
    return name.endswith(domains())


def everywhere(signing_name: str, region: str, host: str = "") -> bool:
    """Whether calls that are signed for this name and region are meant for every region, as those of IAM are.

    Of several services under one name the host decides; without a host of AWS the one that is called as it signs.
    """
    rows = models.signing_as(signing_name)
    there = services_at(host, signing_name, region)
    if there is not None:
        rows = tuple(row for row in rows if row.name in there)
    return bool(rows) and region in rows[0].everywhere


@lru_cache(maxsize=4096)
def matches(host: str, signing_name: str, region: str) -> bool:
    """Whether a request that is signed for this name and region belongs to this host of AWS."""
    return bool(services_at(host, signing_name, region))


@lru_cache(maxsize=4096)
def services_at(host: str, signing_name: str, region: str) -> frozenset[str] | None:
    """Which of the services that sign under this name stand at the host. None for a host outside of AWS."""
    if not of_aws(host):
        return None
    return frozenset(row.name for row in models.signing_as(signing_name) if _stands(row, bare(host), region))


def _stands(row: Row, host: str, region: str) -> bool:
    return any(pattern.fullmatch(host) for pattern in _patterns(row.name, region))


@lru_cache(maxsize=1024)
def _patterns(service: str, region: str) -> tuple[re.Pattern[str], ...]:
    """The forms of a service's hosts in a region. Those that name another region are left out."""
    there = partition(region)
    if there is None:
        return ()
    row = models.row(service)
    forms = [*row.hosts, *ACCOUNT_HOSTS.get(service, ())]
    forms += [prefix + form for prefix in row.prefixes for form in row.hosts]
    return tuple(re.compile(_pattern(form, service, region, there)) for form in forms if _lies(form, region, there))


def _lies(form: str, region: str, there: Partition) -> bool:
    """Whether a host of this form can lie in the region: what it says of region and partition has to agree."""
    if any(name != region for name in REGION.findall(form)) or (".us-gov." in form) > region.startswith("us-gov-"):
        return False
    return form.endswith(("{s}", "{d}", "." + there.suffix, "." + there.dual, SIGN_IN))


def _pattern(form: str, service: str, region: str, there: Partition) -> str:
    lies = REGION.pattern if region in models.row(service).everywhere else re.escape(region)
    values = {"{r}": lies, "{s}": re.escape(there.suffix), "{d}": re.escape(there.dual)}
    values["{}"] = BUCKET if service == "s3" else NAME
    return "".join(values.get(part) or re.escape(part) for part in re.split(r"(\{[rsd]?\})", form))
