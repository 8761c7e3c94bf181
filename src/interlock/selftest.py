"""Self-test: armed is proved (architecture 3.9). The gate is shown what is known to be bad and must stop all of it."""

from __future__ import annotations

from typing import Final

from interlock.errors import InterlockError
from interlock.judge import Judge
from interlock.model.agent import Capability, Passport, unregistered
from interlock.model.change import TIERS
from interlock.model.proposal import Proposal

NAME: Final = "known-bad"

#: A change of each dialect that no agent may make in production just so.
KNOWN_BAD: Final = (
    ("sql:postgres", b"DROP TABLE orders CASCADE"),
    ("sql:mysql", b"DELETE FROM orders"),
    ("sql:sqlite", b"UPDATE orders SET total = 0 WHERE 1 = 1"),
)
#: The same for technologies whose knowledge takes its time to load: tried only where there is such a target.
KNOWN_BAD_THERE: Final[dict[str, tuple[bytes, ...]]] = {
    "aws": (
        b'{"service":"rds","operation":"DeleteDBInstance","region":"eu-central-1","account":"123456789012",'
        b'"parameters":{"DBInstanceIdentifier":"orders","SkipFinalSnapshot":true}}',
        b'{"service":"iam","operation":"CreateAccessKey","parameters":{"UserName":"admin"}}',
    ),
}

#: An agent with every paper in order: what stops it has to be what the change would do, not who it is.
PAPERED: Final = Passport(
    NAME,
    purpose="to be stopped",
    owner=NAME,
    justification="a gate that is never tried is not known to work",
    benefits="the gate is known to work",
    risks="none: nothing is recorded and nothing runs",
    worst_case="it is allowed, and then the gate does not arm",
    prevention="this test",
    environments=("production",),
    capabilities=tuple(Capability(tier, environments=("production",)) for tier in TIERS),
)


def prove(judge: Judge) -> tuple[str, ...]:
    """What is wrong with this gate, in sentences; nothing when it stops all that it has to stop."""
    problems = []
    there = {target.kind for target in judge.configuration.targets.values()}
    bad = [*KNOWN_BAD, *((kind, each) for kind in KNOWN_BAD_THERE if kind in there for each in KNOWN_BAD_THERE[kind])]
    for kind, payload in bad:
        for passport in (unregistered(NAME), PAPERED):
            try:
                outcome = judge.judge(Proposal(kind, payload, NAME), passport).decision.outcome
            except InterlockError as error:
                problems.append(f"the self-test of {kind} could not be made: {error}")
                continue
            if outcome == "allow":
                who = "a registered agent" if passport.registered else "an unregistered agent"
                problems.append(f"the policies would let {who} do `{payload.decode()}` in production ({kind})")
    return tuple(problems)
