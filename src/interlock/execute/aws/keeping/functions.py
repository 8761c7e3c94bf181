"""Functions: Lambda functions are kept whole, code and configuration, and made again from that."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.copied import given
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_MISSING: Final = ("ResourceNotFoundException",)
MOST_BYTES: Final = 256 * 1024 * 1024
_SECONDS: Final = 60
_ALIKE: Final = (
    *("FunctionName", "Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "PackageType"),
    *("Architectures", "FileSystemConfigs", "KMSKeyArn", "EphemeralStorage"),
)


def fetched(url: str) -> bytes:
    """The code that AWS has put at a presigned address."""
    if not url.startswith("https://"):
        raise TargetError("the function's code is at no address of AWS", hint="nothing was done", code="not-kept")
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 - https only, checked above
            content: bytes = response.read(MOST_BYTES + 1)
    except OSError:
        # Not chained: the address is a credential for as long as it lasts.
        raise TargetError(
            "the function's code could not be fetched", hint="nothing was done", code="not-kept"
        ) from None
    if len(content) > MOST_BYTES:
        raise TargetError("the function's code is too large to be kept", hint="nothing was done", code="not-kept")
    return content


class Function(Keeper):
    """DeleteFunction, UpdateFunctionCode. Only of the function itself: a published version cannot be made again."""

    def is_cheap(self, call: Call) -> bool:
        return False

    makes = ("lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:TagResource", "iam:PassRole")

    def __init__(self, fetch: Callable[[str], bytes] = fetched) -> None:
        self._fetch = fetch

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        name = text(call.parameters.get("FunctionName")).rpartition("function:")[2]
        found = None if ":" in name or call.parameters.get("Qualifier") else self._found(hands, call)
        if found is None:
            return None
        configuration = found["Configuration"]
        settings = given(
            **{name: configuration.get(name) for name in _ALIKE},
            Environment=_variables(configuration),
            VpcConfig=_network(configuration),
            Layers=[each["Arn"] for each in configuration.get("Layers", ())],
            Tags=found.get("Tags"),
        )
        memory: Memory = {"digest": configuration.get("CodeSha256", "")}
        if configuration.get("PackageType", "Zip") == "Zip":
            memory["code"] = keep(self._fetch(str(found["Code"].get("Location", ""))))
        else:
            memory["image"] = str(found["Code"].get("ImageUri", ""))
        memory["settings"] = keep_settings(settings, keep)
        return memory

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        import msgspec

        settings: Memory = msgspec.json.decode(unseal(memory["settings"]))
        code = {"ZipFile": unseal(memory["code"])} if "code" in memory else {"ImageUri": memory["image"]}
        name = settings["FunctionName"]
        if self._found(hands, call) is None:
            hands.do("lambda", "create_function", Code=code, **settings)
        else:
            hands.do("lambda", "update_function_code", FunctionName=name, **code)
        yield from hands.until(
            f"function `{name}`", lambda: self._state(hands, call), good=("Active", "Inactive"), bad=("Failed",)
        )
        found = self._found(hands, call) or {"Configuration": {}}
        if memory["digest"] and found["Configuration"].get("CodeSha256") != memory["digest"]:
            raise TargetError(f"the code of `{name}` is not what it was", hint="look at it", code="not-restored")
        yield f"function `{name}` is there again, with its code"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "close":
            return "done"
        gone = self._found(hands, call) is None
        if call.operation == "DeleteFunction":
            return ("done" if gone else "not-done") if purpose == "run" else ("in-part" if gone else "done")
        return "unknown" if purpose == "run" else "in-part"

    def promise(self, call: Call) -> RollbackProof:
        step = "make the function again from the code and the configuration that were kept"
        why = "published versions, aliases, its address, triggers and permissions of others are not made again"
        return RollbackProof("valid-with-loss", False, (step,), why if call.operation == "DeleteFunction" else "")

    def _found(self, hands: Hands, call: Call) -> dict[str, Any] | None:
        return hands.find("lambda", "get_function", _MISSING, FunctionName=text(call.parameters.get("FunctionName")))

    def _state(self, hands: Hands, call: Call) -> str:
        found = self._found(hands, call)
        return str(found["Configuration"].get("State", "Active")) if found is not None else "missing"


def keep_settings(settings: Memory, keep: Seal) -> str:
    """Sealed apart: a function's environment is where people keep what they should not."""
    import msgspec

    return keep(msgspec.json.encode(settings))


def _variables(configuration: dict[str, Any]) -> Memory:
    variables = (configuration.get("Environment") or {}).get("Variables")
    return {"Variables": variables} if variables else {}


def _network(configuration: dict[str, Any]) -> Memory:
    network = configuration.get("VpcConfig") or {}
    return {name: network[name] for name in ("SubnetIds", "SecurityGroupIds") if network.get(name)}
