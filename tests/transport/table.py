"""A table of commands for tests of the transport, and services that are just enough for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import trio

from protocol.commands import Command, Empty, Example, Load, Params
from protocol.commands.session import Initialize, Subscribe, Unsubscribe
from protocol.errors import MediaNotFound, OutputUnwritable
from sidecar.commands import session
from sidecar.commands.call import Call, Peer
from sidecar.commands.grant import grant_of
from sidecar.commands.registry import Handler, handler
from sidecar.services.events import EventHub
from sidecar.services.logger import trace
from sidecar.services.loopback import Loopback, Scraping
from sidecar.services.monitoring.meter import Meter


@dataclass
class FakeLog:
    """Keeps what is logged."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def logger(self) -> FakeLog:
        return self

    def debug(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, "level": "debug", "trace_id": trace.get(), **fields})

    def info(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, "level": "info", **fields})

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, "level": "error", **fields})


@dataclass
class FakeServices:
    """What the transport and the commands of the session need; `gates` are opened by tests."""

    log: FakeLog = field(default_factory=FakeLog)
    events: EventHub = field(default_factory=EventHub)
    loopback: Loopback = field(default_factory=lambda: Loopback(lambda: 0))
    scraping: Scraping = field(default_factory=lambda: Scraping(None, token=True))
    meter: Meter = field(default_factory=Meter)
    gates: dict[str, trio.Event] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    left: list[Peer] = field(default_factory=list)

    def leave(self, peer: Peer) -> None:
        self.left.append(peer)

    async def whole(self) -> None:
        """Nothing of these is opened late."""

    def gate(self, name: str) -> trio.Event:
        return self.gates.setdefault(name, trio.Event())


@asynccontextmanager
async def open_fakes() -> AsyncIterator[FakeServices]:
    yield FakeServices()


class Named(Params, kw_only=True):
    name: str = ""


class Steps(Params, kw_only=True):
    values: list[dict[str, Any]] = []
    pause: float = 0


class Bound(Params, kw_only=True):
    items: list[dict[str, int]] = []
    limit: int = 0


def fakes(call: Call) -> FakeServices:
    return cast("FakeServices", call.services)


async def subtract(params: dict[str, int] | list[int], _call: Call) -> int:
    if isinstance(params, list):
        return params[0] - params[1]
    return params["minuend"] - params["subtrahend"]


async def total(params: list[int], _call: Call) -> int:
    return sum(params)


async def get_data(_params: Any, _call: Call) -> list[Any]:
    return ["hello", 5]


async def nothing(_params: Any, _call: Call) -> None:
    return None


async def echo(params: dict[str, Any], _call: Call) -> dict[str, Any]:
    return params


async def wait(params: Named, call: Call) -> dict[str, str]:
    """Wait for the test to open the gate."""
    fakes(call).started.append(params.name)
    await call.progress({"kind": "begin", "title": params.name, "total": None})
    await fakes(call).gate(params.name).wait()
    return {"name": params.name}


async def finish_first(params: Named, call: Call) -> dict[str, str]:
    """Return without noticing that it was cancelled meanwhile."""
    fakes(call).started.append(params.name)
    with trio.CancelScope(shield=True):
        await fakes(call).gate(params.name).wait()
    return {"name": params.name}


async def stumble(params: Named, call: Call) -> None:
    """Raise something else while being cancelled."""
    fakes(call).started.append(params.name)
    try:
        await trio.sleep_forever()
    finally:
        raise OutputUnwritable(path="x", detail="cleaning up failed")


async def missing(params: Named, _call: Call) -> None:
    raise MediaNotFound(path=params.name)


async def grouped(_params: Named, _call: Call) -> None:
    """Fail in a nursery with a typed error raised from another one."""
    async with trio.open_nursery():
        raise OutputUnwritable(path="outer", detail="no") from MediaNotFound(path="inner")


async def fail(_params: Named, _call: Call) -> None:
    raise ZeroDivisionError("a secret detail")


async def unsendable(_params: Named, _call: Call) -> object:
    return object()


async def steps(params: Steps, call: Call) -> None:
    for value in params.values:
        await call.progress(value)
        await trio.sleep(params.pause)


async def pollute(_params: Named, _call: Call) -> None:
    """Write to standard output in every way there is."""
    print("printed", flush=True)
    os.write(1, b"by descriptor\n")
    await trio.to_thread.run_sync(
        lambda: subprocess.run([sys.executable, "-c", "print('by a child')"], check=True), abandon_on_cancel=False
    )


async def flood(_params: Named, _call: Call) -> None:
    """Write far more to standard error than any pipe holds."""
    for _ in range(2_000):
        print("x" * 1_000, file=sys.stderr)
        with suppress(BlockingIOError):
            os.write(1, b"y" * 1_000)
    await trio.lowlevel.checkpoint()


async def initialize(params: Initialize, call: Call) -> dict[str, Any]:
    """Be slow when the client is called `slow`, refuse when it is called `refused`."""
    if params.client.name == "slow":
        await fakes(call).gate("initialize").wait()
    if params.client.name == "refused":
        raise MediaNotFound(path="refused")
    call.connection.process_id = params.process_id
    call.connection.grant = grant_of(params.roots)
    call.connection.client = params.client.name
    if call.connection.phase == "initializing":
        call.connection.phase = "ready"
    return {"protocol": 1}


def row(
    name: str, params: Any, run: Callable[[Any, Call], Awaitable[Any]], load: Load = "inline", **more: Any
) -> Handler:
    return handler(Command(name, params, Any, name, Example({}), load=load, **more), run)


HANDLERS = {
    each.command.name: each
    for each in (
        row("initialize", Initialize, initialize, before_initialize=True),
        row("shutdown", Empty, session.shutdown),
        row("exit", Empty, session.exit_, before_initialize=True, notification=True),
        row("rpc.discover", Empty, session.discover, before_initialize=True),
        row("events.subscribe", Subscribe, session.subscribe),
        row("events.unsubscribe", Unsubscribe, session.unsubscribe),
        row("subtract", dict[str, int] | list[int], subtract),
        row("sum", list[int], total),
        row("get_data", Any, get_data),
        row("update", Any, nothing, notification=True),
        row("notify_hello", Any, nothing, notification=True),
        row("notify_sum", Any, nothing, notification=True),
        row("echo", dict[str, Any], echo, "interactive"),
        row("bound", Bound, nothing, "interactive"),
        row("wait", Named, wait, "interactive"),
        row("waitJob", Named, wait, "jobs"),
        row("waitProbe", Named, wait, "probe"),
        row("waitPreview", Named, wait, "previews"),
        row("finishFirst", Named, finish_first),
        row("stumble", Named, stumble),
        row("missing", Named, missing),
        row("grouped", Named, grouped),
        row("fail", Named, fail),
        row("unsendable", Named, unsendable),
        row("steps", Steps, steps),
        row("pollute", Named, pollute),
        row("flood", Named, flood),
    )
}


def encoded(method: str, params: Any = None, id: Any = msgspec.UNSET) -> bytes:
    """Encode a request, or a notification without an id."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if id is not msgspec.UNSET:
        message["id"] = id
    if params is not None:
        message["params"] = params
    return msgspec.json.encode(message)
