"""Where policy files come from, and that what cannot be read is refused with its place."""

import pytest

from interlock.errors import BadPolicy
from interlock.policy.starter import read_directory, read_text, starter_cases, starter_files
from interlock.policy.text import MAX_BYTES


def test_the_starter_set_ships_with_its_cases():
    files = starter_files()

    assert all(name.endswith(".cedar") and text for name, text in files.items())
    assert list(files) == sorted(files)
    assert len(files) >= 7
    assert "[[case]]" in starter_cases()


def test_only_the_cedar_files_right_in_a_directory_are_read(tmp_path):
    (tmp_path / "b.cedar").write_text("// ö", encoding="utf-8")
    (tmp_path / "a.cedar").write_bytes(b"// a\r\n")
    (tmp_path / "cases.toml").write_text("")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "c.cedar").write_text("")

    assert read_directory(tmp_path) == {"a.cedar": "// a\r\n", "b.cedar": "// ö"}


def refused(path, read=read_directory):
    with pytest.raises(BadPolicy) as caught:
        read(path)
    return caught.value


def test_a_missing_and_an_empty_directory_are_refused(tmp_path):
    assert refused(tmp_path / "none").code == "policy-none"
    assert refused(tmp_path).code == "policy-none"


def test_text_that_is_not_utf8_is_refused_with_its_place(tmp_path):
    (tmp_path / "a.cedar").write_bytes("// ö\n// ".encode() + b"\xff")

    problem = refused(tmp_path)

    assert (problem.code, problem.where) == ("policy-encoding", f"{tmp_path / 'a.cedar'}:2:4")


def test_a_file_that_is_too_large_is_refused_without_reading_all_of_it(tmp_path):
    (tmp_path / "a.cedar").write_bytes(b" " * (MAX_BYTES + 1))

    assert refused(tmp_path).code == "policy-too-large"


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "a.cedar").mkdir()

    assert refused(tmp_path).code == "policy-unreadable"
    assert refused(tmp_path / "gone.cedar", read_text).code == "policy-unreadable"
