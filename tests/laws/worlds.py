"""Strategies: random values of the model, for the laws."""

from __future__ import annotations

from hypothesis import strategies as st

from interlock.model.agent import Capability, Passport
from interlock.model.assessment import Assessment, Finding, Weighed
from interlock.model.change import KNOWN, TIERS, TRAITS, VERBS, Change, Effect, Resource
from interlock.model.wayback import REVERSIBILITIES

# Surrogates have no UTF-8 and so no canonical form; that they are refused is a test of its own.
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
names = st.text("abcdefghij_", min_size=1, max_size=6)
counts = st.none() | st.integers(0, 10**6)

resources = st.builds(
    Resource,
    type=st.sampled_from(["sql.table", "sql.index", "sql.role"]),
    name=texts,
    environment=st.sampled_from(["", "production", "staging"]),
    tags=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
)
effects = st.builds(
    Effect,
    verb=st.sampled_from(VERBS),
    resource=resources,
    known=st.sampled_from(KNOWN),
    aspect=st.sampled_from(["content", "structure", "authority", "process"]),
    choice=st.sampled_from(["named", "filtered", "all", "unknown"]),
    count=counts,
    keys=st.lists(names, max_size=2).map(tuple),
    traits=st.lists(st.sampled_from(TRAITS), max_size=3, unique=True).map(tuple),
    part=st.integers(0, 3),
    cause=texts,
)
changes = st.builds(
    Change,
    kind=st.just("sql"),
    effects=st.lists(effects, max_size=4).map(tuple),
    unknown=st.lists(texts, max_size=1).map(tuple),
)
findings = st.builds(
    Finding,
    id=names,
    severity=st.sampled_from(["info", "high"]),
    confidence=st.sampled_from(["low", "high"]),
    message=texts,
)
assessments = st.builds(
    Assessment,
    environment=names,
    tier=st.sampled_from(TIERS),
    reversibility=st.sampled_from(REVERSIBILITIES),
    effects=st.lists(
        st.builds(Weighed, tier=st.sampled_from(TIERS), reversibility=st.sampled_from(REVERSIBILITIES), count=counts),
        max_size=3,
    ).map(tuple),
    findings=st.lists(findings, max_size=2).map(tuple),
    rows=counts,
)
passports = st.builds(
    Passport,
    name=names,
    owner=names,
    purpose=texts,
    environments=st.lists(names, max_size=2).map(tuple),
    capabilities=st.lists(st.builds(Capability, tier=st.sampled_from(TIERS)), max_size=2).map(tuple),
    general_purpose=st.booleans(),
)
