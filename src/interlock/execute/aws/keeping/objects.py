"""Objects: what stands in S3. Where a bucket keeps versions these are the way back; elsewhere contents are sealed.

A delete without a version only hides a versioned object, and taking the delete marker away brings it back. A delete of
a version, or in a bucket that keeps none, is for good: its content is sealed before, up to MOST_BYTES in all; what is
larger is not deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

#: How much of contents is sealed for one case.
MOST_BYTES: Final = 64 * 1024 * 1024
#: So many objects are asked for already when a call is only tried.
FEW: Final = 20
_MISSING: Final = ("404", "NoSuchKey", "NoSuchVersion", "NotFound", "405", "MethodNotAllowed")
#: What of an object is written with it again.
_ALIKE: Final = (
    *("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Metadata"),
    *("StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSEKMSKeyId", "Expires"),
)


class Named(NamedTuple):
    """One object that a call names; `version` is empty for the current one."""

    key: str
    version: str = ""


class Deleted(Keeper):
    """DeleteObject, DeleteObjects."""

    exact = True
    needs = ("s3:PutObject", "s3:DeleteObjectVersion", "s3:DeleteObject")

    def is_cheap(self, call: Call) -> bool:
        return len(named_in(call)) <= FEW

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        bucket, versioned = _bucket(call), _versioned(hands, _bucket(call))
        left = MOST_BYTES
        objects: list[Memory] = []
        for named in named_in(call):
            head = _head(hands, bucket, named)
            if head is None:
                continue
            if versioned and not named.version:
                objects.append({"key": named.key, "was": head.get("VersionId", "null")})
                continue
            left -= head["ContentLength"]
            if left < 0:
                raise TargetError(
                    f"what would be deleted from `{bucket}` is too large to be kept ({named.key} and what comes after)",
                    hint="turn versioning on, or delete less at once; nothing was done",
                    code="not-kept",
                )
            objects.append({"key": named.key, "content": _content(hands, bucket, named, keep), "head": _kept(head)})
        return {"objects": objects} if objects else None

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        bucket, count = _bucket(call), 0
        for each in memory["objects"]:
            named = Named(each["key"])
            if "was" in each:
                _uncover(hands, bucket, named.key)
            elif _head(hands, bucket, named) is None:
                _write(hands, bucket, each, unseal)
            if _head(hands, bucket, named) is None:
                where = f"{bucket}/{named.key}"
                raise TargetError("the object is not there again", where=where, hint="look at it", code="not-restored")
            count += 1
            if count % 500 == 0:
                yield f"{count} of {len(memory['objects'])} objects are there again"
        yield f"{count} objects are there again"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "close":
            return "done"
        bucket, asked = _bucket(call), named_in(call)
        left = [named for named in asked if _head(hands, bucket, named) is not None]
        if purpose == "run":
            # One that was never there is as gone as the others; nobody can tell the two apart now.
            return "done" if not left else "in-part" if len(left) < len(asked) else "not-done"
        return "done" if len(left) == len(asked) else "in-part"

    def promise(self, call: Call) -> RollbackProof:
        step = "take the delete markers away, or write the objects again as they were sealed"
        return RollbackProof("valid", False, (step,))


class Written(Keeper):
    """PutObject, CopyObject, CompleteMultipartUpload: what they write over."""

    exact = True
    needs = ("s3:PutObject", "s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion")

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        bucket, named = _bucket(call), Named(text(call.parameters.get("Key")))
        head = _head(hands, bucket, named)
        if head is None:
            return {"key": named.key, "absent": True}
        if _versioned(hands, bucket):
            return {"key": named.key, "was": head.get("VersionId", "null")}
        if head["ContentLength"] > MOST_BYTES:
            return None
        return {"key": named.key, "content": _content(hands, bucket, named, keep), "head": _kept(head)}

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        bucket, key = _bucket(call), memory["key"]
        if "absent" in memory:
            hands.do("s3", "delete_object", Bucket=bucket, Key=key)
        elif "was" in memory:
            # The old version is copied to the top; what was written over it stays under it.
            source = {"Bucket": bucket, "Key": key, "VersionId": memory["was"]}
            hands.do("s3", "copy_object", Bucket=bucket, Key=key, CopySource=source)
        else:
            _write(hands, bucket, memory, unseal)
        yield f"`{bucket}/{key}` is as it was"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        # What an object holds does not say who wrote it; a way back that broke off may be begun again.
        return {"run": "unknown", "undo": "in-part", "close": "done"}[purpose]  # type: ignore[return-value]  # a table

    def promise(self, call: Call) -> RollbackProof:
        step = "write the object as it was, or take the new one away"
        return RollbackProof("valid", False, (step,))


def named_in(call: Call) -> list[Named]:
    """The objects that a delete names."""
    if call.operation == "DeleteObject":
        return [Named(text(call.parameters.get("Key")), text(call.parameters.get("VersionId")))]
    delete = call.parameters.get("Delete")
    objects = delete.get("Objects") if isinstance(delete, dict) else None
    return [
        Named(text(each.get("Key")), text(each.get("VersionId")))
        for each in (objects if isinstance(objects, list) else ())
        if isinstance(each, dict)
    ]


def _bucket(call: Call) -> str:
    return text(call.parameters.get("Bucket"))


def _versioned(hands: Hands, bucket: str) -> bool:
    return hands.ask("s3", "get_bucket_versioning", Bucket=bucket).get("Status") == "Enabled"


def _head(hands: Hands, bucket: str, named: Named) -> dict[str, Any] | None:
    version = {"VersionId": named.version} if named.version else {}
    return hands.find("s3", "head_object", _MISSING, Bucket=bucket, Key=named.key, **version)


def _content(hands: Hands, bucket: str, named: Named, keep: Seal) -> str:
    version = {"VersionId": named.version} if named.version else {}
    return keep(hands.ask("s3", "get_object", Bucket=bucket, Key=named.key, **version)["Body"].read())


def _kept(head: dict[str, Any]) -> Memory:
    found = {name: head[name] for name in _ALIKE if head.get(name) not in (None, "", {})}
    if "Expires" in found:
        found["Expires"] = str(head.get("ExpiresString", ""))
    return found


def _uncover(hands: Hands, bucket: str, key: str) -> None:
    """Take a delete marker away, if it is what stands on top now. Whatever was written since stays."""
    listed = hands.ask("s3", "list_object_versions", Bucket=bucket, Prefix=key)
    for found in listed.get("DeleteMarkers", ()):
        if found["Key"] == key and found["IsLatest"]:
            hands.do("s3", "delete_object", Bucket=bucket, Key=key, VersionId=found["VersionId"])


def _write(hands: Hands, bucket: str, kept: Memory, unseal: Unseal) -> None:
    """The object as it was sealed."""
    hands.do("s3", "put_object", Bucket=bucket, Key=kept["key"], Body=unseal(kept["content"]), **kept["head"])
