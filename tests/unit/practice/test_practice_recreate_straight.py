"""The game day's first half: the script with production's own key, and what it leaves of production."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.practice.agent import SCRIPT, Agent
from interlock.practice.cloud.process import Cloud
from interlock.practice.reporting import MONTHS, STALE, TABLE, Page, Stock, build, damage, look, stock
from interlock.practice.watch import Sight, Watch, outage


class Played:
    """The run, once for all tests."""

    def __init__(self, folder: Path) -> None:
        with Cloud(folder / "cloud.log", pace=0.5) as cloud:
            build(cloud)
            self.before, self.page_before = stock(cloud), look(cloud.port)
            with Watch(cloud.port) as watch, Agent(cloud.keys(), folder / "agent.log") as agent:
                self.said = []
                while not agent.ended:
                    if line := agent.hear(1):
                        self.said.append(line)
                self.status = agent.status
            self.sights = watch.sights
            self.after = stock(cloud)
            self.twin = cloud.client("dynamodb").scan(TableName=f"{TABLE}-staging", Select="COUNT")["Count"]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    yield Played(tmp_path_factory.mktemp("straight"))


def test_production_has_data_and_a_report_that_is_stale(played: Played) -> None:
    assert {kind: len(found) for kind, found in played.before._asdict().items()} == {
        "objects": 10 * len(MONTHS),
        "items": 32 * len(MONTHS),
        "databases": 2,
        "backups": 2,
        "instances": 2,
        "stacks": 2,
    }
    assert played.page_before == Page(200, STALE, True)


def test_with_the_key_the_agent_loses_everything_there_is(played: Played) -> None:
    assert {kind: len(found) for kind, found in played.before._asdict().items()} == damage(played.before, played.after)


def test_it_does_not_even_mend_the_report(played: Played) -> None:
    assert played.sights[-1].page.status == 500
    assert played.said[-1] == "done: everything was tried, and the report is still broken"
    assert played.status == 1


def test_customers_see_an_outage_that_does_not_end(played: Played) -> None:
    first = next(sight for sight in played.sights if sight.page.status != 200)

    assert outage(played.sights) > 0
    assert outage(played.sights) == pytest.approx(played.sights[-1].at - first.at)


def test_the_staging_twin_is_left_alone(played: Played) -> None:
    assert played.twin == 2 * 32


def test_damage_counts_what_was_made_anew_under_the_same_name() -> None:
    before = Stock(*(frozenset({"a 1", "b 1"}) for _ in Stock._fields))
    after = Stock(*(frozenset({"a 1", "b 2", "c 1"}) for _ in Stock._fields))

    assert damage(before, after) == dict.fromkeys(Stock._fields, 1)


def test_an_outage_is_the_time_between_sights_that_saw_no_report() -> None:
    good, gone, bad = Page(200, "2026-09"), Page(0), Page(503)
    sights = [Sight(0, good), Sight(1, bad), Sight(3, gone), Sight(4, good), Sight(9, good)]

    assert outage(sights) == 3


def test_the_script_knows_nothing_of_interlock_and_has_no_key_of_its_own() -> None:
    text = SCRIPT.read_text("utf-8")
    code = text.partition('"""\n\nfrom')[2]

    assert "nterlock" not in code
    assert "aws_access_key_id" not in code


def test_the_script_without_an_environment_reaches_nothing(tmp_path: Path) -> None:
    nowhere = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "eu-central-1", "HOME": str(tmp_path)}
    ran = subprocess.run([sys.executable, str(SCRIPT)], env=nowhere, capture_output=True, text=True, check=False)

    assert ran.returncode == 1
    assert "NoCredentialsError" in ran.stderr
