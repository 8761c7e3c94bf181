"""People's signing keys: sealed under a passphrase, opened by it alone, weakened never."""

import json
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interlock.errors import BadInput, Conflict, KeyLost, Unauthenticated
from interlock.identify import keys
from interlock.identify.keys import Cost, check_passphrase, create_key, open_key

CHEAP = Cost(2**4)
PHRASE = "four random words do well"


def counting():
    drawn = [0]

    def entropy(size):
        drawn[0] += 1
        return drawn[0].to_bytes(size, "big")

    return entropy


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "ada.key"
    create_key(place, "ada", PHRASE, entropy=counting(), cost=CHEAP)
    return place


def rewrite(path, change):
    """The same file with something else in it, spelled as we spell it."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n")


def spelled(cost):
    """A cost as it stands in a file."""
    return json.loads(keys.canonical(cost))


def test_what_was_made_is_what_is_opened(tmp_path):
    """The key that signs is the one whose public half was given at first."""
    made = create_key(tmp_path / "k", "ada", PHRASE, entropy=counting(), cost=CHEAP)
    opened = open_key(tmp_path / "k", PHRASE, least=CHEAP)
    assert (opened.name, opened.public) == ("ada", made.public)
    Ed25519PrivateKey.from_private_bytes((1).to_bytes(32, "big")).public_key().verify(opened.private.sign(b"x"), b"x")


def test_the_usual_cost_is_within_what_is_opened(tmp_path):
    """A key made without further ado is opened without further ado."""
    create_key(tmp_path / "k", "ada", PHRASE, entropy=counting())
    assert open_key(tmp_path / "k", PHRASE).name == "ada"


def test_a_wrong_passphrase_is_said_and_not_repeated(path):
    """Unauthenticated, and the words that were tried stand nowhere in it."""
    with pytest.raises(Unauthenticated) as caught:
        open_key(path, "five other words entirely", least=CHEAP)
    assert caught.value.code == "wrong-passphrase"
    assert "words entirely" not in repr(caught.value) + str(caught.value) + repr(caught.value.__cause__)


def test_a_passphrase_is_the_same_on_every_keyboard(tmp_path):
    """Composed or decomposed letters open the same file."""
    create_key(tmp_path / "k", "ada", "caf\u00e9 au lait s'il", entropy=counting(), cost=CHEAP)
    assert open_key(tmp_path / "k", "cafe\u0301 au lait s'il", least=CHEAP)


def test_neither_key_nor_passphrase_is_in_the_file_or_in_a_repr(path):
    """The seed is only there under seal."""
    opened = open_key(path, PHRASE, least=CHEAP)
    seed = opened.private.private_bytes_raw()
    assert b64encode(seed) not in path.read_bytes()
    assert seed not in path.read_bytes()
    assert PHRASE not in path.read_text()
    assert b64encode(seed).decode() not in repr(opened)
    assert seed.hex() not in repr(opened)


@pytest.mark.parametrize("cost", [Cost(2**3), Cost(2**4, 7), Cost(2**4, 8, 0)])
def test_a_file_that_is_cheaper_to_guess_at_than_the_least_is_refused(tmp_path, path, cost):
    """Whoever weakens a file, or made it weak, gets nowhere."""
    rewrite(path, lambda content: content["header"].update(cost=spelled(cost)))
    with pytest.raises(KeyLost) as caught:
        open_key(path, PHRASE, least=CHEAP)
    assert "too weakly" in caught.value.message


def test_the_least_is_what_it_is_by_default(path):
    """A file at the tests' cost does not open without the tests' leave."""
    with pytest.raises(KeyLost) as caught:
        open_key(path, PHRASE)
    assert "too weakly" in caught.value.message
    assert (keys.LEAST.n, keys.LEAST.r, keys.LEAST.p) == (2**15, 8, 1)


@pytest.mark.parametrize("cost", [Cost(2**21), Cost(2**4, 9), Cost(2**4, 8, 5), Cost(2**4 + 1)])
def test_a_file_that_asks_for_endless_work_is_refused_before_it_is_done(path, cost):
    """A planted file cannot eat the machine; n is a power of two."""
    rewrite(path, lambda content: content["header"].update(cost=spelled(cost)))
    with pytest.raises(KeyLost) as caught:
        open_key(path, PHRASE, least=CHEAP)
    assert "more work" in caught.value.message


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["header"].update(name="bob"),
        lambda content: content["header"].update(public_key=b64encode(b"\x01" * 32).decode()),
        lambda content: content["header"].update(salt=b64encode(b"\x01" * 16).decode()),
        lambda content: content["header"].update(nonce=b64encode(b"\x01" * 12).decode()),
        lambda content: content["header"].update(cost={"n": 32}),
        lambda content: content.update(sealed=b64encode(b"\x01" * 48).decode()),
    ],
)
def test_the_seal_covers_everything_in_the_file(path, change):
    """A file with another name, key, salt, nonce or cost does not open with the right passphrase."""
    rewrite(path, change)
    with pytest.raises(Unauthenticated):
        open_key(path, PHRASE, least=CHEAP)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["header"].update(format="interlock/v0/person-key"),
        lambda content: content["header"].update(public_key=b64encode(b"\x01" * 31).decode()),
        lambda content: content.update(sealed=b64encode(b"\x01" * 47).decode()),
        lambda content: content.update(more="x"),
        lambda content: content.pop("sealed"),
    ],
)
def test_a_file_of_another_shape_is_no_key(path, change):
    """Other formats, sizes and fields are refused before any work is done."""
    rewrite(path, change)
    with pytest.raises(KeyLost):
        open_key(path, PHRASE, least=CHEAP)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"[" * 5000, b"null", b'{"header":1,"sealed":2}'])
def test_garbage_is_no_key(path, content):
    """One clear error."""
    path.write_bytes(content)
    with pytest.raises(KeyLost):
        open_key(path, PHRASE, least=CHEAP)


def test_a_file_is_spelled_in_one_way(path):
    """A doubled field, of which one reader sees the first and another the second, is no key file."""
    text = path.read_text()
    path.write_text(text.replace('{"header"', '{"sealed":"AAAA","header"', 1))
    with pytest.raises(KeyLost):
        open_key(path, PHRASE, least=CHEAP)


def test_a_seal_over_another_keys_name_is_noticed(tmp_path):
    """A file whose header, rightly sealed, names a public key that is not the sealed one's is refused."""
    seed, salt, nonce = b"\x05" * 32, b"\x06" * 16, b"\x07" * 12
    header = keys._Header(keys._FORMAT, "ada", b"\x09" * 32, CHEAP, salt, nonce)
    sealed = keys._cipher(PHRASE, header).encrypt(nonce, seed, keys.canonical(header))
    keys.keyfile.create(tmp_path / "k", keys.canonical(keys._File(header, sealed)))
    with pytest.raises(KeyLost) as caught:
        open_key(tmp_path / "k", PHRASE, least=CHEAP)
    assert "another public key" in caught.value.message


@pytest.mark.parametrize("phrase", ["", "short words", "aaaaaaaaaaaaaaaa", "abababababab", "x1y2z" * 300, "  " * 10])
def test_a_passphrase_that_could_be_guessed_is_refused(phrase):
    """Too short, too uniform or endless; the error says what is wanted and not what was tried."""
    with pytest.raises(BadInput) as caught:
        check_passphrase(phrase, "ada")
    assert caught.value.code == "weak-passphrase"
    assert "12" in caught.value.hint
    assert not phrase.strip() or phrase not in str(caught.value)


@pytest.mark.parametrize("phrase", ["theodosia-2026", "TheodosiaTheodosia", "theodosia 12345"])
def test_a_passphrase_is_not_ones_own_name(phrase):
    """The name with digits behind it is the first guess."""
    with pytest.raises(BadInput):
        check_passphrase(phrase, "theodosia")
    check_passphrase(phrase, "ada")


def test_twelve_characters_will_do():
    """No rules about kinds of characters."""
    check_passphrase("orchard lamp", "ada")
    check_passphrase("aaaaaaaabcde", "ada")
    check_passphrase("abcde" * 204 + "abcd", "ada")


def test_digits_alone_are_no_passphrase():
    """A date, a telephone number, a card: with or without a name to compare."""
    for name in ("ada", ""):
        with pytest.raises(BadInput):
            check_passphrase("1815-12-10 1852", name)


def test_a_weak_passphrase_writes_nothing(tmp_path):
    """There is no file then."""
    with pytest.raises(BadInput):
        create_key(tmp_path / "k", "ada", "ada", entropy=counting(), cost=CHEAP)
    assert not (tmp_path / "k").exists()


def test_a_key_file_is_made_once(path):
    """A second key under the same name would lose the first."""
    with pytest.raises(Conflict):
        create_key(path, "ada", PHRASE, entropy=counting(), cost=CHEAP)


def test_salt_nonce_and_seed_are_drawn_apart(path):
    """Three draws, in the sizes that they need."""
    header = json.loads(path.read_text())["header"]
    assert b64decode(header["salt"]) == (2).to_bytes(16, "big")
    assert b64decode(header["nonce"]) == (3).to_bytes(12, "big")
