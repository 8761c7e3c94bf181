"""`propose` and `check` take the folder of a root module, plan it at its target, and say what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.unit.execute.terraform_world import fenced, require_terraform, resources

from interlock.client import _payload
from interlock.errors import InterlockError
from interlock.execute.terraform.source import pack, unpack
from interlock.execute.terraform.wishes import Wishes
from interlock.testing.process import Process


@pytest.fixture
def home(interlock: Process, tmp_path: Path) -> Path:
    """A home with a target of kind terraform, and a root module beside it."""
    assert interlock("init").status == 0
    (tmp_path / "net").mkdir()
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text(resources(a="x"))
    with (tmp_path / ".interlock" / "interlock.toml").open("a") as file:
        file.write('[targets.net]\nkind = "terraform"\naddress = "../net"\nenvironment = "staging"\n')
        file.write(f"[targets.net.terraform]\nfence = {'true' if fenced() else 'false'}\n")
    return tmp_path


def test_a_folder_is_planned_and_judged_and_nothing_of_it_is_kept(interlock: Process, home: Path) -> None:
    require_terraform()
    ran = interlock("check", "infra", "--kind", "terraform", "--target", "net", "--json")

    assert ran.status in (3, 4), ran.err
    effects = ran.json["change"]["effects"]  # type: ignore[index]  # the contract's form
    assert [(effect["verb"], effect["resource"]["name"]) for effect in effects] == [("create", "terraform_data.a")]
    assert list((home / "net").iterdir()) == []
    assert interlock("cases", "--json").json["cases"] == []


def test_a_stranger_has_nothing_planned_and_its_folder_is_recorded(interlock: Process, home: Path) -> None:
    ran = interlock("propose", "infra", "--kind", "terraform", "--target", "net", "--agent", "stranger")

    assert ran.status == 4
    assert "may only observe" in ran.err
    case = interlock("cases", "--json").json["cases"][0]  # type: ignore[index]  # a list
    assert case["state"] == "refused"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", "infra", "--kind", "terraform"), "--target"),
        (("check", "infra", "--kind", "sql"), "--target"),
        (("check", "infra", "--kind", "sql", "--target", "net"), "is a file, not a folder"),
        (("check", "nothing", "--kind", "terraform", "--target", "net"), "cannot be read"),
        (("propose", "infra", "--kind", "sql", "--agent", "a"), "is a file, not a folder"),
        (("propose", "infra", "--kind", "aws", "--agent", "a", "--destroy"), "is not planned in parts"),
        (("propose", "infra/main.tf", "--kind", "terraform", "--agent", "a", "--only", "a.b"), "only the folder"),
        (("propose", "infra", "--kind", "terraform", "--agent", "a", "--only=-destroy"), "is no address"),
        (("check", "infra/main.tf", "--kind", "terraform", "--target", "net", "--destroy"), "only the folder"),
        (("check", "infra", "--kind", "terraform", "--target", "net", "--only=-destroy"), "is no address"),
        (("check", "infra", "--kind", "terraform", "--only", "a.b"), "--target"),
        (("check", "--lines", "infra/main.tf", "--kind", "terraform", "--destroy"), "--lines has many inputs"),
    ],
)
def test_what_cannot_be_planned_is_one_clear_error(
    interlock: Process, home: Path, arguments: tuple[str, ...], says: str
) -> None:
    ran = interlock(*arguments)

    assert ran.status == 2
    assert says in ran.err
    assert "Traceback" not in ran.err


def test_the_client_asks_for_a_part_as_the_command_does(home: Path) -> None:
    wanted = Wishes(only=("a.b",), replace=("a.c",))

    sent = _payload("terraform", home / "infra", only=["a.b"], replace=["a.c"])["payload"].encode()

    assert sent == pack(home / "infra", wanted)
    assert _payload("terraform", home / "infra", destroy=True)["payload"].encode() == pack(
        home / "infra", Wishes(destroy=True)
    )


@pytest.mark.parametrize("payload", ["text", b"bytes", Path("main.tf")])
def test_the_client_takes_parts_of_a_folder_alone(home: Path, payload: str | bytes | Path) -> None:
    held = home / "infra" / payload if isinstance(payload, Path) else payload

    with pytest.raises(InterlockError, match="only the folder"):
        _payload("terraform", held, destroy=True)


def test_a_check_of_a_part_is_planned_in_parts(interlock: Process, home: Path) -> None:
    require_terraform()
    (home / "infra" / "more.tf").write_text('resource "terraform_data" "b" {}\n', "utf-8")

    ran = interlock("check", "infra", "--kind", "terraform", "--target", "net", "--only", "terraform_data.a", "--json")

    assert ran.status in (3, 4), ran.err
    change = ran.json["change"]
    assert [each["resource"]["name"] for each in change["effects"]] == ["terraform_data.a"]  # type: ignore[index]
    assert {each["name"] for each in change["signals"]} == {"partial-plan"}  # type: ignore[index]


def test_the_client_sends_the_same_archive(home: Path) -> None:
    sent = _payload("terraform", home / "infra")["payload"].encode()

    assert sent == pack(home / "infra")
    assert unpack(sent) == {"main.tf": resources(a="x").encode()}
    assert json.loads(json.dumps(sent.decode())).encode() == sent
