"""What a keeper promises to the executor.

1. `remember` only asks. What it gives is all that `restore` needs besides the call, as plain JSON; it is sealed and
   recorded before anything is done. None: there is nothing to go back to, and the call is done without a way back.
2. `back_up` makes copies that live on without what they are copies of, and ends only when AWS says that they can be
   restored. It raises when it cannot: nothing is destroyed then.
3. `soften` does something gentler in place of the call, where `softens` says so, and gives the answer that the call
   would have had.
4. `restore` brings back what was there, and asks AWS whether it is. `finish` does for good what `soften` put off;
   copies stay. Both may be begun again after they broke off anywhere: what was done is found by the case's id.
5. `seen` tells from AWS alone whether a purpose took effect.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from interlock.aws.call import Call, Parameter
from interlock.execute.aws.answer import Answer
from interlock.execute.aws.hands import Hands
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

Memory = dict[str, Any]


class Keeper:
    """The promise, with what most calls need: nothing but the call itself.

    `needs` are the permissions of its own deeds on what the call names, `makes` those on what it makes itself.
    `copies` says whether `back_up` makes any.
    """

    needs: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    copies: bool = False
    #: Whether what `remember` reads is the whole of what the call writes over, so that writing it again is exact.
    exact: bool = False
    #: Whether nothing is lost before the undo window closes, where something gentler is done in place of the call.
    waits: bool = True

    def is_cheap(self, call: Call) -> bool:
        """Whether `remember` only asks a handful of small questions."""
        return True

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        """What stands now. `keep` seals contents that are too large or too secret for it and gives their digest."""
        raise NotImplementedError

    def back_up(self, hands: Hands, call: Call, memory: Memory) -> Iterator[str]:
        """Yields how far it is. The last thing that it says names the copy."""
        yield from ()

    def softens(self, call: Call) -> bool:
        """Whether something gentler is done in place of this call."""
        return False

    def manner(self, call: Call) -> str:
        """How it is done instead, for people."""
        return f"in place of `{call.name}` until the undo window closes"

    def soften(self, hands: Hands, call: Call, memory: Memory) -> Generator[str, None, Answer]:
        """Yields how far it is, where that takes a while."""
        raise NotImplementedError

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        raise NotImplementedError

    def finish(self, hands: Hands, call: Call) -> Iterator[str]:
        yield from ()

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        raise NotImplementedError

    def left(self, hands: Hands, call: Call) -> bool:
        """Whether a copy of this case is there, though the call was never done."""
        return False

    def promise(self, call: Call) -> RollbackProof:
        """What can be said of the way back before anything is done."""
        raise NotImplementedError


def text(value: Parameter, otherwise: str = "") -> str:
    """A parameter that is a text; anything else is none."""
    return value if isinstance(value, str) else otherwise


def texts(value: Parameter) -> list[str]:
    """A parameter that is a list of texts."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
