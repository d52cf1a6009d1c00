"""Services over folders of a test, asked as a client asks them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import trio

from protocol.commands.shared import Resource
from sidecar.commands.call import Call, Peer
from sidecar.commands.registry import HANDLERS
from sidecar.services.container import ServiceOptions, Services, open_services
from sidecar.services.resources import Content
from tests.harness.patience import PATIENCE


@dataclass
class Client:
    """Asks services; `told` holds what was reported of requests that asked for progress."""

    services: Services
    told: list[dict[str, Any]] = field(default_factory=list)

    async def ask(self, method: str, *, progress: bool = False, **params: Any) -> Any:
        async def nothing() -> None:
            """Nothing drains here."""

        peer = Peer(wake=lambda: None, drain=nothing, quit=lambda: None, phase="ready")
        handler = HANDLERS[method]
        decoded = handler.decoder.decode(msgspec.json.encode(params))
        report: Callable[[Any], None] | None = self.told.append if progress else None
        result = await handler.run(decoded, Call(self.services, "trace", peer, report))
        assert msgspec.json.decode(msgspec.json.encode(result), type=handler.command.result) == result
        return result

    async def fetch(self, resource: Resource) -> bytes:
        """Return the bytes that a URL stands for."""
        content = await self.services.resources.open(urlsplit(resource.url).path)
        assert isinstance(content, Content), content
        with content:
            data = await content.source.read(0, content.bytes)
        assert (len(data), content.content_type) == (resource.bytes, resource.content_type)
        return data

    def items(self) -> list[dict[str, Any]]:
        """What came as parts of the result."""
        return [item for told in self.told if told["kind"] == "items" for item in told["items"]]

    def workers(self) -> int:
        """Children that do long work."""
        return sum(child.role == "work" for child in self.services.supervisor.children())


@asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Client]:
    """Open services whose folders lie in `folder`."""
    folders = {name: str(folder / name) for name in ("dataDir", "cacheDir", "tempDir")}
    options = ServiceOptions(arguments={**folders, **settings}, environ={"SIDECAR_CONFIG_DIR": str(folder)})
    with trio.fail_after(PATIENCE):
        async with open_services(options) as services:
            yield Client(services)
