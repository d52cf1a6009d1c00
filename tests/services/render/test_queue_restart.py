"""What becomes of jobs when their process ends, in good order or not. Plans and runs are the test's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import trio

from protocol.commands.render import JobsQuery
from protocol.commands.shared import Range, When
from sidecar.services.render.journal import NAME
from tests.harness.patience import PATIENCE
from tests.services.render.waiting import FILM, Waiting, waiting

Patch = pytest.MonkeyPatch


async def fill(desk: Waiting) -> None:
    """Two that run, one of them without `resume`; one stopped in its run, one held, two that wait, two that ended."""
    for name in ("done", "dropped", "stopped", "runs", "brief"):
        await desk.start(name, resume=name != "brief", labels={"name": name})
        if name in ("done", "dropped", "stopped"):
            await desk.at_work(name)
        if name == "done":
            await desk.finish("done")
        elif name == "dropped":
            await desk.service.cancel("dropped")
        elif name == "stopped":
            await desk.service.pause("stopped")
    await desk.at_work("stopped", "runs", "brief")
    await desk.start("waits")
    await desk.start("first", priority=9)
    await desk.start("held", paused=True)
    await desk.written()


NAMES = ("done", "dropped", "stopped", "runs", "brief", "waits", "first", "held")


async def check_restored(desk: Waiting) -> None:
    """Everything is as it was, except that what ran waits before all others."""
    states = ["completed", "cancelled", "paused", "queued", "cancelled", "queued", "queued", "paused"]
    assert desk.states(*NAMES) == states
    assert desk.positions("runs", "first", "waits") == [0, 1, 2]
    brief = desk.service.job("brief")
    assert brief.error is not None
    assert (brief.error.data.kind, brief.error.data.context) == ("cancelled", {"reason": "restart"})
    done, runs = desk.service.job("done", segments=True), desk.service.job("runs")
    assert done.result is not None
    assert done.result.frames == 25
    assert (done.segments, done.labels, done.ended_at is not None) == (None, {"name": "done"}, True)
    assert runs.attempts == 1
    assert runs.started_at is not None
    assert runs.progress is not None
    assert [job.job_id for job in desk.service.jobs(JobsQuery()).jobs] == list(reversed(NAMES))


async def test_an_orderly_end_suspends_jobs(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch) as desk:
        await fill(desk)
    assert desk.running == {}
    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        await check_restored(desk)
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        for name in ("runs", "first", "waits"):
            await desk.at_work(name)
            assert (await desk.finish(name)).state == "completed"
        assert desk.service.job("runs").attempts == 2
        await desk.service.resume("stopped")
        await desk.at_work("stopped")
        assert (await desk.finish("stopped")).attempts == 2


async def test_what_was_broken_off_goes_first_once(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        await desk.start("low", priority=-5)
        await desk.at_work("low")
        await desk.start("high", priority=5)
        await desk.start("higher", priority=6)
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        await desk.at_work("low")
        await desk.service.pause("low")
        assert (await desk.service.resume("low")).position == 1
        assert desk.positions("high") == [0]
    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        assert desk.positions("higher", "low", "high") == [0, 2, 1]
        await desk.service.pause("higher")


async def test_a_killed_process_leaves_as_much(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch) as desk:
        await fill(desk)
        # What the disk has now is what a kill would leave.
        shutil.copytree(tmp_path / "data", tmp_path / "left")
    async with waiting(tmp_path, monkeypatch, data=tmp_path / "left", running=0) as desk:
        await check_restored(desk)


async def test_what_was_asked_for_is_rendered_as_it_was_then(tmp_path: Path, monkeypatch: Patch) -> None:
    span = Range(from_=When(frame=1), to=When(time="1/2"))
    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        await desk.start("a", range=span, project={**FILM, "id": "one"}, base_path=str(tmp_path))
    async with waiting(tmp_path, monkeypatch) as desk:
        await desk.at_work("a")
        ((ref, asked, _),) = desk.planning.asked
        assert ref.inline is not None
        assert (ref.inline["id"], ref.base_path, asked) == ("one", str(tmp_path), span)
        await desk.finish("a")
    assert not (tmp_path / "data" / f"{NAME}-wal").exists()


async def test_jobs_of_dead_instances_are_adopted_once(tmp_path: Path, monkeypatch: Patch) -> None:
    for number in range(2):
        async with waiting(tmp_path, monkeypatch, data=tmp_path / f"dead-{number}", running=0) as desk:
            await desk.start("same", priority=number)
            await desk.start(f"own-{number}")
            if number:
                await desk.service.cancel("own-1")
    left = tmp_path / "left"
    shutil.copytree(tmp_path / "dead-0", left)
    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        await desk.start("mine")
    dead = (tmp_path / "dead-0", tmp_path / "dead-1")
    async with waiting(tmp_path, monkeypatch, adopted=dead, running=0) as desk:
        assert desk.states("mine", "same", "same-2", "own-0", "own-1") == [*["queued"] * 4, "cancelled"]
        told = [fields for line, fields in desk.log.lines if "earlier" in line]
        assert told == [{"unfinished": 4, "adopted": 3}]
    assert not any((folder / NAME).exists() for folder in dead)
    # A start that was killed before it had removed what it took over.
    async with waiting(tmp_path, monkeypatch, adopted=(left, tmp_path / "none"), running=4) as desk:
        assert len(desk.service.jobs(JobsQuery()).jobs) == 5
        await desk.at_work("mine", "same", "same-2", "own-0")
        assert {ref.inline["id"] for ref, _, _ in desk.planning.asked if ref.inline} == {"film"}
        for name in ("mine", "same", "same-2", "own-0"):
            assert (await desk.finish(name)).state == "completed"


async def test_a_project_that_the_journal_has_lost_fails_its_job_alone(tmp_path: Path, monkeypatch: Patch) -> None:
    import sqlite3

    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        await desk.start("a", project={**FILM, "id": "one"})
        await desk.start("b", project={**FILM, "id": "two"})
        key = desk.service._queue.find("a").asked.content
    with sqlite3.connect(tmp_path / "data" / NAME) as database:
        database.execute("UPDATE contents SET body = ? WHERE key = ?", (b"{}", key))
    database.close()
    async with waiting(tmp_path, monkeypatch) as desk:
        await desk.at_work("b")
        with trio.fail_after(PATIENCE):
            lost = await desk.service.wait("a")
        assert lost.state == "failed"
        assert lost.error is not None
        assert lost.error.data.kind == "projectNotFound"


async def test_many_jobs_of_a_project_keep_it_once_and_only_while_needed(tmp_path: Path, monkeypatch: Patch) -> None:
    import sqlite3

    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        for number in range(5):
            await desk.start(f"job-{number}", project={**FILM, "id": "big" * 40})
        await desk.start("other")
        await desk.service.cancel("other")
        with sqlite3.connect(tmp_path / "data" / NAME) as database:
            assert database.execute("SELECT count(*) FROM contents").fetchone() == (1,)
        for number in range(5):
            await desk.service.cancel(f"job-{number}")
        assert database.execute("SELECT count(*) FROM contents").fetchone() == (0,)
        database.close()
        await desk.service.remove([job.job_id for job in desk.service.jobs(JobsQuery()).jobs])
    # Nobody needs a journal without jobs.
    assert list((tmp_path / "data").iterdir()) == []


async def test_what_waits_long_is_planned_again_at_its_turn(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        for number in range(40):
            await desk.start(f"job-{number}")
        kept = [job for job in desk.service._queue._jobs.values() if job.planned is not None]
        assert len(kept) == 16
        desk.limits = type(desk.limits)(running=40, kept=200)
        desk.service.advance()
        await desk.at_work(*(f"job-{number}" for number in range(40)))
        assert len(desk.planning.asked) == 40 + 24
