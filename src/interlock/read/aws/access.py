"""Access: whether a call lets everybody in, or lets somebody do everything, by the documents and lists that it holds.

Calls that change who may do what are held whatever is in them; this says in addition where they open to all. A
document that cannot be read is taken as open: nobody can say that it is not.
"""

from __future__ import annotations

from typing import Final

import msgspec

from interlock.aws.call import Call, Parameter

#: Parameters that hold a policy as text, in small letters.
DOCUMENTS: Final = frozenset(
    {
        "policy",
        "policydocument",
        "assumerolepolicydocument",
        "policytext",
        "resourcepolicy",
        "accesspolicies",
        "repositorypolicytext",
        "policyinjson",
        "filesystempolicy",
        "keypolicy",
    }
)
#: Parameters that name networks or principals, in small letters, and what of it means all of them.
OPEN: Final[dict[str, frozenset[str]]] = {
    "cidrip": frozenset({"0.0.0.0/0"}),
    "cidripv4": frozenset({"0.0.0.0/0"}),
    "cidripv6": frozenset({"::/0"}),
    "cidrblock": frozenset({"0.0.0.0/0"}),
    "publicaccesscidrs": frozenset({"0.0.0.0/0"}),
    "principal": frozenset({"*"}),
    "acl": frozenset({"public-read", "public-read-write", "authenticated-read"}),
    "group": frozenset({"all"}),
    "groupnames": frozenset({"all"}),
    "usergroups": frozenset({"all"}),
    "principals": frozenset({"*"}),
    "valuestoadd": frozenset({"all"}),
    "accountids": frozenset({"*", "all"}),
    "awsaccountids": frozenset({"*"}),
    "uri": frozenset(
        {
            "http://acs.amazonaws.com/groups/global/allusers",
            "http://acs.amazonaws.com/groups/global/authenticatedusers",
        }
    ),
    "authtype": frozenset({"none"}),
    "associatepublicipaddress": frozenset({"true"}),
    "publiclyaccessible": frozenset({"true"}),
    "ispubliclyaccessible": frozenset({"true"}),
    "endpointpublicaccess": frozenset({"true"}),
}
#: Parameters that name networks; those that hold this much of all addresses are as open as all of them.
NETWORKS: Final = frozenset({"cidrip", "cidripv4", "cidripv6", "cidrblock", "publicaccesscidrs"})
WIDE_V4: Final = 7
WIDE_V6: Final = 15
#: Lists of those who lose access; nothing in them opens anything.
TAKEN: Final = frozenset({"remove", "valuestoremove"})
_GRANTEES: Final = frozenset({"grantread", "grantfullcontrol", "grantwrite", "grantreadacp", "grantwriteacp"})
_EVERYBODY: Final = ("allusers", "authenticatedusers")
_DEPTH: Final = 12


def widening(call: Call, aspect: str) -> str:
    """Why this call opens something to all, in a few words; empty where nothing says so."""
    if call.parameters.get("OperationType") == "remove":
        return ""
    for name, value in call.parameters.items():
        low = name.lower()
        if low == "policy" and aspect != "authority":
            continue
        if reason := _opens(low, name, value, 0):
            return reason
    return ""


def _opens(low: str, name: str, value: Parameter, depth: int) -> str:
    if depth > _DEPTH or low in TAKEN:
        return ""
    if isinstance(value, str):
        return _opens_text(low, name, value)
    if isinstance(value, bool):
        return f"`{name}` opens it" if str(value).lower() in OPEN.get(low, ()) else ""
    if isinstance(value, list):
        for each in value:
            if reason := _opens(low, name, each, depth + 1):
                return reason
    elif isinstance(value, dict):
        for inner, each in value.items():
            if reason := _opens(inner.lower(), inner, each, depth + 1):
                return reason
    return ""


def _opens_text(low: str, name: str, value: str) -> str:
    if low in DOCUMENTS and value:
        return _opens_document(name, value)
    if low in OPEN and value.lower() in OPEN[low]:
        return f"`{name}` opens it to all"
    if low in NETWORKS and _is_wide(value):
        return f"`{name}` opens it to a large part of all"
    if low in _GRANTEES and any(each in value.lower() for each in _EVERYBODY):
        return f"`{name}` opens it to all"
    return ""


def _is_wide(network: str) -> bool:
    """Whether a network holds a large part of all addresses."""
    _, slash, bits = network.partition("/")
    return bool(slash) and bits.isdigit() and int(bits) <= (WIDE_V6 if ":" in network else WIDE_V4)


def _opens_document(name: str, text: str) -> str:
    if text.startswith("arn:"):
        return ""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return f"`{name}` cannot be read"
    statements = document.get("Statement", ()) if isinstance(document, dict) else None
    listed = statements if isinstance(statements, list) else [statements]
    for statement in listed:
        if not isinstance(statement, dict):
            return f"`{name}` cannot be read"
        if statement.get("Effect") == "Deny":
            continue
        if _has(statement.get("Principal"), "*") or "NotPrincipal" in statement:
            return f"`{name}` lets everybody in"
        if _has(statement.get("Action"), "*") or "NotAction" in statement:
            return f"`{name}` lets somebody do everything"
    return ""


def _has(value: object, wanted: str) -> bool:
    if isinstance(value, dict):
        return any(_has(each, wanted) for each in value.values())
    if isinstance(value, list):
        return any(_has(each, wanted) for each in value)
    return value == wanted
