"""Storage: the `aws s3` commands, which are no operations themselves but make many of them.

What goes through everything under a prefix is chosen and not named: only a survey tells what that is. A filter only
spares things, so what it is does not matter for how bad it can be.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from interlock.aws.call import Call, Parameter
from interlock.aws.cli.customs import Own

#: Options of these commands that take a value, and those that take none.
VALUED: Final = frozenset(
    {
        *("acl", "cache-control", "checksum-algorithm", "checksum-mode", "content-disposition", "content-encoding"),
        *("content-language", "content-type", "copy-props", "exclude", "expected-size", "expires", "grants", "include"),
        *("metadata", "metadata-directive", "page-size", "request-payer", "source-region", "sse", "sse-c", "sse-c-key"),
        *("sse-c-copy-source", "sse-c-copy-source-key", "sse-kms-key-id", "storage-class", "website-redirect"),
        *(
            "bucket-name-prefix",
            "bucket-region",
            "tags",
            "case-conflict",
            "expires-in",
            "index-document",
            "error-document",
        ),
    }
)
FLAGS: Final = frozenset(
    {
        *("recursive", "dryrun", "quiet", "delete", "force", "only-show-errors", "no-progress", "follow-symlinks"),
        *("no-follow-symlinks", "no-guess-mime-type", "force-glacier-transfer", "ignore-glacier-warnings"),
        *("size-only", "exact-timestamps", "human-readable", "summarize", "validate-same-s3-paths", "no-overwrite"),
    }
)


#: What is done to everything that is chosen.
Does = Literal["read", "update", "delete"]


class Selected(NamedTuple):
    """Every object under a prefix, or those of them that a filter does not spare."""

    verb: Does
    bucket: str
    prefix: str
    filtered: bool
    action: str
    says: str
    region: str


class Storage(NamedTuple):
    """What one of these commands does."""

    calls: tuple[Call, ...] = ()
    selected: tuple[Selected, ...] = ()
    own: tuple[Own, ...] = ()


class _Line(NamedTuple):
    """The arguments of one of these commands."""

    name: str
    paths: tuple[str, ...]
    options: dict[str, str]
    region: str

    @property
    def filtered(self) -> bool:
        return "exclude" in self.options or "include" in self.options


def storage(name: str, words: Sequence[str], region: str) -> Storage:
    """What `aws s3 NAME …` does; what is not understood is a call with something unread."""
    paths: list[str] = []
    options: dict[str, str] = {}
    unread: list[str] = []
    waiting = deque(words)
    while waiting:
        word = waiting.popleft()
        option, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--"):
            paths.append(word)
        elif option in VALUED:
            options[option] = value if equals or not waiting else waiting.popleft()
        elif option in FLAGS:
            options[option] = ""
        else:
            unread.append(f"`--{option[:60]}` is no option of it" if option.isascii() else "a strange option")
    reads = COMMANDS.get(name)
    line = _Line(name, tuple(paths), options, region)
    if reads is None or (not line.paths and name != "ls"):
        unread.append("this command of `aws s3` is not known here" if reads is None else "it names nothing")
    if unread or reads is None:
        return Storage((Call("s3", "", region, unread=tuple(unread)),))
    found = reads(line)
    if "dryrun" in options:
        return Storage((Call("s3", "ListObjectsV2", region, "", {"Bucket": _bucket(line.paths[0])}),))
    return found


def _split(path: str) -> tuple[str, str]:
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key


def _bucket(path: str) -> str:
    return _split(path)[0] if path.startswith("s3://") else "local"


def _remote(path: str) -> bool:
    return path.startswith("s3://")


def _all(line: _Line, path: str, verb: Does, action: str, says: str) -> Selected:
    bucket, prefix = _split(path)
    return Selected(verb, bucket, prefix, line.filtered, action, says, line.region)


def _one(line: _Line, path: str, operation: str, beside: str = "") -> Call:
    bucket, key = _split(path)
    if not key or key.endswith("/"):
        name = beside.rstrip("/").rpartition("/")[2]
        key += name
    parameters: dict[str, Parameter] = {"Bucket": bucket, "Key": key}
    if operation == "PutObject" and "acl" in line.options:
        parameters["ACL"] = line.options["acl"]
    if operation == "PutObject" and "grants" in line.options:
        return Call("s3", operation, line.region, "", parameters, unread=("`--grants` is not read here",))
    unread = () if key else ("it names no object",)
    return Call("s3", operation, line.region, "", parameters, unread=unread)


def _remove(line: _Line) -> Storage:
    if "recursive" in line.options:
        return Storage(selected=tuple(_all(line, each, "delete", "s3:DeleteObject", "rm --recursive")
                                      for each in line.paths))  # fmt: skip
    return Storage(tuple(_one(line, each, "DeleteObject") for each in line.paths))


def _copy(line: _Line) -> Storage:
    """`cp` and `mv`: read there, write here, and with `mv` the source goes."""
    if len(line.paths) != 2:
        return Storage((Call("s3", "", line.region, unread=("it takes a source and a destination",)),))
    source, to = line.paths
    moves = line.name == "mv"
    if "recursive" in line.options:
        selected = [_all(line, source, "read", "s3:GetObject", line.name)] if _remote(source) else []
        selected += [_all(line, to, "update", "s3:PutObject", f"{line.name} --recursive")] if _remote(to) else []
        selected += (
            [_all(line, source, "delete", "s3:DeleteObject", "mv --recursive")] if moves and _remote(source) else []
        )
        return Storage(selected=tuple(selected))
    calls = [_one(line, to, "PutObject", source)] if _remote(to) else []
    calls += [_one(line, source, "GetObject")] if _remote(source) else []
    calls += [_one(line, source, "DeleteObject")] if moves and _remote(source) else []
    return Storage(tuple(calls) or (Call("s3", "", line.region, unread=("neither end is in S3",)),))


def _sync(line: _Line) -> Storage:
    if len(line.paths) != 2:
        return Storage((Call("s3", "", line.region, unread=("it takes a source and a destination",)),))
    source, to = line.paths
    selected = [_all(line, source, "read", "s3:GetObject", "sync")] if _remote(source) else []
    if _remote(to):
        selected.append(_all(line, to, "update", "s3:PutObject", "sync")._replace(filtered=True))
        if "delete" in line.options:
            says = "sync --delete: what is not in the source goes"
            selected.append(_all(line, to, "delete", "s3:DeleteObject", says))
    return Storage(selected=tuple(selected))


def _remove_bucket(line: _Line) -> Storage:
    selected = (_all(line, line.paths[0], "delete", "s3:DeleteObject", "rb --force: the bucket is emptied first"),)
    call = Call("s3", "DeleteBucket", line.region, "", {"Bucket": _bucket(line.paths[0])})
    return Storage((call,), selected if "force" in line.options else ())


def _make_bucket(line: _Line) -> Storage:
    return Storage((Call("s3", "CreateBucket", line.region, "", {"Bucket": _bucket(line.paths[0])}),))


def _list(line: _Line) -> Storage:
    if not line.paths or line.paths[0] == "s3://":
        return Storage((Call("s3", "ListBuckets", line.region),))
    return Storage((Call("s3", "ListObjectsV2", line.region, "", {"Bucket": _split(line.paths[0])[0]}),))


def _presign(line: _Line) -> Storage:
    """An address with a signature in it: for as long as it holds, whoever has it reads the object."""
    bucket, key = _split(line.paths[0])
    says = "s3 presign: an address that gives the object to whoever has it"
    return Storage(own=(Own("credential", "aws.s3.object", f"{bucket}/{key}", says, ("s3:GetObject",)),))


def _website(line: _Line) -> Storage:
    return Storage((Call("s3", "PutBucketWebsite", line.region, "", {"Bucket": _bucket(line.paths[0])}),))


COMMANDS: Final[dict[str, Callable[[_Line], Storage]]] = {
    "rm": _remove,
    "cp": _copy,
    "mv": _copy,
    "sync": _sync,
    "rb": _remove_bucket,
    "mb": _make_bucket,
    "ls": _list,
    "presign": _presign,
    "website": _website,
}
