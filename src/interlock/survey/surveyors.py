"""The table of surveyors: which one looks at which kind of target. Imported only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from interlock.errors import BadConfiguration
from interlock.model.target import Target
from interlock.survey.surveyor import Surveyor


def surveyor_for(target: Target) -> Surveyor:
    """The surveyor of a target's kind; a kind without one is BadConfiguration that lists the known ones."""
    find = SURVEYORS.get(target.kind)
    if find is None:
        raise BadConfiguration(
            f"nothing is known of how to survey a target of kind `{target.kind}`",
            where=f"target `{target.name}`",
            hint=f"known kinds: {', '.join(sorted(SURVEYORS))}; `interlock check` judges a text without a target",
        )
    return find()


def unusable(targets: Iterable[Target]) -> list[str]:
    """What is to be said of targets that nothing can be proposed for, since nobody looks at their kind."""
    known = ", ".join(sorted(SURVEYORS))
    return [
        f"target `{target.name}`: nothing is executed on the kind `{target.kind}` (but on {known})"
        for target in targets
        if target.kind not in SURVEYORS
    ]


def _aws() -> Surveyor:
    from interlock.survey.aws.aws import survey

    return survey


def _sqlite() -> Surveyor:
    from interlock.survey.sql.sqlite import survey

    return survey


def _terraform() -> Surveyor:
    from interlock.survey.terraform.terraform import survey

    return survey


SURVEYORS: Final[dict[str, Callable[[], Surveyor]]] = {
    "aws": _aws,
    "sql:sqlite": _sqlite,
    "terraform": _terraform,
}
