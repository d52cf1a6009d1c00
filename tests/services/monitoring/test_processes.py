"""Children that are planted: what is measured of them is what the system itself has counted."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from sidecar.services.monitoring.processes import Named, ProcessMeter
from tests.harness.patience import PATIENCE

CORES = 2.0
BUSY = "import sys; held = bytearray(48 * 2**20); print('ready', flush=True)\nwhile True: pass"
IDLE = "import sys; print('ready', flush=True); sys.stdin.read()"


@contextmanager
def child(program: str) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def used(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def test_load_and_memory_of_children_are_those_planted() -> None:
    meter = ProcessMeter()
    with child(BUSY) as busy, child(IDLE) as idle:
        named = [Named(busy, "render", "job-1"), Named(idle, "probe", None)]
        meter.children(named, 100.0, CORES)
        least, deadline = used(busy), time.monotonic() + PATIENCE
        while used(busy) < least + 0.3:
            assert time.monotonic() < deadline
        # By this clock ten seconds have passed: shares follow from what was used, not from when we looked.
        found = {each.pid: each for each in meter.children(named, 110.0, CORES)}
        most = used(busy)
    assert 0.25 <= found[busy].cpu * 10 * CORES <= most - least + 0.3
    assert found[idle].cpu * 10 * CORES <= 0.1
    assert 48 * 2**20 <= found[busy].rss < 48 * 2**20 + 40 * 2**20
    assert found[idle].rss < 40 * 2**20
    assert (found[busy].role, found[busy].job_id, found[idle].job_id) == ("render", "job-1", None)


def test_a_child_that_is_new_is_measured_since_its_birth_and_one_that_is_gone_is_left_out() -> None:
    meter = ProcessMeter()
    before, deadline = time.monotonic(), time.monotonic() + PATIENCE
    with child(BUSY) as busy:
        ready, begun = time.monotonic(), used(busy)
        while (least := used(busy)) < begun + 0.2:
            assert time.monotonic() < deadline
        shortest = time.monotonic() - ready
        # Of many cores, so that no share is the most that there is.
        (found,) = meter.children([Named(busy, "render", None)], 5.0, 4.0)
        most, longest = used(busy), time.monotonic() - before
        # The system counts in hundredths.
        assert least / (longest + 0.02) <= found.cpu * 4.0 <= most / (shortest - 0.02)
        gone = busy
    assert meter.children([Named(gone, "render", None)], 6.0, 1.0) == ()


def test_this_process_is_what_psutil_says_of_it() -> None:
    meter = ProcessMeter()
    held = bytearray(b"x") * (32 * 2**20)
    meter.own(10.0, CORES)
    before = used(psutil.Process().pid)
    while used(psutil.Process().pid) < before + 0.2:
        pass
    own = meter.own(12.0, CORES)
    assert 0.19 <= own.cpu * 2 * CORES <= used(psutil.Process().pid) - before + 0.2
    assert own.rss == pytest.approx(psutil.Process().memory_info().rss, rel=0.2)
    assert own.rss > len(held)
    assert own.threads >= 1
    assert own.fds is not None
    assert own.fds >= 3
