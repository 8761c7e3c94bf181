"""Signed notes, keys, checkpoints and cosignatures: the examples of the C2SP texts, and every way to be malformed."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.errors import BadConfiguration, BadInput, Corrupt, KeyLost
from interlock.ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from interlock.ledger.highwater import HighWater
from interlock.ledger.keys import (
    create_master,
    create_signer,
    load_master,
    load_signer,
    load_verifier,
)
from interlock.ledger.note import (
    COSIGNATURE,
    MAX_NOTE,
    Signer,
    Verifier,
    parse_note,
    parse_signer,
    parse_verifier,
)
from interlock.ledger.tree import EMPTY_ROOT, Frontier, consistency_proof, leaf_hash
from interlock.ledger.witness import (
    answer_request,
    cosign,
    cosignatures,
    parse_request,
    request_text,
)

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
LOG = Signer("log.example/1", bytes(range(32)))
WITNESS = Signer("witness.example/w1", bytes(range(32, 64)), COSIGNATURE)
SECOND = Signer("witness.example/w2", bytes(range(64, 96)), COSIGNATURE)


def head(size):
    frontier = Frontier()
    for number in range(size):
        frontier.append(leaf_hash(b"%d" % number))
    return sign_checkpoint(size, frontier.root(), LOG)


def proof(old, new):
    def subtree(level, index):
        frontier = Frontier()
        for number in range(index << level, (index + 1) << level):
            frontier.append(leaf_hash(b"%d" % number))
        return frontier.root()

    return consistency_proof(old, new, subtree)


def test_the_example_of_the_signed_note_text_verifies():
    verifier = parse_verifier(VKEY)

    assert str(verifier) == VKEY
    assert verifier.verify_note(parse_note(NOTE))
    assert not verifier.verify_note(parse_note(NOTE.replace("example message", "example  message")))


def test_the_example_of_the_checkpoint_text_is_read():
    text = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
        "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    checkpoint = parse_checkpoint(parse_note(text))

    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)


def test_what_a_signer_signs_its_verifier_verifies_and_no_other():
    note = parse_note(LOG.sign_note("text\n\nmore\n"))

    assert note.text == "text\n\nmore\n"
    assert LOG.verifier.verify_note(note)
    assert not Signer(LOG.name, bytes(32)).verifier.verify_note(note)
    assert not Signer("other.example", bytes(range(32))).verifier.verify_note(note)


def test_a_note_signed_by_unknown_keys_as_well_is_good_and_by_those_alone_is_not():
    stranger = Signer("stranger.example", bytes(32))
    signed = LOG.sign_note("text\n")
    line = stranger.line(stranger.sign(b"text\n"))

    assert LOG.verifier.verify_note(parse_note(signed + line))
    assert not LOG.verifier.verify_note(parse_note("text\n\n" + line))


def test_one_false_signature_of_a_known_key_condemns_the_note_even_beside_a_good_one():
    note = parse_note(LOG.sign_note("text\n") + LOG.line(LOG.sign(b"other\n")))

    assert not LOG.verifier.verify_note(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no signatures\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n— name AAAAAAAA",
        "text\n\n— na+me AAAAAAAA\n",
        "text\n\n— na\u00a0me AAAAAAAA\n",
        "text\n\n—  AAAAAAAA\n",
        "text\n\n— name AAAAAAA=extra\n",
        "text\n\n— name AAAAAAB=\n",
        "text\n\n— name AAAA AAAA\n",
        "te\rxt\n\n— name AAAAAAAA\n",
        "te\x00xt\n\n— name AAAAAAAA\n",
        "te\ud800xt\n\n— name AAAAAAAA\n",
        "text\n\n" + "— name AAAAAAAA\n" * 65,
        "x" * MAX_NOTE + "\n\n— name AAAAAAAA\n",
    ],
)
def test_a_malformed_note_is_bad_input(text):
    with pytest.raises(BadInput) as refused:
        parse_note(text)

    assert refused.value.code == "bad-note"


def test_at_least_sixteen_signatures_are_taken():
    assert len(parse_note("text\n\n" + "— name AAAAAAAA\n" * 16).signatures) == 16


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        VKEY[:-1],
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("example.com", "example.org"),
        VKEY.replace("+Aeky", "+Auky"),
        VKEY + "=",
    ],
)
def test_a_malformed_verifier_key_is_bad_input(text):
    with pytest.raises(BadInput):
        parse_verifier(text)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n1\n",
        "\n1\nAAAA\n",
        "origin\n01\n{root}\n",
        "origin\n+1\n{root}\n",
        "origin\n１\n{root}\n",
        "origin\n-1\n{root}\n",
        "origin\n99999999999999999999\n{root}\n",
        "origin\n9223372036854775807\n{root}\n",
        "origin\n0\n{root}\n",
        "origin\n1\nAAAA\n",
        "origin\n1\nnot base64\n",
        "origin\n1\n{root}\nextension\n",
    ],
)
def test_a_malformed_checkpoint_is_bad_input(text):
    root = Checkpoint("", 1, bytes(32)).text().split("\n")[2]
    with pytest.raises(BadInput):
        parse_checkpoint(parse_note(LOG.sign_note(text.format(root=root))))


def test_a_checkpoint_of_another_log_under_this_key_is_corrupt():
    text = LOG.sign_note(Checkpoint("another.example", 0, EMPTY_ROOT).text())
    with pytest.raises(Corrupt):
        open_checkpoint(text, LOG.verifier)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_a_note_or_bad_input_and_nothing_else(text):
    for read in (parse_note, parse_verifier, parse_signer, parse_request):
        try:
            read(text)
        except BadInput:
            continue


def test_a_signing_key_comes_back_from_its_file_with_its_verifier_key_beside_it(tmp_path):
    made = create_signer(tmp_path / "log.key", "log.example/1", os.urandom)

    assert str(load_signer(tmp_path / "log.key").verifier) == str(made.verifier)
    assert load_verifier(tmp_path / "log.key.pub") == made.verifier
    assert (tmp_path / "log.key").stat().st_mode & 0o777 == 0o600
    assert made.secret() not in repr(made)
    with pytest.raises(BadConfiguration):
        create_signer(tmp_path / "log.key", "log.example/1", os.urandom)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o666])
def test_a_key_file_that_others_can_read_or_write_is_refused(tmp_path, mode):
    create_signer(tmp_path / "log.key", "log.example/1", os.urandom)
    (tmp_path / "log.key").chmod(mode)
    with pytest.raises(KeyLost):
        load_signer(tmp_path / "log.key")


def test_a_key_file_that_is_a_link_a_folder_a_pipe_missing_or_garbage_is_refused(tmp_path):
    create_signer(tmp_path / "log.key", "log.example/1", os.urandom)
    (tmp_path / "link").symlink_to(tmp_path / "log.key")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, content in (("garbage", b"\xff\xfe"), ("empty", b""), ("long", b"a" * 5000), ("text", b"PRIVATE+KEY+x")):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)

    for name in ("link", "folder", "pipe", "missing", "garbage", "empty", "long", "text"):
        with pytest.raises(KeyLost):
            load_signer(tmp_path / name)
        with pytest.raises(KeyLost):
            load_master(tmp_path / name)


def test_a_key_is_not_written_through_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadConfiguration):
        create_master(tmp_path / "link", os.urandom)

    assert not (tmp_path / "elsewhere").exists()


def test_no_error_about_a_key_shows_any_of_it(tmp_path):
    secret = LOG.secret()
    (tmp_path / "log.key").write_text(secret.replace("log.example", "fog.example"))
    (tmp_path / "log.key").chmod(0o600)
    with pytest.raises(KeyLost) as refused:
        load_signer(tmp_path / "log.key")

    assert secret.rpartition("+")[2] not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_master_key_comes_back_from_its_file(tmp_path):
    made = create_master(tmp_path / "vault.key", os.urandom)

    assert load_master(tmp_path / "vault.key") == made
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600


def test_a_cosignature_is_made_as_the_text_says_and_verifies():
    cosigned = cosign(head(3), log=LOG.verifier, witness=WITNESS, timestamp=1679315147, seen=None)
    note = parse_note(cosigned)

    assert cosignatures(note, LOG.verifier, [WITNESS.verifier]) == [("witness.example/w1", 1679315147)]
    assert LOG.verifier.verify_note(note)
    value = WITNESS.verifier.signature_in(note)
    message = f"cosignature/v1\ntime 1679315147\n{note.text}".encode()
    assert value[:8] == (1679315147).to_bytes(8, "big")
    assert WITNESS.verifier.verify(message, value[8:])


def test_one_witness_under_two_names_counts_once_and_the_log_itself_never():
    alias = Signer("witness.example/alias", bytes(range(32, 64)), COSIGNATURE)
    itself = Signer("log.example/1", bytes(range(32)), COSIGNATURE)
    text = cosign(head(3), log=LOG.verifier, witness=WITNESS, timestamp=1, seen=None)
    text = cosign(text, log=LOG.verifier, witness=alias, timestamp=1, seen=None)
    message = f"cosignature/v1\ntime 1\n{parse_note(text).text}".encode()
    text += itself.line((1).to_bytes(8, "big") + itself.sign(message))
    found = cosignatures(parse_note(text), LOG.verifier, [WITNESS.verifier, alias.verifier, itself.verifier])

    assert [witness for witness, _ in found] == ["witness.example/w1"]
    with pytest.raises(BadInput):
        cosign(head(3), log=LOG.verifier, witness=itself, timestamp=1, seen=None)


def test_a_false_cosignature_of_a_known_witness_is_corrupt():
    text = head(3) + WITNESS.line(bytes(72))
    with pytest.raises(Corrupt):
        cosignatures(parse_note(text), LOG.verifier, [WITNESS.verifier])


def test_a_witness_signs_only_what_extends_what_it_saw():
    seen = open_checkpoint(head(3), LOG.verifier)
    signed = cosign(head(9), log=LOG.verifier, witness=WITNESS, timestamp=1, seen=seen, proof=proof(3, 9))
    fork = sign_checkpoint(9, bytes(32), LOG)

    assert cosignatures(parse_note(signed), LOG.verifier, [WITNESS.verifier])
    for text, nodes in ((fork, proof(3, 9)), (head(9), []), (head(2), []), (head(9), proof(4, 9))):
        with pytest.raises(Corrupt):
            cosign(text, log=LOG.verifier, witness=WITNESS, timestamp=1, seen=seen, proof=nodes)


def test_a_witness_refuses_an_unsigned_checkpoint_and_a_plain_key():
    with pytest.raises(Corrupt):
        cosign(head(3), log=Signer(LOG.name, bytes(32)).verifier, witness=WITNESS, timestamp=1, seen=None)
    with pytest.raises(BadInput):
        cosign(head(3), log=LOG.verifier, witness=Signer("w", bytes(32)), timestamp=1, seen=None)
    with pytest.raises(BadInput):
        cosign(head(3), log=LOG.verifier, witness=WITNESS, timestamp=2**63, seen=None)


def test_a_witness_with_a_memory_answers_requests_one_after_another_and_refuses_a_fork(tmp_path):
    memory = HighWater(tmp_path / "seen")

    def ask(old, new, text):
        body = request_text(old, proof(old, new), text)
        return answer_request(body, log=LOG.verifier, witness=WITNESS, timestamp=7, memory=memory)

    assert cosignatures(parse_note(ask(0, 3, head(3))), LOG.verifier, [WITNESS.verifier])
    assert cosignatures(parse_note(ask(3, 8, head(8))), LOG.verifier, [WITNESS.verifier])
    with pytest.raises(BadInput) as wrong:
        ask(3, 9, head(9))
    assert wrong.value.code == "wrong-size"
    with pytest.raises(Corrupt):
        ask(8, 8, sign_checkpoint(8, bytes(32), LOG))
    assert HighWater(tmp_path / "seen").checkpoint(LOG.verifier).size == 8


@pytest.mark.parametrize(
    "body",
    [
        "",
        "old 1",
        "old 01\n\nx",
        "old -1\n\nx",
        "old 1\nAAAA\n\nx",
        "old 1\n!\n\nx",
        "new 1\n\nx",
        "old 1\n" + "A\n" * 64,
    ],
)
def test_a_malformed_request_is_bad_input(body):
    with pytest.raises(BadInput):
        parse_request(body)


def test_the_mark_never_goes_back_and_is_private(tmp_path):
    mark = HighWater(tmp_path / "mark")
    mark.begin(head(5), 5)
    mark.rise(head(3), 3)

    assert mark.checkpoint(LOG.verifier).size == 5
    HighWater(tmp_path / "mark").rise(head(7), 7)
    mark.rise(head(6), 6)
    assert mark.checkpoint(LOG.verifier).size == 7
    assert (tmp_path / "mark").stat().st_mode & 0o777 == 0o600


def test_a_mark_that_is_garbage_taken_away_or_a_link_is_corrupt(tmp_path):
    mark = HighWater(tmp_path / "mark")
    with pytest.raises(Corrupt):
        mark.rise(head(1), 1)
    for content in (b"", b"\xff", b"garbage", head(1).encode()[:-1], b"x" * 100_000):
        (tmp_path / "mark").write_bytes(content)
        with pytest.raises(Corrupt):
            mark.checkpoint(LOG.verifier)
        with pytest.raises(Corrupt):
            mark.rise(head(1), 1)


def test_a_mark_is_whole_from_the_first_moment_even_after_a_crash_while_it_was_made(tmp_path):
    (tmp_path / "mark.new").write_text("half")
    HighWater(tmp_path / "mark").begin(head(5), 5)
    HighWater(tmp_path / "mark").begin(head(7), 7)

    assert HighWater(tmp_path / "mark").checkpoint(LOG.verifier).size == 7
    assert not (tmp_path / "mark.new").exists()


def test_keys_are_made_from_the_entropy_that_is_given():
    one, two = (Signer.generate("x", random.Random(1).randbytes) for _ in range(2))

    assert one.secret() == two.secret()
    assert parse_signer(one.secret()).verifier == one.verifier
    assert isinstance(one.verifier, Verifier)
