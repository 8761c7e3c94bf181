"""Facts: everything that a policy may see, as one table. The schema and the table in docs/policy.md are made from it.

A fact is a name, a type, what it means, and the one function that takes it from what was assessed. Policies see no
message, no prompt, no stated intent and no claim: words that an agent can choose decide nothing. Nor do they see the
risk, which is a number for sorting and no reason. What is not known
is given as the worst that it could be, and a flag beside it says that it is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple, get_args

from interlock.decide.capability import CONDITIONS
from interlock.decide.view import UNDO_RANK, View
from interlock.model.assessment import SEVERITIES
from interlock.model.change import KNOWN, TIERS, TRAITS, VERBS, Aspect, Choice, SignalName, Tier
from interlock.model.inventory import Plane
from interlock.model.wayback import REVERSIBILITIES, RollbackVerdict
from interlock.policy.engine import Plain

Type = Literal["Bool", "Long", "String", "Set<String>"]

#: Tiers that change something; policies say `action in Action::"write"`.
WRITE: Final[tuple[Tier, ...]] = ("modify", "configure", "destroy")


class Fact(NamedTuple):
    """One thing that a policy may read.

    `per` is what it can differ between: whole changes, or single effects of one. `usual` is what a case of a policy
    test starts from: a small, keyed fix in production by an agent that may. `words` are all that it can say, if closed.
    """

    path: str
    type: Type
    per: Literal["change", "effect"]
    usual: Plain
    doc: str
    take: Callable[[View], Plain]
    words: tuple[str, ...] = ()


def _ranks(words: tuple[str, ...]) -> str:
    return ", ".join(f"{rank} {word}" for rank, word in enumerate(words))


# fmt: off
FACTS: Final[tuple[Fact, ...]] = (
    Fact("principal.name", "String", "change", "fixer", "the agent's name",
         lambda v: v.passport.name),
    Fact("principal.registered", "Bool", "change", True, "somebody registered this agent",
         lambda v: v.passport.registered),
    Fact("principal.passport_complete", "Bool", "change", True,
         "its passport says everything that K1 asks, and it is not retired",
         lambda v: v.passport.complete),
    Fact("principal.general_purpose", "Bool", "change", False,
         "it was built for no single task; so is every agent of which nobody said otherwise",
         lambda v: v.passport.general_purpose),
    Fact("principal.destroy_authorised", "Bool", "change", False,
         "a person authorised it, by name, for the destroy tier",
         lambda v: bool(v.passport.destroy_authorised_by.strip())),
    Fact("principal.retired", "Bool", "change", False, "it was taken out of service",
         lambda v: v.passport.retired),
    Fact("principal.environments", "Set<String>", "change", frozenset({"production"}),
         "the environments that its passport names",
         lambda v: frozenset(v.passport.environments)),
    Fact("resource.name", "String", "effect", "orders", "the name as the target itself would say it",
         lambda v: v.effect.resource.name),
    Fact("resource.type", "String", "effect", "sql.table", "the type, dotted by technology: `sql.table`",
         lambda v: v.effect.resource.type),
    Fact("resource.critical", "Bool", "effect", False, "it is one that the business cannot lose",
         lambda v: v.effect.resource.name in v.critical),
    Fact("context.kind", "String", "change", "sql:sqlite", "technology and dialect: `sql:postgres`",
         lambda v: v.change.kind),
    Fact("context.verb", "String", "effect", "update", "what is done",
         lambda v: v.effect.verb, VERBS),
    Fact("context.aspect", "String", "effect", "content", "what of the resource it is done to",
         lambda v: v.effect.aspect, get_args(Aspect)),
    Fact("context.choice", "String", "effect", "filtered", "how the touched things were chosen",
         lambda v: v.effect.choice, get_args(Choice)),
    Fact("context.keyed", "Bool", "effect", True, "the choice pins a unique key",
         lambda v: v.weighed.keyed),
    Fact("context.known", "String", "effect", "parsed", "how the effect is known",
         lambda v: v.effect.known, KNOWN),
    Fact("context.traits", "Set<String>", "effect", frozenset(), "what else is known of it",
         lambda v: frozenset(v.effect.traits), TRAITS),
    Fact("context.planes", "Set<String>", "effect", frozenset(), "what the resource is to others",
         lambda v: frozenset(v.weighed.planes), get_args(Plane)),
    Fact("context.gentler", "Bool", "effect", False, "its reader knows a less destructive way to the same end",
         lambda v: bool(v.effect.gentler)),
    Fact("context.reversibility", "String", "effect", "exact-inverse", "how it can be taken back",
         lambda v: v.reversibility, REVERSIBILITIES),
    Fact("context.undo_rank", "Long", "effect", 1, "the same as a number: " + _ranks(REVERSIBILITIES),
         lambda v: UNDO_RANK[v.reversibility]),
    Fact("context.capability.granted", "Bool", "effect", True,
         "a capability of the agent covers this tier, verb, resource and environment",
         lambda v: v.fit.granted),
    Fact("context.capability.within_scope", "Bool", "effect", True,
         "the whole change is within that capability's bounds on rows, resources and reach",
         lambda v: v.fit.within_scope),
    Fact("context.capability.requires_met", "Bool", "effect", True,
         "every condition that the capability requires is met",
         lambda v: v.fit.granted and not v.fit.missing),
    Fact("context.capability.missing", "Set<String>", "effect", frozenset(), "the conditions that are not met",
         lambda v: v.fit.missing, CONDITIONS),
    Fact("context.capability.max_rows", "Long", "effect", 10,
         "the capability's own bound on rows; 0 when it gives none",
         lambda v: v.fit.max_rows),
    Fact("context.rows", "Long", "change", 1,
         "things changed by the whole change, cascades included; the largest number when not known",
         lambda v: v.rows),
    Fact("context.rows_known", "Bool", "change", True, "`rows` is a count and not the worst case",
         lambda v: v.rows_known),
    Fact("context.resources", "Long", "change", 1, "how many resources the whole change writes to",
         lambda v: v.resources),
    Fact("context.rollback.verdict", "String", "change", "valid", "what is known of the way back",
         lambda v: v.assessment.rollback.verdict, get_args(RollbackVerdict)),
    Fact("context.rollback.simulated", "Bool", "change", True, "the way back was tried, and not only written",
         lambda v: v.assessment.rollback.simulated),
    Fact("context.rollback.kept", "Bool", "change", False,
         "a verified copy is taken before anything is lost, or the thing itself goes only when the window closes",
         lambda v: bool(v.assessment.rollback.kept)),
    Fact("context.reach.must", "Long", "change", 1, "how many resources certainly feel the change",
         lambda v: len(v.assessment.reach.must)),
    Fact("context.reach.may", "Long", "change", 0, "how many resources could feel it",
         lambda v: len(v.assessment.reach.may)),
    Fact("context.reach.complete", "Bool", "change", True, "nothing was cut or left unread on the way",
         lambda v: v.assessment.reach.complete),
    Fact("context.reach.cut", "Bool", "change", False, "a limit was hit, and what lies behind it was not followed",
         lambda v: v.cut),
    Fact("context.domains_whole", "Bool", "change", False,
         "all members of a redundancy group are taken at once",
         lambda v: v.whole_group),
    Fact("context.signals", "Set<String>", "change", frozenset(), "what was seen of the proposal as a whole",
         lambda v: frozenset([signal.name for signal in v.change.signals]), get_args(SignalName)),
    Fact("context.reaches_critical", "Bool", "change", False, "something that the business cannot lose is in reach",
         lambda v: bool(v.critical)),
    Fact("context.findings", "Set<String>", "change", frozenset(),
         "ids of the findings; docs/findings/ has a page for each",
         lambda v: v.findings),
    Fact("context.worst_severity", "Long", "change", 0, "of the findings: " + _ranks(SEVERITIES) + "; 0 without any",
         lambda v: v.worst_severity),
    Fact("context.unknown", "Bool", "change", False, "anything of the change was not understood",
         lambda v: v.unknown),
    Fact("context.degraded", "Bool", "change", False, "a limit was hit while it was read or assessed",
         lambda v: v.degraded),
    Fact("context.claim_disagrees", "Bool", "change", False,
         "the environment that was claimed is not the one that was found",
         lambda v: v.claim_disagrees),
    Fact("context.environment.name", "String", "change", "production", "the stricter of claimed and found",
         lambda v: v.contract.name),
    Fact("context.environment.production", "Bool", "change", True, "its contract says that customers depend on it",
         lambda v: v.contract.production),
    Fact("context.environment.strictness", "Long", "change", 100, "its rank among the environments",
         lambda v: v.contract.strictness),
    Fact("context.environment.frozen", "Bool", "change", False, "a freeze is on",
         lambda v: v.frozen),
    Fact("context.environment.open_window", "Bool", "change", True, "working hours are on",
         lambda v: v.open_window),
    Fact("context.environment.max_rows", "Long", "change", 1_000, "the contract's bound on the rows of one change",
         lambda v: v.contract.max_rows),
    Fact("context.environment.max_resources", "Long", "change", 20,
         "the contract's bound on the resources of one change",
         lambda v: v.contract.max_resources),
    Fact("context.environment.max_reach", "Long", "change", 0,
         "the contract's bound on the resources that may feel one change; 0 when it gives none",
         lambda v: v.contract.max_reach),
)
# fmt: on


def schema(reads: Callable[[str], bool] | None = None) -> str:
    """The Cedar schema of all facts, or of those that are read, as text that depends on nothing else."""
    paths = {fact.path: fact.type for fact in FACTS if reads is None or reads(fact.path)}
    actions = "\n\n".join(
        f"action {tier}{' in [write]' if tier in WRITE else ''} appliesTo {{\n"
        f"  principal: [Agent],\n  resource: [Resource],\n  context: Facts,\n}};"
        for tier in TIERS
    )
    return (
        f"entity Agent {_record(paths, 'principal', 2)};\n\nentity Resource {_record(paths, 'resource', 2)};\n\n"
        f"type Facts = {_record(paths, 'context', 2)};\n\naction write;\n\n{actions}\n"
    )


def _record(paths: Mapping[str, Type], root: str, indent: int) -> str:
    """`{ … }` of the facts right under `root`, with nested records for those that lie deeper."""
    lines: list[str] = []
    nested: list[str] = []
    for path, kind in paths.items():
        if path.startswith(root + "."):
            name, _, rest = path[len(root) + 1 :].partition(".")
            if not rest:
                lines.append(f"{' ' * indent}{name}: {kind},")
            elif name not in nested:
                nested.append(name)
    lines.extend(f"{' ' * indent}{name}: {_record(paths, f'{root}.{name}', indent + 2)}," for name in nested)
    return "{\n" + "\n".join(lines) + "\n" + " " * (indent - 2) + "}"
