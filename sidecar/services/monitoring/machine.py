"""What the machine does: processor, memory, disk. Inside a container, the part of it that is ours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidecar.services.monitoring.cgroup import Cgroup

IDLE = ("idle", "iowait")
"""Times in which a core does nothing, as psutil names them."""

TWICE = ("guest", "guest_nice")
"""Times that are counted in others too."""


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes that this user may still write, of how many."""

    free: int
    total: int

    @property
    def ratio(self) -> float | None:
        """The share that is free; None of a disk that tells no size."""
        return self.free / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Machine:
    """One look: `cpu` is the share of `cores` that was busy since the look before, None at the first.

    `disk` is the one with least free space of those that our folders lie on, `fullest` the one with the least share of
    it; `load` the load average of a minute, as the system tells it, None where it tells none.
    """

    cpu: float | None
    cores: float
    memory_used: int
    memory_total: int
    disk: Disk
    fullest: Disk
    load: float | None


class MachineMeter:
    """Looks at the machine, and remembers when it last did. Blocks for half a millisecond; one thread at a time."""

    def __init__(self, folders: Sequence[Path], cgroup: Cgroup | None = None, psutil: Any = None) -> None:
        self._folders = tuple(folders)
        self._cgroup = cgroup or Cgroup()
        self._psutil = psutil
        self._before: tuple[float, float] | None = None

    def look(self, tick: float) -> Machine:
        """Measure; `tick` is the time of a clock in seconds that never goes back."""
        psutil = self._psutil = self._psutil or library()
        cores, busy, span = self._busy(psutil, tick)
        used, total = self._memory(psutil)
        before, self._before = self._before, (busy, span)
        passed = None if before is None else span - before[1]
        disks = [_disk_of(folder) for folder in self._folders]
        return Machine(
            cpu=None if before is None or not passed else min(1.0, max(0.0, (busy - before[0]) / passed)),
            cores=cores,
            memory_used=used,
            memory_total=total,
            disk=min(disks, key=lambda disk: disk.free),
            fullest=min(disks, key=lambda disk: 1.0 if disk.ratio is None else disk.ratio),
            load=_load(),
        )

    def _busy(self, psutil: Any, tick: float) -> tuple[float, float, float]:
        """Return cores, and so far: seconds that they were busy, and seconds that there were."""
        own = self._own_cores(psutil)
        quota = self._cgroup.cpu()
        if quota is not None and quota.cores < len(own):
            return quota.cores, quota.seconds, tick * quota.cores
        busy = span = 0.0
        every = psutil.cpu_times(percpu=True)
        for times in (every[core] for core in own if core < len(every)):
            named = times._asdict()
            whole = sum(seconds for name, seconds in named.items() if name not in TWICE)
            span += whole
            busy += whole - sum(named.get(name, 0.0) for name in IDLE)
        return len(own), busy, span

    @staticmethod
    def _own_cores(psutil: Any) -> list[int]:
        process = psutil.Process()
        with suppress(AttributeError, OSError):
            return list(process.cpu_affinity())
        return list(range(os.cpu_count() or 1))

    def _memory(self, psutil: Any) -> tuple[int, int]:
        whole = psutil.virtual_memory()
        group = self._cgroup.memory(whole.total)
        if group is not None:
            return group.used, group.limit
        return whole.total - whole.available, whole.total


def _disk_of(folder: Path) -> Disk:
    """Return the disk that a folder lies on, or that it lay on while it was there."""
    for each in (folder, *folder.parents):
        with suppress(OSError):
            usage = shutil.disk_usage(each)
            return Disk(usage.free, usage.total)
    raise OSError(f"{folder} lies on no disk")


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None


def library() -> Any:
    """Return psutil, which is imported when something is first measured."""
    import psutil  # noqa: PLC0415 - start-up time

    return psutil
