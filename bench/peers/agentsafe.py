"""agent-safe: `safe.check` in the project that its own `agent-safe init` makes, as its README shows.

Run by the peers' own Python; prints figures as JSON. Each check is written to a hash-chained JSON-lines file, without
fsync; an allowed one carries a signed ticket.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from agent_safe import AgentSafe
from agent_safe.cli.main import init


def median(work, times: int) -> float:
    taken = []
    for number in range(times):
        before = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - before) * 1e6)
    return sorted(taken)[len(taken) // 2]


def main(folder: str, times: int) -> list[tuple[str, float, str, str]]:
    root = Path(folder) / "project"
    init.main([str(root)], standalone_mode=False)
    safe = AgentSafe(config=root / "agent-safe.yaml")

    def check(environment: str, expected: str):
        def work(number: int) -> None:
            target, name = f"{environment}", f"n{number}"
            decision = safe.check(
                action="restart-deployment",
                target=target,
                caller="deploy-agent-01",
                params={"namespace": target.partition("/")[0], "deployment": name},
            )
            assert decision.result.value.lower() == expected, decision

        return work

    return [
        ("its decision, allowed, and audit", median(check("dev/test-app", "allow"), times), "µs",
         "named action on a named target; audit hash-chained, written, not fsynced: not durable; a JWT ticket"),
        ("its decision, held, and audit", median(check("prod/api-server", "require_approval"), times), "µs",
         "the same"),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.stdout, real = sys.stderr, sys.stdout
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))), file=real)
