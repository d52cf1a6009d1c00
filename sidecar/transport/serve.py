"""The life of the process over stdio: from diverted descriptors to the last byte."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import trio

from protocol.framing import Framer
from sidecar.commands.registry import Handler
from sidecar.transport.dispatcher import Connection
from sidecar.transport.finish import ANSWER_SECONDS, finish
from sidecar.transport.http.hosting import Hosting
from sidecar.transport.http.site import Site
from sidecar.transport.limiters import Limiters
from sidecar.transport.parent import Parent
from sidecar.transport.wire import Wire

Cause = Literal["exit", "eof", "unframed", "parentGone", "SIGINT", "SIGTERM"]
Tap = Callable[[Literal["in", "out"], bytes], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """What an end means: seconds for requests already read, and the exit code of the process."""

    grace: float
    code: int


ENDINGS: dict[Cause, Ending] = {
    "exit": Ending(0, 0),
    "eof": Ending(2, 0),
    "unframed": Ending(2, 1),
    "parentGone": Ending(0, 0),
    "SIGINT": Ending(0, 130),
    "SIGTERM": Ending(0, 143),
}
"""Every way in which the process ends. Whichever comes first counts; a signal later on cuts the rest short."""

CLOSE_SECONDS = 10.0
"""For the services to put away what they hold; then they are cancelled."""


class _End:
    """The first cause of the end."""

    def __init__(self) -> None:
        self.cause: Cause | None = None
        self.came = trio.Event()
        self.awaited = False
        """Whether somebody is there to bring the end about."""

    def set(self, cause: Cause) -> None:
        self.cause = self.cause or cause
        self.came.set()


async def serve(
    wire: Wire,
    open_services: Callable[[], AbstractAsyncContextManager[Any]],
    table: Mapping[str, Handler],
    *,
    tap: Tap | None = None,
    front: Path | None = None,
) -> int:
    """Serve one client until it leaves, and return the exit code. Those who come by HTTP are served as long.

    Of the services only `log.logger`, `events`, `loopback`, `meter` and `resources` are used here. `tap` sees every message on
    the wire, as it was read and as it is written. `front` is a folder with a front end to serve by HTTP. What opening the services raises comes out of here. Cancelling it leaves requests unanswered.
    """
    end = _End()
    body = trio.CancelScope()
    async with trio.open_nursery() as nursery:
        await nursery.start(_watch_signals, end, body)
        with body:
            async with open_services() as services:
                await _Conversation(wire, services, end, tap, front).run(table, body)
        nursery.cancel_scope.cancel()
    await wire.aclose()
    return ENDINGS[end.cause or "SIGTERM"].code


async def _watch_signals(end: _End, body: trio.CancelScope, *, task_status: trio.TaskStatus[None]) -> None:
    """Note SIGINT and SIGTERM; one while nobody listens for the end (yet, or any more) cuts everything short."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for number in signals:
            if not end.awaited or end.cause is not None:
                body.cancel()
            end.set("SIGINT" if number == signal.SIGINT else "SIGTERM")


@dataclass(frozen=True, slots=True, eq=False)
class _Conversation:
    """A connection over a wire, from the first byte to the last."""

    wire: Wire
    services: Any
    end: _End
    tap: Tap | None
    front: Path | None
    framer: Framer = field(default_factory=Framer)
    reading: trio.CancelScope = field(default_factory=trio.CancelScope)
    written: trio.Event = field(default_factory=trio.Event)

    async def run(self, table: Mapping[str, Handler], body: trio.CancelScope) -> None:
        """Read, answer and write until the end comes; then give what was read its time, and let go."""
        end = self.end
        limiters = Limiters()
        async with trio.open_nursery() as nursery:
            connection = Connection(
                table,
                self.services,
                nursery,
                limiters=limiters,
                log=self.services.log.logger,
                meter=lambda: self.services.meter,
                on_quit=partial(end.set, "exit"),
            )
            site = Site(Hosting(self.services, table, limiters, connection.peer, self.front))
            parent = Parent(connection.peer)
            nursery.start_soon(self._read, connection)
            nursery.start_soon(self._write, connection)
            nursery.start_soon(self._watch, parent)
            nursery.start_soon(site.run)
            end.awaited = True
            await end.came.wait()
            grace = 0.0 if parent.gone or end.cause is None else ENDINGS[end.cause].grace
            body.deadline = trio.current_time() + grace + 2 * ANSWER_SECONDS + CLOSE_SECONDS
            self.reading.cancel()
            async with trio.open_nursery() as ending:
                ending.start_soon(site.close, grace)
                await finish(connection, self.written, grace)
            nursery.cancel_scope.cancel()
        connection.leave()
        for subscription in connection.peer.subscriptions.values():
            self.services.events.unsubscribe(subscription)

    async def _read(self, connection: Connection) -> None:
        """Hand on messages. No handler can hold this up, only a client that does not read its answers."""
        with self.reading:
            while self.framer.fault is None:
                data = await self.wire.receive_some()
                for message in self.framer.feed(data) if data else self.framer.end():
                    if self.tap is not None:
                        self.tap("in", message)
                    connection.receive(message)
                if not data:
                    self.end.set("eof")
                    return
                if connection.outbox.crowded:
                    await connection.outbox.room()
            connection.refuse(self.framer.fault)
            self.end.set("unframed")

    async def _write(self, connection: Connection) -> None:
        """Own the wire: nobody else writes, and no request's cancellation can leave half a message on it."""
        try:
            while messages := await connection.outbox.take():
                if self.tap is not None:
                    for message in messages:
                        self.tap("out", message)
                await self.wire.send_all(b"".join(map(self.framer.wrap, messages)))
        except trio.BrokenResourceError:
            self.end.set("parentGone")
        self.written.set()

    async def _watch(self, parent: Parent) -> None:
        await parent.wait_gone()
        self.end.set("parentGone")
