"""The AWS gate over a control of this process, as `interlock up` serves it, for the demo's production."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlock.control import Control


@contextlib.contextmanager
def aws_gate(control: Control) -> Iterator[str]:
    """Where the gate is, on a free port of this machine, for as long as the context lasts."""
    from interlock.gates.aws.serve import Listening, serving

    logging.getLogger("interlock").setLevel(logging.ERROR)
    listening = Listening(port=_free_port())
    with serving(control, listening):
        yield listening.url


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
