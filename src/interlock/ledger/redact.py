"""Secrets are taken out before anything is stored or shown: what looks like one becomes `[redacted:kind]`.

A net, not a proof: it knows the shapes of common secrets and the words that announce them, and it stays quiet on
plain SQL, UUIDs and hex digests. Every rule runs in linear time: repetitions are bounded or begin at a boundary
that is met once, and a rule runs only where one of its trigger words occurs at all.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import NamedTuple, TypeVar

Text = TypeVar("Text", str, bytes)

MARK = "[redacted:"
MIN_ENTROPY = 3.3
ROUNDS = 4

_QUOTED = r"""(?:[EeNn]?'(?:[^'\\]|''|\\.){1,1000}'?|"(?:[^"\\]|\\.){1,1000}"?|\$\$[^$]{1,1000}\$\$)"""
_STRONG = r"password|passwd|passphrase|pwd|secret[_-]?(?:access[_-]?)?key|client[_-]?secret|secret"
_WEAK = (
    r"access[_-]?token|auth[_-]?token|refresh[_-]?token|session[_-]?token|token|api[_-]?key|apikey|access[_-]?key"
    r"|private[_-]?key|account[_-]?key|shared[_-]?access[_-]?key|encryption[_-]?key|credentials?|signature"
)
_CLOUD = "|".join(
    (
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
        r"gh[pousr]_[A-Za-z0-9]{36,255}",
        r"github_pat_[A-Za-z0-9_]{50,255}",
        r"glpat-[A-Za-z0-9_-]{20,64}",
        r"AIza[A-Za-z0-9_-]{35}",
        r"GOCSPX-[A-Za-z0-9_-]{20,64}",
        r"xox[abeoprs]-[A-Za-z0-9-]{10,250}",
        r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,128}",
        r"sk-[A-Za-z0-9_-]{20,250}",
        r"npm_[A-Za-z0-9]{36}",
        r"pypi-[A-Za-z0-9_-]{50,250}",
        r"dop_v1_[a-f0-9]{64}",
        r"hv[sbr]\.[A-Za-z0-9_-]{20,250}",
        r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        r"AGE-SECRET-KEY-1[A-Z0-9]{58}",
    )
)

_KEY_BLOCK = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,8}-----"
_KEY_END = "-----END "
# These are compiled when they are first asked for. What stands for a secret that is elsewhere …
_TEMPLATE = r"""(?x) \[redacted: .* | \$\d{1,3} | \$\{ .* | \$[A-Z_][A-Z0-9_]* | \$\( .* | \{\{ .* | < .* > | %s
    | %\(\w+\)s | %\w+% | [:@]\w+ | [?*.]+ | x{3,} """
# … and what, without quotes, is a name, a type or nothing at all.
_NAME = r"""(?ix) null | none | true | false | default | undefined | string | text | bytes | integer | required
    | optional
    | [a-z_.]* (?: password | passwd | hash | token | secret | digest | salt | value | column | example ) [a-z_.]* """
_UUID_OR_HEX = r"(?i)(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?:sha\d+[:-])?[0-9a-f]+|\d+)"


class Rule(NamedTuple):
    """`pattern`'s group `value` is the secret when `judge` says so; it runs where a trigger word occurs.

    It is compiled when it first runs: most commands meet few of the triggers.
    """

    kind: str
    triggers: tuple[str, ...]
    pattern: str
    judge: Callable[[re.Match[str]], bool]


def redact(text: Text) -> tuple[Text, tuple[str, ...]]:
    """The text with its secrets taken out, and the kinds that were found, each once, in the order of the rules."""
    if not text:
        return text, ()
    if isinstance(text, bytes):
        # Every byte is one character and back again, whatever the encoding was.
        found, kinds = _settled(text.decode("latin-1"))
        return found.encode("latin-1"), kinds
    return _settled(text)


def _settled(text: str) -> tuple[str, tuple[str, ...]]:
    """Until nothing more is found: what takes a secret's place may be long enough to be seen as one by another rule."""
    kinds: tuple[str, ...] = ()
    for _ in range(ROUNDS):
        text, more = _redact(text)
        if not more:
            break
        kinds = tuple(dict.fromkeys((*kinds, *more)))
    return text, kinds


def _redact(text: str) -> tuple[str, tuple[str, ...]]:
    kinds = []
    lowered = text.lower()
    if "private key" in lowered:
        text, changed = _key_blocks(text)
        if changed:
            kinds.append("private-key")
    for rule in RULES:
        if any(map(lowered.__contains__, rule.triggers)):
            changed, text = _apply(rule, text)
            if changed:
                kinds.append(rule.kind)
    return text, tuple(dict.fromkeys(kinds))


def _key_blocks(text: str) -> tuple[str, bool]:
    """From BEGIN to END; a block that does not end is taken out to the end of the text."""
    parts, at = [], 0
    while begin := _compiled(_KEY_BLOCK).search(text, at):
        parts += [text[at : begin.start()], f"{MARK}private-key]"]
        end = text.find(_KEY_END, begin.end())
        line = -1 if end < 0 else text.find("-----", end + len(_KEY_END))
        at = len(text) if line < 0 else line + 5
    return "".join([*parts, text[at:]]), bool(parts)


def _apply(rule: Rule, text: str) -> tuple[bool, str]:
    changed = False

    def replace(match: re.Match[str]) -> str:
        nonlocal changed
        if not rule.judge(match):
            return match[0]
        changed = True
        start, stop = match.start("value") - match.start(), match.end("value") - match.start()
        return f"{match[0][:start]}{MARK}{rule.kind}]{match[0][stop:]}"

    result = _compiled(rule.pattern).sub(replace, text)
    return changed, result


def _is(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _always(match: re.Match[str]) -> bool:
    return not match["value"].startswith(MARK)


def _literal(match: re.Match[str]) -> bool:
    """A quoted value is a secret unless it stands for one."""
    value = match["value"].lstrip("EeNn").strip("'\"$")
    return bool(value) and not _is(_TEMPLATE, value)


def _assigned(match: re.Match[str]) -> bool:
    """After a strong word any value; after a weak one only what a person would not write as a word."""
    value = match["value"]
    if value[0] in "'\"":
        return _literal(match) and (bool(match["strong"]) or (len(value) >= 10 and _mixed(value)))
    if _is(_TEMPLATE, value) or _is(_NAME, value) or match.string[match.end() : match.end() + 1] == "(":
        return False
    if match["strong"]:
        return match["sign"] in ("=", ":=") or _mixed(value)
    return len(value) >= 8 and _mixed(value)


def _loose(match: re.Match[str]) -> bool:
    value = match["value"]
    return not _is(_UUID_OR_HEX, value) and _mixed(value) and _entropy(value) >= MIN_ENTROPY


def _mixed(value: str) -> bool:
    """Digits among letters, or more than one of the other signs: not a plain word or identifier."""
    letters = any(char.isalpha() for char in value)
    digits = any(char.isdigit() for char in value)
    return digits and (letters or len(value) >= 12)


def _entropy(value: str) -> float:
    """Bits for each character."""
    counts = Counter(value)
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())


RULES = (
    Rule(
        "cloud-key",
        (
            *("akia", "asia", "abia", "acca", "gh", "github_pat_", "glpat-", "aiza", "gocspx-", "xox", "sk", "rk_"),
            *("pk_", "npm_", "pypi-", "dop_v1_", "hv", "sg.", "age-secret-key-"),
        ),
        f"(?<![A-Za-z0-9_-])(?P<value>{_CLOUD})(?![A-Za-z0-9_-])",
        _always,
    ),
    Rule(
        "jwt",
        ("eyj",),
        r"(?<![A-Za-z0-9_-])(?P<value>eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{4,2000})",
        _always,
    ),
    Rule(
        "header",
        ("bearer", "basic", "authorization", "api-key", "auth-token", "cookie"),
        (
            r"(?i)(?<![a-z0-9])(?:authorization['\"]?\s{0,4}[:=]\s{0,4}['\"]?(?:(?:bearer|basic|token|digest)\s{1,4})?"
            r"|(?:x-[a-z-]{0,20}(?:api-key|auth-token)|(?:set-)?cookie)['\"]?\s{0,4}:\s{0,4}['\"]?"
            r"|bearer\s{1,4}(?=[^\s'\"]{16})|basic\s{1,4}(?=[A-Za-z0-9+/]{12,}={1,2}(?![A-Za-z0-9+/=])))"
            r"(?P<value>[^\s'\"]{4,8000})"
        ),
        _always,
    ),
    Rule(
        "url-password",
        ("://",),
        r"(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"]{0,200}:(?P<value>[^\s@/'\"]{1,500})@",
        lambda match: not _is(_TEMPLATE, match["value"]),
    ),
    Rule(
        "sql-password",
        ("password", "identified"),
        (
            r"(?i)(?<![a-z0-9_])(?:identified\s{1,8}(?:with\s{1,8}[\w'\"]{1,64}\s{1,8})?(?:by|as)(?:\s{1,8}password)?"
            r"|set\s{1,8}password\s{1,8}for\s{1,8}[^\s=]{1,200}|password)"
            rf"(?:\s{{0,8}}[=(]\s{{0,8}}|\s{{1,8}}(?:to\s{{1,8}})?)(?P<value>{_QUOTED})"
        ),
        _literal,
    ),
    Rule(
        "secret",
        ("passw", "passphrase", "pwd", "secret", "token", "key", "credential", "signature"),
        (
            rf"(?i)(?:(?P<strong>{_STRONG})|{_WEAK})s?(?:[_.-][a-z0-9]{{1,20}}){{0,2}}['\"]?"
            rf"(?:\s{{0,4}}(?P<sign>:=|=>|=|:)\s{{0,4}}|(?<=-)\s{{1,4}})(?P<value>{_QUOTED}|[^\s'\",;&|)(]{{1,500}})"
        ),
        _assigned,
    ),
    Rule(
        "secret",
        ("--pass", "--token", "--secret", "--api-key", "--client-secret", "--pwd"),
        (
            r"(?i)(?<![\w-])--(?:password|passphrase|passwd|pwd|token|secret|api-key|client-secret)\s{1,4}"
            rf"(?P<value>{_QUOTED}|(?!-)[^\s'\"]{{1,500}})"
        ),
        lambda match: not _is(_TEMPLATE, match["value"].strip("'\"")),
    ),
    Rule(
        "secret",
        ("passw", "passphrase", "secret", "token", "key", "credential"),
        (
            rf"(?i)(?<![a-z0-9])(?:{_STRONG}|{_WEAK}|key)s?(?:\s{{1,4}}(?:is|was|for|to|of|the|[a-z]{{1,12}})){{0,3}}"
            r"\s{0,4}[:=]?\s{0,4}['\"`]?(?<![A-Za-z0-9+/_=.~-])(?P<value>[A-Za-z0-9+/_=.~-]{20,500})(?![A-Za-z0-9+/_=.~-])"
        ),
        _loose,
    ),
)
