"""Requests and frames with bytes changed at random: each ends somehow, and nothing else does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import trio
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import Ping, TextMessage

from sidecar.transport.http import line as lines
from tests.harness.patience import PATIENCE
from tests.harness.shell import INITIALIZE
from tests.transport.http.asking import exchange, get
from tests.transport.http.site import Site, open_site
from tests.transport.table import encoded

REQUESTS = 400
AT_ONCE = 16
SESSIONS = 80


def changed(data: bytes, chance: random.Random) -> bytes:
    """Change, drop, repeat or add some bytes."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(changed))
        piece = bytes(changed[place : place + chance.randint(1, 12)])
        kind = chance.randrange(5)
        if kind == 0:
            changed[place] = chance.randrange(256)
        elif kind == 1:
            del changed[place : place + len(piece)]
        elif kind == 2:
            changed[place:place] = piece * chance.randint(1, 50)
        elif kind == 3:
            changed[place:place] = chance.choice(
                [b"\r\n", b"\x00", b"\r", b"\n", b" ", b":", b"\xff\xff\xff\xff", b"%2e"]
            )
        else:
            changed[place] ^= 1 << chance.randrange(8)
        changed = changed or bytearray(b"x")
    return bytes(changed)


async def all_gone(site: Site) -> None:
    with trio.fail_after(PATIENCE):
        while site.server._lines:  # noqa: ASYNC110 - no event says that all have left
            await trio.sleep(0.01)


async def test_changed_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINGER_SECONDS", 0.1)
    chance = random.Random(5)
    async with open_site(tmp_path, origins=["app://-"], header_seconds=0.1) as site:
        path = site.path_of(site.services.resources.offer_bytes(b"0123456789", "a/b").url)
        good = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nOrigin: app://-\r\nRange: bytes=2-5\r\n"
            f'If-Range: "x"\r\nAuthorization: Bearer {site.token}\r\nContent-Length: 0\r\n\r\n'
        ).encode()
        at_once = trio.CapacityLimiter(AT_ONCE)

        async def send(data: bytes) -> None:
            async with at_once:
                await exchange(site.port, data)

        async with trio.open_nursery() as nursery:
            for _ in range(REQUESTS):
                nursery.start_soon(send, changed(good, chance))
        await all_gone(site)
        monkeypatch.setattr(lines, "HEADER_SECONDS", PATIENCE)
        assert (await get(site.port, path)).body == b"0123456789"


async def test_changed_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LINGER_SECONDS", 0.1)
    chance = random.Random(6)
    async with open_site(tmp_path) as site:
        for _ in range(SESSIONS):
            client = Connection(ConnectionType.CLIENT)
            frames = client.send(TextMessage(data=encoded("initialize", INITIALIZE, 1).decode()))
            for number in range(3):
                frames += client.send(TextMessage(data=encoded("echo", {"x": "é" * number}, number).decode()))
                frames += client.send(Ping(payload=b"ping"))
            stream = await trio.open_tcp_stream("127.0.0.1", site.port)
            async with stream:
                handshake = (
                    f"GET /rpc HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    f"Authorization: Bearer {site.token}\r\n\r\n"
                )
                await stream.send_all(handshake.encode())
                with trio.fail_after(PATIENCE):
                    assert b" 101 " in await stream.receive_some(4096)
                try:
                    await stream.send_all(changed(frames, chance))
                    # What comes of it is not told by a request that may wait for the rest of a frame.
                    with trio.move_on_after(0.02):
                        while await stream.receive_some(65_536):
                            pass
                except trio.BrokenResourceError:
                    continue
        await all_gone(site)
        assert site.server._sessions == set()
