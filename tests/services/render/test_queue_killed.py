"""Real sidecars with real FFmpeg: killed, restarted, ended in good order, paused, and two on one data folder."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest
import trio

from protocol.errors import JobNotFound
from sidecar.services.cache.layout import Layout
from sidecar.services.cache.lock import cache_lock
from sidecar.services.render.delivery import deliver
from sidecar.services.render.record import Identity
from tests.harness.media import make_clip, read_numbers
from tests.harness.patience import PATIENCE
from tests.harness.spawned import Spawned, gone, spawned, stopped
from tests.services.cache.shelf import nothing, used_space
from tests.services.render.studio import LONG, color, file, project, studio

FRAMES = 250


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=FRAMES // 25, rate="25")


def numbered(clip: Path, **members: Any) -> dict[str, Any]:
    """Every frame of the clip, encoded slowly enough to be met at work."""
    export = {"audio": None, "video": {"preset": "slowest"}}
    return project(file(clip, 0, FRAMES // 25), **{"width": 192, "height": 96, "export": export, **members})


async def start(sidecar: Spawned, folder: Path, clip: Path, job_id: str, **members: Any) -> None:
    target = str(folder / f"{job_id}.mp4")
    await sidecar.request("render.start", project={"inline": numbered(clip)}, output=target, jobId=job_id, **members)


async def at_work(sidecar: Spawned, job_id: str) -> None:
    await sidecar.until("render.progress", jobId=job_id, stage="picture")


async def listen(sidecar: Spawned) -> None:
    await sidecar.request("events.subscribe", topics=["render.progress", "render.state"])


async def kill(sidecar: Spawned) -> None:
    family = sidecar.children()
    sidecar.process.send_signal(signal.SIGKILL)
    await sidecar.process.wait()
    assert await gone(family)


async def states(sidecar: Spawned) -> dict[str, str]:
    return {job["jobId"]: job["state"] for job in (await sidecar.request("render.jobs"))["jobs"]}


async def completed(sidecar: Spawned, *job_ids: str) -> list[Any]:
    """Wait until these jobs have completed, and return them."""
    with trio.fail_after(PATIENCE * len(job_ids)):
        jobs = [await sidecar.request("render.job", jobId=job_id) for job_id in job_ids]
        while any(job["state"] != "completed" for job in jobs):
            assert not [job["error"] for job in jobs if job["state"] in ("failed", "cancelled")]
            await trio.sleep(0.05)
            jobs = [await sidecar.request("render.job", jobId=job_id) for job_id in job_ids]
        return jobs


def check_files(folder: Path, names: Sequence[str], frames: range = range(FRAMES)) -> None:
    """Every file holds its frames, and there is nothing beside them."""
    for name in names:
        assert read_numbers(folder / f"{name}.mp4") == list(frames)
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.mp4" for name in names)


@pytest.mark.parametrize("end", ["killed", "left"])
async def test_every_job_goes_on_in_the_next_sidecar(tmp_path: Path, clip: Path, end: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    async with spawned(tmp_path) as sidecar:
        await sidecar.request("settings.set", settings={"maxJobs": 1})
        await listen(sidecar)
        await start(sidecar, out, clip, "stopped")
        await at_work(sidecar, "stopped")
        assert (await sidecar.request("render.pause", jobId="stopped"))["state"] == "paused"
        await start(sidecar, out, clip, "runs")
        await at_work(sidecar, "runs")
        await start(sidecar, out, clip, "waits")
        await start(sidecar, out, clip, "brief", resume=False)
        await start(sidecar, out, clip, "held", paused=True)
        if end == "killed":
            await kill(sidecar)
        family = [] if end == "killed" else sidecar.children()
    assert await gone(family)
    async with spawned(tmp_path) as sidecar:
        await listen(sidecar)
        found = await states(sidecar)
        if found.pop("runs") == "completed":  # already: then the next one has its place
            assert found.pop("waits") in ("queued", "preparing", "running", "completed")
        else:
            assert found.pop("waits") == "queued"
        assert found == {"stopped": "paused", "brief": "cancelled", "held": "paused"}
        for name in ("stopped", "held"):
            await sidecar.request("render.resume", jobId=name)
        jobs = await completed(sidecar, "stopped", "runs", "waits", "held")
        assert [job["attempts"] for job in jobs] == [2, 2, 1, 1]
        assert not [child for child in sidecar.children() if "ffmpeg" in child.name()]
    check_files(out, ["stopped", "runs", "waits", "held"])
    async with spawned(tmp_path) as sidecar:
        found = await states(sidecar)
        assert sorted(found.values()) == ["cancelled", *["completed"] * 4]


async def test_of_two_sidecars_no_job_is_lost_or_run_twice(tmp_path: Path, clip: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    async with spawned(tmp_path) as first:
        await first.request("settings.set", settings={"maxJobs": 1})
        async with spawned(tmp_path) as second:
            for sidecar, names in ((first, ("a-runs", "a-waits")), (second, ("b-runs", "b-waits"))):
                await listen(sidecar)
                for name in names:
                    await start(sidecar, out, clip, name)
                await at_work(sidecar, names[0])
            assert sorted(await states(first)) == ["a-runs", "a-waits"]
            await kill(second)
            # One that starts while the first lives takes neither its jobs nor those of the dead.
            async with spawned(tmp_path) as third:
                assert await states(third) == {}
        await kill(first)
    async with spawned(tmp_path) as heir, spawned(tmp_path) as other:
        with pytest.raises(JobNotFound):
            await other.request("render.job", jobId="b-waits")
        jobs = await completed(heir, "a-runs", "a-waits", "b-runs", "b-waits")
        assert {job["attempts"] for job in jobs} <= {1, 2}
        assert await states(other) == {}
    check_files(out, ["a-runs", "a-waits", "b-runs", "b-waits"])
    assert list((tmp_path / "data" / "instances").iterdir()) == []


LIMIT = 300_000
"""Bytes of the cache that two sidecars share: some jobs' cells, by far not all."""


def check_limit(cache: Path) -> None:
    """Look at the cache while nobody changes it: what is seen was so at one instant."""
    with cache_lock(Layout(cache).lock, shared=True, step=nothing):
        assert used_space(cache) <= LIMIT


async def at_random(folder: Path, clip: Path, turns: int) -> None:
    """Start jobs in two sidecars, kill one or both at any moment, again and again; then let one finish everything."""
    chance, out = Random(turns), folder / "out"
    out.mkdir()
    spans: dict[str, range] = {}
    delivered: dict[str, Identity] = {}
    for turn in range(turns):
        async with spawned(folder) as first, spawned(folder) as second:
            for sidecar in (first, second):
                await sidecar.request("settings.set", settings={"cacheDiskBytes": LIMIT, "keepFinishedJobs": 3 * turns})
            for number, sidecar in enumerate((first, second, first)):
                name, begin = f"{turn}-{number}", chance.randrange(FRAMES - 40)
                spans[name] = range(begin, begin + 40)
                cut = {"from": {"frame": begin}, "to": {"frame": begin + 40}}
                await start(sidecar, out, clip, name, range=cut)
            await trio.sleep(chance.uniform(0, 2))  # the moment is what is tried
            for victim in chance.choice(([first], [second], [first, second])):
                await kill(victim)
            check_limit(folder / "cache")
            for path in out.glob("*.mp4"):
                delivered.setdefault(path.stem, Identity.of(path))
    async with spawned(folder) as heir:
        jobs = await completed(heir, *spans)
    check_limit(folder / "cache")
    # A job is broken off once a kill at most: the others are there to be finished first.
    assert max(job["attempts"] for job in jobs) <= turns + 1
    for name, identity in delivered.items():
        assert Identity.of(out / f"{name}.mp4") == identity, f"{name} was made again"
    assert sorted(path.name for path in out.iterdir()) == sorted(f"{name}.mp4" for name in spans)
    for name, frames in spans.items():
        assert read_numbers(out / f"{name}.mp4") == list(frames)
    assert list((folder / "data" / "instances").iterdir()) == []


async def test_kills_at_random_lose_no_job(tmp_path: Path, clip: Path) -> None:
    await at_random(tmp_path, clip, 2)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_a_hundred_kills_at_random_lose_no_job(tmp_path: Path, clip: Path) -> None:
    await at_random(tmp_path, clip, int(os.environ.get("KILLS", "100")))


async def test_a_garbled_journal_does_not_keep_a_sidecar_from_working(tmp_path: Path, clip: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs.sqlite").write_bytes(b"SQLite format 3\0" + b"what is this " * 1_000)
    async with spawned(tmp_path) as sidecar:
        await start(sidecar, out, clip, "job", range={"from": {"frame": 10}, "to": {"frame": 30}})
        await completed(sidecar, "job")
    check_files(out, ["job"], range(10, 30))
    assert (tmp_path / "data" / "jobs.sqlite.1.broken").exists()


@pytest.mark.parametrize("name", ["film.mp4", "pictures", "picture.png"])
async def test_a_kill_between_delivery_and_its_note_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    target = tmp_path / name
    export = {} if name == "film.mp4" else {"container": "png", "video": {"codec": "png"}}
    raw = project(color(0, 0.04 if name == "picture.png" else 0.4), export={"audio": None, **export})

    def delivered(*arguments: Any, **options: Any) -> None:
        deliver(*arguments, **options)
        shutil.copytree(tmp_path / "data", tmp_path / "left" / "data")

    with monkeypatch.context() as patch:
        patch.setattr("sidecar.services.render.run.deliver", delivered)
        async with studio(tmp_path) as desk:
            done = await desk.finish(raw, target, job_id="job")
    assert done.state == "completed"
    before = Identity.of(target)
    # What the kill would have left: the target, and a journal that does not know of it.
    async with studio(tmp_path / "left") as desk:
        await desk.render.opened()
        assert desk.render.job("job").state != "completed"
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait("job")
        assert (ended.state, ended.attempts, ended.error) == ("completed", 2, None)
        assert ended.result == done.result
        assert ended.progress is not None
        assert (ended.progress.state, ended.progress.fraction) == ("completed", 1.0)
    assert Identity.of(target) == before, "it was made again"
    # Somebody else's file is not taken for it.
    shutil.rmtree(tmp_path / "left")
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    with monkeypatch.context() as patch:
        patch.setattr("sidecar.services.render.run.deliver", delivered)
        async with studio(tmp_path) as desk:
            await desk.finish(raw, target, job_id="again")
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    if name == "pictures":
        target.mkdir()
    (target / "mine" if target.is_dir() else target).write_bytes(b"mine")
    async with studio(tmp_path / "left") as desk:
        await desk.render.opened()
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait("again")
        assert ended.error is not None
        assert ended.error.data.kind == "outputExists"


async def test_a_kill_between_a_side_file_and_the_film_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, words = tmp_path / "film.mp4", tmp_path / "film.srt"
    cue = {"start": 0, "end": 0.4, "text": "Hello"}
    raw = project(color(0, 0.4), export={"audio": None, "subtitles": "sidecar"})
    raw["tracks"].append({"kind": "subtitle", "cues": [cue]})

    def delivered(*arguments: Any) -> None:
        deliver(*arguments)
        shutil.copytree(tmp_path / "data", tmp_path / "left" / "data")

    with monkeypatch.context() as patch:
        patch.setattr("sidecar.services.render.run.deliver", delivered)
        async with studio(tmp_path) as desk:
            assert (await desk.finish(raw, target, job_id="job")).state == "completed"
    assert "Hello" in words.read_text()
    # What a kill at the moment between the two would have left: the words alone.
    shutil.copytree(tmp_path / "left", tmp_path / "foreign")
    target.unlink()
    async with studio(tmp_path / "left") as desk:
        await desk.render.opened()
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait("job")
        assert (ended.state, ended.error) == ("completed", None)
    # Words that somebody else wrote are not taken for them.
    target.unlink()
    words.write_text("mine")
    async with studio(tmp_path / "foreign") as desk:
        await desk.render.opened()
        with trio.fail_after(PATIENCE):
            ended = await desk.render.wait("job")
        assert ended.error is not None
        assert ended.error.data.kind == "outputExists"
    assert words.read_text() == "mine"


def seconds_of(processes: Sequence[psutil.Process]) -> float:
    """CPU seconds that processes have used so far."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


async def test_what_is_paused_uses_no_cpu(tmp_path: Path) -> None:
    async with studio(tmp_path, maxJobs=1) as desk:
        job = await desk.start(LONG, tmp_path / "long.mp4")
        await desk.running(job.job_id)
        supervisor = desk.services.supervisor
        await desk.render.pause(job.job_id)
        children = supervisor.children(tag=job.job_id)
        assert children
        processes = [each for child in children for each in (psutil.Process(child.pid),)]
        await stopped(processes)
        before = seconds_of(processes)
        await trio.sleep(2)  # the time over which it is measured
        assert seconds_of(processes) == before
        assert supervisor.children(tag=job.job_id) == children
        await desk.render.resume(job.job_id)
        with trio.fail_after(PATIENCE):
            while seconds_of(processes) <= before:  # noqa: ASYNC110
                await trio.sleep(0.01)
        assert (await desk.render.cancel(job.job_id)).state == "cancelled"
        assert supervisor.children(tag=job.job_id) == ()


async def test_a_paused_job_lets_others_pass_and_ends_whole(tmp_path: Path, clip: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    async with studio(tmp_path, maxJobs=1) as desk:
        slow = await desk.start(numbered(clip), out / "slow.mp4")
        await desk.running(slow.job_id)
        await desk.render.pause(slow.job_id)
        with trio.fail_after(PATIENCE):
            other = await desk.finish(numbered(clip), out / "other.mp4")
            assert (other.state, desk.render.job(slow.job_id).state) == ("completed", "paused")
            await desk.render.resume(slow.job_id)
            assert (await desk.render.wait(slow.job_id)).attempts == 1
    check_files(out, ["slow", "other"])
