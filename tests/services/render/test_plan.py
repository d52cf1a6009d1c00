"""What a plan says of the cache, before and after renders."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from protocol.commands.render import Plan
from protocol.commands.shared import Range, When
from tests.harness.media import make_clip
from tests.services.render.studio import color, file, project, studio

pytestmark = pytest.mark.trio


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "clip.mp4"
    make_clip(path, seconds=Fraction(12), size=(64, 36), picture="testsrc2")
    return path


def states(plan: Plan) -> list[tuple[int, int, str]]:
    return [(segment.from_, segment.to, segment.state) for segment in plan.segments]


def film(clip: Path, at: float = 1, **members: Any) -> dict[str, Any]:
    export = {"audio": None, "video": {"preset": "fastest", "copy": "off"}}
    return project(file(clip, at, 8, **members), export=export)


async def test_a_plan_knows_what_renders_have_left(tmp_path: Path, clip: Path) -> None:
    async with studio(tmp_path) as desk:
        first = await desk.plan(film(clip))
        assert states(first) == [(0, 25, "waiting"), (25, 125, "waiting"), (125, 225, "waiting")]
        assert (first.plan.segments, first.plan.cached, first.plan.copied, first.plan.encode) == (3, 0, 0, 3)
        assert first.plan.frames_to_encode == first.plan.frames == 225
        assert (first.plan.estimated_seconds, first.plan.estimated_bytes) == (None, None)
        done = await desk.finish(film(clip), tmp_path / "film.mp4")
        assert done.state == "completed", done.error
        again = await desk.plan(film(clip))
        assert {segment.state for segment in again.segments} == {"cached"}
        assert (again.key, again.plan.cached, again.plan.frames_to_encode) == (first.key, 3, 0)
        assert done.result is not None
        assert again.plan.estimated_seconds == 0
        assert again.plan.estimated_bytes == pytest.approx(done.result.bytes, rel=0.35)
        changed = await desk.plan(film(clip, color={"brightness": 0.2}))
        assert states(changed) == [(0, 25, "cached"), (25, 125, "waiting"), (125, 225, "waiting")]
        assert changed.plan.frames_to_encode == 200
        assert changed.plan.estimated_bytes == pytest.approx(done.result.bytes, rel=0.35)
        assert changed.key != first.key


async def test_moved_renamed_and_in_a_new_process_nothing_is_encoded(tmp_path: Path, clip: Path) -> None:
    async with studio(tmp_path) as desk:
        before = await desk.finish(film(clip), tmp_path / "film.mp4")
        assert before.state == "completed", before.error
    async with studio(tmp_path) as desk:
        for raw in (film(clip), film(clip, at=2.4), {**film(clip, name="n", id="i"), "name": "other", "id": "other"}):
            plan = await desk.plan(raw)
            assert (plan.plan.encode, plan.plan.frames_to_encode) == (0, 0)
        done = await desk.finish(film(clip, at=2.4), tmp_path / "moved.mp4")
        assert done.result is not None
        assert (done.result.reused.cached, done.result.reused.encoded) == (3, 0)
        assert done.result.frames == 260


async def test_a_range_takes_from_the_whole(tmp_path: Path, clip: Path) -> None:
    async with studio(tmp_path) as desk:
        assert (await desk.finish(film(clip), tmp_path / "film.mp4")).state == "completed"
        plan = await desk.plan(film(clip), Range(from_=When(time=0.4), to=When(time=5)))
        assert states(plan) == [(0, 15, "cached"), (15, 115, "cached")]


async def test_what_is_written_whole_is_one_segment(tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        plan = await desk.plan(project(color(0, 2)), video={"rateControl": "bitrate", "bitrate": 500_000})
        assert states(plan) == [(0, 50, "waiting")]
        assert (plan.plan.segments, plan.plan.encode, plan.plan.frames_to_encode) == (1, 1, 50)


async def test_the_key_is_that_of_the_file(tmp_path: Path, clip: Path) -> None:
    marked = {"markers": [{"time": 1, "name": "one", "chapter": True}]}
    async with studio(tmp_path) as desk:
        key = (await desk.plan(film(clip))).key
        same = [
            film(clip, notes="n"),
            film(clip, id="c"),
            {**film(clip), "markers": [{"time": 1, "name": "no chapter"}]},
        ]
        other = [film(clip, at=2), {**film(clip), **marked}, film(clip, fadeIn=1)]
        assert {(await desk.plan(raw)).key for raw in same} == {key}
        keys = {(await desk.plan(raw)).key for raw in other}
        keys.add((await desk.plan(film(clip), metadata={"title": "t"})).key)
        keys.add((await desk.plan(film(clip), container="mkv")).key)
        keys.add((await desk.plan(film(clip), video={"quality": 40})).key)
        keys.add((await desk.plan(film(clip), audio={})).key)
        assert len(keys - {key}) == 7
