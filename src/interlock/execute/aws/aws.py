"""The executor of `aws`: rehearse, execute, undo, close, look, as executor.py promises them.

A call is sent once. Whatever it would destroy, and a keeper knows how to keep, is kept first (`keeping/`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence

import msgspec

from interlock.errors import TargetError
from interlock.execute.aws.answer import Answer, to_bytes
from interlock.execute.aws.faults import fault
from interlock.execute.aws.forward import NOT_SENT, forward
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.keeper import Keeper, Memory
from interlock.execute.aws.keeping.whole import keeper_of
from interlock.execute.aws.narrow import Scope, wishes
from interlock.execute.aws.rehearse import rehearse
from interlock.execute.aws.sessions import keyring, unfenced, write_session
from interlock.execute.aws.work import Work, work_of
from interlock.execute.executor import Order, Seal, Seen, Unseal
from interlock.model.change import Change
from interlock.model.entry import Purpose
from interlock.model.execution import Step
from interlock.model.inventory import Rehearsal
from interlock.model.target import Bounds, Target

#: With these AWS has done nothing, by its own word or because it never had the whole call.
_NOTHING = NOT_SENT | {"answered-no"}


class AwsExecutor:
    """Executes calls to one AWS account. One is made for each order; `pause` is how it waits."""

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        self._pause = pause
        #: What this very execution knows of itself, better than a look at AWS could tell.
        self._known: dict[str, tuple[Seen, str]] = {}

    def rehearse(
        self, change: Change, payload: bytes, target: Target, *, bounds: Bounds, monotonic: Callable[[], int]
    ) -> Rehearsal:
        del bounds, monotonic  # each question is bounded by itself, and there are a handful of them
        return rehearse(change, work_of(payload, target), self._pause)

    def execute(self, order: Order, seal: Seal) -> Generator[Step]:
        """`read`; or `backup` where something is copied first, then `call`, or `soften` for something gentler."""
        self._known[order.case] = ("not-done", "")
        work = work_of(order.payload, order.target, order.case)
        if not order.writes:
            yield from self._read(order, work, seal)
            return
        keeper = keeper_of(work, order.change) if work.setting.backups or work.change_set else None
        if keeper is None:
            yield from self._sent(order, work, seal, (), "no way back of this call is kept")
            return
        hands = self._hands(order, work, keeper)
        images: list[str] = []
        memory = keeper.remember(hands, work.call, _collecting(seal, images))
        if memory is None:
            yield from self._sent(order, work, seal, (), "there is no way back to keep")
            return
        kept = (seal(msgspec.json.encode(memory)), *images)
        if keeper.copies:
            yield from self._backed_up(order, work, keeper, hands, memory, kept)
        yield from self._acted(order, work, keeper, hands, memory, kept, seal)

    def undo(self, order: Order, images: Sequence[str], unseal: Unseal) -> Generator[Step]:
        """One step, `undo`; it may be begun again after it broke off."""
        work, keeper = self._kept(order)
        memory: Memory = msgspec.json.decode(unseal(images[0]))
        hands = self._hands(order, work, keeper)
        yield Step("undo", "about", f"`{work.call.name}`")
        # A crash here leaves it undone in part; what was done is found by the case's id when it is begun again.
        said = yield from _told("undo", keeper.restore(hands, work.call, memory, unseal), ())
        yield Step("undo", "did", said)

    def close(self, order: Order) -> Generator[Step]:
        """One step, `close`: what was put off is done for good. Copies stay."""
        work, keeper = self._kept(order)
        hands = self._hands(order, work, keeper)
        yield Step("close", "about", f"`{work.call.name}`")
        # A crash here leaves it for the next close, which finds what was done.
        said = yield from _told("close", keeper.finish(hands, work.call), ())
        yield Step("close", "did", said)

    def look(self, order: Order, purpose: Purpose) -> Seen:
        """What AWS itself shows of it, asked with the credential that cannot write.

        No execution is still alive when this is asked from elsewhere: calls are sent, or they are not.
        """
        if purpose == "run" and order.case in self._known:
            return self._known[order.case][0]
        if not order.writes:
            return "not-done"  # a read has no effect to look for, and its answer was lost with the process
        work = work_of(order.payload, order.target, order.case)
        keeper = keeper_of(work, order.change)
        if keeper is None:
            return "unknown"
        hands = self._hands(order, work, keeper)
        seen = keeper.seen(hands, work.call, purpose)
        return "in-part" if seen == "not-done" and purpose == "run" and keeper.left(hands, work.call) else seen

    def account(self, order: Order, purpose: Purpose) -> str:
        if purpose == "run" and (known := self._known.get(order.case)) is not None:
            return known[1]
        left = f"look for what is called `interlock-{order.case}`, or carries the tag `interlock:case={order.case}`"
        return f"a part of it was done when it broke off; {left}"

    # the steps

    def _read(self, order: Order, work: Work, seal: Seal) -> Generator[Step]:
        said = "; ".join(each for each in (f"`{work.call.name}`", unfenced(work.setting)) if each)
        yield Step("read", "about", said)
        # A crash here leaves nothing: the credential cannot write.
        credential = keyring(work.setting).credential(order.now())
        sent = forward(work.request, credential, work.place, order.exchange)
        output = seal(to_bytes(sent.answer))
        if (found := fault(sent.answer)) is not None:
            raise found
        yield Step("read", "did", _status(sent.answer, sent.unheard), output=output)

    def _backed_up(
        self, order: Order, work: Work, keeper: Keeper, hands: Hands, memory: Memory, kept: tuple[str, ...]
    ) -> Generator[Step]:
        yield Step("backup", "about", f"before `{work.call.name}`", images=kept)
        # A crash here leaves a copy that carries the case's id, and nothing destroyed.
        self._known[order.case] = ("in-part", f"nothing was destroyed; a copy `{hands.name}` may be left")
        said = yield from _told("backup", keeper.back_up(hands, work.call, memory), kept)
        self._known[order.case] = ("in-part", f"nothing was destroyed; left: {said}")
        yield Step("backup", "did", said, images=kept)

    def _acted(
        self,
        order: Order,
        work: Work,
        keeper: Keeper,
        hands: Hands,
        memory: Memory,
        kept: tuple[str, ...],
        seal: Seal,
    ) -> Generator[Step]:
        """Something gentler where the keeper knows it, else the call itself."""
        if not keeper.softens(work.call):
            yield from self._sent(order, work, seal, kept, "")
            return
        yield Step("soften", "about", keeper.manner(work.call), images=kept)
        # A crash here leaves it done in part or whole; the keeper's look tells.
        self._known.pop(order.case, None)
        answer = yield from _answered("soften", keeper.soften(hands, work.call, memory), kept)
        unheard = _handed(order, answer)
        yield Step(
            "soften", "did", _status(answer, unheard, hands.degraded), images=kept, output=seal(to_bytes(answer))
        )

    def _sent(self, order: Order, work: Work, seal: Seal, kept: tuple[str, ...], why: str) -> Generator[Step]:
        """The call as it was approved, once."""
        scope = Scope(work.setting.account, work.request.region)
        needs = wishes(order.change, scope)
        session = write_session(work.setting, needs, work.request.region, order.case, now=order.now())
        said = "; ".join(each for each in (f"`{work.call.name}`", why, session.degraded) if each)
        yield Step("call", "about", said, images=kept)
        # A crash here leaves it sent or not; nobody sends it again, and `look` tells where AWS can.
        before = self._known.pop(order.case, ("not-done", ""))
        try:
            sent = forward(work.request, session.credential, work.place, order.exchange)
            if (found := fault(sent.answer)) is not None:
                raise found
        except TargetError as error:
            if error.code in _NOTHING:
                self._known[order.case] = before
            raise
        yield Step("call", "did", _status(sent.answer, sent.unheard), images=kept, output=seal(to_bytes(sent.answer)))

    # short ends

    def _kept(self, order: Order) -> tuple[Work, Keeper]:
        work = work_of(order.payload, order.target, order.case)
        keeper = keeper_of(work, order.change)
        if keeper is None:
            raise TargetError("nothing was kept of this call", hint="nothing was done", code="not-kept")
        return work, keeper

    def _hands(self, order: Order, work: Work, keeper: Keeper) -> Hands:
        scope = Scope(work.setting.account, work.request.region)
        names = tuple({name: None for found in wishes(order.change, scope).values() for name in found})
        needs = dict.fromkeys(keeper.makes, ()) | dict.fromkeys(keeper.needs, names)
        return Hands(work.setting, order.case, work.call.region, needs, now=order.now, pause=self._pause)


def _collecting(seal: Seal, images: list[str]) -> Seal:
    def keep(content: bytes) -> str:
        images.append(seal(content))
        return images[-1]

    return keep


def _told(name: str, saying: Iterator[str], images: tuple[str, ...]) -> Generator[Step, None, str]:
    """What a keeper says while it works, as steps, but for the last, which is how it ended."""
    said = ""
    for word in saying:
        if said:
            yield Step(name, "during", said, images=images)
        said = word
    return said


def _answered(
    name: str, working: Generator[str, None, Answer], images: tuple[str, ...]
) -> Generator[Step, None, Answer]:
    while True:
        try:
            said = next(working)
        except StopIteration as ended:
            answer: Answer = ended.value
            return answer
        yield Step(name, "during", said, images=images)


def _handed(order: Order, answer: Answer) -> str:
    """Give an answer of ours to the gate that waits; in words why it could not be, empty when it could."""
    if order.exchange is None:
        return ""
    try:
        order.exchange.receive(answer.status, answer.headers, iter((answer.body,)))
    except OSError as error:
        return f"the answer could not be handed over: {error.strerror or type(error).__name__}"
    return ""


def _status(answer: Answer, *words: str) -> str:
    return "; ".join(each for each in (f"status {answer.status}", *words) if each)
