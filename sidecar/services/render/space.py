"""Looks after the disks that a render writes on, before and while it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from protocol.errors import DiskFull, OutputUnwritable
from sidecar.services.machine import free_space

LEAST = 512 * 2**20
"""Bytes that a render leaves free, or as many as are to stay free at all if that is less."""

MARGIN = 1.2
"""A render begins only if this much more than it is expected to write is free."""

LOOK_EVERY = 1.0
"""Seconds between two looks at the part file: it goes when somebody removes the folder."""

MEASURE_EVERY = 5
"""Looks between two measures of what is free."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a job writes: the target, its part, folders for what is on the way there, and what has to stay free.

    `twice` bytes are written to the first of the folders, and then again to the part.
    """

    target: Path
    part: Path
    folders: Sequence[Path]
    least: int
    twice: int = 0

    def check(self, expected: int | None) -> None:
        """Raise DiskFull where less is free than has to be, or than what is `expected` to be written."""
        for folder in (self.target.parent, *self.folders):
            try:
                both = _same_disk(folder, self.target.parent) and _same_disk(folder, self.folders[0])
                needed = self._needed(expected, self.twice if both else 0)
                free = free_space(folder)
            except OSError as error:
                raise self._lost(folder, error.strerror or str(error)) from error
            if free < needed:
                raise DiskFull(path=str(self._named(folder)), free=free, needed=needed)

    def look(self) -> None:
        """Raise OutputUnwritable where the part is no longer where the target is to be."""
        if not self.part.exists():
            raise self._lost(self.target.parent, "its folder, or what was written there, was removed")

    def _needed(self, expected: int | None, again: int) -> int:
        return max(self.least, 0 if expected is None else int(MARGIN * (expected + again)))

    def _lost(self, folder: Path, detail: str) -> OutputUnwritable:
        return OutputUnwritable(path=str(self._named(folder)), detail=detail)

    def _named(self, folder: Path) -> Path:
        """Return what the user calls the place."""
        return self.target if folder == self.target.parent else folder


def roomy(cache: Path, ground: Ground, expected: int | None) -> Path:
    """Return where what the cache is to keep is made: there, or, where its disk has no room, in the first of the folders."""
    try:
        replace(ground, folders=(cache,)).check(expected)
    except (DiskFull, OutputUnwritable):
        return ground.folders[0]
    return cache


def _same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


async def watch(ground: Ground) -> None:
    """Look after the ground until cancelled. Raises DiskFull, OutputUnwritable."""
    looks = 0
    while True:
        await trio.sleep(LOOK_EVERY)
        looks += 1
        await trio.to_thread.run_sync(ground.look)
        if looks % MEASURE_EVERY == 0:
            await trio.to_thread.run_sync(ground.check, None)
