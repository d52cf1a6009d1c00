"""Pictures that keep their size change their colours in less time, and come out as those that do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from sidecar.ffmpeg.builder.graph import Stream, node
from sidecar.ffmpeg.builder.picture.convert import RGB, YUV, convert, recolored
from sidecar.ffmpeg.builder.sidefiles import SideFiles
from tests.ffmpeg.picture.planes import through
from tests.harness.media import make_clip
from tests.services.render.studio import file, project, studio

SIZE = (96, 64)


def noise(pixel_format: str) -> NDArray[Any]:
    """Two frames of soft noise, and its hard edges."""
    chroma = 2 if pixel_format == "yuv420p" else 1
    random = np.random.default_rng(3)
    frames = []
    for _ in range(2):
        planes = [random.integers(16, 236, (8, 12)).repeat(8, 0).repeat(8, 1)]
        planes += [random.integers(16, 241, (8, 12)).repeat(8 // chroma, 0).repeat(8 // chroma, 1) for _ in range(2)]
        frames.append(np.concatenate([plane.astype("u1").ravel() for plane in planes]))
    return np.stack(frames)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
@pytest.mark.parametrize("span", ["limited", "full"])
@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
def test_the_same_to_a_level(
    pixel_format: str, span: Literal["limited", "full"], matrix: Literal["bt601", "bt709"], tmp_path: Path
) -> None:
    color = replace(YUV, matrix=matrix, range=span)
    frames = noise(pixel_format)

    def slowly(stream: Stream, _files: SideFiles) -> Stream:
        return convert(stream, "gbrp", color=color)

    def quickly(stream: Stream, _files: SideFiles) -> Stream:
        return recolored(stream, "gbrp", color=color)

    slow, quick = (through(frames, pixel_format, build, "gbrp", tmp_path, size=SIZE) for build in (slowly, quickly))
    # What lies far above the brightest swscale takes for the darkest.
    wrapped = (slow == 0) & (quick == 1)
    off = np.abs(slow - quick)[~wrapped] * 255
    assert off.max() < 1.01
    assert off.mean() < 0.1
    assert wrapped.mean() < 0.001


@pytest.mark.parametrize("field", ["tff", "bff"])
def test_frames_of_two_fields_are_taken_as_whole_pictures(field: str, tmp_path: Path) -> None:
    """As swscale takes them: where chroma of a field lies would move it by a part of a line."""
    color = replace(YUV, matrix="bt601")
    frames = noise("yuv420p")

    def slowly(stream: Stream, _files: SideFiles) -> Stream:
        return convert(node("setfield", stream, mode=field), "gbrp", color=color)

    def quickly(stream: Stream, _files: SideFiles) -> Stream:
        return recolored(node("setfield", stream, mode=field), "gbrp", color=color)

    slow, quick = (through(frames, "yuv420p", build, "gbrp", tmp_path, size=SIZE) for build in (slowly, quickly))
    wrapped = (slow == 0) & (quick == 1)
    assert (np.abs(slow - quick)[~wrapped] * 255).max() < 1.01


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p"])
def test_back_to_what_is_encoded(pixel_format: str, tmp_path: Path) -> None:
    frames = np.random.default_rng(5).random((2, 3, 8, 12)).repeat(8, 2).repeat(8, 3)

    def slowly(stream: Stream, _files: SideFiles) -> Stream:
        return convert(stream, pixel_format, color=RGB)

    def quickly(stream: Stream, _files: SideFiles) -> Stream:
        return recolored(stream, pixel_format, color=RGB)

    slow, quick = (through(frames, "gbrp", build, pixel_format, tmp_path) for build in (slowly, quickly))
    assert np.abs(slow - quick).max() < 1.01
    assert np.abs(slow - quick).mean() < 0.1


async def test_films_of_pictures_that_are_graded_and_not_are_of_one_kind(tmp_path: Path) -> None:
    """HEVC keeps where chroma lies in its parameters, and those of all cells have to be the same."""
    source = make_clip(tmp_path / "clip.mp4", seconds=2, rate="25", size=(192, 96), gop=25)
    clips = [file(source, 0, 1), file(source, 1, 1, color={"brightness": 0.1})]
    export = {"video": {"codec": "hevc"}}
    async with studio(tmp_path / "home") as desk:
        job = await desk.finish(project(*clips, width=192, height=96, export=export), tmp_path / "film.mp4")
    assert job.state == "completed", job.error
