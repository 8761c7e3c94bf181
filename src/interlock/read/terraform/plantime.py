"""Plan time: what of a configuration runs code already while it is planned, and what takes part that nobody pinned.

A plan is not harmless to make: an `external` data source, a provider that logs in through a program, and each module
and provider that is fetched run code with the credentials of whoever plans. `found_in` looks at the text before any
plan is made; `told_by` looks at what a plan says of its configuration afterwards. Source addresses are never shown:
they may hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from interlock.model.change import Effect, Resource, Signal, SignalName
from interlock.read.terraform.code import Runs, code
from interlock.read.terraform.hcl import sources_of
from interlock.read.terraform.outline import Outline, Provisioner
from interlock.read.terraform.package import Manifest
from interlock.read.terraform.syntax import Block, Source

LOCK: Final = ".terraform.lock.hcl"
BUILT_IN: Final = "terraform.io/builtin/"
#: More signals of one name are counted, not listed.
MAX_SIGNALS: Final = 50

_LOCAL: Final = re.compile(r"\.\.?(?:/|$)")
_REGISTRY: Final = re.compile(r"(?:[\w.-]+\.[\w-]+(?::\d+)?/)?[\w-]+/[\w-]+/[\w-]+(?://.*)?")
_EXACT: Final = re.compile(r"=?\s*\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")
_COMMIT: Final = re.compile(r"[?&]ref=[0-9a-f]{40}(?:&|$)")
_CHECKSUM: Final = re.compile(r"[?&]checksum=(?:sha256|sha512):[0-9a-f]+")


class Found(NamedTuple):
    """What was found in configuration before it was planned."""

    effects: tuple[Effect, ...]
    signals: tuple[Signal, ...]
    unknown: tuple[str, ...]
    files: int


def found_in(config: Mapping[str, bytes], environment: str) -> Found:
    """What making a plan of these files would run. A file that cannot be read is unknown, not harmless."""
    effects: list[Effect] = []
    signals: list[Signal] = []
    unknown: list[str] = []
    read = list(sources_of(config))
    for part, (folder, source) in enumerate(read):
        unknown += [str(problem) for problem in source.problems]
        for block in _all(source.blocks):
            for runs, resource, where in _runs(folder, block, environment):
                cause = f"{where} {runs.says} while it is planned"
                signals.append(Signal("plan-time-code", cause))
                effects.append(
                    Effect(
                        runs.verb,
                        resource,
                        "planned",
                        "process",
                        traits=(*runs.traits, "plan-time"),
                        part=part,
                        cause=cause,
                    )
                )
        signals += _unpinned_in(source)
        signals += _outside(source.name, config)
    signals += _providers_in([source for _, source in read], config)
    return Found(tuple(effects), listed(signals), tuple(dict.fromkeys(unknown)), len(read))


def told_by(outline: Outline, manifest: Manifest | None) -> tuple[Signal, ...]:
    """What a plan, and the record of how it was made, say of code that ran or will run beside its changes."""
    signals = []
    for placed in outline.blocks:
        runs = code().data.get(placed.block.type) if placed.block.mode == "data" else None
        if runs is not None:
            signals.append(Signal("plan-time-code", f"`{placed.address}` {runs.says} while it is planned"))
    for key, provider in sorted(outline.providers.items()):
        if "exec" in (provider.expressions or {}):
            signals.append(Signal("plan-time-code", f"provider `{key}` logs in through a program"))
    for called in outline.calls:
        signals += _unpinned(f"`{called.address}`", called.call.source, called.call.version_constraint)
    if manifest is not None:
        signals += _unproved(manifest)
    return listed(signals)


def provisioners_of(outline: Outline, config: Mapping[str, bytes] | None) -> dict[str, tuple[Provisioner, ...]]:
    """The provisioners of each block, by its address; where the text is at hand, with when they run."""
    found = {placed.address: placed.block.provisioners for placed in outline.blocks if placed.block.provisioners}
    for folder, source in sources_of(config or {}):
        for block in source.blocks:
            inner = block.children("provisioner") if block.type == "resource" and len(block.labels) == 2 else ()
            address = ".".join(([] if folder == "." else [folder]) + list(block.labels))
            if inner and len(inner) == len(found.get(address, ())):
                found[address] = tuple(
                    Provisioner(each.labels[0] if each.labels else "", _when(each)) for each in inner
                )
    return found


def listed(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """Each signal once; many of one name are cut, and the last one says how many more there are."""
    kept: dict[SignalName, list[Signal]] = {}
    for signal in dict.fromkeys(signals):
        kept.setdefault(signal.name, []).append(signal)
    for name, each in kept.items():
        if len(each) > MAX_SIGNALS:
            kept[name] = [*each[:MAX_SIGNALS], Signal(name, f"and {len(each) - MAX_SIGNALS:,} more")]
    return tuple(signal for each in kept.values() for signal in each)


def _when(block: Block) -> str:
    """When a provisioner runs: the word is written bare, or quoted as in old configurations."""
    attribute = block.attributes.get("when")
    if attribute is None:
        return "create"
    words = [reference.steps for reference in attribute.references]
    return "destroy" if ("destroy",) in words or attribute.value == "destroy" else "create"


def _all(blocks: Iterable[Block]) -> Iterator[Block]:
    """Every block and those inside of it: a check may hold a data source."""
    waiting = list(blocks)
    while waiting:
        block = waiting.pop(0)
        yield block
        waiting[:0] = block.blocks


def _runs(folder: str, block: Block, environment: str) -> Iterator[tuple[Runs, Resource, str]]:
    """What of a block runs at plan time, with the resource that it is, and its name for people."""
    known = code()
    prefix = "" if folder == "." else f"{folder}/"
    if block.type == "data" and len(block.labels) == 2 and block.labels[0] in known.data:
        name = f"{prefix}data.{block.labels[0]}.{block.labels[1]}"
        yield known.data[block.labels[0]], Resource(f"terraform.{block.labels[0]}", name, environment), f"`{name}`"
    elif block.type == "provider" and any(inner.type == "exec" for inner in _all(block.blocks)):
        name = f"{prefix}provider.{block.labels[0] if block.labels else ''}"
        yield known.data["external"], Resource("terraform.provider", name, environment), f"`{name}`"


def _unpinned_in(source: Source) -> Iterator[Signal]:
    for block in source.blocks:
        if block.type == "module" and block.labels:
            version = block.literal("version")
            said = block.literal("source")
            name = f"`module.{block.labels[0]}`"
            if isinstance(said, str):
                yield from _unpinned(name, said, version if isinstance(version, str) else "")
            elif "source" in block.attributes:
                yield Signal("unproved-code", f"{name} comes from where only the planner can tell")


def _unpinned(name: str, source: str, version: str) -> Iterator[Signal]:
    """A module whose text can be another one tomorrow than it was when somebody looked at it."""
    if not source or _LOCAL.match(source):
        return
    if _REGISTRY.fullmatch(source):
        if not _EXACT.fullmatch(version.strip()):
            yield Signal("unproved-code", f"{name} comes from a registry without an exact version")
    elif source.startswith("/"):
        yield Signal("unproved-code", f"{name} comes from a folder outside of the configuration")
    elif not _COMMIT.search(source) and not _CHECKSUM.search(source):
        yield Signal("unproved-code", f"{name} comes from elsewhere, at no commit and with no checksum")


def _providers_in(sources: Iterable[Source], config: Mapping[str, bytes]) -> Iterator[Signal]:
    """Providers that no lock file pins; a configuration that names none has only what is built in, or old ways."""
    if any(path.rpartition("/")[2] == LOCK for path in config):
        return
    named = {
        block.labels[0].partition("_")[0]
        for source in sources
        for block in source.blocks
        if block.type in ("resource", "data") and len(block.labels) == 2
    } - {"terraform"}
    if named:
        names = ", ".join(f"`{name}`" for name in sorted(named)[:8])
        yield Signal("unproved-code", f"no lock file pins the providers of {names}")


def _unproved(manifest: Manifest) -> Iterator[Signal]:
    """Providers that took part in making the plan and that nobody pinned."""
    foreign = {name: version for name, version in manifest.providers.items() if not name.startswith(BUILT_IN)}
    for name, version in sorted(foreign.items()):
        if version == "override":
            yield Signal("unproved-code", f"provider `{name}` was replaced by a program of the planner's machine")
    if foreign and not manifest.lock:
        yield Signal("unproved-code", "no lock file pins the providers")


_READS: Final = re.compile(r'\b(\w+)\s*\(\s*"((?:/|~|\.\.(?:/|\\))[^"\n]{0,200})"')


def _outside(path: str, config: Mapping[str, bytes]) -> Iterator[Signal]:
    """Files of the planner's machine that the configuration reads: they would stand in the plan."""
    text = config.get(path, b"").decode("utf-8", "replace")
    for match in _READS.finditer(text):
        if match[1] in code().reads_files:
            line = text.count("\n", 0, match.start()) + 1
            yield Signal("plan-time-code", f"`{path}:{line}` reads a file outside of its folder with `{match[1]}`")
