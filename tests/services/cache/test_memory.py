"""The memory tier: what it holds, what it costs, what it forgets."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable

import pytest

from protocol.errors import MediaUnreadable
from sidecar.services.cache import failures
from sidecar.services.cache.limits import Cleared, Freed
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.selection import Selection, source_id
from tests.harness.paths import ROOT
from tests.harness.patience import PATIENCE
from tests.services.cache.shelf import content_of, key_of

MIB = 1 << 20


def tier(limit: int = 16 * MIB, **options: object) -> MemoryTier:
    return MemoryTier(limit, **options)  # type: ignore[arg-type]


def put(memory: MemoryTier, name: object, size: int = 1000, **options: object) -> bool:
    key = key_of(name)
    return memory.put("frames", key, content_of(key, size), **options)  # type: ignore[arg-type]


def has(memory: MemoryTier, name: object, size: int = 1000) -> bool:
    held = memory.get("frames", key_of(name))
    assert held is None or held.value == content_of(key_of(name), size)
    return held is not None


def test_what_is_put_is_got() -> None:
    memory = tier()
    key = key_of("one")
    assert memory.get("frames", key) is None
    assert memory.put("frames", key, b"value", meta={"width": 3}, seconds=0.5)
    held = memory.get("frames", key)
    assert held is not None
    assert (held.value, held.meta, held.seconds) == (b"value", {"width": 3}, 0.5)
    assert memory.get("waveforms", key, miss=False) is None
    assert memory.put("frames", key, b"other")
    again = memory.peek("frames", key)
    assert again is not None
    assert again.value == b"other"
    assert memory.remove("frames", key)
    assert not memory.remove("frames", key)
    assert memory.peek("frames", key) is None
    counts = memory.counters.of("frames")
    assert (counts.hits.total, counts.misses.total) == (1, 1)
    assert (counts.bytes_saved, counts.seconds_saved) == (5, 0.5)
    assert counts.evictions == {"limit": 0, "stale": 1, "corrupt": 0, "cleared": 0}
    assert memory.counters.of("waveforms").misses.total == 0
    assert counts.found is not None
    assert counts.found.samples == 1
    assert 0 < counts.found.p50 <= counts.found.max


def test_what_is_no_key_is_refused() -> None:
    memory = tier()
    for call in (
        lambda: memory.put("frames", "ab", b""),
        lambda: memory.get("frames", "../" + "a" * 61),
        lambda: memory.fail("nothing", key_of(1), MediaUnreadable(path="x", detail="y")),  # type: ignore[arg-type]
    ):
        with pytest.raises(ValueError, match="no cache address"):
            call()


def test_the_limit_holds_with_all_that_entries_cost() -> None:
    memory = tier(MIB)
    for name in range(5_000):
        put(memory, name, 300)
        assert memory.use().bytes <= MIB
    use = memory.use()
    assert use.entries == use.kinds["frames"].entries < MIB // 300
    assert use.bytes > MIB * 0.95
    assert memory.counters.of("frames").evictions["limit"] == 5_000 - use.entries


def test_what_is_too_large_is_refused_and_takes_nothing_along() -> None:
    memory = tier(MIB)
    assert put(memory, "small")
    assert not put(memory, "large", MIB)
    assert has(memory, "small")
    assert put(memory, "nearly", MIB - 1_500)
    assert not has(memory, "small")
    assert not put(memory, "nearly", MIB)
    assert not has(memory, "nearly")


def test_resizing_holds_when_it_returns() -> None:
    memory = tier(8 * MIB)
    for name in range(100):
        put(memory, name, 50_000)
    freed = memory.resize(2 * MIB)
    use = memory.use()
    assert use.bytes <= use.limit == 2 * MIB
    assert freed.entries == memory.resized.entries == 100 - use.entries
    assert memory.counters.of("frames").evictions["limit"] == freed.entries
    assert memory.resize(0).entries == use.entries
    assert memory.use().entries == 0
    assert not put(memory, "more")
    memory.resize(MIB)
    assert put(memory, "more")


def test_a_kind_keeps_to_its_quota() -> None:
    memory = tier(8 * MIB, quotas={"frames": MIB})
    assert memory.put("waveforms", key_of("w"), bytes(4 * MIB))
    for name in range(100):
        put(memory, name, 50_000)
        assert memory.use().kinds["frames"].bytes <= MIB
    assert memory.peek("waveforms", key_of("w"))
    assert not put(memory, "large", MIB)
    freed = memory.resize(8 * MIB, {"waveforms": 0})
    assert freed.entries == 1
    assert memory.use().kinds["waveforms"].entries == 0
    assert put(memory, "large", 2 * MIB)


def test_a_storyboard_does_not_flush_the_frames_of_scrubbing() -> None:
    memory = tier(10 * MIB)
    for frame in range(150):
        put(memory, f"scrub{frame}", 50_000)
    for _ in range(2):
        assert all(has(memory, f"scrub{frame}", 50_000) for frame in range(150))
    for frame in range(1_000):
        put(memory, f"board{frame}", 50_000, scan=True)
        assert memory.peek("frames", key_of(f"board{frame}"))
    assert all(has(memory, f"scrub{frame}", 50_000) for frame in range(150))


def test_what_it_says_it_takes_is_what_it_takes() -> None:
    for size, count, meta in ((1, 4_000, {}), (300, 3_000, {"width": 640, "at": "1/25"}), (20_000, 300, {"a": [1, 2]})):
        memory = tier(64 * MIB)
        keys = [(key_of(name), f"p{name}") for name in range(count)]
        gc.collect()
        tracemalloc.start()
        for key, owner in keys:
            # As they come: every text and value of its own.
            own = "".join(list(key))
            memory.put("frames", own, bytes([1]) * size, meta=dict(meta), owners=[f"{owner}"])
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert 0.9 <= memory.use().bytes / taken <= 1.35, (size, memory.use().bytes, taken)


def test_failures_are_remembered_for_a_while_and_a_thousand_of_them() -> None:
    now = 0.0
    memory = tier(clock=lambda: now)
    error = MediaUnreadable(path="/a.mp4", detail="no header", suggestion="Try another")
    memory.fail("metadata", key_of(1), error, 20)
    memory.fail("metadata", key_of(2), error, 1e9)
    again = memory.failed("metadata", key_of(1))
    assert again is not None
    assert again is not error
    assert again.data("") == error.data("")
    assert memory.failed("frames", key_of(1)) is None
    assert memory.use().kinds["metadata"].failures == 2
    now = 21.0
    assert memory.failed("metadata", key_of(1)) is None
    now = failures.LONGEST - 1
    assert memory.failed("metadata", key_of(2)) is not None
    now = failures.LONGEST + 1
    assert memory.failed("metadata", key_of(2)) is None
    for name in range(failures.MOST + 100):
        memory.fail("metadata", key_of(name), error)
    assert memory.use().kinds["metadata"].failures == failures.MOST
    assert memory.failed("metadata", key_of(0)) is None
    assert memory.use().bytes > 1_000_000
    memory.resize(500_000)
    assert memory.use().bytes <= 500_000
    assert memory.use().kinds["metadata"].failures > 0


def test_a_success_ends_a_failure() -> None:
    memory = tier()
    memory.fail("frames", key_of(1), MediaUnreadable(path="x", detail="y"))
    assert put(memory, 1)
    assert memory.failed("frames", key_of(1)) is None
    memory.fail("frames", key_of(2), MediaUnreadable(path="x", detail="y" * 100_000))
    assert memory.failed("frames", key_of(2)) is None


def test_clearing_by_project_file_kind_and_age(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = tier()
    put(memory, "mine", owners=["a"], sources=[source_id("/one.mp4")])
    put(memory, "ours", owners=["a", "b"], sources=[source_id("/one.mp4"), source_id("/two.mp4")])
    put(memory, "nobody's")
    assert set(memory.owned()) == {"a", "b"}
    assert memory.owned()["a"].entries == 2
    assert memory.sums(Selection(source=source_id("/one.mp4")))["frames"].entries == 2
    only = memory.clear(Selection(owner="a"), dry_run=True)
    assert (only.freed.entries, only.shared, memory.use().entries) == (1, 1, 3)
    assert memory.clear(Selection(owner="a")) == only
    assert memory.clear(Selection(owner="a")) == Cleared()
    assert memory.clear(Selection(["sound"])) == Cleared()
    assert has(memory, "ours")
    assert memory.clear(Selection(source=source_id("/two.mp4"))).freed.entries == 1
    monkeypatch.setattr(time, "time", lambda: 1e9)
    put(memory, "old")
    monkeypatch.setattr(time, "time", lambda: 2e9)
    put(memory, "new")
    assert memory.clear(Selection(older=1.5e9)).freed.entries == 1
    assert not has(memory, "old")
    assert memory.clear(Selection()).freed.entries == 2
    assert memory.use().bytes == 0
    assert memory.counters.of("frames").evictions["cleared"] == 5


def test_owners_join_when_a_value_is_put_again() -> None:
    memory = tier()
    put(memory, "one", owners=["a"])
    put(memory, "one", owners=["b"])
    assert memory.clear(Selection(owner="a")) == Cleared(Freed(), shared=1)
    assert memory.clear(Selection(owner="b")).freed.entries == 1


FRAGMENTS = """
from sidecar.services.cache.memory import MemoryTier
from tests.services.cache.shelf import key_of

memory = MemoryTier(64 << 20)
print(memory.use().fragmentation)
# A byte over a block, and neighbours in the heap.
for name in range(4_000):
    memory.put("frames", key_of(name), bytes([name % 256]) * 4_097)
print(memory.use().fragmentation)
for name in range(0, 4_000, 2):
    memory.remove("frames", key_of(name))
print(memory.use().fragmentation)
"""
"""In a process of its own: what other tests have left in the heap would take the values in."""


def test_fragmentation_moves_when_every_second_entry_goes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FRAGMENTS],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=PATIENCE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    empty, full, half = done.stdout.split()
    assert empty == "None"
    assert 0.35 <= float(half) < 1
    assert full == "None" or float(full) < float(half) - 0.2


def test_fragmentation_is_what_the_process_grew_by_and_is_not_held() -> None:
    resident = 100 * MIB
    memory = tier(64 * MIB, resident=lambda: resident)
    for name in range(1_000):
        put(memory, name, 4_097)
    held = memory.use().bytes
    assert memory.use().fragmentation is None
    resident += 2 * held
    assert memory.use().fragmentation == pytest.approx(0.5)
    resident -= held // 2
    assert memory.use().fragmentation == pytest.approx(1 / 3)


def in_threads(work: Callable[[int], None]) -> None:
    failed: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - the test says so
            failed.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert not any(thread.is_alive() for thread in threads)


def test_threads_share_it() -> None:
    memory = tier(2 * MIB)

    def work(number: int) -> None:
        for turn in range(400):
            name = (turn * 7 + number) % 50
            if not has(memory, name, 20_000):
                put(memory, name, 20_000, owners=[f"p{number}"])
            if turn % 50 == number:
                memory.clear(Selection(owner=f"p{number}"))
            if turn % 90 == number:
                memory.resize(MIB + turn)
            assert memory.use().bytes <= 2 * MIB

    in_threads(work)
    use = memory.use()
    assert use.bytes <= use.limit
    memory.clear(Selection())
    assert memory.use().bytes == 0
