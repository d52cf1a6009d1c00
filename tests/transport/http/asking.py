"""Requests written byte by byte, as no library would let us, and answers read by a parser of our own."""

from __future__ import annotations

from dataclasses import dataclass

import trio

from tests.harness.patience import PATIENCE


@dataclass(frozen=True, slots=True)
class Answer:
    """The first answer on a connection; `rest` is whatever else came. Status 0: closed without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    rest: bytes = b""


async def exchange(port: int, request: bytes) -> bytes:
    """Send bytes and return all that comes until the other side closes."""
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        received = bytearray()
        with trio.fail_after(PATIENCE):
            try:
                await stream.send_all(request)
                while data := await stream.receive_some(65_536):
                    received += data
            except trio.BrokenResourceError:
                pass  # refused while we were still writing
    return bytes(received)


async def ask(port: int, request: bytes, *, head: bool = False) -> Answer:
    """Send a request that asks for the connection to be closed, or is refused, and return the answer."""
    return parsed(await exchange(port, request), head=head)


async def get(port: int, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
    """Ask in good order."""
    given = {"Host": f"127.0.0.1:{port}", "Connection": "close", **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return await ask(port, "\r\n".join([*lines, "", ""]).encode("latin-1"), head=method == "HEAD")


def parsed(data: bytes, *, head: bool = False) -> Answer:
    """Read an answer; what says only that more may come (100) is passed over."""
    while data.startswith(b"HTTP/1.1 100 "):
        data = data.partition(b"\r\n\r\n")[2]
    if not data:
        return Answer(0, {}, b"")
    start, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = start.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        # Of ours only this one is a list, and may be written as several.
        assert name.lower() not in headers or name.lower() == "connection", f"{name} came twice"
        headers[name.lower()] = value.strip()
    version, status, *_ = first.split(" ")
    assert version == "HTTP/1.1", first
    # Only what frames itself can be followed by another answer.
    length = 0 if head or int(status) in {204, 304} else int(headers.get("content-length", len(rest)))
    return Answer(int(status), headers, rest[:length], rest[length:])
