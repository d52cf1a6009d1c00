"""The queue: who runs, who waits, and what every call does in every state. Plans and runs are the test's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from protocol.commands.render import JobsQuery
from protocol.errors import DiskFull, InvalidParams, JobNotFound, JobState, RenderFailed, SourceChanged
from sidecar.services.access import ReadAccess
from tests.harness.patience import PATIENCE
from tests.services.render.waiting import progress_of, waiting

Patch = pytest.MonkeyPatch


async def test_jobs_run_by_priority_then_in_their_order(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        for name, priority in (("a", 0), ("b", 0), ("c", 3), ("d", -1)):
            await desk.start(name, priority=priority)
        assert desk.positions("a", "b", "c", "d") == [None, 1, 0, 2]
        for name in ("a", "c", "b", "d"):
            await desk.at_work(name)
            assert (await desk.finish(name)).state == "completed"
        listing = desk.service.jobs(JobsQuery())
        assert (listing.running, listing.queued, listing.limit) == (0, 0, 1)


async def test_a_paused_job_gives_up_its_place_and_waits_to_get_it_back(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        for name in ("a", "b", "c"):
            await desk.start(name)
        await desk.at_work("a")
        paused = await desk.service.pause("a")
        assert (paused.state, paused.position) == ("paused", None)
        assert paused.progress is not None
        assert paused.progress.state == "paused"
        assert desk.switches.frozen == {"a"}
        await desk.at_work("a", "b")
        assert desk.states("a", "b", "c") == ["paused", "running", "queued"]
        waits = await desk.service.resume("a")
        assert (waits.state, waits.position) == ("queued", 0)
        assert desk.switches.frozen == {"a"}
        await desk.finish("b")
        assert desk.states("a", "b", "c") == ["running", "completed", "queued"]
        assert desk.switches.frozen == set()
        assert desk.service.job("a").attempts == 1
        assert (await desk.finish("a")).state == "completed"
        await desk.at_work("c")


async def test_a_paused_job_that_waited_keeps_its_place(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        for name in ("a", "b", "c", "d"):
            await desk.start(name)
        assert (await desk.service.pause("b")).position is None
        assert desk.positions("c", "d") == [0, 1]
        assert (await desk.service.resume("b")).position == 0
        assert desk.positions("c", "d") == [1, 2]
        started = await desk.start("e", paused=True)
        assert (started.state, started.position) == ("paused", None)
        assert (await desk.service.resume("e")).position == 3


async def test_what_each_state_refuses(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        await desk.start("a")
        await desk.start("b")
        for refused in (desk.service.resume("a"), desk.service.remove(["a"]), desk.service.remove(["b"])):
            with pytest.raises(JobState):
                await refused
        await desk.service.pause("a")
        with pytest.raises(JobState, match="paused"):
            await desk.service.pause("a")
        await desk.service.cancel("a")
        for each in (desk.service.pause, desk.service.resume, desk.service.cancel):
            with pytest.raises(JobState, match="cancelled"):
                await each("a")
        with pytest.raises(JobState):
            await desk.move("a", priority=1)
        with pytest.raises(JobState):
            await desk.move("b", before="a")
        for each in (desk.service.pause, desk.service.resume, desk.service.cancel):
            with pytest.raises(JobNotFound):
                await each("gone")
        with pytest.raises(JobNotFound):
            await desk.move("b", before="gone")
        with pytest.raises(InvalidParams):
            await desk.move("b")


async def test_cancel_in_every_state(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=2) as desk:
        for name in ("runs", "stopped", "waits", "held"):
            await desk.start(name)
        await desk.at_work("runs", "stopped")
        await desk.service.pause("stopped")
        await desk.service.pause("held")
        for name in ("runs", "stopped", "waits", "held"):
            assert (await desk.service.cancel(name)).state == "cancelled"
        assert desk.running == {}
        assert desk.switches.frozen == set()
        assert len(desk.service._nursery.child_tasks) == 0


async def test_moving(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        for name in "abcd":
            await desk.start(name)

        def order() -> str:
            return "".join(sorted("abcd", key=lambda name: desk.service.job(name).position or 0))

        assert (await desk.move("d", before="b")).position == 1
        assert order() == "adbc"
        await desk.move("a", last=True)
        assert order() == "dbca"
        moved = await desk.move("c", priority=7)
        assert (moved.priority, moved.position) == (7, 0)
        assert (await desk.move("a", before="c")).priority == 7
        assert order() == "acdb"
        with pytest.raises(InvalidParams):
            await desk.move("a", priority=3, before="c")
        with pytest.raises(InvalidParams):
            await desk.move("a", before="a")
        # More often than there are numbers between two places.
        for number in range(200):
            await desk.move("db"[number % 2], before="bd"[number % 2])
            assert order() == ("acdb", "acbd")[number % 2]
            assert desk.service.jobs(JobsQuery()).queued == 4
        assert sorted(desk.positions(*"abcd")) == [0, 1, 2, 3]  # type: ignore[type-var]  # none is None
        await desk.service.pause("d")
        await desk.move("d", before="a")
        assert (await desk.service.resume("d")).position == 0


async def test_a_move_may_start_a_job_that_runs_no_more(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        await desk.start("a")
        await desk.start("b")
        await desk.at_work("a")
        assert (await desk.move("a", priority=-5)).priority == -5
        with pytest.raises(JobState):
            await desk.move("a", before="b")
        with pytest.raises(JobState):
            await desk.move("b", before="a")
        await desk.service.pause("a")
        await desk.service.resume("a")
        assert desk.states("a", "b") == ["queued", "running"] or desk.states("a", "b") == ["queued", "preparing"]


async def test_the_history_is_bounded_and_can_be_cleared(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1, kept=2) as desk:
        for name in ("a", "b", "c", "d"):
            await desk.start(name)
        for name in ("b", "c", "d"):
            await desk.service.cancel(name)
        assert [job.job_id for job in desk.service.jobs(JobsQuery()).jobs] == ["d", "c", "a"]
        with pytest.raises(JobState):
            await desk.service.remove(["c", "a"])
        assert await desk.service.remove(["c", "gone", "c"]) == 1
        assert [job.job_id for job in desk.service.jobs(JobsQuery()).jobs] == ["d", "a"]
    async with waiting(tmp_path, monkeypatch) as desk:
        assert [job.job_id for job in desk.service.jobs(JobsQuery()).jobs] == ["d", "a"]


async def test_pages(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        for number in range(25):
            await desk.start(f"job-{number}")
        for number in range(0, 25, 2):
            await desk.service.cancel(f"job-{number}")
        seen: list[str] = []
        after: str | None = None
        while True:
            page = desk.service.jobs(JobsQuery(states=["queued"], limit=5, after=after))
            seen += [job.job_id for job in page.jobs]
            after = page.next
            if after is None:
                break
        assert seen == [f"job-{number}" for number in range(23, 0, -2)]


async def test_states_are_told_in_order_and_progress_follows_pauses(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        heard = desk.events.subscribe(["render.state", "render.progress"])
        await desk.start("a")
        await desk.at_work("a")
        await desk.service.pause("a")
        desk.running["a"].report(progress_of(desk.running["a"].job, fraction=0.6))  # what was in the pipe
        await desk.service.resume("a")
        await desk.finish("a")
        told: list[str] = []
        shown: list[str] = []
        while (event := heard.take()) is not None:
            if event.topic == "render.state":
                told.append(event.payload.job.state)
            else:
                shown.append(event.payload.state)
        assert told == ["queued", "preparing", "running", "paused", "queued", "running", "completed"]
        assert shown[-1] == "running"  # the last report of the run; run_job's own would say completed
        snapshot = desk.events.snapshot("render.progress", job_id="a")
        assert snapshot is not None


async def test_one_id_is_one_job_also_at_once(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch) as desk:
        started: list[Any] = []

        async def one() -> None:
            started.append(await desk.start("same"))

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(one)
        assert {each.job_id for each in started} == {"same"}
        assert len(desk.service.jobs(JobsQuery()).jobs) == 1


async def test_a_start_that_is_cancelled_leaves_no_job(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch) as desk:
        with trio.CancelScope() as scope:
            scope.cancel()
            await desk.start("a")
        assert desk.service.jobs(JobsQuery()).jobs == []


async def test_a_job_that_cannot_be_written_down_is_refused(tmp_path: Path, monkeypatch: Patch) -> None:
    import sqlite3

    from sidecar.services.render.journal import Journal

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        await desk.start("a")
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "write", full)
            with pytest.raises(DiskFull):
                await desk.start("b")
            # What is there goes on all the same, and is written once there is room.
            assert (await desk.service.pause("a")).state == "paused"
        assert [job.job_id for job in desk.service.jobs(JobsQuery()).jobs] == ["a"]
        await desk.start("c")
        assert [line for line, _ in desk.log.lines].count("jobs cannot be journalled now") == 1
    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        assert desk.states("a", "c") == ["paused", "queued"]
        with pytest.raises(JobNotFound):
            desk.service.job("b")


async def test_a_source_that_changed_is_planned_once_more(tmp_path: Path, monkeypatch: Patch) -> None:
    source = tmp_path / "source.mp4"
    source.touch()
    changed = SourceChanged(path=str(source), expected="1", actual="2")
    async with waiting(tmp_path, monkeypatch) as desk:
        await desk.start("a")
        await desk.at_work("a")
        first = desk.running["a"]
        first.finish(changed)
        with trio.fail_after(PATIENCE):
            while desk.running.get("a", first) is first:
                await trio.lowlevel.checkpoint()
        ended = await desk.finish("a", changed)
        assert (ended.state, ended.attempts) == ("failed", 2)
        assert len(desk.planning.asked) == 2


async def test_one_failure_is_one_job_s(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1) as desk:
        await desk.start("a")
        await desk.start("b")
        await desk.at_work("a")
        assert (await desk.finish("a", RenderFailed(detail="so"))).state == "failed"
        await desk.at_work("b")
        assert (await desk.finish("b", ZeroDivisionError())).state == "failed"
        assert desk.service.job("b").error is not None
        assert desk.service.jobs(JobsQuery()).running == 0


@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_a_long_queue(count: int, tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=1, kept=count) as desk:
        await desk.enqueue(count)
        assert desk.service.jobs(JobsQuery(limit=1)).queued == count - 1
        assert len({desk.service.job(f"job-{number}").position for number in range(count)}) == count
        await desk.cancel_all()
        assert desk.service.jobs(JobsQuery(states=["cancelled"], limit=1)).running == 0
        assert desk.service._queue.unfinished == 0


async def test_reading_rights_are_kept_for_later(tmp_path: Path, monkeypatch: Patch) -> None:
    async with waiting(tmp_path, monkeypatch, running=0) as desk:
        await desk.start("a", read=ReadAccess((tmp_path / "in",)), base_path=str(tmp_path / "in"))
        await desk.start("b")
    async with waiting(tmp_path, monkeypatch, running=2) as desk:
        await desk.at_work("a", "b")
        asked = sorted(desk.planning.asked, key=lambda each: each[0].base_path is None)
        (first, _, rights), (second, _, all_rights) = asked
        assert (first.base_path, second.base_path) == (str(tmp_path / "in"), None)
        assert rights == ReadAccess((tmp_path / "in",))
        assert all_rights == ReadAccess(None)
        assert first.inline is not None
        assert first.inline["id"] == "film"
