"""What is logged: one JSON object a line on standard error, of fields that were chosen; never a value that came in."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Final

log: Final = logging.getLogger("interlock.http")


class JsonLines(logging.Formatter):
    """Time, level, logger, message, and the record's own `fields`. A traceback is its places: no text, no values."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "at": f"{at}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            line |= places(record.exc_info[1])
        return json.dumps(line)


def places(error: BaseException) -> dict[str, object]:
    """The error's class and where it came by. Its message stays out: it may quote what came in, secrets too."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def write_to_stderr(level: int = logging.WARNING) -> None:
    """Send our log and uvicorn's own to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("interlock", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level)
