"""Findings: what a person should know before deciding, one file a finding; this file is the table of them.

A finding is a pure function of what was seen. Its slug is its file, its id and its page in docs/findings. A finding
judges nothing: policy may look at it, and people do. The order of the table is the
order among equally severe ones of one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from interlock.assess.findings import (
    adopts,
    always_true_condition,
    backup_with_original,
    blocks_reads,
    blocks_writes,
    cannot_go_back,
    cascades_further,
    control_plane,
    copy_dies,
    critical_resource,
    drifted,
    dynamic_code,
    ends_transaction,
    environment_disagrees,
    exists_already,
    fires_triggers,
    forgets,
    gentler_way,
    hides_failure,
    leaves_a_gap,
    leaves_target,
    loses_data,
    loses_protection,
    many_domains,
    many_resources,
    many_rows,
    mass_change,
    nested_write,
    no_condition,
    no_survey,
    not_by_key,
    not_transactional,
    only_removes,
    partial_plan,
    plan_time_code,
    primary_and_replica,
    reach_cut,
    reads_secret,
    rehearsal_failed,
    rehearsal_incomplete,
    renames,
    rewrites_table,
    rollback_invalid,
    rollback_unproven,
    runs_code,
    secret_in_payload,
    shifts_index,
    state_lost,
    state_moved,
    target_missing_resource,
    two_products,
    undeclared_critical,
    undo_loses_rights,
    unfelt_critical,
    unfinished_plan,
    unknown_kind,
    unknown_statement,
    unproved_code,
    unread_effect,
    whole_domain,
    whole_redundancy_group,
    whole_table,
    widens_access,
    wrong_workspace,
)
from interlock.assess.seen import Noted, Seen
from interlock.model.change import SignalName, Trait

#: What else there may be of a change: an effect that writes, one that takes content, something that was not
#: understood, a place or owner of what is taken or feels it, an inventory, a rehearsal.
Sort = Literal["writes", "takes", "unclear", "placed", "surveyed", "rehearsed"]


class Row(NamedTuple):
    """One kind of finding. It is only looked for where some effect carries `on`, or the change is of that sort."""

    id: str
    find: Callable[[Seen], Iterator[Noted]]
    on: Trait | SignalName | Sort | None = None


FINDINGS: Final[tuple[Row, ...]] = (
    Row("unknown-statement", unknown_statement.find, "unclear"),
    Row("unread-effect", unread_effect.find, "rehearsed"),
    Row("no-condition", no_condition.find, "no-condition"),
    Row("always-true-condition", always_true_condition.find, "always-true"),
    Row("whole-table", whole_table.find, "surveyed"),
    Row("loses-data", loses_data.find, "loses-data"),
    Row("many-rows", many_rows.find, "writes"),
    Row("not-by-key", not_by_key.find, "takes"),
    Row("leaves-target", leaves_target.find, "leaves-target"),
    Row("reads-secret", reads_secret.find, "reads-secret"),
    Row("runs-code", runs_code.find, "runs-code"),
    Row("dynamic-code", dynamic_code.find, "dynamic"),
    Row("loses-protection", loses_protection.find, "loses-protection"),
    Row("widens-access", widens_access.find, "widens-access"),
    Row("gentler-way", gentler_way.find, "writes"),
    Row("rewrites-table", rewrites_table.find, "rewrites"),
    Row("blocks-reads", blocks_reads.find, "blocks-reads"),
    Row("blocks-writes", blocks_writes.find, "blocks-writes"),
    Row("ends-transaction", ends_transaction.find, "ends-transaction"),
    Row("not-transactional", not_transactional.find, "not-transactional"),
    Row("hides-failure", hides_failure.find, "hides-failure"),
    Row("nested-write", nested_write.find, "nested"),
    Row("fires-triggers", fires_triggers.find, "surveyed"),
    Row("target-missing-resource", target_missing_resource.find, "surveyed"),
    Row("cascades-further", cascades_further.find),
    Row("critical-resource", critical_resource.find, "surveyed"),
    Row("many-resources", many_resources.find),
    Row("reach-cut", reach_cut.find, "surveyed"),
    Row("environment-disagrees", environment_disagrees.find),
    Row("secret-in-payload", secret_in_payload.find),
    Row("rehearsal-failed", rehearsal_failed.find, "rehearsed"),
    Row("rehearsal-incomplete", rehearsal_incomplete.find, "rehearsed"),
    Row("rollback-invalid", rollback_invalid.find, "rehearsed"),
    Row("rollback-unproven", rollback_unproven.find, "rehearsed"),
    Row("state-lost", state_lost.find, "state-lost"),
    Row("state-moved", state_moved.find, "state-moved"),
    Row("wrong-workspace", wrong_workspace.find, "wrong-workspace"),
    Row("unfinished-plan", unfinished_plan.find, "unfinished-plan"),
    Row("partial-plan", partial_plan.find, "partial-plan"),
    Row("plan-time-code", plan_time_code.find, "plan-time-code"),
    Row("unproved-code", unproved_code.find, "unproved-code"),
    Row("exists-already", exists_already.find, "surveyed"),
    Row("mass-change", mass_change.find, "surveyed"),
    Row("cannot-go-back", cannot_go_back.find, "writes"),
    Row("copy-dies", copy_dies.find, "surveyed"),
    Row("undo-loses-rights", undo_loses_rights.find, "surveyed"),
    Row("unknown-kind", unknown_kind.find, "writes"),
    Row("leaves-a-gap", leaves_a_gap.find, "leaves-a-gap"),
    Row("shifts-index", shifts_index.find, "shifts-index"),
    Row("only-removes", only_removes.find, "only-removes"),
    Row("forgets", forgets.find, "forgets"),
    Row("adopts", adopts.find, "adopts"),
    Row("renames", renames.find, "renames"),
    Row("drifted", drifted.find),
    Row("whole-redundancy-group", whole_redundancy_group.find, "surveyed"),
    Row("primary-and-replica", primary_and_replica.find, "surveyed"),
    Row("backup-with-original", backup_with_original.find, "surveyed"),
    Row("many-domains", many_domains.find, "placed"),
    Row("whole-domain", whole_domain.find, "surveyed"),
    Row("two-products", two_products.find, "placed"),
    Row("control-plane", control_plane.find, "surveyed"),
    Row("undeclared-critical", undeclared_critical.find, "surveyed"),
    Row("unfelt-critical", unfelt_critical.find, "surveyed"),
    Row("no-survey", no_survey.find, "writes"),
)


def asked(seen: Seen) -> Iterator[Row]:
    """The rows of the table that can find something in what was seen."""
    there: set[str | None] = {None, *seen.by_trait, *[signal.name for signal in seen.change.signals]}
    sorts: dict[Sort, bool] = {
        "writes": bool(seen.writing),
        "takes": bool(seen.taking),
        "unclear": not seen.change.fully_known,
        "placed": bool(seen.domains.places or seen.domains.tags),
        "surveyed": seen.inventory is not None,
        "rehearsed": seen.rehearsal is not None,
    }
    there.update([sort for sort, holds in sorts.items() if holds])
    return (row for row in FINDINGS if row.on in there)
