"""Shapes of things by the rows of the tables: values that meet a condition, and values that do not."""

from __future__ import annotations

from typing import get_args

from interlock.read.lasting.kinds import TABLES, Condition, Kind, Technology, Update, table

#: Every kind with the file that it stands in.
KINDS: list[tuple[str, Kind]] = [(name, kind) for name in TABLES for kind in table(name).kinds]
TECHNOLOGIES: tuple[Technology, ...] = get_args(Technology)


def type_of(kind: Kind, technology: Technology) -> str:
    """One type of the kind in this technology; empty when it has none."""
    types = kind.terraform if technology == "terraform" else kind.cloudformation
    return types[0] if types else ""


def path_of(kind: Kind, at: str, technology: Technology) -> str:
    if technology == "terraform" or at.startswith("@"):
        return at
    return kind.attributes.get(at, "")


def put(values: dict[str, object], path: str, value: object) -> None:
    """Put a value at a path; every second block on the way is a list, as Terraform writes blocks."""
    *parents, last = path.split(".")
    here = values
    for number, part in enumerate(parents):
        found = here.get(part)
        inner = found[0] if isinstance(found, list) and found else found
        if not isinstance(inner, dict):
            inner = {}
            here[part] = inner if number % 2 else [inner]
        here = inner
    here[last] = value


def meeting(condition: Condition) -> object:
    """A value that meets it."""
    if condition.equals:
        return condition.equals[0]
    return condition.least if condition.least is not None else "named"


def missing(condition: Condition) -> list[object]:
    """Values that do not."""
    if condition.equals:
        wanted = condition.equals[0]
        return [None, [], {}, (not wanted) if isinstance(wanted, bool) else f"{wanted}?", 3.5]
    if condition.least is not None:
        return [None, condition.least - 1, True, "many", {}]
    return [None, "", {}, [], False]


def shape(kind: Kind, conditions: tuple[Condition, ...], technology: Technology) -> dict[str, object] | None:
    """A thing of which all of these are true; None when this technology does not call one of them by any name."""
    values: dict[str, object] = {}
    for condition in conditions:
        path = path_of(kind, condition.at, technology)
        if not path:
            return None
        put(values, path, meeting(condition))
    return values


def sides(kind: Kind, update: Update, technology: Technology) -> tuple[dict[str, object], dict[str, object]] | None:
    """The thing before and after a change of this row."""
    path = path_of(kind, update.at, technology)
    if not path:
        return None
    was, becomes = {
        "turned-off": (True, False),
        "lowered": (30, 7),
        "raised": (7, 30),
        "shortened": (0, 7),
        "emptied": (["a"], []),
        "filled": ([], ["a"]),
        "fewer": (["a", "b"], ["a"]),
        "more": (["a"], ["a", "b"]),
        "changed": ("a", "b"),
        "drops": (["CREATE TABLE a"], ["CREATE TABLE a", "DROP TABLE a"]),
        "unnamed": ('[{"name": "a"}, {"name": "b"}]', '[{"name": "a"}]'),
        "newly": ("something else", update.to[0] if update.to else None),
        "becomes": ("something else", update.to[0] if update.to else None),
    }[update.does]
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    put(before, path, was)
    put(after, path, becomes)
    where = path_of(kind, update.where[0], technology) if update.where else ""
    if where.startswith(f"{path}."):
        member: dict[str, object] = {}
        put(member, where.removeprefix(f"{path}."), 7)
        put(before, path, [member] if update.does == "more" else [{"other": 1}])
        put(after, path, [member, member])
    elif where:
        put(after, where, 7)
    return before, after
