"""The ledger: an append-only log of plain bytes that nobody can quietly edit.

It knows nothing of agents, cases or policy, and can be read, fuzzed and audited alone.

    tree        RFC 6962 Merkle tree arithmetic on plain values
    note        C2SP signed notes and their keys
    keys        key files: who may read them, and what happens when they are lost
    checkpoint  a note that says: this log has n entries and this root
    witness     cosignatures: a third party says it saw the log only ever grow
    entry       one entry as bytes: what exactly is hashed
    storage     what a store promises; stores/ keeps the promise twice
    head        is this stored head ours, and does it extend what we saw before?
    batch       one batch of the writer: each append gets its entries, or a conflict of its own
    log         class Ledger: append, read, prove
    highwater   the mark outside the store that notices a cut tail
    source      where a verifier reads from
    audit       verify a copy offline, alone
    export      documented JSON lines
    vault       sealed contents that can be erased without breaking a proof
    redact      secrets are taken out before anything is stored or shown
"""
