"""Workshop: a private folder in which the tool works on one source, and on the state that the target names.

    module/                    the source; `.interlock-state` in it is where the state is (a copy, or the target's own)
    module/zzz_interlock_override.tf.json   ours: where the state is kept, and which variables are secret
    data/ home/ tmp/           the tool's own data, its home, its scratch
    vars/ rc                   the operator's variables and command-line configuration
    out err                    what the tool says; it and what it starts cannot reach these by themselves

The state is reached by a relative path, which the saved plan remembers. So a plan is made on a copy of a local state,
and applied, in another workshop, on the state itself; a plan never has the target's folder within its reach.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from interlock.errors import TargetError
from interlock.execute.terraform import plantime, tool
from interlock.execute.terraform.setting import LOCK_FILE, Setting, credentials_in
from interlock.execute.terraform.source import write
from interlock.execute.terraform.tool import Command, Said

STATE: Final = ".interlock-state"
OVERRIDE: Final = "zzz_interlock_override.tf.json"
SAVED: Final = "plan.tfplan"
PREFIX: Final = "interlock-"
VARIABLE: Final = "TF_VAR_"

_PLACE: Final = re.compile(r"^  on (\S+) line (\d+)", re.MULTILINE)
#: Where the error is, and the lines of the configuration that it quotes.
_QUOTED: Final = re.compile(r"^  on .*$|^ +\d+: .*$", re.MULTILINE)


class Workshop(NamedTuple):
    """One furnished workshop. `secrets` are the credentials' values, which nothing that is kept may hold."""

    folder: Path
    setting: Setting
    credentials: Mapping[str, str]
    var_files: tuple[str, ...]
    writable: tuple[str, ...] = ()
    remote: bool = False

    @property
    def module(self) -> Path:
        return self.folder / "module"

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(self.credentials.values())

    @property
    def state(self) -> Path:
        """The local state file of the target's workspace, as it is seen from here."""
        inside = self.module / STATE
        workspace = self.setting.workspace
        return (inside if workspace == "default" else inside / "terraform.tfstate.d" / workspace) / "terraform.tfstate"

    def command(self, *arguments: str, trusted: bool) -> Command:
        """A command of the tool. `trusted`: with the target's credentials within its reach."""
        setting = self.setting
        own = {
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "TF_DATA_DIR": str(self.folder / "data"),
            "TF_CLI_CONFIG_FILE": str(self.folder / "rc"),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_WORKSPACE": setting.workspace,
            "CHECKPOINT_DISABLE": "1",
        }
        cache = (setting.plugin_cache,) if setting.plugin_cache else ()
        if setting.plugin_cache:
            own["TF_PLUGIN_CACHE_DIR"] = setting.plugin_cache
        return Command(
            arguments=(str(setting.tool), *arguments),
            folder=self.module,
            environment={**(self.credentials if trusted else {}), **own},
            readable=(
                str(setting.tool.resolve().parent),
                *(str(self.folder / name) for name in ("vars", "rc")),
                *setting.readable,
            ),
            writable=(
                *(str(self.folder / name) for name in ("module", "data", "home", "tmp")),
                *cache,
                *setting.writable,
                *self.writable,
            ),
            fence=setting.fence,
        )

    def run(self, *arguments: str, trusted: bool) -> Said:
        return tool.run(self.command(*arguments, trusted=trusted), self.setting.seconds)

    def must(self, what: str, *arguments: str, trusted: bool) -> bytes:
        """What the command says; the tool's own first error when it fails."""
        said = self.run(*arguments, trusted=trusted)
        if said.status:
            found = tool.first_error(tool.lines(said.out)) or _spoken(said)
            raise tool.complaint(what, found, detail=not trusted, secrets=self.secrets)
        return said.out


@contextmanager
def furnished(
    setting: Setting, files: Mapping[str, bytes], *, live: bool = False, state: bytes | None = None
) -> Iterator[Workshop]:
    """A workshop for these files, swept away afterwards. See `furnish`."""
    workshop = furnish(setting, files, live=live, state=state)
    try:
        yield workshop
    finally:
        sweep(workshop.folder)


def furnish(
    setting: Setting, files: Mapping[str, bytes], *, live: bool = False, state: bytes | None = None
) -> Workshop:
    """A workshop that stays until it is swept away: what applies a plan outlives us in it.

    It works on a copy of a local state, with the credentials for planning; with `live` on the target's own state, with
    those for applying; with `state` on just that, wherever the target keeps its own.
    """
    declared = plantime.check(files, setting.allowed, str(setting.backend.get("type", "local")))
    credentials = credentials_in(setting.credentials if live else setting.plan_credentials)
    secret = {name for name in declared if VARIABLE + name in credentials}
    if secret:
        plantime.check_masks(files, setting.allowed)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        for name in ("module", "data", "home", "tmp", "vars"):
            (folder / name).mkdir(mode=0o700)
        write({name: content for name, content in files.items() if name != LOCK_FILE}, folder / "module")
        lock = setting.lock_file
        if lock is not None or "providers" not in setting.allowed:
            (folder / "module" / LOCK_FILE).write_bytes(lock or b"")
        (folder / "module" / OVERRIDE).write_bytes(_override({} if state is not None else setting.backend, secret))
        (folder / "rc").write_bytes(_copied(setting.cli_config) if setting.cli_config else b"")
        var_files = []
        for number, path in enumerate(setting.var_files):
            name = f"{number:03}-{path.name}"
            (folder / "vars" / name).write_bytes(_copied(str(path)))
            var_files.append(name)
        own = (str(setting.folder),) if live else ()
        remote = bool(setting.backend) and state is None
        workshop = Workshop(folder, setting, credentials, tuple(var_files), own, remote)
        _place_state(workshop, state, live=live)
    except BaseException:
        sweep(folder)
        raise
    return workshop


def sweep(folder: Path) -> None:
    """Take a workshop away, whatever stands in it; what is none of ours stays."""
    if folder.name.startswith(PREFIX) and folder.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(folder, ignore_errors=True)


def prepare(workshop: Workshop) -> None:
    """Have the tool get what it needs: plug-ins as they are locked, modules from the source itself, the backend."""
    lock = workshop.setting.lock_file is not None or "providers" not in workshop.setting.allowed
    arguments = ["init", "-no-color", "-input=false", *(["-lockfile=readonly"] if lock else [])]
    workshop.must("preparing it", *arguments, trusted=workshop.remote)


def _override(backend: Mapping[str, object], secret: set[str]) -> bytes:
    """The last word on where the state is kept; and that a variable given with the credentials is never shown."""
    backend = dict(backend)
    kind = str(backend.pop("type", "local"))
    if kind == "local":
        backend = {"path": f"{STATE}/terraform.tfstate", "workspace_dir": f"{STATE}/terraform.tfstate.d"}
    whole: dict[str, object] = {"terraform": {"backend": {kind: backend}}}
    if secret:
        whole["variable"] = {name: {"sensitive": True} for name in sorted(secret)}
    return json.dumps(whole, indent=2, sort_keys=True).encode()


def _place_state(workshop: Workshop, given: bytes | None, *, live: bool) -> None:
    inside = workshop.module / STATE
    if live:
        inside.symlink_to(workshop.setting.folder)
        return
    inside.mkdir(mode=0o700)
    state = workshop.setting.local_state
    workshop.state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if given is None and state is not None and state.exists():
        given = _copied(str(state))
    if given:
        workshop.state.write_bytes(given)


def _copied(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise TargetError("cannot be read", hint=error.strerror or "", where=path) from error


def _spoken(said: Said) -> tool.Diagnostic | None:
    """The first error of a command that does not say them as JSON, but for the one that only announces the others."""
    found = []
    for each in said.err.decode("utf-8", "replace").split("\nError: ")[1:]:
        summary, _, rest = each.strip().partition("\n")
        at = _PLACE.search(rest)
        place = tool.Place(at[1], {"line": int(at[2])}) if at is not None else None
        found.append(tool.Diagnostic("error", summary, " ".join(_QUOTED.sub("", rest).split()), place))
    plain = [each for each in found if "encountered problems during" not in each.summary]
    return next(iter(plain or found), None)
