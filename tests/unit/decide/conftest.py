"""A small world for the tests of decide: an agent with a passport, an effect, an assessment, the starter policies."""

from types import SimpleNamespace

import pytest

from interlock.decide.decide import decide, engine
from interlock.model.agent import Capability, Passport
from interlock.model.assessment import Assessment, Reach, Reached, Weighed
from interlock.model.change import Change, Effect, Resource, highest_tier
from interlock.model.inventory import RollbackProof
from interlock.model.target import Environment
from interlock.policy.starter import starter_files

NOW = 1_800_000_000_000
PRODUCTION = Environment("production")
STAGING = Environment("staging", production=False, strictness=50)


def table(name):
    return Resource("sql.table", name)


def fixer(**changes):
    """An agent that was built to fix orders, with a complete passport."""
    capability = Capability("modify", resources=("orders", "order_*"), max_rows=10, max_resources=3)
    said = dict.fromkeys(("purpose", "owner", "justification", "benefits", "risks", "worst_case", "prevention"), "said")
    given = {
        "environments": ("production", "staging"),
        "capabilities": (capability,),
        "general_purpose": False,
    }
    return Passport(**{"name": "fixer", **said, **given, **changes})


def effect(**changes):
    """One keyed update of one row of `orders`."""
    return Effect(**{"verb": "update", "resource": table("orders"), "choice": "filtered", "keys": ("id",), **changes})


def change(*effects, **changes):
    return Change("sql:sqlite", effects or (effect(),), **changes)


def weighed(tier="modify", **changes):
    return Weighed(tier, **{"reversibility": "exact-inverse", "count": 1, "keyed": True, **changes})


def assessed(*weights, environment="production", **changes):
    """What assess would say of these; by default all of one keyed update with a simulated way back."""
    weights = weights or (weighed(),)
    given = {
        "tier": highest_tier(*(each.tier for each in weights)),
        "reversibility": "none-needed",
        "effects": weights,
        "reach": Reach(changed=(Reached(table("orders")),), must=(Reached(table("orders")),)),
        "rollback": RollbackProof("valid", simulated=True),
        "rows": sum(each.count or 0 for each in weights),
    }
    return Assessment(environment=environment, **{**given, **changes})


@pytest.fixture(scope="session")
def starter():
    """The engine over the starter policies."""
    return engine(starter_files())


class Court:
    """Decides by the starter policies; every part may be given, the rest is the small keyed fix."""

    def __init__(self, engine):
        self.engine = engine

    def __call__(self, assessment=None, proposed=None, passport=None, environment=None, now=NOW, engine=None):
        assessment = assessment or assessed()
        environment = environment or (STAGING if assessment.environment == "staging" else PRODUCTION)
        passport = fixer() if passport is None else passport
        by = engine or self.engine
        return decide(assessment, proposed or change(), passport, environment, by, now, binding="the digest")


@pytest.fixture
def court(starter):
    return Court(starter)


@pytest.fixture
def world():
    """The builders of this file, by name."""
    return SimpleNamespace(**globals())
