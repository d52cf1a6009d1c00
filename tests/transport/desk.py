"""A connection without a wire: what is put in and what comes out, in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import trio

from sidecar.transport.dispatcher import Connection
from sidecar.transport.limiters import Limiters
from tests.harness.patience import PATIENCE
from tests.transport.table import HANDLERS, FakeServices, encoded


@dataclass
class Desk:
    """`send` puts messages in; `next` waits for one to come out."""

    connection: Connection
    services: FakeServices
    quits: list[None]
    ready: list[Any] = field(default_factory=list)

    def send(self, *bodies: bytes) -> None:
        for body in bodies:
            self.connection.receive(body)

    def call(self, method: str, params: Any = None, id: Any = 1) -> None:
        self.send(encoded(method, params, id))

    def cancel(self, id: Any) -> None:
        self.send(encoded("$/cancelRequest", {"id": id}))

    async def next(self) -> Any:
        with trio.fail_after(PATIENCE):
            while not self.ready:
                self.ready = [msgspec.json.decode(body) for body in await self.connection.outbox.take()]
        return self.ready.pop(0)

    async def answer(self, method: str, params: Any = None, id: Any = 1) -> Any:
        self.call(method, params, id)
        return await self.next()

    async def started(self, *names: str) -> None:
        with trio.fail_after(PATIENCE):
            while not set(names) <= set(self.services.started):
                await trio.lowlevel.checkpoint()

    def silent(self) -> bool:
        return not self.ready and not self.connection.outbox._bodies


@asynccontextmanager
async def open_desk(
    *, initialized: bool = True, limit: int = 256, limiters: Limiters | None = None
) -> AsyncIterator[Desk]:
    services = FakeServices()
    quits: list[None] = []
    async with trio.open_nursery() as nursery:
        connection = Connection(
            HANDLERS,
            services,
            nursery,
            limiters=limiters or Limiters(),
            log=services.log,
            meter=lambda: services.meter,
            on_quit=lambda: quits.append(None),
            in_flight_limit=limit,
        )
        if initialized:
            connection.peer.phase = "ready"
        yield Desk(connection, services, quits)
        connection.cancel_all("test over")
        nursery.cancel_scope.cancel()
