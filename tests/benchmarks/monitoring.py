"""What it costs to count and to look: a request, a sidecar at rest, a scrape by HTTP, and who waits meanwhile."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import psutil

from sidecar.services.monitoring.meter import Meter
from tests.benchmarks.figure import Figure, alone
from tests.benchmarks.server import INITIALIZE, SIDECAR, Server, running
from tests.services.render.studio import LONG

BETWEEN = 50
"""Requests between two scrapes under load."""

STALE = 0.6
"""Seconds after which a page is made anew."""

JOBS = 2
"""Renders under load, of films that are not done before the measuring is."""


def measure(*, short: bool) -> Iterator[Figure]:
    """Measure all of it; the sidecar's processor time is what the system has counted."""
    rounds, counts, scrapes, rest, busy = (3, 2_000, 2, 1.0, 3.0) if short else (15, 200_000, 20, 30.0, 75.0)
    yield alone(
        "monitoring.request",
        "s",
        [_counted(counts) for _ in range(rounds)],
        target=4e-6,
        conditions=f"processor time to count the end of a request that people wait for, mean of {counts:,}",
    )
    with running(SIDECAR) as server:
        http = server.call("initialize", INITIALIZE)["http"]
        headers = {"Authorization": f"Bearer {http['token']}"}
        _settle(server, 1.0 if short else 10.0)
        began = _used(server)
        _settle(server, rest)
        resting = (_used(server) - began) / rest
        yield alone(
            "monitoring.idle",
            "of a core",
            [resting],
            target=0.01,
            conditions=f"processor time of a sidecar that nobody asks for anything, in {rest:.0f} s: all that it does",
        )
        with closing(HTTPConnection("127.0.0.1", int(http["origin"].rpartition(":")[2]))) as line:
            scrape = _Scrape(line, headers)
            yield alone(
                "monitoring.scrape",
                "s",
                [_scraped(server, scrape, scrapes, resting) for _ in range(1 if short else 5)],
                target=0.010,
                conditions=f"processor time of GET /metrics that finds no page kept, above that of rest, mean of {scrapes}",
            )
            yield alone(
                "monitoring.lag",
                "s",
                [_lag(server, scrape, busy)],
                target=0.010,
                conditions=(
                    f"p99 of a minute by which the loop was late: {JOBS} renders, a request after the other, "
                    f"every {BETWEEN}th a GET /metrics"
                ),
            )


class _Scrape:
    """Asks for a page over a connection that stays."""

    def __init__(self, line: HTTPConnection, headers: dict[str, str]) -> None:
        self._line = line
        self._headers = headers

    def __call__(self) -> None:
        self._line.request("GET", "/metrics", headers=self._headers)
        answer = self._line.getresponse()
        page = answer.read()
        assert answer.status == 200, page
        assert page.startswith(b"# HELP videoc_")


def _counted(count: int) -> float:
    meter = Meter()
    began = time.process_time()
    for number in range(count):
        meter.ended("preview.frame", 0.010 + number % 7 * 0.001, trace_id="0123456789abcdef")
    return (time.process_time() - began) / count


def _scraped(server: Server, scrape: _Scrape, count: int, resting: float) -> float:
    scrape()
    began, used = time.monotonic(), _used(server)
    for _ in range(count):
        _settle(server, STALE)
        scrape()
    return max(0.0, _used(server) - used - resting * (time.monotonic() - began)) / count


def _lag(server: Server, scrape: _Scrape, seconds: float) -> float:
    with tempfile.TemporaryDirectory() as folder:
        server.call("settings.set", {"settings": {"maxJobs": JOBS}, "persist": False})
        films = [{"project": {"inline": LONG}, "output": str(Path(folder) / f"{number}.mp4")} for number in range(JOBS)]
        jobs = [server.call("render.start", film)["jobId"] for film in films]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(BETWEEN):
                server.call("render.jobs", {"limit": 10})
            scrape()
        assert {server.call("render.job", {"jobId": job})["state"] for job in jobs} == {"running"}
        lag = server.call("metrics.snapshot", {"include": []})["process"]["loopLag"]
        for job in jobs:
            server.call("render.cancel", {"jobId": job})
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
