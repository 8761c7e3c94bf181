"""A verifier written from docs/ledger-format.md alone agrees with ours, on good exports and on broken ones.

`stranger` uses the standard library and `cryptography`, and nothing of Interlock.
"""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.ledger.audit import verify
from interlock.ledger.export import export
from interlock.ledger.log import Item, open_ledger
from interlock.ledger.note import Signer

SIGNER = Signer("ledger.example/exported", bytes(range(32)))
VKEY = str(SIGNER.verifier)


def stranger(data: bytes, vkey: str) -> tuple[int, str]:
    """Size and root (hex) of an export that verifies under the key; ValueError when it does not."""
    lines = data.decode("utf-8").split("\n")
    if lines.pop() != "":
        raise ValueError("the last line has no end")
    header, *entries, last = (json.loads(line, object_pairs_hook=members) for line in lines)
    if set(header) != {"format", "origin", "vkey"} or header["format"] != "interlock-ledger-export/1":
        raise ValueError("not an export")
    if header["vkey"] != vkey or header["origin"] != vkey.split("+", maxsplit=1)[0]:
        raise ValueError("another key")
    hashes, tails = [], {}
    for number, entry in enumerate(entries):
        if set(entry) != {"index", "stream", "position", "data"}:
            raise ValueError("not an entry")
        index, stream, position = entry["index"], entry["stream"], entry["position"]
        if type(index) is not int or type(position) is not int or not isinstance(stream, str):
            raise ValueError("not of the right types")
        if index != number or position != tails.get(stream, 0):
            raise ValueError("a gap")
        tails[stream] = position + 1
        name, content = stream.encode(), unbase64(entry["data"])
        leaf = b"\x01" + len(name).to_bytes(2, "big") + name + position.to_bytes(8, "big") + content
        hashes.append(hashlib.sha256(b"\x00" + leaf).digest())
    root = tree(hashes)
    if set(last) != {"checkpoint"}:
        raise ValueError("no checkpoint")
    check_note(last["checkpoint"], vkey, len(hashes), root)
    return len(hashes), root.hex()


def members(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a member twice")
    return dict(pairs)


def unbase64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical")
    return data


def tree(hashes: list[bytes]) -> bytes:
    if not hashes:
        return hashlib.sha256(b"").digest()
    while len(hashes) > 1:
        pairs = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(hashes[::2], hashes[1::2], strict=False)]
        hashes = pairs + ([hashes[-1]] if len(hashes) % 2 else [])
    return hashes[0]


def check_note(note: str, vkey: str, size: int, root: bytes) -> None:
    name, identity, material = vkey.split("+", 2)
    key = unbase64(material)
    if hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() != identity or key[0] != 1:
        raise ValueError("the key does not fit its name")
    text, _, signatures = note.rpartition("\n\n")
    if text + "\n" != f"{name}\n{size}\n{base64.b64encode(root).decode()}\n":
        raise ValueError("the checkpoint is of other entries")
    found = False
    for line in signatures.split("\n")[:-1]:
        dash, signer, value = line.split(" ")
        raw = unbase64(value)
        if dash != "—":
            raise ValueError("not a signature line")
        if signer == name and raw[:4].hex() == identity:
            try:
                Ed25519PublicKey.from_public_bytes(key[1:]).verify(raw[4:], (text + "\n").encode())
            except InvalidSignature:
                raise ValueError("a false signature") from None
            found = True
    if not found:
        raise ValueError("not signed")


def exported(path, items):
    with open_ledger(f"sqlite:///{path}", signer=SIGNER) as ledger:
        if items:
            ledger.append(items)
        return b"".join(export(ledger.store))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 1000])
def test_a_stranger_comes_to_the_same_root(tmp_path, size):
    items = [Item(f"Straße/{number % 7}", None, bytes([number % 256]) * (number % 50)) for number in range(size)]
    data = exported(tmp_path / "ledger.db", items)
    (tmp_path / "export").write_bytes(data)
    report = verify(tmp_path / "export", vkey=VKEY)

    assert report.ok, report.problems
    assert stranger(data, VKEY) == (report.size, report.root)
    assert b"".join(export(tmp_path / "ledger.db")) == data


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_stranger_and_we_refuse_the_same_broken_exports(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("twin")
    good = exported(folder / "ledger.db", [Item("a", None, b"%d" % number) for number in range(5)])
    at = data.draw(st.integers(0, len(good) - 1))
    how = data.draw(st.sampled_from(["flip", "drop", "double", "cut"]))
    broken = {
        "flip": good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :],
        "drop": good[:at] + good[at + 1 :],
        "double": good[:at] + good[at : at + 1] + good[at:],
        "cut": good[:at],
    }[how]
    (folder / "export").write_bytes(broken)
    ours = verify(folder / "export", vkey=VKEY).ok
    try:
        stranger(broken, VKEY)
        theirs = True
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        theirs = False

    assert ours == theirs
