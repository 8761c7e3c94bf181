"""The shape of the knowledge, and its tables: one file a provider in `knowledge/`, read when first asked for.

The rules of this room: a kind is a row of data that somebody reviewed and that names its source. Attributes are called
as Terraform calls them; `attributes` says what CloudFormation calls the same thing. A type that stands in no row is
known to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from interlock.model.change import Aspect, Trait
from interlock.model.inventory import Plane
from interlock.model.wayback import Reversibility, RollbackVerdict

Technology = Literal["terraform", "cloudformation"]

#: What happens to an attribute in an update, from its value before and its value after.
Does = Literal[
    "turned-off",  # it was true, and is not any more
    "lowered",  # it is a smaller number
    "raised",  # it is a larger number
    "shortened",  # it is a smaller number, where none and 0 mean for ever
    "emptied",  # it had something in it, and has nothing any more
    "filled",  # it had nothing in it, and has something now
    "fewer",  # it has fewer members
    "more",  # it has more members
    "changed",  # it is another value
    "becomes",  # it is now one of `to`, and was not before
    "drops",  # it has a statement that it had not, and that takes away what holds something
    "unnamed",  # it is a list in JSON, and a name that stood in it does not any more
    "newly",  # it is one of `to` more often than it was: one more member says so
]


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a value must be to count. Exactly one of `equals`, `least` and `present` is given.

    `at` is a path of names with dots; a list on the way means each of its members, and all of them must agree.
    """

    at: str
    equals: tuple[bool | int | str, ...] = ()
    least: int | None = None
    present: bool = False


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lowers the class of losing such a thing when all of `when` holds of it as it is before.

    `gives` is the class that it supports; `blocked` is no way back: the target refuses the delete while it stands.
    `says` may name values in braces, but only those that the kind lists in `shows`. `lift` is how to get there.
    """

    when: tuple[Condition, ...]
    gives: Reversibility | Literal["blocked"]
    says: str
    lift: str = ""
    step: str = ""
    only: Technology | None = None


class Update(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it means that one attribute changes in place, beyond that it can be written back.

    With `where`, only where one of these says something after.
    """

    at: str
    does: Does
    says: str
    to: tuple[bool | int | str, ...] = ()
    traits: tuple[Trait, ...] = ()
    reversibility: Reversibility = "exact-inverse"
    verdict: RollbackVerdict = "valid"
    evidence: tuple[Evidence, ...] = ()  # what lowers the class of this one change
    where: tuple[str, ...] = ()
    only: Technology | None = None


class Create(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why making one is more than taking it away again undoes; with `at`, only where one of these says something.

    With `when`, only where all of these are true of what is made, or cannot be told not to be.
    """

    reversibility: Reversibility
    verdict: RollbackVerdict
    why: str
    traits: tuple[Trait, ...] = ()
    at: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A less destructive way to the same end: for a replacement that these attributes force, or for a delete."""

    way: str
    fields: tuple[str, ...] = ()
    on: Literal["replace", "delete"] = "replace"
    only: Technology | None = None


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A redundancy group: its name is the first of these attributes that has a value."""

    kind: str
    at: tuple[str, ...]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of thing: its types, what it is to others, what is lost with it, and what says otherwise.

    `delete` is the class of losing it without any evidence. `reuse` says what does not come back when it is made again
    under the same name; `guards` says that something else is guarded by it. `shows` are the attributes whose values may
    stand in a text. `bare` are those of its types of which a new one gives nobody anything by itself.
    """

    name: str
    source: str
    delete: Reversibility
    loses: str
    terraform: tuple[str, ...] = ()
    cloudformation: tuple[str, ...] = ()
    attributes: dict[str, str] = {}
    planes: tuple[Plane, ...] = ()
    aspect: Aspect = "structure"
    evidence: tuple[Evidence, ...] = ()
    updates: tuple[Update, ...] = ()
    create: Create | None = None
    gentler: tuple[Way, ...] = ()
    groups: tuple[Group, ...] = ()
    shows: tuple[str, ...] = ()
    reuse: str = ""
    guards: bool = False
    bare: tuple[str, ...] = ()

    @property
    def lasts(self) -> bool:
        """Whether it holds something that making it again does not bring back."""
        return self.delete not in ("none-needed", "exact-inverse", "disruptive-inverse")


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One provider's file and its kinds."""

    title: str
    about: str
    kinds: tuple[Kind, ...]


#: The files of `knowledge/`, and by the beginnings of which types each one speaks. The others are asked about the rest.
TABLES: Final[dict[str, tuple[str, ...]]] = {
    "aws": ("aws_",),
    "google": ("google_",),
    "azure": ("azurerm_", "azuread_"),
    "kubernetes": (),
    "others": (),
}


@cache
def table(name: str) -> Table:
    """The table in one file, strictly decoded."""
    raw = Path(__file__).with_name("knowledge").joinpath(f"{name}.json").read_bytes()
    return msgspec.json.decode(raw, type=Table)


class Guards(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds of each kind that guards something; `anything` is what holds of each type, known or not."""

    about: str
    updates: tuple[Update, ...]
    anything: tuple[Update, ...]


@cache
def guards() -> Guards:
    """The rows of all kinds that guard something."""
    raw = Path(__file__).with_name("knowledge").joinpath("guards.json").read_bytes()
    return msgspec.json.decode(raw, type=Guards)


class Rows(NamedTuple):
    """The rows of one kind that speak of one technology; an update's with the first part of its path there."""

    kind: Kind
    evidence: tuple[Evidence, ...]
    updates: tuple[tuple[str, Update], ...]
    gentler: tuple[Way, ...]


@lru_cache(maxsize=4_096)
def rows_of(technology: Technology, type_: str) -> Rows | None:
    """What is known of this type, without what only holds of another technology; None when nobody knows it."""
    kind = kind_of(technology, type_)
    if kind is None:
        return None
    names = kind.attributes if technology == "cloudformation" else None
    spoken = {each.at for each in kind.updates}
    common: tuple[Update, ...] = ()
    if names is None:
        common = (*guards().anything, *(guards().updates if kind.guards else ()))
    return Rows(
        kind,
        tuple(each for each in kind.evidence if each.only in (None, technology)),
        tuple(
            (path_in(names, each.at).partition(".")[0], each)
            for each in (*kind.updates, *(row for row in common if row.at not in spoken))
            if each.only in (None, technology)
        ),
        tuple(each for each in kind.gentler if each.only in (None, technology)),
    )


def path_in(names: Mapping[str, str] | None, at: str) -> str:
    """The path as a technology with these names calls it; empty when it has no such thing."""
    return at if names is None or at.startswith("@") else names.get(at, "")


def kind_of(technology: Technology, type_: str) -> Kind | None:
    """The kind that this type is; None when nobody knows."""
    if technology == "cloudformation":
        custom = type_.startswith("Custom::")
        return _by_type("aws", technology).get("AWS::CloudFormation::CustomResource" if custom else type_)
    own = [name for name, starts in TABLES.items() if starts and type_.startswith(starts)]
    for name in own or [name for name, starts in TABLES.items() if not starts]:
        found = _by_type(name, technology).get(type_)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=1_024)
def named(provider: str, name: str) -> Kind:
    """The kind of this name in one provider's file, for a reader that has its own way from types to kinds."""
    return next(kind for kind in table(provider).kinds if kind.name == name)


@cache
def _by_type(name: str, technology: Technology) -> dict[str, Kind]:
    if technology == "cloudformation":
        return {type_: kind for kind in table(name).kinds for type_ in kind.cloudformation}
    return {type_: kind for kind in table(name).kinds for type_ in kind.terraform}
