"""Enriched: what the source of a configuration adds to what a plan says of it: locals, lifecycle, exact references.

Where HCL says all that the plan says of a part, and where each thing stands besides, HCL alone is believed; where it
says less (another version, a file that could not be read), what both say counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from interlock.read.terraform.configured import Call, Configured, Module, Part, Use
from interlock.read.terraform.hcl import lifecycle_of, sources_of
from interlock.read.terraform.remote import place_of
from interlock.read.terraform.syntax import Block, Reference

_META = frozenset({"count", "for_each", "depends_on", "provider", "providers", "source", "version"})

#: What a local of a file that could not be read in full may refer to, beside what was read: a local nobody knows.
_UNREAD = Reference(("local", "[?]"))


def enrich(found: Configured, config: Mapping[str, bytes]) -> None:
    """Add what these files say; `found.limits` names what of them could not be read."""
    paths = found.by_path()
    problems: list[str] = []
    for address, source in sources_of(config):
        problems.extend(map(str, source.problems))
        number = paths.get(_path(address))
        if number is None:
            continue  # a module that this plan does not call
        module = found.modules[number]
        module.from_source = True
        for block in source.blocks:
            _add(found, number, module, block, whole=not source.problems)
    if problems:
        more = f", and {len(problems) - 1:,} more" if len(problems) > 1 else ""
        found.limits.append(f"the source cannot be read in full: {problems[0]}{more}")


def _path(address: str) -> tuple[str, ...]:
    """`.` is the root; `module.a.module.b` is b in a."""
    words = address.strip(".").split(".")
    return tuple(words[1::2]) if address.strip(".") else ()


def _add(found: Configured, number: int, module: Module, block: Block, *, whole: bool) -> None:
    """One block at the top of a file. `whole`: the file was read without an error."""
    labels = block.labels
    if block.type in ("resource", "data", "ephemeral") and len(labels) == 2:
        key = ".".join(labels) if block.type == "resource" else ".".join((block.type, *labels))
        if key in module.parts:
            _add_part(module.parts[key], block)
    elif block.type == "module" and len(labels) == 1 and labels[0] in module.calls:
        _add_call(module.calls[labels[0]], block)
    elif block.type == "output" and len(labels) == 1 and labels[0] in module.outputs:
        attribute = block.attributes.get("value")
        if attribute is not None:
            module.outputs[labels[0]] = _better(module.outputs[labels[0]], list(attribute.references))
    elif block.type == "locals":
        for name, attribute in block.attributes.items():
            module.locals.setdefault(name, []).extend((*attribute.references, *(() if whole else (_UNREAD,))))
    elif block.type == "terraform" and number == 0:
        for backend in block.children("backend"):
            values = {name: attribute.value for name, attribute in backend.attributes.items() if attribute.constant}
            found.place = place_of("".join(backend.labels), values)
    elif block.type == "provider" and len(labels) == 1:
        _add_provider(found, number, module, block)


def _add_provider(found: Configured, number: int, module: Module, block: Block) -> None:
    """A provider's configuration, under the key that the plan gives it."""
    alias = block.literal("alias")
    name = f"{block.labels[0]}.{alias}" if isinstance(alias, str) else block.labels[0]
    key = f"{'.'.join(f'module.{each}' for each in module.path)}:{name}" if module.path else name
    references = [use.reference for use in _uses(block)]
    if references:
        found.providers[key] = (number, _better(found.providers.get(key, (0, []))[1], references))


def _add_part(part: Part, block: Block) -> None:
    lifecycle = lifecycle_of(block)
    uses = list(_uses(block))
    part.uses = uses if _covers((use.reference for use in uses), part.uses) else part.uses + uses
    part.meta = _better(part.meta, _references(block, "count", "for_each"))
    part.counted = part.counted or bool({"count", "for_each"} & block.attributes.keys())
    part.after = _better(part.after, _references(block, "depends_on"))
    part.follows.extend(each for each in lifecycle.replace_triggered_by if each.steps[0] not in ("each", "count"))
    part.ignored |= set(lifecycle.ignore_changes)
    part.ignores_all = part.ignores_all or lifecycle.ignores_all


def _add_call(call: Call, block: Block) -> None:
    for name, attribute in block.attributes.items():
        if name not in _META:
            call.inputs[name] = _better(call.inputs.get(name, []), list(attribute.references))
    call.meta = _better(call.meta, _references(block, "count", "for_each"))
    call.counted = call.counted or bool({"count", "for_each"} & block.attributes.keys())
    call.after = _better(call.after, _references(block, "depends_on"))


def _references(block: Block, *names: str) -> list[Reference]:
    return [each for name in names if name in block.attributes for each in block.attributes[name].references]


def _uses(block: Block) -> Iterator[Use]:
    """Everything that the block refers to, with the top attribute or block that it stands in."""
    for name, attribute in block.attributes.items():
        if name not in _META:
            yield from (Use(reference, name) for reference in attribute.references)
    for outer in block.blocks:
        loose = outer.type in ("lifecycle", "provisioner", "connection")
        into = outer.labels[0] if outer.type == "dynamic" and outer.labels else outer.type
        stack = [outer]
        while stack:
            inner = stack.pop()
            stack.extend(inner.blocks)
            for name, attribute in inner.attributes.items():
                if (
                    outer.type != "lifecycle"
                    or inner is not outer
                    or name not in ("replace_triggered_by", "ignore_changes")
                ):
                    yield from (Use(reference, into, loose) for reference in attribute.references)


def _better(planned: list[Reference], written: list[Reference]) -> list[Reference]:
    """What HCL says, where it names all that the plan names; else both."""
    return written if _covers(written, [Use(each) for each in planned]) else [*planned, *written]


def _covers(written: Iterator[Reference] | list[Reference], planned: list[Use]) -> bool:
    known = {each.steps[:2] for each in written}
    return all(use.reference.steps[:2] in known for use in planned)
