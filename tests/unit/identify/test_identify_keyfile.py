"""Key files: made once, for their owner alone, and not read when they are anything else."""

import errno
import os
import stat
from pathlib import Path

import pytest

from interlock.errors import Conflict, KeyLost
from interlock.identify import keyfile
from interlock.ledger.keys import load_signer


def test_a_new_key_file_is_its_owners_alone_whatever_the_umask(tmp_path):
    """Mode 0600, neither more nor less."""
    path = tmp_path / "key"
    old = os.umask(0o777)
    try:
        keyfile.create(path, b"secret")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyfile.read(path) == b"secret"


def test_a_key_is_never_written_over(tmp_path):
    """Neither a file nor a link that points nowhere yet."""
    path = tmp_path / "key"
    keyfile.create(path, b"first")
    with pytest.raises(Conflict):
        keyfile.create(path, b"second")
    assert keyfile.read(path) == b"first"

    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict):
        keyfile.create(link, b"third")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_is_a_lost_key(tmp_path):
    """One clear error with the path."""
    with pytest.raises(KeyLost) as caught:
        keyfile.create(tmp_path / "no" / "key", b"x")
    assert str(tmp_path / "no" / "key") in str(caught.value)


def test_half_a_key_is_not_left_behind(tmp_path, monkeypatch):
    """When the disk fails under it, the file is gone again and can be made anew."""

    def full(_handle):
        raise OSError(28, "No space left on device")

    path = tmp_path / "key"
    monkeypatch.setattr(keyfile.os, "fsync", full)
    with pytest.raises(KeyLost):
        keyfile.create(path, b"x")
    monkeypatch.undo()
    keyfile.create(path, b"y")
    assert keyfile.read(path) == b"y"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666])
def test_a_key_that_others_can_touch_is_lost(tmp_path, mode):
    """Read, write or execute, group or world."""
    path = tmp_path / "key"
    keyfile.create(path, b"x")
    path.chmod(mode)
    with pytest.raises(KeyLost) as caught:
        keyfile.read(path)
    assert f"{mode:04o}" in caught.value.message


def test_a_symbolic_link_is_not_followed(tmp_path):
    """Be it to a proper key."""
    keyfile.create(tmp_path / "key", b"x")
    (tmp_path / "link").symlink_to(tmp_path / "key")
    with pytest.raises(KeyLost) as caught:
        keyfile.read(tmp_path / "link")
    assert "is a symbolic link" in caught.value.message


def test_what_is_no_regular_file_is_not_read(tmp_path):
    """A pipe does not make us wait, a folder does not confuse us, nothing is nothing."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    for name, said in (("pipe", "no regular file"), ("folder", "no regular file"), ("nothing", "cannot be opened: No")):
        with pytest.raises(KeyLost) as caught:
            keyfile.read(tmp_path / name)
        assert said in caught.value.message


def test_a_key_of_another_user_is_not_read(tmp_path, monkeypatch):
    """Who owns the file can change it."""
    keyfile.create(tmp_path / "key", b"x")
    monkeypatch.setattr(keyfile.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(KeyLost) as caught:
        keyfile.read(tmp_path / "key")
    assert "another user" in caught.value.message


def test_an_endless_file_is_not_read_to_its_end(tmp_path):
    """Keys are small."""
    keyfile.create(tmp_path / "large", b"x" * (keyfile.MAX_KEY_FILE + 1))
    keyfile.create(tmp_path / "fits", b"x" * keyfile.MAX_KEY_FILE)
    with pytest.raises(KeyLost):
        keyfile.read(tmp_path / "large")
    assert len(keyfile.read(tmp_path / "fits")) == keyfile.MAX_KEY_FILE


def test_a_key_in_a_folder_that_cannot_be_entered_is_lost_in_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> object:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "a.key"))

    for name in ("open", "stat", "lstat"):
        monkeypatch.setattr(os, name, denied)
    found = []
    for read in (keyfile.read, load_signer):
        with pytest.raises(KeyLost) as lost:
            read(tmp_path / "a.key")
        found.append(lost.value.message)
    monkeypatch.undo()

    assert found == [
        "the key file cannot be opened: Permission denied",
        "the key cannot be used: permission denied",
    ]
