"""HCL: the configuration that a plan was made from, in both of its spellings, and what the language itself says in it.

The plan's own JSON leaves out two things that decide how far a change is felt: `locals` and `lifecycle`. They stand
only here. Nothing is worked out: a block is what somebody wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from interlock.read.terraform.syntax import Attribute, Block, Reference, Source


class Lifecycle(NamedTuple):
    """What a resource's `lifecycle` block says. `ignores_all`: `ignore_changes = all`."""

    prevent_destroy: bool = False
    create_before_destroy: bool = False
    ignore_changes: tuple[str, ...] = ()
    ignores_all: bool = False
    replace_triggered_by: tuple[Reference, ...] = ()


def read_hcl(name: str, raw: bytes) -> Source:
    """One file, by the end of its name: `.tf.json` is JSON, everything else is read as people write it."""
    # Most plans come without their source, and the grammar is not loaded for them.
    if name.endswith(".json"):
        from interlock.read.terraform.hcl_json import read_json

        return read_json(name, raw)
    from interlock.read.terraform.hcl_native import read_native

    return read_native(name, raw)


def is_configuration(name: str) -> bool:
    """Whether a file of this name is part of a module: tests and variable files are not."""
    return name.endswith((".tf", ".tf.json", ".tofu", ".tofu.json"))


def sources_of(config: Mapping[str, bytes]) -> Iterator[tuple[str, Source]]:
    """Each file of a package's `config/` with the address of its module: `.` or `module.a.module.b`, then the file."""
    for path, raw in sorted(config.items()):
        module, _, file = path.removeprefix("config/").rpartition("/")
        if is_configuration(file):
            yield module or ".", read_hcl(path, raw)


def lifecycle_of(block: Block) -> Lifecycle:
    """The lifecycle of a resource block; what is missing or not literal is its default."""
    found = Lifecycle()
    for inner in block.children("lifecycle"):
        names = list(_ignored(inner.attributes.get("ignore_changes")))
        triggers = inner.attributes.get("replace_triggered_by")
        found = Lifecycle(
            inner.literal("prevent_destroy") is True,
            inner.literal("create_before_destroy") is True,
            tuple(name for name, whole in names if not whole),
            any(whole for _, whole in names),
            triggers.references if triggers else (),
        )
    return found


def _ignored(attribute: Attribute | None) -> Iterator[tuple[str, bool]]:
    """The first name of each attribute that is ignored, and whether it is the word for all of them."""
    if attribute is None:
        return
    for reference in attribute.references:
        yield reference.steps[0], reference.steps == ("all",) and not reference.at
    if isinstance(attribute.value, list):
        yield from ((name, False) for name in attribute.value if isinstance(name, str))
