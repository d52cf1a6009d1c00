"""Services as one connection sees them: params are decoded and results encoded as the wire does it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import trio

from sidecar.commands.call import Call, Peer
from sidecar.commands.grant import Grant
from sidecar.commands.registry import HANDLERS
from sidecar.services.container import ServiceOptions, Services, open_services
from tests.harness.patience import PATIENCE


class Desk:
    """Asks, and hears events of the subscriptions it asked for."""

    def __init__(self, services: Services, grant: Grant) -> None:
        async def nothing() -> None:
            """Nothing drains here."""

        self.services = services
        self._news = trio.Event()
        self.peer = Peer(wake=self._wake, drain=nothing, quit=lambda: None, phase="ready", grant=grant)
        self.reported: list[Any] = []

    def _wake(self) -> None:
        self._news.set()

    async def ask(self, method: str, **params: Any) -> Any:
        """Call a command; returns its result as JSON values, raises its errors."""
        handler = HANDLERS[method]
        call = Call(self.services, "trace", self.peer, self.reported.append)
        result = await handler.run(handler.decoder.decode(msgspec.json.encode(params)), call)
        return msgspec.json.decode(msgspec.json.encode(result))

    async def hear(self, until: Callable[[list[Any]], bool]) -> list[Any]:
        """Return payloads of events as they come, until enough have."""
        payloads: list[Any] = []
        while not until(payloads):
            event = next(filter(None, (each.take() for each in self.peer.subscriptions.values())), None)
            if event is None:
                self._news = trio.Event()
                await self._news.wait()
            else:
                payloads.append(msgspec.json.decode(msgspec.json.encode(event.payload)))
        return payloads


@asynccontextmanager
async def opened(folder: Path, grant: Grant | None = None, **arguments: Any) -> AsyncIterator[Desk]:
    """Open an instance whose folders lie in `folder`, with a deadline."""
    folders = {name: str(folder / name) for name in ("dataDir", "cacheDir", "tempDir")}
    options = ServiceOptions(arguments={**folders, **arguments}, environ={"SIDECAR_CONFIG_DIR": str(folder)})
    with trio.fail_after(PATIENCE):
        async with open_services(options) as services:
            yield Desk(services, grant or Grant())
