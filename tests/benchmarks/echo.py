"""The peer of the RPC figures: the least that trio and msgspec need to answer JSON-RPC a line at a time."""

from __future__ import annotations

import os
from typing import Any

import msgspec
import trio


class Request(msgspec.Struct):
    """A request with its params left as they are."""

    jsonrpc: str
    id: int
    method: str
    params: msgspec.Raw


async def main() -> None:
    """Answer every line with its own params until stdin ends."""
    decoder, encoder = msgspec.json.Decoder(Request), msgspec.json.Encoder()
    incoming, outgoing = trio.lowlevel.FdStream(os.dup(0)), trio.lowlevel.FdStream(os.dup(1))
    waiting = b""
    while data := await incoming.receive_some(65_536):
        *lines, waiting = (waiting + data).split(b"\n")
        for line in lines:
            request = decoder.decode(line)
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request.id, "result": request.params}
            await outgoing.send_all(encoder.encode(answer) + b"\n")


if __name__ == "__main__":
    trio.run(main)
