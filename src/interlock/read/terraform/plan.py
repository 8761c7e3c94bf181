"""Plan: the JSON of `show -json` as values. What may be large or secret stays raw bytes until somebody needs it.

Formats 0.1 to 1.x, of Terraform and OpenTofu. Fields that are not named here are skipped, as the format asks; what is
named and has another shape is refused. The collector is off while decoding: it costs more than the work itself.
"""

from __future__ import annotations

import gc
import json
import re
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

from interlock.errors import BadProposal

T = TypeVar("T")

NULL: Final = Raw(b"null")
#: A way to spell a letter of a key that hides it from a search of the bytes; planners spell only signs so.
_HIDDEN_LETTER: Final = re.compile(rb"\\u00[4-7]")


class Variable(msgspec.Struct, frozen=True, gc=False):
    """An input variable; its value is never even decoded."""


class Delta(msgspec.Struct, frozen=True, gc=False):
    """What happens to one object or output: the words for it, and the values before and after as raw JSON.

    `after_unknown`, `before_sensitive` and `after_sensitive` mirror the values: true where it holds for all below.
    """

    actions: tuple[str, ...] = ()
    before: Raw = NULL
    after: Raw = NULL
    after_unknown: Raw = NULL
    before_sensitive: Raw = NULL
    after_sensitive: Raw = NULL
    replace_paths: Raw = NULL
    importing: Raw = NULL


class ResourceChange(msgspec.Struct, frozen=True, gc=False):
    """One resource instance, or one deposed object of it, and what happens to it."""

    address: str
    type: str = ""
    name: str = ""
    mode: str = "managed"
    change: Delta = Delta()
    module_address: str = ""
    previous_address: str = ""
    index: Raw = NULL
    provider_name: str = ""
    deposed: str = ""
    action_reason: str = ""


class Deferred(msgspec.Struct, frozen=True, gc=False):
    """A change that could not be planned to its end, and why."""

    reason: str = ""
    resource_change: ResourceChange | None = None


class Invocation(msgspec.Struct, frozen=True, gc=False):
    """An action that a provider runs beside the changes of resources."""

    address: str = ""
    type: str = ""
    name: str = ""
    provider_name: str = ""


class DeferredInvocation(msgspec.Struct, frozen=True, gc=False):
    """An action whose run could not be planned to its end, and why."""

    reason: str = ""
    action_invocation: Invocation | None = None


class CheckAddress(msgspec.Struct, frozen=True, gc=False):
    """Whose check it is."""

    to_display: str = ""


class Check(msgspec.Struct, frozen=True, gc=False):
    """A check, condition or validation of the configuration; its messages may hold values and are not read."""

    address: CheckAddress = CheckAddress()
    status: str = ""


class Plan(msgspec.Struct, frozen=True):
    """A whole plan. None of `applyable`, `complete`, `errored`: this version of the format does not say."""

    format_version: str = ""
    terraform_version: str = ""
    timestamp: str = ""
    applyable: bool | None = None
    complete: bool | None = None
    errored: bool | None = None
    variables: dict[str, Variable] = {}
    planned_values: Raw = NULL
    resource_changes: tuple[ResourceChange, ...] = ()
    resource_drift: tuple[ResourceChange, ...] = ()
    output_changes: dict[str, Delta] = {}
    prior_state: Raw = NULL
    configuration: Raw = NULL
    relevant_attributes: Raw = NULL
    deferred_changes: tuple[Deferred, ...] = ()
    action_invocations: tuple[Invocation, ...] = ()
    deferred_action_invocations: tuple[DeferredInvocation, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def has_body(self) -> bool:
        """Whether it has any of the parts that only a plan has."""
        return bool(self.resource_changes or self.output_changes or self.resource_drift) or any(
            raw is not NULL for raw in (self.planned_values, self.configuration)
        )


class _Shell(msgspec.Struct):
    """The top of a plan, each part still raw, so that a null is as good as nothing and each part is decoded once."""

    format_version: str = ""
    terraform_version: str = ""
    timestamp: str = ""
    applyable: bool | None = None
    complete: bool | None = None
    errored: bool | None = None
    variables: dict[str, Variable] | None = None
    planned_values: Raw = NULL
    resource_changes: tuple[Raw, ...] | None = None
    resource_drift: tuple[Raw, ...] | None = None
    output_changes: dict[str, Delta] | None = None
    prior_state: Raw = NULL
    configuration: Raw = NULL
    relevant_attributes: Raw = NULL
    deferred_changes: tuple[Deferred, ...] | None = None
    action_invocations: tuple[Invocation, ...] | None = None
    deferred_action_invocations: tuple[DeferredInvocation, ...] | None = None
    checks: tuple[Check, ...] | None = None


def decode(raw: bytes) -> Plan:
    """The plan that these UTF-8 bytes are. BadProposal names the byte or the field that cannot be taken."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        hidden = b"\\u00" in raw and _HIDDEN_LETTER.search(raw) is not None
        _refuse_twice(raw, "resource_changes", "$", hidden=hidden)
        shell = _decode(raw, _Shell, "$")
        return Plan(
            shell.format_version,
            shell.terraform_version,
            shell.timestamp,
            shell.applyable,
            shell.complete,
            shell.errored,
            shell.variables or {},
            shell.planned_values,
            _changes(shell.resource_changes, "resource_changes", hidden=hidden),
            _changes(shell.resource_drift, "resource_drift", hidden=hidden),
            shell.output_changes or {},
            shell.prior_state,
            shell.configuration,
            shell.relevant_attributes,
            shell.deferred_changes or (),
            shell.action_invocations or (),
            shell.deferred_action_invocations or (),
            shell.checks or (),
        )
    finally:
        if collecting:
            gc.enable()


def value(raw: Raw) -> object:
    """The plain value of a part that was left raw. It was looked at once already, so it is sound JSON."""
    return msgspec.json.decode(raw)


_change_decoder: Final = msgspec.json.Decoder(ResourceChange)


def _changes(raws: tuple[Raw, ...] | None, name: str, *, hidden: bool) -> tuple[ResourceChange, ...]:
    found = []
    for number, raw in enumerate(raws or ()):
        _refuse_twice(raw, "actions", f"$.{name}[{number}]", hidden=hidden)
        try:
            found.append(_change_decoder.decode(raw))
        except msgspec.MsgspecError as error:
            raise _unlike(error, f"$.{name}[{number}]") from None
    return tuple(found)


def _decode(raw: bytes, kind: type[T], place: str) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _unlike(error, place) from None
    except RecursionError:
        raise BadProposal("the plan is nested too deeply", code="too-deep") from None


def _unlike(error: Exception, place: str) -> BadProposal:
    """What is wrong and where; the words of the decoder name types, fields and bytes, never values."""
    if isinstance(error, msgspec.ValidationError):
        what, _, at = str(error).partition(" - at ")
        return BadProposal(
            f"this is not the JSON of a plan: {what[:1].lower()}{what[1:]}",
            where=at.strip("`").replace("$", place, 1) or place,
            hint="write it with `terraform show -json`",
            code="not-a-plan",
        )
    return BadProposal(
        f"the JSON is cut off or broken: {error}", hint="write it with `terraform show -json`", code="not-json"
    )


def _refuse_twice(raw: bytes | Raw, name: str, place: str, *, hidden: bool) -> None:
    """An object that says the field `name` twice says two things; which one is meant depends on who reads it.

    Objects inside of it may well have a field of that name; only then, or where a key may be spelled with escapes
    (`hidden`: somewhere in the plan a letter is), the slow reader that sees every pair looks again.
    """
    text = bytes(raw)
    if text.count(b'"%s"' % name.encode()) < 2 and not (hidden and _HIDDEN_LETTER.search(text)):
        return

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [key for key, _ in pairs]
        if names.count(name) > 1:
            raise BadProposal(
                f"`{name}` stands twice in one object", where=place, hint="a planner never writes it so", code="twice"
            )
        return dict(pairs)

    try:
        json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError):
        return  # broken JSON is told by the decoder, with its place
