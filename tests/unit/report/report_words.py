"""Subjects for the tests of this folder: a change, what was assessed and decided, made by hand."""

from __future__ import annotations

from collections.abc import Sequence

from interlock.model.assessment import Assessment, Finding, Reach, Reached, Risk, Touched, Weighed
from interlock.model.change import Change, Effect, Resource, Verb
from interlock.model.decision import Because, Decision, Requirement
from interlock.model.inventory import RollbackProof
from interlock.model.wayback import WayBack
from interlock.report.subject import Subject

#: A name that is an attack on everything that shows it.
EVIL = (
    'x"]</script><svg onload=alert(1)>]]>--><img src=x onerror=alert(2)>|`@everyone ![a](https://evil.example)\n'
    "# big\u202e\x1b[31m</details>&lt;"
)


def thing(name: str, environment: str = "", kind: str = "terraform.aws_instance") -> Resource:
    return Resource(kind, name, environment)


def effect(name: str, verb: Verb = "update", **fields: object) -> Effect:
    return Effect(verb, thing(name), known="planned", aspect="structure", **fields)  # type: ignore[arg-type]  # tests'


def felt(name: str, *above: str, environment: str = "") -> Reached:
    """A thing with the chain that leads to it: the seed's name first."""
    seed, *rest = above
    names = [seed, *rest, name]
    chain = [f"change 1: update `{seed}`"]
    chain += [f"`{names[index + 1]}` uses `{names[index]}` (configuration)" for index in range(len(names) - 1)]
    return Reached(thing(name, environment), tuple(chain))


def seeds(*names: str) -> tuple[Reached, ...]:
    return tuple(Reached(thing(name), (f"change 1: update `{name}`",)) for name in names)


def subject(
    effects: Sequence[Effect] = (effect("db", "replace"),),
    *,
    must: Sequence[Reached] = (),
    may: Sequence[Reached] = (),
    findings: Sequence[Finding] = (),
    reversibility: str = "disruptive-inverse",
    outcome: str = "hold",
    complete: bool = True,
    frontier: int = 0,
    critical: Sequence[str] = (),
    case: str = "",
    unknown: Sequence[str] = (),
    needs_unknown: Sequence[str] = (),
) -> Subject:
    changed = seeds(*dict.fromkeys(effect.resource.name for effect in effects))
    assessment = Assessment(
        "production",
        "destroy",
        reversibility,  # type: ignore[arg-type]  # the tests name classes that there are
        Reach(changed, (*changed, *must), (*changed, *must, *may), complete, frontier),
        tuple(Weighed("destroy", reversibility) for _ in effects),  # type: ignore[arg-type]  # as above
        critical=tuple(critical),
        findings=tuple(findings),
        unknown=tuple(unknown),
        rollback=RollbackProof("invalid", False, (), "the backups go with it"),
        domains=(Touched("region", "eu-west-1", 3, 40),),
        risk=Risk(73, (("destroys", 600), ("reach", 400))),
    )
    because = Because("destroy-needs-two", "destroying in production needs two people", "approval 2 sre", (0,))
    decision = Decision(
        outcome,  # type: ignore[arg-type]  # as above
        (because,),
        (Requirement("approval", 2, "sre"),) if outcome == "hold" else (),
        "v" * 64,
        "d" * 64,
    )
    change = Change("terraform", tuple(effects), needs_unknown=tuple(needs_unknown))
    return Subject(change, assessment, decision, lambda name: name != "staging", case)


def evil(name: str = EVIL) -> Subject:
    """Everything that text from outside can be in, is the attack."""
    way_back = WayBack("irreversible", "invalid", name, (name,), name, name, name)
    return subject(
        [effect(name, "delete", cause=name, way_back=way_back, gentler=name, fields=(name,), needs=(name,))],
        must=[felt("m", name)],
        may=[Reached(thing(name + "2", name, name), (f"change 1: {name}", name))],
        findings=[Finding("loses-data", "critical", "high", name, name, name)],
        unknown=[name],
        critical=[name],
        needs_unknown=[name],
    )
