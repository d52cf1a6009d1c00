"""A sidecar whose surroundings a test sets: what its graphics card and its container say, and how some requests go.

    python -m tests.end_to_end.planted FOLDER

The driver's library tells of a card whose memory is used as far as FOLDER/card says. The container is as small as the
constants below; what is used of it is measured: the processor time of this process and its children, the memory of
this process and of the one whose number is in FOLDER/ballast. `project.get` of "slow" takes its time, of "fault"
fails by a fault. Everything else is the sidecar as it is.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import trio

from protocol.errors import Timeout
from sidecar.cli import main
from sidecar.commands import registry
from sidecar.services.monitoring import graphics, machine, sampler
from sidecar.services.monitoring.cgroup import CpuUse, MemoryUse
from sidecar.services.render import encode_run, produce
from tests.services.gpu.test_cards import nvml

MEMORY = 384 * 2**20
CORES = 0.2
SLOW = 1.2
CRASHES_REMEMBERED = 8.0
PATIENT = 600.0
"""Seconds for which encoders may stand: a test that stops them has to see all else before they are ended for that."""


class Container:
    """Stands for the control group."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"
        self._process = psutil.Process()

    def memory(self, _total: int) -> MemoryUse:
        used = self._process.memory_info().rss
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            used += psutil.Process(int(self._ballast.read_text(encoding="ascii"))).memory_info().rss
        return MemoryUse(MEMORY, used)

    def cpu(self) -> CpuUse:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = time.process_time() + ended.ru_utime + ended.ru_stime
        for child in self._process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                seconds += times.user + times.system
        return CpuUse(CORES, seconds)


def library(folder: Path) -> Any:
    """Return what stands for the driver's library."""

    def memory(_: Any) -> Any:
        share = float((folder / "card").read_text(encoding="ascii"))
        return SimpleNamespace(total=2**33, used=int(2**33 * share))

    return nvml(nvmlDeviceGetMemoryInfo=memory)


def planted(run: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Awaitable[Any]]:
    """Return `project.get` as it is for all projects but two."""

    async def planted(params: Any, call: Any) -> Any:
        if params.project_id == "slow":
            await trio.sleep(SLOW)
        if params.project_id == "fault":
            raise Timeout(operation="planted", seconds=0.0)
        return await run(params, call)

    return planted


def plant(folder: Path) -> None:
    """Set the surroundings, at the seams."""
    sys.modules["pynvml"] = library(folder)
    graphics.DRIVER = (folder, folder)
    setattr(machine, "Cgroup", lambda: Container(folder))  # noqa: B010 - a stand-in
    sampler.CRASH_SECONDS = CRASHES_REMEMBERED
    for module in (produce, encode_run):
        setattr(module, "STALL_SECONDS", PATIENT)  # noqa: B010 - one of them imports it
    real = registry.HANDLERS["project.get"]
    registry._REGISTERED["project.get"] = replace(real, run=planted(real.run))


if __name__ == "__main__":
    plant(Path(sys.argv[1]))
    main(["serve"])
