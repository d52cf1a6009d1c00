"""Pictures do not depend on how many threads a graph has: machines differ in that, and so do previews and renders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidecar.ffmpeg.builder.render import build_render
from tests.harness.commands import output_of
from tests.harness.rendering import RESOURCES, clip, project, timeline_of

EFFECTS: dict[str, dict[str, Any]] = {
    "chromaKey": {"color": "#28C828", "softness": 0.2},
    "blur": {"radius": 5},
    "glow": {},
    "vignette": {},
    "sharpen": {},
    "hue": {"angle": 40},
}


@pytest.mark.parametrize("size", [(16, 64), (18, 66)])
@pytest.mark.parametrize("name", EFFECTS)
def test_threads_change_no_pixel(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    colors = {"kind": "gradient", "shape": "linear", "colors": ["#FF2000", "#28C828", "#2000FF"], "angle": 70}
    pictured = clip(colors, 0, 0.04, effects=[{"type": name, "parameters": EFFECTS[name]}])
    timeline = timeline_of(project({"clips": [pictured]}, size=size), tmp_path)
    command = build_render(timeline, timeline.project.export, target="pipe:1", resources=RESOURCES)
    raw = replace(command.outputs[0], options=(("f", "rawvideo"),))
    made = {
        output_of(
            replace(command, outputs=(raw,), globals_=(*command.globals_, ("filter_complex_threads", threads))),
            tmp_path,
        )
        for threads in ("1", "2", "3", "8")
    }
    assert len(made) == 1
