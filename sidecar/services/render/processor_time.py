"""What the processes of a run have used of the processor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil

from sidecar.ffmpeg.supervisor import Child


@dataclass(slots=True)
class ProcessorTime:
    """Adds up the seconds of processor of children, also of those that have ended since they were looked at."""

    _processes: dict[int, psutil.Process] = field(default_factory=dict)
    _used: dict[int, float] = field(default_factory=dict)

    def look(self, children: Sequence[Child]) -> float | None:
        """Return the seconds that they have used so far; None where none of them could be looked at."""
        for child in children:
            if child.returncode is None:
                try:
                    if child.pid not in self._processes:
                        self._processes[child.pid] = psutil.Process(child.pid)
                    times = self._processes[child.pid].cpu_times()
                except psutil.Error:
                    continue
                self._used[child.pid] = times.user + times.system
        return sum(self._used.values()) if self._used else None
