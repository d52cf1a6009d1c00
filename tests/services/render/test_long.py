"""Thousands of clips: validated and planned with bounded memory, shared out so that no process is given too much."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
import trio

from protocol.commands.shared import ProjectRef
from sidecar.ffmpeg.builder.command import arguments
from sidecar.ffmpeg.builder.staged import MAX_FILTERS, MAX_INPUTS
from sidecar.services.projects import Scope
from sidecar.services.render.cells import run_job
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE
from tests.services.render.studio import color, file, project, studio

FIXED, EACH = 60 * 2**20, 34 * 2**10
"""Bytes that planning may add at all, and for each clip: the plan itself holds one struct a clip."""


async def test_two_thousand_clips(tmp_path: Path) -> None:
    await check(tmp_path, 2_000)


@pytest.mark.soak
async def test_ten_thousand_clips(tmp_path: Path) -> None:
    await check(tmp_path, 10_000)


async def check(folder: Path, count: int) -> None:
    source = make_clip(folder / "clip.mp4", seconds=1)
    clips = [
        file(source, n * 0.4, 0.4, sourceStart=0.2) if n % 50 == 0 else color(n * 0.4, 0.4, f"#{n * 7919 % 2**24:06X}")
        for n in range(count)
    ]
    raw = project(*clips)
    async with studio(folder) as desk:
        before = psutil.Process().memory_info().rss
        with trio.fail_after(3 * PATIENCE):
            found = await desk.services.projects.validate(ProjectRef(inline=raw), Scope(), check_read=Path)
            planned = await desk.services.commands.planner.plan(ProjectRef(inline=raw), {}, None, Path)
        assert found.valid, found.problems
        assert psutil.Process().memory_info().rss - before < FIXED + EACH * count
    assert planned.frames == count * 10
    cells, stages = planned.cells, planned.stages
    assert [cell.end for cell in cells[:-1]] == [cell.first for cell in cells[1:]]
    assert (cells[0].first, cells[-1].end) == (0, count * 10)
    for cell in cells[:: len(cells) // 20]:
        run = run_job((cell,), stages.timeline, stages.export, stages.resources)
        built = arguments(run.encoder(("-",)))
        assert built.filters <= MAX_FILTERS
        assert built.inputs <= MAX_INPUTS
