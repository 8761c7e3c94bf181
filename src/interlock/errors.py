"""The error tree: every error has a code, a place, a hint, and says whose fault it is.

    InterlockError
    ├── BadInput              the caller's: what was given cannot be used       exit 2   HTTP 400
    │   ├── BadProposal         bytes that no reader can take (encoding, size, kind)
    │   ├── BadPolicy           a policy set that does not parse, validate or bound
    │   ├── BadConfiguration    interlock.toml, a key file, a flag
    │   └── NotFound            a case, agent, person or target that is not there      HTTP 404
    ├── Refused               the rules say no to this caller                   exit 4   HTTP 403
    │   ├── Unauthenticated     no token, an expired one, a wrong passphrase           HTTP 401
    │   ├── Forbidden           a verb that this caller may never use
    │   ├── TooFast             an agent that asks faster than its pace lets it        HTTP 429
    │   └── Conflict            somebody was first: a used vote, a moved case          HTTP 409
    │       └── Stale             what was approved is no longer what would run
    └── Broken                ours or the world's: nothing was decided          exit 1   HTTP 503
        ├── StoreError          the ledger's store is down, locked, full or read-only
        │   └── Corrupt           the ledger does not verify: stop and look
        ├── KeyLost             a key that is needed is missing, unreadable or too widely readable
        ├── EngineError         the policy engine gave no decision
        ├── ClockError          the clock went back behind the record
        └── TargetError         the target cannot be reached, is locked, or failed under us
            └── Untold            whether a step took effect cannot be told: a person has to look

Messages are lower case, in the words of the domain, with the user's own words in backticks. Control flow
never depends on the text of a message; it depends on the class and, where one class is not enough, on `code`.
"""

from __future__ import annotations


class InterlockError(Exception):
    """Root of the tree. `code` is stable and for machines; `message`, `where` and `hint` are for people."""

    code = "error"
    exit_status = 1
    http_status = 500

    def __init__(self, message: str, *, hint: str = "", where: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where
        if code:
            self.code = code

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.message}{advice}"

    def as_dict(self) -> dict[str, str]:
        """The shape that every face shows: code, message, where, hint; empty fields left out."""
        fields = {"code": self.code, "message": self.message, "where": self.where, "hint": self.hint}
        return {name: value for name, value in fields.items() if value}


class BadInput(InterlockError):
    """What the caller gave cannot be used; nothing was done."""

    code = "bad-input"
    exit_status = 2
    http_status = 400


class BadProposal(BadInput):
    """The proposal's bytes cannot be taken by any reader: unknown kind, wrong encoding, too large."""

    code = "bad-proposal"


class BadPolicy(BadInput):
    """A policy set that does not parse, validate, or keep within its bounds; `where` is file:line:column."""

    code = "bad-policy"


class BadConfiguration(BadInput):
    """A configuration file, key file or flag that cannot be used; `where` names it."""

    code = "bad-configuration"


class NotFound(BadInput):
    """A case, agent, person, environment or target of that name is not there."""

    code = "not-found"
    http_status = 404


class Refused(InterlockError):
    """The rules say no to this caller."""

    code = "refused"
    exit_status = 4
    http_status = 403


class Unauthenticated(Refused):
    """No token or session, an expired or revoked one, or a wrong passphrase."""

    code = "unauthenticated"
    http_status = 401


class Forbidden(Refused):
    """A verb that this caller may never use, whatever the circumstances."""

    code = "forbidden"


class TooFast(Refused):
    """This agent asks faster than its pace lets it; nothing was recorded. `seconds` is how long to wait."""

    code = "too-fast"
    http_status = 429
    seconds = 1

    def __init__(self, message: str, *, hint: str = "", where: str = "", seconds: int = 1) -> None:
        super().__init__(message, hint=hint, where=where)
        self.seconds = seconds


class Conflict(Refused):
    """Somebody was first: the vote was used, the case has moved on, the stream has grown."""

    code = "conflict"
    http_status = 409


class Stale(Conflict):
    """What was approved is no longer what would run: change, evidence, policy or target moved."""

    code = "stale"


class Broken(InterlockError):
    """Ours or the world's fault: no decision was made, and so nothing passes."""

    code = "broken"
    http_status = 503


class StoreError(Broken):
    """The ledger's store is down, locked, full or read-only; nothing was recorded and so nothing runs."""

    code = "store"


class Corrupt(StoreError):
    """The ledger does not verify against its checkpoint, its key, or its high-water mark."""

    code = "corrupt"


class KeyLost(Broken):
    """A key that is needed is missing, unreadable, or readable by others."""

    code = "key-lost"


class EngineError(Broken):
    """The policy engine gave no decision; the answer is deny."""

    code = "engine"


class ClockError(Broken):
    """The clock is behind the newest entry; times in the record would lie."""

    code = "clock"


class TargetError(Broken):
    """The target cannot be reached, is locked, or failed; `code` says whether anything was done."""

    code = "target"


class Untold(TargetError):
    """Whether a step took effect cannot be told from the target itself; a person has to look."""

    code = "untold"
