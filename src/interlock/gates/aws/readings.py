"""Whether a call looks like a read, so that it is worth judging as one first. Nothing is decided by it.

A read that does not look like one goes the whole road; what looks like one and is none is found out when it is judged.
"""

from __future__ import annotations

from typing import Final

from interlock.aws import models
from interlock.aws.calls import understand
from interlock.aws.request import Request
from interlock.errors import InterlockError

#: How the names of operations that read begin. botocore marks only some of them.
READING: Final = ("Get", "List", "Describe", "Head", "BatchGet", "Query", "Scan", "Search", "Select", "Lookup", "Check")


def seems_to_read(request: Request) -> bool:
    """Whether this is worth judging as a read."""
    if request.method == "HEAD":
        return True
    call = understand(request)
    if not call.operation or call.unread:
        return False
    if call.operation.startswith(READING):
        return True
    try:
        operation = models.service(call.service).operation(call.operation)
    except InterlockError:
        return False
    return operation is not None and operation.readonly
