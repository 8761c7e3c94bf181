"""The compiled starter set: what it says is what examining the set says, and it stands for no other set."""

from __future__ import annotations

import subprocess
import sys

import pytest

from interlock.decide.decide import engine
from interlock.decide.facts import FACTS, schema
from interlock.model.decision import parse_requirement
from interlock.policy import cedar
from interlock.policy.cedar import version
from interlock.policy.check import examine
from interlock.policy.compiled import FILE, compiled, written
from interlock.policy.engine import Question
from interlock.policy.starter import starter_files


def questions() -> list[Question]:
    """The usual case of every fact, and that case with each fact and each tier otherwise."""
    paths = tuple(fact.path for fact in FACTS)
    usual = [fact.usual for fact in FACTS]
    found = []
    for tier in ("observe", "modify", "configure", "destroy"):
        found.append(Question("agent", tier, "orders", paths, tuple(usual)))
        for at, value in enumerate(usual):
            if isinstance(value, bool):
                changed = [*usual[:at], not value, *usual[at + 1 :]]
                found.append(Question("agent", tier, "orders", paths, tuple(changed)))
    return found


def test_the_shipped_file_is_made_from_the_starter_set_as_it_is() -> None:
    checked, problems = examine(starter_files(), schema(), parse_requirement)

    assert problems == ()
    assert written(version(starter_files(), schema()), checked) == FILE.read_text("utf-8"), "run `make docs`"


def test_the_compiled_set_has_the_rules_and_the_rulings_of_the_examined_one(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = cedar.load(starter_files(), schema(), parse_requirement)
    monkeypatch.setattr(cedar, "compiled", lambda *_: None)
    examined = cedar.load(starter_files(), schema(), parse_requirement)

    assert examined.version == shipped.version
    assert dict(examined.rules) == dict(shipped.rules)
    for question in questions():
        assert examined.judge(question) == shipped.judge(question)
        assert not shipped.judge(question).errors


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text + "\n", id="one letter more"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="other line ends"),
    ],
)
def test_a_set_that_differs_in_a_letter_is_examined(change) -> None:  # type: ignore[no-untyped-def]
    sources = starter_files()
    first = min(sources)
    other = sources | {first: change(sources[first])}

    assert compiled(version(sources, schema()), sources) is not None
    assert compiled(version(other, schema()), other) is None


def test_another_schema_is_another_set() -> None:
    sources = starter_files()

    assert compiled(version(sources, schema() + "\n"), sources) is None
    assert engine(sources).version == version(sources, schema())


def told_by(code: str) -> str:
    """What a process of its own prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_a_compiled_set_is_asked_without_the_classes_of_syntax_trees() -> None:
    code = (
        "import sys; from interlock.decide.decide import engine; from interlock.policy.starter import starter_files; "
        "engine(starter_files()); "
        "print('interlock.policy.check' in sys.modules, 'Template' in vars(sys.modules['cedarpy.pst']))"
    )

    assert told_by(code) == "False False"


def test_the_classes_of_syntax_trees_are_made_once_however_many_threads_ask_first() -> None:
    code = (
        "import sys; sys.setswitchinterval(1e-6); from concurrent.futures import ThreadPoolExecutor as Pool; "
        "from threading import Barrier; import interlock.policy.cedar; from cedarpy import pst; "
        "start = Barrier(8); ask = lambda _: (start.wait(), pst.Template)[1]; "
        "print(len({id(one) for one in Pool(8).map(ask, range(8))}), hasattr(pst, 'Nothing'))"
    )

    assert told_by(code) == "1 False"
