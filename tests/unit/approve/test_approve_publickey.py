"""Public keys as text: one spelling, the right size, and none that signs for everybody."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interlock.approve import publickey
from interlock.approve.publickey import public_key, signed_by, strict_base64
from interlock.errors import BadInput

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PRIME = 2**255 - 19


def spelled(number):
    return b64encode(number.to_bytes(32, "little")).decode()


def test_a_real_key_is_taken():
    """The text of a real key gives that key."""
    raw = KEY.public_key().public_bytes_raw()
    assert public_key(b64encode(raw).decode()).public_bytes_raw() == raw


@pytest.mark.parametrize("sign_bit", [0, 2**255])
@pytest.mark.parametrize("y", sorted(publickey._SMALL_ORDER))
def test_a_key_of_small_order_is_refused(y, sign_bit):
    """Under such a key one signature can hold for every message."""
    with pytest.raises(BadInput):
        public_key(spelled(y + sign_bit))


def test_the_identity_would_really_sign_for_everybody():
    """Why small orders are refused: the library below takes this signature for any message at all."""
    identity = (1).to_bytes(32, "little")
    weak = publickey.Ed25519PublicKey.from_public_bytes(identity)
    weak.verify(identity + bytes(32), b"anything")
    weak.verify(identity + bytes(32), b"anything else")


@pytest.mark.parametrize("y", [PRIME, PRIME + 1, PRIME + 3, 2**255 - 1, 2, 2 + 2**255])
def test_a_key_that_is_no_canonical_point_is_refused(y):
    """Coordinates past the prime are second spellings; others are on no curve."""
    with pytest.raises(BadInput):
        public_key(spelled(y))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.rstrip("="),
        lambda text: text + "=",
        lambda text: text[:-2] + chr(ord(text[-2]) + 1) + "=",
        lambda text: text.replace("+", "-").replace("/", "_") + ("" if set(text) & set("+/") else "-"),
        lambda text: text[:-4],
        lambda text: text + "AAAA",
        lambda text: "",
        lambda text: text + "é",
    ],
)
def test_only_the_one_spelling_is_taken(change):
    """Whitespace, missing or more padding, trailing bits, the other alphabet and other lengths are refused."""
    text = b64encode(b"\xff" * 32).decode()
    assert strict_base64(text, 32) == b"\xff" * 32
    with pytest.raises(BadInput):
        strict_base64(change(text), 32)


def test_a_signature_holds_for_its_message_and_key_alone():
    """Another message, another key, another spelling or no signature at all: it does not hold."""
    signature = b64encode(KEY.sign(b"yes")).decode()
    other = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32).public_key()

    assert signed_by(KEY.public_key(), signature, b"yes")
    assert not signed_by(KEY.public_key(), signature, b"no")
    assert not signed_by(other, signature, b"yes")
    assert not signed_by(KEY.public_key(), signature + "\n", b"yes")
    assert not signed_by(KEY.public_key(), "", b"yes")


def test_a_signature_with_a_second_form_does_not_hold():
    """Adding the group's order to s gives another text of the same signature; it is refused."""
    raw = KEY.sign(b"yes")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(raw[32:], "little") + order
    assert not signed_by(KEY.public_key(), b64encode(raw[:32] + s.to_bytes(32, "little")).decode(), b"yes")
