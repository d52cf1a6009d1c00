"""Accepts connections and serves them until it is told to stop."""

from __future__ import annotations

import errno
from typing import Any

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.trio.worker_context import WorkerContext
from starlette.types import ASGIApp

from sidecar.services.loopback import Loopback
from sidecar.transport.finish import ANSWER_SECONDS
from sidecar.transport.http.application import application
from sidecar.transport.http.hosting import Ending, Hosting
from sidecar.transport.http.line import Line, settings
from sidecar.transport.http.watching import watched, watching

CONNECTIONS = 64
"""At once, by each port. More wait to be accepted; time limits see to it that those before them end."""

FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
FULL_SECONDS = 0.1
"""Between attempts to accept while the system is out of what a connection takes."""


class Server:
    """All connections of the site."""

    def __init__(self, hosting: Hosting, connections: int = CONNECTIONS) -> None:
        self._hosting = hosting
        self._sessions: set[Ending] = set()
        parts = watched(hosting)
        self._doors: list[tuple[Loopback, ASGIApp]] = [
            (hosting.loopback, application(hosting, self._sessions, parts)),
        ]
        own: Loopback | None = hosting.services.scraping.own
        if own is not None and own.bound.is_set():
            self._doors.append((own, watching(hosting, own, parts)))
        self._config = settings()
        self._context = WorkerContext(None)
        self._lines: set[Line] = set()
        self._connections = connections
        self._accepting = trio.CancelScope()
        self._empty = trio.Event()

    async def run(self) -> None:
        """Accept until `close`, serve until all have left; cancelled, connections are cut off."""
        async with trio.open_nursery() as nursery:
            with self._accepting:
                async with trio.open_nursery() as doors:
                    for loopback, app in self._doors:
                        doors.start_soon(self._accept, loopback, app, nursery)

    async def close(self, grace: float) -> None:
        """Take no more; give downloads `grace` seconds, and sessions a moment more to say goodbye."""
        self._accepting.cancel()
        await self._context.terminated.set()
        for session in tuple(self._sessions):
            session.leave(grace)
        self._cut([line for line in self._lines if line.idle])
        await self._left(grace)
        self._cut([line for line in self._lines if not line.patient])
        await self._left(3 * ANSWER_SECONDS)
        self._cut(self._lines)

    async def _accept(self, loopback: Loopback, app: Any, nursery: trio.Nursery) -> None:
        application = ASGIWrapper(app)
        # Of their own: nobody who holds on to one door keeps others out of the other.
        places = trio.Semaphore(self._connections)
        async with trio.SocketListener(trio.socket.from_stdlib_socket(loopback.listener)) as listener:
            while True:
                await places.acquire()
                try:
                    stream = await listener.accept()
                except OSError as error:
                    places.release()
                    if error.errno not in FULL:
                        raise
                    await trio.sleep(FULL_SECONDS)
                else:
                    nursery.start_soon(self._serve, stream, application, places)

    async def _serve(self, stream: trio.SocketStream, application: ASGIWrapper, places: trio.Semaphore) -> None:
        line = Line(stream, application, self._config, self._context)
        self._lines.add(line)
        try:
            await line.run()
        except Exception as error:  # noqa: BLE001 - one connection's fault ends nothing else
            self._hosting.report("a connection failed", error)
        finally:
            self._lines.discard(line)
            places.release()
            self._empty.set()

    async def _left(self, seconds: float) -> None:
        """Wait until nobody is connected, for so long."""
        with trio.move_on_after(seconds):
            while self._lines:
                self._empty = trio.Event()
                await self._empty.wait()

    @staticmethod
    def _cut(lines: list[Line] | set[Line]) -> None:
        for line in tuple(lines):
            line.cut()
