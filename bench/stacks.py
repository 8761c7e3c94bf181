"""Stacks: random configurations of `terraform_data`, which is built into Terraform and works without a network.

Each stack is a graph of nodes that read one another through everything that hides a reference: locals, variables,
outputs, modules in modules, keys, splats, conditions, functions. One node of a stack can be changed; the real planner
then says what changes with it. The stacks of one directory know nothing of each other, so that one plan tries all.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

#: Nothing of the machine's own settings, and no network.
ENVIRONMENT = {"TF_CLI_CONFIG_FILE": os.devnull, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_INPUT": "0"}
ATTRIBUTES = ("output", "output", "id", "input")


@dataclass
class Node:
    """One resource: where it stands, and how others may read it. `form` is `one`, `count` or `each`."""

    name: str
    form: str
    keys: tuple[str, ...] = ()
    aliases: list[str] = field(default_factory=list)


@dataclass
class Scope:
    """A module being written: its text, the nodes that can be read in it, and the values that lead elsewhere."""

    name: str
    lines: list[str] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    values: list[str] = field(default_factory=list)  # expressions that stand for something in another place
    children: list[Scope] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    form: str = "one"


class Writer:
    """Writes one stack; what it writes depends on the seed alone. `marks` are the texts that a mutation replaces."""

    def __init__(self, seed: int, prefix: str) -> None:
        self.random = random.Random(seed)
        self.prefix = prefix
        self.marks: list[str] = []
        self._count = 0

    def stack(self, size: int) -> Scope:
        root = Scope(self.prefix)
        self._fill(root, size, depth=0)
        return root

    def _fill(self, scope: Scope, size: int, depth: int) -> None:
        for _ in range(size):
            roll = self.random.random()
            if roll < 0.13 and depth < 2 and scope.nodes:
                self._module(scope, depth)
            elif roll < 0.30 and (scope.nodes or scope.values):
                self._local(scope)
            else:
                self._node(scope)

    def _name(self, word: str) -> str:
        self._count += 1
        return f"{self.prefix}_{word}{self._count}"

    def _node(self, scope: Scope) -> None:
        roll, name = self.random.random(), self._name("n")
        node = Node(name, "one" if roll < 0.7 else "count" if roll < 0.85 else "each")
        node.keys = () if node.form == "one" else ("0", "1") if node.form == "count" else ("p", "q")
        lines = [f'resource "terraform_data" "{name}" {{']
        if node.form == "count":
            lines.append("  count = 2")
        elif node.form == "each":
            lines.append('  for_each = toset(["p", "q"])')
        mark = f"{name}-v0"
        self.marks.append(mark)
        lines.append(f'  input = ["{mark}"{self._more(scope, node, 0.75)}]')
        if self.random.random() < 0.3:
            mark = f"{name}-t0"
            self.marks.append(mark)
            lines.append(f'  triggers_replace = ["{mark}"{self._more(scope, node, 0.6)}]')
        if scope.nodes and self.random.random() < 0.12:
            lines.append(f"  depends_on = [terraform_data.{self.random.choice(scope.nodes).name}]")
        if scope.nodes and self.random.random() < 0.12:
            other = self.random.choice(scope.nodes)
            tail = ".id" if other.form == "one" and self.random.random() < 0.5 else ""
            lines.append(f"  lifecycle {{\n    replace_triggered_by = [terraform_data.{other.name}{tail}]\n  }}")
        scope.lines += [*lines, "}"]
        scope.nodes.append(node)

    def _more(self, scope: Scope, node: Node | None, chance: float) -> str:
        found = []
        while (scope.nodes or scope.values) and self.random.random() < chance and len(found) < 3:
            found.append(self._read(scope, node))
        return "".join(f", {each}" for each in found)

    def _read(self, scope: Scope, node: Node | None) -> str:
        """An expression that reads something that was written before."""
        if scope.values and (not scope.nodes or self.random.random() < 0.45):
            plain = self.random.choice(scope.values)
        else:
            other = self.random.choice(scope.nodes)
            attribute = self.random.choice(ATTRIBUTES)
            plain = f"terraform_data.{other.name}{self._key(other, node)}.{attribute}"
        roll = self.random.random()
        if roll < 0.6:
            return plain
        if roll < 0.72:
            return f"jsonencode({plain})"
        if roll < 0.8:
            return f'"x-${{jsonencode({plain})}}"'
        if roll < 0.86:
            return f"{{ deep = {{ er = {plain} }} }}"
        if roll < 0.92:
            return f'length(jsonencode({plain})) > 3 ? "long" : "short"'
        return f"[for each_ in [{plain}] : each_]"

    def _key(self, other: Node, node: Node | None) -> str:
        if other.form == "one":
            return ""
        roll = self.random.random()
        if roll < 0.35:
            return "[*]" if other.form == "count" else f'["{self.random.choice(other.keys)}"]'
        if node is not None and node.form == other.form and roll < 0.75:
            return "[count.index]" if other.form == "count" else "[each.key]"
        key = self.random.choice(other.keys)
        return f"[{key}]" if other.form == "count" else f'["{key}"]'

    def _local(self, scope: Scope) -> None:
        name = self._name("l")
        if self.random.random() < 0.4:
            reads = [self._read(scope, None) for _ in range(2)]
            scope.lines.append(f"locals {{\n  {name} = {{ a = {reads[0]}, b = {reads[1]} }}\n}}")
            scope.values += [f"local.{name}.{self.random.choice('ab')}", f"local.{name}"]
        else:
            scope.lines.append(f"locals {{\n  {name} = {self._read(scope, None)}\n}}")
            scope.values.append(f"local.{name}")

    def _module(self, scope: Scope, depth: int) -> None:
        """A call, with what goes in and what comes out of it."""
        child = Scope(self._name("m"), form=self.random.choice(("one", "one", "each")))
        for _ in range(self.random.randint(1, 2)):
            name = self._name("i")
            child.inputs[name] = self._read(scope, None)
            child.lines.append(f'variable "{name}" {{}}')
            child.values.append(f"var.{name}")
        self._fill(child, self.random.randint(2, 4), depth + 1)
        outputs = []
        for _ in range(self.random.randint(1, 2)):
            name = self._name("o")
            child.lines.append(f'output "{name}" {{\n  value = {self._read(child, None)}\n}}')
            outputs.append(name)
        after = self.random.choice(scope.nodes).name if self.random.random() < 0.15 else ""
        call = [f'module "{child.name}" {{', f'  source = "./{child.name}"']
        if child.form == "each":
            call.append('  for_each = toset(["p", "q"])')
        call += [f"  {name} = {value}" for name, value in child.inputs.items()]
        if after:
            call.append(f"  depends_on = [terraform_data.{after}]")
        scope.lines += [*call, "}"]
        scope.children.append(child)
        key = f'["{self.random.choice("pq")}"]' if child.form == "each" else ""
        scope.values += [f"module.{child.name}{key}.{name}" for name in outputs]


def write(scope: Scope, folder: Path, *, root: bool) -> None:
    """A stack as files: in a folder of its own with those of its modules below, or beside others in `folder`."""
    inner = folder if root else folder / scope.name
    inner.mkdir(parents=True, exist_ok=True)
    (inner / f"{scope.name}.tf").write_text("\n".join(scope.lines) + "\n")
    for child in scope.children:
        write(child, inner, root=False)


@dataclass
class Yard:
    """One directory with many stacks: the even ones in its root, the odd ones each in a module."""

    folder: Path
    writers: list[Writer]

    @classmethod
    def built(cls, folder: Path, seeds: range, size: int = 12) -> Yard:
        """Write the stacks of these seeds, and make them real."""
        writers, calls = [], []
        for seed in seeds:
            writer = Writer(seed, f"s{seed}")
            stack = writer.stack(size)
            write(stack, folder, root=seed % 2 == 0)
            if seed % 2:
                calls.append(f'module "{stack.name}" {{\n  source = "./{stack.name}"\n}}')
            writers.append(writer)
        (folder / "calls.tf").write_text("\n".join(calls) + "\n")
        yard = cls(folder, writers)
        yard.terraform("init", "-no-color")
        yard.terraform("apply", "-no-color", "-auto-approve", "-parallelism=40")
        return yard

    def terraform(self, *arguments: str) -> bytes:
        """Run the real one. It has to succeed."""
        run = subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env={**os.environ, **ENVIRONMENT},
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert run.returncode == 0, run.stderr.decode()[-2000:]
        return run.stdout

    def plan(self, *arguments: str) -> bytes:
        """A plan as JSON. Nothing of these stacks lives outside of the state, so there is nothing to refresh."""
        self.terraform("plan", "-no-color", "-refresh=false", "-lock=false", "-out=plan.tfplan", *arguments)
        return self.terraform("show", "-json", "plan.tfplan")

    def graph(self) -> bytes:
        """What `terraform graph` prints."""
        return self.terraform("graph")

    def sources(self) -> dict[str, bytes]:
        """The configuration by file, as a plan package names it."""
        found = {}
        for path in sorted(self.folder.rglob("*.tf")):
            modules = path.relative_to(self.folder).parts[:-1]
            address = ".".join(f"module.{name}" for name in modules) or "."
            found[f"config/{address}/{path.name}"] = path.read_bytes()
        return found

    def mutate(self, choice: random.Random) -> list[str]:
        """Change one mark of each stack in the files; gives the names of the nodes whose marks they are."""
        chosen = [choice.choice(writer.marks) for writer in self.writers]
        for path in self.folder.rglob("*.tf"):
            text = old = path.read_text()
            for mark in chosen:
                text = text.replace(f'"{mark}"', f'"{mark[:-1]}1"')
            if text != old:
                path.write_text(text)
        return [mark.rpartition("-")[0] for mark in chosen]

    def restore(self) -> None:
        """Take every mutation back."""
        for path in self.folder.rglob("*.tf"):
            text = path.read_text()
            for writer in self.writers:
                for mark in writer.marks:
                    text = text.replace(f'"{mark[:-1]}1"', f'"{mark}"')
            path.write_text(text)


def changed(plan: bytes) -> set[str]:
    """The addresses that a plan really changes."""
    return {
        each["address"]
        for each in json.loads(plan)["resource_changes"]
        if each["mode"] == "managed" and each["change"]["actions"] != ["no-op"]
    }
