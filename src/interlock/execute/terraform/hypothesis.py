"""Hypothesis: the state as it will be when a plan has been applied, as far as the plan tells.

What is only known afterwards is null in it. It serves to have the tool plan the way back before the way there is gone;
nothing is ever applied to it.
"""

from __future__ import annotations

import json
from typing import Final

from interlock.errors import TargetError

Json = dict[str, object]

_KNOWN: Final = {("create",), ("update",), ("delete",), ("delete", "create"), ("create", "delete")}
#: Attributes of any type that are known as such without an instance to look at.
_ANY_TYPE: Final = {"terraform_data": frozenset({"input", "output", "triggers_replace"})}
_QUIET: Final = {("no-op",), ("read",)}


def after(state: bytes, plan: bytes) -> bytes:
    """The state that would come of this plan on that state. TargetError where the plan does not tell."""
    whole: Json = json.loads(state) if state else {"version": 4, "serial": 0, "lineage": "interlock", "resources": []}
    told = json.loads(plan)
    versions = _schema_versions(told.get("planned_values", {}).get("root_module", {}))
    resources = whole["resources"]
    assert isinstance(resources, list)  # noqa: S101 - it was read as a state before
    for each in told.get("resource_changes", ()):
        change = each["change"]
        actions = tuple(change["actions"])
        if each["mode"] != "managed" or actions in _QUIET:
            continue
        if actions not in _KNOWN or each.get("deposed") or change.get("importing"):
            raise TargetError(f"{'+'.join(actions)} of `{each['address']}` cannot be tried beforehand")
        place = _place(resources, each)
        instances = place["instances"]
        assert isinstance(instances, list)  # noqa: S101 - the same
        old = next((one for one in instances if one.get("index_key") == each.get("index")), None)
        if old is not None:
            instances.remove(old)
        if actions != ("delete",):
            fresh = dict(old or {"schema_version": versions.get(each["address"], 0), "sensitive_attributes": []})
            fresh["attributes"] = _typed(each["type"], old, change["after"])
            if "index" in each:
                fresh["index_key"] = each["index"]
            instances.append(fresh)
    whole["resources"] = [resource for resource in resources if resource["instances"]]
    whole["serial"] = int(str(whole.get("serial", 0))) + 1
    whole["check_results"] = None
    return json.dumps(whole).encode()


def _typed(type_: str, old: Json | None, attributes: Json) -> Json:
    """The attributes as a state writes them: one that may be of any type says of which it is."""
    was = old["attributes"] if old is not None else {}
    assert isinstance(was, dict)  # noqa: S101 - the tool's form
    any_type = {name for name, value in was.items() if isinstance(value, dict) and value.keys() == {"type", "value"}}
    any_type |= _ANY_TYPE.get(type_, frozenset())
    return {
        name: {"value": value, "type": _type(value)} if name in any_type and value is not None else value
        for name, value in attributes.items()
    }


def _type(value: object) -> object:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return ["tuple", [_type(each) for each in value]]
    if isinstance(value, dict):
        return ["object", {name: _type(each) for name, each in value.items()}]
    return "string" if value is not None else "dynamic"


def _place(resources: list[Json], change: Json) -> Json:
    """The resource of a state in which an instance like this stands; a new one where there is none."""
    wanted = (change.get("module_address", ""), change["mode"], change["type"], change["name"])
    for resource in resources:
        if (resource.get("module", ""), resource["mode"], resource["type"], resource["name"]) == wanted:
            return resource
    module = {"module": wanted[0]} if wanted[0] else {}
    provider = f'provider["{change["provider_name"]}"]'
    fresh: Json = {"mode": "managed", "type": wanted[2], "name": wanted[3], "provider": provider, "instances": []}
    resources.append({**module, **fresh})
    return resources[-1]


def _schema_versions(module: Json) -> dict[str, int]:
    found = {}
    resources, children = module.get("resources", ()), module.get("child_modules", ())
    assert isinstance(resources, list | tuple) and isinstance(children, list | tuple)  # noqa: S101 - the tool's form
    for resource in resources:
        found[resource["address"]] = int(resource.get("schema_version", 0))
    for child in children:
        found |= _schema_versions(child)
    return found
