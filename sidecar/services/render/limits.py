"""How many jobs run at once and are remembered, and where they are journalled."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class RenderLimits:
    """How many jobs run at once, and how many ended ones are remembered."""

    running: int
    kept: int

    @staticmethod
    def of(max_jobs: int, kept: int) -> RenderLimits:
        """`max_jobs` 0: one for every four cores, at least one: an encoder fills several."""
        return RenderLimits(max_jobs or max(1, CORES // 4), kept)


@dataclass(frozen=True, slots=True)
class JobFolders:
    """Where jobs are journalled: the data folder, None for memory only, and those of dead instances."""

    data: Path | None = None
    adopted: tuple[Path, ...] = ()
