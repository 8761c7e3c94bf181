"""Wishes: how a proposer asks for a plan beside what the configuration says; they travel in the source archive.

So they are part of the payload: recorded, bound by the digest, and told to the reader by the plan's own arguments. Each
becomes one argument of the tool of which the flag is ours and only the address is theirs.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from interlock.errors import BadProposal

#: The archive's member; no folder's own file can be called so.
MEMBER: Final = ".interlock-wishes.json"
MAX_ADDRESSES: Final = 100
_ADDRESS: Final = re.compile(r"[A-Za-z_][^\x00-\x1f\x7f]{0,499}")


class Wishes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`only` these and what they depend on; `replace` these though nothing says so; `destroy` everything managed."""

    only: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    destroy: bool = False

    def __bool__(self) -> bool:
        return self != Wishes()

    @property
    def partial(self) -> bool:
        """Whether the configuration is not what the state will be when this has been applied."""
        return bool(self.only) or self.destroy

    @property
    def arguments(self) -> tuple[str, ...]:
        """As the tool is asked for them."""
        return (
            *(("-destroy",) if self.destroy else ()),
            *(f"-target={address}" for address in self.only),
            *(f"-replace={address}" for address in self.replace),
        )


NONE: Final = Wishes()


def checked(wishes: Wishes) -> Wishes:
    """The same. BadProposal for what is no address, too many of them, or what does not go together."""
    addresses = (*wishes.only, *wishes.replace)
    if len(addresses) > MAX_ADDRESSES:
        raise BadProposal(f"a plan is asked for with at most {MAX_ADDRESSES} addresses", code="bad-wishes")
    for address in addresses:
        if not _ADDRESS.fullmatch(address):
            shown = "".join(char if char.isprintable() else "?" for char in address)[:100]
            raise BadProposal(f"`{shown}` is no address of a resource or module", code="bad-wishes")
    if wishes.destroy and wishes.replace:
        raise BadProposal(
            "what is destroyed cannot be made anew in one plan", hint="ask for one of them", code="bad-wishes"
        )
    return wishes


def written(wishes: Wishes) -> bytes:
    return msgspec.json.encode(checked(wishes))


def read(content: bytes) -> Wishes:
    """BadProposal for anything that `written` would not have made."""
    try:
        wishes = checked(msgspec.json.decode(content, type=Wishes))
    except msgspec.MsgspecError as error:
        raise BadProposal(f"`{MEMBER}` cannot be understood", code="bad-wishes") from error
    if not wishes or written(wishes) != content:
        raise BadProposal(f"`{MEMBER}` is not as it is written here", code="bad-wishes")
    return wishes
