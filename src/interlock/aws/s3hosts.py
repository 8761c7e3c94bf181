"""Hosts of S3: what stands before the service in a host is the bucket, or an access point that stands for one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from interlock.aws import endpoints

#: A region as it stands in a host, after a dot or, of old, a dash.
REGION: Final = r"(?:\.dualstack)?(?:[.-](?P<region>[a-z]{2,4}(?:-[a-z0-9]+)+-\d+))?"
#: `orders.s3.eu-central-1.amazonaws.com`, directory buckets and accelerated ones among them.
BUCKET: Final = re.compile(
    rf"(?P<bucket>[a-z0-9._-]+)\.(?:s3|s3-fips|s3-accelerate|s3express(?:-fips)?-[a-z0-9-]+-az\d+){REGION}"
)
#: `reports-123456789012.s3-accesspoint.eu-central-1.amazonaws.com`.
ACCESS_POINT: Final = re.compile(rf"(?P<name>[a-z0-9-]+)-(?P<account>\d{{12}})\.s3-accesspoint(?:-fips)?{REGION}")
#: The service itself, with the bucket in the path. Whatever else stands in a host names something in another way:
#: object lambdas, outposts, access points of several regions.
ITSELF: Final = re.compile(rf"(?:s3|s3-fips|s3express-control(?:-fips)?){REGION}")


class Named(NamedTuple):
    """What a host names: a bucket or the ARN of an access point. `odd` says that it names something else."""

    bucket: str = ""
    odd: bool = False


@lru_cache(maxsize=4096)
def named(host: str) -> Named:
    """The bucket that the host names; empty when the path does."""
    bare = endpoints.bare(host)
    domain = next((domain for domain in endpoints.domains() if bare.endswith(domain)), None)
    if domain is None:
        return Named()
    front = bare.removesuffix(domain)
    if found := BUCKET.fullmatch(front):
        return Named(found["bucket"])
    if found := ACCESS_POINT.fullmatch(front):
        part = endpoints.partition(found["region"] or "")
        if part is None:
            return Named(odd=True)
        return Named(f"arn:{part.name}:s3:{found['region']}:{found['account']}:accesspoint/{found['name']}")
    return Named(odd=ITSELF.fullmatch(front) is None)
