"""Whatever is done to a cache, in whatever order: limits hold, and what is found is what was published."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sidecar.services.cache.finding import find
from sidecar.services.cache.head import UNLABELLED, Head
from sidecar.services.cache.kinds import Kind
from sidecar.services.cache.limits import CacheLimits
from sidecar.services.cache.publishing import publish
from sidecar.services.cache.removal import clear, hold_limits, remove
from sidecar.services.cache.selection import Selection
from sidecar.services.cache.statistics import statistics
from sidecar.services.cache.tier import Tier
from tests.services.cache.shelf import content_of, cost, key_of, nothing, open_tier, used_space

KINDS: tuple[Kind, ...] = ("segments", "sound", "frames")
MOST = 5 * 4096

kinds = st.sampled_from(KINDS)
names = st.integers(0, 7)
sizes = st.integers(0, MOST)
limits = st.builds(
    lambda disk, frames: CacheLimits(disk, kinds={"frames": frames}),
    st.integers(0, 12 * cost(MOST)),
    st.integers(0, 4 * cost(MOST)),
)


class Cache(RuleBasedStateMachine):
    """Two instances of one cache, and what the first was given."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.stack = ExitStack()
        self.limits = CacheLimits(6 * cost(MOST), kinds={"frames": 2 * cost(MOST)})
        self.given: dict[tuple[Kind, int], bytes] = {}
        self.damaged: set[tuple[Kind, int]] = set()
        self.pins: list[tuple[Tier, Kind, int]] = []

    @initialize()
    def open(self) -> None:
        self.tiers = [self.stack.enter_context(open_tier(self.root, self.limits, name)) for name in ("one", "two")]

    def teardown(self) -> None:
        self.stack.close()
        shutil.rmtree(self.root)

    @rule(which=st.integers(0, 1), kind=kinds, name=names, size=sizes, keep=st.booleans())
    def publish(self, which: int, kind: Kind, name: int, size: int, *, keep: bool) -> None:
        tier, key = self.tiers[which], key_of(name)
        before, pinned = self.space(), self.pinned(None)
        there = self.is_sound(kind, name)
        made = tier.instance.scratch / "made"
        made.write_bytes(content := content_of(f"{size}", size))
        head = publish(tier, Head(kind, key, 0, 0, 0.0), made, nothing)
        if head is None:
            # Only what cannot fit beside what is in use is turned away.
            quota = self.limits.kinds.get(kind, self.limits.disk_bytes)
            assert pinned + cost(size) > self.limits.disk_bytes or self.pinned(kind) + cost(size) > quota
            assert made.read_bytes() == content
            made.unlink()
            assert self.space() <= before
            return
        assert not made.exists()
        if there:
            assert head.bytes == len(self.given[kind, name])
        else:
            self.given[kind, name] = content
            self.damaged.discard((kind, name))
            assert self.space() <= self.limits.disk_bytes
            assert self.space(kind) <= self.limits.kinds.get(kind, self.limits.disk_bytes)
        self.keep_or_release(tier, kind, name, keep=keep)

    @rule(which=st.integers(0, 1), kind=kinds, name=names, keep=st.booleans())
    def find(self, which: int, kind: Kind, name: int, *, keep: bool) -> None:
        tier = self.tiers[which]
        sound = self.is_sound(kind, name)
        found = find(tier, kind, key_of(name), UNLABELLED, nothing)
        assert (found is not None) == sound
        if found is not None:
            assert tier.layout.object(kind, key_of(name)).read_bytes() == self.given[kind, name]
            self.keep_or_release(tier, kind, name, keep=keep)

    @precondition(lambda self: self.pins)
    @rule(which=st.integers(0))
    def release(self, which: int) -> None:
        tier, kind, name = self.pins.pop(which % len(self.pins))
        tier.instance.unpin((kind, key_of(name)))

    @rule(kind=kinds, name=names)
    def remove(self, kind: Kind, name: int) -> None:
        used = any(pin[1:] == (kind, name) for pin in self.pins)
        there = (self.root / "objects" / kind / key_of(name)[:2] / key_of(name)).exists()
        assert remove(self.tiers[0], (kind, key_of(name)), "stale", nothing) == (there and not used)

    @rule(kind=kinds)
    def clear(self, kind: Kind) -> None:
        clear(self.tiers[1], Selection([kind]), nothing)
        assert self.space(kind) == self.pinned(kind)

    @rule(new=limits)
    def change_limits(self, new: CacheLimits) -> None:
        self.limits = new
        for place, tier in enumerate(self.tiers):
            self.tiers[place] = Tier(
                tier.layout, tier.instance, tier.sessions, lambda: self.limits, tier.report, tier.counters
            )
        hold_limits(self.tiers[0], nothing)
        assert self.space() <= max(new.disk_bytes, self.pinned(None))
        assert self.space("frames") <= max(new.kinds["frames"], self.pinned("frames"))

    @rule(kind=kinds, name=names)
    def damage(self, kind: Kind, name: int) -> None:
        path = self.tiers[0].layout.object(kind, key_of(name))
        if path.exists() and path.stat().st_size and not any(pin[1:] == (kind, name) for pin in self.pins):
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
            self.damaged.add((kind, name))

    @rule()
    def lose_the_index(self) -> None:
        for path in (self.root / "index").iterdir():
            path.unlink()

    @invariant()
    def index_and_files_agree(self) -> None:
        if hasattr(self, "tiers"):
            held = statistics(self.tiers[0], nothing)
            assert held.held.space == used_space(self.root)
            assert sum(each.pinned for each in held.kinds.values()) == len({pin[1:] for pin in self.pins})
            assert all(tier.layout.object(kind, key_of(name)).exists() for tier, kind, name in self.pins)
            assert all(list(tier.instance.scratch.iterdir()) == [] for tier in self.tiers)

    def keep_or_release(self, tier: Tier, kind: Kind, name: int, *, keep: bool) -> None:
        if keep:
            self.pins.append((tier, kind, name))
        else:
            tier.instance.unpin((kind, key_of(name)))

    def is_sound(self, kind: Kind, name: int) -> bool:
        return (kind, name) not in self.damaged and self.tiers[0].layout.object(kind, key_of(name)).exists()

    def space(self, kind: Kind | None = None) -> int:
        return used_space(self.root, "objects" if kind is None else f"objects/{kind}")

    def pinned(self, kind: Kind | None) -> int:
        entries = {pin[1:] for pin in self.pins if kind in {None, pin[1]}}
        return sum(cost(len(self.given[entry])) for entry in entries)


TestCache = Cache.TestCase
TestCache.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
