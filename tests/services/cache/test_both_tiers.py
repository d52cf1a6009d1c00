"""Both tiers against a model: whatever is put, got, resized, cleared and restarted, limits hold and nothing is wrong."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sidecar.services.cache.finding import find
from sidecar.services.cache.head import UNLABELLED, Head
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.limits import CacheLimits, Cleared
from sidecar.services.cache.memory import MemoryTier
from sidecar.services.cache.publishing import publish
from sidecar.services.cache.removal import clear, hold_limits
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.statistics import statistics
from tests.services.cache.shelf import content_of, cost, key_of, nothing, open_tier, used_space

KINDS: tuple[Kind, ...] = ("frames", "waveforms")
MOST = 4 * 4096

kinds = st.sampled_from(KINDS)
names = st.integers(0, 9)
sizes = st.integers(0, MOST)
labels = st.frozensets(st.sampled_from(("a", "b", "c")), max_size=2)
selections = st.builds(
    Selection,
    st.sampled_from((KINDS, KINDS[:1], KINDS[1:])),
    st.sampled_from((None, None, "a", "b")),
    st.sampled_from((None, None, "b", "c")),
)


@dataclass
class Model:
    """What was given last under each address, and its labels: owners and sources alike."""

    values: dict[tuple[Kind, int], bytes] = field(default_factory=dict)
    owners: dict[tuple[Kind, int], set[str]] = field(default_factory=dict)
    sources: dict[tuple[Kind, int], set[str]] = field(default_factory=dict)

    def meant(self, what: Selection) -> set[tuple[Kind, int]]:
        return {
            address
            for address in self.values
            if address[0] in what.kinds
            and (what.owner is None or what.owner in self.owners[address])
            and (what.source is None or what.source in self.sources[address])
        }

    def give(self, address: tuple[Kind, int], value: bytes, owners: frozenset[str], sources: frozenset[str]) -> None:
        self.values[address] = value
        self.owners[address] = self.owners.get(address, set()) | owners
        self.sources[address] = self.sources.get(address, set()) | sources

    def drop(self, address: tuple[Kind, int]) -> None:
        for each in (self.values, self.owners, self.sources):
            each.pop(address, None)

    def clear(self, what: Selection) -> tuple[int, int]:
        """Return how many entries go, and how many other owners keep."""
        gone = shared = 0
        for address in self.meant(what):
            if what.owner is not None and self.owners[address] != {what.owner}:
                self.owners[address].discard(what.owner)
                shared += 1
            else:
                self.drop(address)
                gone += 1
        return gone, shared


class BothTiers(RuleBasedStateMachine):
    """A cache as one process after another uses it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.stack = ExitStack()
        self.limits = CacheLimits(6 * cost(MOST), kinds={"frames": 3 * cost(MOST)})
        self.memory_limit = 60_000
        self.on_disk, self.in_memory = Model(), Model()

    @initialize()
    def open(self) -> None:
        self.tier = self.stack.enter_context(open_tier(self.root, self.limits))
        self.memory = MemoryTier(self.memory_limit, self.limits.kinds, counters=self.tier.counters)

    def teardown(self) -> None:
        self.stack.close()
        shutil.rmtree(self.root)

    @rule(kind=kinds, name=names, size=sizes, owners=labels, sources=labels, scan=st.booleans())
    def put(
        self, kind: Kind, name: int, size: int, owners: frozenset[str], sources: frozenset[str], *, scan: bool
    ) -> None:
        value = content_of(f"{kind}{name}{size}", size)
        kept = self.memory.put(kind, key_of(name), value, owners=owners, sources=sources, scan=scan)
        self._sync_memory()
        if kept:
            self.in_memory.give((kind, name), value, owners, sources)
        else:
            self.in_memory.drop((kind, name))
            assert size + 4_096 > min(self.memory_limit, self.limits.kinds.get(kind, self.memory_limit))

    @rule(kind=kinds, name=names)
    def get(self, kind: Kind, name: int) -> None:
        held = self.memory.get(kind, key_of(name))
        expected = self.in_memory.values.get((kind, name))
        assert (None if held is None else held.value) == expected

    @rule(kind=kinds, name=names, size=sizes, owners=labels, sources=labels)
    def publish(self, kind: Kind, name: int, size: int, owners: frozenset[str], sources: frozenset[str]) -> None:
        made = self.tier.instance.scratch / "made"
        made.write_bytes(value := content_of(f"{kind}{name}{size}", size))
        there = self.on_disk.values.get((kind, name))
        head = Head(kind, key_of(name), 0, 0, 0.0, owners=tuple(sorted(owners)), sources=tuple(sorted(sources)))
        stored = publish(self.tier, head, made, nothing)
        self._sync_disk()
        if stored is None:
            made.unlink()
            assert cost(size) > min(self.limits.disk_bytes, self.limits.kinds.get(kind, self.limits.disk_bytes))
            return
        self.tier.instance.unpin((kind, key_of(name)))
        # The first that is published under a key stays.
        self.on_disk.give((kind, name), value if there is None else there, owners, sources)

    @rule(kind=kinds, name=names)
    def find(self, kind: Kind, name: int) -> None:
        head = find(self.tier, kind, key_of(name), UNLABELLED, nothing)
        expected = self.on_disk.values.get((kind, name))
        assert (head is not None) == (expected is not None)
        if head is not None:
            assert self.tier.layout.object(kind, key_of(name)).read_bytes() == expected
            assert set(head.owners) == self.on_disk.owners[kind, name]
            assert set(head.sources) == self.on_disk.sources[kind, name]
            self.tier.instance.unpin((kind, key_of(name)))

    @rule(memory=st.integers(0, 120_000), disk=st.integers(0, 10 * cost(MOST)), frames=st.integers(0, 4 * cost(MOST)))
    def resize(self, memory: int, disk: int, frames: int) -> None:
        self.limits, self.memory_limit = CacheLimits(disk, kinds={"frames": frames}), memory
        before = self._evicted()
        freed = self.memory.resize(memory, self.limits.kinds)
        assert self._evicted() - before == freed.entries
        self._reopen(self.memory)
        freed = hold_limits(self.tier, nothing)
        assert self._evicted() == freed.entries
        self._sync_memory()
        self._sync_disk()

    @rule(what=selections)
    def clear(self, what: Selection) -> None:
        would = clear(self.tier, what, nothing, dry_run=True)
        assert clear(self.tier, what, nothing) == would
        gone, shared = self.on_disk.clear(what)
        assert (would.freed.entries, would.in_use, would.shared) == (gone, 0, shared)
        cleared: Cleared = self.memory.clear(what)
        gone, shared = self.in_memory.clear(what)
        assert (cleared.freed.entries, cleared.shared) == (gone, shared)

    @rule(lost=st.booleans())
    def restart(self, *, lost: bool) -> None:
        """End the process and start another: memory is empty, and the disk as it was, also without its index."""
        self.stack.close()
        if lost:
            for path in (self.root / "index").iterdir():
                path.unlink()
        self.in_memory = Model()
        self.open()

    @invariant()
    def limits_hold(self) -> None:
        if not hasattr(self, "tier"):
            return
        use = self.memory.use()
        assert use.bytes <= self.memory_limit == use.limit
        assert use.kinds["frames"].bytes <= self.limits.kinds["frames"]
        assert use.entries == len(self.in_memory.values)
        assert used_space(self.root) <= self.limits.disk_bytes
        assert used_space(self.root, "objects/frames") <= self.limits.kinds["frames"]
        stats = statistics(self.tier, nothing)
        assert stats.held.space == used_space(self.root)
        assert stats.held.entries == len(self.on_disk.values)

    def _evicted(self) -> int:
        return sum(self.tier.counters.of(kind).evictions["limit"] for kind in KINDS)

    def _reopen(self, memory: MemoryTier) -> None:
        """Open the disk tier with the limits of now; memory stays."""
        self.stack.close()
        self.open()
        memory.counters = self.tier.counters
        self.memory = memory

    def _sync_memory(self) -> None:
        """Let the model forget what was evicted: which that is is no part of it."""
        for kind, name in list(self.in_memory.values):
            if self.memory.peek(kind, key_of(name)) is None:
                self.in_memory.drop((kind, name))

    def _sync_disk(self) -> None:
        for kind, name in list(self.on_disk.values):
            if not self.tier.layout.object(kind, key_of(name)).exists():
                self.on_disk.drop((kind, name))


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        BothTiers,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_both_tiers() -> None:
    run(12, 25)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_both_tiers_for_long() -> None:
    run(300, 60)
