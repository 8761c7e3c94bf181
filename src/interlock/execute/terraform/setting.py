"""Setting: what the operator says of one root module: tool, state, workspace, credentials, what may run early."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from interlock.errors import BadConfiguration, KeyLost, TargetError
from interlock.model.target import Target

#: Where tools are found. Interlock's own PATH is not asked: it may be anybody's.
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LOCK_FILE: Final = ".terraform.lock.hcl"
MAX_CREDENTIALS: Final = 1024 * 1024

_LINE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
#: What would turn the tool into another one, or choose what the target's configuration chooses.
_OURS: Final = re.compile(
    r"PATH|HOME|TMPDIR|LD_.*|DYLD_.*|PYTHON.*|GODEBUG|BASH_ENV|ENV|TF_CLI_.*|TF_WORKSPACE|TF_DATA_DIR|TF_LOG.*|TF_INPUT"
    r"|TF_REATTACH_PROVIDERS|TF_IN_AUTOMATION|TF_PLUGIN_.*|TF_APPEND_USER_AGENT"
)


class Setting(NamedTuple):
    """One target's settings. `folder` is the operator's folder of the root module: state, lock file, own variables."""

    name: str
    folder: Path
    tool: Path
    workspace: str
    credentials: str
    plan_credentials: str
    var_files: tuple[Path, ...]
    cli_config: str
    plugin_cache: str
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    allowed: frozenset[str]
    backend: dict[str, object]
    seconds: int
    fence: bool

    @property
    def kept(self) -> Path:
        """Our own folder at the target: the lock, what was applied last, and a marker for each case."""
        return self.folder / ".interlock"

    @property
    def lock_timeout(self) -> str:
        """How long the tool waits for a state that somebody else holds: a minute, or less where it may not run long."""
        return f"-lock-timeout={min(60, self.seconds // 4)}s"

    @property
    def local_state(self) -> Path | None:
        """The state file, where the state lies at the address; None where a backend keeps it."""
        return None if self.backend else state_in(self.folder, self.workspace)

    @property
    def lock_file(self) -> bytes | None:
        """The operator's dependency lock file; None where there is none."""
        try:
            return (self.folder / LOCK_FILE).read_bytes()
        except FileNotFoundError:
            return None


def setting_of(target: Target) -> Setting:
    """The settings of a target. TargetError where its folder is not there; BadConfiguration where its tool is not."""
    one = dict(target.settings)
    folder = Path(target.address)
    if not folder.is_dir():
        raise TargetError("there is no such folder", where=target.address, hint="make it; it is never created")
    var_files = [Path(value) for name, value in target.settings if name == "var_file"]
    return Setting(
        name=target.name,
        folder=folder,
        tool=_tool(one.get("tool", "terraform"), target.name),
        workspace=one.get("workspace", "default"),
        credentials=one.get("credentials", ""),
        plan_credentials=one.get("plan_credentials", "") or one.get("credentials", ""),
        var_files=(*sorted(folder.glob("*.auto.tfvars")), *sorted(folder.glob("*.auto.tfvars.json")), *var_files),
        cli_config=one.get("cli_config", ""),
        plugin_cache=one.get("plugin_cache", ""),
        readable=tuple(value for name, value in target.settings if name == "readable"),
        writable=tuple(value for name, value in target.settings if name == "writable"),
        allowed=frozenset(value for name, value in target.settings if name == "allow"),
        backend=msgspec.json.decode(one.get("backend", "{}"), type=dict[str, object]),
        seconds=int(one.get("timeout", "1800000")) // 1000,
        fence=one.get("fence", "yes") == "yes",
    )


def state_in(folder: Path, workspace: str) -> Path:
    """Where the tool keeps the state of a workspace in a folder."""
    inside = folder if workspace == "default" else folder / "terraform.tfstate.d" / workspace
    return inside / "terraform.tfstate"


def credentials_in(file: str) -> dict[str, str]:
    """The credentials by name, from their file. KeyLost when others can read it; BadConfiguration for an odd line."""
    if not file:
        return {}
    path = Path(file)
    try:
        if path.stat().st_mode & 0o077:
            raise KeyLost("others can read these credentials", hint="chmod 600 it", where=str(path))
        text = path.read_bytes()[:MAX_CREDENTIALS].decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyLost("the credentials cannot be read", hint=type(error).__name__, where=str(path)) from error
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        named = _LINE.fullmatch(line.strip())
        if named is None or "\0" in line:
            raise BadConfiguration("this line is no NAME=value", where=f"{path}:{number}")
        if _OURS.fullmatch(named[1]):
            raise BadConfiguration(f"`{named[1]}` is not a credential", where=f"{path}:{number}")
        found[named[1]] = named[2]
    return found


def _tool(tool: str, target: str) -> Path:
    found = shutil.which(tool, path=PATH)
    if found is None:
        raise BadConfiguration(
            f"`{tool}` is not installed",
            hint="install it for everybody, or name it by an absolute path",
            where=f"target `{target}`",
            code="no-tool",
        )
    return Path(found)
