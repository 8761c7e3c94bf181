"""The door to the AWS reader: one call, in JSON, as a command line or as it was sent, and the change that it makes."""

from __future__ import annotations

from typing import Final

from interlock.aws.call import Call
from interlock.aws.parameters import strange
from interlock.aws.written import written
from interlock.errors import BadProposal
from interlock.model.change import Change
from interlock.model.inventory import Inventory
from interlock.read.aws.calls import change_of_call
from interlock.read.aws.operations import operation
from interlock.read.aws.planned import is_planned, reading_of
from interlock.read.aws.shown import shown
from interlock.read.reader import Reading

#: A payload that is larger is refused before it is taken apart.
MOST_BYTES: Final = 16 * 1024 * 1024


class AwsReader:
    """Reads single calls. The dialects: JSON, `cli` for a command line, `http` for a request as it was sent."""

    dialects: tuple[str, ...] = ("", "cli", "http")

    def __call__(self, payload: bytes, dialect: str, environment: str) -> Reading:
        if dialect not in self.dialects:
            raise BadProposal(
                f"`aws` has no dialect `{dialect}`", hint=f"one of {', '.join(self.dialects)}", code="unknown-dialect"
            )
        if len(payload) > MOST_BYTES:
            raise BadProposal(
                f"a call of {len(payload):,} bytes is larger than {MOST_BYTES:,}", hint="split it", code="too-large"
            )
        if is_planned(payload):
            return reading_of(payload, environment)
        if dialect == "cli":
            from interlock.read.aws.lines import reading_of as reading_of_line

            return reading_of_line(payload, environment)
        call = _from_json(payload) if dialect == "" else _from_http(payload)
        return Reading(change_of_call(call, environment), text=shown(call).encode())

    def text(self, payload: bytes, dialect: str) -> bytes:
        """The call with its parameters; of a command line, the line before it."""
        if dialect == "cli":
            from interlock.read.aws.lines import text_of

            return text_of(payload)
        return shown(_from_http(payload) if dialect == "http" else _from_json(payload)).encode()

    def given(self, change: Change, inventory: Inventory) -> Change:
        """The change as it is at this target."""
        from interlock.read.aws.given import given

        return given(change, inventory)


def _from_json(payload: bytes) -> Call:
    call = written(payload)
    if operation(call.service, call.operation) is None:
        return call
    return call._replace(unread=strange(call.service, call.operation, call.parameters))


def _from_http(payload: bytes) -> Call:
    from interlock.aws.calls import understand
    from interlock.aws.request import from_bytes

    return understand(from_bytes(payload))


reader: Final = AwsReader()
