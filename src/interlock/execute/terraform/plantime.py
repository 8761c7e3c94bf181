"""Plan time: what a configuration would make run, or send, while it is only planned; refused unless it is allowed.

A plan runs with the target's credentials and before anybody has looked at it. So what could carry a credential away,
run a program, or bring code along is refused here, before the tool is started on it. `plantime.json` is the knowledge.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from interlock.errors import BadProposal
from interlock.execute.terraform.blocks import Block, blocks_of, every

#: Words of the language by which a secret value gets out of its mark.
_UNMASKING: Final = re.compile(r"\b(?:nonsensitive|can)\b")

CONFIGURATION: Final = (".tf", ".tofu", ".tf.json", ".tofu.json")


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`data`: types of data sources that do more than ask the target's own provider, and what."""

    data: dict[str, str]
    provider: Harmless


class Harmless(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a provider block may say without choosing where a credential is sent, or what runs to get one."""

    arguments: frozenset[str]
    blocks: frozenset[str]


@cache
def known() -> Known:
    return msgspec.json.decode(Path(__file__).with_name("plantime.json").read_bytes(), type=Known)


def check(files: Mapping[str, bytes], allowed: frozenset[str], backend: str) -> frozenset[str]:
    """Refuse what may not run at plan time, and a state kept elsewhere than in `backend`.

    Gives the names of the variables that the root module declares.
    """
    read = {name: blocks_of(name, content) for name, content in files.items() if name.endswith(CONFIGURATION)}
    if not any("/" not in name for name in read):
        raise BadProposal("there is no configuration in this folder", hint="propose the root module", code="bad-source")
    for name, blocks in read.items():
        for block in every(blocks):
            _check_data(block, allowed)
            if block.type == "module" and len(block.labels) == 1:
                _check_module(block, posixpath.dirname(name), read, allowed)
        for block in blocks:
            if block.type == "provider":
                _check_provider(block, allowed)
    root = [block for name, blocks in read.items() if "/" not in name for block in blocks]
    _check_backend(root, backend)
    return frozenset(block.labels[0] for block in root if block.type == "variable" and block.labels)


def check_graph(dot: str, allowed: frozenset[str]) -> None:
    """The same for data sources, by what the tool itself says that the configuration holds."""
    for type_, why in known().data.items():
        if type_ not in allowed and f"data.{type_}." in dot:
            raise _refused(f"data source `{type_}`", why, "", type_)


def check_masks(files: Mapping[str, bytes], allowed: frozenset[str]) -> None:
    """Refuse what would show a secret variable in a plan, which whoever proposed it is told of.

    `nonsensitive` takes the mark off a value, and `can` gives an unmarked answer to any question about it: one resource
    for each answer spells out the whole of it in names, before anybody has voted.
    """
    if "unmask" in allowed:
        return
    for name, content in sorted(files.items()):
        if not name.endswith(CONFIGURATION):
            continue
        text = content.decode("utf-8", "replace")
        if name.endswith(".json"):
            text = json.dumps(json.loads(text), ensure_ascii=False)  # a word in JSON may be spelled in escapes
        if found := _UNMASKING.search(text):
            why = "a variable of this target is secret, and it could show it in the plan"
            where = name if name.endswith(".json") else f"{name}:{text.count(chr(10), 0, found.start()) + 1}"
            raise _refused(f"`{found[0]}`", why, where, "unmask")


def _check_data(block: Block, allowed: frozenset[str]) -> None:
    if block.type not in ("data", "ephemeral") or len(block.labels) != 2:
        return
    why = known().data.get(block.labels[0])
    if why is not None and block.labels[0] not in allowed:
        raise _refused(f"{block.type} source `{block.labels[0]}`", why, block.where, block.labels[0])


def _check_module(block: Block, folder: str, read: Mapping[str, object], allowed: frozenset[str]) -> None:
    source = block.arguments.get("source")
    if "modules" in allowed:
        return
    where = posixpath.normpath(posixpath.join(folder, source)) if source else ""
    where = "" if where == "." else where
    local = source is not None and source.startswith(("./", "../")) and not where.startswith("..")
    if not local or not any(posixpath.dirname(name) == where for name in read):
        raise _refused(f"module `{block.labels[0]}`", "its source is not in the proposal", block.where, "modules")


def _check_provider(block: Block, allowed: frozenset[str]) -> None:
    if "provider-settings" in allowed:
        return
    harmless = known().provider
    odd = [*sorted(block.arguments.keys() - harmless.arguments - harmless.blocks), *_odd_blocks(block, harmless)]
    if odd:
        what = f"provider `{block.labels[0] if block.labels else ''}`"
        why = f"`{odd[0]}` may choose where credentials are sent, or what runs to get them"
        raise _refused(what, why, block.where, "provider-settings")


def _odd_blocks(block: Block, harmless: Harmless) -> Iterator[str]:
    return (inner.type for inner in block.blocks if inner.type not in harmless.blocks)


def _check_backend(root: list[Block], backend: str) -> None:
    """Which state it is was chosen already; a configuration that names another kind of place was meant for another."""
    for block in root:
        if block.type != "terraform":
            continue
        for inner in block.blocks:
            kind = inner.labels[0] if inner.type == "backend" and inner.labels else inner.type
            if inner.type in ("backend", "cloud") and kind != backend:
                raise BadProposal(
                    f"the configuration keeps its state in `{kind}`, the target in `{backend}`",
                    hint="the operator says in interlock.toml where this target's state is kept: `backend`",
                    where=inner.where,
                    code="other-state",
                )


def _refused(what: str, why: str, where: str, word: str) -> BadProposal:
    return BadProposal(
        f"{what} is refused: {why}",
        hint=f'the operator can allow it: `allow_plan_time = ["{word}"]`',
        where=where,
        code="plan-time",
    )
