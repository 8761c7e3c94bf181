"""The table of an account is read strictly: what would be ignored or would widen is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interlock.configuration import parse
from interlock.errors import BadConfiguration

HOME = Path("/home/of/interlock")
GOOD = """
[targets.prod]
kind = "aws"
address = "aws"
[targets.prod.aws]
account = "123456789012"
regions = ["eu-central-1"]
hold = "20s"
names = { "prod-*" = "production" }
[targets.prod.aws.read]
source = "profile"
profile = "watcher"
[targets.prod.aws.write]
source = "role"
role = "arn:aws:iam::123456789012:role/interlock"
base = { source = "static", file = "keys/interlock" }
"""


def test_an_account_has_its_settings_with_paths_from_the_home() -> None:
    settings = parse(GOOD, HOME).target("prod").settings

    assert ("account", "123456789012") in settings
    assert ("region", "eu-central-1") in settings
    assert ("hold", "20000") in settings
    assert ("name", "prod-*=production") in settings
    write = json.loads(dict(settings)["write"])
    assert write["base"] == {**write["base"], "source": "static", "file": "/home/of/interlock/keys/interlock"}


@pytest.mark.parametrize(
    ("was", "is_now", "where"),
    [
        ('account = "123456789012"', 'account = "prod"', "aws.account"),
        ('regions = ["eu-central-1"]', "regions = []", "aws.regions"),
        ('regions = ["eu-central-1"]', 'regions = ["*"]', "aws.regions"),
        ('hold = "20s"', 'hold = "2m"', "aws.hold"),
        ('address = "aws"', 'address = "https://user:pw@example.com"', "address"),
        ('source = "profile"\nprofile = "watcher"', 'source = "profile"', "aws.read"),
        ('source = "profile"\nprofile = "watcher"', 'source = "static"\nfile = "k"', "aws.read.source"),
        ('profile = "watcher"', 'profile = "watcher"\nrole = "arn:aws:iam::123456789012:role/x"', "aws.read"),
        ('profile = "watcher"', 'profile = "watcher"\nnarrow = false', "aws.read.narrow"),
        ("role/interlock", "user/interlock", "aws.write.role"),
        ('"keys/interlock" }', '"keys/interlock", narrow = false }', "aws.write.base"),
    ],
)
def test_what_would_be_ignored_or_would_widen_is_refused(was: str, is_now: str, where: str) -> None:
    assert was in GOOD
    with pytest.raises(BadConfiguration) as error:
        parse(GOOD.replace(was, is_now), HOME)

    assert where in error.value.where


def test_an_emulator_may_have_keys_that_cannot_be_narrowed() -> None:
    emulator = GOOD.replace('"aws"\n[targets.prod.aws]', '"http://127.0.0.1:5000"\n[targets.prod.aws]')
    text = emulator.replace('source = "profile"\nprofile = "watcher"', 'source = "static"\nfile = "k"\nnarrow = false')

    read = json.loads(dict(parse(text, HOME).target("prod").settings)["read"])

    assert read["narrow"] is False


def test_only_an_account_has_a_table_of_one() -> None:
    with pytest.raises(BadConfiguration, match="no table `aws`"):
        parse(GOOD.replace('kind = "aws"', 'kind = "terraform"'), HOME)
    with pytest.raises(BadConfiguration, match="needs its table"):
        parse('[targets.prod]\nkind = "aws"\naddress = "aws"', HOME)
