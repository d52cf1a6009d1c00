"""Finds out what effects have to know of whole clips, before any frame of them is rendered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from sidecar.effects.analyses import FRAMES, analysed, question, wanted
from sidecar.ffmpeg.builder.catalogue import Analysis
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.staged import Stages
from sidecar.ffmpeg.executor import execute
from sidecar.services.cache.selection import source_id
from sidecar.services.render.encode_run import note_sources

if TYPE_CHECKING:
    from sidecar.services.cache.pinned import Pinned
    from sidecar.services.cache.store import CacheStore, Produce
    from sidecar.services.render.produce import Bench


async def with_analyses(
    stages: Stages, bench: Bench, store: CacheStore, scratch: Path, owners: Sequence[str]
) -> Stages:
    """Return a render's stages with the analyses that it needs: cached ones, or made now and kept.

    `scratch` is where files for the cache are made, `owners` are ids of projects. While a render is paused another that
    needs the same makes them. Raises the typed errors of execution.
    """
    resources = stages.resources
    for number, asked in enumerate(wanted(stages.timeline, resources.catalogue)):
        if asked.pointer in resources.analyses:
            continue
        built = await trio.to_thread.run_sync(question, asked, stages.timeline, resources)
        if built is None:
            continue
        asking = partial(answer, asked.analysis, *built, bench, f"analyse-{number}")
        sources = set[Path]()
        await trio.to_thread.run_sync(note_sources, built[0], sources)
        keep = partial(
            store.make,
            "analysis",
            folder=scratch,
            owners=owners,
            sources=tuple(map(source_id, sorted(sources))),
            pauses=bench.pauses,
        )
        table = await _kept(resources.analysis_keys.get(asked.pointer), keep, asking)
        resources = replace(resources, analyses={**resources.analyses, asked.pointer: table})
    return replace(stages, resources=resources)


async def _kept(
    key: str | None, keep: Callable[[str, Produce], Awaitable[Pinned]], ask: Callable[[], Awaitable[bytes]]
) -> bytes:
    """Return what an analysis found, from the cache where it was asked before. Without a key it is asked each time."""
    if key is None:
        return await ask()

    async def produce(target: Path) -> Mapping[str, Any]:
        await trio.to_thread.run_sync(target.write_bytes, await ask())
        return {}

    with await keep(key, produce) as found:
        return await trio.to_thread.run_sync(found.path.read_bytes)


async def answer(analysis: Analysis, command: Command, size: tuple[int, int], bench: Bench, name: str) -> bytes:
    """Run one analysis: write the frames in grey, of `size`, then go through them.

    Between some it can be cancelled, and stands still while it is paused.
    """
    work = bench.folder / name
    work.mkdir(mode=0o700)
    await execute(
        command,
        toolchain=bench.toolchain,
        supervisor=bench.supervisor,
        work=work,
        role="analyse",
        tag=bench.tag,
        background=True,
        on_progress=bench.listening(),
    )
    pieces = analysed(analysis, work / FRAMES, size)
    table: list[bytes] = []
    while True:
        await bench.pauses.going()
        piece = await trio.to_thread.run_sync(_next, pieces)
        if piece is None:
            break
        table.append(piece)
    await trio.to_thread.run_sync(Path.unlink, work / FRAMES)
    return b"".join(table)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)
