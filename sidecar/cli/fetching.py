"""Takes what this process offers by URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import trio

from protocol.commands.shared import Resource
from protocol.errors import Internal
from sidecar.cli.engine import Engine

if TYPE_CHECKING:
    from sidecar.services.resources import Content

PART = 1 << 20


async def fetched(engine: Engine, resource: Resource) -> bytes:
    """Return the bytes of a resource, without HTTP: it is this process that offers it."""
    with await _opened(engine, resource) as content:
        return await content.source.read(0, content.bytes)


async def saved(engine: Engine, resource: Resource, target: Path) -> None:
    """Write the bytes of a resource, however many, to a file. Raises OSError."""
    with await _opened(engine, resource) as content:
        async with await trio.open_file(target, "wb") as file:
            for start in range(0, content.bytes, PART):
                await file.write(await content.source.read(start, PART))


async def _opened(engine: Engine, resource: Resource) -> Content:
    content = await engine.services.resources.open(urlsplit(resource.url).path)
    if isinstance(content, str):
        raise Internal(message=f"what was just offered is {content}")
    return content
