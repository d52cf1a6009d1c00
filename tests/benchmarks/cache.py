"""The cache: values in memory, and entries on the disk in numbers."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sidecar.services.cache.head import Head, encode_head
from sidecar.services.cache.instance import claim_instance
from sidecar.services.cache.layout import Layout
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.removal import clear
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.session import Sessions
from sidecar.services.cache.tier import Tier
from tests.benchmarks.figure import Figure, alone

VALUE = 50_000
PLENTY = 1 << 40


def measure(*, short: bool) -> Iterator[Figure]:
    """Measure hits and puts of 50 KB, and what many entries on the disk take to open, rebuild and clear."""
    rounds, turns = (3, 500) if short else (9, 5_000)
    found, put = zip(*(_memory(turns) for _ in range(rounds)), strict=True)
    conditions = "p99 of 50 KB in a full memory tier of 64 MiB"
    yield alone("cache.get", "s", found, target=150e-6, conditions=conditions)
    yield alone("cache.put", "s", put, target=500e-6, conditions=f"{conditions}; each put evicts")
    many, some = (2_000, 500) if short else (100_000, 10_000)
    with _filled(many) as root:
        _timed(lambda: _opened(root))
        starts = [_timed(lambda: _opened(root)) for _ in range(rounds)]
    yield alone(
        "cache.start", "s", starts, target=1.0, conditions=f"{many:,} entries, until keys are answered, warm disk"
    )
    with _filled(some) as root:
        rebuilds = []
        for _ in range(rounds):
            shutil.rmtree(root / "index", ignore_errors=True)
            rebuilds.append(_timed(lambda: _opened(root)))
    yield alone("cache.rebuild", "s", rebuilds, target=2.0, conditions=f"{some:,} entries, index lost, warm disk")
    cleared = []
    for _ in range(min(rounds, 5)):
        with _filled(some) as root:
            _opened(root)
            cleared.append(_timed(lambda: _cleared(root)))
    yield alone("cache.clear", "s", cleared, target=2.0, conditions=f"{some:,} entries of one kind")


def _memory(turns: int) -> tuple[float, float]:
    """Return the 99th percentiles of hits and of puts."""
    memory = MemoryTier(64 << 20)
    keys = [_key(number) for number in range(turns + 2_000)]
    values = [bytes([number % 256]) * VALUE for number in range(16)]
    for number, key in enumerate(keys[:2_000]):
        memory.put("frames", key, values[number % 16], meta={"width": 640, "height": 360})
    puts = []
    for number, key in enumerate(keys[2_000:]):
        began = time.perf_counter()
        memory.put("frames", key, values[number % 16], meta={"width": 640, "height": 360})
        puts.append(time.perf_counter() - began)
    held = [key for key in keys if memory.peek("frames", key) is not None]
    gets = []
    for number in range(turns):
        began = time.perf_counter()
        memory.get("frames", held[number % len(held)])
        gets.append(time.perf_counter() - began)
    return _p99(gets), _p99(puts)


@contextmanager
def _filled(entries: int) -> Iterator[Path]:
    """Give a cache folder with so many small entries, as publishing leaves them, and no index."""
    root = Path(tempfile.mkdtemp())
    layout = Layout(root)
    try:
        for number in range(entries):
            key = _key(number)
            data = key.encode() * 4
            head = Head("waveforms", key, len(data), zlib.crc32(data), 1.7e9 + number, owners=(f"p{number % 50}",))
            files = layout.files("waveforms", key)
            os.makedirs(os.path.dirname(files[0]), exist_ok=True)  # noqa: PTH103, PTH120 - of many
            for path, content in zip(files, (data, encode_head(head)), strict=True):
                Path(path).write_bytes(content)
        yield root
    finally:
        shutil.rmtree(root)


@contextmanager
def _tier(root: Path) -> Iterator[Tier]:
    layout = Layout(root)
    instance = claim_instance(layout, "benchmark")
    tier = Tier(layout, instance, Sessions(layout, instance.prepare), lambda: CacheLimits(PLENTY), _failed)
    try:
        yield tier
    finally:
        tier.sessions.close()
        instance.close()


def _opened(root: Path) -> None:
    with _tier(root) as tier:
        keys = [_key(number) for number in range(100)]
        known = tier.sessions.unlocked(lambda index: index.known("waveforms", keys), _nothing)
        if len(known) != len(keys):
            raise AssertionError("entries are missing")


def _cleared(root: Path) -> None:
    with _tier(root) as tier:
        clear(tier, Selection(["waveforms"]), _nothing)
        if tier.sessions.unlocked(lambda index: index.totals()["waveforms"].entries, _nothing):
            raise AssertionError("entries are left")


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _p99(samples: list[float]) -> float:
    return sorted(samples)[int(0.99 * len(samples))]


def _key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _nothing() -> None:
    """Nobody cancels."""


def _failed(what: str, error: Exception) -> None:
    raise AssertionError(what) from error
