"""An AWS for measuring: it answers every request alike, as fast as it can. `python -m bench.awsdummy PORT`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvloop

BODY = b'{"Item": {"k": {"S": "one"}, "total": {"N": "42"}}}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-requestid: 1\r\ncontent-length: %d\r\n\r\n"
    % len(BODY)
) + BODY

IDENTITY = (
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/bench</Arn>"
    b"<UserId>AIDABENCH</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)
WHO = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: %d\r\n\r\n" % len(IDENTITY) + IDENTITY


class Dummy(asyncio.Protocol):
    """Counts heads and bodies by their lengths; requests come whole, one after the other."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            at = self._buffer.lower().find(b"\r\ncontent-length:", 0, end)
            length = int(self._buffer[at + 17 : self._buffer.index(b"\r\n", at + 2)]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            asked, self._buffer = self._buffer[: end + 4 + length], self._buffer[end + 4 + length :]
            self._transport.write(WHO if b"GetCallerIdentity" in asked else ANSWER)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Dummy, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
