"""Jobs from their start to whatever end, with real FFmpeg."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
import trio

from protocol.commands.render import JobsQuery, RenderStart
from protocol.commands.shared import ProjectRef, Range, When
from protocol.errors import (
    EncoderUnavailable,
    FfmpegNotFound,
    InvalidParams,
    InvalidProject,
    JobNotFound,
    JobState,
    NothingToRender,
    OutputExists,
    OutputUnwritable,
    SourceChanged,
)
from protocol.project import Export
from sidecar.services.access import ReadAccess
from tests.harness.media import make_clip, read_numbers
from tests.services.render.studio import LONG, SHORT, color, file, project, studio


async def test_a_render_ends_in_a_verified_file(tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        target = tmp_path / "film.mp4"
        started = await desk.start(SHORT, target, labels={"for": "test"})
        assert started.plan.frames == 25
        job = await desk.render.wait(started.job_id)
    assert (job.state, job.attempts, job.error, job.labels) == ("completed", 1, None, {"for": "test"})
    assert job.result is not None
    assert (job.result.path, job.result.frames, job.result.duration) == (str(target), 25, "1/1")
    assert job.result.bytes == target.stat().st_size
    assert job.result.verified.frames
    assert job.progress is not None
    assert (job.progress.fraction, job.progress.state) == (1.0, "completed")
    assert job.segments is not None
    assert [segment.state for segment in job.segments] == ["encoded"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["film.mp4"]


async def test_the_same_project_gives_the_same_bytes_and_key(tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        for name in ("one.mp4", "two.mp4"):
            assert (await desk.finish(SHORT, tmp_path / name)).state == "completed"
        assert (await desk.plan(SHORT)).key == (await desk.plan(SHORT)).key
        assert (await desk.plan(SHORT)).key != (await desk.plan(project(color(0, 1, "#804021")))).key
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


async def test_a_plan_says_what_will_be(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, rate="25")
    async with studio(tmp_path) as desk:
        plan = await desk.plan(project(file(clip, 0, 1)), frameRate="50", width=128, height=72)
        assert (plan.width, plan.height, plan.frame_rate, plan.container) == (128, 72, "50", "mp4")
        assert (plan.plan.frames, plan.plan.duration, plan.plan.segments) == (50, "1/1", 1)
        assert plan.plan.encoder.video == "libx264"
        assert plan.plan.encoder.audio is None
        assert [(source.path, len(source.clips)) for source in plan.inputs] == [(str(clip), 1)]
        part = await desk.plan(project(file(clip, 0, 1)), Range(from_=When(frame=5), to=When(time=0.6)))
        assert part.plan.frames == 10


async def test_a_range_is_rendered_alone(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=2, rate="25")
    raw = project(file(clip, 0, 2), width=192, height=96)
    async with studio(tmp_path) as desk:
        span = Range(from_=When(frame=20), to=When(frame=30))
        assert (await desk.finish(raw, tmp_path / "part.mp4", range=span)).state == "completed"
    assert read_numbers(tmp_path / "part.mp4") == list(range(20, 30))


@pytest.mark.parametrize(
    ("span", "path"),
    [
        (Range(from_=When(frame=3), to=When(frame=3)), "/range"),
        (Range(from_=When(frame=25), to=When(frame=30)), "/range/from"),
        (Range(from_=When(), to=When(frame=3)), "/range/from"),
        (Range(from_=When(frame=0, time=0), to=When(frame=3)), "/range/from"),
        (Range(from_=When(frame=0), to=When(time="1/0")), "/range/to/time"),
    ],
)
async def test_ranges_that_cannot_be(tmp_path: Path, span: Range, path: str) -> None:
    async with studio(tmp_path) as desk:
        with pytest.raises(InvalidParams) as raised:
            await desk.plan(SHORT, span)
    assert raised.value.context()["path"] == path


async def test_what_is_refused_before_anything_runs(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    async with studio(tmp_path) as desk:
        with pytest.raises(NothingToRender):
            await desk.start(project(), target)
        with pytest.raises(InvalidProject, match="range"):
            await desk.start(project(color(0, 1), export={"audio": None, "range": [0.001, 0.002]}), target)
        with pytest.raises(InvalidProject) as invalid:
            await desk.start(project(color(0, 1), color(0.5, 1), file(tmp_path / "gone.mp4", 3, 1)), target)
        with pytest.raises(InvalidProject, match="no file"):
            await desk.start(project(file(tmp_path / "gone.mp4", 3, 1)), target)
        with pytest.raises(InvalidProject):
            await desk.start(SHORT, target, export={"container": "webm", "video": {"codec": "h264"}})
        with pytest.raises(OutputUnwritable):
            await desk.start(SHORT, tmp_path / "gone" / "film.mp4")
        target.write_bytes(b"mine")
        with pytest.raises(OutputExists):
            await desk.start(SHORT, target)
        assert desk.render.jobs(JobsQuery()).jobs == []
    assert invalid.value.context()["problems"]
    assert target.read_bytes() == b"mine"


async def test_a_source_is_never_written_over(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, rate="25")
    before = clip.read_bytes()
    async with studio(tmp_path) as desk:
        with pytest.raises(OutputUnwritable, match="source"):
            await desk.start(project(file(clip, 0, 1)), clip, overwrite=True)
    assert clip.read_bytes() == before


async def test_what_a_project_is_read_from_is_never_written_over(tmp_path: Path) -> None:
    table, saved = tmp_path / "grade.cube", tmp_path / "film.json"
    table.write_text("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n")
    saved.write_bytes(
        msgspec.json.encode(project({**color(0, 1), "effects": [{"type": "lut", "parameters": {"path": str(table)}}]}))
    )
    before = {path: path.read_bytes() for path in (table, saved)}
    async with studio(tmp_path) as desk:
        for path in before:
            request = RenderStart(project=ProjectRef(path=str(saved)), output=str(path), overwrite=True)
            with pytest.raises(OutputUnwritable, match="source"):
                await desk.render.start(request, path, ReadAccess(), "trace")
    assert {path: path.read_bytes() for path in before} == before


async def test_overwrite_replaces_in_one_step(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    target.write_bytes(b"old")
    async with studio(tmp_path) as desk:
        assert (await desk.finish(SHORT, target, overwrite=True)).state == "completed"
    assert target.stat().st_size > 100


async def test_a_target_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    async with studio(tmp_path, maxJobs=1) as desk:
        blocker = await desk.start(LONG, tmp_path / "long.mp4")
        waiting = await desk.start(SHORT, target)
        assert waiting.position == 0
        target.write_bytes(b"mine")
        await desk.render.cancel(blocker.job_id)
        job = await desk.render.wait(waiting.job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.data.kind == "outputExists"
    assert target.read_bytes() == b"mine"


async def test_one_id_is_one_job(tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        first = await desk.start(SHORT, tmp_path / "one.mp4", job_id="mine")
        second = await desk.start(SHORT, tmp_path / "two.mp4", job_id="mine")
        assert (first.job_id, second.job_id, second.output) == ("mine", "mine", str(tmp_path / "one.mp4"))
        await desk.render.wait("mine")
    assert not (tmp_path / "two.mp4").exists()


async def test_jobs_start_by_priority_and_end_in_any_state(tmp_path: Path) -> None:
    async with studio(tmp_path, maxJobs=1) as desk:
        running = await desk.start(LONG, tmp_path / "long.mp4")
        await desk.running(running.job_id)
        low = await desk.start(SHORT, tmp_path / "low.mp4", priority=-1)
        high = await desk.start(SHORT, tmp_path / "high.mp4", priority=5)
        dropped = await desk.start(SHORT, tmp_path / "dropped.mp4")
        listing = desk.render.jobs(JobsQuery(limit=2))
        assert (listing.running, listing.queued, listing.limit) == (1, 3, 1)
        assert [job.job_id for job in listing.jobs] == [dropped.job_id, high.job_id]
        assert listing.next == high.job_id
        rest = desk.render.jobs(JobsQuery(after=listing.next))
        assert [job.job_id for job in rest.jobs] == [low.job_id, running.job_id]
        assert [desk.render.job(each.job_id).position for each in (high, dropped, low)] == [0, 1, 2]
        assert (await desk.render.cancel(dropped.job_id)).state == "cancelled"
        cancelled = await desk.render.cancel(running.job_id)
        assert (cancelled.state, cancelled.position) == ("cancelled", None)
        ended = [await desk.render.wait(each.job_id) for each in (high, low)]
        assert [job.state for job in ended] == ["completed", "completed"]
        assert (ended[0].started_at or "") <= (ended[1].started_at or "")
        assert [job.job_id for job in desk.render.jobs(JobsQuery(states=["cancelled"])).jobs] == [
            dropped.job_id,
            running.job_id,
        ]
        with pytest.raises(JobState):
            await desk.render.cancel(running.job_id)
        with pytest.raises(JobNotFound):
            desk.render.job("gone")
        with pytest.raises(JobNotFound):
            desk.render.jobs(JobsQuery(after="gone"))
    assert {path.name for path in tmp_path.glob("*.mp4")} == {"high.mp4", "low.mp4"}


async def test_ended_jobs_beyond_those_kept_are_forgotten(tmp_path: Path) -> None:
    async with studio(tmp_path, keepFinishedJobs=1) as desk:
        for name in ("one", "two"):
            await desk.finish(SHORT, tmp_path / f"{name}.mp4", job_id=name)
        assert [job.job_id for job in desk.render.jobs(JobsQuery()).jobs] == ["two"]


async def test_a_job_that_is_not_kept_is_still_answered(tmp_path: Path) -> None:
    async with studio(tmp_path, keepFinishedJobs=0) as desk:
        job = await desk.start(LONG, tmp_path / "long.mp4")
        await desk.running(job.job_id)
        assert (await desk.render.cancel(job.job_id)).state == "cancelled"
        assert (await desk.finish(SHORT, tmp_path / "short.mp4")).state == "completed"
        assert desk.render.jobs(JobsQuery()).jobs == []


async def test_leaving_ends_what_runs(tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        job = await desk.start(LONG, tmp_path / "long.mp4")
        await desk.running(job.job_id)
    assert list(tmp_path.glob("*.mp4")) == []
    assert list(tmp_path.glob(".*.part")) == []


async def test_a_source_that_changes_is_planned_once_more(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, rate="25", size=(96, 64))
    async with studio(tmp_path, maxJobs=1) as desk:
        blocker = await desk.start(LONG, tmp_path / "long.mp4")
        job = await desk.start(project(file(clip, 0, 1)), tmp_path / "film.mp4")
        os.utime(clip, ns=(1, 1))
        await desk.render.cancel(blocker.job_id)
        ended = await desk.render.wait(job.job_id)
    assert (ended.state, ended.attempts) == ("completed", 2)


async def test_a_source_that_keeps_changing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, rate="25", size=(96, 64))
    async with studio(tmp_path) as desk:

        async def another(_: Path) -> str:
            await trio.lowlevel.checkpoint()
            return "never the same"

        monkeypatch.setattr(type(desk.services.media), "fingerprint", lambda _, path: another(path))
        ended = await desk.finish(project(file(clip, 0, 1)), tmp_path / "film.mp4")
    assert (ended.state, ended.attempts) == ("failed", 2)
    assert ended.error is not None
    assert ended.error.code == SourceChanged.code
    assert list(tmp_path.glob("film*")) == []


async def test_a_source_that_vanishes_fails(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, rate="25", size=(96, 64))
    async with studio(tmp_path, maxJobs=1) as desk:
        blocker = await desk.start(LONG, tmp_path / "long.mp4")
        job = await desk.start(project(file(clip, 0, 1)), tmp_path / "film.mp4")
        clip.unlink()
        await desk.render.cancel(blocker.job_id)
        ended = await desk.render.wait(job.job_id)
    assert ended.state == "failed"
    assert ended.error is not None
    assert ended.error.data.kind == "mediaNotFound"


async def test_a_fault_of_ours_is_internal_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sidecar.services.render.run.verify_delivery", broken)
    async with studio(tmp_path) as desk:
        ended = await desk.finish(SHORT, tmp_path / "film.mp4")
        lines = desk.services.log.trace("trace").lines
    assert ended.state == "failed"
    assert ended.error is not None
    assert ended.error.data.kind == "internal"
    assert "ZeroDivisionError" not in ended.error.message
    assert any("ZeroDivisionError" in str(line) for line in lines)
    assert list(tmp_path.glob(".*.part")) == []


async def test_a_temp_folder_that_went_is_a_failure_of_the_job_only(tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        desk.services.folders.temp.rmdir()
        ended = await desk.finish(SHORT, tmp_path / "film.mp4")
        assert ended.state == "failed"
        desk.services.folders.temp.mkdir()
        assert (await desk.finish(SHORT, tmp_path / "film.mp4")).state == "completed"


async def test_without_ffmpeg_nothing_starts(tmp_path: Path) -> None:
    async with studio(tmp_path, ffmpegPath=str(tmp_path / "none")) as desk:
        assert desk.services.tools.current() is None
        with pytest.raises(FfmpegNotFound):
            await desk.start(SHORT, tmp_path / "film.mp4")


async def test_an_encoder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def encoders(_: Export) -> tuple[str | None, str | None]:
        return "libnone", None

    monkeypatch.setattr("sidecar.services.render.planner.encoders_of", encoders)
    async with studio(tmp_path) as desk:
        with pytest.raises(EncoderUnavailable):
            await desk.start(SHORT, tmp_path / "film.mp4")
