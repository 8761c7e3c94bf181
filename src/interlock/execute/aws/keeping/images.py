"""Images: those that are to go from a repository keep a tag of the case until the undo window closes.

An image of ECR is there for as long as it has a tag, and one of that digest can be tagged anew. So what is deleted is
first given a tag of its own; then the tags that the call names are taken off. When the window closes that tag goes, and
with it every image that nobody has tagged meanwhile.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.answer import Answer
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.copied import given
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.aws.keeping.synthetic import json
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_MISSING: Final = ("RepositoryNotFoundException", "ImageNotFoundException")
_TAGGED: Final = ("ImageAlreadyExistsException",)
#: Of so many images the tags are asked for before anybody votes.
FEW: Final = 10


class Images(Keeper):
    """BatchDeleteImage, by tag or by digest."""

    needs = ("ecr:PutImage", "ecr:BatchDeleteImage")

    def is_cheap(self, call: Call) -> bool:
        return len(_asked(call)) <= FEW

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        asked = _asked(call)
        found = hands.find("ecr", "batch_get_image", _MISSING, **_in(call), imageIds=asked) or {}
        images: dict[str, Memory] = {}
        for each in found.get("images", ()):
            digest = _digest(each)
            made = given(imageManifest=each["imageManifest"], imageManifestMediaType=each.get("imageManifestMediaType"))
            images.setdefault(digest, {"make": made, "tags": [], "all": _tags(hands, call, digest)})
        for each in asked:
            for digest, image in images.items():
                whole = "imageTag" not in each and each.get("imageDigest") == digest
                image["tags"] += image["all"] if whole else [tag for tag in image["all"] if tag == each.get("imageTag")]
                image["whole"] = image.get("whole", False) or whole
        for image in images.values():
            image["tags"] = sorted(set(image["tags"]))
        return {"images": images, "failures": found.get("failures", [])} if images else None

    def softens(self, call: Call) -> bool:
        return True

    def manner(self, call: Call) -> str:
        return f"in place of `{call.name}` they keep only a tag of this case until the undo window closes"

    def soften(self, hands: Hands, call: Call, memory: Memory) -> Generator[str, None, Answer]:
        gone: list[dict[str, str]] = []
        for number, (digest, image) in enumerate(memory["images"].items()):
            if image["whole"] or set(image["tags"]) == set(image["all"]):
                tag = _own(hands, number)
                hands.do("ecr", "put_image", already=_TAGGED, **_in(call), imageTag=tag, **image["make"])
            if image["tags"]:
                _untag(hands, call, image["tags"])
            gone += [{"imageDigest": digest, "imageTag": tag} for tag in image["tags"]] or [{"imageDigest": digest}]
            yield f"{number + 1} of {len(memory['images'])} images are put aside"
        return json("1.1", hands.case, {"imageIds": gone, "failures": memory["failures"]})

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        bare = 0
        for number, (digest, image) in enumerate(memory["images"].items()):
            for tag in image["tags"]:
                hands.do("ecr", "put_image", already=_TAGGED, **_in(call), imageTag=tag, **image["make"])
            if image["all"]:
                _untag(hands, call, [_own(hands, number)])
            else:
                bare += 1  # its only tag is ours, and without one it would go
            if not set(image["tags"]) <= set(_tags(hands, call, digest)):
                raise TargetError("an image has not its tags again", hint="look at it", code="not-restored")
        left = f"; {bare} that had none keep one of this case" if bare else ""
        yield f"{len(memory['images'])} images have their tags again{left}"

    def finish(self, hands: Hands, call: Call) -> Iterator[str]:
        found = _of_case(hands, call)
        if found:
            _untag(hands, call, found)
            yield f"{len(found)} images are gone for good, but for those that were tagged anew"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "close":
            return "in-part" if _of_case(hands, call) else "done"
        found = hands.find("ecr", "batch_get_image", _MISSING, **_in(call), imageIds=_asked(call)) or {}
        left = [each for each in found.get("images", ()) if not _put_aside(_tags(hands, call, _digest(each)), hands)]
        if purpose == "run":
            return "done" if not left else "in-part" if _of_case(hands, call) else "not-done"
        return "in-part"

    def promise(self, call: Call) -> RollbackProof:
        return RollbackProof("valid", False, ("give the images their tags again",))


def _in(call: Call) -> dict[str, Any]:
    return given(repositoryName=call.parameters.get("repositoryName"), registryId=call.parameters.get("registryId"))


def _asked(call: Call) -> list[dict[str, str]]:
    listed = call.parameters.get("imageIds")
    ids = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [
        given(imageTag=text(each.get("imageTag")) or None, imageDigest=text(each.get("imageDigest")) or None)
        for each in ids
    ]


def _digest(image: dict[str, Any]) -> str:
    return str(image["imageId"]["imageDigest"])


def _own(hands: Hands, number: int) -> str:
    return f"{hands.name}-{number}"


def _put_aside(tags: list[str], hands: Hands) -> bool:
    """Whether an image has a tag of this case and no other one."""
    return bool(tags) and all(tag.startswith(f"{hands.name}-") for tag in tags)


def _tags(hands: Hands, call: Call, digest: str) -> list[str]:
    asked = [{"imageDigest": digest}]
    found = hands.find("ecr", "describe_images", _MISSING, **_in(call), imageIds=asked) or {}
    return [tag for each in found.get("imageDetails", ()) for tag in each.get("imageTags", ())]


def _of_case(hands: Hands, call: Call) -> list[str]:
    """The tags of this case that are there."""
    found = hands.pages("ecr", "list_images", "imageIds", **_in(call))
    return sorted({tag for each in found if (tag := each.get("imageTag", "")).startswith(f"{hands.name}-")})


def _untag(hands: Hands, call: Call, tags: list[str]) -> None:
    ids = [{"imageTag": tag} for tag in tags]
    hands.do("ecr", "batch_delete_image", already=_MISSING, **_in(call), imageIds=ids)
