"""What goes wrong while cells are made: each a typed error or another try, and the queue goes on."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio

from protocol.commands.render import Job
from tests.harness.media import ffmpeg, make_clip
from tests.harness.patience import PATIENCE
from tests.services.render.studio import Studio, file, project, studio

SECONDS = 12
STALL = "sidecar.services.render.encode_run.STALL_SECONDS"


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("busy")
    return make_clip(folder / "busy.mp4", picture="mandelbrot", seconds=SECONDS, rate="25", size=(320, 180))


def film(clip: Path) -> dict[str, Any]:
    return project(file(clip, 0, SECONDS), width=320, height=180)


def kind(job: Job) -> str:
    assert job.error is not None
    return job.error.data.kind


async def encoding(desk: Studio, job_id: str) -> psutil.Process:
    """Wait until frames come out of a process of a job, and return it."""
    with trio.fail_after(PATIENCE):
        while True:
            progress = desk.render.job(job_id).progress
            children = desk.services.supervisor.children(tag=job_id)
            if progress is not None and progress.frames_encoded > 0 and children:
                return psutil.Process(children[0].pid)
            await trio.sleep(0.01)


WRAPPER = """\
#!{python}
import os, sys
arguments = sys.argv[1:]
if "-stats_mux_pre:v" in arguments:
    while "-stats_mux_pre:v" in arguments:
        arguments[arguments.index("-stats_mux_pre:v")] = "-mux_stats"
    arguments = [part for each in arguments for part in (("-frames:v", "40", "-stats_mux_pre:v") if each == "-mux_stats" else (each,))]
    status = os.spawnv(os.P_WAIT, {ffmpeg!r}, ["ffmpeg", *arguments])
    print("[enc] [error] it broke at frame 40", file=sys.stderr)
    sys.exit({status} or status)
os.execv({ffmpeg!r}, ["ffmpeg", *arguments])
"""


def wrapper(path: Path, status: int) -> Path:
    """Write a program like FFmpeg whose encoders stop after 40 frames and leave it with this status; 0: as if all were well."""
    path.write_text(WRAPPER.format(python=shlex.quote(sys.executable), ffmpeg=ffmpeg(), status=status))
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("status", "error"), [(1, "ffmpegFailed"), (0, "renderFailed"), (228, "diskFull")])
async def test_an_encoder_that_fails_at_frame_40(tmp_path: Path, master: Path, status: int, error: str) -> None:
    async with studio(tmp_path, ffmpegPath=str(wrapper(tmp_path / "ffmpeg", status))) as desk:
        failed = await desk.finish(film(master), tmp_path / "film.mp4")
        assert (failed.state, kind(failed)) == ("failed", error)
        assert failed.progress is not None
        assert (failed.progress.retries == 0) == (error == "diskFull")
        video = {"rateControl": "bitrate", "bitrate": 500_000}  # in one piece: without what the wrapper looks for
        short = project(file(master, 0, 1), width=320, height=180, export={"audio": None, "video": video})
        assert (await desk.finish(short, tmp_path / "b.mp4")).error is None
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["b.mp4"]
    assert list(tmp_path.glob(".*.part")) == []


async def test_a_process_that_stands_still_is_replaced(
    tmp_path: Path, master: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(STALL, 3.0)
    async with studio(tmp_path) as desk:
        started = await desk.start(film(master), tmp_path / "film.mp4")
        stands = await encoding(desk, started.job_id)
        monkeypatch.setattr(STALL, 60.0)  # for those that come after it
        stands.send_signal(signal.SIGSTOP)
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait(started.job_id)
    assert ended.state == "completed"
    assert ended.progress is not None
    assert ended.progress.retries >= 1


SLOW = """\
#!{python} -IS
import os, sys
given = sys.argv[1:]
if "-stats_mux_pre:v" in given:
    given = [part for each in given for part in (("-readrate", "1", "-i") if each == "-i" else (each,))]
os.execv({ffmpeg!r}, ["ffmpeg", *given])
"""
"""Encodes as slowly as the film plays."""


async def test_a_process_that_is_slow_but_alive_is_left_alone(
    tmp_path: Path, master: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FFmpeg reports of its first output only, and not before each has a frame: seconds without a word from it."""
    monkeypatch.setattr(STALL, 2.5)
    slow = tmp_path / "ffmpeg"
    slow.write_text(SLOW.format(python=sys.executable, ffmpeg=ffmpeg()))
    slow.chmod(0o755)
    async with studio(tmp_path, ffmpegPath=str(slow), workers=1) as desk:
        ended = await desk.finish(project(file(master, 0, 8), width=320, height=180), tmp_path / "film.mp4")
    assert (ended.state, ended.plan.segments) == ("completed", 2)
    assert ended.progress is not None
    assert ended.progress.retries == 0


async def test_a_source_that_changes_while_it_is_encoded(tmp_path: Path, master: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(master.read_bytes())
    async with studio(tmp_path) as desk:
        started = await desk.start(film(clip), tmp_path / "film.mp4")
        await encoding(desk, started.job_id)
        os.utime(clip, ns=(1, 1))
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait(started.job_id)
        assert (ended.state, ended.attempts) == ("completed", 2)
        again = await desk.finish(film(clip), tmp_path / "again.mp4")
    assert again.result is not None
    assert again.result.reused.encoded == 0


async def test_a_source_that_vanishes_while_it_is_encoded(tmp_path: Path, master: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(master.read_bytes())
    async with studio(tmp_path) as desk:
        started = await desk.start(film(clip), tmp_path / "film.mp4")
        await encoding(desk, started.job_id)
        clip.unlink()
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait(started.job_id)
        assert (ended.state, kind(ended)) == ("failed", "mediaNotFound")
        assert (await desk.finish(film(master), tmp_path / "next.mp4")).error is None
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == ["next.mp4"]


async def test_a_damaged_source_leaves_no_cell_behind(tmp_path: Path, master: Path) -> None:
    clip = tmp_path / "clip.mp4"
    data = bytearray(master.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4_000] = bytes(4_000)
    clip.write_bytes(data)
    for _ in range(2):
        # Another process each time: one remembers that the file is damaged, and does not begin.
        async with studio(tmp_path) as desk:
            ended = await desk.finish(film(clip), tmp_path / "film.mp4")
            assert (ended.state, kind(ended)) == ("failed", "mediaUnreadable")
    assert list(tmp_path.glob("film*")) == []


async def test_two_jobs_of_one_film_run_together(tmp_path: Path, master: Path) -> None:
    async with studio(tmp_path, maxJobs=2, workers=2) as desk:
        jobs = [await desk.start(film(master), tmp_path / f"{name}.mp4") for name in "ab"]
        with trio.fail_after(PATIENCE):
            ended = [await desk.render.wait(job.job_id) for job in jobs]
    assert [job.state for job in ended] == ["completed", "completed"]
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
