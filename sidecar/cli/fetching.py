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
    """Return the bytes of a resource, without HTTP: it is this process that offers them."""
    with await _opened(engine, resource) as content:
        return await content.source.read(0, content.bytes)


async def saved(engine: Engine, resource: Resource, target: Path) -> int:
    """Write the bytes of a resource to a file, as `fetched` has them. Returns how many.

    Raises DiskFull and OutputUnwritable.
    """
    from sidecar.services.files import write_error  # noqa: PLC0415 - with the services, which help does not need

    content = await _opened(engine, resource)
    with content:
        try:
            async with await trio.open_file(target, "wb") as file:
                for start in range(0, content.bytes, PART):
                    await file.write(await content.source.read(start, PART))
        except OSError as error:
            raise write_error(target, error) from error
    return content.bytes


async def _opened(engine: Engine, resource: Resource) -> Content:
    content = await engine.services.resources.open(urlsplit(resource.url).path)
    if isinstance(content, str):
        raise Internal(message=f"what was just offered is {content}")
    return content
