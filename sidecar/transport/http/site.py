"""The HTTP side of the process: nothing of it is imported before somebody connects or has something to fetch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import trio

from sidecar.services.loopback import Loopback
from sidecar.transport.http.hosting import Hosting

if TYPE_CHECKING:
    from sidecar.transport.http.server import Server


class Site:
    """Serves the loopback socket from the time it is bound."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self._server: Server | None = None

    async def run(self) -> None:
        """Serve until `close` has let everybody go; what goes wrong is logged. Cancelled, connections are cut off."""
        loopback = self._hosting.loopback
        await loopback.bound.wait()
        own: Loopback | None = self._hosting.services.scraping.own
        await _needed([each for each in (loopback, own) if each is not None and each.bound.is_set()], loopback.wanted)
        try:
            await self._serve()
        except Exception as error:  # noqa: BLE001 - who talks over stdio, and jobs, must not pay for it
            loopback.close()
            if own is not None:
                own.close()
            self._hosting.report("HTTP is no longer served", error)

    async def _serve(self) -> None:
        await self._hosting.services.whole()
        resources = self._hosting.services.resources
        # In a thread: it takes as long as a hundred requests over stdio. Nobody else imports the HTTP stack; what it
        # shares with others is there by now, for two threads that import one package get in each other's way.
        self._server = await trio.to_thread.run_sync(_load, self._hosting)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(resources.tend)
            await self._server.run()
            nursery.cancel_scope.cancel()

    async def close(self, grace: float) -> None:
        """Take no more connections, and end those there are: in `grace` seconds and a few more."""
        if self._server is not None:
            await self._server.close(grace)


async def _needed(listening: Sequence[Loopback], wanted: trio.Event) -> None:
    """Wait for a connection, or for something to fetch: a client that is given a URL will be here in a moment."""

    async def connected(to: Loopback, scope: trio.CancelScope) -> None:
        await trio.lowlevel.wait_readable(to.listener)
        scope.cancel()

    async with trio.open_nursery() as nursery:
        for each in listening:
            nursery.start_soon(connected, each, nursery.cancel_scope)
        await wanted.wait()
        nursery.cancel_scope.cancel()


def _load(hosting: Hosting) -> Server:
    from sidecar.transport.http.server import Server  # noqa: PLC0415 - start-up time

    return Server(hosting)
