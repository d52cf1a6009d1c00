"""Start-up and memory of the sidecar."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from typing import Any

import psutil

from tests.benchmarks.figure import Figure, alone
from tests.benchmarks.server import INITIALIZE, SIDECAR, Server, running

MIB = 2**20


def measure(*, short: bool) -> Iterator[Figure]:
    """Measure start-up, memory at rest, and memory with a large project."""
    starts, settle = (3, 1.0) if short else (15, 5.0)
    with running(SIDECAR) as warm:
        warm.call("initialize", INITIALIZE)
    yield alone(
        "start.initialized",
        "s",
        [_start() for _ in range(starts)],
        target=0.3,
        conditions="spawn to initialize answered, installed environment, warm disk",
    )
    resting, loaded = zip(*(_memory(settle) for _ in range(1 if short else 3)), strict=True)
    after = f"{settle:.0f} s after initialize"
    yield alone("memory.resting", "MiB", resting, target=80.0, conditions=f"RSS of the sidecar {after}")
    yield alone("memory.project", "MiB", loaded, target=150.0, conditions=f"{after}, a project of 1,000 clips open")


def _start() -> float:
    began = time.perf_counter()
    with running(SIDECAR) as server:
        server.call("initialize", INITIALIZE)
        return time.perf_counter() - began


def _memory(settle: float) -> tuple[float, float]:
    """RSS at rest and with a large project open, in MiB."""
    with running(SIDECAR) as server:
        server.call("initialize", INITIALIZE)
        _settle(server, settle)
        resting = psutil.Process(server.pid).memory_info().rss / MIB
        server.call("project.open", {"project": large_project(1_000)})
        _settle(server, settle)
        return resting, psutil.Process(server.pid).memory_info().rss / MIB


def _settle(server: Server, seconds: float) -> None:
    """Let the server be for a while; it has to live on."""
    try:
        server.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    raise AssertionError("the sidecar ended")


def large_project(clips: int) -> dict[str, Any]:
    """A project with clips end to end on ten tracks."""
    each = clips // 10
    return {
        "schema": "timeline/1",
        "frameRate": "25",
        "width": 1280,
        "height": 720,
        "tracks": [
            {
                "kind": "video",
                "clips": [
                    {"source": {"kind": "color", "color": f"#{track:02x}{n % 256:02x}40"}, "start": n, "duration": 1}
                    for n in range(each)
                ],
            }
            for track in range(10)
        ],
    }
