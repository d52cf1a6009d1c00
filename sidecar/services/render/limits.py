"""How many jobs run at once and are remembered, and where they are journalled."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class RenderLimits:
    """How many jobs run at once, and how many ended ones are remembered.

    `processes` is how many encode at once, of all jobs together; `least` how many bytes of the disk stay free.
    """

    running: int
    kept: int
    processes: int = CORES
    least: int = 0

    @staticmethod
    def of(max_jobs: int, kept: int, *, workers: int = 0, least: int = 0) -> RenderLimits:
        """`max_jobs` 0: one for every four cores, at least one: each has several processes. `workers` 0: the cores."""
        return RenderLimits(max_jobs or max(1, CORES // 4), kept, workers or CORES, least)


@dataclass(frozen=True, slots=True)
class JobFolders:
    """Where jobs are journalled: the data folder, None for memory only, and those of dead instances."""

    data: Path | None = None
    adopted: tuple[Path, ...] = ()
