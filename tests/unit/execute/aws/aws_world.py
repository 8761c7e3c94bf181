"""An AWS account to act on: moto, a target that points at it, and orders for calls, driven as the road drives them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.moto_world import ACCOUNT, REGION, Moto

from interlock.aws.call import Call
from interlock.aws.request import to_bytes
from interlock.aws.serialize import request_of
from interlock.execute.aws.aws import AwsExecutor
from interlock.execute.executor import Exchange, Order
from interlock.execute.run import drive
from interlock.model.change import Change, Effect, Resource
from interlock.model.execution import Step
from interlock.model.target import Bounds, Target

NOW = 1_793_620_800_000


@dataclass
class Done:
    """What an execution left: its steps, what it sealed, and the answer that a gate would have."""

    steps: list[Step]
    images: list[str]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(step.phase, step.name) for step in self.steps if step.phase != "during"]

    @property
    def output(self) -> str:
        return next((step.output for step in reversed(self.steps) if step.output), "")


@dataclass
class Account:
    """One account. `vault` is what was sealed."""

    moto: Moto
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    vault: dict[str, bytes] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)

    def target(self) -> Target:
        key = self.folder / "key"
        if not key.exists():
            key.write_text("[k]\naws_access_key_id = AKIAINTERLOCK\naws_secret_access_key = hunter2hunter2\n")
            key.chmod(0o600)
        static = {"source": "static", "file": str(key)}
        role = {"source": "role", "role": f"arn:aws:iam::{ACCOUNT}:role/interlock", "base": static}
        settings = {
            "account": ACCOUNT,
            "region": REGION,
            "backups": "yes",
            "read": json.dumps(role),
            "write": json.dumps(role),
        }
        return Target("prod", "aws", self.moto.address, settings=tuple((settings | self.settings).items()))

    def client(self, service: str) -> Any:
        return self.moto.client(service)

    def seal(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.vault[digest] = content
        return digest

    def unseal(self, digest: str) -> bytes:
        return self.vault[digest]

    def executor(self) -> AwsExecutor:
        return AwsExecutor(pause=self.waits.append)

    def order(
        self,
        name: str,
        parameters: Mapping[str, Any],
        *things: tuple[str, str],
        needs: Sequence[str] = (),
        case: str = "a1b2c3d4",
        exchange: Exchange | None = None,
        payload: bytes | None = None,
        verb: str = "delete",
    ) -> Order:
        """The order for a call as it would come over the wire; `things` are the types and names that it touches."""
        service, _, operation = name.partition(":")
        call = Call(service, operation, REGION, ACCOUNT, dict(parameters))
        raw = payload if payload is not None else to_bytes(request_of(call, self.moto.address, "token"))
        effects = tuple(
            Effect(verb, Resource(type_, thing), needs=tuple(needs or (name,)))  # type: ignore[arg-type]
            for type_, thing in things or (("aws.x.thing", "x"),)
        )
        return Order(case, "d", Change("aws", effects), raw, self.target(), (), verb != "read", exchange, lambda: NOW)

    def run(self, order: Order) -> Done:
        steps = _driven(self.executor().execute(order, self.seal))
        return Done(steps, list(dict.fromkeys(image for step in steps for image in step.images)))

    def undo(self, order: Order, done: Done) -> list[Step]:
        return _driven(self.executor().undo(order, done.images, self.unseal))

    def close(self, order: Order) -> list[Step]:
        return _driven(self.executor().close(order))

    def rehearse(self, order: Order) -> Any:
        return self.executor().rehearse(order.change, order.payload, order.target, bounds=Bounds(), monotonic=lambda: 0)


def _driven(steps: Iterator[Step]) -> list[Step]:
    with closing(drive(steps)) as driven:
        return list(driven)


class Gate:
    """What a gate holds open."""

    def __init__(self, body: Sequence[bytes] = ()) -> None:
        self.body = body
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.answer = b""

    def send(self) -> Iterator[bytes]:
        yield from self.body

    def receive(self, status: int, headers: Sequence[tuple[str, str]], chunks: Iterator[bytes]) -> None:
        self.status, self.headers = status, tuple(headers)
        self.answer = b"".join(chunks)
