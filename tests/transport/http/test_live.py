"""Live bodies over a socket: sent as they are made, for as long as somebody reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from sidecar.services.resources import Live
from tests.harness.patience import PATIENCE
from tests.transport.http.asking import get
from tests.transport.http.site import Site, open_site


@asynccontextmanager
async def asking(site: Site, path: str, *headers: str, method: str = "GET") -> AsyncIterator[trio.SocketStream]:
    """Send a request and give the connection."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{site.port}", *headers, "", ""]
    stream = await trio.open_tcp_stream("127.0.0.1", site.port)
    async with stream:
        await stream.send_all("\r\n".join(lines).encode())
        yield stream


async def until(stream: trio.SocketStream, wanted: bytes) -> bytes:
    """Read until something has come."""
    data = bytearray()
    with trio.fail_after(PATIENCE):
        while wanted not in data:
            part = await stream.receive_some(65_536)
            assert part, bytes(data)
            data += part
    return bytes(data)


def unchunked(body: bytes) -> bytes:
    """Put the chunks of a body together."""
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        whole, body = whole + rest[:length], rest[length + 2 :]
    return whole


@pytest.mark.parametrize("asked", [[], ["Range: bytes=0-"], ["Range: bytes=3-5"], ["If-None-Match: *"]])
async def test_what_is_written_is_sent_at_once_and_whole(tmp_path: Path, asked: list[str]) -> None:
    async with open_site(tmp_path) as site:
        live = Live("video/webm")
        path = site.path_of(site.services.resources.offer_stream(live).url)
        async with asking(site, path, "Connection: close", *asked) as stream:
            await live.write(b"one")
            head, _, body = (await until(stream, b"one")).partition(b"\r\n\r\n")
            lines = head.decode().lower().split("\r\n")
            assert lines[0] == "http/1.1 200 "
            for line in (
                "content-type: video/webm",
                "transfer-encoding: chunked",
                "accept-ranges: none",
                "cache-control: no-store",
                "cross-origin-resource-policy: cross-origin",
                "x-content-type-options: nosniff",
            ):
                assert line in lines
            assert not any(line.startswith(("content-length", "content-range", "etag")) for line in lines)
            await live.write(b"two")
            body += await until(stream, b"two")
            live.finish()
            body += await until(stream, b"0\r\n\r\n")
        assert unchunked(body) == b"onetwo"
        with trio.fail_after(PATIENCE):
            await live.left()
        assert live.exhausted


async def test_head_takes_nothing(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        live = Live("video/mp4")
        path = site.path_of(site.services.resources.offer_stream(live).url)
        answer = await get(site.port, path, method="HEAD")
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, "video/mp4", b"")
        assert not live.taken.is_set()


async def test_a_reader_that_leaves_is_noticed(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        live = Live("video/webm", held=0)
        path = site.path_of(site.services.resources.offer_stream(live).url)
        async with asking(site, path) as stream:
            await live.write(b"one")
            await until(stream, b"one")
        with trio.fail_after(PATIENCE):
            await live.left()
        assert not live.exhausted
        assert (await get(site.port, path)).status == 410
        site.services.resources.withdraw(site.services.resources.offer_stream(live))
        assert (await get(site.port, path[:-5] + "/live")).status == 410


async def test_a_reader_that_stops_holds_the_writer_up(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        live = Live("video/webm", ahead=1024)
        path = site.path_of(site.services.resources.offer_stream(live).url)
        async with asking(site, path) as stream:
            with trio.fail_after(PATIENCE):
                while live.waited < 0.5:
                    with trio.move_on_after(1):
                        await live.write(bytes(16_384))
            # What the kernel holds on both sides, not what a film has.
            assert live.written < 8 << 20
            read = 0
            live.finish()
            with trio.fail_after(PATIENCE):
                while read < live.written:
                    read += len(await stream.receive_some(65_536))
                await live.left()


async def test_what_breaks_off_breaks_the_connection(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        live = Live("video/webm")
        path = site.path_of(site.services.resources.offer_stream(live).url)
        async with asking(site, path) as stream:
            await live.write(b"one")
            data = await until(stream, b"one")
            live.break_off()
            with trio.fail_after(PATIENCE):
                while part := await stream.receive_some(65_536):
                    data += part
        assert not data.endswith(b"0\r\n\r\n")
        assert (await get(site.port, path)).status == 410


async def test_what_was_withdrawn_is_unknown(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        offer = site.services.resources.offer_stream(Live("video/webm"))
        site.services.resources.withdraw(offer)
        assert (await get(site.port, site.path_of(offer.url))).status == 404
