"""States that are kept elsewhere, with the real tool: planned, applied, undone there. A lock that is held and a state
that moved are noticed, and what opens the backend is in nothing that is kept.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from tests.unit.execute.state_server import PASSWORD, USER, StateServer, state_server
from tests.unit.execute.terraform_world import TerraformWorld, head, require_terraform, resources

from interlock.errors import InterlockError, Stale
from interlock.execute.terraform.inverse import UNKNOWN
from interlock.testing.postgres import Postgres

LOCKED = {"ID": "1", "Operation": "OperationTypeApply", "Info": "", "Who": "somebody@else", "Version": "1.11.4",
          "Created": "2026-01-01T00:00:00Z", "Path": ""}  # fmt: skip


@pytest.fixture
def server() -> Iterator[StateServer]:
    with state_server() as running:
        yield running


@pytest.fixture
def http(tmp_path: Path, server: StateServer) -> TerraformWorld:
    require_terraform()
    place = {f"{name}address": server.address for name in ("", "lock_", "unlock_")}
    world = TerraformWorld(tmp_path, backend=json.dumps({"type": "http", "retry_max": 0, **place}))
    with world.credentials.open("a") as file:
        file.write(f"TF_HTTP_USERNAME={USER}\nTF_HTTP_PASSWORD={PASSWORD}\n")
    return world


@pytest.fixture
def pg(tmp_path: Path, postgres: Postgres, request: pytest.FixtureRequest) -> TerraformWorld:
    require_terraform()
    schema = "tf_" + re.sub(r"\W", "_", request.node.name)[:40]
    world = TerraformWorld(tmp_path, backend=json.dumps({"type": "pg", "schema_name": schema}))
    separator = "&" if "?" in postgres.url else "?"
    with world.credentials.open("a") as file:
        file.write(f"PG_CONN_STR={postgres.url}{separator}sslmode=disable\n")
    return world


@pytest.fixture(params=["http", "pg"])
def world(request: pytest.FixtureRequest) -> TerraformWorld:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, TerraformWorld)
    return found


def test_a_change_is_planned_applied_and_undone_where_the_state_is_kept(world: TerraformWorld) -> None:
    world.run(resources(a="x", b="y"), "c1")
    payload = world.plan(resources(a="x2", c="z"))
    proof = world.rehearse(payload).rollback
    order = world.order(payload, "c2")
    steps = world.execute(order)

    assert (head(payload).identity.resources, head(payload).identity.serial > 0) == (2, True)
    assert (proof.verdict, proof.simulated) == ("valid-with-loss", True)
    assert world.executor.look(order, "run") == "done"
    assert not list(world.folder.glob("*.tfstate*"))
    assert head(world.plan(resources(a="x2", c="z"))).identity.resources == 2
    world.undo(order, steps)
    undone = head(world.plan(resources(a="x", b="y")))
    assert undone.identity.serial > head(payload).identity.serial
    assert world.rehearse(world.plan(resources(a="x", b="y"))).rollback.verdict == "none-needed"


def test_a_state_that_moved_since_the_plan_is_stale_and_nothing_is_applied(world: TerraformWorld) -> None:
    world.run(resources(a="x"), "c1")
    payload = world.plan(resources(a="late"))
    world.run(resources(a="meanwhile"), "c2")
    now = head(world.plan(resources(a="meanwhile"))).identity

    with pytest.raises(Stale, match="changed since"):
        world.execute(world.order(payload, "c3"))
    assert head(world.plan(resources(a="meanwhile"))).identity == now
    with pytest.raises(Stale):
        world.rehearse(payload)


def test_nothing_that_is_kept_holds_what_opens_the_backend(world: TerraformWorld) -> None:
    order, steps = world.run(resources(a="x"), "c1")
    secrets = [line.partition("=")[2] for line in world.credentials.read_text().splitlines() if "=" in line]
    kept = [order.payload, *world.vault.values(), *(step.detail.encode() for step in steps)]
    kept += [path.read_bytes() for path in (world.folder / ".interlock").iterdir() if path.is_file()]

    sealing = [secret for secret in secrets if secret == PASSWORD or secret.startswith("postgres")]
    assert len(sealing) == 1
    assert not [secret for secret in sealing if any(secret.encode() in each for each in kept)]


def test_a_lock_that_somebody_else_holds_ends_it_before_anything_is_done(
    http: TerraformWorld, server: StateServer
) -> None:
    http.run(resources(a="x"), "c1")
    payload = http.plan(resources(a="y"))
    kept = server.state
    server.lock = json.dumps(LOCKED).encode()
    http.set("timeout", "16000")  # so that it waits four seconds for the lock

    _, error = http.tried(http.order(payload, "c2"))

    assert "lock" in str(error).lower()
    assert (server.state, server.lock) == (kept, json.dumps(LOCKED).encode())
    assert http.executor.look(http.order(payload, "c2"), "run") != "done"


def test_a_lock_in_the_database_ends_it_too(pg: TerraformWorld, postgres: Postgres) -> None:
    pg.run(resources(a="x"), "c1")
    payload = pg.plan(resources(a="y"))
    before = head(payload).identity
    schema = json.loads(dict(pg.settings)["backend"])["schema_name"]
    pg.set("timeout", "16000")

    with held(postgres.url, f"SELECT pg_advisory_lock(id) FROM \"{schema}\".states WHERE name = 'default'"):
        _, error = pg.tried(pg.order(payload, "c2"))

    assert "lock" in str(error).lower()
    assert head(pg.plan(resources(a="y"))).identity == before


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """What this statement takes, held by a session of its own."""
    loop = asyncio.new_event_loop()
    try:
        session = loop.run_until_complete(asyncpg.connect(url))
        loop.run_until_complete(session.execute(statement))
        yield
        loop.run_until_complete(session.close())
    finally:
        loop.close()


def test_the_lock_is_held_while_it_is_applied_and_given_back(http: TerraformWorld, server: StateServer) -> None:
    http.run(resources(a="x"), "c1")

    assert server.asked.count("LOCK") == server.asked.count("UNLOCK") >= 2
    assert server.asked.index("LOCK") < server.asked.index("POST")
    assert server.lock is None
    assert server.strangers == 0


def test_a_backend_that_does_not_answer_is_one_clear_error(http: TerraformWorld, server: StateServer) -> None:
    server.shutdown()
    server.server_close()

    with pytest.raises(InterlockError) as caught:
        http.plan(resources(a="x"))
    assert PASSWORD not in str(caught.value)


def test_a_state_that_somebody_put_in_its_place_is_not_taken_for_it(http: TerraformWorld, server: StateServer) -> None:
    """The lineage is another one, and the serial says nothing then."""
    http.run(resources(a="x"), "c1")
    payload = http.plan(resources(a="y"))
    other = json.loads(server.state)
    other["lineage"] = "another"
    server.state = json.dumps(other).encode()

    with pytest.raises(Stale, match="another one"):
        http.execute(http.order(payload, "c2"))


def test_what_was_applied_elsewhere_since_has_no_known_way_back(http: TerraformWorld, server: StateServer) -> None:
    http.run(resources(a="x"), "c1")
    moved = json.loads(server.state)
    moved["serial"] += 1
    server.state = json.dumps(moved).encode()

    assert http.rehearse(http.plan(resources(a="y"))).rollback.why == UNKNOWN
