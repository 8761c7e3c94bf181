"""The engine of a home whose policies cannot be loaded: it decides nothing, and says why.

What takes away (an undo, a revoked key) asks no policy, and has to work when a policy file is broken.
"""

from __future__ import annotations

from collections.abc import Mapping

from interlock.policy.engine import Question, Rule, Ruling


class ShutEngine:
    """Every ruling is an error, which the caller denies."""

    version = "none: the policies could not be loaded"
    rules: Mapping[str, Rule] = {}

    def __init__(self, why: str) -> None:
        self._ruling = Ruling(errors=(why,))

    def reads(self, path: str) -> bool:  # noqa: ARG002 - the promise of an engine; nothing is read here
        return False

    def judge(self, question: Question) -> Ruling:  # noqa: ARG002 - whatever the question is
        return self._ruling
