"""The configuration is read strictly: what is misspelt, impossible or dangerous is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlock.configuration import load, parse, unconfigured
from interlock.configuration.reading import duration
from interlock.errors import BadConfiguration, NotFound

HOME = Path("/home/of/interlock")

BROKEN = {
    "no toml": ("[ledger", "valid"),
    "an unknown table": ("[leger]\nstore = 'x'", "leger"),
    "an unknown key": ("[environments.production]\nfreeze = []", "freeze"),
    "a wrong type": ("[environments.production]\nmax_rows = 'many'", "max_rows"),
    "a negative cap on reach": ("[environments.production]\nmax_reach = -1", "negative"),
    "a negative cap": ("[environments.production]\nmax_rows = -1", "negative"),
    "a store of another kind": ("[ledger]\nstore = 'mysql://x'", "mysql"),
    "no time zone": (
        "[environments.production]\nhours = [{from = '09:00', to = '17:00', timezone = 'Berlin'}]",
        "Berlin",
    ),
    "a zone that is a path": (
        "[environments.production]\nhours = [{from = '09:00', to = '17:00', timezone = '../../etc/passwd'}]",
        "time zone",
    ),
    "no time of day": ("[environments.production]\nhours = [{from = '9', to = '17:00'}]", "time of day"),
    "hours past midnight": ("[environments.production]\nhours = [{from = '22:00', to = '06:00'}]", "after it starts"),
    "an eighth weekday": ("[environments.production]\nhours = [{from = '09:00', to = '17:00', days = [8]}]", "weekday"),
    "no weekday": ("[environments.production]\nhours = [{from = '09:00', to = '17:00', days = []}]", "weekday"),
    "a freeze without offset": (
        "[environments.production]\nfreezes = [{name = 'x', from = 2026-12-20T00:00:00, to = 2026-12-21T00:00:00}]",
        "offset",
    ),
    "a freeze that ends before it starts": (
        "[environments.production]\nfreezes = [{name = 'x', from = 2026-12-22T00:00:00Z, to = 2026-12-21T00:00:00Z}]",
        "ends after",
    ),
    "no duration": ("[environments.production]\nundo_window = 'soon'", "duration"),
    "a name that is a path": ("[targets.'../x']\nkind = 'sql:sqlite'\naddress = 'x.db'", "name"),
    "a password in an address": (
        "[targets.shop]\nkind = 'sql:postgres'\naddress = 'postgresql://me:secret@db/shop'",
        "password",
    ),
    "the ledger as target": ("[targets.shop]\nkind = 'sql:sqlite'\naddress = 'x/../ledger.db'", "ledger"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_meant_is_refused_with_its_place(name: str) -> None:
    text, said = BROKEN[name]
    with pytest.raises(BadConfiguration) as error:
        parse(text, HOME)

    assert said in str(error.value)
    assert error.value.where
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("[targets.shop]\nkind = 'x'\nadress = 'y'", ": targets.shop", "`adress` here (did you mean `address`?"),
        ("[targets.a]\nkind = 'x'\naddress = 'y'\n[targets.b]\nkind = 1\naddress = 'y'", ": targets.b.kind", "`str`"),
        ("[targets.shop]\nkind = 'x'", ": targets.shop", "missing required field `address`"),
        ("[targets]\nshop = 'x'", ": targets.shop", "is not a valid configuration"),
        ("[targets.t]\nkind='terraform'\naddress='.'\n[targets.t.terraform]\ntimout='1s'", ".t.terraform", "`timeout`"),
        ("[target.shop]\nkind = 'x'", "interlock.toml", "did you mean `targets`?"),
        ("[environments.e]\nhours = [{from = '09:00', too = '17:00'}]", ": environments.e.hours[0]", "`to`"),
        ("[environments.e]\nxyzzy = 1", ": environments.e", "there are approval_valid, freezes, hours"),
        ("[pace]\nproposals = 0", "pace.proposals", "`0` a minute is no pace"),
        ("[pace]\nbytes = 1.5", ": pace.bytes", "`int | null`"),
    ],
)
def test_what_is_not_understood_is_told_with_the_names_that_lead_there(text: str, where: str, said: str) -> None:
    with pytest.raises(BadConfiguration) as error:
        parse(text, HOME)

    assert error.value.where.endswith(where)
    assert said in str(error.value)


def test_the_pace_has_usual_bounds_and_those_that_are_set() -> None:
    usual = parse("", HOME).pace
    set_to = parse("[pace]\nreads = 7", HOME).pace

    assert usual == unconfigured().pace
    assert set_to == usual._replace(reads=7)


def test_the_ledger_is_no_target_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    (tmp_path / "shop.db").symlink_to("ledger.db")

    with pytest.raises(BadConfiguration, match="ledger"):
        parse("[targets.shop]\nkind = 'sql:sqlite'\naddress = 'shop.db'", tmp_path)


def test_an_environment_that_nobody_described_has_the_strictest_contract() -> None:
    configuration = parse("[environments.staging]\nproduction = false", HOME)

    assert configuration.environment("staging").production is False
    assert configuration.environment("prod").production is True
    assert configuration.environment("prod").strictness > configuration.environment("staging").strictness
    assert unconfigured().environment("development").production is True


def test_paths_are_of_the_home() -> None:
    configuration = parse("[targets.shop]\nkind = 'sql:sqlite'\naddress = 'shop.db'", HOME)

    assert configuration.target("shop").address == str(HOME / "shop.db")
    assert configuration.store == f"sqlite:///{HOME}/ledger.db"
    with pytest.raises(NotFound, match="shop"):
        configuration.target("shp")


def test_a_folder_without_configuration_is_no_home(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="interlock init"):
        load(tmp_path)


@pytest.mark.parametrize(("text", "milliseconds"), [("30s", 30_000), ("15 m", 900_000), ("7d", 604_800_000)])
def test_durations_have_units(text: str, milliseconds: int) -> None:
    assert duration(text, "here") == milliseconds


TERRAFORM = """
[targets.net]
kind = "terraform"
address = "infra/network"
environment = "staging"

[targets.net.terraform]
workspace = "dev"
credentials = "keys/net.env"
var_files = ["b.tfvars", "a.tfvars"]
allow_plan_time = ["external"]
timeout = "5m"
"""


def test_a_root_module_has_its_settings_with_paths_from_the_home(tmp_path: Path) -> None:
    target = parse(TERRAFORM, tmp_path).target("net")

    assert target.address == str(tmp_path / "infra/network")
    assert target.settings == (
        ("tool", "terraform"),
        ("workspace", "dev"),
        ("timeout", "300000"),
        ("fence", "yes"),
        ("allow", "external"),
        ("var_file", str(tmp_path / "b.tfvars")),
        ("var_file", str(tmp_path / "a.tfvars")),
        ("credentials", str(tmp_path / "keys/net.env")),
    )


def test_a_root_module_without_settings_has_the_usual_ones(tmp_path: Path) -> None:
    text = '[targets.net]\nkind = "terraform"\naddress = "net"\n'

    assert dict(parse(text, tmp_path).target("net").settings) == {
        "tool": "terraform", "workspace": "default", "timeout": "1800000", "fence": "yes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ('tool = "sh"', "terraform.tool"),
        ('tool = "bin/terraform"', "terraform.tool"),
        ('workspace = "a/b"', "terraform.workspace"),
        ('allow_plan_time = ["Every thing"]', "terraform.allow_plan_time"),
        ('timeout = "soon"', "terraform.timeout"),
        ('backend = { bucket = "x" }', "terraform.backend"),
        ('backend = { type = "local", path = "/x" }', "terraform.backend"),
        ('backend = { type = "s3", secret_key = "x" }', "terraform.backend"),
        ('backend = { type = "s3", access_key = "x" }', "terraform.backend"),
        ('backend = { type = "pg", password = "x" }', "terraform.backend"),
        ('backend = { type = "s3", key = "${path.module}" }', "terraform.backend"),
        ("fences = false", "interlock.toml"),
    ],
)
def test_a_setting_of_a_root_module_that_is_not_understood_is_refused(tmp_path: Path, line: str, where: str) -> None:
    text = f'[targets.net]\nkind = "terraform"\naddress = "net"\n[targets.net.terraform]\n{line}\n'

    with pytest.raises(BadConfiguration) as caught:
        parse(text, tmp_path)
    assert where in caught.value.where


def test_only_a_root_module_has_settings_of_one(tmp_path: Path) -> None:
    text = '[targets.shop]\nkind = "sql:sqlite"\naddress = "x.db"\n[targets.shop.terraform]\nfence = false\n'

    with pytest.raises(BadConfiguration, match="has no table"):
        parse(text, tmp_path)


def test_inventories_of_a_target_lie_beside_the_home() -> None:
    text = '[targets.shop]\nkind = "sql:sqlite"\naddress = "shop.db"\ninventory = ["beside.json", "/else/where.json"]'

    assert parse(text, HOME).target("shop").inventory == (str(HOME / "beside.json"), "/else/where.json")
