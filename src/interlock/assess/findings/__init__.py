"""Findings: what a person should know before deciding, one file a finding; this file is the table of them.

A finding is a pure function of what was seen. Its slug is its file, its id and its page in docs/findings. A finding
judges nothing: policy may look at it, and people do. The order of the table is the
order among equally severe ones of one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from interlock.assess.findings import (
    always_true_condition,
    blocks_reads,
    blocks_writes,
    cascades_further,
    critical_resource,
    dynamic_code,
    ends_transaction,
    environment_disagrees,
    fires_triggers,
    gentler_way,
    hides_failure,
    leaves_target,
    loses_data,
    loses_protection,
    many_resources,
    many_rows,
    nested_write,
    no_condition,
    no_survey,
    not_by_key,
    not_transactional,
    reach_cut,
    rehearsal_failed,
    rehearsal_incomplete,
    rewrites_table,
    rollback_invalid,
    rollback_unproven,
    runs_code,
    secret_in_payload,
    target_missing_resource,
    unknown_statement,
    unread_effect,
    whole_table,
    widens_access,
)
from interlock.assess.seen import Noted, Seen
from interlock.model.change import Trait


class Row(NamedTuple):
    """One kind of finding. One with a `trait` is only looked for where some effect carries that trait."""

    id: str
    find: Callable[[Seen], Iterator[Noted]]
    trait: Trait | None = None


FINDINGS: Final[tuple[Row, ...]] = (
    Row("unknown-statement", unknown_statement.find),
    Row("unread-effect", unread_effect.find),
    Row("no-condition", no_condition.find, "no-condition"),
    Row("always-true-condition", always_true_condition.find, "always-true"),
    Row("whole-table", whole_table.find),
    Row("loses-data", loses_data.find, "loses-data"),
    Row("many-rows", many_rows.find),
    Row("not-by-key", not_by_key.find),
    Row("leaves-target", leaves_target.find, "leaves-target"),
    Row("runs-code", runs_code.find, "runs-code"),
    Row("dynamic-code", dynamic_code.find, "dynamic"),
    Row("loses-protection", loses_protection.find, "loses-protection"),
    Row("widens-access", widens_access.find, "widens-access"),
    Row("gentler-way", gentler_way.find),
    Row("rewrites-table", rewrites_table.find, "rewrites"),
    Row("blocks-reads", blocks_reads.find, "blocks-reads"),
    Row("blocks-writes", blocks_writes.find, "blocks-writes"),
    Row("ends-transaction", ends_transaction.find, "ends-transaction"),
    Row("not-transactional", not_transactional.find, "not-transactional"),
    Row("hides-failure", hides_failure.find, "hides-failure"),
    Row("nested-write", nested_write.find, "nested"),
    Row("fires-triggers", fires_triggers.find),
    Row("target-missing-resource", target_missing_resource.find),
    Row("cascades-further", cascades_further.find),
    Row("critical-resource", critical_resource.find),
    Row("many-resources", many_resources.find),
    Row("reach-cut", reach_cut.find),
    Row("environment-disagrees", environment_disagrees.find),
    Row("secret-in-payload", secret_in_payload.find),
    Row("rehearsal-failed", rehearsal_failed.find),
    Row("rehearsal-incomplete", rehearsal_incomplete.find),
    Row("rollback-invalid", rollback_invalid.find),
    Row("rollback-unproven", rollback_unproven.find),
    Row("no-survey", no_survey.find),
)
