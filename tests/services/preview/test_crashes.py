"""Decoders that die while frames are composed are not seen."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from sidecar.services.preview.decoding.crew import ROLE
from tests.harness.media import read_number
from tests.services.preview.showing import film, numbered, played, screen

LARGE = (768, 384)
"""Of pictures of this size a pipe holds two."""


async def test_stepping_goes_on(tmp_path: Path) -> None:
    path = numbered(tmp_path, size=LARGE)
    async with screen(tmp_path) as opened:
        project = await opened.open(film(played(path), width=LARGE[0], height=LARGE[1]))
        shown, killed = [], 0
        for frame in range(30):
            picture = await opened.picture(project, frame, view="a")
            shown.append(read_number(picture[..., 1]))
            if frame in (6, 17):
                supervisor = opened.desk.services.supervisor
                for child in supervisor.children():
                    if child.role == ROLE:
                        os.kill(child.pid, signal.SIGKILL)
                        killed += 1
        assert shown == list(range(30))
        assert killed == 2
