"""Jobs through cells, with real FFmpeg: the same bytes whatever happens on the way, and nothing made twice."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio

from protocol.commands.render import Job, RenderProgress
from sidecar.ffmpeg.supervisor import Child, Supervisor
from tests.harness.media import make_clip, read_numbers
from tests.harness.patience import PATIENCE
from tests.harness.spawned import stopped
from tests.services.render.studio import Studio, color, file, project, studio

SECONDS = 14


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("media") / "clip.mp4", seconds=SECONDS, rate="25", size=(192, 96))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that keeps an encoder busy for some seconds."""
    folder = tmp_path_factory.mktemp("busy")
    return make_clip(folder / "busy.mp4", picture="mandelbrot", seconds=SECONDS, rate="25", size=(320, 180))


def cut(clip: Path, **members: Any) -> dict[str, Any]:
    """Four cells: two and a half of the clip, an edit, the rest of it."""
    clips = [file(clip, 0, 10), file(clip, 10, 4, sourceStart=8)]
    return project(*clips, width=192, height=96, **members)


def slow(busy: Path) -> dict[str, Any]:
    return project(file(busy, 0, 12), width=320, height=180, export={"audio": None, "video": {"preset": "medium"}})


def long(busy: Path) -> dict[str, Any]:
    """What nobody waits for: thousands of frames."""
    return slow(busy) | {"tracks": [{"kind": "video", "clips": [file(busy, 0, 240, speed=0.05)]}]}


def states(job: Job) -> list[str]:
    assert job.segments is not None
    return [segment.state for segment in job.segments]


async def test_cells_give_way_to_the_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = make_clip(tmp_path / "film.mp4", seconds=2, rate="25", size=(192, 96), audio="stereo")
    begun: dict[str, bool] = {}
    spawn = Supervisor.spawn

    async def noted(self: Supervisor, argv: Sequence[str | Path], **others: Any) -> Child:
        encoder = {"libx264", "aac"} & set(map(str, argv))
        begun.update(dict.fromkeys(encoder, others.get("last", False)))
        return await spawn(self, argv, **others)

    monkeypatch.setattr(Supervisor, "spawn", noted)
    heard = project(file(film, 0, 2), export={"audio": {"codec": "aac"}})
    async with studio(tmp_path) as desk:
        job = await desk.finish(heard, tmp_path / "one.mp4")
    assert job.state == "completed"
    assert begun == {"libx264": True, "aac": False}


async def test_what_was_made_once_is_not_made_again(tmp_path: Path, clip: Path) -> None:
    async with studio(tmp_path) as desk:
        first = await desk.finish(cut(clip), tmp_path / "one.mp4")
        again = await desk.finish(cut(clip), tmp_path / "two.mp4")
        moved = await desk.finish(project(file(clip, 0, 10), width=192, height=96), tmp_path / "part.mp4")
    assert (first.state, again.state, moved.state) == ("completed",) * 3
    assert first.result is not None
    assert again.result is not None
    assert first.result.reused.encoded == first.plan.segments == len(states(first)) >= 4
    assert (again.result.reused.cached, again.result.reused.encoded) == (again.plan.segments, 0)
    assert again.progress is not None
    assert (again.progress.frames_cached, again.progress.frames_encoded) == (350, 0)
    assert set(states(again)) == {"cached"}
    assert set(states(moved)) == {"cached"}
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()
    assert read_numbers(tmp_path / "one.mp4") == [*range(250), *range(200, 300)]


@pytest.mark.parametrize(("workers", "most"), [(1, 1), (1, 5), (5, 5), (3, 2)])
async def test_the_same_bytes_however_cells_are_shared_out(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, workers: int, most: int
) -> None:
    target = clip.with_name("expected.mp4")
    if not target.exists():
        async with studio(tmp_path / "plain") as desk:
            assert (await desk.finish(cut(clip), target)).state == "completed"
    monkeypatch.setattr("sidecar.services.render.runs.MOST_OUTPUTS", most)
    async with studio(tmp_path / "other", workers=workers) as desk:
        ended = await desk.finish(cut(clip), tmp_path / "film.mp4")
    assert ended.result is not None
    assert ended.result.reused.cached == 0
    assert (tmp_path / "film.mp4").read_bytes() == target.read_bytes()


async def test_the_last_cells_begin_beside_those_that_have_all_places(
    tmp_path: Path, busy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidecar.services.render.runs.ENOUGH", 0.0)
    async with studio(tmp_path, workers=2) as desk:
        started = await desk.start(slow(busy), tmp_path / "film.mp4")
        with trio.fail_after(PATIENCE):
            while len(desk.services.supervisor.children(tag=started.job_id)) < 3:  # noqa: ASYNC110 - they begin when they like
                await trio.sleep(0.01)
            await desk.render.pause(started.job_id)
            await desk.render.resume(started.job_id)
            ended = await desk.render.wait(started.job_id)
        assert ended.state == "completed"
        assert (await desk.finish(cut(busy), tmp_path / "next.mp4")).state == "completed"


async def busy_child(desk: Studio, job_id: str) -> Child:
    """Wait until a process of a job has made frames, and return it."""
    with trio.fail_after(PATIENCE):
        while True:
            progress = desk.render.job(job_id).progress
            children = desk.services.supervisor.children(tag=job_id)
            if progress is not None and progress.frames_encoded > 10 and children:
                return children[0]
            await trio.sleep(0.01)


async def test_a_process_that_is_killed_is_replaced(tmp_path: Path, busy: Path) -> None:
    async with studio(tmp_path) as desk:
        started = await desk.start(slow(busy), tmp_path / "killed.mp4")
        psutil.Process((await busy_child(desk, started.job_id)).pid).send_signal(signal.SIGKILL)
        with trio.fail_after(PATIENCE):
            killed = await desk.render.wait(started.job_id)
        assert (killed.state, killed.attempts) == ("completed", 1)
        assert killed.progress is not None
        assert killed.progress.retries == 1
    async with studio(tmp_path / "other") as desk:
        assert (await desk.finish(slow(busy), tmp_path / "undisturbed.mp4")).state == "completed"
    assert (tmp_path / "killed.mp4").read_bytes() == (tmp_path / "undisturbed.mp4").read_bytes()


async def test_processes_that_always_die_end_the_job(tmp_path: Path, busy: Path) -> None:
    async with studio(tmp_path) as desk:
        started = await desk.start(slow(busy), tmp_path / "film.mp4")
        with trio.fail_after(PATIENCE):
            while not (job := desk.render.job(started.job_id)).ended_at:
                for child in desk.services.supervisor.children(tag=started.job_id):
                    child.kill()
                await trio.sleep(0.01)
        assert job.error is not None
        assert (job.state, job.error.data.kind) == ("failed", "ffmpegCrashed")
        assert "failed" in states(desk.render.job(started.job_id, segments=True))
        assert (await desk.finish(cut(busy), tmp_path / "next.mp4")).state == "completed"
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["next.mp4"]


async def test_a_cancelled_job_keeps_what_it_has_made(tmp_path: Path, busy: Path) -> None:
    async with studio(tmp_path, workers=1) as desk:
        started = await desk.start(slow(busy), tmp_path / "film.mp4")
        with trio.fail_after(PATIENCE):
            while "encoded" not in states(desk.render.job(started.job_id, segments=True)):  # noqa: ASYNC110 - told at most ten times a second
                await trio.sleep(0.01)
        await desk.render.cancel(started.job_id)
        made = states(desk.render.job(started.job_id, segments=True))
        assert list(desk.services.cache.scratch.iterdir()) == []
        resumed = await desk.finish(slow(busy), tmp_path / "film.mp4")
    assert resumed.result is not None
    assert resumed.result.reused.cached == made.count("encoded") > 0
    assert resumed.result.reused.encoded == len(made) - made.count("encoded")
    async with studio(tmp_path / "other") as desk:
        assert (await desk.finish(slow(busy), tmp_path / "whole.mp4")).state == "completed"
    assert (tmp_path / "film.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


async def test_a_paused_job_uses_no_time_and_goes_on(tmp_path: Path, busy: Path) -> None:
    async with studio(tmp_path) as desk:
        started = await desk.start(slow(busy), tmp_path / "film.mp4")
        child = await busy_child(desk, started.job_id)
        assert (await desk.render.pause(started.job_id)).state == "paused"
        process = psutil.Process(child.pid)
        await stopped([process])
        before = process.cpu_times()
        await trio.sleep(0.5)  # the time over which it is measured
        assert process.cpu_times()[:2] == before[:2]
        assert process.status() == psutil.STATUS_STOPPED
        await desk.render.resume(started.job_id)
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait(started.job_id)
    assert ended.state == "completed"
    assert ended.progress is not None
    assert ended.progress.retries == 0


async def test_every_change_of_a_cell_is_told(tmp_path: Path, clip: Path) -> None:
    async with studio(tmp_path) as desk:
        subscription = desk.services.events.subscribe(["render.segments", "render.progress"])
        ended = await desk.finish(cut(clip), tmp_path / "film.mp4")
        seen: dict[int, list[str]] = {}
        fractions = []
        while (event := subscription.take()) is not None:
            if isinstance(event.payload, RenderProgress):
                fractions.append(event.payload.fraction)
            else:
                for change in event.payload.changes:
                    seen.setdefault(change.index, []).append(change.state)
    assert ended.state == "completed"
    assert sorted(seen) == list(range(ended.plan.segments))
    assert all(each == ["running", "encoded"] for each in seen.values())
    assert fractions == sorted(fractions)


async def test_one_picture_is_encoded_once(tmp_path: Path) -> None:
    async with studio(tmp_path) as desk:
        ended = await desk.finish(project(color(0, 60)), tmp_path / "film.mp4")
    assert ended.result is not None
    assert (ended.result.frames, ended.plan.frames_to_encode) == (1500, 100)
    assert set(states(ended)) == {"encoded"}


async def test_a_target_folder_that_goes_ends_the_job_soon(tmp_path: Path, busy: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    async with studio(tmp_path) as desk:
        started = await desk.start(long(busy), folder / "film.mp4")
        await busy_child(desk, started.job_id)
        shutil.rmtree(folder)
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait(started.job_id)
    assert ended.error is not None
    assert (ended.state, ended.error.data.kind) == ("failed", "outputUnwritable")
    assert ended.progress is not None
    assert ended.progress.frames_encoded < ended.plan.frames


async def test_a_disk_that_fills_ends_the_job(tmp_path: Path, busy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 2**40
    monkeypatch.setattr("sidecar.services.render.space.LOOK_EVERY", 0.05)
    monkeypatch.setattr("sidecar.services.render.space.free_space", lambda _: free)
    async with studio(tmp_path) as desk:
        started = await desk.start(long(busy), tmp_path / "film.mp4")
        await busy_child(desk, started.job_id)
        free = 2**20
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait(started.job_id)
        assert ended.error is not None
        assert (ended.state, ended.error.data.kind) == ("failed", "diskFull")
        assert ended.progress is not None
        assert ended.progress.frames_encoded < ended.plan.frames
        refused = await desk.finish(cut(busy), tmp_path / "next.mp4")
        assert refused.error is not None
        assert refused.error.data.kind == "diskFull"
        free = 2**40
        assert (await desk.finish(cut(busy), tmp_path / "next.mp4")).state == "completed"
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["next.mp4"]
    assert list(tmp_path.glob(".*.part")) == []
