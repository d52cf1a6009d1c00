"""Whoever watches a job hears that it goes on, also where no progress of its file is told."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import trio

from sidecar.ffmpeg.supervisor import open_supervisor
from sidecar.ffmpeg.toolchain import locate
from sidecar.services.render.produce import Bench, run_command
from sidecar.services.render.soundtrack import measure
from tests.harness.media import make_clip
from tests.harness.patience import PATIENCE


async def test_a_pass_that_only_measures_gets_on(tmp_path: Path) -> None:
    clip, heard = make_clip(tmp_path / "clip.mp4", seconds=2, audio="stereo"), list[None]()
    with trio.fail_after(PATIENCE):
        async with open_supervisor() as supervisor:
            bench = Bench(supervisor, locate(None, os.environ), tmp_path, "job", advanced=lambda: heard.append(None))
            assert await measure(clip, 1, partial(run_command, bench=bench)) is not None
    assert heard
