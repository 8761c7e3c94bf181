"""Interlock's own verbs, which kinds of caller may use each, and why. Every face asks here before it does anything.

What is not in the table nobody may do. That a kind may use a verb is the first of several questions: whether *this*
person may approve *this* case is decided where votes are counted.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from interlock.errors import Forbidden

#: `agent` came with an agent's token, `person` with a session or a vote signed by their key, `operator` is at the
#: machine and can read its key files, `anyone` has shown nothing.
Kind = Literal["agent", "person", "operator", "anyone"]


class Caller(NamedTuple):
    """Who calls: a kind, and the name by which they are recorded (`agent:fixer`, `person:ada`)."""

    kind: Kind
    name: str = ""


class Rule(NamedTuple):
    """Who may use a verb, and the reason for exactly these."""

    kinds: frozenset[Kind]
    because: str


def _rule(kinds: str, because: str) -> Rule:
    known: dict[str, Kind] = {"agent": "agent", "person": "person", "operator": "operator", "anyone": "anyone"}
    return Rule(frozenset(known[word] for word in kinds.split()), because)


VERBS: Final[dict[str, Rule]] = {
    # Asking and looking
    "check": _rule("agent person operator anyone", "it judges a text and touches nothing"),
    "health": _rule("agent person operator anyone", "whoever depends on a gate has to see whether it is armed"),
    "propose": _rule("agent person operator", "proposing is what agents are for; nothing happens by it"),
    "show": _rule("agent person operator", "an agent sees its own cases, so that it can say what is missing"),
    "cases": _rule("agent person operator", "an agent sees its own cases; people see all"),
    "explain": _rule("agent person operator", "a decision that cannot be explained is not accepted by anybody"),
    "verify": _rule("person operator anyone", "the record is there to be checked by those who do not trust us"),
    # Acting on a case
    "run": _rule("agent person operator", "only what was decided and approved runs, whoever says go"),
    "approve": _rule("person", "an accountable human decides; an agent's approval is a machine agreeing with itself"),
    "reject": _rule("person", "a no is signed by a human too, so that an agent cannot end what people wait for"),
    "break-glass": _rule("person", "whoever overrides a fence in an emergency has to be a human who answers for it"),
    "review": _rule("person", "what was done behind broken glass is looked at by a human who did not break it"),
    "undo": _rule("person operator", "an undo changes production again, and no policy judged this second change"),
    # Stopping and going on
    "stop": _rule("person operator", "it ends other agents' work, which is not one agent's to do"),
    "resume": _rule("person operator", "what was stopped is started again by somebody who has looked why"),
    "close-breaker": _rule("person operator", "a breaker stays open until a human closes it (C2)"),
    # Who is who
    "agents-show": _rule("person operator", "a passport names worst cases, which is a map for an attacker"),
    "agents-add": _rule("operator", "an agent that registers agents writes its own passport"),
    "agents-retire": _rule("operator", "a register is kept by whoever answers for it"),
    "people-show": _rule("person operator", "it says who could approve, and so whom to press"),
    "people-add": _rule("operator", "whoever adds people decides who votes; at the machine, so that it is deliberate"),
    "people-retire": _rule("operator", "taking votes away shifts who decides, as much as adding people does"),
    "mint-token": _rule("person operator", "an agent that mints tokens outlives its own and becomes others"),
    "revoke-token": _rule("person operator", "an agent could lock out the others; people revoke at once"),
    # What everything rests on
    "change-policy": _rule("operator", "who writes the policy decides everything; no face over the network changes it"),
    "check-policy": _rule("person operator", "rules are tried out by those who write them; agents see decisions"),
    "init": _rule("operator", "it makes the keys, which never leave the machine"),
    "serve": _rule("operator", "it opens the gates, with the machine's own keys"),
    "export": _rule("person operator", "the record holds other agents' and people's doings"),
    "erase": _rule("operator", "contents that are gone are gone; it is done at the machine, with a reason on record"),
}

#: The verbs that make somebody able to do more, or lift a brake: never for agents, through any face (3.7).
NEVER_FOR_AGENTS: Final = frozenset(
    {
        "approve",
        "reject",
        "break-glass",
        "review",
        "resume",
        "close-breaker",
        "agents-add",
        "agents-retire",
        "people-add",
        "people-retire",
        "mint-token",
        "change-policy",
        "init",
        "serve",
        "export",
        "erase",
    }
)


def require(verb: str, caller: Caller) -> None:
    """Forbidden, with the reason, when this kind of caller may not use this verb; also for a verb that is not there."""
    rule = VERBS.get(verb)
    if rule is None:
        raise Forbidden(f"`{verb}` is nothing that anybody may do", code="no-such-verb")
    if caller.kind in rule.kinds and not (caller.kind == "agent" and verb in NEVER_FOR_AGENTS):
        return
    allowed = " or ".join(sorted(rule.kinds))
    who = "nobody who has not said who they are" if caller.kind == "anyone" else f"no {caller.kind}"
    raise Forbidden(f"`{verb}` is for {who}: {rule.because}", hint=f"it is for: {allowed}", code="not-this-kind")
