"""The plan of the house, checked: floors, arrows, sizes, names, and what may be done where."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "interlock"

#: The floors of the house, top first. A room may know only rooms on lower floors. Rooms on one line do not know each
#: other. `errors` is known to all.
FLOORS: list[list[str]] = [
    ["testing"],
    ["cli"],
    ["gates", "practice", "client"],
    ["control"],
    ["road", "proposing", "passing", "claims", "erasure", "registry", "answer", "report", "selftest"],
    ["judge", "record", "home", "caseids", "together", "pace"],
    ["configuration", "read", "survey", "assess", "decide", "approve", "execute", "identify"],
    ["model", "policy", "ledger", "aws"],
    ["errors"],
]

#: Words that say nothing about what is in a file.
EMPTY_NAMES = {"util", "utils", "common", "helpers", "helper", "manager", "shared", "misc", "base", "core"}

FILES = sorted(SRC.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}


def room(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    found = [index for index, rooms in enumerate(FLOORS) if name in rooms]
    assert found, f"`{name}` is on no floor of the plan; put it there, with a reason"
    return found[0]


def imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every module of ours that is imported, wherever in the file, types included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            assert node.module is not None
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def ids(path: Path) -> str:
    return str(path.relative_to(SRC))


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_arrows_only_run_down(path: Path) -> None:
    if path == SRC / "__init__.py":
        return
    here = room(path)
    for name, line in imports(TREES[path]):
        parts = name.split(".")
        if parts[0] != "interlock" or len(parts) < 2:
            continue
        there = parts[1]
        if there in (here, "__version__"):
            continue
        assert floor(here) < floor(there), f"{ids(path)}:{line}: `{here}` may not know `{there}`"


def test_modules_form_no_circle() -> None:
    """No module reaches itself by imports, those for types and those inside functions included."""
    names = {".".join(("interlock", *path.relative_to(SRC).with_suffix("").parts)): path for path in FILES}
    names = {name.removesuffix(".__init__"): path for name, path in names.items()}
    graph = {
        name: {target for target, _ in imports(TREES[path]) if target in names and target != name}
        for name, path in names.items()
        if name != "interlock"
    }
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name in done:
            return
        for target in sorted(graph.get(name, ())):
            visit(target, [*trail, name])
        done.add(name)

    for name in sorted(graph):
        visit(name, [])


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_every_file_says_first_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(TREES[path])

    assert docstring, "begin the file with a docstring"
    assert path.read_text(encoding="utf-8").startswith('"""'), "the docstring is the first line"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_files_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"`{node.name}` has {length} lines"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_names_say_something(path: Path) -> None:
    assert not {part.removesuffix(".py") for part in path.relative_to(SRC).parts} & EMPTY_NAMES


def calls(tree: ast.AST) -> Iterator[tuple[str, int, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno, node


BELOW_THE_ROAD = [path for path in FILES if room(path) not in {"errors", "__init__"} and floor(room(path)) >= 4]
CLOCKS = re.compile(
    r"(time\.(time|monotonic|perf_counter|time_ns)|datetime\.(now|utcnow|today)|date\.today|os\.urandom|secrets\.\w+"
    r"|random\.\w+|uuid\.uuid\d|os\.environ\.get|os\.getenv)"
)


@pytest.mark.parametrize("path", BELOW_THE_ROAD, ids=ids)
def test_clock_chance_and_surroundings_come_in_as_arguments(path: Path) -> None:
    for name, line, _ in calls(TREES[path]):
        assert not CLOCKS.fullmatch(name), f"line {line}: `{name}` below the road"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_nothing_runs_a_shell_or_builds_code(path: Path) -> None:
    for name, line, call in calls(TREES[path]):
        assert name not in {"os.system", "os.popen", "eval", "exec", "pickle.loads", "pickle.load"}, f"line {line}"
        for keyword in call.keywords:
            shell = keyword.arg == "shell" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
            assert not shell, f"line {line}: shell=True"


#: Where an exception of any kind may be caught, and why there.
EDGES: dict[str, str] = {
    "cli/main.py": "the edge of the process: a bug becomes one line and exit status 1, not a traceback",
    "gates/aws/app.py": "the edge of a call: a bug becomes a 500 in AWS's shape, and nothing passes",
    "gates/aws/holding.py": "the thread of an errand: whoever waits for it is told that nobody knows",
    "gates/http/app.py": "the edge of a request: a bug becomes a 500 with a code, and nothing passes",
    "gates/http/run_tasks/runner.py": "the threads that judge runs must outlive one that fails; HCP is told it failed",
    "passing.py": "the thread that records reads must outlive one that fails; each who waits for it is told",
    "together.py": "what goes wrong for one caller is raised by that caller, and not by the one who serves it",
    "gates/http/worker.py": "the thread that closes cases must outlive one that fails; it says so on the health page",
}


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_any_exception_is_caught_only_at_the_edges(path: Path) -> None:
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
            reraises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            assert not broad or reraises or ids(path) in EDGES, f"line {node.lineno}: a broad except that swallows"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_an_ignored_lint_or_type_gives_its_reason(path: Path) -> None:
    """`# noqa: S608 - a quoted name`, or the reason after a second `#`."""
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.search(r"#\s*(noqa|type: ignore)", text):
            reasoned = r"#\s*(noqa: [A-Z0-9, ]+?|type: ignore\[[a-z, -]+\])\s*(-|#)\s*\S+"
            assert re.search(reasoned, text), f"line {number}: say why beside the exception"


def test_no_room_is_empty() -> None:
    for folder in {path.parent for path in FILES}:
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert files or any(folder.rglob("*/*.py")), f"{folder} is empty"


def test_lock_files_name_hashes_and_no_addresses() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links", text)
        for name, version in re.findall(r"^([A-Za-z0-9_.-]+)(==\S+)?", text, re.M):
            assert version, f"{path.name}: {name} is not pinned"


def test_floors_are_listed_once() -> None:
    listed = [name for rooms in FLOORS for name in rooms]

    assert len(listed) == len(set(listed))
    assert all(upper is not lower for upper, lower in pairwise(FLOORS))
