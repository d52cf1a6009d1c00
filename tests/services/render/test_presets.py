"""Presets render, and plans say what a platform does not take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest

from protocol.commands.render import Platform, RenderPlan
from protocol.commands.shared import ProjectRef
from protocol.project.check import check
from sidecar.services.render.platforms import LIMITS
from sidecar.services.render.presets import PRESETS
from tests.harness.media import make_clip
from tests.services.render.studio import color, file, project, studio

WHOLE = [preset.id for preset in PRESETS]


@pytest.mark.parametrize("preset", PRESETS, ids=WHOLE)
def test_a_preset_alone_gives_no_problem(preset: Any) -> None:
    raw = project(color(0, 1), export=preset.export)
    assert [problem.code for problem in check(raw).problems] == []


async def test_every_preset_renders(tmp_path: Path) -> None:
    # One picture that stands would be encoded for four seconds, in 4K too.
    moving = make_clip(tmp_path / "moving.mp4", size=(64, 36), picture="testsrc2")
    async with studio(tmp_path) as desk:
        assert [each.id for each in desk.render.presets(None)] == WHOLE
        for preset in desk.render.presets(None):
            container = preset.export["container"]
            assert preset in desk.render.presets(container)
            target = tmp_path / (preset.id if container == "png" else f"{preset.id}.{container}")
            raw = project(file(moving, 0, 0.08), export={})
            ended = await desk.finish(raw, target, export=preset.export, platform=preset.platform)
            assert ended.error is None, (preset.id, ended.error)
            assert ended.result is not None
            assert [each.code for each in ended.result.warnings] == [], preset.id
            if preset.export.get("video", {}) and container not in ("png", "webp"):
                with av.open(str(target)) as written:
                    stream = written.streams.video[0]
                    size = preset.export.get("width", 64), preset.export.get("height", 36)
                    assert (stream.width, stream.height) == size, preset.id


CASES: list[tuple[Platform, float, dict[str, Any], list[str]]] = [
    ("x", 140, {"width": 1920, "height": 1080}, []),
    ("x", 140.04, {"width": 1920, "height": 1080}, ["/export/range"]),
    ("x", 1, {"width": 3840, "height": 2160}, ["/export/width"]),
    ("x", 1, {"width": 1080, "height": 1920, "frameRate": "120"}, ["/export/frameRate"]),
    (
        "x",
        1,
        {"video": {"codec": "hevc", "rateControl": "bitrate", "bitrate": 30_000_000}},
        ["/export/video/maxBitrate", "/export/video/codec"],
    ),
    ("x", 1, {"container": "mkv"}, ["/export/container"]),
    ("youtube-shorts", 180, {"width": 1080, "height": 1920}, []),
    ("youtube-shorts", 181, {"width": 1920, "height": 1080}, ["/export/range", "/export/width"]),
    ("discord", 1, {"video": {"rateControl": "size", "sizeLimit": 10_000_000}}, []),
    ("discord", 1, {"video": {"rateControl": "size", "sizeLimit": 10_000_001}}, ["/export/video/sizeLimit"]),
    ("telegram", 4_000, {"video": {"rateControl": "bitrate", "bitrate": 5_000_000}}, ["/export/video/sizeLimit"]),
    ("vimeo", 4_000, {"video": {"rateControl": "bitrate", "bitrate": 5_000_000}}, []),
    ("youtube", 43_201, {"video": {"rateControl": "bitrate", "bitrate": 1_000_000}}, ["/export/range"]),
]


async def test_a_plan_says_what_a_platform_does_not_take(tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        for platform, seconds, export, pointers in CASES:
            ref = ProjectRef(inline=project(color(0, seconds)))
            plan = await desk.render.plan(RenderPlan(project=ref, export=export, platform=platform), Path)
            found = [problem for problem in plan.problems if problem.code == "platformLimit"]
            assert [problem.pointer for problem in found] == pointers, (platform, seconds, export)
            assert {problem.severity for problem in found} <= {"warning"}
            silent = await desk.render.plan(RenderPlan(project=ref, export=export), Path)
            assert "platformLimit" not in [problem.code for problem in silent.problems], "nobody asked"


def test_every_platform_of_a_preset_has_limits() -> None:
    assert {preset.platform for preset in PRESETS} - {None} == set(LIMITS)
