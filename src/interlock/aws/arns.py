"""ARNs: taken apart and put together; nothing is looked up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

#: Regions by how they begin, and the partition that they are in; any other is in `aws`.
PARTITIONS: Final = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)

_PLACE: Final = re.compile(r"\{(p|r|a|\d)\}")


class Arn(NamedTuple):
    """The parts of one ARN; `resource` is everything behind the account."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse(text: str) -> Arn | None:
    """The parts of an ARN; None for what is none."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        return None
    return Arn(*parts[1:])


def partition_of(region: str) -> str:
    """The partition that a region is in."""
    return next((partition for start, partition in PARTITIONS if region.startswith(start)), "aws")


def build(form: str, region: str, account: str, names: Sequence[str]) -> str:
    """The ARN of such a form: `{p}`, `{r}` and `{a}` are partition, region and account, `{0}` the first name.

    Empty when the form needs what is not there.
    """
    if ("{a}" in form and not account) or ("{r}" in form and not region):
        return ""
    values = {"p": partition_of(region), "r": region, "a": account}
    values |= {str(place): name for place, name in enumerate(names)}
    if any(match not in values for match in _PLACE.findall(form)):
        return ""
    return _PLACE.sub(lambda match: values[match[1]], form)
