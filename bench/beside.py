"""The peers beside us, in the same run, where they have the same step: a decision, its record, an approved execution.

Each peer is driven as its own README shows, by a script of ours in bench/peers/ under a Python of its own
(`.venv-peers`, made by `make bench` from requirements/peers.txt). They do less and cost less: each decides on names
that its caller gives (a tool, an action, a target); none reads what the SQL would do. What is durable each row says.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from bench import approval, decision
from bench.rows import Row, Scale

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
PEERS = {
    "toolkit": "agent-governance-toolkit-core 5.0.0",
    "agentsafe": "agent-safe 0.14.0",
    "permits": "permitd 0.2.0",
}
SECONDS = 60


def run(scale: Scale) -> list[Row]:
    rows = ours(scale)
    for script, peer in PEERS.items():
        rows += theirs(script, peer, scale)
    return rows


def ours(scale: Scale) -> list[Row]:
    """The same steps here, measured in this run."""
    small = scale._replace(times=min(scale.times, 1_000))
    recorded, _, _, judged = decision.one_by_one(None, small, "", "with fsync")
    cycle, _ = approval.run(small)
    return [
        Row(
            "Interlock: decision",
            judged.figure * 1e3,
            "µs",
            "",
            "reads, assesses and judges a new SQL text; nothing recorded",
        ),
        Row(
            "Interlock: decision and record",
            recorded.figure * 1e3,
            "µs",
            "",
            "four entries and the sealed payload, signed and fsynced: durable",
        ),
        cycle._replace(what="Interlock: propose, vote, run"),
    ]


def theirs(script: str, peer: str, scale: Scale) -> list[Row]:
    """What the script of this peer measured; where it could not, the row says why."""
    if not PYTHON.exists():
        return [Row(f"{peer}: not measured", float("nan"), "", "", "not installed; `make bench` installs the peers")]
    with tempfile.TemporaryDirectory(prefix="bench-peer-") as folder:
        command = [str(PYTHON), str(ROOT / "bench" / "peers" / f"{script}.py"), folder, str(min(scale.times, 1_000))]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
            figures = json.loads(done.stdout)
        except (subprocess.SubprocessError, ValueError) as error:
            said = getattr(error, "stderr", "") or str(error)
            return [Row(f"{peer}: not measured", float("nan"), "", "", str(said).strip().splitlines()[-1][:120])]
    return [Row(f"{peer}: {what}", figure, unit, "", note) for what, figure, unit, note in figures]
