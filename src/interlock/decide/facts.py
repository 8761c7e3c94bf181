"""Facts: everything that a policy may see, as one table. The schema and the table in docs/policy.md come from it.

A fact is a name, a type, what it means, and the one function that takes it from what was assessed. Policies see no
message, no prompt, no stated intent and no claim: words that an agent can choose decide nothing. What is not known
is given as the worst that it could be, and a flag beside it says that it is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from interlock.decide.view import UNDO_RANK, View
from interlock.model.assessment import REVERSIBILITIES, SEVERITIES
from interlock.model.change import TIERS, Tier
from interlock.policy.engine import Plain

Type = Literal["Bool", "Long", "String", "Set<String>"]

#: Tiers that change something; policies say `action in Action::"write"`.
WRITE: Final[tuple[Tier, ...]] = ("modify", "configure", "destroy")


class Fact(NamedTuple):
    """One thing that a policy may read. `per` is what it can differ between: agents and changes, or single effects."""

    path: str
    type: Type
    per: Literal["change", "effect"]
    doc: str
    take: Callable[[View], Plain]


def _ranks(words: tuple[str, ...]) -> str:
    return ", ".join(f"{rank} {word}" for rank, word in enumerate(words))


FACTS: Final[tuple[Fact, ...]] = (
    Fact("principal.name", "String", "change", "the agent's name", lambda v: v.passport.name),
    Fact("principal.registered", "Bool", "change", "somebody registered this agent", lambda v: v.passport.registered),
    Fact(
        "principal.passport_complete",
        "Bool",
        "change",
        "its passport says everything that K1 asks, and it is not retired",
        lambda v: v.passport.complete,
    ),
    Fact(
        "principal.general_purpose",
        "Bool",
        "change",
        "it was built for no single task (what nobody said is so)",
        lambda v: v.passport.general_purpose,
    ),
    Fact(
        "principal.destroy_authorised",
        "Bool",
        "change",
        "a person authorised it, by name, for the destroy tier",
        lambda v: bool(v.passport.destroy_authorised_by.strip()),
    ),
    Fact("principal.retired", "Bool", "change", "it was taken out of service", lambda v: v.passport.retired),
    Fact(
        "principal.environments",
        "Set<String>",
        "change",
        "the environments that its passport names",
        lambda v: frozenset(v.passport.environments),
    ),
    Fact("resource.name", "String", "effect", "as the target itself would say it", lambda v: v.effect.resource.name),
    Fact("resource.type", "String", "effect", "dotted by technology: `sql.table`", lambda v: v.effect.resource.type),
    Fact(
        "resource.critical",
        "Bool",
        "effect",
        "the operator named it as one that the business cannot lose",
        lambda v: v.effect.resource.name in v.critical,
    ),
    Fact("context.kind", "String", "change", "technology and dialect: `sql:postgres`", lambda v: v.change.kind),
    Fact(
        "context.verb",
        "String",
        "effect",
        "read, create, update, replace, delete, execute, grant or revoke",
        lambda v: v.effect.verb,
    ),
    Fact(
        "context.aspect",
        "String",
        "effect",
        "what of the resource is touched: content, structure, authority or process",
        lambda v: v.effect.aspect,
    ),
    Fact(
        "context.choice",
        "String",
        "effect",
        "how the touched things were chosen: named, filtered, all or unknown",
        lambda v: v.effect.choice,
    ),
    Fact("context.keyed", "Bool", "effect", "the choice pins a unique key", lambda v: v.weighed.keyed),
    Fact(
        "context.known",
        "String",
        "effect",
        "how the effect is known: planned, parsed, estimated or unknown",
        lambda v: v.effect.known,
    ),
    Fact(
        "context.traits",
        "Set<String>",
        "effect",
        "what else the reader knows of it; docs/words.md lists them",
        lambda v: frozenset(v.effect.traits),
    ),
    Fact(
        "context.reversibility",
        "String",
        "effect",
        ", ".join(REVERSIBILITIES[:-1]) + " or " + REVERSIBILITIES[-1],
        lambda v: v.reversibility,
    ),
    Fact(
        "context.undo_rank",
        "Long",
        "effect",
        "the same as a number: " + _ranks(REVERSIBILITIES),
        lambda v: UNDO_RANK[v.reversibility],
    ),
    Fact(
        "context.capability.granted",
        "Bool",
        "effect",
        "a capability of the agent covers this tier, verb, resource and environment",
        lambda v: v.fit.granted,
    ),
    Fact(
        "context.capability.within_scope",
        "Bool",
        "effect",
        "the whole change is within that capability's bounds on rows and resources",
        lambda v: v.fit.within_scope,
    ),
    Fact(
        "context.capability.requires_met",
        "Bool",
        "effect",
        "every condition that the capability requires is met",
        lambda v: v.fit.granted and not v.fit.missing,
    ),
    Fact(
        "context.capability.missing",
        "Set<String>",
        "effect",
        "the conditions that are not met, in the words of @lift (`approval` for any approval)",
        lambda v: v.fit.missing,
    ),
    Fact(
        "context.capability.max_rows",
        "Long",
        "effect",
        "the capability's own bound on rows; 0 when it gives none",
        lambda v: v.fit.max_rows,
    ),
    Fact(
        "context.rows",
        "Long",
        "change",
        "things changed by the whole change, cascades included; the largest number when that is not known",
        lambda v: v.rows,
    ),
    Fact("context.rows_known", "Bool", "change", "`rows` is a count and not the worst case", lambda v: v.rows_known),
    Fact("context.resources", "Long", "change", "how many resources the whole change writes to", lambda v: v.resources),
    Fact(
        "context.rollback.verdict",
        "String",
        "change",
        "of the way back: none-needed, valid, valid-with-loss, invalid or unknown",
        lambda v: v.assessment.rollback.verdict,
    ),
    Fact(
        "context.rollback.simulated",
        "Bool",
        "change",
        "the way back was tried, and not only written",
        lambda v: v.assessment.rollback.simulated,
    ),
    Fact(
        "context.reach.must",
        "Long",
        "change",
        "how many resources certainly feel the change",
        lambda v: len(v.assessment.reach.must),
    ),
    Fact(
        "context.reach.may",
        "Long",
        "change",
        "how many resources could feel it",
        lambda v: len(v.assessment.reach.may),
    ),
    Fact(
        "context.reach.complete",
        "Bool",
        "change",
        "nothing was cut or left unread on the way",
        lambda v: v.assessment.reach.complete,
    ),
    Fact(
        "context.reaches_critical",
        "Bool",
        "change",
        "something that the business cannot lose is in reach",
        lambda v: bool(v.assessment.critical),
    ),
    Fact(
        "context.findings",
        "Set<String>",
        "change",
        "ids of the findings; docs/findings/ has a page for each",
        lambda v: frozenset(finding.id for finding in v.assessment.findings),
    ),
    Fact(
        "context.worst_severity",
        "Long",
        "change",
        "of the findings: " + _ranks(SEVERITIES) + "; 0 without any",
        lambda v: max((SEVERITIES.index(finding.severity) for finding in v.assessment.findings), default=0),
    ),
    Fact("context.unknown", "Bool", "change", "anything of the change was not understood", lambda v: v.unknown),
    Fact("context.degraded", "Bool", "change", "a limit was hit while it was read or assessed", lambda v: v.degraded),
    Fact(
        "context.claim_disagrees",
        "Bool",
        "change",
        "the environment that was claimed is not the one that was found",
        lambda v: v.claim_disagrees,
    ),
    Fact(
        "context.environment.name", "String", "change", "the stricter of claimed and found", lambda v: v.contract.name
    ),
    Fact(
        "context.environment.production",
        "Bool",
        "change",
        "its contract says that customers depend on it",
        lambda v: v.contract.production,
    ),
    Fact(
        "context.environment.strictness",
        "Long",
        "change",
        "its rank among the environments",
        lambda v: v.contract.strictness,
    ),
    Fact("context.environment.frozen", "Bool", "change", "a freeze is on", lambda v: v.frozen),
    Fact("context.environment.open_window", "Bool", "change", "working hours are on", lambda v: v.open_window),
    Fact(
        "context.environment.max_rows",
        "Long",
        "change",
        "the contract's bound on rows of one change",
        lambda v: v.contract.max_rows,
    ),
    Fact(
        "context.environment.max_resources",
        "Long",
        "change",
        "the contract's bound on resources of one change",
        lambda v: v.contract.max_resources,
    ),
)


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
