"""All jobs of this instance: who waits, who runs, who has ended. Awaits nothing and writes nothing."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from protocol.commands.render import JobsQuery
from protocol.errors import Cancelled, InvalidParams, JobNotFound
from sidecar.services.render.job import RenderJob
from sidecar.services.render.line import STEP, Line
from sidecar.services.render.record import ACTIVE, Row


class JobQueue:
    """Jobs by id and by number, and the line of those that wait."""

    def __init__(self) -> None:
        self._jobs: dict[str, RenderJob] = {}
        self._by_serial: dict[int, RenderJob] = {}
        self._serials: list[int] = []
        self._ended: dict[str, RenderJob] = {}
        self._active: dict[str, RenderJob] = {}
        self._last = 0
        self._places: list[tuple[int, int]] = []
        self.line = Line()

    @property
    def running(self) -> int:
        """Jobs that hold a place among those that run at once."""
        return len(self._active)

    @property
    def active(self) -> tuple[RenderJob, ...]:
        """The jobs that hold one."""
        return tuple(self._active.values())

    @property
    def unfinished(self) -> int:
        """Jobs that have not ended."""
        return len(self._jobs) - len(self._ended)

    def new_serial(self) -> int:
        """Return the number of the next job."""
        self._last += 1
        return self._last

    def new_place(self) -> int:
        """Return a place behind all jobs that have not ended."""
        return (self._places[-1][0] if self._places else 0) + STEP

    def get(self, job_id: str | None) -> RenderJob | None:
        """Return a job, or None."""
        return None if job_id is None else self._jobs.get(job_id)

    def find(self, job_id: str) -> RenderJob:
        """Return a job; raises JobNotFound."""
        try:
            return self._jobs[job_id]
        except KeyError:
            raise JobNotFound(job_id=job_id) from None

    def add(self, job: RenderJob) -> None:
        """Take a job in; it waits only once `enter` is called."""
        self._jobs[job.job_id] = self._by_serial[job.serial] = job
        insort(self._serials, job.serial)
        if not job.ended:
            self._take_place(job, job.place)

    def restore(self, rows: Iterable[Row]) -> list[RenderJob]:
        """Take in what an earlier process left, and return the jobs whose state changed by that.

        What ran waits again, before all others; what was not to be resumed is cancelled.
        """
        changed = []
        for job in map(RenderJob.of, rows):
            self._last = max(self._last, job.serial)
            self.add(job)
            before = job.state
            if not job.ended and not job.asked.resume:
                job.end("cancelled", error=Cancelled(reason="restart", message="The sidecar ended before the job did"))
                job.done.set()
            elif job.state in ACTIVE:
                job.interrupt()
            if job.ended:
                self._give_place(job)
                self._ended[job.job_id] = job
            else:
                self.enter(job)
            if job.state != before:
                changed.append(job)
        return changed

    def enter(self, job: RenderJob) -> None:
        """Let a queued job wait for its turn; one that is paused or has ended meanwhile does not."""
        if job.state == "queued":
            self.line.add(job)

    def next(self) -> RenderJob | None:
        """Take the job whose turn is next out of the line; it holds a place from now on."""
        job = self.line.first()
        if job is not None:
            self.line.remove(job)
            self._active[job.job_id] = job
        return job

    def leave(self, job: RenderJob) -> None:
        """Take a job out of the line, or from its place among those that run."""
        self.line.remove(job)
        self._active.pop(job.job_id, None)

    def finish(self, job: RenderJob) -> None:
        """Put a job that has ended into the history."""
        self.leave(job)
        self._give_place(job)
        if job.job_id in self._jobs:
            self._ended[job.job_id] = job

    def overflow(self, kept: int) -> Iterator[RenderJob]:
        """Drop the jobs that ended first, beyond so many, and yield them."""
        while len(self._ended) > kept:
            job = next(iter(self._ended.values()))
            self.drop(job)
            yield job

    def drop(self, job: RenderJob) -> None:
        """Forget a job."""
        self.leave(job)
        self._give_place(job)
        self._jobs.pop(job.job_id, None)
        self._ended.pop(job.job_id, None)
        if self._by_serial.pop(job.serial, None) is not None:
            del self._serials[bisect_left(self._serials, job.serial)]

    def move(self, job: RenderJob, priority: int | None, before: RenderJob | None, *, last: bool) -> list[RenderJob]:
        """Give a job another place in the line, and return the jobs whose place changed.

        `before` another it takes that one's priority; `last` puts it behind all of its priority. Raises JobState for
        a job that has ended, or one that runs and is to be put before another; InvalidParams for a contradiction.
        """
        job.refuse_unless(fits=not job.ended)
        changed = [job]
        if before is not None:
            job.refuse_unless(fits=not job.active)
            before.refuse_unless(fits=not before.ended and not before.active)
            if before is job or priority not in (None, before.priority):
                raise InvalidParams(detail="a job takes the priority of the one it is put before", path="/before")
        elif priority is None and not last:
            raise InvalidParams(detail="priority or before", path="/priority")
        self.line.remove(job)
        if before is not None:
            changed += self._put_before(job, before)
        else:
            job.interrupted = False
            job.priority = job.priority if priority is None else priority
            if last:
                self._take_place(job, self.new_place())
        self.enter(job)
        return changed

    def page(self, query: JobsQuery) -> tuple[list[RenderJob], str | None]:
        """Return jobs, newest first, and the id to go on after; raises JobNotFound for an `after` that is unknown."""
        end = len(self._serials)
        if query.after is not None:
            end = bisect_left(self._serials, self.find(query.after).serial)
        page: list[RenderJob] = []
        for at in range(end - 1, -1, -1):
            job = self._by_serial[self._serials[at]]
            if query.states is None or job.state in query.states:
                if len(page) == query.limit:
                    return page, page[-1].job_id
                page.append(job)
        return page, None

    def _put_before(self, job: RenderJob, before: RenderJob) -> list[RenderJob]:
        spread: list[RenderJob] = []
        self._give_place(job)
        place = self._place_before(before)
        if place is None:
            spread = self._spread(job)
            self._give_place(job)
            place = self._place_before(before)
        if place is None:
            raise AssertionError("places that were spread have room between them")
        job.priority, job.interrupted = before.priority, before.interrupted
        self._take_place(job, place)
        return spread

    def _place_before(self, job: RenderJob) -> int | None:
        """Return a place between a job and the one before it, of whatever priority; None where no number is left."""
        at = bisect_left(self._places, (job.place, job.serial))
        if at == 0:
            return job.place - STEP
        before = self._places[at - 1][0]
        place = (before + job.place) // 2
        return place if before < place < job.place else None

    def _take_place(self, job: RenderJob, place: int) -> None:
        self._give_place(job)
        job.place = place
        insort(self._places, (place, job.serial))

    def _give_place(self, job: RenderJob) -> None:
        """Let nobody have a job's place any more; a job that has none is left alone."""
        key = (job.place, job.serial)
        at = bisect_left(self._places, key)
        if at < len(self._places) and self._places[at] == key:
            del self._places[at]

    def _spread(self, moved: RenderJob) -> list[RenderJob]:
        """Number the places anew, in their order, so that there is room between any two; `moved` stays out of the line."""
        waiting = [job for job in self._jobs.values() if not job.ended]
        waiting.sort(key=lambda job: (job.place, job.serial))
        for number, job in enumerate(waiting):
            self.line.remove(job)
            job.place = (number + 1) * STEP
        self._places = [(job.place, job.serial) for job in waiting]
        for job in waiting:
            if job is not moved:
                self.enter(job)
        return waiting
