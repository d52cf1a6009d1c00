"""Finds out what effects have to know of whole clips, before any frame of them is rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from sidecar.effects.analyses import FRAMES, analysed, question, wanted
from sidecar.ffmpeg.builder.catalogue import Analysis
from sidecar.ffmpeg.builder.command import Command
from sidecar.ffmpeg.builder.staged import Stages
from sidecar.ffmpeg.executor import execute

if TYPE_CHECKING:
    from sidecar.services.render.produce import Bench


async def with_analyses(stages: Stages, bench: Bench) -> Stages:
    """Make the analyses that a render needs and return its stages with them. Raises the typed errors of execution."""
    resources = stages.resources
    for number, asked in enumerate(wanted(stages.timeline, resources.catalogue)):
        if asked.pointer in resources.analyses:
            continue
        built = await trio.to_thread.run_sync(question, asked, stages.timeline, resources)
        if built is None:
            continue
        table = await answer(asked.analysis, built[0], built[1], bench, f"analyse-{number}")
        resources = replace(resources, analyses={**resources.analyses, asked.pointer: table})
    return replace(stages, resources=resources)


async def answer(analysis: Analysis, command: Command, size: tuple[int, int], bench: Bench, name: str) -> bytes:
    """Run one analysis: write the frames in grey, of `size`, then go through them; can be cancelled between some."""
    work = bench.folder / name
    work.mkdir(mode=0o700)
    await execute(
        command,
        toolchain=bench.toolchain,
        supervisor=bench.supervisor,
        work=work,
        role="analyse",
        tag=bench.tag,
    )
    pieces = analysed(analysis, work / FRAMES, size)
    table: list[bytes] = []
    while (piece := await trio.to_thread.run_sync(_next, pieces)) is not None:
        table.append(piece)
    await trio.to_thread.run_sync(Path.unlink, work / FRAMES)
    return b"".join(table)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)
