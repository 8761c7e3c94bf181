"""By which parameters an AWS operation names what it acts on, worked out from its model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

#: A parameter that names something, and what stands before its ending.
NAMING: Final = re.compile(r"(?!UUID)(.*?)_?(?:Identifier|Id|ID|Name|Arn|ARN|Url|URL)(s?)(?:List|Set)?")
#: Stems that say nothing about what is named.
GENERIC: Final = frozenset(
    {"", "resource", "target", "source", "parent", "entity", "account", "awsaccount", "client", "request"}
)
#: Parameters that look like names of the thing and are none.
OTHER: Final = re.compile(
    r"(?i)(client(request)?token|.*(token|role|kmskey|key|subnet|vpc|securitygroup|policy|topic|image|account|owner|user|caller"
    r"|requester|instanceprofile|snapshot|bucket|catalog|creatorrequest)(id|ids|arn|name|names|identifier)?)"
)
PLACE: Final = re.compile(r"\{([\w.-]+)\+?\}")


#: Words behind which another thing is named.
BETWEEN: Final = frozenset({"To", "From", "For", "In", "Of", "With", "By", "On", "Into", "As"})


class Identity(NamedTuple):
    """The kind of thing in kebab case, and the parameters that name it, the innermost last.

    `part`: the operation is about a part of that thing, and not about the thing itself.
    """

    kind: str
    names: tuple[str, ...]
    part: bool = False


def kebab(words: Sequence[str]) -> str:
    """`DB`, `Instance` -> `db-instance`."""
    return "-".join(word.lower() for word in words)


def singular(word: str) -> str:
    """One of them; a word that ends in `ss`, `us` or `is` is one already."""
    low = word.lower()
    if low in ("aliases", "statuses"):
        return word[:-2]
    if low.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if low.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    return word[:-1] if low.endswith("s") and not low.endswith(("ss", "us", "is", "ias", "aws", "dns")) else word


def identity(
    words: Sequence[str], uri: str, members: Mapping[str, str], required: Sequence[str], located: Mapping[str, str]
) -> Identity:
    """What an operation of these words with these members acts on."""
    noun = list(words[1:]) or list(words)
    if words[0] in ("Batch", "Admin", "Bulk", "Transact") and len(words) > 2:
        noun = list(words[2:])
    noun = [*noun[:-1], singular(noun[-1])]
    places = [located[place] for place in PLACE.findall(uri.partition("?")[0]) if place in located]
    if places:
        kind = _kind_of_place(places[-1], uri, noun)
        return Identity(kind, tuple(places), kebab(noun).startswith(kind + "-"))
    named = {name: stem for name in members if members[name] and (stem := _stem(name, noun)) is not None}
    wanted = "".join(noun).lower()
    for match in (_same, _begins, _ends):
        found = [name for name, stem in named.items() if stem and match(wanted, stem)]
        if found:
            best = max(found, key=lambda name: (len(named[name]), name in required, members[name] == "s"))
            alike = [name for name, stem in named.items() if stem == named[best] and name != best]
            names = ("|".join([best, *alike]),)
            if match is _same or (match is _ends and BETWEEN.isdisjoint(noun)):
                return Identity(kebab(noun), names)
            own = _words_of(best)
            return Identity(kebab(own), names, match is not _begins or noun[len(own) : len(own) + 1] != ["From"])
    generic = [name for name, stem in named.items() if stem in GENERIC and not _other(name)]
    if generic:
        return Identity(kebab(noun), (max(generic, key=lambda name: (name in required, -len(name))),))
    return Identity(kebab(noun), tuple(name for name in required if name in named and not _other(name))[:3])


def _same(noun: str, stem: str) -> bool:
    return noun == stem


def _begins(noun: str, stem: str) -> bool:
    return stem not in GENERIC and noun.startswith(stem)


def _ends(noun: str, stem: str) -> bool:
    return stem not in GENERIC and noun.endswith(stem)


def _other(name: str) -> bool:
    return bool(OTHER.fullmatch(name))


def _stem(name: str, noun: Sequence[str]) -> str | None:
    """What a parameter names, in small letters; None when it names nothing."""
    low = name.lower()
    if singular(low) == "".join(noun).lower() or low in (
        "cluster",
        "service",
        "bucket",
        "key",
        "rule",
        "task",
        "group",
    ):
        return singular(low)
    found = NAMING.fullmatch(name)
    return singular(found[1].lower()) if found else None


def _words_of(parameter: str) -> list[str]:
    found = NAMING.fullmatch(parameter)
    stem = found[1] if found and found[1] else parameter
    split = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+", stem)
    return [*split[:-1], singular(split[-1])] if split else [stem]


def _kind_of_place(member: str, uri: str, noun: Sequence[str]) -> str:
    """The kind that the last place of a path names; where its name says nothing, the word before it in the path."""
    found = NAMING.fullmatch(member)
    stem = found[1] if found else member
    plain = member.lower() in ("name", "id", "arn", "identifier")
    if stem and not plain and stem.lower() not in GENERIC:
        return kebab(_words_of(member))
    before = re.search(r"/([A-Za-z][\w-]*)/\{[^{}]*\}[^{}]*$", uri.partition("?")[0])
    if before and not re.fullmatch(r"(?i)v\d+|tags|arn|resource|prod", before[1]):
        return singular(before[1].replace("_", "-").lower())
    return kebab(noun)
