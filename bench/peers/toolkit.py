"""agent-governance-toolkit-core: a policy decision with its audit, as its own `agentmesh.governance.govern` shows it.

Run by the peers' own Python; prints figures as JSON. Its `govern` keeps the audit in memory; the last figure uses its
own FileAuditSink, which signs each entry with HMAC and appends it to a file, without fsync.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")

POLICY = """
apiVersion: governance.toolkit/v1
name: shop
agents: ["*"]
default_action: deny
rules:
  - name: no-deletes
    condition: "action.type == 'delete'"
    action: deny
    priority: 100
  - name: reads
    condition: "action.type == 'read'"
    action: allow
    priority: 10
"""


def median(work, times: int) -> float:
    taken = []
    for number in range(times):
        before = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - before) * 1e6)
    return sorted(taken)[len(taken) // 2]


def main(folder: str, times: int) -> list[tuple[str, float, str, str]]:
    from agentmesh.governance import govern
    from agentmesh.governance.audit import AuditLog
    from agentmesh.governance.audit_backends import FileAuditSink
    from agentmesh.governance.policy import PolicyEngine

    engine = PolicyEngine()
    engine.load_yaml(POLICY)
    context = {"action": {"type": "read"}, "resource": {"name": "orders"}}
    assert engine.evaluate("fixer", context).allowed

    governed = govern(lambda action, resource: resource, policy=POLICY)
    assert governed(action="read", resource="orders") == "orders"

    log = AuditLog(sink=FileAuditSink(f"{folder}/audit.jsonl", b"k" * 32))

    def decide_and_keep(number: int) -> None:
        decision = engine.evaluate("fixer", {"action": {"type": "read"}, "resource": {"name": f"t{number}"}})
        log.log(
            event_type="policy_evaluation",
            agent_did="fixer",
            action="read",
            outcome=decision.action,
            policy_decision=decision.action,
            data={"rule": decision.matched_rule or ""},
        )

    return [
        ("its decision (2 rules on named facts)", median(lambda _: engine.evaluate("fixer", context), times), "µs",
         "nothing is read, assessed or recorded"),
        ("its decision and audit in memory", median(lambda n: governed(action="read", resource=f"t{n}"), times), "µs",
         "`govern`; hash-chained, gone when the process ends"),
        ("its decision and audit in a file", median(decide_and_keep, times), "µs",
         "FileAuditSink; HMAC-signed, written, not fsynced: not durable"),
    ]  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
