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
    # What moves may move to where something else still stands: first everything is taken away, then put where it goes.
    taken: list[tuple[Json, Json | None]] = []
    for each in told.get("resource_changes", ()):
        change = each["change"]
        actions = tuple(change["actions"])
        beside = bool(change.get("importing") or each.get("previous_address"))
        if each["mode"] != "managed" or (actions in _QUIET and not beside):
            continue
        if (actions not in _KNOWN and actions not in _QUIET) or each.get("deposed"):
            raise TargetError(f"{'+'.join(actions)} of `{each['address']}` cannot be tried beforehand")
        taken.append((each, _taken(resources, each)))
    for each, old in taken:
        change = each["change"]
        assert isinstance(change, dict)  # noqa: S101 - the tool's form
        if tuple(change["actions"]) == ("delete",):
            continue
        fresh = dict(old or {"schema_version": versions.get(str(each["address"]), 0), "sensitive_attributes": []})
        fresh["attributes"] = _typed(str(each["type"]), old, change["after"])
        fresh.pop("index_key", None)
        if "index" in each:
            fresh["index_key"] = each["index"]
        _instances(_place(resources, each)).append(fresh)
    whole["resources"] = [resource for resource in resources if resource["instances"]]
    whole["serial"] = int(str(whole.get("serial", 0))) + 1
    whole["check_results"] = None
    return json.dumps(whole).encode()


def _taken(resources: list[Json], change: Json) -> Json | None:
    """The instance that this changes, taken from where it stands; None where there is none yet."""
    moved = change.get("previous_address")
    for resource in resources:
        if resource["mode"] != "managed" or not (moved or _is_of(resource, change)):
            continue
        for instance in _instances(resource):
            found = _address(resource, instance) == moved if moved else instance.get("index_key") == change.get("index")
            if found and not instance.get("deposed"):
                _instances(resource).remove(instance)
                return instance
    if moved:
        raise TargetError(f"the move of `{moved}` cannot be tried beforehand: it is not in the state")
    return None


def _is_of(resource: Json, change: Json) -> bool:
    """Whether what changes is an instance of this resource."""
    ours = (resource.get("module", ""), resource["mode"], resource["type"], resource["name"])
    return ours == (change.get("module_address", ""), change["mode"], change["type"], change["name"])


def _instances(resource: Json) -> list[Json]:
    found = resource["instances"]
    assert isinstance(found, list)  # noqa: S101 - the tool's form
    return found


def _address(resource: Json, instance: Json) -> str:
    """The address of an instance, as the tool writes it of all but the oddest keys."""
    key = instance.get("index_key")
    module = f"{resource['module']}." if resource.get("module") else ""
    index = "" if key is None else f"[{json.dumps(key, ensure_ascii=False)}]"
    return f"{module}{resource['type']}.{resource['name']}{index}"


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
    for resource in resources:
        if _is_of(resource, change):
            return resource
    module = {"module": change["module_address"]} if change.get("module_address") else {}
    provider = f'provider["{change["provider_name"]}"]'
    named = {"type": change["type"], "name": change["name"]}
    fresh: Json = {"mode": "managed", **named, "provider": provider, "instances": []}
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
