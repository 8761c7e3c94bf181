"""A plan with its source beside it is read with what only the source says, whichever way its modules are told."""

from __future__ import annotations

import json

import pytest

from interlock.errors import BadProposal
from interlock.read.terraform.beside import MODULES, beside
from interlock.read.terraform.package import open_package

MAIN = b'module "net" {\n  source = "./modules/net"\n}\nmodule "far" {\n  source = "org/far/aws"\n}\n'
INNER = b'module "zone" {\n  source = "../zone"\n}\n'
FILES = {"main.tf": MAIN, "modules/net/net.tf": INNER, "modules/zone/zone.tf": b"locals {}\n", "other/x.tf": b""}


def configured(files: dict[str, bytes]) -> dict[str, bytes]:
    return dict(open_package(beside(b"{}", files)).config)


def test_local_modules_are_followed_and_what_nobody_calls_is_left_out() -> None:
    found = configured(FILES)

    assert sorted(found) == ["./main.tf", "module.net.module.zone/zone.tf", "module.net/net.tf"]
    assert found["module.net/net.tf"] == INNER


def test_what_the_tool_wrote_down_of_its_modules_counts_before_what_is_called() -> None:
    rows = [("", "."), ("net", "modules/net"), ("far", ".terraform/modules/far")]
    listed = json.dumps({"Modules": [{"Key": key, "Source": "", "Dir": folder} for key, folder in rows]}).encode()
    fetched = {MODULES: listed, ".terraform/modules/far/far.tf": b"locals {}\n"}

    assert sorted(configured({**FILES, **fetched})) == ["./main.tf", "module.far/far.tf", "module.net/net.tf"]


def test_modules_that_call_one_another_come_to_an_end() -> None:
    files = {"main.tf": b'module "a" {\n  source = "./a"\n}\n', "a/a.tf": b'module "b" {\n  source = "../a"\n}\n'}

    assert len(configured(files)) == 101


@pytest.mark.parametrize(
    "files", [{}, {"readme.md": b""}, {"main.tf": b"", MODULES: b"{"}], ids=["none", "text", "odd"]
)
def test_a_source_that_is_none_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(BadProposal):
        beside(b"{}", files)
