"""Code: reviewed knowledge of what runs code beside the changes of resources: the file `knowledge/code.json`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from interlock.model.change import Trait, Verb


class Runs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one kind of thing does beside being made or read."""

    verb: Verb
    traits: tuple[Trait, ...]
    says: str


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Data sources, resources and provisioners by type; `other` is a provisioner that stands in no row."""

    about: str
    data: dict[str, Runs]
    resources: dict[str, Runs]
    provisioners: dict[str, Runs]
    other: Runs
    action: Runs
    reads_files: tuple[str, ...]

    def provisioner(self, kind: str) -> Runs:
        """What a provisioner of this type does."""
        return self.provisioners.get(kind, self.other)


@cache
def code() -> Code:
    """The file, read when it is first asked for."""
    raw = Path(__file__).with_name("knowledge").joinpath("code.json").read_bytes()
    return msgspec.json.decode(raw, type=Code)
