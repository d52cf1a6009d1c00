"""Whenever and however the sidecar dies, its children die."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from tests.ffmpeg.process.survivors import tagged
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE

BORN_WITHIN = 0.25
"""Seconds in which a process that was being born when its parent died has its tag, or is gone."""

OUTLIVED = 10.0
"""Seconds after which one that still lives has outlived its parent: it dies in milliseconds, or not for minutes."""

DIES_WITHIN = 0.5
"""Seconds in which what is tied to a thread that has ended is gone."""


@contextmanager
def parent(platform: str, mode: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    tag = uuid4().hex
    argv = [sys.executable, "-m", "tests.ffmpeg.process.parent", platform, mode, tag, str(folder)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield process, tag
        finally:
            process.kill()
            for pid in tagged(tag):
                os.kill(pid, signal.SIGKILL)


def appear(tag: str, count: int) -> list[int]:
    """Wait until at least so many processes carry the tag."""
    deadline = time.monotonic() + PATIENCE
    while len(running := tagged(tag)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return running


def survivors(process: subprocess.Popen[str], tag: str) -> list[int]:
    """Kill a parent and return which of its children outlive it."""
    process.kill()
    process.wait()
    deadline = time.monotonic() + OUTLIVED
    born = time.monotonic() + BORN_WITHIN
    while ((left := tagged(tag)) and time.monotonic() < deadline) or time.monotonic() < born:
        time.sleep(0.002)
    return left


@pytest.mark.parametrize("platform", ["linux", "posix"])
def test_children_live_while_the_parent_does_and_not_after(platform: str, tmp_path: Path) -> None:
    with parent(platform, "hold", tmp_path) as (process, tag):
        appear(tag, 4)  # the worker's own child may not be born yet
        assert survivors(process, tag) == []


def test_children_outlive_the_thread_that_started_them(tmp_path: Path) -> None:
    with parent("linux", "hold", tmp_path) as (process, tag):
        before = appear(tag, 4)
        assert process.stdout is not None
        assert process.stdout.readline() == "alone\n"
        time.sleep(DIES_WITHIN)
        assert set(before) <= set(tagged(tag))
        assert survivors(process, tag) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGABRT])
def test_any_other_death_ends_them_too(number: signal.Signals, tmp_path: Path) -> None:
    with parent("linux", "hold", tmp_path) as (process, tag):
        process.send_signal(number)
        assert survivors(process, tag) == []


@pytest.mark.parametrize("platform", ["linux", "posix"])
def test_a_parent_killed_while_it_starts_children_leaves_none(platform: str, tmp_path: Path) -> None:
    deaths(platform, 4, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("platform", ["linux", "posix"])
def test_two_hundred_parents_killed_at_random_leave_none(platform: str, tmp_path: Path) -> None:
    deaths(platform, 200, tmp_path)


def deaths(platform: str, rounds: int, folder: Path) -> None:
    chance = random.Random(rounds)
    for _ in range(rounds):
        with parent(platform, "churn", folder) as (process, tag):
            time.sleep(chance.uniform(0, 0.05))
            assert survivors(process, tag) == []
