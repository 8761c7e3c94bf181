"""The client for agents: propose a change, be told whether it is allowed, held or denied and why, and wait for people.

    from interlock import Allowed, Client, Held

    client = Client()                                   # INTERLOCK_URL and INTERLOCK_TOKEN from the environment
    answer = client.propose(kind="sql", target="shop", payload="UPDATE …", intent="free the stuck orders", wait=600)
    match answer:
        case Allowed(): print(answer.output)
        case Held():    print("people have not decided yet:", answer.missing)
        case _:         print(answer.why)

The token is never shown, logged, or sent in the open to another machine. Only looking is ever repeated by itself; a
proposal is sent again only where nobody was there to take it.
"""

from __future__ import annotations

import os
import re
import time
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NoReturn, Unpack, cast
from urllib.parse import quote, urlsplit

import msgspec

from interlock.errors import InterlockError

if TYPE_CHECKING:
    from interlock.execute.planners import Parts

URL: Final = "http://127.0.0.1:7117"
USUAL_SECONDS: Final = 60.0
#: The longest that the server lets one request wait.
LONGEST_WAIT: Final = 50
ATTEMPTS: Final = 4
MAX_REPLY: Final = 64 * 1024 * 1024

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)
_CASE: Final = re.compile(r"[0-9a-z]{1,64}", re.ASCII)
_HELD: Final = frozenset({"held", "hold"})
#: States in which it may run, has run, or was tried; any other word is taken as a no.
_ALLOWED: Final = frozenset(
    "allow allowed approved running done undoing undone closing closed failed untold".split()  # noqa: SIM905  # a word list
)

Json = dict[str, object]


class ClientError(InterlockError):
    """What the server answered, or why there was no answer. `code` is for programs, `status` is HTTP's, 0 for none."""

    def __init__(self, code: str, message: str, hint: str = "", where: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint, where=where, code=code)
        self.status = status


class Reason(msgspec.Struct, frozen=True):
    """Why: the policy, its reason, what would lift it, and what of the payload it is about ("delete of `orders`")."""

    policy: str
    because: str
    lift: str
    about: tuple[str, ...]
    argument: str = "payload"

    def __str__(self) -> str:
        about = f" ({', '.join(self.about)})" if self.about else ""
        lift = f"; lifted by {self.lift}" if self.lift else ""
        return f"{self.argument}{about}: {self.because}{lift} [{self.policy}]"


class Finding(msgspec.Struct, frozen=True):
    """One thing to know before deciding; `argument` is what was given, `where` the place in it."""

    id: str
    severity: str
    confidence: str
    message: str
    where: str
    fix: str
    argument: str = "payload"

    def __str__(self) -> str:
        place = f"{self.argument}, {self.where}" if self.where else self.argument
        return f"{place}: {self.message} ({self.severity}){f'; {self.fix}' if self.fix else ''}"


class Answer(msgspec.Struct, frozen=True):
    """What was said of a change. `case` is empty for a mere check; `detail` is the server's whole answer."""

    case: str
    state: str
    reasons: tuple[Reason, ...]
    requirements: tuple[str, ...]
    findings: tuple[Finding, ...]
    tier: str
    reversibility: str
    missing: str
    problem: str
    output: str
    detail: Mapping[str, object]
    client: Client

    def __repr__(self) -> str:
        return f"{type(self).__name__}(case={self.case!r}, state={self.state!r}, why={self.why!r})"

    @property
    def why(self) -> str:
        """The reasons in one text, the offending argument first in each."""
        told = [str(reason) for reason in self.reasons]
        return "\n".join([*told, *([self.problem] if self.problem else [])]) or self.missing

    def run(self) -> Answer:
        """Execute it, exactly as it was decided or approved. Raises ClientError when something is missing or moved."""
        return self.client.run(self.case)

    def again(self) -> Answer:
        """The same case as it is now."""
        return self.client.case(self.case)


class Allowed(Answer, frozen=True):
    """Policy lets it run, or people have approved it. `ran` says whether it has taken effect."""

    @property
    def ran(self) -> bool:
        return self.state in ("done", "closing", "closed")


class Held(Answer, frozen=True):
    """It waits: `requirements` would lift the hold, `missing` says what is not there yet."""

    def wait(self, timeout: float) -> Answer:
        """The case as soon as people have decided, or as it is after `timeout` seconds."""
        return self.client.wait(self.case, timeout)


class Denied(Answer, frozen=True):
    """Policy or people said no, it could not be judged, or what was decided no longer holds."""


class Client:
    """One server and one token. May be used from several threads; each call is a connection of its own."""

    def __init__(
        self, url: str = "", *, token: str = "", timeout: float = USUAL_SECONDS, ca_file: str | None = None
    ) -> None:
        self.url = (url or os.environ.get("INTERLOCK_URL", "") or URL).rstrip("/")
        self._token = token or os.environ.get("INTERLOCK_TOKEN", "")
        self._timeout = timeout
        self._ca_file = ca_file
        self._host, self._port, self._tls = _address(self.url)
        if self._token and not _TOKEN.fullmatch(self._token):
            raise ClientError("bad-token", "this is no token", "it is one line, as `interlock agents token` shows it")
        if self._token and not self._tls and self._host not in _LOOPBACK:
            raise ClientError(
                "insecure", f"the token would travel in the open to `{self._host}`", "use an https:// address"
            )

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def propose(
        self,
        *,
        kind: str,
        payload: str | bytes | Path,
        target: str = "",
        environment: str = "",
        intent: str = "",
        author: str = "",
        prompt: str = "",
        run: bool = True,
        wait: float | None = None,
        **parts: Unpack[Parts],
    ) -> Answer:
        """Propose a change. It runs at once where it may (`run`); where it is held, wait so many seconds for people.

        With `run` and `wait` what people approve in that time is executed, too. A Path is read; a folder is packed, to
        be planned as `only`, `replace` and `destroy` say.
        """
        fields = {"kind": kind, **_payload(kind, payload, **parts), "run": run}
        named = {"target": target, "environment": environment, "intent": intent, "author": author, "prompt": prompt}
        answer = self._told(self._post("/v1/cases", fields | {key: text for key, text in named.items() if text}))
        if not isinstance(answer, Held) or not wait:
            return answer
        answer = answer.wait(wait)
        return answer.run() if run and answer.state == "approved" else answer

    def check(
        self, *, kind: str, payload: str | bytes | Path, target: str = "", environment: str = "", **parts: Unpack[Parts]
    ) -> Answer:
        """What would be said of this change. Nothing is recorded and nothing runs."""
        fields = {"kind": kind, **_payload(kind, payload, **parts)}
        named = {"target": target, "environment": environment}
        return self._told(self._post("/v1/check", fields | {key: text for key, text in named.items() if text}))

    def case(self, case: str) -> Answer:
        """A case of this agent as it is now; with its output when it ran."""
        told = self._get(f"/v1/cases/{_case(case)}")
        if told.get("state") in ("done", "closing", "closed"):
            output = self._get(f"/v1/cases/{_case(case)}/output")
            told["output"] = output.get("text") or ""
        return self._told(told)

    def wait(self, case: str, timeout: float) -> Answer:
        """The case as soon as it is no longer held, or as it is after `timeout` seconds."""
        ends = time.monotonic() + timeout
        while True:
            seconds = max(0, int(min(LONGEST_WAIT, ends - time.monotonic() + 0.999)))
            asked = time.monotonic()
            answer = self._told(self._get(f"/v1/cases/{_case(case)}/wait?seconds={seconds}"))
            now = time.monotonic()
            if not isinstance(answer, Held) or now >= ends:
                return answer
            # A server with too many waiting answers at once; it is not asked again at once.
            time.sleep(max(0.0, min(ends - now, asked + 1 - now)))

    def run(self, case: str) -> Answer:
        """Execute a case that is allowed or approved."""
        return self._told(self._post(f"/v1/cases/{_case(case)}/run", {}))

    def health(self) -> Json:
        """What is armed, degraded or stopped; also when that means 503."""
        status, reply = self._exchange("GET", "/health", b"", repeat=True)
        return reply if "state" in reply else _raise(status, reply)

    # the way there and back

    def _get(self, path: str) -> Json:
        status, reply = self._exchange("GET", path, b"", repeat=True)
        return reply if status < 300 else _raise(status, reply)

    def _post(self, path: str, fields: Mapping[str, object]) -> Json:
        try:
            body = msgspec.json.encode(fields)
        except UnicodeEncodeError as error:
            raise ClientError("bad-text", "this text cannot be sent as UTF-8", "give the payload as bytes") from error
        status, reply = self._exchange("POST", path, body, repeat=False)
        return reply if status < 300 else _raise(status, reply)

    def _exchange(self, method: str, path: str, body: bytes, *, repeat: bool) -> tuple[int, Json]:
        """One request, tried again after a lost connection where repeating it is safe."""
        from http.client import HTTPException

        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(method, path, body)
            except (OSError, HTTPException) as error:
                # Where nobody listened nothing was sent, so that even a proposal can be sent once more.
                safe = repeat or isinstance(error, ConnectionRefusedError)
                if attempt == ATTEMPTS or not safe or _is_about_trust(error):
                    raise _unreached(self.url, error) from None
            time.sleep(0.1 * 3 ** (attempt - 1))
        raise AssertionError  # the last attempt returns or raises

    def _once(self, method: str, path: str, body: bytes) -> tuple[int, Json]:
        from http.client import HTTPConnection, HTTPSConnection

        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if body:
            headers["Content-Type"] = "application/json"
        timeout = self._timeout + (LONGEST_WAIT if "/wait?" in path else 0)
        if self._tls:
            import ssl

            context = ssl.create_default_context(cafile=self._ca_file)
            connection: HTTPConnection = HTTPSConnection(self._host, self._port, timeout=timeout, context=context)
        else:
            connection = HTTPConnection(self._host, self._port, timeout=timeout)
        try:
            connection.request(method, quote(path, safe="/?=&"), body or None, headers)
            with connection.getresponse() as response:
                return response.status, _object(response.status, response.read(MAX_REPLY + 1))
        finally:
            connection.close()

    def _told(self, reply: Json) -> Answer:
        decision = _section(reply, "decision")
        assessment = _section(reply, "assessment")
        state = str(reply.get("state") or decision.get("outcome") or "")
        made: type[Answer] = Allowed if state in _ALLOWED else Held if state in _HELD else Denied
        return made(
            case=str(reply.get("case", "")),
            state=state,
            reasons=_reasons(reply, decision),
            requirements=tuple(str(text) for text in _list(decision, "requirements")),
            findings=tuple(_finding(found) for found in _list(assessment, "findings")),
            tier=str(assessment.get("tier", "")),
            reversibility=str(assessment.get("reversibility", "")),
            missing=str(reply.get("missing", "")),
            problem=str(reply.get("problem", "")),
            output=str(reply.get("output", "")),
            detail=reply,
            client=self,
        )


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS; ClientError for what is no plain address of a server."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    plain = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment or parts.path)
    if not plain or parts.username is not None:
        raise ClientError("bad-url", "this is no address of a server", "write https://host:port, nothing after it")
    return parts.hostname or "", port or (443 if parts.scheme == "https" else 80), parts.scheme == "https"


def _payload(kind: str, payload: str | bytes | Path, **parts: Unpack[Parts]) -> dict[str, str]:
    if isinstance(payload, Path):
        from interlock.execute.planners import payload_at

        payload = payload_at(kind, payload, **parts)
    elif any(parts.values()):
        raise ClientError("not-a-folder", "only the folder of a root module is planned in parts")
    if isinstance(payload, str):
        return {"payload": payload}
    try:
        return {"payload": payload.decode()}
    except UnicodeDecodeError:
        return {"payload_base64": b64encode(payload).decode()}


def _case(case: str) -> str:
    if not _CASE.fullmatch(case):
        raise ClientError("bad-case", f"`{case[:80]}` is no case", "a mere check has none")
    return case


def _object(status: int, raw: bytes) -> Json:
    """The reply as JSON; ClientError when whatever answered is no Interlock."""
    try:
        reply = msgspec.json.decode(raw, type=dict[str, object]) if len(raw) <= MAX_REPLY else None
    except msgspec.DecodeError:
        reply = None
    if reply is None:
        raise ClientError("no-interlock", "the answer is not Interlock's", "is the address right?", status=status)
    return reply


def _raise(status: int, reply: Json) -> NoReturn:
    error = _section(reply, "error")
    code, message = str(error.get("code", "error")), str(error.get("message", f"the server answered {status}"))
    raise ClientError(code, message, str(error.get("hint", "")), str(error.get("where", "")), status)


def _is_about_trust(error: Exception) -> bool:
    """A certificate that is not taken will not be taken in a second either."""
    return type(error).__name__ in ("SSLCertVerificationError", "SSLError")


def _unreached(url: str, error: Exception) -> ClientError:
    code: Literal["untrusted", "timeout", "unreachable"] = "unreachable"
    if _is_about_trust(error):
        code = "untrusted"
    elif isinstance(error, TimeoutError):
        code = "timeout"
    hint = "`interlock up` serves it" if code == "unreachable" else "look at the case before proposing again"
    return ClientError(code, f"no answer from {url}: {type(error).__name__}", hint)


def _section(reply: Mapping[str, object], name: str) -> Json:
    found = reply.get(name)
    return cast(Json, found) if isinstance(found, dict) else {}


def _list(reply: Mapping[str, object], name: str) -> list[object]:
    found = reply.get(name)
    return found if isinstance(found, list) else []


def _reasons(reply: Json, decision: Json) -> tuple[Reason, ...]:
    """The policies' reasons, each with the effects of the payload that it is about."""
    effects = [_named(effect) for effect in _list(_section(reply, "change"), "effects")]
    reasons = []
    for because in _list(decision, "because"):
        fields = cast(Json, because)
        about = tuple(dict.fromkeys(effects[int(str(ordinal))] for ordinal in _list(fields, "effects")))
        lift = str(fields.get("lift") or "")
        reasons.append(Reason(str(fields.get("policy")), str(fields.get("because")), lift, about))
    return tuple(reasons)


def _named(effect: object) -> str:
    return f"{cast(Json, effect).get('verb')} of `{_section(cast(Json, effect), 'resource').get('name')}`"


def _finding(found: object) -> Finding:
    finding = msgspec.convert(found, Finding, strict=False)
    argument = "environment" if finding.id == "environment-disagrees" else "payload"
    return msgspec.structs.replace(finding, argument=argument)
