"""Proposal: what an agent asked for, as raw bytes, with everything that was claimed about it."""

from __future__ import annotations

from interlock.model.canon import Value, canonical, digest


class Proposal(Value, frozen=True):
    """One request of one agent. Claims (`environment`, `intent`) are claims: nothing is decided from their words.

    `kind` is `technology` or `technology:dialect` (`sql:postgres`). `payload` is the exact bytes that would run; in
    JSON they are base64. `author` is the human who wrote the prompt, `session` the agent's session, `operator` the
    human whose session it is; each may be empty when nobody says so. `prompt` is sealed in the vault, never recorded.
    """

    kind: str
    payload: bytes
    agent: str
    environment: str = "production"
    target: str = ""
    session: str = ""
    author: str = ""
    operator: str = ""
    intent: str = ""
    prompt: str = ""

    @property
    def technology(self) -> str:
        return self.kind.partition(":")[0]

    @property
    def dialect(self) -> str:
        return self.kind.partition(":")[2]

    @property
    def digest(self) -> str:
        return digest("proposal", canonical(self))
