"""Accepts connections and serves them until it is told to stop."""

from __future__ import annotations

import errno
from typing import Any

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.trio.worker_context import WorkerContext

from sidecar.transport.finish import ANSWER_SECONDS
from sidecar.transport.http.application import application
from sidecar.transport.http.hosting import Ending, Hosting
from sidecar.transport.http.line import Line, settings

CONNECTIONS = 64
"""At once. More wait to be accepted; time limits see to it that those before them end."""

FULL = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
FULL_SECONDS = 0.1
"""Between attempts to accept while the system is out of what a connection takes."""


class Server:
    """All connections of the site."""

    def __init__(self, hosting: Hosting, connections: int = CONNECTIONS) -> None:
        self._hosting = hosting
        self._sessions: set[Ending] = set()
        app: Any = application(hosting, self._sessions)
        self._application = ASGIWrapper(app)
        self._config = settings()
        self._context = WorkerContext(None)
        self._lines: set[Line] = set()
        self._places = trio.Semaphore(connections)
        self._accepting = trio.CancelScope()
        self._empty = trio.Event()

    async def run(self) -> None:
        """Accept until `close`, serve until all have left; cancelled, connections are cut off."""
        listener = trio.SocketListener(trio.socket.from_stdlib_socket(self._hosting.loopback.listener))
        async with trio.open_nursery() as nursery, listener:
            with self._accepting:
                await self._accept(listener, nursery)

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

    async def _accept(self, listener: trio.SocketListener, nursery: trio.Nursery) -> None:
        while True:
            await self._places.acquire()
            try:
                stream = await listener.accept()
            except OSError as error:
                self._places.release()
                if error.errno not in FULL:
                    raise
                await trio.sleep(FULL_SECONDS)
            else:
                nursery.start_soon(self._serve, stream)

    async def _serve(self, stream: trio.SocketStream) -> None:
        line = Line(stream, self._application, self._config, self._context)
        self._lines.add(line)
        try:
            await line.run()
        except Exception as error:  # noqa: BLE001 - one connection's fault ends nothing else
            self._hosting.report("a connection failed", error)
        finally:
            self._lines.discard(line)
            self._places.release()
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
