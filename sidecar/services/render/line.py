"""The line of jobs that wait for their turn: in order, and cheap with ten thousand of them."""

from __future__ import annotations

from bisect import bisect_left, insort

from sidecar.services.render.job import RenderJob

STEP = 1 << 32
"""Between the places of two jobs that were made one after the other: 32 may be put between them, one before the other."""

Key = tuple[bool, int, int, int]


class Line:
    """Jobs by (interrupted first, priority, place). Finding, adding and removing look at about log2(n) of them."""

    def __init__(self) -> None:
        self._keys: list[Key] = []
        self._jobs: dict[Key, RenderJob] = {}
        self._key_of: dict[str, Key] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, job: RenderJob) -> None:
        """Let a job wait, at the place that it names."""
        key = _key(job)
        insort(self._keys, key)
        self._jobs[key] = job
        self._key_of[job.job_id] = key

    def remove(self, job: RenderJob) -> None:
        """Take a job out, whatever place it names by now; one that does not wait is left alone."""
        key = self._key_of.pop(job.job_id, None)
        if key is not None:
            del self._keys[bisect_left(self._keys, key)]
            del self._jobs[key]

    def first(self) -> RenderJob | None:
        """Return the job whose turn is next."""
        return self._jobs[self._keys[0]] if self._keys else None

    def oldest(self) -> str | None:
        """Return when the job was made that was made first of those that wait; looks at all of them."""
        return min((job.created_at for job in self._jobs.values()), default=None)

    def position(self, job: RenderJob) -> int | None:
        """Return how many jobs wait before this one; None when it does not wait."""
        key = self._key_of.get(job.job_id)
        return None if key is None else bisect_left(self._keys, key)


def _key(job: RenderJob) -> Key:
    return (not job.interrupted, -job.priority, job.place, job.serial)
