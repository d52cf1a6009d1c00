"""A sidecar killed at any moment leaves a cache that holds its limit and hands out nothing that is not whole."""

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

import pytest

from sidecar.services.cache.finding import find
from sidecar.services.cache.head import UNLABELLED
from sidecar.services.cache.instance import pinned
from sidecar.services.cache.layout import Layout
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.lock import cache_lock
from sidecar.services.cache.statistics import statistics
from sidecar.services.cache.tier import Tier
from tests.harness.patience import PATIENCE
from tests.services.cache.shelf import content_of, key_of, nothing, objects, open_tier, size_of, used_space
from tests.services.cache.writer import KINDS, MOST, NAMES

REPOSITORY = Path(__file__).parents[3]
LIMIT = 400_000


class Writers:
    """A program that starts writers on demand."""

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.cache.writer", str(root), str(LIMIT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            text=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout

    def start(self, seed: int) -> int:
        """Start a writer; return its process id."""
        print(seed, file=self._stdin, flush=True)
        return int(self._stdout.readline())

    def ended(self) -> int:
        """Wait until the writer has ended; return how."""
        return int(self._stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=PATIENCE)


@contextmanager
def writers(root: Path, count: int) -> Iterator[list[Writers]]:
    started = [Writers(root) for _ in range(count)]
    try:
        yield started
    finally:
        for each in started:
            each.close()


def check_everything(tier: Tier, root: Path) -> int:
    """Find every entry that there can be, and see that it is whole; return how many there are."""
    there = 0
    for kind in KINDS:
        for name in range(NAMES):
            key = key_of(name)
            if find(tier, kind, key, UNLABELLED, nothing) is not None:
                there += 1
                assert tier.layout.object(kind, key).read_bytes() == content_of(key, size_of(key, MOST))
                tier.instance.unpin((kind, key))
    stats = statistics(tier, nothing)
    assert there == stats.held.entries == len(objects(root))
    assert stats.held.space == used_space(root)
    assert all(each.counts.evictions["corrupt"] == 0 for each in stats.kinds.values())
    return there


def kill_at_random(root: Path, times: int, seed: int) -> None:
    chance = random.Random(seed)
    there = leftovers = 0
    with writers(root, 1) as (each,):
        for turn in range(times):
            child = each.start(chance.randrange(1 << 30))
            time.sleep(chance.random() ** 2 * 0.25)
            os.kill(child, signal.SIGKILL)
            assert each.ended() == -signal.SIGKILL
            assert used_space(root) <= LIMIT
            leftovers += used_space(root, "live") > 0
            if turn % 5 == 4:
                with open_tier(root, CacheLimits(LIMIT)) as tier:
                    there = max(there, check_everything(tier, root))
                assert used_space(root, "live") == 0
    # Else it was no test: nothing was stored, or nothing was interrupted.
    assert there > 5
    assert leftovers > 0


def test_twenty_kills(tmp_path: Path) -> None:
    kill_at_random(tmp_path, 20, 1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_thousand_kills(tmp_path: Path) -> None:
    kill_at_random(tmp_path, 1000, 2)


def share(root: Path, seconds: float, kills: int, seed: int) -> None:
    """Let two write at the same time and look at the cache all the while; then kill one of them at random moments."""
    chance = random.Random(seed)
    layout = Layout(root)
    looks = 0
    with writers(root, 2) as (one, two):
        first = one.start(chance.randrange(1 << 30))
        for _ in range(kills):
            second = two.start(chance.randrange(1 << 30))
            deadline = time.monotonic() + seconds * chance.random()
            while time.monotonic() < deadline:
                # Nothing changes while the lock is held: what is seen was so at one instant.
                with cache_lock(layout.lock, shared=True, step=nothing):
                    assert used_space(root) <= LIMIT
                    assert used_space(root, "objects/sound") <= LIMIT // 3
                    for kind, key in pinned(layout):
                        path = layout.object(kind, key)
                        assert not path.exists() or path.stat().st_size == size_of(key, MOST)
                looks += 1
            os.kill(second, signal.SIGKILL)
            assert two.ended() == -signal.SIGKILL
        os.kill(first, signal.SIGKILL)
        assert one.ended() == -signal.SIGKILL
    assert looks > kills
    with open_tier(root, CacheLimits(LIMIT)) as tier:
        assert check_everything(tier, root) > 5


def test_two_share_a_cache_and_one_is_killed(tmp_path: Path) -> None:
    share(tmp_path, 1.0, 6, 3)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_share_a_cache_and_one_is_killed_a_hundred_times(tmp_path: Path) -> None:
    share(tmp_path, 4.0, 100, 4)
