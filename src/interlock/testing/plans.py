"""Plans for tests: the JSON of a plan from a few changes, and the zip that makes a package of it."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence

Json = dict[str, object]

_FIXED = (1980, 1, 1, 0, 0, 0)


def changing(
    address: str,
    *actions: str,
    before: Json | None = None,
    after: Json | None = None,
    sensitive: object = False,
    **more: object,
) -> Json:
    """One resource change; `sensitive` marks both sides. What else is given stands beside, or in, its change."""
    kind, name = re.sub(r"\[[^\]]*\]", "", address).split(".")[-2:]
    inside: Json = {key: more.pop(key) for key in ("after_unknown", "replace_paths", "importing") if key in more}
    delta: Json = {
        "actions": list(actions),
        "before": before,
        "after": after,
        "after_unknown": {},
        "before_sensitive": sensitive,
        "after_sensitive": sensitive,
        **inside,
    }
    return {"address": address, "mode": "managed", "type": kind, "name": name, "change": delta, **more}


def plan_of(*changes: Json, **more: object) -> Json:
    """A whole plan of format 1.2 with these changes."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": list(changes),
        "configuration": {"root_module": {}},
        "complete": True,
        "errored": False,
        **more,
    }


def raw(plan: Json) -> bytes:
    """The bytes of a plan as a planner writes them."""
    return json.dumps(plan).encode()


def manifest(**more: object) -> bytes:
    """The member that makes a zip a package."""
    return json.dumps({"format": 1, "tool": "terraform", "version": "1.11.4", "workspace": "default", **more}).encode()


def zipped(members: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> bytes:
    """A zip of these members in the order of their names; given as pairs, in that order and with their doubles."""
    pairs = sorted(members.items()) if isinstance(members, Mapping) else members
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in pairs:
            archive.writestr(zipfile.ZipInfo(name, _FIXED), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()
