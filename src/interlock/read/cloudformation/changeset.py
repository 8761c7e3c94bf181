"""Change sets: the shape of what `describe-change-set` prints, its pages joined and its nested ones found.

The rules of this room: a change set that is not available to be executed is refused, since nobody can say what it
would do. A page or a nested change set that is missing is said, and never taken for nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from interlock.errors import BadProposal
from interlock.read.cloudformation.template import NAMES
from interlock.read.cloudformation.text import WRITE_IT

#: More changes than this, over all change sets, are refused.
MAX_CHANGES: Final = 100_000

_EXECUTABLE: Final = "AVAILABLE"
_MADE: Final = "CREATE_COMPLETE"


class Target(msgspec.Struct, frozen=True, rename="pascal"):
    """What of a resource changes, and whether that makes it anew."""

    attribute: str = ""
    name: str | None = None
    requires_recreation: str | None = None
    path: str | None = None
    before_value: str | None = None
    after_value: str | None = None
    attribute_change_type: str | None = None


class Detail(msgspec.Struct, frozen=True, rename="pascal"):
    """One thing that changes of a resource, and what causes it."""

    target: Target = Target()
    evaluation: str | None = None
    change_source: str | None = None
    causing_entity: str | None = None


class ModuleInfo(msgspec.Struct, frozen=True, rename="pascal"):
    """The module that a resource came from."""

    type_hierarchy: str | None = None
    logical_id_hierarchy: str | None = None


class ResourceChange(msgspec.Struct, frozen=True, rename="pascal"):
    """What happens to one resource of a stack."""

    action: str
    logical_resource_id: str
    resource_type: str
    physical_resource_id: str | None = None
    policy_action: str | None = None
    replacement: str | None = None
    scope: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()
    change_set_id: str | None = None
    module_info: ModuleInfo | None = None
    before_context: str | None = None
    after_context: str | None = None
    resource_drift_status: str | None = None


class Change(msgspec.Struct, frozen=True, rename="pascal"):
    """One entry of a change set; only resources are known."""

    type: str = ""
    resource_change: ResourceChange | None = None


class Document(msgspec.Struct, frozen=True, rename="pascal"):
    """One page of a change set."""

    changes: tuple[Change, ...]
    change_set_id: str = ""
    change_set_name: str = ""
    stack_id: str = ""
    stack_name: str = ""
    status: str = ""
    execution_status: str = ""
    next_token: str | None = None
    parent_change_set_id: str | None = None
    root_change_set_id: str | None = None
    include_nested_stacks: bool | None = None
    capabilities: tuple[str, ...] | None = None
    deployment_mode: str | None = None


class ChangeSet(NamedTuple):
    """A whole change set: its first page, all changes of its pages, and whether a page is missing."""

    head: Document
    changes: tuple[Change, ...]
    cut: bool

    @property
    def id(self) -> str:
        return self.head.change_set_id or f"{self.head.stack_name}/{self.head.change_set_name}"


def change_sets(documents: list[object]) -> dict[str, ChangeSet]:
    """The change sets of these documents by their ids, in the order in which they first appear."""
    pages: dict[str, list[Document]] = {}
    for number, document in enumerate(documents):
        page = _page(document, number)
        pages.setdefault(ChangeSet(page, (), False).id, []).append(page)
    found = {name: _joined(name, group) for name, group in pages.items()}
    if sum(len(each.changes) for each in found.values()) > MAX_CHANGES:
        raise BadProposal(f"more than {MAX_CHANGES:,} changes", hint="propose stacks by themselves", code="too-large")
    for each in found.values():
        _available(each, nested=bool(each.head.parent_change_set_id))
    return found


def _page(document: object, number: int) -> Document:
    if not isinstance(document, dict) or "Changes" not in document:
        raise BadProposal(
            "this is JSON, but not a change set: it has no `Changes`",
            where=f"document {number + 1}",
            hint=WRITE_IT,
            code="not-a-change-set",
        )
    try:
        page = msgspec.convert(document, type=Document)
    except msgspec.ValidationError as error:
        raise BadProposal(
            "this is no change set",
            where=f"document {number + 1}",
            hint=_without_values(error),
            code="not-a-change-set",
        ) from None
    resources = [change.resource_change for change in page.changes if change.resource_change is not None]
    names = [page.stack_name, *(name for each in resources for name in (each.logical_resource_id, each.resource_type))]
    if not all(NAMES.fullmatch(name) for name in names if name) or not all(names[1:]):
        raise BadProposal(
            "a stack, a resource or a type has a name that none can have",
            where=f"document {number + 1}",
            code="not-a-change-set",
        )
    if not page.stack_name and not page.stack_id:
        raise BadProposal(
            "the change set does not say of which stack it is",
            where=f"document {number + 1}",
            hint=WRITE_IT,
            code="not-a-change-set",
        )
    return page


def _joined(name: str, pages: list[Document]) -> ChangeSet:
    last = [page for page in pages if not page.next_token]
    if len(last) > 1:
        raise BadProposal(f"the change set `{name[:200]}` is given more than once", code="given-twice")
    changes = tuple(change for page in pages for change in page.changes)
    names = [change.resource_change.logical_resource_id for change in changes if change.resource_change is not None]
    if len(set(names)) < len(names):
        raise BadProposal(f"the change set `{name[:200]}` names a resource twice", code="given-twice")
    return ChangeSet(pages[0], changes, not last)


def _available(found: ChangeSet, *, nested: bool) -> None:
    """Refuses what cannot be executed as it stands. A nested one is executed by its parent alone."""
    head = found.head
    if head.status == _MADE and (head.execution_status == _EXECUTABLE or (nested and head.execution_status)):
        return
    status = " and ".join(f"`{each[:40]}`" for each in (head.status, head.execution_status) if each) or "no status"
    raise BadProposal(
        f"the change set of stack `{head.stack_name[:128]}` cannot be executed: it is {status}",
        hint="make a new change set and wait until it is `CREATE_COMPLETE` and `AVAILABLE`",
        code="not-available",
    )


def _without_values(error: msgspec.ValidationError) -> str:
    """Where it is wrong, without what stands there."""
    _, found, place = str(error).rpartition(" - at ")
    return f"look at {place}" if found else ""
