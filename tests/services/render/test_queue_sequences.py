"""Random sequences of everything that can be done to jobs, against a model that keeps a plain list."""

from __future__ import annotations

import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.commands.render import JobsQuery
from protocol.errors import JobState, RenderFailed
from sidecar.services.render.limits import RenderLimits
from tests.harness.patience import PATIENCE
from tests.services.render.waiting import Waiting, waiting

SLOTS = 2

pick = st.integers(0, 7)
started = st.tuples(st.just("start"), st.integers(-1, 1), st.just(value=False), st.booleans())
paused = st.tuples(st.just("start"), st.integers(-1, 1), st.just(value=True), st.booleans())
# Each by itself, what matters most more than once: alternatives are drawn with equal chances.
picking = ("pause", "pause", "resume", "resume", "cancel", "finish", "finish", "fail", "remove", "last")
step = st.one_of(
    started,
    paused,
    *(st.tuples(st.just(name), pick) for name in picking),
    st.tuples(st.just("priority"), pick, st.integers(-1, 1)),
    st.tuples(st.just("before"), pick, pick),
    st.tuples(st.just("restart"), st.booleans(), st.integers(0, SLOTS)),
    st.tuples(st.just("slots"), st.integers(0, SLOTS)),
)


@dataclass
class Modelled:
    name: str
    priority: int
    state: str
    resume: bool
    urgent: bool = False
    begun: bool = False
    attempts: int = 0


@dataclass
class Model:
    """All jobs in the order of their places; who is active is worked out from that, job by job."""

    jobs: list[Modelled] = field(default_factory=list)
    slots: int = SLOTS

    def waiting(self) -> list[Modelled]:
        queued = [job for job in self.jobs if job.state == "queued"]
        return sorted(queued, key=lambda job: (not job.urgent, -job.priority))

    def settle(self) -> None:
        """Let those whose turn it is run."""
        while sum(job.state == "active" for job in self.jobs) < self.slots and (line := self.waiting()):
            first = line[0]
            first.attempts += not first.begun
            first.state, first.begun, first.urgent = "active", True, False

    def restart(self) -> None:
        for job in self.jobs:
            if job.state in ("queued", "active", "paused"):
                if not job.resume:
                    job.state, job.urgent = "cancelled", False
                elif job.state == "active":
                    job.state, job.urgent = "queued", True
                job.begun = False


class Play:
    """Does one step after the other to the service and to the model, and compares them after each."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.patch = patch
        self.model = Model()
        self.made = 0
        self.opened = 0
        self.data = home / "data-0"
        self.desk: Waiting
        self.stack = AsyncExitStack()

    async def open(self) -> None:
        self.desk = await self.stack.enter_async_context(
            waiting(self.home, self.patch, data=self.data, running=self.model.slots, kept=1_000)
        )

    async def run(self, steps: list[tuple[Any, ...]]) -> None:
        with trio.fail_after(PATIENCE):
            try:
                await self.open()
                for name, *arguments in steps:
                    await getattr(self, name)(*arguments)
                    self.model.settle()
                    await self.compare()
                await self.leave_nothing()
            finally:
                await self.stack.aclose()

    async def compare(self) -> None:
        active = [job.name for job in self.model.jobs if job.state == "active"]
        stopped = [job.name for job in self.model.jobs if job.begun and job.state in ("paused", "queued")]
        await self.desk.at_work(*active, *stopped)
        service = self.desk.service
        for job in self.model.jobs:
            shown = service.job(job.name)
            assert shown.state in (("preparing", "running") if job.state == "active" else (job.state,)), job
            assert (shown.priority, shown.attempts) == (job.priority, job.attempts)
        line = [job.name for job in self.model.waiting()]
        assert self.desk.positions(*line) == list(range(len(line)))
        assert self.desk.switches.frozen == set(stopped)
        listing = service.jobs(JobsQuery(limit=1_000))
        assert {job.job_id for job in listing.jobs} == {job.name for job in self.model.jobs}
        assert (listing.running, listing.queued) == (len(active), len(line))

    async def leave_nothing(self) -> None:
        """Whatever state the jobs are in, each can be brought to an end, and then nothing of it is left."""
        for job in self.model.jobs:
            if job.state in ("queued", "active", "paused"):
                await self.desk.service.cancel(job.name)
        assert self.desk.running == {}
        assert self.desk.switches.frozen == set()
        assert self.desk.service._nursery.child_tasks == set()
        assert len(self.desk.service._queue.line) == 0
        await self.desk.service.remove([job.name for job in self.model.jobs])
        assert self.desk.service.jobs(JobsQuery()).jobs == []

    def at(self, number: int) -> Modelled | None:
        return self.model.jobs[number % len(self.model.jobs)] if self.model.jobs else None

    async def start(self, priority: int, paused: bool, resume: bool) -> None:  # noqa: FBT001 - drawn
        self.made += 1
        job = Modelled(f"job-{self.made}", priority, "paused" if paused else "queued", resume)
        await self.desk.start(job.name, priority=priority, paused=paused, resume=resume)
        self.model.jobs.append(job)

    async def pause(self, number: int) -> None:
        await self.change(number, self.desk.service.pause, ("queued", "active"), "paused")

    async def resume(self, number: int) -> None:
        await self.change(number, self.desk.service.resume, ("paused",), "queued")

    async def cancel(self, number: int) -> None:
        job = self.at(number)
        await self.change(number, self.desk.service.cancel, ("queued", "active", "paused"), "cancelled")
        if job is not None and job.state == "cancelled":
            job.begun = job.urgent = False

    async def change(self, number: int, call: Any, fits: tuple[str, ...], state: str) -> None:
        job = self.at(number)
        if job is None:
            return
        if job.state in fits:
            shown = await call(job.name)
            job.state = state
            assert shown.state == state or (state == "queued" and shown.state in ("preparing", "running"))
        else:
            with pytest.raises(JobState):
                await call(job.name)

    async def finish(self, number: int, error: Exception | None = None) -> None:
        active = [job for job in self.model.jobs if job.state == "active"]
        if active:
            job = active[number % len(active)]
            ended = await self.desk.finish(job.name, error)
            job.state, job.begun = "failed" if error else "completed", False
            assert ended.state == job.state

    async def fail(self, number: int) -> None:
        await self.finish(number, RenderFailed(detail="as wanted"))

    async def remove(self, number: int) -> None:
        job = self.at(number)
        if job is None:
            return
        if job.state in ("completed", "failed", "cancelled"):
            assert await self.desk.service.remove([job.name]) == 1
            self.model.jobs.remove(job)
        else:
            with pytest.raises(JobState):
                await self.desk.service.remove([job.name])

    async def priority(self, number: int, priority: int) -> None:
        await self.move(number, partial(self.desk.move, priority=priority), priority)

    async def last(self, number: int) -> None:
        job = await self.move(number, partial(self.desk.move, last=True), None)
        if job is not None:
            self.model.jobs.remove(job)
            self.model.jobs.append(job)

    async def move(self, number: int, call: Any, priority: int | None) -> Modelled | None:
        job = self.at(number)
        if job is None:
            return None
        if job.state not in ("queued", "active", "paused"):
            with pytest.raises(JobState):
                await call(job.name)
            return None
        await call(job.name)
        job.urgent = False
        job.priority = job.priority if priority is None else priority
        return job

    async def before(self, number: int, other: int) -> None:
        job, place = self.at(number), self.at(other)
        if job is None or place is None or job is place:
            return
        call = self.desk.move(job.name, before=place.name)
        if job.state in ("queued", "paused") and place.state in ("queued", "paused"):
            await call
            job.priority, job.urgent = place.priority, place.urgent
            self.model.jobs.remove(job)
            self.model.jobs.insert(self.model.jobs.index(place), job)
        else:
            with pytest.raises(JobState):
                await call

    async def slots(self, slots: int) -> None:
        self.model.slots = slots
        self.desk.limits = RenderLimits(running=slots, kept=1_000)
        self.desk.service.advance()

    async def restart(self, killed: bool, slots: int) -> None:  # noqa: FBT001 - drawn
        self.model.slots = slots
        self.opened += 1
        left = self.home / f"data-{self.opened}"
        await self.desk.written()
        if killed and self.data.exists():
            shutil.copytree(self.data, left)
        await self.stack.aclose()
        if killed:
            self.data = left
        self.stack = AsyncExitStack()
        await self.open()
        self.model.restart()


def play(steps: list[tuple[Any, ...]], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        trio.run(Play(folder, patch).run, steps)


def sequences(least: int, most: int) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """More jobs than may run at once, and then anything."""
    begun = st.lists(started, min_size=SLOTS + 2, max_size=SLOTS + 5)
    return st.tuples(begun, st.lists(step, min_size=least, max_size=most)).map(lambda both: [*both[0], *both[1]])


QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(sequences(10, 40))
def test_no_sequence_loses_or_sticks(tmp_path: Path, steps: list[tuple[Any, ...]]) -> None:
    play(steps, tmp_path / "home")


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@settings(max_examples=1_000, deadline=None, suppress_health_check=QUIET)
@given(sequences(10, 120))
def test_no_long_sequence_loses_or_sticks(tmp_path: Path, steps: list[tuple[Any, ...]]) -> None:
    play(steps, tmp_path / "home")
