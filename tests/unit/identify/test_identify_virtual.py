"""Virtual keys: bound, short-lived, revocable, derived and never kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from interlock.errors import BadInput, Forbidden, NotFound, Unauthenticated
from interlock.identify.verbs import Caller
from interlock.identify.virtual import Scope
from interlock.testing.world import AGENT, OPERATOR, World, simulated

SCOPE = Scope("fixer", "shop", "production", ("eu-central-1",), ("s3",), "s1", "olga")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with simulated(tmp_path) as world:
        yield world


def test_a_key_is_known_again_with_its_scope_and_secret_after_a_restart(world: World) -> None:
    issued = world.control.registry.issue_key(OPERATOR, SCOPE)
    world.reopen()

    assert issued == world.control.registry.virtual(issued.access_key)
    assert issued.scope == SCOPE
    assert len(issued.secret) == 40


def test_a_secret_stands_nowhere_on_the_disk(world: World) -> None:
    issued = world.control.registry.issue_key(OPERATOR, SCOPE)
    world.control.close()

    for path in world.path.rglob("*"):
        assert not path.is_file() or issued.secret.encode() not in path.read_bytes()
    assert issued.secret not in repr(issued)
    world.reopen()


def test_two_keys_have_two_secrets(world: World) -> None:
    one, two = (world.control.registry.issue_key(OPERATOR, SCOPE) for _ in range(2))

    assert one.access_key != two.access_key
    assert one.secret != two.secret


def test_a_key_ends_when_it_expires(world: World) -> None:
    issued = world.control.registry.issue_key(OPERATOR, SCOPE, seconds=60)
    world.clock.forward(60)

    with pytest.raises(Unauthenticated, match="expired"):
        world.control.registry.virtual(issued.access_key)


def test_a_key_ends_when_its_agent_is_retired(world: World) -> None:
    issued = world.control.registry.issue_key(OPERATOR, SCOPE)
    world.control.registry.retire_agent(OPERATOR, "fixer")

    with pytest.raises(Unauthenticated):
        world.control.registry.virtual(issued.access_key)


def test_a_key_that_another_process_revoked_is_found_out_when_it_has_to_be_fresh(world: World) -> None:
    issued = world.control.registry.issue_key(OPERATOR, SCOPE)
    with closing(World(world.path, world.clock)) as other:
        other.control.registry.revoke_key(OPERATOR, "fixer", issued.access_key)

    with pytest.raises(Unauthenticated):
        world.control.registry.virtual(issued.access_key, fresh=True)


def test_a_key_that_another_process_issued_is_found(world: World) -> None:
    with closing(World(world.path, world.clock)) as other:
        issued = other.control.registry.issue_key(OPERATOR, SCOPE)

    assert issued == world.control.registry.virtual(issued.access_key)


def test_rotation_ends_every_key_and_gives_one_for_each_scope_in_force(world: World) -> None:
    registry = world.control.registry
    registry.issue_key(OPERATOR, SCOPE._replace(session="old"), seconds=1)
    before = [registry.issue_key(OPERATOR, SCOPE), registry.issue_key(OPERATOR, SCOPE)]
    world.clock.forward(2)

    (after,) = registry.rotate_keys(OPERATOR, "fixer")

    assert registry.virtual(after.access_key).scope == SCOPE
    for key in before:
        with pytest.raises(Unauthenticated):
            registry.virtual(key.access_key)


def test_a_made_up_key_is_refused(world: World) -> None:
    with pytest.raises(Unauthenticated, match="no virtual key"):
        world.control.registry.virtual("AKIAIOSFODNN7EXAMPLE")


def test_an_agent_mints_no_key_for_itself(world: World) -> None:
    with pytest.raises(Forbidden):
        world.control.registry.issue_key(AGENT, SCOPE)
    with pytest.raises(Forbidden):
        world.control.registry.rotate_keys(Caller("agent", "fixer"), "fixer")


@pytest.mark.parametrize("field", ["target", "environment", "session", "operator"])
def test_a_key_is_bound_to_everything(world: World, field: str) -> None:
    with pytest.raises((BadInput, Forbidden)):
        world.control.registry.issue_key(OPERATOR, SCOPE._replace(**{field: " "}))


def test_a_key_does_not_outlive_its_day_nor_serve_where_the_agent_has_no_business(world: World) -> None:
    with pytest.raises(BadInput):
        world.control.registry.issue_key(OPERATOR, SCOPE, seconds=13 * 3600)
    with pytest.raises(Forbidden):
        world.control.registry.issue_key(OPERATOR, SCOPE._replace(environment="elsewhere"))
    with pytest.raises(NotFound):
        world.control.registry.issue_key(OPERATOR, SCOPE._replace(agent="nobody"))
