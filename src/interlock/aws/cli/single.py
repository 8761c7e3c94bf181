"""Single: the one call that a line is, for whoever sends it. The same reading that judged the line gives it.

A line that is more than one call, or another one than stands in it, is not executed. There is one parser and one Call
for both: what was judged is what is sent.
"""

from __future__ import annotations

from typing import Final

from interlock.aws.call import Call
from interlock.aws.cli.command import Command, command_of
from interlock.errors import BadProposal

MOST_BYTES: Final = 1024 * 1024


def is_line(payload: bytes) -> bool:
    """Whether a payload is a command line; whatever begins as an object does is a call in another form."""
    return payload.lstrip()[:1] != b"{"


def line_of(payload: bytes) -> str:
    """The text of a line. Raises BadProposal for what is none."""
    if len(payload) > MOST_BYTES:
        raise BadProposal("a line of this size is no command", hint="split it", code="too-large")
    if not is_line(payload):
        raise BadProposal("this is no line of `aws`", hint="propose JSON as kind `aws`", code="not-a-call")
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadProposal("this line is not UTF-8", hint=str(error), code="not-a-call") from error


def single(command: Command, line: str) -> Call | str:
    """The one call that a line is, or why it is none."""
    if not all(sign.isprintable() or sign in "\t\n" for sign in line):
        return "it holds signs that nobody sees"
    unread = [what for call in command.calls for what in call.unread]
    if command.aside or unread:
        return [*command.aside, *unread][0]
    if len(command.calls) != 1 or command.selected or command.own:
        return "it is no single call"
    return command.calls[0]


def call_of(payload: bytes) -> Call:
    """The one call that a line is. Raises BadProposal for a line that is not exactly one."""
    line = line_of(payload)
    found = single(command_of(line), line)
    if isinstance(found, str):
        raise BadProposal(
            f"this line is judged, and not executed: {found}",
            hint="to have it executed, propose the call itself as JSON (kind `aws`), or send it through the gate",
            code="not-executable",
        )
    return found
