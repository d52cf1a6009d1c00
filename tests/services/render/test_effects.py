"""Effects that need more than frames: an analysis of a whole clip, and files that projects name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from protocol.commands.shared import ProjectRef
from protocol.errors import InvalidProject
from sidecar.effects.cube import Cube, read_cube
from sidecar.effects.motion import measure, read_steps
from sidecar.effects.picture.lut import SAMPLE
from sidecar.services.projects import Scope
from tests.harness.media import make_clip
from tests.services.render.studio import file, project, studio

HOSTILE = (
    "plain.cube",
    "-y.cube",
    "a b'c\\d:e,f;g[h]=i.cube",
    "movie=canary.txt.cube",
    "http://127.0.0.1/x.cube".replace("/", "\u2215"),
    "%d %s $(touch canary).cube",
    "naïve 名前 🎬.cube",
)
EXACT = {"audio": None, "container": "mkv", "video": {"codec": "ffv1"}}
SHAKEN = "crop=iw-16:ih-16:8+6*sin(n*2.1):8+5*cos(n*1.7)"


def effects(*kinds: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": kind, "parameters": parameters} for kind, parameters in kinds]


def frames_of(path: Path) -> NDArray[np.uint8]:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="gray") for frame in container.decode(video=0)])


def shake(frames: NDArray[np.uint8]) -> float:
    steps = read_steps(measure(frames.tobytes(), (frames.shape[2], frames.shape[1]), 0))
    return sum(float(np.hypot(step.x, step.y)) for step in steps[2:-2]) / len(steps)


async def test_stabilisation_calms_a_shaken_clip(tmp_path: Path) -> None:
    shaken = make_clip(
        tmp_path / "clip.mp4", seconds=2, size=(208, 144), picture="testsrc2", filters=f"noise=alls=4:allf=t,{SHAKEN}"
    )
    shape: dict[str, Any] = {"width": 192, "height": 128, "export": {**EXACT}}
    calm = effects(("stabilize", {"zoom": 1.3}))
    async with studio(tmp_path) as desk:
        plain = await desk.finish(project(file(shaken, 0, 2), **shape), tmp_path / "plain.mkv")
        done = await desk.finish(project(file(shaken, 0, 2, effects=calm), **shape), tmp_path / "calm.mkv")
        # A part of it is analysed like the whole.
        part = {**EXACT, "range": [0.8, 1.2]}
        raw = project(file(shaken, 0, 2, effects=calm), **{**shape, "export": part})
        cut = await desk.finish(raw, tmp_path / "part.mkv")
        keys = [
            (await desk.plan(project(file(shaken, 0, 2, effects=effects(("stabilize", chosen))), **shape))).key
            for chosen in ({}, {"smoothing": 1}, {"smoothing": 1})
        ]
    assert [job.state for job in (plain, done, cut)] == ["completed"] * 3, (plain.error, done.error, cut.error)
    before, after = frames_of(tmp_path / "plain.mkv"), frames_of(tmp_path / "calm.mkv")
    assert before.shape == after.shape
    assert shake(after) < 0.25 * shake(before), (shake(before), shake(after))
    assert np.array_equal(frames_of(tmp_path / "part.mkv"), after[20:30])
    assert keys[0] != keys[1] == keys[2]


async def test_a_table_is_read_whatever_its_file_is_called(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=0.4)
    canary = tmp_path / "canary.txt"
    canary.write_text("tweet")
    inverted = Cube(
        3, 2, (0.0,) * 3, (1.0,) * 3, tuple((1.0 - r, 1.0 - g, 1.0 - b) for b in (0, 1) for g in (0, 1) for r in (0, 1))
    )
    async with studio(tmp_path) as desk:
        shape: dict[str, Any] = {"width": 192, "height": 96}
        plain = await desk.finish(project(file(clip, 0, 0.4), **shape), tmp_path / "plain.mp4")
        assert plain.state == "completed"
        before = frames_of(tmp_path / "plain.mp4")
        for number, name in enumerate(HOSTILE):
            (tmp_path / name).write_bytes(inverted.written())
            raw = project(file(clip, 0, 0.4, effects=effects(("lut", {"path": str(tmp_path / name)}))), **shape)
            job = await desk.finish(raw, tmp_path / f"{number}.mp4")
            assert job.state == "completed", (name, job.error)
            after = frames_of(tmp_path / f"{number}.mp4")
            assert np.abs(after.astype(int) + before - 255).mean() < 4
    assert canary.read_text() == "tweet"


async def test_a_key_holds_what_the_file_says(tmp_path: Path) -> None:
    clip, table = make_clip(tmp_path / "clip.mp4", seconds=0.4), tmp_path / "look.cube"
    raw = project(file(clip, 0, 0.4, effects=effects(("lut", {"path": str(table)}))))
    async with studio(tmp_path) as desk:
        table.write_bytes(SAMPLE.written())
        first = (await desk.plan(raw)).key
        table.write_bytes(b"# the same, with a remark\n" + SAMPLE.written())
        assert (await desk.plan(raw)).key == first
        table.write_bytes(SAMPLE.written().replace(b"0.250000000", b"0.260000000"))
        assert (await desk.plan(raw)).key != first


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "mediaNotFound"),
        (b"", "effectInvalid"),
        (b"LUT_3D_SIZE 2\n0 0 0\n", "effectInvalid"),
        (b"\x00\xff" * 100, "effectInvalid"),
    ],
)
async def test_a_table_that_cannot_be_used_is_said(tmp_path: Path, content: bytes | None, code: str) -> None:
    clip, table = make_clip(tmp_path / "clip.mp4", seconds=0.4), tmp_path / "look.cube"
    if content is not None:
        table.write_bytes(content)
    raw = project(file(clip, 0, 0.4, effects=effects(("lut", {"path": str(table)}))))
    async with studio(tmp_path) as desk:
        with pytest.raises(InvalidProject) as refused:
            await desk.plan(raw)
        assert [problem["code"] for problem in refused.value.problems] == [code]
        found = await desk.services.projects.validate(ProjectRef(inline=raw), Scope(), check_read=Path)
    (problem,) = found.problems
    assert (problem.code, problem.pointer) == (code, "/tracks/0/clips/0/effects/0/parameters/path")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("0 0 0\n1 1 1\n", "size"),
        ("LUT_3D_SIZE two\n", "line 1"),
        ("LUT_3D_SIZE\n", "line 1"),
        ("LUT_3D_SIZE 1\n0 0 0\n", "2-65"),
        ("LUT_3D_SIZE 66\n", "2-65"),
        ("LUT_1D_SIZE 2\n0 0 0\n", "1 entries"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1\n", "line 3"),
        ("LUT_1D_SIZE 2\n0 0 nan\n1 1 1\n", "finite"),
        ("LUT_1D_SIZE 2\nmovie=x 0 0\n1 1 1\n", "line 2"),
        ("LUT_1D_SIZE 2\nDOMAIN_MAX 0 1 1\n0 0 0\n1 1 1\n", "domain"),
    ],
)
def test_a_table_is_read_strictly(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        read_cube(text.encode())


def test_a_table_is_written_as_it_was_read() -> None:
    text = b'TITLE "a; movie=b"\r\n# remark\nLUT_1D_SIZE 3\nDOMAIN_MIN -1 0 0\nDOMAIN_MAX 1 1 2e0\n0 0 0\n.5 5e-1 0.5\n1 1 1\n'
    read = read_cube(text)
    assert (read.axes, read.size, read.low, read.high) == (1, 3, (-1, 0, 0), (1, 1, 2))
    assert read_cube(read.written()) == read
    assert b"movie" not in read.written()
