"""Documents: whether a policy in JSON allows what it did not, or denies less, statement by statement.

The rules of this room: a statement is covered when each of its principals, actions and resources stands within one
statement of the other document whose conditions it meets too. What is not surely covered is wider, and what cannot be
read is wider. Plain values in, an answer out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final

import msgspec

Values = Mapping[str, object]

#: A statement of more parts, for each of those it is held against, is only compared as a whole.
MAX_PARTS: Final = 2_000
#: Longer patterns are only compared as texts.
MAX_PATTERN: Final = 2_048

_EVERY_ACTION: Final = frozenset({"*", "*:*", "iam:*"})
_EVERYBODY: Final = frozenset({"*", "allUsers", "allAuthenticatedUsers"})
#: Of these conditions fewer values are narrower; of their opposites more values are.
_NARROWED_BY_FEWER: Final = frozenset(
    {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress", "numericequals"}
)
_NARROWED_BY_MORE: Final = frozenset(
    {"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike", "notipaddress"}
)


def opens_document(was: tuple[object, ...], becomes: tuple[object, ...], *, new: bool) -> bool:
    """Whether a policy allows what it did not, or does not deny any more what it did.

    Of a new document only a statement for everybody, or with every action, counts: the rest is what a new thing has.
    """
    before = statements(was)
    after = statements(becomes)
    if after is None:
        return bool(becomes) and becomes != was
    if new or before is None:
        return any(_for_all(each) for each in after) or (not new and bool(after))
    if any(not _within_any(each, before, denying=False) for each in after if not denies_statement(each)):
        return True
    return any(not _within_any(each, after, denying=True) for each in before if denies_statement(each))


def denies(documents: tuple[object, ...]) -> bool:
    """Whether a statement of these denies something; one that cannot be read may."""
    found = statements(documents)
    return found is None or any(denies_statement(each) for each in found)


def names_somebody(documents: tuple[object, ...]) -> bool:
    """Whether a statement of these lets a principal in that it names; one that cannot be read may."""
    found = statements(documents)
    return found is None or any(
        not denies_statement(each) and ("Principal" in each or "NotPrincipal" in each) for each in found
    )


def statements(documents: tuple[object, ...]) -> list[Values] | None:
    """The statements of these documents; None where one of them cannot be read."""
    found: list[Values] = []
    for held in documents:
        document = held
        if isinstance(held, str):
            if not held:
                continue
            try:
                document = msgspec.json.decode(held)
            except (msgspec.MsgspecError, RecursionError):
                return None
        if not isinstance(document, dict):
            return None
        inner = document.get("Statement", document.get("bindings", document))
        each = inner if isinstance(inner, list) else [inner]
        found += [statement for statement in each if isinstance(statement, dict) and statement]
    return found


def denies_statement(statement: Values) -> bool:
    """Whether it denies what it speaks of."""
    return statement.get("Effect") == "Deny"


def _for_all(statement: Values) -> bool:
    """Whether it allows everybody, or everything."""
    if denies_statement(statement):
        return False
    principal = statement.get("Principal", statement.get("members"))
    named = principal.values() if isinstance(principal, dict) else [principal]
    return (
        any(one in _EVERYBODY for each in named for one in texts(each))
        or "NotPrincipal" in statement
        or "NotAction" in statement
        or any(one.lower() in _EVERY_ACTION for one in texts(statement.get("Action")))
    )


def _within_any(one: Values, others: list[Values], *, denying: bool) -> bool:
    """Whether these statements, of those that deny or of those that allow, cover everything that this one says."""
    known = [each for each in others if denies_statement(each) is denying]
    if one in known:
        return True
    able = [each for each in known if _comparable(one, each)]
    parts = [list(_parts(one, *names)) for names in _KINDS]
    if not able or sum(map(len, parts)) * len(able) > MAX_PARTS:
        return False
    covering = [
        {frozenset(place for place, each in enumerate(able) if _holds(each, names, part)) for part in held}
        for names, held in zip(_KINDS, parts, strict=True)
    ]
    if len(covering[0]) * len(covering[1]) * len(covering[2]) > MAX_PARTS:
        return False
    return all(frozenset.intersection(*chosen) for chosen in product(*covering))


#: What a statement speaks of: the name of the list, and that of the list of exceptions.
_KINDS: Final = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))
_UNDERSTOOD: Final = frozenset({"Sid", "Effect", "Condition", *(name for names in _KINDS for name in names)})
_BINDING: Final = frozenset({"role", "members", "condition"})


def _comparable(one: Values, other: Values) -> bool:
    """Whether the other may cover this one, as far as their conditions and strange parts say."""
    if "role" in one or "role" in other:
        bound = one.get("role") == other.get("role") and set(one) | set(other) <= _BINDING
        return bound and (not other.get("condition") or other.get("condition") == one.get("condition"))
    if not set(one) | set(other) <= _UNDERSTOOD:
        return False
    return _conditions_met(one.get("Condition"), other.get("Condition"))


def _conditions_met(one: object, other: object) -> bool:
    """Whether whoever meets these conditions meets the other ones too."""
    if not other:
        return True
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    for operator, keys in other.items():
        mine = one.get(operator)
        if not isinstance(keys, dict) or not isinstance(mine, dict):
            return False
        for key, values in keys.items():
            if key not in mine or not _narrower(str(operator).lower(), mine[key], values):
                return False
    return True


def _narrower(operator: str, one: object, other: object) -> bool:
    mine, theirs = ({str(each) for each in (held if isinstance(held, list) else [held])} for held in (one, other))
    if operator in _NARROWED_BY_FEWER:
        return bool(mine) and mine <= theirs
    if operator in _NARROWED_BY_MORE:
        return mine >= theirs
    return mine == theirs


def _parts(statement: Values, name: str, exception: str) -> Iterator[object]:
    """What of this kind the statement speaks of, one by one; its exceptions are one part. None: it says nothing."""
    if exception in statement:
        yield (exception, statement[exception])
    elif name == "Principal" and "members" in statement:
        yield from texts(statement["members"])
    elif name not in statement:
        yield None
    else:
        yield from _named(name, statement[name])


def _named(name: str, held: object) -> Iterable[object]:
    if name != "Principal":
        return texts(held)
    if isinstance(held, dict):
        return [(kind, each) for kind, inner in held.items() for each in texts(inner)]
    return [("AWS", each) for each in texts(held)]


def _holds(statement: Values, names: tuple[str, str], part: object) -> bool:
    """Whether what the statement says of this kind covers this part."""
    name, exception = names
    if exception in statement:
        held = statement[exception]
        if isinstance(part, tuple) and part[0] == exception:
            return part[1] == held or (
                name != "Principal" and all(any(covers(mine, each) for mine in texts(part[1])) for each in texts(held))
            )
        return (
            name == "Action"
            and isinstance(part, str)
            and "*" not in part
            and "?" not in part
            and not any(covers(each.lower(), part.lower()) for each in texts(held))
        )
    return any(_covers_part(name, each, part) for each in _parts(statement, name, exception))


def _covers_part(name: str, wide: object, part: object) -> bool:
    if wide in (part, "*", ("AWS", "*")):
        return True
    if isinstance(wide, str) and isinstance(part, str):
        return covers(wide.lower(), part.lower()) if name == "Action" else name == "Resource" and covers(wide, part)
    if name == "Principal" and isinstance(wide, tuple) and isinstance(part, tuple) and wide[0] == part[0] == "AWS":
        return _account(str(wide[1]), root=True) == _account(str(part[1]), root=False) != ""
    return False


def account_of(principal: str) -> str:
    """The account that a principal of AWS is of; the principal itself where it names none."""
    return _account(principal, root=False) or principal


def _account(principal: str, *, root: bool) -> str:
    """The account of a principal of AWS; with `root` only where the principal is the whole account."""
    if principal.isdigit():
        return principal
    parts = principal.split(":", 5)
    if len(parts) != 6 or parts[2] not in ("iam", "sts") or (root and parts[5] != "root"):
        return ""
    return parts[4]


def covers(wide: str, narrow: str) -> bool:
    """Whether one pattern with `*` and `?` matches whatever the other one does; not all such pairs are seen."""
    if wide == narrow or ("*" not in wide and "?" not in wide):
        return wide == narrow
    if len(wide) > MAX_PATTERN or len(narrow) > MAX_PATTERN:
        return wide in ("*", narrow)
    at, place, star, back = 0, 0, -1, 0
    while place < len(narrow):
        here = wide[at] if at < len(wide) else ""
        if here == "*":
            star, back, at = at, place, at + 1
        elif here and (here == narrow[place] or (here == "?" and narrow[place] != "*")):
            at, place = at + 1, place + 1
        elif star >= 0:
            back += 1
            at, place = star + 1, back
        else:
            return False
    return not wide[at:].strip("*")


def texts(held: object) -> list[str]:
    """The texts of a value that may be one or a list."""
    return [each for each in (held if isinstance(held, list) else [held]) if isinstance(each, str)]
