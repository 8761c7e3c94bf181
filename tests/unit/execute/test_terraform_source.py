"""Source archives: the same folder gives the same bytes, and no archive reaches out of the folder it is put into."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from interlock.errors import BadProposal
from interlock.execute.terraform.source import MAX_BYTES, MAX_FILES, pack, unpack, write


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return whole.getvalue()


def member(name: str, content: bytes = b"x", type_: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.size = len(content) if type_ == tarfile.REGTYPE else 0
    info.type, info.linkname = type_, link
    return archive((info, content))


def test_a_folder_gives_the_same_bytes_whenever_and_by_whomever_it_was_written(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "child").mkdir(parents=True)
    for name, order in (("one", ("main.tf", "child/x.tf")), ("two", ("child/x.tf", "main.tf"))):
        for file in order:
            (tmp_path / name / file).write_text(file)
    os.utime(tmp_path / "two" / "main.tf", (1, 1))
    (tmp_path / "two" / "main.tf").chmod(0o600)

    assert pack(tmp_path / "one") == pack(tmp_path / "two")
    assert unpack(pack(tmp_path / "one")) == {"child/x.tf": b"child/x.tf", "main.tf": b"main.tf"}


@pytest.mark.parametrize(
    "name",
    [
        ".terraform/environment", ".git/config", "terraform.tfstate", "terraform.tfstate.backup", "crash.log",
        "crash.1.log", "old.tfplan", ".interlock/x", "child/terraform.tfstate.d/dev/terraform.tfstate",
    ],
)  # fmt: skip
def test_what_the_tool_makes_for_itself_stays_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("x")
    (tmp_path / "main.tf").write_text("y")

    assert unpack(pack(tmp_path)) == {"main.tf": b"y"}


@pytest.mark.parametrize("name", [".terraformrc", "x/credentials.tfrc.json", ".netrc", "id_rsa", "key.pem", ".env"])
def test_what_looks_like_a_credential_or_a_setting_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("x")

    with pytest.raises(BadProposal, match="cannot be part of a source"):
        pack(tmp_path)


def test_a_link_out_of_the_folder_is_refused_and_one_within_counts_as_its_file(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.write_text("secret")
    inside.mkdir()
    (inside / "main.tf").write_text("x")
    (inside / "same.tf").symlink_to("main.tf")

    assert unpack(pack(inside))["same.tf"] == b"x"
    for target in (outside, tmp_path, Path("/etc/passwd")):
        (inside / "link.tf").symlink_to(target)
        with pytest.raises(BadProposal, match="a link cannot be proposed"):
            pack(inside)
        (inside / "link.tf").unlink()


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("x")
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(BadProposal, match="no plain file"):
        pack(tmp_path)


@pytest.mark.parametrize("folder", ["nothing", "empty"])
def test_a_folder_without_files_is_no_source(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(BadProposal):
        pack(tmp_path / folder)


@pytest.mark.parametrize(
    "name",
    [
        "../x.tf", "/etc/x.tf", "a/../../x.tf", "a//b.tf", "./x.tf", "a/./b.tf", "x\n.tf", "a\\b.tf", "a" * 300,
        "/".join("a" * 40), ".terraform/environment", "terraform.tfstate", "a/.terraformrc", ".interlock-state/x",
        "override.tf", "zzz_interlock_override.tf.json", "A_Override.TF", "x_override.tofu", "override.tf.json",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_or_belongs_to_others_is_refused(name: str) -> None:
    with pytest.raises(BadProposal):
        unpack(member(name))


@pytest.mark.parametrize(
    "type_", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.CONTTYPE]
)
def test_only_plain_files_are_unpacked(type_: bytes) -> None:
    if type_ == tarfile.CONTTYPE:
        pytest.skip("a contiguous file is a plain file")
    with pytest.raises(BadProposal, match="no plain file"):
        unpack(member("main.tf", type_=type_, link="/etc/passwd"))


def test_a_link_and_a_file_behind_it_do_not_leave_the_folder() -> None:
    link, file = tarfile.TarInfo("d"), tarfile.TarInfo("d/x.tf")
    link.type, link.linkname, file.size = tarfile.SYMTYPE, "/tmp", 1

    with pytest.raises(BadProposal):
        unpack(archive((link, b""), (file, b"x")))


def test_one_name_twice_or_a_file_that_is_a_folder_too_is_refused() -> None:
    def info(name: str) -> tuple[tarfile.TarInfo, bytes]:
        made = tarfile.TarInfo(name)
        made.size = 1
        return made, b"x"

    with pytest.raises(BadProposal, match="twice"):
        unpack(archive(info("main.tf"), info("main.tf")))
    with pytest.raises(BadProposal, match="both a file and a folder"):
        unpack(archive(info("a"), info("a/b.tf")))


@pytest.mark.parametrize("raw", [b"", b"x", b"PK\x03\x04", b"\0" * 10240, b"\x1f\x8b" + b"x" * 600])
def test_what_is_no_plain_tar_is_refused(raw: bytes) -> None:
    with pytest.raises(BadProposal):
        unpack(raw)


def test_a_compressed_archive_is_not_unpacked(tmp_path: Path) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("main.tf"), io.BytesIO())

    with pytest.raises(BadProposal):
        unpack(whole.getvalue())


def test_sizes_are_checked_before_anything_is_read() -> None:
    huge = tarfile.TarInfo("main.tf")
    huge.size = MAX_BYTES + 1

    with pytest.raises(BadProposal, match="at most"):
        unpack(huge.tobuf(tarfile.PAX_FORMAT) + b"\0" * 1024)
    many = [(tarfile.TarInfo(f"{number}.tf"), b"") for number in range(MAX_FILES + 1)]
    with pytest.raises(BadProposal, match="files"):
        unpack(archive(*many))


def test_files_are_written_into_the_folder_alone(tmp_path: Path) -> None:
    write({"a/b/c.tf": b"x", "main.tf": b"y"}, tmp_path)

    assert (tmp_path / "a" / "b" / "c.tf").read_bytes() == b"x"
