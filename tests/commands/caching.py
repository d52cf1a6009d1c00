"""Services with a cache, asked by their commands, and entries put into it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from tests.commands.test_render import asks
from tests.harness.patience import PATIENCE
from tests.services.cache.shelf import content_of, key_of
from tests.services.render.studio import Studio, studio


@asynccontextmanager
async def desk_of(tmp_path: Path) -> AsyncIterator[tuple[Studio, Any]]:
    with trio.fail_after(PATIENCE):
        async with studio(tmp_path) as desk:
            yield desk, asks(desk)


async def publish(desk: Studio, name: str, kind: Any = "waveforms", **labels: Any) -> None:
    store = desk.services.cache
    made = store.scratch / name
    made.write_bytes(content_of(key_of(name), 1000))
    kept = await store.publish(kind, key_of(name), made, **labels)
    assert kept is not None
    kept.release()


async def find(desk: Studio, name: str, kind: Any = "waveforms") -> bool:
    found = await desk.services.cache.find(kind, key_of(name))
    if found is not None:
        found.release()
    return found is not None
