"""Processes that die, at the worst moment: nothing is left running, nothing half-written, and the rest goes on."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import trio

from protocol.errors import FfmpegCrashed, JobNotFound, ProjectConflict
from tests.harness.spawned import Spawned, gone, spawned

# Long enough that nothing here ever sees its end: ten minutes of the slowest kind, in one piece, by one process.
ENDLESS: dict[str, Any] = {
    "schema": "timeline/1",
    "id": "endless",
    "frameRate": "60",
    "width": 640,
    "height": 360,
    "tracks": [
        {
            "kind": "video",
            "clips": [
                {"source": {"kind": "color", "color": "#336699"}, "start": 0, "duration": 600},
            ],
        },
        {
            "kind": "video",
            "clips": [
                {
                    "source": {"kind": "title", "text": "Do not wait for this"},
                    "start": 0,
                    "duration": 600,
                    "opacity": 0.5,
                }
            ],
        },
    ],
    "export": {"video": {"preset": "slowest", "rateControl": "bitrate", "bitrate": 2_000_000}, "audio": None},
}


async def start(sidecar: Spawned, target: Path, job_id: str = "job") -> list[psutil.Process]:
    """Start the endless render and return its FFmpeg once frames come out of it."""
    await sidecar.request("events.subscribe", topics=["render.progress", "render.state"])
    await sidecar.request("render.start", project={"inline": ENDLESS}, output=str(target), jobId=job_id)
    await sidecar.until("render.progress", jobId=job_id, stage="picture")
    return [child for child in sidecar.children() if "ffmpeg" in child.name()]


@asynccontextmanager
async def rendering(home: Path, target: Path) -> AsyncIterator[tuple[Spawned, list[psutil.Process]]]:
    async with spawned(home) as sidecar:
        yield sidecar, await start(sidecar, target)


async def test_kill_of_the_sidecar_leaves_nothing_running(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    async with rendering(tmp_path, target) as (sidecar, encoders):
        assert encoders
        family = sidecar.children()
        sidecar.process.send_signal(signal.SIGKILL)
        assert await gone(family)
    assert not target.exists()


async def test_the_next_render_clears_what_a_killed_sidecar_left(tmp_path: Path) -> None:
    target = tmp_path / "out" / "film.mp4"
    target.parent.mkdir()
    async with rendering(tmp_path, target) as (sidecar, _):
        sidecar.process.send_signal(signal.SIGKILL)
        await sidecar.process.wait()
    assert [path.suffix for path in target.parent.iterdir()] == [".part"]
    async with rendering(tmp_path, target) as (sidecar, _):
        await sidecar.request("render.cancel", jobId="job")
        assert list(target.parent.iterdir()) == []


async def test_cancel_ends_ffmpeg_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out" / "film.mp4"
    target.parent.mkdir()
    async with rendering(tmp_path, target) as (sidecar, encoders):
        job = await sidecar.request("render.cancel", jobId="job")
        assert job["state"] == "cancelled"
        assert job["progress"]["state"] == "cancelled"
        assert await gone(encoders, within=0)
        assert list(target.parent.iterdir()) == []
        again = await sidecar.request("render.job", jobId="job")
        assert again["state"] == "cancelled"
        assert again["endedAt"] is not None


async def test_kill_of_ffmpeg_is_a_typed_error(tmp_path: Path) -> None:
    async with spawned(tmp_path) as sidecar:
        for encoder in await start(sidecar, tmp_path / "film.mp4"):
            encoder.send_signal(signal.SIGKILL)
        failed = (await sidecar.until("render.state", job__jobId="job", job__state="failed"))["job"]
        assert failed["error"]["code"] == FfmpegCrashed.code
        assert failed["error"]["data"]["context"]["signal"] == signal.SIGKILL
        assert not (tmp_path / "film.mp4").exists()
        assert (await sidecar.request("system.info"))["pid"] == sidecar.process.pid


async def test_two_sidecars_keep_to_their_own(tmp_path: Path) -> None:
    async with spawned(tmp_path) as first, spawned(tmp_path) as second:
        await start(first, tmp_path / "first.mp4")
        with pytest.raises(JobNotFound):
            await second.request("render.job", jobId="job")
        folders = [(await each.request("system.info"))["paths"] for each in (first, second)]
        assert folders[0]["temp"] != folders[1]["temp"]
        assert folders[0]["data"] != folders[1]["data"]
        encoders = await start(second, tmp_path / "second.mp4")
        second.process.send_signal(signal.SIGKILL)
        assert await gone(encoders)
        # A third one starts, sweeps what the second left, and leaves the first alone.
        async with spawned(tmp_path) as third:
            assert await third.request("render.jobs") is not None
        assert not await trio.Path(folders[1]["temp"]).exists()
        assert await trio.Path(folders[0]["temp"]).exists()
        assert (await first.request("render.job", jobId="job"))["state"] == "running"


async def test_edits_survive_a_kill(tmp_path: Path) -> None:
    project = {**ENDLESS, "id": "film"}
    path = str(tmp_path / "film.json")
    async with spawned(tmp_path) as sidecar:
        await sidecar.request("settings.set", settings={"autosaveSeconds": 0}, persist=True)
        await sidecar.request("project.open", project=project)
        await sidecar.request("project.save", project={"id": "film"}, path=path)
        loaded = await sidecar.request("project.load", path=path)
        await sidecar.request(
            "project.update",
            projectId=loaded["projectId"],
            baseRevision=1,
            patch=[{"op": "replace", "path": "/name", "value": "Unsaved"}],
        )
        sidecar.process.send_signal(signal.SIGKILL)
        await sidecar.process.wait()
    async with spawned(tmp_path) as sidecar:
        asked = await sidecar.request("project.load", path=path)
        assert asked["recovery"] is not None
        assert asked["project"]["name"] == ""
        await sidecar.request("project.close", projectId=asked["projectId"])
        used = await sidecar.request("project.load", path=path, recover="use")
        assert used["project"]["name"] == "Unsaved"


async def test_a_file_changed_on_disk_is_a_conflict(tmp_path: Path) -> None:
    path = tmp_path / "film.json"
    async with spawned(tmp_path) as sidecar:
        await sidecar.request("project.open", project=ENDLESS)
        await sidecar.request("project.save", project={"id": "endless"}, path=str(path))
        loaded = await sidecar.request("project.load", path=str(path))
        path.write_text(path.read_text() + "\n")
        with pytest.raises(ProjectConflict):
            await sidecar.request("project.save", project={"id": loaded["projectId"]})
        assert path.read_text().endswith("\n")
