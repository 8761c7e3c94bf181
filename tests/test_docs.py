"""Documentation is held complete and true: pages, links, controls, dependencies, and the commands that it shows."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from interlock.cli.main import COMMANDS
from interlock.configuration import parse
from interlock.practice import shop
from interlock.testing.docs import pages
from interlock.testing.process import Process

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SRC = ROOT / "src" / "interlock"
PAGES = [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]

#: Controls that exist as of now; the catalogue's others are listed as not there yet.
CONTROLS = [
    *("K1", "K6", "P1", "P2", "P3", "P4", "P5", "P6"),
    *(f"D{n}" for n in range(1, 8)),
    *("A1", "A5", "A6", "A7", "C4", "C5", "W1", "W2", "G1"),
]
CATALOGUE = {"K": 6, "P": 8, "D": 9, "A": 7, "C": 5, "W": 7, "G": 3}
NOT_YET = sorted({f"{row}{n + 1}" for row, count in CATALOGUE.items() for n in range(count)} - set(CONTROLS))


def names(folder: Path) -> list[str]:
    """The modules and packages right in this folder, by name."""
    found = [path.stem for path in folder.glob("*.py")] + [path.parent.name for path in folder.glob("*/__init__.py")]
    return sorted(name for name in found if not name.startswith("_"))


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_generated_pages_are_as_the_source_says() -> None:
    wanted = pages(DOCS)
    different = [path.name for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]

    assert different == [], "run `make docs`"
    assert set((DOCS / "commands").glob("*.md")) <= set(wanted)


def test_the_page_on_policy_counts_the_starter_policies() -> None:
    files = list((SRC / "policy" / "starter").glob("*.cedar"))
    policies = sum(path.read_text("utf-8").count("@id(") for path in files)

    assert len(files) == 10
    assert f"{policies} policies in ten files." in (DOCS / "policy.md").read_text("utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_page(command: str) -> None:
    assert (DOCS / "commands" / f"{command}.md").exists()


@pytest.mark.parametrize("name", names(SRC / "assess" / "findings"))
def test_every_finding_has_a_page_that_its_index_names(name: str) -> None:
    slug = name.replace("_", "-")

    assert (DOCS / "findings" / f"{slug}.md").exists()
    assert f"({slug}.md)" in (DOCS / "findings" / "index.md").read_text("utf-8")


@pytest.mark.parametrize("folder", ["readers", "executors", "gates"])
def test_every_technology_and_gate_has_a_page(folder: str) -> None:
    room = {"readers": "read", "executors": "execute", "gates": "gates"}[folder]
    packages = [path.parent.name for path in (SRC / room).glob("*/__init__.py")]

    assert packages
    assert [name for name in packages if not (DOCS / folder / f"{name}.md").exists()] == []


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as they are made from their text."""
    heads = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_every_internal_link_leads_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(there), f"{target}: no such heading"


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_every_page_begins_with_its_title(path: Path) -> None:
    text = re.sub(r"^<!--.*?-->\s*", "", path.read_text("utf-8"), flags=re.S)

    assert text.startswith("# ")


def test_the_floors_that_are_told_are_those_that_are_checked() -> None:
    tree = ast.parse((ROOT / "tests" / "test_house.py").read_text("utf-8"))
    floors = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == "FLOORS"
        and node.value
    )
    lines = re.findall(r"^    (\S.*)$", (DOCS / "decisions" / "0001-the-house.md").read_text("utf-8"), re.M)

    assert [re.split(r"\s{3,}", line + " " * 3)[0].split() for line in lines] == floors


def controls() -> dict[str, list[str]]:
    rows = re.findall(r"^\| ([A-Z]\d+) \|(.+)\|$", (DOCS / "controls.md").read_text("utf-8"), re.M)
    return {control: [cell.strip() for cell in cells.split("|")] for control, cells in rows}


def named_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    # A state machine's test is a class that hypothesis makes; it is named by assignment.
    return found | {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_names_where_it_is_enforced_and_tests_that_exist(control: str) -> None:
    what, where, tests, game_day = controls()[control]

    assert what
    files = re.findall(r"`([\w/.-]+)`", where)
    assert files
    assert [file for file in files if not (SRC / file).exists()] == []
    named = re.findall(r"`([\w/.]+\.py)::(\w+)`", tests)
    assert named, f"{control} names no test"
    for file, test in named:
        assert test in named_in(ROOT / "tests" / file), f"{control}: there is no {file}::{test}"
    assert game_day


@pytest.mark.parametrize("control", NOT_YET)
def test_what_is_not_there_yet_says_so(control: str) -> None:
    assert "not yet" in controls()[control]


def test_every_direct_dependency_is_explained_and_none_that_is_gone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
        "editables",
    ]
    direct = {re.split(r"[<>=~]", one, maxsplit=1)[0] for one in wanted}
    explained = re.findall(r"^\| (\S+) \| [^|]+ \| [^|]+ \|", (DOCS / "dependencies.md").read_text("utf-8"), re.M)

    assert direct == set(explained) - {"package", "---"}


def test_no_dependency_is_under_a_licence_that_binds_ours() -> None:
    rows = re.findall(r"^\| (\S+) \| ([^|]+)\|", (DOCS / "dependencies.md").read_text("utf-8"), re.M)

    assert rows
    assert [name for name, licence in rows if "GPL" in licence] == []


def keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    if isinstance(value, list):
        return set().union(*map(keys, value))
    return set()


def test_the_contract_names_every_field_of_the_answer(tmp_path: Path) -> None:
    text = (DOCS / "contract.md").read_text("utf-8")
    interlock = Process(tmp_path)
    ran = interlock("check", "-", "--kind", "sql:postgres", "--json", stdin=b"DELETE FROM orders; DROP TABLE a CASCADE")
    line = interlock("check", "--lines", "-", "--kind", "sql:postgres", stdin=b'"DELETE FROM orders"\n')

    missing = {key for key in keys(ran.json) | keys(json.loads(line.out)) if not re.search(rf"\b{key}\b", text)}
    assert missing == set()
    assert ran.status == 4


def shell(path: Path) -> list[str]:
    """The lines of a page's shell examples: continued lines joined, comments gone."""
    blocks = re.findall(r"```sh\n(.*?)```", path.read_text("utf-8"), re.S)
    text = "".join(blocks).replace("\\\n", " ")
    return [line for raw in text.splitlines() if (line := re.sub(r"\s+#.*$", "", raw).strip())]


def test_the_quickstart_runs_as_it_is_written(tmp_path: Path) -> None:
    """Each command, in order; only what a person types at a prompt comes from a file instead."""
    interlock = Process(tmp_path)
    shop.build(tmp_path / "shop.db", 1_000)
    (tmp_path / "secret").touch(mode=0o600)
    (tmp_path / "secret").write_text("four words are enough")
    (tmp_path / "fix.sql").write_text("UPDATE orders SET status = 'paid' WHERE status = 'pending' AND id < 40")
    toml = re.findall(r"```toml\n(.*?)```", (DOCS / "quickstart.md").read_text("utf-8"), re.S)[0]
    case = ""
    for line in shell(DOCS / "quickstart.md"):
        if "|" in line:
            continue
        for part in line.split("&&"):
            words = [case if word == "CASE" else word for word in shlex.split(part)]
            assert words[0] == "interlock", line
            if "VERIFIER_KEY" in words:
                words[words.index("VERIFIER_KEY")] = ".interlock/keys/ledger.key.pub"
            if words[1:3] == ["people", "add"] or words[1] == "approve":
                words += ["--passphrase-file", "secret"]
            ran = interlock(*words[1:])
            assert ran.status == (3 if words[1] == "propose" else 0), f"{line}\n{ran.out}\n{ran.err}"
            if words[1] == "init":
                with (tmp_path / ".interlock" / "interlock.toml").open("a") as file:
                    file.write(toml)
            if words[1] == "propose":
                case = re.search(r"case\s+(\w{8})", ran.out)[1]  # type: ignore[index]  # a failure here is the test's


def test_every_target_that_the_quickstart_shows_is_understood(tmp_path: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", (DOCS / "quickstart.md").read_text("utf-8"), re.S)
    kinds = [target.kind for text in shown for target in parse(text, tmp_path).targets.values()]

    assert kinds == ["sql:sqlite", "aws"]


def test_the_readmes_commands_exist() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    lines = shell(ROOT / "README.md")

    assert "make demo" in lines
    assert "make test" in lines
    for line in lines:
        words = shlex.split(line.rpartition("|")[2])
        if words[0] == "make":
            assert words[1].partition("=")[0] in targets or "=" in words[1]
        elif words[0].endswith("interlock"):
            assert words[1] in COMMANDS


def test_the_readmes_check_runs_and_says_what_it_shows(tmp_path: Path) -> None:
    found = re.search(r"\$ echo '([^']+)' \| interlock (check .*)\n", (ROOT / "README.md").read_text("utf-8"))

    assert found
    ran = Process(tmp_path)(*shlex.split(found[2]), stdin=found[1].encode())
    assert ran.status == 4
    assert "DENY" in ran.out
