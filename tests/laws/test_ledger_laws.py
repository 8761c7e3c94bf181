"""Laws of the ledger, on random histories."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.errors import Corrupt
from interlock.ledger.audit import verify
from interlock.ledger.checkpoint import sign_checkpoint
from interlock.ledger.entry import Stored, leaf_of
from interlock.ledger.export import export
from interlock.ledger.head import grow
from interlock.ledger.log import Item, open_ledger, open_store
from interlock.ledger.note import Signer
from interlock.ledger.tree import Frontier

SIGNER = Signer("ledger.example/laws", bytes(range(32)))
VKEY = str(SIGNER.verifier)

batches = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.binary(max_size=8)), min_size=1, max_size=5), min_size=1, max_size=6
)


def append_all(url, mark, history):
    """Append the batches; the checkpoint after each."""
    with open_ledger(url, signer=SIGNER, high_water=mark) as ledger:
        kept = []
        for batch in history:
            ledger.append([Item(stream, None, data) for stream, data in batch])
            kept.append(ledger.checkpoint())
        return kept


@settings(max_examples=40, deadline=None)
@given(history=batches, data=st.data())
def test_a_truncated_ledger_is_noticed(history, data, tmp_path_factory):
    """Whatever was cut off the end, and even with a rightly signed older checkpoint put back."""
    folder = tmp_path_factory.mktemp("law")
    url, mark = f"sqlite:///{folder / 'ledger.db'}", folder / "mark"
    kept = append_all(url, mark, history)
    total = sum(map(len, history))
    left = data.draw(st.integers(0, total - 1))

    store = open_store(url)
    try:
        entries = store.entries(0, left)
        frontier, nodes = Frontier(), []
        for entry in entries:
            grow(frontier, leaf_of(entry), nodes)
        with store.writing() as tx:
            tx.run("DELETE FROM entries")
            tx.run("DELETE FROM streams")
            note = sign_checkpoint(left, frontier.root(), SIGNER)
            tx.extend(entries, nodes, tx.head()._replace(size=left, frontier=frontier.to_bytes(), checkpoint=note))
    finally:
        store.close()

    copy = folder / "ledger.db"
    assert verify(copy, vkey=VKEY).ok
    assert not verify(copy, vkey=VKEY, high_water=mark).ok
    assert not verify(copy, vkey=VKEY, checkpoints=kept[-1:]).ok
    try:
        open_ledger(url, signer=SIGNER, high_water=mark).close()
    except Corrupt:
        return
    raise AssertionError("the ledger opened")


@settings(max_examples=40, deadline=None)
@given(history=batches)
def test_every_checkpoint_ever_signed_stays_true(history, tmp_path_factory):
    folder = tmp_path_factory.mktemp("law")
    kept = append_all(f"sqlite:///{folder / 'ledger.db'}", folder / "mark", history)
    report = verify(folder / "ledger.db", vkey=VKEY, checkpoints=kept, high_water=folder / "mark")

    assert report.ok, report.problems


@settings(max_examples=40, deadline=None)
@given(history=batches, data=st.data())
def test_any_change_of_any_entry_is_noticed(history, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("law")
    append_all(f"sqlite:///{folder / 'ledger.db'}", folder / "mark", history)
    lines = list(export(folder / "ledger.db"))
    store = open_store(f"sqlite:///{folder / 'ledger.db'}")
    try:
        victim = data.draw(st.sampled_from(store.entries(0, 99)))
        changed = data.draw(
            st.builds(
                Stored, st.just(victim.index), st.sampled_from("abcd"), st.integers(0, 6), st.binary(max_size=8)
            ).filter(lambda entry: entry != victim)
        )
        with store.writing() as tx:
            tx.run("DELETE FROM entries WHERE idx = ? OR (stream = ? AND position = ?)", (victim.index, *changed[1:3]))
            tx.run("INSERT INTO entries (idx, stream, position, data) VALUES (?, ?, ?, ?)", changed)
    finally:
        store.close()

    assert lines != list(export(folder / "ledger.db"))
    assert not verify(folder / "ledger.db", vkey=VKEY).ok
