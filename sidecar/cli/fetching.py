"""Takes what this process offers by URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import trio

from protocol.commands.shared import Resource
from protocol.errors import Internal
from sidecar.cli.engine import Engine

PART = 1 << 20


async def saved(engine: Engine, resource: Resource, target: Path) -> int:
    """Write the bytes of a resource to a file, without HTTP: it is this process that offers them. Returns how many.

    Raises DiskFull and OutputUnwritable.
    """
    from sidecar.services.files import write_error  # noqa: PLC0415 - with the services, which help does not need

    content = await engine.services.resources.open(urlsplit(resource.url).path)
    if isinstance(content, str):
        raise Internal(message=f"what was just offered is {content}")
    with content:
        try:
            async with await trio.open_file(target, "wb") as file:
                for start in range(0, content.bytes, PART):
                    await file.write(await content.source.read(start, PART))
        except OSError as error:
            raise write_error(target, error) from error
    return content.bytes
