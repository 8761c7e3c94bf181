"""A target of kind `terraform` for tests, with the real tool, and a provider that really makes and destroys files."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import zipfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fake_hcp import certify
from interlock.errors import InterlockError
from interlock.execute.executor import Order
from interlock.execute.run import drive
from interlock.execute.terraform import fence, package, source
from interlock.execute.terraform.plan import TerraformPlanner
from interlock.execute.terraform.setting import PATH
from interlock.execute.terraform.terraform import TerraformExecutor
from interlock.execute.terraform.wishes import NONE, Wishes
from interlock.model.execution import Step
from interlock.model.inventory import Rehearsal
from interlock.model.planned import Identity
from interlock.model.target import Bounds, Target
from interlock.read.readers import reader_for

PROVIDER = Path(__file__).parents[2] / "provider" / "ilk.py"
SECRET = "marker-secret-5f2d9c"
USES_ILK = 'terraform {\n  required_providers {\n    ilk = {\n      source = "test.example/ilk/ilk"\n    }\n  }\n}\n'


def require_terraform() -> None:
    """These tests are about the real tool. In CI it has to be there."""
    if shutil.which("terraform", path=PATH) is None:
        if os.environ.get("CI"):
            pytest.fail("terraform is not installed")
        pytest.skip("terraform is not installed")


def fenced() -> bool:
    """Whether this machine's kernel can keep a fence; asked in a process of its own, since a fence stays."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if fence.fence((), ()) else 1)
    return os.waitpid(pid, 0)[1] == 0


def resources(**inputs: object) -> str:
    """A configuration of the tool's own resources, which need no provider: name to input."""
    return "".join(
        f'resource "terraform_data" "{name}" {{\n  input = {json.dumps(value)}\n}}\n' for name, value in inputs.items()
    )


def files(*first: str, **named: dict[str, object]) -> str:
    """A configuration of the test provider's files: name to arguments; `name` is the resource's own unless said.

    The `first` ones are created anew before the old one is destroyed.
    """
    blocks = []
    for name, arguments in named.items():
        lines = "".join(f"  {key} = {json.dumps(value)}\n" for key, value in {"name": name, **arguments}.items())
        lines += "  lifecycle {\n    create_before_destroy = true\n  }\n" if name in first else ""
        blocks.append(f'resource "ilk_file" "{name}" {{\n{lines}}}\n')
    return USES_ILK + "".join(blocks)


class TerraformWorld:
    """One target: its folder, the provider's folder, and a vault that is a dictionary."""

    def __init__(self, path: Path, **settings: str) -> None:
        self.path = path
        self.folder = path / "net"
        self.made = path / "made"
        for folder in (self.folder, self.made):
            folder.mkdir()
        self.credentials = path / "credentials"
        self.credentials.touch(mode=0o600)
        self.credentials.write_text(f"# of the target\nILK_DIR={self.made}\nILK_TOKEN={SECRET}\n")
        mirror = path / "mirror" / "test.example" / "ilk" / "ilk" / "1.0.0" / f"linux_{_machine()}"
        mirror.mkdir(parents=True)
        program = mirror / "terraform-provider-ilk_v1.0.0"
        program.write_text(_program())
        program.chmod(0o700)
        rc = path / "rc"
        rc.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{path / "mirror"}"\n  }}\n}}\n')
        self.settings: list[tuple[str, str]] = [
            ("tool", "terraform"), ("workspace", "default"), ("timeout", "120000"),
            ("fence", "yes" if fenced() else "no"), ("credentials", str(self.credentials)), ("cli_config", str(rc)),
            ("readable", str(path / "mirror")), ("readable", sys.prefix), ("readable", sys.base_prefix),
            ("writable", str(self.made)),
        ]  # fmt: skip
        self.settings += settings.items()
        self.vault: dict[str, bytes] = {}
        self.executor = TerraformExecutor()

    @property
    def target(self) -> Target:
        return Target("net", "terraform", str(self.folder), "staging", settings=tuple(self.settings))

    def set(self, name: str, value: str) -> None:
        self.settings = [(key, old) for key, old in self.settings if key != name] + [(name, value)]

    def lock(self) -> None:
        """The operator locks the provider, as `init` in the target's own folder would."""
        lock = 'provider "test.example/ilk/ilk" {\n  version = "1.0.0"\n  hashes = [\n    "%s",\n  ]\n}\n'
        (self.folder / ".terraform.lock.hcl").write_text(lock % _hash(self.path / "mirror"))

    def pack(self, text: str, wishes: Wishes = NONE, **more: str) -> bytes:
        """The source archive of a root module with this main.tf, and more files by name."""
        folder = self.path / "source"
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in {"main.tf": text, **more}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        return source.pack(folder, wishes)

    def plan(self, text: str, previous: Identity | None = None, **more: str) -> bytes:
        return TerraformPlanner().plan(self.pack(text, **more), self.target, previous).package

    def asked(self, text: str, **wishes: object) -> bytes:
        """The plan of this main.tf, asked for in one of the ways that there are."""
        archive = self.pack(text, Wishes(**wishes))  # type: ignore[arg-type]  # the tests' own words
        return TerraformPlanner().plan(archive, self.target, None).package

    def order(self, payload: bytes, case: str = "c1") -> Order:
        change = reader_for("terraform")(payload, "", "staging").change
        return Order(case, f"digest of {case}", change, payload, self.target, (), True)

    def rehearse(self, payload: bytes) -> Rehearsal:
        change = reader_for("terraform")(payload, "", "staging").change
        return self.executor.rehearse(change, payload, self.target, bounds=Bounds(), monotonic=lambda: 0)

    def seal(self, content: bytes) -> str:
        digest = f"{len(self.vault):064}"
        self.vault[digest] = content
        return digest

    def execute(self, order: Order) -> list[Step]:
        return list(drive(self.executor.execute(order, self.seal)))

    def tried(self, order: Order) -> tuple[list[Step], InterlockError]:
        """The steps that were said, and how it failed."""
        steps: list[Step] = []
        with pytest.raises(InterlockError) as caught:
            steps.extend(drive(self.executor.execute(order, self.seal)))
        return steps, caught.value

    def run(self, text: str, case: str = "c1") -> tuple[Order, list[Step]]:
        """Planned and applied."""
        order = self.order(self.plan(text), case)
        return order, self.execute(order)

    def undo(self, order: Order, steps: list[Step]) -> list[Step]:
        return list(drive(self.executor.undo(order, steps[0].images, self.vault.__getitem__)))

    def state(self) -> dict[str, object]:
        """What the state says stands there: address to attributes."""
        path = self.folder / "terraform.tfstate"
        if not path.exists():
            return {}
        told = json.loads(path.read_text())
        return {f"{r['type']}.{r['name']}": i["attributes"] for r in told["resources"] for i in r["instances"]}

    def inputs(self) -> dict[str, object]:
        """The tool's own resources in the state: name to input."""
        found = {}
        for address, attributes in self.state().items():
            assert isinstance(attributes, dict)
            found[address.partition(".")[2]] = attributes["input"]["value"]
        return found

    def ids(self) -> dict[str, object]:
        """The tool's own resources in the state: name to id."""
        found = {}
        for address, attributes in self.state().items():
            assert isinstance(attributes, dict)
            found[address.partition(".")[2]] = attributes["id"]
        return found

    def serial(self) -> int:
        return int(json.loads((self.folder / "terraform.tfstate").read_text())["serial"])

    def calls(self) -> list[str]:
        """What the provider was really asked to do."""
        with suppress(FileNotFoundError):
            return (self.made / "log").read_text().splitlines()
        return []

    def standing(self) -> dict[str, str]:
        """The files that really stand there."""
        return {path.name: path.read_text() for path in sorted(self.made.iterdir()) if path.name != "log"}


def edited(payload: bytes, old: bytes, new: bytes, inside: str = "tfplan") -> bytes:
    """The package with a saved plan in which something was changed, packed again as if nothing had happened."""

    def again(archive: bytes, change: dict[str, bytes]) -> bytes:
        whole = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(archive)) as source,
            zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as target,
        ):
            for member in source.infolist():
                target.writestr(member, change.get(member.filename, source.read(member)))
        return whole.getvalue()

    saved = package.unpack(payload).saved
    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        content = archive.read(inside)
    assert old in content
    return again(payload, {"plan.tfplan": again(saved, {inside: content.replace(old, new)})})


def head(payload: bytes) -> package.Head:
    return package.unpack(payload).head


@cache
def _program() -> str:
    """The provider with a key and a certificate of its own."""
    empty = '("", "", "")'
    text = PROVIDER.read_text()
    assert empty in text
    with TemporaryDirectory() as folder:
        certify(Path(folder))
        key, certificate = ((Path(folder) / name).read_text() for name in ("key.pem", "cert.pem"))
    told = "".join(certificate.splitlines()[1:-1])
    return f"#!{sys.executable}\n{text.replace(empty, repr((key, certificate, told)))}"


def _machine() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]


def _hash(mirror: Path) -> str:
    """The `h1:` hash of the provider's folder, as the tool's lock file has it."""
    import base64
    import hashlib

    program = next(path for path in mirror.rglob("*") if path.is_file())
    line = f"{hashlib.sha256(program.read_bytes()).hexdigest()}  {program.name}\n"
    return "h1:" + base64.b64encode(hashlib.sha256(line.encode()).digest()).decode()
