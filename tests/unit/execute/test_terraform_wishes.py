"""Plans in parts: wishes travel in the payload, shape the plan, and are told beside what they leave out."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from tests.unit.execute.terraform_world import TerraformWorld, head, require_terraform, resources

from interlock.errors import BadProposal
from interlock.execute.planners import packed
from interlock.execute.terraform.keep import applied
from interlock.execute.terraform.package import changes, unpack
from interlock.execute.terraform.plan import TerraformPlanner
from interlock.execute.terraform.setting import setting_of
from interlock.execute.terraform.source import opened, pack, wishes_in
from interlock.execute.terraform.wishes import MAX_ADDRESSES, MEMBER, Wishes, read, written
from interlock.model.change import Change
from interlock.read.readers import reader_for


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text("# nothing\n")
    return tmp_path / "infra"


@pytest.fixture
def world(tmp_path: Path) -> TerraformWorld:
    require_terraform()
    return TerraformWorld(tmp_path)


def change(payload: bytes) -> Change:
    return reader_for("terraform")(payload, "", "staging").change


def said(payload: bytes) -> list[str]:
    return [signal.detail for signal in change(payload).signals if signal.name == "partial-plan"]


def test_the_same_folder_asked_for_otherwise_is_another_payload(folder: Path) -> None:
    plain, part = pack(folder), pack(folder, Wishes(only=("terraform_data.a",)))

    assert plain != part
    assert opened(part)[0] == opened(plain)[0]
    assert wishes_in(part) == Wishes(only=("terraform_data.a",))
    assert not wishes_in(plain)


def test_a_file_of_the_folder_cannot_be_taken_for_wishes(folder: Path) -> None:
    (folder / MEMBER).write_bytes(written(Wishes(destroy=True)))

    assert not wishes_in(pack(folder))


def test_people_read_first_how_it_was_asked_for(folder: Path) -> None:
    text = TerraformPlanner().text(pack(folder, Wishes(only=("a.b",), replace=('c.d["x"]',))))

    assert text.startswith(b'# planned with -target=a.b -replace=c.d["x"]\n')


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(only=("-destroy",)),
        Wishes(only=("",)),
        Wishes(only=("a.b\n-destroy",)),
        Wishes(replace=("a.b\x00",)),
        Wishes(only=("a" * 501,)),
        Wishes(only=("a.b",) * (MAX_ADDRESSES + 1)),
        Wishes(destroy=True, replace=("a.b",)),
    ],
)
def test_what_is_no_address_or_does_not_go_together_is_refused(folder: Path, wishes: Wishes) -> None:
    with pytest.raises(BadProposal) as caught:
        pack(folder, wishes)

    assert caught.value.code == "bad-wishes"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"{}", b'{"destroy":false}', b'{"destroy":true,"lock":false}', b'{ "destroy":true}',
        b'{"only":["-refresh=false"]}', b'{"only":"a.b"}', b'{"destroy":true}\n',
    ],
)  # fmt: skip
def test_wishes_that_we_would_not_have_written_are_refused(content: bytes) -> None:
    with pytest.raises(BadProposal):
        read(content)


@pytest.mark.parametrize("name", [f"child/{MEMBER}", f"./{MEMBER}", ".interlock-wishes.JSON", ".interlock-x"])
def test_wishes_stand_in_one_place_only(name: str) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, content in (("main.tf", b"x"), (name, written(Wishes(destroy=True)))):
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))

    with pytest.raises(BadProposal):
        opened(whole.getvalue())


def test_wishes_alone_are_no_source() -> None:
    whole = io.BytesIO()
    content = written(Wishes(destroy=True))
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo(MEMBER)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))

    with pytest.raises(BadProposal):
        opened(whole.getvalue())


def test_another_kind_of_proposal_takes_no_wishes(folder: Path) -> None:
    with pytest.raises(BadProposal, match="not planned in parts"):
        packed("aws", folder, destroy=True)


def test_a_part_is_planned_and_applied_alone_and_says_that_it_is_a_part(world: TerraformWorld) -> None:
    payload = world.asked(resources(a="x", b="y"), only=("terraform_data.a",))

    assert head(payload).arguments == ("-refresh=true", "-target=terraform_data.a")
    assert list(changes(unpack(payload).plan)) == ["terraform_data.a"]
    assert any("it was made for targets alone: `terraform_data.a`" in each for each in said(payload))
    assert world.rehearse(payload).rollback.verdict == "valid"
    world.execute(world.order(payload))
    assert world.inputs() == {"a": "x"}


def test_after_a_part_nobody_says_which_configuration_stands(world: TerraformWorld) -> None:
    """What was left out would count as taken away again when the way back of the next change is planned."""
    world.execute(world.order(world.asked(resources(a="x", b="y"), only=("terraform_data.a",)), "c1"))
    payload = world.plan(resources(a="z"))

    assert applied(setting_of(world.target), unpack(payload).head.identity) is None
    assert world.rehearse(payload).rollback.verdict == "unknown"


def test_what_a_part_changed_is_undone_by_the_configuration_from_before(world: TerraformWorld) -> None:
    world.run(resources(a="x", b="y"), "c1")
    payload = world.asked(resources(a="x2", b="y2"), only=("terraform_data.a",))
    proof = world.rehearse(payload).rollback
    order = world.order(payload, "c2")
    steps = world.execute(order)

    assert world.inputs() == {"a": "x2", "b": "y"}
    assert (proof.verdict, proof.simulated) == ("valid", True)
    world.undo(order, steps)
    assert world.inputs() == {"a": "x", "b": "y"}


def test_a_replacement_that_is_asked_for_is_one_and_says_so(world: TerraformWorld) -> None:
    world.run(resources(a="x", b="y"), "c1")
    payload = world.asked(resources(a="x", b="y"), replace=("terraform_data.a",))

    assert changes(unpack(payload).plan) == {"terraform_data.a": ("delete", "create")}
    assert any("replacements were asked for: `terraform_data.a`" in each for each in said(payload))
    assert [effect.verb for effect in change(payload).effects] == ["replace"]
    world.execute(world.order(payload, "c2"))
    assert applied(setting_of(world.target), head(world.plan(resources(a="x", b="y"))).identity) is not None


def test_destroying_everything_names_everything_and_comes_back_empty(world: TerraformWorld) -> None:
    world.run(resources(a="x", b="y"), "c1")
    payload = world.asked(resources(a="x", b="y"), destroy=True)
    proof = world.rehearse(payload).rollback
    order = world.order(payload, "c2")
    steps = world.execute(order)

    assert sorted((effect.verb, effect.resource.name) for effect in change(payload).effects) == [
        ("delete", "terraform_data.a"),
        ("delete", "terraform_data.b"),
    ]
    assert proof.verdict == "valid-with-loss"
    assert world.inputs() == {}
    world.undo(order, steps)
    assert world.inputs() == {"a": "x", "b": "y"}


def test_a_part_that_is_not_there_is_told_and_changes_nothing(world: TerraformWorld) -> None:
    payload = world.asked(resources(a="x"), only=("terraform_data.other",))

    assert changes(unpack(payload).plan) == {}
    assert change(payload).unknown
