"""Plans made up: many things of which a few change, in the shape that `show -json` gives them. The same each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

#: One thing in this many is a database, which knowledge says much of; the others are servers.
DATABASES = 10
_SCRIPT = (
    "#!/bin/sh\nexport NODE=node-{number} REGION=eu-west-1\nexec /usr/bin/env run --port 8080 --log /var/log/run.log\n"
)
#: So many things stand in one module.
PER_MODULE = 100


def write(path: Path, things: int, changed: int, padding: int = 1_200) -> int:
    """Write a plan of so many things, the first of which change; its size in bytes.

    `padding` is how long the longest text of each thing is, which is how a plan comes to its size.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write('{"format_version":"1.2","terraform_version":"1.11.4","planned_values":')
        _tree(file, _standing(things, padding, planned=True))
        file.write(',"resource_changes":[')
        _all(file, (_change(number, number < changed, padding) for number in range(things)))
        file.write('],"output_changes":{},"prior_state":{"format_version":"1.0","terraform_version":"1.11.4","values":')
        _tree(file, _standing(things, padding, planned=False))
        file.write('},"configuration":')
        json.dump(_configuration(things), file, separators=(",", ":"))
        file.write(',"timestamp":"2026-01-01T00:00:00Z","applyable":true,"complete":true,"errored":false}')
    return path.stat().st_size


def _all(file: TextIO, each: Iterator[dict[str, object]]) -> None:
    for number, one in enumerate(each):
        file.write("," if number else "")
        json.dump(one, file, separators=(",", ":"))


def _tree(file: TextIO, modules: Iterator[dict[str, object]]) -> None:
    file.write('{"root_module":{"child_modules":[')
    _all(file, modules)
    file.write("]}}")


def _kind(number: int) -> str:
    return "aws_db_instance" if number % DATABASES == 0 else "aws_instance"


def _address(number: int) -> str:
    return f"module.part[{number // PER_MODULE}].{_kind(number)}.thing[{number % PER_MODULE}]"


def _values(number: int, padding: int) -> dict[str, object]:
    return {
        "arn": f"arn:aws:ec2:eu-west-1:123456789012:instance/i-{number:017x}",
        "availability_zone": f"eu-west-1{'abc'[number % 3]}",
        "id": f"i-{number:017x}",
        "instance_type": "t3.small",
        "instance_class": "db.t3.small",
        "monitoring": False,
        "subnet_id": f"subnet-{number % 24:08x}",
        "deletion_protection": False,
        "user_data": (_SCRIPT.format(number=number) * (padding // 100 + 1))[:padding],
        "tags": {"Name": f"thing-{number}", "team": f"team-{number % 12}", "env": "production"},
    }


def _change(number: int, changed: bool, padding: int) -> dict[str, object]:
    """One in ten of the changed things is replaced, one in ten destroyed; the others are updated."""
    before = _values(number, padding)
    after: dict[str, object] | None = dict(before)
    unknown: dict[str, object] = {}
    actions, reason = ["no-op"], None
    if changed and after is not None:
        after["instance_type"] = after["instance_class"] = "db.t3.large"
        actions = ["update"]
        if number % 10 == 1:
            actions, reason = ["delete", "create"], "replace_because_cannot_update"
            unknown = {"id": True, "arn": True}
            after = {name: value for name, value in after.items() if name not in unknown}
        elif number % 10 == 2:
            actions, after, reason = ["delete"], None, "delete_because_no_resource_config"
    return {
        "address": _address(number),
        "module_address": f"module.part[{number // PER_MODULE}]",
        "mode": "managed",
        "type": _kind(number),
        "name": "thing",
        "index": number % PER_MODULE,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": actions,
            "before": before,
            "after": after,
            "after_unknown": unknown,
            "before_sensitive": {"tags": {}},
            "after_sensitive": {"tags": {}},
            **({"replace_paths": [["instance_type"]]} if len(actions) == 2 else {}),
        },
        **({"action_reason": reason} if reason else {}),
    }


def _standing(things: int, padding: int, *, planned: bool) -> Iterator[dict[str, object]]:
    """The modules of a state, or of planned values."""
    for first in range(0, things, PER_MODULE):
        yield {
            "address": f"module.part[{first // PER_MODULE}]",
            "resources": [
                {
                    "address": _address(number),
                    "mode": "managed",
                    "type": _kind(number),
                    "name": "thing",
                    "index": number % PER_MODULE,
                    "provider_name": "registry.terraform.io/hashicorp/aws",
                    "schema_version": 1,
                    "values": _values(number, padding),
                    "sensitive_values": {"tags": {}},
                    **({} if planned else {"depends_on": ["aws_vpc.main", "aws_subnet.main"]}),
                }
                for number in range(first, min(first + PER_MODULE, things))
            ],
        }


def _configuration(things: int) -> dict[str, object]:
    blocks = [
        {
            "address": f"{kind}.thing",
            "mode": "managed",
            "type": kind,
            "name": "thing",
            "provider_config_key": "aws",
            "expressions": {"instance_type": {"references": ["var.size"]}, "user_data": {"references": ["var.text"]}},
            "schema_version": 1,
            "count_expression": {"references": ["var.count"]},
        }
        for kind in ("aws_db_instance", "aws_instance")
    ]
    call = {
        "source": "./part",
        "expressions": {"size": {"constant_value": "small"}},
        "count_expression": {"constant_value": -(-things // PER_MODULE)},
        "module": {"resources": blocks, "variables": {"size": {}, "text": {}, "count": {}}},
    }
    return {
        "provider_config": {"aws": {"name": "aws", "full_name": "registry.terraform.io/hashicorp/aws"}},
        "root_module": {"module_calls": {"part": call}},
    }
