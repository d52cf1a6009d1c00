"""What this process and its children take of the machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sidecar.services.monitoring.machine import library

LEAST_AGE = 0.01
"""Seconds: the system counts what processes use in hundredths."""


@dataclass(frozen=True, slots=True)
class Named:
    """A child as the supervisor knows it; `tag` is the job that it works for."""

    pid: int
    role: str
    tag: str | None


@dataclass(frozen=True, slots=True)
class Process:
    """This process. `cpu` is a share of all cores since the last look, at the first since its start.

    `fds` is None where the system does not tell.
    """

    cpu: float
    cpu_seconds: float
    rss: int
    threads: int
    fds: int | None


@dataclass(frozen=True, slots=True)
class ChildUse:
    """A child: `cpu` as of this process."""

    pid: int
    role: str
    job_id: str | None
    cpu: float
    rss: int


@dataclass(slots=True)
class _Known:
    """A process that was looked at before: the processor seconds it had used, and when."""

    handle: Any
    seconds: float
    tick: float


class ProcessMeter:
    """Looks at processes, and remembers what they had used. Blocks for 20 µs each; one thread at a time."""

    def __init__(self, psutil: Any = None) -> None:
        self._psutil = psutil
        self._own: _Known | None = None
        self._known: dict[int, _Known] = {}

    def own(self, tick: float, cores: float) -> Process:
        """Measure this process."""
        psutil = self._psutil = self._psutil or library()
        handle = psutil.Process() if self._own is None else self._own.handle
        with handle.oneshot():
            times, rss, threads = handle.cpu_times(), handle.memory_info().rss, handle.num_threads()
            age = _age(handle)
        fds = None
        with suppress(AttributeError, psutil.Error):
            fds = handle.num_fds()
        seconds = times.user + times.system
        before, self._own = self._own, _Known(handle, seconds, tick)
        return Process(_share(before or _newborn(handle, age, tick), seconds, tick, cores), seconds, rss, threads, fds)

    def children(self, named: Sequence[Named], tick: float, cores: float) -> tuple[ChildUse, ...]:
        """Measure children; one that has ended meanwhile is left out."""
        psutil = self._psutil = self._psutil or library()
        known = self._known
        self._known = {}
        found = []
        for child in named:
            with suppress(psutil.Error):
                before = known.get(child.pid)
                handle = psutil.Process(child.pid) if before is None else before.handle
                if before is not None and not handle.is_running():
                    # The number is another process's by now.
                    before, handle = None, psutil.Process(child.pid)
                with handle.oneshot():
                    times, rss, age = handle.cpu_times(), handle.memory_info().rss, _age(handle)
                seconds = times.user + times.system
                self._known[child.pid] = _Known(handle, seconds, tick)
                share = _share(before or _newborn(handle, age, tick), seconds, tick, cores)
                found.append(ChildUse(child.pid, child.role, child.tag, share, rss))
        return tuple(found)


def ended_children_seconds() -> float:
    """Return the processor seconds of all children that have ended; 0 where the system does not add them up."""
    times = os.times()
    return times.children_user + times.children_system


def by_role(children: Iterable[ChildUse]) -> dict[str, list[ChildUse]]:
    """Return children by what they are for."""
    roles: dict[str, list[ChildUse]] = {}
    for child in children:
        roles.setdefault(child.role, []).append(child)
    return roles


def _newborn(handle: Any, age: float, tick: float) -> _Known:
    """Return what a process had used when it began."""
    return _Known(handle, 0.0, tick - max(LEAST_AGE, age))


def _age(handle: Any) -> float:
    """Return for how many seconds a process has been there.

    Linux tells it on the clock that starts with the machine, to a hundredth; psutil's Unix time of it is a second off,
    and moves with the clock that is set.
    """
    with suppress(AttributeError, OSError, ValueError, IndexError):
        told = Path(f"/proc/{handle.pid}/stat").read_text(encoding="ascii", errors="replace")
        started = int(told.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    return time.time() - float(handle.create_time())


def _share(before: _Known, seconds: float, tick: float, cores: float) -> float:
    share = (seconds - before.seconds) / (max(LEAST_AGE, tick - before.tick) * cores)
    return min(1.0, max(0.0, share))
