"""Plan packages: what is in order is opened, and everything else is refused before it is unpacked."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from interlock.errors import BadProposal
from interlock.read.readers import reader_for
from interlock.read.terraform import package
from interlock.read.terraform.package import open_package
from interlock.testing.plans import changing, manifest, plan_of, raw, zipped

PLAN = raw(plan_of(changing("aws_sqs_queue.jobs", "delete", before={"name": "jobs"})))
GOOD = {
    "interlock-plan.json": manifest(lineage="abcdefgh-1234", serial=3, previous={"serial": 2, "resources": ["a.b"]}),
    "plan.json": PLAN,
    "plan.tfplan": b"PK",
    "graph.dot": b"digraph {}",
    "config/./main.tf": b"",
    'config/module.a["x"].module.b/main.tf.json': b"{}",
}


def refused(payload: bytes) -> BadProposal:
    with pytest.raises(BadProposal) as caught:
        open_package(payload)
    with pytest.raises(BadProposal):
        reader_for("terraform")(payload, "", "")
    assert caught.value.hint
    return caught.value


def test_a_package_in_order_is_opened_whole() -> None:
    opened = open_package(zipped(GOOD))

    assert opened.plan == PLAN
    assert opened.dot == b"digraph {}"
    assert opened.config == {"./main.tf": b"", 'module.a["x"].module.b/main.tf.json': b"{}"}
    assert opened.manifest.state == "default/abcdefgh"
    assert opened.manifest.previous is not None
    assert opened.manifest.previous.count == 1


def test_the_state_is_where_its_things_stand() -> None:
    change = reader_for("terraform")(zipped(GOOD), "", "production").change

    assert change.effects[0].resource.location == (("state", "default/abcdefgh"),)


def test_a_graph_and_configuration_may_be_absent() -> None:
    opened = open_package(zipped({name: GOOD[name] for name in ("interlock-plan.json", "plan.json")}))

    assert opened.dot is None
    assert opened.config == {}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../evil", "does not belong"),
        ("/etc/passwd", "does not belong"),
        ("config/../main.tf", "does not belong"),
        ("config/a/b/main.tf", "does not belong"),
        ("config/./main.sh", "does not belong"),
        ("config/./.terraform/x.tf", "does not belong"),
        ("config\\main.tf", "a name that no package has"),
        ("config/./a\nb.tf", "a name that no package has"),
        ("config/./" + "a" * 2_000 + ".tf", "a name that no package has"),
        ("config/./", "does not belong"),
        ("terraform.tfvars", "does not belong"),
    ],
)
def test_a_member_that_leads_elsewhere_or_that_nobody_asked_for_is_refused(name: str, says: str) -> None:
    assert says in str(refused(zipped({**GOOD, name: b""})))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused() -> None:
    error = refused(zipped([*GOOD.items(), ("plan.json", b"{}")]))

    assert "twice" in str(error)


def test_a_link_is_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in GOOD.items():
            archive.writestr(name, content)
        link = zipfile.ZipInfo("config/./link.tf")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    assert "not a plain file" in str(refused(held.getvalue()))


def test_a_bomb_is_refused_by_what_its_directory_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_UNPACKED", 10_000)

    assert refused(zipped({**GOOD, "graph.dot": b"0" * 20_000})).code == "too-large"


def test_a_member_that_holds_more_than_it_says_is_refused() -> None:
    packed = bytearray(zipped({**GOOD, "graph.dot": b"0" * 20_000}))
    lies = struct.pack("<L", 20_000)
    for _ in range(2):
        at = packed.index(lies)
        packed[at : at + 4] = struct.pack("<L", 100)

    assert "cut off or broken" in str(refused(bytes(packed)))


def test_too_many_members_are_refused_before_the_directory_is_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_MEMBERS", 5)

    assert refused(zipped(GOOD)).code == "too-large"


def test_a_directory_that_says_less_than_it_holds_gives_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_MEMBERS", 5)
    packed = bytearray(zipped(GOOD))
    at = packed.rindex(b"PK\x05\x06")
    packed[at + 8 : at + 12] = struct.pack("<2H", 1, 1)

    assert refused(bytes(packed)).code in ("too-large", "bad-package")


@pytest.mark.parametrize("cut", [4, 30, 200, 500])
def test_a_package_that_is_cut_off_is_refused(cut: int) -> None:
    assert "cut off" in str(refused(zipped(GOOD)[:-cut]))


def test_the_large_form_of_a_zip_is_refused() -> None:
    assert "large form" in str(refused(zipped(GOOD)[:-22] + b"PK\x06\x06" + b"\0" * 52 + zipped(GOOD)[-22:]))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"interlock-plan.json": b"{}"}, "format"),
        ({"interlock-plan.json": b"["}, "not in order"),
        ({"interlock-plan.json": manifest(format=2)}, "format 2"),
        ({"interlock-plan.json": manifest(serial="x")}, "not in order"),
    ],
)
def test_a_manifest_that_is_not_in_order_is_refused(changed: dict[str, bytes], says: str) -> None:
    assert says in str(refused(zipped({**GOOD, **changed})))


def test_a_package_without_a_plan_is_refused() -> None:
    assert "no `plan.json`" in str(refused(zipped({name: raw for name, raw in GOOD.items() if name != "plan.json"})))
