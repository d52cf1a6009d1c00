"""Writes what this process offers by URL to files of the user's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import trio

from protocol.commands.shared import Resource
from protocol.errors import Internal
from protocol.time import ExactTime
from sidecar.cli.engine import Engine

if TYPE_CHECKING:
    from sidecar.services.preview.written import Target
    from sidecar.services.resources import Content

PART = 1 << 20


def target_of(out: Path, sources: Iterable[str], *, overwrite: bool) -> Target:
    """Return a file that is to be written, refused before anything is made: what is read would be lost.

    Raises OutputExists, OutputUnwritable.
    """
    from sidecar.services.preview.written import Target  # noqa: PLC0415 - with the services, which help does not need

    target = Target(out, overwrite)
    target.check(sources)
    return target


async def saved(engine: Engine, resource: Resource, target: Target) -> int:
    """Write a resource as `written` does, without HTTP: it is this process that offers it. Returns how many bytes."""
    content = await engine.services.resources.open(urlsplit(resource.url).path)
    if isinstance(content, str):
        raise Internal(message=f"what was just offered is {content}")
    with content:
        await written(target, _parts(content))
    return content.bytes


async def saved_each(
    engine: Engine, pictures: Sequence[tuple[ExactTime, Resource | None]], folder: Path, suffix: str, *, overwrite: bool
) -> int:
    """Write pictures into a folder, made where it is missing, each by its number and time; returns how many bytes.

    Nothing is written where one of them is refused. Raises what `target_of` and `saved` do.
    """
    from sidecar.services.files import write_error  # noqa: PLC0415 - with the services, which help does not need

    try:
        await trio.to_thread.run_sync(lambda: folder.mkdir(parents=True, exist_ok=True))
    except OSError as error:
        raise write_error(folder, error) from error
    wanted = [
        (picture, target_of(folder / f"{number:04d}-{float(Fraction(time)):.3f}{suffix}", (), overwrite=overwrite))
        for number, (time, picture) in enumerate(pictures, 1)
        if picture is not None
    ]
    return sum([await saved(engine, picture, target) for picture, target in wanted])


async def written(target: Target, parts: AsyncIterator[bytes]) -> None:
    """Write all of it beside the target and then put it there; broken off, nothing is left of it.

    Raises OutputExists, OutputUnwritable, DiskFull.
    """
    from sidecar.services.files import write_error  # noqa: PLC0415 - with the services, which help does not need
    from sidecar.services.render.publish import part_path, publish  # noqa: PLC0415 - with the services

    target.check()
    part = part_path(target.path, uuid4().hex[:12])
    try:
        try:
            async with await trio.open_file(part, "xb") as file:
                async for piece in parts:
                    await file.write(piece)
        except OSError as error:
            raise write_error(target.path, error) from error
        publish(part, target.path, overwrite=target.overwrite)
    finally:
        # Published, it is gone.
        part.unlink(missing_ok=True)


async def _parts(content: Content) -> AsyncIterator[bytes]:
    for start in range(0, content.bytes, PART):
        part = await content.source.read(start, min(PART, content.bytes - start))
        if not part:
            raise Internal(message="less is there than was just offered")
        yield part
