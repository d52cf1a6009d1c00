"""The site on a real socket, in this process, with the table of commands of the transport's tests behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio

from protocol.commands.metrics import MetricsPage
from protocol.errors import SidecarError
from sidecar.commands.call import Peer
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.store import CacheStore
from sidecar.services.loopback import Scraping
from sidecar.services.monitoring.readiness import Reason
from sidecar.services.resources import Resources
from sidecar.transport.http import line as lines
from sidecar.transport.http.hosting import Hosting
from sidecar.transport.http.server import CONNECTIONS, Server
from sidecar.transport.limiters import Limiters
from tests.harness.patience import PATIENCE
from tests.services.cache.shelf import open_store
from tests.transport.table import HANDLERS, FakeServices

MEMORY = 4 << 20


@dataclass
class FakeMonitoring:
    """Answers what tests say, once it has begun; `asked` is how often."""

    begun: bool = False
    error: SidecarError | None = None
    reasons: list[Reason] = field(default_factory=list)
    gate: trio.Event | None = None
    asked: list[str] = field(default_factory=list)

    async def page(self, form: str) -> MetricsPage:
        self.asked.append(form)
        await self._opened()
        if self.error is not None:
            raise self.error
        return MetricsPage(content_type=f"{form}/plain", text="up 1\n")

    async def _opened(self) -> None:
        if self.gate is not None:
            await self.gate.wait()

    async def ready(self) -> list[Reason]:
        self.asked.append("ready")
        await self._opened()
        return self.reasons


@dataclass
class SiteServices(FakeServices):
    """Services that also have something to fetch, and to watch."""

    monitoring: FakeMonitoring = field(default_factory=FakeMonitoring)
    memory: MemoryTier = field(default_factory=lambda: MemoryTier(MEMORY))
    cache: CacheStore | None = None

    def __post_init__(self) -> None:
        self.resources = Resources(self.loopback, lambda: self.memory, self._cache, lambda: b"s" * 32)

    def _cache(self) -> CacheStore:
        assert self.cache is not None
        return self.cache


@dataclass(frozen=True, slots=True)
class Site:
    """A running site. `closed` is set once its server has returned."""

    services: SiteServices
    server: Server
    primary: Peer
    closed: trio.Event

    @property
    def port(self) -> int:
        return self.services.loopback.port

    @property
    def token(self) -> str:
        return self.services.loopback.token

    def path_of(self, url: str) -> str:
        origin = self.services.loopback.origin
        assert url.startswith(f"{origin}/r/")
        return url.removeprefix(origin)


@asynccontextmanager
async def open_site(
    folder: Path,
    *,
    origins: Iterable[str] = (),
    front: Path | None = None,
    connections: int = CONNECTIONS,
    header_seconds: float = PATIENCE,
    scraping: Scraping | None = None,
) -> AsyncIterator[Site]:
    """Serve while the block lasts; faults of the site's own fail the test. No client is too slow, unless it is said."""
    with open_store(folder / "cache") as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "HEADER_SECONDS", header_seconds)
        services = SiteServices(cache=store)
        services.scraping = scraping or services.scraping
        services.loopback.allow(origins)
        primary = Peer(wake=_nothing, drain=_never, quit=_nothing, phase="ready")
        hosting = Hosting(services, HANDLERS, Limiters(), primary, front)
        async with trio.open_nursery() as nursery:
            server = Server(hosting, connections)
            site = Site(services, server, primary, trio.Event())

            async def serve() -> None:
                await server.run()
                site.closed.set()

            nursery.start_soon(serve)
            nursery.start_soon(services.resources.tend)
            yield site
            nursery.cancel_scope.cancel()
        services.loopback.close()
        services.resources.close()
        assert [line for line in services.log.lines if line["level"] == "error"] == []


def _nothing() -> None:
    """Nobody listens."""


async def _never() -> None:
    """Nothing is in flight."""
