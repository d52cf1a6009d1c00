"""The connection to a sidecar that runs: who is let in, and what becomes of requests when nothing comes any more."""

from __future__ import annotations

import json
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Pong, Request, TextMessage

from protocol.errors import ConnectionLost
from protocol.events import Event
from sidecar.cli import attached
from sidecar.cli.attached import attach
from sidecar.cli.exits import first_error
from sidecar.cli.running import Which
from sidecar.services.monitoring.instances import Instance
from tests.harness.patience import PATIENCE
from tests.harness.spawned import spawned

INITIALIZED = {
    "protocol": 1,
    "server": {"name": "other", "version": "9", "pid": 5, "instanceId": "i", "platform": "linux"},
    "schemaHash": "",
    "schemaMatches": None,
    "granted": {"read": None, "write": None},
    "limits": {"messageBytes": 1, "batch": 1, "inFlight": 1, "progressPerSecond": 1, "openProjects": 1},
    "http": None,
    "ffmpeg": None,
    "paths": {"data": "", "cache": "", "temp": "", "log": ""},
    "features": {},
}

Served = Callable[[trio.SocketStream], Awaitable[None]]


async def lost(instance: Instance) -> str:
    """Connect, and return why that was not to be."""
    told: list[str] = []
    with trio.fail_after(PATIENCE):
        try:
            async with attach(instance) as session:
                await session.request("metrics.snapshot")
        except* ConnectionLost as group:
            error = first_error(group)
            assert isinstance(error, ConnectionLost)
            told.append(error.detail)
    (detail,) = told
    return detail


async def served(serve: Served, use: Callable[[Instance], Awaitable[None]]) -> None:
    """Use what is served so, in a sidecar's place."""
    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        nursery.start_soon(partial(trio.serve_listeners, serve, [listener]))
        await use(Instance(1, f"http://127.0.0.1:{port}", "token", "", Path()))
        nursery.cancel_scope.cancel()


async def test_without_the_token_nobody_is_let_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with spawned(tmp_path) as sidecar:
        which = Which(sidecar.process.pid, tmp_path / "data")
        monkeypatch.setenv("SIDECAR_CONFIG_DIR", str(tmp_path / "config"))
        with trio.fail_after(PATIENCE):
            while (instance := which.find()) is None:  # noqa: ASYNC110 - a file is no event
                await trio.sleep(0.01)
        assert await lost(replace(instance, token=instance.token[::-1])) == "it answered 401"
        async with attach(instance) as session:
            assert session.server.server.pid == sidecar.process.pid
            events: list[Event] = []
            session._heard = events.append
            await session.request("events.subscribe", topics=["settings.changed"])
            await sidecar.request("settings.set", settings={"maxJobs": 3}, persist=False)
            with trio.fail_after(PATIENCE):
                while not events:  # noqa: ASYNC110 - it is told by a function
                    await trio.sleep(0.01)
            assert events[0].topic == "settings.changed"
            sidecar.process.kill()
            with trio.fail_after(PATIENCE):
                await session.lost.wait()
            with pytest.raises(ConnectionLost):
                await session.request("metrics.snapshot")
    assert which.find() is None


async def test_who_is_gone_or_says_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "ANSWER_SECONDS", 0.2)

    async def leave(stream: trio.SocketStream) -> None:
        await stream.receive_some()

    async def nonsense(stream: trio.SocketStream) -> None:
        await stream.send_all(b"220 smtp.example ready\r\n\r\n")
        await trio.sleep_forever()

    async def silence(_stream: trio.SocketStream) -> None:
        await trio.sleep_forever()

    said: dict[str, str] = {}
    for serve in (leave, nonsense, silence):

        async def use(instance: Instance, name: str = serve.__name__) -> None:
            said[name] = await lost(instance)

        await served(serve, use)
    assert said["leave"] == "it has ended"
    assert said["silence"].startswith("it has not answered")
    assert set(said) == {"leave", "nonsense", "silence"}
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        assert await lost(Instance(1, f"http://127.0.0.1:{port}", "", "", Path()))


async def test_answers_in_pieces_pings_and_another_version_are_understood() -> None:
    wires: list[WSConnection] = []
    ponged = trio.Event()

    async def answers(stream: trio.SocketStream) -> None:
        wire = WSConnection(ConnectionType.SERVER)
        wires.append(wire)
        asked = 0
        while True:
            wire.receive_data(await stream.receive_some())
            for event in wire.events():
                if isinstance(event, Request):
                    await stream.send_all(wire.send(AcceptConnection()))
                elif isinstance(event, Pong):
                    ponged.set()
                elif isinstance(event, CloseConnection):
                    return
                elif isinstance(event, TextMessage):
                    asked += 1
                    request = json.loads(event.data)
                    await stream.send_all(wire.send(Ping()))
                    result = INITIALIZED if request["method"] == "initialize" else {"news": True}
                    text = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result})
                    for piece, last in ((text[:9], False), (text[9:], True)):
                        await stream.send_all(wire.send(TextMessage(data=piece, message_finished=last)))

    async def use(instance: Instance) -> None:
        assert (await lost(instance)).startswith("it is of another version")
        with trio.fail_after(PATIENCE):
            await ponged.wait()

    await served(answers, use)


async def test_who_says_goodbye_is_lost_at_once() -> None:
    parted = trio.Event()

    async def leaves(stream: trio.SocketStream) -> None:
        wire = WSConnection(ConnectionType.SERVER)
        while True:
            wire.receive_data(await stream.receive_some())
            for event in wire.events():
                if isinstance(event, Request):
                    await stream.send_all(wire.send(AcceptConnection()))
                elif isinstance(event, TextMessage):
                    text = json.dumps({"jsonrpc": "2.0", "id": json.loads(event.data)["id"], "result": INITIALIZED})
                    await stream.send_all(wire.send(TextMessage(data=text)))
                    await stream.send_all(wire.send(CloseConnection(code=1001)))
                elif isinstance(event, CloseConnection):
                    # The connection below stays: whoever ends may take its time over that.
                    parted.set()
                    await trio.sleep_forever()

    async def use(instance: Instance) -> None:
        async with attach(instance) as session:
            with trio.fail_after(PATIENCE):
                await parted.wait()
            with pytest.raises(ConnectionLost):
                await session.request("metrics.snapshot")
            assert session.lost.is_set()

    await served(leaves, use)
