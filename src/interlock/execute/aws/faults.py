"""Faults: what AWS's own answer says of a call that it did not do, by its status and its code alone."""

from __future__ import annotations

import re
from typing import Final

from interlock.aws.connection import THROTTLED
from interlock.errors import TargetError
from interlock.execute.aws.answer import Answer

#: Beyond this nobody looks for a code.
_LOOK: Final = 16 * 1024
_XML: Final = re.compile(rb"<Code>\s*([A-Za-z0-9._:-]{1,120})\s*</Code>")
_JSON: Final = re.compile(rb'"(?:__type|code|Code)"\s*:\s*"(?:[^"#]{0,200}#)?([A-Za-z0-9._:-]{1,120})"')
_CODE: Final = re.compile(r"[A-Za-z0-9._:-]{1,120}")


def fault(answer: Answer) -> TargetError | None:
    """Why the call did not take effect; None for one that did.

    `answered-no`: nothing took effect. `server-error`: AWS failed at it, and what it had done by then is unknown.
    """
    code = code_in(answer)
    said = f"AWS answered `{code}`" if code else f"AWS answered with status {answer.status}"
    if answer.status >= 500:
        if code in THROTTLED and answer.status == 503:
            return TargetError(said, hint="nothing was done; try again later", code="answered-no")
        return TargetError(said, hint="look whether it took effect", code="server-error")
    if answer.status >= 300:
        return TargetError(said, hint="nothing was done", code="answered-no")
    if answer.body.lstrip().startswith((b"<Error>", b"<?xml")) and b"<Error>" in answer.body[:300]:
        # S3 begins to answer some calls before it knows how they end.
        return TargetError(said, hint="nothing was done", code="answered-no")
    return None


def code_in(answer: Answer) -> str:
    """AWS's code for an error, as each protocol writes it; empty where there is none."""
    kind = answer.header("x-amzn-errortype").partition(":")[0].rpartition("#")[2]
    if _CODE.fullmatch(kind):
        return kind
    found = _XML.search(answer.body[:_LOOK]) or _JSON.search(answer.body[:_LOOK])
    return found[1].decode() if found else ""
