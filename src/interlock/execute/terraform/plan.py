"""Plan: a source becomes a plan package, made by the target's own tool on the target's own state."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from interlock.errors import BadProposal
from interlock.execute.planner import Plan
from interlock.execute.terraform import package, plantime, source, tool
from interlock.execute.terraform.blocks import blocks_of
from interlock.execute.terraform.setting import LOCK_FILE, Setting, setting_of
from interlock.execute.terraform.state import identity
from interlock.execute.terraform.workshop import SAVED, Workshop, furnished, prepare
from interlock.model.planned import Identity
from interlock.model.target import Target

#: How often the time of one run of the tool a whole planning may take: it is run a few times.
RUNS: Final = 3
MAX_TEXT: Final = 2 * 1024 * 1024


class Made(NamedTuple):
    """What the tool made: the saved plan, what it says as JSON, what it said meanwhile, and how it was asked."""

    saved: bytes
    plan: bytes
    output: bytes
    arguments: tuple[str, ...]


class _Checked(msgspec.Struct):
    """What `validate -json` says."""

    valid: bool
    diagnostics: list[tool.Diagnostic] = []


class _Provider(msgspec.Struct):
    full_name: str = ""


class _Configuration(msgspec.Struct):
    provider_config: dict[str, _Provider] = {}


class _Configured(msgspec.Struct):
    terraform_version: str
    configuration: _Configuration = msgspec.field(default_factory=_Configuration)


class TerraformPlanner:
    """Plans the source of one root module."""

    def takes(self, payload: bytes) -> bool:
        del payload
        return True  # nothing but a plan is ever executed

    def plan(self, archive: bytes, target: Target, previous: Identity | None) -> Plan:
        """The package. What may not run at plan time is refused before the tool is started on it."""
        if package.is_package(archive) or archive.lstrip()[:1] == b"{":
            raise BadProposal(
                "a plan cannot be proposed to a target, only judged",
                hint="propose the configuration's folder, and it is planned here; `interlock check` judges a plan",
                code="bad-source",
            )
        setting = setting_of(target)
        files, wishes = source.opened(archive)
        with furnished(setting, files) as workshop:
            prepare(workshop)
            validate(workshop)
            graph = workshop.must("reading it", "graph", trusted=workshop.remote)
            plantime.check_graph(graph.decode("utf-8", "replace"), setting.allowed)
            made = make(workshop, *wishes.arguments)
            head = _head(workshop, made, archive, previous)
        whole = package.pack(head, made.plan, made.saved, graph, archive)
        return Plan(whole, made.output, head.identity, f"{head.tool} {head.version}")

    def pack(self, directory: Path) -> bytes:
        return source.pack(directory)

    def text(self, payload: bytes) -> bytes:
        """The files of the source one after the other; what is no source of ours stays as it is."""
        try:
            archive = package.unpack(payload).source if package.is_package(payload) else payload
            files, wishes = source.opened(archive)
        except BadProposal:
            return payload
        asked = [b"# planned with %s\n" % " ".join(wishes.arguments).encode()] if wishes else []
        parts = [b"# %s\n%s\n" % (name.encode(), _shown(content)) for name, content in sorted(files.items())]
        return b"\n".join([*asked, *parts])[:MAX_TEXT]

    def patience(self, target: Target) -> int:
        return int(dict(target.settings).get("timeout", "1800000")) * RUNS


def validate(workshop: Workshop) -> None:
    """Have the tool check the configuration where no credential is: its complaints may be told in full."""
    said = workshop.run("validate", "-json", "-no-color", trusted=False)
    try:
        checked = msgspec.json.decode(said.out, type=_Checked)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise tool.complaint("checking it", None, detail=False) from None
    if not checked.valid:
        errors = [found for found in checked.diagnostics if found.severity == "error"]
        raise tool.complaint("checking it", errors[0] if errors else None, detail=True, secrets=workshop.secrets)


def make(workshop: Workshop, *more: str) -> Made:
    """A saved plan of what is in this workshop. `more` are further arguments, with which they are recorded."""
    own = ("-refresh=true", *more) if not any(each.startswith("-refresh") for each in more) else more
    variables = [f"-var-file=../vars/{name}" for name in workshop.var_files]
    said = workshop.must(
        "planning it",
        "plan",
        "-json",
        "-input=false",
        "-lock-timeout=60s",
        f"-out={SAVED}",
        *own,
        *variables,
        trusted=True,
    )
    output = b"\n".join(line.message.encode() for line in tool.lines(said) if line.message)
    saved = (workshop.module / SAVED).read_bytes()
    names = tuple(f"-var-file={name.partition('-')[2]}" for name in workshop.var_files)
    return Made(saved, show(workshop), tool.clean(output, workshop.secrets), (*own, *names))


def show(workshop: Workshop) -> bytes:
    """What the saved plan in this workshop says as JSON."""
    return workshop.must("showing it", "show", "-json", "-no-color", SAVED, trusted=False)


def _head(workshop: Workshop, made: Made, archive: bytes, previous: Identity | None) -> package.Head:
    configured = msgspec.json.decode(made.plan, type=_Configured)
    named = {each.full_name for each in configured.configuration.provider_config.values()}
    used = {name for name in named if name and not name.startswith("terraform.io/builtin/")}
    saved = package.members_of(made.saved)
    state = identity(saved.get("tfstate", b""), workshop.setting.workspace)
    locked = blocks_of(LOCK_FILE, saved.get(LOCK_FILE, b""))
    known = {block.labels[0]: block.arguments.get("version") or "" for block in locked if block.labels}
    lock = workshop.setting.lock_file
    before = (
        package.Known(previous.lineage, previous.serial, previous.workspace, previous.resources) if previous else None
    )
    return package.Head(
        format=1,
        tool=kind_of(workshop.setting),
        version=configured.terraform_version,
        workspace=state.workspace,
        lineage=state.lineage,
        serial=state.serial,
        resources=state.resources,
        previous=before,
        arguments=made.arguments,
        source=hashlib.sha256(archive).hexdigest(),
        lock=hashlib.sha256(lock).hexdigest() if lock is not None else "",
        providers={name: known.get(name, "override") for name in sorted(used | known.keys())},
    )


def kind_of(setting: Setting) -> str:
    return "tofu" if "tofu" in setting.tool.name else "terraform"


def _shown(content: bytes) -> bytes:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return b"(%d bytes that are no text)" % len(content)
    return content
