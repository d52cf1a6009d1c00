"""What it costs to count and to look: a request, a sidecar at rest, a scrape, and who waits meanwhile."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import psutil

from sidecar.services.monitoring.meter import Meter
from tests.benchmarks.figure import Figure, alone
from tests.benchmarks.server import Server, sidecar

BETWEEN = 50
"""Requests between two scrapes under load."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Measure all of it; the sidecar's processor time is what the system has counted."""
    rounds, counts, scrapes, rest, busy = (3, 2_000, 20, 1.0, 1.0) if short else (15, 200_000, 500, 30.0, 75.0)
    yield alone(
        "monitoring.request",
        "s",
        [_counted(counts) for _ in range(rounds)],
        target=4e-6,
        conditions=f"processor time to count the end of a request that people wait for, mean of {counts:,}",
    )
    with sidecar() as server:
        _settle(server, 1.0 if short else 10.0)
        began = _used(server)
        _settle(server, rest)
        yield alone(
            "monitoring.idle",
            "of a core",
            [(_used(server) - began) / rest],
            target=0.01,
            conditions=f"processor time of a sidecar that nobody asks for anything, in {rest:.0f} s: all that it does",
        )
        yield alone(
            "monitoring.scrape",
            "s",
            [_scraped(server, scrapes) for _ in range(1 if short else 5)],
            target=0.010,
            conditions=f"processor time of metrics.prometheus, mean of {scrapes}",
        )
        yield alone(
            "monitoring.lag",
            "s",
            [_lag(server, busy)],
            target=0.010,
            conditions=f"p99 of a minute by which the loop was late: a request after the other, every {BETWEEN}th a scrape",
        )


def _counted(count: int) -> float:
    meter = Meter()
    began = time.process_time()
    for number in range(count):
        meter.ended("preview.frame", 0.010 + number % 7 * 0.001, trace_id="0123456789abcdef")
    return (time.process_time() - began) / count


def _scraped(server: Server, count: int) -> float:
    server.call("metrics.prometheus", {})
    began = _used(server)
    for _ in range(count):
        server.call("metrics.prometheus", {})
    return (_used(server) - began) / count


def _lag(server: Server, seconds: float) -> float:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(BETWEEN):
            server.call("render.jobs", {"limit": 10})
        server.call("metrics.prometheus", {})
    lag = server.call("metrics.snapshot", {"include": []})["process"]["loopLag"]
    assert lag["samples"] > 0
    return float(lag["p99"])


def _used(server: Server) -> float:
    times = psutil.Process(server.pid).cpu_times()
    return float(times.user + times.system)


def _settle(server: Server, seconds: float) -> None:
    """Let the server be for a while; it has to live on."""
    try:
        server.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    raise AssertionError("the sidecar ended")
