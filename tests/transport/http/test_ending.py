"""Connections end: when they are slow, too many, or when the sidecar does."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from sidecar.transport.http import line as lines
from tests.harness.patience import PATIENCE
from tests.harness.shell import INITIALIZE
from tests.transport.http.asking import get, parsed
from tests.transport.http.site import Site, open_site
from tests.transport.http.socketing import connect

LARGE = 64 << 20


def large(folder: Path, site: Site, size: int = LARGE) -> str:
    """Offer a file that no socket buffer holds; it takes no space."""
    path = folder / "large.bin"
    with path.open("wb") as file:
        file.truncate(size)
    return site.path_of(site.services.resources.offer_file(path, "a/b").url)


async def opened(site: Site, path: str) -> trio.SocketStream:
    """Ask for a file and read no more than the start of the answer."""
    stream = await trio.open_tcp_stream("127.0.0.1", site.port)
    await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
    with trio.fail_after(PATIENCE):
        assert (await stream.receive_some(4096)).startswith(b"HTTP/1.1 200")
    return stream


async def rest(stream: trio.SocketStream) -> int:
    """Read until the other side closes, and return how many bytes came."""
    count = 0
    with trio.fail_after(PATIENCE):
        try:
            while data := await stream.receive_some(1 << 20):
                count += len(data)
        except trio.BrokenResourceError:
            return count
    return count


async def test_downloads_that_go_on_are_let_finish(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        async with await opened(site, large(tmp_path, site)) as stream, trio.open_nursery() as nursery:
            nursery.start_soon(site.server.close, PATIENCE)
            assert await rest(stream) > LARGE - 4096
        with trio.fail_after(PATIENCE):
            await site.closed.wait()


async def test_downloads_that_nobody_reads_hold_nothing_up(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        path = large(tmp_path, site)
        streams = [await opened(site, path) for _ in range(5)]
        with trio.fail_after(PATIENCE):
            await site.server.close(0.1)
            await site.closed.wait()
        for stream in streams:
            async with stream:
                assert await rest(stream) < LARGE - 4096


async def test_cancelled_it_ends_whatever_is_under_way(tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        async with open_site(tmp_path) as site:
            stream = await opened(site, large(tmp_path, site))
    async with stream:
        assert await rest(stream) < LARGE


async def test_sessions_are_told_and_their_requests_answered(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        bearer = {"Authorization": f"Bearer {site.token}"}
        async with connect(site.port, headers=bearer) as socket, trio.open_nursery() as nursery:
            await socket.call("initialize", INITIALIZE)
            await socket.ask("wait", {"name": "x", "progressToken": 1}, 2)
            await socket.receive()
            nursery.start_soon(site.server.close, 0.1)
            assert await socket.closed() == 1001
            (answer,) = socket.told
            assert answer["error"]["data"]["context"] == {"reason": "connectionClosed"}
        with trio.fail_after(PATIENCE):
            await site.closed.wait()


async def test_nobody_comes_in_after_the_end(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        path = large(tmp_path, site, 10)
        port = site.port
        assert (await get(port, path)).status == 200
        await site.server.close(0)
        with trio.fail_after(PATIENCE):
            await site.closed.wait()
        with pytest.raises(OSError):
            await trio.open_tcp_stream("127.0.0.1", port)


async def test_headers_have_their_time(tmp_path: Path) -> None:
    async with (
        open_site(tmp_path, header_seconds=0.3) as site,
        await trio.open_tcp_stream("127.0.0.1", site.port) as stream,
    ):

        async def trickle() -> None:
            """Send a byte now and then: progress is no excuse."""
            try:
                await stream.send_all(b"GET / HTTP/1.1\r\nX: ")
                while True:
                    await stream.send_all(b"a")
                    await trio.sleep(0.02)
            except trio.BrokenResourceError:
                return

        with trio.fail_after(PATIENCE):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trickle)
                assert await rest(stream) == 0
                nursery.cancel_scope.cancel()


async def test_who_says_nothing_is_not_kept(tmp_path: Path) -> None:
    async with (
        open_site(tmp_path, header_seconds=0.2) as site,
        await trio.open_tcp_stream("127.0.0.1", site.port) as stream,
    ):
        assert await rest(stream) == 0


async def test_who_says_no_more_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_site(tmp_path) as site, await opened(site, large(tmp_path, site, 10)) as stream:
        monkeypatch.setattr(lines, "HEADER_SECONDS", 0.2)
        await stream.send_all(f"GET /r/x HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
        assert await rest(stream) > 0


async def test_who_takes_nothing_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "SEND_SECONDS", 0.2)
    async with open_site(tmp_path) as site, await trio.open_tcp_stream("127.0.0.1", site.port) as stream:
        path = large(tmp_path, site)
        with trio.fail_after(PATIENCE):
            while not site.server._lines:
                await trio.lowlevel.checkpoint()
            await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
            while site.server._lines:  # noqa: ASYNC110 - no event says that it has been dropped
                await trio.sleep(0.02)
        assert await rest(stream) < LARGE


async def test_a_session_may_take_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_site(tmp_path) as site:
        bearer = {"Authorization": f"Bearer {site.token}"}
        async with connect(site.port, headers=bearer) as socket:
            monkeypatch.setattr(lines, "SEND_SECONDS", 0.0)
            monkeypatch.setattr(lines, "HEADER_SECONDS", 0.0)
            await socket.call("initialize", INITIALIZE)
            text = "x" * 8_000_000
            await socket.ask("echo", {"x": text}, 2)
            await trio.sleep(0.3)
            assert (await socket.answer(2))["result"] == {"x": text}


async def test_those_beyond_the_limit_wait_their_turn(tmp_path: Path) -> None:
    async with open_site(tmp_path, connections=2) as site:
        path = large(tmp_path, site)
        first, second = await opened(site, path), await opened(site, path)
        async with await trio.open_tcp_stream("127.0.0.1", site.port) as third:
            request = (
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nRange: bytes=0-9\r\nConnection: close\r\n\r\n"
            )
            await third.send_all(request.encode())
            with trio.move_on_after(0.3) as waiting:
                await third.receive_some(1)
            assert waiting.cancelled_caught
            await first.aclose()
            with trio.fail_after(PATIENCE):
                data = b""
                while part := await third.receive_some(4096):
                    data += part
            assert parsed(data).status == 206
        await second.aclose()


async def test_a_file_that_shrinks_meanwhile_is_not_taken_for_whole(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        path = large(tmp_path, site)
        async with await opened(site, path) as stream:
            with (tmp_path / "large.bin").open("r+b") as file:
                file.truncate(LARGE // 4)
            assert await rest(stream) < LARGE - 4096
        site.services.log.lines.clear()


async def test_one_connection_carries_many_requests(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, await trio.open_tcp_stream("127.0.0.1", site.port) as stream:
        path = large(tmp_path, site, 10)
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode()
        with trio.fail_after(PATIENCE):
            for _ in range(3):
                await stream.send_all(request)
                data = b""
                while not data.endswith(b"\x00" * 10):
                    data += await stream.receive_some(4096)
            # Asked for all at once they are answered one after the other.
            await stream.send_all(request * 5)
            data = b""
            while data.count(b"HTTP/1.1 200") < 5 or not data.endswith(b"\x00" * 10):
                data += await stream.receive_some(4096)
